import dataclasses
import json

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from explainer.core.base.recipe import Recipe as CoreRecipe
from explainer.core.representations.kinds import representation_from
from explainer.models import Clip, Explanation, MusicModel, Recipe, Track
from explainer.pages.forms import REPRESENTATION_EXAMPLES, RecipeForm
from studyserver.study.models import Stimulus, Study

pytestmark = pytest.mark.django_db


def upload(path):
    return SimpleUploadedFile(path.name, path.read_bytes())


def text_of(response):
    return response.content.decode().replace("&#x27;", "'").replace("&quot;", '"')


def test_several_tracks_are_uploaded_and_bad_ones_are_named_at_the_field(sound_file, tmp_path, admin_client):
    good, bad = sound_file("good.flac"), tmp_path / "bad.wav"
    bad.write_text("no sound")
    form = {"files": [upload(good), upload(bad)], "composer": "Ann", "licence": "CC0"}
    response = admin_client.post(reverse("admin:explainer_track_add"), form)
    page = text_of(response)
    assert "bad.wav cannot be read as sound" in page
    assert "Imported: good.flac as good." in page
    assert 'value="Ann"' in page
    track = Track.objects.get()
    assert (track.composer, track.licence) == ("Ann", "CC0")


def test_uploading_nothing_or_an_empty_file_is_refused(admin_client):
    address = reverse("admin:explainer_track_add")
    assert "Choose at least one sound file." in text_of(admin_client.post(address, {}))
    empty = SimpleUploadedFile("empty.wav", b"")
    assert "empty.wav is empty" in text_of(admin_client.post(address, {"files": [empty]}))
    assert not Track.objects.exists()


def test_a_silent_upload_is_refused_before_anything_is_stored(sound_file, admin_client, settings):
    form = {"files": [upload(sound_file("silent.wav", np.zeros(44100)))]}
    assert "silent.wav is silent" in text_of(admin_client.post(reverse("admin:explainer_track_add"), form))
    assert not settings.MEDIA_ROOT.exists()


def test_more_than_a_hundred_files_are_looked_at_each(admin_client):
    files = [SimpleUploadedFile(f"{number}.wav", b"") for number in range(101)]
    page = text_of(admin_client.post(reverse("admin:explainer_track_add"), {"files": files}))
    assert all(f"{file.name} is empty" in page for file in files)


def test_a_good_upload_leads_to_the_list(sound_file, admin_client):
    response = admin_client.post(
        reverse("admin:explainer_track_add"), {"files": [upload(sound_file("good.flac"))]}
    )
    assert response.url == reverse("admin:explainer_track_changelist")


@pytest.mark.parametrize("name", ["track", "musicmodel", "recipe", "explanation", "clip"])
def test_every_list_row_and_search_can_be_opened(built, admin_client, name):
    from django.apps import apps

    row = apps.get_model("explainer", name).objects.first()
    address = reverse(f"admin:explainer_{name}_changelist")
    assert admin_client.get(address, {"q": "tones"}).status_code == 200
    for page in (
        admin_client.get(address),
        admin_client.get(reverse(f"admin:explainer_{name}_change", args=[row.pk])),
    ):
        assert page.status_code == 200
        assert "style=" not in page.content.decode()


def model_form(**changes):
    form = {
        "name": "m", "adapter": "callable", "code": "small_world.bright_and_loud",
        "arguments": "{}", "representation": '{"kind": "log_filterbank"}', "output": "value",
        "targets": "bright\nloud, mid-level", "emotion_weights": "[]", "emotion_bias": "[]",
        "pooling": "mean", "precision": "float32",
    }  # fmt: skip
    return {**form, **changes}


def test_a_model_is_registered_in_the_admin(admin_client, settings):
    settings.MODEL_CODE = ["small_world."]
    response = admin_client.post(reverse("admin:explainer_musicmodel_add"), model_form())
    assert response.status_code == 302, text_of(response)
    assert MusicModel.objects.get().targets == [
        {"name": "bright", "level": "tag"},
        {"name": "loud", "level": "mid-level"},
    ]


