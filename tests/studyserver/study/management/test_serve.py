"""Starting the site: ports, links, and both processes ended together."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.utils import timezone
from paths import ROOT
from postgresql import private_server

from studyserver.study.management.commands import serve
from studyserver.study.models import Study


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_passed_over(taken_port):
    assert serve.first_free_port("127.0.0.1", taken_port) > taken_port


def test_no_free_port_is_said_in_words(taken_port, monkeypatch):
    monkeypatch.setattr(serve, "PORTS_TO_TRY", 1)
    with pytest.raises(CommandError, match="choose another one with --port"):
        serve.first_free_port("127.0.0.1", taken_port)


@pytest.mark.django_db
def test_links_name_open_studies_only():
    texts = {"title": "Heard", "consent": "Yes?", "instructions": "Listen."}
    study = Study.objects.create(slug="open-one", state=Study.State.OPEN, **texts)
    Study.objects.create(slug="draft-one", **texts)
    text = serve.links("http://127.0.0.1:8000")
    assert "rehearsal" not in text
    study.annotators.create(rehearsal=True, expires_at=timezone.now())
    assert "/admin/results/study/open-one/?rehearsal=1" in serve.links("http://127.0.0.1:8000")
    assert "http://127.0.0.1:8000/s/open-one/" in text
    assert "http://127.0.0.1:8000/admin/results/study/open-one/" in text
    assert "draft-one" not in text


def children_of(process: subprocess.Popen) -> list[int]:
    return [
        int(child) for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    ]


def is_worker(child: int) -> bool:
    return b"db_worker" in Path(f"/proc/{child}/cmdline").read_bytes()


def answers(address: str) -> bool:
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.status == 200


def wait_for(condition, seconds: float = 60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.1)
    raise AssertionError("What was waited for did not happen.")


def copy_empty_database(path: Path) -> None:
    """Copy the tests' database, which is migrated and has no rows of tests."""
    with closing(sqlite3.connect(path)) as copy:
        connection.ensure_connection()
        connection.connection.backup(copy)


class RunningSite:
    """`serve` in a process of its own, as a researcher starts it."""

    def __init__(self, folder: Path, database: str = ""):
        environment = {**os.environ, "DATA_FOLDER": str(folder), "LOG_LEVEL": "WARNING"}
        environment.pop("DATABASE_URL", None)
        manage = [sys.executable, "manage.py"]
        if database:
            environment["DATABASE_URL"] = database
        if database or connection.vendor != "sqlite":
            subprocess.run([*manage, "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
        else:
            copy_empty_database(folder / "database.sqlite3")
        self.complaints = folder / "complaints"
        with self.complaints.open("w") as complaints:
            self.process = subprocess.Popen(
                [*manage, "serve", "--port", "28100"],
                cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=complaints, text=True,
            )  # fmt: skip
        lines = [self.process.stdout.readline() for _ in range(3)]
        self.home = lines[-1].split()[-1].removesuffix("admin/")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)

    def worker(self, but: int = 0) -> int:
        """Return the process of the worker as soon as there is one, other than `but`."""
        return wait_for(lambda: next(filter(is_worker, set(children_of(self.process)) - {but}), 0))


@pytest.mark.slow
@pytest.mark.long
def test_a_killed_worker_is_started_again_and_both_processes_end_with_the_site(
    django_db_setup, django_db_blocker, tmp_path
):
    with django_db_blocker.unblock():
        site = RunningSite(tmp_path)
    with site:
        assert answers(site.home)
        first = site.worker()
        os.kill(first, signal.SIGKILL)
        second = site.worker(but=first)
        assert answers(site.home)
        children = children_of(site.process)
        assert second in children
        assert len(children) == 2
    assert "The background worker stopped unexpectedly (code -9)" in site.complaints.read_text()
    wait_for(lambda: not any(Path(f"/proc/{child}").exists() for child in children), seconds=10)


@pytest.mark.postgresql
def test_the_site_outlives_a_restart_of_its_database(tmp_path):
    with private_server() as database, RunningSite(tmp_path, database.address) as site:
        assert answers(site.home)
        first = site.worker()
        database.stop()
        try:
            wait_for(lambda: "waits for the database" in site.complaints.read_text())
            assert site.process.poll() is None
        finally:
            database.start()
        assert site.worker(but=first)
        assert answers(site.home)


@pytest.mark.django_db
def test_a_restart_that_fails_for_the_database_is_no_second_death(monkeypatch):
    """What a worker was building is given up after two deaths; the database may be lost in between."""
    answers_of_database = iter([None, OperationalError("gone"), None, None])
    left_before, said = [], []

    def take_up():
        if error := next(answers_of_database):
            raise error

    monkeypatch.setattr(serve, "PAUSE", 0.0)
    monkeypatch.setattr(serve, "start", lambda command: subprocess.Popen([sys.executable, "-c", ""]))
    monkeypatch.setattr(serve, "resume_interrupted_builds", take_up)
    monkeypatch.setattr(serve, "fail_repeatedly_stalled", lambda left: left_before.append(set(left)) or {7})
    worker = serve.Worker(said.append)
    while len(left_before) < 3:
        worker.process.wait()
        worker.keep_alive()
    assert left_before == [set(), set(), {7}]
    assert [sentence.split(";")[0] for sentence in said] == [
        "The background worker stopped unexpectedly (code 0)",
        "The background worker waits for the database (gone)",
        "The background worker stopped unexpectedly (code 0)",
    ]
