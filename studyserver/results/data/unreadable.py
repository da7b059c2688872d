"""Stored answers that no reader understands: found once, left out everywhere, and named.

Browsers cannot store such answers today; older rows, and rows that somebody has changed in the database, may
hold anything.
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studyserver.study.models import Judgment, Presentation, Question
from studyserver.study.questions.kinds import PRESENCE_NUMBERS

from .columns import option_values
from .scales import scale_ends

if TYPE_CHECKING:
    from .rows import StudyRows

Kind = Question.Kind
_CHUNK = 20_000
_SHOWN = 60  # characters of a value
_COMPARING = (Kind.PREFERENCE, Kind.ABX)


@dataclass(frozen=True)
class Unreadable:
    """An answer that counts in no figure and stands in no table, because it cannot be read."""

    judgment: str
    annotator: str
    question: str
    question_text: str
    trial: int  # its position in the session
    reason: str

    @property
    def sentence(self) -> str:
        """Whose answer it is, to what, and why it cannot be read."""
        return (
            f"Annotator {self.annotator}, question “{self.question_text}” ({self.question}), "
            f"trial {self.trial}: {self.reason}."
        )


@dataclass(frozen=True)
class _Stored:
    value: Any
    number: float | None
    labels: frozenset[str]  # of the clips that were compared in the trial


def unreadable_answers(rows: "StudyRows") -> dict[int, Unreadable]:
    """Return the answers that count and cannot be read, by the number of the judgment.

    Parameters
    ----------
    rows : StudyRows
        Whose annotators and questions are looked at.
    """
    asked = rows.question_rows
    labels = _labels(rows) if any(question.kind in _COMPARING for question in asked.values()) else {}
    events = Judgment.objects.filter(
        trial__annotator__in=rows.annotators(), pk__lte=rows.until, question__in=list(asked)
    ).order_by()
    reasons = {}
    fields = ("pk", "trial_id", "question_id", "value", "number")
    for pk, trial, question, value, number in events.values_list(*fields).iterator(_CHUNK):
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
        for judgment in _that_count(list(reasons), rows.until)
    }


def _that_count(numbers: list[int], until: int) -> Iterator[Judgment]:
    """Yield those of some judgments that no later one has replaced, by annotator and trial."""
    for start in range(0, len(numbers), 500):
        part = numbers[start : start + 500]
        trials = Judgment.objects.filter(pk__in=part).values("trial")
        current = Judgment.objects.filter(trial__in=trials, pk__lte=until).current().order_by()
        counting = set(part).intersection(current.values_list("pk", flat=True))
        order = ("trial__annotator__joined_at", "trial__position", "pk")
        found = Judgment.objects.filter(pk__in=counting).order_by(*order)
        yield from found.select_related("trial__annotator")


def problem_with(question: Question, value: Any, number: float | None, labels: frozenset[str]) -> str:
    """Return why a stored answer cannot be read; empty where it can.

    Parameters
    ----------
    question : Question
    value, number
        As they are stored.
    labels : frozenset of str
        Of the clips that the trial compared; only preferences and ABX answers need them.
    """
    check = _CHECKS.get(question.kind)
    try:
        wrong = check(question, _Stored(value, number, labels)) if check else ""
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return ""  # not the answer but the question's own options cannot be read
    if not wrong or question.kind == Kind.TEXT:  # what people typed is not repeated here
        return wrong
    shown = json.dumps(value)
    return f"{wrong}, but this is stored: {shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}"


def _labels(rows: "StudyRows") -> dict[int, frozenset[str]]:
    """Return the letters of the clips that each trial compared."""
    blind = Presentation.objects.filter(trial__annotator__in=rows.annotators()).exclude(
        role__in=(Presentation.Role.REFERENCE, Presentation.Role.X)
    )
    found: dict[int, set[str]] = {}
    for trial, position in blind.order_by().values_list("trial_id", "position").iterator(_CHUNK):
        found.setdefault(trial, set()).add(Presentation(position=position).label)
    return {trial: frozenset(letters) for trial, letters in found.items()}


# -- kind by kind -------------------------------------------------------------------------------


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number; truth values are not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def _is_text(value: Any) -> bool:
    """Return whether a value is text that can be written: half of a surrogate pair cannot."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _rating(question: Question, stored: _Stored) -> str:
    low, high = scale_ends(question)
    if not is_number(stored.value) or stored.number != stored.value:
        return "a number is expected, the same one in both columns"
    if not low <= stored.value <= high:
        return f"a number from {low:g} to {high:g} is expected"
    if question.kind == Kind.SCALE and not float(stored.value).is_integer():
        return "a whole number is expected"
    return ""


def _presence(question: Question, stored: _Stored) -> str:
    value = stored.value
    if not isinstance(value, dict) or value.get("presence") not in [*PRESENCE_NUMBERS]:
        return f"one of {', '.join(PRESENCE_NUMBERS)} is expected"
    if value.get("confidence") is not None and not is_number(value["confidence"]):
        return "a number is expected as confidence"
    belongs = stored.number == PRESENCE_NUMBERS[value["presence"]]
    return "" if belongs else "the number of this answer is expected"


def _text(question: Question, stored: _Stored) -> str:
    return "" if _is_text(stored.value) else "text is expected"


def _choice(question: Question, stored: _Stored) -> str:
    offered = option_values(question)
    known = isinstance(stored.value, str) and stored.value in offered
    return "" if known else "one of the choices is expected"


def _checklist(question: Question, stored: _Stored) -> str:
    ticked, offered = stored.value, option_values(question)
    known = isinstance(ticked, list) and all(isinstance(one, str) and one in offered for one in ticked)
    return "" if known else "a list of the choices is expected"


def _preference(question: Question, stored: _Stored) -> str:
    value = stored.value
    if not isinstance(value, dict) or not is_number(value.get("strength")) or "preferred" not in value:
        return "the preferred clip and a strength are expected"
    return "" if value["preferred"] is None or _is_label(value["preferred"], stored) else _NO_LABEL


def _abx(question: Question, stored: _Stored) -> str:
    return "" if _is_label(stored.value, stored) else _NO_LABEL


def _is_label(value: Any, stored: _Stored) -> bool:
    return isinstance(value, str) and value in stored.labels


def _stretches(question: Question, stored: _Stored) -> str:
    stretches = stored.value if isinstance(stored.value, list) else [None]
    for stretch in stretches:
        if not isinstance(stretch, list) or len(stretch) != 2 or not all(map(is_number, stretch)):
            return "a list of stretches with beginning and end is expected"
        if not 0 <= stretch[0] < stretch[1]:
            return "each stretch is expected to end after it begins"
    return ""


_NO_LABEL = "the letter of a clip of the trial is expected"
_CHECKS: dict[str, Callable[[Question, _Stored], str]] = {
    Kind.SCALE: _rating,
    Kind.SLIDER: _rating,
    Kind.PRESENCE: _presence,
    Kind.CHOICE: _choice,
    Kind.CHECKLIST: _checklist,
    Kind.TEXT: _text,
    Kind.PREFERENCE: _preference,
    Kind.ABX: _abx,
    Kind.STRETCHES: _stretches,
}
