"""What others found for the same words, beside a study's own agreement."""

import pytest

from studyserver.results.statistics.agreement.published_alphas import LISTENERS, published_alpha

WORDS = ("anger", "bitter", "fear", "joy", "peace", "power", "sad", "surprise", "tender", "tension")
WORDS += ("transcendence",)


def test_every_published_word_is_there_for_everybody_and_each_language():
    assert sum(number for name, number in LISTENERS.items() if name != "everybody") == LISTENERS["everybody"]
    for word in WORDS:
        found = published_alpha(word)
        assert found.word == word and set(found.by_language) == set(LISTENERS) - {"everybody"}
        # Agreement over all lies between that of the languages, or nearly.
        assert min(found.by_language.values()) < found.everybody + 0.02
        assert found.everybody < max(found.by_language.values())


@pytest.mark.parametrize(
    ("target", "everybody", "german"),
    [("happy", 0.372, 0.476), ("Tense", 0.296, 0.323), ("sadness", 0.326, 0.378), (" tender ", 0.396, 0.581)],
)
def test_targets_are_matched_in_other_forms_of_the_word(target, everybody, german):
    found = published_alpha(target)
    assert (found.everybody, found.by_language["German"]) == (everybody, german)


@pytest.mark.parametrize("target", ["", "articulation", "joyless", "guitar"])
def test_other_words_have_none(target):
    assert published_alpha(target) is None
