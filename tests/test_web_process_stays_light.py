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
EXCERPTS = """
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from explainer.models import Excerpt, ExcerptChoice, MusicModel, Track
call_command("migrate", verbosity=0)
track = Track.objects.create(name="t", sha256="0" * 64, seconds=60.0, sample_rate=8000, channels=1)
model = MusicModel.objects.create(name="m", targets=[{"name": "happy", "level": "emotion"}])
client = Client(headers={"host": "localhost"})
user = get_user_model().objects.create_superuser("r")
client.force_login(user, "django.contrib.auth.backends.ModelBackend")
by_hand = f"/admin/explainer/tracks/{track.pk}/excerpts/"
answer = client.get(by_hand)
assert answer.status_code == 200, (answer.status_code, answer.content[:500])
assert client.post(by_hand, {"start": "3", "seconds": "7"}).status_code == 302
assert client.post(f"{by_hand}ask", {"target": f"{model.pk}:happy"}).status_code == 302
rule = {"tracks": [track.pk], "target": f"{model.pk}:happy", "where": "most", "number": 2, "seconds": 7}
answer = client.post("/admin/explainer/excerpts/", {**rule, "starts_on": "beats", "apart": 1})
assert answer.status_code == 302, answer.content
assert Excerpt.objects.filter(chosen_by="hand").count() == 1 and ExcerptChoice.objects.count() == 2
"""
REPORT = f"print(*sorted({HEAVY!r} & set(sys.modules)))"


@pytest.mark.parametrize("extra", ["", FORMS, EXCERPTS], ids=["start-up", "forms", "excerpts"])
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
