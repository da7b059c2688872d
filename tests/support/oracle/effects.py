"""What remains, what is told apart, how conditions differ: functions of arrays, written for reading.

Needs numpy and scipy. Every function returns nan where its figure is not defined.
"""

from itertools import pairwise

import numpy as np
from scipy import optimize
from scipy.stats import norm

# -- listeners and the model: `x`, `y` are tables of tracks (or clips) by annotators ------------------------


def common_variance(x, y):
    """Return the covariance across rows of one annotator's x with another annotator's y.

    Products within rows, less products across rows, every row counting alike. Judgments must be centred.
    """
    has_x, has_y = np.isfinite(x), np.isfinite(y)
    x, y = np.where(has_x, x, 0.0), np.where(has_y, y, 0.0)
    pairs = has_x.sum(axis=1) * has_y.sum(axis=1) - (has_x & has_y).sum(axis=1)
    products = x.sum(axis=1) * y.sum(axis=1) - (x * y).sum(axis=1)
    weigh_x, weigh_y = (has / np.maximum(has.sum(axis=1, keepdims=True), 1) for has in (has_x, has_y))

    def elsewhere(a, b):
        same_row, same_rater = a.sum(axis=1) @ b.sum(axis=1), a.sum(axis=0) @ b.sum(axis=0)
        return a.sum() * b.sum() - same_row - same_rater + (a * b).sum()

    weight = elsewhere(weigh_x, weigh_y)
    if not (pairs > 0).any() or weight <= 1e-12:
        return np.nan
    within = (products[pairs > 0] / pairs[pairs > 0]).mean()
    return within - elsewhere(weigh_x * x, weigh_y * y) / weight


def listeners_and_model(judged, predicted):
    """Return the figures of the table `model_comparison`; `predicted` has one number per row of `judged`."""
    names = ["model_correlation", "noise_ceiling", "model_share_of_ceiling", "one_rater_correlation"]
    found = dict.fromkeys(names, np.nan)
    if len(judged) < 3:
        return found
    mean = np.nanmean(judged, axis=1)
    found["model_correlation"] = correlation(mean, predicted)
    true, spread = common_variance(judged, judged), mean.var(ddof=1)
    if true > 1e-12 and spread > 1e-12:
        k = len(judged) / (1 / np.isfinite(judged).sum(axis=1)).sum()
        single = true / (true + max(k * (spread - true), 0.0))
        found["noise_ceiling"] = np.sqrt(k * single / (1 + (k - 1) * single))  # Spearman and Brown
        found["model_share_of_ceiling"] = found["model_correlation"] / found["noise_ceiling"]
    alone = [beside_others(judged, rater)["correlation"] for rater in range(judged.shape[1])]
    if np.count_nonzero(np.isfinite(alone)) >= 3:
        found["one_rater_correlation"] = np.nanmean(alone)
    return found


def correlation(x, y):
    """Return Pearson's correlation of three pairs or more that vary."""
    if len(x) < 3 or np.ptp(x) < 1e-12 or np.ptp(y) < 1e-12:
        return np.nan
    return np.corrcoef(x, y)[0, 1]


def beside_others(judged, rater):
    """Return one annotator's correlation with the mean of the others, bias and spread beside theirs."""
    others = np.delete(judged, rater, axis=1)
    both = np.isfinite(judged[:, rater]) & np.isfinite(others).any(axis=1)
    own, others = judged[both, rater], others[both]
    if not both.any():
        return {"correlation": np.nan, "bias": np.nan, "spread": np.nan}
    mean, all_others = np.nanmean(others, axis=1), others[np.isfinite(others)]
    spread = np.nan
    if len(own) > 1 and len(all_others) > 1 and np.std(all_others) > 1e-9:
        spread = np.std(own, ddof=1) / np.std(all_others, ddof=1)
    return {"correlation": correlation(own, mean), "bias": (own - mean).mean(), "spread": spread}


# -- information, signals, curves -----------------------------------------------------------------------


