"""The database model of published ratings of whole tracks."""

from django.db import models

from .track import Track


class TrackLabels(models.Model):
    """Ratings of a track from a published data set."""

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="labels")
    data_set = models.CharField(max_length=50, help_text="mid-level or soundtracks")
    values = models.JSONField(help_text="target -> mean rating, on the data set's own scale")

    class Meta:
        verbose_name = "labels of a track"
        verbose_name_plural = "labels of tracks"
        ordering = ["track__name", "data_set"]
        constraints = [models.UniqueConstraint(fields=["track", "data_set"], name="labels_once")]

    def __str__(self) -> str:
        return f"{self.track} in {self.data_set}"
