"""The progress page: the state of a running study, and what it still needs."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from django.db.models import Count, F, Q

from explainer.core.base.counting import plural
from explainer.models import Clip
from studyserver.common.number_text import plain, significant
from studyserver.results.data.counts import judged_trials
from studyserver.results.data.judgments import CountedJudgments
from studyserver.results.data.questions import scale_ends
from studyserver.results.data.rows import StudyRows
from studyserver.results.statistics.power import Variances, planning_width, raters_until
from studyserver.results.tables.computed import Computed, Statistics
from studyserver.results.tables.contrasts import declared_contrasts
from studyserver.results.tables.failures import Parts
from studyserver.results.tables.labels import NEW_ANNOTATORS, SAME_ANNOTATORS, condition_name
from studyserver.study.models import Annotator, Question, Study

from . import sentences
from .power import NoVariances, answered_variances
from .widgets import FigureTable

_SHARES_OF_WIDTH = (1.0, 0.75, 0.5)


@dataclass(frozen=True)
class Needed:
    """Further judgments that one contrast needs."""

    text: str  # the question
    answer: str  # how wide the interval is and what half of it takes, in a sentence
    design: str  # what that is computed from, in a sentence
    table: FigureTable


@dataclass(frozen=True)
class ProgressPage:
    """What the page shows besides the counts of annotators."""

    stages: FigureTable | None  # how many annotators came how far, as a share of the stage before
    times: FigureTable | None  # per trial early, in the middle and late in the session
    ended: FigureTable | None  # how many sessions the study ended, and why
    failing: FigureTable | None  # excluded by the declared rules
    agreement: FigureTable | None
    needed: list[Needed]  # until intervals are so wide, contrast by contrast
    waiting: list[tuple[str, str]]  # questions for which that cannot be computed yet, with the reason


def progress_page(parts: Parts, *, width: float | None = None) -> ProgressPage:
    """Return the page, each part computed by itself.

    Parameters
    ----------
    parts : Parts
    width : float, optional
        Width of the interval that the researcher wants, in units of the scale.
    """
    study, rehearsal = parts.computed.study, parts.computed.rows.rehearsal

    def still_needed(computed: Computed) -> tuple[list[Needed], list[tuple[str, str]]]:
        return _needed(computed.shown.counted, width)

    def counted(name: str, what: str, compute: Callable, instead: Any = None) -> Any:
        return parts.part(name, what, lambda _computed: compute(study, rehearsal=rehearsal), instead)

    needed, waiting = parts.part("needed", "Further judgments needed", still_needed, ([], []))
    return ProgressPage(
        stages=counted("stages", "Where annotators drop out", stages_table),
        times=counted("times", "Time per trial", times_table),
        ended=counted("ended", "Sessions that the study ended", _ended),
        failing=parts.part("failing", "Excluded annotators", _failing),
        agreement=parts.part("agreement", "Agreement so far", lambda computed: _agreement(computed.shown)),
        needed=needed,
        waiting=waiting,
    )


# -- annotators -------------------------------------------------------------------------------


def stages_table(study: Study, *, rehearsal: bool = False) -> FigureTable:
    """Return how many annotators reached each stage, including those who withdrew later."""
    stages = {
        "joined": Q(),
        "agreed to take part": Q(consented_at__isnull=False),
        "read the instructions": Q(instructed_at__isnull=False),
        "passed the sound check": Q(sound_checked_at__isnull=False),
        "did the first trial": Q(done__gt=0),
        "did half of the trials": Q(done__gt=0, done__gte=F("in_all") / 2.0),
        "finished": Q(finished_at__isnull=False),
    }
    annotators = study.annotators.filter(rehearsal=rehearsal).annotate(
        in_all=Count("trials"), done=Count("trials", filter=Q(trials__finished_at__isnull=False))
    )
    counts = annotators.aggregate(
        **{f"stage_{number}": Count("pk", filter=reached) for number, reached in enumerate(stages.values())}
    )
    rows, before = [], None
    for label, count in zip(stages, counts.values(), strict=True):
        share = "\N{EN DASH}" if not before else f"{100 * count / before:.0f} %"
        lost = "\N{EN DASH}" if before is None else str(max(before - count, 0))
        rows.append([label, str(count), share, lost])
        before = count
    columns = ["stage", "annotators", "of those before", "left or not finished"]
    return FigureTable("Stages that annotators reached", columns, rows)


def times_table(study: Study, *, rehearsal: bool = False) -> FigureTable | None:
    """Return the time per main trial, in thirds of the session; None before the first trial is finished."""
    trials = judged_trials(study, rehearsal=rehearsal).filter(presented_at__isnull=False)
    rows = list(trials.values_list("annotator_id", "position", "presented_at", "finished_at"))
    if not rows:
        return None
    last: dict[int, int] = dict(
        Annotator.objects.filter(study=study, rehearsal=rehearsal)
        .annotate(in_all=Count("trials"))
        .values_list("pk", "in_all")
    )
    thirds: list[list[float]] = [[], [], []]
    for annotator, position, presented, finished in rows:
        third = min(2, 3 * (position - 1) // max(last[annotator], 1))
        thirds[third].append((finished - presented).total_seconds())
    thirds.append([value for third in thirds for value in third])
    parts = zip(("first third", "middle", "last third", "all"), thirds, strict=True)
    lines = [_time_line(label, seconds) for label, seconds in parts if seconds]
    columns = ["part of the session", "trials", "a tenth is below", "median", "a tenth is above"]
    return FigureTable("Time per trial", columns, lines)


def _time_line(label: str, seconds: list[float]) -> list[str]:
    tenths = quantiles(seconds, n=10, method="inclusive") if len(seconds) > 1 else seconds * 9
    return [label, str(len(seconds)), *(f"{tenths[index]:.1f} s" for index in (0, 4, 8))]


def _ended(study: Study, *, rehearsal: bool) -> FigureTable | None:
    counts = (
        study.annotators.filter(rehearsal=rehearsal)
        .exclude(ended_because="")
        .values_list("ended_because")
        .annotate(times=Count("pk"))
        .order_by("-times")
    )
    labels = dict(Annotator.EndedBecause.choices)
    rows = [[str(labels.get(reason, reason)), str(times)] for reason, times in counts]
    return FigureTable("Sessions that the study ended", ["because of", "annotators"], rows) if rows else None


def _failing(computed: Computed) -> FigureTable | None:
    broken = computed.quality.excluded
    if broken.empty:
        return None
    rows = [
        [str(row.annotator), str(row.reason), significant(row.figure, 2), plain(row.limit)]
        for row in broken.itertuples(index=False)
    ]
    return FigureTable("Excluded by the declared rules", ["annotator", "reason", "figure", "limit"], rows)


# -- figures ----------------------------------------------------------------------------------


def _agreement(statistics: Statistics) -> FigureTable | None:
    rows = []
    for item in statistics.summaries.questions:
        alpha = item.alpha()
        figures = (sentences.agreement_text(alpha.get(scope)) for scope in (SAME_ANNOTATORS, NEW_ANNOTATORS))
        rows.append([item.question.text, str(item.n_judgments), *figures])
    scopes = [f"{sentences.ALPHA}, {scope}" for scope in ("new tracks", "new tracks and annotators")]
    columns = ["question", "judgments", *scopes]
    return FigureTable("Agreement so far (Krippendorff's alpha)", columns, rows) if rows else None


def _needed(counted: CountedJudgments, width: float | None) -> tuple[list[Needed], list[tuple[str, str]]]:
    found: list[Needed] = []
    waiting: list[tuple[str, str]] = []
    for question, first, second in _contrasts(counted.rows):
        pair = f"{condition_name(first)} less {condition_name(second)}"
        try:
            variances = answered_variances(counted, question, first, second)
        except NoVariances as reason:
            waiting.append((question.text, f"{pair.capitalize()} cannot be planned yet. {reason}"))
            continue
        size = _size(counted, question, first, second)
        found.append(_needed_of(question, pair, size, variances, width))
    return found, waiting


def _needed_of(
    question: Question, pair: str, size: tuple[int, int, int], variances: Variances, width: float | None
) -> Needed:
    annotators, tracks, each = size
    now = planning_width(max(annotators, 2), tracks, variances, each=each)
    wanted = [*(share * now for share in _SHARES_OF_WIDTH), *([width] if width else [])]
    more = [_more_annotators(one, annotators, tracks, each, variances) for one in wanted]
    low, high = scale_ends(question)
    design = (
        f"So far {plural(annotators, 'annotator')}, each with about {each} of {tracks} tracks in both "
        f"conditions; widths on the scale from {plain(low)} to {plain(high)}."
    )
    columns = ["width of the 95 % interval", "annotators", "more annotators", "more judgments"]
    lines = [_needed_line(one, annotators, count, each) for one, count in zip(wanted, more, strict=True)]
    table = FigureTable(f"{question.text} {pair.capitalize()}", columns, lines)
    answer = _needed_words(pair, wanted, more, each, of_own=width is not None)
    return Needed(question.text, answer, design, table)


def _more_annotators(
    wanted: float, annotators: int, tracks: int, each: int, variances: Variances
) -> int | None:
    """Return how many annotators are missing to an interval so wide; None where no number is enough."""
    found = raters_until(wanted, tracks, variances, each=each)
    return None if found is None else max(0, found - annotators)


def _needed_words(pair: str, wanted: list[float], more: list[int | None], each: int, *, of_own: bool) -> str:
    goal = f"a width of {wanted[-1]:.2g}" if of_own else "half of that"
    text = f"The 95\N{NO-BREAK SPACE}% interval of {pair} is about {wanted[0]:.2g} wide now; "
    count = more[-1]
    if count is None:
        return f"{text}{goal} cannot be reached by more annotators: more tracks are needed."
    if count == 0:
        return f"{text}{goal} needs no more annotators."
    takes = f"{plural(count, 'more annotator')} ({plural(2 * each * count, 'judgment')})"
    return f"{text}{goal} takes {takes}."


def _needed_line(wanted: float, annotators: int, more: int | None, each: int) -> list[str]:
    if more is None:
        return [f"{wanted:.2g}", "cannot be reached", "more tracks are needed", "\N{EN DASH}"]
    return [f"{wanted:.2g}", str(annotators + more), str(more), str(2 * each * more)]


def _contrasts(rows: StudyRows) -> list[tuple[Question, str, str]]:
    """Return the declared contrasts; without any, evidence less random control, for every question."""
    study, asked = rows.study, rows.measures.values()
    questions = [item for item in asked if item.answer_kind.has_numbers and item.scope == Question.Scope.CLIP]
    conditions = set(study.stimuli.main().values_list("clip__condition", flat=True))
    pairs = [(item.question_id, item.first, item.second) for item in declared_contrasts(study)]
    pairs = pairs or [(None, Clip.Condition.EVIDENCE, Clip.Condition.RANDOM_CONTROL)]
    found = []
    for question in questions:
        for asked, first, second in pairs:
            wanted = (question, str(first), str(second))
            concerned = asked in (None, question.pk) and first != second and {first, second} <= conditions
            if concerned and wanted not in found:
                found.append(wanted)
    return found


def _size(counted: CountedJudgments, question: Question, first: str, second: str) -> tuple[int, int, int]:
    """Return annotators with pairs, tracks with pairs, and how many pairs one annotator has, about."""
    judgments = counted.of(question).dropna(subset=["number"])
    heard = [
        set(map(tuple, judgments.loc[judgments["condition"] == name, ["annotator", "track"]].to_numpy()))
        for name in (first, second)
    ]
    pairs = heard[0] & heard[1]
    annotators, tracks = {annotator for annotator, _track in pairs}, {track for _rater, track in pairs}
    return len(annotators), max(len(tracks), 2), max(1, round(len(pairs) / max(len(annotators), 1)))
