"""Allocation of trials to an annotator, balanced over all annotators."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from studyserver.study.models import Annotator, Presentation, Stimulus, Study, Trial

from . import attention, ordering
from .sets import ClipSet, stimulus_sets
from .spacing import Item, Rules


@dataclass(frozen=True)
class PlannedTrial:
    """A trial to be created: its kind, the clips it presents, the number of its block."""

    kind: str
    what: ClipSet
    block: int | None = None


def allocate_trials(annotator: Annotator) -> None:
    """Create all trials of an annotator who has none.

    The study's row is locked, so that annotators who arrive at the same time see each other's allocations and
    do not all get the same least-judged stimuli.
    """
    with transaction.atomic():
        study = Study.objects.locked(annotator.study_id)
        if annotator.trials.exists():
            return
        rng = ordering.generator(study.seed, annotator.pseudonym)
        _store(annotator, plan_session(study, rng, rehearsal=annotator.rehearsal), rng)


def judged_counts(study: Study, *, rehearsal: bool = False, now: datetime | None = None) -> Counter:
    """Return the number of annotators of each main stimulus who have finished or may still finish.

    Simulated annotators are counted separately.
    """
    return _holding(study, rehearsal, "stimulus", Presentation.objects, "trial__", now)


def judged_sets(study: Study, *, rehearsal: bool = False, now: datetime | None = None) -> Counter:
    """Return the number of such annotators for each stimulus or set of clips, by its key."""
    return _holding(study, rehearsal, "item_key", Trial.objects, "", now)


def _holding(
    study: Study, rehearsal: bool, what: str, rows: QuerySet, trial: str, now: datetime | None = None
) -> Counter:
    annotators = study.annotators.filter(rehearsal=rehearsal).holding_places(now or timezone.now())
    held = (
        rows.filter(**{f"{trial}annotator__in": annotators, f"{trial}kind": Trial.Kind.MAIN})
        .values(what)
        .annotate(annotators=Count(f"{trial}annotator", distinct=True))
        .order_by()
    )
    return Counter({row[what]: row["annotators"] for row in held})


# Which trials ------------------------------------------------------------------------------------


def _practice_sets(study: Study) -> list[ClipSet]:
    return stimulus_sets(study, Stimulus.Role.PRACTICE)


def compared_levels(study: Study, sets: Sequence[ClipSet]) -> list[str]:
    """Return the conditions of which each annotator hears only one; empty if everyone hears all."""
    if not is_between(study):
        return []
    present = {what.clips[0].condition for what in sets}
    return sorted(present & set(study.compared_conditions) if study.compared_conditions else present)


def is_between(study: Study) -> bool:
    """Return whether annotators differ in the condition they hear."""
    return study.condition_design == Study.ConditionDesign.BETWEEN and not study.presents.compares


def allocation_of(study: Study) -> str:
    """Return how a study chooses; trials with several clips are always of as many tracks as possible."""
    return Study.Allocation.WHOLE_TRACKS if study.takes_whole_tracks else Study.Allocation.MANY_TRACKS


def _own_sets(study: Study, sets: list[ClipSet], rng: Random, *, rehearsal: bool) -> list[ClipSet]:
    """Return the sets for this annotator: all, or those with the least allocated compared condition."""
    levels = compared_levels(study, sets)
    if not levels:
        return sets
    held = _holding(study, rehearsal, "stimulus__clip__condition", Presentation.objects, "trial__")
    rng.shuffle(levels)
    own = min(levels, key=lambda level: held[level])
    return without_other_levels(sets, levels, own)


def without_other_levels(sets: Sequence[ClipSet], levels: Sequence[str], own: str) -> list[ClipSet]:
    """Return the sets without those of the other levels."""
    return [what for what in sets if what.clips[0].condition == own or what.clips[0].condition not in levels]


def block_of(study: Study, what: ClipSet) -> Hashable:
    """Return the value that the sets of a block share; None without blocks."""
    return {
        Study.Blocks.TARGET: what.target,
        Study.Blocks.CONDITION: what.clips[0].condition,
        Study.Blocks.METHOD: what.method,
    }.get(study.blocks)


def _item(study: Study, what: ClipSet, key: Hashable = None) -> Item:
    """Return a set as an item to be ordered, with a given key if that of the set may not be unique."""
    return Item(key or what.key, what.track, what.unmasked, block_of(study, what), what.excerpt)


@dataclass(frozen=True)
class Supply:
    """What sessions of a study are made of, at one moment."""

    sets: list[ClipSet]
    practice: list[ClipSet]
    judged: Counter  # see `judged_sets`


def supply_of(study: Study, *, rehearsal: bool = False) -> Supply:
    """Return what sessions are made of now; simulated annotators are counted instead of people if asked."""
    judged = judged_sets(study, rehearsal=rehearsal)
    return Supply(stimulus_sets(study), _practice_sets(study), judged)


def plan_session(
    study: Study, rng: Random, *, rehearsal: bool = False, supply: Supply | None = None
) -> list[PlannedTrial]:
    """Return the trials of a new annotator in order, without storing them.

    Parameters
    ----------
    study
        The study.
    rng
        Source of every random choice.
    rehearsal
        Whether to count simulated annotators instead of people.
    supply
        What the session is made of, if it is known; read from the database otherwise.
    """
    supply = supply or supply_of(study, rehearsal=rehearsal)
    sets = _own_sets(study, supply.sets, rng, rehearsal=rehearsal)
    by_key: dict[Hashable, ClipSet] = {what.key: what for what in sets}
    items = [_item(study, what) for what in sets]
    wanted = min(study.trials_per_annotator or len(items), len(items))
    chosen = ordering.chosen_for(allocation_of(study), items, supply.judged, wanted, rng)
    practice = []
    for what in supply.practice:
        # A practice set can compare the same clips as a main set; then both have the same key.
        practice.append(_item(study, what, ("practice", what.key)))
        by_key[practice[-1].key] = what
    places = ordering.arrange_session(
        chosen,
        rng,
        rules=spacing_rules(study),
        repeats=study.repeats_per_annotator,
        blocks=bool(study.blocks),
        practice=ordering.tracks_apart(rng.sample(practice, len(practice)), study.practice_trials),
        attention=study.attention_trials,
        attention_items=practice or chosen,
    )
    return [PlannedTrial(place.kind.value, by_key[place.item.key], place.block) for place in places]


def spacing_rules(study: Study) -> Rules:
    """Return the minimum distances between a study's trials."""
    return Rules(study.minimum_track_distance, study.repeat_distance)


