"""Sets: the clips that one trial presents, a single one or several that are compared."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from explainer.files.clip_sounds import sound_of
from explainer.models import Clip
from studyserver.study.models import Presentation, Stimulus, Study

from .intruders import with_intruders

# Conditions in which the whole music is audible.
UNMASKED = {Clip.Condition.ORIGINAL, Clip.Condition.RESYNTHESIS}
CONDITION_ORDER = [value for value, _label in Clip.Condition.choices]
_Role = Presentation.Role


@dataclass(frozen=True)
class Entry:
    """A clip that can be presented, with a number: the primary key of its stimulus if there is one."""

    number: int
    clip: Clip

    @property
    def method(self) -> tuple[int | None, str]:
        """The origin of the clip: the same for clips of one explanation, or of one uploading system."""
        return self.clip.explanation_id, self.clip.method


@dataclass(frozen=True)
class ClipSet:
    """The clips that one trial presents."""

    key: str  # identifies the set in balancing; it does not change as long as the set compares the same
    # Numbers of the entries with their roles, blind clips in no particular order. X of an ABX trial is drawn
    # when the trial is created.
    members: tuple[tuple[int, str], ...]
    clips: tuple[Clip, ...]  # the clips of the members, in the same order

    @property
    def track(self) -> int:
        """The piece of music: the unit of spacing and of statistics; in a set with an intruder that of it."""
        return self.clips[0].track_id

    @property
    def excerpt(self) -> int | str:
        """The part of the track."""
        return _part(self.clips[0])

    @property
    def unmasked(self) -> bool:
        """Whether the whole music is audible in one of the clips."""
        return any(clip.condition in UNMASKED for clip in self.clips)

    @property
    def target(self) -> str:
        """The target of the clips, but for an intruder; empty if they serve all targets."""
        return next((clip.target for clip in reversed(self.clips) if clip.target), "")

    @property
    def method(self) -> str:
        """The method of the clips that have one."""
        return next((clip.method for clip in self.clips if clip.method and clip.target), "")

    @property
    def blind(self) -> list[Clip]:
        """The clips that are judged."""
        return [
            clip
            for (_number, role), clip in zip(self.members, self.clips, strict=True)
            if role != _Role.REFERENCE
        ]

    @property
    def seconds(self) -> float:
        """Total length of the clips in s, without X."""
        return sum(clip.seconds for clip in self.clips)


@dataclass(frozen=True)
class Composed:
    """The sets that trials can present, and those with clips that sound the same."""

    sets: list[ClipSet]  # in a fixed order
    equal: dict[str, ClipSet]  # the original sets with clips that sound the same, by key


def stimulus_sets(study: Study, role: str = Stimulus.Role.MAIN) -> list[ClipSet]:
    """Return the sets of the study's active stimuli in a role, in a fixed order."""
    return composed(study, role).sets


def composed(study: Study, role: str = Stimulus.Role.MAIN) -> Composed:
    """Return the sets of a study's active stimuli in a role, and those with clips that sound the same."""
    stimuli = study.stimuli.active().filter(role=role).select_related("clip__excerpt").order_by("pk")
    return compose(study, [Entry(stimulus.pk, stimulus.clip) for stimulus in stimuli])


def clip_sets(study: Study, entries: Sequence[Entry]) -> list[ClipSet]:
    """Return the sets that a study's rules make of clips; clips without a partner are in no set."""
    return compose(study, entries).sets


def compose(study: Study, entries: Sequence[Entry]) -> Composed:
    """Return the sets that a study's rules make of clips; no two clips of a set sound the same."""
    if not study.presents.compares:
        single = [ClipSet(str(one.number), ((one.number, _Role.CLIP),), (one.clip,)) for one in entries]
        return Composed(single, {})
    if study.presents.has_intruder:
        return Composed([_with_intruder(found) for found in with_intruders(_compared(study, entries))], {})
    sets: dict[str, ClipSet] = {}
    equal: dict[str, ClipSet] = {}
    for name, group in _groups(study, entries).items():
        for found in _sets_of_group(study, name, group):
            # A pair of clips that serve all targets occurs in several groups, but is presented once.
            if found.key in sets or found.key in equal:
                continue
            alike = alike_in(found)
            if alike:
                equal[found.key] = found
            left = _without(found, alike, is_pair=study.presents.is_pair)
            if left is not None:
                sets[found.key] = left
    return Composed(list(sets.values()), equal)


def alike_in(what: ClipSet) -> dict[int, Clip]:
    """Return the clips of a set that sound like an earlier one in it: number to the earlier clip.

    Of clips that sound the same the open reference is kept, or otherwise the one whose condition comes first.
    A hidden reference is not returned: it is the same clip as the open one.
    """
    members = [(number, role, clip) for (number, role), clip in zip(what.members, what.clips, strict=True)]
    members.sort(key=lambda member: _precedence(*member))
    firsts: dict[str, tuple[int, Clip]] = {}
    alike = {}
    for number, _role, clip in members:
        first, other = firsts.setdefault(sound_of(clip), (number, clip))
        if first != number:
            alike[number] = other
    return alike


def _precedence(number: int, role: str, clip: Clip) -> tuple:
    return role != _Role.REFERENCE, CONDITION_ORDER.index(clip.condition), number < 0, abs(number)


