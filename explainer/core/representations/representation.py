"""Base of all representations: frames, spectra, exact reconstruction, bands and their compression.

A representation frames the sound, transforms the frames, sums the spectrum into bands and compresses the
sums. It is determined by a few plain numbers, so it can be stored as JSON, compared, hashed and sent to
another process; matrices are computed once per process.
"""

import dataclasses
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import scipy.fft
import scipy.sparse

from .compression import LAWS

# Below this share of its maximum the sum of squared windows is too small to recover a sample.
SMALLEST_WINDOW_SUM = 1e-10
# More than any music model needs; greater values would fill the memory with matrices.
HIGHEST_RATE, LONGEST_FRAME, MOST_BANDS = 192_000, 2**17, 4096  # Hz, samples, bands (per octave or in all)


class RepresentationError(ValueError):
    """Raised for a representation that cannot be computed; the message names parameter and remedy."""


@dataclass(frozen=True, kw_only=True)
class Representation:
    """The features of a sound that a model takes; its kinds are in `explainer.core.representations.kinds`.

    Attributes
    ----------
    sample_rate : int
        Hz
    frame_length : int
        Samples per frame, even.
    power : int
        1 for magnitudes, 2 for powers.
    log_gain : float
        Factor before the logarithm, for the law ``log10_one_plus``.
    log_law : str
        How band sums x are compressed, one of `explainer.core.representations.compression.LAWS`.
    log_floor : float
        The smallest x that the laws ``decibel`` and ``natural_offset`` distinguish from silence.
    peak_normalised : bool
        Whether the track is first scaled to a peak of 1.
    """

    kind: ClassVar[str] = ""
    # Whether the model takes the sound itself; cells then only define what is removed from it.
    feeds_sound: ClassVar[bool] = False
    centred: ClassVar[bool] = False
    symmetric_window: ClassVar[bool] = False

    sample_rate: int
    frame_length: int
    power: int
    log_gain: float
    peak_normalised: bool
    log_law: str = "log10_one_plus"
    log_floor: float = 1e-10

    def __post_init__(self) -> None:
        self._require(
            0 < self.sample_rate <= HIGHEST_RATE,
            "sample_rate",
            f"must be positive, at most {HIGHEST_RATE} Hz",
        )
        self._require(
            16 <= self.frame_length <= LONGEST_FRAME and self.frame_length % 2 == 0,
            "frame_length",
            f"must be even, at least 16 and at most {LONGEST_FRAME}",
        )
        self._require(self.power in (1, 2), "power", "must be 1 (magnitude) or 2 (power)")
        self._require(self.log_gain > 0, "log_gain", "must be positive")
        self._require(self.log_floor > 0, "log_floor", "must be positive")
        self._require(self.log_law in LAWS, "log_law", f"must be one of {', '.join(LAWS)}")
        self._require(
            1 <= self.hop <= self.frame_length / 2,
            "hop",
            f"must lie between 1 and {self.frame_length // 2} samples, half a frame, so that frames overlap",
        )

    def _require(self, holds: bool, name: str, remedy: str) -> None:
        if not holds:
            raise RepresentationError(
                f"representation parameter {name!r} {remedy}; it is {getattr(self, name)!r}"
            )

    def _triangles(self, normalised: bool) -> tuple[np.ndarray, np.ndarray]:
        raise NotImplementedError

    @property
    def hop(self) -> float:
        """Samples from one frame to the next, not necessarily a whole number."""
        return self.sample_rate / self.frame_rate

    @property
    def frame_rate(self) -> float:
        """Frames per second."""
        return self.sample_rate / self.hop

    @property
    def n_bins(self) -> int:
        """Number of frequencies of the spectrum, from 0 to half the sample rate."""
        return self.frame_length // 2 + 1

    @property
    def n_bands(self) -> int:
        """Number of bands of the features."""
        return len(self.band_frequencies)

    @property
    def band_frequencies(self) -> np.ndarray:
        """Centres of the bands in Hz [shape=(n_bands,)]."""
        return _filterbank(self, True)[1]

    @property
    def filterbank(self) -> np.ndarray:
        """Weights of the bins in the bands [shape=(n_bins, n_bands)]."""
        return _filterbank(self, True)[0]

    @property
    def triangles(self) -> np.ndarray:
        """The filterbank with peaks of 1 [shape=(n_bins, n_bands)]."""
        return _filterbank(self, False)[0]

    def n_frames(self, n_samples: int) -> int:
        """Return the number of frames of `n_samples` samples."""
        if self.centred:
            return 1 + int(n_samples / self.hop)
        return int(np.ceil(n_samples / self.hop))

    def frame_times(self, n_frames: int) -> np.ndarray:
        """Return the middle of each frame in seconds [shape=(n_frames,)]."""
        starts = self._start(np.arange(n_frames))
        return (starts + self.frame_length / 2) / self.sample_rate

    def frame_indices(self, n_samples: int, *, around: bool = False) -> np.ndarray:
        """Return the numbers of the frames of a sound.

        Parameters
        ----------
        around : bool
            Include every frame that overlaps the sound, also those before the first and after the last
            frame of the features. Without them the window is close to 0 at the edges of the sound, which
            could then not be recovered.

        Returns
        -------
        np.ndarray [shape=(n,), dtype=int]
            0 is the model's first frame.
        """
        n_frames = self.n_frames(n_samples)
        if not around:
            return np.arange(n_frames)
        reach = int(np.ceil(self.frame_length / self.hop)) + 1
        indices = np.arange(-reach, n_frames + reach)
        starts = self._start(indices)
        return indices[(starts + self.frame_length > 0) & (starts < n_samples)]

    def _start(self, indices: np.ndarray) -> np.ndarray:
        starts = np.floor(indices * self.hop).astype(int)
        return starts - self.frame_length // 2 if self.centred else starts

    def normalisation_gain(self, y: np.ndarray) -> float:
        """Return the linear gain that this representation applies to a whole track first.

        Clips of the track must be analysed with the track's gain, not with their own.
        """
        peak = float(np.max(np.abs(y), initial=0.0))
        return 1.0 / peak if self.peak_normalised and peak > 0 else 1.0

    def stft(self, y: np.ndarray, *, around: bool = False) -> np.ndarray:
        """Return the complex spectrum of every frame [shape=(n_frames, n_bins), dtype=complex128].

        Parameters
        ----------
        y : np.ndarray [shape=(n_samples,)]
            Mono sound at `sample_rate`, at least one sample.
        around : bool
            See `frame_indices`.
        """
        y = np.asarray(y, dtype=np.float64)
        if y.ndim != 1 or len(y) == 0:
            raise RepresentationError(f"a sound must be mono and have samples; this one has shape {y.shape}")
        starts = self._start(self.frame_indices(len(y), around=around))
        before = max(0, -int(starts[0]))
        after = max(0, int(starts[-1]) + self.frame_length - len(y))
        padded = np.pad(y, (before, after))
        frames = padded[(starts + before)[:, None] + np.arange(self.frame_length)]
        return scipy.fft.rfft(frames * self._window(), axis=1)

    def istft(self, X: np.ndarray, n_samples: int, *, around: bool = False) -> np.ndarray:
        """Return the sound whose spectra are closest to those given, in the least-squares sense.

        Overlap-add of windowed frames divided by the sum of squared windows [1]_, which is exact for an
        unchanged spectrum at every sample under a window. Frame starts are those of `stft`, also for a hop
        that is not a whole number.

        Parameters
        ----------
        X : np.ndarray [shape=(n_frames, n_bins)]
        n_samples : int
            Length of the sound that was analysed.
        around : bool
            As given to `stft`. Samples outside all windows are 0.

        Returns
        -------
        np.ndarray [shape=(n_samples,), dtype=float64]

        References
        ----------
        .. [1] Griffin, Lim: Signal estimation from modified short-time Fourier transform. IEEE
           Transactions on Acoustics, Speech, and Signal Processing 32(2), 1984.
        """
        starts = self._start(self.frame_indices(n_samples, around=around))
        if X.shape != (len(starts), self.n_bins):
            raise RepresentationError(
                f"{n_samples} samples need a spectrum of shape {(len(starts), self.n_bins)}, not {X.shape}"
            )
        window = self._window()
        frames = scipy.fft.irfft(X, n=self.frame_length, axis=1) * window
        before = max(0, -int(starts[0]))
        length = max(before + n_samples, before + int(starts[-1]) + self.frame_length)
        # The window is applied at analysis and at synthesis, so its square is divided out per sample. This
        # does not need windows that add up to a constant, which a hop of 705.6 samples rules out.
        total, weight = np.zeros(length), np.zeros(length)
        for start, frame in zip(starts + before, frames, strict=True):
            total[start : start + self.frame_length] += frame
            weight[start : start + self.frame_length] += window**2
        known = weight > SMALLEST_WINDOW_SUM * weight.max()
        y = np.divide(total, weight, out=np.zeros(length), where=known)
        return y[before : before + n_samples]

    def _window(self) -> np.ndarray:
        n = self.frame_length
        return np.hanning(n) if self.symmetric_window else np.hanning(n + 1)[:-1]

    def band_sums(self, X: np.ndarray) -> np.ndarray:
        """Return the uncompressed bands of a spectrum [shape=(n_frames, n_bands)]."""
        magnitude = np.abs(X)
        return (magnitude if self.power == 1 else magnitude**2) @ _sparse_filterbank(self)

    def compress(self, bands: np.ndarray) -> np.ndarray:
        """Return band sums on the logarithmic scale of `log_law`."""
        return LAWS[self.log_law].compress(bands, self.log_gain, self.log_floor)

    def expand(self, features: np.ndarray) -> np.ndarray:
        """Undo `compress`, in double precision; never negative."""
        features = np.asarray(features, dtype=np.float64)
        return LAWS[self.log_law].expand(features, self.log_gain, self.log_floor)

    @property
    def silence(self) -> float:
        """The feature of a cell without sound."""
        return float(self.compress(np.zeros(1))[0])

    def features(self, y: np.ndarray, gain: float | None = None) -> np.ndarray:
        """Return the features of a sound [shape=(n_frames, n_bands), dtype=float32].

        Parameters
        ----------
        y : np.ndarray [shape=(n_samples,)]
            Mono sound at `sample_rate`.
        gain : float, optional
            Linear; by default `normalisation_gain` of `y`. For a clip pass that of its track.
        """
        if gain is None:
            gain = self.normalisation_gain(y)
        X = self.stft(np.asarray(y, dtype=np.float64) * gain)
        return self.compress(self.band_sums(X)).astype(np.float32)

    def model_input(self, y: np.ndarray, gain: float | None = None) -> np.ndarray:
        """Return the input of the model for a sound: its features, or for some kinds the sound itself.

        Parameters
        ----------
        y, gain
            See `features`.

        Returns
        -------
        np.ndarray of float32 [shape=(n_frames, n_bands) or (n_samples,)]
        """
        if not self.feeds_sound:
            return self.features(y, gain)
        gain = self.normalisation_gain(y) if gain is None else gain
        return (np.asarray(y, dtype=np.float64) * gain).astype(np.float32)

    @property
    def input_rate(self) -> float:
        """Rows of a model's input per second: frames, or samples of sound."""
        return float(self.sample_rate) if self.feeds_sound else self.frame_rate

    def to_dict(self) -> dict[str, Any]:
        """Return kind and parameters as JSON types."""
        return {"kind": self.kind, **dataclasses.asdict(self)}


@lru_cache(maxsize=32)
def _filterbank(representation: Representation, normalised: bool) -> tuple[np.ndarray, np.ndarray]:
    matrix, centres = representation._triangles(normalised)
    matrix.flags.writeable = centres.flags.writeable = False  # cached, so shared by all callers
    return matrix, centres


@lru_cache(maxsize=32)
def _sparse_filterbank(representation: Representation) -> scipy.sparse.csc_array:
    # A sparse product adds in a fixed order for any number of threads: the same bits everywhere.
    return scipy.sparse.csc_array(representation.filterbank)
