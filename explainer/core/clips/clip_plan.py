"""Which clips are made of one explanation: every condition that a recipe asks for, as gains of cells."""

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
    """Plan every clip that a recipe asks for.

    Parameters
    ----------
    explanation : Explanation
    segmentation : Segmentation
        The segments that were explained.
    y : np.ndarray [shape=(n_samples,)]
        The track at the representation's rate.
    representation : Representation
    recipe : Recipe
        Its evidence sizes, number of random controls, boost and seed are used.
    targets : iterable of str
        Names of the targets to make clips of; none named means all.
    notes : list of str, optional
        Sentences on clips that cannot be made (no segment speaks for a target, ...) are appended.

    Returns
    -------
    list of PlannedClip
        The original first.
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
        """Plan the clips of one target, each set of segments once."""
        clips: list[PlannedClip] = []
        nothing = f"No segment speaks for {target.name}, so there is no evidence to be heard."
        for asked, evidence in self._sets(target, self.explanation.evidence, "for", "evidence", nothing):
            clips += self._around_evidence(target, asked, evidence)
        nothing = f"No segment speaks against {target.name}, so there is no counter-evidence."
        strongest = self.explanation.counter_evidence
        for asked, against in self._sets(target, strongest, "against", "counter-evidence", nothing):
            clips.append(self._kept(COUNTER_EVIDENCE, target, asked, len(against), self._mask(against)))
        return clips

    def _sets(
        self, target: Target, strongest: Callable[[str, int], np.ndarray], side: str, what: str, nothing: str
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Yield each size asked for with its segments, where these are not those of a size before."""
        known: set[int] = set()  # the strongest are nested, so their number says which they are
        for asked in self.recipe.evidence_sizes:
            segments = strongest(target.name, asked)
            held = len(segments)
            if not held:
                self.notes.append(nothing)
                return
            if held < asked:
                ending = "would repeat it" if held in known else "holds no more"
                speak = "segment speaks" if held == 1 else "segments speak"
                self.notes.append(
                    f"Only {held} {speak} {side} {target.name}; its {what} of {asked} {ending}."
                )
            if held not in known:
                known.add(held)
                yield asked, segments

    def _around_evidence(self, target: Target, asked: int, evidence: np.ndarray) -> list[PlannedClip]:
        mask, held = self._mask(evidence), len(evidence)
        clips = [self._kept(EVIDENCE, target, asked, held, mask)]
        if mask.all():
            self.notes.append(
                f"Every segment speaks for {target.name}: nothing is left for a complement or a control."
            )
        else:
            clips.append(self._kept(COMPLEMENT, target, asked, held, ~mask))
            clips += self._controls(target, asked, evidence)
        if self.recipe.boost:
            gain = 1 + (10 ** (self.recipe.boost / 20) - 1) * self.segmentation.gain(mask).astype(np.float64)
            boosted = self._kept(BOOSTED, target, asked, held, mask)
            provenance = {**boosted.provenance, "boost_db": self.recipe.boost}
            clips.append(replace(boosted, cell_gain=gain, area_share=1.0, provenance=provenance))
        return clips

    def _controls(self, target: Target, asked: int, evidence: np.ndarray) -> list[PlannedClip]:
        clips: list[PlannedClip] = []
        taken: set[tuple[int, ...]] = set()
        for variant in range(self.recipe.random_controls):
            seed = f"{self.recipe.seed}|{target.name}|{asked}|{variant}"
            rng = np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]))
            control = random_control(
                evidence, self.area, self.energy, self._energy_estimate, self._energy_heard, rng, taken=taken
            )
            if control is None:
                self.notes.append(
                    f"There is no further set of segments for a random control of {target.name}."
                )
                break
            taken.add(control.segments)
            chosen = self._mask(np.array(control.segments))
            clip = self._kept(RANDOM_CONTROL, target, asked, len(evidence), chosen)
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

    def _kept(self, condition: str, target: Target, asked: int, held: int, mask: np.ndarray) -> PlannedClip:
        segments = tuple(np.flatnonzero(mask).tolist())
        return PlannedClip(
            condition=condition,
            target=target.name,
            target_level=target.level,
            segments_asked=asked,
            kept_segments=held,
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
