"""What all pictures share: colours, type, and files with the same bytes every time.

Each `draw_...` function of this folder draws into a matplotlib figure of its own and returns it. Matplotlib
is imported only when something is drawn.
"""

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explainer.core.base.atomic_files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, MUTED, LINE, PAPER = "#1d2126", "#6a727c", "#c9ced4", "#ffffff"
ACCENT, AGAINST = "#0b5fd7", "#b3541e"
SOUND_MAP, WEIGHT_MAP = "gray_r", "RdBu"
STYLE: dict[Any, Any] = {  # keys of rcParams; importing their type would load matplotlib
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # a fixed place; finding one lays every label out a second time
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "svg.hashsalt": "explanation",
    "svg.fonttype": "path",
    "figure.facecolor": PAPER,
}
WIDTH, HEIGHT, DOTS_PER_INCH = 8.0, 3.4, 150


def save(figure: "Figure", path: Path) -> Path:
    """Write a figure as PNG or SVG, after the suffix, with the same bytes every time."""
    from matplotlib import rc_context

    buffer = io.BytesIO()
    svg = path.suffix == ".svg"
    metadata: dict[str, Any] = {"Date": None, "Creator": None} if svg else {"Software": None}
    with rc_context(STYLE):
        figure.savefig(buffer, format=path.suffix[1:], dpi=DOTS_PER_INCH, metadata=metadata)
    write_atomically(path, buffer.getvalue())
    return path


def slug_of(name: str) -> str:
    """Return a target's name in letters, digits, ``_`` and ``-`` only."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")
