"""The web process answers within milliseconds because it never loads what only the builds need."""

import subprocess
import sys

import pytest
from paths import ROOT

pytestmark = pytest.mark.slow
HEAVY = {"torch", "librosa", "lime", "pandas", "matplotlib", "captum", "skimage", "sklearn", "numba"}

START_UP = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studyserver.settings")
from studyserver.wsgi import application
from django.urls import get_resolver
def walk(patterns):
    for pattern in patterns:
        walk(getattr(pattern, "url_patterns", []))
walk(get_resolver().url_patterns)
"""
FORMS = """
from explainer.pages.forms import RecipeForm, BuildForm, MusicModelForm
assert RecipeForm().fields["method"].choices
from explainer.imports.music_models import problems
from explainer.models import MusicModel
problems(MusicModel(representation={"kind": "log_filterbank"}, targets=[{"name": "x"}]), "")
from explainer.pages import explanation_page, views
from explainer import admin
"""
REPORT = f"print(*sorted({HEAVY!r} & set(sys.modules)))"


@pytest.mark.parametrize("extra", ["", FORMS], ids=["start-up", "forms"])
def test_nothing_heavy_is_imported(tmp_path, extra):
    done = subprocess.run(
        [sys.executable, "-c", START_UP + extra + REPORT],
        cwd=ROOT,
        env={"DATA_FOLDER": str(tmp_path), "PATH": "", "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_the_test_would_notice(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "import sys, pandas\n" + REPORT],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["pandas"]