# Writing them down --------------------------------------------------------------------------------


def _store(annotator: Annotator, order: list[PlannedTrial], rng: Random) -> None:
    """Store trials, with the clips that they present."""
    trials = Trial.objects.bulk_create(
        Trial(
            annotator=annotator,
            position=position,
            kind=planned.kind,
            item_key=planned.what.key,
            block=planned.block,
            attention=attention.draw(annotator.study, rng) if planned.kind == Trial.Kind.ATTENTION else {},
        )
        for position, planned in enumerate(order, start=1)
    )
    first: dict[str, Trial] = {}
    repeats = []
    for trial, planned in zip(trials, order, strict=True):
        if planned.kind == Trial.Kind.REPEAT:
            trial.repeat_of = first[planned.what.key]
            repeats.append(trial)
        elif planned.kind == Trial.Kind.MAIN:
            first[planned.what.key] = trial
    Trial.objects.bulk_update(repeats, ["repeat_of"])
    Presentation.objects.bulk_create(
        presentation
        for trial, planned in zip(trials, order, strict=True)
        for presentation in _presentations(trial, planned.what, rng, with_x=annotator.study.presents.has_x)
    )


def _presentations(trial: Trial, what: ClipSet, rng: Random, *, with_x: bool) -> list[Presentation]:
    """Return a trial's clips: the blind ones in random order, then the open reference, or X."""
    given = [member for member in what.members if member[1] == Presentation.Role.REFERENCE]
    blind = [member for member in what.members if member not in given]
    rng.shuffle(blind)
    if with_x:
        given = [(rng.choice(blind)[0], Presentation.Role.X)]
    return [
        Presentation(trial=trial, stimulus_id=stimulus, role=role, position=position)
        for position, (stimulus, role) in enumerate([*blind, *given])
    ]


def expected_trials(study: Study) -> int:
    """Return the number of trials of an annotator who joins now."""
    practice = min(study.practice_trials, len(_practice_sets(study)))
    main = trials_of(study, stimulus_sets(study))
    attention_trials = study.attention_trials if main else 0
    return practice + main + min(study.repeats_per_annotator, main) + attention_trials


def trials_of(study: Study, sets: Sequence[ClipSet]) -> int:
    """Return how many of the sets one annotator gets, without repeats."""
    levels = compared_levels(study, sets)
    available = max((len(without_other_levels(sets, levels, own)) for own in levels), default=len(sets))
    return min(study.trials_per_annotator or available, available)
