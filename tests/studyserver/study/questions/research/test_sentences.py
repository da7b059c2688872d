"""Research questions read as plain English."""

import doctest

import pytest

from studyserver.common import target_names
from studyserver.study.questions.kinds import KINDS
from studyserver.study.questions.research import sentences
from studyserver.study.questions.research.estimands import ESTIMANDS, Estimand
from studyserver.study.questions.research.sentences import Asked, sentence

CONTROL = {"second": "random_control"}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            Asked("difference", "evidence", target="happy", smallest=0.5, **CONTROL),
            "Does evidence sound more happy than its random control, by at least 0.5 points?",
        ),
        (
            Asked("difference", "evidence", target="dissonance", smallest=1, model="cue-model", **CONTROL),
            "In clips of cue-model: does evidence have more dissonance than its random control, by at least "
            "1 point?",
        ),
        (
            Asked("difference", "evidence", "lime", "evidence", "gaussian_process", text="How good is it?"),
            "Are answers to “How good is it?” higher for evidence of lime than for evidence of gaussian "
            "process?",
        ),
        (
            Asked("difference", "random_control", **CONTROL, second_method="lime"),
            "Are answers to every question that suits higher for the random control than for the random "
            "control of lime?",
        ),
        (
            Asked("retention", "evidence", target="rock", smallest=0.3, **CONTROL),
            "Do tracks that sound more like “rock” in the original still do so in evidence, more than in its "
            "random control, by at least .3?",
        ),
        (
            Asked("retention", "resynthesis", text="How harsh?", smallest=0.8),
            "Do tracks with higher answers to “How harsh?” still have them in the resynthesis, with a "
            "retention of at least .8?",
        ),
        (
            Asked("preference", "evidence", text="Which sounds more tense?", smallest=0.1, **CONTROL),
            "Is evidence chosen over its random control in answer to “Which sounds more tense?”, in at least "
            "60\N{NO-BREAK SPACE}% of pairs?",
        ),
        (
            Asked("preference", "evidence", second="complement"),
            "Is evidence chosen over the complement, in more than 50\N{NO-BREAK SPACE}% of pairs?",
        ),
        (
            Asked("identification", "evidence", smallest=0.15, **CONTROL),
            "Do people name the target of evidence more often than that of its random control, by at least "
            "15 percentage points?",
        ),
        (
            Asked("identification", "evidence"),
            "Do people name the target of evidence more often than by guessing?",
        ),
        (
            Asked("detection", "original", second="resynthesis", smallest=1),
            "Can people tell the original from the resynthesis, with a d\N{PRIME} of at least 1?",
        ),
        (
            Asked("dose", "evidence", target="happy", smallest=1),
            "Does evidence sound more happy the more segments it holds, by at least 1 point from the fewest "
            "to the most?",
        ),
    ],
)  # fmt: skip
def test_a_question_is_one_sentence(asked, words):
    assert sentence(asked) == words


@pytest.mark.parametrize("module", [sentences, target_names], ids=lambda module: module.__name__)
def test_examples_in_docstrings_are_true(module):
    found = doctest.testmod(module)
    assert found.attempted and not found.failed


def test_every_estimand_has_a_sentence_and_kinds_of_questions():
    assert set(ESTIMANDS) == set(Estimand)
    for name, meaning in ESTIMANDS.items():
        assert sentence(Asked(name, "evidence", second="original")).endswith("?")
        assert meaning.suitable and set(meaning.suitable) <= set(KINDS)
        assert all(KINDS[kind].label in meaning.suitable_in_words for kind in meaning.suitable)
