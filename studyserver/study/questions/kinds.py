"""What counts as an answer: the options and values of each kind of question.

A kind is a pair of functions in :data:`KINDS`. ``options`` says in words what is wrong with a
question's options; ``value`` returns the answer in its stored form or raises
:class:`AnswerRefused` with a reason that an annotator or a programmer can act on.
"""

import json
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from studyserver.common.time_intervals import merged

from .sliders import slider_of, slider_problems

MAXIMUM_TEXT = 5_000  # characters of free text
MAXIMUM_VALUE = 20_000  # characters of any answer as JSON
MAXIMUM_POINTS = 11
MAXIMUM_STEPS = 3  # of preference: slightly better, better, much better
MAXIMUM_STRETCHES = 50
PREFERENCE_WORDS = ("better", "more", "closer")
PRESENCE_NUMBERS = {"clear": 2.0, "some": 1.0, "none": 0.0, "unsure": None}
CONFIDENCES = range(1, 6)
_LONE_EQUALS = re.compile(r"(^|\s)=(\s|$)")


class AnswerRefused(ValueError):
    """The value is no answer to this question; the message says why."""


@dataclass(frozen=True)
class Shown:
    """What of a trial its answers depend on.

    Attributes
    ----------
    labels
        Under which letters the clips to be judged were shown.
    x
        The letter of the clip that X of an ABX trial is the same as; empty where there is no X.
    seconds
        Length of the clip (or of the longest) that the answer is about.
    """

    labels: tuple[str, ...] = ("A", "B")
    x: str = ""
    seconds: float = math.inf


@dataclass(frozen=True)
class Kind:
    """How one kind of question is set up and answered."""

    options: Callable[[dict], list[str]]
    value: Callable[[dict, Any, Shown], Any]
    number: Callable[[Any, Shown], float | None] = lambda value, shown: None
    complete: Callable[[Any], bool] = lambda value: True


def option_problems(kind: str, options: Any) -> list[str]:
    """Return what is wrong with a question's options, in words; nothing when they are fine."""
    if kind not in KINDS:
        return [f"There is no kind of question called “{kind}”."]
    if not isinstance(options, dict):
        return ['The options must be a JSON object, such as {"points": 5}.']
    return KINDS[kind].options(options)


def level_problems(kind: str, level: str, options: dict) -> list[str]:
    """Return why answers do not have a level of measurement, in words; nothing when they do.

    Parameters
    ----------
    kind, level
        Of the question.
    options
        Without problems of their own.
    """
    if kind in ("choice", "checklist") and level in ("interval", "ratio"):
        return [
            "The answers are names, not numbers: choose the nominal level, or the ordinal one where they "
            "have an order."
        ]
    if kind == "slider" and level == "ratio" and options["min"] < 0:
        return ["A ratio scale starts at zero, but this slider goes below it: choose the interval level."]
    return []


def read_answer(kind: str, options: dict, value: Any, shown: Shown | None = None) -> tuple[Any, float | None]:
    """Return an answer in its stored form, and as a number where it has one.

    `shown` is the trial that was judged; by default one with the clips A and B.

    Raises
    ------
    AnswerRefused
        When the value does not fit the question.
    """
    _refuse_oversized(value)
    if value is None:
        raise AnswerRefused(_("The answer is empty."))
    shown = shown or Shown()
    stored = KINDS[kind].value(options, value, shown)
    return stored, KINDS[kind].number(stored, shown)


def is_complete(kind: str, value: Any) -> bool:
    """Return whether a stored answer suffices where one is required."""
    return KINDS[kind].complete(value)


def _refuse_oversized(value: Any) -> None:
    try:
        length = len(json.dumps(value, allow_nan=False))
    except (ValueError, TypeError, RecursionError):
        raise AnswerRefused(_("The answer cannot be read.")) from None
    if length > MAXIMUM_VALUE:
        raise AnswerRefused(
            _("The answer is too long: %(length)d characters, at most %(most)d.")
            % {"length": length, "most": MAXIMUM_VALUE}
        )


