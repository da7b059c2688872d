"""Whether chains agree, and how many independent draws they are worth.

Rank-normalised split R-hat and bulk effective sample size, after Vehtari et al. (2021, Bayesian Analysis 16).
"""

import numpy as np
from scipy import stats

LARGEST_R_HAT = 1.05
SMALLEST_ESS = 100.0


def r_hat(draws: np.ndarray) -> float:
    """Return the rank-normalised split R-hat, 1 for chains that agree; NaN for constant draws.

    Parameters
    ----------
    draws : np.ndarray [shape=(n_chains, n_draws)]
        At least four draws.
    """
    if np.ptp(draws) == 0:
        return float("nan")
    halves = _halves(draws)
    folded = np.abs(halves - np.median(halves))
    return max(_r_hat(_normalised(halves)), _r_hat(_normalised(folded)))


def effective_size(draws: np.ndarray) -> float:
    """Return the number of independent draws with the same error of the mean; NaN for constant draws.

    Parameters
    ----------
    draws : np.ndarray [shape=(n_chains, n_draws)]
        At least four draws.
    """
    if np.ptp(draws) == 0:
        return float("nan")
    halves = _normalised(_halves(draws))
    n_chains, n = halves.shape
    centred = halves - halves.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centred, 2 * n, axis=1)
    covariance = np.fft.irfft(spectrum * spectrum.conj(), 2 * n, axis=1)[:, :n] / n
    within = covariance[:, 0].mean() * n / (n - 1)
    total = within * (n - 1) / n + halves.mean(axis=1).var(ddof=1)
    correlation = 1 - (within - covariance.mean(axis=0) * n / (n - 1)) / total
    correlation[0] = 1.0
    # Geyer's initial monotone sequence: sums of neighbours, positive and never rising.
    pairs = correlation[: n // 2 * 2].reshape(-1, 2).sum(axis=1)
    negative = np.flatnonzero(pairs <= 0)
    pairs = pairs[: negative[0] if len(negative) else len(pairs)]
    time = max(2 * np.minimum.accumulate(pairs).sum() - 1, 1 / np.log10(n_chains * n))
    return float(n_chains * n / time)


def _halves(draws: np.ndarray) -> np.ndarray:
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, -half:]])


def _normalised(draws: np.ndarray) -> np.ndarray:
    ranks = stats.rankdata(draws).reshape(draws.shape)
    return stats.norm.ppf((ranks - 0.375) / (draws.size + 0.25))


def _r_hat(halves: np.ndarray) -> float:
    n = halves.shape[1]
    within = halves.var(axis=1, ddof=1).mean()
    between = halves.mean(axis=1).var(ddof=1)
    return float(np.sqrt((n - 1) / n + between / within))
