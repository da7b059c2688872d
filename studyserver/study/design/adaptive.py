"""Adaptive allocation: the next trials of an annotator, and when a study is precise enough.

It reads the database; the computations are in :mod:`.interval_width` and :mod:`.next_judgment`.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from random import Random

from django.utils import timezone

from studyserver.study.models import AdaptiveDesign, Judgment, Presentation, Stimulus, Study, Trial

from .interval_width import Rating, Target, width
from .next_judgment import ranking
from .sets import ClipSet


def adaptive_design(study: Study) -> AdaptiveDesign | None:
    """Return a study's adaptive design; None if trials are spread evenly."""
    return AdaptiveDesign.objects.select_related("question", "study").filter(study=study).order_by().first()


def adaptive_problems(study: Study) -> list[str]:
    """Return the problems that prevent an adaptive design, as sentences."""
    plan = adaptive_design(study)
    if plan is None:
        return []
    problems = []
    if study.blocks or study.condition_design == Study.ConditionDesign.BETWEEN or study.attention_trials:
        problems.append(
            "Adaptive allocation works without blocks of conditions and without attention trials only, and "
            "every annotator must hear all conditions: change that under “Design”, or remove the adaptive "
            "allocation."
        )
    conditions = set(_stimuli(plan).values())
    missing = sorted({plan.first, plan.second} - conditions - {""})
    if missing:
        problems.append(
            f"The adaptive allocation compares {' and '.join(missing).replace('_', ' ')}, but its question "
            "has no such stimuli: add some, or compare other conditions."
        )
    if not study.trials_per_annotator or study.trials_per_annotator >= study.stimuli.active().main().count():
        problems.append(
            "Every annotator hears every stimulus, so there is nothing to choose adaptively: lower “trials "
            "per annotator”, or remove the adaptive allocation."
        )
    return problems


def adaptive_advice(study: Study) -> list[str]:
    """Return advice if an adaptive design saves no judgments."""
    plan = adaptive_design(study)
    if plan is None or not plan.first:
        return []
    compared = [key for key, condition in _stimuli(plan).items() if condition in (plan.first, plan.second)]
    if not compared or len(compared) < study.stimuli.active().main().count():
        return []
    sides = " and the ".join(side.replace("_", " ") for side in (plan.first, plan.second))
    return [
        f"The study presents only the {sides} whose difference is estimated, so adaptive allocation saves no "
        "judgments. Remove it, or keep it only to close the study at the declared precision. It saves "
        "judgments if a study presents more than it compares, or if every stimulus is to be estimated."
    ]


def in_blocks(study: Study) -> bool:
    """Return whether annotators of the study still get trials in blocks."""
    return AdaptiveDesign.objects.filter(study=study, reached_at=None).exists()


def repeats_due(study: Study, heard: Sequence[Trial], coming: int, in_all: int, rng: Random) -> list[str]:
    """Return the keys of the items to be repeated in the next block, so that repeats are spread evenly.

    Parameters
    ----------
    study
        The study.
    heard
        The annotator's trials so far, in order.
    coming, in_all
        Main trials in the next block, and in all blocks together.
    rng
        Source of randomness. It draws from trials that are far enough back, if there are enough.
    """
    main = [trial for trial in heard if trial.kind == Trial.Kind.MAIN]
    second = [trial.repeat_of_id for trial in heard if trial.kind == Trial.Kind.REPEAT]
    wanted = min(study.repeats_per_annotator, in_all)
    due = wanted * (len(main) + coming) // max(in_all, 1) - len(second)
    if due <= 0:
        return []
    last = heard[-1].position
    far = sum(last - trial.position >= study.repeat_distance for trial in main)
    candidates = [trial.item_key for trial in main[: max(due, far)] if trial.pk not in second]
    return rng.sample(candidates, min(due, len(candidates)))


