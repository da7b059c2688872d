"""Kinds of questionnaire items, and the checks of an item, its condition and its rule."""

from typing import TYPE_CHECKING

from .kind import Answers, Kind
from .kinds import KINDS
from .number import Number
from .shared.rules import impossible_part, part_of, rule_problem, wordy_part

if TYPE_CHECKING:
    from studyserver.study.models import QuestionnaireItem


ITEM_KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (*KINDS.values(), Number()) if kind.is_asked_in_questionnaires
}


def item_problems(item: "QuestionnaireItem") -> list[str]:
    """Return the problems of a question, its condition and its rule."""
    problems = ITEM_KINDS[item.kind].option_problems(item.options) if item.kind in ITEM_KINDS else []
    if bool(item.shown_if_key) != bool(item.shown_if):
        problems.append("A condition needs both the key of an earlier question and its answers.")
    for rule in (item.shown_if, item.screen_out_if):
        problem = rule and rule_problem(rule)
        if problem:
            problems.append(problem)
    if not problems and item.screen_out_if:
        problems += unmet_rule(item.screen_out_if, item)
    return problems


def unmet_rule(rule: str, item: "QuestionnaireItem") -> list[str]:
    """Return a message about the first part of a rule that no answer can meet; empty if there is none."""
    kind = ITEM_KINDS[item.kind]
    if kind.answers in (Answers.NAMES, Answers.SETS):
        values = kind.declared(item.options)
        part = impossible_part(rule, values)
        listed = ", ".join(map(part_of, values))
        return [f"“{part}” is not a choice of “{item.key}”. Its values are: {listed}."] if part else []
    if kind.answers == Answers.NUMBERS:
        part = wordy_part(rule)
        return [f"“{part}” is not a number, but the answers to “{item.key}” are numbers."] if part else []
    return []
