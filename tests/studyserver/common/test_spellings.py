"""Names and numbers that are written in several ways."""

from decimal import Decimal

import pytest

from studyserver.common.damage import is_rounded, looks_missing
from studyserver.common.spellings import folded, lookalikes, number, trimmed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("+1.50", Decimal("1.5")),
        (".5", Decimal("0.5")),
        ("1e-2", Decimal("0.01")),
        ("\N{ARABIC-INDIC DIGIT TWO}", 2),
        ("\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH DIGIT TWO}", -2),
        *(
            (text, None)
            for text in ("", "1,5", "1 000", "0x1", "1_0", "inf", "nan", "2²", "½", "1e", "e1", "1e99999")
        ),
    ],
)
def test_numbers(text, value):
    assert number(text) == value


def test_texts_are_trimmed_of_what_is_not_seen():
    assert trimmed("\ufeff\u200b a b\xa0\x1a\t") == "a b"
    assert trimmed("\u200b \xa0") == ""


def test_folding_keeps_names_apart_that_differ_in_letters():
    names = ["rock", "rocks", "röck", "r0ck", "1", "2", "a.b", "a_b", "a-b", "ab"]
    assert len(set(map(folded, names))) == len(names)
    assert lookalikes(names) == []


def test_lookalikes_come_in_groups_in_order_of_appearance():
    assert lookalikes(["Jazz", "x", "rock", "jazz", "1.0", "ROCK", "1", "Rock"]) == [
        ["Jazz", "jazz"],
        ["rock", "ROCK", "Rock"],
        ["1.0", "1"],
    ]
    assert lookalikes(["TRUE", "1"]) == []
    assert lookalikes(["TRUE", "1"], truth=True) == [["TRUE", "1"]]


@pytest.mark.parametrize(
    "name", ["P001", "nina", "Nan Li", "no", "0", "1e5", "3e123456", "1.2.3", "#7", "a@b.org", "-1"]
)
def test_names_are_neither_missing_nor_damaged(name):
    assert not looks_missing(name)
    assert not is_rounded(name)
