"""How fast people can join, when they take a place, and what researchers see of a burst."""

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from example_studies import make_study, ready
from paths import PYTHONPATH
from postgresql import private_server

from studyserver.study.models import Annotator, RecentJoin, Return, Study
from studyserver.study.sessions import joins, session
from studyserver.study.sessions.joining import join
from studyserver.study.sessions.joins import JoiningRefused

FULL = "all the people"


def address(name, annotator):
    return reverse(f"study:{name}", args=[annotator.token])


def page_of(admin_client, study) -> str:
    return admin_client.get(reverse("admin:study_study_change", args=[study.pk])).content.decode()


# Places -------------------------------------------------------------------------------------------


def test_two_hundred_clicks_without_consent_leave_all_places_free(client, study, settings):
    settings.JOINS_PER_ADDRESS = 0
    Study.objects.update(annotators_wanted=30)
    for _ in range(200):
        assert client.post(study.get_absolute_url()).status_code == 302
        client.cookies.clear()
    assert study.annotators.count() == 200
    assert not study.annotators.people().holding_places().exists()
    for _ in range(30):
        ready(study)
    with pytest.raises(JoiningRefused, match=FULL):
        join(study)


def test_who_comes_too_late_with_consent_is_told_so_and_gets_the_code_for_it(client, study):
    Study.objects.update(annotators_wanted=1)
    late = join(study)
    assert client.get(address("consent", late)).status_code == 200
    first = ready(study)
    study.returns.create(outcome=Return.Outcome.GROUP_FULL, code="FULL-7")
    where = address("consent", late)
    for response in (client.get(where), client.post(where, {"agree": "on"})):
        page = response.content.decode()
        assert FULL in page
        assert "FULL-7" in page
    late.refresh_from_db()
    assert late.state == Annotator.State.JOINED
    session.withdraw(first, keep_answers=False)
    client.post(address("consent", late), {"agree": "on"})
    late.refresh_from_db()
    assert late.state == Annotator.State.ACTIVE


def test_a_rehearsal_consents_though_the_study_is_full(client, study):
    Study.objects.update(annotators_wanted=1)
    ready(study)
    preview = join(study, rehearsal=True)
    assert client.post(address("consent", preview), {"agree": "on"}).status_code == 302


RACE = """
import django; django.setup()
import json, sys, threading
from django.core.management import call_command
from django.db import connection
call_command("migrate", verbosity=0)
from example_studies import make_study
from studyserver.study.sessions import session
from studyserver.study.sessions.joining import join
from studyserver.study.sessions.joins import JoiningRefused
study = make_study(1, annotators_wanted=3)
study.state = "open"
study.save()
waiting = [join(study) for _ in range(12)]
refused, errors = [], []
def consent(annotator):
    try:
        session.give_consent(annotator)
    except JoiningRefused:
        refused.append(annotator.pk)
    except Exception as error:
        errors.append(repr(error))
    finally:
        connection.close()
threads = [threading.Thread(target=consent, args=[one]) for one in waiting]
for thread in threads: thread.start()
for thread in threads: thread.join()
holding = study.annotators.people().holding_places().count()
print(json.dumps({"holding": holding, "refused": len(refused), "errors": errors}))
"""


def race(database: str, folder: Path) -> dict:
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "DATA_FOLDER": str(folder),
        "DJANGO_SETTINGS_MODULE": "studyserver.settings",
        "PYTHONPATH": PYTHONPATH,
        "LOG_LEVEL": "WARNING",
    }
    done = subprocess.run([sys.executable, "-c", RACE], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_the_last_places_are_given_once(tmp_path):
    found = race(f"sqlite:///{tmp_path / 'race.sqlite3'}", tmp_path)
    assert found == {"holding": 3, "refused": 9, "errors": []}


@pytest.mark.postgresql
def test_the_last_places_are_given_once_by_postgresql(tmp_path):
    with private_server() as server:
        assert race(server.address, tmp_path) == {"holding": 3, "refused": 9, "errors": []}


# Joins per address --------------------------------------------------------------------------------


@pytest.fixture
def limited(settings):
    settings.JOINS_PER_ADDRESS = 3
    settings.JOINS_MINUTES = 10
    return settings


def come(client, study, remote="203.0.113.7", **headers):
    client.cookies.clear()
    return client.post(study.get_absolute_url(), REMOTE_ADDR=remote, headers=headers)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "try again in 10 minutes"), ("de", "in 10 Minuten noch einmal"), ("es", "dentro de 10 minutos")],
)
def test_joins_from_one_address_are_limited_in_words(client, study, limited, language, words):
    for _ in range(3):
        assert come(client, study).status_code == 302
    refused = come(client, study, **{"Accept-Language": language})
    assert refused.status_code == 429
    assert 590 <= int(refused.headers["Retry-After"]) <= 600
    assert words in refused.content.decode()
    assert study.annotators.count() == 3
    assert come(client, study, remote="203.0.113.8").status_code == 302


