import csv
import io

import numpy as np
import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.urls import reverse
from label_texts import MID_LEVEL_CSV
from small_world import EMOTION_BIAS, EMOTION_WEIGHTS

from explainer.core.correlations import estimates, published
from explainer.correlations import figures, heat_maps, predictions, summary
from explainer.imports import tracks
from explainer.models import MusicModel, Track, TrackLabels, TrackPrediction

pytestmark = pytest.mark.django_db
RNG = np.random.default_rng(3)
MID_LEVEL, EMOTIONS = list(published.MID_LEVEL), list(published.EMOTIONS)


def model_of(names, levels, **fields):
    targets = [{"name": name, "level": level} for name, level in zip(names, levels, strict=True)]
    return MusicModel.objects.create(name=f"model-{len(names)}", targets=targets,
                                     representation={"kind": "log_filterbank"}, **fields)  # fmt: skip


@pytest.fixture
def some_tracks():
    rows = [
        Track(name=f"{number:03}", sha256=f"{number:064}", file=f"tracks/{number}.wav", seconds=1,
              sample_rate=22050, channels=1)
        for number in range(1, 25)
    ]  # fmt: skip
    return Track.objects.bulk_create(rows)


@pytest.fixture
def two_level_model(some_tracks):
    """Return a model with the published weights, and what it says about the tracks."""
    model = model_of([*MID_LEVEL, *EMOTIONS], ["mid-level"] * 7 + ["emotion"] * 8,
                     emotion_weights=published.WEIGHTS.tolist(), emotion_bias=[0.0] * 8)  # fmt: skip
    mixing = RNG.standard_normal((7, 7))
    for track in some_tracks:
        mid_level = RNG.standard_normal(7) @ mixing
        outputs = dict(
            zip([*MID_LEVEL, *EMOTIONS], [*mid_level, *(mid_level @ published.WEIGHTS)], strict=True)
        )
        TrackPrediction.objects.create(track=track, model=model, model_sha256=model.digest(), outputs=outputs)
    return model


def cell(page, anchor, key, row, column):
    part = next(part for part in page.parts if part.anchor == anchor)
    found = next(found for found in part.maps if found.key == key)
    cells = dict(found.rows)[row]
    return cells[list(found.columns).index(column)]


def test_numbers_are_those_of_numpy(two_level_model, some_tracks):
    page = summary.gather(two_level_model, some_tracks)
    outputs = [row.outputs for row in TrackPrediction.objects.all()]
    first, second = ([row[name] for row in outputs] for name in ("dissonance", "fear"))
    expected = np.corrcoef(first, second)[0, 1]
    found = cell(page, "predicted", "correlations", "dissonance", "fear")
    assert found.value == pytest.approx(expected)
    assert found.lower < expected < found.upper
    weight = cell(page, "predicted", "weights", "dissonance", "fear")
    assert weight.value == pytest.approx(0.57 * np.std(first) / np.std(second))
    contradicted = [
        cell(page, "predicted", "weights", row, column)
        for row in MID_LEVEL
        for column in EMOTIONS
        if cell(page, "predicted", "weights", row, column).remark
    ]
    part = page.parts[0]
    assert f"{len(contradicted)} of 56 learned weights contradict" in part.lead
    assert "24 tracks are few" in part.remarks[0]


def test_weights_that_a_module_keeps_to_itself_are_found_from_its_predictions(two_level_model, some_tracks):
    with_weights = summary.gather(two_level_model, some_tracks)
    two_level_model.emotion_weights = []
    two_level_model.save()
    TrackPrediction.objects.update(model_sha256=two_level_model.digest())
    page = summary.gather(two_level_model, some_tracks)
    for emotion in EMOTIONS:
        assert cell(page, "predicted", "weights", "minorness", emotion).value == pytest.approx(
            cell(with_weights, "predicted", "weights", "minorness", emotion).value
        )


def test_predictions_of_another_version_of_the_model_do_not_count(two_level_model, some_tracks):
    TrackPrediction.objects.filter(track__in=some_tracks[:22]).update(model_sha256="0" * 64)
    assert len(predictions.known(two_level_model, some_tracks)) == 2
    page = summary.gather(two_level_model, some_tracks)
    assert [part.anchor for part in page.parts] == ["published"]


