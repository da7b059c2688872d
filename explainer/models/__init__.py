"""Rows of the explainer: track, music model, recipe, explanation, clip; labels and predictions of tracks.

The rows say what must exist and what exists; the files they point to are addressed by
their content and moved into place whole, so that taking up again is always safe.
"""

from .clip import Clip
from .explanation import Explanation, this_worker
from .music_model import MusicModel
from .recipe import Recipe
from .shared import IDENTIFIER
from .track import Track
from .track_labels import TrackLabels
from .track_prediction import TrackPrediction

__all__ = [
    "IDENTIFIER",
    "Clip",
    "Explanation",
    "MusicModel",
    "Recipe",
    "Track",
    "TrackLabels",
    "TrackPrediction",
    "this_worker",
]
