"""Choice and order of the items of a session.

Pure functions of their arguments and of a given random generator. The rules of spacing are in
:mod:`.spacing`.
"""

import random
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace

from .spacing import (
    NO_DISTANCE,
    Breach,
    Item,
    Kind,
    Place,
    Rules,
    breach,
    follows_its_original,
    inserted,
    mended,
)

# Random orders drawn until one breaks no rule; otherwise the best one is used.
_ATTEMPTS = 30
_MOST_CANDIDATES = 8  # clips tried for an attention trial


def generator(seed: int, *names: object) -> random.Random:
    """Return the random generator for a study's seed and further names, such as an annotator's."""
    return random.Random(":".join(str(part) for part in (seed, *names)))


def least_judged(
    items: Sequence[Item], counts: Mapping[Hashable, int], n: int, rng: random.Random
) -> list[Item]:
    """Return the `n` least-judged items; among equals, from as many tracks as possible.

    Remaining ties are broken at random. If counts differ by at most one, they still do after each call.
    """
    return _least_judged(items, counts, n, rng, tracks_apart)


def whole_tracks(
    items: Sequence[Item], counts: Mapping[Hashable, int], n: int, rng: random.Random
) -> list[Item]:
    """Return the `n` least-judged items; among equals, all of one excerpt after all of another.

    What is left of an excerpt that did not fit goes to somebody later, if possible where it fits exactly.
    Among excerpts with equally many items, those of tracks with fewer chosen items come first, then chance
    decides. If counts differ by at most one, they still do after each call.
    """
    return _least_judged(items, counts, n, rng, _excerpts_together)


def _least_judged(
    items: Sequence[Item],
    counts: Mapping[Hashable, int],
    n: int,
    rng: random.Random,
    pick: Callable[[Sequence[Item], int, Sequence[Item]], list[Item]],
) -> list[Item]:
    """Return the `n` least-judged items; `pick` chooses among equals, given those chosen before."""
    shuffled = list(items)
    rng.shuffle(shuffled)
    of_count: dict[int, list[Item]] = {}
    for item in shuffled:
        of_count.setdefault(counts.get(item.key, 0), []).append(item)
    chosen: list[Item] = []
    for count in sorted(of_count):
        chosen += pick(of_count[count], n - len(chosen), chosen)
    return chosen


def tracks_apart(items: Sequence[Item], n: int, chosen: Sequence[Item] = ()) -> list[Item]:
    """Return the first `n` items, with items of less often chosen tracks before the others."""
    times = Counter(item.track for item in chosen)
    ranked = []
    for index, item in enumerate(items):
        ranked.append((times[item.track], index, item))
        times[item.track] += 1
    return [item for _times, _index, item in sorted(ranked, key=lambda entry: entry[:2])[: max(0, n)]]


def _excerpts_together(items: Sequence[Item], n: int, chosen: Sequence[Item] = ()) -> list[Item]:
    """Return `n` items, excerpt by excerpt: those first of which most items are chosen in the end.

    If none fits into what is left of `n`, the one with the fewest items is divided.
    """
    groups: dict[tuple[Hashable, Hashable], list[Item]] = {}
    for item in items:
        groups.setdefault((item.track, item.excerpt), []).append(item)
    before = Counter((item.track, item.excerpt) for item in chosen)
    times = Counter(item.track for item in chosen)
    found: list[Item] = []
    while groups and len(found) < n:
        left = n - len(found)
        fitting = [name for name, members in groups.items() if len(members) <= left]
        if fitting:
            name = max(fitting, key=lambda name: (len(groups[name]) + before[name], -times[name[0]]))
        else:
            name = min(groups, key=lambda name: (len(groups[name]), times[name[0]]))
        taken = groups.pop(name)[:left]
        found += taken
        times.update(item.track for item in taken)
    return found


# How items are chosen, by the value of `Study.allocation`.
ALLOCATIONS = {"many_tracks": least_judged, "whole_tracks": whole_tracks}


def chosen_for(
    allocation: str, items: Sequence[Item], counts: Mapping[Hashable, int], n: int, rng: random.Random
) -> list[Item]:
    """Return the `n` items of a session, chosen as an allocation says; see :data:`ALLOCATIONS`."""
    return ALLOCATIONS[allocation](items, counts, n, rng)


# Orders -------------------------------------------------------------------------------------------


def arrange_session(
    items: Sequence[Item],
    rng: random.Random,
    *,
    rules: Rules = NO_DISTANCE,
    repeats: int = 0,
    blocks: bool = False,
    practice: Sequence[Item] = (),
    attention: int = 0,
    attention_items: Sequence[Item] = (),
) -> list[Place]:
    """Return a whole session in an order that keeps the rules of spacing as far as possible.

    Parameters
    ----------
    items
        Items of the main trials.
    rng
        Source of randomness.
    rules
        The distances to be kept. The rule that no masked clip comes right after its original has priority,
        and is broken only if no order keeps it.
    repeats
        Number of items that are presented twice.
    blocks
        Whether items of one block follow each other; blocks come in random order, and repeats
        stay in their block.
    practice
        Items presented first.
    attention
        Number of attention trials, spread over the session.
    attention_items
        Items that they can present.
    """

    def draw() -> list[Place]:
        first = [replace(place, kind=Kind.PRACTICE) for place in _spaced(practice, rng, rules, ())]
        arrange_part = _arranged_in_blocks if blocks else _arranged
        order = arrange_part(items, rng, rules, repeats, first)
        order = _with_attention(order, attention, attention_items, rng, rules, first)
        return first + order

    return _best_of(draw, rng, rules)


