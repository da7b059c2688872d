"""A study's results as one folder or zip file: a valid Psych-DS data set and Frictionless data package."""

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING

from explainer.core.base.atomic_files import atomic_file
from studyserver.results.data.rehearsal_marks import file_stem
from studyserver.results.data.rows import StudyRows
from studyserver.results.data.unreadable import Unreadable
from studyserver.results.tables.failures import Parts
from studyserver.study.models import Study

from . import data_package
from .codebook import COMPUTED_TABLES, TABLES, Table, codebook_rows
from .csv_files import csv_chunks
from .scripts import analysis_scripts

if TYPE_CHECKING:
    from studyserver.results.tables.computed import Computed

_IN_MEMORY = 4 * 1024 * 1024  # bytes of a table; larger ones go to a temporary file
_CHUNK = 256 * 1024
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the same export twice is the same bytes


class ExportError(Exception):
    """The export cannot be written to the requested path; the message says what to do."""


class StudyExport:
    """Everything of one study, file by file.

    Parameters
    ----------
    study : Study
    rehearsal : bool
        True for the simulated annotators; the package is marked as a rehearsal.
    """

    def __init__(self, study: Study, *, rehearsal: bool = False) -> None:
        self.study = study
        self.rehearsal = rehearsal
        self.rows = StudyRows(study, rehearsal=rehearsal)
        self.tables = list(TABLES.values())

    @property
    def name(self) -> str:
        """The default name of the file or folder, without extension."""
        return file_stem(self.study, rehearsal=self.rehearsal)

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield each file's path in the package and its content in pieces.

        Each content must be read to its end before the next file is requested. A table that cannot be
        computed is missing, and the last file, ``PROBLEMS.md``, says so.
        """
        study, rehearsal = self.study, self.rehearsal
        yield "CHANGES.md", _text(data_package.changes_text(study, rehearsal=rehearsal))
        yield ".psychdsignore", _text(data_package.PSYCH_DS_IGNORE)
        described = data_package.study_definition(study, rehearsal=rehearsal)
        yield "materials/study.json", _text(data_package.json_text(described))
        yield "documentation/consent.txt", _text(study.consent)
        yield (
            "documentation/preregistration.md",
            _text(data_package.preregistration(study, rehearsal=rehearsal)),
        )
        yield "materials/instructions.txt", _text(study.instructions)
        for version in study.versions.order_by("number"):
            yield f"materials/version-{version.number}.json", _text(data_package.json_text(version.snapshot))
        for name, text in analysis_scripts():
            yield f"analysis/{name}", _text(text)
        sizes: dict[str, tuple[int, str]] = {}
        written = []
        for table in self.tables:
            path = data_package.data_file(study, table.name, rehearsal=rehearsal)
            file = self._table_file(table)
            if file is not None:
                with file:
                    yield path, _measured(_chunks(file), path, sizes)
                written.append(table)
        problems = self.problems
        described = data_package.dataset_description(study, written, rehearsal=rehearsal)
        yield "dataset_description.json", _text(data_package.json_text(described))
        described = data_package.data_package(study, written, sizes, rehearsal=rehearsal)
        yield "datapackage.json", _text(data_package.json_text(described))
        readme = data_package.readme_text(study, written, rehearsal=rehearsal, problems=problems)
        yield "README.md", _text(readme)
        if problems:
            missing = data_package.problems_text(study, problems, rehearsal=rehearsal)
            yield data_package.PROBLEMS, _text(missing)

    @property
    def problems(self) -> list[str]:
        """What is missing from the tables written so far, and why, in sentences."""
        failed = [failed.sentences for failed in self._parts.failed.values()]
        return [*failed, *(answer.sentence for answer in self._unreadable)]

    def zip_chunks(self) -> Iterator[bytes]:
        """Yield the package as a zip file, in pieces as they are computed."""
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for path, content in self.files():
                with archive.open(_entry(path), "w", force_zip64=True) as member:
                    for chunk in content:
                        member.write(chunk)
                        yield sink.take()
        yield sink.take()

    def write_zip(self, path: Path) -> None:
        """Write the package as a zip file atomically."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as file:
            file.writelines(self.zip_chunks())

    def write_folder(self, folder: Path) -> None:
        """Write the package atomically as a folder, which must not exist or be empty.

        Raises
        ------
        ExportError
            If the folder is not empty.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ExportError(
                f"{folder} exists and is not an empty folder: name another, or remove it first."
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
        try:
            for name, content in self.files():
                path = temporary / name
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as file:
                    file.writelines(content)
            temporary.chmod(0o755)
            temporary.replace(folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise

    def _table_file(self, table: Table) -> IO[bytes] | None:
        """Return a table as a complete file; None if it cannot be computed.

        The table is complete before any byte is sent, because bytes already sent cannot be taken back.
        """

        def write(computed: "Computed") -> IO[bytes]:
            file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by the reader
            try:
                file.writelines(csv_chunks(table, _rows(computed, table.name)))
            except BaseException:
                file.close()
                raise
            file.seek(0)
            return file

        rows = table.name not in COMPUTED_TABLES
        return self._parts.part(table.name, f"Table {table.name}", write, rows=rows)

    @cached_property
    def _parts(self) -> Parts:
        from studyserver.results.tables.computed import Computed

        return Parts(Computed(self.rows))

    @cached_property
    def _unreadable(self) -> list[Unreadable]:
        return self._parts.unreadable()


def _rows(computed: "Computed", name: str) -> Iterator[dict]:
    if name == "codebook":
        return iter(codebook_rows())
    return computed.table_rows(name) if name in COMPUTED_TABLES else computed.rows.rows(name)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


class _Sink:
    """File-like object that collects what a zip file writes; not seekable."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: there is no buffer."""

    def close(self) -> None:
        """Do nothing: no file is open."""

    def take(self) -> bytes:
        """Return and discard what was written since the last call."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, date_time=_ZIP_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    entry.create_system = 3
    return entry


def _text(text: str) -> Iterator[bytes]:
    yield (text if text.endswith("\n") else text + "\n").encode()


def _measured(chunks: Iterator[bytes], path: str, sizes: dict[str, tuple[int, str]]) -> Iterator[bytes]:
    size, digest = 0, hashlib.sha256()
    for chunk in chunks:
        size += len(chunk)
        digest.update(chunk)
        yield chunk
    sizes[path] = (size, digest.hexdigest())
