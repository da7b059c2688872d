"""Predictions of models on whole tracks: lookup of stored ones and computation of missing ones."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings

from explainer.files import stored_files
from explainer.imports.tracks import limits
from explainer.models import Explanation, MusicModel, Track, TrackPrediction

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
        explanations of all targets, if they were made by the current version of the model.
    """
    digest, names = model.digest(), set(model.target_names())
    keys = [track.pk for track in tracks]
    explained = Explanation.objects.done().filter(model=model, track__in=keys)
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


@contextmanager
def loaded(model: MusicModel) -> Iterator:
    """Yield the model as loaded by `explainer.core.models.loading.load_model`.

    Raises
    ------
    ModelError
        See there.
    """
    from explainer.core.models.loading import load_model

    with tempfile.TemporaryDirectory(prefix="model-") as folder:
        definition = model.definition()
        if model.checkpoint:
            checkpoint = Path(folder) / Path(model.checkpoint.name).name
            checkpoint.write_bytes(stored_files.read(model.checkpoint.name))
            definition["checkpoint"] = str(checkpoint)
        yield load_model(definition, settings.MODEL_CODE)


def sound_of(track: Track, sample_rate: int) -> np.ndarray:
    """Return a track's sound at a rate in Hz.

    Raises
    ------
    AudioError
        See `explainer.core.audio.read_audio`.
    """
    from explainer.core.audio import read_audio

    with tempfile.TemporaryDirectory(prefix="track-") as folder:
        sound = Path(folder) / f"{track.name}{Path(track.file.name).suffix}"  # the name used in messages
        sound.write_bytes(stored_files.read(track.file.name))
        return read_audio(sound, sample_rate=sample_rate, limits=limits())[0]


def _outputs(core: "CoreModel", track: Track) -> dict[str, float]:
    from explainer.core.models.adapters import in_32_bits

    y = sound_of(track, core.representation.sample_rate)
    answers = in_32_bits(core).predict(core.representation.model_input(y)[None])[0]
    return {target.name: float(value) for target, value in zip(core.targets, answers, strict=True)}
