"""Where sliders can stand: one rule for pages, answers, attention trials, rehearsals and questionnaires."""

import importlib
import random

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import translation
from example_questionnaires import item, make_page
from example_studies import make_event, make_study
from hypothesis import given
from hypothesis import strategies as st

from studyserver.study.design import attention
from studyserver.study.lifecycle import versions
from studyserver.study.lifecycle.copying import copy_study
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Judgment, QuestionnaireAnswer, Study
from studyserver.study.questions.kinds import KINDS, AnswerRefused, option_problems, read_answer
from studyserver.study.questions.shared.slider_positions import shown_number, slider_of
from studyserver.study.rehearsal import rehearsal
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments
from studyserver.study.sessions.joining import join


@pytest.fixture(autouse=True)
def english():
    """Speak English, also after a page in German."""
    with translation.override("en"):
        yield


def read(options, value):
    return read_answer("slider", options, value)[0]


@pytest.mark.parametrize(
    ("options", "step", "positions", "decimals"),
    [
        ({"min": 0, "max": 100}, 1, [0, 1, 50, 99, 100], 0),
        ({"min": 0, "max": 1}, 0.01, [0, 0.07, 0.29, 0.57, 1], 2),
        ({"min": -1.0, "max": 1.0}, 0.02, [-1, -0.98, 0, 0.66, 1], 2),
        ({"min": 1, "max": 7}, 0.06, [1, 1.06, 4, 6.94, 7], 2),
        ({"min": 0, "max": 1, "step": 0.25}, 0.25, [0, 0.25, 0.5, 0.75, 1], 2),
        ({"min": 0.1, "max": 0.7, "step": 0.1}, 0.1, [0.1, 0.2, 0.3, 0.4, 0.7], 1),
        ({"min": 0, "max": 1e-6}, 1e-8, [0, 1e-8, 5e-7, 1e-6], 8),
    ],
)
def test_positions_and_the_step_where_none_is_given(options, step, positions, decimals):
    assert option_problems("slider", options) == []
    assert KINDS["slider"].presented(options)["step"] == step
    assert slider_of(options).decimals == decimals
    with_step = options | {"step": step}
    assert [read(with_step, value) for value in positions] == positions
    for value in positions:  # as a browser reckons them
        assert read(with_step, options["min"] + round((value - options["min"]) / step) * step) == value


@pytest.mark.parametrize("value", [0.1, 0.3, 0.26, 1.25, -0.25])
def test_what_is_no_position_of_a_given_step_is_refused(value):
    with pytest.raises(AnswerRefused, match=r"between 0 and 1|position of the slider: 0, 0\.25 and so on"):
        read({"min": 0, "max": 1, "step": 0.25}, value)


def test_without_a_step_any_number_of_the_range_is_taken():
    assert read({"min": 0, "max": 1}, 0.3333) == 0.3333
    assert read({"min": 0, "max": 1}, 0.1 + 0.2) == 0.3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"min": 0, "max": 1, "step": 0}, "greater than 0"),
        ({"min": 0, "max": 1, "step": -0.1}, "greater than 0"),
        ({"min": 0, "max": 1, "step": 1.5}, "at most the range"),
        ({"min": 0, "max": 1, "step": "0.1"}, "must be a number"),
        ({"min": 0, "max": 1, "step": 0.3}, "ends at 0.9 and cannot reach 1"),
        ({"min": 1, "max": 10.5, "step": 1}, "ends at 10 and cannot reach 10.5"),
        ({"min": 0, "max": 1000, "step": 0.0001}, "at most 1,000,000 steps"),
        ({"min": 0.2, "max": 0.3, "step": 0.1}, ""),
        ({"min": 0, "max": 1, "step": 1}, ""),
    ],
)
def test_steps_that_cannot_be_are_refused_in_words(options, words):
    problems = option_problems("slider", options)
    assert bool(problems) == bool(words)
    assert words in "".join(problems)


@given(st.integers(-1000, 1000), st.integers(1, 400), st.integers(1, 99), st.integers(0, 4), st.floats(0, 1))
def test_every_position_is_an_answer_and_stays_it(low, steps, width, places, share):
    scale = 10**places
    options = {"min": low / scale, "max": (low + steps * width) / scale, "step": width / scale}
    assert option_problems("slider", options) == []
    value = slider_of(options).at(share)
    assert read(options, value) == value
    assert float(f"{value:.{places}f}") == value
    assert slider_of(options).at(0) == options["min"] and slider_of(options).at(1) == options["max"]


# What people and simulated annotators meet ------------------------------------------------------------


@pytest.fixture
def study(db):
    study = make_study(n_tracks=3, attention_trials=2)
    study.questions.update(kind="slider", level="interval", options={"min": 0, "max": 1, "high": "very"})
    make_page(study, {"key": "mood", "kind": "slider", "options": {"min": -1, "max": 1}})
    return study


def test_pages_have_the_step_and_answers_their_number(client, study):
    open_study(study)
    annotator = join(study)
    session.give_consent(annotator)
    page = client.get(reverse("study:questions", args=[annotator.token])).content.decode()
    assert 'min="-1" max="1" step="0.02" data-decimals="2"' in page
    name = f"q{item(study, 'mood').pk}"
    client.post(
        reverse("study:questions", args=[annotator.token]),
        {"page": study.questionnaire_pages.get().pk, name: "-0.34"},
    )
    assert QuestionnaireAnswer.objects.get().value == -0.34
    annotator.refresh_from_db()
    session.finish_instructions(annotator)
    session.finish_sound_check(annotator, {})
    page = client.get(reverse("study:trials", args=[annotator.token])).content.decode()
    assert 'min="0" max="1" step="0.01" data-decimals="2"' in page
    trial = session.current_trial(annotator)
    record_judgments(annotator, [make_event(trial, value=0.07)])
    assert Judgment.objects.get().number == 0.07


