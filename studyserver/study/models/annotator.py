"""Annotators: people who take part in a study, known by a random pseudonym; they have no accounts."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .identifiers import random_deletion_code, random_pseudonym, random_token
from .study import Study

PREVIEW = "preview"  # behaviour of a researcher who previews the annotators' pages


class AnnotatorQuerySet(models.QuerySet):
    """Selections of annotators."""

    def people(self) -> "AnnotatorQuerySet":
        """Return annotators who are neither simulated nor previews."""
        return self.filter(rehearsal=False)

    def rehearsals(self) -> "AnnotatorQuerySet":
        """Return simulated annotators and researchers' previews."""
        return self.filter(rehearsal=True)

    def previews(self) -> "AnnotatorQuerySet":
        """Return researchers' previews."""
        return self.rehearsals().filter(behaviour__in=("", PREVIEW))

    def answers_kept(self) -> "AnnotatorQuerySet":
        """Return annotators whose answers may be used: all except those who had them discarded."""
        return self.filter(answers_discarded=False)

    def in_session(self, now: datetime | None = None) -> "AnnotatorQuerySet":
        """Return annotators who have consented, have not finished, and can still continue."""
        return self.filter(state=Annotator.State.ACTIVE, expires_at__gt=now or timezone.now())

    def holding_places(self, now: datetime | None = None) -> "AnnotatorQuerySet":
        """Return annotators who count in the balance and towards the number wanted.

        They have consented, and have finished or can still finish. The places of expired, withdrawn and
        screened-out annotators are free again. Joining without consent does not take a place.
        """
        now = now or timezone.now()
        return self.filter(
            Q(state=Annotator.State.FINISHED) | Q(state=Annotator.State.ACTIVE, expires_at__gt=now)
        )


class Annotator(models.Model):
    """One person's participation in one study."""

    class State(models.TextChoices):
        """State of the participation."""

        JOINED = "joined", "joined, consent not yet given"
        ACTIVE = "active", "active"
        FINISHED = "finished", "finished"
        WITHDRAWN = "withdrawn", "withdrawn"
        SCREENED_OUT = "screened_out", "screened out"

    class EndedBecause(models.TextChoices):
        """Why the study ended a participation."""

        NOTHING = "", "-"
        QUESTIONNAIRE = "questionnaire", "an answer in the questionnaire"
        HEADPHONES = "headphones", "the headphone check"
        GROUP_FULL = "group_full", "enough annotators of the group"
        ATTENTION = "attention", "attention trials"

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="annotators")
    pseudonym = models.CharField(max_length=20, default=random_pseudonym, unique=True, editable=False)
    token = models.CharField(max_length=40, default=random_token, unique=True, editable=False)
    state = models.CharField(max_length=15, choices=State, default=State.JOINED)
    language = models.CharField(max_length=10, default="en")
    device_family = models.CharField(max_length=20, blank=True, help_text="desktop, phone or tablet")
    sound_check = models.JSONField(default=dict, blank=True)
    machine_translated = models.BooleanField(
        default=False,
        editable=False,
        help_text="Whether a machine translation of a page was detected, which can change the wording.",
    )
    rehearsal = models.BooleanField(
        default=False, help_text="Simulated annotator or a researcher's preview; not counted as a person."
    )
    behaviour = models.CharField(
        max_length=30, blank=True, editable=False, help_text="How a simulated annotator behaves."
    )
    answers_discarded = models.BooleanField(
        default=False, help_text="Left the study and asked not to use the answers given so far."
    )
    completion_code = models.CharField(max_length=50, blank=True, editable=False)
    deletion_code = models.CharField(max_length=20, default=random_deletion_code, unique=True, editable=False)
    ended_because = models.CharField(
        max_length=20, choices=EndedBecause, default=EndedBecause.NOTHING, blank=True, editable=False
    )
    pages_done = models.JSONField(default=list, blank=True, editable=False)
    joined_at = models.DateTimeField(auto_now_add=True)
    consented_at = models.DateTimeField(null=True, editable=False)
    asked_at = models.DateTimeField(
        null=True, editable=False, help_text="When the questions before the trials were answered."
    )
    instructed_at = models.DateTimeField(null=True, editable=False)
    sound_checked_at = models.DateTimeField(null=True, editable=False)
    listened_at = models.DateTimeField(null=True, editable=False, help_text="When the last trial was done.")
    finished_at = models.DateTimeField(null=True, editable=False)
    thanked_at = models.DateTimeField(
        null=True, editable=False, help_text="When the last page was shown; later answers are refused."
    )
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(editable=False)

    objects = AnnotatorQuerySet.as_manager()

    class Meta:
        ordering = ["study", "joined_at", "id"]
        indexes = [models.Index(fields=["study", "state", "rehearsal"])]

    def __str__(self) -> str:
        return self.pseudonym

    @property
    def checked(self) -> dict:
        """The stored results of the sound checks; empty if an older row does not hold a JSON object."""
        return self.sound_check if isinstance(self.sound_check, dict) else {}

    def time_is_over(self) -> bool:
        """Return whether the participation was not finished and can no longer be continued."""
        return self.state in (self.State.JOINED, self.State.ACTIVE) and self.expires_at <= timezone.now()


class Departure(models.Model):
    """An anonymous record that somebody left a study or had answers deleted."""

    class Kind(models.TextChoices):
        """What the annotator requested."""

        ANSWERS_KEPT = "answers_kept", "left; the answers may be used"
        ANSWERS_DISCARDED = "answers_discarded", "left; the answers are not used"
        DELETED = "deleted", "everything deleted on request"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="departures")
    kind = models.CharField(max_length=20, choices=Kind)
    judgments = models.PositiveIntegerField(default=0, help_text="Number of answers affected.")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["study", "at"]

    def __str__(self) -> str:
        return f"{self.study.slug}: {self.get_kind_display()}"
