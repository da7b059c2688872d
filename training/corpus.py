"""Rendered compositions as a model sees them, with the cues they were given.

Batches are cached, so that a training run that was stopped takes up where it was.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

import numpy as np

from explainer.core.representations.kinds import log_filterbank
from explainer.demo_models.cue_levels import CUES

from .composed_music import compose, melody_pitch, onset_rate
from .cues import CueSettings, draw_settings, scaled_pitch_height, scaled_speed
from .midi import Performance
from .midi_to_sound import SOUNDFONT, render

SECONDS = 10.0
PIECES_PER_BATCH = 50
# To be raised with every change of composition or rendering: cached batches of other versions are ignored.
_VERSION = 1


class Corpus(NamedTuple):
    """Pieces in the order of their seeds."""

    features: np.ndarray
    """[shape=(n_pieces, n_frames, 149), dtype=float16], log10(1 + x)"""
    cues: np.ndarray
    """[shape=(n_pieces, 9), dtype=float32], columns `CUES`"""


def make_corpus(
    first_batch: int,
    n_batches: int,
    cache: Path,
    *,
    soundfont: Path = SOUNDFONT,
    workers: int = 1,
    progress: Callable[[int], object] = lambda done: None,
) -> Corpus:
    """Compose, render and analyse pieces, or read them from the cache.

    Parameters
    ----------
    first_batch : int
        Batch b holds the seeds from ``b * PIECES_PER_BATCH`` on: batches that differ hold pieces
        that differ.
    n_batches : int
    cache : Path
        Folder for finished batches, some 4 MB each.
    soundfont : Path
    workers : int
        Processes.
    progress : callable
        Told how many more pieces are there.

    Raises
    ------
    RenderingError
        See `training.midi_to_sound.render`.
    """
    cache.mkdir(parents=True, exist_ok=True)
    numbers = range(first_batch, first_batch + n_batches)
    files = {number: cache / f"{_digest(number, soundfont)}.npz" for number in numbers}
    missing = [number for number in numbers if not files[number].exists()]
    for _ in range(n_batches - len(missing)):
        progress(PIECES_PER_BATCH)
    with ProcessPoolExecutor(max_workers=workers) as pool:
        waiting = [pool.submit(_make_batch, number, files[number], soundfont) for number in missing]
        try:
            for finished in as_completed(waiting):
                finished.result()
                progress(PIECES_PER_BATCH)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return _joined(_read(files[number]) for number in numbers)


def given_cues(settings: CueSettings, performance: Performance, seconds: float = SECONDS) -> list[float]:
    """Return the nine cues of a performance in the order of `CUES`.

    Seven are settings; speed and pitch height are counted from the notes.
    """
    given = {
        "melodiousness": settings.melodiousness,
        "articulation": settings.articulation,
        "rhythm_complexity": settings.rhythm_complexity,
        "rhythm_stability": settings.rhythm_stability,
        "dissonance": settings.dissonance,
        "tonal_stability": settings.tonal_stability,
        "minorness": float(settings.minor),
        "speed": float(scaled_speed(onset_rate(performance.notes, seconds))),
        "pitch_height": float(scaled_pitch_height(melody_pitch(performance.notes))),
    }
    return [given[cue] for cue in CUES]


def _digest(number: int, soundfont: Path) -> str:
    fixed = [_VERSION, number, PIECES_PER_BATCH, SECONDS, soundfont.name, log_filterbank().to_dict()]
    return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()[:32]


def _make_batch(number: int, file: Path, soundfont: Path) -> None:
    seeds = range(number * PIECES_PER_BATCH, (number + 1) * PIECES_PER_BATCH)
    # The settings of a piece must not depend on the numbers that compose it.
    settings = [draw_settings(np.random.default_rng([seed, 7])) for seed in seeds]
    performances = [compose(seed, given, SECONDS) for seed, given in zip(seeds, settings, strict=True)]
    representation = log_filterbank()
    sounds = render(performances, SECONDS, soundfont=soundfont)
    features = np.stack([representation.features(sound) for sound in sounds]).astype(np.float16)
    cues = np.array(
        [given_cues(*pair) for pair in zip(settings, performances, strict=True)], dtype=np.float32
    )
    unfinished = file.with_suffix(f".{os.getpid()}.npz")
    np.savez(unfinished, features=features, cues=cues)
    unfinished.replace(file)


def _read(file: Path) -> Corpus:
    with np.load(file) as batch:
        return Corpus(batch["features"], batch["cues"])


def _joined(batches: Iterator[Corpus]) -> Corpus:
    features, cues = zip(*batches, strict=True)
    return Corpus(np.concatenate(features), np.concatenate(cues))