def test_ratings_stand_beside_predictions(two_level_model, some_tracks):
    rated = {track.pk: RNG.uniform(1, 10, 7) for track in some_tracks}
    for track in some_tracks:
        emotions = {name: float(RNG.uniform(1, 9)) for name in EMOTIONS}
        values = dict(zip(MID_LEVEL, rated[track.pk].tolist(), strict=True))
        TrackLabels.objects.create(track=track, data_set="mid-level", values=values)
        TrackLabels.objects.create(track=track, data_set="soundtracks", values=emotions)
    page = summary.gather(two_level_model, some_tracks)
    anchors = [part.anchor for part in page.parts]
    assert anchors == ["predicted", "annotated", "quality", "beyond", "published"]
    predicted = [row.outputs["articulation"] for row in TrackPrediction.objects.order_by("track")]
    annotated = [
        rated[pk][1] for pk in TrackPrediction.objects.order_by("track").values_list("track", flat=True)
    ]
    found = cell(page, "quality", "quality", "articulation", "r")
    assert found.value == pytest.approx(np.corrcoef(annotated, predicted)[0, 1])


def test_what_passes_beyond_the_names_is_shown_for_rated_features(two_level_model, some_tracks):
    predicted = {row.track_id: row.outputs for row in TrackPrediction.objects.all()}
    for track in some_tracks:
        # Dissonance was rated as the model hears it, minorness without any connection.
        values = {name: predicted[track.pk][name] + RNG.normal() for name in MID_LEVEL}
        values |= {"dissonance": 2 * predicted[track.pk]["dissonance"] + 3, "minorness": RNG.normal()}
        TrackLabels.objects.create(track=track, data_set="mid-level", values=values)
    page = summary.gather(two_level_model, some_tracks)
    part = next(part for part in page.parts if part.anchor == "beyond")
    assert [found.key for found in part.maps] == ["by-name", "beyond-name"]
    assert cell(page, "beyond", "beyond-name", "dissonance", "fear").value == pytest.approx(0, abs=1e-9)
    shares = [
        cell(page, "beyond", key, name, "fear").value
        for key in ("by-name", "beyond-name")
        for name in MID_LEVEL
    ]
    assert sum(shares) == pytest.approx(1)
    # With ratings of the emotions there is also what the rest carries; fear is rated as predicted.
    for track in some_tracks:
        values = {name: predicted[track.pk][name] for name in EMOTIONS}
        TrackLabels.objects.create(track=track, data_set="soundtracks", values=values)
    page = summary.gather(two_level_model, some_tracks)
    assert cell(page, "beyond", "carried", "minorness", "fear").remark == "leaks"
    assert "of 56 pairs of feature and emotion show leakage; by chance alone about 1" in next(
        part.lead for part in page.parts if part.anchor == "beyond"
    )
    rows = list(csv.DictReader(io.StringIO(summary.as_csv(page))))
    quantities = {row["quantity"] for row in rows if row["source"] == "beyond"}
    assert quantities == {
        "share_by_name", "share_beyond_name", "rest_with_rated_emotion", "weight_from_ratings",
    }  # fmt: skip
    assert all(row["unit"] for row in rows)
    assert all(matrix["unit"] for matrix in page.matrices.values())
    units = {row["quantity"]: row["unit"] for row in rows if row["source"] != "published"}
    assert units["correlation"] == "Pearson's r"
    assert units["learned_weight"] == "value of the emotion per value of the feature"


def test_names_in_the_table_are_no_formulas_and_numbers_keep_their_signs():
    row = estimates.Row("weight", "=cmd()", "+more", -0.5, float("nan"), -1e-300)
    text = summary.as_csv(summary.Page([], [("@source", row)], {}))
    assert text.splitlines()[1] == "'@source,weight,'=cmd(),'+more,-0.5,,-1e-300,"


def test_published_figures_are_shown_as_printed():
    page_part = summary._from_publication()[0]
    rows = dict(page_part.maps[0].rows)
    assert rows["melodiousness"][0].value == 0.88
    weights = dict(page_part.maps[1].rows)
    assert weights["rhythm_complexity"][0].remark  # +.27 learned, -.70 annotated
    assert not weights["melodiousness"][0].remark


def test_a_tagger_has_its_tags_correlated_among_themselves(some_tracks):
    model = model_of(["bright", "loud"], ["tag", "tag"])
    for number, track in enumerate(some_tracks[:5]):
        TrackPrediction.objects.create(
            track=track, model=model, model_sha256=model.digest(), outputs={"bright": number, "loud": -number}
        )
    page = summary.gather(model, some_tracks)
    assert cell(page, "predicted", "among", "bright", "loud").value == pytest.approx(-1)


@pytest.mark.parametrize(
    ("value", "limit", "expected"),
    [(0.05, 1, "none"), (None, 1, "none"), (0.5, 1, "for-2"), (-1, 1, "against-5"), (-1.5, 3, "against-2")],
)
def test_shades(value, limit, expected):
    assert heat_maps.shade(value, limit) == expected


