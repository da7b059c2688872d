"""Questions and their answers as columns of tables, according to the kind of the question."""

from collections.abc import Iterable, Iterator
from typing import Any

from studyserver.study.models import Presentation, Question

from . import Row


def question_columns(question: Question) -> Row:
    """Return the columns of a question that every table has."""
    return {
        "question": question.key,
        "question_kind": question.kind,
        "level": question.level,
        "question_target": question.target,
    }


def option_values(question: Question) -> list[str]:
    """Return the options offered by a question with several, in order; empty for the other kinds."""
    return question.answer_kind.declared(question.options)


def option_labels(question: Question) -> dict[str, str]:
    """Return the words that annotators saw for each option."""
    return question.answer_kind.labels(question.options)


def plain_value(question: Question, value: object) -> str | float | int | None:
    """Return an answer as a number or as text; None for free text, which has its own table."""
    return None if value is None else question.answer_kind.exported(question.options, value)


def measured(name: str, value: Any, number: float | None) -> tuple[Any, float | None]:
    """Return value and number of one measure of a stored answer: its own, or one of several numbers."""
    return (value[name], float(value[name])) if name else (value, number)


def compared_clips(
    value: object, presentations: Iterable[Presentation]
) -> Iterator[tuple[Presentation, Row]]:
    """Yield each clip that an answer compared with others, with its columns from the answer."""
    shown = list(presentations)
    blind = [item for item in shown if item.is_blind]
    x = next((item.stimulus_id for item in shown if item.role == Presentation.Role.X), None)
    preferred, strength = value, None
    if isinstance(value, dict):
        preferred, strength = value["preferred"], value["strength"]
    for item in blind:
        picked = item.label == preferred
        row: Row = {"picked": picked, "is_x": None if x is None else item.stimulus_id == x}
        if strength is not None:
            other = -strength if preferred and len(blind) == 2 else 0
            row["strength"] = float(strength if picked else other)
        yield item, row


def scale_ends(question: Question) -> tuple[float, float]:
    """Return the ends of a question's scale; 0 and 1 where answers are options."""
    return question.answer_kind.ends(question.options)


def heard_from(question: Question) -> float:
    """Return the number above which an answer means that the feature is heard."""
    return question.answer_kind.heard_above(question.options)
