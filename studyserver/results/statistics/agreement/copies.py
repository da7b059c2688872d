"""Coefficients of a panel with so many copies of each item and of each rater: what a bootstrap draws.

A rater drawn twice is not compared with himself: kept self-pairs would make any panel look as if it agreed.
"""

from collections.abc import Callable

import numpy as np

from .chance_corrected import ac2_of_sums, agreement_weights, category_coefficient
from .concordance import rank_codes
from .distances import ContinuousRatioDistance, PairwiseDistance, distance_of
from .intraclass import AVERAGE, SINGLE, correlations_only, raters_per_item, spearman_brown
from .krippendorff import mid_ranks
from .leave_one_out import pairable, ratio_or_nan
from .ratings import Ratings

_CHUNK = 4_000_000

Coefficient = Callable[[np.ndarray, np.ndarray], float]


def with_copies(ratings: Ratings, statistic: str, set_distance: str = "masi") -> Coefficient:
    """Return a function from copies of items and of raters to the coefficient of such a panel.

    Parameters
    ----------
    ratings : Ratings
        For which the coefficient is defined.
    statistic : str
        A name of the agreement table; not ``cohen_kappa_weighted``, whose two raters are all there are.
    set_distance : str
        ``masi`` or ``jaccard``.

    Returns
    -------
    callable
        Of two arrays, shapes (n_items,) and (n_raters,), of the judgments that enter the coefficient (for
        alpha those of `pairable`); NaN where the coefficient is undefined.
    """
    if statistic == "krippendorff_alpha":
        return _WeightedAlpha(pairable(ratings), set_distance)
    if statistic == "gwet_ac2":
        return _WeightedAC2(ratings)
    if statistic == "kendall_w":
        return _WeightedConcordance(ratings)
    if statistic in (*SINGLE, *AVERAGE):
        return _WeightedCorrelation(ratings, statistic)
    return _WeightedCategories(ratings, statistic)


