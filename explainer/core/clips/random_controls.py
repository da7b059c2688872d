"""Random controls: randomly chosen segments with the same area and energy as the evidence.

If annotators hear a feature in the evidence, a control of equal area and energy shows whether they hear it
*because* those segments were chosen. If the evidence is the loudest part of a track, no other segments have
its energy; the control is then amplified by a gain that is bounded and recorded.
"""

import math
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, replace

import numpy as np

TOLERANCE = 0.5  # dB, for area and for energy
GREATEST_GAIN = 12.0  # dB; bound of the gain of a control if no segments match without one
ROUGH_TOLERANCE = 1.5  # dB; adjacent segments overlap in sound, so sums of energies only preselect
BATCH, BATCHES = 1_000, 5  # random sets per draw, and the greatest number of draws
ENOUGH = 60  # number of similar sets that are measured
SWAPS = 30  # greatest number of exchanges that improve a set


@dataclass(frozen=True)
class Control:
    """A set of segments matched with the evidence.

    Attributes
    ----------
    segments : tuple[int, ...]
        Sorted.
    area_difference, energy_difference : float
        dB, control over evidence; energy of the rendered sound, with the gain.
    overlap : float
        Share of the evidence's area that the control also contains.
    gain : float
        dB by which the control is amplified to the evidence's energy, within +-`GREATEST_GAIN`; 0 if the
        segments match without it or no such gain suffices.
    """

    segments: tuple[int, ...]
    area_difference: float
    energy_difference: float
    overlap: float
    gain: float = 0.0

    @property
    def matched(self) -> bool:
        """Whether area and energy lie within `TOLERANCE` of the evidence's."""
        return self.mismatch <= TOLERANCE

    @property
    def matched_by(self) -> str:
        """How it matches: ``"segments"`` alone, segments with a ``"gain"``, or ``"nothing"``."""
        if not self.matched:
            return "nothing"
        return "gain" if self.gain else "segments"

    @property
    def mismatch(self) -> float:
        """The greater of the two absolute differences, in dB."""
        return max(abs(self.area_difference), abs(self.energy_difference))


def random_control(
    evidence: np.ndarray,
    area: np.ndarray,
    energy: np.ndarray,
    energy_estimate: Callable[[np.ndarray], float],
    energy_heard: Callable[[np.ndarray], float],
    rng: np.random.Generator,
    *,
    earlier: Set[tuple[int, ...]] = frozenset(),
) -> Control | None:
    """Draw a random set of segments with the area and energy of the evidence.

    Sets are drawn by filling the evidence's area in random order; the first that matches is returned. If no
    random set matches, the closest are improved by exchanging single segments. If that fails too, the closest
    of equal area gets the gain that gives it the energy. If that gain exceeds its bound, the set is returned
    with its differences. The overlap with the evidence is at most halfway between the smallest possible
    overlap and 1: at most half, if the evidence covers at most half the area.

    Parameters
    ----------
    evidence : np.ndarray [dtype=int]
        Numbers of the segments of the evidence.
    area : np.ndarray [shape=(n_segments,)]
        Share of the cells in each segment.
    energy : np.ndarray [shape=(n_segments,)]
        Energy of each segment, any unit; sums of it preselect sets.
    energy_estimate, energy_heard : callable
        From a mask [shape=(n_segments,), dtype=bool] to the energy of its sound: a cheap estimate that
        ranks sets, and the measurement that decides.
    earlier : set of tuple[int, ...]
        Sorted segment numbers of earlier controls, which are not drawn again.

    Returns
    -------
    Control or None
        None if there is no other set.
    """
    search = _Search(evidence, area, energy, earlier)
    estimated, heard = energy_estimate(search.evidence), energy_heard(search.evidence)

    def control(mask: np.ndarray, energy_difference: float) -> Control:
        return Control(
            segments=tuple(np.flatnonzero(mask).tolist()),
            area_difference=decibels(area[mask].sum(), search.area_goal),
            energy_difference=energy_difference,
            overlap=float(search.overlap(mask)),
        )

    nearest: tuple[tuple[bool, float], np.ndarray] | None = None
    for mask in search.candidates(rng):
        found = control(mask, decibels(energy_estimate(mask), estimated))
        if found.matched:
            found = control(mask, decibels(energy_heard(mask), heard))
            if found.matched:
                return found
        # A gain can correct energy but not area, so sets that match in area are preferred.
        distance = abs(found.area_difference) > TOLERANCE, found.mismatch
        if nearest is None or distance < nearest[0]:
            nearest = distance, mask
    if nearest is None:
        return None
    return _with_matching_gain(control(nearest[1], decibels(energy_heard(nearest[1]), heard)))


def _with_matching_gain(control: Control) -> Control:
    """Return a control with the gain that makes it match, or unchanged if that gain exceeds its bound."""
    gain = round(-control.energy_difference, 2)  # so that the stored figure is the gain applied
    if control.matched or abs(gain) > GREATEST_GAIN:
        return control
    turned = replace(control, gain=gain, energy_difference=control.energy_difference + gain)
    return turned if turned.matched else control


