"""Selection of a study's stimuli from clips by rule, and their counts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from explainer.files.clip_sounds import sound_of
from explainer.models import Clip, Excerpt, Explanation
from studyserver.study.models import Stimulus, Study

from .sets import CONDITION_ORDER, UNMASKED


class StudyLocked(Exception):
    """Raised if questions and stimuli can no longer be changed; the message says what to do instead."""

    def __init__(self) -> None:
        super().__init__(
            "Annotators have been given trials, so questions and stimuli can be neither changed, added nor "
            "deleted. Deactivate single stimuli with “active”, or copy the study and change the copy."
        )


@dataclass(frozen=True)
class Rule:
    """Criteria for the clips of a study; an empty criterion does not restrict."""

    # Primary keys.
    tracks: list[int] = field(default_factory=list)
    parts: str = ""  # "excerpts" or "whole" for clips of parts of tracks, or of whole tracks, only
    models: list[int] = field(default_factory=list)
    recipes: list[int] = field(default_factory=list)
    # Names of targets. Originals and resyntheses serve every target.
    targets: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)  # values of `Clip.Condition`
    # Numbers of segments of the clips' evidence, for studies with several sizes of evidence.
    kept_segments: list[int] = field(default_factory=list)
    # Explanation methods, and systems from which clips were uploaded. Clips that serve every method, such as
    # the original, are included.
    methods: list[str] = field(default_factory=list)


def clips_by_rule(rule: Rule) -> list[Clip]:
    """Return the finished clips that a rule selects; of clips that sound the same only one."""
    clips = Clip.objects.filter(Q(explanation=None) | Q(explanation__state=Explanation.State.DONE))
    if rule.tracks:
        clips = clips.filter(track__in=rule.tracks)
    if rule.parts:
        of_whole = Q(excerpt__chosen_by=Excerpt.ChosenBy.WHOLE)
        clips = clips.filter(of_whole if rule.parts == "whole" else ~of_whole)
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
        # An original serves every method, but only on excerpts with clips of these methods.
        made = Clip.objects.filter(method__in=rule.methods)
        clips = clips.filter(Q(method__in=rule.methods) | Q(method="", excerpt__in=made.values("excerpt")))
    return _each_sound_once(clips.select_related("track", "excerpt").order_by("track__name", "pk"))


def _each_sound_once(clips: Iterable[Clip]) -> list[Clip]:
    """Return the clips without originals and resyntheses already present from another explanation."""
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
    """Return the clips that are not yet stimuli of the study in this role."""
    stimuli = study.stimuli.filter(role=role).select_related("clip")
    present = {stimulus.clip_id for stimulus in stimuli}
    sounds = {_sound(stimulus.clip) for stimulus in stimuli if stimulus.clip.condition in UNMASKED}
    return [clip for clip in clips if clip.pk not in present and _sound(clip) not in sounds]


def _sound(clip: Clip) -> tuple:
    return clip.track_id, clip.condition, sound_of(clip)


def add_stimuli(study: Study, clips: Iterable[Clip], *, role: str = Stimulus.Role.MAIN) -> list[Stimulus]:
    """Create stimuli from clips; existing ones are not changed.

    Raises
    ------
    StudyLocked
        If annotators have been given trials.
    """
    if study.is_locked:
        raise StudyLocked
    new = [Stimulus(study=study, clip=clip, role=role) for clip in new_clips(study, clips, role)]
    return Stimulus.objects.bulk_create(new)


# What will be heard ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """Numbers of clips per condition and target."""

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


def available_targets() -> QuerySet:
    """Return the names of all targets of clips."""
    return Clip.objects.exclude(target="").order_by("target").values_list("target", flat=True).distinct()
