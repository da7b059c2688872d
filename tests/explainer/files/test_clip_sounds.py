import io
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from django.core.files.base import ContentFile
from small_world import SAMPLE_RATE, tones

from explainer.builds import building
from explainer.files.clip_sounds import note_sounds, same_sound, sound_of
from explainer.imports.recipes import save_recipe
from explainer.models import Clip

pytestmark = pytest.mark.django_db
STEP = 2.0**-15


def flac(samples, **how) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, SAMPLE_RATE, format="FLAC", **{"subtype": "PCM_24", **how})
    return buffer.getvalue()


def add(track, samples, variant, **how) -> Clip:
    """Store a clip whose file's digest says nothing about its sound."""
    content = flac(samples, **how)
    clip = Clip(
        track=track, condition="evidence", target="x", variant=variant, sha256=f"{variant:064d}",
        file=ContentFile(content, name="clip.flac"), sample_rate=SAMPLE_RATE,
        seconds=len(samples) / SAMPLE_RATE,
    )  # fmt: skip
    note_sounds([clip])
    clip.save()
    return clip


def test_files_that_differ_may_hold_the_same_sound(track):
    y = tones()
    first = add(track, y, 1)
    assert (sound_of(first), first.size) == (first.sha256, first.file.size)
    rounding = np.random.default_rng(2).choice([-0.4, 0, 0.4], len(y)) * STEP
    alike = [
        add(track, y, 2, compression_level=0.0),
        add(track, y + rounding, 3),
        add(track, y, 4, subtype="PCM_16"),
    ]
    assert first.size != alike[0].size
    assert {sound_of(clip) for clip in alike} == {first.sha256}


def test_what_can_be_told_apart_has_a_sound_of_its_own(track):
    y = tones()
    fainter, click, shorter, later = y * 0.98, y.copy(), y[:-1], np.roll(y, 1)
    click[1000] += 8 * STEP
    clips = [add(track, sound, number) for number, sound in enumerate([y, fainter, click, shorter, later], 1)]
    assert len({sound_of(clip) for clip in clips}) == 5


def test_peaks_spare_decoding_only_where_they_decide(track):
    y = tones()
    first = add(track, y, 1)
    Clip.objects.filter(pk=first.pk).update(true_peak=-3.0)
    second = Clip(
        track=track, condition="evidence", target="x", variant=2, sha256="2" * 64, true_peak=-3.0005,
        file=ContentFile(flac(y), name="b.flac"), sample_rate=SAMPLE_RATE, seconds=first.seconds,
    )  # fmt: skip
    note_sounds([second])
    assert second.sound == first.sha256


def test_a_file_that_is_gone_is_like_nothing_else(track):
    first = add(track, tones(), 1)
    first.file.storage.delete(first.file.name)
    assert sound_of(add(track, tones(), 2)) != first.sha256


@pytest.mark.parametrize("apart", [0, 1, 2])
def test_one_step_of_16_bits_is_the_limit(apart):
    samples = np.arange(-5, 5, dtype=np.int16)
    other = samples.copy()
    other[3] += apart
    assert same_sound(samples, other) == (apart < 2)


def test_the_greatest_samples_do_not_overflow():
    ends = np.array([-(2**15), 2**15 - 1], dtype=np.int16)
    assert not same_sound(ends, ends[::-1])


def test_methods_that_choose_the_same_segments_and_the_gain_route_give_one_sound(built, music_model):
    other = save_recipe("quick-too", {**built.recipe.parameters, "method": "kernel_shap"})
    [row] = building.request_explanations([built.track], [music_model], [other], ["bright"])
    [outcome] = building.build_explanations([row.pk])
    assert outcome.how == outcome.BUILT, outcome.reason
    sounds = {(clip.explanation_id, clip.condition): sound_of(clip) for clip in Clip.objects.all()}
    assert sounds[built.pk, "original"] == sounds[built.pk, "resynthesis"]
    assert sounds[row.pk, "original"] == sounds[built.pk, "original"]
    same_segments = (
        built.clips.get(condition="evidence").provenance["segments"]
        == row.clips.get(condition="evidence").provenance["segments"]
    )
    assert same_segments  # otherwise the next line tests nothing
    assert sounds[row.pk, "evidence"] == sounds[built.pk, "evidence"] != sounds[built.pk, "original"]


def test_clips_of_before_are_noted_by_the_migration(track):
    y = tones()
    clips = [add(track, y, 1), add(track, y, 2), add(track, y * 0.5, 3)]
    Clip.objects.update(sound="", size=None)
    gone = clips[2].file
    gone.storage.delete(gone.name)
    migration = import_module("explainer.migrations.0002_size_and_sound_of_clips")
    migration.note_those_that_exist(SimpleNamespace(get_model=lambda *_names: Clip), None)
    assert list(Clip.objects.order_by("variant").values_list("sound", "size")) == [
        (clips[0].sha256, clips[0].size),
        (clips[0].sha256, clips[1].size),
        (clips[2].sha256, None),
    ]
