"""Stretches of time that people have marked in a study with real sounds: figures, page and export."""

import numpy as np
import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.urls import reverse
from exported_scripts import reproduced
from filled_study import answer_trials, make_explanation, make_track

from explainer.core.audio import flac_bytes
from explainer.core.base.recipe import Recipe as RecipeParameters
from explainer.models import Clip, MusicModel, Recipe
from studyserver.results.data.judgments import CountedJudgments
from studyserver.results.data.rows import StudyRows
from studyserver.results.tables.computed import Computed
from studyserver.results.tables.time_marks import Marked, time_profile
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Question, Stimulus, Study

pytestmark = pytest.mark.django_db
RATE, SECONDS = 8000, 4


def make_clip(explanation, condition, begin):
    """Return a clip of noise that sounds from a moment on."""
    y = np.random.default_rng(explanation.pk).normal(0, 0.1, RATE * SECONDS)
    y[: round(begin * RATE)] = 0
    own = (
        {"target": "", "method": ""}
        if condition == "original"
        else {"target": "dissonance", "method": "lime"}
    )
    return Clip.objects.create(
        track=explanation.track, explanation=explanation, condition=condition, seconds=SECONDS,
        file=ContentFile(flac_bytes(y, RATE), name="clip.flac"), sample_rate=RATE,
        sha256=f"{explanation.pk}{condition}".ljust(64, "0"), **own,
    )  # fmt: skip


@pytest.fixture
def study():
    cache.clear()
    study = Study.objects.create(
        slug="when", title="When", consent="Yes", instructions="Go", presentation="single", seed=2
    )
    model = MusicModel.objects.create(
        name="cues", checkpoint_sha256="0" * 64, targets=[{"name": "dissonance", "level": "mid-level"}]
    )
    parameters = RecipeParameters(seed=1)
    recipe = Recipe.objects.create(name="r", parameters=parameters.to_dict(), digest=parameters.digest())
    for number in range(4):
        explanation = make_explanation(make_track(f"track-{number}"), model, recipe)
        for condition, begin in (("original", 0), ("evidence", 2 + 0.25 * number)):
            Stimulus.objects.create(study=study, clip=make_clip(explanation, condition, begin))
    Question.objects.create(
        study=study, position=1, key="which", text="When is it harsh?", kind="stretches", target="dissonance"
    )
    open_study(study)
    rng = np.random.default_rng(3)

    def marks(trial):
        clip = trial.presentations.get().stimulus.clip
        begin = 2 + 0.25 * int(clip.track.name[-1]) + rng.normal(0, 0.1)
        return [[round(begin, 3), SECONDS]]

    for _ in range(5):
        answer_trials(study, marks)
    return study


def test_the_time_profile_is_the_share_of_the_music_that_sounds(study):
    clip = Clip.objects.get(track__name="track-0", condition="evidence")
    profile = time_profile(clip)
    assert len(profile) == SECONDS / 0.05
    np.testing.assert_allclose(profile[:40], 0)
    np.testing.assert_allclose(profile[40:], 1, atol=1e-3)
    assert time_profile(Clip.objects.get(track__name="track-0", condition="original")).min() > 0.999


def test_a_clip_whose_sound_is_gone_has_no_profile(study):
    clip = Clip.objects.get(track__name="track-1", condition="evidence")
    clip.file.storage.delete(clip.file.name)
    assert time_profile(clip) is None


def test_marks_agree_and_lie_in_the_time_of_the_evidence(study):
    table = Marked(CountedJudgments(StudyRows(study))).stretch_agreement
    original = table[(table["condition"] == "original") & (table["ci_scope"] == "new annotators")]
    found = original.set_index("statistic")
    assert found.loc["time_alpha", "estimate"] > 0.8
    assert found.loc["marked_where_evidence", "about"] == "evidence"
    assert (
        found.loc["marked_where_evidence", "estimate"] > 0.9 > 0.1 > found.loc["marked_elsewhere", "estimate"]
    )
    assert found.loc["marked_more_where_evidence", "ci_low"] > 0.7
    assert found.loc["time_alpha", "n_judgments"] == 20
    assert "marked_where_evidence" not in set(table[table["condition"] == "evidence"]["statistic"])


def test_agreement_on_time_stands_on_the_page_and_in_the_export(study, admin_client, tmp_path):
    assert "stretch_agreement" in reproduced(study, tmp_path / "export")
    page = admin_client.get(reverse("results:remains", args=[study.slug])).content.decode()
    assert "Agreement on when dissonance is heard in the original: " in page
    assert "Annotators mark more of the time in which the evidence sounds than of the rest" in page
    statistics = {row["statistic"] for row in Computed(StudyRows(study)).table_rows("stretch_agreement")}
    assert statistics >= {"time_alpha", "marked_more_where_evidence"}


def test_an_annotators_page_says_what_was_marked(study, admin_client):
    annotator = study.annotators.first()
    page = admin_client.get(reverse("results:annotator", args=[study.slug, annotator.pseudonym]))
    table = {row[0]: row[-1] for row in page.context["trials"].rows}
    trial = annotator.trials.get(position=1)
    ((begin, end),) = trial.judgments.get().value
    assert table["1"] == f"{begin:.1f}\N{EN DASH}{end:.1f}\N{NO-BREAK SPACE}s"
