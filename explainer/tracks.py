"""Taking tracks in: checked, stored once, with whatever is known of them."""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from . import stored_files
from .core.audio import FORMATS, AudioError, AudioLimits, inspect_audio
from .decoding import decode_apart, problem_with
from .models import Track

DETAILS = ("name", "title", "composer", "source", "licence", "notes")


class ManifestError(ValueError):
    """A manifest that cannot be used; the message says why."""


@dataclass(frozen=True)
class Import:
    """What became of one file.

    Attributes
    ----------
    file : str
        Its name.
    track : Track or None
        Imported or there already; None if the file was refused.
    reason : str
        Why it was refused, or under which name it was there; empty if it was imported.
    """

    file: str
    track: Track | None = None
    reason: str = ""

    @property
    def refused(self) -> bool:
        """Whether there is no such track now."""
        return self.track is None

    @property
    def result(self) -> str:
        """What happened, in a word or two."""
        if self.refused:
            return "refused"
        return "already here" if self.reason else "imported"


def limits() -> AudioLimits:
    """Return what the settings accept."""
    return AudioLimits(max_bytes=settings.MAXIMUM_TRACK_BYTES, max_seconds=settings.MAXIMUM_TRACK_SECONDS)


def import_tracks(
    paths: Iterable[Path],
    details: Mapping[str, Mapping[str, str]] | None = None,
    *,
    decode_here: bool = False,
    on_import: Callable[[Import], None] = lambda done: None,
) -> list[Import]:
    """Import sound files; one that cannot be used does not stop the others.

    Parameters
    ----------
    paths : iterable of Path
    details : mapping, optional
        File name -> any of `DETAILS`.
    decode_here : bool
        Decode in this process instead of one of its own; never in a web request.
    on_import : callable, optional
        Called after each file.

    Returns
    -------
    list of Import
        In the order of the paths.
    """
    done = []
    for path in paths:
        done.append(
            _import(path, (details or {}).get(path.name, {}), problem_with if decode_here else decode_apart)
        )
        on_import(done[-1])
    return done


def _import(path: Path, details: Mapping[str, str], decode: Callable[[Path, AudioLimits], str]) -> Import:
    try:
        info = inspect_audio(path, limits())
        sha256 = stored_files.sha256_of(path)
        same = Track.objects.filter(sha256=sha256).first()
        if same:
            return Import(path.name, same, f"the same recording as {same.name}")
        problem = decode(path, limits())
        if problem:
            return Import(path.name, reason=problem)
        name = details.get("name") or identifier(path.stem)
        if Track.objects.filter(name=name).exists():
            return Import(
                path.name,
                reason=f"another recording is called {name}; rename the file, or name it in the manifest",
            )
        track = Track(
            **{key: details[key] for key in DETAILS if details.get(key)} | {"name": name},
            file=stored_files.store(f"tracks/{sha256}{path.suffix.lower()}", path),
            sha256=sha256,
            seconds=info.seconds,
            sample_rate=info.sample_rate,
            channels=info.channels,
        )
        track.full_clean(exclude=["file"], validate_unique=False)
        with transaction.atomic():
            track.save()
    except AudioError as error:
        return Import(path.name, reason=str(error))
    except ValidationError as error:
        return Import(path.name, reason=_in_one_line(error))
    except IntegrityError:
        return Import(path.name, reason="it was imported by somebody else at the same moment; look again")
    return Import(path.name, track)


def identifier(text: str) -> str:
    """Return a name made of letters, digits and ``_ . : -`` that resembles a text."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.:-]+", "_", ascii_text).strip("_.:-")[:100] or "track"


def sound_files(places: Iterable[Path]) -> list[Path]:
    """Return the files named, and of the folders named the sound files in them, in order of name."""
    files = []
    for place in places:
        if place.is_dir():
            files += sorted(path for path in place.rglob("*") if path.suffix.lower() in FORMATS)
        else:
            files.append(place)
    return files


def read_manifest(path: Path) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Read a CSV table of tracks.

    Parameters
    ----------
    path : Path
        UTF-8, first line the column names: ``file`` and any of `DETAILS`.

    Returns
    -------
    details : dict
        File name -> what is known of it.
    unused : list of str
        Columns that mean nothing here.

    Raises
    ------
    ManifestError
        If it cannot be read, or has no column ``file``, or names a file twice.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as opened:
            table = csv.DictReader(opened)
            columns = [column.strip() for column in table.fieldnames or []]
            rows = [dict(zip(columns, row.values(), strict=False)) for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestError(f"{path.name} cannot be read as a CSV table in UTF-8: {error}") from error
    if "file" not in columns:
        raise ManifestError(
            f"{path.name} has no column “file”; its columns are {', '.join(columns) or 'none'}."
        )
    details: dict[str, dict[str, str]] = {}
    for row in rows:
        file = (row.get("file") or "").strip()
        if file in details:
            raise ManifestError(f"{path.name} names {file} twice; leave one of the lines out.")
        if file:
            details[file] = {key: (row.get(key) or "").strip() for key in DETAILS}
    return details, [column for column in columns if column not in ("file", *DETAILS)]


def _in_one_line(error: ValidationError) -> str:
    return " ".join(f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items())


def missing(details: Mapping[str, object], paths: Sequence[Path]) -> list[Import]:
    """Return a refusal for every file that a manifest names and nobody has seen."""
    seen = {path.name for path in paths}
    return [
        Import(name, reason="the manifest names it, but it is not there")
        for name in details
        if name not in seen
    ]
