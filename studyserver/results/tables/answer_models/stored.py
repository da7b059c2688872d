"""Models of answers that are stored, and how up to date they are."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from explainer.files import stored_files
from studyserver.results.models import AnswerFit
from studyserver.results.statistics.answer_model.answers import Answers
from studyserver.results.statistics.answer_model.files import content_key, from_bytes
from studyserver.results.statistics.answer_model.fit import Fit
from studyserver.results.statistics.answer_model.tables import why_no_fit
from studyserver.results.statistics.reasons import Reason, Why
from studyserver.results.tables.summaries import QuestionSummary, StudySummaries

from .questions import model_answers

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoredFit:
    """What is known of the model of one question's answers.

    Attributes
    ----------
    item : QuestionSummary
    answers : Answers or None
        The answers that count now; None without any.
    row : AnswerFit or None
        What is stored; None if nothing is.
    """

    item: QuestionSummary
    answers: Answers | None
    row: AnswerFit | None

    @cached_property
    def key(self) -> str:
        """The key of a model of the answers that count now; empty if there can be none."""
        return content_key(self.answers) if self.answers is not None and self.why_none is None else ""

    @cached_property
    def why_none(self) -> Reason | None:
        """Why there can be no model of the answers; None if there can be one."""
        return Reason(Why.NO_JUDGMENT_YET) if self.answers is None else why_no_fit(self.answers)

    @property
    def is_current(self) -> bool:
        """Whether nothing is left to compute."""
        if not self.key:
            return True
        if self.row is None or self.row.key != self.key:
            return False
        return bool(self.row.problem) or self._has_file

    @cached_property
    def _has_file(self) -> bool:
        return self.row is not None and bool(self.row.file) and stored_files.exist(self.row.file)

    @property
    def n_newer(self) -> int:
        """How many answers have come in since the stored model (0 if answers were taken out)."""
        if self.answers is None or self.row is None or self.is_current:
            return 0
        return max(0, len(self.answers.values) - self.row.n_judgments)

    @cached_property
    def fit(self) -> Fit | None:
        """The stored model, which may be of earlier answers; None if there is none."""
        if self.row is None or not self._has_file or self.why_none is not None:
            return None
        return from_bytes(stored_files.read(self.row.file))

    @property
    def undefined(self) -> Reason | None:
        """Why there are no figures; None if there are."""
        if self.why_none is not None:
            return self.why_none
        if self.row is not None and self.row.problem and self.is_current:
            return Reason(Why.MODEL_FAILED, {"problem": self.row.problem})
        return Reason(Why.MODEL_IS_COMPUTED) if self.fit is None else None


class AnswerModels:
    """The models of the answers to the questions of one set of annotators.

    Parameters
    ----------
    summaries : StudySummaries
    annotator_set : str
        ``all`` or ``kept``.
    """

    def __init__(self, summaries: StudySummaries, annotator_set: str) -> None:
        self.summaries = summaries
        self.annotator_set = annotator_set
        self._found: dict[str, StoredFit] = {}

    @cached_property
    def _rows(self) -> dict[str, AnswerFit]:
        data = self.summaries.rows
        rows = AnswerFit.objects.filter(
            study=data.study, rehearsal=data.rehearsal, annotator_set=self.annotator_set
        )
        return {row.question: row for row in rows}

    def of(self, item: QuestionSummary) -> StoredFit:
        """Return what is known of one question."""
        key = item.question.key
        if key not in self._found:
            self._found[key] = StoredFit(item, model_answers(item), self._rows.get(key))
        return self._found[key]

    def each(self) -> Iterator[StoredFit]:
        """Yield what is known of each question whose answers are numbers.

        A question that cannot be summarised is passed over, because its part of the page says why.
        """
        for question in self.summaries.rows.measures.values():
            if not question.answer_kind.has_numbers:
                continue
            try:
                yield self.of(self.summaries.plain_question(question))
            except Exception:  # of any kind
                logger.debug("%s cannot be summarised", question.key, exc_info=True)

    @property
    def outdated(self) -> list[StoredFit]:
        """Those to be computed."""
        return [one for one in self.each() if not one.is_current]
