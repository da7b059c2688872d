"""Research questions that cannot be answered are refused, with what to do instead."""

import pytest
from django.core.exceptions import ValidationError
from example_studies import make_study

from studyserver.study.models import Question, ResearchQuestion, Study
from studyserver.study.questions.research.estimands import ESTIMANDS

ASKED = {
    "difference": {},
    "retention": {"second": ""},
    "preference": {},
    "identification": {"second": ""},
    "detection": {},
    "dose": {},
}


@pytest.fixture
def study(db):
    return make_study(n_tracks=1)


def refusal(study, **fields) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        ResearchQuestion(study=study, **fields).clean()
    return refused.value.message_dict


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_the_usual_question_of_every_estimand_is_accepted(study, estimand):
    for kind in ESTIMANDS[estimand].suitable:
        question = Question(study=study, key="asked", text="What?", kind=kind)
        ResearchQuestion(study=study, estimand=estimand, question=question, **ASKED[estimand]).full_clean(
            exclude=["question"]
        )


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_a_question_of_another_kind_is_refused_with_those_that_suit(study, estimand):
    question = Question.objects.create(study=study, key="said", text="What else?", kind=Question.Kind.TEXT)
    words = refusal(study, estimand=estimand, question=question, **ASKED[estimand])["question"][0]
    assert "“What else?” is answered by: " in words and ESTIMANDS[estimand].suitable_in_words in words


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"second": "evidence"}, "second", "with itself"),
        ({"second": ""}, "second", "Choose the condition that the first one is compared with"),
        ({"estimand": "retention", "first": "original", "second": ""}, "first", "keeps all of itself"),
        ({"estimand": "retention", "second": "original"}, "second", "keeps all of itself"),
        ({"estimand": "identification", "first": "original"}, "first", "such as evidence"),
        ({"estimand": "dose", "first": "original"}, "first", "no number of segments"),
        ({"smallest_effect": 0}, "smallest_effect", "positive number (points"),
        ({"smallest_effect": -1}, "smallest_effect", "positive number"),
        ({"estimand": "preference", "smallest_effect": 0.6}, "smallest_effect", "at most 0.5 (above one"),
        ({"estimand": "retention", "smallest_effect": 1.1}, "smallest_effect", "at most 1 (of a corr"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused(study, fields, field, words):
    assert words in refusal(study, **fields)[field][0]


def test_two_methods_of_one_condition_can_be_compared(study):
    ResearchQuestion(study=study, first_method="lime", second="evidence", second_method="occlusion").clean()


def test_a_question_of_another_study_is_refused(study):
    other = make_study(n_tracks=1)
    assert "another study" in refusal(study, question=other.questions.get())["question"][0]


@pytest.mark.parametrize("confidence", [0.4, 1.0])
def test_how_sure_is_a_probability(study, confidence):
    with pytest.raises(ValidationError) as refused:
        ResearchQuestion(study=study, confidence=confidence).full_clean()
    assert set(refused.value.message_dict) == {"confidence"}


def test_a_dose_has_no_second_condition(study):
    asked = ResearchQuestion(study=study, estimand="dose", second_method="lime")
    asked.clean()
    assert (asked.second, asked.second_method) == ("", "")


def test_without_a_question_all_that_suit_are_meant(study):
    Question.objects.create(study=study, key="said", text="What else?", kind=Question.Kind.TEXT)
    assert [asked.key for asked in ResearchQuestion(study=study).questions] == ["dissonance"]
    assert ResearchQuestion(study=study, estimand="preference").questions == []


def test_the_sentence_speaks_of_what_is_stored(study):
    asked = ResearchQuestion(study=study, question=study.questions.get(), smallest_effect=0.5)
    assert (
        asked.sentence
        == "Does evidence have more dissonance than its random control, by at least 0.5 points?"
    )
    assert str(asked) == asked.sentence


def test_telling_clips_apart_by_ear_quotes_no_question(db):
    study = make_study(n_tracks=1, presentation=Study.PresentationKind.ABX)
    question = Question(study=study, key="abx", text="Is X A or B?", kind=Question.Kind.ABX)
    asked = ResearchQuestion(study=study, estimand="detection", question=question)
    assert asked.sentence == "Can people tell evidence from its random control?"
