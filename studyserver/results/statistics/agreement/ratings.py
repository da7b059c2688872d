"""Judgments as checked and coded arrays of items, raters and values."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from studyserver.results.statistics.reasons import ReasonedError

LEVELS = ("nominal", "ordinal", "interval", "ratio", "sets")
NUMERIC_LEVELS = ("interval", "ratio")

T = TypeVar("T")


class RatingsError(ValueError):
    """Judgments that cannot be analysed; the message says what is wrong and what to do.

    Attributes
    ----------
    row : int or None
        Position (from 0) of the judgment at fault in the input, if it is a single one.
    """

    def __init__(self, message: str, row: int | None = None):
        super().__init__(message)
        self.row = row


class UndefinedError(ReasonedError):
    """A figure that is undefined for these judgments."""


@dataclass(frozen=True)
class Ratings:
    """Judgments, sorted by item and, within an item, by category.

    Attributes
    ----------
    item : np.ndarray [shape=(n,), dtype=int64]
        0 .. n_items - 1, ascending.
    rater : np.ndarray [shape=(n,), dtype=int64]
        0 .. n_raters - 1.
    code : np.ndarray [shape=(n,), dtype=int64]
        Index into `categories`; ascending within an item.
    categories : tuple
        Every declared or observed value, in the order of the scale (of first appearance at the
        nominal level without declared options).
    positions : np.ndarray [shape=(n_categories,)]
        Position of each category on the scale: the number itself (in another unit if numbers exceed 1e60 or
        all are below 1e-60), or its rank among the declared options.
    level : str
        One of `LEVELS`.
    n_options : int
        Number of declared options, or of observed values where none were declared.
    item_labels, rater_labels : tuple
        What the codes stand for.
    set_distance : str
        Distance between checklists: ``masi`` or ``jaccard``.
    unit : np.ndarray [shape=(n_items,), dtype=int64], optional
        The unit that each item belongs to, from 0, where several items share one; intervals leave out units.
    drawn_from : Ratings, optional
        The judgments of which these are a bootstrap draw.
    """

    item: np.ndarray
    rater: np.ndarray
    code: np.ndarray
    categories: tuple[Any, ...]
    positions: np.ndarray
    level: str
    n_options: int
    item_labels: tuple[Any, ...]
    rater_labels: tuple[Any, ...]
    set_distance: str = "masi"
    unit: np.ndarray | None = None
    drawn_from: "Ratings | None" = None
    _computed: dict[Callable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, compute: "Callable[[Ratings], T]") -> "T":
        """Return a function of these judgments, computed at the first call only."""
        if compute not in self._computed:
            self._computed[compute] = compute(self)
        return self._computed[compute]

    @property
    def n(self) -> int:
        """Number of judgments."""
        return len(self.item)

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.item_labels)

    @property
    def n_raters(self) -> int:
        """Number of raters."""
        return len(self.rater_labels)

    @property
    def n_units(self) -> int:
        """Number of units, which is the number of items where none share one."""
        return self.n_items if self.unit is None else int(self.unit.max(initial=-1)) + 1

    @cached_property
    def cell(self) -> np.ndarray:
        """Number of each judgment's unit and rater together, from 0, shape (n,)."""
        unit = self.item if self.unit is None else self.unit[self.item]
        return np.unique(unit * self.n_raters + self.rater, return_inverse=True)[1]

    @cached_property
    def item_size(self) -> np.ndarray:
        """Judgments per item, shape (n_items,)."""
        return np.bincount(self.item, minlength=self.n_items)

    @cached_property
    def size(self) -> np.ndarray:
        """Number of judgments of each judgment's item, shape (n,)."""
        return self.item_size[self.item]

    @cached_property
    def value(self) -> np.ndarray:
        """Each judgment's position on the scale, shape (n,)."""
        return self.positions[self.code]

    @cached_property
    def same(self) -> np.ndarray:
        """How many of the item's judgments chose the same category (including itself), shape (n,)."""
        first = np.ones(self.n, dtype=bool)
        first[1:] = (self.item[1:] != self.item[:-1]) | (self.code[1:] != self.code[:-1])
        run = np.cumsum(first) - 1
        return np.bincount(run)[run] if self.n else np.zeros(0, dtype=np.int64)

    @cached_property
    def n_items_pairable(self) -> int:
        """Number of items with at least two judgments."""
        return int(np.count_nonzero(self.item_size >= 2))

    @cached_property
    def mean_raters_per_item(self) -> float:
        """Mean number of judgments over the items with at least two."""
        sizes = self.item_size[self.item_size >= 2]
        return float(sizes.mean()) if len(sizes) else float("nan")

    @cached_property
    def is_complete(self) -> bool:
        """Whether every rater judged every item."""
        return self.n == self.n_items * self.n_raters

    def per_item(self, weights: np.ndarray) -> np.ndarray:
        """Sum a figure per judgment over each item, shape (n_items,)."""
        return np.bincount(self.item, weights, self.n_items)

    def per_rater(self, weights: np.ndarray) -> np.ndarray:
        """Sum a figure per judgment over each rater, shape (n_raters,)."""
        return np.bincount(self.rater, weights, self.n_raters)

    def select(self, keep: np.ndarray) -> "Ratings":
        """Return the judgments marked in a Boolean array; items and raters left without any are dropped."""
        items, item = _renumber(self.item[keep], self.n_items)
        raters, rater = _renumber(self.rater[keep], self.n_raters)
        return replace(
            self,
            item=item,
            rater=rater,
            code=self.code[keep],
            item_labels=tuple(self.item_labels[i] for i in items),
            rater_labels=tuple(self.rater_labels[r] for r in raters),
            unit=None if self.unit is None else np.unique(self.unit[items], return_inverse=True)[1],
        )

    def matrix(self) -> np.ndarray:
        """Return the values as items x raters; NaN where there is no judgment."""
        matrix = np.full((self.n_items, self.n_raters), np.nan)
        matrix[self.item, self.rater] = self.value
        return matrix

    def favours_counts(self, n_categories: int) -> bool:
        """Whether tables of counts per category need fewer steps than pairs of judgments within items."""
        return self.n_items * n_categories**2 < int((self.item_size.astype(np.int64) ** 2).sum())

    def counts(self, code: np.ndarray, n_categories: int) -> np.ndarray:
        """Return the number of judgments of each item in each category, shape (n_items, n_categories).

        Parameters
        ----------
        code : np.ndarray [shape=(n,), dtype=int64]
            Each judgment's category, from 0.
        """
        flat = np.bincount(self.item * n_categories + code, minlength=self.n_items * n_categories)
        return flat.reshape(self.n_items, n_categories).astype(float)

    def by_size(self) -> Iterable[tuple[int, np.ndarray, np.ndarray]]:
        """Yield, for every m >= 2, the items with m judgments and their judgments' indices (n_items_m, m)."""
        start = np.concatenate([[0], np.cumsum(self.item_size)])
        for m in np.unique(self.item_size):
            if m >= 2:
                items = np.flatnonzero(self.item_size == m)
                yield int(m), items, start[items][:, None] + np.arange(m)


