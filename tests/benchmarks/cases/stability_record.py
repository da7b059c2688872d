"""Figures of `stability.py` by case, way and target, in a file that grows case by case.

A run that was stopped takes up where it was, and tables are made of what the file holds.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .stability_case import FIGURES, ROOT


class Asked(NamedTuple):
    """How a case was asked; what a row of a table is about."""

    method: str
    design: str
    keep: float
    budget: int


class CaseName(NamedTuple):
    """What was asked, and what its figures rest on."""

    model: str
    weights: str
    """Of the model, the beginning of the SHA-256 of its file: other weights, other figures."""
    track: str
    segments: int
    converged_calls: int


COLUMNS = (*CaseName._fields, *Asked._fields, "target", *FIGURES, "calls")


def case_name(model: str, track: str, segments: int, converged_calls: int) -> CaseName:
    """Name a case of a model in fixtures/models."""
    folder = ROOT / "fixtures/models" / model
    checkpoint = json.loads((folder / "model.json").read_text())["checkpoint"]
    weights = hashlib.sha256((folder / checkpoint).read_bytes()).hexdigest()[:12]
    return CaseName(model, weights, track, segments, converged_calls)


class Record:
    """Measured figures.

    Parameters
    ----------
    file : Path or None
        Read at first, if it exists, and added to; None keeps everything in memory.

    Raises
    ------
    SystemExit
        If the file holds something else.
    """

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.figures: dict[CaseName, dict[Asked, dict[str, np.ndarray]]] = {}
        if file is None:
            return
        if not file.exists():
            self._write([COLUMNS])
        with file.open(newline="") as opened:
            rows = csv.reader(opened)
            if tuple(next(rows, ())) != COLUMNS:
                raise SystemExit(f"{file} holds other columns than this program writes; name another file")
            for row in rows:
                self._keep(row)

    def answers(self, case: CaseName) -> Path | None:
        """Return the file in which a case's answers are kept."""
        if self.file is None:
            return None
        name = "-".join([case.model, case.weights, case.track, str(case.segments)])
        return self.file.with_suffix(".answers") / f"{name}.npz"

    def missing(self, case: CaseName, ways: Iterable[Asked], targets: Iterable[str]) -> list[Asked]:
        """Return the ways of asking that were not measured on a case for all targets."""
        held = self.figures.get(case, {})
        return [way for way in ways if not set(targets) <= set(held.get(way, {}))]

    def add(self, case: CaseName, asked: Asked, by_target: Mapping[str, np.ndarray]) -> None:
        """Keep a way's figures and its calls, (n_figures + 1,), by target."""
        rows = [[*case, *asked, target, *values] for target, values in by_target.items()]
        self._write(rows)
        for row in rows:
            self._keep(row)

    def of(self, case: CaseName, asked: Asked, targets: Iterable[str]) -> np.ndarray:
        """Return figures (n_figures + 1, n_targets)."""
        found = self.figures[case][asked]
        return np.stack([found[target] for target in targets], axis=1)

    def _keep(self, row) -> None:
        model, weights, track, segments, converged, method, design, keep, budget, target, *values = row
        case = CaseName(model, weights, track, int(segments), int(converged))
        asked = Asked(method, design, float(keep), int(budget))
        figures = self.figures.setdefault(case, {}).setdefault(asked, {})
        figures[target] = np.array(values, dtype=float)

    def _write(self, rows) -> None:
        if self.file is None:
            return
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        with self.file.open("ab", buffering=0) as opened:  # at once: whoever is stopped leaves whole rows
            opened.write(text.getvalue().encode())
