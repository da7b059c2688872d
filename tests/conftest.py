"""Fixtures for all tests."""

import gc
import os
import random
from pathlib import Path

# Test processes share the cores, and threads that contend for them are slow. The variables are for what is
# loaded from here on and for child processes; numpy and scipy have come with Django before this file is read.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import pytest
from _pytest.runner import runtestprotocol
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from threadpoolctl import threadpool_limits

from studyserver.study.models import identifiers

threadpool_limits(limits=1)

identifiers.chance = None  # what is drawn without a seed fails

# Studies in memory are many small objects that live as long as their test; to look through them at every 700
# new ones takes a seventh of the time.
gc.set_threshold(50_000, 20, 50)

# No verdict hangs on time: a busy machine may need a minute for the first example.
hypothesis_settings.register_profile(
    "project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("project")


def pytest_collection_finish():
    """Let the garbage collector leave alone what was imported."""
    gc.collect()
    gc.freeze()


def _with_room_for_frames(function, *arguments, **named):
    return function(*arguments, **named)


# Python keeps the frames of calls in pieces of 16 kB. Where a loop happens to call across the end of a piece,
# every call asks the system for a new piece and gives it back: up to a sixth of the time. One frame of 4 MB
# brings all that is called from it into one piece of 8 MB.
_with_room_for_frames.__code__ = _with_room_for_frames.__code__.replace(co_stacksize=2**19 + 2**12)


DATABASE = {"db", "transactional_db", "django_db_setup", "client", "admin_client", "live_server"}
TESTS = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark tests slow that use Chromium, a database or PostgreSQL; `make test-fast` leaves them out."""
    for item in items:
        if item.path.is_relative_to(TESTS / "browser"):
            item.add_marker("browser")
        if (
            item.get_closest_marker("browser")
            or item.get_closest_marker("postgresql")
            or item.get_closest_marker("django_db")
            or DATABASE & set(item.fixturenames)
        ):
            item.add_marker("slow")
    if "PYTEST_XDIST_WORKER" in os.environ:
        items[:] = in_the_order_of_several_processes(items)


def in_the_order_of_several_processes(items: list) -> list:
    """Spread the files whose tests wait for sounds among those that compute.

    Files are handed out one by one as processes become free, so that processor and sounds are busy at the
    same time. The longest come first: at the end no process works alone for long.
    """
    files: dict[Path, list] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)

    ordered = sorted(files, key=lambda file: not any(item.get_closest_marker("long") for item in files[file]))
    waiting = [file for file in ordered if files[file][0].get_closest_marker("browser")]
    computing = [file for file in ordered if file not in waiting]
    among = 0.8 * len(computing) / max(len(waiting), 1)  # the last fifth computes only
    places = {file: number * among for number, file in enumerate(waiting)}
    places |= {file: number for number, file in enumerate(computing)}
    return [item for file in sorted(places, key=places.get) for item in files[file]]


NOT_ABOUT_PROGRAMS = "this processor has no"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """With REQUIRE_ALL=1 fail tests that would be skipped because a program is missing."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("REQUIRE_ALL") == "1":
        reason = str(call.excinfo.value)
        if not reason.startswith(NOT_ABOUT_PROGRAMS):
            report.outcome = "failed"
            report.longrepr = f"REQUIRE_ALL=1 lets no test be skipped: {reason}"
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """Run a test as pytest does, with room for the frames of its calls."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    _with_room_for_frames(runtestprotocol, item, nextitem=nextitem)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def chance_of(*names: str) -> random.Random:
    """Return the source of chance of what has these names."""
    return random.Random(" ".join((os.environ.get("TEST_SEED", "1"), *names)))


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef, request):
    """Give fixtures that several tests share a seed of their own; they are set up before that of a test."""
    if fixturedef.scope == "function":
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(identifiers, "chance", chance_of(request.node.nodeid, fixturedef.argname))
        return (yield)


@pytest.fixture(scope="session")
def no_static_files(tmp_path_factory):
    """Return an empty folder."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture(autouse=True)
def files_of_the_test(settings, tmp_path, no_static_files):
    """Uploads and clips go to a folder of the test's own; what the site has collected is not looked at."""
    settings.STATIC_ROOT = no_static_files
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return settings.MEDIA_ROOT


@pytest.fixture(autouse=True)
def no_language_of_an_earlier_reader():
    """A page that is shown sets the language of its reader, and Django keeps that for what comes after it."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def same_chance_in_every_run(request, monkeypatch):
    """Draw pseudonyms, tokens and codes from a seed of the test's own.

    Orders and sets follow from pseudonyms. ``TEST_SEED=2`` draws others, and every test must pass there too.
    """
    monkeypatch.setattr(identifiers, "chance", chance_of(request.node.nodeid))
