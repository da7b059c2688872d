"""Before a study opens: can its research questions be answered by its questions and stimuli?"""

import pytest
from example_studies import make_clip, make_study

from explainer.models import Clip, MusicModel
from studyserver.study.lifecycle.declared import declared_advice, declared_problems
from studyserver.study.lifecycle.opening import StudyNotReady, open_study
from studyserver.study.models import ResearchQuestion, Stimulus
from studyserver.study.recruitment.advice import advice


@pytest.fixture
def study(db):
    return make_study(n_tracks=2)


def declare(study, **fields) -> str:
    """Declare a research question; return the problem with it, without its sentence."""
    asked = ResearchQuestion.objects.create(study=study, **fields)
    found = declared_problems(study)
    assert len(found) == 1 and found[0].startswith(f"Research question “{asked.sentence}”: ")
    return found[0].partition("”: ")[2]


def test_a_question_that_can_be_answered_is_no_problem(study):
    study.research_questions.create(question=study.questions.get())
    study.research_questions.create(estimand="retention", second="random_control")
    assert declared_problems(study) == []
    open_study(study)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"second": "boosted"},
            "No active stimulus is a clip of “evidence boosted instead of isolated”: add",
        ),
        ({"first_method": "lime"}, "No active stimulus is a clip of “evidence” of the method “lime”: add"),
        ({"estimand": "preference"}, "No question of the study suits it: add one of these: preference"),
        ({"estimand": "dose", "second": ""}, "A dose needs clips that hold different numbers of segments"),
        ({"second": "evidence"}, "A condition cannot be compared with itself"),
    ],
)
def test_what_no_stimulus_or_question_serves_is_told(study, fields, words):
    assert declare(study, **fields).startswith(words)


def test_a_model_without_clips_is_told_but_originals_serve_every_model(study):
    model = MusicModel.objects.create(name="unheard")
    words = declare(study, first="evidence", second="original", music_model=model)
    assert words.startswith("No active stimulus is a clip of “evidence” of the model “unheard”")


def test_retention_needs_originals(study):
    study.stimuli.filter(clip__condition="original").update(active=False)
    assert "clip of “original”" in declare(study, estimand="retention", second="")


def test_a_dose_of_two_sizes_can_be_answered(study):
    more = make_clip(study.stimuli.first().clip.track, "evidence", "dissonance", variant=1)
    Clip.objects.filter(pk=more.pk).update(kept_segments=6)
    Clip.objects.filter(condition="evidence", variant=0).update(kept_segments=3)
    Stimulus.objects.create(study=study, clip=more)
    study.research_questions.create(estimand="dose", second="")
    assert declared_problems(study) == []


def test_a_study_with_such_a_problem_cannot_be_opened(study):
    study.research_questions.create(second="boosted")
    with pytest.raises(StudyNotReady, match="boosted"):
        open_study(study)


def test_a_study_that_declares_nothing_gets_advice_and_can_be_opened(study):
    assert any(line in advice(study) for line in declared_advice(study))
    assert "exploratory" in declared_advice(study)[0]
    study.research_questions.create()
    assert declared_advice(study) == []
