"""Analysis scripts of an export: analysis.py computes its main figures, analysis.R fits mixed models."""

from collections.abc import Iterator
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent / "analysis_scripts"


def analysis_scripts() -> Iterator[tuple[str, str]]:
    """Yield the name and text of each script; the scripts locate the tables relative to themselves."""
    for path in sorted(_FOLDER.iterdir()):
        if path.suffix in (".py", ".R"):
            yield path.name, path.read_text(encoding="utf-8")
