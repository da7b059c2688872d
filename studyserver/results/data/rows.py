"""A study's database rows as plain rows of the codebook's tables, a few annotators at a time.

Every method yields dictionaries in a stable order. Memory is limited to one batch of annotators, so that a
million judgments can be written without holding them all.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from statistics import median

from django.db.models import QuerySet

from explainer.core.base.canonical_json import canonical_json
from explainer.models import Excerpt
from studyserver.study.models import PREVIEW, Presentation, Trial
from studyserver.study.questions.kinds import Answers, kinds_with

from . import Row
from .listening import clip_record, without_addresses
from .questionnaire_rows import questionnaire_rows
from .questions import compared_clips, measured, option_values, plain_value, question_columns
from .stimuli import curve_rows, excerpt_rows, item_columns, prediction_rows, stimulus_columns
from .study_data import Answer, StudyData

_ANSWER = (
    "trial_id", "question_id", "presentation_id", "uuid", "value", "number", "response_ms", "answered_at",
    "stored_at", "events",
)  # fmt: skip
_TIMES = ("annotator_id", "kind", "presented_at", "finished_at")
_COMPARED = ("track", "excerpt", "condition", "target", "method", "model", "segments_asked", "kept_segments")


class StudyRows(StudyData):
    """The data of a study as rows, table by table."""

    def rows(self, table: str) -> Iterator[Row]:
        """Yield the rows of a table by its name in the codebook.

        Columns that a row does not have are missing values. Computed tables and the codebook come from
        elsewhere.
        """
        for row in getattr(self, table)():
            row["rehearsal"] = self.rehearsal
            yield row

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
            for name, question in self.measures_of(asked):
                value, number = measured(name, judgment.value, judgment.number)
                answer = {
                    "value": plain_value(question, value),
                    "number": number,
                    "confidence": question.answer_kind.confidence(value),
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
            *kinds_with(Answers.PREFERENCES, Answers.MATCHES, Answers.ODD_ONE_OUT)
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
        for annotators in self.batches():
            for trial, presentations in self.trials_of(annotators):
                record = without_addresses(trial.listening, presentations) if trial.listening else None
                record_text = None if record is None else canonical_json(record)
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
                        "listening_record": record_text,
                    }

    def stimuli(self) -> Iterator[Row]:
        """Yield the table `stimuli`."""
        for stimulus in self.stimulus_rows.values():
            yield {"study": self.study.slug, **item_columns(stimulus)}

    def excerpts(self) -> Iterator[Row]:
        """Yield the table `excerpts`."""
        for row in excerpt_rows(self._excerpts):
            yield {"study": self.study.slug, **row}

    def excerpt_curves(self) -> Iterator[Row]:
        """Yield the table `excerpt_curves`."""
        for row in curve_rows(excerpt.choice for excerpt in self._excerpts if excerpt.choice):
            yield {"study": self.study.slug, **row}

    @property
    def _excerpts(self) -> QuerySet:
        found = Excerpt.objects.filter(clips__stimuli__study=self.study).distinct()
        return found.select_related("track", "choice__model").order_by("pk")

    def predictions(self) -> Iterator[Row]:
        """Yield the table `predictions`."""
        for stimulus in self.stimulus_rows.values():
            for row in prediction_rows(stimulus):
                yield {"study": self.study.slug, **row}

    def questions(self) -> Iterator[Row]:
        """Yield the table `questions`."""
        asked = [(item.key, one) for item in self.question_rows.values() for _, one in self.measures_of(item)]
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

    def research_questions(self) -> Iterator[Row]:
        """Yield the table `research_questions`."""
        declared = self.study.research_questions.select_related("question", "music_model")
        for number, asked in enumerate(declared, start=1):
            yield {
                "study": self.study.slug,
                "research_question": number,
                "research_question_text": asked.sentence,
                "estimand": asked.estimand,
                "question_asked": asked.question.key if asked.question else None,
                "model": asked.music_model.name if asked.music_model else None,
                "first": asked.first,
                "first_method": asked.first_method or None,
                "second": asked.second or None,
                "second_method": asked.second_method or None,
                "smallest_effect": asked.smallest_effect,
                "confidence_wanted": asked.confidence,
            }

    def annotators(self) -> Iterator[Row]:
        """Yield the table `annotators`."""
        for annotators in self.batches():
            answered = self.last_events(["trial__annotator_id"], annotators=annotators)
            judgments = Counter(answer.trial__annotator_id for answer in answered)
            trials: dict[int, list] = {annotator.pk: [] for annotator in annotators}
            own_trials = Trial.objects.filter(annotator__in=annotators).order_by()
            for trial in own_trials.values_list(*_TIMES, named=True):
                trials[trial.annotator_id].append(trial)
            for annotator in annotators:
                own = trials[annotator.pk]
                main = (trial_seconds(trial) for trial in own if trial.kind == Trial.Kind.MAIN)
                seconds = [value for value in main if value is not None]
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
        for annotators in self.batches():
            yield from questionnaire_rows(annotators)

    # -- parts --------------------------------------------------------------------------------

    @cached_property
    def _stimulus_columns(self) -> dict[int, Row]:
        return {pk: stimulus_columns(stimulus) for pk, stimulus in self.stimulus_rows.items()}

    @cached_property
    def _version_numbers(self) -> dict[int, int]:
        return dict(self.study.versions.values_list("pk", "number"))

    @cached_property
    def _question_columns(self) -> dict[str, Row]:
        return {key: question_columns(question) for key, question in self.measures.items()}

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
        for annotators in self.batches():
            answers: dict[int, list[Answer]] = {}
            for answer in self.answers(_ANSWER, asked, annotators):
                answers.setdefault(answer.trial_id, []).append(answer)
            if not answers:
                continue
            for trial, presentations in self.trials_of(annotators):
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


def trial_seconds(trial: Trial) -> float | None:
    """Return the time from a trial's presentation to its end."""
    if trial.presented_at is None or trial.finished_at is None:
        return None
    return (trial.finished_at - trial.presented_at).total_seconds()
