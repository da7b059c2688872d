"""A study: what annotators read, how much they hear, in which order, and who may join."""

import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse

from explainer.models import IDENTIFIER, Clip


class StudyQuerySet(models.QuerySet):
    """Selections of studies."""

    def open(self) -> "StudyQuerySet":
        """Return those that annotators may join."""
        return self.filter(state=Study.State.OPEN)

    def locked(self, pk: int) -> "Study":
        """Return one study, held against other writers until the transaction ends.

        PostgreSQL holds the row; SQLite's IMMEDIATE transactions hold the whole database.
        """
        return self.select_for_update(no_key=True).get(pk=pk)


class Study(models.Model):
    """What is asked, of whom, about which clips, in which order."""

    class State(models.TextChoices):
        """Whether annotators may join."""

        DRAFT = "draft", "draft"
        OPEN = "open", "open"
        CLOSED = "closed", "closed"

    class PresentationKind(models.TextChoices):
        """How many clips a trial presents, and how."""

        SINGLE = "single", "one clip"
        PAIR = "pair", "blind pair: A and B"
        PAIR_REFERENCE = "pair_reference", "pair with reference: A and B beside a given reference"
        MULTIPLE = "multiple", "several clips side by side, no reference given (as in ITU-R BS.2132)"
        MULTIPLE_REFERENCE = (
            "multiple_reference",
            "several clips beside a given reference, which is also hidden among them (as in ITU-R BS.1534)",
        )
        ABX = "abx", "ABX: is X the clip A or the clip B?"

    class SetRule(models.TextChoices):
        """Which clips belong together where a trial presents several."""

        TARGET = "target", "all of one track and target"
        METHOD = "method", "all of one track, target and method"
        SIZE = "size", "all of one track, target, method and number of kept segments"

    class ConditionDesign(models.TextChoices):
        """Who hears which condition."""

        WITHIN = "within", "every annotator hears all conditions"
        BETWEEN = "between", "every annotator hears one of the compared conditions only"

    class Blocks(models.TextChoices):
        """What stays together in the order of trials."""

        NONE = "", "no blocks: everything mixed"
        TARGET = "target", "one target after the other"
        CONDITION = "condition", "one condition after the other"
        METHOD = "method", "one method after the other"

    class Switching(models.TextChoices):
        """Where a clip begins when it is switched to."""

        CONTINUE = "continue", "goes on at the same time, to compare one moment"
        RESTART = "restart", "begins anew, to hear each clip as a whole"

    class Access(models.TextChoices):
        """Who may join."""

        OPEN = "open", "everybody who has the link"
        PERSONAL = "personal", "whoever has a personal link"
        PANEL = "panel", "whoever a recruiter sends with an identifier in the address"

    class HeadphoneChecks(models.TextChoices):
        """Which checks of headphones precede the trials."""

        NONE = "", "none"
        ANTIPHASE = "antiphase", "antiphase tones"
        HUGGINS = "huggins", "Huggins pitch"
        BOTH = "both", "antiphase tones, then Huggins pitch"

    class HeadphoneExclusion(models.TextChoices):
        """What follows from a failed headphone check."""

        RECORD = "record", "the score is recorded only"
        SCREEN_OUT = "screen_out", "the study ends"

    slug = models.SlugField(unique=True, help_text="Part of the link that annotators open.")
    title = models.CharField(
        max_length=200, help_text="Seen by annotators: it must not give the hypothesis away."
    )
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    notes = models.TextField(blank=True, help_text="For researchers only.")
    language = models.CharField(
        max_length=10,
        default="en",
        help_text="Language in which the texts and questions below are written.",
    )
    # What annotators read.
    consent = models.TextField(help_text="What taking part means, what is stored, how to withdraw.")
    instructions = models.TextField(help_text="What to do in each trial, in plain words.")
    thanks = models.TextField(
        blank=True,
        help_text="Shown at the end, with the completion code: tell here what it was about.",
    )
    contact = models.CharField(max_length=200, blank=True, help_text="Whom annotators can write to.")
    # Design.
    presentation = models.CharField(
        max_length=20,
        choices=PresentationKind,
        default=PresentationKind.SINGLE,
        help_text="What one trial presents.",
    )
    set_rule = models.CharField(
        max_length=10,
        choices=SetRule,
        default=SetRule.TARGET,
        help_text="Which clips are compared with each other. Originals and resyntheses belong to every "
        "target and method of their track.",
    )
    compared_conditions = models.JSONField(
        default=list,
        blank=True,
        help_text="Conditions that are compared with each other; none chosen: all. Two conditions and “blind "
        "pair” give exactly that pair; one condition gives pairs of two methods or sizes.",
    )
    reference_condition = models.CharField(
        max_length=20,
        choices=Clip.Condition,
        blank=True,
        help_text="Given openly as “Reference”, in the presentations that have one.",
    )
    anchor_condition = models.CharField(
        max_length=20,
        choices=Clip.Condition,
        blank=True,
        help_text="Known to be bad, and hidden among the clips beside a reference, so that scales can be "
        "compared between annotators.",
    )
    condition_design = models.CharField(
        max_length=10,
        choices=ConditionDesign,
        default=ConditionDesign.WITHIN,
        help_text="“One only” is for single clips: conditions that are not among the compared ones are heard "
        "by everybody.",
    )
    blocks = models.CharField(
        max_length=10,
        choices=Blocks,
        blank=True,
        default=Blocks.NONE,
        help_text="Blocks come in an order of each annotator's own.",
    )
    rest_every = models.PositiveSmallIntegerField(
        "a rest after so many trials",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Empty: between blocks, if there are blocks and a text or a length is given below.",
    )
    rest_text = models.TextField(
        blank=True, help_text="Shown while annotators rest; empty for a short sentence of the site's own."
    )
    rest_seconds = models.PositiveSmallIntegerField(
        "shortest rest, in s",
        default=0,
        validators=[MaxValueValidator(600)],
        help_text="Nobody can go on before; 0 leaves it to the annotator.",
    )
    trials_per_annotator = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="How many stimuli (or sets of clips) each annotator hears; empty for all of them.",
    )
    annotators_wanted = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Joining ends at this number; empty for no limit.",
    )
    minimum_track_distance = models.PositiveSmallIntegerField(
        default=2,
        help_text="At least so many trials lie between two clips of one track, if there are enough tracks.",
    )
    repeats_per_annotator = models.PositiveSmallIntegerField(
        default=0,
        help_text="So many trials are presented twice, for test-retest figures (10 to 20 % are usual).",
    )
    repeat_distance = models.PositiveSmallIntegerField(
        default=10, help_text="Trials between a trial and its repeat, where there are enough."
    )
    practice_trials = models.PositiveSmallIntegerField(
        default=0, help_text="So many trials with practice stimuli come first; they never enter the results."
    )
    practice_feedback = models.BooleanField(
        default=False,
        help_text="After a practice trial, tell whether an ABX answer was right, and show the feedback that "
        "was written for the practice stimuli.",
    )
    attention_trials = models.PositiveSmallIntegerField(
        default=0,
        help_text="So many trials ask for a given answer (“please choose 4”); whether it was given is "
        "recorded. At least two are needed to judge anybody by them.",
    )
    seed = models.PositiveIntegerField(default=1, help_text="Fixes every random choice of the design.")
    # Listening.
    minimum_listening_share = models.FloatField(
        default=1.0,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="Share of each clip that must be heard before going on, 0 to 1.",
    )
    switching = models.CharField(
        max_length=10,
        choices=Switching,
        default=Switching.CONTINUE,
        help_text="What a clip does when the annotator switches to it from another one.",
    )
    allow_seek = models.BooleanField(default=True, help_text="The position in the clip can be chosen.")
    allow_loop = models.BooleanField(default=True, help_text="The clip can be repeated without end.")
    allow_loop_region = models.BooleanField(
        default=False, help_text="A part of the clip can be chosen for the loop."
    )
    rate_while_playing = models.BooleanField(
        "rate only while it plays",
        default=False,
        help_text="In trials of several clips, the slider or scale of a clip moves only while that clip "
        "plays (as ITU-R BS.1534 asks).",
    )
    show_waveform = models.BooleanField(
        default=False, help_text="Draws the wave. It tells clips apart by eye, which biases listening."
    )
    lock_volume = models.BooleanField(
        default=True,
        help_text="The volume set in the sound check stays; otherwise trials have a volume control.",
    )
    # Sound checks.
    set_level = models.BooleanField(
        "level setting",
        default=False,
        help_text="Annotators set the volume with a music-like noise before anything else is played.",
    )
    count_tones = models.BooleanField(
        "tones to be counted", default=True, help_text="Some loud, some faint: shows that sound arrives."
    )
    headphone_check = models.CharField(
        max_length=10,
        choices=HeadphoneChecks,
        default=HeadphoneChecks.NONE,
        blank=True,
        help_text="Six trials each. Antiphase is passed with 5 right answers, Huggins with 6.",
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
        help_text="Attempts at each check.",
    )
    # Getting annotators.
    access = models.CharField("who may join", max_length=10, choices=Access, default=Access.OPEN)
    participant_parameter = models.CharField(
        max_length=40,
        default="PROLIFIC_PID",
        validators=[IDENTIFIER],
        help_text="Name under which a recruiter puts the person's identifier into the address.",
    )
    panel_study_parameter = models.CharField(
        "study parameter", max_length=40, default="STUDY_ID", blank=True, validators=[IDENTIFIER]
    )
    session_parameter = models.CharField(
        max_length=40, default="SESSION_ID", blank=True, validators=[IDENTIFIER]
    )
    attention_limit = models.PositiveSmallIntegerField(
        "failed attention trials that end in a refusal",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Whoever fails so many gets the return “failed attention”, and the place is free again; "
        "empty: failures are recorded only. Recruiters ask for two at least.",
    )
    # Completion.
    completion_code = models.CharField(
        max_length=50,
        blank=True,
        help_text="One code for all (as recruiters want it); empty for a random one per annotator.",
    )
    resume_days = models.PositiveSmallIntegerField(
        default=14,
        validators=[MinValueValidator(1)],
        help_text="A session can be taken up again for so many days; after that its place is free again.",
    )
    minutes_to_finish = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(5)],
        help_text="Minutes from joining after which a session is over and its place is free, as recruiters "
        "have them (“maximum time”); empty: only the days count.",
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
    def time_to_finish(self) -> datetime.timedelta:
        """How long after joining a session can be gone on with."""
        days = datetime.timedelta(days=self.resume_days)
        if self.minutes_to_finish is None:
            return days
        return min(days, datetime.timedelta(minutes=self.minutes_to_finish))

    @property
    def needs_headphones(self) -> bool:
        """Whether the study ends for people without headphones."""
        return bool(self.headphone_check) and self.headphone_exclusion == self.HeadphoneExclusion.SCREEN_OUT

    @property
    def is_locked(self) -> bool:
        """Whether people have been given trials, so that questions and stimuli must stay as they are."""
        return self.annotators.filter(rehearsal=False, trials__isnull=False).exists()
