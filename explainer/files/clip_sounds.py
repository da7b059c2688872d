"""Size of clip files, and which clips sound the same.

Two methods that choose the same segments produce the same sound. So do original and resynthesis if the route
reconstructs the recording exactly. Their files can still differ: another version of an encoder writes other
bytes, and a sample can be rounded either way.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import numpy as np
from django.db.models.fields.files import FieldFile

from explainer.models import Clip

# Sounds are the same if they differ nowhere by more than one step of 16 bits: 90 dB below full scale, which
# is inaudible in music at -23 LUFS.
MOST_APART = 1
_STEPS = 2**15  # to full scale
_PEAKS_APART = 16  # steps: far more than such a difference can change a true peak
_KEPT = 64  # decoded sounds


def sound_of(clip: Clip) -> str:
    """Return the identifier that clips of one track share exactly if they sound the same."""
    return clip.sound or clip.sha256


def note_sounds(clips: Sequence[Clip]) -> None:
    """Set size and sound of clips of one track, saved or not, without saving them."""
    if not clips:
        return
    new = {clip.pk for clip in clips}
    known = [
        clip for clip in Clip.objects.filter(track=clips[0].track_id).order_by("pk") if clip.pk not in new
    ]
    name_sounds(clips, known)


def name_sounds(clips: Iterable, known: Iterable) -> None:
    """Do the same as `note_sounds` with the track's other clips given; each clip then counts as known.

    Both may be rows of a migration's model.
    """
    read = _reader()
    firsts = {sound_of(clip): clip for clip in reversed(list(known))}
    by_file = {clip.sha256: sound_of(clip) for clip in known}
    for clip in clips:
        clip.size = size_of(clip)
        clip.sound = by_file.get(clip.sha256) or _same_as_one_of(clip, firsts, read) or clip.sha256
        by_file[clip.sha256] = clip.sound
        firsts.setdefault(clip.sound, clip)


def _same_as_one_of(clip: Clip, firsts: dict, read: Callable) -> str:
    """Return the sound of the first clip that sounds like this one; empty if none does."""
    for sound, other in firsts.items():
        if not _may_be_alike(clip, other):
            continue
        one, two = read(clip.file), read(other.file)
        if one is not None and two is not None and same_sound(one, two):
            return sound
    return ""


def _may_be_alike(clip: Clip, other: Clip) -> bool:
    """Return whether two clips can only be told apart by their samples."""
    if other.sample_rate != clip.sample_rate or abs(other.seconds - clip.seconds) * clip.sample_rate > 0.5:
        return False
    peaks = [row.true_peak for row in (clip, other)]
    if None in peaks:
        return True
    one, two = (_STEPS * 10 ** (peak / 20) for peak in peaks)
    return abs(one - two) <= _PEAKS_APART


def same_sound(one: np.ndarray, two: np.ndarray) -> bool:
    """Return whether two sounds, given as 16-bit samples, are indistinguishable by ear."""
    return one.shape == two.shape and bool((np.abs(one.astype(np.int32) - two) <= MOST_APART).all())


def _reader() -> Callable:
    import soundfile

    @lru_cache(maxsize=_KEPT)
    def read(file: FieldFile) -> np.ndarray | None:
        try:
            with file.open("rb") as stored:
                return soundfile.read(io.BytesIO(stored.read()), dtype="int16")[0]
        except (OSError, ValueError, soundfile.SoundFileError):
            return None  # a missing or damaged file is not the same as any other

    return read


def size_of(clip: Clip) -> int | None:
    """Return the size of a clip's stored file in bytes; None if the file is missing."""
    try:
        return clip.file.size
    except (OSError, ValueError):
        return None