@pytest.mark.parametrize("example", REPRESENTATION_EXAMPLES)
def test_the_examples_beside_the_representation_can_be_used(admin_client, example):
    assert representation_from(json.loads(example)).kind == json.loads(example)["kind"]
    assert example in text_of(admin_client.get(reverse("admin:explainer_musicmodel_add")))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"code": "os.system"}, "os.system is not on the allow-list"),
        ({"code": ""}, "Enter the dotted path of the class or callable; allowed are explainer.demo_models."),
        ({"representation": "{}"}, "State the kind"),
        ({"representation": '{"kind": "mel", "n_bandss": 3}'}, "n_bandss"),
        ({"representation": "{"}, "Enter a valid JSON"),
        ({"targets": ""}, "This field is required"),
        ({"targets": "a\na"}, "twice: a"),
        ({"targets": "a, feeling"}, "level 'feeling'"),
        ({"adapter": "torch"}, "Upload the weights"),
        ({"emotion_weights": "[[1]]", "emotion_bias": "[1]"}, "followed by 1 emotion, and"),
        ({"representation": '{"kind": ["mel"]}'}, "is unknown; use one of"),
        ({"representation": '{"kind": "mel", "sample_rate": "fast"}'}, "must be a whole number"),
        ({"representation": '{"kind": "mel", "n_bands": 1000000}'}, "must be positive, at most 4096"),
        ({"targets": "a, tag, loud"}, "has more than a name and a level"),
        ({"targets": "a" * 101}, "from 1 to 100 characters"),
        ({"emotion_weights": '[["1"]]', "emotion_bias": "[1]"}, "must be finite numbers"),
        (
            {
                "targets": "a, mid-level\nb, emotion",
                "emotion_weights": "[[1]]",
                "emotion_bias": "[0]",
                "output": "probability",
            },
            "not probabilities",
        ),
        ({"window_hop": "5"}, "length of the window"),
        ({"window_frames": "0"}, "Use a whole number from 1"),
        ({"window_frames": "10", "window_hop": "20"}, "windows leave gaps"),
        ({"name": "no spaces please"}, "letters, digits"),
    ],
)
def test_mistakes_in_a_model_are_named_at_the_field(admin_client, settings, changes, message):
    settings.MODEL_CODE = ["small_world."]
    page = text_of(admin_client.post(reverse("admin:explainer_musicmodel_add"), model_form(**changes)))
    assert message in page
    assert not MusicModel.objects.exists()


def test_weights_are_stored_under_their_checksum(admin_client):
    form = model_form(adapter="torch", code="explainer.demo_models.two_level_networks.A2Mid2E")
    form["checkpoint"] = SimpleUploadedFile("weights.safetensors", b"tensors")
    response = admin_client.post(reverse("admin:explainer_musicmodel_add"), form)
    assert response.status_code == 302, text_of(response)
    model = MusicModel.objects.get()
    assert model.checkpoint.name == f"models/{model.checkpoint_sha256}.safetensors"
    assert model.checkpoint.read() == b"tensors"


def test_a_model_that_was_explained_keeps_its_answers_but_not_its_description(built, admin_client, settings):
    settings.MODEL_CODE = ["small_world."]
    address = reverse("admin:explainer_musicmodel_change", args=[built.model_id])
    same = model_form(name="brightness", targets="bright\nloud", description="How bright")
    assert admin_client.post(address, same).status_code == 302
    page = text_of(admin_client.post(address, {**same, "code": "small_world.broken"}))
    assert "so its outputs must not change" in page
    assert MusicModel.objects.get().description == "How bright"


def recipe_form(**changes):
    values = {name: json.dumps(value) if isinstance(value, dict) else value
              for name, value in CoreRecipe().to_dict().items()}  # fmt: skip
    return {"name": "r", **values, "evidence_sizes": "2, 4", **changes}


def test_the_form_has_every_field_of_a_recipe():
    assert {field.name for field in dataclasses.fields(CoreRecipe)} <= set(RecipeForm().fields)