def mutual_information(of_tracks):
    """Return bits that columns tell of rows: corrected by how tracks vary, and as they are.

    `of_tracks` are the counts of each track.
    """
    counts = sum(of_tracks)
    rows, columns, n = counts.sum(axis=1), counts.sum(axis=0), counts.sum()
    if min(np.count_nonzero(rows), np.count_nonzero(columns)) < 2:
        return np.nan, np.nan
    filled = counts > 0
    plain = (
        counts * np.log2(np.where(filled, counts * n, 1) / np.where(filled, np.outer(rows, columns), 1))
    ).sum() / n
    robust, plainly, apart = {}, {}, [np.zeros_like(counts) for _ in of_tracks]
    for r in np.flatnonzero(rows):
        share = counts[r] / rows[r]
        for own, track in zip(apart, of_tracks, strict=True):
            own[r] = track[r] - track[r].sum() * share
        m = sum(track[r].sum() > 0 for track in of_tracks)
        plainly[r] = (np.count_nonzero(share) - 1) / rows[r]
        if m > 1:
            spread = sum(own[r] ** 2 for own in apart) / rows[r] ** 2 * m / (m - 1)
            robust[r] = (spread[share > 0] / share[share > 0]).sum()
    ratio = 1.0
    if sum(plainly[r] for r in robust) > 0:
        ratio = max(1.0, sum(robust.values()) / sum(plainly[r] for r in robust))
    m, used = len(of_tracks), columns > 0
    marginal = sum((own.sum(axis=0) / n) ** 2 for own in apart) * m / max(m - 1, 1)
    bias = -(marginal[used] / (columns[used] / n)).sum()
    for r, independent in plainly.items():
        if r in robust:
            bias += rows[r] / n * robust[r]
        else:
            bias += (rows[r] / n - (rows[r] / n) ** 2) * ratio * independent
    return plain - bias / (2 * np.log(2)), plain


def z_of(count, total):
    """Return the normal quantile of a share, half a judgment added so that it stays finite (Hautus, 1995)."""
    return norm.ppf((count + 0.5) / (total + 1))


def abx_sensitivity(share, third):
    """Return d' of an unbiased share of right answers; `third` is 6 by differencing, 4 for known sides."""
    if not share > 0.5:
        return np.nan if share != share else 0.0

    def right(d):
        two, other = d / np.sqrt(2), d / np.sqrt(third)
        return norm.cdf(two) * norm.cdf(other) + norm.cdf(-two) * norm.cdf(-other)

    return optimize.brentq(lambda d: right(d) - share, 0, 20)


def logistic(design, yes):
    """Return the coefficients of a logistic regression; `yes` are shares from 0 to 1."""
    estimate = np.zeros(design.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-design @ estimate))
        information = design.T @ (design * (p * (1 - p))[:, None])
        step = np.linalg.solve(information, design.T @ (yes - p))
        estimate = estimate + step / max(1.0, np.abs(step).max())
        if np.abs(step).max() < 1e-11:
            break
    return estimate


# -- stretches of time: `marks` are lists of (begin, end), one per annotator of a clip ------------------


def marked_time(clips):
    """Return sums over the moments of all clips from which the figures on time are made.

    `clips` are pairs of a length in s and the marks of its annotators.
    """
    time = dict.fromkeys(["all", "marked", "apart", "marked_pairs", "both"], 0.0)
    for seconds, marks in clips:
        m = len(marks)
        if m < 2:
            continue
        edges = np.unique(
            np.clip([0, seconds, *(t for own in marks for part in own for t in part)], 0, seconds)
        )
        for begin, end in pairwise(edges):
            middle = (begin + end) / 2
            n = sum(any(start < middle < stop for start, stop in own) for own in marks)
            time["all"] += (end - begin) * m
            time["marked"] += (end - begin) * n
            time["apart"] += (end - begin) * 2 * n * (m - n) / (m - 1)
            time["marked_pairs"] += (end - begin) * n * (m - 1)
            time["both"] += (end - begin) * n * (n - 1)
    return time
