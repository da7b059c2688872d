"""List of the kinds of questions, and reading of answers."""

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from .abx import Abx
from .checklist import Checklist
from .choice import Choice
from .intruder import Intruder
from .kind import AnswerRefused, Answers, Kind, Shown
from .plane import Plane
from .preference import Preference
from .presence import Presence
from .scale import Scale
from .slider import Slider
from .text import Text
from .time_marks import TimeMarks

_IN_ORDER = (
    Scale(), Slider(), Presence(), Choice(), Checklist(), Text(), Preference(), Abx(), TimeMarks(), Plane(),
    Intruder(),
)  # fmt: skip
KINDS: dict[str, Kind] = {kind.name: kind for kind in _IN_ORDER}
MOST_CHARACTERS = 20_000  # of an answer as JSON


def kinds_with(*answers: Answers) -> tuple[str, ...]:
    """Return the names of the kinds whose answers have one of these types."""
    return tuple(name for name, kind in KINDS.items() if kind.answers in answers)


def option_problems(kind: str, options: Any) -> list[str]:
    """Return the problems of a question's options; empty if they are valid."""
    if kind not in KINDS:
        return [f"The kind of question “{kind}” does not exist."]
    if not isinstance(options, dict):
        return ['The options must be a JSON object, such as {"points": 5}.']
    return KINDS[kind].option_problems(options)


def read_answer(
    kind: str,
    options: dict,
    value: Any,
    shown: Shown | None = None,
    kinds: Mapping[str, Kind] = KINDS,
) -> tuple[Any, float | None]:
    """Return an answer in its stored form, and its number or None.

    `shown` describes the trial, by default one with the clips A and B; `kinds` are the allowed kinds.

    Raises
    ------
    AnswerRefused
        If the value is not a valid answer.
    """
    _refuse_oversized(value)
    if value is None:
        raise AnswerRefused(_("The answer is empty."))
    shown = shown or Shown()
    stored = kinds[kind].read(options, value, shown)
    return stored, kinds[kind].number(stored, shown)


def _refuse_oversized(value: Any) -> None:
    try:
        length = len(json.dumps(value, allow_nan=False))
    except (ValueError, TypeError, RecursionError):
        raise AnswerRefused(_("The answer cannot be read.")) from None
    if length > MOST_CHARACTERS:
        raise AnswerRefused(
            _("The answer is too long: %(length)d characters, at most %(most)d.")
            % {"length": length, "most": MOST_CHARACTERS}
        )
