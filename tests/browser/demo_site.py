"""Fill an empty site with the demo study: all of it, on a part of its music.

Run as a program, with the site's settings in the environment.
"""

import django

TRACKS = {"cue-model": ["ode_to_joy_major", "own_menace", "weber_concertino"], "musicnn-MSD": ["own_menace"]}
CALLS = 32  # questions to a model per explanation; their number does not matter here


def main() -> None:
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from studyserver.study import demo

    definition = demo.read_definition(settings.FIXTURES_FOLDER)
    for recipe in definition["recipes"]:
        recipe["parameters"]["calls"] = CALLS
    for wanted in definition["explanations"]:
        wanted["tracks"] = TRACKS[wanted["model"]]
    # Two annotators listen to every clip; a tenth of each is enough for a test that must end.
    definition["study"]["minimum_listening_share"] = 0.1
    call_command("migrate", verbosity=0)
    demo.import_music(settings.FIXTURES_FOLDER)
    demo.register_models(settings.FIXTURES_FOLDER)
    demo.build(demo.request_explanations(definition), workers=2, on_change=lambda explanation: None)
    demo.create_study(definition)
    fill_researchers_pages(definition)


def fill_researchers_pages(definition) -> None:
    """Add what the demo lacks for every page: an account, a second explanation, a failure, ratings."""
    import numpy as np
    from django.contrib.auth import get_user_model

    from explainer.builds import building
    from explainer.core.correlations.label_files import Labels
    from explainer.core.correlations.published import EMOTIONS, MID_LEVEL
    from explainer.imports import recipes
    from explainer.imports.label_import import import_labels
    from explainer.models import MusicModel, Recipe, Track

    users = get_user_model().objects
    if not users.filter(username="researcher").exists():
        users.create_superuser("researcher", password="listen")
    impossible = recipes.save_recipe("impossible", {"segmentation_parameters": {"time_cells": 5000}})
    rows = building.request_explanations(
        [Track.objects.get(name="own_menace")],
        [MusicModel.objects.get(name="cue-model")],
        [Recipe.objects.get(name="demo-tagger"), impossible],
        ["happy"],
    )
    building.build_explanations([row.pk for row in rows], kind="processes", workers=2)
    names = [track.name for track in Track.objects.all()]
    for data_set, targets in (("mid-level", MID_LEVEL), ("soundtracks", EMOTIONS)):
        ratings = np.random.default_rng(len(targets)).uniform(1, 9, (len(names), len(targets)))
        import_labels(Labels(data_set, tuple(names), targets, ratings, 1, 9))


if __name__ == "__main__":  # the processes that build clips import this file again
    main()
