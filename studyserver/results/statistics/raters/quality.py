"""Quality of each rater's judgments, and rules that exclude raters.

These functions do not remove judgments: they return which raters a rule excludes and why, so that figures can
be given with and without them.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ..estimates import require_columns
from ..model_fit import correlation, leave_one_out_correlations

JUDGMENT_COLUMNS = {"item": "the clip", "rater": "the annotator", "value": "the judgment as a number"}
DRIFT_TRIALS = 10
_COMPARE: dict[str, Callable[[pd.Series, float], pd.Series]] = {"above": operator.gt, "below": operator.lt}


def quality_table(judgments: pd.DataFrame) -> pd.DataFrame:
    """Return one row per rater.

    Parameters
    ----------
    judgments : pd.DataFrame
        With the columns of `JUDGMENT_COLUMNS`, one judgment per item and rater. Optional columns:
        ``position`` (order in which the rater judged), ``response_ms``, ``listened`` (share of the clip that
        was heard, 0 to 1).

    Returns
    -------
    pd.DataFrame
        Sorted by ``rater``, missing where a figure cannot be computed:

        - ``n_judgments``;
        - ``correlation_with_others``: with the mean of the others on the same items;
        - ``bias``: mean difference from the mean of the others, in units of the scale;
        - ``spread``: standard deviation, divided by that of the others' judgments of the same items;
        - ``drift``, ``drift_low``, ``drift_high``: with ``position``, the slope of the deviation from the
          others' mean of the same item on the position, per `DRIFT_TRIALS` positions, with its 95 %
          interval (least squares; at least four items that others judged);
        - ``most_frequent_share``: share of judgments that are this rater's most frequent value;
        - ``longest_run``: greatest number of equal judgments in a row, as a share of all (in the order of
          ``position``);
        - ``median_response_ms``, ``mean_listened``, where the columns are there.
    """
    table = require_columns(judgments, JUDGMENT_COLUMNS)
    if table.duplicated(["item", "rater"]).any():
        raise ValueError("a rater judged an item more than once; give first presentations only")
    wide = table.pivot(index="item", columns="rater", values="value").sort_index(axis=1)
    judged = wide.to_numpy(float)
    deviation, spread = _beside_others(judged)
    result = pd.DataFrame(
        {
            "rater": wide.columns,
            "n_judgments": np.isfinite(judged).sum(axis=0),
            "correlation_with_others": leave_one_out_correlations(judged),
            "bias": deviation,
            "spread": spread,
        }
    )
    if "position" in judgments:
        result = result.merge(_drifts(judgments), on="rater", how="left")
    return result.join(answering_figures(judgments), on="rater")


def answering_figures(judgments: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `quality_table` that need only the rater's own answers, with raters as index.

    Parameters
    ----------
    judgments : pd.DataFrame
        Columns ``rater``, ``value`` (anything that can be equal), and where known ``position``,
        ``response_ms``, ``listened``.
    """
    ordered = judgments.sort_values("position", kind="stable") if "position" in judgments else judgments
    sequences = ordered.dropna(subset=["value"]).groupby("rater", sort=True)["value"]
    figures = {
        "most_frequent_share": sequences.agg(lambda values: values.value_counts(normalize=True).max()),
        "longest_run": sequences.agg(_longest_run),
    }
    for column, name, how in (
        ("response_ms", "median_response_ms", "median"),
        ("listened", "mean_listened", "mean"),
    ):
        if column in judgments:
            figures[name] = judgments.groupby("rater")[column].agg(how)
    return pd.DataFrame(figures).astype(float)


