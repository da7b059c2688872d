"""How many raters would settle a difference, beside studies that have them."""

import numpy as np
import pandas as pd
import pytest

from studyserver.results.statistics.answer_model.answers import Family, answers_of
from studyserver.results.statistics.answer_model.estimands import difference
from studyserver.results.statistics.answer_model.fit import Effort, Fit, fit_answers
from studyserver.results.statistics.answer_model.outlook import raters_to_settle
from studyserver.results.statistics.answer_model.simulation import Truth, simulate

QUICK = Effort(n_warm_up=200, n_draws=250)


def fit_of(n_raters: int, n_tracks: int, apart: float, seed: int, tracks: float = 6.0) -> Fit:
    truth = Truth(
        np.array([50.0, 50 + apart]), tracks * (np.eye(2) + 1), 100, 30, 10, 300, Family.GAUSSIAN, (0, 100)
    )
    rater = np.repeat(np.arange(n_raters), 2 * n_tracks)
    track, level = np.divmod(np.tile(np.arange(2 * n_tracks), n_raters), 2)
    values = simulate(truth, rater, track, level, np.random.default_rng(seed))
    table = pd.DataFrame({"rater": rater, "track": track, "level": level, "value": values})
    return fit_answers(answers_of(table, Family.GAUSSIAN, (0, 100)), effort=QUICK, attempts=1)


@pytest.mark.slow
def test_a_study_of_the_size_that_was_foretold_is_about_as_precise_as_foretold():
    small = fit_of(8, 30, 4.0, seed=1)
    found = difference(small, [1], [0])
    wanted = raters_to_settle(small, [1], [0])
    assert 8 <= wanted < 60
    large = difference(fit_of(32, 30, 4.0, seed=2), [1], [0])
    # The squared standard error of four times the raters, by the same division of it.
    distance = abs(found.estimate)
    foretold = distance / 1.96 if wanted <= 32 else found.sd
    assert large.sd < found.sd and (wanted > 32 or large.sd <= 1.5 * foretold)


@pytest.mark.slow
def test_few_tracks_that_differ_much_cannot_be_made_up_for_by_raters():
    fit = fit_of(40, 6, 1.0, seed=3, tracks=150.0)
    assert raters_to_settle(fit, [1], [0]) == float("inf")


@pytest.mark.slow
def test_what_is_settled_needs_nobody_more():
    fit = fit_of(12, 30, 25.0, seed=4)
    assert raters_to_settle(fit, [1], [0]) == 12
    assert raters_to_settle(fit, [1], [0], smallest=60.0) == 12
