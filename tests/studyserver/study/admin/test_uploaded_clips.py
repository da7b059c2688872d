"""Clips of other systems, and all controls of a recipe, can be chosen for a study."""

import pytest

from explainer.models import Clip, Explanation, MusicModel, Recipe, Track
from studyserver.study.admin.stimuli import RuleForm
from studyserver.study.design.stimuli import clips_by_rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def clips():
    """One track with all clips of one explanation, and two clips of another system."""
    track = Track.objects.create(
        name="t", sha256="0" * 64, file="t.wav", seconds=1, sample_rate=22050, channels=1
    )
    model = MusicModel.objects.create(
        name="m", targets=[{"name": "tense", "level": "emotion"}, {"name": "minor", "level": "mid-level"}]
    )
    recipe = Recipe.objects.create(
        name="r", parameters={"evidence_sizes": [2, 6], "random_controls": 2, "boost": 12.0}
    )
    explanation = Explanation.objects.create(
        track=track, model=model, recipe=recipe, state=Explanation.State.DONE
    )

    def clip(condition, target="", kept=0, variant=0, method="lime", explanation=explanation):
        return Clip.objects.create(
            track=track, explanation=explanation, condition=condition, target=target, kept_segments=kept,
            variant=variant, method=method, sha256=f"{condition}{target}{kept}{variant}{method}",
            file="c.flac", sample_rate=22050, seconds=1,
        )  # fmt: skip

    clip("original", method="")
    for target in ("tense", "minor"):
        for kept in (2, 6):
            for condition in ("evidence", "complement", "boosted"):
                clip(condition, target, kept)
            clip("random_control", target, kept, 0)
            clip("random_control", target, kept, 1)
    clip("evidence", "tense", method="theirs", explanation=None)
    clip("uploaded", method="theirs", explanation=None)
    return Clip.objects.all()


def chosen(**choices):
    form = RuleForm({"role": "main", **choices})
    assert form.is_valid(), form.errors
    return [
        (clip.condition, clip.target, clip.kept_segments, clip.variant, clip.method)
        for clip in clips_by_rule(form.rule())
    ]


def test_another_systems_clips_are_chosen_by_its_name(clips):
    assert {row[4] for row in chosen(methods=["theirs"])} == {"theirs", ""}
    assert len(chosen(methods=["theirs"])) == 3  # with the original, which serves every method
    assert len(chosen(methods=["theirs"], conditions=["evidence"])) == 1
    assert len(chosen(methods=["theirs", "lime"])) == clips.count() == len(chosen())


def test_originals_come_along_only_for_tracks_with_clips_of_the_chosen_methods(clips):
    other = Track.objects.create(
        name="other", sha256="1" * 64, file="o.wav", seconds=1, sample_rate=22050, channels=1
    )
    Clip.objects.create(
        track=other, condition="original", sha256="o", file="o.flac", sample_rate=22050, seconds=1
    )
    assert len(chosen(methods=["theirs"])) == 3
    assert len(chosen()) == clips.count()


def test_doses_controls_boosts_and_levels_are_chosen_by_ticking(clips):
    doses = chosen(conditions=["evidence"], targets=["tense"], methods=["lime"])
    assert {row[2] for row in doses} == {2, 6}
    controls = chosen(conditions=["random_control"], targets=["tense"], kept_segments=[2])
    assert {row[3] for row in controls} == {0, 1}
    assert len(chosen(conditions=["boosted"], kept_segments=[6])) == 2
    both_levels = chosen(conditions=["evidence"], kept_segments=[2], methods=["lime"])
    assert {row[1] for row in both_levels} == {"tense", "minor"}
