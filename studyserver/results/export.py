"""A study's results as one folder or zip: valid as Psych-DS data set and as Frictionless data package."""

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from studyserver.study.models import Study

from . import package
from .codebook import COMPUTED_TABLES, TABLES, codebook_rows
from .csv_files import csv_chunks
from .rows import StudyRows
from .scripts import analysis_scripts

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the same export twice is the same bytes


class ExportError(Exception):
    """The export could not be written where it was asked for; the message says what to do."""


class StudyExport:
    """Everything of one study, file by file.

    Parameters
    ----------
    study : Study
    rehearsal : bool
        True for the simulated annotators, in a package that says so.
    """

    def __init__(self, study: Study, *, rehearsal: bool = False):
        self.study = study
        self.rehearsal = rehearsal
        self.rows = StudyRows(study, rehearsal=rehearsal)
        self.tables = list(TABLES.values())

    @property
    def name(self) -> str:
        """What the file or folder is called by default, without extension."""
        return f"{self.study.slug}-rehearsal" if self.rehearsal else self.study.slug

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield each file's path in the package and its content in pieces.

        Each content must be read to its end before the next file is asked for.
        """
        study, rehearsal = self.study, self.rehearsal
        sizes: dict[str, tuple[int, str]] = {}
        yield "README.md", _text(package.readme_text(study, self.tables, rehearsal=rehearsal))
        yield "CHANGES.md", _text(package.changes_text(study))
        yield ".psychdsignore", _text(package.PSYCH_DS_IGNORE)
        description = package.dataset_description(study, self.tables, rehearsal=rehearsal)
        yield "dataset_description.json", _text(package.json_text(description))
        for table in self.tables:
            path = package.data_file(study, table.name)
            yield path, _measured(csv_chunks(table, self._table_rows(table.name)), path, sizes)
        yield "materials/study.json", _text(package.json_text(package.study_definition(study)))
        yield "documentation/consent.txt", _text(study.consent)
        yield "materials/instructions.txt", _text(study.instructions)
        for version in study.versions.order_by("number"):
            yield f"materials/version-{version.number}.json", _text(package.json_text(version.snapshot))
        for name, text in analysis_scripts():
            yield f"analysis/{name}", _text(text)
        described = package.data_package(study, self.tables, sizes, rehearsal=rehearsal)
        yield "datapackage.json", _text(package.json_text(described))

    def zip_chunks(self) -> Iterator[bytes]:
        """Yield the package as a zip file, piece by piece as it comes about."""
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for path, content in self.files():
                with archive.open(_entry(path), "w", force_zip64=True) as member:
                    for chunk in content:
                        member.write(chunk)
                        yield sink.take()
        yield sink.take()

    def write_zip(self, path: Path) -> None:
        """Write the package as a zip file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in self.zip_chunks():
                    file.write(chunk)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def write_folder(self, folder: Path) -> None:
        """Write the package as a folder that must not exist yet or be empty, whole or not at all.

        Raises
        ------
        ExportError
            If the folder holds anything.
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

    def _table_rows(self, name: str) -> Iterator[dict]:
        if name == "codebook":
            return iter(codebook_rows())
        if name in COMPUTED_TABLES:
            return self._computed.table_rows(name)
        return self.rows.rows(name)

    @cached_property
    def _computed(self):
        from .computed import Computed

        return Computed(self.rows)


class _Sink:
    """Takes what a zip file writes until it is fetched; cannot be rewound."""

    def __init__(self):
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        """Return what was written since the last time."""
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
