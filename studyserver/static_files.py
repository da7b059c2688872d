"""Compressed static files, with names that change with their content.

Files are compressed with Brotli, and with gzip for browsers that do not accept Brotli (none does over plain
http). They are collected when the site starts, so that neither a new clone nor an update needs a separate
step. Without collected files (in tests, or with ``DEBUG``) the files of the source tree are sent under their
original names.
"""

import fcntl
import hashlib
import logging
import shutil
import tempfile
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from whitenoise.storage import CompressedManifestStaticFilesStorage

logger = logging.getLogger(__name__)
_LOCK = ".static.lock"  # contains the digest of the sources that were collected last
_UNFINISHED = ".static-"


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Files named by their content; imports between JavaScript modules use these names."""

    support_js_module_import_aggregation = True
    max_post_process_passes = 20  # maximum depth of imports between modules

    def stored_name(self, name: str) -> str:
        """Return the name of the collected file, or the original name if it was not collected."""
        try:
            return super().stored_name(name)
        except ValueError:
            return name

    def load_manifest(self) -> tuple[dict[str, str], str]:
        """Return the names of the collected files; empty if they cannot be read."""
        try:
            return super().load_manifest()
        except ValueError:
            return {}, ""


def collect_static_files() -> None:
    """Collect the static files again if a source has changed.

    With ``DEBUG``, nothing is collected, so that changes are visible immediately. If several processes call
    this at the same time, one collects and the others wait. Old files are kept, because browsers and other
    processes can still use them.
    """
    if settings.DEBUG:
        return
    root = Path(settings.STATIC_ROOT)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with (root.parent / _LOCK).open("a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.seek(0)
            sources = _sources()
            digest = _digest(sources)
            if lock.read() != digest or not (root / HashedFiles.manifest_name).exists():
                lock.truncate(0)
                _collect(sources, root)
                lock.write(digest)
    except OSError as error:
        logger.warning("Static files are sent uncompressed, because collecting them failed: %s", error)


def _sources() -> dict[str, tuple]:
    """Return storage and path of the source of each static file, by name."""
    found: dict[str, tuple] = {}
    for finder in get_finders():
        for path, storage in finder.list(None):
            name = "/".join(filter(None, [getattr(storage, "prefix", None), path]))
            found.setdefault(name, (storage, path))
    return found


def _digest(sources: dict[str, tuple]) -> str:
    """Return a digest that changes with each source and with this module."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for name, (storage, path) in sorted(sources.items()):
        status = Path(storage.path(path)).stat()
        digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _collect(sources: dict[str, tuple], root: Path) -> None:
    """Create the files in a temporary folder, then move them into place, the manifest last."""
    for left in root.parent.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(dir=root.parent, prefix=_UNFINISHED))
    try:
        storage = HashedFiles(location=folder)
        for name, (source, path) in sources.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source.path(path), folder / name)
        for _name, _hashed, processed in storage.post_process(sources):
            if isinstance(processed, Exception):
                raise processed
        names = folder / storage.manifest_name
        for path in [*(path for path in folder.rglob("*") if path.is_file() and path != names), names]:
            place = root / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
