"""Parts of a page, of the report or of the export, each computed separately.

A part that fails is replaced by a message that names the annotator and the question at fault; the other parts
are complete.
"""

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse

from explainer.core.base.counting import listed
from studyserver.results.data.unreadable import Unreadable
from studyserver.study.models import Question

if TYPE_CHECKING:
    from .computed import Computed

logger = logging.getLogger(__name__)
T = TypeVar("T")
_SECONDS = 20.0  # spent at most on finding the causes of failures
_NAMED = 5  # annotators named at most
_LONGEST = 200  # characters of an error's message


@dataclass(frozen=True)
class Failed:
    """A part that could not be computed."""

    what: str  # the part, in words
    error: str  # type and message of the exception
    questions: tuple[Question, ...] = ()  # the part can be computed without the answers to these
    annotators: tuple[str, ...] = ()  # the part can be computed without the answers of these
    # Whether the part was computed without the answers to `questions`, or, for tables of rows, without the
    # rows of `annotators`.
    has_rest: bool = False

    @property
    def key(self) -> str:
        """The question's key, if there is exactly one question."""
        return self.questions[0].key if len(self.questions) == 1 else ""

    @property
    def text(self) -> str:
        """The heading of the part."""
        return self.questions[0].text if len(self.questions) == 1 else self.what

    @property
    def sentences(self) -> str:
        """What could not be computed, its cause, what was computed nevertheless, and what to do."""
        return f"{self.headline} {self.remedy}"

    @property
    def headline(self) -> str:
        """What could not be computed, and its cause."""
        part = "Part of “{}”" if self.has_rest else "“{}”"
        return f"{part.format(self.what)} could not be computed. {self._cause}"

    @property
    def _cause(self) -> str:
        asked = " and ".join(f"“{question.text}” ({question.key})" for question in self.questions)
        who = listed(self.annotators, _NAMED)
        annotator = "annotator" if len(self.annotators) == 1 else "annotators"
        if asked and who:
            return f"The cause lies in what is stored of {annotator} {who} about the question {asked}."
        if who:
            return f"The cause lies in what is stored of {annotator} {who}."
        if asked:
            return f"The cause lies in the question {asked}, not in the answers of single annotators."
        return "It is not caused by single annotators or questions."

    @property
    def remedy(self) -> str:
        """What was computed nevertheless, and what to do."""
        kept = ""
        if self.has_rest:
            without = "this question" if len(self.questions) == 1 else "these questions"
            without = without if self.questions else "these rows"
            kept = f"What stands here is without {without}. "
        return (
            f"{kept}Every part without such a message is complete. Error: {self.error}. Look at what is "
            "stored in the administration; the server's log has the details to report."
        )


class Parts:
    """Computes parts and collects failures by the name of the part."""

    def __init__(self, computed: "Computed") -> None:
        self.computed = computed
        self.failed: dict[str, Failed] = {}
        self._deadline = 0.0
        self._causes: dict[tuple, _Cause] = {}

    def part(
        self,
        name: str,
        what: str,
        compute: Callable[["Computed"], T],
        instead: Any = None,
        *,
        question: Question | None = None,
        rows: bool = False,
    ) -> Any:
        """Return a part; if it fails, the part without the cause if possible, otherwise `instead`.

        Failures of the machine (`OSError`, `MemoryError`, a lost database) are raised unchanged.

        Parameters
        ----------
        name
            The part's key in `failed`.
        what
            The part in words.
        compute
            Computes the part from the statistics, or from the statistics without the cause.
        instead
            Returned if the part cannot be computed at all.
        question
            The question that the part is about, if it is a single one.
        rows
            Whether the part consists of independent rows, so that leaving out an annotator does not change
            the others. Figures are never computed without single annotators.
        """
        try:
            return compute(self.computed)
        except Exception as error:
            if _is_of_the_machine(error):
                raise
            logger.exception("%s of study %s could not be computed", what, self.computed.study.slug)
            message = _words(error)
        cause = self._cause(message, compute, question)
        has_rest, rest = cause.rest(compute, is_given=question is not None, rows=rows)
        self.failed[name] = Failed(what, message, cause.questions, cause.annotators, has_rest=has_rest)
        return rest if has_rest else instead

    def unreadable(self) -> list[Unreadable]:
        """Return the stored answers that cannot be read, as one part."""
        what = "Stored answers that cannot be read"
        return self.part("unreadable", what, lambda found: list(found.rows.unreadable.values()), [])

    def _cause(self, message: str, compute: Callable, question: Question | None) -> "_Cause":
        """Return the cause of a failure; the same error in several parts is examined once."""
        key = message, question and question.key
        if key not in self._causes:
            self._deadline = self._deadline or time.monotonic() + _SECONDS
            self._causes[key] = _Cause(self.computed, compute, question, self._deadline)
        return self._causes[key]


