"""Rules about an answer, as researchers write them: ``yes, sometimes``, ``>= 5``, ``18 to 30``.

A value that contains a comma or looks like a comparison must be in quotation marks, with quotation marks
inside it doubled: ``"now, and then"``.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_COMPARISON = re.compile(rf"(<=|>=|<|>|=)\s*({_NUMBER})")
_RANGE = re.compile(rf"({_NUMBER})\s+to\s+({_NUMBER})")
_PART = re.compile(r'\s*("(?:[^"]|"")*")\s*(?=,|$)|[^,]+')
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
    "=": lambda value, bound: value == bound,
}


def rule_problem(rule: str) -> str:
    """Return the problem of a rule; empty if it is valid."""
    parts = _parts(rule)
    if not parts:
        return "The rule is empty: write values or comparisons, such as “yes, sometimes” or “>= 5”."
    for part in parts:
        if part[0] in "<>=" and not _COMPARISON.fullmatch(part):
            return (
                f"“{part}” does not compare with a number: write it like “>= 5”. If it is a value, put it in "
                "quotation marks."
            )
        span = _RANGE.fullmatch(part)
        if span and float(span[1]) > float(span[2]):
            return f"“{part}” does not contain any number: write the smaller one first."
    return ""


def meets(rule: str, value: Any) -> bool:
    """Return whether an answer meets a rule.

    Parameters
    ----------
    rule
        Parts separated by commas, at least one of which must hold: a value, a comparison with a number
        (``< 18``), or a range that includes both ends (``18 to 30``).
    value
        A stored answer. A list (of a checklist) meets the rule if one of its values does; None never meets a
        rule.
    """
    if value is None:
        return False
    if isinstance(value, list):
        return any(meets(rule, item) for item in value)
    return any(_holds(part, value) for part in _parts(rule))


def impossible_part(rule: str, values: Iterable[Any]) -> str:
    """Return the first part of a rule that none of these answers meets; empty if there is none."""
    possible = list(values)
    return next((part for part in _parts(rule) if not any(_holds(part, value) for value in possible)), "")


def wordy_part(rule: str) -> str:
    """Return the first part of a rule that no number can meet; empty if there is none."""
    numeric = (_COMPARISON, _RANGE, re.compile(_NUMBER))
    return next(
        (part for part in _parts(rule) if not any(pattern.fullmatch(part) for pattern in numeric)), ""
    )


def part_of(value: str) -> str:
    """Return the part of a rule that only this value meets."""
    is_plain = not re.search(r'[,"]', value) and value[0] not in "<>=" and not _RANGE.fullmatch(value)
    return value if is_plain else _quoted(value)


def _quoted(value: str) -> str:
    doubled = value.replace('"', '""')
    return f'"{doubled}"'


def _parts(rule: str) -> list[str]:
    parts = [(match[1] or match[0]).strip() for match in _PART.finditer(rule)]
    return [part for part in parts if part]


def _holds(part: str, value: Any) -> bool:
    if len(part) > 1 and part[0] == part[-1] == '"':
        return str(value).strip().casefold() in (part.casefold(), part[1:-1].replace('""', '"').casefold())
    number = _number(value)
    if number is not None:
        if comparison := _COMPARISON.fullmatch(part):
            return _COMPARE[comparison[1]](number, float(comparison[2]))
        if span := _RANGE.fullmatch(part):
            return float(span[1]) <= number <= float(span[2])
        if re.fullmatch(_NUMBER, part):
            return number == float(part)
    return str(value).strip().casefold() == part.casefold()


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and re.fullmatch(_NUMBER, value.strip()):
        return float(value)
    return None
