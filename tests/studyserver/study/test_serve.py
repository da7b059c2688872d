"""Starting the site: ports, links, and both processes ended together."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from studyserver.study.management.commands import serve
from studyserver.study.models import Study

REPOSITORY = Path(__file__).resolve().parents[3]


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
    with pytest.raises(CommandError, match="choose another with --port"):
        serve.first_free_port("127.0.0.1", taken_port)


@pytest.mark.django_db
def test_links_name_open_studies_only():
    texts = {"title": "Heard", "consent": "Yes?", "instructions": "Listen."}
    Study.objects.create(slug="open-one", state=Study.State.OPEN, **texts)
    Study.objects.create(slug="draft-one", **texts)
    text = serve.links("http://127.0.0.1:8000")
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


def wait_for(condition, seconds: float = 30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.1)
    raise AssertionError("What was waited for did not happen.")


def test_a_killed_worker_is_started_again_and_both_processes_end_with_the_site(tmp_path):
    environment = {**os.environ, "DATA_FOLDER": str(tmp_path), "LOG_LEVEL": "WARNING"}
    environment.pop("DATABASE_URL", None)
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], cwd=REPOSITORY, env=environment, check=True)
    process = subprocess.Popen(
        [*manage, "serve", "--port", "28100"],
        cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        lines = [process.stdout.readline() for _ in range(3)]
        home = lines[-1].split()[-1].removesuffix("admin/")
        assert answers(home)
        (first,) = filter(is_worker, wait_for(lambda: children_of(process)))
        os.kill(first, signal.SIGKILL)
        (second,) = wait_for(
            lambda: [child for child in children_of(process) if child != first and is_worker(child)]
        )
        assert answers(home)
        children = children_of(process)
        assert second in children
        assert len(children) == 2
    finally:
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=60)
    assert "The background worker ended by itself (code -9)" in complaints
    wait_for(lambda: not any(Path(f"/proc/{child}").exists() for child in children), seconds=10)
