"""Values that browsers report: the documented names, each with its type and range.

Browsers can send anything. Only the names listed here are stored; everything else is dropped.
docs/annotator-pages.md describes the names.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

Reader = Callable[[Any], Any]  # returns the value to store, or None if it does not have the type

_DAY = 86_400.0  # s


def number(low: float, high: float) -> Reader:
    """Return a reader of finite numbers from `low` to `high`; booleans and texts are not numbers."""

    def read(value: Any) -> int | float | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return value if low <= value <= high else None

    return read


def count(value: Any) -> int | None:
    """Read a whole number of events."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e6:
        return None
    return int(value) if math.floor(value) == value else None


def truth(value: Any) -> bool | None:
    """Read a boolean."""
    return value if isinstance(value, bool) else None


def one_of(*words: str) -> Reader:
    """Return a reader of one of several words."""
    return lambda value: value if isinstance(value, str) and value in words else None


def numbers_in_text(value: Any) -> str | None:
    """Read small numbers separated by spaces, such as ``3 5 4``."""
    return value if isinstance(value, str) and re.fullmatch(r"(\d{1,2}( \d{1,2}){0,199})?", value) else None


_milliseconds = number(0, 1000 * 30 * _DAY)
_sample_rate = number(1, 1e6)

SOUND_CHECK: dict[str, Reader] = {
    "outcome": one_of("passed", "failed", "not heard"),
    "attempts": count,
    "played": numbers_in_text,
    "answered": numbers_in_text,
    "output_sample_rate": _sample_rate,
}
LISTENING: dict[str, Reader] = {
    "rest_ms": _milliseconds,
    "switches": count,
    "focus_losses": count,
    "time_to_first_play_ms": _milliseconds,
    "time_to_first_answer_ms": _milliseconds,
    "elapsed_ms": _milliseconds,
    "answer_changes": count,
    "reloads": count,
    "output_sample_rate": _sample_rate,
    "level_db": number(-200, 200),
    "level_changes": count,
    "machine_translated": truth,
}
LISTENING_TO_CLIP: dict[str, Reader] = {
    "plays": count,
    "seeks": count,
    "loops": count,
    "seconds": number(0, _DAY),
    "share": number(0, 1),
}


def documented(report: Any, names: Mapping[str, Reader]) -> dict[str, Any]:
    """Return the documented part of a report; empty if the report is not an object.

    Parameters
    ----------
    report
        A report as sent by a browser, or as stored earlier.
    names
        The documented names, such as `SOUND_CHECK`.
    """
    if not isinstance(report, dict):
        return {}
    found = {name: read(report[name]) for name, read in names.items() if name in report}
    return {name: value for name, value in found.items() if value is not None}
