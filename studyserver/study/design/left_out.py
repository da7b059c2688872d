"""Comparisons that a study omits because their clips sound the same: counts and sentences."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from explainer.core.base.counting import listed, plural
from explainer.models import Clip, Track
from studyserver.study.models import Stimulus, Study

from .sets import ClipSet, Composed, alike_in, composed


@dataclass(frozen=True)
class LeftOut:
    """Counts of pairs or sets, and those that are not presented."""

    possible: int  # number of pairs or sets if no clips sounded the same
    whole: int  # number of those that are omitted
    shortened: int  # number of sets that are presented without some of their clips
    # For each clip that sounds like another of its pair or set, both: the one that is kept comes first.
    clips: list[tuple[Clip, Clip]]
    are_pairs: bool  # whether the counts are of pairs

    def __bool__(self) -> bool:
        return bool(self.clips)

    def as_data(self) -> dict:
        """Return the counts as JSON types, with clips by primary key."""
        return {
            "possible": self.possible,
            "left_out": self.whole,
            "shortened": self.shortened,
            "equal_clips": [[first.pk, second.pk] for first, second in self.clips],
        }


def left_out(study: Study, role: str = Stimulus.Role.MAIN) -> LeftOut:
    """Return what a study omits of its active stimuli in a role."""
    return left_out_of(study, composed(study, role))


def left_out_of(study: Study, made: Composed) -> LeftOut:
    """Return what is omitted from sets that were composed for a study."""
    kept = {what.key for what in made.sets}
    whole = [key for key in made.equal if key not in kept]
    return LeftOut(
        possible=len(kept) + len(whole),
        whole=len(whole),
        shortened=len(made.equal) - len(whole),
        clips=[pair for what in made.equal.values() for pair in _alike(what)],
        are_pairs=study.presents.is_pair,
    )


def _alike(what: ClipSet) -> list[tuple[Clip, Clip]]:
    clips = {number: clip for (number, _role), clip in zip(what.members, what.clips, strict=True)}
    return [(first, clips[number]) for number, first in alike_in(what).items()]


def left_out_words(found: LeftOut) -> str:
    """Return sentences on omitted comparisons and the reason; empty if there are none."""
    if not found:
        return ""
    what = plural(found.possible, "pair" if found.are_pairs else "set")
    sentences = []
    if found.whole:
        why = "their clips hold the same sound" if found.are_pairs else "all their clips hold the same sound"
        sentences.append(f"{found.whole} of {what} {_are(found.whole)} left out because {why}.")
    if found.shortened:
        sentences.append(
            f"In {found.shortened} of {what} clips are left out that hold the same sound as another clip of "
            "the set."
        )
    sentences.append(f"The same: {_kinds(found.clips)}, of {_tracks(found.clips)}.")
    sentences.append("Nobody could hear a difference there, and answers would say nothing about the clips.")
    return " ".join(sentences)


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _kinds(pairs: Collection[tuple[Clip, Clip]]) -> str:
    kinds = Counter(f"{clip_in_words(first)} and {clip_in_words(second)}" for first, second in pairs)
    return listed([f"{kind} ({number} times)" if number > 1 else kind for kind, number in kinds.items()])


def _tracks(pairs: Collection[tuple[Clip, Clip]]) -> str:
    tracks = Track.objects.filter(pk__in={first.track_id for first, _second in pairs}).order_by("name")
    return listed([str(track) for track in tracks])


def clip_in_words(clip: Clip) -> str:
    """Return a text that identifies a clip within its track: condition, method, target, size."""
    words = [clip.get_condition_display().partition(" (")[0], clip.method if clip.target else ""]
    if clip.kept_segments:
        words.append(f"k = {held_in_words(clip)}")
    return " ".join(word for word in words if word)


def held_in_words(clip: Clip) -> str:
    """Return the number of segments of a clip's evidence, with the requested number if it differs."""
    held, asked = clip.kept_segments, clip.segments_asked
    if not held:
        return ""
    return f"{held} ({asked} requested)" if asked and asked != held else str(held)
