"""ABX against simulated listeners, with and without leanings, and an independent implementation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from studyserver.results.statistics.abx import (
    abx_table,
    differencing_share,
    independent_share,
    sensitivity,
    unbiased_z,
)
from studyserver.results.statistics.reasons import Reason, Why

# Share of right answers -> d' by differencing, by independent observations: dprime.ABX of the R package
# psyphy 0.2-3, which follows the tables of Macmillan and Creelman.
PSYPHY = {
    0.55: (0.7614, 0.6862), 0.6: (1.1152, 1.0019), 0.7: (1.7153, 1.5287), 0.75: (2.0200, 1.7904),
    0.8: (2.3549, 2.0726), 0.9: (3.2631, 2.8073), 0.95: (4.0724, 3.4327), 0.99: (5.7009, 4.6872),
}  # fmt: skip
# The same from hits and false alarms.
PSYPHY_RATES = {(0.75, 0.3): 1.8687, (0.7, 0.2): 2.0371, (0.9, 0.4): 2.2063, (0.6, 0.1): 2.2063}


@pytest.mark.parametrize(("share", "expected"), PSYPHY.items())
def test_sensitivities_are_those_of_psyphy(share, expected):
    found = [sensitivity(share, model) for model in (differencing_share, independent_share)]
    assert found == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize(("rates", "expected"), PSYPHY_RATES.items())
def test_hits_and_false_alarms_give_the_sensitivity_of_an_unbiased_listener(rates, expected):
    n = 10_000_000  # so many that half an answer does not matter
    z, criterion = unbiased_z(round(n * rates[0]), n, round(n * rates[1]), n)
    assert sensitivity(stats.norm.cdf(z)) == pytest.approx(expected, abs=2e-4)
    assert criterion == pytest.approx(-stats.norm.ppf(rates).mean(), abs=1e-5)


def listeners(d_prime, n, *, leaning=0.0, knows=False, seed=1):
    """Return x_is_a and said_a of listeners who hear A, B and X with unit noise.

    By differencing they call X what it differs from least; who knows both sides decides by likelihood.
    """
    generator = np.random.default_rng(seed)
    order = np.where(generator.random(n) < 0.5, 1.0, -1.0) if knows else np.ones(n)
    x_is_a = generator.random(n) < 0.5
    a, b = (generator.normal(size=n) + sign * order * d_prime / 2 for sign in (-1, 1))
    x = np.where(x_is_a, -1, 1) * order * d_prime / 2 + generator.normal(size=n)
    if knows:
        return x_is_a, (b - a) * x < 0  # A stands where B does not, and X lies on A's side
    return x_is_a, np.abs(x - a) < np.abs(x - b) + leaning


@pytest.mark.parametrize("d_prime", [0.0, 1.0, 2.5])
def test_shares_are_those_of_listeners_who_take_the_nearer_one(d_prime):
    x_is_a, said_a = listeners(d_prime, 400_000)
    assert differencing_share(d_prime) == pytest.approx((x_is_a == said_a).mean(), abs=0.003)


@pytest.mark.parametrize("d_prime", [1.0, 2.5])
def test_shares_are_those_of_listeners_who_know_both_sides(d_prime):
    x_is_a, said_a = listeners(d_prime, 400_000, knows=True)
    assert independent_share(d_prime) == pytest.approx((x_is_a == said_a).mean(), abs=0.003)


def test_sensitivity_undoes_the_share():
    for d_prime in (0.3, 1.0, 3.0):
        assert sensitivity(differencing_share(d_prime)) == pytest.approx(d_prime)
    assert sensitivity(0.4) == sensitivity(0.5) == 0
    assert np.isinf(sensitivity(1.0)) and np.isnan(sensitivity(np.nan))


def answers(x_is_a, said_a, n_raters=10):
    items, raters = np.divmod(np.arange(len(x_is_a)), n_raters)
    return pd.DataFrame({"item": items % 20, "rater": raters, "x_is_a": x_is_a, "said_a": said_a}).astype(
        float
    )


def figures(table):
    return abx_table(table).set_index(["statistic", "ci_scope"])


def test_a_leaning_costs_right_answers_but_not_the_estimated_sensitivity():
    straight, leaning = (figures(answers(*listeners(2.0, 4000, leaning=by))) for by in (0.0, 1.5))
    lost = (
        straight.loc[("abx_correct", "items"), "estimate"] - leaning.loc[("abx_correct", "items"), "estimate"]
    )
    assert lost > 0.06
    from_share = sensitivity(leaning.loc[("abx_correct", "items"), "estimate"])
    row = leaning.loc[("abx_d_prime", "items+raters")]
    assert from_share < row["ci_low"] < 2.0 < row["ci_high"]
    assert leaning.loc[("abx_criterion", "items+raters"), "ci_high"] < 0
    assert leaning.loc[("abx_a_said", "items+raters"), "ci_low"] > 0.5
    row = straight.loc[("abx_criterion", "items+raters")]
    assert row["ci_low"] < 0 < row["ci_high"]


def test_the_share_has_exact_and_cluster_aware_intervals():
    data = answers(*listeners(1.5, 400))
    right = (data["x_is_a"] == data["said_a"]).to_numpy()
    table = figures(data)
    assert table.loc[("abx_correct", "items+raters"), "estimate"] == right.mean()
    bounds = stats.binomtest(int(right.sum()), len(right)).proportion_ci()
    exact = table.loc[("abx_correct_exact", "judgments")]
    assert (exact["ci_low"], exact["ci_high"]) == (pytest.approx(bounds.low), pytest.approx(bounds.high))
    other = table.loc[("abx_d_prime_independent", "items")]
    assert other["estimate"] < table.loc[("abx_d_prime", "items"), "estimate"]


@pytest.mark.slow
def test_intervals_of_d_prime_hold_the_truth():
    held = []
    for seed in range(60):
        row = figures(answers(*listeners(1.5, 300, seed=seed))).loc[("abx_d_prime", "items+raters")]
        held.append(row["ci_low"] <= 1.5 <= row["ci_high"])
    assert np.mean(held) >= 0.9


def test_d_prime_has_no_bound_when_every_answer_is_right_and_is_0_for_guessing():
    x_is_a = np.arange(40) % 2 == 0
    perfect = abx_table(answers(x_is_a, x_is_a)).set_index("statistic").loc["abx_d_prime"]
    assert set(perfect["status"]) == {"undefined"} and perfect["estimate"].isna().all()
    wrong = figures(answers(x_is_a, ~x_is_a)).loc[("abx_d_prime", "items")]
    assert wrong["estimate"] == 0


def test_x_that_was_never_b_leaves_d_prime_undefined_and_the_share_defined():
    table = figures(answers(np.ones(30, dtype=bool), np.arange(30) % 3 > 0))
    assert table.loc[("abx_d_prime", "items"), "reason"] == Reason(Why.X_WAS_ONE_SIDE)
    assert table.loc[("abx_correct", "items"), "status"] == "ok"
