"""Fixtures of the results' tests."""

import pytest
from filled_once import filled_once
from filled_study import fill, make_study, take_part

from studyserver.results.export.archive import StudyExport
from studyserver.study.models import Study


@pytest.fixture
def empty_study(db):
    """A study that nobody has taken."""
    return make_study("empty-study")


@pytest.fixture
def walk_through():
    """Return the function that lets one annotator take part."""
    return take_part


@pytest.fixture(scope="module")
def taken_study(django_db_setup, django_db_blocker, tmp_path_factory):
    """Number of a study filled once, within a transaction that ends with a file's tests."""
    folder = tmp_path_factory.mktemp("files")
    with filled_once(django_db_blocker, folder, lambda: fill(make_study()).pk) as number:
        yield number


@pytest.fixture(scope="module")
def written(taken_study, django_db_blocker, tmp_path_factory):
    """The export as a folder, written once; not to be changed."""
    path = tmp_path_factory.mktemp("written") / "export"
    with django_db_blocker.unblock():
        StudyExport(Study.objects.get(pk=taken_study)).write_folder(path)
    return path


@pytest.fixture
def study(taken_study, db):
    """A study taken by nine people, of whom one discarded the answers, and rehearsed once."""
    return Study.objects.get(pk=taken_study)
