"""Sound files of our own: mono, 24-bit FLAC, written atomically."""

import hashlib
import io
from pathlib import Path

import numpy as np
import soundfile

from explainer.core.base.atomic_files import write_atomically

from .files import AudioError


def flac_bytes(y: np.ndarray, sample_rate: int) -> bytes:
    """Return a mono sound as a 24-bit FLAC file without tags; equal sounds have equal bytes.

    Parameters
    ----------
    y : np.ndarray [shape=(n,)]
        Within -1 to 1.
    sample_rate : int
        Hz

    Raises
    ------
    AudioError
        If samples are missing, not finite, or beyond full scale, where they would be clipped.
    """
    if y.ndim != 1 or len(y) == 0:
        raise AudioError(f"a clip must be mono and have samples; this one has shape {y.shape}")
    if not np.isfinite(y).all():
        raise AudioError("the clip has samples that are not finite numbers")
    peak = float(np.max(np.abs(y)))
    if peak > 1.0:
        raise AudioError(f"the clip would be clipped: its peak is {peak:.3f} of full scale; lower its gain")
    buffer = io.BytesIO()
    soundfile.write(buffer, y, sample_rate, format="FLAC", subtype="PCM_24")
    return buffer.getvalue()


def store_flac(y: np.ndarray, sample_rate: int, folder: Path) -> tuple[Path, str]:
    """Write a mono sound as `flac_bytes` encodes it, under the name of its content, atomically.

    Returns
    -------
    path : Path
    digest : str
        SHA-256 of the file, hexadecimal.

    Raises
    ------
    AudioError
        As `flac_bytes`.
    """
    content = flac_bytes(y, sample_rate)
    digest = hashlib.sha256(content).hexdigest()
    path = folder / f"{digest}.flac"
    if not path.exists():
        write_atomically(path, content)
    return path, digest
