"""Quantities of plans: true values, effects and coverage, by simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from studyserver.results.statistics.abx import differencing_share
from studyserver.results.statistics.answer_model.answers import Family
from studyserver.results.statistics.answer_model.simulation import simulate
from studyserver.results.statistics.planning.populations import (
    USUAL_DEVIATIONS,
    USUAL_DEVIATIONS_BINARY,
    Deviations,
    population,
    population_of,
    with_effect,
)
from studyserver.results.statistics.planning.quantities import (
    Detection,
    Difference,
    Matching,
    Named,
    OddOneOut,
    Retention,
    Share,
    fit_simulated,
)
from studyserver.results.statistics.planning.simulated import (
    Plan,
    approximate,
    expectation,
    simulated_studies,
)

POINTS = [1.0, 2.0, 3.0, 4.0, 5.0]


def scale(n_levels=3):
    return population(USUAL_DEVIATIONS, n_levels, Family.ORDINAL, (1.0, 5.0), POINTS, reference=n_levels - 1)


def slider(n_levels=3):
    return population(USUAL_DEVIATIONS, n_levels, Family.GAUSSIAN, (0.0, 100.0), reference=n_levels - 1)


def binary(n_levels=1):
    return population(USUAL_DEVIATIONS_BINARY, n_levels, Family.BINARY)


def sets(n_raters, n_tracks, per_rater, n_levels=1):
    """Return an allocation of whole tracks, in turn."""
    rows = [
        (rater, (rater * per_rater + place) % n_tracks, level)
        for rater in range(n_raters)
        for place in range(per_rater)
        for level in range(n_levels)
    ]
    return lambda seed: np.array(rows)


EFFECTS = [
    (Difference(0, 1), scale(), 0.5),
    (Difference(0, 1), slider(), -12.0),
    (Retention(2, 0, 1), scale(), 0.3),
    (Retention(2, 0), slider(), 0.7),
    (Detection(0, 1), binary(2), 0.8),
    (Share(), binary(), 0.1),
    (OddOneOut(0.25), binary(), 0.2),
    (Named(0.25), binary(), 0.2),
    (Named(0.25, second=True), binary(2), 0.3),
    (Matching(), binary(), 1.2),
    (Detection(0, 1, 3.0), scale(), 0.9),
]


@pytest.mark.parametrize(("quantity", "truth", "effect"), EFFECTS)
def test_a_population_has_the_effect_that_it_is_given(quantity, truth, effect):
    assert quantity.true_value(with_effect(truth, quantity, effect)) == pytest.approx(effect, abs=1e-6)
    nothing = with_effect(truth, quantity, 0.0)
    assert quantity.true_value(nothing) == pytest.approx(0.0, abs=1e-6)
    assert np.linalg.eigvalsh(nothing.tracks).min() > -1e-9


@pytest.mark.parametrize(
    ("quantity", "truth", "effect"),
    [(Difference(0, 1), scale(), 4.5), (Retention(2, 0), scale(), 1.2), (Share(), binary(), 0.6)],
)
def test_an_impossible_effect_is_refused(quantity, truth, effect):
    with pytest.raises(ValueError, match=r"not possible|lies between"):
        with_effect(truth, quantity, effect)


@pytest.mark.parametrize("place", [5, 6, 7, 8, 9])
def test_shares_of_many_simulated_answers_are_the_true_ones(place):
    quantity, truth, effect = EFFECTS[place]
    truth = with_effect(truth, quantity, effect)
    rater, track, level = sets(900, 900, 900, len(truth.means))(0).T
    values = simulate(truth, rater, track, level, np.random.default_rng(1))
    shares = [values[level == one].mean() for one in range(len(truth.means))]
    expected = [0.5 + effect, 0.25 + effect, 0.25 + effect, shares[-1] + effect, differencing_share(effect)]
    assert shares[0] == pytest.approx(expected[place - 5], abs=0.03)


def test_d_prime_of_many_simulated_answers_is_the_true_one():
    quantity, truth, effect = EFFECTS[4]
    truth = with_effect(truth, quantity, effect)
    rows = sets(40, 200, 60, 2)(0)
    rng = np.random.default_rng(4)
    found = []
    for _ in range(40):  # of each rater apart, so that their criteria do not count
        values = simulate(truth, *rows.T, rng)
        for rater in range(40):
            own = rows[:, 0] == rater
            rates = [values[own & (rows[:, 2] == level)].mean() for level in (0, 1)]
            found.append(rates)
    shares = (np.array(found) * 60 + 0.5) / 61
    assert (ndtri(shares[:, 0]) - ndtri(shares[:, 1])).mean() == pytest.approx(effect, abs=0.05)


@pytest.mark.parametrize("place", [5, 6, 7, 8, 9])
def test_simulated_intervals_cover_and_are_as_wide_as_approximated(place):
    quantity, truth, effect = EFFECTS[place]
    n_levels = len(truth.means)
    plan = Plan(quantity, with_effect(truth, quantity, effect), sets(20, 24, 16 // n_levels, n_levels))
    n = 60 if place == 9 else 200
    found = expectation(plan, list(simulated_studies(plan, n)))
    assert found.covered > 0.95 - 3 * np.sqrt(0.95 * 0.05 / n) - 0.01
    assert found.undefined == 0
    quick = approximate(plan)
    assert quick.width == pytest.approx(found.width, rel=0.12)
    assert quick.found == pytest.approx(found.found, abs=0.05 + 3 * found.found_error)


def test_models_of_simulated_answers_are_as_precise_as_approximated():
    quantity, effect = Difference(0, 1), 10.0
    plan = Plan(quantity, with_effect(slider(), quantity, effect), sets(16, 20, 6, 3))
    found = expectation(plan, list(simulated_studies(plan, 10)))
    assert approximate(plan).width == pytest.approx(found.width, rel=0.15)


def test_the_same_seeds_give_the_same_studies():
    plan = Plan(Share(), with_effect(binary(), Share(), 0.1), sets(8, 10, 6), smallest=0.1)
    whole = list(simulated_studies(plan, 6))
    parts = [*simulated_studies(plan, 2), *simulated_studies(plan, 4, first_seed=2)]
    assert whole == parts
    assert len({one.estimate for one in whole}) > 1
    with pytest.raises(ValueError, match="no simulated study"):
        expectation(plan, [])


def test_a_model_of_answers_describes_their_population():
    quantity = Difference(0, 1)
    deviations = Deviations(0.1, 0.05, 0.03, 0.04, 0.08)  # nothing is cut at the ends of the slider
    truth = population(deviations, 3, Family.GAUSSIAN, (0.0, 100.0), reference=2)
    truth = with_effect(truth, quantity, 15.0)
    rows = sets(40, 60, 30, 3)(0)
    values = simulate(truth, *rows.T, np.random.default_rng(2))
    table = pd.DataFrame(rows, columns=["rater", "track", "level"]).assign(value=values)
    found = population_of(fit_simulated(truth, table, 0))
    assert quantity.true_value(found) == pytest.approx(15.0, abs=4.0)
    assert found.error == pytest.approx(truth.error, rel=0.1)
    assert np.diag(found.tracks) == pytest.approx(np.diag(truth.tracks), rel=0.45)
