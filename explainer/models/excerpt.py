"""The database models of excerpts, and of their choice by rule."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from .music_model import MusicModel
from .track import Track

# A choice reports its progress every few seconds; without a report for this long its worker counts as dead.
REPORT_TIMEOUT = timedelta(seconds=120)


class ExcerptChoice(models.Model):
    """The choice of excerpts of one track by a rule, with what the model says over time."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="excerpt_choices")
    model = models.ForeignKey(MusicModel, on_delete=models.PROTECT, related_name="excerpt_choices")
    model_sha256 = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 over weights and definition."
    )
    target = models.CharField(max_length=100)
    rule = models.JSONField(help_text="JSON form of explainer.core.excerpts.rule.ExcerptRule.")
    batch = models.CharField(
        max_length=32, db_index=True, help_text="The same for tracks whose excerpts are chosen together."
    )
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    progress = models.PositiveSmallIntegerField(default=0, help_text="percent")
    reported_at = models.DateTimeField(null=True, help_text="Last sign of life of the worker.")
    failure = models.TextField(blank=True, help_text="What went wrong and what to do.")
    curve = models.CharField(
        max_length=200, blank=True, help_text="Stored file: explainer.core.excerpts.curve.Curve as JSON."
    )
    chosen = models.JSONField(
        default=list, help_text="Start and length in s, output and sought value of each chosen excerpt."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.track} · {self.model} · {self.target}"

    def is_being_made(self) -> bool:
        """Return whether a live worker is at it."""
        if self.state != self.State.RUNNING or self.reported_at is None:
            return False
        return timezone.now() - self.reported_at < REPORT_TIMEOUT


class ExcerptManager(models.Manager):
    """Access to the excerpt that every track has."""

    def whole_of(self, track: Track) -> "Excerpt":
        """Return the excerpt that is the whole track."""
        whole = Excerpt.ChosenBy.WHOLE
        row = self.filter(track=track, chosen_by=whole).first()
        if row is None:
            row, _created = self.get_or_create(
                track=track, start=0, frames=track.frames, defaults={"chosen_by": whole}
            )
        return row.of(track)


class Excerpt(models.Model):
    """A part of a track that is explained and heard; every track has one that is the whole of it."""

    class ChosenBy(models.TextChoices):
        WHOLE = "whole", "the whole track"
        HAND = "hand", "by hand"
        MANIFEST = "manifest", "by manifest"
        RULE = "rule", "by rule"

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="excerpts")
    start = models.PositiveBigIntegerField(help_text="First frame, at the track's sample rate.")
    frames = models.PositiveBigIntegerField(help_text="Number of frames.")
    chosen_by = models.CharField(max_length=10, choices=ChosenBy)
    choice = models.ForeignKey(
        ExcerptChoice,
        on_delete=models.RESTRICT,
        related_name="excerpts",
        null=True,
        blank=True,
        help_text="The rule that chose it.",
    )
    output = models.FloatField(
        null=True, blank=True, help_text="The model's output for the rule's target on the excerpt."
    )
    sought = models.FloatField(
        null=True, blank=True, help_text="The value to which the rule looked for the closest output."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ExcerptManager()

    class Meta:
        ordering = ["track__name", "start", "frames"]
        constraints = [models.UniqueConstraint(fields=["track", "start", "frames"], name="excerpt_once")]

    def __str__(self) -> str:
        if self.is_whole:
            return str(self.track)
        return f"{self.track}, {self.start_seconds:.2f}\N{EN DASH}{self.end_seconds:.2f} s"

    def of(self, track: Track) -> "Excerpt":
        """Return the excerpt with its track, which was loaded before."""
        self.track = track
        return self

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole track, which is used as it is: not cut and not faded."""
        return self.chosen_by == self.ChosenBy.WHOLE

    @property
    def start_seconds(self) -> float:
        """Start in s."""
        return self.start / self.track.sample_rate

    @property
    def seconds(self) -> float:
        """Length in s."""
        return self.frames / self.track.sample_rate

    @property
    def end_seconds(self) -> float:
        """End in s."""
        return (self.start + self.frames) / self.track.sample_rate

    @property
    def name(self) -> str:
        """A name that no other excerpt of any track has: that of the track, with start and end in s."""
        if self.is_whole:
            return self.track.name
        return f"{self.track.name}@{round(self.start_seconds, 3):g}-{round(self.end_seconds, 3):g}"


class PartOfTrack(models.Model):
    """Base of what belongs to an excerpt; without one it belongs to the whole track.

    The track is stored beside the excerpt, because it is the unit of all statistics and orders.
    """

    track: Any
    track_id: Any
    excerpt: Any
    excerpt_id: Any

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row with its track and its excerpt."""
        if self.excerpt_id is None:
            self.excerpt = self.usual_excerpt()
        if self.track_id is None:
            self.track = self.excerpt.track
        super().save(*args, **kwargs)

    @property
    def part(self) -> Excerpt:
        """Its excerpt, with its track, which need not be loaded twice."""
        return self.excerpt.of(self.track)

    def usual_excerpt(self) -> Excerpt:
        """Return the excerpt if none is given."""
        return Excerpt.objects.whole_of(self.track)
