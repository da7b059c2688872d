import os

import pytest

from explainer import checks


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({}, []),
        ({"COMPUTE": "magic"}, ["explainer.E001"]),
        ({"COMPUTE_WORKERS": 0}, ["explainer.E002"]),
        ({"MAXIMUM_TRACK_SECONDS": 0}, ["explainer.E005"]),
    ],
)
def test_misconfiguration_is_named_with_a_remedy(settings, changes, ids):
    for name, value in changes.items():
        setattr(settings, name, value)
    found = [*checks.check_compute(None), *checks.check_limits(None), *checks.check_files(None)]
    assert [problem.id for problem in found] == ids
    assert all(problem.hint for problem in found)


def test_dask_needs_an_address(settings):
    settings.COMPUTE, settings.DASK_ADDRESS = "dask", ""
    assert "explainer.E003" in [problem.id for problem in checks.check_compute(None)]


def test_a_folder_that_cannot_be_written_is_noticed(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr(
        os, "access", lambda path, mode: False
    )  # the tests may run as root, who may write anywhere
    [problem] = checks.check_files(None)
    assert problem.id == "explainer.E006"
    assert str(tmp_path) in problem.msg


@pytest.mark.django_db
def test_a_missing_worker_is_noticed(explanation, monkeypatch):
    from explainer import tasks

    assert checks.check_worker(None, databases=["default"]) == []
    monkeypatch.setattr(tasks, "PATIENCE", -tasks.PATIENCE)
    tasks.build_in_background([explanation])
    [problem] = checks.check_worker(None, databases=["default"])
    assert problem.id == "explainer.W007"
