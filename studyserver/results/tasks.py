"""Background tasks of the results; see also `explainer.tasks`."""

from datetime import timedelta

from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

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
