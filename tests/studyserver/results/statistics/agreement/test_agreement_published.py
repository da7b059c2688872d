"""Figures that others have published."""

import numpy as np
import pytest
from panels import long

from studyserver.results.statistics.agreement import agreement_table
from studyserver.results.statistics.agreement.coefficients.intraclass import mean_squares

KRIPPENDORFF = """
1 2 3 3 2 1 4 1 2 * * *
1 2 3 3 2 2 4 1 2 5 * 3
* 3 3 3 2 3 4 2 2 5 1 *
1 2 3 3 2 4 4 1 2 5 1 *
"""
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)


def estimates(matrix, level, options=None):
    table = agreement_table(*long(matrix), level, options)
    return table[table["ci_scope"] == "items"].set_index("statistic")["estimate"]


@pytest.fixture
def krippendorff_2011():
    rows = [
        [np.nan if cell == "*" else float(cell) for cell in line.split()]
        for line in KRIPPENDORFF.split("\n")[1:-1]
    ]
    return np.array(rows).T


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_krippendorff_2011(krippendorff_2011, level, alpha):
    assert round(estimates(krippendorff_2011, level)["krippendorff_alpha"], 3) == alpha


def test_krippendorff_2011_counts_its_units(krippendorff_2011):
    row = agreement_table(*long(krippendorff_2011), "nominal").iloc[0]
    assert (row.n_items, row.n_items_pairable, row.n_raters, row.n_judgments) == (12, 11, 4, 41)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("icc_1_1", 0.17),
        ("icc_a_1", 0.29),
        ("icc_c_1", 0.71),
        ("icc_1_k", 0.44),
        ("icc_a_k", 0.62),
        ("icc_c_k", 0.91),
    ],
)
def test_shrout_and_fleiss_1979(name, value):
    assert round(estimates(SHROUT_FLEISS, "interval")[name], 2) == value


def test_shrout_and_fleiss_1979_mean_squares():
    found = mean_squares(SHROUT_FLEISS)
    squares = [found.between, found.within, found.raters, found.error]
    assert [round(float(square), 2) for square in squares] == [11.24, 6.26, 32.49, 1.02]


@pytest.mark.parametrize(("counts", "kappa"), [([[40, 9], [6, 45]], 0.70), ([[80, 10], [5, 5]], 0.32)])
def test_feinstein_and_cicchetti_1990(counts, kappa):
    """Both tables agree on 85 % of the items; kappa depends on how common the answers are."""
    pairs = [(row, column) for row in (0, 1) for column in (0, 1) for _ in range(counts[row][column])]
    found = estimates(np.array(pairs, dtype=float), "nominal", options=[0.0, 1.0])
    assert found["percent_agreement"] == pytest.approx(0.85)
    assert round(found["cohen_kappa_weighted"], 2) == kappa


def test_gwet_2014_abstractors():
    """Two abstractors, 100 records: figures of Gwet's package irrCAC; Scott's pi is Fleiss' kappa of two."""
    counts = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
    pairs = [(row, column) for row in range(3) for column in range(3) for _ in range(counts[row][column])]
    found = estimates(np.array(pairs, dtype=float), "nominal", options=[0.0, 1.0, 2.0])
    assert round(found["cohen_kappa_weighted"], 7) == 0.7964094
    assert round(found["fleiss_kappa"], 7) == 0.7962397
