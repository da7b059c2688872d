"""The valence-arousal plane, from its options to results in both dimensions, and in a browser."""

from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.forms import model_to_dict
from django.urls import reverse
from django.utils import translation
from every_page import PAGES
from example_studies import heard, make_event, make_study, ready
from exported_scripts import reproduced
from playwright.sync_api import expect, sync_playwright
from quiet_rehearsals import level_of, quiet
from study_tables import judgments_table, questions_table

from explainer.models import Clip
from studyserver.results.data.rows import StudyRows
from studyserver.results.tables.computed import Computed
from studyserver.results.tables.vocabulary import NEW_ANNOTATORS
from studyserver.study.admin.questions import QuestionForm
from studyserver.study.design.problems import design_problems
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Judgment, Question
from studyserver.study.questions.kinds import KINDS, AnswerRefused, read_answer
from studyserver.study.rehearsal import rehearsal
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments
from studyserver.study.texts.translations import dictionary, texts_of

CHROMIUM = "/usr/bin/chromium"
DASH = "\N{EN DASH}"
MEASURES = ["mood_valence", "mood_arousal"]
NINE = {"min": 1, "max": 9, "step": 1}


@pytest.fixture
def study(db):
    """A study that asks for a point, of originals and evidence."""
    study = make_study(n_tracks=6, conditions=[Clip.Condition.ORIGINAL, Clip.Condition.EVIDENCE])
    study.questions.all().delete()
    study.questions.create(
        key="mood", kind="plane", text="How does it feel?", level="interval", target="dissonance",
        options={"min": -1, "max": 1},
    )  # fmt: skip
    return study


# -- answers and options ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "value", "stored"),
    [
        ({}, {"valence": 0.25, "arousal": -1}, {"arousal": -1, "valence": 0.25}),
        ({"step": 0.1}, {"valence": 0.1 + 0.2, "arousal": 0}, {"arousal": 0, "valence": 0.3}),
        (NINE, {"arousal": 9, "valence": 1.0}, {"arousal": 9, "valence": 1}),
    ],
)
def test_a_point_is_stored_with_both_numbers_and_none_beside_it(options, value, stored):
    found, number = read_answer("plane", options, value)
    assert found == stored and list(found) == ["arousal", "valence"]
    assert number is None and KINDS["plane"].is_complete(found)


@pytest.mark.parametrize(
    "value",
    [
        None, 0.5, [0, 0], "0,0", {}, {"valence": 0}, {"arousal": 0.5}, {"valence": 0, "arousal": None},
        {"valence": True, "arousal": 0}, {"valence": "0", "arousal": 0}, {"valence": 1.01, "arousal": 0},
        {"valence": 0, "arousal": float("nan")}, {"valence": 0, "arousal": 0, "dominance": 0},
        {"valence": 0.05, "arousal": 0},
    ],
)  # fmt: skip
def test_anything_but_a_position_in_two_dimensions_is_refused(value):
    with pytest.raises(AnswerRefused):
        read_answer("plane", {"step": 0.1}, value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ""),
        (NINE, ""),
        ({"min": 1, "max": 1}, "minimum and a maximum"),
        ({"min": 0, "max": 1, "step": 0.3}, "cannot reach 1"),
        ({"left": "sad\nbad"}, "line break"),
        ({"valence_target": 3}, "not text"),
    ],
)
def test_wrong_options_are_named(options, words):
    problems = KINDS["plane"].option_problems(options)
    assert bool(problems) == bool(words) and words in " ".join(problems)


def test_each_axis_is_analysed_like_a_slider(study):
    question = Question(study=study, key="mood", text="How?", kind="plane", target="tension")
    question.options = {**NINE, "left": "bad", "valence_target": "pleasantness"}
    valence, arousal = question.measures.values()
    assert [one.key for one in question.measures.values()] == MEASURES
    assert valence.options == {**NINE, "low": "bad"} and arousal.options == NINE
    assert (valence.target, arousal.target) == ("pleasantness", "tension")
    assert valence.answer_kind.has_numbers and valence.answer_kind.ends(valence.options) == (1, 9)


