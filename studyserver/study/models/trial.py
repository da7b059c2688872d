"""Trials and the clips that they present."""

from django.db import models

from .annotator import Annotator
from .identifiers import random_token
from .stimulus import Stimulus
from .version import StudyVersion


class TrialQuerySet(models.QuerySet):
    """Selections of trials."""

    def unfinished(self) -> "TrialQuerySet":
        """Return trials that are not finished, in order."""
        return self.filter(finished_at=None).order_by("position")


class Trial(models.Model):
    """One presentation of one or several clips, with the questions, to one annotator."""

    class Kind(models.TextChoices):
        """Purpose of the trial."""

        MAIN = "main", "main"
        PRACTICE = "practice", "practice"
        REPEAT = "repeat", "repeat"
        ATTENTION = "attention", "attention"

    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="trials")
    position = models.PositiveIntegerField(help_text="Order of presentation, from 1.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.MAIN)
    repeat_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="repeats"
    )
    item_key = models.CharField(
        max_length=100,
        blank=True,
        editable=False,
        help_text="Number of the stimulus, or name of the set of clips.",
    )
    block = models.PositiveSmallIntegerField(
        null=True, help_text="Number of the block, from 1 for each annotator; empty without blocks."
    )
    attention = models.JSONField(
        default=dict, blank=True, help_text='Attention trials: {"question": id, "expected": answer}.'
    )
    attention_passed = models.BooleanField(
        null=True, help_text="Attention trials: whether the expected answer was given."
    )
    adaptive = models.BooleanField(
        default=False,
        help_text="Chosen where a judgment narrowed a declared figure most, by an earlier version.",
    )
    version = models.ForeignKey(
        StudyVersion,
        null=True,
        on_delete=models.PROTECT,
        related_name="trials",
        help_text="The study as it was when this trial was presented.",
    )
    token = models.CharField(max_length=40, default=random_token, unique=True, editable=False)
    allocated_at = models.DateTimeField(auto_now_add=True)
    given_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the trial was first sent to a browser, perhaps long before its turn.",
    )
    presented_at = models.DateTimeField(
        null=True, help_text="When it appeared; until it is finished, when it was sent to the browser."
    )
    finished_at = models.DateTimeField(null=True, help_text="When Next was pressed.")
    finished_by = models.CharField(
        max_length=22,
        blank=True,
        editable=False,
        help_text="Random number of the device that finished it; empty if simulated.",
    )
    listening = models.JSONField(
        default=dict, blank=True, help_text="What was played, as recorded by the browser."
    )

    objects = TrialQuerySet.as_manager()

    class Meta:
        ordering = ["annotator", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["annotator", "position"], name="trial_position_once_per_annotator"
            )
        ]
        indexes = [models.Index(fields=["annotator", "kind", "item_key"])]

    def __str__(self) -> str:
        return f"{self.annotator} {self.position}"


class Presentation(models.Model):
    """A clip in a trial, with the label and the opaque address that this annotator sees."""

    class Role(models.TextChoices):
        """Role of the clip in its trial; annotators know only the given reference and X."""

        CLIP = "clip", "clip"
        REFERENCE = "reference", "reference, shown as such"
        HIDDEN_REFERENCE = "hidden_reference", "reference, hidden among the clips"
        ANCHOR = "anchor", "anchor, hidden among the clips"
        X = "x", "X of an ABX trial"
        INTRUDER = "intruder", "intruder, hidden among the clips"

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="presentations")
    stimulus = models.ForeignKey(Stimulus, on_delete=models.PROTECT, related_name="presentations")
    position = models.PositiveSmallIntegerField(default=0, help_text="0 is labelled A, 1 is labelled B, ...")
    role = models.CharField(max_length=20, choices=Role, default=Role.CLIP)
    token = models.CharField(max_length=40, default=random_token, unique=True, editable=False)

    class Meta:
        ordering = ["trial", "position"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "position"], name="presentation_position_once_per_trial")
        ]

    def __str__(self) -> str:
        return f"{self.trial} {self.label}"

    @property
    def is_blind(self) -> bool:
        """Whether the clip is judged: it is neither the given reference nor X."""
        return self.role not in (self.Role.REFERENCE, self.Role.X)

    @property
    def label(self) -> str:
        """The letter that the annotator sees; R is the given reference."""
        if self.role == self.Role.REFERENCE:
            return "R"
        return "X" if self.role == self.Role.X else chr(ord("A") + self.position)


def presented_clips() -> models.Prefetch:
    """Return the presentations of trials, in order and with their clips, to be read in one query."""
    return models.Prefetch(
        "presentations",
        Presentation.objects.select_related("stimulus__clip").order_by("trial_id", "position"),
    )
