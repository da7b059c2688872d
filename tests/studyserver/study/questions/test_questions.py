import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyserver.study.questions.kinds import (
    KINDS,
    AnswerRefused,
    Shown,
    option_problems,
    read_answer,
)

CHOICES = {
    "choices": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}, {"value": "c", "label": "C"}]
}
OPTIONS = {
    "scale": {"points": 7},
    "slider": {"min": -50, "max": 50},
    "presence": {},
    "choice": CHOICES,
    "checklist": CHOICES,
    "text": {},
    "preference": {"steps": 3},
    "abx": {},
    "intruder": {},
    "stretches": {},
}


@pytest.mark.parametrize(
    ("kind", "value", "stored", "number"),
    [
        ("scale", 1, 1, 1.0),
        ("scale", 7.0, 7, 7.0),
        ("slider", -50, -50, -50.0),
        ("slider", 12.5, 12.5, 12.5),
        ("presence", {"presence": "clear", "confidence": 5}, {"presence": "clear", "confidence": 5}, 2.0),
        ("presence", {"presence": "some", "confidence": 1}, {"presence": "some", "confidence": 1}, 1.0),
        ("presence", {"presence": "none", "confidence": 3}, {"presence": "none", "confidence": 3}, 0.0),
        ("presence", {"presence": "unsure"}, {"presence": "unsure", "confidence": None}, None),
        ("choice", "b", "b", None),
        ("checklist", ["c", "a", "c"], ["a", "c"], None),
        ("checklist", [], [], None),
        ("text", "a\0b\ud800", "ab?", None),
        ("preference", {"preferred": "A", "strength": 3}, {"preferred": "A", "strength": 3}, -3.0),
        ("preference", {"preferred": "B", "strength": 1.0}, {"preferred": "B", "strength": 1}, 1.0),
        ("preference", {"preferred": None}, {"preferred": None, "strength": 0}, 0.0),
        ("abx", "B", "B", None),
        ("intruder", "B", "B", None),
        ("stretches", [[2, 3], [0.5, 1], [0.9, 1.25]], [[0.5, 1.25], [2.0, 3.0]], 1.75),
        ("stretches", [], [], 0.0),
    ],
)
def test_answers_are_read(kind, value, stored, number):
    assert read_answer(kind, OPTIONS.get(kind, {}), value) == (stored, number)


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("scale", 0, "from 1 to 7"),
        ("scale", 8, "from 1 to 7"),
        ("scale", 2.5, "whole number"),
        ("scale", True, "number"),
        ("scale", "3", "number"),
        ("scale", 10**400, "too large"),
        ("scale", None, "empty"),
        ("slider", 51, "between -50 and 50"),
        ("slider", float("nan"), "cannot be read"),
        ("slider", float("inf"), "cannot be read"),
        ("presence", "clear", "whether it can be heard"),
        ("presence", {"presence": "loud"}, "one of"),
        ("presence", {"presence": ["clear"]}, "whether it can be heard"),
        ("presence", {"presence": "clear", "confidence": 6}, "from 1 to 5"),
        ("choice", "d", "not one of the choices"),
        ("choice", ["a"], "not one of the choices"),
        ("checklist", "a", "list"),
        ("checklist", ["a", "d"], "list"),
        ("checklist", [["a"]], "list"),
        ("text", 5, "Text"),
        ("text", "x" * 5001, "too long: 5001"),
        ("text", "x" * 50_000, "too long"),
        ("checklist", ["a"] * 10_000, "too long"),
        ("preference", "A", "which clip"),
        ("preference", {"preferred": "C", "strength": 1}, "not among"),
        ("preference", {"preferred": "A", "strength": 4}, "from 1 to 3"),
        ("preference", {"preferred": ["A"], "strength": 1}, "not among"),
        ("abx", "X", "A or B"),
        ("abx", None, "empty"),
        ("intruder", "C", "letter of one of the sounds"),
        ("intruder", ["A"], "letter of one of the sounds"),
        ("stretches", [[1, 1]], "end after it begins"),
        ("stretches", [[2, 1]], "end after it begins"),
        ("stretches", [[0]], "beginning and its end"),
        ("stretches", [[0, True]], "number"),
        ("stretches", [[0, 1]] * 51, "at most 50"),
    ],
)
def test_other_values_are_refused_with_a_reason(kind, value, reason):
    with pytest.raises(AnswerRefused, match=reason):
        read_answer(kind, OPTIONS.get(kind, {}), value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=10,
)