def test_a_header_that_anybody_can_write_gets_nobody_past_the_limit(client, study, limited):
    for number in range(3):
        assert come(client, study, **{"X-Forwarded-For": f"198.51.100.{number}"}).status_code == 302
    assert come(client, study, **{"X-Forwarded-For": "198.51.100.9"}).status_code == 429
    limited.TRUSTED_PROXIES = 1
    assert come(client, study, **{"X-Forwarded-For": "198.51.100.9"}).status_code == 302


def test_addresses_of_one_household_count_together_with_ipv6(client, study, limited):
    for number in range(3):
        assert come(client, study, remote=f"2001:db8:0:1::{number}").status_code == 302
    assert come(client, study, remote="2001:db8:0:1:ffff::1").status_code == 429
    assert come(client, study, remote="2001:db8:0:2::1").status_code == 302


def test_one_address_is_limited_over_all_studies_until_the_minutes_have_passed(client, study, limited):
    other = make_study(1, state="open")
    for one in (study, other, study):
        assert come(client, one).status_code == 302
    assert come(client, other).status_code == 429
    RecentJoin.objects.update(at=timezone.now() - datetime.timedelta(minutes=10))
    assert come(client, other).status_code == 302
    assert RecentJoin.objects.count() == 1  # what no longer counts is gone


def test_who_comes_back_is_not_counted(client, study, limited):
    study.access = Study.Access.PANEL
    study.save()
    link = f"{study.get_absolute_url()}?PROLIFIC_PID=p1&SESSION_ID=s1"
    for _ in range(5):
        assert client.post(link).status_code == 302
    assert RecentJoin.objects.count() == 1


def test_no_address_is_stored(client, study, limited):
    come(client, study)
    stored = RecentJoin.objects.get().address
    assert "203" not in stored or len(stored) == 64
    assert stored != joins._digest("203.0.113.8")
    assert stored == joins._digest("203.0.113.7")


def test_a_class_behind_one_address_can_join_with_the_usual_settings(client, study):
    for _ in range(30):
        assert come(client, study).status_code == 302


# Bursts -------------------------------------------------------------------------------------------


def joined(study, number: int, ago: datetime.timedelta, apart: datetime.timedelta) -> None:
    for index in range(number):
        annotator = join(study)
        when = timezone.now() - ago + index * apart
        Annotator.objects.filter(pk=annotator.pk).update(joined_at=when)


def test_the_studys_page_shows_a_burst(admin_client, study):
    Study.objects.update(opened_at=timezone.now() - datetime.timedelta(days=3))
    study.refresh_from_db()
    joined(study, 20, datetime.timedelta(days=2), datetime.timedelta(hours=2))
    assert "Burst of joins" not in page_of(admin_client, study)
    joined(study, 40, datetime.timedelta(hours=5), datetime.timedelta(seconds=2))
    page = page_of(admin_client, study)
    assert "Burst of joins: 40 people began within 10 minutes" in page
    assert "0.0 are usual" in page
    assert "0 of them have consented" in page


def test_a_steady_pace_is_no_burst(admin_client, study):
    Study.objects.update(opened_at=timezone.now() - datetime.timedelta(hours=2))
    study.refresh_from_db()
    joined(study, 60, datetime.timedelta(hours=2), datetime.timedelta(minutes=2))
    page = page_of(admin_client, study)
    assert "Burst of joins" not in page
    assert "began within the last 10 minutes." in page


def test_a_burst_from_one_address_is_told(client, admin_client, study):
    for _ in range(12):
        come(client, study)
    page = page_of(admin_client, study)
    assert "Burst of joins: 12 people began" in page
    assert "12 came from one address" in page