def decibels(power: float, reference: float) -> float:
    """Return a ratio of powers in dB, limited to +-200 so that silence has a finite value."""
    tiny = max(1e-20 * max(power, reference), np.finfo(float).tiny)
    return 10 * math.log10((power + tiny) / (reference + tiny))


class _Search:
    """Search for sets of segments that are close to the evidence in area and in the sum of energies."""

    def __init__(
        self, evidence: np.ndarray, area: np.ndarray, energy: np.ndarray, earlier: Set[tuple[int, ...]]
    ) -> None:
        self.area, self.energy, self.earlier = area, energy, earlier
        self.evidence = np.zeros(len(area), dtype=bool)
        self.evidence[evidence] = True
        self.area_goal = float(area[self.evidence].sum())
        self.energy_goal = max(float(energy[self.evidence].sum()), np.finfo(float).tiny)
        # Two sets that each cover the share a > 1/2 of the plane share at least 2a - 1 of it, which is
        # 2 - 1/a of one set.
        least = max(0.0, 2 - 1 / self.area_goal)
        self.greatest_overlap = (1 + least) / 2

    def candidates(self, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Yield masks: random sets that match roughly, then the closest others, improved and unchanged."""
        kept: list[np.ndarray] = []
        n_near = 0
        for _ in range(BATCHES):
            masks = self._allowed(self._draw(rng))
            near = masks[self._mismatch_of(masks) <= ROUGH_TOLERANCE]
            yield from near[: ENOUGH - n_near]
            n_near += len(near)
            if n_near >= ENOUGH:
                return
            kept.append(masks)
        rest = np.concatenate(kept)
        rest = rest[np.argsort(self._mismatch_of(rest), kind="stable")[:ENOUGH]]
        if len(rest):
            rest = np.unique(rest, axis=0)
            yield from self._allowed(np.unique([self._improve(mask) for mask in rest], axis=0))
            yield from rest

    def _allowed(self, masks: np.ndarray) -> np.ndarray:
        allowed = (self.overlap(masks) <= self.greatest_overlap + 1e-9) & (masks != self.evidence).any(axis=1)
        for segments in self.earlier:
            other = np.zeros(len(self.area), dtype=bool)
            other[list(segments)] = True
            allowed &= (masks != other).any(axis=1)
        return masks[allowed]

    def _draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return sets that each take segments in random order until their area is closest to the goal."""
        n = len(self.area)
        orders = rng.random((BATCH, n)).argsort(axis=1)
        filled = np.cumsum(self.area[orders], axis=1)
        sizes = 1 + np.argmin(np.abs(np.log(filled / self.area_goal)), axis=1)
        masks = np.zeros((BATCH, n), dtype=bool)
        np.put_along_axis(masks, orders, np.arange(n) < sizes[:, None], axis=1)
        return masks

    def _improve(self, mask: np.ndarray) -> np.ndarray:
        """Exchange one segment for another, always the best pair, until no exchange reduces the mismatch."""
        mask = mask.copy()
        area, energy = self.area[mask].sum(), self.energy[mask].sum()
        for _ in range(SWAPS):
            inside, outside = np.flatnonzero(mask), np.flatnonzero(~mask)
            if len(outside) == 0:
                break
            areas = area - self.area[inside, None] + self.area[outside]
            energies = energy - self.energy[inside, None] + self.energy[outside]
            mismatch = self._mismatch(areas, energies)
            row, column = np.unravel_index(np.argmin(mismatch), mismatch.shape)
            if mismatch[row, column] >= self._mismatch(area, energy):
                break
            mask[inside[row]], mask[outside[column]] = False, True
            area, energy = areas[row, column], energies[row, column]
        return mask

    def _mismatch_of(self, masks: np.ndarray) -> np.ndarray:
        return self._mismatch(_sums(masks, self.area), _sums(masks, self.energy))

    def _mismatch(self, area: np.ndarray, energy: np.ndarray) -> np.ndarray:
        smallest = np.finfo(float).tiny
        by_area = np.abs(10 * np.log10(np.maximum(area, smallest) / self.area_goal))
        by_energy = np.abs(10 * np.log10(np.maximum(energy, smallest) / self.energy_goal))
        # Area is exact, the sum of energies an estimate, so only energy has the wider tolerance.
        return np.maximum(by_area * (ROUGH_TOLERANCE / TOLERANCE), by_energy)

    def overlap(self, masks: np.ndarray) -> np.ndarray:
        """Return the share of the evidence's area that each set contains."""
        return _sums(masks, self.area * self.evidence) / self.area_goal


def _sums(masks: np.ndarray, values: np.ndarray) -> np.ndarray:
    # einsum adds in a fixed order; with a threaded matrix product decisions would depend on the machine.
    return np.einsum("...s,s->...", masks.astype(np.float64), values)
