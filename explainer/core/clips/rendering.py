"""Rendering of planned clips as one comparison set, with a common gain and file format."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from explainer.core.audio import AudioLimits, common_gain, fade, loudness, read_audio, store_flac, true_peak
from explainer.core.representations.reconstruction import Filling, reconstruct
from explainer.core.representations.representation import Representation

from .conditions import PlannedClip

TARGET_LOUDNESS = -23.0  # LUFS of the original
CEILING = -1.0  # dBTP of every clip
FADE = 0.02  # s at both ends of every clip
AS_PLANNED = (
    "condition", "target", "target_level", "segments_asked", "kept_segments", "variant", "area_share",
)  # fmt: skip
OWN_FILES = AudioLimits(max_bytes=2**40, max_seconds=float("inf"), min_seconds=0)


@dataclass(frozen=True)
class RenderedClip:
    """A written clip.

    Attributes
    ----------
    condition, target, target_level, segments_asked, kept_segments, variant, area_share
        As planned; see `AS_PLANNED`.
    path : Path
        ``<sha256>.flac``; clips that sound the same share a file.
    sample_rate : int
        Hz
    loudness : float or None
        LUFS before the gain; None if too short or quiet to measure.
    gain : float
        dB, the same for the whole comparison set.
    true_peak : float or None
        dBTP after the gain; None for digital silence.
    energy_share : float
        Energy of the clip over that of the original, both as rendered.
    provenance : dict[str, Any]
        JSON types only.
    prediction_heard, prediction_masked : dict[str, float]
        Target to model output on the written file and on the masked features; empty until predicted.
    """

    condition: str
    target: str
    target_level: str
    segments_asked: int
    kept_segments: int
    variant: int
    path: Path
    sha256: str
    sample_rate: int
    seconds: float
    loudness: float | None
    gain: float
    true_peak: float | None
    area_share: float
    energy_share: float
    provenance: dict[str, Any]
    prediction_heard: dict[str, float] = field(default_factory=dict)
    prediction_masked: dict[str, float] = field(default_factory=dict)


def sound_of(
    y: np.ndarray,
    cell_gain: np.ndarray | None,
    representation: Representation,
    route: str,
    *,
    level: float = 0.0,
    filling: Filling | None = None,
) -> np.ndarray:
    """Return the sound of a track with gains on its cells, faded at both ends.

    Parameters
    ----------
    y : np.ndarray [shape=(n_samples,)]
    cell_gain : np.ndarray [shape=(n_frames, n_bands)] or None
        None leaves the track unchanged, without analysis and reconstruction.
    route : str
        See `explainer.core.representations.reconstruction.reconstruct`.
    level : float
        dB by which the kept part is amplified; a filling is not changed.
    filling : Filling, optional
        Sound in place of removed cells.

    Returns
    -------
    np.ndarray [shape=(n_samples,), dtype=float64]
    """
    sound = y * 10 ** (level / 20) if level else y
    if cell_gain is not None:
        sound = reconstruct(sound, cell_gain, representation, route, filling=filling)
    return fade(sound, representation.sample_rate, FADE)


def energy_of(signal: np.ndarray) -> float:
    """Return the sum of squares, added in a fixed order."""
    return float(np.einsum("n,n->", signal, signal))


def render_clips(
    plan: Sequence[PlannedClip],
    y: np.ndarray,
    representation: Representation,
    *,
    route: str,
    output_folder: Path,
    filling: Filling | None = None,
    target_loudness: float = TARGET_LOUDNESS,
    ceiling: float = CEILING,
    progress: Callable[[float, str], None] | None = None,
) -> list[RenderedClip]:
    """Write all clips of a plan with one gain, so that their levels can be compared.

    Parameters
    ----------
    plan : sequence of PlannedClip
        The first is the reference for the gain, normally the original.
    y : np.ndarray [shape=(n_samples,)]
        The track at the representation's rate.
    route : str
        See `explainer.core.representations.reconstruction.reconstruct`.
    output_folder : Path
        Must exist; receives 24-bit FLAC files named by their SHA-256.
    filling : Filling, optional
        Sound in place of removed cells; silence by default.
    target_loudness, ceiling : float
        See `explainer.core.audio.common_gain`.
    progress : callable, optional
        Called with the share done, 0 to 1, and a description of the current step.

    Returns
    -------
    list of RenderedClip
        In the order of the plan.
    """
    sample_rate = representation.sample_rate
    signals = []
    for number, planned in enumerate(plan):
        if progress:
            progress(number / len(plan), f"rendering {planned.condition}")
        signals.append(
            sound_of(y, planned.cell_gain, representation, route, level=planned.level, filling=filling)
        )
    peaks = [true_peak(signal, sample_rate) for signal in signals]
    gain = common_gain(signals, sample_rate, target_loudness=target_loudness, ceiling=ceiling, peaks=peaks)
    settings = {
        "route": route,
        "hidden_cells": "noise at the level of the hidden value" if filling else "silent",
        "fade_seconds": FADE,
        "target_loudness": target_loudness,
        "ceiling_dbtp": ceiling,
    }
    whole = energy_of(signals[0])
    clips = []
    for planned, signal, peak in zip(plan, signals, peaks, strict=True):
        path, digest = store_flac(signal * 10 ** (gain / 20), sample_rate, Path(output_folder))
        energy_share = energy_of(signal) / whole
        shares = {"area_share": planned.area_share, "energy_share": energy_share}
        clips.append(
            RenderedClip(
                **{name: getattr(planned, name) for name in AS_PLANNED},
                path=path,
                sha256=digest,
                sample_rate=sample_rate,
                seconds=len(signal) / sample_rate,
                loudness=loudness(signal, sample_rate),
                gain=gain,
                true_peak=peak + gain if np.isfinite(peak) else None,
                energy_share=energy_share,
                provenance={**planned.provenance, **settings, **shares},
            )
        )
    return clips


def input_as_heard(clip: RenderedClip, representation: Representation, track_gain: float) -> np.ndarray:
    """Return the input of a model for a written clip.

    The file is read back and the comparison set's gain is undone. The normalisation is that of the track:
    normalising a clip by itself would amplify weak remains to full level.

    Parameters
    ----------
    track_gain : float
        `Representation.normalisation_gain` of the whole track.

    Returns
    -------
    np.ndarray of float32 [shape=(n_frames, n_bands) or (n_samples,)]
    """
    y, _ = read_audio(clip.path, sample_rate=representation.sample_rate, limits=OWN_FILES, allow_silence=True)
    return representation.model_input(y.astype(np.float64) * 10 ** (-clip.gain / 20), gain=track_gain)