def raters_per_item(ratings: Ratings) -> float:
    """Return the harmonic mean of the number of raters per item, which is k in the k-rater forms."""
    return float(ratings.n_items / (1 / ratings.item_size).sum())


def prepare(
    items: Sequence[Hashable] | np.ndarray | pd.Series,
    raters: Sequence[Hashable] | np.ndarray | pd.Series,
    values: Sequence[Any] | np.ndarray | pd.Series,
    level: str,
    options: Sequence[Any] | None = None,
    units: Sequence[Hashable] | np.ndarray | pd.Series | None = None,
) -> Ratings:
    """Check and code judgments.

    Parameters
    ----------
    items, raters : sequences [shape=(n,)]
        Any hashable labels.
    values : sequence [shape=(n,)]
        One value per judgment; None and NaN are missing judgments and are ignored. Numbers at the
        interval and ratio levels; any hashable at the nominal one; numbers or declared options at the
        ordinal one; collections of options at the level ``sets``.
    level : str
        One of `LEVELS`. Collections at the nominal level are taken as ``sets``.
    options : sequence, optional
        The declared scale, in order. Without it the observed values are the scale.
    units : sequence [shape=(n,)], optional
        What each judgment's item belongs to, such as the track of a clip; intervals leave out units.

    Raises
    ------
    RatingsError
        If the arrays differ in length, a value does not fit the level or the options, a rater judged
        an item twice, or an item belongs to two units.

    Examples
    --------
    >>> ratings = prepare(["a", "a", "b", "b"], ["anna", "ben", "anna", "ben"], [1, 2, 5, None], "ordinal")
    >>> ratings.n, ratings.categories
    (3, (1.0, 2.0, 5.0))
    """
    if level not in LEVELS:
        raise RatingsError(f"level {level!r} is unknown; use one of {', '.join(LEVELS)}")
    if not len(items) == len(raters) == len(values):
        raise RatingsError("items, raters and values differ in length; give one of each per judgment")
    column = _as_series(values)
    present = column.notna().to_numpy()
    row = np.flatnonzero(present)
    column = column[present]
    if level == "nominal" and len(column) and isinstance(column.iloc[0], (set, frozenset, list, tuple)):
        level = "sets"
    item, item_labels = pd.factorize(_as_series(items)[present])
    rater, rater_labels = pd.factorize(_as_series(raters)[present])
    _refuse_missing(item, row, "item")
    _refuse_missing(rater, row, "rater")
    code, categories, positions = _encode(column, level, options, row)
    _refuse_duplicates(item, rater, item_labels, rater_labels, row)
    unit = None if units is None else _unit_of_items(_as_series(units)[present], item, item_labels, row)
    order = np.lexsort((code, item)) if len(item) else np.zeros(0, dtype=np.int64)
    return Ratings(
        item=item[order].astype(np.int64),
        rater=rater[order].astype(np.int64),
        code=code[order].astype(np.int64),
        categories=categories,
        positions=positions,
        level=level,
        n_options=len(options) if options is not None and level != "sets" else len(np.unique(code)),
        item_labels=tuple(item_labels),
        rater_labels=tuple(rater_labels),
        unit=unit,
    )


