"""Fixtures of the study's tests."""

import datetime

import pytest
from django.utils import timezone
from example_studies import make_study

from studyserver.study.lifecycle.opening import open_study


@pytest.fixture
def study(db):
    """An open study of 4 tracks in 4 conditions."""
    study = make_study()
    open_study(study)
    return study


class Clock:
    """The server's clock, which stands still until a test lets time pass."""

    def __init__(self):
        self.now = timezone.now()

    def __call__(self) -> datetime.datetime:
        return self.now

    def go_on(self, seconds: float) -> None:
        self.now += datetime.timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch):
    """Set the server's clock by hand."""
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock
