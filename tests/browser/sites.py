"""Sites of the browser tests: real processes with data of their own."""

import fcntl
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
FILL = "import django; django.setup(); import example_site; example_site.main({seconds})"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
MADE = "made.json"  # what the filled site says of itself
EMPTY_DATABASE = "empty.sqlite3"  # in the folder of the filled site
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1440, "height": 900}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment_of_site(folder: Path) -> dict[str, str]:
    """Return the environment of a site that keeps its data in `folder`."""
    environment = {**os.environ, "DATA_FOLDER": str(folder), "LOG_LEVEL": "WARNING"}
    environment.pop("DATABASE_URL", None)
    environment["DJANGO_SETTINGS_MODULE"] = "studyserver.settings"
    environment["PYTHONPATH"] = os.pathsep.join([str(REPOSITORY), str(Path(__file__).parent)])
    return environment


def copy_empty_site(filled: Path, folder: Path) -> None:
    """Copy a migrated database and static files out of the filled site, as making them takes seconds."""
    shutil.copytree(filled / "static", folder / "static")
    shutil.copy(filled / ".static.lock", folder)
    shutil.copy(filled / EMPTY_DATABASE, folder / "database.sqlite3")


def start_site(port: int, environment: dict) -> subprocess.Popen:
    """Start the web server and return when it answers."""
    command = [
        sys.executable, "-m", "gunicorn", "studyserver.wsgi:application", "--bind", f"127.0.0.1:{port}",
        "--worker-class", "gthread", "--threads", "8", "--log-level", "warning",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            # The port is open long before the first worker has loaded the site.
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60).close()
            return process
        except OSError:
            assert process.poll() is None, "The site ended by itself."
            time.sleep(0.1)
    raise AssertionError("The site did not start.")


class Site:
    """The study server with its example studies; can be stopped and started again."""

    def __init__(self, filled: Path, folder: Path):
        shutil.copytree(filled, folder)
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = environment_of_site(folder)
        made = json.loads((folder / MADE).read_text())
        self.ready_for = made["ready_for"]
        self.ready = self.ready_for["scale"]
        self.side_by_side, self.presentations = made["side_by_side"], made["presentations"]
        self.process = None

    @staticmethod
    def filled_once(folder: Path, seconds: float = 1.0) -> Path:
        """Fill a folder with the example studies, unless another test process has; return it.

        Every sound of theirs lasts `seconds`.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / MADE).exists():
                fill = [sys.executable, "-c", FILL.format(seconds=seconds)]
                made = subprocess.run(
                    fill, env=environment_of_site(folder), stdout=subprocess.PIPE, text=True, check=True
                )
                (folder / MADE).write_text(made.stdout.splitlines()[-1])
        return folder

    def start(self):
        self.process = start_site(self.port, self.environment)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)

    def rows(self, query: str, *parameters) -> list[dict]:
        """Return rows of the site's database."""
        with sqlite3.connect(self.folder / "database.sqlite3") as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, parameters)]

    def answers(self, token: str) -> list[dict]:
        """Return the answers of one annotator that count, in the order of the trials."""
        rows = self.rows(
            """SELECT trial.position AS position, question.key AS question, judgment.value AS value,
                      judgment.sequence AS sequence, judgment.presentation_id AS presentation
               FROM study_judgment judgment JOIN study_trial trial ON trial.id = judgment.trial_id
               JOIN study_question question ON question.id = judgment.question_id
               JOIN study_annotator annotator ON annotator.id = trial.annotator_id
               WHERE annotator.token = ? ORDER BY judgment.sequence""",
            token,
        )
        newest = {(row["position"], row["question"], row["presentation"]): row for row in rows}
        answers = [{**row, "value": json.loads(row["value"])} for row in newest.values()]
        return sorted(answers, key=lambda row: (row["position"], row["sequence"]))

    def trials(self, token: str) -> list[dict]:
        """Return the trials of one annotator, with what was heard."""
        rows = self.rows(
            """SELECT trial.* FROM study_trial trial JOIN study_annotator annotator
               ON annotator.id = trial.annotator_id WHERE annotator.token = ? ORDER BY trial.position""",
            token,
        )
        return [{**row, "listening": json.loads(row["listening"])} for row in rows]
