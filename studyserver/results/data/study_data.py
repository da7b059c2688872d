"""The data of a study, and the only reader of its answers.

Tables, exports, pages and commands read judgments only here, so that they agree on annotators and questions,
and on the rule that the last of several answers to a question counts.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, Self

from django.db.models import Count, F, Max, QuerySet, Window

from studyserver.study.models import (
    Annotator,
    Judgment,
    Presentation,
    Question,
    Stimulus,
    Study,
    Trial,
    measures_of,
)

from .unreadable import Unreadable, unreadable_answers

BATCH = 50  # annotators
CHUNK = 20_000  # rows fetched at a time
Answer = Any  # a named tuple of fields, ten times cheaper than a model instance
_EVENTS = Window(Count("pk"), partition_by=[F("trial"), F("question"), F("presentation")])


def counted_annotators(study: Study, *, rehearsal: bool = False) -> QuerySet[Annotator]:
    """Return the people whose answers may be used (or the simulated annotators), in order of joining.

    Those who withdrew and asked that their answers be discarded are left out.
    """
    return study.annotators.filter(rehearsal=rehearsal, answers_discarded=False).order_by("joined_at", "id")


def newest_judgment(study: Study, *, rehearsal: bool = False) -> int:
    """Return the number of the newest judgment, 0 if there is none."""
    judgments = Judgment.objects.filter(trial__annotator__study=study, trial__annotator__rehearsal=rehearsal)
    return judgments.aggregate(newest=Max("pk"))["newest"] or 0


class StudyData:
    """The data of one study: of people or of its rehearsal, never of both.

    Parameters
    ----------
    study : Study
    rehearsal : bool
        True for the simulated annotators only.
    until : int or None
        Greatest judgment number to read; by default the newest now, so that all tables of one export have
        the same judgments while new answers arrive.
    without_questions, without_annotators : collections of str
        Keys and pseudonyms to leave out.
    """

    def __init__(
        self,
        study: Study,
        *,
        rehearsal: bool = False,
        until: int | None = None,
        without_questions: Collection[str] = (),
        without_annotators: Collection[str] = (),
    ) -> None:
        self.study = study
        self.rehearsal = rehearsal
        self.until = newest_judgment(study, rehearsal=rehearsal) if until is None else until
        self.without_questions = frozenset(without_questions)
        self.without_annotators = frozenset(without_annotators)

    def narrowed(self, questions: Collection[str], annotators: Collection[str]) -> Self:
        """Return the same data without those of some questions and of some annotators."""
        return type(self)(
            self.study,
            rehearsal=self.rehearsal,
            until=self.until,
            without_questions=self.without_questions.union(questions),
            without_annotators=self.without_annotators.union(annotators),
        )

    # -- who and what -------------------------------------------------------------------------

    def annotator_rows(self) -> QuerySet[Annotator]:
        """Return the annotators whose answers are read, in order of joining."""
        found = counted_annotators(self.study, rehearsal=self.rehearsal)
        left_out = self.without_annotators
        return found.exclude(pseudonym__in=left_out) if left_out else found

    def batches(self) -> Iterator[list[Annotator]]:
        """Yield the annotators in batches, which limits the memory of their data."""
        annotators = self.annotator_rows().iterator(chunk_size=BATCH)
        while batch := list(islice(annotators, BATCH)):
            yield batch

    @cached_property
    def question_rows(self) -> dict[int, Question]:
        """Questions by number, in their order."""
        asked = self.study.questions.order_by("position", "id")
        return {question.pk: question for question in asked if question.key not in self.without_questions}

    @cached_property
    def measures(self) -> dict[str, Question]:
        """The questions by which answers are analysed, by key; see `Question.measures`."""
        found = measures_of(self.question_rows.values())
        return {key: one for key, one in found.items() if key not in self.without_questions}

    def measures_of(self, asked: Question) -> list[tuple[str, Question]]:
        """Return the questions as which the answers to one are analysed, with the names of their numbers."""
        return [(name, one) for name, one in asked.measures.items() if one.key in self.measures]

    @cached_property
    def stimulus_rows(self) -> dict[int, Stimulus]:
        """Stimuli by number, with their clips and the clips' origin."""
        related = ("clip__track", "clip__excerpt", "clip__explanation__model", "clip__explanation__recipe")
        return {item.pk: item for item in self.study.stimuli.select_related(*related).order_by("id")}

    @cached_property
    def has_adaptive_trials(self) -> bool:
        """Whether trials were chosen adaptively: then all clips have the same weight in means."""
        chosen = Trial.objects.filter(annotator__in=self.annotator_rows(), adaptive=True)
        return chosen.filter(judgments__pk__lte=self.until).exists()

    # -- trials -------------------------------------------------------------------------------

    def finished_trials(self) -> QuerySet[Trial]:
        """Return the finished trials of every kind, unordered."""
        return Trial.objects.filter(annotator__in=self.annotator_rows(), finished_at__isnull=False).order_by()

    def presentations(self) -> QuerySet[Presentation]:
        """Return which clips were presented in all trials, unordered."""
        return Presentation.objects.filter(trial__annotator__in=self.annotator_rows()).order_by()

    def trials_of(self, annotators: list[Annotator]) -> Iterator[tuple[Trial, list[Presentation]]]:
        """Yield the trials of some annotators in the order of presentation, each with its clips."""
        order = {annotator.pk: (index, annotator) for index, annotator in enumerate(annotators)}
        presentations: dict[int, list[Presentation]] = {}
        for presentation in Presentation.objects.filter(trial__annotator__in=annotators).order_by("position"):
            presentations.setdefault(presentation.trial_id, []).append(presentation)
        trials = Trial.objects.filter(annotator__in=annotators).order_by()
        for trial in sorted(trials, key=lambda trial: (order[trial.annotator_id][0], trial.position)):
            trial.annotator = order[trial.annotator_id][1]
            yield trial, presentations.get(trial.pk, [])

    # -- answers ------------------------------------------------------------------------------

    def answers(
        self, fields: Sequence[str], questions: Collection[int], annotators: list[Annotator] | None = None
    ) -> Iterator[Answer]:
        """Return the answers that count and can be read, by annotators in order of joining.

        If the last answer cannot be read, there is none, because it replaced the earlier ones.

        Parameters
        ----------
        fields : sequence of str
            Columns of `Judgment` to read beside its number ``pk``, which comes first; also ``events``: how
            often the answer was entered.
        questions : collection of int
            Numbers of the questions whose answers are wanted.
        annotators : list of Annotator, optional
            Whose answers are wanted, by default those of all.
        """
        found, unreadable = self.last_events(fields, questions, annotators), self.unreadable
        return (answer for answer in found if answer.pk not in unreadable) if unreadable else found

    def last_events(
        self,
        fields: Sequence[str],
        questions: Collection[int] | None = None,
        annotators: list[Annotator] | None = None,
    ) -> Iterator[Answer]:
        """Yield the same as `answers`, including unreadable answers; by default for all questions."""
        for batch in self.batches() if annotators is None else [annotators]:
            events = self.events(questions, batch)
            if "events" in fields:
                events = events.annotate(events=_EVENTS)
            yield from events.current().values_list("pk", *fields, named=True).iterator(CHUNK)

    def events(
        self, questions: Collection[int] | None = None, annotators: Collection[Annotator] | None = None
    ) -> QuerySet[Judgment]:
        """Return all answers entered, including those replaced later, unordered."""
        whose = self.annotator_rows() if annotators is None else annotators
        events = Judgment.objects.filter(trial__annotator__in=whose, pk__lte=self.until).order_by()
        if questions is None:
            return events
        # A sum instead of the column keeps SQLite from using the index on questions, with which it would scan
        # all answers to a question for every batch.
        return events.alias(asked=F("question") + 0).filter(asked__in=questions)

    @cached_property
    def unreadable(self) -> dict[int, Unreadable]:
        """The answers that cannot be read, by number; they are left out of all tables and figures."""
        return unreadable_answers(self)
