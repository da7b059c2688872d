"""Per-rater quality and the rules that use it."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from studyserver.results.statistics.raters.quality import (
    Rule,
    anchor_share,
    disputed_answers,
    disputed_items,
    exclusions,
    guessing_table,
    hidden_reference_share,
    pairwise_table,
    quality_table,
    repeat_table,
)


def right_answers(**counts):
    """Return answers of raters, each given as (right ones, all)."""
    rows = [(rater, n < right) for rater, (right, total) in counts.items() for n in range(total)]
    return pd.DataFrame(rows, columns=["rater", "right"])


@pytest.fixture
def judgments():
    """Five truthful raters, one who guesses, one who always answers 3, one who is 1 too high."""
    generator = np.random.default_rng(1)
    truth = generator.integers(1, 6, 40).astype(float)
    rows = []
    for rater in range(8):
        order = generator.permutation(40)
        for position, item in enumerate(order):
            value = np.clip(truth[item] + generator.integers(-1, 2), 1, 5)
            value = {5: float(generator.integers(1, 6)), 6: 3.0, 7: truth[item] + 1}.get(rater, value)
            rows.append((f"c{item}", f"r{rater}", value, position, 2000 + 100 * rater, 1.0))
    columns = ["item", "rater", "value", "position", "response_ms", "listened"]
    return pd.DataFrame(rows, columns=columns)


def test_each_kind_of_rater_shows(judgments):
    table = quality_table(judgments).set_index("rater")
    truthful = table.loc[["r0", "r1", "r2", "r3", "r4"]]
    assert (truthful["correlation_with_others"] > 0.7).all()
    assert abs(table.loc["r5", "correlation_with_others"]) < 0.4
    assert table.loc["r6", "most_frequent_share"] == 1 and table.loc["r6", "longest_run"] == 1
    assert np.isnan(table.loc["r6", "correlation_with_others"]) and table.loc["r6", "spread"] == 0
    assert table.loc["r7", "bias"] > 0.5 > truthful["bias"].max()
    assert table.loc["r3", "median_response_ms"] == 2300 and table.loc["r3", "mean_listened"] == 1


def test_bias_and_correlation_match_their_definitions_with_gaps(judgments):
    some = judgments.sample(frac=0.6, random_state=1)
    table = quality_table(some).set_index("rater")
    wide = some.pivot(index="item", columns="rater", values="value")
    others = wide.drop(columns="r2").mean(axis=1)
    assert table.loc["r2", "bias"] == pytest.approx((wide["r2"] - others).mean())
    assert table.loc["r2", "correlation_with_others"] == pytest.approx(wide["r2"].corr(others))


def test_runs_follow_the_order_of_presentation():
    table = pd.DataFrame(
        {"item": list("abcdef"), "rater": "r", "value": [1, 2, 1, 2, 1, 1], "position": [1, 4, 2, 5, 3, 6]}
    )
    assert quality_table(table)["longest_run"].iloc[0] == pytest.approx(3 / 6)


def test_repeats_are_counted_per_rater():
    table = pd.DataFrame({"rater": ["a", "a", "b", "b"], "first": [1, 2, 3, 4], "second": [1, 4, 4, np.nan]})
    result = repeat_table(table).set_index("rater")
    assert list(result.loc["a"]) == [2, 0.5, 0.5, 1.0]
    assert list(result.loc["b"]) == [1, 0.0, 1.0, 1.0]


def test_the_standard_excludes_above_15_percent_of_items_and_not_at_one_slip():
    rows = [("a", item, 100.0 if item > 2 else 50.0) for item in range(20)]  # 3 of 20: exactly 15 %
    rows += [("b", item, 100.0 if item > 3 else 89.0) for item in range(20)]  # 4 of 20
    rows += [("c", item, 90.0) for item in range(20)]
    shares = hidden_reference_share(pd.DataFrame(rows, columns=["rater", "item", "value"]))
    rule = Rule("reference_missed_share", "above", 0.15, "missed more than 15 % of the references")
    excluded = exclusions(shares, [rule])
    assert list(excluded["rater"]) == ["b"]
    assert excluded["figure"].iloc[0] == pytest.approx(0.2) and "15 %" in excluded["reason"].iloc[0]


def test_a_reference_at_exactly_90_per_cent_of_a_slider_is_not_missed():
    value = 100 * (4.6 - 1) / (5 - 1)
    assert value < 90  # by a binary fraction
    table = pd.DataFrame({"rater": ["a", "b"], "item": [1, 1], "value": [value, 89.99]})
    assert list(hidden_reference_share(table)["reference_missed_share"]) == [0, 1]


def test_rules_name_everybody_they_would_exclude_and_spare_missing_figures(judgments):
    quality = quality_table(judgments)
    rules = [Rule("correlation_with_others", "below", 0.5, "low"), Rule("longest_run", "above", 0.5, "same")]
    excluded = exclusions(quality, rules)
    assert set(zip(excluded["rater"], excluded["rule"], strict=True)) == {
        ("r5", "correlation_with_others"),
        ("r6", "longest_run"),
    }
    assert list(exclusions(quality, []).columns) == list(excluded.columns)
    with pytest.raises(ValueError, match="was not computed"):
        exclusions(quality, [Rule("headphones", "below", 0.8, "no headphones")])
    with pytest.raises(ValueError, match="'above' or 'below'"):
        Rule("bias", "at", 1, "")


def test_pairs_of_raters_are_compared_on_shared_items(judgments):
    table = pairwise_table(judgments).set_index(["first", "second"])
    assert len(table) == 28
    wide = judgments.pivot(index="item", columns="rater", values="value")
    assert table.loc[("r0", "r7"), "correlation"] == pytest.approx(wide["r0"].corr(wide["r7"]))
    assert table.loc[("r0", "r7"), "mean_difference"] == pytest.approx((wide["r0"] - wide["r7"]).mean())
    assert np.isnan(table.loc[("r0", "r6"), "correlation"])


def test_disputed_items_come_first():
    table = pd.DataFrame(
        {"item": ["a", "a", "b", "b", "c"], "rater": [1, 2, 1, 2, 1], "value": [1, 5, 3, 4, 9]}
    )
    result = disputed_items(table)
    assert list(result["item"]) == ["a", "b"]
    assert result["highest"].iloc[0] == 5


def test_second_presentations_are_refused(judgments):
    with pytest.raises(ValueError, match="first presentations"):
        quality_table(pd.concat([judgments, judgments.head(1)]))


def test_the_least_agreed_answers_come_first_and_unanimous_ones_not_at_all():
    answers = {"a": "xxyy", "b": "xxxx", "c": "xxxy", "d": "x", "e": "xyzw"}
    rows = [(item, f"r{n}", given) for item, text in answers.items() for n, given in enumerate(text)]
    found = disputed_answers(pd.DataFrame(rows, columns=["item", "rater", "value"]), size=2)
    assert found["item"].tolist() == ["e", "a"]
    assert found["agreement"].tolist() == [0, pytest.approx(1 / 3)]
    assert found["answers"].tolist() == [4, 2]


def test_guessing_is_as_probable_as_worked_out_by_hand():
    table = guessing_table(right_answers(a=(4, 4), b=(3, 4), c=(0, 4), d=(1, 1))).set_index("rater")
    assert list(table["n_answers"]) == [4, 4, 4, 1]
    assert list(table["correct_share"]) == [1, 0.75, 0, 1]
    # All of four: 1 / 16. Three or four of them: (4 + 1) / 16. None or more: certain. One of one: a coin.
    assert list(table["guessing_p"]) == pytest.approx([1 / 16, 5 / 16, 1, 1 / 2], rel=1e-12)


def test_guessing_follows_the_binomial_distribution_for_any_count_and_chance():
    counts = {f"r{right:02}": (right, 24) for right in range(25)}
    for chance in (0.5, 1 / 3):
        found = guessing_table(right_answers(**counts), chance=chance)["guessing_p"]
        expected = [stats.binom.sf(right - 1, 24, chance) for right in range(25)]
        assert list(found) == pytest.approx(expected, rel=1e-10)
    assert found.is_monotonic_decreasing


def test_without_an_answer_there_is_neither_a_share_nor_a_probability():
    answers = pd.DataFrame({"rater": ["a", "a", "b"], "right": [1.0, np.nan, np.nan]})
    table = guessing_table(answers).set_index("rater")
    assert list(table["n_answers"]) == [1, 0]
    assert table.loc["b", ["correct_share", "guessing_p"]].isna().all()
    assert table.loc["a", "guessing_p"] == 0.5
    assert guessing_table(answers.iloc[:0]).empty


def test_an_anchor_above_90_in_more_than_15_percent_of_the_items_excludes_after_the_standard():
    rows = [("a", item, 91.0 if item < 3 else 40.0) for item in range(20)]  # 3 of 20: exactly 15 %
    rows += [("b", item, 91.0 if item < 4 else 40.0) for item in range(20)]
    rows += [("c", item, 90.0) for item in range(20)]
    shares = anchor_share(pd.DataFrame(rows, columns=["rater", "item", "value"]))
    assert shares["n_anchors"].tolist() == [20, 20, 20]
    rule = Rule("anchor_overrated_share", "above", 0.15, "more than 15 % of the anchors above 90")
    assert list(exclusions(shares, [rule])["rater"]) == ["b"]


def test_drift_over_the_session_is_found_and_its_interval_holds_the_truth():
    generator = np.random.default_rng(3)
    n_items, n_raters, truth = 40, 12, np.where(np.arange(12) < 2, 0.5, 0.0)  # points in ten trials
    clip = generator.normal(size=n_items)
    rows = []
    for rater in range(n_raters):
        for position, item in enumerate(generator.permutation(n_items)):
            value = clip[item] + truth[rater] * position / 10 + 0.3 * generator.normal()
            rows.append((item, rater, value, position))
    table = quality_table(pd.DataFrame(rows, columns=["item", "rater", "value", "position"]))
    # The mean of the others drifts as well, but in another order for each: no slope on these positions.
    held = (table["drift_low"] <= truth) & (truth <= table["drift_high"])
    assert held.sum() >= 10
    assert (table["drift_low"][:2] > 0).all() and table["drift"][:2].tolist() == pytest.approx(
        [0.5] * 2, abs=0.1
    )
    unknown = quality_table(pd.DataFrame(rows, columns=["item", "rater", "value", "position"])[:30])
    assert "drift" in unknown and unknown["drift"].isna().all()  # nobody else judged
