"""Agreement of annotators with each other and with themselves, as functions of arrays, written for reading.

Needs numpy and scipy. Every function returns nan where its figure is not defined.
"""

import numpy as np
from scipy import optimize
from scipy.stats import rankdata

# -- agreement: `given` is a list of answers for every clip, as positions on the scale of all answers --------


def counts_of(given, n_options):
    """Return how often each clip got each answer, one row per clip."""
    return np.array([np.bincount(answers, minlength=n_options) for answers in given], dtype=float)


def squared_distances(level, values, totals):
    """Return Krippendorff's squared distance of every two answers.

    `values` are numbers, or sets for checklists; `totals` is how often each answer was given.
    """
    n = len(values)
    if level == "sets":
        return np.array([[1 - masi(one, two) for two in values] for one in values])
    if level == "nominal":
        return 1.0 - np.eye(n)
    if level == "interval":
        return np.subtract.outer(values, values) ** 2
    if level == "ratio":
        total = np.add.outer(values, values)
        return np.divide(np.subtract.outer(values, values), total, out=np.zeros((n, n)), where=total > 0) ** 2
    rank = np.cumsum(totals) - totals / 2  # ordinal: answers between the two, and half of their own
    return np.subtract.outer(rank, rank) ** 2


def masi(one, two):
    """Return Passonneau's similarity of two sets: Jaccard's index, less where neither holds the other."""
    if one == two:
        return 1.0
    both = len(one & two)
    nested = 2 / 3 if one <= two or two <= one else 1 / 3
    return nested * both / len(one | two) if both else 0.0


def krippendorff_alpha(counts, level, values):
    """Return 1 - observed / expected disagreement, over clips with two answers or more."""
    counts = counts[counts.sum(axis=1) >= 2]
    totals = counts.sum(axis=0)
    if np.count_nonzero(totals) < 2:
        return np.nan
    used = totals > 0
    counts, totals = counts[:, used], totals[used]
    values = [value for value, there in zip(values, used, strict=True) if there]
    squared = squared_distances(level, values, totals)
    size, n = counts.sum(axis=1), counts.sum()
    observed = (((counts @ squared) * counts).sum(axis=1) / (size - 1)).sum() / n
    return 1 - observed / (totals @ squared @ totals / (n * (n - 1)))


def chance_corrected(counts, statistic, n_options, weights=None):
    """Return percent agreement, Fleiss' kappa, Gwet's AC1 or AC2, or Brennan and Prediger's coefficient."""
    size = counts.sum(axis=1)
    pairs = size >= 2
    if not pairs.any():
        return np.nan
    weights = np.eye(counts.shape[1]) if weights is None else weights
    agreeing = ((counts @ weights) * counts).sum(axis=1) - size
    observed = (agreeing[pairs] / (size * (size - 1))[pairs]).mean()
    share = (counts / size[:, None]).mean(axis=0)
    if statistic == "percent_agreement":
        return observed
    if statistic in ("gwet_ac1", "gwet_ac2", "brennan_prediger") and n_options < 2:
        return np.nan
    expected = {
        "fleiss_kappa": lambda: share @ share,
        "gwet_ac1": lambda: share @ (1 - share) / (n_options - 1),
        "gwet_ac2": lambda: weights.sum() * (share @ (1 - share)) / (n_options * (n_options - 1)),
        "brennan_prediger": lambda: 1 / n_options,
    }[statistic]()
    return (observed - expected) / (1 - expected) if expected < 1 - 1e-12 else np.nan


def quadratic_weights(values):
    """Return 1 less the squared distance of every two answers, as a share of the scale's length."""
    values = np.asarray(values, dtype=float)
    return (
        1 - (np.subtract.outer(values, values) / np.ptp(values)) ** 2 if len(values) > 1 else np.ones((1, 1))
    )


def cohen_kappa(one, two, level, values):
    """Return kappa of two annotators; weighted by squared distance where answers have an order."""
    if len(one) == 0:
        return np.nan
    squared = 1.0 - np.eye(len(values))
    if level not in ("nominal", "sets"):
        squared = np.subtract.outer(values, values) ** 2.0
    first, second = (np.bincount(side, minlength=len(values)) / len(side) for side in (one, two))
    expected = first @ squared @ second
    return 1 - squared[one, two].mean() / expected if expected > 1e-14 else np.nan


def kendall_w(wide):
    """Return the concordance of complete judgments, clips by annotators, corrected for ties."""
    n, m = wide.shape
    ranks = np.column_stack([rankdata(column) for column in wide.T])
    ties = sum((count**3 - count).sum() for count in (np.unique(c, return_counts=True)[1] for c in wide.T))
    most = m**2 * (n**3 - n) - m * ties
    sums = ranks.sum(axis=1)
    return 12 * ((sums - sums.mean()) ** 2).sum() / most if most > 0 else np.nan


