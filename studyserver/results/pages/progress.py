"""The progress page: the state of a running study, and what it still needs."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from statistics import quantiles
from typing import Any

from django.db.models import Count, F, Q

from studyserver.common.number_text import plain, significant
from studyserver.results.data.counts import judged_trials
from studyserver.results.tables.computed import Computed, Statistics
from studyserver.results.tables.failures import Parts
from studyserver.results.tables.labels import NEW_ANNOTATORS, SAME_ANNOTATORS
from studyserver.results.tables.plans.continuing import Continuation
from studyserver.results.tables.plans.plan import CannotPlan
from studyserver.study.models import PREVIEW, Annotator, Study

from . import sentences
from .verdicts.declared import DeclaredVerdict, how_sure, verdicts_or_usual
from .widgets import FigureTable

_MORE = (0.5, 1.0, 2.0)  # more annotators, as a share of those so far
NONE = "\N{EN DASH}"


@dataclass(frozen=True)
class Needed:
    """What one research question still needs.

    Attributes
    ----------
    asked : str
        The research question.
    by : str
        The question that annotators answered; empty if the research question names it.
    sentence, figures : str
        Its verdict, with what would settle it.
    table : FigureTable or None
        Widths with more annotators; None if that cannot be said, or if it is settled and no width is wanted.
    is_settled : bool
    """

    asked: str
    by: str
    sentence: str
    figures: str
    table: FigureTable | None
    is_settled: bool


@dataclass(frozen=True)
class ProgressPage:
    """What the page shows besides the counts of annotators."""

    stages: FigureTable | None  # how many annotators came how far, as a share of the stage before
    times: FigureTable | None  # per trial early, in the middle and late in the session
    ended: FigureTable | None  # how many sessions the study ended, and why
    failing: FigureTable | None  # excluded by the declared rules
    agreement: FigureTable | None
    needed: list[Needed]  # research question by research question
    how_sure: str  # how sure the intervals of the research questions are
    is_declared: bool  # whether the study declares research questions

    @property
    def is_settled(self) -> bool:
        """Whether every research question is settled."""
        return all(one.is_settled for one in self.needed)


def progress_page(parts: Parts, *, width: float | None = None) -> ProgressPage:
    """Return the page, each part computed by itself.

    Parameters
    ----------
    parts : Parts
    width : float, optional
        Width of the interval that the researcher wants, in units of the scale.
    """
    study, rehearsal = parts.computed.study, parts.computed.rows.rehearsal

    def counted(name: str, what: str, compute: Callable, instead: Any = None) -> Any:
        return parts.part(name, what, lambda _computed: compute(study, rehearsal=rehearsal), instead)

    def still_needed(_computed: Computed) -> tuple[list[Needed], str]:
        return _needed(parts, width)

    needed, confidence = parts.part("needed", "Further judgments needed", still_needed, ([], ""))
    return ProgressPage(
        stages=counted("stages", "Where annotators drop out", stages_table),
        times=counted("times", "Time per trial", times_table),
        ended=counted("ended", "Sessions that the study ended", _ended),
        failing=parts.part("failing", "Excluded annotators", _failing),
        agreement=parts.part("agreement", "Agreement so far", lambda computed: _agreement(computed.shown)),
        needed=needed,
        how_sure=confidence,
        is_declared=study.research_questions.exists(),
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
    """Return the time per main trial, in thirds of the session; None before the first trial is finished.

    Simulated annotators take no time and are left out.
    """
    trials = judged_trials(study, rehearsal=rehearsal).filter(presented_at__isnull=False)
    trials = trials.filter(annotator__behaviour__in=("", PREVIEW))
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


def _needed(parts: Parts, width: float | None) -> tuple[list[Needed], str]:
    """Return what each research question needs, and how sure their intervals are."""
    verdicts = verdicts_or_usual(parts)
    needed = [_needed_of(one, parts.computed, width) for one in verdicts]
    if verdicts and not parts.computed.study.research_questions.exists():
        return needed, f"Intervals are of {verdicts[0].confidence}."
    return needed, how_sure(verdicts)


def _needed_of(one: DeclaredVerdict, computed: Computed, width: float | None) -> Needed:
    table = None
    if isfinite(one.width) and not (one.is_settled and width is None):
        study = Continuation(one.aim, computed, one.estimate)
        with suppress(CannotPlan):
            table = _narrowing(study, one.width, width)
    return Needed(one.asked, one.by, one.sentence, one.figures, table, one.is_settled)


def _narrowing(study: Continuation, now: float, wanted: float | None) -> FigureTable:
    """Return how wide the interval will be with more annotators, and with how many it is as wanted."""
    steps = sorted({0, *(round(factor * study.n_annotators) for factor in _MORE)})
    rows = [_row(study, now * study.narrowed(study.n_annotators + more), more) for more in steps]
    if wanted is not None:
        more = 0 if now <= wanted else study.more_until(lambda share: share * now <= wanted)
        cannot = [f"{wanted:.2g}", "cannot be reached", "more tracks are needed", NONE]
        rows.append(cannot if more is None else _row(study, wanted, more))
    columns = ["width of the interval", "annotators", "more annotators", "more judgments"]
    return FigureTable("Width with more annotators", columns, rows)


def _row(study: Continuation, width: float, more: int) -> list[str]:
    return [f"{width:.2g}", str(study.n_annotators + more), str(more), str(more * study.judgments_each)]
