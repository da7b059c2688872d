"""Stems uploaded with a recipe: recordings of the sources of a track, each named after its file."""

from collections.abc import Iterable
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile

from .core.audio import AudioError, inspect_audio
from .tracks import identifier, limits


def write_stems(uploads: Iterable[UploadedFile], folder: Path) -> dict[str, str]:
    """Write uploaded sound files into a folder and return their names by source.

    Only their headers are read; a stem that does not fit the track is refused by the build.

    Raises
    ------
    AudioError
        If one of them is no sound that can be used, or two have the same name.
    """
    stems: dict[str, str] = {}
    for upload in uploads:
        path = folder / Path(upload.name).name
        source = identifier(path.stem)
        if source in stems:
            raise AudioError(f"Two stems would be called {source}; rename one of the files.")
        with path.open("wb") as copy:
            copy.writelines(upload.chunks())
        inspect_audio(path, limits())
        stems[source] = path.name
    return stems
