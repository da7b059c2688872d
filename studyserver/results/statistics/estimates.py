"""Tables of estimates with two-way jackknife intervals, recomputed without each item and rater."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .intervals import SCOPES, Scale, jackknife, reliability_scale
from .reasons import Reason, Why

MOST_LEFT_OUT_SINGLY = 300  # items or raters; more are left out in groups
GROUPS = 100
COLUMNS = ["statistic", "estimate", "se", "ci_low", "ci_high", "ci_method", "ci_scope"]
COLUMNS += ["n_items", "n_raters", "n_judgments", "status", "reason"]
UNITS = "n_units"  # a further column where items are grouped in units


@dataclass(frozen=True)
class Figure:
    """A figure of a table.

    Attributes
    ----------
    name : str
        Its name in the column ``statistic``.
    undefined : Reason or Why
        Why the figure is undefined where it cannot be computed.
    scale : Scale, optional
        Scale on which its interval is computed; by default untransformed.
    """

    name: str
    undefined: Reason | Why
    scale: Scale | None = None

    @property
    def reason(self) -> Reason:
        """Why the figure is undefined where it cannot be computed."""
        return Reason(self.undefined) if isinstance(self.undefined, Why) else self.undefined


def correlation_scale(*, may_exceed_one: bool = False) -> Scale:
    """Return twice Fisher's z; corrected correlations can exceed 1 and are then not transformed."""
    fisher = reliability_scale(2.0)
    limit = np.inf if may_exceed_one else 1.0
    return Scale(fisher.forward, fisher.inverse, fisher.derivative, -limit, limit, may_be_left=may_exceed_one)


def estimate_table(
    figures: Sequence[Figure],
    compute: Callable[[np.ndarray], np.ndarray],
    judgments: pd.DataFrame,
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return one row per figure and scope.

    Parameters
    ----------
    figures : sequence of Figure
    compute : callable
        Maps a Boolean array, shape (n,), of the judgments to use to the figures, shape (n_figures,), with NaN
        for undefined ones.
    judgments : pd.DataFrame
        With the columns ``item`` and ``rater``. Where items are no independent sample, such as the clips of a
        track, ``unit`` says which belong together: the jackknife then leaves out units.
    confidence : float
        Of the intervals.

    Returns
    -------
    pd.DataFrame
        With the columns `COLUMNS`, and `UNITS` where there are units. ``status`` is ``ok``, or ``undefined``
        with a `Reason` and no numbers; a defined figure without an interval has a `Reason` as well.
    """
    item, item_labels = pd.factorize(judgments["item"].to_numpy())
    rater, rater_labels = pd.factorize(judgments["rater"].to_numpy())
    counts = {"n_items": len(item_labels), "n_raters": len(rater_labels), "n_judgments": len(item)}
    unit, n_units = item, len(item_labels)
    if "unit" in judgments:
        unit, unit_labels = pd.factorize(judgments["unit"].to_numpy())
        n_units = counts[UNITS] = len(unit_labels)
    values = np.asarray(compute(np.ones(len(item), dtype=bool)), dtype=float)
    cell, n_cells = _cells(unit * max(len(rater_labels), 1) + rater)
    without_unit, without_rater, without_cell = (
        _without_one(compute, code, n, len(figures))
        for code, n in ((unit, n_units), (rater, len(rater_labels)), (cell, n_cells))
    )
    rows = []
    for column, figure in enumerate(figures):
        for scope in SCOPES:
            row: dict[str, object] = {"statistic": figure.name, "ci_scope": scope, "ci_method": "", **counts}
            if np.isnan(values[column]):
                row |= {"status": "undefined", "reason": figure.reason}
            elif scope == "items+raters" and len(rater_labels) < 3:
                reason = Reason(Why.FEWER_THAN_THREE_RATERS, {"n": len(rater_labels)})
                row |= {"estimate": values[column], "status": "ok", "reason": reason}
            else:
                both = scope == "items+raters"
                others = (without_rater[:, column], without_cell[:, column]) if both else ()
                found = jackknife(
                    values[column],
                    without_unit[:, column],
                    *others,
                    scale=figure.scale,
                    confidence=confidence,
                )
                row |= {"estimate": values[column], "status": "ok", **found.columns}
            rows.append(row)
    return numeric(pd.DataFrame(rows, columns=[*COLUMNS, UNITS] if UNITS in counts else COLUMNS))


def by_group(
    table: pd.DataFrame, keys: Sequence[str], compute: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """Return the concatenated tables of all groups of rows, with the keys as first columns."""
    parts = []
    for labels, group in table.groupby(list(keys), sort=True, observed=True):
        part = compute(group)
        for position, (key, label) in enumerate(zip(keys, labels, strict=True)):
            part.insert(position, key, label)
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*keys, *COLUMNS])


def numeric(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its figures as floats, missing ones as NaN, and its reasons as objects."""
    figures = ["estimate", "se", "ci_low", "ci_high"]
    table[figures] = table[figures].astype(float)
    table["reason"] = table["reason"].astype(object)
    return table


def require_columns(table: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return the named columns of judgments, and ``unit`` where there is one, without rows that miss one.

    Raises
    ------
    ValueError
        If a column is missing; the message says what it must hold.
    """
    for column, meaning in columns.items():
        if column not in table.columns:
            raise ValueError(f"column {column!r} is missing; it must hold {meaning}")
    known = [*columns, "unit"] if "unit" in table.columns else [*columns]
    return table[known].dropna().reset_index(drop=True)


def _cells(place: np.ndarray) -> tuple[np.ndarray, int]:
    """Return each judgment's cell of a unit and a rater, or its group of cells, and how many there are.

    More cells than `GROUPS` are left out in groups, drawn at random so that no group has more of one rater.
    """
    cell, labels = pd.factorize(place)
    if len(labels) <= GROUPS:
        return cell, len(labels)
    return np.random.default_rng(0).permutation(len(labels))[cell] % GROUPS, GROUPS


def _without_one(
    compute: Callable[[np.ndarray], np.ndarray], code: np.ndarray, n_labels: int, n_figures: int
) -> np.ndarray:
    if n_labels < 2:
        return np.full((n_labels, n_figures), np.nan)
    if n_labels > MOST_LEFT_OUT_SINGLY:
        # Delete-a-group jackknife: groups of nearly equal size estimate the same variance with fewer values.
        code, n_labels = code % GROUPS, GROUPS
    return np.stack([np.asarray(compute(code != label), dtype=float) for label in range(n_labels)])
