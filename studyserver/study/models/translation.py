"""A study's own texts in further languages."""

from django.db import models

from .study import Study


class StudyTranslation(models.Model):
    """Translations of a study's texts into one language: original text -> translation."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="translations")
    language = models.CharField(max_length=10)
    texts = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["study", "language"]
        constraints = [
            models.UniqueConstraint(fields=["study", "language"], name="translation_once_per_language")
        ]

    def __str__(self) -> str:
        return f"{self.study.slug}: {self.language}"
