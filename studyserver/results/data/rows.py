"""A study's database rows as plain rows of the codebook's tables, a few annotators at a time.

Every method yields dictionaries in a stable order. Memory is bounded by one batch of annotators,
so that a million judgments can be written without holding them.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from functools import cached_property
from itertools import islice
from statistics import median
from typing import Any

from django.db.models import Count, F, Max, QuerySet, Window

from studyserver.common.canonical_json import canonical_json
from studyserver.study.models import (
    PREVIEW,
    Annotator,
    Judgment,
    Presentation,
    Question,
    Stimulus,
    Study,
    Trial,
    measures_of,
)
from studyserver.study.questions.kinds import Answers, kinds_with

from .columns import (
    Row,
    compared_clips,
    confidence,
    item_columns,
    measured,
    option_values,
    plain_value,
    prediction_rows,
    question_columns,
    stimulus_columns,
    trial_seconds,
)
from .listening_columns import clip_record, without_addresses
from .questionnaire_rows import questionnaire_rows
from .unreadable import Unreadable, unreadable_answers

BATCH = 50  # annotators
_ANSWER = (
    "pk", "trial_id", "question_id", "presentation_id", "uuid", "value", "number", "response_ms",
    "answered_at", "stored_at", "events",
)  # fmt: skip
_PLACE_OF_ANSWER = ("trial__annotator_id", "trial_id", "question_id", "presentation_id")
_TIMES = ("annotator_id", "kind", "presented_at", "finished_at")
_COMPARED = ("track", "condition", "target", "method", "segments_asked", "kept_segments")
Answer = Any  # a named tuple of the columns above: a tenth of a model's cost, a million times


def counted_annotators(study: Study, *, rehearsal: bool = False) -> QuerySet[Annotator]:
    """Return the people whose answers may be used (or the simulated annotators), in order of joining.

    Those who withdrew and asked that their answers be discarded are left out.
    """
    return study.annotators.filter(rehearsal=rehearsal, answers_discarded=False).order_by("joined_at", "id")


def newest_judgment(study: Study, *, rehearsal: bool = False) -> int:
    """Return the number of the newest judgment, 0 where there is none."""
    judgments = Judgment.objects.filter(trial__annotator__study=study, trial__annotator__rehearsal=rehearsal)
    return judgments.aggregate(newest=Max("pk"))["newest"] or 0


class StudyRows:
    """The rows of one study: of people, or of its rehearsal, never of both.

    Parameters
    ----------
    study : Study
    rehearsal : bool
        True for the simulated annotators only.
    until : int or None
        Greatest judgment number that is seen; by default the newest there is now, so that all
        tables of one export speak of the same judgments while answers keep coming in.
    without_questions, without_annotators : collections of str
        Keys and pseudonyms of which nothing is seen.
    """

    def __init__(
        self,
        study: Study,
        *,
        rehearsal: bool = False,
        until: int | None = None,
        without_questions: Collection[str] = (),
        without_annotators: Collection[str] = (),
    ):
        self.study = study
        self.rehearsal = rehearsal
        self.until = newest_judgment(study, rehearsal=rehearsal) if until is None else until
        self.without_questions = frozenset(without_questions)
        self.without_annotators = frozenset(without_annotators)

    def narrowed(self, questions: Collection[str], annotators: Collection[str]) -> "StudyRows":
        """Return the same rows without those of some questions and of some annotators."""
        return StudyRows(
            self.study,
            rehearsal=self.rehearsal,
            until=self.until,
            without_questions=self.without_questions.union(questions),
            without_annotators=self.without_annotators.union(annotators),
        )

    def annotators(self) -> QuerySet[Annotator]:
        """Return whose answers are seen, in order of joining."""
        found = counted_annotators(self.study, rehearsal=self.rehearsal)
        left_out = self.without_annotators
        return found.exclude(pseudonym__in=left_out) if left_out else found

    @cached_property
    def unreadable(self) -> dict[int, Unreadable]:
        """The answers that no reader understands, by number; they stand in no table and enter no figure."""
        return unreadable_answers(self)

    def rows(self, table: str) -> Iterator[Row]:
        """Yield the rows of a table by its name in the codebook.

        Columns that a row does not name are missing. The tables `summary`, `agreement` and
        `codebook` are computed elsewhere.
        """
        for row in getattr(self, table)():
            row["rehearsal"] = self.rehearsal
            yield row

    @cached_property
    def has_adaptive_trials(self) -> bool:
        """Whether trials were chosen adaptively: then clips count alike, however often they were judged."""
        chosen = Trial.objects.filter(annotator__in=self.annotators(), adaptive=True)
        return chosen.filter(judgments__pk__lte=self.until).exists()

    @cached_property
    def question_rows(self) -> dict[int, Question]:
        """Questions by number, in the order in which they are asked."""
        asked = self.study.questions.order_by("position", "id")
        return {question.pk: question for question in asked if question.key not in self.without_questions}

    @cached_property
    def measures(self) -> dict[str, Question]:
        """The questions by which answers are analysed, by key; see `Question.measures`."""
        found = measures_of(self.question_rows.values())
        return {key: one for key, one in found.items() if key not in self.without_questions}

    @cached_property
    def stimulus_rows(self) -> dict[int, Stimulus]:
        """Stimuli by number, with their clips and where those come from."""
        related = ("clip__track", "clip__explanation__model", "clip__explanation__recipe")
        return {item.pk: item for item in self.study.stimuli.select_related(*related).order_by("id")}

    # -- tables -------------------------------------------------------------------------------

    def judgments(self) -> Iterator[Row]:
        """Yield the table `judgments`: by annotator in order of joining, then as presented and asked."""
        for place, presentation, judgment in self._current_judgments():
            asked = self.question_rows[judgment.question_id]
            row = {
                "judgment": str(judgment.uuid),
                **place,
                "clip_position": presentation.position if presentation else None,
                "clip_role": presentation.role if presentation else None,
                **(self._stimulus_columns[presentation.stimulus_id] if presentation else {}),
                "response_ms": judgment.response_ms,
                "changes": judgment.events - 1,
                "answered_at": judgment.answered_at,
                "stored_at": judgment.stored_at,
            }
            for name, question in self._measures_of(asked):
                value, number = measured(name, judgment.value, judgment.number)
                answer = {
                    "value": plain_value(question, value),
                    "number": number,
                    "confidence": confidence(question, value),
                }
                yield {**row, **self._question_columns[question.key], **answer}

    def checklist(self) -> Iterator[Row]:
        """Yield the table `checklist`."""
        for place, presentation, judgment in self._current_judgments(*kinds_with(Answers.SETS)):
            question = self.question_rows[judgment.question_id]
            chosen = question.answer_kind.chosen(question.options, judgment.value or [])
            for option in dict.fromkeys([*option_values(question), *chosen]):
                yield {
                    **self._short(place, presentation, judgment),
                    "option": option,
                    "ticked": option in chosen,
                }

    def comparisons(self) -> Iterator[Row]:
        """Yield the table `comparisons`."""
        for trial, presentations, answers in self._answered(
            *kinds_with(Answers.PREFERENCES, Answers.MATCHES)
        ):
            for _presentation, judgment in answers:
                question = self.question_rows[judgment.question_id]
                for presentation, compared in compared_clips(judgment.value, presentations):
                    stimulus = self._stimulus_columns[presentation.stimulus_id]
                    yield {
                        **{name: stimulus[name] for name in _COMPARED},
                        **self._short(self._place(trial), presentation, judgment),
                        "trial_kind": trial.kind,
                        "question_kind": question.kind,
                        "clip_position": presentation.position,
                        "clip_role": presentation.role,
                        **compared,
                    }

    def stretches(self) -> Iterator[Row]:
        """Yield the table `stretches`."""
        for place, presentation, judgment in self._current_judgments(*kinds_with(Answers.TIMES)):
            marked = list(enumerate(judgment.value, start=1)) or [(0, (None, None))]
            for number, (begin, end) in marked:
                yield {
                    **self._short(place, presentation, judgment),
                    "trial_kind": place["trial_kind"],
                    "stretch": number,
                    "stretch_begin": begin,
                    "stretch_end": end,
                }

    def comments(self) -> Iterator[Row]:
        """Yield the table `comments`."""
        for place, presentation, judgment in self._current_judgments(*kinds_with(Answers.TEXT)):
            yield {**self._short(place, presentation, judgment), "comment": judgment.value}

    def trials(self) -> Iterator[Row]:
        """Yield the table `trials`."""
        for annotators in self._batches():
            for trial, presentations in self._trials_of(annotators):
                record = (
                    canonical_json(without_addresses(trial.listening, presentations))
                    if trial.listening
                    else None
                )
                for presentation in presentations:
                    clip = self.stimulus_rows[presentation.stimulus_id].clip
                    yield {
                        **self._place(trial),
                        **self._stimulus_columns[presentation.stimulus_id],
                        "block": trial.block,
                        "attention_passed": trial.attention_passed,
                        "clip_position": presentation.position,
                        "clip_role": presentation.role,
                        "allocated_at": trial.allocated_at,
                        "presented_at": trial.presented_at,
                        "finished_at": trial.finished_at,
                        "trial_seconds": trial_seconds(trial),
                        **clip_record(trial.listening, presentation, clip.seconds),
                        "listening_record": record,
                    }

    def items(self) -> Iterator[Row]:
        """Yield the table `items`."""
        for stimulus in self.stimulus_rows.values():
            yield {"study": self.study.slug, **item_columns(stimulus)}

    def predictions(self) -> Iterator[Row]:
        """Yield the table `predictions`."""
        for stimulus in self.stimulus_rows.values():
            for row in prediction_rows(stimulus):
                yield {"study": self.study.slug, **row}

    def questions(self) -> Iterator[Row]:
        """Yield the table `questions`."""
        asked = [
            (item.key, one) for item in self.question_rows.values() for _, one in self._measures_of(item)
        ]
        for key, question in asked:
            yield {
                "study": self.study.slug,
                **question_columns(question),
                "question_asked": key,
                "question_position": question.position,
                "question_text": question.text,
                "question_help": question.help_text,
                "question_options": canonical_json(question.answer_kind.presented(question.options)),
                "question_scope": question.scope,
                "only_own_target": question.only_own_target,
                "required": question.required,
            }

    def raters(self) -> Iterator[Row]:
        """Yield the table `raters`."""
        for annotators in self._batches():
            answered = self._judgment_events(annotators).order_by().values_list(*_PLACE_OF_ANSWER).distinct()
            judgments = Counter(annotator for annotator, *_place in answered)
            trials: dict[int, list] = {annotator.pk: [] for annotator in annotators}
            own_trials = Trial.objects.filter(annotator__in=annotators).order_by()
            for trial in own_trials.values_list(*_TIMES, named=True):
                trials[trial.annotator_id].append(trial)
            for annotator in annotators:
                own = trials[annotator.pk]
                seconds = [trial_seconds(trial) for trial in own if trial.kind == Trial.Kind.MAIN]
                seconds = [value for value in seconds if value is not None]
                yield {
                    "study": self.study.slug,
                    "behaviour": (annotator.behaviour or PREVIEW) if annotator.rehearsal else None,
                    "annotator": annotator.pseudonym,
                    "state": annotator.state,
                    "language": annotator.language,
                    "machine_translated": annotator.machine_translated,
                    "device_family": annotator.device_family,
                    "joined_at": annotator.joined_at,
                    "consented_at": annotator.consented_at,
                    "finished_at": annotator.finished_at,
                    "trials_allocated": len(own),
                    "trials_finished": sum(trial.finished_at is not None for trial in own),
                    "n_judgments": judgments[annotator.pk],
                    "median_trial_seconds": median(seconds) if seconds else None,
                    "sound_check": canonical_json(annotator.sound_check) if annotator.sound_check else None,
                }

    def questionnaire(self) -> Iterator[Row]:
        """Yield the table `questionnaire`."""
        for annotators in self._batches():
            yield from questionnaire_rows(annotators)

    # -- parts --------------------------------------------------------------------------------

    @cached_property
    def _stimulus_columns(self) -> dict[int, Row]:
        return {pk: stimulus_columns(stimulus) for pk, stimulus in self.stimulus_rows.items()}

    @cached_property
    def _version_numbers(self) -> dict[int, int]:
        return dict(self.study.versions.values_list("pk", "number"))

    def _measures_of(self, asked: Question) -> list[tuple[str, Question]]:
        return [(name, one) for name, one in asked.measures.items() if one.key in self.measures]

    @cached_property
    def _question_columns(self) -> dict[str, Row]:
        return {key: question_columns(question) for key, question in self.measures.items()}

    def _batches(self) -> Iterator[list[Annotator]]:
        annotators = self.annotators().iterator(chunk_size=BATCH)
        while batch := list(islice(annotators, BATCH)):
            yield batch

    def _trials_of(self, annotators: list[Annotator]) -> Iterator[tuple[Trial, list[Presentation]]]:
        order = {annotator.pk: (index, annotator) for index, annotator in enumerate(annotators)}
        presentations: dict[int, list[Presentation]] = {}
        for presentation in Presentation.objects.filter(trial__annotator__in=annotators).order_by("position"):
            presentations.setdefault(presentation.trial_id, []).append(presentation)
        trials = Trial.objects.filter(annotator__in=annotators).order_by()
        for trial in sorted(trials, key=lambda trial: (order[trial.annotator_id][0], trial.position)):
            trial.annotator = order[trial.annotator_id][1]
            yield trial, presentations.get(trial.pk, [])

    def _judgment_events(self, annotators: list[Annotator]) -> QuerySet[Judgment]:
        return Judgment.objects.filter(trial__annotator__in=annotators, pk__lte=self.until)

    def _current_judgments(
        self, kind: str | None = None
    ) -> Iterator[tuple[Row, Presentation | None, Answer]]:
        for trial, _presentations, answers in self._answered(*([kind] if kind else [])):
            place = self._place(trial)
            for presentation, judgment in answers:
                yield place, presentation, judgment

    def _answered(
        self, *kinds: str
    ) -> Iterator[tuple[Trial, list[Presentation], list[tuple[Presentation | None, Answer]]]]:
        """Yield trials with their clips and current answers, to questions of these kinds or to all."""
        asked = [pk for pk, item in self.question_rows.items() if not kinds or item.kind in kinds]
        order = {pk: index for index, pk in enumerate(asked)}
        if not asked:
            return
        same_answer = Window(Count("pk"), partition_by=[F("trial"), F("question"), F("presentation")])
        for annotators in self._batches():
            events = self._judgment_events(annotators).filter(question__in=asked)
            answers: dict[int, list[Answer]] = {}
            for judgment in (
                events.annotate(events=same_answer).current().order_by().values_list(*_ANSWER, named=True)
            ):
                if judgment.pk not in self.unreadable:
                    answers.setdefault(judgment.trial_id, []).append(judgment)
            if not answers:
                continue
            for trial, presentations in self._trials_of(annotators):
                by_number = {presentation.pk: presentation for presentation in presentations}
                only = presentations[0] if len(presentations) == 1 else None
                found = [
                    (by_number.get(item.presentation_id, only), item) for item in answers.get(trial.pk, [])
                ]
                found.sort(key=lambda pair: (pair[0].position if pair[0] else -1, order[pair[1].question_id]))
                if found:
                    yield trial, presentations, found

    def _place(self, trial: Trial) -> Row:
        return {
            "study": self.study.slug,
            "study_version": self._version_numbers.get(trial.version_id),
            "annotator": trial.annotator.pseudonym,
            "trial": trial.pk,
            "trial_position": trial.position,
            "trial_kind": trial.kind,
            "trial_finished": trial.finished_at is not None,
            "repeat_of": trial.repeat_of_id,
            "adaptive": trial.adaptive,
        }

    def _short(self, place: Row, presentation: Presentation | None, judgment: Answer) -> Row:
        return {
            "study": place["study"],
            "judgment": str(judgment.uuid),
            "annotator": place["annotator"],
            "trial": place["trial"],
            "question": self.question_rows[judgment.question_id].key,
            "stimulus": presentation.stimulus_id if presentation else None,
        }
