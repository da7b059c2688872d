"""Compositions to sound, through fluidsynth and a General MIDI soundfont."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .midi import Performance, midi_file

SAMPLE_RATE = 22050
SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
_MASTER_GAIN = 0.6
_TAIL = 1.5


class RenderingError(RuntimeError):
    """Rendering is not possible here; the message says what to install or change."""


def check_renderer(soundfont: Path = SOUNDFONT) -> None:
    """Make sure that there is a synthesiser and a soundfont.

    Raises
    ------
    RenderingError
        If one of them is missing.
    """
    if shutil.which("fluidsynth") is None:
        raise RenderingError(
            "fluidsynth is not installed; on Debian or Ubuntu: apt install fluidsynth fluid-soundfont-gm"
        )
    if not soundfont.is_file():
        raise RenderingError(
            f"there is no soundfont at {soundfont}; on Debian or Ubuntu: apt install fluid-soundfont-gm, "
            "elsewhere name a copy of FluidR3_GM.sf2 with --soundfont"
        )


def render(
    performances: Sequence[Performance],
    seconds: float,
    *,
    soundfont: Path = SOUNDFONT,
    timeout: float = 120.0,
) -> np.ndarray:
    """Play performances and return their sound.

    Parameters
    ----------
    performances : sequence of Performance
    seconds : float
        Length of each; what is longer is cut.
    soundfont : Path
    timeout : float
        Seconds after which fluidsynth is ended: a MIDI file it does not understand can make it
        write without end.

    Returns
    -------
    np.ndarray [shape=(n_performances, n_samples), dtype=float32]
        Mono, at 22 050 Hz.

    Raises
    ------
    RenderingError
        If fluidsynth fails, takes longer than `timeout` or writes less sound than it should.
    """
    import soundfile

    spacing = seconds + _TAIL
    with tempfile.TemporaryDirectory(prefix="rendering-") as folder:
        score, sound = Path(folder) / "score.mid", Path(folder) / "sound.wav"
        score.write_bytes(midi_file(performances, spacing))
        _run_fluidsynth(score, sound, soundfont, timeout)
        stereo, _ = soundfile.read(sound, dtype="float32", always_2d=True)
    mono = stereo.mean(axis=1)
    length, step = round(seconds * SAMPLE_RATE), round(spacing * SAMPLE_RATE)
    missing = (len(performances) - 1) * step + length - len(mono)
    if missing > _TAIL * SAMPLE_RATE:
        raise RenderingError(
            f"fluidsynth stopped {missing / SAMPLE_RATE:.1f} s before the end; is {soundfont} complete?"
        )
    mono = np.pad(mono, (0, max(0, missing)))
    return np.stack([mono[i * step : i * step + length] for i in range(len(performances))])


def _run_fluidsynth(score: Path, sound: Path, soundfont: Path, timeout: float) -> None:
    command = [
        "fluidsynth",
        "-n",
        "-i",
        "-q",
        "-g",
        str(_MASTER_GAIN),
        "-r",
        str(SAMPLE_RATE),
        "-R",
        "1",
        "-C",
        "0",
    ]
    command += ["-O", "s16", "-T", "wav", "-F", os.fspath(sound), os.fspath(soundfont), os.fspath(score)]
    try:
        subprocess.run(command, check=True, timeout=timeout, capture_output=True, text=True)
    except subprocess.TimeoutExpired as error:
        raise RenderingError(f"fluidsynth did not end within {timeout:.0f} s and was stopped") from error
    except subprocess.CalledProcessError as error:
        raise RenderingError(
            f"fluidsynth failed with exit code {error.returncode}: {error.stderr.strip()}"
        ) from error
