"""Archives of clips from other systems, which are not trusted.

Files are never written under a name from the archive, and no more bytes are unpacked than the limits allow,
whatever sizes the archive states.
"""

import hashlib
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from explainer.core.audio import FORMATS
from explainer.core.base.counting import plural
from explainer.core.clips.conditions import UPLOADED
from explainer.files.csv_lines import TableError
from explainer.files.file_names import composed, parts_of
from explainer.files.tables import Table, read_table
from explainer.models import IDENTIFIER, Clip

from .excerpt_columns import part_of

MANIFEST = "manifest.csv"
REQUIRED = ("file", "track", "condition", "target", "method")
OPTIONAL = ("kept_segments", "variant", "level", "start", "duration")
MAXIMUM_MEMBERS = 5000
MAXIMUM_MANIFEST_BYTES = 5 * 1024 * 1024
_CHUNK = 1 << 20
_ENCRYPTED, _IN_UTF_8 = 0x1, 0x800
_NUMBERS_AT_MOST = 9999
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, EOFError, OSError, RuntimeError,
)  # fmt: skip


class ArchiveError(ValueError):
    """Raised for an archive that cannot be used; the message says why and what to do."""


class MemberError(ValueError):
    """Raised for a file or a line of an archive that cannot be used; the message says why."""


@dataclass(frozen=True)
class Line:
    """One line of the manifest, which describes a clip.

    Attributes
    ----------
    number : int
        Number of the line in the manifest, counted from 1.
    part : (float, float) or None
        Start and length in s of the excerpt of the track that it belongs to; None for the whole track.
    """

    number: int
    file: str
    track: str
    condition: str
    target: str
    method: str
    level: str = ""
    kept_segments: int = 0
    variant: int = 0
    part: tuple[float, float] | None = None

    def identity(self) -> tuple:
        """Return the values that identify an uploaded clip."""
        return (
            self.track, self.part, self.method, self.condition, self.target, self.kept_segments, self.variant,
        )  # fmt: skip


@dataclass(frozen=True)
class RefusedLine:
    """A line of the manifest that cannot be used.

    Attributes
    ----------
    file : str
        Empty if the line names no file.
    """

    number: int
    file: str
    reason: str


class ClipArchive:
    """An open archive.

    Parameters
    ----------
    maximum_bytes : int
        Limit for each file.
    maximum_total : int
        Limit for all files together, unpacked.
    """

    def __init__(self, opened: zipfile.ZipFile, maximum_bytes: int, maximum_total: int) -> None:
        self._zip = opened
        self._maximum_bytes = maximum_bytes
        self._left = maximum_total
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in opened.infolist():
            if not member.is_dir() and not _is_clutter(member.filename):
                name = _safe_name(_name_of(member))
                if name in self._members:
                    raise ArchiveError(
                        f"The archive contains {name} twice; pack it again with each file once."
                    )
                self._members[name] = member
        self._folder = self._find_manifest()

    def lines(self) -> Iterator[Line | RefusedLine]:
        """Yield the lines of the manifest.

        Raises
        ------
        ArchiveError
            If the manifest cannot be read or lacks a column.
        """
        content = io.BytesIO()
        try:
            self._copy(self._members[f"{self._folder}{MANIFEST}"], content, MAXIMUM_MANIFEST_BYTES)
        except MemberError as error:
            raise ArchiveError(f"{MANIFEST} cannot be unpacked: {error}.") from error
        for row in _table(content.getvalue()).rows:
            try:
                if row.problem:
                    raise MemberError(row.problem)
                yield _line(row.line, row.values)
            except MemberError as error:
                yield RefusedLine(row.line, _file_of(row.values), str(error))

    def unpack(self, file: str, folder: Path) -> tuple[Path, str]:
        """Write one file of the archive under a safe name; return its path and SHA-256.

        Raises
        ------
        MemberError
            If it is missing, of an unknown kind, damaged or larger than allowed.
        ArchiveError
            If all files together are larger than allowed.
        """
        member = self._members.get(f"{self._folder}{file}") or self._members.get(file)
        if member is None:
            raise MemberError(self._not_there(file))
        suffix = PurePosixPath(file).suffix.lower()
        if suffix not in FORMATS:
            raise MemberError(
                f"its ending must be one of {', '.join(kind[1:].upper() for kind in FORMATS)}; convert it"
            )
        path = folder / f"{hashlib.sha256(file.encode()).hexdigest()}{suffix}"
        with path.open("wb") as target:
            return path, self._copy(member, target, self._maximum_bytes)

    def _not_there(self, file: str) -> str:
        base = PurePosixPath(file).name.casefold()
        near = [name for name in self._members if PurePosixPath(name).name.casefold() == base]
        hint = f"; there is {' and '.join(near[:3])}" if near else ""
        return (
            f"the manifest names it, but it is not in the archive{hint}; add it, or correct the name "
            "(folders and upper and lower case matter)"
        )

    def unnamed(self, named: set[str]) -> list[str]:
        """Return the sound files that the manifest does not name."""
        known = {f"{self._folder}{file}" for file in named} | named
        return [
            name
            for name in self._members
            if name not in known and PurePosixPath(name).suffix.lower() in FORMATS
        ]

    def _find_manifest(self) -> str:
        """Return the folder of the manifest, with a slash at its end; empty for the top folder."""
        if MANIFEST in self._members:
            return ""
        found = [name for name in self._members if PurePosixPath(name).name == MANIFEST]
        if len(found) != 1:
            raise ArchiveError(
                f"The archive must contain one table {MANIFEST} that describes each clip; "
                f"it contains {len(found) or 'none'}."
            )
        return found[0].removesuffix(MANIFEST)

    def _copy(self, member: zipfile.ZipInfo, target: BinaryIO, maximum: int) -> str:
        """Copy a member, counting the unpacked bytes; return their SHA-256."""
        digest, size = hashlib.sha256(), 0
        try:
            with self._zip.open(member) as source:
                while chunk := source.read(_CHUNK):
                    size += len(chunk)
                    self._left -= len(chunk)
                    if size > maximum:
                        raise MemberError(f"it unpacks to more than the {maximum / 2**20:g} MB allowed")
                    if self._left < 0:
                        raise ArchiveError(
                            "The archive unpacks to more than is allowed; split it into several."
                        )
                    digest.update(chunk)
                    target.write(chunk)
        except _DAMAGED as error:
            raise MemberError(
                f"it is damaged or its compression is unknown; pack it again ({error})"
            ) from error
        return digest.hexdigest()


