"""Composing a study from clips: chosen by rule, counted, and timed."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from explainer.files.clip_sounds import sound_of
from explainer.models import Clip, Explanation

from .adaptive import adaptive_advice
from .allocation import trials_of
from .blinding_advice import blinding_advice
from .design_problems import design_advice
from .drawn_sessions import spacing_advice
from .duration import seconds_around_trials
from .left_out import LeftOut, left_out_of, left_out_words
from .models import Question, QuestionExample, Stimulus, Study
from .recruiting import recruiting_advice
from .right_answers import right_answers_advice
from .sets import CONDITION_ORDER, UNMASKED, ClipSet, Entry, compose

# What an answer takes on top of listening, in s; pilots of one's own know better.
SECONDS_PER_ANSWER = 5.0
SECONDS_PER_COMMENT = 3.0
SLOWER = 1.5  # times as long, for people who hear clips again and think longer


class StudyLocked(Exception):
    """Questions and stimuli must stay as they are; the message says what to do instead."""

    def __init__(self):
        super().__init__(
            "Annotators have been given trials, so questions and stimuli can be neither changed, added nor "
            "deleted. Switch single stimuli off with “active”, or copy the study and change the copy."
        )


@dataclass(frozen=True)
class Rule:
    """Which clips a study takes; an empty choice does not restrict.

    Attributes
    ----------
    tracks, models, recipes
        Primary keys.
    targets
        Names of targets. Originals and resyntheses serve every target.
    conditions
        Values of :class:`explainer.models.Clip.Condition`.
    kept_segments
        Numbers of segments that the clips' evidence holds, for studies of several doses of evidence.
    methods
        Explanation methods, and systems from which clips were uploaded. What serves every method, such as
        the original, comes along.
    """

    tracks: list[int] = field(default_factory=list)
    models: list[int] = field(default_factory=list)
    recipes: list[int] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    kept_segments: list[int] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)


def clips_by_rule(rule: Rule) -> list[Clip]:
    """Return the finished clips that a rule selects; clips that sound alike only once."""
    clips = Clip.objects.filter(Q(explanation=None) | Q(explanation__state=Explanation.State.DONE))
    if rule.tracks:
        clips = clips.filter(track__in=rule.tracks)
    if rule.models:
        clips = clips.filter(explanation__model__in=rule.models)
    if rule.recipes:
        clips = clips.filter(explanation__recipe__in=rule.recipes)
    if rule.targets:
        clips = clips.filter(Q(target__in=rule.targets) | Q(target=""))
    if rule.conditions:
        clips = clips.filter(condition__in=rule.conditions)
    if rule.kept_segments:
        clips = clips.filter(Q(kept_segments__in=rule.kept_segments) | Q(kept_segments=0))
    if rule.methods:
        # An original serves every method, but only where there is something of these methods beside it.
        made = Clip.objects.filter(method__in=rule.methods)
        clips = clips.filter(Q(method__in=rule.methods) | Q(method="", track__in=made.values("track")))
    return _each_sound_once(clips.select_related("track").order_by("track__name", "pk"))


def _each_sound_once(clips: Iterable[Clip]) -> list[Clip]:
    """Drop an original or resynthesis that another explanation of the same track has brought already."""
    kept, seen = [], set()
    for clip in clips:
        sound = _sound(clip)
        if clip.condition in UNMASKED:
            if sound in seen:
                continue
            seen.add(sound)
        kept.append(clip)
    return kept


def new_clips(study: Study, clips: Iterable[Clip], role: str) -> list[Clip]:
    """Return those of the clips that are not stimuli of the study in this role yet."""
    stimuli = study.stimuli.filter(role=role).select_related("clip")
    present = {stimulus.clip_id for stimulus in stimuli}
    sounds = {_sound(stimulus.clip) for stimulus in stimuli if stimulus.clip.condition in UNMASKED}
    return [clip for clip in clips if clip.pk not in present and _sound(clip) not in sounds]


def _sound(clip: Clip) -> tuple:
    return clip.track_id, clip.condition, sound_of(clip)


def add_stimuli(study: Study, clips: Iterable[Clip], *, role: str = Stimulus.Role.MAIN) -> list[Stimulus]:
    """Make stimuli of clips; those that are stimuli already are left as they are.

    Raises
    ------
    StudyLocked
        When annotators have been given trials.
    """
    if study.is_locked:
        raise StudyLocked
    new = [Stimulus(study=study, clip=clip, role=role) for clip in new_clips(study, clips, role)]
    return Stimulus.objects.bulk_create(new)


# What will be heard ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """How many clips there are per condition and target."""

    targets: list[str]
    rows: list[tuple[str, list[int], int]]  # condition in words, count per target, sum
    totals: list[int]
    total: int


def table_of(clips: Iterable[Clip]) -> Table:
    """Return the number of clips per condition (rows) and target (columns; empty: serves all)."""
    counts = Counter((clip.condition, clip.target) for clip in clips)
    targets = sorted({target for _condition, target in counts})
    conditions = sorted({condition for condition, _target in counts}, key=CONDITION_ORDER.index)
    rows = [
        (
            Clip.Condition(condition).label,
            [counts[condition, target] for target in targets],
            sum(counts[condition, target] for target in targets),
        )
        for condition in conditions
    ]
    totals = [sum(row[1][column] for row in rows) for column in range(len(targets))]
    return Table(targets, rows, totals, sum(totals))


@dataclass(frozen=True)
class Outlook:
    """What a design means for annotators and for the data."""

    stimuli: int
    sets: int  # what a trial can present: as many as stimuli where it presents one clip
    trials: int
    repeats: int
    practice: int
    attention: int
    clips_per_trial: float
    questions_per_trial: float
    session_seconds: float
    longest_seconds: float  # of a session of somebody who hears everything to the end, and some of it again
    judgments_per_stimulus: float | None  # or per set; None without a wanted number of annotators
    annotators_per_round: int  # so many annotators hear each stimulus (or set) once between them
    left_out: LeftOut

    @property
    def left_out_words(self) -> str:
        """What is left out because clips sound alike, in sentences."""
        return left_out_words(self.left_out)

    @property
    def all_trials(self) -> int:
        """How many trials an annotator gets, of whatever kind."""
        return self.trials + self.repeats + self.practice + self.attention

    @property
    def session_minutes(self) -> int:
        """Length of a session, in whole minutes."""
        return max(1, round(self.session_seconds / 60))

    @property
    def minutes(self) -> tuple[int, int]:
        """The least and the greatest usual length of a session, in minutes; above 10 in steps of 5."""
        least, most = self.session_minutes, math.ceil(self.longest_seconds / 60)
        return least if least <= 10 else 5 * round(least / 5), most if most <= 10 else 5 * math.ceil(most / 5)


def outlook(study: Study, more_clips: Iterable[Clip] = ()) -> Outlook:
    """Return what the design as it stands (and with further main clips) amounts to."""
    stimuli = study.stimuli.active().main().select_related("clip").order_by("pk")
    entries = [Entry(stimulus.pk, stimulus.clip) for stimulus in stimuli]
    entries += [Entry(-clip.pk, clip) for clip in more_clips]
    made = compose(study, entries)
    sets = made.sets
    trials = trials_of(study, sets)
    repeats = min(study.repeats_per_annotator, trials)
    attention = study.attention_trials if trials else 0
    all_trials = trials + repeats + study.practice_trials + attention
    asked, thinking = _answering(list(study.questions.all()), sets)
    listening = sum(what.seconds for what in sets) / (len(sets) or 1)
    around = seconds_around_trials(study, sets, all_trials)
    wanted = study.annotators_wanted
    return Outlook(
        stimuli=len(entries),
        sets=len(sets),
        trials=trials,
        repeats=repeats,
        practice=study.practice_trials,
        attention=attention,
        clips_per_trial=sum(len(what.blind) for what in sets) / (len(sets) or 1),
        questions_per_trial=asked,
        session_seconds=around + all_trials * (study.minimum_listening_share * listening + thinking),
        longest_seconds=SLOWER * (around + all_trials * (listening + thinking)),
        judgments_per_stimulus=wanted * trials / len(sets) if wanted and sets else None,
        annotators_per_round=math.ceil(len(sets) / trials) if trials else 0,
        left_out=left_out_of(study, made),
    )


def _answering(questions: list[Question], sets: list[ClipSet]) -> tuple[float, float]:
    """Return the mean number of answers per trial, and the mean time they take, in s."""
    asked = thinking = 0.0
    for question in questions:
        own = question.target if question.only_own_target else ""
        concerned = [
            sum(1 for clip in what.blind if not own or clip.target in ("", own)) for what in sets
        ] or [1]
        if question.scope == Question.Scope.TRIAL:
            concerned = [min(1, number) for number in concerned]
        share = sum(concerned) / len(concerned)
        asked += share
        text = question.kind == Question.Kind.TEXT
        thinking += share * (SECONDS_PER_COMMENT if text else SECONDS_PER_ANSWER)
    return asked, thinking


def advice(study: Study) -> list[str]:
    """Return what does not stand in the way of opening but may be regretted, in words."""
    stimuli = list(study.stimuli.active().main().select_related("clip"))
    if not stimuli:
        return []
    found = recruiting_advice(study)
    future = outlook(study)
    if future.session_minutes > 30:
        found.append(
            f"A session takes about {future.session_minutes} minutes; attention lasts for 20 to 30. "
            "Lower “trials per annotator” or ask fewer questions."
        )
    conditions = {stimulus.clip.condition for stimulus in stimuli}
    if Clip.Condition.EVIDENCE in conditions and Clip.Condition.RANDOM_CONTROL not in conditions:
        found.append("There is evidence but no random control: nothing will tell evidence from chance.")
    if Clip.Condition.EVIDENCE in conditions and not conditions & UNMASKED:
        found.append("There is no original or resynthesis: nothing can be said about what remains of it.")
    found += design_advice(study)
    found += right_answers_advice(study)
    found += adaptive_advice(study)
    found += spacing_advice(study)
    found += blinding_advice(study, stimuli)
    if not study.questions.filter(key="sound_quality").exists() and conditions - UNMASKED:
        found.append(
            "Sound quality is not asked: “sounds bad” and “is gone” may be confused. There is a ready-made "
            "question."
        )
    return found


def available_targets() -> QuerySet:
    """Return the names of all targets that clips have been made for."""
    return Clip.objects.exclude(target="").order_by("target").values_list("target", flat=True).distinct()


def copy_study(study: Study) -> Study:
    """Return a draft with the same texts, design, questions and stimuli, and nobody's answers."""
    copy = Study.objects.get(pk=study.pk)
    copy.pk, copy.state, copy.opened_at, copy.closed_at = None, Study.State.DRAFT, None, None
    copy._state.adding = True
    copy.slug = _free_slug(study.slug)
    copy.save()
    for row in [*study.questions.all(), *study.stimuli.all(), *study.exclusion_rules.all()]:
        _copy_row(row, copy)
    questions = {question.key: question for question in copy.questions.all()}
    for example in QuestionExample.objects.filter(question__study=study).select_related("question"):
        questions[example.question.key].examples.create(clip_id=example.clip_id, label=example.label)
    for contrast in study.primary_contrasts.select_related("question"):
        contrast.question = questions[contrast.question.key] if contrast.question else None
        _copy_row(contrast, copy)
    _copy_questionnaire(study, copy)
    for row in [*study.returns.all(), *study.translations.all()]:
        _copy_row(row, copy)
    return copy


def _copy_questionnaire(study: Study, copy: Study) -> None:
    items = {}
    for page in study.questionnaire_pages.all():
        of_page = list(page.items.all())
        _copy_row(page, copy)
        for item in of_page:
            original = item.pk
            item.pk, item.page = None, page
            item._state.adding = True
            item.save(force_insert=True)
            items[original] = item
    for quota in study.quotas.all():
        quota.item = items[quota.item_id]
        _copy_row(quota, copy)


def _copy_row(row, study: Study) -> None:
    """Save a row anew as another study's."""
    row.pk, row.study = None, study
    row._state.adding = True
    row.save(force_insert=True)


def _free_slug(slug: str) -> str:
    number = 2
    while Study.objects.filter(slug=f"{slug[:44]}-{number}").exists():
        number += 1
    return f"{slug[:44]}-{number}"
