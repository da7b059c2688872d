"""Where the next judgment goes: the one that narrows the figure most, computed anew by brute force."""

import numpy as np
import pytest

from studyserver.study.design.interval_width import Target
from studyserver.study.design.next_judgment import ranking

DIFFERENCE = Target(4.0, {0: 0.5, 1: 0.5, 2: -0.5, 3: -0.5})


def ratings_of(table):
    raters, stimuli = np.nonzero(np.isfinite(table))
    return [(int(s), int(r), float(table[r, s])) for r, s in zip(raters, stimuli, strict=True)]


def rank(table, target, candidates, *, pending=None, heard=()):
    return ranking(
        ratings_of(table), range(table.shape[1]), target, candidates, pending=pending or {}, heard=heard
    )


def test_of_means_the_widest_interval_comes_first_and_what_is_on_its_way_counts():
    table = np.random.default_rng(3).normal(size=(8, 3)) * [0.2, 1.5, 0.2]
    singles = [[0], [1], [2]]
    assert rank(table, Target(4.0), singles)[0] == 1
    assert rank(table, Target(4.0), singles, pending={1: 1000})[-1] == 1
    assert ranking([], range(2), Target(4.0), [[0], [1]], pending={0: 1}) == [1, 0]


def variance(table, weights, counts, loads):
    """The variance that `narrowing` says a difference has, from the table and who heard what."""
    residual = table - table.mean(axis=0)
    residual = residual - residual.mean(axis=1, keepdims=True)
    n_raters, n_stimuli = table.shape
    squares = n_stimuli / (n_stimuli - 1) * (residual**2).sum(axis=0)
    error = {sign: squares[weights * sign > 0].sum() / ((n_raters - 1) * 2) for sign in (1, -1)}
    bias = table.var(axis=0, ddof=1).mean() - squares.sum() / ((n_raters - 1) * n_stimuli)
    own = sum(w**2 * error[np.sign(w)] / n for w, n in zip(weights, counts, strict=True))
    return own + max(bias, 0) * sum(weights[c] / counts[c] for c in loads) ** 2


def test_of_a_difference_comes_first_by_which_its_variance_falls_most():
    generator = np.random.default_rng(5)
    weights = np.array([0.5, 0.5, -0.5, -0.5])
    for _ in range(20):
        table = generator.normal(size=(6, 4)) * [1, 1, 2, 2] + 2 * generator.normal(size=(6, 1))
        heard = [int(generator.integers(4))]
        free = [key for key in range(4) if key not in heard]
        after = []
        for key in free:
            counts = np.full(4, 6.0)
            counts[key] += 1
            now = sum(weights[c] / 6 for c in heard)
            more = variance(table, weights, counts, []) - variance(table, weights, np.full(4, 6.0), [])
            bias = variance(table, weights, np.full(4, 6.0), [0]) - variance(
                table, weights, np.full(4, 6.0), []
            )
            bias /= (weights[0] / 6) ** 2
            after.append(more + bias * ((now + weights[key] / 7) ** 2 - now**2))
        first = rank(table, DIFFERENCE, [[key] for key in free], heard=heard)[0]
        assert after[first] == pytest.approx(min(after))


def test_an_annotator_is_given_both_conditions_so_that_biases_cancel():
    table = np.random.default_rng(6).normal(size=(8, 4)) * 0.3 + np.linspace(-3, 3, 8)[:, None]
    order = rank(table, DIFFERENCE, [[0], [1], [2], [3]])
    assert {order[0] in (0, 1), order[1] in (0, 1)} == {True, False}
    pairs = rank(table, DIFFERENCE, [[0, 1], [0, 2]])
    assert pairs[0] == 1


def test_the_condition_that_people_doubt_about_more_is_asked_about_more():
    generator = np.random.default_rng(7)
    weights = {key: 0.1 if key < 10 else -0.1 for key in range(20)}
    table = generator.normal(size=(12, 20)) * np.repeat([2.0, 0.5], 10)
    order = rank(table, Target(4.0, weights), [[key] for key in range(20)])
    assert sum(number < 10 for number in order[:6]) > 3


def test_a_clip_that_happens_to_look_settled_is_not_put_behind_the_others():
    table = np.array([[5, 3.0, 1, 2], [5, 4, 2, 1], [5, 2, 1, 2]])
    order = rank(table, DIFFERENCE, [[0], [1]])
    assert order == [0, 1]  # of equals the first


def test_what_the_figure_is_not_about_comes_last():
    table = np.random.default_rng(8).normal(size=(6, 5))
    assert rank(table, DIFFERENCE, [[4], [0], [2]])[-1] == 0


@pytest.mark.parametrize("target", [Target(4.0), DIFFERENCE])
def test_nothing_judged_yet_leaves_the_order_as_it_is(target):
    assert ranking([], range(4), target, [[2], [0], [3]], pending={}) == [0, 1, 2]
