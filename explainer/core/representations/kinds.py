"""The kinds of representation.

Each is determined by a few plain numbers, so it can be stored as JSON, compared, hashed and sent to another
process; matrices are computed once per process.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .filterbanks import logarithmic_triangles
from .representation import MOST_BANDS, Representation, RepresentationError


@dataclass(frozen=True, kw_only=True)
class LogFilterbank(Representation):
    """The logarithmic front end of the two-level emotion models, over uncentred, zero-padded frames.

    By default 22 050 Hz, frames of 2048 samples at 31.25 per second (a hop of 705.6 samples),
    symmetric Hann window, 24 bands per octave from 20 to 16 000 Hz (149 bands),
    log10(1 + x) of magnitudes, peak-normalised [1]_. 10 s give a matrix of 313 x 149.

    References
    ----------
    .. [1] Chowdhury, Vall, Haunschmid, Widmer: Towards explainable music emotion recognition:
       the route via mid-level features. ISMIR 2019, arXiv:1907.03572.
    """

    kind: ClassVar[str] = "log_filterbank"
    symmetric_window: ClassVar[bool] = True

    sample_rate: int = 22050
    frame_length: int = 2048
    frame_rate: float = 31.25
    power: int = 1
    log_gain: float = 1.0
    peak_normalised: bool = True
    bands_per_octave: int = 24
    fmin: float = 20.0
    fmax: float = 16000.0

    def __post_init__(self) -> None:
        self._require(self.frame_rate > 0, "frame_rate", "must be positive")
        super().__post_init__()
        self._require(
            0 < self.bands_per_octave <= MOST_BANDS,
            "bands_per_octave",
            f"must be positive, at most {MOST_BANDS}",
        )
        self._require(0 < self.fmin < self.fmax, "fmin", "must lie between 0 and fmax")

    def _triangles(self, normalised: bool) -> tuple[np.ndarray, np.ndarray]:
        triangles, centres = logarithmic_triangles(
            sample_rate=self.sample_rate,
            frame_length=self.frame_length,
            bands_per_octave=self.bands_per_octave,
            fmin=self.fmin,
            fmax=self.fmax,
        )
        return (triangles / triangles.sum(axis=0) if normalised else triangles), centres


@dataclass(frozen=True, kw_only=True)
class Mel(Representation):
    """Mel bands over centred, zero-padded frames, as librosa computes them; by default those of musicnn.

    By default 16 000 Hz, frames of 512 samples, hop 256, periodic Hann window, 96 Slaney bands up
    to 8000 Hz of the power spectrum, log10(1 + 10000 x), not normalised [1]_.

    References
    ----------
    .. [1] Pons, Serra: musicnn: pre-trained convolutional neural networks for music audio
       tagging. Late-breaking demo, ISMIR 2019, arXiv:1909.06654.

    Examples
    --------
    >>> import numpy as np
    >>> features = mel().features(np.random.default_rng(0).standard_normal(16_000))
    >>> features.shape
    (63, 96)
    """

    kind: ClassVar[str] = "mel"
    centred: ClassVar[bool] = True

    sample_rate: int = 16000
    frame_length: int = 512
    hop: int = 256
    power: int = 2
    log_gain: float = 10000.0
    peak_normalised: bool = False
    n_bands: int = 96
    fmin: float = 0.0
    fmax: float | None = None
    scale: str = "slaney"
    area_normalised: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(0 < self.n_bands <= MOST_BANDS, "n_bands", f"must be positive, at most {MOST_BANDS}")
        self._require(self.scale in ("slaney", "htk"), "scale", "must be 'slaney' or 'htk'")
        self._require(
            0 <= self.fmin < self._fmax <= self.sample_rate / 2,
            "fmax",
            "must lie above fmin, at most half the sample rate",
        )

    @property
    def _fmax(self) -> float:
        return self.sample_rate / 2 if self.fmax is None else self.fmax

    def _triangles(self, normalised: bool) -> tuple[np.ndarray, np.ndarray]:
        import librosa.filters

        ends: dict[str, Any] = {"fmin": self.fmin, "fmax": self._fmax, "htk": self.scale == "htk"}
        filters = librosa.filters.mel(
            sr=self.sample_rate,
            n_fft=self.frame_length,
            n_mels=self.n_bands,
            norm="slaney" if normalised and self.area_normalised else None,
            **ends,
        )
        corners = librosa.mel_frequencies(self.n_bands + 2, **ends)
        return filters.T.astype(np.float64), corners[1:-1]


@dataclass(frozen=True, kw_only=True)
class Waveform(LogFilterbank):
    """The sound itself, perturbed in the cells of a logarithmic filterbank.

    Segments are still removed in time and frequency: the sound is analysed into the cells of a
    logarithmic filterbank, cells are attenuated, and the sound is reconstructed. With everything kept
    the model gets the unchanged sound.
    """

    kind: ClassVar[str] = "waveform"
    feeds_sound: ClassVar[bool] = True

    peak_normalised: bool = False


KINDS: dict[str, type[Representation]] = {kind.kind: kind for kind in (LogFilterbank, Mel, Waveform)}
# In notebooks they are called like functions, with the attributes that differ from the defaults.
log_filterbank, mel, waveform = LogFilterbank, Mel, Waveform


def representation_from(description: Mapping[str, Any]) -> Representation:
    """Build a representation from its JSON form; parameters left out take their defaults.

    Raises
    ------
    RepresentationError
        If the kind or a parameter is unknown or cannot be used.
    """
    parameters = dict(description)
    kind = parameters.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise RepresentationError(f"representation kind {kind!r} is unknown; use one of {', '.join(KINDS)}")
    fields = {item.name: item.type for item in dataclasses.fields(KINDS[kind])}
    known = list(fields)
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        raise RepresentationError(
            f"representation {kind!r} has no parameter {', '.join(unknown)}; it has {', '.join(known)}"
        )
    for name, value in parameters.items():
        _require_kind(name, fields[name], value)
    try:
        return KINDS[kind](**parameters)
    except RepresentationError:
        raise
    except (TypeError, ValueError) as error:
        raise RepresentationError(f"representation {kind!r} cannot be built: {error}") from error


def _require_kind(name: str, kind: Any, value: Any) -> None:
    """Raise a `RepresentationError` unless a value read from JSON has the declared type of its field."""
    if value is None and kind == float | None:
        return
    accepted: tuple[tuple[type, ...], str] = {
        int: ((int,), "a whole number"),
        bool: ((bool,), "either true or false"),
        str: ((str,), "text"),
    }.get(kind, ((int, float), "a number"))
    types, words = accepted
    fits = isinstance(value, types) and (kind is bool or not isinstance(value, bool))
    if not fits or (isinstance(value, float) and not math.isfinite(value)):
        raise RepresentationError(f"representation parameter {name!r} must be {words}; it is {value!r}")
