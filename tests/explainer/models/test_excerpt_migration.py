"""Rows as the version before stored them belong to whole tracks afterwards, and keep their keys."""

import json
import os
import subprocess
import sys

import pytest
from django.urls import reverse
from paths import PYTHONPATH, ROOT
from postgresql import private_server

from explainer.builds import stored_results

BEFORE = """
import json, django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
state = executor.migrate([("explainer", "0003_segments_asked_and_held")])
names = ("Track", "MusicModel", "Recipe", "Explanation", "Clip")
Track, MusicModel, Recipe, Explanation, Clip = (state.apps.get_model("explainer", name) for name in names)
model = MusicModel.objects.create(name="m")
recipes = [Recipe.objects.create(name=name, digest=name) for name in ("one", "two")]
for number, seconds in enumerate((12.0, 3_307_501 / 44_100)):
    track = Track.objects.create(
        name=f"t{number}", sha256=str(number) * 64, seconds=seconds, sample_rate=44_100, channels=2
    )
    for recipe in recipes:
        explanation = Explanation.objects.create(
            track=track, model=model, recipe=recipe, key=f"{number}{recipe.name}", state="done"
        )
        Clip.objects.create(
            track=track, explanation=explanation, condition="evidence", target="happy", segments_asked=4,
            sha256="0" * 64, sample_rate=22050, seconds=seconds,
        )
    Clip.objects.create(
        track=track, condition="evidence", target="happy", method="other", sha256="1" * 64, sample_rate=22050,
        seconds=seconds,
    )
MigrationExecutor(connection).migrate([("explainer", "0004_excerpts")])
call_command("migrate", verbosity=0)
from explainer.models import Clip, Excerpt, Explanation, Track
print(json.dumps({
    "excerpts": [
        [row.track.name, row.start, row.frames, row.chosen_by] for row in Excerpt.objects.order_by("pk")
    ],
    "explanations": [
        [row.track.name, row.excerpt.track.name, row.excerpt.is_whole, row.key, str(row)]
        for row in Explanation.objects.order_by("pk")
    ],
    "clips": [
        [row.track.name, row.excerpt.track.name, row.excerpt.is_whole, row.explanation_id is None, str(row)]
        for row in Clip.objects.order_by("pk")
    ],
    "names": [row.name for row in Excerpt.objects.all()],
}))
"""


def migrated(folder, database=""):
    inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-c", BEFORE],
        cwd=ROOT,
        env=inherited
        | {"PYTHONPATH": PYTHONPATH, "DJANGO_SETTINGS_MODULE": "studyserver.settings"}
        | {"DATA_FOLDER": str(folder), "LOG_LEVEL": "ERROR"}
        | ({"DATABASE_URL": database} if database else {}),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def check(found):
    assert found["excerpts"] == [["t0", 0, 529_200, "whole"], ["t1", 0, 3_307_501, "whole"]]
    assert found["names"] == ["t0", "t1"]
    assert found["explanations"] == [
        [f"t{number}", f"t{number}", True, f"{number}{recipe}", f"t{number} · m · {recipe}"]
        for number in (0, 1)
        for recipe in ("one", "two")
    ]
    assert [row[:4] for row in found["clips"]] == [
        [f"t{number}", f"t{number}", True, uploaded] for number in (0, 1) for uploaded in (False, False, True)
    ]
    assert {row[4] for row in found["clips"]} == {"t0: evidence for happy", "t1: evidence for happy"}


@pytest.mark.slow
def test_stored_rows_belong_to_whole_tracks(tmp_path):
    check(migrated(tmp_path))


@pytest.mark.postgresql
def test_stored_rows_belong_to_whole_tracks_on_postgresql(tmp_path):
    with private_server() as server:
        check(migrated(tmp_path, server.address))


def test_the_key_of_a_whole_track_is_what_it_was(built):
    from explainer.core import VERSION
    from explainer.core.base.canonical_json import digest_of

    assert built.excerpt.is_whole
    assert stored_results.key_of(built) == digest_of(
        {
            "track": built.track.sha256,
            "model": built.model.digest(),
            "recipe": built.recipe.digest,
            "targets": built.targets(),
            "core": VERSION,
        }
    )
    assert "excerpt" not in built.provenance


def test_pages_name_whole_tracks_as_before(built, admin_client):
    page = admin_client.get(reverse("explainer:explanation", args=[built.pk])).content.decode()
    assert f"{built.track} · {built.model} · {built.recipe}" in page
