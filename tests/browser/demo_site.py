"""Fill an empty site with the demo study: all of it, on a part of its music.

Run as a program, with the site's settings in the environment. The demo may be set up again later: what stands
on it by then stays.
"""

import shutil
import tempfile
from pathlib import Path

import django
import soundfile

SECONDS = 5  # of each piece: a model answers for less music sooner
TRACKS = {"cue-model": ["ode_to_joy_major", "own_menace", "weber_concertino"], "musicnn-MSD": ["own_menace"]}
CALLS = 16  # questions to a model per explanation; their number does not matter here
# Two annotators together meet every condition: 20 of 25 clips, of which 7 at most are of one condition.
TRIALS, REPEATS = 10, 1


def main() -> None:
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from studyserver.study import demo

    definition = definition_on_little_music()
    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        demo.import_music(with_short_music(settings.FIXTURES_FOLDER, Path(folder)))
    demo.register_models(settings.FIXTURES_FOLDER)
    demo.build(demo.request_explanations(definition), workers=1, on_change=lambda explanation: None)
    _study, is_new = demo.create_study(definition)
    if is_new:
        fill_researchers_pages()


def with_short_music(fixtures: Path, folder: Path) -> Path:
    """Copy the beginnings of the demo's music, and what its manifest says, into a folder; return that."""
    (folder / "music").mkdir()
    shutil.copy(fixtures / "music/manifest.csv", folder / "music")
    for file in (fixtures / "music").glob("*.flac"):
        sound, rate = soundfile.read(file, stop=SECONDS * soundfile.info(file).samplerate)
        soundfile.write(folder / "music" / file.name, sound, rate, subtype="PCM_16")
    return folder


def definition_on_little_music() -> dict:
    """Return the demo as it is shipped, less its long waits."""
    from django.conf import settings

    from studyserver.study import demo

    definition = demo.read_definition(settings.FIXTURES_FOLDER)
    for recipe in definition["recipes"]:
        recipe["parameters"]["calls"] = CALLS
    for wanted in definition["explanations"]:
        wanted["tracks"] = TRACKS[wanted["model"]]
    # Two annotators listen to every clip; a tenth of each is enough for a test that must end.
    definition["study"] |= {
        "minimum_listening_share": 0.1,
        "trials_per_annotator": TRIALS,
        "repeats_per_annotator": REPEATS,
    }
    return definition


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
