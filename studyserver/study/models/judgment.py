"""Answers: append-only events, of which the last one counts."""

from django.db import models
from django.db.models.functions import RowNumber

from .question import Question
from .trial import Presentation, Trial


class JudgmentQuerySet(models.QuerySet):
    """Selections of judgments."""

    def current(self) -> "JudgmentQuerySet":
        """Return the judgments that count: the last event of each question of each trial (and clip)."""
        # Events can arrive out of order, so the browser's sequence number decides, not the time of storing.
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
    """One answer to one question in one trial; a changed answer is a further row.

    Rows are never changed. They are deleted only with all data of an annotator, or with a rehearsal.
    """

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="judgments")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="judgments")
    presentation = models.ForeignKey(
        Presentation,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="judgments",
        help_text="The clip that was judged; empty if the question is about the trial as a whole.",
    )
    uuid = models.UUIDField(
        unique=True, help_text="Created in the browser, so that an event that is sent twice is stored once."
    )
    sequence = models.PositiveBigIntegerField(
        help_text="Increases with every answer of this annotator; the answer with the greatest number counts."
    )
    value = models.JSONField(help_text="Format depends on the kind of question.")
    number = models.FloatField(null=True, help_text="The value as a number, where it has one.")
    answered_at = models.DateTimeField(
        null=True, help_text="When it was entered: the time of arrival minus its age, as the browser sent it."
    )
    stored_at = models.DateTimeField(auto_now_add=True)
    response_ms = models.PositiveIntegerField(
        null=True, help_text="Time from the trial's appearance to this answer."
    )

    objects = JudgmentQuerySet.as_manager()

    class Meta:
        ordering = ["trial", "question", "sequence", "id"]
        indexes = [models.Index(fields=["trial", "question", "sequence"])]

    def __str__(self) -> str:
        return f"{self.trial} {self.question.key}: {self.value}"
