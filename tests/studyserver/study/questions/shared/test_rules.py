"""Rules about answers: values, comparisons, ranges; the browser's copy agrees with the server's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyserver.study.questions.shared.rules import impossible_part, meets, part_of, rule_problem, wordy_part


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ("yes", "yes", True),
        ("Yes, sometimes", "SOMETIMES ", True),
        ("yes", "no", False),
        ("< 18", 17.5, True),
        ("< 18", 18, False),
        ("<= 18", 18, True),
        (">= 3", 3, True),
        ("> 3", 3, False),
        ("= 3", 3.0, True),
        ("3", 3, True),
        ("18 to 30", 18, True),
        ("18 to 30", 30, True),
        ("18 to 30", 31, False),
        ("-5 to -1", -3, True),
        ("drums, bass", ["voice", "bass"], True),
        ("drums", [], False),
        ("no", None, False),
        ("< 18", "young", False),
        ("1", True, False),
        ('"now, and then", never', "now, and then", True),
        ('"now, and then", never', ["never"], True),
        ('"now, and then", never', "now", False),
        (' "a, b" , "c" ', "C", True),
        ('"=1+1"', "=1+1", True),
        ('">= 3"', 5, False),
        ('"say ""x"", y"', 'say "x", y', True),
        ('7" vinyl, tape', '7" vinyl', True),
        ('"live" take, studio', '"live" take', True),
        ('"live"', '"live"', True),
    ],
)
def test_answers_that_meet_a_rule(rule, value, expected):
    assert meets(rule, value) is expected


@given(st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_every_number_meets_a_comparison_or_its_opposite(value, bound):
    assert meets(f"< {bound}", value) != meets(f">= {bound}", value)
    assert meets(f"{bound} to {bound}", value) == meets(f"= {bound}", value)


@pytest.mark.parametrize(
    ("rule", "words"),
    [("", "empty"), (" , ", "empty"), (">= many", "number"), ("9 to 3", "smaller one"), ("yes, < 3", "")],
)
def test_rules_that_cannot_be_read_are_refused_in_words(rule, words):
    problem = rule_problem(rule)
    assert words in problem
    assert bool(problem) == bool(words)


@pytest.mark.parametrize(
    ("rule", "values", "part"),
    [
        ("yes", ["yes", "no"], ""),
        ("YES, no", ["yes", "no"], ""),
        ("yess", ["yes", "no"], "yess"),
        ("yes, maybe", ["yes", "no"], "maybe"),
        (">= 3", ["1", "2"], ">= 3"),
        (">= 2", ["1", "2"], ""),
        ("now, and then", ["now, and then"], "now"),
        ('"now, and then"', ["now, and then"], ""),
    ],
)
def test_parts_that_no_answer_meets(rule, values, part):
    assert impossible_part(rule, values) == part


@pytest.mark.parametrize(("rule", "part"), [(">= 5, 3", ""), ("1 to 4", ""), ("5, many", "many")])
def test_parts_that_no_number_meets(rule, part):
    assert wordy_part(rule) == part


@given(st.text(min_size=1).filter(lambda text: text == text.strip()))
def test_every_value_has_a_rule_that_it_meets(value):
    assert not rule_problem(part_of(value))
    assert meets(part_of(value), value)
    assert not meets(part_of(value), f"{value}!")
