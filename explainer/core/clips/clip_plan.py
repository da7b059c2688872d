"""The clips of one explanation: every condition that a recipe requests, as gains of cells."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from explainer.core.base.explanation import Explanation, Target
from explainer.core.base.recipe import Recipe
from explainer.core.representations.reconstruction import bin_gain, cell_energy, soften
from explainer.core.representations.representation import Representation
from explainer.core.segmentation.segments import Segmentation

from .conditions import (
    BOOSTED,
    COMPLEMENT,
    COUNTER_EVIDENCE,
    EVIDENCE,
    ORIGINAL,
    RANDOM_CONTROL,
    RESYNTHESIS,
    PlannedClip,
)
from .random_controls import TOLERANCE, random_control
from .rendering import energy_of, sound_of


def plan_conditions(
    explanation: Explanation,
    segmentation: Segmentation,
    y: np.ndarray,
    representation: Representation,
    recipe: Recipe,
    targets: Iterable[str] = (),
    *,
    notes: list[str] | None = None,
) -> list[PlannedClip]:
    """Plan every clip that a recipe requests.

    Parameters
    ----------
    segmentation : Segmentation
        The segments that were explained.
    y : np.ndarray [shape=(n_samples,)]
        The track at the representation's rate.
    recipe : Recipe
        Its evidence sizes, number of random controls, boost and seed are used.
    targets : iterable of str
        Names of the targets to make clips of; empty for all.
    notes : list of str, optional
        Sentences about clips that cannot be made (no segment has a positive weight, ...) are appended.

    Returns
    -------
    list of PlannedClip
        Begins with the original.
    """
    names = list(targets) or [target.name for target in explanation.targets]
    planner = _Planner(explanation, segmentation, y, representation, recipe, [] if notes is None else notes)
    plan = [
        PlannedClip(ORIGINAL),
        PlannedClip(
            RESYNTHESIS,
            cell_gain=segmentation.gain(np.ones(segmentation.n_segments)),
            segments=tuple(range(segmentation.n_segments)),
        ),
    ]
    for name in names:
        plan += planner.clips_for(explanation.targets[explanation.target_index(name)])
    return plan


class _Planner:
    def __init__(
        self,
        explanation: Explanation,
        segmentation: Segmentation,
        y: np.ndarray,
        representation: Representation,
        recipe: Recipe,
        notes: list[str],
    ) -> None:
        self.explanation, self.segmentation, self.representation = explanation, segmentation, representation
        self.y, self.recipe, self.notes = y, recipe, notes
        X = representation.stft(y)
        self.power = np.abs(X) ** 2
        self.area = segmentation.area()
        self.energy = segmentation.total(cell_energy(X, representation))

    def clips_for(self, target: Target) -> list[PlannedClip]:
        """Plan the clips of one target; each set of segments is used once."""
        clips: list[PlannedClip] = []
        nothing = f"No segment has a positive weight for {target.name}, so no evidence clip was made."
        for size, evidence in self._sets(target, self.explanation.evidence, "positive", "evidence", nothing):
            clips += self._around_evidence(target, size, evidence)
        nothing = f"No segment has a negative weight for {target.name}, so no counter-evidence clip was made."
        strongest = self.explanation.counter_evidence
        for size, against in self._sets(target, strongest, "negative", "counter-evidence", nothing):
            clips.append(self._kept(COUNTER_EVIDENCE, target, size, len(against), self._mask(against)))
        return clips

    def _sets(
        self, target: Target, strongest: Callable[[str, int], np.ndarray], sign: str, what: str, nothing: str
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Yield each requested size with its segments, unless an earlier size had the same segments."""
        known: set[int] = set()  # sets of strongest segments are nested, so their number identifies them
        for size in self.recipe.evidence_sizes:
            segments = strongest(target.name, size)
            n_segments = len(segments)
            if not n_segments:
                self.notes.append(nothing)
                return
            if n_segments < size:
                ending = "was left out as a repetition" if n_segments in known else f"has {n_segments}"
                have = "segment has" if n_segments == 1 else "segments have"
                self.notes.append(
                    f"Only {n_segments} {have} a {sign} weight for {target.name}, so the {what} of {size} "
                    f"segments {ending}."
                )
            if n_segments not in known:
                known.add(n_segments)
                yield size, segments

    def _around_evidence(self, target: Target, size: int, evidence: np.ndarray) -> list[PlannedClip]:
        mask, n_segments = self._mask(evidence), len(evidence)
        clips = [self._kept(EVIDENCE, target, size, n_segments, mask)]
        if mask.all():
            self.notes.append(
                f"Every segment has a positive weight for {target.name}, so there is no complement and no "
                "random control."
            )
        else:
            clips.append(self._kept(COMPLEMENT, target, size, n_segments, ~mask))
            clips += self._controls(target, size, evidence)
        if self.recipe.boost:
            gain = 1 + (10 ** (self.recipe.boost / 20) - 1) * self.segmentation.gain(mask).astype(np.float64)
            boosted = self._kept(BOOSTED, target, size, n_segments, mask)
            provenance = {**boosted.provenance, "boost_db": self.recipe.boost}
            clips.append(replace(boosted, cell_gain=gain, area_share=1.0, provenance=provenance))
        return clips

    def _controls(self, target: Target, size: int, evidence: np.ndarray) -> list[PlannedClip]:
        clips: list[PlannedClip] = []
        earlier: set[tuple[int, ...]] = set()
        for variant in range(self.recipe.random_controls):
            seed = f"{self.recipe.seed}|{target.name}|{size}|{variant}"
            # Seeded by its own key, so that a control does not change if other targets, sizes or variants do.
            rng = np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]))
            control = random_control(
                evidence,
                self.area,
                self.energy,
                self._energy_estimate,
                self._energy_heard,
                rng,
                earlier=earlier,
            )
            if control is None:
                self.notes.append(
                    f"No further set of segments is available for a random control of {target.name}."
                )
                break
            earlier.add(control.segments)
            chosen = self._mask(np.array(control.segments))
            clip = self._kept(RANDOM_CONTROL, target, size, len(evidence), chosen)
            provenance = {
                **clip.provenance,
                "seed": seed,
                "matched": control.matched,
                "matched_by": control.matched_by,
                "tolerance_db": TOLERANCE,
                "area_difference_db": control.area_difference,
                "energy_difference_db": control.energy_difference,
                "control_gain_db": control.gain,
                "overlap_with_evidence": control.overlap,
            }
            clips.append(replace(clip, variant=variant, level=control.gain, provenance=provenance))
        return clips

    def _kept(
        self, condition: str, target: Target, size: int, n_segments: int, mask: np.ndarray
    ) -> PlannedClip:
        segments = tuple(np.flatnonzero(mask).tolist())
        return PlannedClip(
            condition=condition,
            target=target.name,
            target_level=target.level,
            segments_asked=size,
            kept_segments=n_segments,
            cell_gain=self.segmentation.gain(mask),
            segments=segments,
            area_share=float(self.area[mask].sum()),
            provenance={"segments": list(segments)},
        )

    def _mask(self, segments: np.ndarray) -> np.ndarray:
        mask = np.zeros(self.segmentation.n_segments, dtype=bool)
        mask[segments] = True
        return mask

    def _energy_estimate(self, mask: np.ndarray) -> float:
        gain = bin_gain(soften(self.segmentation.gain(mask)), self.representation)
        return float(np.einsum("tf,tf->", self.power, gain**2))

    def _energy_heard(self, mask: np.ndarray) -> float:
        gain = self.segmentation.gain(mask)
        return energy_of(sound_of(self.y, gain, self.representation, self.recipe.route))
