"""Progress of a study: annotators, and how evenly the clips are judged."""

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q
from django.utils import timezone

from studyserver.results.data.counts import judged_trials
from studyserver.study.models import Annotator, Presentation, Study

if TYPE_CHECKING:
    from .failures import Parts

_MOST_TRIALS_TIMED = 5000
_JUDGED_ROLES = [
    role for role in Presentation.Role if role not in (Presentation.Role.REFERENCE, Presentation.Role.X)
]


@dataclass(frozen=True)
class Progress:
    """Counts of annotators and trials."""

    joined: int
    finished: int
    in_session: int
    not_started: int  # never consented
    left: int  # the session expired half-way
    withdrawn: int  # and left their answers
    discarded: int  # withdrew and asked that their answers be discarded; not in the counts of judgments
    screened_out: int
    wanted: int | None
    balance: list[tuple[int, int]]  # (judged trials, number of stimuli judged so often), ascending
    median_trial_seconds: float | None  # over the newest finished main trials

    @property
    def counts(self) -> list[tuple[str, str]]:
        """The counts to show, as pairs of words and number; rare states only if they occur."""
        shown = [("joined", self.joined), ("finished", self.finished), ("in the middle", self.in_session)]
        rarer = [
            ("not started", self.not_started),
            ("left half-way", self.left),
            ("withdrew, answers kept", self.withdrawn),
            ("withdrew, answers discarded", self.discarded),
            ("screened out", self.screened_out),
        ]
        counts = [(words, str(count)) for words, count in [*shown, *(pair for pair in rarer if pair[1])]]
        if self.median_trial_seconds is not None:
            counts.append(("median time per trial", self.median_seconds_text))
        return counts

    @property
    def median_seconds_text(self) -> str:
        """The median time in words."""
        seconds = self.median_trial_seconds or 0
        if seconds < 10:
            return f"{seconds:.1f}\N{NO-BREAK SPACE}s"
        if seconds < 120:
            return f"{seconds:.0f}\N{NO-BREAK SPACE}s"
        return f"{seconds / 60:.1f}\N{NO-BREAK SPACE}min"

    @property
    def least(self) -> int:
        """How often the least judged stimulus was judged."""
        return self.balance[0][0] if self.balance else 0

    @property
    def most(self) -> int:
        """How often the most judged stimulus was judged."""
        return self.balance[-1][0] if self.balance else 0


def study_progress(study: Study, *, rehearsal: bool = False) -> Progress:
    """Return the progress of a study or of its rehearsal."""
    annotators = study.annotators.filter(rehearsal=rehearsal)
    states = Annotator.State
    now = timezone.now()
    counts = annotators.aggregate(
        joined=Count("pk"),
        finished=Count("pk", filter=Q(state=states.FINISHED)),
        in_session=Count("pk", filter=Q(state=states.ACTIVE, expires_at__gt=now)),
        not_started=Count("pk", filter=Q(state=states.JOINED)),
        left=Count("pk", filter=Q(state=states.ACTIVE, expires_at__lte=now)),
        withdrawn=Count("pk", filter=Q(state=states.WITHDRAWN, answers_discarded=False)),
        discarded=Count("pk", filter=Q(answers_discarded=True)),
        screened_out=Count("pk", filter=Q(state=states.SCREENED_OUT)),
    )
    return Progress(
        **counts,
        wanted=study.annotators_wanted,
        balance=_balance(study, rehearsal),
        median_trial_seconds=_median_seconds(study, rehearsal),
    )


def progress_part(parts: "Parts") -> Progress | None:
    """Return the progress of a study as one part of a page; None if it fails."""
    study, rehearsal = parts.computed.study, parts.computed.rows.rehearsal
    return parts.part("progress", "Who took part", lambda _: study_progress(study, rehearsal=rehearsal))


def _balance(study: Study, rehearsal: bool) -> list[tuple[int, int]]:
    judged = dict(
        judged_trials(study, rehearsal=rehearsal)
        .filter(presentations__role__in=_JUDGED_ROLES)
        .values_list("presentations__stimulus")
        .annotate(times=Count("pk", distinct=True))
        .order_by()
    )
    stimuli = dict(study.stimuli.main().active().values_list("pk", "clip__condition"))
    if study.presents.compares and judged:
        # Sets contain only some conditions; clips of the others, and open references, are never judged.
        met = {condition for pk, condition in stimuli.items() if pk in judged}
        stimuli = {pk: condition for pk, condition in stimuli.items() if condition in met}
    return sorted(Counter(judged.get(pk, 0) for pk in stimuli).items())


def _median_seconds(study: Study, rehearsal: bool) -> float | None:
    took = ExpressionWrapper(F("finished_at") - F("presented_at"), output_field=DurationField())
    trials = judged_trials(study, rehearsal=rehearsal).filter(presented_at__isnull=False).annotate(took=took)
    newest = trials.order_by("-finished_at").values_list("took", flat=True)[:_MOST_TRIALS_TIMED]
    seconds = [duration.total_seconds() for duration in newest]
    return median(seconds) if seconds else None