def intraclass_correlation(wide, statistic):
    """Return ICC(1,1), (A,1), (C,1) or its form for k annotators; clips by annotators, nan where missing."""
    there = np.isfinite(wide)
    k = len(wide) / (1 / there.sum(axis=1)).sum()
    if len(wide) < 2 or there.sum(axis=1).max() < 2 or np.ptp(wide[there]) == 0:
        return np.nan
    single = _of_mean_squares(wide, statistic) if there.all() else _of_variances(wide, there, statistic)
    return k * single / (1 + (k - 1) * single) if statistic.endswith("k") else single


def _of_mean_squares(wide, statistic):
    n, k = wide.shape
    grand, rows, columns = wide.mean(), wide.mean(axis=1), wide.mean(axis=0)
    between = k * ((rows - grand) ** 2).sum() / (n - 1)
    within = ((wide - rows[:, None]) ** 2).sum() / (n * (k - 1))
    raters = n * ((columns - grand) ** 2).sum() / (k - 1)
    error = ((wide - rows[:, None] - columns + grand) ** 2).sum() / ((n - 1) * (k - 1))
    above, below = {
        "icc_1": (between - within, between + (k - 1) * within),
        "icc_a": (between - error, between + (k - 1) * error + k * (raters - error) / n),
        "icc_c": (between - error, between + (k - 1) * error),
    }[statistic[:5]]
    return above / below if below > 0 else np.nan


def _of_variances(wide, there, statistic):
    """Return it from variances by restricted maximum likelihood: y = clip + annotator + error."""
    clip, annotator = np.nonzero(there)
    y = wide[there]
    y = (y - y.mean()) / y.std()
    own = statistic[:5] != "icc_1"
    effects = [np.eye(there.shape[0])[clip]] + ([np.eye(there.shape[1])[annotator]] if own else [])
    z = np.hstack(effects)
    both, from_y, from_one = z.T @ z, z.T @ y, z.sum(axis=0)
    if own and np.linalg.matrix_rank(both) == len(y):  # clips and annotators explain every judgment
        return np.nan

    def deviance(log_ratios):
        scale = np.repeat(np.exp(log_ratios / 2), [effect.shape[1] for effect in effects])
        inner = np.eye(len(scale)) + scale[:, None] * both * scale
        solved = np.linalg.solve(inner, np.column_stack([scale * from_one, scale * from_y]))
        ones = len(y) - (scale * from_one) @ solved[:, 0]
        cross = y.sum() - (scale * from_y) @ solved[:, 0]
        rest = y @ y - (scale * from_y) @ solved[:, 1] - cross**2 / ones
        return (len(y) - 1) * np.log(rest) + np.linalg.slogdet(inner)[1] + np.log(ones)

    starts = [np.full(len(effects), start) for start in (-2.0, 0.0)]
    bounds = [(-20.0, 20.0)] * len(effects)
    options = {"ftol": 1e-15, "gtol": 1e-9}
    fits = [  # one-sided differences are too rough where the likelihood is flat
        optimize.minimize(deviance, start, method="L-BFGS-B", jac="3-point", bounds=bounds, options=options)
        for start in starts
    ]
    ratios = np.exp(min(fits, key=lambda fit: fit.fun).x)
    total = 1 + ratios[0] + (0 if statistic[:5] == "icc_c" else ratios[1:].sum())
    return ratios[0] / total


# -- second answers to the same clips ------------------------------------------------------------------------


def retest(statistic, first, second):
    """Return a figure of pairs of a first and a second answer."""
    if len(first) == 0:
        return np.nan
    apart = np.abs(first - second)
    error = np.std(first - second, ddof=1) / np.sqrt(2) if len(first) > 1 else np.nan
    if statistic == "exact_agreement":
        return (apart < 1e-9).mean()
    if statistic == "agreement_within_1":
        return (apart < 1 + 1e-9).mean()
    if statistic == "kappa_quadratic":
        expected = np.subtract.outer(first, second) ** 2
        return 1 - (apart**2).mean() / expected.mean() if expected.mean() > 1e-12 else np.nan
    if statistic == "icc_a_1":
        pairs = np.column_stack([first, second])
        return _of_mean_squares(pairs, "icc_a_1") if len(pairs) > 1 and np.ptp(pairs) > 0 else np.nan
    return error if statistic == "standard_error_of_measurement" else 1.96 * np.sqrt(2) * error


def named_retest(statistic, first, second):
    """Return a figure of pairs of a first and a second answer that are names, or sets of names."""
    alike = masi if isinstance(first[0], frozenset) else lambda one, two: float(one == two)
    observed = np.mean([alike(one, two) for one, two in zip(first, second, strict=True)])
    if statistic == "exact_agreement":
        return np.mean([one == two for one, two in zip(first, second, strict=True)])
    if statistic == "similarity":
        return observed
    by_chance = np.mean([alike(one, two) for one in first for two in second])
    return 1 - (1 - observed) / (1 - by_chance) if by_chance < 1 - 1e-12 else np.nan