def _unit_of_items(
    units: pd.Series, item: np.ndarray, item_labels: Any, row: np.ndarray
) -> np.ndarray | None:
    """Return each item's unit, or None where every item has one of its own."""
    code, _labels = pd.factorize(units)
    _refuse_missing(code, row, "unit")
    unit = np.zeros(len(item_labels), dtype=np.int64)
    unit[item[::-1]] = code[::-1]  # the first judgment of an item decides
    wrong = np.flatnonzero(unit[item] != code)
    if len(wrong):
        label = _written(item_labels[item[wrong[0]]])
        raise RatingsError(
            f"item {label} belongs to two units; give it the same one throughout", int(row[wrong[0]])
        )
    return unit if len(np.unique(unit)) < len(unit) else None


def _as_series(values: Any) -> pd.Series:
    if isinstance(values, pd.Series):
        return values.reset_index(drop=True)
    if isinstance(values, np.ndarray):
        return pd.Series(values)
    values = list(values)
    collections = any(isinstance(value, (set, frozenset, list, tuple)) for value in values)
    return pd.Series(values, dtype=object) if collections else pd.Series(values)


def _encode(
    column: pd.Series, level: str, options: Sequence[Any] | None, row: np.ndarray
) -> tuple[np.ndarray, tuple[Any, ...], np.ndarray]:
    if level == "sets":
        return _encode_sets(column, options, row)
    if options is not None:
        return _encode_options(column, level, tuple(options), row)
    if level == "nominal":
        code, labels = pd.factorize(column)
        return code, tuple(labels), np.arange(len(labels), dtype=float)
    numbers = _numbers(column, level, row)
    positions, code = np.unique(numbers, return_inverse=True)
    return code, tuple(positions.tolist()), _in_range(positions)


