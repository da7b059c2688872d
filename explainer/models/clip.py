"""The database model of clips."""

from typing import Any

from django.db import models
from django.db.models.deletion import Collector

from explainer.core.clips.conditions import CONDITIONS

from .excerpt import Excerpt, PartOfTrack
from .explanation import Explanation
from .track import Track


class Clip(PartOfTrack):
    """A sound file of one condition, from an explanation or from another system."""

    Condition: Any = models.TextChoices(
        "Condition", [(one.name.upper(), (one.name, one.label)) for one in CONDITIONS.values()]
    )

    track = models.ForeignKey(Track, on_delete=models.PROTECT, related_name="clips")
    excerpt = models.ForeignKey(Excerpt, on_delete=models.PROTECT, related_name="clips")
    explanation = models.ForeignKey(
        Explanation,
        on_delete=models.CASCADE,
        related_name="clips",
        null=True,
        blank=True,
        help_text="Empty for uploaded clips.",
    )
    condition = models.CharField(max_length=20, choices=Condition)
    target = models.CharField(
        max_length=100, blank=True, help_text="Empty for original and resynthesis, which serve all targets."
    )
    target_level = models.CharField(max_length=20, blank=True)
    method = models.CharField(
        max_length=50, blank=True, help_text="The explanation method, or the uploading system's name."
    )
    segments_asked = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Number of segments of evidence that the recipe requests; 0 if it does not apply, empty "
        "for uploaded clips.",
    )
    kept_segments = models.PositiveSmallIntegerField(
        default=0,
        null=True,
        blank=True,
        help_text="Number of segments of evidence that the clip contains, lacks (complement), boosts or is "
        "matched with (random control); 0 if it does not apply, empty if unknown.",
    )
    variant = models.PositiveSmallIntegerField(
        default=0, help_text="Number of the control among several of one kind."
    )
    file = models.FileField(upload_to="clips/", max_length=300)
    sha256 = models.CharField(max_length=64, editable=False)
    sound = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="SHA-256 of the first clip of the track that sounds the same; empty: its own.",
    )
    size = models.PositiveBigIntegerField(null=True, editable=False, help_text="Bytes of the file.")
    sample_rate = models.PositiveIntegerField(help_text="Hz")
    seconds = models.FloatField()
    loudness = models.FloatField(
        null=True, help_text="LUFS before the gain (ITU-R BS.1770); empty when too quiet to measure."
    )
    gain = models.FloatField(default=0, help_text="dB, the same for all clips of a comparison set")
    true_peak = models.FloatField(null=True, help_text="dBTP after the gain")
    area_share = models.FloatField(null=True, help_text="Share of the time-frequency area kept, 0 to 1.")
    energy_share = models.FloatField(null=True, help_text="Share of the energy kept, 0 to 1.")
    prediction_heard = models.JSONField(
        default=dict, blank=True, help_text="target -> output on the written file"
    )
    prediction_masked = models.JSONField(
        default=dict, blank=True, help_text="target -> output on the masked spectrogram"
    )
    provenance = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["track__name", "excerpt__start", "target", "condition", "kept_segments", "variant"]
        constraints = [
            models.UniqueConstraint(
                fields=["explanation", "condition", "target", "segments_asked", "variant"],
                name="clip_once_per_explanation",
            ),
            models.UniqueConstraint(
                fields=["excerpt", "method", "condition", "target", "kept_segments", "variant"],
                condition=models.Q(explanation__isnull=True),
                name="uploaded_clip_once",
            ),
        ]

    def __str__(self) -> str:
        about = f" for {self.target}" if self.target else ""
        return f"{self.part}: {self.get_condition_display()}{about}"

    def usual_excerpt(self) -> Excerpt:
        """Return the excerpt of its explanation, or the whole track."""
        return self.explanation.excerpt if self.explanation else super().usual_excerpt()

    def is_used(self) -> bool:
        """Return whether something that must not change, such as a study, depends on this clip."""
        try:
            Collector(using=self._state.db, origin=self).collect([self])
        except (models.ProtectedError, models.RestrictedError):
            return True
        return False
