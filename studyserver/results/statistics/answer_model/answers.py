"""The answers to one question as numbers, with the rater, the track and the level of each."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import pandas as pd


class Family(Enum):
    """How answers follow from what is heard."""

    GAUSSIAN = "gaussian"  # sliders: what is heard is the answer
    ORDINAL = "cumulative probit"  # scales: the answer is the step that what is heard falls into
    BINARY = "probit"  # one of two: which side of 0 what is heard falls on


@dataclass(frozen=True)
class Answers:
    """The answers to one question.

    Attributes
    ----------
    values : np.ndarray [shape=(n,)]
        Numbers; 0 or 1 for `Family.BINARY`; values of `points` for `Family.ORDINAL`.
    level, track, rater, excerpt : np.ndarray of int [shape=(n,)]
        Codes from 0; `level` is the condition or the group of clips.
    levels, tracks, raters : list
        What the codes stand for.
    n_excerpts : int
        Number of codes in `excerpt`; equal to the number of tracks if each has one.
    family : Family
    ends : (float, float)
        Lowest and highest possible value; (0, 1) for `Family.BINARY`.
    points : np.ndarray [shape=(n_points,)]
        Possible values in order, for `Family.ORDINAL`; empty otherwise.
    covariates : dict of str to np.ndarray [shape=(n,)]
        Further numbers with a linear effect, such as the position in the session.
    """

    values: np.ndarray
    level: np.ndarray
    track: np.ndarray
    rater: np.ndarray
    excerpt: np.ndarray
    levels: list[Hashable]
    tracks: list[Hashable]
    raters: list[Hashable]
    n_excerpts: int
    family: Family
    ends: tuple[float, float]
    points: np.ndarray = field(default_factory=lambda: np.zeros(0))
    covariates: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def steps(self) -> np.ndarray:
        """The place of each answer among the points, from 0."""
        if self.family is Family.BINARY:
            return self.values.astype(int)
        return np.searchsorted(self.points, self.values)

    @property
    def has_nested_excerpts(self) -> bool:
        """Whether a track has several excerpts."""
        return self.n_excerpts > len(self.tracks)


def answers_of(
    table: pd.DataFrame,
    family: Family,
    ends: tuple[float, float] | None = None,
    *,
    points: Sequence[float] = (),
    covariates: Sequence[str] = (),
    levels: Sequence[Hashable] | None = None,
) -> Answers:
    """Return the answers of a table.

    Parameters
    ----------
    table : pd.DataFrame
        One row per judgment: ``value``, ``level``, ``track``, ``rater``, and the columns of `covariates`;
        ``excerpt``, if tracks have several.
    family : Family
    ends : (float, float), optional
        Lowest and highest possible value; by default those of the points, or (0, 1) of binary answers.
    points : sequence of float
        All possible answers of a scale.
    covariates : sequence of str
        Names of columns; their means are subtracted.
    levels : sequence, optional
        Order of the levels; by default sorted.

    Raises
    ------
    ValueError
        If there is no answer, one is not finite, or one is not among the points.
    """
    values = table["value"].to_numpy(float)
    if not len(values):
        raise ValueError("there is no answer")
    if not np.isfinite(values).all():
        raise ValueError("every answer must be a finite number")
    possible = np.sort(np.asarray(points, dtype=float))
    if family is Family.BINARY:
        possible = np.array([0.0, 1.0])
    if len(possible):
        unknown = np.setdiff1d(values, possible)
        if len(unknown):
            raise ValueError(f"{unknown[0]:g} is not one of the possible answers")
        ends = ends or (float(possible[0]), float(possible[-1]))
    elif family is Family.ORDINAL:
        raise ValueError("a scale needs its points")
    if ends is None:
        ends = float(values.min()), float(values.max())
    level, level_labels = _codes(table["level"], levels)
    track, track_labels = _codes(table["track"])
    rater, rater_labels = _codes(table["rater"])
    part = table["excerpt"] if "excerpt" in table else table["track"]
    excerpt, excerpts = pd.factorize(pd.MultiIndex.from_arrays([track, part]), sort=True)
    return Answers(
        values, level, track, rater, excerpt, level_labels, track_labels, rater_labels, len(excerpts), family,
        ends, possible if family is Family.ORDINAL else np.zeros(0),
        {name: _centred(table[name]) for name in covariates},
    )  # fmt: skip


def _codes(labels: pd.Series, order: Sequence[Hashable] | None = None) -> tuple[np.ndarray, list[Hashable]]:
    if order is None:
        codes, found = pd.factorize(labels, sort=True)
        return codes, list(found)
    codes = pd.Index(list(order)).get_indexer(pd.Index(labels))
    used = np.unique(codes)
    return np.searchsorted(used, codes), [order[place] for place in used]


def _centred(column: pd.Series) -> np.ndarray:
    values = column.to_numpy(float)
    return values - values.mean()