def choose(
    plan: AdaptiveDesign,
    sets: Sequence[ClipSet],
    held: Counter,
    n: int,
    rng: Random,
    *,
    heard: Sequence[ClipSet] = (),
    just_heard: Collection | None = None,
    rehearsal: bool = False,
) -> list[tuple[ClipSet, bool]]:
    """Return the `n` sets whose judgments narrow the figure most, and whether each was chosen for that.

    Stimuli with fewer judgments than the declared minimum come first, in order of their number of judgments;
    ties are broken at random.

    Parameters
    ----------
    plan
        The adaptive design.
    sets
        Sets that the annotator can still hear. The gain of a set is the joint gain of its clips.
    held
        Number of annotators of each stimulus who have judged it or may still do so.
    n
        Number of trials to give.
    rng
        Source of randomness.
    heard
        Sets that the annotator has already been given.
    just_heard
        Tracks that should not follow soon; two sets of one track are also avoided if possible. None if
        tracks need not be kept apart.
    rehearsal
        Whether to use simulated annotators.
    """
    stimuli = _stimuli(plan)
    ratings = ratings_of(plan, rehearsal=rehearsal)
    given = Counter(stimulus for stimulus, _annotator, _value in ratings)
    pending: dict[Hashable, int] = {key: max(0, held[key] - given[key]) for key in stimuli}

    def least(what: ClipSet) -> int:
        return min((held[key] for key in _judged(what)), default=0)

    shuffled = list(sets)
    rng.shuffle(shuffled)
    too_few = [what for what in shuffled if least(what) < plan.minimum_judgments]
    others = [what for what in shuffled if least(what) >= plan.minimum_judgments]
    too_few.sort(key=least)
    soon = [key for what in (*heard, *too_few[:n]) for key in _judged(what)]
    candidates = [_judged(what) for what in others]
    target = _target(plan, stimuli)
    order = ranking(ratings, stimuli, target, candidates, pending=pending, heard=soon)
    chosen = [(what, False) for what in too_few] + [(others[number], True) for number in order]
    return (chosen if just_heard is None else _tracks_apart(chosen, just_heard))[:n]


def _tracks_apart(ranked: list[tuple[ClipSet, bool]], just_heard: Collection) -> list[tuple[ClipSet, bool]]:
    """Return the ranking with the first set of each track that was not just heard before all others."""
    taken = set(just_heard)
    first: list[tuple[ClipSet, bool]] = []
    later: list[tuple[ClipSet, bool]] = []
    for pair in ranked:
        (later if pair[0].track in taken else first).append(pair)
        taken.add(pair[0].track)
    return first + later


def is_precise(plan: AdaptiveDesign, *, rehearsal: bool = False) -> bool:
    """Return whether the figure has the declared precision."""
    if plan.precision is None:
        return False
    found = current_width(plan, rehearsal=rehearsal)
    return found is not None and found <= plan.precision


def current_width(plan: AdaptiveDesign, *, rehearsal: bool = False) -> float | None:
    """Return the width of the figure's 95 % interval; None while stimuli lack their minimum of judgments."""
    stimuli = _stimuli(plan)
    ratings = ratings_of(plan, rehearsal=rehearsal)
    counts = Counter(stimulus for stimulus, _annotator, _value in ratings)
    target = _target(plan, stimuli)
    counted = [key for key in stimuli if not target.weights or key in target.weights]
    if any(counts[key] < plan.minimum_judgments for key in counted):
        return None
    return width(ratings, list(stimuli), target)


def note_precision(plan: AdaptiveDesign, *, rehearsal: bool = False) -> None:
    """Record that the precision was reached, and close the study; current annotators finish their block.

    A rehearsal changes nothing.
    """
    if rehearsal:
        return
    now = timezone.now()
    AdaptiveDesign.objects.filter(pk=plan.pk, reached_at=None).update(reached_at=now)
    Study.objects.filter(pk=plan.study_id, state=Study.State.OPEN).update(
        state=Study.State.CLOSED, closed_at=now
    )


def ratings_of(plan: AdaptiveDesign, *, rehearsal: bool = False) -> list[Rating]:
    """Return the judgments from which the figure is computed."""
    judgments = Judgment.objects.filter(
        question=plan.question_id,
        trial__annotator__study=plan.study_id,
        trial__kind=Trial.Kind.MAIN,
        trial__finished_at__isnull=False,
        presentation__isnull=False,
    )
    current = judgments.usable(rehearsal=rehearsal).current()
    rows = current.order_by("id").values_list("presentation__stimulus_id", "trial__annotator_id", "number")
    return [row for row in rows if row[2] is not None]


def _stimuli(plan: AdaptiveDesign) -> dict[int, str]:
    """Return the condition of every stimulus that the question is about, by number."""
    stimuli = Stimulus.objects.filter(study=plan.study_id).main().active()
    if plan.question.target:
        stimuli = stimuli.filter(clip__target__in=["", plan.question.target])
    return dict(stimuli.order_by("pk").values_list("pk", "clip__condition"))


def _target(plan: AdaptiveDesign, stimuli: dict[int, str]) -> Target:
    counts = Counter(stimuli.values())
    signs = {plan.first: 1, plan.second: -1} if plan.first else {}
    weights: dict[Hashable, float] = {
        key: signs[condition] / counts[condition] for key, condition in stimuli.items() if condition in signs
    }
    low, high = plan.question.answer_kind.ends(plan.question.options)
    return Target(high - low, weights)


def _judged(what: ClipSet) -> list[int]:
    """Return the stimuli of a set that are judged."""
    return [stimulus for stimulus, role in what.members if role != Presentation.Role.REFERENCE]