def test_a_recipe_is_stored_in_full_with_its_digest(admin_client):
    response = admin_client.post(reverse("admin:explainer_recipe_add"), recipe_form())
    assert response.status_code == 302, text_of(response)
    recipe = Recipe.objects.get()
    content = CoreRecipe(evidence_sizes=(2, 4))
    assert (recipe.parameters, recipe.digest) == (content.to_dict(), content.digest())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"keep_probability": "1"}, "strictly between 0 and 1"),
        ({"calls": "0"}, "greater than or equal to 1"),
        ({"evidence_sizes": "four"}, "whole numbers separated by commas"),
        ({"evidence_sizes": "0"}, "each from 1 to 10000"),
        ({"segmentation_parameters": "[1]"}, "Use the form"),
        ({"method": "tea leaves"}, "Select a valid choice"),
        ({"method_parameters": '{"rigde": 1}'}, "has no rigde"),
        ({"segmentation_parameters": '{"cells": 3}'}, "its parameters are time_cells, band_cells"),
        (
            {"segmentation_parameters": '{"time_cells": "x"}'},
            "segmentation parameter 'time_cells' must be a whole number from 1 up; it is 'x'",
        ),
        ({"segmentation_parameters": '{"band_cells": 0}'}, "'band_cells' must be a whole number from 1 up"),
        ({"boost": "100"}, "must lie between 0 and 40 dB"),
        (
            {"evidence_sizes": "4, 24, 25"},
            "has 25, but the segmentation 'grid' makes at most 24 segments",
        ),
        (
            {"segmentation": "time", "segmentation_parameters": '{"time_cells": 1}', "evidence_sizes": "2"},
            "makes at most 1 segment",
        ),
        (
            {"segmentation": "harmonic_percussive", "segmentation_parameters": "{}", "evidence_sizes": "13"},
            "makes at most 12 segments",
        ),
        ({"random_controls": "101"}, "must be a whole number from 0 to 100"),
    ],
)
def test_mistakes_in_a_recipe_are_named_and_nothing_entered_is_lost(admin_client, changes, message):
    page = text_of(
        admin_client.post(reverse("admin:explainer_recipe_add"), recipe_form(**changes, seed="77"))
    )
    assert message in page
    assert 'value="77"' in page
    assert not Recipe.objects.exists()


def test_the_same_recipe_is_not_stored_twice(admin_client):
    admin_client.post(reverse("admin:explainer_recipe_add"), recipe_form())
    page = text_of(admin_client.post(reverse("admin:explainer_recipe_add"), recipe_form(name="other")))
    assert "Recipe r already has exactly these settings" in page


def test_a_recipe_that_was_used_is_kept_and_saved_as_new(built, admin_client):
    recipe = built.recipe
    address = reverse("admin:explainer_recipe_change", args=[recipe.pk])
    changed = recipe_form(
        name="quick", segmentation_parameters='{"time_cells": 2, "band_cells": 3}', calls="65"
    )
    page = text_of(admin_client.post(address, changed))
    assert "it cannot be changed" in page
    assert 'value="65"' in page
    assert "Save as new" in page
    response = admin_client.post(address, {**changed, "name": "slower", "_saveasnew": "1"})
    assert response.status_code == 302, text_of(response)
    recipe.refresh_from_db()
    assert recipe.parameters["calls"] == 64
    assert Recipe.objects.get(name="slower").parameters["calls"] == 65


def test_what_a_study_uses_cannot_be_deleted_and_the_page_says_why(built, admin_client):
    study = Study.objects.create(slug="s", title="S", consent="c", instructions="i")
    Stimulus.objects.create(study=study, clip=built.clips.get(condition="evidence"))
    for name, row in (
        ("explanation", built),
        ("track", built.track),
        ("recipe", built.recipe),
        ("musicmodel", built.model),
    ):
        address = reverse(f"admin:explainer_{name}_delete", args=[row.pk])
        assert "would require deleting the following protected related objects" in text_of(
            admin_client.get(address)
        )
        admin_client.post(address, {"post": "yes"})
    assert Explanation.objects.exists()
    assert Clip.objects.exists()


def test_warnings_of_an_explanation_are_read_as_sentences(built, admin_client):
    Explanation.objects.filter(pk=built.pk).update(warnings=["Only 2 speak for it.", "Nothing is left."])
    page = admin_client.get(reverse("admin:explainer_explanation_change", args=[built.pk])).content.decode()
    assert "Only 2 speak for it.<br>Nothing is left." in page


def test_an_unused_explanation_can_be_deleted(built, admin_client):
    admin_client.post(reverse("admin:explainer_explanation_delete", args=[built.pk]), {"post": "yes"})
    assert not Explanation.objects.exists()
    assert not Clip.objects.exists()


@pytest.mark.parametrize("name", ["track", "musicmodel", "recipe"])
def test_selected_rows_are_ticked_on_the_page_that_builds(track, music_model, recipe, admin_client, name):
    selected = {"track": track, "musicmodel": music_model, "recipe": recipe}[name]
    form = {"action": "build_clips", "_selected_action": [selected.pk]}
    response = admin_client.post(reverse(f"admin:explainer_{name}_changelist"), form, follow=True)
    assert text_of(response).count(" checked") == 1
