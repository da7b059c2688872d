"""All pages and tables state the same about a mean, a difference or a retention; a difference is found."""

import re
from dataclasses import replace

import pytest
from stated.comparing import OPEN, Printed, Quantity, Statement, comparisons
from stated.opening import opened
from stated.reading import Asked, statements_of

ASKED = [Asked("dissonance", "How harsh does it sound?", "dissonance", 50.0)]
APART = Quantity("dissonance", "difference", "evidence", "random control")
TABLE = Statement("table", APART, (Printed.of("0.40"), Printed.of("0.02"), Printed.of("0.78")), 95.0)


@pytest.fixture(params=[(), ("difference", "retention")], ids=["nothing declared", "two questions declared"])
def study(request, constructed):
    for position, estimand in enumerate(request.param):
        constructed.research_questions.create(estimand=estimand, position=position)
    return constructed


def disagreements(pages, tables):
    return [one for one in comparisons(statements_of(pages, tables, ASKED)) if one.differs]


def test_no_two_places_disagree_and_an_altered_figure_is_found(study, admin_client):
    pages, tables = opened(study, admin_client)
    assert not disagreements(pages, tables)
    found = statements_of(pages, tables, ASKED)
    assert {one.place.split(",")[0] for one in found} == {
        "overview", "retention page", "report", "progress", "export",
    }  # fmt: skip
    assert {one.quantity.what for one in found} == {"mean", "difference", "retention", "retention difference"}
    assert sum(one.n_figures for one in comparisons(found)) > 300

    row = re.compile(r"(evidence less random control.*?<span>)(\d+\.\d)( \[)", re.DOTALL)
    altered, n = row.subn(r"\g<1>9\g<2>\g<3>", pages["report"], count=1)
    assert n == 1
    found = disagreements(pages | {"report": altered}, tables)
    assert found and all("report" in one.one.place + one.other.place for one in found)


def test_a_sentence_that_does_not_follow_from_the_figures_is_found(study, admin_client):
    pages, tables = opened(study, admin_client)
    words = re.compile(r"Listeners hear (more )?dissonance in evidence")
    unsettled = "Whether listeners hear more dissonance in evidence is not settled"
    altered, n = words.subn(unsettled, pages["progress"])
    assert n
    found = disagreements(pages | {"progress": altered}, tables)
    assert found and all(one.sides_differ and not one.numbers_differ for one in found)


@pytest.mark.parametrize(
    ("changed", "numbers", "sides", "by_confidence"),
    [
        ({}, False, False, False),
        ({"figures": (Printed(0.4), Printed(0.0235), Printed(0.78))}, False, False, False),
        ({"figures": (Printed(0.4), Printed(0.026), Printed(0.78))}, True, False, False),
        ({"says": OPEN, "figures": ()}, False, True, False),
        ({"figures": (Printed(0.4), Printed(-0.04), Printed(0.84))}, True, True, False),
        ({"figures": (Printed(0.4), Printed(-0.04), Printed(0.84)), "confidence": None}, True, True, False),
        ({"figures": (Printed(0.4), Printed(-0.04), Printed(0.84)), "confidence": 97.5}, False, False, True),
    ],
)
def test_statements_are_compared_as_printed_and_at_the_confidence_that_is_said(
    changed, numbers, sides, by_confidence
):
    [found] = comparisons([TABLE, replace(TABLE, place="page", **changed)])
    assert found.numbers_differ == numbers and found.sides_differ == sides
    assert found.sides_differ_by_confidence == by_confidence


def test_an_end_that_is_printed_as_0_hides_what_words_say():
    near = replace(TABLE, figures=(Printed.of("0.4"), Printed.of("0.0"), Printed.of("0.8")))
    [found] = comparisons([near, Statement("sentence", APART, (), 95.0, "above")])
    assert found.hides_side and not found.differs
