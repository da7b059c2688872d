"""Fixtures for all tests."""

import os

# Test processes share the cores, and threads that contend for them are slow. The variables are for what is
# loaded from here on and for child processes; numpy and scipy have come with Django before this file is read.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import pytest
from hypothesis import settings as hypothesis_settings
from threadpoolctl import threadpool_limits

threadpool_limits(limits=1)

hypothesis_settings.register_profile("project", deadline=None, derandomize=True)
hypothesis_settings.load_profile("project")


@pytest.fixture(autouse=True)
def files_of_the_test(settings, tmp_path):
    """Uploads and clips go to a folder of the test's own, never to the site's data."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return settings.MEDIA_ROOT
