"""Content-addressed files, stored once and written atomically."""

import hashlib
import os
from pathlib import Path

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from explainer.core.base.atomic_files import atomic_file

CHUNK = 1 << 20


def sha256_of(file: File | Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    if isinstance(file, Path):
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    for chunk in file.chunks(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def store(name: str, content: bytes | Path) -> str:
    """Store a file under a name unless it exists, and return the name.

    A reader never sees part of a file: on a disk the bytes are written to a temporary file that is then
    renamed; other storages (S3 and the like) show an object only when it is complete.

    Parameters
    ----------
    name : str
        Relative to the storage; it must contain the content's digest or otherwise never name other bytes.
    """
    if default_storage.exists(name):
        return name
    try:
        place = Path(default_storage.path(name))
    except NotImplementedError:
        return default_storage.save(name, ContentFile(_bytes(content)))
    place.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(place) as file:
        file.write(_bytes(content))
        file.flush()
        os.fsync(file.fileno())  # a row that names the file must not outlive it in a power cut
    return name


def read(name: str) -> bytes:
    """Return the bytes stored under a name."""
    with default_storage.open(name, "rb") as file:
        return file.read()


def remove(name: str) -> None:
    """Remove a stored file; nothing happens if there is none."""
    default_storage.delete(name)


def exist(*names: str) -> bool:
    """Return whether all of the files are stored."""
    return all(default_storage.exists(name) for name in names)


def _bytes(content: bytes | Path) -> bytes:
    return content.read_bytes() if isinstance(content, Path) else content
