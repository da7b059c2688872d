"""Who was invited or sent by a recruiter: kept apart from everything that is analysed."""

from django.db import models

from .annotator import Annotator
from .identifiers import random_token
from .study import Study


class Recruit(models.Model):
    """An identifier from outside, and the participation that came of it.

    The only row that ties a participation to a person; it never enters results or exports and is
    deleted along with the annotator.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="recruits")
    identifier = models.CharField(
        max_length=200, help_text="As the researcher or the recruiter knows the person."
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
    """What a recruiter's link has lately brought along; the last few of a study, identifiers cut short."""

    class Problem(models.TextChoices):
        """Why nobody could come in by it."""

        NONE = "", "accepted"
        MISSING = "missing", "refused: no identifier"
        UNFILLED = "unfilled", "refused: a place-holder was not filled in"
        TOO_LONG = "too_long", "refused: too long"
        ELSEWHERE = "elsewhere", "refused: takes part in another browser already"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="arrivals")
    at = models.DateTimeField()
    parameters = models.JSONField(default=dict, help_text="Name -> what it held, cut short.")
    problem = models.CharField(max_length=10, choices=Problem, blank=True, default=Problem.NONE)

    class Meta:
        ordering = ["study", "-at", "-id"]

    def __str__(self) -> str:
        return f"{self.study.slug}: {self.get_problem_display()}"


class RecentJoin(models.Model):
    """That somebody began lately, and a keyed digest of the network address; deleted within minutes."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="recent_joins")
    address = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["address", "at"])]

    def __str__(self) -> str:
        return f"{self.study.slug}: {self.at:%H:%M:%S}"


class Return(models.Model):
    """What an annotator is given at one of a study's ends: a code, and an address to go back to."""

    class Outcome(models.TextChoices):
        """How a participation can end."""

        DONE = "done", "done"
        SCREENED_OUT = "screened_out", "screened out"
        GROUP_FULL = "group_full", "group full"
        NO_CONSENT = "no_consent", "no consent"
        FAILED_ATTENTION = "failed_attention", "failed attention"
        LEFT = "left", "stopped on the way"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="returns")
    outcome = models.CharField(max_length=20, choices=Outcome)
    code = models.CharField(
        max_length=50, blank=True, help_text="For “done”, empty means the study's completion code."
    )
    address = models.CharField(
        max_length=500,
        blank=True,
        help_text="Offered as a button, such as https://app.prolific.com/submissions/complete?cc={code}; "
        "{code} and {participant} are filled in.",
    )

    class Meta:
        ordering = ["study", "outcome"]
        constraints = [models.UniqueConstraint(fields=["study", "outcome"], name="return_once_per_outcome")]

    def __str__(self) -> str:
        return self.get_outcome_display()

    def clean(self) -> None:
        """Refuse addresses that are none."""
        from django.core.exceptions import ValidationError
        from django.core.validators import URLValidator

        if self.address:
            try:
                URLValidator(schemes=["https", "http"])(self.address.format(code="C", participant="P"))
            except (ValidationError, ValueError, KeyError, IndexError):
                raise ValidationError(
                    {
                        "address": "Write a whole address that begins with https://; only {code} and "
                        "{participant} may stand in braces."
                    }
                ) from None
