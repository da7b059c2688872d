"""Estimates with their delete-one values, which the jackknife needs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .ratings import Ratings


@dataclass(frozen=True)
class Estimate:
    """One figure of agreement.

    Attributes
    ----------
    value : float
    leave_one_out : callable
        Returns `without_item`, `without_rater` and `without_judgment`. Called only when one of them is read,
        because the bootstrap needs only values.
    observed, expected : float or None
        Observed and expected agreement (for alpha: disagreement); None if the coefficient has none.
    """

    value: float
    leave_one_out: Callable[[], tuple[np.ndarray, np.ndarray, np.ndarray]]
    observed: float | None = None
    expected: float | None = None

    @cached_property
    def _left_out(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.leave_one_out()

    @property
    def without_item(self) -> np.ndarray:
        """The figure without each item used, shape (n_items_used,); NaN where undefined."""
        return self._left_out[0]

    @property
    def without_rater(self) -> np.ndarray:
        """The figure without each rater used, shape (n_raters_used,); NaN where undefined."""
        return self._left_out[1]

    @property
    def without_judgment(self) -> np.ndarray:
        """The figure without each judgment, shape (n,), in their order; NaN where undefined or unknown.

        In complete designs a judgment less would make the design incomplete; it is filled in from the others
        instead.
        """
        return self._left_out[2]


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
    """Return which judgments can no longer be paired when a rater is left out.

    These are the rater's own judgments and, in items with two judgments, the other one. All items must have
    at least two judgments.

    Returns
    -------
    rater, judgment : np.ndarray [shape=(n_lost,)]
    """
    own = np.arange(ratings.n)
    in_two = np.flatnonzero(ratings.size == 2)
    # Judgments are sorted by item, so the two of an item are adjacent.
    partner = in_two.reshape(-1, 2)[:, ::-1].ravel()
    return np.concatenate([ratings.rater, ratings.rater[in_two]]), np.concatenate([own, partner])
