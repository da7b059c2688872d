"""What a study was at the time of an answer."""

from django.db import models

from .study import Study


class StudyVersion(models.Model):
    """Texts, questions, design and stimuli of a study, as they stood from one moment to the next change."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(help_text="Counts from 1 within the study.")
    snapshot = models.JSONField(help_text="Everything that an annotator could see or be given.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the snapshot's canonical JSON.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["study", "number"]
        get_latest_by = "number"
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="version_number_once_per_study")
        ]

    def __str__(self) -> str:
        return f"{self.study.slug} version {self.number}"
