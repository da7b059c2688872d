"""Everything that leaves the results of a rehearsal says so, and nothing of people's results does."""

import csv
import io
import re
import zipfile
from html import unescape
from urllib.parse import urljoin

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.core.management import call_command
from django.test import override_settings
from django.urls import reverse
from every_page import statistics_computed_once
from exported_scripts import run

from studyserver.results.data.rehearsal_marks import REHEARSAL, rehearsal_mark
from studyserver.results.data.rows import StudyRows
from studyserver.results.export.codebook import TABLES
from studyserver.results.statistics.answer_model.fit import Effort
from studyserver.results.tables.answer_models.fitting import fit_study
from studyserver.results.tables.computed import Computed
from studyserver.study.models import Question, Study
from studyserver.study.rehearsal import rehearsal

MARK = b"REHEARSAL"


@pytest.fixture
def browser(client, django_user_model):
    cache.clear()
    user = django_user_model.objects.create_user("researcher", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_study", "change_study"]))
    client.force_login(user)
    return client


@pytest.fixture(scope="module")
def rehearsed_study(taken_study, models_of_answers, django_db_blocker):
    """Number of the study that people have taken, rehearsed once for this file, and all answers fitted."""
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=models_of_answers):
        study = Study.objects.get(pk=taken_study)
        rehearsal.simulate(study, 4, seed=1)
        fit_study(
            Computed(StudyRows(study, rehearsal=True)),
            effort=Effort(n_chains=2, n_warm_up=100, n_draws=100, attempts=1),
        )
    return taken_study


@pytest.fixture
def rehearsed(rehearsed_study, models_of_answers, settings, db):
    settings.MEDIA_ROOT = models_of_answers
    return Study.objects.get(pk=rehearsed_study)


def linked(page, address):
    """Return what a page leads to and shows, but for the way from people to the rehearsal and back."""
    page = re.sub(r'<a class="(on-screen|button)" href="[^"]*(rehearsal=1)?">Show [^<]*</a>', "", page)
    for tag in re.findall(r"<(?:a|img)\b[^>]*>", page):
        found = re.search(r'(?:href|src)="([^"#]*)', tag)
        if found and found[1]:
            yield urljoin(address, unescape(found[1]))


def walk(browser, study, query):
    """Open all that can be reached from the results, page by page; return the answers by address."""
    root = reverse("results:study", args=[study.slug])
    waiting, found = [root + query], {}
    while waiting:
        address = waiting.pop()
        if address in found or not address.startswith(root):
            continue
        response = browser.get(address)
        assert response.status_code == 200, address
        found[address] = response
        if response["Content-Type"].startswith("text/html"):
            waiting += linked(response.content.decode(), address)
    return found


def kinds(found):
    return {response["Content-Type"].split(";")[0] for response in found.values()}


EVERYTHING = {"text/html", "image/png", "image/svg+xml", "application/zip"}


def test_all_that_can_be_reached_from_a_rehearsal_is_marked(browser, rehearsed):
    with statistics_computed_once():
        found = walk(browser, rehearsed, "?rehearsal=1")
    assert kinds(found) == EVERYTHING
    plots = Question.objects.filter(study=rehearsed).exclude(kind__in=["text"]).count()
    assert sum("/figure/" in address for address in found) == 2 * plots
    assert sum("/planning/plot." in address for address in found) >= 2
    assert sum("/annotators/" in address for address in found) >= 5
    for address, response in found.items():
        if response["Content-Type"].startswith("application/zip"):
            assert "-rehearsal.zip" in response["Content-Disposition"]
            continue
        assert MARK in response.content, address
        if "svg" in response["Content-Type"]:
            drawn = re.findall(r"<text[^>]*>([^<]*)</text>", response.content.decode())
            assert REHEARSAL in drawn, address
            assert "4 simulated annotators and 1 preview by a researcher" in drawn
        if "image" in response["Content-Type"]:
            assert b"Title" in response.content or b"title" in response.content
            assert "-rehearsal" in response["Content-Disposition"]


def test_nothing_of_people_is_marked(browser, rehearsed):
    with statistics_computed_once():
        found = walk(browser, rehearsed, "")
    assert kinds(found) == EVERYTHING
    for address, response in found.items():
        if not response["Content-Type"].startswith("application/zip"):
            assert MARK not in response.content, address
            assert "rehearsal" not in response.get("Content-Disposition", "")


def exported(browser, study, query):
    response = browser.get(reverse("results:export", args=[study.slug]) + query)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    return {name: archive.read(name).decode() for name in archive.namelist()}


def test_every_file_of_an_export_says_whose_it_is(browser, rehearsed):
    mark = rehearsal_mark(rehearsed)
    for query, simulated in (("?rehearsal=1", True), ("", False)):
        files = exported(browser, rehearsed, query)
        tables = {name: text for name, text in files.items() if name.startswith("data/")}
        assert len(tables) == len(TABLES)
        for name, text in tables.items():
            assert ("rehearsal" in name) is simulated
            rows = list(csv.DictReader(io.StringIO(text)))
            if "table-codebook" not in name:
                assert {row["rehearsal"] for row in rows} <= {"1" if simulated else "0"}, name
        for name in ("README.md", "CHANGES.md", "datapackage.json", "dataset_description.json"):
            assert (mark in files[name]) is simulated, name
        assert (mark in files["materials/study.json"]) is simulated
        assert_annotators_are_told_apart(files, simulated)


def assert_annotators_are_told_apart(files, simulated):
    people = next(text for name, text in files.items() if "table-annotators" in name)
    behaviours = [row["behaviour"] for row in csv.DictReader(io.StringIO(people))]
    if simulated:
        assert sorted(behaviours) == ["preview", *["truthful"] * 4]
    else:
        assert set(behaviours) == {""}


def test_a_rehearsals_package_is_valid_and_its_scripts_say_what_it_is(rehearsed, tmp_path, capsys):
    import sys

    import psych_ds
    from frictionless import validate

    folder = tmp_path / "export"
    call_command("export_study", rehearsed.slug, "--rehearsal", "--output", str(folder))
    assert rehearsal_mark(rehearsed) in capsys.readouterr().out
    assert validate(str(folder / "datapackage.json")).valid
    assert not [item for item in psych_ds.complaints(folder) if item.level == "error"]
    printed = run(sys.executable, folder / "analysis/analysis.py")
    assert printed.returncode == 0, printed.stdout + printed.stderr
    assert printed.stdout.startswith(REHEARSAL)


@pytest.mark.parametrize("source", ["assumed", "typed", "answers", "rehearsal"])
def test_the_picture_of_a_plan_says_where_its_variances_are_from(browser, rehearsed, source):
    question = rehearsed.questions.get(key="harsh.slider")
    data = {
        "aim": f"usual-{question.key}", "tracks": 4, "annotators": 8, "source": source, "tracks_vary": 1,
        "annotators_vary": 1, "annotators_by_condition": 1, "annotators_by_track": 1, "single_judgment": 2,
    }  # fmt: skip
    address = reverse("results:planning-plot", args=[rehearsed.slug, "svg"])
    response = browser.get(address, data)
    drawn = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", response.content.decode()))
    assert ("ASSUMED: no answers of people" in drawn) is (source in ("assumed", "typed"))
    assert (REHEARSAL in drawn) is (source == "rehearsal")
    assert (source in response["Content-Disposition"]) is (source != "answers")
