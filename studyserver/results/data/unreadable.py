"""Stored answers that cannot be read: found once, left out everywhere, and listed.

Browsers cannot store such answers; older rows, and rows changed in the database, may hold anything.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studyserver.study.models import Judgment, Presentation, Question
from studyserver.study.questions.kind import Answers, Stored

if TYPE_CHECKING:
    from .study_data import StudyData

_CHUNK = 20_000
_SHOWN = 60  # characters of a value


@dataclass(frozen=True)
class Unreadable:
    """An answer that is left out of all figures and tables because it cannot be read."""

    judgment: str
    annotator: str
    question: str
    question_text: str
    trial: int  # its position in the session
    reason: str

    @property
    def sentence(self) -> str:
        """The annotator, the question, the trial and why the answer cannot be read."""
        return (
            f"Annotator {self.annotator}, question “{self.question_text}” ({self.question}), "
            f"trial {self.trial}: {self.reason}."
        )


def unreadable_answers(data: "StudyData") -> dict[int, Unreadable]:
    """Return the last answers that cannot be read, by the number of the judgment.

    Parameters
    ----------
    data : StudyData
        The annotators and questions to check.
    """
    asked = data.question_rows
    compares = any(one.answer_kind.compares_clips for one in asked.values())
    labels = _labels(data) if compares else {}
    reasons = {}
    fields = ("pk", "trial_id", "question_id", "value", "number")
    for pk, trial, question, value, number in data.events(list(asked)).values_list(*fields).iterator(_CHUNK):
        reason = problem_with(asked[question], value, number, labels.get(trial, frozenset()))
        if reason:
            reasons[pk] = reason
    return {
        judgment.pk: Unreadable(
            judgment=str(judgment.uuid),
            annotator=judgment.trial.annotator.pseudonym,
            question=asked[judgment.question_id].key,
            question_text=asked[judgment.question_id].text,
            trial=judgment.trial.position,
            reason=reasons[judgment.pk],
        )
        for judgment in _that_count(data, list(reasons))
    }


def _that_count(data: "StudyData", numbers: list[int]) -> Iterator[Judgment]:
    """Yield the judgments that no later one has replaced, by annotator and trial."""
    order = ("trial__annotator__joined_at", "trial__position", "pk")
    for start in range(0, len(numbers), 500):
        part = Judgment.objects.filter(pk__in=numbers[start : start + 500])
        current = data.events().filter(trial__in=part.values("trial")).current()
        counting = set(current.values_list("pk", flat=True))
        found = part.select_related("trial__annotator").order_by(*order)
        yield from (judgment for judgment in found if judgment.pk in counting)


def problem_with(question: Question, value: Any, number: float | None, labels: frozenset[str]) -> str:
    """Return why a stored answer cannot be read; empty if it can.

    Parameters
    ----------
    question : Question
    value, number
        As they are stored.
    labels : frozenset of str
        Letters of the clips that the trial compared; only preferences and ABX answers need them.
    """
    kind = question.answer_kind
    try:
        wrong = kind.problem_with(question.options, Stored(value, number, labels))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return ""  # the question's own options cannot be read, not the answer
    if not wrong or kind.answers == Answers.TEXT:  # typed text is not repeated
        return wrong
    shown = json.dumps(value)
    return f"{wrong}, but this is stored: {shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}"


def _labels(data: "StudyData") -> dict[int, frozenset[str]]:
    """Return the letters of the clips that each trial compared."""
    blind = data.presentations().exclude(role__in=(Presentation.Role.REFERENCE, Presentation.Role.X))
    found: dict[int, set[str]] = {}
    for trial, position in blind.values_list("trial_id", "position").iterator(_CHUNK):
        found.setdefault(trial, set()).add(Presentation(position=position).label)
    return {trial: frozenset(letters) for trial, letters in found.items()}
