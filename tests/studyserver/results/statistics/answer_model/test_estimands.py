"""Figures of fits of simulated answers beside the truth they were simulated from."""

import numpy as np
import pandas as pd
import pytest

from studyserver.results.statistics.answer_model.answers import Family, answers_of
from studyserver.results.statistics.answer_model.estimands import (
    Posterior,
    detection,
    difference,
    differs_by_track,
    kept_share,
    mean,
    retention,
    slope,
    slope_per_doubling,
)
from studyserver.results.statistics.answer_model.fit import Effort, Fit, fit_answers
from studyserver.results.statistics.answer_model.reliability import components, reliability
from studyserver.results.statistics.answer_model.simulation import Truth, simulate

LEVELS = ["original", "evidence", "control"]
TRACKS = np.array([[0.9, 0.63, 0.1], [0.63, 0.7, 0.05], [0.1, 0.05, 0.5]])


def truth_of(family: Family) -> Truth:
    if family is Family.BINARY:
        return Truth(np.array([1.0, 0.5, -0.4]), TRACKS, 0.3, 0.1, 0.2, 1.0, family, (0.0, 1.0))
    if family is Family.GAUSSIAN:
        ends = (0.0, 100.0)
        return Truth(np.array([60.0, 55, 45]), TRACKS * 150, 60.0, 25.0, 40.0, 100.0, family, ends)
    thresholds = np.array([1.5, 2.2, 3.4, 4.5])
    return Truth(np.array([3.4, 3.1, 2.6]), TRACKS, 0.2, 0.05, 0.1, 0.5, thresholds=thresholds)


def table_of(truth: Truth, rng: np.random.Generator, n_raters: int = 30, n_tracks: int = 60) -> pd.DataFrame:
    """Return the answers of raters who each hear every level of 20 tracks."""
    rater = np.repeat(np.arange(n_raters), 60)
    track = np.concatenate([np.repeat(rng.permutation(n_tracks)[:20], 3) for _ in range(n_raters)])
    level = np.tile(np.arange(3), 20 * n_raters)
    values = simulate(truth, rater, track, level, rng)
    return pd.DataFrame({"rater": rater, "track": track, "level": np.array(LEVELS)[level], "value": values})


@pytest.fixture(scope="module", params=list(Family), ids=lambda family: family.name.lower())
def fitted(request) -> tuple[Truth, Fit]:
    truth = truth_of(request.param)
    table = table_of(truth, np.random.default_rng(4))
    points = truth.points if request.param is Family.ORDINAL else ()
    answers = answers_of(table, request.param, truth.ends, points=points, levels=LEVELS)
    return truth, fit_answers(answers, effort=Effort(n_warm_up=250, n_draws=300))


@pytest.mark.slow
class TestTruthIsFound:
    """The truth lies inside intervals of 99.9 %, and these are not wide."""

    def test_chains_agree(self, fitted):
        assert fitted[1].has_converged

    def test_means(self, fitted):
        truth, fit = fitted
        low, high = truth.ends
        for place, level in enumerate(LEVELS):
            found = mean(fit, level)
            assert found.interval(0.999)[0] < truth.mean(place) < found.interval(0.999)[1]
            assert np.ptp(found.interval()) < 0.25 * (high - low)

    def test_difference(self, fitted):
        truth, fit = fitted
        found = difference(fit, ["evidence"], ["control"])
        expected = truth.mean(1) - truth.mean(2)
        assert found.interval(0.999)[0] < expected < found.interval(0.999)[1]
        assert found.p_value() < 0.05

    def test_retention(self, fitted):
        truth, fit = fitted
        for place, level in ((1, "evidence"), (2, "control")):
            found = retention(fit, "original", level)
            assert found.interval(0.999)[0] < truth.retention(0, place) < found.interval(0.999)[1]
            assert found.draws.min() >= -1 and found.draws.max() <= 1
        kept = kept_share(fit, "original", "evidence")
        assert kept.interval(0.999)[0] < 0.7 < kept.interval(0.999)[1]

    def test_variances(self, fitted):
        truth, fit = fitted
        found = components(fit)
        expected = {
            "tracks": (TRACKS.sum() - np.trace(TRACKS)) / 6 * truth.tracks[0, 0] / TRACKS[0, 0],
            "raters": truth.raters,
            "raters_by_level": truth.raters_by_level,
            "raters_by_track": truth.raters_by_track,
            "error": truth.error,
        }
        for name, value in expected.items():
            if fit.answers.family is Family.BINARY and name == "error":
                assert (found[name].draws == 1).all()
                continue
            low, high = found[name].interval(0.999)
            # Ends of the slider cut some answers, which takes a little of every variance.
            slack = 0.15 * value if fit.answers.family is Family.GAUSSIAN else 0.0
            assert low - slack < value < high + slack, name


