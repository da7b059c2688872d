"""One attempt at a headphone check."""

from django.db import models

from .annotator import Annotator
from .identifiers import random_seed


class HeadphoneCheck(models.Model):
    """An annotator's answers in one attempt; the right answers are computed from the seed."""

    class Kind(models.TextChoices):
        """Type of the check."""

        ANTIPHASE = "antiphase", "antiphase tones"
        HUGGINS = "huggins", "Huggins pitch"

    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="headphone_checks")
    kind = models.CharField(max_length=10, choices=Kind)
    attempt = models.PositiveSmallIntegerField(default=1)
    seed = models.BigIntegerField(default=random_seed, editable=False)
    answers = models.JSONField(default=list, blank=True, help_text="Interval chosen in each trial, 1 to 3.")
    passed = models.BooleanField(null=True, editable=False)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["annotator", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["annotator", "kind", "attempt"], name="headphone_attempt_once_per_annotator"
            )
        ]

    def __str__(self) -> str:
        return f"{self.annotator} {self.get_kind_display()} {self.attempt}"
