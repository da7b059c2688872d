"""Manifests of tracks: tables that describe sound files, and matching of their lines with files.

A manifest is used completely or not at all: a line without a matching file, or with several, would silently
leave tracks without title and licence.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import ValidationError

from explainer.core.audio import FORMATS
from explainer.files.csv_lines import TableError
from explainer.files.file_names import composed, parts_of, readable
from explainer.files.tables import TableRow, read_table
from explainer.models import Track

from .excerpt_columns import COLUMNS, part_of

DETAILS = ("name", "title", "composer", "source", "licence", "notes")
_PROBLEMS_SHOWN = 10


class ManifestError(ValueError):
    """Raised for a manifest that cannot be used; the message names the lines and the remedies."""


@dataclass(frozen=True)
class Part:
    """An excerpt of a file, with the line that names it; times in s."""

    line: int
    start: float
    seconds: float


@dataclass(frozen=True)
class Described:
    """What is known of a file.

    Attributes
    ----------
    details : mapping
        Any of `DETAILS`.
    parts : sequence of Part
        Its excerpts; none for the whole file.
    """

    details: Mapping[str, str] = field(default_factory=dict)
    parts: Sequence[Part] = ()


@dataclass(frozen=True)
class ManifestRow:
    """One file of a manifest.

    Attributes
    ----------
    line : int
        The first line that names it.
    file : str
        As written there.
    described : Described
        All that its lines say.
    """

    line: int
    file: str
    described: Described

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the file's folders and name."""
        return parts_of(self.file)


@dataclass(frozen=True)
class Manifest:
    """A manifest whose lines are consistent.

    Attributes
    ----------
    unused : list of str
        Columns that are ignored.
    """

    path: Path
    rows: list[ManifestRow]
    unused: list[str]

    def files(self) -> dict[Path, Described]:
        """Return the files it names, relative to its folder, with their descriptions.

        Raises
        ------
        ManifestError
            If a file is missing.
        """
        folder = self.path.parent
        here = [folder.joinpath(*row.parts) for row in self.rows]
        if not all(place.is_file() for place in here):  # it may exist under another Unicode form of its name
            here = sound_files([folder])
        return self._matched(here, [folder], anywhere=False, all_there=True)

    def details_of(self, paths: Sequence[Path], folders: Sequence[Path] = ()) -> dict[Path, Described]:
        """Return the descriptions of these files; a name without a folder matches in any folder.

        Parameters
        ----------
        folders : sequence of Path
            Folders that were searched; if there are any, all files of the manifest must be found.

        Raises
        ------
        ManifestError
            If a required file is missing, or a name matches several files.
        """
        return self._matched(paths, [self.path.parent, *folders], anywhere=True, all_there=bool(folders))

    def _matched(
        self, paths: Sequence[Path], folders: Sequence[Path], *, anywhere: bool, all_there: bool
    ) -> dict[Path, Described]:
        by_name = defaultdict(list)
        for path in dict.fromkeys(paths):
            by_name[composed(path.name).casefold()].append(path)
        lines: dict[Path, int] = {}
        described: dict[Path, Described] = {}
        problems = []
        for row in self.rows:
            near = by_name[row.parts[-1].casefold()]
            found = _meant(row, near, folders, anywhere=anywhere)
            if len(found) > 1:
                names = ", ".join(path.as_posix() for path in found)
                problems.append(f"line {row.line}: “{row.file}” could be any of {names}; add the folder")
            elif found and found[0] in lines:
                problems.append(
                    f"line {row.line}: {row.file} is the file of line {lines[found[0]]}; delete one line"
                )
            elif found:
                lines[found[0]], described[found[0]] = row.line, row.described
            elif all_there:
                problems.append(f"line {row.line}: {_not_there(row, near)}")
        _refuse(self.path, problems)
        return described


def read_manifest(path: Path) -> Manifest:
    """Read a table of tracks.

    Parameters
    ----------
    path : Path
        In a format of `read_table`, with a column ``file`` and any of `DETAILS` and of
        `explainer.imports.excerpt_columns.COLUMNS`. A file with several excerpts has a line for each.

    Raises
    ------
    ManifestError
        If it cannot be read, has no column ``file``, names a file twice other than for excerpts, or a track
        twice, or has an invalid value.
    """
    try:
        table = read_table(path.read_bytes(), ("file", *DETAILS, *COLUMNS))
    except OSError as error:
        raise ManifestError(f"{path.name} cannot be read: {error.strerror}.") from error
    except TableError as error:
        raise ManifestError(f"{path.name} {error}.") from error
    columns = [column for column in table.columns if column]
    if "file" not in columns:
        raise ManifestError(
            f"{path.name} has no column “file”; its columns are {', '.join(columns) or 'none'}. Name the "
            "columns in its first line, and separate them by commas, semicolons or tabs."
        )
    lines = [_line(row) for row in table.rows]
    problems = [f"line {line.line}: {line.problem}" for line in lines if line.problem]
    rows = _rows(lines, problems)
    _refuse(path, problems)
    used = ("file", *DETAILS, *COLUMNS)
    return Manifest(path, rows, [column for column in columns if column not in used])


