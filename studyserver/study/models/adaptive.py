"""Adaptive allocation: the figure for which a study chooses its trials."""

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from explainer.models import Clip
from studyserver.study.questions.kind import Answers

from .question import Question
from .study import Study


class AdaptiveDesign(models.Model):
    """The declared figure whose interval trials should narrow; `design.adaptive` chooses the trials."""

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="adaptive_design")
    question = models.ForeignKey(
        Question,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Question to measure precisely: a rating, a slider or presence, asked of each clip.",
    )
    first = models.CharField(
        "first condition",
        max_length=30,
        blank=True,
        choices=Clip.Condition,
        help_text="Choose two conditions to measure their difference. Empty: the mean of every stimulus.",
    )
    second = models.CharField("second condition", max_length=30, blank=True, choices=Clip.Condition)
    precision = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1e-9)],
        help_text="The study closes automatically when the 95 % interval of the difference (without "
        "conditions: the widest interval of a stimulus) is at most this wide, in units of the scale. Empty: "
        "it does not close automatically.",
    )
    minimum_judgments = models.PositiveSmallIntegerField(
        default=5,
        validators=[MinValueValidator(3)],
        help_text="Judgments that every stimulus gets before trials are chosen adaptively.",
    )
    block_size = models.PositiveSmallIntegerField(
        default=6,
        validators=[MinValueValidator(2)],
        help_text="Number of trials that are chosen together. Small blocks use the latest answers.",
    )
    reached_at = models.DateTimeField(null=True, editable=False, help_text="When the precision was reached.")

    def __str__(self) -> str:
        figure = f"{self.first} less {self.second}" if self.first else "every stimulus"
        return f"{self.question.key}: {figure}"

    def clean(self) -> None:
        """Raise `ValidationError` if the figure cannot be computed."""
        if bool(self.first) != bool(self.second) or (self.first and self.first == self.second):
            raise ValidationError("Choose two different conditions, or none for the means of all stimuli.")
        if not self.question_id:
            return
        if self.question.study_id != self.study_id:
            raise ValidationError({"question": "This question belongs to another study."})
        if self.question.answer_kind.answers != Answers.NUMBERS or self.question.scope != Question.Scope.CLIP:
            raise ValidationError(
                {
                    "question": "Choose a question whose answers are numbers about each clip: a rating, a "
                    "slider or presence."
                }
            )
