"""Items that belong together, such as clips of a track: intervals leave out units."""

import numpy as np
import pytest
from panels import long, panel

from studyserver.results.statistics.agreement import (
    COEFFICIENTS,
    Bootstrap,
    RatingsError,
    agreement_table,
    prepare,
    resampling,
    retest_table,
)
from studyserver.results.statistics.agreement.ratings import UndefinedError
from studyserver.results.statistics.agreement.resampling import without_units
from studyserver.results.statistics.intervals import jackknife
from studyserver.results.statistics.means import mean_with_interval


def value_or_nan(one, ratings):
    try:
        return one.compute(ratings).value
    except UndefinedError:
        return np.nan


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_figures_without_each_unit_are_those_of_the_others(missing):
    items, raters, values = long(panel(3, 24, 5, missing=missing, kind="slider", rater_bias=0.5))
    ratings = prepare(items, raters, values, "interval", units=np.array(items) // 4)
    assert (ratings.n_units, ratings.n_items) == (6, 24)
    found = without_units(ratings, list(COEFFICIENTS.values()))
    for name, one in COEFFICIENTS.items():
        for unit in range(6):
            rest = ratings.unit[ratings.item] != unit
            expected = value_or_nan(one, ratings.select(rest))
            assert found[name][unit] == pytest.approx(expected, abs=1e-5, nan_ok=True)


@pytest.mark.parametrize("missing", [0.0, 0.5])
def test_in_large_studies_the_changes_of_items_are_added_up_to_about_the_same(missing, monkeypatch):
    items, raters, values = long(panel(6, 120, 8, missing=missing, kind="slider", rater_bias=0.5))
    units = np.array(items) // 3
    names = ["krippendorff_alpha", "fleiss_kappa", "icc_a_1", "icc_1_k", "mean_spearman"]
    anew = agreement_table(items, raters, values, "interval", units=units, statistics=names)
    monkeypatch.setattr(resampling, "_LONG", 0)
    added = agreement_table(items, raters, values, "interval", units=units, statistics=names)
    assert added["estimate"].equals(anew["estimate"]) and not added["se"].equals(anew["se"])
    np.testing.assert_allclose(added["se"], anew["se"], rtol=0.1)


def test_units_of_one_item_change_nothing_and_copies_of_clips_no_longer_narrow_intervals():
    items, raters, values = (np.array(column) for column in long(panel(4, 20, 6)))
    names = ["krippendorff_alpha", "brennan_prediger", "percent_agreement"]
    plain = agreement_table(items, raters, values, "ordinal", statistics=names)
    same = agreement_table(items, raters, values, "ordinal", units=items, statistics=names)
    assert same.drop(columns="n_units").equals(plain) and set(same["n_units"]) == {20}
    twice = [np.concatenate([column, column]) for column in (raters, values, items)]
    copied = np.concatenate([items, items + 100])
    unaware = agreement_table(copied, *twice[:2], "ordinal", statistics=names)
    aware = agreement_table(copied, *twice[:2], "ordinal", units=twice[2], statistics=names)
    of_items = plain["ci_scope"] == "items"
    assert (unaware["se"] < 0.8 * plain["se"])[of_items].all()
    np.testing.assert_allclose(aware["se"], plain["se"], rtol=0.08)
    drawn = agreement_table(
        copied, *twice[:2], "ordinal", units=twice[2], statistics=names, bootstrap=Bootstrap(1, 300)
    )
    np.testing.assert_allclose(drawn["se"][of_items], plain["se"][of_items], rtol=0.2)


def test_an_item_of_two_units_is_refused_with_its_row():
    with pytest.raises(RatingsError, match="item 'x' belongs to two units") as refused:
        prepare(["x", "x"], ["a", "b"], [1, 2], "interval", units=["one", "two"])
    assert refused.value.row == 1


def test_one_unit_gives_no_interval_and_says_why():
    items, raters, values = long(panel(4, 20, 6))
    table = agreement_table(items, raters, values, "ordinal", units=["only"] * len(items))
    alpha = table[table["statistic"] == "krippendorff_alpha"].iloc[0]
    assert np.isnan(alpha["ci_low"]) and alpha["status"] == "ok"
    assert alpha["reason"].worded("clip", "annotator", "track") == "no interval: there is only one track"


def test_repeats_and_means_of_copied_clips_have_the_interval_of_their_units():
    generator = np.random.default_rng(5)
    items, raters = np.repeat(np.arange(15), 6), np.tile(np.arange(6), 15)
    first = generator.integers(1, 6, 90).astype(float)
    second = np.clip(first + generator.integers(-1, 2, 90), 1, 5)
    plain = retest_table(items, raters, first, second)
    columns = [np.concatenate([column, column]) for column in (raters, first, second)]
    copied = np.concatenate([items, items + 50])
    aware = retest_table(copied, *columns, units=copied % 50)
    exact = plain["statistic"].isin(["exact_agreement", "kappa_quadratic"])
    np.testing.assert_allclose(aware["se"][exact], plain["se"][exact], rtol=0.02)
    assert set(aware["n_units"]) == {15} and set(aware["n_items"]) == {30}
    mean = mean_with_interval(first, items, raters)
    for alike in (False, True):
        found = mean_with_interval(columns[1], copied, columns[0], units=copied % 50, items_alike=alike)
        assert found.interval.low == pytest.approx(mean.interval.low)
        assert (found.n_items, found.n_units) == (30, 15)


@pytest.mark.slow
def test_with_clips_of_one_track_intervals_hold_the_truth_if_tracks_are_left_out():
    """13 tracks of 3 clips: coverage at nominal 95 % near .95 for tracks, below .9 for clips."""
    generator = np.random.default_rng(7)

    def study(tracks, raters, share):
        track = np.repeat(np.arange(tracks), 3)
        x = generator.normal(size=tracks)[track][:, None] + 0.5 * generator.normal(size=raters)
        x = x + 0.9 * generator.normal(size=(len(track), raters))
        item, rater = np.nonzero(generator.random(x.shape) < share)
        values = np.clip(np.round(1.1 * x + 3), 1, 5)[item, rater]
        return prepare(item, rater, values, "interval", units=track[item])

    one = COEFFICIENTS["krippendorff_alpha"]
    truth = np.mean([one.compute(study(400, 100, 1.0)).value for _ in range(5)])
    held = {"tracks": 0, "clips": 0}
    for _ in range(300):
        ratings = study(13, 20, 0.4)
        found = one.compute(ratings)
        tracks = without_units(ratings, [one])["krippendorff_alpha"]
        raters = found.without_rater, found.without_judgment
        for unit, left_out, cell in (("tracks", tracks, ratings.cell), ("clips", found.without_item, None)):
            interval = jackknife(found.value, left_out, *raters, cell=cell, scale=one.scale(ratings))
            held[unit] += interval.low <= truth <= interval.high
    assert 0.925 <= held["tracks"] / 300 <= 0.98
    assert held["clips"] / 300 < 0.9