class _Pairs:
    """Pairs of judgments by different raters, in items of which raters have so many copies."""

    def __init__(self, data: Ratings):
        self.data = data
        first = np.ones(data.n, dtype=bool)
        first[1:] = (data.item[1:] != data.item[:-1]) | (data.code[1:] != data.code[:-1])
        self.run = np.cumsum(first) - 1
        self.run_item = data.item[first]

    def masses(self, raters: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return each judgment's copies (n,), each item's judgments and its ordered pairs (n_items,)."""
        copies = raters[self.data.rater]
        mass = self.data.per_item(copies)
        return copies, mass, mass**2 - self.data.per_item(copies**2)

    def equal(self, copies: np.ndarray) -> np.ndarray:
        """Return ordered pairs of equal judgments in each item, those of a rater with himself included."""
        return np.bincount(self.run_item, np.bincount(self.run, copies) ** 2, self.data.n_items)


class _WeightedAlpha:
    """Alpha with so many copies of each item and of each rater, without pairs of one rater with himself."""

    def __init__(self, data: Ratings, set_distance: str):
        self.data = data
        self.distance = None if data.level in ("nominal", "ordinal") else distance_of(data, set_distance)
        self.pairs = _Pairs(data)

    def __call__(self, items: np.ndarray, raters: np.ndarray) -> float:
        data = self.data
        copies, mass, pairs = self.pairs.masses(raters)
        used = np.where(pairs > 0, items, 0.0)
        each = used[data.item] * copies
        counts = np.bincount(data.code, each, len(data.categories))
        n = counts.sum()
        within, spread = self._sums(copies, mass, counts)
        if n < 2 or not spread > 1e-9 * n:
            return float("nan")
        disagreement = (used * mass * np.nan_to_num(ratio_or_nan(within, pairs))).sum()
        return float(1 - (n - 1) * disagreement / spread)

    def _sums(self, copies: np.ndarray, mass: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, float]:
        """Return squared distances summed over ordered pairs, of each item and of everything drawn."""
        data = self.data
        n = counts.sum()
        if data.level == "nominal":
            return mass**2 - self.pairs.equal(copies), n**2 - counts @ counts
        if isinstance(self.distance, PairwiseDistance):
            table = self.distance.table
            return self._pairs(copies, lambda a, b: table[a, b], data.code), counts @ table @ counts
        if isinstance(self.distance, ContinuousRatioDistance):
            weights = counts[data.code] / np.bincount(data.code, minlength=len(counts))[data.code]
            return self._pairs(copies, self.distance.between, data.value), self.distance.total(weights)
        place = mid_ranks(counts) if data.level == "ordinal" else data.positions
        place = place - (place @ counts) / max(n, 1)
        value = place[data.code]
        mean = (data.per_item(copies * value) / np.maximum(mass, 1))[data.item]
        within = 2 * mass * data.per_item(copies * (value - mean) ** 2)
        return within, 2 * n * float(counts @ place**2)

    def _pairs(
        self, copies: np.ndarray, distance: Callable[[np.ndarray, np.ndarray], np.ndarray], of: np.ndarray
    ) -> np.ndarray:
        sums = np.zeros(self.data.n_items)
        for m, items, judgments in self.data.by_size():
            rows = max(1, _CHUNK // (m * m))
            for start in range(0, len(items), rows):
                chunk = judgments[start : start + rows]
                values, weight = of[chunk], copies[chunk]
                apart = distance(values[:, :, None], values[:, None, :])
                sums[items[start : start + rows]] = np.einsum("ui,uij,uj->u", weight, apart, weight)
        return sums


class _WeightedCategories:
    """Percent agreement and its chance-corrected kin."""

    def __init__(self, ratings: Ratings, statistic: str):
        self.data, self.statistic, self.pairs = ratings, statistic, _Pairs(ratings)

    def __call__(self, items: np.ndarray, raters: np.ndarray) -> float:
        data = self.data
        copies, mass, pairs = self.pairs.masses(raters)
        agreeing = self.pairs.equal(copies) - data.per_item(copies**2)
        paired = np.where(pairs > 0, items, 0.0)
        observed = ratio_or_nan(paired @ np.nan_to_num(ratio_or_nan(agreeing, pairs)), paired.sum())
        judged = np.where(mass > 0, items, 0.0)
        weight = (judged / np.maximum(mass, 1))[data.item]
        shares = np.bincount(data.code, copies * weight)
        concentration = ratio_or_nan(shares @ shares, judged.sum() ** 2)
        return float(category_coefficient(self.statistic, observed, concentration, data.n_options))


class _WeightedAC2:
    """Gwet's AC2 with quadratic weights."""

    def __init__(self, ratings: Ratings):
        self.data, self.pairs = ratings, _Pairs(ratings)
        self.weights = agreement_weights(ratings)

    def __call__(self, items: np.ndarray, raters: np.ndarray) -> float:
        data, q = self.data, len(self.weights)
        copies, mass, pairs = self.pairs.masses(raters)
        counts = np.bincount(data.item * q + data.code, copies, data.n_items * q).reshape(-1, q)
        agreeing = (counts * (counts @ self.weights)).sum(axis=1) - data.per_item(copies**2)
        agreement = np.nan_to_num(ratio_or_nan(agreeing, pairs))
        shares = counts / np.maximum(mass, 1)[:, None]
        parts = np.column_stack([agreement, pairs > 0, mass > 0, shares])
        return float(ac2_of_sums(items @ parts, self.weights)[0])


class _WeightedConcordance:
    """Kendall's W, from the mean product of two different raters' ranks.

    With ranks less their mean, W = 1 / m + (m - 1) / m * that mean product / the mean square.
    """

    def __init__(self, ratings: Ratings):
        codes = rank_codes(ratings)
        self.n_values = int(codes.max()) + 1
        self.cell = codes + self.n_values * np.arange(codes.shape[1])

    def __call__(self, items: np.ndarray, raters: np.ndarray) -> float:
        m = self.cell.shape[1]
        counts = np.bincount(self.cell.ravel(), np.repeat(items, m), self.n_values * m).reshape(m, -1)
        ranks = np.cumsum(counts, axis=1) - (counts + counts.sum(axis=1, keepdims=True)) / 2
        rank = ranks.ravel()[self.cell]
        own = items @ rank**2  # of each rater with himself
        squares = raters @ own
        products = items @ (rank @ raters) ** 2 - raters**2 @ own
        copies = raters.sum()
        pairs = copies**2 - raters @ raters
        mean_product = ratio_or_nan(products, pairs)
        return float(1 / m + (m - 1) / m * mean_product * ratio_or_nan(copies, squares))


class _WeightedCorrelation:
    """Intraclass correlations, from three mean squared differences of two judgments.

    Half the mean squared difference estimates, within an item, the variance between raters and error;
    within a rater, that between items and error; where both differ, all three. In a complete design these are
    the estimates by mean squares. In an incomplete one restricted maximum likelihood gives others; there the
    coefficient is moved by how far the two lie apart on the judgments themselves.
    """

    def __init__(self, ratings: Ratings, statistic: str):
        self.data, self.is_average = ratings, statistic in AVERAGE
        self.single = SINGLE[AVERAGE.index(statistic)] if self.is_average else statistic
        self.raters_per_item = raters_per_item(ratings)
        self.value = ratings.value - ratings.value.mean()
        self.same_rater = self._share_of_same_rater()
        self.apart = 0.0
        if not ratings.is_complete:
            once = self._by_differences(np.ones(ratings.n_items), np.ones(ratings.n_raters))
            self.apart = correlations_only(ratings, self.single) - once

    def __call__(self, items: np.ndarray, raters: np.ndarray) -> float:
        single = min(self._by_differences(items, raters) + self.apart, 1.0)
        return float(spearman_brown(single, self.raters_per_item)) if self.is_average else single

    def _by_differences(self, items: np.ndarray, raters: np.ndarray) -> float:
        data, y = self.data, self.value
        item, rater = items[data.item], raters[data.rater]
        # Sums over the judgments of an item (in copies of raters), of a rater (in copies of items), and all.
        in_item = [data.per_item(rater * power) for power in (np.ones(data.n), y, y**2)]
        in_rater = [data.per_rater(item * power) for power in (np.ones(data.n), y, y**2)]
        whole = [float(items @ part) for part in in_item]
        apart_in_item, apart_in_rater = _squared_differences(in_item), _squared_differences(in_rater)
        own_in_item, own_in_rater = data.per_item(rater**2), data.per_rater(item**2)
        both = whole[0] * whole[2] - whole[1] ** 2 - items**2 @ apart_in_item - raters**2 @ apart_in_rater
        pairs = whole[0] ** 2 - items**2 @ in_item[0] ** 2 - raters**2 @ in_rater[0] ** 2
        pairs += items**2 @ own_in_item
        within_item = ratio_or_nan(items @ apart_in_item, items @ (in_item[0] ** 2 - own_in_item))
        within_rater = ratio_or_nan(raters @ apart_in_rater, raters @ (in_rater[0] ** 2 - own_in_rater))
        apart = ratio_or_nan(both, pairs)
        if self.single == "icc_c_1":
            return float(ratio_or_nan(apart - within_item, within_rater))
        if self.single == "icc_1_1":
            apart = self.same_rater * within_rater + (1 - self.same_rater) * apart
        return float(ratio_or_nan(apart - within_item, apart))

    def _share_of_same_rater(self) -> float:
        """Return, of the pairs of judgments of different items, the share by one rater."""
        per_rater = np.bincount(self.data.rater).astype(float)
        of_one = float((per_rater * (per_rater - 1)).sum())
        size = self.data.item_size.astype(float)
        return of_one / max(self.data.n**2 - float(size @ size), 1.0)


def _squared_differences(sums: list[np.ndarray]) -> np.ndarray:
    """Return half the squared differences over all ordered pairs, from numbers, sums and sums of squares."""
    return np.maximum(sums[0] * sums[2] - sums[1] ** 2, 0.0)
