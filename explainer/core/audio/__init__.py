"""Reading and writing of sound files, loudness, and one gain for a comparison set."""

from .excerpts import FADE_SECONDS, Cut, cut_stems, read_excerpt
from .files import ENDINGS, FORMATS, AudioError, AudioInfo, AudioLimits, inspect_audio, read_audio
from .levels import common_gain, fade, loudness, true_peak
from .writing import flac_bytes, store_flac

__all__ = [
    "ENDINGS", "FADE_SECONDS", "FORMATS", "AudioError", "AudioInfo", "AudioLimits", "Cut", "common_gain",
    "cut_stems", "fade", "flac_bytes", "inspect_audio", "loudness", "read_audio", "read_excerpt",
    "store_flac", "true_peak",
]  # fmt: skip
