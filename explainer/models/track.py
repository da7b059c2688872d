"""The database model of tracks."""

from django.db import models

from .shared import IDENTIFIER


class Track(models.Model):
    """A piece of music as uploaded."""

    name = models.CharField(max_length=100, unique=True, validators=[IDENTIFIER])
    title = models.CharField(max_length=200, blank=True)
    composer = models.CharField(max_length=200, blank=True)
    source = models.TextField(blank=True, help_text="Where the recording comes from.")
    licence = models.CharField(
        max_length=200, blank=True, help_text="Terms under which it may be played to annotators."
    )
    notes = models.TextField(blank=True)
    file = models.FileField(upload_to="tracks/", max_length=300)
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    seconds = models.FloatField(editable=False)
    sample_rate = models.PositiveIntegerField(editable=False, help_text="Hz")
    channels = models.PositiveSmallIntegerField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.title or self.name

    @property
    def frames(self) -> int:
        """Number of samples of each channel."""
        return round(self.seconds * self.sample_rate)
