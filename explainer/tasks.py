"""Work in the background; nothing else knows which library brings it there."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from .builds import building
from .correlations import figures, predictions
from .models import Explanation, MusicModel, Track

PATIENCE = timedelta(seconds=20)
RECENT = timedelta(minutes=10)


@task()
def build(explanation_id: int) -> None:
    """Build one explanation and, where there are processors for more, the others that wait."""
    ids = [explanation_id]
    if settings.COMPUTE != "in-process":
        waiting = Explanation.objects.filter(state=Explanation.State.WAITING).exclude(pk=explanation_id)
        ids += waiting.values_list("pk", flat=True)
    building.build_explanations(Explanation.objects.filter(pk__in=ids).values_list("pk", flat=True))


def build_in_background(explanations: Iterable[Explanation]) -> int:
    """Queue the explanations that are not there yet; return how many."""
    unfinished = [
        row for row in explanations if row.state != Explanation.State.DONE and not row.is_being_built()
    ]
    for explanation in unfinished:
        build.enqueue(explanation.pk)
    return len(unfinished)


def take_up_again(explanations=None) -> int:
    """Queue whatever failed, waits, or was left by a worker that died; return how many.

    Asking twice does no harm: a task whose explanation is done or in hand ends at once.
    """
    return build_in_background(building.resume_builds(explanations))


def take_up_what_was_left() -> int:
    """Queue whatever a site that was stopped had not finished; what failed waits for a person."""
    return take_up_again(Explanation.objects.exclude(state=Explanation.State.FAILED))


@task()
def predict(model_id: int, track_ids: list[int]) -> None:
    """Ask a model about tracks on which it was not asked yet."""
    predictions.predict(MusicModel.objects.get(pk=model_id), list(Track.objects.filter(pk__in=track_ids)))


def predict_in_background(model: MusicModel, tracks: Iterable[Track]) -> None:
    """Queue a model for tracks on which it was not asked yet."""
    predict.enqueue(model.pk, [track.pk for track in tracks])


@task()
def draw_correlations(model_id: int, track_ids: list[int]) -> None:
    """Draw the heat maps of a model over tracks, for print."""
    figures.draw(MusicModel.objects.get(pk=model_id), list(Track.objects.filter(pk__in=track_ids)))


def draw_correlations_in_background(model: MusicModel, tracks: Iterable[Track]) -> None:
    """Queue the heat maps of a model over tracks."""
    draw_correlations.enqueue(model.pk, [track.pk for track in tracks])


def is_predicting(model: MusicModel) -> bool:
    """Say whether the model is being asked about tracks, or soon will be."""
    return _is_in_hand(predict, model)


def is_drawing(model: MusicModel) -> bool:
    """Say whether heat maps of the model are being drawn, or soon will be."""
    return _is_in_hand(draw_correlations, model)


def _is_in_hand(work, model: MusicModel) -> bool:
    # What a killed worker left looks as if it ran for ever, so nothing old counts.
    of_kind = DBTaskResult.objects.filter(
        task_path=work.module_path, enqueued_at__gte=timezone.now() - RECENT
    )
    going_on = of_kind.ready() | of_kind.running()
    return any(task.args_kwargs["args"][0] == model.pk for task in going_on)


def wait_for_a_worker() -> bool:
    """Say whether tasks have been waiting for some time although none is being worked on."""
    tasks = DBTaskResult.objects.filter(task_path=build.module_path)
    if tasks.running().filter(started_at__gte=timezone.now() - timedelta(hours=1)).exists():
        return False
    return tasks.ready().filter(enqueued_at__lt=timezone.now() - PATIENCE).exists()