@contextmanager
def open_archive(
    path: Path, *, maximum_bytes: int, maximum_total: int, name: str = ""
) -> Iterator[ClipArchive]:
    """Open a zip archive of clips; messages use the name of its path, or another given name.

    Raises
    ------
    ArchiveError
        If it is not a zip archive, or contains too many files, encrypted ones, or names that point outside.
    """
    name = name or path.name
    try:
        opened = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise ArchiveError(f"{name} is not a zip archive or is damaged; pack it again ({error}).") from error
    with opened:
        members = opened.infolist()
        if len(members) > MAXIMUM_MEMBERS:
            raise ArchiveError(
                f"{name} contains {plural(members, 'file')}; the limit is {MAXIMUM_MEMBERS}. Split it."
            )
        if any(member.flag_bits & _ENCRYPTED for member in members):
            raise ArchiveError(f"{name} is encrypted; pack it without a password.")
        yield ClipArchive(opened, maximum_bytes, maximum_total)


def _safe_name(name: str) -> str:
    parts = PurePosixPath(name).parts
    if not parts or "\\" in name or "\0" in name or name.startswith("/") or ".." in parts or ":" in parts[0]:
        raise ArchiveError(
            f"The archive contains the name {name[:80]!r}, which points outside it; pack the files again "
            "with plain names."
        )
    return str(PurePosixPath(name))


def _name_of(member: zipfile.ZipInfo) -> str:
    """Return the name of a member in the encoding in which it was packed.

    macOS writes names in UTF-8 without the flag for it, so `zipfile` reads them as code page 437.
    """
    if member.flag_bits & _IN_UTF_8:
        return composed(member.filename)
    try:
        return composed(member.filename.encode("cp437").decode("utf-8"))
    except UnicodeError:
        return composed(member.filename)


def _is_clutter(name: str) -> bool:
    """Return whether a file was added by an operating system."""
    own = PurePosixPath(name).name
    return name.startswith("__MACOSX/") or own in (".DS_Store", "Thumbs.db") or own.startswith("._")


def _table(content: bytes) -> Table:
    """Return the manifest, after checking that it has all required columns."""
    try:
        table = read_table(content, (*REQUIRED, *OPTIONAL))
    except TableError as error:
        raise ArchiveError(f"{MANIFEST} {error}.") from error
    missing = [column for column in REQUIRED if column not in table.columns]
    if missing:
        raise ArchiveError(
            f"{MANIFEST} has no column {', '.join(missing)}; its columns are "
            f"{', '.join(filter(None, table.columns)) or 'none'}. Name {', '.join(REQUIRED)} in its first "
            "line, and separate them by commas, semicolons or tabs."
        )
    return table


def _file_of(values: dict[str, str]) -> str:
    return "/".join(parts_of(values.get("file", "")))


def _line(number: int, values: dict[str, str]) -> Line:
    """Return a checked line of the manifest."""

    def require(holds: bool, problem: str) -> None:
        if not holds:
            raise MemberError(problem)

    condition = values.get("condition", "").lower().replace(" ", "_").replace("-", "_") or UPLOADED
    method, target = values.get("method", ""), values.get("target", "")
    file = _file_of(values)
    require(bool(file), "it names no file; write its name into the column “file”")
    require(bool(values.get("track")), "it names no track; write its name into the column “track”")
    require(
        condition in Clip.Condition.values,
        f"the condition {condition!r} is unknown; use one of {', '.join(Clip.Condition.values)}",
    )
    serves_all = condition in (Clip.Condition.ORIGINAL, Clip.Condition.RESYNTHESIS, Clip.Condition.UPLOADED)
    require(bool(target) or serves_all, f"a clip of condition {condition} needs a target")
    require(len(target) <= 100, "the target has more than 100 characters")
    require(
        bool(method) and len(method) <= 50 and bool(IDENTIFIER.regex.match(method)),
        "method must name the system the clip comes from, with up to 50 letters, digits and . _ : -",
    )
    level = values.get("level", "").lower()
    require(level in ("", "mid-level", "emotion", "tag"), "level must be mid-level, emotion or tag")
    counts = {}
    for column in ("kept_segments", "variant"):
        text = values.get(column, "") or "0"
        require(
            text.isdecimal() and int(text) <= _NUMBERS_AT_MOST,
            f"{column} must be a whole number up to {_NUMBERS_AT_MOST}",
        )
        counts[column] = int(text)
    try:
        part = part_of(values)
    except ValueError as error:
        raise MemberError(str(error)) from error
    return Line(number, file, values["track"], condition, target, method, level, **counts, part=part)
