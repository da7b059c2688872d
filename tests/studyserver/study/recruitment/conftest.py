"""Fixtures of recruitment."""

import pytest

from studyserver.study.models import Study


@pytest.fixture
def panel(study):
    study.access = Study.Access.PANEL
    study.save()
    return study
