"""A coefficient is one declaration: tables, bootstrap, pages and sentences take it from there."""

import re

import numpy as np
import pytest
from panels import long, panel
from paths import ROOT

from studyserver.results.pages.sentences import statistic_name
from studyserver.results.statistics.agreement import (
    COEFFICIENTS,
    FURTHER,
    STATISTICS,
    Bootstrap,
    agreement_table,
    table_of,
)
from studyserver.results.statistics.agreement.coefficients.registry import (
    ORDERED_LEVELS,
    coefficient,
    proportion,
)
from studyserver.results.statistics.agreement.leave_one_out import Estimate
from studyserver.results.statistics.agreement.ratings import prepare


def test_the_coefficients_stand_in_their_order():
    places = [one.place for one in COEFFICIENTS.values()]
    assert places == sorted(set(places))
    assert sorted((*STATISTICS, *FURTHER)) == sorted(COEFFICIENTS)
    assert len({one.label for one in COEFFICIENTS.values()}) == len(COEFFICIENTS)


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_a_coefficient_is_documented(name):
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "docs/agreement.md").read_text(), re.MULTILINE)
    assert any(f"`{name}`" in row for row in rows)


def test_a_declared_coefficient_is_in_tables_bootstrap_and_sentences(monkeypatch):
    """The share of judgments at the top of the scale: nothing but this function knows of it."""
    monkeypatch.setattr("studyserver.results.statistics.agreement.coefficients.registry.COEFFICIENTS", {})

    @coefficient("top_share", "share at the top", 80, levels=ORDERED_LEVELS, scale=proportion)
    def top_share(ratings):
        top = (ratings.code == ratings.code.max()) * 1.0
        n, sums = ratings.item_size, ratings.per_item(top)
        k, of_raters = ratings.per_rater(np.ones(ratings.n)), ratings.per_rater(top)
        return Estimate(
            top.mean(),
            lambda: (
                (top.sum() - sums) / (ratings.n - n),
                (top.sum() - of_raters) / (ratings.n - k),
                (top.sum() - top) / (ratings.n - 1),
            ),
        )

    from studyserver.results.statistics.agreement.coefficients import registry

    monkeypatch.setitem(COEFFICIENTS, "top_share", registry.COEFFICIENTS["top_share"])
    x = panel(1, 40, 8)
    table = agreement_table(*long(x), "ordinal", statistics=["top_share"]).set_index("ci_scope")
    assert table["estimate"].tolist() == pytest.approx([(x == 5).mean()] * 2)
    drawn = table_of(prepare(*long(x), "ordinal"), ["top_share"], bootstrap=Bootstrap(1, 400)).set_index(
        "ci_scope"
    )
    np.testing.assert_allclose(drawn["se"], table["se"], rtol=0.35)
    names = agreement_table(*long(x), "nominal", statistics=["top_share"])
    assert str(names["reason"].iloc[0]) == (
        "needs values with an order: level ordinal, interval or ratio, not nominal"
    )
    assert statistic_name("top_share") == "share at the top"
