"""Sets of clips of one target among which one clip is of another target: the intruder."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Protocol, TypeVar

from explainer.files.clip_sounds import sound_of
from explainer.models import Clip, Explanation

CLIPS = 4  # of a set, with the intruder


class _HasClip(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def clip(self) -> Clip: ...


E = TypeVar("E", bound=_HasClip)


def with_intruders(entries: Sequence[E]) -> list[tuple[E, ...]]:
    """Return a set for each clip as the intruder, which comes first; clips without a target are in no set.

    The others are clips of one other target, of different tracks, and like the intruder in condition, method,
    music model, recipe and number of segments asked for. The same clips always give the same sets. Intruders
    take the other targets in turn, and each set takes the clips that the sets before it have used least.
    Clips that sound the same for both targets are left out, because they would belong to either.
    """
    found = []
    for alike in _groups(entries):
        targets = sorted(alike)
        used: Counter[int] = Counter()
        for place_of_target, target in enumerate(targets):
            others = targets[place_of_target + 1 :] + targets[:place_of_target]
            for place, intruder in enumerate(alike[target]):
                turn = place % max(1, len(others))
                for other in others[turn:] + others[:turn]:
                    members = _members(intruder, alike[target], alike[other], used)
                    if members:
                        used.update(entry.number for entry in members)
                        found.append((intruder, *members))
                        break
    return found


def _groups(entries: Sequence[E]) -> list[dict[str, list[E]]]:
    """Return the clips that can stand in one set, as target -> clips."""
    explained = {entry.clip.explanation_id for entry in entries} - {None}
    rows = Explanation.objects.filter(pk__in=explained).values_list("pk", "model_id", "recipe_id")
    made_by = {pk: (model, recipe) for pk, model, recipe in rows}
    groups: dict[tuple, dict[str, list[E]]] = {}
    for entry in sorted(entries, key=lambda entry: entry.clip.pk):
        clip = entry.clip
        if clip.target:
            made = made_by.get(clip.explanation_id, (0, 0))
            name = clip.condition, clip.method, *made, clip.segments_asked or 0
            groups.setdefault(name, {}).setdefault(clip.target, []).append(entry)
    return [groups[name] for name in sorted(groups)]


def _members(intruder: E, own: Sequence[E], others: Sequence[E], used: Counter[int]) -> list[E]:
    """Return the clips that the intruder stands among; empty if there are too few."""
    of_own, of_others = ({sound_of(entry.clip) for entry in part} for part in (own, others))
    if sound_of(intruder.clip) in of_others:
        return []
    tracks, sounds = {intruder.clip.track_id}, set(of_own)
    members: list[E] = []
    for entry in sorted(others, key=lambda entry: (used[entry.number], _order(intruder, entry))):
        if entry.clip.track_id not in tracks and sound_of(entry.clip) not in sounds:
            members.append(entry)
            tracks.add(entry.clip.track_id)
            sounds.add(sound_of(entry.clip))
        if len(members) == CLIPS - 1:
            return members
    return []


def _order(intruder: E, entry: E) -> str:
    """Return a sort key that is as good as random, so that the same clips do not always meet."""
    return hashlib.sha256(f"{intruder.clip.pk}/{entry.clip.pk}".encode()).hexdigest()
