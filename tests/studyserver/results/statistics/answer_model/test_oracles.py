"""The model of answers beside lme4 and ordinal, on enough answers that priors hardly matter."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from studyserver.results.statistics.answer_model.answers import Family, answers_of
from studyserver.results.statistics.answer_model.estimands import mean, retention
from studyserver.results.statistics.answer_model.fit import Effort, fit_answers
from studyserver.results.statistics.answer_model.simulation import Truth, simulate

SCRIPT = Path("tests/support/oracle/crossed_model.R")
LEVELS = ["control", "evidence", "original"]
pytestmark = pytest.mark.extra


@pytest.fixture
def rscript():
    found = shutil.which("Rscript")
    if found is None:
        pytest.skip("Rscript is not installed (Debian: r-base-core, r-cran-lme4, r-cran-ordinal)")
    return found


def table_of(truth: Truth, n_raters: int, n_tracks: int, each: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    track = np.concatenate([np.repeat(rng.permutation(n_tracks)[:each], 3) for _ in range(n_raters)])
    rater, level = np.repeat(np.arange(n_raters), 3 * each), np.tile(np.arange(3), n_raters * each)
    kept = rng.random(len(track)) < 0.85
    rater, track, level = rater[kept], track[kept], level[kept]
    values = simulate(truth, rater, track, level, rng)
    return pd.DataFrame({"rater": rater, "track": track, "level": np.array(LEVELS)[level], "value": values})


def by_r(rscript: str, table: pd.DataFrame, family: str, folder: Path) -> dict[str, float]:
    path = folder / "answers.csv"
    table.to_csv(path, index=False)
    done = subprocess.run([rscript, SCRIPT, path, family], capture_output=True, text=True, check=True)
    lines = [line.rpartition(",") for line in done.stdout.splitlines()]
    return {name: float(value) for name, _comma, value in lines}


def test_means_variances_and_retention_are_those_of_lme4(rscript, tmp_path):
    tracks = np.array([[60.0, 10, 15], [10, 120, 110], [15, 110, 160]])
    truth = Truth(np.array([45.0, 52, 58]), tracks, 60, 25, 40, 100, Family.GAUSSIAN, (-100.0, 200.0))
    table = table_of(truth, 40, 70, 24, seed=3)
    expected = by_r(rscript, table, "gaussian", tmp_path)
    answers = answers_of(table, Family.GAUSSIAN, (0, 100), levels=LEVELS)
    fit = fit_answers(answers, effort=Effort(n_warm_up=300, n_draws=500))
    for place, level in enumerate(LEVELS):
        found = mean(fit, level)
        assert found.estimate == pytest.approx(expected[f"mean_{level}"], abs=0.2 * expected[f"se_{level}"])
        assert found.sd == pytest.approx(expected[f"se_{level}"], rel=0.12)
        variance = fit.draws.tracks[:, :, place, place]
        assert np.median(variance) == pytest.approx(expected[f"track_{level}"], rel=0.12)
    found = retention(fit, "original", "evidence")
    assert found.estimate == pytest.approx(expected["retention"], abs=0.5 * found.sd)
    for name in ("raters", "raters_by_level", "raters_by_track", "error"):
        draws = getattr(fit.draws, name)
        assert np.median(draws) == pytest.approx(expected[name], abs=0.6 * draws.std()), name


def test_thresholds_and_shifts_of_a_scale_are_those_of_ordinal(rscript, tmp_path):
    tracks = 0.4 + 0.2 * np.eye(3)
    truth = Truth(np.array([2.6, 3.1, 3.4]), tracks, 0.3, 1e-9, 1e-9, 0.5)
    table = table_of(truth, 24, 50, 20, seed=4)
    expected = by_r(rscript, table, "ordinal", tmp_path)
    answers = answers_of(table, Family.ORDINAL, points=truth.points, levels=LEVELS)
    fit = fit_answers(answers, effort=Effort(n_warm_up=400, n_draws=500))
    sd = np.sqrt(fit.draws.error)
    for level in ("evidence", "original"):
        shift = fit.draws.means[:, :, LEVELS.index(level)] - fit.draws.means[:, :, 0]
        found = shift / sd
        assert np.median(found) == pytest.approx(expected[f"shift_{level}"], abs=0.3 * found.std())
    thresholds = fit.draws.thresholds - fit.draws.means[:, :, :1]
    for place in range(4):
        found = thresholds[:, :, place] / sd
        name = f"threshold_{place + 1}|{place + 2}"
        assert np.median(found) == pytest.approx(expected[name], abs=0.4 * found.std()), name
    found = fit.draws.raters / sd**2
    assert np.median(found) == pytest.approx(expected["raters"], abs=0.8 * found.std())
    diagonal = np.einsum("kdcc->kd", fit.draws.tracks) / 3 / sd**2
    both = expected["tracks"] + expected["tracks_by_level"]
    assert np.median(diagonal) == pytest.approx(both, abs=0.8 * diagonal.std())