def in_one_line(error: ValidationError) -> str:
    """Return what is wrong with the fields of a row, each with the field's name before it."""
    return " ".join(f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items())


def sound_files(places: Iterable[Path]) -> list[Path]:
    """Return the given files and the sound files in the given folders, sorted by name in each folder."""
    files = []
    for place in places:
        if place.is_dir():
            files += sorted(path for path in place.rglob("*") if _is_sound(path))
        else:
            files.append(place)
    return files


def _is_sound(path: Path) -> bool:
    is_clutter = path.name.startswith("._")  # written by macOS for each file on other file systems
    return path.suffix.lower() in FORMATS and not is_clutter


@dataclass(frozen=True)
class _Line:
    """One line of a manifest, with what is wrong with it by itself."""

    line: int
    file: str
    details: Mapping[str, str]
    part: Part | None
    problem: str


def _line(row: TableRow) -> _Line:
    file = row.values.get("file", "")
    details = {key: row.values.get(key, "") for key in DETAILS}
    problem = row.problem or (
        "" if parts_of(file) else "it names no file; write its name into the column “file”"
    )
    if not problem and "\n" in file:
        problem = "the name of its file has several lines; look for an extra quotation mark"
    try:
        named = {key: value for key, value in details.items() if value}
        Track(**named).clean_fields(exclude={one.name for one in Track._meta.fields} - set(named))
    except ValidationError as error:
        problem = problem or in_one_line(error)
    part = None
    try:
        times = part_of(row.values)
        part = Part(row.line, *times) if times else None
    except ValueError as error:
        problem = problem or str(error)
    return _Line(row.line, file, details, part, problem)


def _rows(lines: Sequence[_Line], problems: list[str]) -> list[ManifestRow]:
    """Return one row for each file; what its lines contradict each other in is added to the problems."""
    files: dict[object, list[_Line]] = {}
    for line in lines:
        files.setdefault(parts_of(line.file) or line.line, []).append(line)
    rows: list[ManifestRow] = []
    names: dict[object, int] = {}
    for of_file in files.values():
        first = of_file[0]
        problems += filter(None, (_clash(line, of_file[:number]) for number, line in enumerate(of_file)))
        details = {
            key: next((one.details[key] for one in of_file if one.details[key]), "") for key in DETAILS
        }
        name = details["name"]
        named = names.setdefault(name or first.line, first.line)
        if named != first.line:
            problems.append(
                f"line {first.line}: the track of line {named} has the name {name} too; change one"
            )
        parts = [line.part for line in of_file if line.part]
        rows.append(ManifestRow(first.line, first.file, Described(details, parts)))
    return rows


def _clash(line: _Line, before: Sequence[_Line]) -> str:
    """Return how a line contradicts earlier ones of its file; empty if it does not."""
    if not before:
        return ""
    where = f"line {line.line}: {line.file}"
    first = before[0]
    if line.part is None or first.part is None:
        return (
            f"{where} is named twice, first in line {first.line}; delete one line, or give both a start and "
            "a duration, for two excerpts of it"
        )
    for other in before:
        if other.part and (other.part.start, other.part.seconds) == (line.part.start, line.part.seconds):
            return f"{where} has the same excerpt as in line {other.line}; delete one line"
        for key in DETAILS:
            if line.details[key] and other.details[key] and line.details[key] != other.details[key]:
                return (
                    f"{where} has another {key} than in line {other.line}; its lines are excerpts of one "
                    "track, so write the same or leave it empty"
                )
    return ""


def _meant(row: ManifestRow, near: Sequence[Path], folders: Sequence[Path], *, anywhere: bool) -> list[Path]:
    """Return the files that a line can mean, among those whose names match if case is ignored."""
    exact = {_full(folder, row.parts) for folder in folders}
    found = [path for path in near if _full(path) in exact]
    if not found and anywhere:
        found = [path for path in near if parts_of(str(path.absolute()))[-len(row.parts) :] == row.parts]
    if len(found) > 1:  # two forms of one name, side by side
        found = [path for path in found if path.name == row.file.replace("\\", "/").split("/")[-1]] or found
    return found


def _full(path: Path, parts: Sequence[str] = ()) -> str:
    return composed(os.path.normpath(path.absolute().joinpath(*parts)))


def _not_there(row: ManifestRow, near: Sequence[Path]) -> str:
    if near:
        names = " and ".join(path.as_posix() for path in near[:3])
        return (
            f"there is no file {row.file}, but there is {names}; correct the name (folders and upper and "
            "lower case matter)"
        )
    return f"there is no file {row.file}; correct its name, add the file, or delete the line"


def _refuse(path: Path, problems: Sequence[str]) -> None:
    if problems:
        shown = list(problems[:_PROBLEMS_SHOWN])
        if len(problems) > len(shown):
            shown.append(f"and {len(problems) - len(shown)} more")
        raise ManifestError(
            readable("\n".join([f"{path.name} was not used, and nothing was imported:", *shown]))
        )
