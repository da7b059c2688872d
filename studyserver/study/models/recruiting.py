"""Recruitment data, stored apart from everything that is analysed."""

from django.db import models

from .annotator import Annotator
from .identifiers import random_token
from .study import Study


class Recruit(models.Model):
    """An identifier from a researcher or a recruiter, and the annotator who used it.

    This is the only row that links an annotator to a person. It is never part of results or exports, and it
    is deleted with the annotator.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="recruits")
    identifier = models.CharField(
        max_length=200, help_text="The person's identifier at the researcher or the recruiter."
    )
    personal = models.BooleanField(default=False, help_text="Invited by a personal link.")
    token = models.CharField(max_length=40, default=random_token, unique=True, editable=False)
    panel_study = models.CharField(max_length=200, blank=True)
    panel_session = models.CharField(max_length=200, blank=True)
    annotator = models.OneToOneField(
        Annotator, null=True, blank=True, on_delete=models.CASCADE, related_name="recruit"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["study", "id"]
        constraints = [
            models.UniqueConstraint(fields=["study", "identifier"], name="identifier_once_per_study")
        ]

    def __str__(self) -> str:
        return self.identifier


class Arrival(models.Model):
    """A visit by the recruiter's link; only the last few of a study are kept, with shortened identifiers."""

    class Problem(models.TextChoices):
        """Why the visit was refused."""

        NONE = "", "accepted"
        MISSING = "missing", "refused: no identifier"
        UNFILLED = "unfilled", "refused: a place-holder was not filled in"
        TOO_LONG = "too_long", "refused: too long"
        ELSEWHERE = "elsewhere", "refused: already takes part in another browser"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="arrivals")
    at = models.DateTimeField()
    parameters = models.JSONField(default=dict, help_text="Name -> shortened value.")
    problem = models.CharField(max_length=10, choices=Problem, blank=True, default=Problem.NONE)

    class Meta:
        ordering = ["study", "-at", "-id"]

    def __str__(self) -> str:
        return f"{self.study.slug}: {self.get_problem_display()}"


class RecentJoin(models.Model):
    """A recent join with a keyed digest of the network address; deleted within minutes."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="recent_joins")
    address = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["address", "at"])]

    def __str__(self) -> str:
        return f"{self.study.slug}: {self.at:%H:%M:%S}"


class Return(models.Model):
    """Completion code and return address for one of the ways in which a participation ends."""

    class Outcome(models.TextChoices):
        """How a participation can end."""

        DONE = "done", "done"
        SCREENED_OUT = "screened_out", "screened out"
        GROUP_FULL = "group_full", "group full"
        NO_CONSENT = "no_consent", "no consent"
        FAILED_ATTENTION = "failed_attention", "failed attention"
        LEFT = "left", "left after consent"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="returns")
    outcome = models.CharField(max_length=20, choices=Outcome)
    code = models.CharField(
        max_length=50, blank=True, help_text="Empty for “done”: the study's completion code."
    )
    address = models.CharField(
        max_length=500,
        blank=True,
        help_text="Address of the button on the last page, such as "
        "https://app.prolific.com/submissions/complete?cc={code}. {code} and {participant} are replaced.",
    )

    class Meta:
        ordering = ["study", "outcome"]
        constraints = [models.UniqueConstraint(fields=["study", "outcome"], name="return_once_per_outcome")]

    def __str__(self) -> str:
        return self.get_outcome_display()

    def clean(self) -> None:
        """Raise `ValidationError` if the address is not valid."""
        from django.core.exceptions import ValidationError
        from django.core.validators import URLValidator

        if self.address:
            try:
                URLValidator(schemes=["https", "http"])(self.address.format(code="C", participant="P"))
            except (ValidationError, ValueError, KeyError, IndexError):
                raise ValidationError(
                    {
                        "address": "Enter a complete address that begins with https://. Only {code} and "
                        "{participant} are allowed in braces."
                    }
                ) from None