def test_what_was_moved_is_shown_again_in_the_language_of_the_page(client, study):
    make_page(study, {"key": "why", "kind": "text"}, {"key": "tone", "kind": "slider",
              "options": {"min": 0, "max": 1, "step": 0.1}}, position=2)  # fmt: skip
    open_study(study)
    annotator = join(study, language="de")
    session.give_consent(annotator)
    page = study.questionnaire_pages.get(position=1)
    sent = {"page": page.pk, f"q{item(study, 'mood').pk}": "0.5"}
    client.post(reverse("study:questions", args=[annotator.token]), sent)
    sent = {"page": study.questionnaire_pages.get(position=2).pk, f"q{item(study, 'tone').pk}": "0.3"}
    again = client.post(
        reverse("study:questions", args=[annotator.token]), sent, headers={"accept-language": "de"}
    )
    assert 'value="0.3"' in again.content.decode()
    assert f'<output for="q{item(study, "tone").pk}-field">0,3</output>' in again.content.decode()


def test_rehearsals_answer_by_positions(study):
    rehearsal.simulate(study, 6, seed=1)
    numbers = set(Judgment.objects.values_list("number", flat=True))
    moods = set(QuestionnaireAnswer.objects.values_list("number", flat=True))
    assert len(numbers) > 10 and len(moods) > 3
    assert all(slider_of({"min": 0, "max": 1}).snapped(number) == number for number in numbers)
    assert all(slider_of({"min": -1, "max": 1}).snapped(number) == number for number in moods)


def test_rehearsals_keep_to_a_coarse_step(study):
    study.questions.update(options={"min": 0, "max": 1, "step": 0.5})
    item(study, "mood").page.items.update(options={"min": -1, "max": 1, "step": 1})
    open_study(study)
    rehearsal.simulate(study, 6, seed=1)
    assert set(Judgment.objects.values_list("number", flat=True)) == {0, 0.5, 1}
    assert set(QuestionnaireAnswer.objects.values_list("number", flat=True)) <= {-1, 0, 1}


@pytest.mark.parametrize("limits", [{"min": 0.2, "max": 0.8}, {"min": 0, "max": 1}, {"min": 3, "max": 3}])
def test_rehearsals_get_past_numbers_with_narrow_limits(study, limits):
    study.trials_per_annotator, study.attention_trials = 1, 0  # what counts here comes before the trials
    study.save()
    make_page(study, {"key": "share", "kind": "number", "options": limits}, position=2)
    rehearsal.simulate(study, 3, seed=1)
    found = QuestionnaireAnswer.objects.filter(item__key="share").values_list("number", flat=True)
    assert len(found) == 3
    assert all(limits["min"] <= number <= limits["max"] for number in found)
    assert len(set(found)) > 1 or limits["min"] == limits["max"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"min": 0, "max": 1}, {f"0.{tenth}0" for tenth in range(1, 10)}),
        ({"min": 0, "max": 1, "step": 0.25}, {"0.00", "0.25", "0.50", "0.75", "1.00"}),
        ({"min": 0, "max": 100}, {f"{tenth}0" for tenth in range(1, 10)}),
    ],
)
def test_attention_trials_ask_for_positions(study, options, words):
    study.questions.update(options=options)
    question = study.questions.get()
    asked = [attention.draw(study, random.Random(seed))["expected"] for seed in range(60)]
    assert all(read(options, value) == value for value in asked)
    assert {shown_number(question.options, value) for value in asked} <= words
    assert len(set(asked)) > 3
    with translation.override("de"):
        assert shown_number({"min": 0, "max": 1}, 0.3) == "0,30"


def test_an_attention_answer_asked_for_before_there_were_steps_can_be_given(study):
    slider, options = KINDS["slider"], {"min": 0, "max": 1, "step": 1}
    assert slider.agrees(options, 0, 0.3) and slider.agrees(options, 1, 0.7)
    assert not slider.agrees(options, 1, 0.3)


def test_the_step_is_part_of_a_version_and_of_a_copy(study):
    def steps(of):
        shown = versions.snapshot(of)
        questions = [*shown["questions"], *shown["questionnaire"][0]["questions"]]
        return [question["options"]["step"] for question in questions]

    assert steps(study) == [0.01, 0.02]
    study.questions.update(options={"min": 0, "max": 1, "step": 0.1})
    assert steps(copy_study(study)) == steps(study) == [0.1, 0.02]


def test_sliders_that_people_have_met_keep_their_whole_steps(study):
    migration = importlib.import_module("studyserver.study.migrations.0004_steps_of_sliders")
    opened = copy_study(study)
    fine = opened.questions.create(
        key="fine", text="?", kind="slider", options={"min": 0, "max": 1, "step": 0.1}
    )
    scale = opened.questions.create(key="scale", text="?", kind="scale", options={"points": 5})
    Study.objects.filter(pk=opened.pk).update(state="closed")
    migration.keep_whole_steps(apps, None)
    assert opened.questions.get(key="dissonance").options == {"min": 0, "max": 1, "high": "very", "step": 1}
    assert item(opened, "mood").options == {"min": -1, "max": 1, "step": 1}
    for row in (fine, scale):
        options = row.options
        row.refresh_from_db()
        assert row.options == options
    assert "step" not in study.questions.get().options  # a draft: nobody has answered by it
    assert "step" not in item(study, "mood").options
