"""Stored models and tracks, loaded to be used in this process; never in a web request."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings

from explainer.files import stored_files
from explainer.models import MusicModel, Track

from .tracks import limits

if TYPE_CHECKING:
    from explainer.core.models.adapters import MusicModel as CoreModel


@contextmanager
def loaded(model: MusicModel) -> Iterator["CoreModel"]:
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
