"""Versions of a study, so that each answer can be traced to the exact questions."""

from django.db import models

from .study import Study


class StudyVersion(models.Model):
    """Snapshot of a study's texts, questions, design and stimuli, valid until the next change."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(help_text="Number within the study, from 1.")
    snapshot = models.JSONField(help_text="Everything that annotators could see or get.")
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
