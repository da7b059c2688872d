import numpy as np
import pytest
from scipy.stats import spearmanr

from explainer.core.base.explanation import Explanation, Target
from explainer.core.evaluation.comparison import agreement

RNG = np.random.default_rng(0)


def labels(time_cells, band_cells, n_frames=12, n_bands=12):
    rows = np.arange(n_frames) * time_cells // n_frames
    columns = np.arange(n_bands) * band_cells // n_bands
    return (rows[:, None] * band_cells + columns)[None]


def explanation(weights):
    weights = np.atleast_2d(np.asarray(weights, dtype=float))
    return Explanation([Target("happy")], weights, np.zeros(1), np.zeros(1), model_calls=1)


def test_an_explanation_agrees_with_itself_wholly():
    grid, one = labels(3, 4), explanation(RNG.standard_normal(12))
    found = agreement(one, grid, one, grid, "happy", [2, 3])
    assert found.rank_correlation == pytest.approx(1)
    assert [overlap.jaccard for overlap in found.overlaps] == [1, 1]
    # Two sets of 2 in 12 at random share 1/36 of the area and cover 11/36.
    assert found.overlaps[0].chance == pytest.approx(1 / 11)


def test_ranks_and_overlap_are_those_worked_out_by_hand():
    grid = labels(2, 2)
    first, second = explanation([4, 3, -1, 0]), explanation([4, -2, 3, 0])
    found = agreement(first, grid, second, grid, "happy", [2])
    assert found.rank_correlation == pytest.approx(spearmanr([4, 3, -1, 0], [4, -2, 3, 0]).statistic)
    assert found.same_segments
    assert found.n_ranked == 4
    assert found.overlaps[0].jaccard == pytest.approx(1 / 3)  # {0, 1} and {0, 2}


def test_different_segments_are_compared_cell_by_cell():
    coarse, fine = labels(2, 1), labels(4, 1)
    # The same weight per cell: each coarse segment falls into two fine ones.
    found = agreement(explanation([2, 1]), coarse, explanation([1, 1, 0.5, 0.5]), fine, "happy", [1])
    assert found.rank_correlation == pytest.approx(1)
    assert not found.same_segments
    assert found.n_ranked == 144
    assert found.overlaps[0].jaccard == pytest.approx(0.5)  # a quarter of the cells within a half


def test_what_cannot_be_compared_is_undefined():
    grid = labels(2, 2)
    found = agreement(explanation([1, 1, 1, 1]), grid, explanation([-1, -2, -3, -4]), grid, "happy", [1])
    assert np.isnan(found.rank_correlation)
    assert found.overlaps[0].jaccard == 0
    nothing = explanation([-1, -2, -3, -4])
    assert np.isnan(agreement(nothing, grid, nothing, grid, "happy", [1]).overlaps[0].jaccard)
    with pytest.raises(ValueError, match="different spectrograms"):
        agreement(nothing, grid, nothing, labels(2, 2, n_frames=10), "happy", [1])
    with pytest.raises(KeyError, match="no target 'sad'"):
        agreement(nothing, grid, nothing, grid, "sad", [1])
