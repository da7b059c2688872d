"""Opinion scores beside textbook intervals, Friedman's test beside a published example, shares of answers."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from studyserver.results.statistics.opinion_scores import answer_shares, friedman, score_table
from studyserver.results.statistics.reasons import Why

# Hollander & Wolfe, Nonparametric Statistical Methods, table 7.1: rounding first base, 22 players.
FIRST_BASE = [
    [5.40, 5.50, 5.55], [5.85, 5.70, 5.75], [5.20, 5.60, 5.50], [5.55, 5.50, 5.40], [5.90, 5.85, 5.70],
    [5.45, 5.55, 5.60], [5.40, 5.40, 5.35], [5.45, 5.50, 5.35], [5.25, 5.15, 5.00], [5.85, 5.80, 5.70],
    [5.25, 5.20, 5.10], [5.65, 5.55, 5.45], [5.60, 5.35, 5.45], [5.05, 5.00, 4.95], [5.50, 5.50, 5.40],
    [5.45, 5.55, 5.50], [5.55, 5.55, 5.35], [5.45, 5.50, 5.55], [5.50, 5.45, 5.25], [5.65, 5.60, 5.40],
    [5.70, 5.65, 5.55], [6.30, 6.30, 6.25],
]  # fmt: skip


def test_a_mean_opinion_score_has_the_t_interval_over_votes_and_over_annotators():
    generator = np.random.default_rng(1)
    raters = np.repeat(np.arange(8), [6, 5, 7, 4, 6, 6, 3, 5])
    votes = np.clip(np.round(3.4 + 0.6 * generator.normal(size=8)[raters] + generator.normal(size=42)), 1, 5)
    table = score_table(votes, raters, low=1, high=5).set_index("ci_scope")
    means = pd.Series(votes).groupby(raters).mean()
    for scope, sample in (("judgments", votes), ("raters", means.to_numpy())):
        row = table.loc[scope]
        expected = stats.t.interval(0.95, len(sample) - 1, sample.mean(), stats.sem(sample))
        assert (row["mean"], row["ci_low"], row["ci_high"]) == pytest.approx((sample.mean(), *expected))
        assert row["sd"] == pytest.approx(votes.std(ddof=1))
        quartiles = np.percentile(votes, [50, 25, 75])
        assert tuple(row[["median", "lower_quartile", "upper_quartile"]]) == pytest.approx(tuple(quartiles))


def test_intervals_of_opinion_scores_stay_on_the_scale_and_few_votes_have_none():
    table = score_table(np.array([5.0, 5, 5, 4, 5]), np.arange(5), low=1, high=5)
    assert table["ci_high"].max() == 5
    one = score_table(np.array([4.0]), np.array(["a"]))
    assert [reason.why for reason in one["reason"]] == [Why.ONE_VOTE, Why.ONE_RATER]
    assert one["mean"].tolist() == [4, 4] and one["ci_low"].isna().all()
    assert set(score_table(np.array([]), np.array([]))["status"]) == {"undefined"}


def test_friedmans_test_gives_the_published_figure_for_rounding_first_base():
    found = friedman(np.array(FIRST_BASE))
    assert (found.n_raters, found.n_conditions, found.degrees) == (22, 3, 2)
    assert found.chi_square == pytest.approx(11.1, abs=0.05)
    assert found.p == pytest.approx(0.0038, abs=0.0002)
    assert found.kendall_w == pytest.approx(found.chi_square / 44)


def test_friedmans_test_leaves_out_annotators_who_miss_a_condition_and_says_when_there_are_too_few():
    gaps = np.array([*FIRST_BASE, [5.0, np.nan, 4.0]])
    assert friedman(gaps) == friedman(np.array(FIRST_BASE))
    assert friedman(np.array(FIRST_BASE)[:, :2]).reason.why is Why.FEW_BLOCKS
    assert friedman(gaps[-2:]).reason.why is Why.FEW_BLOCKS
    assert friedman(np.ones((5, 3))).reason.why is Why.EVERY_RATER_CONSTANT


def test_answers_to_a_clip_are_counted_by_option_and_those_of_checklists_need_not_sum_to_one():
    answers = pd.DataFrame({"item": [7, 7, 3, 7], "chosen": [["a"], ["b"], ["a"], ["a"]]})
    table = answer_shares(answers, ["a", "b", "c"])
    assert table["item"].tolist() == [3, 3, 3, 7, 7, 7] and table["option"].tolist() == ["a", "b", "c"] * 2
    assert table["n_answers"].tolist() == [1, 0, 0, 2, 1, 0]
    assert table["share"].tolist() == pytest.approx([1, 0, 0, 2 / 3, 1 / 3, 0])
    assert (table.groupby("item")["share"].sum() == 1).all()
    ticked = answer_shares(pd.DataFrame({"item": [1, 1], "chosen": [["a", "b"], ["a"]]}), ["a", "b"])
    assert ticked["share"].tolist() == [1, 0.5] and ticked["n_judgments"].tolist() == [2, 2]
