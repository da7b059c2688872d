"""Storing answers: each event is stored once, and the last event counts."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from studyserver.study.models import Annotator, Judgment, Presentation, Question, Trial, presented_clips
from studyserver.study.questions.kind import AnswerRefused, Shown
from studyserver.study.questions.kinds import read_answer

from .listening_time import given_at, seconds_since
from .timestamps import moment_before

STORED, ALREADY_STORED, REFUSED = "stored", "already stored", "refused"
_MOST_SEQUENCE = 2**63 - 1
_MOST_RESPONSE = 2**31 - 1


class EventRefused(ValueError):
    """An event cannot be stored; the message says why."""


def questions_for(trial: Trial) -> list[Question]:
    """Return the questions of a trial, in order."""
    clips = [item.stimulus.clip for item in _presentations(trial) if item.is_blind]
    asked = trial.annotator.study.questions.order_by("position", "id")
    return [question for question in asked if question.is_asked_of(clips)]


def _presentations(trial: Trial) -> list[Presentation]:
    prefetch_related_objects([trial], presented_clips())
    return list(trial.presentations.all())


def asked_about(question: Question, presentations: list[Presentation]) -> list[Presentation | None]:
    """Return the clips about which a question is asked, or [None] for the trial as a whole.

    The given reference and X are not judged.
    """
    if question.scope == Question.Scope.TRIAL:
        return [None]
    return [item for item in presentations if item.is_blind and question.is_asked_of([item.stimulus.clip])]


def record_judgments(annotator: Annotator, events: list[dict], *, device: str = "") -> list[dict]:
    """Store answers and return a receipt for each event, in the same order.

    Parameters
    ----------
    annotator
        The annotator who sent them.
    events
        Each ``{"uuid", "trial", "question", "presentation", "value", "sequence", "age_ms",
        "response_ms"}``: `trial` and `presentation` are tokens, `question` is an id or a key,
        `presentation` can be null in a trial with one clip, `age_ms` is the age of the answer when it was
        sent; the last two are optional.
    device
        The device that sent them; empty for simulated annotators.

    Returns
    -------
    list of dict
        ``{"uuid", "status", "reason"}``; status is "stored", "already stored" or "refused".
        A refused event does not affect the others. Late answers are stored even if the trial is finished or
        the session has expired. They are refused if another device finished the trial, if they were entered
        after the last page was shown, or if the annotator left and asked to have answers discarded.
    """
    if not isinstance(events, list):
        raise EventRefused(_("A list of answers is expected."))
    annotator = Annotator.objects.select_related("study").get(pk=annotator.pk)
    reader = _Reader(annotator, device)
    # All reads happen before the transaction, because a transaction that writes blocks other writers.
    read = [reader.read(event) for event in events]
    _store(read)
    return [item.receipt() for item in read]


def latest_sequence(annotator: Annotator) -> int:
    """Return the greatest sequence stored for an annotator, where a new browser continues to count."""
    return (
        Judgment.objects.filter(trial__annotator=annotator).aggregate(latest=Max("sequence"))["latest"] or 0
    )


def stored_answers(trial: Trial) -> list[dict]:
    """Return the current answers of a trial, to show them again after a reload."""
    return [
        {
            "question": judgment.question_id,
            "presentation": judgment.presentation and judgment.presentation.token,
            "value": judgment.value,
            "sequence": judgment.sequence,
        }
        for judgment in trial.judgments.current().select_related("presentation")
    ]


def missing_answers(trial: Trial) -> list[tuple[Question, Presentation | None]]:
    """Return the required questions of a trial that have no complete answer yet."""
    presentations = _presentations(trial)
    questions = {question.pk: question for question in questions_for(trial)}
    current = trial.judgments.current().order_by()
    answered = {
        (asked, presentation)
        for asked, presentation, value in current.values_list("question_id", "presentation_id", "value")
        if asked in questions and questions[asked].answer_kind.is_complete(value)
    }
    missing: list[tuple[Question, Presentation | None]] = []
    for question in questions.values():
        if not question.required:
            continue
        about = asked_about(question, presentations)
        missing += [(question, item) for item in about if (question.pk, item and item.pk) not in answered]
    return missing


@dataclass
class _Read:
    """An event and its result."""

    sent: Any
    judgment: Judgment | None = None
    too_late: str = ""  # why the answer is refused unless it is already stored
    status: str = REFUSED
    reason: str = ""

    def receipt(self) -> dict:
        uuid_sent = self.sent.get("uuid") if isinstance(self.sent, dict) else None
        return {
            "uuid": uuid_sent if isinstance(uuid_sent, str) else None,
            "status": self.status,
            "reason": self.reason,
        }

    def settle_as_known(self, owner: int) -> None:
        """Set the result of an event whose identifier is already stored."""
        if self.judgment and owner == self.judgment.trial.annotator_id:
            self.status, self.reason = ALREADY_STORED, ""
        else:
            self.status = REFUSED
            self.reason = _("The answer's identifier is in use; send it again under a new one.")


def _store(read: list[_Read]) -> None:
    """Store each valid event once, even if another request stores it at the same time."""
    valid = [(item, item.judgment) for item in read if item.judgment is not None]
    if not valid:
        return
    owners = _owners(judgment.uuid for _item, judgment in valid)
    with transaction.atomic():
        for item, judgment in valid:
            identifier = judgment.uuid
            if identifier in owners:
                item.settle_as_known(owners[identifier])
                continue
            # Checked after `owners`: an event that was stored in time gets the same receipt when sent again.
            if item.too_late:
                item.reason = item.too_late
                continue
            try:
                with transaction.atomic():
                    judgment.save(force_insert=True)
            except IntegrityError:
                # Another connection has stored the same event since `owners` was read. The inner transaction
                # is a savepoint, so that the outer one can continue after the error.
                owners.update(_owners([identifier]))
                if identifier not in owners:
                    raise
                item.settle_as_known(owners[identifier])
            else:
                owners[identifier] = judgment.trial.annotator_id
                item.status = STORED


def _owners(identifiers: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return the annotator's id of each identifier that is already stored."""
    rows = Judgment.objects.filter(uuid__in=list(identifiers)).order_by()
    return dict(rows.values_list("uuid", "trial__annotator"))


