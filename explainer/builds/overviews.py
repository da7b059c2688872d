"""Overviews of tracks, drawn by a background worker for the page where excerpts are chosen."""

import json
from typing import Any

from explainer.files import stored_files
from explainer.imports.loading import sound_of
from explainer.models import Track

_SAMPLE_RATE = 16_000  # Hz; what is above 8 kHz does not help to find a place
_VERSION = 1


def _name(track: Track, kind: str) -> str:
    return f"overviews/{track.sha256}-{_VERSION}.{kind}"


def overview_of(track: Track) -> dict[str, Any] | None:
    """Return the waveform of a track, and the name of its stored spectrogram; None if there is none yet."""
    if not stored_files.exist(_name(track, "json")):
        return None
    return json.loads(stored_files.read(_name(track, "json")))


def draw_overview(track: Track) -> None:
    """Draw the overview of a track unless it exists."""
    from explainer.core.figures.overview import spectrogram, waveform

    if overview_of(track):
        return
    y = sound_of(track, _SAMPLE_RATE)
    image = stored_files.store(_name(track, "png"), spectrogram(y, _SAMPLE_RATE))
    content = {"waveform": waveform(y), "spectrogram": image}
    stored_files.store(_name(track, "json"), json.dumps(content).encode())
