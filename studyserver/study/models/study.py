"""Studies: texts, design, listening options and access."""

import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse

from explainer.models import IDENTIFIER, Clip

from . import presentation_kinds


class StudyQuerySet(models.QuerySet):
    """Selections of studies."""

    def open(self) -> "StudyQuerySet":
        """Return studies that annotators can join."""
        return self.filter(state=Study.State.OPEN)

    def locked(self, pk: int) -> "Study":
        """Return one study, locked against other writers until the transaction ends.

        PostgreSQL locks the row; SQLite's IMMEDIATE transactions lock the whole database.
        """
        return self.select_for_update(no_key=True).get(pk=pk)


class Study(models.Model):
    """A listening study."""

    class State(models.TextChoices):
        """Whether annotators can join."""

        DRAFT = "draft", "draft"
        OPEN = "open", "open"
        CLOSED = "closed", "closed"

    PresentationKind = presentation_kinds.PresentationKind

    class SetRule(models.TextChoices):
        """Which clips form a set in trials with several clips."""

        TARGET = "target", "all of one track and target"
        METHOD = "method", "all of one track, target and method"
        SIZE = "size", "all of one track, target, method and number of kept segments"

    class ConditionDesign(models.TextChoices):
        """Whether annotators hear all conditions."""

        WITHIN = "within", "every annotator hears all conditions"
        BETWEEN = "between", "every annotator hears one of the compared conditions only"

    class Allocation(models.TextChoices):
        """Which clips an annotator gets, of those that the fewest annotators have."""

        MANY_TRACKS = "many_tracks", "clips of as many tracks as possible"
        WHOLE_TRACKS = "whole_tracks", "all clips of a track to the same annotator"

    class Blocks(models.TextChoices):
        """How trials are grouped in the order of presentation."""

        NONE = "", "no blocks: everything mixed"
        TARGET = "target", "one target after the other"
        CONDITION = "condition", "one condition after the other"
        METHOD = "method", "one method after the other"

    class Switching(models.TextChoices):
        """Where a clip starts when the annotator switches to it."""

        CONTINUE = "continue", "continues at the same time, to compare one moment"
        RESTART = "restart", "starts again, to hear each clip as a whole"

    class Access(models.TextChoices):
        """Who may join."""

        OPEN = "open", "everybody who has the link"
        PERSONAL = "personal", "people with a personal link"
        PANEL = "panel", "people sent by a recruiter with an identifier in the address"

    class HeadphoneChecks(models.TextChoices):
        """Headphone checks before the trials."""

        NONE = "", "none"
        ANTIPHASE = "antiphase", "antiphase tones"
        HUGGINS = "huggins", "Huggins pitch"
        BOTH = "both", "antiphase tones, then Huggins pitch"

    class HeadphoneExclusion(models.TextChoices):
        """What happens after a failed headphone check."""

        RECORD = "record", "only record the score"
        SCREEN_OUT = "screen_out", "end the study"

    slug = models.SlugField(unique=True, help_text="Part of the link that annotators open.")
    title = models.CharField(
        max_length=200, help_text="Annotators see the title, so it must not reveal the hypothesis."
    )
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    notes = models.TextField(blank=True, help_text="For researchers only.")
    language = models.CharField(
        max_length=10,
        default="en",
        help_text="Language of the texts and questions below.",
    )
    # What annotators read.
    consent = models.TextField(help_text="What annotators do, what is stored, and how to withdraw.")
    instructions = models.TextField(help_text="What to do in each trial, in plain words.")
    thanks = models.TextField(
        blank=True,
        help_text="Shown at the end, with the completion code. Explain here what the study was about.",
    )
    contact = models.CharField(max_length=200, blank=True, help_text="Address for questions of annotators.")
    # Design.
    presentation = models.CharField(
        max_length=20,
        choices=PresentationKind,
        default=PresentationKind.SINGLE,
        help_text="What one trial presents. A given reference lowers the ratings of clips that are better "
        "than it: take one only where nothing can be better.",
    )
    set_rule = models.CharField(
        max_length=10,
        choices=SetRule,
        default=SetRule.TARGET,
        help_text="Clips that are compared with each other. Originals and resyntheses belong to every "
        "target and method of their track.",
    )
    compared_conditions = models.JSONField(
        default=list,
        blank=True,
        help_text="Conditions that are compared with each other. None selected: all. Two conditions and "
        "“blind pair” give exactly this pair; one condition gives pairs of two methods or sizes.",
    )
    reference_condition = models.CharField(
        max_length=20,
        choices=Clip.Condition,
        blank=True,
        help_text="Shown as “Reference”, in presentations with a reference.",
    )
    anchor_condition = models.CharField(
        max_length=20,
        choices=Clip.Condition,
        blank=True,
        help_text="A condition that is known to be bad, hidden among the clips beside a reference. It makes "
        "the ratings of different annotators comparable.",
    )
    condition_design = models.CharField(
        max_length=10,
        choices=ConditionDesign,
        default=ConditionDesign.WITHIN,
        help_text="“One only” is for single clips. Conditions that are not compared are heard by every "
        "annotator.",
    )
    blocks = models.CharField(
        max_length=10,
        choices=Blocks,
        blank=True,
        default=Blocks.NONE,
        help_text="The order of the blocks differs between annotators.",
    )
    rest_every = models.PositiveSmallIntegerField(
        "trials between rests",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Empty: rests between blocks, if there are blocks and you set a text or a length below.",
    )
    rest_text = models.TextField(
        blank=True, help_text="Text that annotators see during a rest. Empty: a short standard sentence."
    )
    rest_seconds = models.PositiveSmallIntegerField(
        "shortest rest, in s",
        default=0,
        validators=[MaxValueValidator(600)],
        help_text="Annotators cannot continue earlier. 0: they decide themselves.",
    )
    trials_per_annotator = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Number of stimuli (or sets of clips) for each annotator. Empty: all of them.",
    )
    allocation = models.CharField(
        "clips of an annotator",
        max_length=20,
        choices=Allocation,
        default=Allocation.MANY_TRACKS,
        help_text="Used if annotators do not hear all clips. “All clips of a track”: each annotator hears "
        "every condition of a few tracks (of an excerpt, if tracks have several), never right after each "
        "other, so that conditions are compared within a person and track.",
    )
    annotators_wanted = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="New annotators are refused when this number is reached. Empty: no limit.",
    )
    minimum_track_distance = models.PositiveSmallIntegerField(
        default=2,
        help_text="Minimum number of trials between two clips of the same track, if there are enough tracks.",
    )
    repeats_per_annotator = models.PositiveSmallIntegerField(
        default=0,
        help_text="Number of trials that are presented twice, for test-retest figures (usually 10 to 20 %).",
    )
    repeat_distance = models.PositiveSmallIntegerField(
        default=10, help_text="Minimum number of trials between a trial and its repeat, if there are enough."
    )
    practice_trials = models.PositiveSmallIntegerField(
        default=0,
        help_text="Number of trials with practice stimuli at the start. They are not part of the results.",
    )
    practice_feedback = models.BooleanField(
        default=False,
        help_text="After a practice trial, show whether an answer to ABX, or which clip does not belong, was "
        "right, and the feedback of the practice stimuli.",
    )
    attention_trials = models.PositiveSmallIntegerField(
        default=0,
        help_text="Number of trials that ask for a certain answer (“please choose 4”) and record whether it "
        "was given. Use at least two if you exclude annotators by them.",
    )
    seed = models.PositiveIntegerField(default=1, help_text="Seed of every random choice of the design.")
    # Listening.
    minimum_listening_share = models.FloatField(
        default=1.0,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="Share of each clip that annotators must hear before they can continue, 0 to 1.",
    )
    switching = models.CharField(
        max_length=10,
        choices=Switching,
        default=Switching.CONTINUE,
        help_text="Where a clip starts when the annotator switches to it from another clip.",
    )
    allow_seek = models.BooleanField(
        default=True, help_text="Annotators can choose the position in the clip."
    )
    allow_loop = models.BooleanField(default=True, help_text="Annotators can repeat the clip in a loop.")
    allow_loop_region = models.BooleanField(
        default=False, help_text="Annotators can choose a part of the clip for the loop."
    )
    rate_while_playing = models.BooleanField(
        "rate only while playing",
        default=False,
        help_text="In trials with several clips, annotators can rate a clip only while it plays (as in "
        "ITU-R BS.1534).",
    )
    show_waveform = models.BooleanField(
        default=False, help_text="Shows the waveform. Annotators can then tell clips apart by eye, a bias."
    )
    lock_volume = models.BooleanField(
        default=True,
        help_text="Keep the volume of the sound check. Otherwise trials have a volume control.",
    )
    # Sound checks.
    set_level = models.BooleanField(
        "level setting",
        default=False,
        help_text="Annotators set the volume with a music-like noise before they hear anything else.",
    )
    count_tones = models.BooleanField(
        "count tones", default=True, help_text="Some loud, some faint tones: checks that the sound works."
    )
    headphone_check = models.CharField(
        max_length=10,
        choices=HeadphoneChecks,
        default=HeadphoneChecks.NONE,
        blank=True,
        help_text="Six trials each. Annotators pass antiphase with 5 right answers, Huggins with 6.",
    )
    headphone_exclusion = models.CharField(
        "after a failed check",
        max_length=12,
        choices=HeadphoneExclusion,
        default=HeadphoneExclusion.RECORD,
    )
    headphone_attempts = models.PositiveSmallIntegerField(
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
        help_text="Number of attempts at each check.",
    )
    # Getting annotators.
    access = models.CharField("who may join", max_length=10, choices=Access, default=Access.OPEN)
    participant_parameter = models.CharField(
        max_length=40,
        default="PROLIFIC_PID",
        validators=[IDENTIFIER],
        help_text="Name of the parameter with the person's identifier in the recruiter's link.",
    )
    panel_study_parameter = models.CharField(
        "study parameter", max_length=40, default="STUDY_ID", blank=True, validators=[IDENTIFIER]
    )
    session_parameter = models.CharField(
        max_length=40, default="SESSION_ID", blank=True, validators=[IDENTIFIER]
    )
    attention_limit = models.PositiveSmallIntegerField(
        "failed attention trials that end the study",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Annotators who fail this many trials end with “failed attention”, and their places are "
        "free again. Empty: failures are only recorded. Recruiters require at least two.",
    )
    # Completion.
    completion_code = models.CharField(
        max_length=50,
        blank=True,
        help_text="One code for all annotators, as recruiters want it. Empty: a random code for each.",
    )
    resume_days = models.PositiveSmallIntegerField(
        default=14,
        validators=[MinValueValidator(1)],
        help_text="Days during which annotators can continue a session. Afterwards the place is free again.",
    )
    minutes_to_finish = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(5)],
        help_text="Minutes after joining when a session ends and its place is free: the recruiter's “maximum "
        "time”. Empty: only the days count.",
    )
    template = models.CharField(
        max_length=40,
        blank=True,
        default="",
        editable=False,
        help_text="Template from which it was started, if any.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)

    objects = StudyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "studies"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address that annotators open."""
        return reverse("study:join", args=[self.slug])

    @property
    def presents(self) -> presentation_kinds.Traits:
        """The traits of what a trial presents."""
        return presentation_kinds.TRAITS[self.presentation]

    @property
    def takes_whole_tracks(self) -> bool:
        """Whether annotators hear all clips of a track; trials with several clips compare them anyway."""
        return self.allocation == self.Allocation.WHOLE_TRACKS and not self.presents.compares

    @property
    def time_to_finish(self) -> datetime.timedelta:
        """How long after joining a session can be continued."""
        days = datetime.timedelta(days=self.resume_days)
        if self.minutes_to_finish is None:
            return days
        return min(days, datetime.timedelta(minutes=self.minutes_to_finish))

    @property
    def needs_headphones(self) -> bool:
        """Whether the study ends for annotators without headphones."""
        return bool(self.headphone_check) and self.headphone_exclusion == self.HeadphoneExclusion.SCREEN_OUT

    @property
    def is_locked(self) -> bool:
        """Whether annotators have trials, so that questions and stimuli must not change."""
        return self.annotators.filter(rehearsal=False, trials__isnull=False).exists()