class _Reader:
    """Reader of the events of one request; each trial is looked up once."""

    def __init__(self, annotator: Annotator, device: str) -> None:
        self.annotator = annotator
        self.device = device
        self.arrival = timezone.now()
        self.trials: dict[str, tuple[Trial, list[Question], list[Presentation]]] = {}

    def read(self, event: Any) -> _Read:
        try:
            judgment = self._judgment(event)
            return _Read(event, judgment=judgment, too_late=self._too_late(judgment))
        except (EventRefused, AnswerRefused) as refused:
            return _Read(event, reason=str(refused))

    def _judgment(self, event: Any) -> Judgment:
        if not isinstance(event, dict):
            raise EventRefused(_("An answer must be an object."))
        if self.annotator.answers_discarded:
            raise EventRefused(_("You left the study and asked that your answers be discarded."))
        identifier = _identifier(event.get("uuid"))
        trial, questions, presentations = self._trial(event.get("trial"))
        question = _question(event.get("question"), questions)
        presentation = _presentation(event.get("presentation"), question, presentations)
        shown = _shown(presentation, presentations)
        value, number = read_answer(question.kind, question.options, event.get("value"), shown)
        return Judgment(
            trial=trial,
            question=question,
            presentation=presentation,
            uuid=identifier,
            sequence=_sequence(event.get("sequence")),
            value=value,
            number=number,
            answered_at=moment_before(self.arrival, event.get("age_ms"), earliest=trial.allocated_at),
            response_ms=_response(event.get("response_ms"), self._most_response(trial)),
        )

    def _too_late(self, judgment: Judgment) -> str:
        """Return why an answer to a finished trial is refused; empty if it is accepted.

        A device sends the end of a trial after all answers to it. Its answers that arrive later were delayed
        by the network or another tab, so they still count. Answers of another device were given without
        knowing that the trial was finished, so they are refused.
        """
        trial = judgment.trial
        if trial.finished_at is None:
            return ""
        if self.device and trial.finished_by and trial.finished_by != self.device:
            return _("This trial has been finished on another device. This answer was not stored.")
        entered = judgment.answered_at
        if self.annotator.thanked_at and (entered is None or entered > trial.finished_at):
            return _("You have finished this study. This answer was not stored.")
        return ""

    def _most_response(self, trial: Trial) -> int:
        """Return the longest possible time to an answer, in ms."""
        if not self.device:
            return _MOST_RESPONSE
        return min(_MOST_RESPONSE, round(1000 * seconds_since(given_at(trial), self.arrival)))

    def _trial(self, token: Any) -> tuple[Trial, list[Question], list[Presentation]]:
        if not isinstance(token, str):
            raise EventRefused(_("The answer does not say which trial it belongs to."))
        if token not in self.trials:
            trial = None
            if len(token) <= 40 and "\0" not in token:
                trial = self.annotator.trials.filter(token=token).order_by().first()
            if trial is None:
                raise EventRefused(_("This trial is not part of your session."))
            self.trials[token] = trial, questions_for(trial), _presentations(trial)
        return self.trials[token]


def _identifier(raw: Any) -> uuid.UUID:
    try:
        return uuid.UUID(raw)
    except (ValueError, TypeError, AttributeError):
        raise EventRefused(_("The answer has no valid identifier (uuid).")) from None


def _question(raw: Any, questions: list[Question]) -> Question:
    for question in questions:
        if not isinstance(raw, bool) and (raw == question.pk or raw == question.key):
            return question
    for question in questions:
        if isinstance(raw, str) and raw == str(question.pk):
            return question
    raise EventRefused(_("This question is not asked in this trial."))


def _presentation(raw: Any, question: Question, presentations: list[Presentation]) -> Presentation | None:
    if question.scope == Question.Scope.TRIAL:
        return None
    if raw is None and len(presentations) == 1:
        return presentations[0]
    for presentation in asked_about(question, presentations):
        if presentation and raw == presentation.token:
            return presentation
    raise EventRefused(_("The answer does not say which clip of this trial it is about."))


def _shown(presentation: Presentation | None, presentations: list[Presentation]) -> Shown:
    blind = [item for item in presentations if item.is_blind]
    x = next((item for item in presentations if item.role == Presentation.Role.X), None)
    of_x = x and next((item.label for item in blind if item.stimulus_id == x.stimulus_id), "")
    judged = [presentation] if presentation else presentations
    return Shown(
        labels=tuple(item.label for item in blind),
        x=of_x or "",
        intruder=next((item.label for item in blind if item.role == Presentation.Role.INTRUDER), ""),
        seconds=max((item.stimulus.clip.seconds for item in judged), default=0.0),
    )


def _sequence(raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= _MOST_SEQUENCE:
        raise EventRefused(_("The answer has no valid sequence number."))
    return raw


def _response(raw: Any, most: int) -> int | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= _MOST_RESPONSE:
        return None
    return min(round(raw), most)
