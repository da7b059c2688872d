import json
import os
import re
import socket
from datetime import timedelta

import numpy as np
import pytest
import soundfile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone
from small_world import files

from explainer import tasks
from explainer.builds import building
from explainer.core.base.explanation import Explanation as CoreExplanation
from explainer.files import stored_files
from explainer.imports import tracks
from explainer.imports.music_models import RegistrationError, register
from explainer.imports.recipes import RecipeInUse, save_recipe
from explainer.models import Clip, Explanation, MusicModel, this_worker
from studyserver.study.models import Stimulus, Study

pytestmark = pytest.mark.django_db
Outcome = building.Outcome


def test_a_build_leaves_rows_and_files_that_belong_together(explanation):
    assert building.build_explanations([explanation.pk])[0].how == Outcome.BUILT
    built = Explanation.objects.get(pk=explanation.pk)
    assert (built.state, built.progress, built.worker, built.failure) == ("done", 100, "", "")
    assert set(built.predictions) == {"bright", "loud"}
    assert built.provenance["recipe"] == built.recipe.parameters
    clips = list(built.clips.all())
    assert {"original", "resynthesis", "evidence", "random_control"} <= {clip.condition for clip in clips}
    for clip in clips:
        assert clip.file.name == f"clips/{clip.sha256}.flac"
        assert stored_files.sha256_of(clip.file) == clip.sha256
        assert soundfile.info(clip.file.path).frames / clip.sample_rate == pytest.approx(clip.seconds)
        assert set(clip.prediction_heard) == {"bright", "loud"}
        assert clip.method == ("gaussian_process" if clip.target else "")
    assert {clip.target for clip in clips} == {"", "bright"}
    core, arrays = CoreExplanation.from_bytes(stored_files.read(built.file.name))
    assert arrays["labels"].max() + 1 == core.n_segments == 6
    assert all(stored_files.exist(name) for name in built.figures.values())


def test_the_evidence_for_brightness_is_where_the_high_tone_is(built):
    core, _ = CoreExplanation.from_bytes(stored_files.read(built.file.name))
    strongest = int(np.argmax(core.weights[core.target_index("bright")]))
    evidence = built.clips.get(condition="evidence")
    assert strongest in evidence.provenance["segments"]
    assert (
        evidence.prediction_heard["bright"]
        > built.clips.get(condition="complement").prediction_heard["bright"]
    )


def test_what_is_there_is_not_built_again(built):
    before = files()
    assert building.build_explanations([built.pk])[0].how == Outcome.THERE
    assert files() == before


def test_stored_results_are_reused_when_rows_are_lost(built):
    track, model, recipe = built.track, built.model, built.recipe
    clips = set(built.clips.values_list("sha256", "condition", "target"))
    built.delete()
    [row] = building.request_explanations([track], [model], [recipe], ["bright"])
    assert building.build_explanations([row.pk])[0].how == Outcome.REUSED
    row.refresh_from_db()
    assert set(row.clips.values_list("sha256", "condition", "target")) == clips
    assert row.model_calls > 0


def test_a_lost_file_is_made_again_with_the_same_bytes(built):
    clip = built.clips.get(condition="evidence")
    before = files()
    default_storage.delete(clip.file.name)
    assert building.build_explanations([built.pk])[0].how == Outcome.BUILT
    assert files() == before
    assert built.clips.get(condition="evidence").pk == clip.pk


def test_more_targets_keep_the_clips_that_are_there(built):
    before = dict(built.clips.values_list("pk", "sha256"))
    building.request_explanations([built.track], [built.model], [built.recipe], ["loud"])
    built.refresh_from_db()
    assert (built.state, built.requested_targets) == ("waiting", ["bright", "loud"])
    assert building.build_explanations([built.pk])[0].how == Outcome.BUILT
    after = dict(built.clips.values_list("pk", "sha256"))
    assert before.items() <= after.items()
    assert built.clips.filter(target="loud").exists()


def test_asking_twice_gives_the_same_rows(explanation):
    [again] = building.request_explanations(
        [explanation.track], [explanation.model], [explanation.recipe], ["bright"]
    )
    assert again == explanation
    with pytest.raises(building.BuildRefused, match="none of the targets"):
        building.request_explanations(
            [explanation.track], [explanation.model], [explanation.recipe], ["funny"]
        )
    with pytest.raises(building.BuildRefused, match="at least one recipe"):
        building.request_explanations([explanation.track], [explanation.model], [])


