"""A PostgreSQL server of the tests' own, reached through a socket in a temporary folder."""

import os
import pwd
import shutil
import subprocess
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest


def _programs() -> Path | None:
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    # Debian keeps the server's programs off the path.
    return max(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=None
    )


def _unprivileged_user() -> str | None:
    """Return whom the server runs as: PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def private_server(folder: Path) -> Iterator[str]:
    """Start a server, yield its ``DATABASE_URL``, and stop it."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql).")
    pytest.importorskip("psycopg")
    user = _unprivileged_user()
    # The socket's path may have 107 bytes at most, and the server's user must be able to reach it.
    short = Path(subprocess.check_output(["mktemp", "-d", "/tmp/pgXXXXXX"], text=True).strip())
    data = short / "data"
    if user:
        shutil.chown(short, user)

    def run(*command: str) -> None:
        program = [str(programs / command[0]), *command[1:]]
        done = subprocess.run(program, user=user, cwd=short, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr

    try:
        run(
            "initdb",
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        )
        options = f"-k {short} -c listen_addresses='' -c fsync=off -c max_connections=200"
        run("pg_ctl", "-D", str(data), "-w", "-l", str(short / "log"), "-o", options, "start")
        try:
            yield f"postgres://postgres@{urllib.parse.quote(str(short), safe='')}/postgres"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(short, ignore_errors=True)
