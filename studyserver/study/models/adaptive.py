"""What a study spends its judgments on, when they are not spread evenly."""

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from explainer.models import Clip
from studyserver.study.questions.kind import Answers

from .question import Question
from .study import Study


class AdaptiveDesign(models.Model):
    """Trials go where a judgment narrows the declared figure most, as `design.adaptive` chooses them."""

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="adaptive_design")
    question = models.ForeignKey(
        Question,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Whose answers are to become precise: a rating, a slider or presence, asked of each clip.",
    )
    first = models.CharField(
        "first condition",
        max_length=30,
        blank=True,
        choices=Clip.Condition,
        help_text="To make the difference of two conditions precise. Empty: the mean of every stimulus.",
    )
    second = models.CharField("second condition", max_length=30, blank=True, choices=Clip.Condition)
    precision = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1e-9)],
        help_text="The study closes itself when the figure's 95 % interval (without conditions: the widest "
        "of the stimuli's) is no wider than this, in units of the scale. Empty: it does not.",
    )
    minimum_judgments = models.PositiveSmallIntegerField(
        default=5,
        validators=[MinValueValidator(3)],
        help_text="Every stimulus is judged so often, in balance, before trials are chosen adaptively.",
    )
    block_size = models.PositiveSmallIntegerField(
        default=6,
        validators=[MinValueValidator(2)],
        help_text="So many trials are given at a time, so that the choice knows what others answered since.",
    )
    reached_at = models.DateTimeField(null=True, editable=False, help_text="When the precision was reached.")

    def __str__(self) -> str:
        figure = f"{self.first} less {self.second}" if self.first else "every stimulus"
        return f"{self.question.key}: {figure}"

    def clean(self) -> None:
        """Refuse a figure that cannot be computed."""
        if bool(self.first) != bool(self.second) or (self.first and self.first == self.second):
            raise ValidationError("Name two different conditions, or none for the means of all stimuli.")
        if not self.question_id:
            return
        if self.question.study_id != self.study_id:
            raise ValidationError({"question": "This question belongs to another study."})
        if self.question.answer_kind.answers != Answers.NUMBERS or self.question.scope != Question.Scope.CLIP:
            raise ValidationError(
                {"question": "Its answers must be numbers about each clip: a rating, a slider or presence."}
            )
