"""Import of clips made by other systems, for studies together with this system's clips."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction

from explainer.core.audio import AudioError, AudioLimits, inspect_audio
from explainer.core.excerpts.rule import ExcerptError
from explainer.files import stored_files
from explainer.files.clip_sounds import note_sounds
from explainer.models import Clip, Excerpt, MusicModel, Track

from .clip_archive import MANIFEST, ArchiveError, ClipArchive, Line, MemberError, RefusedLine, open_archive
from .clip_conversion import Request, convert, convert_apart
from .excerpts import add_excerpt
from .tracks import limits

Convert = Callable[[Request, AudioLimits], list[dict]]


@dataclass(frozen=True)
class ClipImport:
    """The outcome of one line of the manifest.

    Attributes
    ----------
    file : str
        Empty if the line names no file.
    clip : Clip or None
        None if it was refused.
    reason : str
        Why it was refused.
    result : str
        ``imported``, ``already here`` or ``refused``.
    line : int
        Number in the manifest; 0 for a file that it does not name.
    """

    file: str
    clip: Clip | None = None
    reason: str = ""
    result: str = "refused"
    line: int = 0


@dataclass
class _Candidate:
    line: Line
    excerpt: Excerpt
    path: Path
    sha256: str
    answer: dict = field(default_factory=dict)


def import_clips(path: Path, *, convert_here: bool = False, name: str = "") -> list[ClipImport]:
    """Import the clips of a zip archive; one that cannot be used does not stop the others.

    Importing the same archive again changes nothing.

    Parameters
    ----------
    path : Path
        The archive; its ``manifest.csv`` describes each clip (docs/uploading-clips.md).
    convert_here : bool
        Decode in this process instead of a separate one; never in a web request.
    name : str
        Name of the archive in messages; by default that of its path.

    Returns
    -------
    list of ClipImport
        In the order of the manifest, followed by files that it does not name.

    Raises
    ------
    ArchiveError
        If the archive cannot be used; nothing is imported then.
    """
    maximum = limits()
    with (
        tempfile.TemporaryDirectory(prefix="clips-") as folder,
        open_archive(
            path, maximum_bytes=maximum.max_bytes, maximum_total=settings.MAXIMUM_ARCHIVE_BYTES, name=name
        ) as archive,
    ):
        importer = _Importer(archive, Path(folder), name or path.name)
        importer.check_lines()
        importer.convert(convert if convert_here else convert_apart)
        return importer.finish()


class _Importer:
    def __init__(self, archive: ClipArchive, folder: Path, name: str) -> None:
        self.archive, self.folder, self.name = archive, folder, name
        self.results: dict[int, ClipImport] = {}
        self.candidates: dict[int, _Candidate] = {}
        self.levels = {
            target["name"]: target.get("level", "")
            for model in MusicModel.objects.all()
            for target in model.targets
        }

    def check_lines(self) -> None:
        """Check every line and unpack the files to be converted."""
        seen: dict[tuple, int] = {}
        named = set()
        lines = list(self.archive.lines())
        if not lines:
            raise ArchiveError(f"{MANIFEST} names no clip; add a line for each clip below the first line.")
        tracks = Track.objects.in_bulk(
            {line.track for line in lines if isinstance(line, Line)}, field_name="name"
        )
        for position, line in enumerate(lines):
            named.add(line.file)
            if isinstance(line, RefusedLine):
                self.results[position] = ClipImport(line.file, reason=line.reason, line=line.number)
                continue
            first = seen.setdefault(line.identity(), line.number)
            try:
                if first != line.number:
                    raise MemberError(
                        f"line {first} of the manifest describes the same clip; number them in “variant”, "
                        "or delete one line"
                    )
                self._look_at(position, line, tracks.get(line.track))
            except (MemberError, AudioError) as error:
                self.results[position] = ClipImport(line.file, reason=str(error), line=line.number)
        for number, file in enumerate(self.archive.unnamed(named), start=len(lines)):
            self.results[number] = ClipImport(
                file, reason="the manifest does not name it; add a line for it, or remove the file"
            )

    def _look_at(self, position: int, line: Line, track: Track | None) -> None:
        if track is None:
            raise MemberError(_no_track(line.track))
        path, sha256 = self.archive.unpack(line.file, self.folder)
        excerpt = _excerpt_of(track, line)
        existing = Clip.objects.filter(
            excerpt=excerpt, explanation=None, method=line.method, condition=line.condition,
            target=line.target, kept_segments=line.kept_segments, variant=line.variant,
        ).first()  # fmt: skip
        if existing and existing.provenance.get("source_sha256") == sha256:
            self.results[position] = ClipImport(line.file, existing, result="already here", line=line.number)
            return
        if existing:
            raise MemberError(
                "another recording exists as this clip; delete that clip, or number this one in “variant”"
            )
        try:
            inspect_audio(path, limits())
        except AudioError as error:
            raise MemberError(str(error).replace(path.name, "").lstrip(": ")) from error
        self.candidates[position] = _Candidate(line, excerpt, path, sha256)

    def convert(self, convert: Convert) -> None:
        """Convert the unpacked files, all clips of an excerpt with one gain."""
        by_excerpt: dict[int, list[_Candidate]] = {}
        for candidate in self.candidates.values():
            by_excerpt.setdefault(candidate.excerpt.pk, []).append(candidate)
        for candidates in by_excerpt.values():
            excerpt = candidates[0].excerpt
            track = excerpt.track
            here = Clip.objects.filter(excerpt=excerpt, explanation=None).first()
            sound = self.folder / f"track-{track.pk}{Path(track.file.name).suffix}"
            sound.write_bytes(stored_files.read(track.file.name))
            request = Request(
                files=[str(candidate.path) for candidate in candidates],
                track=str(sound),
                cut=None if excerpt.is_whole else (excerpt.start, excerpt.frames),
                reference=_original_of(candidates),
                sample_rate=track.sample_rate,
                gain=here.gain if here else None,
                folder=str(self.folder),
            )
            for candidate, answer in zip(candidates, convert(request, limits()), strict=True):
                candidate.answer = answer

    def finish(self) -> list[ClipImport]:
        """Store the converted clips and return the outcome of every line."""
        for position, candidate in self.candidates.items():
            if "problem" in candidate.answer:
                line, problem = candidate.line, candidate.answer["problem"]
                self.results[position] = ClipImport(line.file, reason=problem, line=line.number)
            else:
                self.results[position] = self._store(candidate)
        return [self.results[position] for position in sorted(self.results)]

    def _store(self, candidate: _Candidate) -> ClipImport:
        line, made = candidate.line, candidate.answer
        clip = Clip(
            track=candidate.excerpt.track,
            excerpt=candidate.excerpt,
            condition=line.condition,
            target=line.target,
            target_level=line.level or self.levels.get(line.target, ""),
            method=line.method,
            kept_segments=line.kept_segments,
            variant=line.variant,
            file=stored_files.store(f"clips/{made['sha256']}.flac", Path(made["path"])),
            sample_rate=candidate.excerpt.track.sample_rate,
            **{name: made[name] for name in ("sha256", "seconds", "loudness", "gain", "true_peak")},
            provenance={
                "archive": self.name,
                "file": line.file,
                "source_sha256": candidate.sha256,
                "target_loudness": made["target_loudness"],
            },
        )
        note_sounds([clip])
        try:
            with transaction.atomic():
                clip.save()
        except IntegrityError:
            return ClipImport(
                line.file,
                reason="someone else imported it at the same time; reload the list of clips",
                line=line.number,
            )
        return ClipImport(line.file, clip, result="imported", line=line.number)


def _excerpt_of(track: Track, line: Line) -> Excerpt:
    if line.part is None:
        return Excerpt.objects.whole_of(track)
    try:
        return add_excerpt(track, *line.part, chosen_by=Excerpt.ChosenBy.MANIFEST)
    except ExcerptError as error:
        raise MemberError(str(error)) from error


def _no_track(name: str) -> str:
    """Return the message for a missing track, with a hint if the name is a title of tracks."""
    titled = Track.objects.filter(title=name).values_list("name", flat=True)[:3]
    if titled:
        return f"{name} is the title of a track; write its name, {' or '.join(titled)}, into the manifest"
    return f"there is no track {name}; import it first or correct the manifest"


def _original_of(candidates: Sequence[_Candidate]) -> int | None:
    conditions = [candidate.line.condition for candidate in candidates]
    return conditions.index(Clip.Condition.ORIGINAL) if Clip.Condition.ORIGINAL in conditions else None
