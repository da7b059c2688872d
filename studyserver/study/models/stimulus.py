"""Stimuli: the clips of a study."""

from django.db import models

from explainer.models import Clip

from .study import Study


class StimulusQuerySet(models.QuerySet):
    """Selections of stimuli."""

    def active(self) -> "StimulusQuerySet":
        """Return stimuli that are still presented."""
        return self.filter(active=True)

    def main(self) -> "StimulusQuerySet":
        """Return stimuli whose judgments are part of the results."""
        return self.filter(role=Stimulus.Role.MAIN)

    def practice(self) -> "StimulusQuerySet":
        """Return stimuli of practice trials."""
        return self.filter(role=Stimulus.Role.PRACTICE)


class Stimulus(models.Model):
    """A clip that the annotators of one study may hear."""

    class Role(models.TextChoices):
        """Purpose of the stimulus."""

        MAIN = "main", "main"
        PRACTICE = "practice", "practice"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="stimuli")
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="stimuli")
    role = models.CharField(max_length=10, choices=Role, default=Role.MAIN)
    feedback = models.CharField(
        max_length=300,
        blank=True,
        help_text="Practice only, if the study gives feedback: shown after the trial is answered.",
    )
    active = models.BooleanField(
        default=True, help_text="Inactive stimuli are no longer presented; their judgments stay."
    )

    objects = StimulusQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "stimuli"
        ordering = ["study", "id"]
        constraints = [
            models.UniqueConstraint(fields=["study", "clip", "role"], name="stimulus_once_per_study")
        ]

    def __str__(self) -> str:
        return str(self.clip)
