"""The sampler as a whole: draws from the prior, with answers drawn from them, stay such (Geweke 2004).

Every chain starts with its own draw from the prior, made with scipy. After some sweeps, with answers drawn
anew before each, the chains must still be draws from the prior. A wrong conditional distribution anywhere
moves them away.
"""

import numpy as np
import pytest
from scipy import stats

from studyserver.results.statistics.answer_model.answers import Answers, Family
from studyserver.results.statistics.answer_model.covariances import (
    FREEDOM,
    FREEDOM_OF_TRACKS,
    Covariances,
    Variances,
)
from studyserver.results.statistics.answer_model.sampler import Sampler

N_CHAINS, N_SWEEPS = 1500, 25
SMALLEST_P = 1e-4  # of any single comparison, with draws that are the same in every run


def design(rng: np.random.Generator, *, n_levels: int, repeated: bool, nested: bool) -> Answers:
    n_tracks, n_raters = 5, 4
    track = np.repeat(np.arange(n_tracks), n_raters * (2 if repeated else 1))
    rater = np.tile(np.arange(n_raters), len(track) // n_raters)
    level = rng.permutation(np.arange(len(track)) % n_levels)
    excerpt = track * 2 + rng.integers(2, size=len(track)) if nested else track
    excerpt = np.unique(excerpt, return_inverse=True)[1]
    return Answers(
        values=rng.uniform(1, 5, size=len(track)),
        level=level,
        track=track,
        rater=rater,
        excerpt=excerpt,
        levels=list(range(n_levels)),
        tracks=list(range(n_tracks)),
        raters=list(range(n_raters)),
        n_excerpts=int(excerpt.max()) + 1,
        family=Family.GAUSSIAN,
        ends=(1.0, 5.0),
        covariates={"position": np.linspace(-0.5, 0.5, len(track))},
    )


class _HalfT:
    """The half-t distribution by which standard deviations are drawn and compared."""

    def __init__(self, scale: float, freedom: float = FREEDOM) -> None:
        self.scale, self.freedom = scale, freedom

    def rvs(self, size: int, rng: np.random.Generator) -> np.ndarray:
        return self.scale * np.abs(stats.t.rvs(self.freedom, size=size, random_state=rng))

    def cdf(self, values: np.ndarray) -> np.ndarray:
        return 2 * stats.t.cdf(values / self.scale, self.freedom) - 1


def covariances_of_prior(n_levels: int, scale: float, rng: np.random.Generator) -> Covariances:
    mixing = stats.invgamma.rvs(0.5, scale=1 / scale**2, size=(N_CHAINS, n_levels), random_state=rng)
    value = np.array([
        np.atleast_2d(
            stats.invwishart.rvs(
                FREEDOM_OF_TRACKS + n_levels - 1, 2 * FREEDOM_OF_TRACKS * np.diag(1 / row), random_state=rng
            )
        )
        for row in mixing
    ])  # fmt: skip
    found = Covariances(value, scale)
    found._mixing = mixing
    return found


def start_from_prior(sampler: Sampler, rng: np.random.Generator) -> None:
    """Give every chain its own draw from the prior."""
    scale, answers = sampler.scale, sampler.answers
    n_levels = len(answers.levels)
    for name in ("raters", "raters_by_level", "shared", "error"):
        getattr(sampler, name).value = _HalfT(scale).rvs(N_CHAINS, rng) ** 2
    sampler.tracks = covariances_of_prior(n_levels, scale, rng)
    sampler.excerpts = covariances_of_prior(n_levels, scale, rng)

    def effects(root: np.ndarray, n: int) -> np.ndarray:
        return rng.normal(size=(N_CHAINS, n, n_levels)) @ np.swapaxes(root, 1, 2)

    sampler.means = rng.normal(*sampler.prior, size=(N_CHAINS, n_levels))
    sampler.of_track = effects(sampler.tracks.root, len(answers.tracks))
    if sampler.by_excerpt is not None:
        sampler.of_excerpt = effects(sampler.excerpts.root, answers.n_excerpts)
    both = np.stack([sampler.raters.value, sampler.raters_by_level.value], axis=1)
    sampler.of_rater = effects(sampler._root_of_raters(both), len(answers.raters))
    sampler.of_cell = rng.normal(size=sampler.of_cell.shape) * np.sqrt(sampler.shared.value)
    sampler.slopes = rng.normal(size=sampler.slopes.shape) * sampler.prior[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_levels", "repeated", "nested"), [(2, True, True), (1, True, False), (3, False, False)]
)
def test_draws_from_the_prior_stay_draws_from_the_prior(n_levels, repeated, nested):
    rng = np.random.default_rng(8)
    answers = design(rng, n_levels=n_levels, repeated=repeated, nested=nested)
    sampler = Sampler(answers, N_CHAINS, rng, 0.25)
    assert (sampler.cells is not None) == repeated and (sampler.by_excerpt is not None) == nested
    for walk in sampler.walks:
        walk.learns = False
    start_from_prior(sampler, rng)
    before = _parameters(sampler)
    for _ in range(N_SWEEPS):
        noise = rng.normal(size=sampler.heard.shape) * np.sqrt(sampler._error_variance)
        sampler.heard = sampler._parts() + noise
        sampler.sweep()
    for name, values in _parameters(sampler).items():
        assert stats.spearmanr(values, before[name]).statistic < 0.95, f"{name} has hardly moved"
        assert stats.kstest(values, _prior_of(name, sampler)).pvalue > SMALLEST_P, name


def _prior_of(name: str, sampler: Sampler):
    if name in ("sd of tracks", "sd of excerpts"):
        return _HalfT(sampler.scale, FREEDOM_OF_TRACKS).cdf
    if name.startswith("sd"):
        return _HalfT(sampler.scale).cdf
    middle, width = sampler.prior
    known = {
        "mean": stats.norm(middle, width),
        "slope": stats.norm(0, width),
        "correlation": stats.beta(FREEDOM_OF_TRACKS / 2, FREEDOM_OF_TRACKS / 2, loc=-1, scale=2),
    }
    return known[name].cdf


def _parameters(sampler: Sampler) -> dict[str, np.ndarray]:
    tracks = sampler.tracks.value
    found = {
        "mean": sampler.means[:, 0],
        "slope": sampler.slopes[:, 0],
        "sd of tracks": np.sqrt(tracks[:, 0, 0]),
        "sd of raters": np.sqrt(sampler.raters.value),
        "sd of errors": np.sqrt(sampler.error.value),
    }
    if tracks.shape[1] > 1:
        found["correlation"] = tracks[:, 0, 1] / np.sqrt(tracks[:, 0, 0] * tracks[:, 1, 1])
        found["sd of raters by level"] = np.sqrt(sampler.raters_by_level.value)
    if sampler.cells is not None:
        found["sd of cells"] = np.sqrt(sampler.shared.value)
    if sampler.by_excerpt is not None:
        found["sd of excerpts"] = np.sqrt(sampler.excerpts.value[:, -1, -1])
    return found


def test_variances_keep_half_t_standard_deviations():
    rng = np.random.default_rng(3)
    variances = Variances(_HalfT(0.7).rvs(5000, rng) ** 2, 0.7)
    for _ in range(20):
        effects = rng.normal(size=(4, 5000)) * np.sqrt(variances.value)
        variances.draw((effects**2).sum(axis=0), 4, rng)
    assert stats.kstest(np.sqrt(variances.value), _HalfT(0.7).cdf).pvalue > SMALLEST_P