def test_a_clip_that_a_study_uses_keeps_its_sound(built):
    study = Study.objects.create(slug="s", title="S", consent="c", instructions="i")
    clip = built.clips.get(condition="evidence")
    Stimulus.objects.create(study=study, clip=clip)
    Clip.objects.filter(pk=clip.pk).update(sha256="0" * 64)
    Explanation.objects.filter(pk=built.pk).update(state="waiting")
    outcome = building.build_explanations([built.pk])[0]
    assert outcome.how == Outcome.FAILED
    assert "part of a study" in outcome.reason
    assert built.clips.get(pk=clip.pk).sha256 == "0" * 64


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"code": "small_world.broken"}, r"shape \(1, 1\)"),
        ({"code": "os.system"}, "allow-list"),
        ({"representation": {"kind": "log_filterbank", "frame_length": 1001}}, "frame_length"),
    ],
)
def test_a_model_that_cannot_be_used_fails_in_words(explanation, change, reason):
    MusicModel.objects.filter(pk=explanation.model_id).update(**change)
    before = files()
    outcome = building.build_explanations([explanation.pk])[0]
    assert outcome.how == Outcome.FAILED
    explanation.refresh_from_db()
    assert explanation.state == "failed"
    assert explanation.failure == outcome.reason
    assert re.search(reason, explanation.failure)
    assert files() == before
    assert not Clip.objects.exists()


def test_a_recipe_with_more_segments_than_cells_fails_in_words_and_can_be_taken_up_again(track, music_model):
    recipe = save_recipe("fine", {"segmentation_parameters": {"time_cells": 500, "band_cells": 500}})
    [row] = building.request_explanations([track], [music_model], [recipe])
    assert "500" in building.build_explanations([row.pk])[0].reason
    assert [again.pk for again in building.resume_builds()] == [row.pk]
    row.refresh_from_db()
    assert (row.state, row.failure) == ("waiting", "")


def test_what_made_a_build_fail_can_be_corrected_in_place(explanation, tmp_path):
    MusicModel.objects.filter(pk=explanation.model_id).update(code="small_world.broken")
    assert building.build_explanations([explanation.pk])[0].how == Outcome.FAILED
    good = {"name": "brightness", "code": "small_world.bright_and_loud"}
    _, changed = register(good, tmp_path)
    assert changed
    save_recipe("quick", {**explanation.recipe.parameters, "calls": 32})
    assert [row.pk for row in building.resume_builds()] == [explanation.pk]
    assert building.build_explanations([explanation.pk])[0].how == Outcome.BUILT
    with pytest.raises(RegistrationError, match="under a new name"):
        register({**good, "output": "logit"}, tmp_path)
    with pytest.raises(RecipeInUse):
        save_recipe("quick", {**explanation.recipe.parameters, "calls": 16})


def test_one_failure_leaves_the_others_alone(stored_result, track, music_model, recipe):
    bad = save_recipe("fine", {"segmentation_parameters": {"time_cells": 500, "band_cells": 500}})
    rows = building.request_explanations([track], [music_model], [bad, recipe], ["bright"])
    outcomes = building.build_explanations([row.pk for row in rows])
    assert [outcome.how for outcome in outcomes] == [Outcome.FAILED, Outcome.REUSED]


def claimed(explanation, worker, silent_for):
    now = timezone.now() - timedelta(seconds=silent_for)
    Explanation.objects.filter(pk=explanation.pk).update(
        state="building", worker=worker, started_at=now, heartbeat_at=now
    )
    explanation.refresh_from_db()
    return explanation


def a_dead_process() -> int:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return child


def test_a_living_worker_is_not_disturbed(explanation):
    claimed(explanation, this_worker(), 1)
    assert building.build_explanations([explanation.pk])[0].how == Outcome.ELSEWHERE
    assert building.resume_builds() == []


@pytest.mark.parametrize("how", ["silent", "gone"])
def test_what_a_dead_worker_left_is_taken_up(stored_result, explanation, how):
    host = "elsewhere:1" if how == "silent" else f"{socket.gethostname()}:{a_dead_process()}"
    claimed(explanation, host, 100 if how == "silent" else 1)
    assert explanation.is_stalled()
    assert building.resume_builds() == [explanation]
    assert building.build_explanations([explanation.pk])[0].how == Outcome.REUSED


def test_a_site_that_starts_takes_up_what_was_left_but_not_what_failed(explanation):
    Explanation.objects.update(state="failed", failure="Too long.")
    assert tasks.resume_interrupted_builds() == 0
    claimed(explanation, "elsewhere:1", 100)
    assert tasks.resume_interrupted_builds() == 1


def test_what_a_second_worker_died_of_waits_for_a_person(explanation):
    killed = f"{socket.gethostname()}:{a_dead_process()}"
    claimed(explanation, killed, 1)
    left = building.fail_repeatedly_stalled(set())
    assert left == {explanation.pk}
    assert tasks.resume_interrupted_builds() == 1
    claimed(explanation, killed, 1)
    assert building.fail_repeatedly_stalled(left) == set()
    explanation.refresh_from_db()
    assert (explanation.state, explanation.failure) == ("failed", building.KILLED)
    assert tasks.resume_interrupted_builds() == 0


