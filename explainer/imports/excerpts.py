"""Excerpts as rows: added by hand, manifest or rule, and which of them stand for a track."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from explainer.core.base.counting import plural
from explainer.core.excerpts.rule import LONGEST, SHORTEST, ExcerptError
from explainer.models import Excerpt, Track

LONG_CLIPS = 20.0  # s; longer ones tire listeners, and their evidence comes in pieces of many seconds
_TOLERANCE = 0.0015  # s; times are given to the millisecond, so an end may be rounded up


def add_excerpt(track: Track, start: float, seconds: float, chosen_by: str, **details: Any) -> Excerpt:
    """Return the excerpt of a track with this start and length in s, created if it is new.

    Times are rounded to milliseconds, and from there to frames. A part that is the whole track is the excerpt
    that every track has.

    Parameters
    ----------
    chosen_by : str
        One of `Excerpt.ChosenBy`; an existing excerpt keeps its own.
    details
        Further fields of a new one.

    Raises
    ------
    ExcerptError
        If the track has no such part.
    """
    start, seconds = _checked(track, start, seconds)
    first = round(start * track.sample_rate)
    frames = min(round(seconds * track.sample_rate), track.frames - first)
    if first == 0 and track.frames - frames <= _TOLERANCE * track.sample_rate:
        return Excerpt.objects.whole_of(track)
    row, _created = Excerpt.objects.get_or_create(
        track=track, start=first, frames=frames, defaults={"chosen_by": chosen_by, **details}
    )
    return row.of(track)


def require_part(track: Track, start: float, seconds: float) -> None:
    """Raise an `ExcerptError` if a track has no such part, in s."""
    _checked(track, start, seconds)


def _checked(track: Track, start: float, seconds: float) -> tuple[float, float]:
    if not (math.isfinite(start) and math.isfinite(seconds)):
        raise ExcerptError("start and length must be numbers of seconds")
    start, seconds = round(start, 3), round(seconds, 3)
    if start < 0:
        raise ExcerptError(f"an excerpt cannot start before the track does ({start:g} s)")
    if not (SHORTEST <= seconds <= LONGEST or seconds >= track.seconds - _TOLERANCE):
        raise ExcerptError(f"an excerpt lasts {SHORTEST:g} to {LONGEST:g} s, not {seconds:g} s")
    if start + seconds > track.seconds + _TOLERANCE:
        raise ExcerptError(
            f"an excerpt from {start:g} to {start + seconds:g} s exceeds the track, which lasts "
            f"{track.seconds:.2f} s"
        )
    return start, seconds


def excerpts_of(tracks: Iterable[Track], *, whole: bool = False) -> list[Excerpt]:
    """Return what stands for tracks: their chosen excerpts, or the whole of those that have none.

    Parameters
    ----------
    whole : bool
        Return the whole tracks, whatever was chosen.
    """
    tracks = list(tracks)
    chosen: dict[int, list[Excerpt]] = {}
    rows = Excerpt.objects.filter(track__in=[track.pk for track in tracks])
    for row in rows.exclude(chosen_by=Excerpt.ChosenBy.WHOLE).order_by("start", "frames"):
        chosen.setdefault(row.track_id, []).append(row)
    found = []
    for track in tracks:
        cut = [] if whole else chosen.get(track.pk, [])
        found += [row.of(track) for row in cut] or [Excerpt.objects.whole_of(track)]
    return found


def long_ones(excerpts: Iterable[Excerpt]) -> list[Excerpt]:
    """Return the excerpts whose clips would be longer than `LONG_CLIPS`, the longest first."""
    long = [row for row in excerpts if row.seconds > LONG_CLIPS]
    return sorted(long, key=lambda row: -row.seconds)


def question_about_long_clips(excerpts: Sequence[Excerpt]) -> str:
    """Return a sentence on how long the clips would be; empty if none is longer than `LONG_CLIPS`."""
    long = long_ones(excerpts)
    if not long:
        return ""
    named = "; ".join(f"{row}: {row.seconds:.0f} s" for row in long[:3])
    more = f"; and {len(long) - 3} more" if len(long) > 3 else ""
    every = "Every clip" if len(long) == len(excerpts) else f"The clips of {len(long)} of {len(excerpts)}"
    return (
        f"{every} would be longer than {LONG_CLIPS:g} s ({named}{more}). Annotators hear each of them "
        "whole, and several short excerpts of each track say more in the same time: 6 to 8 s are usual."
    )


def counted(excerpts: Iterable[Excerpt]) -> str:
    """Return "24 excerpts of 12 tracks", or "12 tracks" if all are whole; repeated ones count once."""
    found = {row.pk: row for row in excerpts}.values()
    tracks = plural(len({row.track_id for row in found}), "track")
    if all(row.is_whole for row in found):
        return tracks
    return f"{plural(len(found), 'excerpt')} of {tracks}"
