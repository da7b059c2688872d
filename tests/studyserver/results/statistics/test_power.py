"""Planning beside simulation."""

import numpy as np
import pandas as pd
import pytest
from paired_contrasts import contrast

from studyserver.results.statistics.power import (
    Variances,
    planning_table,
    planning_width,
    power,
    raters_needed,
    raters_until,
    smallest_difference,
    standard_error,
    variances_from_pilot,
)

VARIANCES = Variances(rater_by_condition=0.15, clip_by_condition=0.1, error=0.6)


def differences(seed, raters, clips, effect=0.0, variances=VARIANCES):
    """Return simulated differences of two conditions, clips x raters."""
    generator = np.random.default_rng(seed)
    parts = [
        np.sqrt(2 * variances.rater_by_condition) * generator.normal(size=(1, raters)),
        np.sqrt(2 * variances.clip_by_condition) * generator.normal(size=(clips, 1)),
        np.sqrt(2 * variances.error) * generator.normal(size=(clips, raters)),
    ]
    return effect + sum(parts)


def as_judgments(difference):
    clips, raters = np.indices(difference.shape).reshape(2, -1)
    one = pd.DataFrame({"track": clips, "condition": "a", "rater": raters, "value": difference.ravel()})
    return pd.concat([one, one.assign(condition="b", value=0.0)])


@pytest.mark.parametrize(("raters", "clips"), [(10, 20), (30, 6)])
def test_the_standard_error_agrees_with_simulation(raters, clips):
    means = [differences(seed, raters, clips).mean() for seed in range(4000)]
    monte_carlo = 3 / np.sqrt(2 * 4000)
    assert np.std(means) == pytest.approx(standard_error(raters, clips, VARIANCES), rel=monte_carlo)


@pytest.mark.slow
def test_power_agrees_with_the_test_of_paired_contrasts():
    raters, clips, effect, studies = 16, 16, 0.55, 250
    found = 0
    for seed in range(studies):
        _, low, high = contrast(as_judgments(differences(seed, raters, clips, effect)), "a", "b")
        found += low > 0 or high < 0
    expected = power(effect, raters, clips, VARIANCES)
    # The jackknife counts the error twice, so it is a little more careful than planned.
    assert found / studies == pytest.approx(
        expected, abs=3 * np.sqrt(expected * (1 - expected) / studies) + 0.03
    )


def test_the_smallest_difference_is_about_2_8_standard_errors_and_has_its_power():
    found = smallest_difference(500, 500, VARIANCES)
    assert found / standard_error(500, 500, VARIANCES) == pytest.approx(2.8, abs=0.02)
    small = smallest_difference(6, 8, VARIANCES)
    assert small > 2.9 * standard_error(6, 8, VARIANCES)
    assert power(small, 6, 8, VARIANCES) == pytest.approx(0.8, abs=1e-6)


def test_power_without_a_difference_is_the_level_of_significance():
    assert power(0.0, 10, 10, VARIANCES) == pytest.approx(0.05)


def test_the_pilot_gives_the_variances_back():
    found = [variances_from_pilot(as_judgments(differences(seed, 25, 25)), "a", "b") for seed in range(15)]
    mean = np.mean([[v.rater_by_condition, v.clip_by_condition, v.error] for v in found], axis=0)
    np.testing.assert_allclose(mean, [0.15, 0.1, 0.6], rtol=0.2)


def test_a_pilot_with_gaps_will_do_and_one_without_pairs_is_refused():
    table = as_judgments(differences(1, 12, 12)).sample(frac=0.8, random_state=1)
    assert variances_from_pilot(table, "a", "b").error > 0
    alone = table[(table["condition"] == "a") == (table["rater"] < 6)]
    with pytest.raises(ValueError, match="both conditions"):
        variances_from_pilot(alone, "a", "b")


def test_raters_needed_is_the_first_number_that_is_enough():
    width = 1.0
    needed = raters_needed(width, 12, VARIANCES)
    assert planning_width(needed, 12, VARIANCES) <= width < planning_width(needed - 1, 12, VARIANCES)


def test_when_clips_limit_precision_more_raters_do_not_help():
    assert raters_needed(0.2, 4, VARIANCES) is None


def test_the_table_covers_the_grid():
    table = planning_table([5, 10], [4, 8, 16], VARIANCES, difference=0.5)
    assert len(table) == 6 and list(table["judgments"][:2]) == [40, 80]
    assert table.groupby("raters")["power"].is_monotonic_increasing.all()
    assert table["smallest_difference"].iloc[-1] < table["smallest_difference"].iloc[0]


def test_negative_variances_are_refused():
    with pytest.raises(ValueError, match="negative"):
        Variances(-0.1, 0.1, 0.1)


def test_an_incomplete_design_agrees_with_simulation_of_the_table_that_results_show():
    raters, clips, each, studies = 24, 12, 6, 400
    estimates = []
    for seed in range(studies):
        difference = differences(seed, raters, clips)
        for rater in range(raters):  # each rater hears six tracks, every track is heard by twelve
            difference[(np.arange(clips) - rater) % clips >= each, rater] = np.nan
        rows = as_judgments(difference).dropna()
        means = rows[rows["condition"] == "a"].groupby("track")["value"].mean()
        estimates.append(means.mean())
    expected = standard_error(raters, clips, VARIANCES, each=each)
    assert np.std(estimates) == pytest.approx(expected, rel=3 / np.sqrt(2 * studies))
    assert expected > standard_error(raters, clips, VARIANCES)
    assert standard_error(raters, clips, VARIANCES, each=99) == standard_error(raters, clips, VARIANCES)


def test_so_many_raters_do_give_the_interval_that_was_asked_for():
    clips, each, wanted = 12, 6, 1.1
    needed = raters_until(wanted, clips, VARIANCES, each=each)
    assert planning_width(needed, clips, VARIANCES, each=each) <= wanted
    assert planning_width(needed - 1, clips, VARIANCES, each=each) > wanted
    widths = []
    for seed in range(60):
        difference = differences(seed, needed, clips)
        for rater in range(needed):
            difference[(np.arange(clips) - rater) % clips >= each, rater] = np.nan
        _, low, high = contrast(as_judgments(difference).dropna(), "a", "b")
        widths.append(high - low)
    # The root mean square, since the formula gives the expected variance.
    noise = 3 * np.std(np.square(widths)) / np.sqrt(len(widths))
    assert np.mean(np.square(widths)) == pytest.approx(wanted**2, abs=noise + 0.05)


def test_no_number_of_raters_overcomes_tracks_that_differ():
    assert raters_until(0.2, 4, VARIANCES) is None
