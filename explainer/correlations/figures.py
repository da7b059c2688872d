"""Heat maps of correlations as files for print, drawn in the background, stored by content."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from explainer.files import stored_files
from explainer.models import MusicModel, Track

from . import summary

FORMATS = ("svg", "png")


def stored_name(page: summary.Page, name: str, kind: str) -> str:
    """Return the stored name of a figure of a page."""
    return f"figures/{page.key()}-{name}.{kind}"


def drawn(page: summary.Page) -> bool:
    """Return whether all figures of a page are stored."""
    return stored_files.exist(*(stored_name(page, name, kind) for name in page.matrices for kind in FORMATS))


def draw(model: MusicModel, tracks: Sequence[Track]) -> list[str]:
    """Draw every heat map of the page of a model and tracks; return the stored names."""
    from explainer.core.figures.charts import draw_matrix
    from explainer.core.figures.style import save

    page = summary.gather(model, tracks)
    names = []
    with tempfile.TemporaryDirectory(prefix="figures-") as folder:
        for name, matrix in page.matrices.items():
            values = np.array(matrix["values"], dtype=float)
            figure = draw_matrix(
                values,
                matrix["rows"],
                matrix["columns"],
                limit=max(1.0, float(np.nanmax(np.abs(values), initial=0))),
                title=matrix["title"],
                unit=matrix["unit"],
            )
            for kind in FORMATS:
                names.append(stored_name(page, name, kind))
                stored_files.store(names[-1], save(figure, Path(folder) / f"{name}.{kind}"))
    return names
