"""Questions of trials."""

import copy
from collections.abc import Iterable
from typing import Any

from django.db import models

from explainer.core.clips.conditions import CONDITIONS
from explainer.models import IDENTIFIER, Clip
from studyserver.study.questions.kind import Kind as AnswerKind
from studyserver.study.questions.kind import Measure
from studyserver.study.questions.kinds import KINDS, option_problems

from .study import Study

_SERVES_ALL_TARGETS = {one.name for one in CONDITIONS.values() if one.serves_all_targets}


class Question(models.Model):
    """One question of a trial."""

    Kind: Any = models.TextChoices(
        "Kind", [(kind.name.upper(), (kind.name, kind.label)) for kind in KINDS.values()]
    )

    class Level(models.TextChoices):
        """Level of measurement."""

        NOMINAL = "nominal", "nominal"
        ORDINAL = "ordinal", "ordinal"
        INTERVAL = "interval", "interval"
        RATIO = "ratio", "ratio"

    class Scope(models.TextChoices):
        """What an answer is about."""

        CLIP = "clip", "each clip of the trial"
        TRIAL = "trial", "the trial as a whole"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(
        max_length=60, validators=[IDENTIFIER], help_text="Name of the question in exports."
    )
    text = models.CharField(
        max_length=300, help_text="A sentence that both musicians and other people understand."
    )
    help_text = models.TextField(blank=True)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.SCALE)
    level = models.CharField(
        max_length=10, choices=Level, default=Level.ORDINAL, help_text="Level of measurement, for agreement."
    )
    options = models.JSONField(default=dict, blank=True)
    scope = models.CharField(
        max_length=10, choices=Scope, default=Scope.CLIP, help_text="What an answer is about."
    )
    target = models.CharField(
        max_length=100, blank=True, help_text="The model's target that this question is about."
    )
    only_own_target = models.BooleanField(
        default=False,
        help_text="Ask only about clips that were made for this target, and about originals and resyntheses.",
    )
    required = models.BooleanField(default=True)

    class Meta:
        ordering = ["study", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["study", "key"], name="question_key_once_per_study")]

    def __str__(self) -> str:
        return self.text

    @property
    def answer_kind(self) -> AnswerKind:
        """The kind's object, which defines options and answers."""
        return KINDS[self.kind]

    @property
    def measures(self) -> dict[str, "Question"]:
        """The questions used in the analysis, by the name of the number that each one analyses.

        Usually this is the question itself, with an empty name. If an answer holds several numbers, each
        number has a question with the key KEY_NAME. These questions exist in memory only; do not save them.
        """
        several = self.answer_kind.measures(self.options)
        return {name: self._measure(name, measure) for name, measure in several.items()} or {"": self}

    def _measure(self, name: str, measure: Measure) -> "Question":
        one = copy.copy(self)
        one.key, one.text = f"{self.key}_{name}", f"{self.text} ({measure.label})"
        one.kind, one.options = measure.kind, dict(measure.options)
        one.target = measure.target or self.target
        return one

    def clean(self) -> None:
        """Raise `ValidationError` if the kind cannot use the options or the level of measurement."""
        from django.core.exceptions import ValidationError

        problems = option_problems(self.kind, self.options)
        problems = problems or self.answer_kind.level_problems(self.level, self.options)
        if problems:
            raise ValidationError(problems)

    def is_asked_of(self, clips: Iterable[Clip]) -> bool:
        """Return whether the question is asked about at least one of these clips."""
        if not self.only_own_target or not self.target:
            return True
        return any(
            clip.target == self.target or (not clip.target and clip.condition in _SERVES_ALL_TARGETS)
            for clip in clips
        )


def measures_of(questions: Iterable[Question]) -> dict[str, Question]:
    """Return the `Question.measures` of several questions, by key."""
    return {one.key: one for question in questions for one in question.measures.values()}
