"""Fixtures of the results' tests."""

import pytest
from django.core.cache import cache
from django.test import override_settings
from filled_once import filled_once
from filled_study import fill, make_study, take_part

from studyserver.results.data.rows import StudyRows
from studyserver.results.export.archive import StudyExport
from studyserver.results.statistics.answer_model.fit import Effort
from studyserver.results.tables.answer_models.fitting import fit_study
from studyserver.results.tables.computed import Computed
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
def models_of_answers(taken_study, django_db_blocker, tmp_path_factory):
    """Folder with the models of that study's answers, drawn quickly."""
    folder = tmp_path_factory.mktemp("models")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=folder):
        study = Study.objects.get(pk=taken_study)
        fit_study(
            Computed(StudyRows(study)), effort=Effort(n_chains=2, n_warm_up=100, n_draws=100, attempts=1)
        )
    return folder


@pytest.fixture
def fitted(models_of_answers, study, settings):
    """The same study with the models of its answers."""
    settings.MEDIA_ROOT = models_of_answers
    cache.clear()
    return study


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
