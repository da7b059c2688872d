"""Background tasks; the only module that imports the task library."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django_tasks import task
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from .builds import building, excerpt_choices, overviews
from .correlations import figures, predictions
from .models import ExcerptChoice, Explanation, MusicModel, Track
from .models.excerpt import REPORT_TIMEOUT

PATIENCE = timedelta(seconds=20)
RECENT = timedelta(minutes=10)


@task()
def build(explanation_id: int) -> None:
    """Build one explanation and, if there are processors for more, the other waiting ones."""
    ids = [explanation_id]
    if settings.COMPUTE != "in-process":
        waiting = Explanation.objects.filter(state=Explanation.State.WAITING).exclude(pk=explanation_id)
        ids += waiting.values_list("pk", flat=True)
    building.build_explanations(Explanation.objects.filter(pk__in=ids).values_list("pk", flat=True))


def build_in_background(explanations: Iterable[Explanation]) -> int:
    """Queue the explanations that do not exist yet; return how many."""
    unfinished = [
        row for row in explanations if row.state != Explanation.State.DONE and not row.is_being_built()
    ]
    for explanation in unfinished:
        build.enqueue(explanation.pk)
    return len(unfinished)


def resume_in_background(explanations: QuerySet | None = None) -> int:
    """Queue failed, waiting and interrupted builds; return how many.

    Calling it twice is safe: a task whose explanation is done or being built ends immediately.
    """
    return build_in_background(building.resume_builds(explanations))


def resume_interrupted_builds() -> int:
    """Queue builds that were unfinished when the site stopped, except failed ones; return how many."""
    return resume_in_background(Explanation.objects.exclude(state=Explanation.State.FAILED))


def resume_interrupted_choices() -> None:
    """Queue choices of excerpts that were unfinished when the site stopped, except failed ones.

    One that reported lately may have lost its worker or not: it is looked at once it would count as lost.
    """
    unfinished = ExcerptChoice.objects.exclude(state=ExcerptChoice.State.FAILED)
    choose_excerpts_in_background(excerpt_choices.resumable(unfinished))
    running = [row.batch for row in unfinished if row.is_being_made()]
    for batch in dict.fromkeys(running):
        choose_excerpts.using(run_after=timezone.now() + REPORT_TIMEOUT).enqueue(batch)


@task()
def predict(model_id: int, track_ids: list[int]) -> None:
    """Compute a model's missing predictions for tracks."""
    predictions.predict(MusicModel.objects.get(pk=model_id), list(Track.objects.filter(pk__in=track_ids)))


def predict_in_background(model: MusicModel, tracks: Iterable[Track]) -> None:
    """Queue a model's missing predictions for tracks."""
    predict.enqueue(model.pk, [track.pk for track in tracks])


@task()
def draw_correlations(model_id: int, track_ids: list[int]) -> None:
    """Draw the heat maps of a model's correlations over tracks, for print."""
    figures.draw(MusicModel.objects.get(pk=model_id), list(Track.objects.filter(pk__in=track_ids)))


def draw_correlations_in_background(model: MusicModel, tracks: Iterable[Track]) -> None:
    """Queue the heat maps of a model's correlations over tracks."""
    draw_correlations.enqueue(model.pk, [track.pk for track in tracks])


def is_predicting(model: MusicModel) -> bool:
    """Return whether predictions of the model are queued or running."""
    return _is_queued_or_running(predict, model)


def is_drawing(model: MusicModel) -> bool:
    """Return whether heat maps of the model are queued or being drawn."""
    return _is_queued_or_running(draw_correlations, model)


def _is_queued_or_running(work: Task, about: MusicModel | Track) -> bool:
    # A task whose worker was killed stays "running" for ever, so old tasks do not count.
    of_kind = DBTaskResult.objects.filter(
        task_path=work.module_path, enqueued_at__gte=timezone.now() - RECENT
    )
    unfinished = of_kind.ready() | of_kind.running()
    return any(task.args_kwargs["args"][0] == about.pk for task in unfinished)


def lacks_worker() -> bool:
    """Return whether builds have been waiting for some time while none is running."""
    return wait_in_vain(build, choose_excerpts, draw_overview)


def wait_in_vain(*works: Task) -> bool:
    """Return whether tasks of these kinds have been waiting for some time while none is running."""
    tasks = DBTaskResult.objects.filter(task_path__in=[work.module_path for work in works])
    if tasks.running().filter(started_at__gte=timezone.now() - timedelta(hours=1)).exists():
        return False
    return tasks.ready().filter(enqueued_at__lt=timezone.now() - PATIENCE).exists()


@task()
def choose_excerpts(batch: str) -> None:
    """Choose the excerpts of several tracks by one rule."""
    excerpt_choices.make_choices(batch)


def choose_excerpts_in_background(batches: Iterable[str]) -> None:
    """Queue choices of excerpts."""
    for batch in batches:
        choose_excerpts.enqueue(batch)


@task()
def draw_overview(track_id: int) -> None:
    """Draw waveform and spectrogram of a track."""
    overviews.draw_overview(Track.objects.get(pk=track_id))


def draw_overview_in_background(track: Track) -> None:
    """Queue the overview of a track, unless it is queued or being drawn."""
    if not _is_queued_or_running(draw_overview, track):
        draw_overview.enqueue(track.pk)
