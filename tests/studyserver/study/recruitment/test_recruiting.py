"""Links, recruiters' parameters, returned places, codes, deletion; and that none of it enters the results."""

import csv
import html
import io
import json
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from example_studies import make_study, ready, walk

from studyserver.results.export.archive import StudyExport
from studyserver.study.models import Annotator, Arrival, Departure, Recruit, Study
from studyserver.study.recruitment import recruiting
from studyserver.study.recruitment.arrivals import MOST_KEPT
from studyserver.study.sessions import session

PID = "5f1e0c0ffee"
QUERY = {"PROLIFIC_PID": PID, "STUDY_ID": "64studyid", "SESSION_ID": "99sessionid"}


def address(name, annotator):
    return reverse(f"study:{name}", args=[annotator.token])


def button(study, name):
    return reverse(f"admin:study_study_{name}", args=[study.pk])


def page_of(admin_client, study):
    return admin_client.get(reverse("admin:study_study_change", args=[study.pk])).content.decode()


@pytest.fixture
def panel(study):
    study.access = Study.Access.PANEL
    study.save()
    return study


def joining(study, **changes):
    query = "&".join(f"{name}={value}" for name, value in {**QUERY, **changes}.items())
    return f"{study.get_absolute_url()}?{query}"


# Recruiters' parameters ---------------------------------------------------------------------------------


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
    translation.activate("en")
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
    session.close_study(panel)
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
        assert "takes part already, in another browser" in page
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


# Personal links -----------------------------------------------------------------------------------------


def test_identifiers_in_links_out(admin_client, study):
    response = admin_client.post(button(study, "links"), {"identifiers": "p1\np2\n=cmd()"})
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [row["identifier"] for row in rows] == ["p1", "p2", "'=cmd()"]
    assert len({row["link"] for row in rows}) == 3
    again = admin_client.post(button(study, "links"), {"file": io.BytesIO(b"participant\np2\np3\n")})
    second = list(csv.DictReader(io.StringIO(again.content.decode("utf-8-sig"))))
    assert second[0]["link"] == rows[1]["link"]
    assert Recruit.objects.count() == 4
    refused = admin_client.post(button(study, "links"), {"identifiers": ""})
    assert "no identifier" in refused.content.decode()


def test_a_personal_link_is_one_participation(client, study):
    study.access = Study.Access.PERSONAL
    study.save()
    (recruit,) = recruiting.invite(study, ["p1"])
    link = reverse("study:personal", args=[recruit.token])
    assert "by invitation" in client.get(study.get_absolute_url()).content.decode()
    assert "by invitation" in client.post(study.get_absolute_url()).content.decode()
    assert client.get(link).status_code == 200
    assert not Annotator.objects.exists()  # mail scanners open links, too
    client.post(link)
    annotator = Annotator.objects.get()
    client.cookies.clear()
    assert client.get(link).headers["Location"] == address("consent", annotator)
    assert client.post(link).headers["Location"] == address("consent", annotator)
    session.withdraw(annotator, keep_answers=True)
    assert client.get(link).headers["Location"] == address("ended", annotator)
    assert Annotator.objects.count() == 1
    assert client.get(reverse("study:personal", args=["unknown"])).status_code == 404
    sent = Recruit.objects.create(study=study, identifier="came by a recruiter")
    assert client.get(reverse("study:personal", args=[sent.token])).status_code == 404


def test_a_full_study_takes_nobody_by_a_personal_link_either(client, study):
    Study.objects.update(annotators_wanted=1)
    first, second = recruiting.invite(study, ["p1", "p2"])
    client.post(reverse("study:personal", args=[first.token]))
    session.give_consent(Annotator.objects.get())
    page = client.post(reverse("study:personal", args=[second.token])).content.decode()
    assert "all the listeners" in page
    assert (
        "all the listeners"
        not in client.get(reverse("study:personal", args=[first.token]), follow=True).content.decode()
    )


# Places -------------------------------------------------------------------------------------------------


