"""Heat maps of the correlations page as data; no HTML, no request."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from explainer.core.correlations.estimates import Estimates

# Shades of a heat map in each direction; the style sheet has a class for each.
SHADES = 5
# A correlation closer to 1 or -1 is that of a variable with itself or an exact combination, without error.
EXACT = 1 - 1e-9
PEARSON, PARTIAL = "Pearson's r", "partial correlation"
STANDARDISED = "standard deviations of the emotion per standard deviation of the feature"


@dataclass(frozen=True)
class Cell:
    """One number of a heat map.

    Attributes
    ----------
    value : float or None
    shade : str
        Class of the cell: ``for-3``, ``against-5``, ``none``.
    lower, upper : float or None
    remark : str
        What the number contradicts; empty if nothing.
    """

    value: float | None
    shade: str
    lower: float | None = None
    upper: float | None = None
    remark: str = ""


@dataclass(frozen=True)
class HeatMap:
    """A table of numbers with colours."""

    key: str
    title: str
    explained: str
    columns: Sequence[str]
    rows: list[tuple[str, list[Cell]]]
    unit: str = PEARSON


@dataclass(frozen=True)
class Part:
    """The part of the page for one source: the model's predictions, ratings, or a publication."""

    anchor: str
    title: str
    lead: str
    maps: list[HeatMap]
    remarks: Sequence[str] = ()
    inflation: list[tuple[str, Cell]] = field(default_factory=list)


def heat_map(
    key: str,
    title: str,
    explained: str,
    estimates: Estimates,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    remarks: np.ndarray | None = None,
    unit: str = PEARSON,
) -> HeatMap:
    """Return estimates as a heat map; the strongest colour is that of 1, or of the largest number above 1."""
    limit = max(1.0, float(np.nanmax(np.abs(estimates.value), initial=0)))
    cells = [
        (
            name,
            [
                cell(estimates, (i, j), limit, "" if remarks is None else str(remarks[i, j]))
                for j in range(len(columns))
            ],
        )
        for i, name in enumerate(rows)
    ]
    return HeatMap(key, title, explained, columns, cells, unit=unit)


def cell(estimates: Estimates, index: int | tuple[int, int], limit: float = 1.0, remark: str = "") -> Cell:
    """Return one of the estimates as a cell; `limit` has the strongest colour."""
    value, lower, upper = (
        _number(part[index]) for part in (estimates.value, estimates.lower, estimates.upper)
    )
    if value is not None and abs(value) > EXACT and limit == 1:
        lower = upper = None
    return Cell(value, shade(value, limit), lower, upper, remark)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def shade(value: float | None, limit: float = 1.0) -> str:
    """Return the class of a cell: the direction and one of `SHADES` steps, ``none`` near zero."""
    if value is None or not (step := min(SHADES, round(SHADES * abs(value) / limit))):
        return "none"
    return f"{'for' if value > 0 else 'against'}-{step}"
