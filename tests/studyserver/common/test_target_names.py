"""Targets within sentences."""

import pytest

from studyserver.common.target_names import sounds_more, target_name


def test_a_label_that_is_no_noun_stands_in_quotation_marks():
    assert target_name("rhythm_stability") == "rhythm stability"
    assert target_name("happy") == "“happy”"
    assert target_name("easy listening") == "“easy listening”"


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("happy", "sound more happy"),
        ("tonal_stability", "have more tonal stability"),
        ("easy listening", "sound more like “easy listening”"),
    ],
)
def test_what_is_said_of_a_clip_that_has_more_of_a_target(target, words):
    assert sounds_more(target) == words
