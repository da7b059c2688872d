"""The planning page, its plot, and the sentence on the study's own page."""

import re

import numpy as np
import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from filled_study import make_study
from study_tables import judgments_table
from studyserver.results.pages.power import PlanningForm, forecast, make_plan
from studyserver.results.statistics.power import smallest_difference, variances_from_pilot


@pytest.fixture
def browser(client, django_user_model):
    user = django_user_model.objects.create_user("planner", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_study", "change_study"]))
    client.force_login(user)
    return client


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def page(browser, study, **data):
    return browser.get(reverse("results:planning", args=[study.slug]), data)


def test_the_page_starts_from_the_study_as_it_stands(browser, study):
    response = page(browser, study)
    data = response.context["form"].cleaned_data
    assert (data["first"], data["second"], data["tracks"]) == ("evidence", "random_control", 3)
    assert data["trials"] is None  # every annotator hears everything
    assert "assumed" in text_of(response)
    assert "The study's stimuli are of 3 tracks; excerpts of one track count as one" in text_of(response)


def test_the_table_and_the_headline_are_those_of_the_formula(browser, study):
    typed = {"source": "typed", "between_annotators": 0.3, "between_tracks": 0.4, "single_judgment": 1}
    response = page(browser, study, tracks=12, annotators=20, trials=12, difference=0.5, **typed)
    plan = response.context["plan"]
    variances = plan.variances
    assert plan.deviations == pytest.approx([0.3, 0.4, 1])
    expected = smallest_difference(20, 12, variances, each=6)
    row = next(row for row in plan.rows if row["chosen"])
    cell = next(cell for cell in row["cells"] if cell["clips"] == 12)
    assert cell["smallest_difference"] == pytest.approx(expected)
    text = text_of(response)
    assert f"{expected:.2f}" in text and f"{expected:.2g} on the scale from 1 to 5" in text
    assert "with a probability of" in text and "240 judgments in all" in text


def test_variances_are_taken_from_the_answers(browser, study):
    response = page(browser, study, source="answers")
    table = judgments_table(study)
    counts = (table["question"] == "dissonance") & (table["trial_kind"] == "main") & table["trial_finished"]
    pilot = table[counts].drop(columns="value").rename(columns={"annotator": "rater", "number": "value"})
    expected = variances_from_pilot(pilot, "evidence", "random_control")
    found = response.context["plan"].variances
    np.testing.assert_allclose(
        [found.rater_by_condition, found.clip_by_condition, found.error],
        [expected.rater_by_condition, expected.clip_by_condition, expected.error],
        atol=1e-9,
    )
    assert "from the answers so far" in text_of(response)


def test_too_few_answers_are_told_in_words(browser, study, empty_study):
    assert "No annotators have judged both" in text_of(page(browser, empty_study, source="answers"))
    assert "are not enough to estimate how much judgments vary" in text_of(
        page(browser, study, source="rehearsal")
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"second": "evidence"}, "cannot be compared with itself"),
        ({"source": "typed"}, "Enter a standard deviation"),
        ({"tracks": 1}, "greater than or equal to 2"),
        ({"annotators": "many"}, "whole number"),
        (
            {"source": "typed", "between_annotators": 1, "between_tracks": 0, "single_judgment": 0},
            "Enter a value above 0",
        ),
    ],
)
def test_bad_input_is_refused_and_kept(browser, study, wrong, words):
    response = page(browser, study, **{"difference": "0.75", **wrong})
    assert words in text_of(response) and response.context["plan"] is None
    assert 'value="0.75"' in response.content.decode()


def test_the_plot_is_a_picture_and_the_same_every_time(browser, study):
    address = reverse("results:planning-plot", args=[study.slug, "png"])
    assert browser.get(address, {"tracks": 8}).content.startswith(b"\x89PNG")
    address = reverse("results:planning-plot", args=[study.slug, "svg"])
    one, two = (browser.get(address, {"tracks": 8, "difference": 1}).content for _ in range(2))
    assert one.startswith(b"<?xml") and one == two
    assert browser.get(reverse("results:planning-plot", args=[study.slug, "gif"])).status_code == 404
    assert browser.get(address, {"tracks": 1}).status_code == 404


def test_only_researchers_may_plan(client, study):
    for name, more in (("planning", []), ("planning-plot", ["png"])):
        response = client.get(reverse(f"results:{name}", args=[study.slug, *more]))
        assert response.status_code == 302 and "/login/" in response.url


def test_a_study_without_numbers_says_what_is_missing(browser, empty_study):
    empty_study.questions.exclude(key="remarks").delete()
    assert "no question that is answered by a number" in text_of(page(browser, empty_study))
    assert forecast(empty_study) == ""


def test_the_studys_own_page_says_what_it_can_detect(browser, db):
    study = make_study("planned-study", tracks=3, annotators_wanted=30)
    sentence = forecast(study)
    form = PlanningForm(study)
    assert form.is_valid()
    assert make_plan(form).headline.split(" on the scale")[0] in sentence.replace(
        " between evidence and random control", ""
    )
    response = browser.get(reverse("admin:study_study_change", args=[study.pk]))
    assert sentence in response.content.decode()
    assert reverse("results:planning", args=[study.slug]) in response.content.decode()
