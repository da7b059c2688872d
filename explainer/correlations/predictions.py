"""Predictions of models on whole tracks: lookup of stored ones and computation of missing ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explainer.imports.loading import loaded, sound_of
from explainer.models import Excerpt, Explanation, MusicModel, Track, TrackPrediction

if TYPE_CHECKING:
    from explainer.core.models.adapters import MusicModel as CoreModel


@dataclass(frozen=True)
class Failure:
    """A track that could not be predicted, and why."""

    track: Track
    reason: str


def known(model: MusicModel, tracks: Sequence[Track]) -> dict[int, dict[str, float]]:
    """Return the stored outputs of a model on tracks.

    Returns
    -------
    dict
        Primary key of the track -> target -> output. Taken from predictions of whole tracks and from
        explanations of whole tracks for all targets, if they were made by the current version of the model.
    """
    digest, names = model.digest(), set(model.target_names())
    keys = [track.pk for track in tracks]
    explained = Explanation.objects.done().filter(
        model=model, track__in=keys, excerpt__chosen_by=Excerpt.ChosenBy.WHOLE
    )
    found = {
        row.track_id: row.predictions
        for row in explained.only("track", "predictions", "provenance")
        if row.provenance.get("model_sha256") == digest and names == set(row.predictions)
    }
    predicted = TrackPrediction.objects.filter(model=model, track__in=keys, model_sha256=digest)
    return found | {row.track_id: row.outputs for row in predicted}


def predict(
    model: MusicModel, tracks: Sequence[Track], *, on_track: Callable[[Track], None] = lambda track: None
) -> list[Failure]:
    """Compute and store a model's missing predictions of tracks.

    A track that cannot be read or predicted does not stop the others.

    Parameters
    ----------
    on_track : callable
        Called after each computed track.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    """
    there = known(model, tracks)
    missing = [track for track in tracks if track.pk not in there]
    failures: list[Failure] = []
    if not missing:
        return failures
    digest = model.digest()
    with loaded(model) as core:
        for track in missing:
            try:
                outputs = _outputs(core, track)
            except ValueError as error:
                failures.append(Failure(track, str(error)))
            else:
                TrackPrediction.objects.update_or_create(
                    track=track, model=model, defaults={"model_sha256": digest, "outputs": outputs}
                )
            on_track(track)
    return failures


def _outputs(core: "CoreModel", track: Track) -> dict[str, float]:
    from explainer.core.models.adapters import in_32_bits

    y = sound_of(track, core.representation.sample_rate)
    answers = in_32_bits(core).predict(core.representation.model_input(y)[None])[0]
    return {target.name: float(value) for target, value in zip(core.targets, answers, strict=True)}
