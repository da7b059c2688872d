"""Manifests of tracks: tables that describe sound files, and matching of their lines with files.

A manifest is used completely or not at all: a line without a matching file, or with several, would silently
leave tracks without title and licence.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError

from explainer.core.audio import FORMATS
from explainer.files.csv_lines import TableError
from explainer.files.file_names import composed, parts_of, readable
from explainer.files.tables import TableRow, read_table
from explainer.models import Track

DETAILS = ("name", "title", "composer", "source", "licence", "notes")
_PROBLEMS_SHOWN = 10


class ManifestError(ValueError):
    """Raised for a manifest that cannot be used; the message names the lines and the remedies."""


@dataclass(frozen=True)
class ManifestRow:
    """The description of one file.

    Attributes
    ----------
    line : int
        Line of the manifest.
    file : str
        As written in the manifest.
    details : dict
        Any of `DETAILS`.
    """

    line: int
    file: str
    details: Mapping[str, str]

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

    def files(self) -> dict[Path, Mapping[str, str]]:
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

    def details_of(
        self, paths: Sequence[Path], folders: Sequence[Path] = ()
    ) -> dict[Path, Mapping[str, str]]:
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
    ) -> dict[Path, Mapping[str, str]]:
        by_name = defaultdict(list)
        for path in dict.fromkeys(paths):
            by_name[composed(path.name).casefold()].append(path)
        lines: dict[Path, int] = {}
        details: dict[Path, Mapping[str, str]] = {}
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
                lines[found[0]], details[found[0]] = row.line, row.details
            elif all_there:
                problems.append(f"line {row.line}: {_not_there(row, near)}")
        _refuse(self.path, problems)
        return details


def read_manifest(path: Path) -> Manifest:
    """Read a table of tracks.

    Parameters
    ----------
    path : Path
        In a format of `read_table`, with a column ``file`` and any of `DETAILS`.

    Raises
    ------
    ManifestError
        If it cannot be read, has no column ``file``, names a file or a track twice, or has an invalid value.
    """
    try:
        table = read_table(path.read_bytes(), ("file", *DETAILS))
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
    rows = [
        ManifestRow(row.line, row.values.get("file", ""), {key: row.values.get(key, "") for key in DETAILS})
        for row in table.rows
    ]
    _refuse(path, [*_problems_of_rows(table.rows, rows), *_problems_between(rows)])
    return Manifest(path, rows, [column for column in columns if column not in ("file", *DETAILS)])


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


def _problems_of_rows(read: Sequence[TableRow], rows: Sequence[ManifestRow]) -> list[str]:
    problems = []
    for cells, row in zip(read, rows, strict=True):
        problem = cells.problem or (
            "" if row.parts else "it names no file; write its name into the column “file”"
        )
        if not problem and "\n" in row.file:
            problem = "the name of its file has several lines; look for an extra quotation mark"
        try:
            named = {key: value for key, value in row.details.items() if value}
            Track(**named).clean_fields(exclude={field.name for field in Track._meta.fields} - set(named))
        except ValidationError as error:
            problem = problem or in_one_line(error)
        if problem:
            problems.append(f"line {row.line}: {problem}")
    return problems


def _problems_between(rows: Sequence[ManifestRow]) -> list[str]:
    problems = []
    files: dict[object, int] = {}
    names: dict[object, int] = {}
    for row in rows:
        first = files.setdefault(row.parts, row.line)
        if row.parts and first != row.line:
            problems.append(
                f"line {row.line}: {row.file} is named twice, first in line {first}; delete one line"
            )
        name = row.details["name"]
        first = names.setdefault(name or row.line, row.line)
        if first != row.line:
            problems.append(f"line {row.line}: the track of line {first} has the name {name} too; change one")
    return problems


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
