"""Reading and writing of sound files, loudness, and one gain for a comparison set."""

from .files import ENDINGS, FORMATS, AudioError, AudioInfo, AudioLimits, inspect_audio, read_audio
from .levels import common_gain, fade, loudness, true_peak
from .writing import flac_bytes, store_flac

__all__ = [
    "ENDINGS", "FORMATS", "AudioError", "AudioInfo", "AudioLimits", "common_gain", "fade", "flac_bytes",
    "inspect_audio", "loudness", "read_audio", "store_flac", "true_peak",
]  # fmt: skip
