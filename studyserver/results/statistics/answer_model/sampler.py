"""Gibbs sampler of the crossed model of answers, all chains at once."""

from collections.abc import Callable

import numpy as np

from .answers import Answers, Family
from .covariances import Covariances, Variances, log_half_t
from .draws import Draws
from .groups import Cells, Grouping, Noise, draw_normal, draw_with_means, log_evidence
from .latent import Latent
from .proposals import RandomWalk

MINIMUM_REPEATED = 0.05  # share of judgments beyond the first of a rater on a track, to tell its effect apart
SMALLEST_SD = 1e-4  # standard deviation as a share of its prior's scale


class Sampler:
    """State of the chains; see `fit.fit_answers` for the model.

    Parameters
    ----------
    answers : Answers
    n_chains : int
    rng : np.random.Generator
    prior_scale : float
        Scale of the priors of standard deviations, as a share of the distance between the ends of the scale;
        for binary answers in units of the noise.
    """

    def __init__(self, answers: Answers, n_chains: int, rng: np.random.Generator, prior_scale: float) -> None:
        self.answers, self.n_chains, self.rng = answers, n_chains, rng
        low, high = answers.ends
        is_binary = answers.family is Family.BINARY
        self.scale = prior_scale if is_binary else prior_scale * (high - low)
        self.prior = (0.0, 3.0) if is_binary else ((low + high) / 2, high - low)
        n_levels, n_tracks, n_raters = len(answers.levels), len(answers.tracks), len(answers.raters)
        cells = Cells(np.unique(answers.track * n_raters + answers.rater, return_inverse=True)[1])
        self.cells = cells if cells.repeated_share >= MINIMUM_REPEATED else None
        self.by_track = Grouping(answers.track, answers.level, n_tracks, n_levels, self.cells)
        self.by_rater = Grouping(answers.rater, answers.level, n_raters, n_levels, self.cells)
        nested = answers.has_nested_excerpts
        self.by_excerpt = (
            Grouping(answers.excerpt, answers.level, answers.n_excerpts, n_levels, None) if nested else None
        )
        self.design = np.column_stack(list(answers.covariates.values())) if answers.covariates else None
        self._start()
        limits = np.log(SMALLEST_SD * self.scale), np.log(self.scale / SMALLEST_SD)
        self._walk_raters = RandomWalk(n_chains, min(n_levels, 2), limits)
        self._has_free_error = self.latent is None or not self.latent.is_binary
        self._walk_cells = RandomWalk(n_chains, 2 if self._has_free_error else 1, limits)
        self._walks_tracks = [RandomWalk(n_chains, 1, limits) for _ in range(n_levels)]
        self._walks_excerpts = [RandomWalk(n_chains, 1, limits) for _ in range(n_levels if nested else 0)]

    @property
    def walks(self) -> list[RandomWalk]:
        """The proposals that learn."""
        scale = self.latent.walk if self.latent else None
        several = [*self._walks_tracks, *self._walks_excerpts]
        return [self._walk_raters, self._walk_cells, *several, *([scale] if scale else [])]

    def _start(self) -> None:
        answers, n_chains, n_levels = self.answers, self.n_chains, len(self.answers.levels)
        points = np.array([0.0, 1.0]) if answers.family is Family.BINARY else answers.points
        self.latent = (
            None
            if answers.family is Family.GAUSSIAN
            else Latent(answers.steps, points, n_chains, self.scale, has_shared=self.cells is not None)
        )
        # Chains start far apart, so that agreement between them means something.
        spread = (self.scale * self.rng.uniform(0.1, 1.5, size=n_chains)) ** 2
        squares = np.eye(n_levels) * spread[:, None, None]
        self.tracks = Covariances(squares, self.scale)
        self.excerpts = Covariances(squares, self.scale)
        self.raters = Variances(spread, self.scale)
        self.raters_by_level = Variances(spread, self.scale)
        self.shared = Variances(spread, self.scale)
        self.error = Variances(np.full(n_chains, self.scale**2), self.scale, (SMALLEST_SD * self.scale) ** 2)
        self.means = np.full((n_chains, n_levels), self.prior[0])
        self.of_track = np.zeros((n_chains, len(answers.tracks), n_levels))
        self.of_rater = np.zeros((n_chains, len(answers.raters), n_levels))
        self.of_excerpt = np.zeros((n_chains, answers.n_excerpts, n_levels))
        self.of_cell = np.zeros((self.cells.n if self.cells else 0, n_chains))
        self.slopes = np.zeros((n_chains, len(answers.covariates)))
        self.heard = np.tile(answers.values[:, None], n_chains)

    # -- the parts of what was heard ----------------------------------------------------------

    @property
    def noise(self) -> Noise:
        """The covariance around the effects, the effects of cells not being given."""
        shared = self.shared.value if self.cells else np.zeros(self.n_chains)
        return Noise(self._error_variance, self.cells, shared)

    @property
    def _error_variance(self) -> np.ndarray:
        return self.error.value if self.latent is None else self.latent.sd**2

    def _parts(self, *without: str) -> np.ndarray:
        """Return the sum of all effects except the named ones, shape (n_judgments, n_chains)."""
        parts: dict[str, Callable[[], np.ndarray]] = {
            "means": lambda: self.means.T[self.answers.level],
            "tracks": lambda: self.by_track.of_judgments(self.of_track),
            "raters": lambda: self.by_rater.of_judgments(self.of_rater),
        }
        if self.by_excerpt is not None:
            parts["excerpts"] = lambda: self.by_excerpt.of_judgments(self.of_excerpt)  # type: ignore[union-attr]
        if self.cells is not None:
            parts["cells"] = lambda: self.of_cell[self.cells.index]  # type: ignore[union-attr]
        if self.design is not None:
            parts["slopes"] = lambda: self.design @ self.slopes.T  # type: ignore[operator]
        found = np.zeros_like(self.heard)
        for name, part in parts.items():
            if name not in without:
                found += part()
        return found

    # -- one sweep ----------------------------------------------------------------------------

    def sweep(self) -> None:
        """Draw everything once. The effects of cells are drawn last, as the others are drawn without them."""
        if self.latent is not None:
            if self._has_free_error:
                self._draw_scale(self.latent)
            self.heard = self.latent.draw_heard(self._parts(), self.rng)
        self._draw_tracks()
        self._draw_raters()
        if self.cells is not None:
            self._draw_cells()
        if self.by_excerpt is not None:
            self._draw_excerpts()
        if self.design is not None:
            self._draw_slopes()
        if self.latent is None and self.cells is None:
            residuals = self.heard - self._parts()
            self.error.draw((residuals**2).sum(axis=0), len(residuals), self.rng)

    def _draw_scale(self, latent: Latent) -> None:
        if self.cells is None:
            latent.draw_scale(self._parts(), self.rng)
            return
        before = np.sqrt(self.shared.value)
        unit = self.of_cell / before
        now = latent.draw_scale(self._parts("cells"), self.rng, unit[self.cells.index], before)
        assert now is not None
        self.shared.value, self.of_cell = now**2, unit * now

    def _draw_tracks(self) -> None:
        left = self.heard - self._parts("means", "tracks", "cells")
        noise, groups = self.noise, self.by_track
        given, pull = groups.precision(noise), groups.pull(left, noise)
        without_means = pull - (given @ self.means[:, None, :, None])[..., 0]
        self.tracks.rescale(
            self._walks_tracks, lambda root: log_evidence(given, without_means, root), self.rng
        )
        self.means, self.of_track = draw_with_means(given, pull, self.tracks.root, self.prior, self.rng)
        self.tracks.draw(self.of_track, self.rng)

    def _draw_raters(self) -> None:
        left = self.heard - self._parts("means", "raters", "cells")
        noise, groups = self.noise, self.by_rater
        given, pull = groups.precision(noise), groups.pull(left, noise)
        without_means = pull - (given @ self.means[:, None, :, None])[..., 0]

        def log_density(numbers: np.ndarray) -> np.ndarray:
            prior = log_half_t(np.exp(numbers), self.scale).sum(axis=1)
            return prior + log_evidence(given, without_means, self._root_of_raters(np.exp(2 * numbers)))

        now = [self.raters.value, self.raters_by_level.value][: 1 if groups.n_levels == 1 else 2]
        drawn = self._walk_raters.step(np.log(now).T / 2, log_density, self.rng, times=2)
        variances = np.exp(2 * drawn)
        self.raters.value, self.raters_by_level.value = variances[:, 0], variances[:, -1]
        root = self._root_of_raters(variances)
        self.means, self.of_rater = draw_with_means(given, pull, root, self.prior, self.rng)

    def _root_of_raters(self, variances: np.ndarray) -> np.ndarray:
        """Return the symmetric root of the covariance over levels: a variance in general and one by level."""
        n_levels = self.by_rater.n_levels
        common, own = variances[:, 0], variances[:, -1]
        if n_levels == 1:
            return np.sqrt(common)[:, None, None]
        shared = (np.sqrt(own + n_levels * common) - np.sqrt(own)) / n_levels
        return np.eye(n_levels) * np.sqrt(own)[:, None, None] + shared[:, None, None]

    def _draw_cells(self) -> None:
        """Draw the variance of cells (and the error's) whatever their effects, then the effects."""
        cells = self.cells
        assert cells is not None
        left = self.heard - self._parts("cells")
        sums = cells.sums(left)
        between = np.array([(sums[cells.kind == kind] ** 2).sum(axis=0) for kind in range(len(cells.sizes))])
        between /= cells.sizes[:, None]
        within = (left**2).sum(axis=0) - between.sum(axis=0)
        n_cells = np.bincount(cells.kind)[:, None]

        def log_density(numbers: np.ndarray) -> np.ndarray:
            sds = np.exp(numbers)
            shared = sds[:, 0] ** 2
            error = sds[:, 1] ** 2 if self._has_free_error else self._error_variance
            total = error + cells.sizes[:, None] * shared
            found = -(n_cells * np.log(total) + between / total).sum(axis=0) / 2
            found -= ((len(left) - cells.n) * np.log(error) + within / error) / 2
            return found + log_half_t(sds, self.scale).sum(axis=1)

        now = [self.shared.value, *([self._error_variance] if self._has_free_error else [])]
        drawn = np.exp(2 * self._walk_cells.step(np.log(now).T / 2, log_density, self.rng, times=8))
        self.shared.value = drawn[:, 0]
        if self.latent is None:
            self.error.value = drawn[:, 1]
        elif self._has_free_error:
            self.latent.sd = np.sqrt(drawn[:, 1])
        precision = cells.size[:, None] / self._error_variance + 1 / self.shared.value
        mean = sums / self._error_variance / precision
        self.of_cell = mean + self.rng.normal(size=mean.shape) / np.sqrt(precision)

    def _draw_excerpts(self) -> None:
        assert self.by_excerpt is not None
        left = self.heard - self._parts("means", "excerpts")
        noise = Noise(self._error_variance, None, np.zeros(self.n_chains))
        given, pull = self.by_excerpt.precision(noise), self.by_excerpt.pull(left, noise)
        without_means = pull - (given @ self.means[:, None, :, None])[..., 0]
        self.excerpts.rescale(
            self._walks_excerpts, lambda root: log_evidence(given, without_means, root), self.rng
        )
        root = self.excerpts.root
        self.means, self.of_excerpt = draw_with_means(given, pull, root, self.prior, self.rng)
        self.excerpts.draw(self.of_excerpt, self.rng)

    def _draw_slopes(self) -> None:
        assert self.design is not None
        left = self.heard - self._parts("slopes")
        products = self.design.T @ self.design
        precision = (
            products / self._error_variance[:, None, None] + np.eye(len(products)) / self.prior[1] ** 2
        )
        pull = (self.design.T @ left).T / self._error_variance[:, None]
        self.slopes = draw_normal(precision, pull, self.rng)

    def store(self, draws: Draws, place: int) -> None:
        """Store the current values as one draw."""
        draws.means[:, place] = self.means
        draws.tracks[:, place] = self.tracks.value
        if self.by_excerpt is not None:
            draws.excerpts[:, place] = self.excerpts.value
        draws.raters[:, place] = self.raters.value
        if len(self.answers.levels) > 1:
            draws.raters_by_level[:, place] = self.raters_by_level.value
        if self.cells is not None:
            draws.raters_by_track[:, place] = self.shared.value
        draws.error[:, place] = self._error_variance
        draws.slopes[:, place] = self.slopes
        if self.latent is not None:
            draws.thresholds[:, place] = self.latent.thresholds
