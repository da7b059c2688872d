"""What raters hear behind answers in steps: a number on a continuous scale, cut by thresholds.

After Albert & Chib (1993, JASA 88): given the thresholds, what was heard is drawn from a normal
distribution between two of them. The thresholds and the noise are drawn before, from the probabilities of the
answers alone (Cowles 1996, Statistics and Computing 6), because given what was heard they hardly move.

For scales with three or more points the first and the last threshold are fixed half-way between points, so
that what is heard is in units of the scale (Liddell & Kruschke 2018, J. Exp. Soc. Psych. 79). With two
answers the noise is fixed at 1 and the threshold at 0.
"""

from functools import partial

import numpy as np
from scipy.special import ndtr, ndtri

from .covariances import log_half_t
from .proposals import RandomWalk

_STEPS = 3, 10  # fewest and most in a sweep
_JUDGMENTS_OF_STEPS = 10_000  # of all steps together, where that is between fewest and most


class Latent:
    """Thresholds, noise and what was heard, for each chain.

    Parameters
    ----------
    steps : np.ndarray of int [shape=(n,)]
        The answers, as places among the points.
    points : np.ndarray [shape=(n_points,)]
        The points in order; two for binary answers.
    n_chains : int
    scale : float
        Scale of the half-t prior of the noise's standard deviation.
    has_shared : bool
        Whether judgments share deviations; see `draw_scale`.
    """

    def __init__(
        self, steps: np.ndarray, points: np.ndarray, n_chains: int, scale: float, *, has_shared: bool = False
    ) -> None:
        self.steps = steps
        self.n_points = len(points)
        self.is_binary = self.n_points == 2
        middle = np.zeros(1) if self.is_binary else (points[1:] + points[:-1]) / 2
        self._ends = middle[0], middle[-1]
        self.thresholds = np.tile(middle, (n_chains, 1))
        self.sd = np.ones(n_chains) if self.is_binary else np.full(n_chains, scale / 2)
        self._scale = scale
        fewest, most = _STEPS
        self._times = min(max(_JUDGMENTS_OF_STEPS // len(steps), fewest), most)
        # Thresholds between the ends, the noise, and the standard deviation of what judgments share.
        n_free = 0 if self.is_binary else self.n_points - 2 + has_shared
        self.walk = RandomWalk(n_chains, n_free, (-20.0, 20.0)) if n_free else None

    def draw_scale(
        self,
        expected: np.ndarray,
        rng: np.random.Generator,
        shared: np.ndarray | None = None,
        shared_sd: np.ndarray | None = None,
    ) -> np.ndarray | None:
        """Draw the noise and the free thresholds given the expected values, whatever was heard exactly.

        Noise and a deviation that few judgments share can hardly be told apart, so the standard deviation of
        the latter is drawn in the same step.

        Parameters
        ----------
        expected : np.ndarray [shape=(n, n_chains)]
            Without the shared deviations, if they are given.
        rng : np.random.Generator
        shared : np.ndarray [shape=(n, n_chains)], optional
            Shared deviations in units of their standard deviation.
        shared_sd : np.ndarray [shape=(n_chains,)], optional

        Returns
        -------
        np.ndarray or None
            The new standard deviation of shared deviations; None without them.
        """
        if self.walk is None:
            return shared_sd
        now = self._transformed()
        if shared is None or shared_sd is None:
            drawn = self.walk.step(now, partial(self._log_density, expected), rng, times=self._times)
            self.thresholds, self.sd = self._from_transformed(drawn)
            return None

        def log_density(numbers: np.ndarray) -> np.ndarray:
            sd = np.exp(numbers[:, -1])
            found = self._log_density(expected + shared * sd, numbers[:, :-1])
            return found + log_half_t(sd, self._scale)

        both = np.hstack([now, np.log(shared_sd)[:, None]])
        drawn = self.walk.step(both, log_density, rng, times=self._times)
        self.thresholds, self.sd = self._from_transformed(drawn[:, :-1])
        return np.exp(drawn[:, -1])

    def draw_heard(self, expected: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return draws of what was heard around the expected values, shape (n, n_chains)."""
        low, high = self._bounds(self.thresholds)
        low, high = (low - expected) / self.sd, (high - expected) / self.sd
        flip = low > 0  # the distribution function is exact in its lower tail only
        low, high = np.where(flip, -high, low), np.where(flip, -low, high)
        start, end = ndtr(low), ndtr(high)
        drawn = ndtri(start + rng.random(expected.shape) * (end - start))
        drawn = np.clip(drawn, np.maximum(low, -37.0), np.minimum(high, 37.0))
        return expected + self.sd * np.where(flip, -drawn, drawn)

    def _bounds(self, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        edge = np.full((len(thresholds), 1), np.inf)
        edges = np.hstack([-edge, thresholds, edge]).T
        return edges[self.steps], edges[self.steps + 1]

    def _transformed(self) -> np.ndarray:
        """Return the logarithms of the noise and of the thresholds' distances relative to the last one."""
        gaps = np.log(np.diff(self.thresholds, axis=1))
        return np.hstack([np.log(self.sd)[:, None], gaps[:, :-1] - gaps[:, -1:]])

    def _from_transformed(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shares = np.exp(np.hstack([numbers[:, 1:], np.zeros((len(numbers), 1))]))
        shares /= shares.sum(axis=1, keepdims=True)
        first, last = self._ends
        inner = first + (last - first) * np.cumsum(shares, axis=1)
        thresholds = np.hstack([np.full((len(numbers), 1), first), inner])
        thresholds[:, -1] = last
        return thresholds, np.exp(numbers[:, 0])

    def _log_density(self, expected: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        thresholds, sd = self._from_transformed(numbers)
        low, high = self._bounds(thresholds)
        low, high = (low - expected) / sd, (high - expected) / sd
        flip = low > 0
        chance = ndtr(np.where(flip, -low, high)) - ndtr(np.where(flip, -high, low))
        found = np.log(np.maximum(chance, 1e-300)).sum(axis=0)
        shares = np.diff(thresholds, axis=1) / (self._ends[1] - self._ends[0])
        # Distances of thresholds are uniform on their simplex; both priors are of the transformed numbers.
        return found + np.log(shares).sum(axis=1) + log_half_t(sd, self._scale)
