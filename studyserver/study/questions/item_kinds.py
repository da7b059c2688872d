"""Kinds of questionnaire items, and what is wrong with an item, its condition and its rule."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from .kinds import KINDS, AnswerRefused, Kind
from .rules import impossible_part, part_of, rule_problem, wordy_part

if TYPE_CHECKING:
    from studyserver.study.models import QuestionnaireItem


def _number_options(options: dict) -> list[str]:
    bounds = [options.get(name) for name in ("min", "max")]
    if any(
        bound is not None and (isinstance(bound, bool) or not isinstance(bound, int | float))
        for bound in bounds
    ):
        return ["The smallest and the greatest number must be numbers, or be left out."]
    if None not in bounds and bounds[0] > bounds[1]:
        return ["The smallest number is greater than the greatest."]
    return []


def number_value(options: dict, value: Any) -> int | float:
    """Return the number that was entered, or raise `AnswerRefused`."""
    low = options.get("min", float("-inf"))
    high = options.get("max", float("inf"))
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 < value < 1e15:
        raise AnswerRefused(_("Please enter a number."))
    if not low <= value <= high:
        if "min" in options and "max" in options:
            sentence = _("Please enter a number from %(least)s to %(most)s.")
        elif "min" in options:
            sentence = _("Please enter a number of at least %(least)s.")
        else:
            sentence = _("Please enter a number of at most %(most)s.")
        raise AnswerRefused(sentence % {"least": options.get("min"), "most": options.get("max")})
    return int(value) if float(value).is_integer() else value


_NUMBER = Kind(_number_options, number_value, number=float)
_OF_TRIALS = ("choice", "checklist", "scale", "slider", "text")  # asked in trials, too
ITEM_KINDS: dict[str, Kind] = {**{name: KINDS[name] for name in _OF_TRIALS}, "number": _NUMBER}


def item_problems(item: "QuestionnaireItem") -> list[str]:
    """Return what is wrong with a question, its condition and its rule, in words."""
    problems = ITEM_KINDS[item.kind].options(item.options) if item.kind in ITEM_KINDS else []
    if bool(item.shown_if_key) != bool(item.shown_if):
        problems.append("A condition needs both: the key of an earlier question, and its answers.")
    for rule in (item.shown_if, item.screen_out_if):
        problem = rule and rule_problem(rule)
        if problem:
            problems.append(problem)
    if not problems and item.screen_out_if:
        problems += unmet_rule(item.screen_out_if, item)
    return problems


def unmet_rule(rule: str, item: "QuestionnaireItem") -> list[str]:
    """Return what of a rule no answer to a question can meet, in words; nothing if all of it can be met."""
    if item.kind in ("choice", "checklist"):
        values = [choice["value"] for choice in item.options.get("choices", [])]
        part = impossible_part(rule, values)
        listed = ", ".join(map(part_of, values))
        return [f"“{part}” is no choice of “{item.key}”; its values are: {listed}."] if part else []
    if item.kind in ("number", "scale", "slider"):
        part = wordy_part(rule)
        return [f"“{part}” is no number, but “{item.key}” is answered by one."] if part else []
    return []
