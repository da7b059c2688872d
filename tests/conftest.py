"""Fixtures for all tests."""

import gc
import os
import random

# Test processes share the cores, and threads that contend for them are slow. The variables are for what is
# loaded from here on and for child processes; numpy and scipy have come with Django before this file is read.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import pytest
from hypothesis import settings as hypothesis_settings
from threadpoolctl import threadpool_limits

from studyserver.study.models import identifiers

threadpool_limits(limits=1)

# Studies in memory are many small objects that live as long as their test; to look through them at every 700
# new ones takes a seventh of the time.
gc.set_threshold(50_000, 20, 50)

hypothesis_settings.register_profile("project", deadline=None, derandomize=True)
hypothesis_settings.load_profile("project")


def pytest_collection_finish():
    """Let the garbage collector leave alone what was imported."""
    gc.collect()
    gc.freeze()


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
def same_chance_in_every_run(request, monkeypatch):
    """Draw pseudonyms, tokens and codes from a seed of the test's own.

    Orders and sets follow from pseudonyms. ``TEST_SEED=2`` draws others, and every test must pass there too.
    """
    seed = f"{os.environ.get('TEST_SEED', '1')} {request.node.nodeid}"
    monkeypatch.setattr(identifiers, "chance", random.Random(seed))
