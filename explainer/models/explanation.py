"""The database model of explanations: requested, being built, or finished."""

import os
import socket
from datetime import timedelta

from django.db import models
from django.utils import timezone

from .excerpt import Excerpt, PartOfTrack
from .music_model import MusicModel
from .recipe import Recipe
from .track import Track

# A build updates its heartbeat every few seconds; without one for this long its worker counts as dead.
HEARTBEAT_TIMEOUT = timedelta(seconds=60)


def this_worker() -> str:
    """Return the name under which this process claims a build."""
    return f"{socket.gethostname()}:{os.getpid()}"


class ExplanationQuerySet(models.QuerySet):
    """Selections by the state of the build."""

    def unfinished(self) -> "ExplanationQuerySet":
        """Return those whose clips do not exist yet, in any state but done."""
        return self.exclude(state=Explanation.State.DONE)

    def done(self) -> "ExplanationQuerySet":
        """Return those whose clips exist."""
        return self.filter(state=Explanation.State.DONE)

    def resumable(self) -> list["Explanation"]:
        """Return the unfinished ones without a running worker: waiting, failed or interrupted."""
        return [row for row in self.unfinished() if not row.is_being_built()]


class Explanation(PartOfTrack):
    """The explanation of one excerpt for one model with one recipe."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        BUILDING = "building", "building"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    track = models.ForeignKey(Track, on_delete=models.PROTECT, related_name="explanations")
    excerpt = models.ForeignKey(Excerpt, on_delete=models.PROTECT, related_name="explanations")
    model = models.ForeignKey(MusicModel, on_delete=models.PROTECT, related_name="explanations")
    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, related_name="explanations")
    requested_targets = models.JSONField(
        default=list,
        blank=True,
        help_text="Targets whose clips are made; empty for every target of the model.",
    )
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, editable=False)
    progress = models.PositiveSmallIntegerField(default=0, editable=False, help_text="percent")
    activity = models.CharField(
        max_length=200, blank=True, editable=False, help_text="Current step of the build."
    )
    worker = models.CharField(
        max_length=300, blank=True, editable=False, help_text="Host and process of the build."
    )
    heartbeat_at = models.DateTimeField(
        null=True, editable=False, help_text="Last sign of life of the worker."
    )
    failure = models.TextField(blank=True, editable=False, help_text="What went wrong and what to do.")
    key = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="SHA-256 over excerpt, model and recipe: the content address.",
    )
    file = models.FileField(upload_to="explanations/", max_length=300, blank=True, editable=False)
    predictions = models.JSONField(
        default=dict, blank=True, editable=False, help_text="target -> the model's output on the excerpt"
    )
    fidelity = models.JSONField(default=dict, blank=True, editable=False)
    provenance = models.JSONField(default=dict, blank=True, editable=False)
    figures = models.JSONField(
        default=dict, blank=True, editable=False, help_text="figure name -> stored file name"
    )
    warnings = models.JSONField(default=list, blank=True, editable=False)
    model_calls = models.PositiveIntegerField(default=0, editable=False)
    seconds = models.FloatField(default=0, editable=False, help_text="Wall time of the build.")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = ExplanationQuerySet.as_manager()

    class Meta:
        ordering = ["track__name", "excerpt__start", "excerpt__frames", "model__name", "recipe__name"]
        constraints = [
            models.UniqueConstraint(fields=["excerpt", "model", "recipe"], name="explanation_once")
        ]

    def __str__(self) -> str:
        return f"{self.part} · {self.model} · {self.recipe}"

    def targets(self) -> list[str]:
        """Return the targets whose clips are requested, in the model's order."""
        return [
            name
            for name in self.model.target_names()
            if name in self.requested_targets or not self.requested_targets
        ]

    def is_being_built(self) -> bool:
        """Return whether a live worker is building it."""
        if self.state != self.State.BUILDING or self.heartbeat_at is None:
            return False
        if timezone.now() - self.heartbeat_at > HEARTBEAT_TIMEOUT:
            return False
        return not _is_known_to_be_dead(self.worker)

    def is_stalled(self) -> bool:
        """Return whether its state is building although its worker is dead."""
        return self.state == self.State.BUILDING and not self.is_being_built()


def _is_known_to_be_dead(worker: str) -> bool:
    host, _, process = worker.rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, ValueError):
        return False
    return False
