"""The planning page, its plot, its simulation, and the sentence on the study's own page."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.urls import reverse
from filled_study import make_study

from studyserver.results.pages.planning.page import forecast
from studyserver.results.statistics.answer_model.fit import Effort
from studyserver.results.statistics.planning import quantities
from studyserver.results.tables.plans import simulating

TYPED = {
    "source": "typed",
    "tracks_vary": 0.8,
    "annotators_vary": 0.4,
    "annotators_by_condition": 0.3,
    "annotators_by_track": 0.2,
    "single_judgment": 1,
}


@pytest.fixture
def browser(client, django_user_model):
    user = django_user_model.objects.create_user("planner", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_study", "change_study"]))
    client.force_login(user)
    return client


@pytest.fixture
def declared(study):
    """The study with two research questions about one rating."""
    question = study.questions.get(key="dissonance")
    for estimand, smallest in (("difference", 0.5), ("retention", 0.2)):
        study.research_questions.create(
            estimand=estimand,
            question=question,
            first="evidence",
            second="random_control",
            smallest_effect=smallest,
        )
    return study


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def page(browser, study, **data):
    return browser.get(reverse("results:planning", args=[study.slug]), data)


def aim_of(study, estimand):
    row = study.research_questions.get(estimand=estimand)
    return f"{row.pk}-{row.question.key}"


def test_the_page_starts_from_the_study_as_it_stands(browser, declared):
    response = page(browser, declared)
    data = response.context["form"].cleaned_data
    assert data["aim"].estimand == "difference" and data["effect"] == 0.5
    assert (data["tracks"], data["trials"]) == (3, None)  # every annotator hears everything
    text = text_of(response)
    assert "assumed" in text and "with 9 trials each and 3 tracks give an interval (97.5" in text
    assert "The study's stimuli are of 3 tracks; excerpts of one track count as one" in text


def test_the_table_and_the_headline_show_the_same_figures(browser, declared):
    response = page(browser, declared, tracks=12, annotators=20, trials=12, effect=0.8, **TYPED)
    plan = response.context["plan"]
    chosen = plan.chosen.expected
    text = text_of(response)
    assert "20 annotators with 12 trials each and 12 tracks" in text
    assert f"about {chosen.width:.2g} wide" in text and f"{chosen.width:.2f} [{chosen.found:.2f}]" in text
    assert dict(plan.deviations)["a single judgment"] == pytest.approx(1)
    widths = {(cell.annotators, cell.tracks): cell.expected.width for cell in plan.cells}
    assert widths[40, 12] < widths[20, 12] < widths[10, 12] and widths[20, 24] < widths[20, 6]


def test_costs_are_those_of_all_annotators(browser, declared):
    response = page(browser, declared, annotators=20, payment=7.5)
    costs = response.context["plan"].costs
    assert costs.payment == 150 and costs.hours == pytest.approx(costs.minutes * 20 / 60)
    assert "payments of 150" in text_of(response)


def test_each_research_question_has_its_own_plan(browser, declared):
    response = page(browser, declared, aim=aim_of(declared, "retention"))
    assert response.context["form"].cleaned_data["effect"] == 0.2
    assert "of a correlation" in text_of(response)


def test_variances_are_taken_from_the_model_of_the_answers(browser, fitted):
    response = page(browser, fitted, source="answers")
    assert "from the answers so far" in text_of(response) and not response.context["plan"].mark
    assumed = page(browser, fitted)
    assert response.context["plan"].deviations != assumed.context["plan"].deviations


def test_too_few_answers_are_told_in_words(browser, study, empty_study):
    words = "The answers of annotators do not say how much judgments vary"
    assert words in text_of(page(browser, empty_study, source="answers"))
    words = "The answers of simulated annotators do not say how much judgments vary"
    assert words in text_of(page(browser, study, source="rehearsal"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"source": "typed"}, "Enter a standard deviation"),
        ({"tracks": 1}, "greater than or equal to 3"),
        ({"annotators": "many"}, "whole number"),
        ({"effect": 4.5}, "an effect of 4.5 is not possible on this scale"),
        ({**TYPED, "single_judgment": 0}, "Enter a value above 0"),
    ],
)
def test_bad_input_is_refused_and_kept(browser, declared, wrong, words):
    response = page(browser, declared, **{"payment": "0.75", **wrong})
    assert words in text_of(response) and response.context["plan"] is None
    assert 'value="0.75"' in response.content.decode()


def test_the_plot_is_a_picture_and_the_same_every_time(browser, declared):
    address = reverse("results:planning-plot", args=[declared.slug, "png"])
    assert browser.get(address, {"tracks": 8}).content.startswith(b"\x89PNG")
    address = reverse("results:planning-plot", args=[declared.slug, "svg"])
    one, two = (browser.get(address, {"tracks": 8, "effect": 1}).content for _ in range(2))
    assert one.startswith(b"<?xml") and one == two
    assert browser.get(reverse("results:planning-plot", args=[declared.slug, "gif"])).status_code == 404
    assert browser.get(address, {"tracks": 1}).status_code == 404


def test_a_plan_is_simulated_by_the_worker(browser, declared, monkeypatch):
    monkeypatch.setattr(simulating, "STUDIES_WITH_MODEL", 2)
    monkeypatch.setattr(quantities, "EFFORT", Effort(2, 60, 60, attempts=1))
    given = {"aim": aim_of(declared, "difference"), "effect": "0.8", "annotators": "6", "tracks": "5"}
    given |= {"source": "assumed"}
    response = browser.post(reverse("results:planning-simulate", args=[declared.slug]), given)
    assert response.status_code == 302 and "effect=0.8" in response.url
    waiting = browser.get(response.url.partition("#")[0])
    assert "Waiting for the background worker" in text_of(waiting)
    key = waiting.context["plan"].simulated.row.key
    address = reverse("results:planning-simulation", args=[declared.slug])
    assert browser.get(address, {"key": key}).json() == {"state": "waiting", "progress": 0, "going_on": True}
    call_command("db_worker", "--batch")
    assert browser.get(address, {"key": key}).json()["state"] == "done"
    text = text_of(browser.get(response.url.partition("#")[0]))
    assert "With a true effect of 0.8: found in" in text and "2 simulated studies" in text
    assert "Without an effect: taken for one in" in text and "said to be less than 0.5" in text
    assert "Simulate this plan" not in text
    assert browser.get(address, {"key": "other"}).status_code == 404


def test_only_researchers_may_plan(client, study):
    for name, more in (("planning", []), ("planning-plot", ["png"]), ("planning-simulation", [])):
        response = client.get(reverse(f"results:{name}", args=[study.slug, *more]))
        assert response.status_code == 302 and "/login/" in response.url
    response = client.post(reverse("results:planning-simulate", args=[study.slug]))
    assert response.status_code == 302 and "/login/" in response.url


def test_a_study_without_numbers_says_what_is_missing(browser, empty_study):
    empty_study.questions.exclude(key="remarks").delete()
    assert "neither a research question nor a question" in text_of(page(browser, empty_study))
    assert forecast(empty_study) == ""


def test_the_studys_own_page_says_what_it_can_find(browser, db):
    study = make_study("planned-study", tracks=3, annotators_wanted=30)
    sentence = forecast(study)
    chosen = page(browser, study).context["plan"].chosen.expected
    assert f"about {chosen.width:.2g} wide" in sentence
    response = browser.get(reverse("admin:study_study_change", args=[study.pk]))
    assert sentence in response.content.decode()
    assert reverse("results:planning", args=[study.slug]) in response.content.decode()