def _number(value: Any) -> float:
    """Return a finite number; strings and truth values are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise AnswerRefused(_("A number is expected."))
    try:
        number = float(value)
    except OverflowError:
        raise AnswerRefused(_("The number is too large.")) from None
    if not math.isfinite(number):
        raise AnswerRefused(_("A number is expected."))
    return number


# Rating scale ---------------------------------------------------------------------------------


def _scale_options(options: dict) -> list[str]:
    points = options.get("points")
    if isinstance(points, bool) or not isinstance(points, int) or not 2 <= points <= MAXIMUM_POINTS:
        return [f"A rating scale needs its number of points, 2 to {MAXIMUM_POINTS}, such as 7."]
    labels = options.get("labels")
    if labels is not None and (not isinstance(labels, list) or len(labels) != points):
        return [f"Write {points} labels, one for every point, or none."]
    return [problem for label in labels or [] if (problem := _line_problem("label", label))][:1]


def _scale_value(options: dict, value: Any, shown: Shown) -> int:
    number = _number(value)
    if not number.is_integer() or not 1 <= number <= options["points"]:
        raise AnswerRefused(
            _("The answer must be a whole number from 1 to %(most)d.") % {"most": options["points"]}
        )
    return int(number)


# Slider ---------------------------------------------------------------------------------------


def _slider_value(options: dict, value: Any, shown: Shown) -> int | float:
    number = _number(value)
    slider = slider_of(options)
    position = slider.snapped(number)
    if position is not None:
        return position
    if not options["min"] <= number <= options["max"]:
        raise AnswerRefused(
            _("The answer must lie between %(least)s and %(most)s.")
            % {"least": options["min"], "most": options["max"]}
        )
    if options.get("step") is not None:
        raise AnswerRefused(
            _("The answer must be a position of the slider: %(least)s, %(next)s and so on.")
            % {"least": slider.position(0), "next": slider.position(1)}
        )
    return value


# Presence -------------------------------------------------------------------------------------


def _presence_options(options: dict) -> list[str]:
    return []


def _presence_value(options: dict, value: Any, shown: Shown) -> dict:
    if not isinstance(value, dict) or not isinstance(value.get("presence"), str):
        raise AnswerRefused(_("The answer must say whether it can be heard."))
    if value["presence"] not in PRESENCE_NUMBERS:
        raise AnswerRefused(_("The answer must be one of: clear, some, none, unsure."))
    confidence = value.get("confidence")
    if confidence is not None:
        number = _number(confidence)
        if number not in CONFIDENCES:
            raise AnswerRefused(_("The confidence must be a whole number from 1 to 5."))
        confidence = int(number)
    return {"presence": value["presence"], "confidence": confidence}


def _presence_is_complete(value: dict) -> bool:
    # "Cannot tell" says all there is to say; the other answers need to be backed by a confidence.
    return value["presence"] == "unsure" or value["confidence"] is not None


# Choices --------------------------------------------------------------------------------------


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _choice_options(options: dict) -> list[str]:
    choices = options.get("choices")
    if not isinstance(choices, list) or len(choices) < 2:
        return ["At least two choices are needed, one per line, such as: drums = the drums."]
    if not all(isinstance(choice, dict) and _is_name(choice.get("value")) for choice in choices):
        return ['Each choice needs a "value" (text, for exports) and a "label" (what annotators read).']
    values = [choice["value"] for choice in choices]
    if len(set(values)) < len(values):
        return ["Two choices have the same value."]
    problems = [_value_problem(value) for value in values]
    problems += [_line_problem("label", choice.get("label", "")) for choice in choices]
    return [problem for problem in problems if problem][:1]


def _value_problem(value: str) -> str:
    """Return why a choice cannot have a value, in words; empty where it can."""
    if value != value.strip():
        return f"The value “{value}” begins or ends with a blank, which nobody sees: leave it out."
    if _LONE_EQUALS.search(value):
        return f"The value “{value}” holds a “=” between blanks, which divides a value from its label."
    return _line_problem("value", value)


def _line_problem(what: str, text: Any) -> str:
    """Return why a text cannot stand in one line of a form and of a page, in words."""
    if not isinstance(text, str):
        return f"The {what} {text!r} is not text."
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
        return f"The {what} “{text}” holds a line break, a tab or another sign that cannot be seen."
    return ""


def _values(options: dict) -> list[str]:
    return [choice["value"] for choice in options["choices"]]


def _choice_value(options: dict, value: Any, shown: Shown) -> str:
    if not isinstance(value, str) or value not in _values(options):
        raise AnswerRefused(_("The answer is none of the choices."))
    return value


def _checklist_value(options: dict, value: Any, shown: Shown) -> list[str]:
    values = _values(options)
    if not isinstance(value, list) or any(not isinstance(item, str) or item not in values for item in value):
        raise AnswerRefused(_("The answer must be a list of the choices."))
    return [item for item in values if item in value]


# Free text ------------------------------------------------------------------------------------


def _text_value(options: dict, value: Any, shown: Shown) -> str:
    if not isinstance(value, str):
        raise AnswerRefused(_("Text is expected."))
    # Neither NUL nor half of a surrogate pair can be stored by every database.
    text = value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    if len(text) > MAXIMUM_TEXT:
        raise AnswerRefused(
            _("The text is too long: %(length)d characters, at most %(most)d.")
            % {"length": len(text), "most": MAXIMUM_TEXT}
        )
    return text


# Preference -----------------------------------------------------------------------------------


def _preference_options(options: dict) -> list[str]:
    problems = []
    steps = options.get("steps", MAXIMUM_STEPS)
    if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= MAXIMUM_STEPS:
        problems.append(f'"steps" of strength must be 1 to {MAXIMUM_STEPS}.')
    if not isinstance(options.get("tie", True), bool):
        problems.append('"tie" (may both be called equal?) must be true or false.')
    if options.get("word", "better") not in PREFERENCE_WORDS:
        problems.append(f'"word" must be one of: {", ".join(PREFERENCE_WORDS)}.')
    return problems


def preference_steps(options: dict, number_of_clips: int) -> int:
    """Return how many degrees of strength can be told: one where more than two clips are compared."""
    return options.get("steps", MAXIMUM_STEPS) if number_of_clips == 2 else 1


def _preference_value(options: dict, value: Any, shown: Shown) -> dict:
    if not isinstance(value, dict) or "preferred" not in value:
        raise AnswerRefused(_("The answer must say which clip is preferred."))
    preferred = value["preferred"]
    if preferred is None:
        if not options.get("tie", True):
            raise AnswerRefused(_("One of the clips must be chosen."))
        return {"preferred": None, "strength": 0}
    if preferred not in shown.labels:
        raise AnswerRefused(_("This clip is not among those to be compared."))
    strength = _number(value.get("strength", 1))
    most = preference_steps(options, len(shown.labels))
    if not strength.is_integer() or not 1 <= strength <= most:
        raise AnswerRefused(_("The strength must be a whole number from 1 to %(most)d.") % {"most": most})
    return {"preferred": preferred, "strength": int(strength)}


def _preference_number(value: dict, shown: Shown) -> float | None:
    """Return the strength, negative for A and positive for B; nothing where more than two were compared."""
    if len(shown.labels) != 2:
        return None
    return float(value["strength"] if value["preferred"] == shown.labels[1] else -value["strength"]) + 0.0


# ABX ------------------------------------------------------------------------------------------


def _abx_value(options: dict, value: Any, shown: Shown) -> str:
    if not isinstance(value, str) or value not in shown.labels:
        raise AnswerRefused(_("The answer must be A or B."))
    return value


def _abx_number(value: str, shown: Shown) -> float | None:
    return float(value == shown.x) if shown.x else None


# Stretches of time ----------------------------------------------------------------------------


def _stretches_value(options: dict, value: Any, shown: Shown) -> list[list[float]]:
    if not isinstance(value, list) or len(value) > MAXIMUM_STRETCHES:
        raise AnswerRefused(
            _("The answer must be a list of at most %(most)d stretches.") % {"most": MAXIMUM_STRETCHES}
        )
    stretches = []
    for stretch in value:
        if not isinstance(stretch, list) or len(stretch) != 2:
            raise AnswerRefused(_("Each stretch needs its beginning and its end, in seconds."))
        begin, end = (_number(moment) for moment in stretch)
        begin, end = round(max(0.0, begin), 3), round(min(end, shown.seconds), 3)
        if not begin < end:
            raise AnswerRefused(_("A stretch must end after it begins, and lie within the clip."))
        stretches.append((begin, end))
    return [list(stretch) for stretch in merged(stretches)]


KINDS: dict[str, Kind] = {
    "scale": Kind(_scale_options, _scale_value, number=lambda value, shown: float(value)),
    "slider": Kind(slider_problems, _slider_value, number=lambda value, shown: float(value)),
    "presence": Kind(
        _presence_options,
        _presence_value,
        number=lambda value, shown: PRESENCE_NUMBERS[value["presence"]],
        complete=_presence_is_complete,
    ),
    "choice": Kind(_choice_options, _choice_value),
    "checklist": Kind(_choice_options, _checklist_value),
    "text": Kind(lambda options: [], _text_value, complete=lambda value: bool(value.strip())),
    "preference": Kind(_preference_options, _preference_value, number=_preference_number),
    "abx": Kind(lambda options: [], _abx_value, number=_abx_number),
    "stretches": Kind(
        lambda options: [],
        _stretches_value,
        number=lambda value, shown: round(sum(end - begin for begin, end in value), 3),
    ),
}
