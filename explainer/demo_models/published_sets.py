"""Sound and ratings of the Mid-level and Soundtracks data sets, as a network is trained on them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from explainer.core.audio import AudioError, AudioLimits, read_audio
from explainer.core.correlations.label_files import Labels, find_sounds
from explainer.core.correlations.published import EMOTIONS, MID_LEVEL
from explainer.core.representations.kinds import log_filterbank

# Ratings from 1 to 10 or 9 become numbers up to 1, as in the paper.
LABEL_UNIT = 10.0


@dataclass
class Excerpt:
    """One sound file with the ratings it has, divided by `LABEL_UNIT`; NaN where it has none.

    Attributes
    ----------
    features : np.ndarray of float16 [shape=(n_frames, 149)]
    mid_level : np.ndarray [shape=(7,)]
    emotions : np.ndarray [shape=(8,)]
    """

    file: Path
    features: np.ndarray
    mid_level: np.ndarray = field(default_factory=lambda: np.full(len(MID_LEVEL), np.nan))
    emotions: np.ndarray = field(default_factory=lambda: np.full(len(EMOTIONS), np.nan))


def read_excerpts(
    sources: Sequence[tuple[Labels, Path]],
    *,
    least_seconds: float,
    on_file: Callable[[Path, str], None] = lambda file, problem: None,
) -> list[Excerpt]:
    """Read all rated sound files; one that cannot be used is left out.

    Parameters
    ----------
    sources : sequence of (Labels, Path)
        Ratings, and the folder with the sound files they are of. A file that two sources rate is one excerpt
        with ratings on both levels.
    least_seconds : float
        Shorter files are left out.
    on_file : callable
        Called after each file with what is wrong with it, or nothing.

    Returns
    -------
    list of Excerpt
        In the order of the files' paths.
    """
    representation = log_filterbank()
    limits = AudioLimits(max_bytes=2**30, max_seconds=3600, min_seconds=least_seconds)
    excerpts: dict[Path, Excerpt] = {}
    refused: set[Path] = set()
    for labels, folder in sources:
        found = find_sounds(folder, labels.tracks)
        for identifier, values in zip(labels.tracks, labels.values / LABEL_UNIT, strict=True):
            file = found.get(identifier)
            if file is None or file in refused:
                continue
            file = file.resolve()
            if file not in excerpts:
                try:
                    y, _ = read_audio(file, sample_rate=representation.sample_rate, limits=limits)
                except AudioError as error:
                    refused.add(file)
                    on_file(file, str(error))
                    continue
                excerpts[file] = Excerpt(file, representation.features(y).astype(np.float16))
                on_file(file, "")
            if labels.targets == MID_LEVEL:
                excerpts[file].mid_level = values
            else:
                excerpts[file].emotions = values
    return [excerpts[file] for file in sorted(excerpts)]
