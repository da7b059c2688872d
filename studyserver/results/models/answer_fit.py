"""The database model of stored models of answers."""

from django.db import models

from studyserver.study.models import Study


class AnswerFit(models.Model):
    """The newest model of the answers to one question, computed by the background worker.

    The file holds draws from its posterior; `key` says from which answers, so a page can tell whether newer
    ones have come in. A new model replaces the file of the one before.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="answer_fits")
    rehearsal = models.BooleanField(default=False)
    annotator_set = models.CharField(max_length=10)
    question = models.CharField(max_length=150)
    key = models.CharField(max_length=64)
    file = models.CharField(max_length=300, blank=True)
    n_judgments = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)
    seconds = models.FloatField(default=0.0)
    computed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "rehearsal", "annotator_set", "question"], name="one_fit_per_question"
            )
        ]

    def __str__(self) -> str:
        return f"{self.study}: {self.question}"