def test_page_table_and_pictures(two_level_model, some_tracks, admin_client):
    query = {"model": two_level_model.pk}
    page = admin_client.get(reverse("explainer:correlations"), query).content.decode()
    assert "Learned weights" in page
    assert "Published correlations" in page
    assert "style=" not in page
    table = admin_client.get(reverse("explainer:correlations-table"), query)
    rows = list(csv.DictReader(io.StringIO(table.content.decode())))
    row = next(row for row in rows if (row["source"], row["quantity"]) == ("published", "learned_weight"))
    assert (row["row"], row["column"], row["value"]) == ("melodiousness", "valence", "0.48")
    picture = reverse("explainer:correlations-figure", args=["predicted-correlations", "svg"])
    assert admin_client.get(picture, query).status_code == 404
    page = admin_client.post(reverse("explainer:correlations-draw"), query, follow=True).content.decode()
    assert "The heat maps for print are being drawn." in page
    assert "Draw the heat maps" not in page
    names = figures.draw(two_level_model, some_tracks)
    assert len(names) == 2 * 6
    assert (
        "Heat maps for print" in admin_client.get(reverse("explainer:correlations"), query).content.decode()
    )
    drawn = admin_client.get(picture, query)
    assert drawn["Content-Type"] == "image/svg+xml"
    assert drawn["Content-Disposition"].startswith("attachment")
    assert b"<svg" in b"".join(drawn)


def test_pages_are_for_researchers_only(two_level_model, client, django_user_model):
    addresses = [reverse("explainer:correlations"), reverse("explainer:correlations-table")]
    for address in addresses:
        assert client.get(address).status_code == 302
    user = django_user_model.objects.create_user("staff", password="x", is_staff=True)
    client.force_login(user)
    assert client.get(addresses[0]).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_explanation"))
    assert client.get(addresses[0]).status_code == 200
    assert client.get(addresses[1], {"model": 0}).status_code == 404
    assert (
        client.post(reverse("explainer:correlations-predict"), {"model": two_level_model.pk}).status_code
        == 403
    )


def test_asking_for_the_missing_tracks_queues_and_answers(settings, sound_file, admin_client):
    settings.MODEL_CODE = ["small_world."]
    sounds = [sound_file(f"{number}.wav", seed=number) for number in range(3)]
    done = tracks.import_tracks(sounds, decode_here=True)
    model = model_of(
        ["m1", "m2", "e1", "e2"], ["mid-level"] * 2 + ["emotion"] * 2, adapter="callable",
        code="small_world.two_levels", emotion_weights=EMOTION_WEIGHTS.tolist(),
        emotion_bias=EMOTION_BIAS.tolist(),
    )  # fmt: skip
    response = admin_client.post(reverse("explainer:correlations-predict"), {"model": model.pk}, follow=True)
    assert "is predicting the other tracks" in response.content.decode()
    page = response.content.decode()
    assert "has predictions of 0 of 3 tracks" in page
    assert "The others are being predicted." in page
    assert "Predict the other" not in page
    call_command("predict_tracks", "--model", model.name, verbosity=0)
    known = predictions.known(model, [item.track for item in done])
    assert len(known) == 3
    outputs = known[done[0].track.pk]
    mid_level = np.array([outputs["m1"], outputs["m2"]])
    np.testing.assert_allclose(mid_level @ EMOTION_WEIGHTS + EMOTION_BIAS, [outputs["e1"], outputs["e2"]])
    with pytest.raises(CommandError, match="no track nowhere"):
        call_command("predict_tracks", "--track", "nowhere")


def test_a_track_that_cannot_be_predicted_does_not_stop_the_others(settings, sound_file):
    settings.MODEL_CODE = ["small_world."]
    done = tracks.import_tracks([sound_file("a.wav", seed=1), sound_file("b.wav", seed=2)], decode_here=True)
    model = model_of(["x", "y"], ["tag"] * 2, adapter="callable", window_frames=50,
                     code="small_world.bright_and_loud")  # fmt: skip
    from explainer.files import stored_files

    broken = done[0].track
    broken.file = stored_files.store("tracks/broken.wav", b"no sound")
    broken.save()
    [failure] = predictions.predict(model, [item.track for item in done])
    assert failure.track == broken
    assert len(predictions.known(model, [item.track for item in done])) == 1


def test_label_files_find_their_tracks_by_number(some_tracks, tmp_path, capsys):
    file = tmp_path / "annotations.csv"
    file.write_text(MID_LEVEL_CSV.replace("12, 4.0", "99, 4.0"))
    call_command("import_labels", "mid-level", file)
    assert "99" in capsys.readouterr().out
    labels = TrackLabels.objects.get()
    assert labels.track.name == "001"
    assert labels.values["tonal_stability"] == 8.0
    call_command("import_labels", "mid-level", file)
    assert TrackLabels.objects.count() == 1
    with pytest.raises(CommandError, match="Import the sound files first"):
        call_command("import_labels", "mid-level", file, "--prefix", "song-")
    with pytest.raises(CommandError, match="no column"):
        call_command("import_labels", "soundtracks", file)