def test_two_questions_cannot_have_one_name_in_results(study):
    assert not any("mood_arousal" in problem for problem in design_problems(study))
    study.questions.create(key="mood_arousal", kind="text", text="?")
    assert any("“mood_arousal”" in problem for problem in design_problems(study))


def test_a_form_takes_its_options_and_shows_them_again(study):
    question = study.questions.get()
    fields = {name: value for name, value in model_to_dict(question).items() if value is not None}
    new = QuestionForm(instance=Question(study=study)).initial
    assert (new["plane_min"], new["plane_max"], new["least"], new["most"]) == (-1, 1, 0, 100)
    form = QuestionForm(
        {**fields, "plane_min": 1, "plane_max": 9, "plane_step": 1, "top": "wild"}, instance=question
    )
    assert form.is_valid(), form.errors
    assert form.save().options == {**NINE, "top": "wild"}
    assert QuestionForm(instance=question).initial["top"] == "wild"
    assert "1.0 to 9.0" in question.answer_kind.in_words(question.options)


def test_its_ends_are_named_in_every_language_or_by_the_study(study):
    question = study.questions.get()
    for language, ends in {
        "en": ["unpleasant", "pleasant", "calm", "excited"],
        "de": ["unangenehm", "angenehm", "ruhig", "aufgeregt"],
        "es": ["desagradable", "agradable", "tranquilo", "agitado"],
    }.items():
        with translation.override(language):
            assert list(question.answer_kind.page(question.options, [])["ends"].values()) == ends
    question.options |= {"left": "sad"}
    question.save()
    study.translations.create(language="de", texts={"sad": "traurig"})
    assert "sad" in {text.text for text in texts_of(study)}
    translated = dictionary(study, "de").question(question)
    assert translated.answer_kind.page(translated.options, [])["ends"]["left"] == "traurig"


# -- results ----------------------------------------------------------------------------------


def test_a_rehearsal_recovers_its_truth_in_both_dimensions(study, admin_client, tmp_path, monkeypatch):
    quiet(monkeypatch)
    rehearsal.simulate(study, 4, seed=1)  # truthful ones
    assert_answers_hold_the_truth(study)
    assert_statistics_are_of_both_dimensions(study)
    assert_pages_show_both_dimensions(study, admin_client)
    study.annotators.update(rehearsal=False)
    assert {"agreement", "summary"} <= reproduced(study, tmp_path / "export")


def assert_answers_hold_the_truth(study):
    table = judgments_table(study, rehearsal=True)
    wide = table.pivot(index="judgment", columns="question", values="number")
    stored = {str(one.uuid): one.value for one in Judgment.objects.all()}
    assert set(wide.columns) == set(MEASURES) and len(wide) == len(stored)
    for key in MEASURES:
        assert wide[key].to_dict() == {name: point[key[5:]] for name, point in stored.items()}

    originals = table[(table["condition"] == "original") & (table["trial_kind"] == "main")]
    answered = originals.pivot_table(index="track", columns="question", values="number")
    truth = {key: np.array([2 * level_of(track, key) - 1 for track in answered.index]) for key in MEASURES}
    for key, other in (MEASURES, MEASURES[::-1]):
        assert np.abs(answered[key] - truth[key]).max() < 0.25
        assert np.corrcoef(answered[key], truth[key])[0, 1] > 0.9
        assert abs(np.corrcoef(answered[key], truth[other])[0, 1]) < 0.9


def assert_statistics_are_of_both_dimensions(study):
    assert list(questions_table(study)["question"]) == MEASURES
    assert set(questions_table(study)["question_asked"]) == {"mood"}
    statistics = Computed(StudyRows(study, rehearsal=True)).shown
    for item in statistics.summaries.questions:
        groups = {group.group.condition: group.mean.value for group in item.groups}
        assert groups["original"] > groups["evidence"]  # less is left of what was masked
        assert item.alpha()[NEW_ANNOTATORS]["estimate"] > 0.6
    for name in ("agreement", "summary", "retention", "contrasts"):
        assert {row["question"] for row in statistics.table_rows(name)} == set(MEASURES), name


