"""Tables and plots of the results pages, and the sentences that stand above them, without a study."""

from types import SimpleNamespace

import pytest

from studyserver.common import number_text
from studyserver.results.pages import sentences
from studyserver.results.pages.widgets import FigureTable, interval_plot
from studyserver.results.statistics.intervals import Interval
from studyserver.results.statistics.means import Mean
from studyserver.results.tables.summaries import Group
from studyserver.study.models import ExclusionRule, Question

LONG = "annotators do not agree enough on the tracks to correct for their unreliability"


def row(estimate=0.5, low=0.2, high=0.7, status="ok", reason=""):
    return {"estimate": estimate, "ci_low": low, "ci_high": high, "status": status, "reason": reason}


def test_a_long_reason_stands_once_below_the_table_and_a_short_one_in_its_cell():
    undefined = sentences.agreement_text(row(status="undefined", reason=LONG))
    short = sentences.agreement_text(row(status="undefined", reason="all judgments equal"))
    table = FigureTable("", ["x", "a", "b"], [["1", undefined, short], ["2", undefined, ".50"]])
    cells = [[cell for _column, cell in line["cells"]] for line in table.lines]
    letter = "undefined\N{NO-BREAK SPACE}(a)"
    assert cells == [[letter, "undefined: all judgments equal"], [letter, ".50"]]
    assert table.notes == [f"(a) {LONG}"]


def test_a_table_of_defined_figures_needs_no_notes():
    assert FigureTable("", ["x", "a"], [["1", ".50 [.20, .70]"]]).notes == []


def test_a_plot_says_what_lies_beyond_its_axis_and_what_is_undefined():
    rows = [
        ("within", "", row()),
        ("beyond", "", row(2.72, None, None)),
        ("none", "", row(None, None, None, "undefined", LONG)),
        ("at the end", "", row(1.001, 0.97, 1.03)),
    ]
    plot = interval_plot("", rows, (-0.5, 1.0), (-0.5, 1))
    texts = [strip.text for strip in plot.strips]
    assert texts[0].startswith(".50") and texts[1:3] == ["2.72, no interval, beyond the axis", "undefined"]
    assert texts[3] == "1.00 [.97,\N{NO-BREAK SPACE}1.03]"
    assert plot.strips[2].mean is None
    assert [strip.goes_on for strip in plot.strips[:3]] == [(False, False)] * 3
    assert plot.strips[3].goes_on == (False, True) and "An arrow: the interval goes on" in plot.note
    assert interval_plot("", rows[:1], (-0.5, 1.0), (-0.5, 1), "As usual.").note == "As usual."
    assert plot.shows_anything and not interval_plot("", rows[2:3], (-0.5, 1.0), (-0.5, 1)).shows_anything
    assert [label for label, _x in plot.ticks] == ["\N{MINUS SIGN}0.5", "1"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(3241.7, "3242"), (0.33333, "0.333"), (0.2, "0.2"), (12.345, "12.3"), (0.0, "0"), (100.0, "100"),
     (-0.00123, "\N{MINUS SIGN}0.00123")],
)  # fmt: skip
def test_significant_digits_without_powers_of_ten(value, text):
    assert number_text.significant(value) == text


def group(condition, size, value):
    mean = Mean(value, 1.0, Interval("jackknife", 0.1, value - 0.5, value + 0.5), 40, 10, 10, 8)
    return SimpleNamespace(
        group=Group(condition, "", size), mean=mean, n_judgments=40, n_annotators=8, n_clips=10
    )  # fmt: skip


def test_every_size_of_evidence_is_answered_beside_its_own_control():
    groups = [
        group("original", 0, 4.0),
        *(group("evidence", size, value) for size, value in ((4, 3.0), (6, 3.5))),
        *(group("random_control", size, value) for size, value in ((4, 2.8), (6, 2.0))),
    ]
    summary = SimpleNamespace(
        question=Question(target="dissonance", kind="scale"), ends=(1, 5), groups=groups,
        is_numeric=True,
        first=lambda condition: next(item for item in groups if item.group.condition == condition),
        contrasts={
            (groups[1].group, groups[3].group): (0.2, Interval("jackknife", 0.3, -0.4, 0.8)),
            (groups[2].group, groups[4].group): (1.5, Interval("jackknife", 0.3, 0.9, 2.1)),
        },
    )  # fmt: skip
    text = sentences.headline(summary).replace("\N{NO-BREAK SPACE}", " ")
    assert text == (
        "Whether listeners hear more dissonance in the evidence (4 segments) than in the random control is "
        "not settled: mean 3.0 [2.5, 3.5] on the scale from 1 to 5, against 4.0 [3.5, 4.5] in the original "
        "and 2.8 [2.3, 3.3] in the random control. Listeners hear more dissonance in the evidence "
        "(6 segments) than in the random control: mean 3.5 [3.0, 4.0], against 2.0 [1.5, 2.5] in the "
        "random control."
    )


def test_a_long_cell_is_marked_as_a_sentence_unless_its_reason_stands_below():
    sentence = "Whether listeners still hear dissonance in the evidence is not settled."
    table = FigureTable("", ["x", "a", "b"], [["head", sentence, f"undefined: {LONG}"]])
    assert table.lines[0]["prose"] == {"a"} and table.notes == [f"(a) {LONG}"]


def test_agreement_without_an_interval_says_so():
    assert sentences.agreement_text(row(0.5, None, None)) == ".50, no interval"
    assert sentences.estimate_text(row(1.25, None, None), 1) == "1.2, no interval"


def test_numbers_as_they_were_given_have_a_true_minus_sign():
    assert number_text.plain(-50.0) == "\N{MINUS SIGN}50" and number_text.plain(0.25) == "0.25"
    rule = ExclusionRule(measure="correlation_with_others", excludes="below", limit=-0.2)
    assert str(rule).endswith("(\N{MINUS SIGN}1 to 1) below \N{MINUS SIGN}0.2")
