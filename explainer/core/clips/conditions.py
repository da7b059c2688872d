"""What the clips of one explanation can hold, and a clip that is planned."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Condition:
    """What a clip can hold.

    Attributes
    ----------
    name
        As it is stored and exported.
    label
        As forms call it.
    meaning
        As the codebook explains it.
    is_masked
        Whether it holds the track without some of its segments, or with some of them changed.
    serves_all_targets
        Whether it is the same for every target.
    """

    name: str
    label: str
    meaning: str
    is_masked: bool = True
    serves_all_targets: bool = False


# The order in which forms offer them and in which they are put into sets.
_ALL = (
    Condition("original", "original", "the track as it is", is_masked=False, serves_all_targets=True),
    Condition(
        "resynthesis",
        "resynthesis (unmasked, through the same route)",
        "unmasked, through the same way back to sound as the masked clips",
        is_masked=False,
        serves_all_targets=True,
    ),
    Condition("evidence", "evidence", "only the segments that speak most strongly for the target"),
    Condition("complement", "complement (evidence removed)", "everything but the evidence"),
    Condition(
        "counter_evidence",
        "counter-evidence",
        "only the segments that speak most strongly against the target",
    ),
    Condition(
        "random_control",
        "random control (same area and energy)",
        "segments chosen at random, same area and energy as the evidence",
    ),
    Condition("boosted", "evidence boosted instead of isolated", "everything, with the evidence made louder"),
    Condition("uploaded", "uploaded", "a clip made elsewhere", serves_all_targets=True),
)
CONDITIONS = {condition.name: condition for condition in _ALL}
# Their names.
ORIGINAL, RESYNTHESIS, EVIDENCE, COMPLEMENT, COUNTER_EVIDENCE, RANDOM_CONTROL, BOOSTED, UPLOADED = CONDITIONS
UNMASKED = tuple(condition.name for condition in _ALL if not condition.is_masked)


@dataclass(frozen=True, eq=False)
class PlannedClip:
    """A clip to be made.

    Attributes
    ----------
    condition : str
    target, target_level : str
        Empty for original and resynthesis, which serve all targets.
    segments_asked : int
        The k of the top-k segments that the recipe asks for; 0 where it does not apply.
    kept_segments : int
        Of how many segments the evidence (or counter-evidence) consists that the clip holds, lacks
        (complement), boosts or is matched with (random control); 0 where it does not apply. Fewer than
        asked for where fewer segments speak for the target.
    variant : int
        Numbers the random controls of one evidence clip from 0.
    cell_gain : np.ndarray [shape=(n_frames, n_bands)] or None
        None for the original, which is not resynthesised.
    segments : tuple[int, ...]
        The segments heard (or boosted).
    area_share : float
        Share of the time-frequency cells heard, 0 to 1.
    level : float
        dB by which what is heard is turned up or down, before the one gain of all clips.
    provenance : dict[str, Any]
        JSON types only.
    """

    condition: str
    target: str = ""
    target_level: str = ""
    segments_asked: int = 0
    kept_segments: int = 0
    variant: int = 0
    cell_gain: np.ndarray | None = None
    segments: tuple[int, ...] = ()
    area_share: float = 1.0
    level: float = 0.0
    provenance: dict[str, Any] = field(default_factory=dict)
