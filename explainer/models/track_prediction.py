"""The database model of predictions on whole tracks."""

from django.db import models

from .music_model import MusicModel
from .track import Track


class TrackPrediction(models.Model):
    """The outputs of a model on a whole track, independent of explanations."""

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="predictions")
    model = models.ForeignKey(MusicModel, on_delete=models.CASCADE, related_name="predictions")
    model_sha256 = models.CharField(max_length=64, help_text="SHA-256 over its weights and definition.")
    outputs = models.JSONField(help_text="target -> output")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["track__name", "model__name"]
        constraints = [models.UniqueConstraint(fields=["track", "model"], name="prediction_once")]

    def __str__(self) -> str:
        return f"{self.model} on {self.track}"
