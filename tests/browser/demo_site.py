"""Fill an empty site with the demo: all of it, on a part of its music.

Run as a program, with the site's settings in the environment. The demo may be set up again later: what stands
on it by then stays.
"""

import tempfile
from pathlib import Path

import django
import soundfile

MUSIC = ("ode_to_joy_major", "own_menace", "weber_concertino")
SECONDS = 8  # of each piece
EXCERPT_SECONDS = 2.5  # a model answers for less music sooner
CALLS = 16  # questions to a model per explanation; their number does not matter here
# Two annotators together meet every condition: there are two excerpts of three tracks in three conditions.
TRIALS, REPEATS = 10, 1


def main() -> None:
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from studyserver.study import demo

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        music = demo.import_music(with_little_music(settings.FIXTURES_FOLDER, Path(folder)))
    demo.register_models(settings.FIXTURES_FOLDER)
    demo.predict(music)
    is_new = True
    for definition in definitions_on_little_music():
        rows = demo.request_explanations(definition, demo.choose_excerpts(definition, music))
        demo.build(rows, workers=1, on_change=lambda explanation: None)
        _study, is_new = demo.create_study(definition, rows)
    if is_new:
        fill_researchers_pages()


def with_little_music(fixtures: Path, folder: Path) -> Path:
    """Copy the beginnings of some pieces, and what the manifest says of them, into a folder; return that."""
    music = folder / "music"
    music.mkdir()
    heading, *lines = (fixtures / "music/manifest.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if line.startswith(MUSIC)]
    (music / "manifest.csv").write_text("".join([heading, *kept]), encoding="utf-8")
    for name in MUSIC:
        file = fixtures / "music" / f"{name}.flac"
        sound, rate = soundfile.read(file, stop=SECONDS * soundfile.info(file).samplerate)
        soundfile.write(music / file.name, sound, rate, subtype="PCM_16")
    return folder


def definitions_on_little_music() -> list[dict]:
    """Return the demo's studies as they are shipped, less their long waits."""
    from django.conf import settings

    from studyserver.study import demo

    definitions = demo.read_definitions(settings.FIXTURES_FOLDER)
    for definition in definitions:
        for recipe in definition["recipes"]:
            recipe["parameters"]["calls"] = CALLS
        definition["demo"]["excerpts"]["seconds"] = EXCERPT_SECONDS
        # Two annotators listen to every clip; a tenth of each is enough for a test that must end.
        definition["study"] |= {
            "minimum_listening_share": 0.1,
            "trials_per_annotator": TRIALS,
            "repeats_per_annotator": REPEATS,
        }
    return definitions


def fill_researchers_pages() -> None:
    """Add what the demo lacks for every page: an account, a second explanation, a failure, ratings."""
    import numpy as np
    from django.contrib.auth import get_user_model

    from explainer.builds import building
    from explainer.core.correlations.label_files import Labels
    from explainer.core.correlations.published import EMOTIONS, MID_LEVEL
    from explainer.imports import recipes
    from explainer.imports.label_import import import_labels
    from explainer.models import MusicModel, Recipe, Track

    get_user_model().objects.create_superuser("researcher", password="listen")
    impossible = recipes.save_recipe("impossible", {"segmentation_parameters": {"time_cells": 5000}})
    rows = building.request_explanations(
        [Track.objects.get(name="own_menace")],
        [MusicModel.objects.get(name="cue-model")],
        [Recipe.objects.get(name="demo-tagger"), impossible],
        ["happy"],
    )
    building.build_explanations([row.pk for row in rows], kind="in-process")
    names = [track.name for track in Track.objects.all()]
    for data_set, targets in (("mid-level", MID_LEVEL), ("soundtracks", EMOTIONS)):
        ratings = np.random.default_rng(len(targets)).uniform(1, 9, (len(names), len(targets)))
        import_labels(Labels(data_set, tuple(names), targets, ratings, 1, 9))


if __name__ == "__main__":  # the processes that build clips import this file again
    main()
