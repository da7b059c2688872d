"""Answers: append-only events, of which the last one counts."""

from django.db import models
from django.db.models.functions import RowNumber

from .question import Question
from .trial import Presentation, Trial


class JudgmentQuerySet(models.QuerySet):
    """Selections of judgments."""

    def current(self) -> "JudgmentQuerySet":
        """Return the judgments that count: the last event of each question of each trial (and clip)."""
        newest_first = models.Window(
            RowNumber(),
            partition_by=["trial", "question", "presentation"],
            order_by=["-sequence", "-id"],
        )
        return self.annotate(age=newest_first).filter(age=1)

    def judging(self) -> "JudgmentQuerySet":
        """Return judgments of finished trials of the study itself: no practice, no attention trials."""
        kinds = [Trial.Kind.MAIN, Trial.Kind.REPEAT]
        return self.filter(trial__kind__in=kinds).exclude(trial__finished_at=None)

    def usable(self, *, rehearsal: bool = False) -> "JudgmentQuerySet":
        """Return judgments of people (or of the rehearsal) who did not ask to have them discarded."""
        return self.filter(trial__annotator__rehearsal=rehearsal, trial__annotator__answers_discarded=False)


class Judgment(models.Model):
    """One answer to one question in one trial, as one event; never changed.

    Deleted only with everything else of an annotator who asked for it, or with a rehearsal.
    """

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="judgments")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="judgments")
    presentation = models.ForeignKey(
        Presentation,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="judgments",
        help_text="The clip that was judged; empty where the question is about the trial as a whole.",
    )
    uuid = models.UUIDField(
        unique=True, help_text="Made in the browser: the same event sent twice is stored once."
    )
    sequence = models.PositiveBigIntegerField(
        help_text="Grows with every answer entered by this annotator; the greatest counts."
    )
    value = models.JSONField(help_text="As the question's kind defines it.")
    number = models.FloatField(null=True, help_text="The value as a number, where it has one.")
    answered_at = models.DateTimeField(
        null=True, help_text="When it was entered, from how long ago that was when it arrived."
    )
    stored_at = models.DateTimeField(auto_now_add=True)
    response_ms = models.PositiveIntegerField(
        null=True, help_text="From the trial's appearance to this answer."
    )

    objects = JudgmentQuerySet.as_manager()

    class Meta:
        ordering = ["trial", "question", "sequence", "id"]
        indexes = [models.Index(fields=["trial", "question", "sequence"])]

    def __str__(self) -> str:
        return f"{self.trial} {self.question.key}: {self.value}"
