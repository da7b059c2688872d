"""Check whether a sound file can be decoded, in a separate process.

Web requests must not decode untrusted uploads in their own process; they run this module as a short-lived
process. Commands decode in their own.
"""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

from explainer.core.audio import AudioError, AudioLimits, read_audio

SECONDS = 120


def problem_with(path: Path, limits: AudioLimits) -> str:
    """Decode a file; return what is wrong with it and what to do; empty if nothing is."""
    try:
        read_audio(path, limits=limits)
    except AudioError as error:
        return str(error)
    return ""


def decode_apart(path: Path, limits: AudioLimits) -> str:
    """Do the same as `problem_with` in another process."""
    limits_as_json = json.dumps(dataclasses.asdict(limits))
    try:
        done = subprocess.run(
            [sys.executable, "-m", __spec__.name, limits_as_json, str(path.resolve())],
            cwd=Path(__file__).resolve().parents[2],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return f"{path.name} cannot be decoded; convert it to FLAC or WAV and try again"
    return json.loads(done.stdout)


if __name__ == "__main__":
    # JSON is ASCII here, so the encoding of the terminal does not matter.
    print(json.dumps(problem_with(Path(sys.argv[2]), AudioLimits(**json.loads(sys.argv[1])))))
