"""Writing of uploaded files to this machine, under their own names if possible."""

from pathlib import Path

from django.core.files.uploadedfile import UploadedFile

from .file_names import short


def written(upload: UploadedFile, folder: Path) -> Path:
    """Write an upload into a folder and return its path."""
    path = folder / short(Path(upload.name or "").name)
    with path.open("wb") as copy:
        copy.writelines(upload.chunks())
    return path
