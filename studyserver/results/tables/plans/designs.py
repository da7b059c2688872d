"""The design of a study with other numbers of annotators, tracks and trials, allocated as the study is."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import cycle
from math import ceil
from random import Random

import numpy as np

from studyserver.study.design import ordering
from studyserver.study.design.allocation import allocation_of, compared_levels
from studyserver.study.design.sets import ClipSet, stimulus_sets
from studyserver.study.design.spacing import Item
from studyserver.study.models import Study
from studyserver.study.questions.research.estimands import Estimand

from .aims import Aim


@dataclass(frozen=True)
class PlannedTrial:
    """What one trial presents.

    Attributes
    ----------
    levels : tuple of int
        Levels of the judgments that the trial gives; empty if the question is not asked.
    condition : str
        Of the clip, by which annotators can differ.
    excerpt : Hashable
        The part of the track.
    """

    levels: tuple[int, ...]
    condition: str = ""
    excerpt: Hashable = 0


@dataclass(frozen=True)
class Design:
    """Trials of tracks, and how they are given to annotators.

    Attributes
    ----------
    tracks : tuple of tuples of PlannedTrial
        The trials of each track.
    levels : tuple of str
        What the numbers of the levels stand for.
    n_annotators : int
    n_trials : int, optional
        Of each annotator, at most; None if annotators do all.
    allocation : str
        `Study.Allocation`.
    apart : tuple of str
        Conditions of which each annotator hears one only.
    """

    tracks: tuple[tuple[PlannedTrial, ...], ...]
    levels: tuple[str, ...]
    n_annotators: int
    n_trials: int | None
    allocation: str
    apart: tuple[str, ...] = ()

    @property
    def n_tracks(self) -> int:
        """Number of tracks that the question is asked about."""
        return sum(_is_asked(trials) for trials in self.tracks)

    @property
    def trials_per_annotator(self) -> int:
        """How many main trials an annotator has."""
        here = [trial for trials in self.tracks for trial in trials]
        most = len(here)
        if self.apart:
            sizes = Counter(trial.condition for trial in here if trial.condition in self.apart)
            most += max(sizes.values(), default=0) - sum(sizes.values())
        return most if self.n_trials is None else min(self.n_trials, most)

    @property
    def enough_annotators(self) -> int:
        """How many annotators show how evenly clips are judged: at least two rounds of all clips."""
        n_clips = sum(len(trials) for trials in self.tracks)
        return max(30, 2 * ceil(n_clips / self.trials_per_annotator))

    def resized(self, *, n_annotators: int, n_tracks: int, n_trials: int | None) -> "Design":
        """Return the design with other numbers; further tracks are like those there are, in turn.

        Parameters
        ----------
        n_annotators, n_tracks : int
            At least 2.
        n_trials : int, optional
        """
        tracks: list[tuple[PlannedTrial, ...]] = []
        missing = n_tracks
        for trials in cycle(self.tracks):
            if missing == 0:
                break
            tracks.append(trials)
            missing -= _is_asked(trials)
        return replace(self, tracks=tuple(tracks), n_annotators=n_annotators, n_trials=n_trials)

    def allocate(self, seed: int) -> np.ndarray:
        """Return annotator, track and level of every judgment, shape (n, 3), as the study would allocate."""
        rng = ordering.generator(seed)
        counts: Counter[Hashable] = Counter()
        heard: Counter[str] = Counter()
        rows = []
        for annotator in range(self.n_annotators):
            own = self._own_items(heard, rng)
            chosen = ordering.chosen_for(self.allocation, own, counts, self.trials_per_annotator, rng)
            for item in chosen:
                counts[item.key] += 1
                trial = self._trials[item.key]
                heard[trial.condition] += 1
                rows += [(annotator, item.track, level) for level in trial.levels]
        return self._with_codes(np.array(rows, dtype=int).reshape(-1, 3))

    @staticmethod
    def _with_codes(rows: np.ndarray) -> np.ndarray:
        """Return the rows with annotators and tracks numbered from 0 without gaps."""
        for column in (0, 1):
            rows[:, column] = np.unique(rows[:, column], return_inverse=True)[1]
        return rows

    def _own_items(self, heard: Counter[str], rng: Random) -> list[Item]:
        if not self.apart:
            return self._items
        levels = list(self.apart)
        rng.shuffle(levels)
        own = min(levels, key=lambda level: heard[level])
        others = set(levels) - {own}
        return [item for item in self._items if self._trials[item.key].condition not in others]

    @cached_property
    def _trials(self) -> dict[Hashable, PlannedTrial]:
        return {
            (track, place): trial
            for track, trials in enumerate(self.tracks)
            for place, trial in enumerate(trials)
        }

    @cached_property
    def _items(self) -> list[Item]:
        return [
            Item(key, key[0], excerpt=trial.excerpt)  # type: ignore[index]
            for key, trial in self._trials.items()
        ]


def _is_asked(trials: tuple[PlannedTrial, ...]) -> bool:
    return any(trial.levels for trial in trials)


def design_of(study: Study, aim: Aim) -> Design:
    """Return the design of a study as it stands, about one aim.

    Without stimuli it has one track, with one clip of each level that the aim needs.
    """
    sets = stimulus_sets(study)
    sizes = _sizes(aim, sets)
    given = [(what, aim.levels_of(what, sizes)) for what in sets]
    found = {name for _what, names in given for name in names}
    if not set(aim.levels) <= found:
        given, found = [], set()
    levels = [*aim.levels, *sorted(found - set(aim.levels))]
    by_track: dict[int, list[PlannedTrial]] = {}
    for what, names in given:
        places = tuple(levels.index(name) for name in names)
        trial = PlannedTrial(places, what.clips[0].condition, what.excerpt)
        by_track.setdefault(what.track, []).append(trial)
    tracks = tuple(tuple(trials) for trials in by_track.values())
    return Design(
        tracks=tracks or (tuple(PlannedTrial((place,)) for place in range(len(aim.levels))),),
        levels=tuple(levels),
        n_annotators=max(study.annotators_wanted or 20, 2),
        n_trials=study.trials_per_annotator,
        allocation=allocation_of(study),
        apart=tuple(compared_levels(study, sets)) if given else (),
    )


def _sizes(aim: Aim, sets: list[ClipSet]) -> tuple[int, int] | None:
    """Return the fewest and the most segments of the clips whose sizes are compared."""
    if aim.estimand != Estimand.DOSE:
        return None
    sizes = {clip.kept_segments for what in sets for clip in what.blind if aim.is_first(clip)}
    known = [size for size in sizes if size]
    return (min(known), max(known)) if len(known) > 1 else None
