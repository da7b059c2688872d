"""Database models of the explainer: track, excerpt, music model, recipe, explanation, clip, and others.

The rows hold which results are requested and which exist. Their files are named by content and written
atomically, so resuming interrupted work is always safe.
"""

from .clip import Clip
from .excerpt import Excerpt, ExcerptChoice
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
    "Excerpt",
    "ExcerptChoice",
    "Explanation",
    "MusicModel",
    "Recipe",
    "Track",
    "TrackLabels",
    "TrackPrediction",
    "this_worker",
]