def _beside_others(judged: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each rater's mean deviation from, and spread relative to, the others on the same items."""
    has = np.isfinite(judged)
    filled = np.where(has, judged, 0.0)
    n_others = has.sum(axis=1, keepdims=True) - has
    sums = filled.sum(axis=1, keepdims=True) - filled
    shared = has & (n_others > 0)
    mean = np.divide(sums, n_others, out=np.zeros(judged.shape), where=n_others > 0)
    count = shared.sum(axis=0)
    total = np.where(shared, filled - mean, 0.0).sum(axis=0)
    bias = np.divide(total, count, out=np.full(judged.shape[1], np.nan), where=count > 0)
    centred = np.where(has, judged - judged[has].mean() if has.any() else 0.0, 0.0)
    squares = centred**2
    own = _deviation(
        count, np.where(shared, centred, 0).sum(axis=0), np.where(shared, squares, 0).sum(axis=0)
    )
    beside = [
        np.where(shared, whole, 0).sum(axis=0)
        for whole in (
            n_others,
            centred.sum(axis=1, keepdims=True) - centred,
            squares.sum(axis=1, keepdims=True) - squares,
        )
    ]
    others = _deviation(*beside)
    spread = np.divide(own, others, out=np.full(judged.shape[1], np.nan), where=others > 1e-9)
    return bias, spread


def _deviation(n: np.ndarray, total: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Return standard deviations from counts, sums and sums of squares; NaN for fewer than two."""
    variance = np.divide(
        squares - np.divide(total**2, n, out=np.zeros(n.shape), where=n > 0),
        n - 1.0,
        out=np.full(n.shape, np.nan),
        where=n > 1,
    )
    # Equal values have deviation 0, not the rounding error.
    return np.sqrt(np.where(variance * n <= 1e-12 * squares, np.where(n > 1, 0.0, np.nan), variance))


def _drifts(judgments: pd.DataFrame) -> pd.DataFrame:
    """Return each rater's slope of the deviation from the others on the position, with its interval."""
    table = judgments.dropna(subset=["value", "position"])
    sums = table.groupby("item")["value"].agg(["sum", "count"])
    others = sums["count"].reindex(table["item"]).to_numpy() - 1
    mean = (sums["sum"].reindex(table["item"]).to_numpy() - table["value"]) / np.where(
        others > 0, others, np.nan
    )
    table = table.assign(apart=table["value"] - mean).dropna(subset=["apart"])
    rows = []
    for rater, own in table.groupby("rater", sort=True):
        x, y = own["position"].to_numpy(float) / DRIFT_TRIALS, own["apart"].to_numpy(float)
        if len(x) < 4 or np.ptp(x) == 0:
            continue
        found = stats.linregress(x, y)
        half = stats.t.ppf(0.975, len(x) - 2) * found.stderr
        rows.append((rater, found.slope, found.slope - half, found.slope + half))
    return pd.DataFrame(rows, columns=["rater", "drift", "drift_low", "drift_high"])


def _longest_run(values: pd.Series) -> float:
    run = (values != values.shift()).cumsum()
    return float(run.value_counts().max() / len(values))


def repeat_table(repeats: pd.DataFrame) -> pd.DataFrame:
    """Return, per rater, how first and second judgments of the same items compare.

    Parameters
    ----------
    repeats : pd.DataFrame
        Columns ``rater``, ``first``, ``second``.

    Returns
    -------
    pd.DataFrame
        Columns ``rater``, ``n_repeats``, ``exact_share``, ``within_1_share``, ``mean_difference`` (absolute).
    """
    apart = (repeats["first"] - repeats["second"]).abs()
    table = pd.DataFrame({"rater": repeats["rater"], "exact": apart == 0, "near": apart <= 1, "apart": apart})
    table = table.dropna().astype({"exact": float, "near": float})
    figures = table.groupby("rater", sort=True).agg(
        n_repeats=("apart", "size"),
        exact_share=("exact", "mean"),
        within_1_share=("near", "mean"),
        mean_difference=("apart", "mean"),
    )
    return figures.reset_index()


def hidden_reference_share(judgments: pd.DataFrame, *, threshold: float = 90.0) -> pd.DataFrame:
    """Return, per rater, the share of items whose hidden reference was judged below a threshold.

    ITU-R BS.1534-3 excludes raters who judge it below 90 for more than 15 % of the items.

    Parameters
    ----------
    judgments : pd.DataFrame
        Columns ``rater``, ``item``, ``value``: judgments of hidden references only, 0 to 100.
    threshold : float
        In units of the scale.

    Returns
    -------
    pd.DataFrame
        Columns ``rater``, ``n_references``, ``reference_missed_share``.
    """
    return _beyond(judgments, lambda value: value < threshold, ["n_references", "reference_missed_share"])


def anchor_share(judgments: pd.DataFrame, *, threshold: float = 90.0) -> pd.DataFrame:
    """Return, per rater, the share of items whose anchor was judged above a threshold.

    ITU-R BS.1534-3 excludes raters who judge the mid-range anchor above 90 for more than 15 % of the items.

    Parameters
    ----------
    judgments : pd.DataFrame
        Columns ``rater``, ``item``, ``value``: judgments of anchors only, 0 to 100.
    threshold : float
        In units of the scale.

    Returns
    -------
    pd.DataFrame
        Columns ``rater``, ``n_anchors``, ``anchor_overrated_share``.
    """
    return _beyond(judgments, lambda value: value > threshold, ["n_anchors", "anchor_overrated_share"])


def _beyond(
    judgments: pd.DataFrame, broken: Callable[[pd.Series], pd.Series], names: list[str]
) -> pd.DataFrame:
    """Return, per rater, number of judgments and share of those beyond a threshold."""
    table = require_columns(judgments, JUDGMENT_COLUMNS)
    # Rounded: 4.6 on a slider from 1 to 5 is 90 per cent of it, and not less by a binary fraction.
    beyond = broken(table["value"].round(9)).astype(float)
    return (
        beyond.groupby(table["rater"], sort=True).agg(["size", "mean"]).set_axis(names, axis=1).reset_index()
    )


def guessing_table(answers: pd.DataFrame, *, chance: float = 0.5) -> pd.DataFrame:
    """Return, per rater, how many answers were right, and the probability of guessing as many.

    Parameters
    ----------
    answers : pd.DataFrame
        Columns ``rater``, ``right`` (0 or 1, missing where there is no answer), of questions with one right
        answer, such as those of ABX trials.
    chance : float
        Probability that a guess is right.

    Returns
    -------
    pd.DataFrame
        Sorted by ``rater``: ``n_answers``; ``correct_share``; ``guessing_p``, the exact probability that
        guessing gets at least as many right (one-sided binomial). Share and p are missing where there is no
        answer.
    """
    given = answers["right"].astype(float).groupby(answers["rater"], sort=True).agg(["count", "sum", "mean"])
    p = [
        stats.binomtest(int(right), int(n), chance, alternative="greater").pvalue if n else np.nan
        for n, right in zip(given["count"], given["sum"], strict=True)
    ]
    return pd.DataFrame(
        {
            "rater": given.index,
            "n_answers": given["count"].to_numpy(int),
            "correct_share": given["mean"].to_numpy(float),
            "guessing_p": np.array(p, dtype=float),
        }
    )


@dataclass(frozen=True)
class Rule:
    """A rule that excludes raters, declared before a study opens.

    Attributes
    ----------
    column : str
        Of a table with one row per rater.
    excludes : str
        ``above`` or ``below`` the limit.
    limit : float
        A figure equal to the limit does not exclude.
    reason : str
        In words, for the log of exclusions.
    """

    column: str
    excludes: str
    limit: float
    reason: str

    def __post_init__(self) -> None:
        if self.excludes not in _COMPARE:
            raise ValueError(f"a rule excludes 'above' or 'below' its limit, not {self.excludes!r}")


def exclusions(quality: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """Return which raters each rule excludes; judgments are not removed.

    Parameters
    ----------
    quality : pd.DataFrame
        One row per rater, with ``rater`` and the columns of the rules. A missing figure does not exclude.
    rules : sequence of Rule

    Returns
    -------
    pd.DataFrame
        One row per rater and rule broken: ``rater``, ``rule`` (its column), ``figure``, ``limit`` and
        ``reason``.

    Raises
    ------
    ValueError
        If a column of a rule is missing.
    """
    parts = []
    for rule in rules:
        if rule.column not in quality:
            raise ValueError(f"a rule needs {rule.column!r}, which was not computed; add it or drop the rule")
        broken = quality[_COMPARE[rule.excludes](quality[rule.column], rule.limit)]
        found = {
            "rater": broken["rater"],
            "rule": rule.column,
            "figure": broken[rule.column].astype(float),
            "limit": float(rule.limit),
            "reason": rule.reason,
        }
        parts.append(pd.DataFrame(found))
    columns = ["rater", "rule", "figure", "limit", "reason"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def pairwise_table(judgments: pd.DataFrame) -> pd.DataFrame:
    """Return how each two raters compare on the items that both judged.

    Parameters
    ----------
    judgments : pd.DataFrame
        With the columns of `JUDGMENT_COLUMNS`.

    Returns
    -------
    pd.DataFrame
        One row per pair: ``first``, ``second``, ``n_items``, ``correlation``, ``exact_share``,
        ``mean_difference`` (first less second); missing where there are too few items.
    """
    table = require_columns(judgments, JUDGMENT_COLUMNS)
    wide = table.pivot(index="item", columns="rater", values="value").sort_index(axis=1)
    judged, names = wide.to_numpy(float), list(wide.columns)
    rows = []
    for one in range(len(names)):
        for two in range(one + 1, len(names)):
            both = np.isfinite(judged[:, one]) & np.isfinite(judged[:, two])
            x, y = judged[both, one], judged[both, two]
            exact = float((x == y).mean()) if len(x) else np.nan
            difference = float((x - y).mean()) if len(x) else np.nan
            rows.append((names[one], names[two], len(x), correlation(x, y), exact, difference))
    columns = ["first", "second", "n_items", "correlation", "exact_share", "mean_difference"]
    return pd.DataFrame(rows, columns=columns)


def disputed_items(judgments: pd.DataFrame, *, size: int = 10) -> pd.DataFrame:
    """Return the items that people disagree on most.

    Parameters
    ----------
    judgments : pd.DataFrame
        With the columns of `JUDGMENT_COLUMNS`.
    size : int
        At most so many.

    Returns
    -------
    pd.DataFrame
        Columns ``item``, ``n_judgments``, ``mean``, ``standard_deviation``, ``lowest``, ``highest``; items
        with at least two judgments, the greatest standard deviation first.
    """
    table = require_columns(judgments, JUDGMENT_COLUMNS)
    figures = table.groupby("item", sort=True)["value"].agg(
        n_judgments="size", mean="mean", standard_deviation="std", lowest="min", highest="max"
    )
    figures = figures[figures["n_judgments"] >= 2]
    figures = figures.sort_values("standard_deviation", ascending=False, kind="stable")
    return figures.head(size).reset_index()


def disputed_answers(judgments: pd.DataFrame, *, size: int = 10) -> pd.DataFrame:
    """Return the items that people disagree on most, where answers are names.

    Parameters
    ----------
    judgments : pd.DataFrame
        Columns ``item``, ``rater``, ``value``; values are names, or frozensets of names.
    size : int
        At most so many.

    Returns
    -------
    pd.DataFrame
        Columns ``item``, ``n_judgments``, ``agreement`` (share of agreeing pairs of judgments), ``answers``
        (how many different ones) and ``most_frequent``; items with at least two judgments on which not all
        agree, the least agreement first.
    """
    table = judgments[["item", "value"]].dropna()
    # Sets have no order of their own; of answers that are equally frequent the first by name is shown.
    answers = sorted(
        table["value"].unique(), key=lambda value: sorted([value] if isinstance(value, str) else value)
    )
    place = table["value"].astype(object).map({answer: index for index, answer in enumerate(answers)})
    rows = []
    for item, given in place.groupby(table["item"], sort=True):
        counts = given.value_counts().sort_index()
        n = len(given)
        if len(counts) > 1:
            agreement = float((counts * (counts - 1)).sum() / (n * (n - 1)))
            rows.append((item, n, agreement, len(counts), answers[counts.idxmax()]))
    found = pd.DataFrame(rows, columns=["item", "n_judgments", "agreement", "answers", "most_frequent"])
    return found.sort_values("agreement", kind="stable").head(size).reset_index(drop=True)
