"""One model on one track in so many segments: what every way of asking is measured by, in `stability.py`."""

import json
from collections.abc import Callable
from functools import cache, cached_property, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from explainer.core.audio import read_audio
from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe
from explainer.core.evaluation.fidelity import rank_correlation, top_overlap
from explainer.core.methods.linear_surrogate import cosine_distance_to_whole, exponential_kernel
from explainer.core.models.adapters import TorchModel
from explainer.core.models.loading import load_model
from explainer.core.perturbation.masking import hidden_features
from explainer.core.perturbation.problem import Problem
from explainer.core.segmentation.segments import segment

from .musicnn_by_tables import tabulated

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 12  # of each track: as docs/methods.md measured
GRIDS = {16: (4, 4), 24: (6, 4), 36: (6, 6), 64: (8, 8)}
TOP, RANDOM_FIVES = 5, 100
# Of the tagger's fifty targets, those that speak of what music does to people.
MOODS = (
    "happy",
    "sad",
    "Mellow",
    "chill",
    "beautiful",
    "party",
    "sexy",
    "catchy",
    "easy listening",
    "ambient",
)
FIGURES = ("rank", "top5", "rank_between", "top5_between", "deletion", "over_random", "insertion", "honest")
FIGURES += ("rank_halves", "top5_halves")


def demo_model(name: str) -> TorchModel:
    """Load a demo model by the name of its folder."""
    folder = ROOT / "fixtures/models" / name
    description = json.loads((folder / "model.json").read_text())
    description["checkpoint"] = str(folder / description["checkpoint"])
    return load_model(description)


def groups(model: TorchModel) -> dict[str, list[str]]:
    """Return groups of targets over which figures are averaged."""
    every = {"all targets": [target.name for target in model.targets]}
    return {"moods": list(MOODS), **every} if _is_tagger(model) else every


def _is_tagger(model: TorchModel) -> bool:
    return model.name.startswith("musicnn")


class Remembering(Problem):
    """A problem that puts each question to another once, since many ways ask about the same masks.

    Parameters
    ----------
    model_itself : Problem
    source : callable
        Returns the problem that is asked, at the first question that is new.
    file : Path or None
        Where answers are kept from run to run.
    """

    def __init__(self, model_itself: Problem, source: Callable[[], Problem], file: Path | None) -> None:
        super().__init__(
            model_itself.features, model_itself.segmentation, model_itself.hidden, model_itself.model
        )
        self.source, self.file = cache(source), file
        self.known: dict[bytes, np.ndarray] = {}
        if file and file.exists():
            with np.load(file) as kept:
                keys = (row.tobytes() for row in kept["masks"])
                self.known = dict(zip(keys, kept["outputs"], strict=True))

    def outputs(self, masks: np.ndarray) -> np.ndarray:
        """See `Problem.outputs`."""
        self.count(len(masks))
        keys = [row.tobytes() for row in np.packbits(np.asarray(masks, dtype=bool), axis=1)]
        new = {key: mask for key, mask in zip(keys, masks, strict=True) if key not in self.known}
        if new:
            self.known.update(zip(new, self.source().outputs(np.array(list(new.values()))), strict=True))
        return np.array([self.known[key] for key in keys])

    def keep(self) -> None:
        """Write the answers to the file, if there is one."""
        if self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.file.with_suffix(".new.npz")
        masks = np.array([np.frombuffer(key, dtype=np.uint8) for key in self.known])
        np.savez(unfinished, masks=masks, outputs=np.array(list(self.known.values())))
        unfinished.replace(self.file)


class Chance(NamedTuple):
    """What segments do that chance has chosen; all of shape (n_targets,)."""

    whole: np.ndarray
    """The output on the whole track."""
    deletion: np.ndarray
    """What hiding a random five takes from it."""
    insertion: np.ndarray
    """The output on a random five alone."""
    unit: np.ndarray
    """In which effects are told."""


