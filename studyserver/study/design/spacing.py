"""Rules of spacing: how much an order of trials breaks them, and where a further trial breaks them least.

The rules by priority: no masked clip right after its original; a minimum number of trials between a
trial and its repeat; a minimum number between two clips of one track. Pure functions of places.
"""

import random
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

_MOST_STEPS = 20_000  # places examined while an order is improved; an annotator is waiting for it


class Kind(StrEnum):
    """The kind of a place in the order."""

    PRACTICE = "practice"
    MAIN = "main"
    REPEAT = "repeat"
    ATTENTION = "attention"


@dataclass(frozen=True)
class Item:
    """What one trial presents, as far as its order matters."""

    key: Hashable  # identifies the item
    track: Hashable  # the piece of music; items of one track are kept apart
    # Whether the whole music is audible (original, resynthesis): a clip that follows directly would be
    # compared with it.
    unmasked: bool = False
    block: Hashable = None  # items of one block follow each other, if the design has blocks
    excerpt: Hashable = None  # the part of the track


@dataclass(frozen=True)
class Place:
    """One place in an order: an item, its kind, and the number of its block."""

    item: Item
    kind: Kind = Kind.MAIN
    block: int | None = None

    @property
    def is_repeat(self) -> bool:
        """Whether it is an intended repeat of the item."""
        return self.kind == Kind.REPEAT


@dataclass(frozen=True)
class Rules:
    """Minimum numbers of trials between two clips of one track, and between a trial and its repeat."""

    track_distance: int = 0
    repeat_distance: int = 0


NO_DISTANCE = Rules()


class Breach(NamedTuple):
    """How much an order breaks the rules; smaller is better."""

    after_original: int = 0  # number of masked clips right after an original of their track
    # Total number of trials missing between repeats and between clips of one track.
    repeat_too_near: int = 0
    too_near: int = 0


def follows_its_original(previous: Item | None, item: Item) -> bool:
    """Return whether a masked clip comes right after its original."""
    return previous is not None and previous.track == item.track and previous.unmasked and not item.unmasked


def breach(order: Sequence[Place], rules: Rules) -> Breach:
    """Return how much an order breaks the rules."""
    first: dict[Hashable, int] = {}
    repeat_too_near = 0
    for position, place in enumerate(order):
        if place.kind == Kind.MAIN:
            first.setdefault(place.item.key, position)
        elif place.kind == Kind.REPEAT:
            between = position - first[place.item.key] - 1
            repeat_too_near += max(0, rules.repeat_distance - between)
    after_original, too_near = _local(order, rules.track_distance)
    return Breach(after_original, repeat_too_near, too_near)


def _local(order: Sequence[Place], track_distance: int) -> tuple[int, int]:
    """Return the breaches between neighbours: masked after original, and tracks too near."""
    after_original = too_near = 0
    heard: dict[Hashable, int] = {}
    previous: Item | None = None
    for position, place in enumerate(order):
        item = place.item
        after_original += follows_its_original(previous, item)
        if item.track in heard:
            too_near += max(0, track_distance - (position - heard[item.track] - 1))
        heard[item.track] = position
        previous = item
    return after_original, too_near


def inserted(
    order: Sequence[Place],
    place: Place,
    where: Sequence[int],
    rules: Rules,
    rng: random.Random,
    before: Sequence[Place] = (),
) -> tuple[list[Place], Breach]:
    """Insert a place at the index where it breaks least; ties are broken at random.

    Returns
    -------
    order : list of Place
        The new order.
    breach : Breach
        Change of the breach; negative if it separates others.
    """
    first = None
    if place.kind == Kind.REPEAT:
        first = _first_presentation([*before, *order], place.item) - len(before)
    indices = list(where)
    rng.shuffle(indices)
    costs = {index: _cost_of_inserting(order, place, index, rules, first, before) for index in indices}
    best = min(indices, key=costs.__getitem__)
    return [*order[:best], place, *order[best:]], costs[best]


def _cost_of_inserting(
    order: Sequence[Place],
    place: Place,
    index: int,
    rules: Rules,
    first: int | None,
    before: Sequence[Place],
) -> Breach:
    """Return the change of the breach by inserting; only neighbours within the track distance matter."""
    reach = rules.track_distance + 1
    left = [*before[max(0, len(before) + index - reach) :], *order[max(0, index - reach) : index]]
    right = order[index : index + reach]
    old = _local([*left, *right], rules.track_distance)
    new = _local([*left, place, *right], rules.track_distance)
    repeat = 0 if first is None else max(0, rules.repeat_distance - (index - first - 1))
    return Breach(new[0] - old[0], repeat, new[1] - old[1])


def _first_presentation(order: Sequence[Place], item: Item) -> int:
    return next(
        index for index, place in enumerate(order) if place.kind == Kind.MAIN and place.item.key == item.key
    )


def mended(order: list[Place], rules: Rules, rng: random.Random) -> list[Place]:
    """Return the order after moving single trials as long as that reduces the breach.

    Trials stay in their blocks, and repeats after their first presentations.
    """
    cost = breach(order, rules)
    steps = 0
    better = True
    while better and any(cost):
        better = False
        for candidate in _moves(order, rules, rng):
            found = breach(candidate, rules)
            steps += len(order)
            if found < cost:
                order, cost, better = candidate, found, True
                break
            if steps >= _MOST_STEPS:
                return order
    return order


def _moves(order: list[Place], rules: Rules, rng: random.Random) -> Iterator[list[Place]]:
    """Yield the orders after moving one of the trials that break a rule, in random order."""
    pairs = [(old, new) for old in _guilty(order, rules) for new in range(len(order)) if old != new]
    rng.shuffle(pairs)
    for old, new in pairs:
        rest = [*order[:old], *order[old + 1 :]]
        candidate = [*rest[:new], order[old], *rest[new:]]
        if _is_possible(candidate):
            yield candidate


def _guilty(order: Sequence[Place], rules: Rules) -> list[int]:
    """Return the positions of trials that break a rule together."""
    found: set[int] = set()
    last: dict[Hashable, int] = {}
    first: dict[Hashable, int] = {}
    for position, place in enumerate(order):
        previous = order[position - 1].item if position else None
        near = last.get(place.item.track)
        if follows_its_original(previous, place.item):
            found |= {position - 1, position}
        if near is not None and position - near - 1 < rules.track_distance:
            found |= {near, position}
        if place.kind == Kind.MAIN:
            first.setdefault(place.item.key, position)
        elif place.kind == Kind.REPEAT:
            begun = first.get(place.item.key)
            if begun is not None and position - begun - 1 < rules.repeat_distance:
                found |= {begun, position}
        last[place.item.track] = position
    return sorted(found)


def _is_possible(order: Sequence[Place]) -> bool:
    """Return whether practice is first, blocks are contiguous, and repeats follow what they repeat.

    A session also must not begin with an attention trial.
    """
    if any(two.kind == Kind.PRACTICE != one.kind for one, two in pairwise(order)):
        return False
    if next((place.kind for place in order if place.kind != Kind.PRACTICE), None) == Kind.ATTENTION:
        return False
    blocks = [place.block for place in order if place.block is not None]
    if any(one > two for one, two in pairwise(blocks)):
        return False
    heard = set()
    for place in order:
        if place.kind == Kind.REPEAT and place.item.key not in heard:
            return False
        if place.kind == Kind.MAIN:
            heard.add(place.item.key)
    return True
