"""Recruiters' parameters in the address, placeholders left in them, and numbers that lead back."""

import csv
import html
import io
import json
from urllib.parse import quote

import pytest
from admin_forms import button
from django.test import Client
from example_studies import walk
from recruited import PID, QUERY, address, joining, page_of

from studyserver.results.export.archive import StudyExport
from studyserver.study.lifecycle.opening import close_study
from studyserver.study.models import Annotator, Arrival, Recruit
from studyserver.study.recruitment import recruiting
from studyserver.study.recruitment.arrivals import MOST_KEPT
from studyserver.study.sessions import session


def test_a_recruiters_parameters_are_kept_apart_and_lead_back(client, panel):
    assert client.get(joining(panel)).status_code == 200
    assert not Recruit.objects.exists()
    response = client.post(joining(panel))
    annotator = Annotator.objects.get()
    assert response.headers["Location"] == address("consent", annotator)
    recruit = annotator.recruit
    kept = [recruit.identifier, recruit.panel_study, recruit.panel_session]
    assert kept == list(QUERY.values())
    client.cookies.clear()
    for again in (client.get(joining(panel)), client.post(joining(panel, SESSION_ID="other"))):
        assert again.headers["Location"] == address("consent", annotator)
    assert Annotator.objects.count() == 1


def test_who_comes_without_an_identifier_is_told_where_to_go(client, panel):
    without = [joining(panel, PROLIFIC_PID=value) for value in (" ", "{{%PROLIFIC_PID%}}")]
    for link in (panel.get_absolute_url(), *without):
        assert "from the site that invited you" in client.get(link).content.decode()
        assert "from the site that invited you" in client.post(link).content.decode()
    assert not Annotator.objects.exists()


def test_the_parameters_name_is_a_setting(client, panel):
    panel.participant_parameter = "worker"
    panel.save()
    client.post(f"{panel.get_absolute_url()}?worker=w7")
    assert Recruit.objects.get().identifier == "w7"


def test_an_open_study_stores_no_parameters(client, study):
    client.post(joining(study))
    assert Annotator.objects.count() == 1
    assert not Recruit.objects.exists()


def test_the_identifier_never_leaves_unless_asked_for(client, admin_client, panel):
    client.post(joining(panel))
    annotator = Annotator.objects.get()
    seen = []
    for page in ("consent", "instructions", "sound-check", "trials", "thanks"):
        response = client.get(address(page, annotator))
        seen.append(response.content + str(response.headers).encode())
        step = {
            "consent": session.give_consent,
            "instructions": session.finish_instructions,
            "sound-check": lambda one: session.finish_sound_check(one, {}),
            "trials": walk,
        }.get(page)
        if step:
            step(Annotator.objects.get())
    exported = b"".join(b"".join(content) for _path, content in StudyExport(panel).files())
    for text in [*seen, exported]:
        for secret in (PID, "64studyid", "99sessionid"):
            assert secret.encode() not in text
    assert annotator.pseudonym.encode() in exported
    assert annotator.deletion_code.encode() not in exported
    assert PID not in admin_client.get(button(panel, "linking")).content.decode()
    table = admin_client.post(button(panel, "linking")).content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(table))
    assert (row["identifier"], row["pseudonym"], row["outcome"]) == (PID, annotator.pseudonym, "done")
    assert client.post(button(panel, "linking")).status_code == 302  # to the login


# Place-holders that nobody has filled in ------------------------------------------------------------------


@pytest.mark.parametrize("name", list(QUERY))
@pytest.mark.parametrize("value", ["undefined", "[PROLIFIC_PID]", "${e://Field/PID}", "%PID%", "[%RID%]"])
def test_a_placeholder_is_refused_and_shown_to_the_researcher(client, admin_client, panel, name, value):
    link = joining(panel, **{name: quote(value)})
    for response in (client.get(link), client.post(link)):
        page = html.unescape(response.content.decode())
        assert f"it says “{value}”" in page
        assert "from the site that invited you" in page
    assert not Annotator.objects.exists()
    assert not Recruit.objects.exists()
    arrival = panel.arrivals.get()
    assert arrival.parameters[name] == value
    page = html.unescape(page_of(admin_client, panel))
    assert f"<td>{value}</td>" in page
    assert "refused: a place-holder was not filled in" in page
    assert PID not in page


@pytest.mark.parametrize(
    ("language", "words"), [("de", "hat diesen Link nicht ausgefüllt"), ("es", "no ha completado")]
)
def test_a_placeholder_is_refused_in_every_language(client, panel, language, words):
    link = joining(panel, PROLIFIC_PID="null")
    page = client.get(link, headers={"Accept-Language": language}).content.decode()
    assert words in page


def test_identifiers_that_are_too_long_are_not_cut_to_somebody_elses(client, panel):
    for ending in "ab":
        response = client.post(joining(panel, PROLIFIC_PID="x" * 200 + ending))
        assert "“PROLIFIC_PID” in this link is too long" in response.content.decode()
    assert not Annotator.objects.exists()
    assert panel.arrivals.first().problem == "too_long"