def _best_of(draw: Callable[[], list[Place]], rng: random.Random, rules: Rules) -> list[Place]:
    """Return the first order that breaks no rule, or otherwise the best one, improved by moves."""
    best: list[Place] = []
    best_cost: Breach | None = None
    for attempt in range(_ATTEMPTS):
        order = draw()
        cost = breach(order, rules)
        if best_cost is None or cost < best_cost:
            best, best_cost = order, cost
        if not any(best_cost):
            return best
        if attempt >= 2 and not best_cost.after_original and len(order) > 40:
            break  # in a long session further draws gain little, and an annotator is waiting
    return mended(best, rules, rng)


def _arranged(
    items: Sequence[Item], rng: random.Random, rules: Rules, repeats: int, before: Sequence[Place]
) -> list[Place]:
    return _with_repeats(_spaced(items, rng, rules, before), rng, rules, repeats, before)


def _arranged_in_blocks(
    items: Sequence[Item], rng: random.Random, rules: Rules, repeats: int, before: Sequence[Place]
) -> list[Place]:
    """Arrange block after block, the blocks in random order; each has its share of the repeats."""
    blocks: dict[Hashable, list[Item]] = {}
    for item in items:
        blocks.setdefault(item.block, []).append(item)
    names = list(blocks)
    rng.shuffle(names)
    shares = _shares(repeats, [len(blocks[name]) for name in names])
    order: list[Place] = []
    for number, (name, share) in enumerate(zip(names, shares, strict=True), start=1):
        places = _arranged(blocks[name], rng, rules, share, [*before, *order])
        order += [replace(place, block=number) for place in places]
    return order


def _shares(whole: int, sizes: Sequence[int]) -> list[int]:
    """Divide a whole number in proportion to sizes, by largest remainders."""
    total = sum(sizes) or 1
    shares = [whole * size // total for size in sizes]
    by_remainder = sorted(range(len(sizes)), key=lambda index: -(whole * sizes[index] % total))
    for index in by_remainder[: whole - sum(shares)]:
        shares[index] += 1
    return shares


def _spaced(items: Sequence[Item], rng: random.Random, rules: Rules, before: Sequence[Place]) -> list[Place]:
    """Order items at random with tracks apart; a track that would run out of places comes first."""
    distance = rules.track_distance
    remaining = list(items)
    rng.shuffle(remaining)
    order: list[Item] = []
    last_heard = {place.item.track: position for position, place in enumerate(before, start=-len(before))}
    counts = Counter(item.track for item in remaining)
    previous = before[-1].item if before else None
    never = -len(items) - len(before)
    while remaining:
        position = len(order)

        def gap(item: Item, position: int = position) -> int:
            return position - last_heard.get(item.track, never) - 1

        allowed = [item for item in remaining if not follows_its_original(previous, item)] or remaining
        far_enough = [item for item in allowed if gap(item) >= distance]
        if far_enough:
            # The `count` items of a track need (count - 1) * (distance + 1) + 1 of the places left.
            urgent = [
                item for item in far_enough if (counts[item.track] - 1) * (distance + 1) + 1 >= len(remaining)
            ]
            chosen = max(urgent, key=lambda item: counts[item.track]) if urgent else far_enough[0]
        else:
            chosen = max(allowed, key=gap)
        if gap(chosen) < distance or counts[chosen.track] == len(remaining):
            # If clips of a track must follow each other, the masked ones come before the original.
            alternatives = [item for item in allowed if item.track == chosen.track]
            chosen = min(alternatives, key=lambda item: item.unmasked)
        remaining.remove(chosen)
        counts[chosen.track] -= 1
        order.append(chosen)
        last_heard[chosen.track] = position
        previous = chosen
    return [Place(item) for item in order]


def _with_repeats(
    order: list[Place], rng: random.Random, rules: Rules, repeats: int, before: Sequence[Place]
) -> list[Place]:
    """Insert repeats where they break the rules least.

    Trials that are early enough for the distance are repeated, or the first ones if the session is too short.
    """
    repeats = min(repeats, len(order))
    if not repeats:
        return order
    early = max(repeats, len(order) + repeats - 1 - rules.repeat_distance)
    for item in rng.sample([place.item for place in order[:early]], repeats):
        first = next(index for index, place in enumerate(order) if place.item == item)
        where = range(first + 1, len(order) + 1)
        order, _ = inserted(order, Place(item, Kind.REPEAT), where, rules, rng, before)
    return order


def _with_attention(
    order: list[Place],
    number: int,
    items: Sequence[Item],
    rng: random.Random,
    rules: Rules,
    before: Sequence[Place],
) -> list[Place]:
    """Insert attention trials, one in each part of the session and never as its first trial.

    If every such place breaks a rule, they go elsewhere.
    """
    if not items or not order:
        return order
    length = len(order)
    for index in reversed(range(number)):
        part = range(max(1, length * index // number), max(1, length * (index + 1) // number) + 1)
        candidates = [
            Place(item, Kind.ATTENTION) for item in rng.sample(items, min(len(items), _MOST_CANDIDATES))
        ]
        found = [inserted(order, place, part, rules, rng, before) for place in candidates]
        new, cost = min(found, key=lambda pair: pair[1])
        if cost.after_original > 0:
            everywhere = range(len(order) + 1)
            found = [
                inserted(order, Place(item, Kind.ATTENTION), everywhere, rules, rng, before) for item in items
            ]
            new, cost = min(found, key=lambda pair: pair[1])
        order = new
    return order