def test_returned_places_are_freed_and_answers_stay(client, admin_client, panel):
    for number in range(3):
        client.post(joining(panel, PROLIFIC_PID=f"p{number}", SESSION_ID=f"s{number}"))
        session.give_consent(Recruit.objects.get(identifier=f"p{number}").annotator)
    finished = Recruit.objects.get(identifier="p2").annotator
    Annotator.objects.filter(pk=finished.pk).update(state="finished")
    Study.objects.update(annotators_wanted=3)
    assert "all the listeners" in client.get(joining(panel, PROLIFIC_PID="p9")).content.decode()
    page = admin_client.post(
        button(panel, "returned"), {"identifiers": "p0\ns1\np2\nnobody"}, follow=True
    ).content.decode()
    assert "Freed 2 places" in page
    assert "Finished, so the places stay theirs: p2." in page
    assert "Not known in this study: nobody." in page
    assert client.get(joining(panel, PROLIFIC_PID="p9")).status_code == 200
    page = client.get(joining(panel, PROLIFIC_PID="p0"), follow=True).content.decode()
    assert "time for this session is over" in page
    states = {row[0]: row[4] for row in recruiting.linking_rows(panel)}
    assert states == {"p0": "time over", "p1": "time over", "p2": "finished"}
    again = recruiting.free_places(panel, ["p0"])
    assert again.over == ["p0"]


# What people take along ---------------------------------------------------------------------------------


def test_codes_and_addresses_fit_the_way_it_ended(client, panel):
    Study.objects.update(completion_code="")
    back = "https://recruiter.example/complete?cc={code}&who={participant}"
    codes = {"done": "OK-1", "screened_out": "OUT-2", "no_consent": "NO-3", "left": "LEFT-4"}
    for outcome, code in codes.items():
        panel.returns.create(outcome=outcome, code=code, address=back)

    def come(identifier):
        client.post(joining(panel, PROLIFIC_PID=quote(identifier)))
        return Recruit.objects.get(identifier=identifier).annotator

    def last_page(annotator):
        return client.get(address("resume", annotator), follow=True).content.decode()

    refusing = come("a b&c")
    client.post(address("leave", refusing))
    assert "cc=NO-3&amp;who=a%20b%26c" in last_page(refusing)
    out = come("p2")
    session.screen_out(out)
    assert "cc=OUT-2&amp;who=p2" in last_page(out)
    done = come("p3")
    session.give_consent(done)
    session.finish_instructions(done)
    session.finish_sound_check(done, {})
    assert "OK-1" not in last_page(done)
    walk(done)
    assert "cc=OK-1&amp;who=p3" in last_page(done)
    leaving = come("p4")
    session.give_consent(leaving)
    session.withdraw(leaving, keep_answers=True)
    assert "LEFT-4" in last_page(leaving)
    expired = come("p5")
    Annotator.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    page = last_page(expired)
    assert not any(code in page for code in ("OK-1", "OUT-2", "NO-3", "LEFT-4"))
    assert f"{timezone.now():%Y}" in page  # says when the time was over


@pytest.mark.parametrize("wrong", ["recruiter.example", "javascript:alert(1)", "https://x.example/{secret}"])
def test_return_addresses_are_checked(study, wrong):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        study.returns.create(outcome="done", address=wrong).full_clean()


# Deletion -----------------------------------------------------------------------------------------------


def test_deletion_by_code_asks_once_more_and_leaves_no_trace(client, panel):
    client.post(joining(panel))
    annotator = Annotator.objects.get()
    session.give_consent(annotator)
    session.finish_instructions(annotator)
    session.finish_sound_check(annotator, {})
    walk(annotator)
    page = client.get(address("thanks", annotator)).content.decode()
    assert annotator.deletion_code in page
    code = annotator.deletion_code.lower().replace("-", " ")
    where = reverse("study:my-data")
    assert "answers are stored" in client.post(where, {"code": code}).content.decode()
    assert Annotator.objects.exists()
    assert "has been deleted" in client.post(where, {"code": code, "confirmed": "yes"}).content.decode()
    assert not Annotator.objects.exists()
    assert not Recruit.objects.exists()
    departure = Departure.objects.get()
    assert departure.kind == Departure.Kind.DELETED
    assert departure.judgments > 0
    assert annotator.pseudonym not in json.dumps([str(value) for value in vars(departure).values()])
    assert "Nothing is stored" in client.post(where, {"code": code, "confirmed": "yes"}).content.decode()


