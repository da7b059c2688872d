"""What the clips of one explanation can hold, and a clip that is planned."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

ORIGINAL = "original"
RESYNTHESIS = "resynthesis"
EVIDENCE = "evidence"
COMPLEMENT = "complement"
COUNTER_EVIDENCE = "counter_evidence"
RANDOM_CONTROL = "random_control"
BOOSTED = "boosted"


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
