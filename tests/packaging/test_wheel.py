"""The wheel holds everything, and works where there is no checkout; run by ``make package``."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from paths import ROOT

FOLDER = os.environ.get("WHEEL_FOLDER")
pytestmark = pytest.mark.skipif(not FOLDER, reason="no wheel was built: use `make package`")


@pytest.fixture(scope="module")
def wheel() -> Path:
    [file] = (ROOT / FOLDER).glob("*.whl")
    return file


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory) -> Path:
    """Return an environment with the wheel, and with the libraries of the one that runs the tests."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", folder / "bin" / "python"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    return folder


def run(environment: Path, folder: Path, *command: str) -> str:
    settings = {
        name: value for name, value in os.environ.items() if name not in {"DATA_FOLDER", "DATABASE_URL"}
    }
    done = subprocess.run(
        [environment / "bin" / command[0], *command[1:]],
        cwd=folder,
        env=settings | {"LOG_LEVEL": "ERROR", "DJANGO_SETTINGS_MODULE": "studyserver.settings"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_every_file_of_the_packages_and_no_other(wheel):
    listed = subprocess.run(
        ["git", "ls-files", "explainer", "studyserver", "fixtures"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    expected = {f"studyserver/{name}" if name.startswith("fixtures/") else name for name in listed}
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == expected


def test_an_installed_site_keeps_its_data_in_the_current_folder(environment, tmp_path):
    assert "no issues" in run(environment, tmp_path, "listening-studies", "check")
    run(environment, tmp_path, "listening-studies", "migrate", "--verbosity", "0")
    assert (tmp_path / "data" / "database.sqlite3").exists()
    program = """
import django; django.setup()
from django.contrib.staticfiles import finders
from django.conf import settings
from django.template.loader import get_template
from django.utils import translation
from studyserver.study import demo
import studyserver
music = demo.import_music(settings.FIXTURES_FOLDER)
models = demo.register_models(settings.FIXTURES_FOLDER)
for definition in demo.read_definitions(settings.FIXTURES_FOLDER):
    demo.request_explanations(definition, music)
get_template("study/trials.html")
assert finders.find("study/js/trial/trial.js")
translation.activate("de")
print(studyserver.__file__, len(models), translation.gettext("Next"), sep="\\n")
"""
    place, models, translated = run(environment, tmp_path, "python", "-c", program).splitlines()
    assert Path(place).is_relative_to(environment)
    assert int(models) == len([*ROOT.glob("fixtures/models/*/model.json")])
    assert translated == "Weiter"


def test_an_installed_core_explains(environment, tmp_path):
    program = "import doctest, explainer.core.pipeline as p; sys = doctest.testmod(p); print(sys)"
    assert "failed=0" in run(environment, tmp_path, "python", "-c", program)