def _without(what: ClipSet, alike: Collection[int], *, is_pair: bool) -> ClipSet | None:
    """Return a set without some of its clips; None if it no longer compares anything."""
    if not alike:
        return what
    kept = [place for place, (number, _role) in enumerate(what.members) if number not in alike]
    if is_pair or len({what.members[place][0] for place in kept}) < 2:
        return None
    members = tuple(what.members[place] for place in kept)
    return replace(what, members=members, clips=tuple(what.clips[place] for place in kept))


def _groups(study: Study, entries: Iterable[Entry]) -> dict[tuple, list[Entry]]:
    """Return groups of clips that belong together; clips for all targets join each group of their excerpt."""
    groups: dict[tuple, list[Entry]] = {}
    serves_all, serves_sizes = [], []
    for entry in entries:
        if not entry.clip.target:
            serves_all.append(entry)
        elif study.set_rule == Study.SetRule.SIZE and not entry.clip.kept_segments:
            serves_sizes.append(entry)
        else:
            groups.setdefault(_group_name(study, entry), []).append(entry)
    for entry in serves_sizes:
        name = _group_name(study, entry)
        joined = [group for other, group in groups.items() if other[:3] == name[:3]]
        for group in joined or [groups.setdefault(name, [])]:
            group.append(entry)
    for entry in serves_all:
        part = _part(entry.clip)
        joined = [group for name, group in groups.items() if name[0] == part]
        for group in joined or [groups.setdefault((part, "", None, 0), [])]:
            group.append(entry)
    return groups


def _group_name(study: Study, entry: Entry) -> tuple:
    clip, rule = entry.clip, study.set_rule
    return (
        _part(clip),
        clip.target,
        None if rule == Study.SetRule.TARGET else entry.method,
        clip.kept_segments or 0 if rule == Study.SetRule.SIZE else 0,
    )


def _part(clip: Clip) -> int | str:
    """Return what a clip is of: for a whole track its number, so that keys stay what they were before."""
    if clip.excerpt_id is None or clip.excerpt.is_whole:
        return clip.track_id
    return f"{clip.track_id}/{clip.excerpt_id}"


def _sets_of_group(study: Study, name: tuple, group: list[Entry]) -> list[ClipSet]:
    reference = None
    if study.presents.has_reference:
        reference = next(
            (entry for entry in group if entry.clip.condition == study.reference_condition), None
        )
        if reference is None:
            return []
    compared = _compared(study, group)
    if study.presents.is_pair:
        return [_pair(pair, reference) for pair in _pairs(compared)]
    members: list[tuple[Entry, str]] = [(entry, _Role.CLIP) for entry in compared]
    if reference and study.presents.hides_reference:
        if study.anchor_condition:
            anchors = [entry for entry in group if entry.clip.condition == study.anchor_condition]
            members += [(entry, _Role.ANCHOR) for entry in anchors]
        if not members:
            return []
        members = [(reference, _Role.REFERENCE), (reference, _Role.HIDDEN_REFERENCE), *members]
    return [_set(_several_key(name), members)] if len(members) > 1 else []


def _compared(study: Study, group: Sequence[Entry]) -> list[Entry]:
    """Return the clips of the compared conditions, without reference and anchor."""
    special = set()
    if study.presents.has_reference:
        special.add(study.reference_condition)
    if study.presents.hides_reference and study.anchor_condition:
        special.add(study.anchor_condition)
    wanted = set(study.compared_conditions) or {entry.clip.condition for entry in group}
    return [entry for entry in group if entry.clip.condition in wanted - special]


def _pairs(entries: list[Entry]) -> list[tuple[Entry, Entry]]:
    """Return pairs of different conditions; with only one condition, of different methods or sizes."""
    if len({entry.clip.condition for entry in entries}) > 1:
        return [
            (one, two) for one, two in combinations(entries, 2) if one.clip.condition != two.clip.condition
        ]

    def made(entry: Entry) -> tuple[tuple[int | None, str], int | None]:
        return entry.method, entry.clip.kept_segments

    return [(one, two) for one, two in combinations(entries, 2) if made(one) != made(two)]


def _pair(pair: tuple[Entry, Entry], reference: Entry | None) -> ClipSet:
    numbers = sorted(entry.number for entry in pair)
    key = "+".join(str(number) for number in numbers)
    members: list[tuple[Entry, str]] = [(entry, _Role.CLIP) for entry in pair]
    if reference:
        key += f"/{reference.number}"
        members.insert(0, (reference, _Role.REFERENCE))
    return _set(key, members)


def _with_intruder(entries: Sequence[Entry]) -> ClipSet:
    intruder, *others = entries
    # By the intruder alone, so that its count stays if another clip takes the place of one of the others.
    members: list[tuple[Entry, str]] = [(intruder, _Role.INTRUDER)]
    members += [(entry, _Role.CLIP) for entry in others]
    return _set(f"intruder:{intruder.number}", members)


def _set(key: str, members: list[tuple[Entry, str]]) -> ClipSet:
    return ClipSet(
        key,
        tuple((entry.number, role) for entry, role in members),
        tuple(entry.clip for entry, _role in members),
    )


def _several_key(name: tuple) -> str:
    """Return the key of a set from what it compares, so that its count stays if a clip is deactivated."""
    return f"{name[0]}:{hashlib.sha256(repr(name).encode()).hexdigest()[:16]}"