def test_progress_is_told_and_the_worker_signs(explanation):
    seen = []
    building.build_explanations(
        [explanation.pk], on_change=lambda row: seen.append((row.state, row.progress, row.activity))
    )
    assert seen[0][0] == "building"
    assert seen[-1] == ("done", 100, "")
    shares = [progress for state, progress, _ in seen if state == "building"]
    assert shares == sorted(shares)


def test_an_interrupted_build_waits_again(explanation):
    def interrupt(row):
        if row.progress > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        building.build_explanations([explanation.pk], on_change=interrupt)
    explanation.refresh_from_db()
    assert (explanation.state, explanation.worker) == ("waiting", "")
    assert building.resume_builds() == [explanation]


def test_a_half_written_result_counts_for_nothing(built):
    track, model, recipe = built.track, built.model, built.recipe
    complete = files()
    built.delete()
    for name in complete:
        if name.endswith(".json"):
            default_storage.delete(name)
    [row] = building.request_explanations([track], [model], [recipe], ["bright"])
    assert building.build_explanations([row.pk])[0].how == Outcome.BUILT
    again = files()
    manifests = [name for name in complete if name.endswith(".json")]
    assert {n: c for n, c in again.items() if n not in manifests} == {
        n: c for n, c in complete.items() if n not in manifests
    }


@pytest.mark.django_db(transaction=True)
def test_processes_give_the_same_bytes_as_this_one_and_survive_a_killed_one(
    explanation, settings, sound_file, monkeypatch
):
    """One model ends every process that asks it; the other explanations are built all the same."""
    monkeypatch.setattr(building, "ATTEMPTS", 2)
    deadly = MusicModel.objects.create(
        name="deadly", adapter="callable", code="small_world.ends_its_process",
        representation={"kind": "log_filterbank"}, targets=[{"name": "bright"}],
    )  # fmt: skip
    [doomed] = building.request_explanations([explanation.track], [deadly], [explanation.recipe])
    outcomes = building.build_explanations([doomed.pk, explanation.pk], kind="processes", workers=1)
    assert [outcome.how for outcome in outcomes] == [Outcome.FAILED, Outcome.BUILT], outcomes
    assert "memory" in outcomes[0].reason
    elsewhere = {clip.condition: clip.sha256 for clip in explanation.clips.all()}
    for name in files():
        if not name.startswith(("tracks", "models")):
            default_storage.delete(name)
    assert building.build_explanations([explanation.pk], kind="in-process")[0].how == Outcome.BUILT
    assert {clip.condition: clip.sha256 for clip in explanation.clips.all()} == elsewhere


def test_the_background_worker_builds_what_was_queued(stored_result, explanation):
    assert tasks.build_in_background([explanation]) == 1
    call_command("db_worker", batch=True, interval=0, startup_delay=False, verbosity=0)
    explanation.refresh_from_db()
    assert explanation.state == "done"
    assert tasks.build_in_background([explanation]) == 0


def test_the_command_builds_all_there_is_and_says_so(stored_result, track, music_model, recipe, capsys):
    call_command("build_clips", target=["bright"])
    assert "reused a stored result" in capsys.readouterr().out
    call_command("build_clips", target=["bright"], verbosity=0)
    assert "already built" in capsys.readouterr().out


def test_the_command_names_what_it_does_not_find(track, music_model):
    with pytest.raises(CommandError, match=r"no track nothing; the names are: tones"):
        call_command("build_clips", track=["nothing"])
    with pytest.raises(CommandError, match="There is no recipe yet"):
        call_command("build_clips")


def test_two_levels_are_kept_for_the_page(track, settings):
    from small_world import EMOTION_BIAS, EMOTION_WEIGHTS

    settings.MODEL_CODE = ["small_world."]
    names = [("bright", "mid-level"), ("loud", "mid-level"), ("joy", "emotion"), ("fear", "emotion")]
    model = MusicModel.objects.create(
        name="levels", adapter="callable", code="small_world.two_levels",
        representation={"kind": "log_filterbank"}, 
        targets=[{"name": name, "level": level} for name, level in names],
        emotion_weights=EMOTION_WEIGHTS.tolist(), emotion_bias=EMOTION_BIAS.tolist(),
    )  # fmt: skip
    recipe = save_recipe("quick", {"segmentation_parameters": {"time_cells": 2, "band_cells": 2}, "calls": 32,
                                   "evidence_sizes": [1]})  # fmt: skip
    [row] = building.request_explanations([track], [model], [recipe], ["joy"])
    assert building.build_explanations([row.pk])[0].how == Outcome.BUILT
    row.refresh_from_db()
    second = row.provenance["second_level"]
    effects = np.array(second["effects"])
    assert effects.sum(axis=0) + EMOTION_BIAS == pytest.approx(
        [row.predictions["joy"], row.predictions["fear"]]
    )
    assert json.dumps(row.provenance)
    assert tracks.limits().max_seconds == settings.MAXIMUM_TRACK_SECONDS
