"""Fixtures of the study's tests."""

import pytest
from example_studies import make_study

from studyserver.study import session


@pytest.fixture
def study(db):
    """An open study of 4 tracks in 4 conditions."""
    study = make_study()
    session.open_study(study)
    return study
