"""Import of tracks: checked, stored once, with their descriptions."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from explainer.core.audio import AudioError, AudioLimits, inspect_audio
from explainer.core.base.counting import plural
from explainer.core.excerpts.rule import ExcerptError
from explainer.files import stored_files
from explainer.files.file_names import composed, identifier, readable, with_checksum
from explainer.models import Excerpt, Track

from .decoding import decode_apart, problem_with
from .excerpts import add_excerpt
from .track_manifest import DETAILS, Described, Part, in_one_line

_LONGEST_TITLE = 200


@dataclass(frozen=True)
class Import:
    """The outcome of importing one file.

    Attributes
    ----------
    file : str
        Its name, with its folder if another file of the import has the same name.
    track : Track or None
        Imported or existing track; None if the file was refused.
    reason : str
        Why it was refused, or the name of the existing track; empty if it was imported.
    excerpts : int
        Number of new excerpts.
    """

    file: str
    track: Track | None = None
    reason: str = ""
    excerpts: int = 0

    @property
    def refused(self) -> bool:
        """Whether the file was not imported and is not an existing track."""
        return self.track is None

    @property
    def refusal(self) -> str:
        """Why it was refused, beginning with the file's name."""
        is_named = self.reason.startswith(self.file)
        return self.reason if is_named else f"{self.file}: {self.reason}"

    @property
    def result(self) -> str:
        """The outcome in a word or two."""
        if self.refused:
            return "refused"
        return "already here" if self.reason else "imported"


def limits() -> AudioLimits:
    """Return the limits of the settings."""
    return AudioLimits(max_bytes=settings.MAXIMUM_TRACK_BYTES, max_seconds=settings.MAXIMUM_TRACK_SECONDS)


def import_tracks(
    paths: Iterable[Path],
    details: Mapping[Path, Described] | None = None,
    *,
    decode_here: bool = False,
    on_import: Callable[[Import], None] = lambda done: None,
) -> list[Import]:
    """Import sound files; one that cannot be used does not stop the others.

    Parameters
    ----------
    details : mapping, optional
        What is known of files, and their excerpts.
    decode_here : bool
        Decode in this process instead of a separate one; never in a web request.
    on_import : callable, optional
        Called after each file.

    Returns
    -------
    list of Import
        In the order of the paths.
    """
    paths = list(paths)
    names = default_names(paths)
    seldom = Counter(path.name for path in dict.fromkeys(paths))
    done = []
    for path in paths:
        described = (details or {}).get(path, Described())
        given = {"name": names[path]} | {key: value for key, value in described.details.items() if value}
        label = path.name if seldom[path.name] == 1 else f"{path.parent.name}/{path.name}"
        decode = problem_with if decode_here else decode_apart
        done.append(_import(path, readable(label), given, described.parts, decode))
        on_import(done[-1])
    return done


def default_names(paths: Iterable[Path]) -> dict[Path, str]:
    """Return a track name for each file, with as many folders as needed to distinguish equal names."""
    namesakes = defaultdict(list)
    for path in dict.fromkeys(paths):
        namesakes[identifier(path.stem)].append(path)
    names: dict[Path, str] = {}
    for name, alike in namesakes.items():
        names |= {alike[0]: name} if len(alike) == 1 else _distinguished(name, alike)
    return names


def _distinguished(name: str, paths: Sequence[Path]) -> dict[Path, str]:
    for folders in range(1, max(len(path.parts) for path in paths)):
        names = {path: identifier("_".join([*path.parts[:-1][-folders:], path.stem])) for path in paths}
        if len(set(names.values())) == len(paths):
            return names
    return {path: with_checksum(name, "/".join(path.parts[-2:])) for path in paths}


def _import(
    path: Path,
    label: str,
    details: Mapping[str, str],
    parts: Sequence[Part],
    decode: Callable[[Path, AudioLimits], str],
) -> Import:
    try:
        info = inspect_audio(path, limits())
        sha256 = stored_files.sha256_of(path)
        same = Track.objects.filter(sha256=sha256).first()
        if same:
            added = _add_parts(same, parts)
            new = f"; {plural(added, 'new excerpt')}" if added else ""
            known = f"the same recording as {same.name}{_unchanged(same, details)}{new}"
            return Import(label, same, known, added)
        problem = decode(path, limits())
        if problem:
            return Import(label, reason=readable(problem))
        name = details["name"]
        if Track.objects.filter(name=name).exists():
            return Import(label, reason=f"another recording has the name {name}; rename the file")
        track = Track(
            **{key: details[key] for key in DETAILS if details.get(key)},
            file=stored_files.store(f"tracks/{sha256}{path.suffix.lower()}", path),
            sha256=sha256,
            seconds=info.seconds,
            sample_rate=info.sample_rate,
            channels=info.channels,
        )
        if not track.title and identifier(path.stem) != path.stem:
            track.title = composed(readable(path.stem))[:_LONGEST_TITLE]  # the name lacks some characters
        track.full_clean(exclude=["file"], validate_unique=False)
        with transaction.atomic():
            track.save()
            Excerpt.objects.whole_of(track)
            added = _add_parts(track, parts)
    except (AudioError, ExcerptError) as error:
        return Import(label, reason=readable(str(error)))
    except ValidationError as error:
        return Import(label, reason=in_one_line(error))
    except IntegrityError:
        return Import(label, reason="someone else imported it at the same time; reload the list of tracks")
    return Import(label, track, excerpts=added)


def _add_parts(track: Track, parts: Sequence[Part]) -> int:
    """Add excerpts to a track, all or none; return how many are new."""
    before = track.excerpts.count()
    with transaction.atomic():
        for part in parts:
            try:
                add_excerpt(track, part.start, part.seconds, Excerpt.ChosenBy.MANIFEST)
            except ExcerptError as error:
                raise ExcerptError(f"line {part.line}: {error}") from error
    return track.excerpts.count() - before


def _unchanged(track: Track, details: Mapping[str, str]) -> str:
    """Return a text about details that differ from those of the existing track, which is not changed."""
    others = [
        key
        for key in DETAILS
        if key != "name" and details.get(key, getattr(track, key)) != getattr(track, key)
    ]
    return f", whose {' and '.join(others)} were not changed; edit them in the admin" if others else ""
