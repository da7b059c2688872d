"""A clip's place in a study."""

from django.db import models

from explainer.models import Clip

from .study import Study


class StimulusQuerySet(models.QuerySet):
    """Selections of stimuli."""

    def active(self) -> "StimulusQuerySet":
        """Return those that are still presented."""
        return self.filter(active=True)

    def main(self) -> "StimulusQuerySet":
        """Return those whose judgments enter the results."""
        return self.filter(role=Stimulus.Role.MAIN)

    def practice(self) -> "StimulusQuerySet":
        """Return those for practice trials."""
        return self.filter(role=Stimulus.Role.PRACTICE)


class Stimulus(models.Model):
    """A clip that the annotators of one study may hear."""

    class Role(models.TextChoices):
        """What it is presented for."""

        MAIN = "main", "main"
        PRACTICE = "practice", "practice"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="stimuli")
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="stimuli")
    role = models.CharField(max_length=10, choices=Role, default=Role.MAIN)
    feedback = models.CharField(
        max_length=300,
        blank=True,
        help_text="Practice only, if the study gives feedback: shown once the trial has been answered.",
    )
    active = models.BooleanField(
        default=True, help_text="Inactive stimuli are presented no more; their judgments stay."
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