def test_of_those_who_came_in_only_the_beginning_is_shown(client, admin_client, panel):
    assert "Nobody has opened the recruiter's link yet." in html.unescape(page_of(admin_client, panel))
    client.get(joining(panel))
    client.post(joining(panel))
    client.get(panel.get_absolute_url())
    assert [arrival.problem for arrival in panel.arrivals.all()] == ["missing", ""]
    page = page_of(admin_client, panel)
    assert f"{PID[:2]}… ({len(PID)})" in page
    assert "refused: no identifier" in page
    assert PID not in page
    assert PID not in json.dumps(panel.arrivals.last().parameters)


def test_few_arrivals_are_kept_and_none_for_good(client, panel):
    for number in range(MOST_KEPT + 5):  # people whose numbers look alike, cut short
        client.get(joining(panel, PROLIFIC_PID=f"participant{number:05}"))
        client.post(joining(panel, PROLIFIC_PID=f"participant{number:05}"))
        client.get(joining(panel, PROLIFIC_PID="null"))
    assert panel.arrivals.filter(problem="").count() == MOST_KEPT
    assert panel.arrivals.filter(problem="unfilled").count() == MOST_KEPT
    close_study(panel)
    recruiting.forget(panel)
    assert not panel.arrivals.exists()


def test_a_button_pressed_is_no_second_arrival(client, panel):
    client.get(joining(panel))
    client.post(joining(panel))
    assert panel.arrivals.count() == 1
    client.get(joining(panel))
    assert panel.arrivals.count() == 2


def test_an_open_study_notes_no_arrivals(client, study):
    client.get(joining(study, PROLIFIC_PID="undefined"))
    assert not Arrival.objects.exists()


@pytest.mark.parametrize("value", ["undefined", "[PROLIFIC_PID]", "your_id"])
def test_a_list_with_placeholders_makes_no_links(admin_client, panel, value):
    page = admin_client.post(button(panel, "links"), {"identifiers": f"p1\n{value}"}).content.decode()
    assert f"“{value}” looks like a missing identifier" in page
    assert not Recruit.objects.exists()


# A recruiter's number alone -------------------------------------------------------------------------------


def finished_by_number(client, panel) -> Annotator:
    client.post(joining(panel))
    annotator = Annotator.objects.get()
    session.give_consent(annotator)
    session.finish_instructions(annotator)
    session.finish_sound_check(annotator, {})
    walk(annotator)
    return annotator


@pytest.mark.parametrize("number", ["another", "", "99sessioni", "99SESSIONID"])
def test_a_number_alone_shows_nothing_in_a_new_browser(client, panel, number):
    annotator = finished_by_number(client, panel)
    stranger = Client()
    link = joining(panel, SESSION_ID=number)
    for response in (stranger.get(link, follow=True), stranger.post(link, follow=True)):
        page = response.content.decode()
        assert response.status_code == 403
        assert "already takes part, in another browser" in page
        for secret in (annotator.token, annotator.completion_code, annotator.deletion_code):
            assert secret not in page
    assert not stranger.cookies.get(f"participation-{panel.pk}")
    assert Annotator.objects.count() == 1
    assert panel.arrivals.first().problem == "elsewhere"


def test_the_same_session_or_the_same_browser_leads_back(client, panel):
    annotator = finished_by_number(client, panel)
    elsewhere = Client()
    for link in (joining(panel), joining(panel, SESSION_ID="other")):  # the second time by its cookie
        assert elsewhere.get(link).headers["Location"] == address("thanks", annotator)
    assert client.get(joining(panel, SESSION_ID="other")).headers["Location"] == address("thanks", annotator)


def test_no_session_is_not_the_same_session(client, panel):
    panel.session_parameter = ""
    panel.save()
    annotator = finished_by_number(client, panel)
    assert Client().get(joining(panel)).status_code == 403
    assert client.get(joining(panel)).headers["Location"] == address("thanks", annotator)


def test_a_forged_cookie_opens_nothing(client, panel):
    annotator = finished_by_number(client, panel)
    stranger = Client()
    stranger.cookies[f"participation-{panel.pk}"] = annotator.token
    assert stranger.get(joining(panel, SESSION_ID="")).status_code == 403


def test_a_laboratorys_computer_remembers_several_people(client, panel):
    for number in "123":
        client.post(joining(panel, PROLIFIC_PID=f"p{number}", SESSION_ID=f"s{number}"))
    for recruit in Recruit.objects.all():
        link = joining(panel, PROLIFIC_PID=recruit.identifier, SESSION_ID="")
        assert client.get(link).headers["Location"] == address("consent", recruit.annotator)


def test_a_link_of_ones_own_leads_those_on_who_have_lost_their_browser(client, admin_client, panel):
    annotator = finished_by_number(client, panel)
    table = admin_client.post(button(panel, "links"), {"identifiers": PID}).content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(table))
    assert Client().get(row["link"]).headers["Location"] == address("thanks", annotator)
