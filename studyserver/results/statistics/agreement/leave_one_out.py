"""An estimate together with its delete-one values, as the jackknife needs them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .ratings import Ratings


@dataclass(frozen=True)
class Estimate:
    """One figure of agreement.

    Attributes
    ----------
    value : float
    without_item : np.ndarray [shape=(n_items_used,)]
        The figure with each item left out, for the items that enter it; NaN where undefined.
    without_rater : np.ndarray [shape=(n_raters_used,)]
        The same for raters.
    observed, expected : float or None
        Observed and expected agreement (for alpha: disagreement), where the figure compares the two.
    """

    value: float
    without_item: np.ndarray
    without_rater: np.ndarray
    observed: float | None = None
    expected: float | None = None


def ratio_or_nan(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> np.ndarray:
    """Divide elementwise; NaN where the denominator is not positive."""
    above, below = np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float))
    result = np.full(below.shape, np.nan)
    np.divide(above, below, out=result, where=below > 0)
    return result


def pairable(ratings: Ratings) -> Ratings:
    """Return the judgments of items with at least two."""
    if ratings.n_items_pairable == ratings.n_items:
        return ratings
    return ratings.select(ratings.size >= 2)


def lost_without_rater(ratings: Ratings) -> tuple[np.ndarray, np.ndarray]:
    """Return which judgments cease to be pairable when a rater is left out.

    Besides the rater's own these are the single partners in items with two judgments. All items must have at
    least two judgments.

    Returns
    -------
    rater, judgment : np.ndarray [shape=(n_lost,)]
    """
    own = np.arange(ratings.n)
    in_two = np.flatnonzero(ratings.size == 2)
    # Judgments are sorted by item, so the two of an item stand side by side.
    partner = in_two.reshape(-1, 2)[:, ::-1].ravel()
    return np.concatenate([ratings.rater, ratings.rater[in_two]]), np.concatenate([own, partner])
