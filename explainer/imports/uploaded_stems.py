"""Stems uploaded with a recipe: recordings of a track's sources, each named after its file."""

from collections.abc import Iterable
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile

from explainer.core.audio import AudioError, inspect_audio
from explainer.files.file_names import identifier
from explainer.files.uploaded_files import written

from .tracks import limits


def write_stems(uploads: Iterable[UploadedFile], folder: Path) -> dict[str, str]:
    """Write uploaded sound files into a folder and return their names by source.

    Only their headers are read; a stem that does not fit the track is refused by the build.

    Raises
    ------
    AudioError
        If one of them cannot be used as sound, or two have the same name.
    """
    stems: dict[str, str] = {}
    for upload in uploads:
        path = written(upload, folder)
        source = identifier(path.stem, otherwise="stem")
        if source in stems:
            raise AudioError(
                f"{path.name}: the stem of {stems[source]} has the name {source} too; rename one file."
            )
        inspect_audio(path, limits())
        stems[source] = path.name
    return stems
