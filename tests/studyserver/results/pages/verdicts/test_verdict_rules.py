"""The table of rules, row by row."""

from dataclasses import replace

import pytest

from studyserver.results.pages.verdicts.rules import ANSWERS, DIFFERENCE, EFFECT, RETENTION, Finding, verdict

FOUND = Finding(0.2, 0.9, "evidence", "its random control", "“happy”", smallest=0.5, unit="points")
HEARD, NOT_HEARD, UNCLEAR = (0.1, 0.8), (-0.9, -0.2), (-0.3, 0.4)

DIFFERENCES = [
    # interval of the difference, of the first by itself, smallest effect -> code, sentence, settled
    ((0.2, 0.9), HEARD, 0.5, "heard_and_more",
     "Listeners hear “happy” in evidence, and more than in its random control."),
    ((0.6, 0.9), HEARD, 0.5, "heard_and_more",
     "Listeners hear “happy” in evidence, and more than in its random control, by at least 0.5 points."),
    ((0.2, 0.9), NOT_HEARD, None, "more_but_not_heard",
     "Listeners hear more “happy” in evidence than in its random control, but evidence by itself stays "
     "below the middle of the scale."),
    ((0.2, 0.9), UNCLEAR, None, "more",
     "Listeners hear more “happy” in evidence than in its random control. Whether evidence by itself lies "
     "above the middle of the scale is not settled."),
    ((0.2, 0.4), UNCLEAR, 0.5, "more",
     "Listeners hear more “happy” in evidence than in its random control. Whether evidence by itself lies "
     "above the middle of the scale is not settled."),
    ((-0.9, -0.1), HEARD, 0.5, "less",
     "Listeners hear less “happy” in evidence than in its random control."),
    ((-0.2, 0.3), HEARD, 0.5, "heard_but_not_more",
     "Listeners hear “happy” in evidence, but its random control keeps as much: they differ by less than 0.5 "
     "points."),
    ((-0.2, 0.3), UNCLEAR, 0.5, "no_difference",
     "Listeners hear as much “happy” in its random control as in evidence: they differ by less than 0.5 "
     "points."),
    ((-0.8, 0.3), HEARD, 0.5, "less_than_matters",
     "Listeners do not hear 0.5 points more “happy” in evidence than in its random control."),
    ((-0.2, 0.3), HEARD, None, "open",
     "Whether listeners hear more “happy” in evidence than in its random control is not settled."),
    ((-0.2, 0.9), HEARD, 0.5, "open",
     "Whether listeners hear more “happy” in evidence than in its random control is not settled."),
]  # fmt: skip

RETENTIONS = [
    ((0.2, 0.9), (0.2, 0.9), "", None, "kept",
     "The tracks' differences in “happy” are still heard in evidence."),
    ((0.2, 0.9), (0.3, 0.9), "the control", None, "kept_more",
     "The tracks' differences in “happy” are still heard in evidence, more than in the control."),
    ((0.2, 0.9), (-0.3, 0.9), "the control", None, "more",
     "More of the tracks' differences in “happy” is heard in evidence than in the control."),
    ((-0.9, -0.2), (0.1, 0.9), "the control", None, "less",
     "Less of the tracks' differences in “happy” is heard in evidence than in the control."),
    ((-0.1, 0.2), (0.1, 0.9), "the control", 0.3, "kept_but_not_more",
     "The tracks' differences in “happy” are still heard in evidence, but the control keeps as much: the "
     "difference is less than .3."),
    ((-0.4, 0.2), (-0.4, 0.2), "", 0.3, "little_left",
     "Less than .3 of the tracks' differences in “happy” remains in evidence."),
    ((-0.6, 0.2), (-0.1, 0.9), "the control", 0.3, "less_than_matters",
     "Evidence does not keep .3 more of the tracks' differences in “happy” than the control."),
    ((-0.4, 0.6), (-0.4, 0.6), "", 0.3, "open",
     "How much of the tracks' differences in “happy” is still heard in evidence is not settled."),
]  # fmt: skip


@pytest.mark.parametrize(("interval", "alone", "smallest", "code", "sentence"), DIFFERENCES)
def test_differences(interval, alone, smallest, code, sentence):
    said = verdict(
        replace(FOUND, low=interval[0], high=interval[1], alone=alone, smallest=smallest), DIFFERENCE
    )
    assert (said.code, said.sentence, said.is_settled) == (code, sentence, code != "open")


@pytest.mark.parametrize(("interval", "alone", "second", "smallest", "code", "sentence"), RETENTIONS)
def test_retention(interval, alone, second, smallest, code, sentence):
    found = Finding(*interval, "evidence", second, "“happy”", smallest, alone)
    said = verdict(found, RETENTION)
    assert (said.code, said.sentence, said.is_settled) == (code, sentence, code != "open")


@pytest.mark.parametrize(
    ("interval", "smallest", "sentence"),
    [
        ((0.1, 0.3), None, "Yes."),
        ((0.2, 0.3), 0.1, "Yes, by at least .1."),
        ((-0.3, -0.1), None, "No: it is the other way round."),
        ((-0.1, 0.05), 0.1, "No: if there is an effect, it is smaller than .1."),
        ((-0.1, 0.2), 0.1, "This is not settled."),
    ],
)
def test_other_effects(interval, smallest, sentence):
    assert verdict(Finding(*interval, "", "", "", smallest), EFFECT).sentence == sentence


@pytest.mark.parametrize(
    ("interval", "sentence"),
    [
        ((0.2, 0.4), "Answers are higher for evidence than for its random control."),
        ((-0.4, -0.2), "Answers are lower for evidence than for its random control."),
        (
            (-0.4, 0.2),
            "Answers are as high for its random control as for evidence: they differ by less than 0.5 "
            "points.",
        ),
        ((-0.9, 0.2), "Answers are not 0.5 points higher for evidence than for its random control."),
        ((-0.9, 0.9), "Whether answers are higher for evidence than for its random control is not settled."),
    ],
)
def test_questions_without_a_target(interval, sentence):
    assert verdict(replace(FOUND, low=interval[0], high=interval[1]), ANSWERS).sentence == sentence


def test_every_rule_is_reached_by_some_row():
    reached = {row[3] for row in DIFFERENCES}, {row[4] for row in RETENTIONS}
    assert [{rule.code for rule in rules} for rules in (DIFFERENCE, RETENTION)] == [*reached]


def test_what_would_settle_it_is_said_only_where_it_is_open():
    told = replace(FOUND, outlook="About 12 more annotators would settle it.")
    assert verdict(replace(told, low=-0.1), DIFFERENCE).sentence.endswith(
        "12 more annotators would settle it."
    )
    assert "12 more" not in verdict(told, DIFFERENCE).sentence
