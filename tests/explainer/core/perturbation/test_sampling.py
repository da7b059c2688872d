"""Sampling designs: what makes each of them what it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.core.perturbation.sampling import (
    CANDIDATES_PER_MASK,
    DESIGNS,
    INTERACTION,
    NOISE_SHARE,
    OPTIMAL_BLOCK,
    SamplingError,
    draw_design,
    hadamard_matrix,
)

SEGMENTS = st.integers(1, 40)
CALLS = st.integers(2, 200)
SEEDS = st.integers(0, 2**32)


def draw_masks(*arguments):
    return draw_design(*arguments).masks


@pytest.mark.parametrize("minimum", [1, 2, 3, 5, 12, 13, 24, 29, 60, 100, 305])
def test_hadamard_matrices_are_orthogonal(minimum):
    matrix = hadamard_matrix(minimum).astype(int)
    assert len(matrix) >= minimum
    assert set(np.unique(matrix)) <= {-1, 1}
    assert np.array_equal(matrix @ matrix.T, len(matrix) * np.eye(len(matrix)))


@given(st.sampled_from(["independent", "paired", "hadamard"]), SEGMENTS, CALLS, SEEDS)
def test_designs_keep_to_the_budget_and_to_their_seed(name, n_segments, calls, seed):
    masks = draw_masks(name, n_segments, calls, 0.5, np.random.default_rng(seed))
    assert masks.dtype == bool
    assert masks.shape[1] == n_segments
    assert 1 <= len(masks) <= calls
    assert np.array_equal(masks, draw_masks(name, n_segments, calls, 0.5, np.random.default_rng(seed)))


@given(st.sampled_from(["paired", "hadamard"]), SEGMENTS, CALLS, SEEDS)
def test_every_mask_of_a_paired_design_has_its_complement_beside_it(name, n_segments, calls, seed):
    design = draw_design(name, n_segments, calls, 0.5, np.random.default_rng(seed))
    assert np.array_equal(design.masks[::2], ~design.masks[1::2])
    assert np.array_equal(design.clusters[::2], design.clusters[1::2])


@given(st.integers(3, 20), SEEDS)
def test_hadamard_main_effects_are_orthogonal_to_each_other_and_to_pairs(n_segments, seed):
    signs = 2 * draw_masks("hadamard", n_segments, 200, 0.5, np.random.default_rng(seed)).astype(int) - 1
    assert np.array_equal(signs.T @ signs, len(signs) * np.eye(n_segments))
    pairs = signs[:, 0] * signs[:, 1]
    assert not (signs.T @ pairs).any()
    assert not signs.sum(axis=0).any()


@given(SEGMENTS, CALLS, st.sampled_from([0.25, 0.5, 0.75, 0.9]), SEEDS)
def test_balanced_design_hides_every_segment_equally_often(n_segments, calls, keep_probability, seed):
    masks = draw_masks("balanced", n_segments, calls, keep_probability, np.random.default_rng(seed))
    assert np.ptp((~masks).sum(axis=0)) <= 1


def test_balanced_design_hides_as_many_as_independent_choices_would():
    masks = draw_masks("balanced", 24, 2000, 0.75, np.random.default_rng(0))
    per_mask = (~masks).sum(axis=1)
    assert per_mask.mean() == pytest.approx(6, abs=0.05)
    assert per_mask.var() == pytest.approx(24 * 0.75 * 0.25, rel=0.05)
    centred = masks - masks.mean(axis=0)
    assert np.linalg.matrix_rank(centred) == 24  # the level of the weights is identified


def test_independent_design_begins_with_the_whole_track_and_keeps_its_probability():
    masks = draw_masks("independent", 50, 4000, 0.8, np.random.default_rng(0))
    assert masks[0].all()
    assert masks[1:].mean() == pytest.approx(0.8, abs=0.01)


def test_exhaustive_design_holds_every_subset_once():
    design = draw_design("exhaustive", 6, 64, 0.5, np.random.default_rng(0))
    assert len(np.unique(design.masks, axis=0)) == 64
    assert design.complete


@pytest.mark.parametrize(
    ("name", "n_segments", "calls", "keep_probability", "remedy"),
    [
        ("exhaustive", 7, 100, 0.5, "fewer segments"),
        ("hadamard", 7, 100, 0.75, "balanced"),
        ("paired", 7, 100, 0.75, "balanced"),
        ("sobol", 7, 100, 0.5, "independent"),
        ("independent", 0, 100, 0.5, "at least one segment"),
    ],
)
def test_impossible_designs_name_the_remedy(name, n_segments, calls, keep_probability, remedy):
    with pytest.raises(SamplingError, match=remedy):
        draw_masks(name, n_segments, calls, keep_probability, np.random.default_rng(0))


def test_every_design_is_known_by_name():
    assert set(DESIGNS) == {"independent", "paired", "hadamard", "balanced", "a_optimal", "exhaustive"}


@given(st.integers(2, 40), CALLS, st.sampled_from([0.1, 0.5, 0.75, 0.9]), SEEDS)
def test_a_optimal_design_keeps_to_budget_and_seed_and_never_asks_about_the_track(n, calls, keep, seed):
    design = draw_design("a_optimal", n, calls, keep, np.random.default_rng(seed))
    assert design.masks.shape[1] == n
    assert len(design.masks) <= calls
    assert not design.masks.all(axis=1).any()
    assert len(np.unique(design.clusters)) == len(design.masks)
    again = draw_masks("a_optimal", n, calls, keep, np.random.default_rng(seed))
    assert np.array_equal(design.masks, again)


def sum_of_variances(masks, strength, noise, p):
    """Posterior variances of the weights under the covariance that the design assumes, written out."""
    phi = (masks - p) / np.sqrt(p * (1 - p))
    covariance = np.prod(1 + strength * phi[:, None] * phi[None], axis=2) - 1
    with_weights = strength * phi
    told = with_weights.T @ np.linalg.solve(covariance + noise * np.eye(len(masks)), with_weights)
    return np.trace(strength * np.eye(masks.shape[1]) - told)


def test_a_optimal_design_takes_in_each_step_the_mask_that_leaves_the_least_variance():
    n_segments, keep = 6, 0.75
    rng = np.random.default_rng(3)
    crowd = rng.random((CANDIDATES_PER_MASK * 5, n_segments)) < keep
    crowd = crowd[~crowd.all(axis=1)]
    strength = min(INTERACTION / n_segments, 0.3)
    phi = (crowd - keep) / np.sqrt(keep * (1 - keep))
    noise = NOISE_SHARE * np.mean(np.prod(1 + strength * phi**2, axis=1) - 1)
    design = draw_masks("a_optimal", n_segments, 5, keep, np.random.default_rng(3))
    for step in range(5):
        asked = design[:step]
        best = min(sum_of_variances(np.vstack([asked, mask]), strength, noise, keep) for mask in crowd)
        assert sum_of_variances(design[: step + 1], strength, noise, keep) == pytest.approx(best, rel=1e-9)


def test_a_optimal_design_leaves_less_variance_than_any_other():
    def left(name):
        masks = draw_masks(name, 24, 256, 0.75, np.random.default_rng(1))
        return sum_of_variances(masks, 0.06, 0.1, 0.75)  # not the strength it was drawn for

    assert left("a_optimal") < 0.8 * min(left("balanced"), left("independent"))


def test_a_long_a_optimal_design_is_made_of_blocks():
    masks = draw_masks("a_optimal", 8, OPTIMAL_BLOCK + 20, 0.9, np.random.default_rng(1))
    assert OPTIMAL_BLOCK < len(masks) <= OPTIMAL_BLOCK + 20
