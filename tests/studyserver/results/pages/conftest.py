"""A study whose truth is known, with its models of the answers."""

import pytest
from constructed_study import construct, populate
from django.core.cache import cache
from filled_once import filled_once

from studyserver.results.data.rows import StudyRows
from studyserver.results.statistics.answer_model.fit import Effort
from studyserver.results.tables.answer_models.fitting import fit_study
from studyserver.results.tables.computed import Computed
from studyserver.study.models import Study


@pytest.fixture(scope="module")
def folder_of_constructed(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def constructed_once(django_db_setup, django_db_blocker, folder_of_constructed):
    """Number of the study, made once for a module."""

    def fill():
        study, truth = construct()
        populate(study, truth)
        fit_study(
            Computed(StudyRows(study)), effort=Effort(n_chains=2, n_warm_up=200, n_draws=300, attempts=1)
        )
        return study.pk

    with filled_once(django_db_blocker, folder_of_constructed, fill) as made:
        yield made


@pytest.fixture
def constructed(constructed_once, folder_of_constructed, settings, db):
    """The study, read anew."""
    settings.MEDIA_ROOT = folder_of_constructed
    cache.clear()
    return Study.objects.get(pk=constructed_once)
