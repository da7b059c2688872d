"""Background tasks of the results; see also `explainer.tasks`."""

from datetime import timedelta

from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from explainer.tasks import wait_in_vain
from studyserver.study.models import Study

RECENT = timedelta(minutes=30)


@task()
def fit_models(study_id: int, rehearsal: bool) -> None:
    """Compute the models of a study's answers that are missing or of earlier answers."""
    from .data.rows import StudyRows
    from .tables.answer_models.fitting import fit_study
    from .tables.computed import Computed

    study = Study.objects.filter(pk=study_id).first()
    if study is not None:
        fit_study(Computed(StudyRows(study, rehearsal=rehearsal)))


def fit_in_background(study: Study, *, rehearsal: bool) -> None:
    """Queue the models of a study's answers, unless they are queued already."""
    # A task whose worker was killed stays "running" for ever, so old tasks do not count.
    known = DBTaskResult.objects.filter(
        task_path=fit_models.module_path, enqueued_at__gte=timezone.now() - RECENT
    )
    arguments = [study.pk, rehearsal]
    if not any(result.args_kwargs["args"] == arguments for result in known.ready() | known.running()):
        fit_models.enqueue(*arguments)


@task()
def simulate_plan(plan_id: int) -> None:
    """Simulate the studies of a plan."""
    from .models import SimulatedPlan
    from .tables.plans import simulating

    row = SimulatedPlan.objects.select_related("study").filter(pk=plan_id).first()
    if row is not None:
        simulating.simulate_plan(row)


def simulate_in_background(plan_id: int) -> None:
    """Queue the simulation of a plan."""
    simulate_plan.enqueue(plan_id)


def lacks_worker() -> bool:
    """Return whether plans or models have been waiting for some time while none is computed."""
    return wait_in_vain(fit_models, simulate_plan)