def assert_pages_show_both_dimensions(study, browser):
    for name in PAGES:
        response = browser.get(reverse(f"results:{name}", args=[study.slug]), {"rehearsal": 1})
        assert response.status_code == 200, name
        words = response.content.decode()
        assert "could not be computed" not in words
        if name in ("study", "remains", "agreement", "progress", "planning", "report"):
            assert "(valence)" in words and "(arousal)" in words, name
    picture = browser.get(reverse("results:figure", args=[study.slug, "mood_arousal.svg"]), {"rehearsal": 1})
    assert picture.status_code == 200


def test_an_answer_without_a_point_is_named_and_left_out(study):
    open_study(study)
    annotator = ready(study)
    trial = session.current_trial(annotator)
    point = {"valence": 0.5, "arousal": -0.5}
    assert record_judgments(annotator, [make_event(trial, "mood", point)])[0]["status"] == "stored"
    refused = record_judgments(annotator, [make_event(trial, "mood", {"valence": 0.5}, 2)])
    assert refused[0]["status"] == "refused"
    session.finish_trial(annotator, trial.token, heard(trial))
    assert len(judgments_table(study)) == 2 and not StudyRows(study).unreadable
    for value in ({"valence": 0.5}, 0.5, {"valence": 0.5, "arousal": 7}):
        Judgment.objects.update(value=value)
        (reason,) = StudyRows(study).unreadable.values()
        assert "valence and arousal from -1 to 1" in reason.reason
        assert judgments_table(study).empty


# -- in a browser -----------------------------------------------------------------------------


def open_trial(browser, address: str, complaints: list[str], **options):
    """Return the page of the first trial on a phone."""
    page = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, **options).new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(address)
    expect(page.locator(".trial")).not_to_have_attribute("inert", "", timeout=30_000)
    return page


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="There is no Chromium.")
def test_a_point_is_set_by_keys_and_by_touch(live_server, study):
    study.minimum_listening_share = 0
    study.save()
    open_study(study)
    annotators = [ready(study) for _ in range(2)]
    addresses = [f"{live_server.url}/a/{annotator.token}/" for annotator in annotators]
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = open_trial(browser, addresses[0], complaints, locale="en-GB")
        valence = page.get_by_role("slider", name=f"unpleasant {DASH} pleasant")
        arousal = page.get_by_role("slider", name=f"calm {DASH} excited")
        numbers, following = page.locator(".numbers"), page.get_by_role("button", name="Next")
        expect(valence).to_have_attribute("aria-valuetext", "not answered yet")
        valence.press("ArrowRight")
        expect(numbers).to_have_text(f"↔\u00a00.02  ↕\u00a0{DASH}")
        expect(following).to_have_attribute("aria-disabled", "true")  # one number is no point
        expect(page.locator(".spot")).to_be_hidden()
        arousal.press("End")
        expect(numbers).to_have_text("↔\u00a00.02  ↕\u00a01.00")
        expect(following).to_have_attribute("aria-disabled", "false")
        box = page.locator(".plane").bounding_box()
        page.touchscreen.tap(box["x"] + 0.75 * box["width"], box["y"] + 0.75 * box["height"])
        expect(numbers).to_have_text("↔\u00a00.50  ↕\u00a0-0.50")
        expect(page.locator("#state")).to_have_attribute("data-state", "saved")
        page.reload()
        expect(numbers).to_have_text("↔\u00a00.50  ↕\u00a0-0.50")
        expect(page.locator(".spot")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            result = Axe().run(page)
            assert result.violations_count == 0, result.generate_report()
        following.click()
        expect(page.locator("#position")).to_have_text("2 of 12")
        expect(page.locator("#state")).to_have_attribute("data-state", "saved")

        page = open_trial(browser, addresses[1], complaints, locale="de-DE")
        expect(page.get_by_role("slider", name=f"unangenehm {DASH} angenehm")).to_have_count(1)
        expect(page.get_by_role("slider", name=f"ruhig {DASH} aufgeregt")).to_have_count(1)
        browser.close()
    assert complaints == []
    answer = Judgment.objects.current().get(trial__annotator=annotators[0])
    assert answer.value == {"valence": 0.5, "arousal": -0.5} and answer.number is None
    assert annotators[0].trials.get(position=1).finished_at is not None
