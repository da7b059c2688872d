"""The conditions of clips, and the description of a planned clip."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Condition:
    """One kind of content of a clip.

    Attributes
    ----------
    name
        Stored and exported.
    label
        Shown in forms.
    meaning
        Description in the codebook.
    is_masked
        Whether segments of the track are removed or changed.
    serves_all_targets
        Whether the clip is the same for every target.
    """

    name: str
    label: str
    meaning: str
    is_masked: bool = True
    serves_all_targets: bool = False


# In the order in which forms list them and in which they are put into sets.
_ALL = (
    Condition("original", "original", "the track as it is", is_masked=False, serves_all_targets=True),
    Condition(
        "resynthesis",
        "resynthesis (unmasked, through the same route)",
        "unmasked, reconstructed like the masked clips",
        is_masked=False,
        serves_all_targets=True,
    ),
    Condition("evidence", "evidence", "only the segments with the greatest positive weights for the target"),
    Condition("complement", "complement (evidence removed)", "everything except the evidence"),
    Condition(
        "counter_evidence",
        "counter-evidence",
        "only the segments with the most negative weights for the target",
    ),
    Condition(
        "random_control",
        "random control (same area and energy)",
        "segments chosen at random with the same area and energy as the evidence",
    ),
    Condition("boosted", "evidence boosted instead of isolated", "everything, with the evidence amplified"),
    Condition("uploaded", "uploaded", "a clip made elsewhere", serves_all_targets=True),
)
CONDITIONS = {condition.name: condition for condition in _ALL}
# Their names.
ORIGINAL, RESYNTHESIS, EVIDENCE, COMPLEMENT, COUNTER_EVIDENCE, RANDOM_CONTROL, BOOSTED, UPLOADED = CONDITIONS
UNMASKED = tuple(condition.name for condition in _ALL if not condition.is_masked)


@dataclass(frozen=True, eq=False)
class PlannedClip:
    """A clip to be rendered.

    Attributes
    ----------
    target, target_level : str
        Empty for original and resynthesis, which serve all targets.
    segments_asked : int
        The k of the top-k segments that the recipe requests; 0 if it does not apply.
    kept_segments : int
        Number of segments of the evidence (or counter-evidence) that the clip contains, lacks (complement),
        boosts or is matched with (random control); 0 if it does not apply. Fewer than requested if fewer
        segments have a positive (negative) weight.
    variant : int
        Numbers the random controls of one evidence clip from 0.
    cell_gain : np.ndarray [shape=(n_frames, n_bands)] or None
        None for the original, which is not resynthesised.
    segments : tuple[int, ...]
        The audible (or boosted) segments.
    area_share : float
        Share of the time-frequency cells that are audible, 0 to 1.
    level : float
        dB by which the audible part is amplified, before the common gain of all clips.
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
