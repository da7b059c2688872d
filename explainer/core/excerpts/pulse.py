"""Beats and bars of a sound, where it has a clear pulse."""

import numpy as np

BEATS_PER_BAR = 4
FEWEST_BEATS = 8
# A pulse is clear if onsets rise by this much at its beats (mean rise over the bands, dB), and come back
# after one beat (autocorrelation). Measured: noise .03 and free playing up to .06, struck and plucked music
# .4 to .8; a held chord repeats too, by numerical chance, but rises by only .3 dB.
LEAST_RISE, LEAST_REPETITION = 1.0, 0.2


def beat_times(y: np.ndarray, sample_rate: int, *, bars: bool = False) -> np.ndarray:
    """Return the times of the beats of a sound in s [shape=(n,)]; empty if it has no clear pulse.

    Parameters
    ----------
    y : np.ndarray [shape=(n_samples,)]
    sample_rate : int
        Hz
    bars : bool
        Return only every fourth beat: those of the four phases whose onsets are strongest on average. Which
        beat begins a bar is a guess for music whose bars are not marked by accents.

    Notes
    -----
    Dynamic programming over onset strengths [1]_, as librosa implements it.

    References
    ----------
    .. [1] Ellis: Beat tracking by dynamic programming. Journal of New Music Research 36(1), 2007.
    """
    import librosa

    y = np.asarray(y, dtype=np.float32)
    onsets = librosa.onset.onset_strength(y=y, sr=sample_rate)
    _tempo, frames = librosa.beat.beat_track(onset_envelope=onsets, sr=sample_rate)
    if len(frames) < FEWEST_BEATS:
        return np.empty(0)
    # A beat lies up to two frames beside the strongest onset that belongs to it.
    strengths = np.array([onsets[max(frame - 2, 0) : frame + 3].max() for frame in frames])
    if strengths.mean() < LEAST_RISE or _repetition(onsets, frames) < LEAST_REPETITION:
        return np.empty(0)
    if bars:
        phase = max(range(BEATS_PER_BAR), key=lambda first: strengths[first::BEATS_PER_BAR].mean())
        frames = frames[phase::BEATS_PER_BAR]
    return librosa.frames_to_time(frames, sr=sample_rate)


def _repetition(onsets: np.ndarray, beats: np.ndarray) -> float:
    """Return the autocorrelation of the onset strengths over the usual distance of beats, in frames."""
    varying = onsets - onsets.mean()
    power = float(np.dot(varying, varying))
    usual = int(np.median(np.diff(beats)))
    lags = (lag for lag in range(usual - 1, usual + 2) if 0 < lag < len(varying))
    return max(float(np.dot(varying[lag:], varying[:-lag])) for lag in lags) / max(power, 1e-12)
