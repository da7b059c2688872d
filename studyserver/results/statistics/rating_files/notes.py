"""Notes about a file of judgments, which make mistakes in it visible."""

import re
from collections.abc import Iterable

import numpy as np

from explainer.core.base.counting import plural
from studyserver.common.spellings import number
from studyserver.results.statistics.agreement.ratings import Ratings

from .reading import Reading

_MOST_LISTED = 20
# Survey tools write missing judgments as -1, -9, 99, 999, 888, 97, 998 ...
_CODE = re.compile(r"-\d|-?(7{2,}|8{2,}|9+[789])")


def notes(reading: Reading, *, is_declared: bool) -> list[str]:
    """Return notes about what was read, as sentences.

    Parameters
    ----------
    reading : Reading
    is_declared : bool
        Whether the options were declared.
    """
    found = [] if is_declared else _scale(reading.ratings)
    for column, names in reading.spellings.items():
        ways = [f"{kept} also as {', '.join(others)}" for kept, others in names.items()]
        if ways:
            found.append(f"equal numbers of the column {column} are one: {_listed(ways, '; ')}.")
    if reading.n_empty:
        found.append(f"{plural(reading.n_empty, 'line')} without a value: missing judgments.")
    for mark, times in reading.declared_missing.items():
        occurs = f"in {plural(times, 'line')}" if times else "which does not occur"
        found.append(f"declared missing: {mark}, {occurs}.")
    return found


def _scale(ratings: Ratings) -> list[str]:
    """Return the values that occur with their counts; if there are many, the most frequent ones."""
    counts = np.bincount(ratings.code, minlength=len(ratings.categories))
    found = dict(zip(map(_written, ratings.categories), counts.tolist(), strict=True))
    numbers = _numbers(found)
    span = f", from {numbers[0]} to {numbers[-1]}" if numbers else ""
    shown = sorted(found, key=found.__getitem__, reverse=True)[:_MOST_LISTED]
    listed = ", ".join(f"{name} ({found[name]})" for name in numbers or found if name in shown)
    more = f" and {len(found) - len(shown)} less frequent ones" if len(found) > len(shown) else ""
    sentences = [
        f"without --options the values that occur ({len(found)}{span}) are the scale: {listed}{more} "
        "(in brackets: how often)."
    ]
    codes = [name for name in dict.fromkeys(numbers[:1] + numbers[-1:]) if _CODE.fullmatch(name)]
    if codes:
        sentences.append(
            f"{' and '.join(codes)} may be a code for a missing judgment and is read as a judgment; if it is "
            f"one, add --missing {','.join(codes)}."
        )
    return sentences


def _numbers(names: Iterable[str]) -> list[str]:
    """Return names in ascending order if all are numbers, otherwise none."""
    values = {name: number(name) for name in names}
    ordered = [(value, name) for name, value in values.items() if value is not None]
    return [name for _value, name in sorted(ordered)] if len(ordered) == len(values) else []


def _written(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _listed(words: list[str], between: str) -> str:
    more = len(words) - _MOST_LISTED
    return between.join(words[:_MOST_LISTED]) + (f"{between}and {more} more" if more > 0 else "")
