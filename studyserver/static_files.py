"""Static files as browsers get them: compressed, and under names that change with their content.

Compressed by Brotli and, for browsers that do not take it (over plain http none does), by gzip. They are
collected when the site starts, so that neither a fresh clone nor an update needs a step of its own.
Without them (in tests, or with ``DEBUG``) the files of the source tree are sent under their plain names.
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
_LOCK = ".static.lock"  # holds the digest of the sources that were collected last
_UNFINISHED = ".static-"


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Files named by their content, JavaScript modules importing each other by these names."""

    support_js_module_import_aggregation = True
    max_post_process_passes = 20  # as deep as modules may import each other

    def stored_name(self, name: str) -> str:
        """Return the name of what was collected; the plain name where that is not there."""
        try:
            return super().stored_name(name)
        except ValueError:
            return name

    def load_manifest(self) -> tuple[dict[str, str], str]:
        """Return the names of what was collected; none where they cannot be read."""
        try:
            return super().load_manifest()
        except ValueError:
            return {}, ""


def collect_static_files() -> None:
    """Collect the static files anew if any of their sources has changed since.

    With ``DEBUG`` files are sent as they are, so that a change shows at once. Any number of processes may do
    so at the same time: one collects, the others wait. Browsers and processes that still use the files of
    before find them, for those stay.
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
        logger.warning("Static files are sent uncompressed, for they could not be collected: %s", error)


def _sources() -> dict[str, tuple]:
    """Return where each static file comes from, as a storage and its path there, by name."""
    found: dict[str, tuple] = {}
    for finder in get_finders():
        for path, storage in finder.list(None):
            name = "/".join(filter(None, [getattr(storage, "prefix", None), path]))
            found.setdefault(name, (storage, path))
    return found


def _digest(sources: dict[str, tuple]) -> str:
    """Return what changes as soon as a source, or this module, is another one."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for name, (storage, path) in sorted(sources.items()):
        status = Path(storage.path(path)).stat()
        digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _collect(sources: dict[str, tuple], root: Path) -> None:
    """Make the files beside their place, then move them in: each whole, and their list last."""
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