@given(st.sampled_from(sorted(KINDS)), json_values | st.fixed_dictionaries({"presence": json_values}))
def test_an_answer_is_stored_or_refused_never_an_error(kind, value):
    try:
        stored, number = read_answer(kind, OPTIONS.get(kind, {}), value)
    except AnswerRefused as refused:
        assert str(refused)
        return
    assert "\\u0000" not in json.dumps(stored, allow_nan=False)
    assert number is None or isinstance(number, float)
    assert read_answer(kind, OPTIONS.get(kind, {}), stored) == (stored, number)
    assert KINDS[kind].is_complete(stored) in (True, False)


def test_answers_depend_on_what_was_shown():
    three = Shown(labels=("A", "B", "C"))
    answer = {"preferred": "C", "strength": 1}
    assert read_answer("preference", {}, answer, three) == (answer, None)
    with pytest.raises(AnswerRefused, match="from 1 to 1"):
        read_answer("preference", {}, {"preferred": "C", "strength": 2}, three)
    with pytest.raises(AnswerRefused, match="must be chosen"):
        read_answer("preference", {"tie": False}, {"preferred": None}, three)
    assert read_answer("abx", {}, "B", Shown(x="B")) == ("B", 1.0)
    assert read_answer("abx", {}, "A", Shown(x="B")) == ("A", 0.0)
    four = Shown(labels=("A", "B", "C", "D"), intruder="D")
    assert read_answer("intruder", {}, "D", four) == ("D", 1.0)
    assert read_answer("intruder", {}, "A", four) == ("A", 0.0)
    assert read_answer("stretches", {}, [[1, 99]], Shown(seconds=2)) == ([[1.0, 2.0]], 1.0)
    with pytest.raises(AnswerRefused, match="within the clip"):
        read_answer("stretches", {}, [[3, 4]], Shown(seconds=2))


def test_what_suffices_where_an_answer_is_required():
    assert KINDS["presence"].is_complete({"presence": "clear", "confidence": 2})
    assert KINDS["presence"].is_complete({"presence": "unsure", "confidence": None})
    assert not KINDS["presence"].is_complete({"presence": "clear", "confidence": None})
    assert not KINDS["text"].is_complete("  \n")
    assert KINDS["checklist"].is_complete([])


@pytest.mark.parametrize(("kind", "options"), OPTIONS.items())
def test_fine_options(kind, options):
    assert option_problems(kind, options) == []


@pytest.mark.parametrize(
    ("kind", "options", "word"),
    [
        ("scale", {}, "points"),
        ("scale", {"points": 1}, "points"),
        ("scale", {"points": 12}, "points"),
        ("scale", {"points": True}, "points"),
        ("scale", {"points": 5, "labels": ["a"]}, "labels"),
        ("slider", {"min": 1, "max": 1}, "minimum"),
        ("slider", {"min": "0", "max": 1}, "minimum"),
        ("slider", {"min": 0, "max": 1, "step": 2}, "step"),
        ("choice", {}, "choices"),
        ("choice", {"choices": [{"value": "a"}, {"value": "a"}]}, "same value"),
        ("checklist", {"choices": [{"label": "A"}, {"label": "B"}]}, "value"),
        ("checklist", {"choices": ["a", "b"]}, "value"),
        ("checklist", {"choices": [{"value": "a "}, {"value": "b"}]}, "ends with a space"),
        ("choice", {"choices": [{"value": "a\nb"}, {"value": "b"}]}, "line break"),
        ("choice", {"choices": [{"value": "a = b"}, {"value": "b"}]}, "“=” between spaces"),
        ("choice", {"choices": [{"value": "a", "label": "A\u2028B"}, {"value": "b"}]}, "line break"),
        ("choice", {"choices": [{"value": "a", "label": 3}, {"value": "b"}]}, "not text"),
        ("scale", {"points": 2, "labels": ["a", "b\nc"]}, "line break"),
        ("preference", {"steps": 4}, "steps"),
        ("preference", {"tie": "yes"}, "tie"),
        ("preference", {"word": "nicer"}, "better, more, closer"),
        ("scale", [], "JSON object"),
        ("smell", {}, "does not exist"),
    ],
)
def test_problems_of_options_are_told_in_words(kind, options, word):
    problems = option_problems(kind, options)
    assert len(problems) == 1
    assert word in problems[0]


@pytest.mark.parametrize(
    ("kind", "level", "options", "word"),
    [
        ("choice", "interval", {"choices": []}, "names"),
        ("checklist", "ratio", {"choices": []}, "names"),
        ("slider", "ratio", {"min": -1, "max": 1}, "starts at zero"),
        ("choice", "ordinal", {"choices": []}, ""),
        ("slider", "ratio", {"min": 0, "max": 1}, ""),
        ("scale", "interval", {"points": 5}, ""),
    ],
)
def test_a_level_that_answers_cannot_have_is_refused_in_words(kind, level, options, word):
    problems = KINDS[kind].level_problems(level, options)
    assert bool(problems) == bool(word)
    assert word in "".join(problems)
