"""Simulating the studies of a plan, and storing them as they come; for the background worker."""

import logging
import math
import time

from django.utils import timezone

from studyserver.results.data.rows import StudyRows
from studyserver.results.models import SimulatedPlan
from studyserver.results.statistics.planning.quantities import Found
from studyserver.results.statistics.planning.simulated import (
    Expectation,
    Plan,
    expectation,
    simulated_studies,
)
from studyserver.results.tables.computed import Computed
from studyserver.study.models import Study

from .plan import CannotPlan, PlanRequest, StudyPlan, study_plan

logger = logging.getLogger(__name__)

EFFECT, NONE = "effect", "none"  # scenarios
# Studies of each scenario. The model of the answers takes seconds a study, other analyses milliseconds.
STUDIES_WITH_MODEL, STUDIES = 100, 400
_REPORT_SECONDS = 2.0
_KEPT_PLANS = 20

State = SimulatedPlan.State


def plan_of(study: Study, request: PlanRequest) -> StudyPlan:
    """Return the plan that is requested, with variances of the answers where it asks for these.

    Raises
    ------
    CannotPlan
    """
    computed = None
    if request.source in ("answers", "rehearsal"):
        computed = Computed(StudyRows(study, rehearsal=request.source == "rehearsal"))
    return study_plan(study, request, computed)


def request_simulation(study: Study, request: PlanRequest) -> tuple[SimulatedPlan, bool]:
    """Return the row of a plan's simulation, and whether it has to be queued.

    Raises
    ------
    CannotPlan
    """
    key = plan_of(study, request).key
    row, created = SimulatedPlan.objects.get_or_create(
        study=study, key=key, defaults={"request": request.to_dict()}
    )
    begins = created or not (row.is_going_on or row.state == State.DONE)
    if begins and not created:
        SimulatedPlan.objects.filter(pk=row.pk).update(
            state=State.WAITING, failure="", reported_at=timezone.now()
        )
        row.refresh_from_db()
    old = SimulatedPlan.objects.filter(study=study).values_list("pk", flat=True)[_KEPT_PLANS:]
    SimulatedPlan.objects.filter(pk__in=list(old)).delete()
    return row, begins


def simulate_plan(row: SimulatedPlan) -> None:
    """Simulate what is missing of a plan, and store it after every few studies.

    What goes wrong is stored as the row's failure; studies simulated before stay.
    """
    try:
        plan = plan_of(row.study, PlanRequest.from_dict(row.request))
        if plan.key != row.key:
            raise CannotPlan("The study has changed since this was asked: plan again.")
        _simulate(row, plan)
    except CannotPlan as problem:
        _report(row, state=State.FAILED, failure=str(problem))
    except Exception as error:  # of any kind: the page tells it
        logger.exception("The plan %s of %s failed", row.key[:8], row.study.slug)
        words = f"Unexpected error ({type(error).__name__}: {error}). Details are in the worker's log."
        _report(row, state=State.FAILED, failure=words)


def _simulate(row: SimulatedPlan, plan: StudyPlan) -> None:
    n_studies = STUDIES_WITH_MODEL if plan.aim.uses_model else STUDIES
    plans = scenarios(plan)
    total = n_studies * len(plans)
    _report(row, state=State.RUNNING)
    reported = time.monotonic()
    # Scenarios in turn, so that both are known roughly at an early stage.
    for seed in range(n_studies):
        for name, one in plans.items():
            found = row.found.setdefault(name, [])
            if seed < len(found):
                continue  # simulated before an interruption
            found += [_stored(study) for study in simulated_studies(one, 1, first_seed=seed)]
            if time.monotonic() - reported > _REPORT_SECONDS:
                done = sum(len(part) for part in row.found.values())
                _report(row, progress=100 * done // total)
                reported = time.monotonic()
    _report(row, state=State.DONE, progress=100)


def _report(row: SimulatedPlan, **values: object) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.reported_at = timezone.now()
    row.save(update_fields=["state", "progress", "found", "failure", "reported_at"])


def _stored(found: Found) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in found]


def scenarios(plan: StudyPlan) -> dict[str, Plan]:
    """Return what is simulated: the assumed effect, and none."""
    return {EFFECT: plan.scenario(), NONE: plan.scenario(with_effect_of=0.0)}


def expectations(row: SimulatedPlan, plan: StudyPlan) -> dict[str, Expectation]:
    """Return what the studies simulated so far say, by scenario."""
    plans = scenarios(plan)
    return {
        name: expectation(plans[name], [_loaded(study) for study in stored])
        for name, stored in row.found.items()
        if stored
    }


def _loaded(stored: list[float | None]) -> Found:
    return Found(*(float("nan") if value is None else value for value in stored))
