"""The logarithmic filterbank: from the bins of a spectrum to the bands of a model's input."""

import numpy as np

TUNING_FREQUENCY = 440.0  # Hz; with it a grid of semitones lies on the notes


def logarithmic_triangles(
    *, sample_rate: int, frame_length: int, bands_per_octave: int, fmin: float, fmax: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return triangular filters that are evenly spaced in pitch.

    The target frequencies have ``bands_per_octave`` steps per octave around 440 Hz and are rounded to the
    nearest bin; of several in one bin, as in the bass, one is kept. Each band is the triangle over three
    neighbouring bins of that list; triangles narrower than two bins become a single bin [1]_.

    Parameters
    ----------
    sample_rate : int
        Hz
    frame_length : int
        Samples per frame; the spectrum has ``frame_length // 2 + 1`` bins, of which the last
        (half the sample rate) belongs to no band.
    fmin, fmax : float
        Hz, both included.

    Returns
    -------
    triangles : np.ndarray [shape=(n_bins, n_bands)]
        Peaks of 1, not normalised.
    centres : np.ndarray [shape=(n_bands,)]
        Hz, of the bins where the triangles peak.

    Raises
    ------
    ValueError
        If fewer than three bins are left between `fmin` and `fmax`.

    References
    ----------
    .. [1] Böck, Korzeniowski, Schlüter, Krebs, Widmer: madmom: a new Python audio and music
       signal processing library. ACM Multimedia 2016.
    """
    n_bins = frame_length // 2 + 1
    first = int(np.floor(bands_per_octave * np.log2(fmin / TUNING_FREQUENCY)))
    last = int(np.ceil(bands_per_octave * np.log2(fmax / TUNING_FREQUENCY)))
    wanted = TUNING_FREQUENCY * 2.0 ** (np.arange(first, last) / bands_per_octave)
    wanted = wanted[(wanted >= fmin) & (wanted <= fmax)]
    bin_width = sample_rate / frame_length
    nearest = np.floor(wanted / bin_width + 0.5).astype(int)
    corners = np.unique(np.clip(nearest, 1, n_bins - 2))
    if len(corners) < 3:
        raise ValueError(
            f"fmin {fmin:g} Hz and fmax {fmax:g} Hz leave no band at frames of {frame_length} samples; "
            "move them apart or take longer frames"
        )
    triangles = np.zeros((n_bins, len(corners) - 2))
    peaks = []
    for band, (start, centre, end) in enumerate(zip(corners[:-2], corners[1:-1], corners[2:], strict=True)):
        if end - start < 2:
            centre, end = start, start + 1
        rising = np.arange(start, centre)
        falling = np.arange(centre, end)
        triangles[rising, band] = (rising - start) / max(centre - start, 1)
        triangles[falling, band] = (end - falling) / (end - centre)
        peaks.append(centre)
    return triangles, np.array(peaks) * bin_width
