"""Database models of the explainer: track, music model, recipe, explanation, clip, labels, predictions.

The rows hold which results are requested and which exist. Their files are named by content and written
atomically, so resuming interrupted work is always safe.
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