def test_a_pseudonym_from_a_published_export_deletes_nothing(client, study):
    annotator = ready(study)
    page = client.post(reverse("study:my-data"), {"code": annotator.pseudonym, "confirmed": "yes"})
    assert "Nothing is stored" in page.content.decode()
    assert Annotator.objects.exists()


def test_forgetting_who_is_who_once_the_study_is_closed(admin_client, panel):
    annotator = recruiting.join_as(panel, sent=recruiting.Sent(PID))
    assert "must be closed first" in admin_client.get(button(panel, "linking")).content.decode()
    admin_client.post(button(panel, "forget"))
    assert Recruit.objects.exists()
    session.close_study(panel)
    assert "Delete 1 identifier for good" in admin_client.get(button(panel, "linking")).content.decode()
    admin_client.post(button(panel, "forget"))
    assert not Recruit.objects.exists()
    assert Annotator.objects.get() == annotator


def test_advice_on_how_people_come(study):
    def found():
        return " ".join(recruiting.recruiting_advice(study))

    assert found() == ""
    study.access = Study.Access.PERSONAL
    assert "there are none yet" in found()
    recruiting.invite(study, ["P1"])
    assert found() == ""
    study.access = Study.Access.PANEL
    assert "one completion code" in found()
    assert "maximum time" in found()
    study.returns.create(outcome="done", code="C1")
    study.minutes_to_finish = 60
    assert found() == ""


# In the admin -------------------------------------------------------------------------------------------


def test_the_studys_page_offers_the_link_that_admits_people(admin_client, study):
    page = reverse("admin:study_study_change", args=[study.pk])
    bare = study.get_absolute_url() + '"'
    words = {
        "open": ("Link for annotators", "Give the link below to annotators."),
        "panel": ("Link for the recruiter", "Give the link below to your recruiter."),
        "personal": ("Annotators come by", "Send each annotator a personal link"),
    }
    for access, (label, message) in words.items():
        Study.objects.filter(pk=study.pk).update(access=access, state="draft")
        opened = admin_client.post(button(study, "open"), follow=True).content.decode()
        assert message in opened, access
        shown = admin_client.get(page).content.decode().split("study-state", 2)[2]
        assert label in shown, access
        assert (f'value="http://testserver{bare}' in shown) == (access == "open")
        assert ("{{%PROLIFIC_PID%}}" in shown) == (access == "panel")


def test_a_poster_with_a_code_that_leads_to_the_study(admin_client, client, study):
    page = admin_client.get(button(study, "poster")).content.decode()
    assert f"http://testserver{study.get_absolute_url()}" in page
    assert " style=" not in page
    assert "scan this code" in page
    Study.objects.filter(pk=study.pk).update(language="de")
    assert "Scannen Sie diesen Code" in admin_client.get(button(study, "poster")).content.decode()
    image = admin_client.get(button(study, "qr"))
    assert image.headers["Content-Type"] == "image/svg+xml"
    assert b"<svg" in image.content
    assert client.get(button(study, "poster")).status_code == 302


def test_no_poster_for_a_link_that_admits_nobody(admin_client, panel):
    assert admin_client.get(button(panel, "poster")).status_code == 302
    page = admin_client.get(reverse("admin:study_study_change", args=[panel.pk])).content.decode()
    assert "A poster would lead nowhere" in page
    assert "Poster with QR code" not in page


def test_researchers_without_permission_see_no_identifiers(client, study, django_user_model):
    make_study(1, slug="other")
    viewer = django_user_model.objects.create_user("viewer", password="x", is_staff=True)
    client.force_login(viewer)
    for name in ("links", "returned", "linking", "forget", "poster", "qr"):
        assert client.get(button(study, name)).status_code == 403
        assert client.post(button(study, name)).status_code == 403