class Case:
    """One model on one track in a grid.

    Parameters
    ----------
    model : TorchModel
    track : str
        Name of a file in fixtures/music.
    segments : int
        One of `GRIDS`.
    converged_calls : int
        How many fresh independent masks the converged value rests on.
    answers : Path, optional
        Where the model's answers are kept from run to run.

    Attributes
    ----------
    model_itself : Problem
        For measuring time.
    """

    def __init__(
        self,
        model: TorchModel,
        track: str,
        segments: int,
        converged_calls: int,
        answers: Path | None = None,
    ) -> None:
        y, rate = read_audio(
            ROOT / "fixtures/music" / f"{track}.flac", sample_rate=model.representation.sample_rate
        )
        y = y[: SECONDS * rate]
        features = model.representation.features(y)
        self.time_cells, self.band_cells = GRIDS[segments]
        grid = {"time_cells": self.time_cells, "band_cells": self.band_cells}
        segmentation = segment("grid", features, model.representation, y, grid)
        self.model, self.segments, self.converged_calls = model, segments, converged_calls
        self.model_itself = Problem(features, segmentation, hidden_features(features, Recipe()), model)
        self._kept_in = answers
        self._answers: dict[float, tuple[np.ndarray, np.ndarray]] = {}

    @cached_property
    def problem(self) -> Remembering:
        """Asked about each mask once; musicnn's with its answers tabulated."""
        itself = self.model_itself
        source = partial(tabulated, itself) if _is_tagger(self.model) else lambda: itself
        return Remembering(itself, source, self._kept_in)

    def recipe(self, **fields) -> Recipe:
        """Return a recipe that divides the track as this case does."""
        grid = {"time_cells": self.time_cells, "band_cells": self.band_cells}
        return Recipe(segmentation_parameters=grid, **fields)

    @cached_property
    def chance(self) -> "Chance":
        """What random fives do."""
        rng = np.random.default_rng(7)
        without = np.ones((RANDOM_FIVES, self.segments), dtype=bool)
        for mask in without:
            mask[rng.permutation(self.segments)[:TOP]] = False
        whole = self.problem.predict_masks(self.problem.whole())[0]
        deletion = whole - self.problem.predict_masks(without).mean(axis=0)
        insertion = self.problem.predict_masks(~without).mean(axis=0)
        halves = self.problem.predict_masks(rng.random((400, self.segments)) < 0.5)
        # Log-odds are alike for all targets; other outputs are told in standard deviations over such masks.
        log_odds = self.model.output in ("logit", "probability")
        unit = np.ones(len(whole)) if log_odds else np.maximum(halves.std(axis=0), 1e-9)
        return Chance(whole, deletion, insertion, unit)

    def answers(self, keep: float) -> tuple[np.ndarray, np.ndarray]:
        """Return independent masks and what the model says to them, asked once."""
        if keep not in self._answers:
            rng = np.random.default_rng([99, int(1000 * keep)])
            masks = rng.random((self.converged_calls, self.segments)) < keep
            self._answers[keep] = masks, self.problem.predict_masks(masks)
            self.problem.keep()
        return self._answers[keep]

    def converged(self, keep: float, kernel: str, part: slice = slice(None)) -> np.ndarray:
        """Return the weights (n_targets, n_segments) to which regressions on independent masks converge.

        Products of neighbouring segments are regressed on as well: they take up scatter and, being
        uncorrelated with single segments, leave what these converge to as it is.

        Parameters
        ----------
        keep : float
        kernel : str
            ``"cosine"``: masks count as lime has them count. ``"none"``: all alike.
        part : slice
            Of the masks.
        """
        masks, outputs = (array[part] for array in self.answers(keep))
        counts = np.ones(len(masks))
        if kernel == "cosine":
            counts = exponential_kernel(cosine_distance_to_whole(masks))
        single = masks - np.average(masks, axis=0, weights=counts)
        pairs = self._neighbours()
        terms = np.column_stack(
            [np.ones(len(masks)), single, single[:, pairs[:, 0]] * single[:, pairs[:, 1]]]
        )
        root = np.sqrt(counts)[:, None]
        solution, *_ = np.linalg.lstsq(terms * root, outputs * root, rcond=None)
        return solution[1 : 1 + self.segments].T

    def _neighbours(self) -> np.ndarray:
        numbers = np.arange(self.segments).reshape(self.time_cells, self.band_cells)
        steps = [(numbers[:-1], numbers[1:]), (numbers[:, :-1], numbers[:, 1:])]
        steps += [(numbers[:-1, :-1], numbers[1:, 1:]), (numbers[:-1, 1:], numbers[1:, :-1])]
        return np.concatenate([np.stack([a.ravel(), b.ravel()], axis=1) for a, b in steps])

    def figures(self, runs: list[Explanation], keep: float, kernel: str | None) -> np.ndarray:
        """Return the `FIGURES` of two runs with different seeds, shape (n_figures, n_targets).

        Parameters
        ----------
        runs : list of Explanation
        keep, kernel
            See `converged`; no kernel where weights stand fast from the beginning.
        """
        weights = [run.weights for run in runs]
        agreement = halves = np.full((2, len(self.chance.whole)), np.nan)
        honest = halves[0]
        if kernel is not None:
            converged = self.converged(keep, kernel)
            agreement = np.mean([agree(w, converged) for w in weights], axis=0)
            middle = self.converged_calls // 2
            halves = agree(
                *[self.converged(keep, kernel, part) for part in (slice(middle), slice(middle, None))]
            )
            if runs[0].standard_errors is not None:
                honest = np.mean([self._covered(run, converged) for run in runs], axis=0)
        deletion, insertion = np.mean([self._effects_of_five(w) for w in weights], axis=0)
        over_random = deletion - self.chance.deletion / self.chance.unit
        return np.vstack([agreement, agree(*weights), deletion, over_random, insertion, honest, halves])

    def _covered(self, run: Explanation, converged: np.ndarray) -> np.ndarray:
        """Return the share of 95 % intervals that hold the converged value, by target."""
        return (np.abs(run.weights - converged) < 1.96 * run.standard_errors).mean(axis=1)

    def _effects_of_five(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        masks = np.ones((len(weights), self.segments), dtype=bool)
        for mask, weight in zip(masks, weights, strict=True):
            mask[np.argsort(-weight, kind="stable")[:TOP]] = False
        deletion = self.chance.whole - np.diag(self.problem.predict_masks(masks))
        insertion = np.diag(self.problem.predict_masks(~masks)) - self.chance.insertion
        return deletion / self.chance.unit, insertion / self.chance.unit


def agree(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return rank correlation and overlap of the strongest five of two sets of weights, (2, n_targets)."""
    return np.array(
        [(rank_correlation(v, w) or 0.0, top_overlap(v, w, TOP)) for v, w in zip(a, b, strict=True)]
    ).T