def _encode_options(
    column: pd.Series, level: str, options: tuple[Any, ...], row: np.ndarray
) -> tuple[np.ndarray, tuple[Any, ...], np.ndarray]:
    if len(set(options)) != len(options):
        raise RatingsError("an option is declared twice; name each option once")
    if level in NUMERIC_LEVELS:
        numbers = _numbers(pd.Series(options), level, np.arange(len(options)), what="option")
        if np.any(np.diff(numbers) <= 0):
            raise RatingsError("the options of a numeric scale must ascend; list them from lowest to highest")
        column, index = pd.Series(_numbers(column, level, row)), pd.Index(numbers)
        positions = _in_range(numbers)
    else:
        index, positions = pd.Index(list(options)), np.arange(len(options), dtype=float)
    code = index.get_indexer(column) if len(column) else np.zeros(0, dtype=np.int64)
    unknown = np.flatnonzero(code < 0)
    if len(unknown):
        value = column.iloc[unknown[0]]
        declared = ", ".join(
            option if isinstance(option, str) and "," not in option else _written(option)
            for option in options
        )
        raise RatingsError(
            f"value {_written(value)} is not one of the declared options {declared}; "
            "correct it or declare it",
            int(row[unknown[0]]),
        )
    return code, options, positions


def _encode_sets(
    column: pd.Series, options: Sequence[Any] | None, row: np.ndarray
) -> tuple[np.ndarray, tuple[Any, ...], np.ndarray]:
    known = None if options is None else set(options)
    sets = []
    for position, value in enumerate(column):
        if not isinstance(value, (set, frozenset, list, tuple)):
            raise RatingsError(f"value {_written(value)} is not a collection of options", int(row[position]))
        chosen = frozenset(value)
        if known is not None and not chosen <= known:
            extra = ", ".join(sorted(str(option) for option in chosen - known))
            raise RatingsError(f"{extra} is not among the declared options; declare it", int(row[position]))
        sets.append(chosen)
    distinct = {chosen: code for code, chosen in enumerate(dict.fromkeys(sets))}
    code = np.array([distinct[chosen] for chosen in sets], dtype=np.int64)
    return code, tuple(distinct), np.arange(len(distinct), dtype=float)


def _in_range(positions: np.ndarray) -> np.ndarray:
    """Return positions, in another unit if their squares would overflow or underflow; no figure changes."""
    size = float(np.abs(positions).max(initial=0.0))
    return positions if size == 0 or 1e-60 < size < 1e60 else positions / 2 ** np.floor(np.log2(size))


def _numbers(column: pd.Series, level: str, row: np.ndarray, what: str = "value") -> np.ndarray:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        remedy = "declare the order of its options" if level == "ordinal" else "the nominal level takes words"
        raise RatingsError(
            f"{what} {_written(column.iloc[wrong[0]])} is not a finite number, as the {level} level needs; "
            f"{remedy}",
            int(row[wrong[0]]),
        )
    negative = np.flatnonzero(numbers < 0)
    if level == "ratio" and len(negative):
        raise RatingsError(
            f"{what} {numbers[negative[0]]:g} is negative, but a ratio scale starts at zero; "
            "use the interval level",
            int(row[negative[0]]),
        )
    return numbers


def _refuse_missing(codes: np.ndarray, row: np.ndarray, what: str) -> None:
    missing = np.flatnonzero(codes < 0)
    if len(missing):
        raise RatingsError(f"a judgment has no {what}; every judgment needs one", int(row[missing[0]]))


def _refuse_duplicates(
    item: np.ndarray, rater: np.ndarray, item_labels: Any, rater_labels: Any, row: np.ndarray
) -> None:
    pair = item.astype(np.int64) * max(len(rater_labels), 1) + rater
    repeated = pd.Series(pair).duplicated().to_numpy()
    if repeated.any():
        second = int(np.flatnonzero(repeated)[0])
        raise RatingsError(
            f"rater {_written(rater_labels[rater[second]])} judged item "
            f"{_written(item_labels[item[second]])} "
            "more than once; keep one judgment (second presentations belong to the test-retest figures)",
            int(row[second]),
        )


def _renumber(codes: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    used = np.bincount(codes, minlength=n) > 0
    return np.flatnonzero(used), (np.cumsum(used) - 1)[codes]


def _written(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value) if isinstance(value, str) else str(value)
