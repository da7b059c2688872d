"""Links, recruiters' parameters, returned places, codes, deletion; and that none of it enters the results."""

import csv
import io
import json
from urllib.parse import quote

import pytest
from admin_forms import button
from django.urls import reverse
from django.utils import timezone
from example_studies import make_study, ready, walk
from recruited import PID, address, joining

from studyserver.study.lifecycle.opening import close_study
from studyserver.study.models import Annotator, Departure, Recruit, Study
from studyserver.study.recruitment import recruiting
from studyserver.study.sessions import session


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
    assert "all the people" in page
    assert (
        "all the people"
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
    assert "all the people" in client.get(joining(panel, PROLIFIC_PID="p9")).content.decode()
    page = admin_client.post(
        button(panel, "returned"), {"identifiers": "p0\ns1\np2\nnobody"}, follow=True
    ).content.decode()
    assert "Freed 2 places" in page
    assert "Already finished (not freed): p2." in page
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
    close_study(panel)
    assert "Delete 1 identifier for good" in admin_client.get(button(panel, "linking")).content.decode()
    admin_client.post(button(panel, "forget"))
    assert not Recruit.objects.exists()
    assert Annotator.objects.get() == annotator


def test_advice_on_how_people_come(study):
    def found():
        return " ".join(recruiting.recruiting_advice(study))

    assert found() == ""
    study.access = Study.Access.PERSONAL
    assert "there are no links" in found()
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
    assert "A poster does not work for this study" in page
    assert "Poster with QR code" not in page


def test_researchers_without_permission_see_no_identifiers(client, study, django_user_model):
    make_study(1, slug="other")
    viewer = django_user_model.objects.create_user("viewer", password="x", is_staff=True)
    client.force_login(viewer)
    for name in ("links", "returned", "linking", "forget", "poster", "qr"):
        assert client.get(button(study, name)).status_code == 403
        assert client.post(button(study, name)).status_code == 403
