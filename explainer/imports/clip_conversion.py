"""Conversion of the sounds of one comparison set to mono, one sample rate and one gain.

Like `explainer.imports.decoding` it runs as a separate, short-lived process in web requests.
"""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explainer.core.audio import AudioError, AudioLimits

SECONDS_FOR_ALL, SECONDS_FOR_EACH = 120, 10


@dataclass(frozen=True)
class Request:
    """The files of one excerpt to be converted.

    Attributes
    ----------
    files : sequence of str
        Paths.
    track : str
        Path of the track they belong to.
    cut : (int, int) or None
        First frame and number of frames of the excerpt; None for the whole track.
    reference : int or None
        Index of the original among the files; None to take the excerpt as the reference of loudness.
    sample_rate : int
        Hz, of the track.
    gain : float or None
        dB, of existing clips of this excerpt; None to compute it.
    folder : str
        Output folder.
    """

    files: Sequence[str]
    track: str
    reference: int | None
    sample_rate: int
    gain: float | None
    folder: str
    cut: Sequence[int] | None = None


def convert(request: Request, limits: AudioLimits) -> list[dict]:
    """Convert the files of one excerpt; one that cannot be used does not stop the others.

    Returns
    -------
    list of dict
        For each file ``problem``, or ``path``, ``sha256``, ``seconds``, ``loudness`` (LUFS before the gain),
        ``gain`` (dB) and ``true_peak`` (dBTP after it).
    """
    from explainer.core.audio import Cut, common_gain, loudness, read_audio, read_excerpt, true_peak
    from explainer.core.clips.rendering import CEILING, TARGET_LOUDNESS

    rate = request.sample_rate
    signals: dict[int, np.ndarray] = {}
    answers: list[dict] = [{} for _ in request.files]
    for number, file in enumerate(request.files):
        try:
            signals[number], _ = read_audio(file, sample_rate=rate, limits=limits)
        except AudioError as error:
            answers[number] = {"problem": str(error).removeprefix(f"{Path(file).name}").lstrip(": ")}
    if not signals:
        return answers
    peaks = {number: true_peak(signal, rate) for number, signal in signals.items()}
    gain = request.gain
    if gain is None:
        reference = signals.get(-1 if request.reference is None else request.reference)
        if reference is None:
            reference, _ = (
                read_excerpt(request.track, Cut(*request.cut))
                if request.cut
                else read_audio(request.track, sample_rate=rate)
            )
        measured = [reference, *signals.values()]
        # The reference sets the loudness; only the clips that are played must stay below the ceiling.
        gain = common_gain(measured, rate, peaks=[float("-inf"), *peaks.values()])
    for number, signal in signals.items():
        if peaks[number] + gain > CEILING + 0.005:
            answers[number] = {
                "problem": f"it would be distorted at the gain of the existing clips of this track "
                f"({gain:.2f} dB); import all clips of the track together, under another method name"
            }
        else:
            answers[number] = {
                **_written(signal, rate, gain, Path(request.folder)),
                "loudness": loudness(signal, rate),
                "gain": gain,
                "true_peak": peaks[number] + gain,
                "target_loudness": TARGET_LOUDNESS,
            }
    return answers


def _written(signal: np.ndarray, rate: int, gain: float, folder: Path) -> dict:
    from explainer.core.audio import store_flac

    path, digest = store_flac(signal * 10 ** (gain / 20), rate, folder)
    return {"path": str(path), "sha256": digest, "seconds": len(signal) / rate}


def convert_apart(request: Request, limits: AudioLimits) -> list[dict]:
    """Do the same as `convert` in another process."""
    message = json.dumps({"request": dataclasses.asdict(request), "limits": dataclasses.asdict(limits)})
    try:
        done = subprocess.run(
            [sys.executable, "-m", __spec__.name],
            input=message,
            cwd=Path(__file__).resolve().parents[2],
            capture_output=True,
            text=True,
            timeout=SECONDS_FOR_ALL + SECONDS_FOR_EACH * len(request.files),
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return [{"problem": "it cannot be decoded; convert it to FLAC or WAV and try again"}] * len(
            request.files
        )
    return json.loads(done.stdout)


if __name__ == "__main__":
    received = json.load(sys.stdin)
    print(json.dumps(convert(Request(**received["request"]), AudioLimits(**received["limits"]))))
