"""The columns of manifests that give an excerpt: ``start`` and ``duration``."""

import math
from collections.abc import Mapping

COLUMNS = ("start", "duration")


def part_of(values: Mapping[str, str]) -> tuple[float, float] | None:
    """Return start and length of the excerpt of a line, in s; None if it gives none.

    Parameters
    ----------
    values : mapping
        Column -> cell. Times are seconds, or minutes and seconds such as 1:02.5; a decimal comma is accepted.

    Raises
    ------
    ValueError
        If one of the two is missing or is not a time.
    """
    cells = {name: values.get(name, "").strip() for name in COLUMNS}
    if not any(cells.values()):
        return None
    for name, cell in cells.items():
        if not cell:
            raise ValueError(f"it has no {name}; give an excerpt both start and duration, or neither")
    return _seconds("start", cells["start"]), _seconds("duration", cells["duration"])


def _seconds(name: str, cell: str) -> float:
    minutes, _, rest = cell.replace(",", ".").rpartition(":")
    try:
        if minutes and not (minutes.isdecimal() and 0 <= float(rest) < 60):
            raise ValueError
        value = 60 * int(minutes or 0) + float(rest)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} must be a time in seconds, e.g. 62.5 or 1:02.5, not {cell!r}")
    return value