def quick(answers) -> Fit:
    return fit_answers(answers, effort=Effort(n_warm_up=150, n_draws=150, attempts=1))


@pytest.mark.slow
def test_d_prime_is_that_of_a_listener_whatever_the_criteria():
    """Hits pooled over listeners with criteria of their own understate d' (1.0 becomes .84)."""
    truth = Truth(
        np.array([0.5, -0.5]), np.zeros((2, 2)), 0.42, 0.0, 0.0, 1.0, Family.BINARY, (0.0, 1.0)
    )  # fmt: skip
    rng = np.random.default_rng(5)
    rater, track = np.divmod(np.arange(150 * 80), 80)
    level = track % 2
    values = simulate(truth, rater, track, level, rng)
    from scipy.stats import norm

    pooled = norm.ppf(values[level == 0].mean()) - norm.ppf(values[level == 1].mean())
    assert pooled == pytest.approx(0.84, abs=0.06)
    table = pd.DataFrame({"rater": rater, "track": track, "level": level, "value": values})
    found, criterion = detection(quick(answers_of(table, Family.BINARY)), [0], [1])
    assert found.estimate == pytest.approx(1.0, abs=0.06)
    assert criterion.estimate == pytest.approx(0.0, abs=0.06)


@pytest.mark.slow
@pytest.mark.parametrize("family", [Family.GAUSSIAN, Family.ORDINAL])
def test_d_prime_of_ratings_is_that_of_a_listener_whose_criterion_is_the_middle(family):
    points, cuts = np.arange(1.0, 6.0), np.arange(1.5, 5.0)
    ordinal = {"points": points, "thresholds": cuts} if family is Family.ORDINAL else {}
    truth = Truth(
        np.array([3.5, 2.5]), np.diag([0.36, 0.36]), 0.5, 0.0, 0.0, 0.64, family, (1.0, 5.0), **ordinal
    )  # fmt: skip
    rater, track = np.divmod(np.arange(60 * 60), 60)
    level = track % 2
    table = pd.DataFrame({"rater": rater, "track": track, "level": level})
    table["value"] = simulate(truth, rater, track, level, np.random.default_rng(7))
    fit = quick(answers_of(table, family, (1.0, 5.0), **({"points": list(points)} if ordinal else {})))
    found, criterion = detection(fit, [0], [1], heard_above=3.0)
    middle = 3.0 if family is Family.GAUSSIAN else 3.5  # an answer above 3 begins at the cut after it
    true = [(mean - middle) / np.sqrt(0.36 + 0.64) for mean in (3.5, 2.5)]
    slack = 4 * found.sd
    assert slack < 1
    assert found.estimate == pytest.approx(true[0] - true[1], abs=slack)
    assert criterion.estimate == pytest.approx(-sum(true) / 2, abs=4 * criterion.sd)


