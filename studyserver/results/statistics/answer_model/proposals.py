"""Random-walk Metropolis steps of a few numbers per chain; proposals learn their shape during warm-up."""

from collections.abc import Callable

import numpy as np

_AIM = 0.3  # share of accepted proposals


class RandomWalk:
    """Proposals for one vector of numbers per chain.

    The covariance of proposals follows that of the draws so far, of all chains together (Haario, Saksman &
    Tamminen 2001, Bernoulli 7), and their width the share accepted, only while `learns`.

    Parameters
    ----------
    n_chains, size : int
    limits : (float, float)
        Proposals with a number outside are refused, so that no density is computed at absurd values.
    """

    def __init__(self, n_chains: int, size: int, limits: tuple[float, float] = (-np.inf, np.inf)) -> None:
        self._limits = limits
        self._root = np.eye(size) * 0.1
        self._width = np.full(n_chains, 2.4 / np.sqrt(size))
        self._seen: list[np.ndarray] = []
        self.learns = True

    def step(
        self,
        now: np.ndarray,
        log_density: Callable[[np.ndarray], np.ndarray],
        rng: np.random.Generator,
        *,
        times: int = 1,
    ) -> np.ndarray:
        """Return the numbers after some steps.

        Parameters
        ----------
        now : np.ndarray [shape=(n_chains, size)]
        log_density : callable
            From such an array to the logarithm of the density, shape (n_chains,).
        rng : np.random.Generator
        times : int
            Number of steps.
        """
        density = log_density(now)
        for _ in range(times):
            jump = rng.normal(size=now.shape) @ self._root.T
            proposal = now + self._width[:, None] * jump
            low, high = self._limits
            inside = np.all((proposal > low) & (proposal < high), axis=1, keepdims=True)
            proposal = np.where(inside, proposal, now)
            proposed = log_density(proposal)
            change = np.where(inside[:, 0], proposed - density, -np.inf)
            accepted = np.log(rng.random(len(change))) < change
            now = np.where(accepted[:, None], proposal, now)
            density = np.where(accepted, proposed, density)
            if self.learns:
                self._learn(now, change)
        return now

    def _learn(self, now: np.ndarray, change: np.ndarray) -> None:
        self._seen.append(now)
        rate = min(1.0, 10 / np.sqrt(len(self._seen)))
        self._width *= np.exp((np.exp(np.minimum(change, 0.0)) - _AIM) * rate)
        self._width = np.clip(self._width, 0.05, 20.0)
        if len(self._seen) % 25 == 0:
            late = np.concatenate(self._seen[len(self._seen) // 2 :])
            spread = np.atleast_2d(np.cov(late.T)) + 1e-6 * np.eye(late.shape[1])
            self._root = np.asarray(np.linalg.cholesky(spread), dtype=np.float64)
