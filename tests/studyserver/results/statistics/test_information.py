"""Bits, claims and preferences."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import mutual_info_score

from studyserver.results.statistics.information import confusion_matrix, information_table, mutual_information
from studyserver.results.statistics.reasons import Why
from studyserver.results.statistics.signal_detection import detection, detection_table


def answers(seed, truth, n_clips=60, n_raters=8, n_features=4, condition="evidence"):
    generator = np.random.default_rng(seed)
    intended = np.arange(n_clips) % n_features
    rows = []
    for clip in range(n_clips):
        for rater in range(n_raters):
            named = intended[clip] if generator.random() < truth else generator.integers(n_features)
            rows.append((condition, f"{condition}{clip}", rater, f"f{intended[clip]}", f"f{named}"))
    return pd.DataFrame(rows, columns=["condition", "item", "rater", "intended", "answered"])


def test_plain_mutual_information_matches_scikit_learn():
    table = answers(1, 0.5)
    expected = mutual_info_score(table["intended"], table["answered"]) / np.log(2)
    assert mutual_information(confusion_matrix(table).to_numpy()[None])[1] == pytest.approx(expected)


def test_a_perfect_channel_of_four_features_carries_two_bits():
    corrected, plain = mutual_information(np.eye(4, dtype=int)[None] * 1000)
    assert plain == pytest.approx(2)
    assert corrected == pytest.approx(2, abs=0.01)


def test_the_correction_removes_the_bias_of_guesses():
    found = np.array(
        [mutual_information(confusion_matrix(answers(s, 0.0, 15, 4)).to_numpy()[None]) for s in range(200)]
    )
    corrected, plain = found.mean(axis=0)
    assert plain > 0.08
    assert abs(corrected) < 0.02


def test_information_of_conditions_is_compared_with_the_original():
    table = pd.concat(
        [answers(2, 0.9, condition="original"), answers(3, 0.6), answers(4, 0.0, condition="random")]
    )
    result = information_table(table).set_index(["condition", "statistic", "ci_scope"])
    bits = result.xs("mutual_information", level="statistic")["estimate"]
    share = result.xs("share_of_reference", level="statistic")["estimate"].xs("items", level="ci_scope")
    assert share["evidence"] == pytest.approx(bits["evidence", "items"] / bits["original", "items"])
    assert abs(share["random"]) < 0.1
    assert "original" not in share
    accuracy = result.loc[("evidence", "accuracy", "items")]
    assert accuracy["ci_low"] < 0.6 + 0.4 / 4 < accuracy["ci_high"]
    assert result.loc[("random", "accuracy_by_chance", "items"), "estimate"] == pytest.approx(0.25, abs=0.01)


def test_an_answer_to_what_serves_several_features_counts_once_in_all():
    """Every track was explained for the same two features: the music itself cannot tell which."""
    masked = answers(6, 0.8, n_features=2)
    original = pd.concat(
        [
            masked.assign(condition="original", item="o" + masked["item"], intended=name, weight=0.5)
            for name in ("f0", "f1")
        ]
    )
    table = pd.concat([masked.assign(weight=1.0), original])
    result = information_table(table).set_index(["condition", "statistic", "ci_scope"])
    bits = result.loc[("original", "mutual_information_uncorrected", "items"), "estimate"]
    assert bits == pytest.approx(0, abs=1e-12)
    assert result.loc[("original", "accuracy", "items"), "n_judgments"] == len(masked)
    assert result.loc[("original", "accuracy", "items"), "estimate"] == pytest.approx(0.5)
    share = result.loc[("evidence", "share_of_reference", "items")]
    assert share["status"] == "undefined" and share["reason"].why is Why.REFERENCE_TELLS_NOTHING


def test_a_share_has_an_interval_only_where_the_reference_surely_tells_something():
    weak = pd.concat([answers(8, 0.05, 24, 4, condition="original"), answers(9, 0.7, 24, 4)])
    result = information_table(weak).set_index(["condition", "statistic", "ci_scope"])
    assert result.loc[("original", "mutual_information", "items"), "ci_low"] <= 0
    share = result.loc[("evidence", "share_of_reference", "items")]
    unsettled = np.isnan(share["ci_low"]) and share["reason"].why is Why.REFERENCE_NOT_SETTLED
    assert share["status"] == "undefined" or unsettled
    strong = pd.concat([answers(8, 0.9, condition="original"), answers(9, 0.7)])
    result = information_table(strong).set_index(["condition", "statistic", "ci_scope"])
    share = result.loc[("evidence", "share_of_reference", "items+raters")]
    assert 0 < share["ci_low"] < share["estimate"] < share["ci_high"] < 1


def test_one_intended_feature_leaves_information_undefined():
    table = answers(5, 0.5)
    table["intended"] = "f0"
    result = information_table(table).set_index("statistic")
    assert (result.loc["mutual_information", "status"] == "undefined").all()
    assert (result.loc["accuracy", "status"] == "ok").all()


def test_d_prime_matches_its_definition_and_recovers_the_simulated_one():
    found = detection(80, 100, 30, 100)
    z = stats.norm.ppf([80.5 / 101, 30.5 / 101])
    np.testing.assert_allclose(found, [0.8, 0.3, z[0] - z[1], -z.sum() / 2])
    generator = np.random.default_rng(6)
    rows = []
    for clip in range(200):
        for rater in range(10):
            strength = generator.normal() + (1.5 if clip % 2 else 0.0)
            rows.append(("melody", clip, rater, clip % 2, int(strength > 0.5)))
    table = pd.DataFrame(rows, columns=["feature", "item", "rater", "explained", "heard"])
    result = detection_table(table).set_index(["statistic", "ci_scope"])
    row = result.loc[("pooled_d_prime", "items+raters")]
    assert row["ci_low"] < 1.5 < row["ci_high"]
    assert result.loc[("pooled_criterion", "items"), "estimate"] == pytest.approx(0.5 - 0.75, abs=0.1)


def test_detection_stays_finite_for_perfect_listeners_and_needs_both_kinds_of_clips():
    assert np.isfinite(detection(10, 10, 0, 10)).all()
    table = pd.DataFrame(
        {"feature": "a", "item": [1, 2], "rater": [1, 1], "explained": [1, 1], "heard": [1, 0]}
    )
    assert set(detection_table(table)["status"]) == {"undefined"}


def ticked(seed, hears, n_clips=48, n_raters=6, n_features=4):
    """Return answers of listeners who tick the intended feature so often, and others now and then."""
    generator = np.random.default_rng(seed)
    rows = []
    for clip in range(n_clips):
        for rater in range(n_raters):
            chosen = generator.random(n_features) < np.where(np.arange(n_features) == clip % 4, hears, 0.3)
            options = [f"f{option}" for option in np.flatnonzero(chosen)] or ["none"]
            rows += [("evidence", clip, rater, f"f{clip % 4}", name, 1 / len(options)) for name in options]
    return pd.DataFrame(rows, columns=["condition", "item", "rater", "intended", "answered", "answer_weight"])


def bits_of(table):
    result = information_table(table, reference=None)
    return result[result["ci_scope"] == "items+raters"].set_index("statistic")


def test_ticks_that_have_nothing_to_do_with_the_feature_carry_no_bits_after_correction():
    found = [bits_of(ticked(seed, 0.3, n_clips=12, n_raters=4))["estimate"] for seed in range(60)]
    corrected, plain = np.mean(
        [(bits["mutual_information"], bits["mutual_information_uncorrected"]) for bits in found], axis=0
    )
    assert plain > 0.06
    assert abs(corrected) < 0.012


def test_bits_of_ticks_are_those_of_one_of_them_drawn_by_chance():
    table = ticked(1, 0.9)
    drawn = [
        table.groupby(["item", "rater"]).sample(1, weights=table["answer_weight"], random_state=seed)
        for seed in range(60)
    ]
    counts = sum(pd.crosstab(one["intended"], one["answered"]) for one in drawn)
    row = bits_of(table).loc["mutual_information_uncorrected"]
    assert row["estimate"] == pytest.approx(mutual_information(counts.to_numpy()[None])[1], abs=0.01)
    assert row["n_judgments"] == 48 * 6
    assert bits_of(table).loc["mutual_information", "ci_low"] > 0


def test_one_tick_each_is_a_choice():
    table = answers(7, 0.5)
    both = [information_table(part, reference=None) for part in (table, table.assign(answer_weight=1.0))]
    pd.testing.assert_frame_equal(*both)


def with_habits(generator, signal, n_clips=16, n_raters=12, n_features=4):
    """Return answers to clips that draw listeners to features of their own, whatever they were made for."""
    intended = np.arange(n_clips) % n_features
    pull = generator.normal(size=(n_clips, n_features))
    pull[np.arange(n_clips), intended] += signal
    shares = np.exp(pull) / np.exp(pull).sum(axis=1, keepdims=True)
    named = [generator.choice(n_features, n_raters, p=share) for share in shares]
    table = pd.DataFrame({"item": np.repeat(np.arange(n_clips), n_raters), "answered": np.concatenate(named)})
    table["rater"] = np.tile(np.arange(n_raters), n_clips)
    table["intended"] = intended[table["item"]]
    return table.assign(condition="evidence").astype({"answered": str, "intended": str})


@pytest.mark.slow
@pytest.mark.parametrize("signal", [0.0, 1.0])
def test_habits_of_clips_are_not_taken_for_information(signal):
    """The truth is that of very many clips; judgments alone, as Miller counts, leave a bias of .1 bits."""
    generator = np.random.default_rng(11)
    many = with_habits(generator, signal, n_clips=8000, n_raters=20)
    truth = mutual_information(confusion_matrix(many).to_numpy()[None])[1]
    found, miller, above = [], [], 0
    for _ in range(80):
        table = with_habits(generator, signal)
        bits = bits_of(table).loc["mutual_information"]
        found.append(bits["estimate"])
        miller.append(mutual_information(confusion_matrix(table).to_numpy()[None])[0])
        above += bits["ci_low"] > truth
    assert np.mean(miller) - truth > 0.05
    assert abs(np.mean(found) - truth) < 0.025
    assert above / 80 <= 0.05
