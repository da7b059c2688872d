"""Start the site: the web server and the background worker.

A worker that stops, for example because it was killed for its memory, is started again and continues its
work. An explanation that has already stopped a worker before is marked as failed instead. Annotators do not
notice this. While the database cannot be reached, the worker waits, and browsers keep answers.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, close_old_connections
from django.urls import reverse

from explainer.builds.building import fail_repeatedly_stalled
from explainer.tasks import resume_interrupted_builds, resume_interrupted_choices

PORTS_TO_TRY = 20
PAUSE = 2.0  # s before a worker is started again, doubled each time it stops within a minute
LONGEST_PAUSE = 60.0


class Command(BaseCommand):
    """Run gunicorn and a background worker until interrupted."""

    help = "Start the web server and the background worker. Ctrl-C stops both."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare host, port and number of threads."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="first port to try (default: %(default)s)")
        parser.add_argument(
            "--threads", type=int, default=8, help="requests handled at the same time (default: %(default)s)"
        )

    def handle(self, *, host: str, port: int, threads: int, **options: Any) -> None:
        """Start both processes, print the links, wait, and stop both."""
        port = first_free_port(host, port)
        web = [
            sys.executable, "-m", "gunicorn", "studyserver.wsgi:application",
            "--bind", f"{host}:{port}", "--worker-class", "gthread", "--workers", "1",
            "--threads", str(threads), "--log-level", "warning", "--timeout", "60",
        ]  # fmt: skip
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        worker = Worker(self.stderr.write)  # before the server: it fails if there is no database
        server = start(web)
        try:
            wait_until_it_answers(host, port, server)
            self.stdout.write(links(f"http://{host}:{port}"))
            while server.poll() is None:
                worker.keep_alive()
                time.sleep(0.5)
            raise CommandError("The web server stopped unexpectedly. See its message above.")
        except KeyboardInterrupt:
            self.stdout.write("\nStopping.")
        finally:
            for process in (server, worker.process):
                process.terminate()
            for process in (server, worker.process):
                process.wait(timeout=30)


def start(command: list[str]) -> subprocess.Popen:
    """Start a process of the site."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "studyserver.settings",
        "DATA_FOLDER": str(settings.DATA_FOLDER),
    }
    return subprocess.Popen(command, cwd=settings.HOME_FOLDER, env=environment)


class Worker:
    """The background worker, which is started again whenever it stops.

    Parameters
    ----------
    say : callable
        Called with a sentence when the worker has stopped.
    """

    def __init__(self, say: Callable[[str], object]) -> None:
        self.say, self.pause, self.due = say, PAUSE, 0.0
        self.left: set[int] = set()
        self._start()

    def _start(self) -> None:
        resume_interrupted_builds()
        resume_interrupted_choices()
        self.process = start([sys.executable, "-m", "studyserver", "db_worker"])
        self.started = time.monotonic()

    def keep_alive(self) -> None:
        """Start the worker again if it has stopped and its pause is over."""
        if self.process.poll() is None:
            return
        now = time.monotonic()
        if not self.due:
            self._pause(
                now - self.started,
                f"The background worker stopped unexpectedly (code {self.process.returncode})",
            )
        elif now >= self.due:
            self._restart()

    def _pause(self, lasted: float, reason: str) -> None:
        self.pause = PAUSE if lasted > LONGEST_PAUSE else min(2 * self.pause, LONGEST_PAUSE)
        self.due = time.monotonic() + self.pause
        self.say(f"{reason}; it is started again in {self.pause:.0f} s. The site keeps running.")

    def _restart(self) -> None:
        close_old_connections()  # they do not work any more if the database was restarted
        try:
            left = fail_repeatedly_stalled(self.left)
            self._start()
        except Error as error:
            self._pause(0, f"The background worker waits for the database ({str(error).strip()})")
        else:
            self.left |= left  # only after a start that worked: a failed start is not a crash of the worker
            self.due = 0.0


def first_free_port(host: str, port: int) -> int:
    """Return `port`, or the next free port."""
    for candidate in range(port, port + PORTS_TO_TRY):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except OSError:
                continue
            return candidate
    raise CommandError(
        f"Ports {port} to {port + PORTS_TO_TRY - 1} are all in use: choose another one with --port."
    )


def wait_until_it_answers(host: str, port: int, server: subprocess.Popen, seconds: float = 60) -> None:
    """Return when the web server accepts connections."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up and server.poll() is None:
        try:
            socket.create_connection((host, port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise CommandError("The web server did not start. See its message above.")


def links(base: str) -> str:
    """Return the site's most important addresses, one per line."""
    from studyserver.study.models import Study

    lines = ["", "The site is running. Open:"]
    for study in Study.objects.filter(state=Study.State.OPEN):
        lines.append(f"  take part in “{study.title}”:  {base}{study.get_absolute_url()}")
        results = f"{base}{reverse('results:study', args=[study.slug])}"
        lines.append(f"  its results:  {results}")
        if study.annotators.rehearsals().exists():
            lines.append(f"  what simulated annotators answered:  {results}?rehearsal=1")
    lines += [
        f"  researchers' pages:  {base}{reverse('admin:index')}",
        "",
        "Press Ctrl-C to stop it; no data are lost.",
    ]
    return "\n".join(lines)