def _is_of_the_machine(error: Exception) -> bool:
    """Return whether the machine failed (such as a full disk), which affects all parts."""
    broken = isinstance(error, (OSError, MemoryError, OperationalError, InterfaceError))
    return broken and not isinstance(error, FileNotFoundError)


def not_drawn(failed: Failed) -> HttpResponse:
    """Return the response that replaces a picture that could not be drawn."""
    text = f"{failed.sentences}\n"
    return HttpResponse(text, status=422, content_type="text/plain; charset=utf-8")


def _words(error: Exception) -> str:
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


class _Cause:
    """The cause of a failure, found by leaving out questions, then annotators.

    Parameters
    ----------
    computed, compute, question
        As in `Parts.part`.
    deadline
        When to give up.
    """

    def __init__(
        self, computed: "Computed", compute: Callable, question: Question | None, deadline: float
    ) -> None:
        self.computed, self._compute, self._deadline = computed, compute, deadline
        self._asked = list(computed.rows.measures.values())
        self.questions = (question,) if question is not None else self._questions()
        concerned = {question.key for question in self.questions}
        self._others = {item.key for item in self._asked if item.key not in concerned} if concerned else set()
        self.annotators = self._annotators()

    def rest(self, compute: Callable, *, is_given: bool, rows: bool) -> tuple[bool, Any]:
        """Return whether a part can be computed without the cause, and the result."""
        try:
            if rows and self.annotators:
                return True, compute(self.computed.narrowed(annotators=self.annotators))
            if self.questions and not is_given:
                return True, compute(self.computed.narrowed([question.key for question in self.questions]))
        except Exception:  # this was not the only cause; the first failure is in the log
            logger.debug("without its cause it fails as well", exc_info=True)
        return False, None

    def _fails(self, questions: Collection[str] = (), annotators: Collection[str] = ()) -> bool:
        try:
            self._compute(self.computed.narrowed(questions, annotators))
        except Exception:  # of any kind; the first failure is in the log
            return True
        return False

    @property
    def _is_late(self) -> bool:
        return time.monotonic() > self._deadline

    def _questions(self) -> tuple[Question, ...]:
        """Return the questions that each make the part fail alone, if it succeeds without all of them."""
        keys = [question.key for question in self._asked]
        found = []
        for question in self._asked:
            if self._is_late:
                return ()
            if self._fails([key for key in keys if key != question.key]):
                found.append(question)
        if not found or len(found) == len(keys) > 1:
            return ()
        return () if self._fails([question.key for question in found]) else tuple(found)

    def _annotators(self) -> tuple[str, ...]:
        """Return the annotators without whose answers the part succeeds, unless these are all annotators."""
        names = list(self.computed.rows.annotator_rows().values_list("pseudonym", flat=True))
        if not names or self._is_late or self._fails(self._others, names):
            return ()
        if len(names) > 2 and all(self._fails(self._others, part) for part in (names[1:], names[:-1])):
            return ()  # it fails without the first and without the last: not one annotator's answers
        found = self._culprits(names, [])
        return () if self._is_late or not self._are_clear(found, names) else tuple(found)

    def _are_clear(self, found: list[str], names: list[str]) -> bool:
        """Return whether these annotators are the cause: without others instead, the part still fails.

        Otherwise it may succeed only because too few annotators remain for any figure.
        """
        others = [name for name in names if name not in found]
        if not others:
            return len(names) == 1
        return self._fails(self._others, others) or self._fails(self._others, others[: len(found)])

    def _culprits(self, suspects: list[str], left_out: list[str]) -> list[str]:
        """Return, by bisection, the suspects without whom the part succeeds; `left_out` are left out too."""
        if len(suspects) == 1 or self._is_late:
            return suspects
        middle = len(suspects) // 2
        one, other = suspects[:middle], suspects[middle:]
        for half in (one, other):
            if not self._fails(self._others, [*left_out, *half]):
                return self._culprits(half, left_out)
        return [*self._culprits(one, [*left_out, *other]), *self._culprits(other, [*left_out, *one])]