@pytest.mark.slow
def test_tracks_that_do_not_differ_leave_no_share_of_their_differences():
    for sd, differs in ((1.0, True), (0.0, False)):
        truth = Truth(
            np.array([3.0, 3.0]), sd**2 * np.eye(2), 0.3, 0.0, 0.0, 0.5, Family.GAUSSIAN, (0.0, 6.0)
        )  # fmt: skip
        rater, place = np.divmod(np.arange(12 * 24), 24)
        track, level = np.divmod(place, 2)
        table = pd.DataFrame({"rater": rater, "track": track, "level": level})
        table["value"] = simulate(truth, rater, track, level, np.random.default_rng(8))
        fit = quick(answers_of(table, Family.GAUSSIAN, (0.0, 6.0)))
        assert differs_by_track(fit, 0) is differs


@pytest.mark.slow
def test_slopes_are_found_beside_everything_else():
    truth = truth_of(Family.GAUSSIAN)
    table = table_of(truth, np.random.default_rng(6), n_raters=15)
    table["position"] = np.tile(np.linspace(0, 1, 60), 15)
    table["value"] += 12 * table["position"]
    fit = quick(answers_of(table, Family.GAUSSIAN, (0, 112), covariates=["position"], levels=LEVELS))
    assert slope(fit, "position").estimate == pytest.approx(12, abs=4 * slope(fit, "position").sd)
    assert slope(fit, "position").interval()[0] > 0


@pytest.mark.slow
def test_a_mean_that_rises_with_every_doubling_of_the_dose():
    doses = np.array([1.0, 2, 4, 8])
    tracks = 0.5 * np.eye(4) + 0.3
    truth = Truth(np.array([30.0, 36, 42, 48]), tracks * 60, 20, 5, 5, 60, Family.GAUSSIAN, (0, 100))
    rater = np.repeat(np.arange(15), 80)
    track, level = np.divmod(np.tile(np.arange(80), 15), 4)
    values = simulate(truth, rater, track, level, np.random.default_rng(7))
    table = pd.DataFrame({"rater": rater, "track": track, "level": doses[level], "value": values})
    found = slope_per_doubling(
        quick(answers_of(table, Family.GAUSSIAN, (0, 100))), [(dose, dose) for dose in doses]
    )
    assert found.estimate == pytest.approx(6, abs=4 * found.sd)
    assert found.sd < 2


def test_a_posterior_counts_its_draws():
    found = Posterior(np.arange(-100.0, 900.0))
    assert found.estimate == pytest.approx(399.5)
    assert found.above(0) == pytest.approx(0.899)
    assert found.p_value() == pytest.approx(2 * 102 / 1001, abs=0.003)
    assert found.interval(0.9) == pytest.approx((-50.05, 849.05))
    assert Posterior(np.full(100, 3.0)).p_value() == pytest.approx(2 / 100)


def test_the_p_value_is_below_5_percent_where_the_interval_excludes_0():
    for n_below in range(10, 30):
        found = Posterior(np.arange(800.0) - n_below + 0.5)
        assert found.p_value() == pytest.approx(0.05) or (found.p_value() < 0.05) == (found.interval()[0] > 0)


@pytest.mark.slow
def test_reliability_rises_with_raters_and_is_lower_if_they_differ_by_clip():
    truth = truth_of(Family.ORDINAL)
    table = table_of(truth, np.random.default_rng(9), n_raters=12)
    fit = quick(answers_of(table, Family.ORDINAL, points=truth.points, levels=LEVELS))
    for k in (1, 5, 20):
        error = (truth.raters_by_track + truth.error) / k
        expected = np.mean([truth.tracks[c, c] / (truth.tracks[c, c] + error) for c in range(3)])
        assert reliability(fit, k).estimate == pytest.approx(expected, abs=0.12)
        assert reliability(fit, k, absolute=True).estimate < reliability(fit, k).estimate
    assert reliability(fit, 1).estimate < reliability(fit, 5).estimate < reliability(fit, 20).estimate
