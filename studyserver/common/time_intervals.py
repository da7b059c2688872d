"""Intervals of time as pairs of numbers."""

from collections.abc import Iterable


def merged(intervals: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the union of some intervals as sorted, disjoint intervals.

    Parameters
    ----------
    intervals : iterable of (float, float)
        Begin and end of each, in s.
    """
    found: list[tuple[float, float]] = []
    for begin, end in sorted(intervals):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found
