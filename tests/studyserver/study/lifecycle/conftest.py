"""Fixtures of the tests of a study's life."""

import pytest
from whole_studies import make_whole_study


@pytest.fixture
def study(db):
    """Return a draft that has at least one row of every part."""
    return make_whole_study()
