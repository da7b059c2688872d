"""Holm's correction and Cliff's delta."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from studyserver.results.statistics.contrasts import cliffs_delta, holm


def test_holm_matches_statsmodels_and_skips_undefined_contrasts():
    p = np.array([0.01, 0.04, 0.03, 0.5])
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])
    np.testing.assert_allclose(holm(np.array([0.02, np.nan, 0.03])), [0.04, np.nan, 0.04])


def test_cliffs_delta_counts_pairs():
    x, y = np.array([1.0, 2.0, 2.0, 5.0]), np.array([2.0, 3.0])
    expected = np.mean([np.sign(a - b) for a in x for b in y])
    assert cliffs_delta(x, y) == pytest.approx(expected)
    assert cliffs_delta(y, x) == pytest.approx(-expected)
