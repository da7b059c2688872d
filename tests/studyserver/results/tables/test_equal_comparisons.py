"""Comparisons of clips that sound the same, judged before they were left out: said, not hidden."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from filled_study import answer_trials

from explainer.models import Clip, Track
from studyserver.results.export.archive import StudyExport
from studyserver.results.tables.equal_comparisons import equal_comparisons, equal_comparisons_words
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Question, Stimulus, Study

pytestmark = pytest.mark.django_db
SAID = "4 of 6 finished comparisons present clips that hold the same sound"


def make_study(presentation="pair", **fields):
    """Return a study that two people have taken, of whose three pairs two turn out to sound the same."""
    study = Study.objects.create(
        slug="equal", title="Compare", consent="Yes", instructions="Go", presentation=presentation, **fields
    )
    for number in range(3):
        track = Track.objects.create(
            name=f"track-{number}",
            file="t.flac",
            sha256=f"{number:064}",
            seconds=2,
            sample_rate=8000,
            channels=1,
        )
        for condition in ("original", "evidence"):
            clip = Clip.objects.create(
                track=track, condition=condition, target="" if condition == "original" else "dissonance",
                file=ContentFile(b"sound", name="clip.flac"), sha256=f"{number}-{condition}",
                sample_rate=8000, seconds=2,
            )  # fmt: skip
            Stimulus.objects.create(study=study, clip=clip)
    Question.objects.create(
        study=study, key="which", text="Which is harsher?", kind="preference", scope="trial"
    )
    open_study(study)
    for _person in range(2):
        answer_trials(study, lambda trial: {"preferred": "A", "strength": 1})
    return study


def turn_out_equal():
    for number in range(2):
        Clip.objects.filter(track__name=f"track-{number}").update(sound=f"{number}-original")


def test_results_and_report_say_how_many(admin_client):
    study = make_study()
    assert equal_comparisons(study) == (0, 6)
    results, report = (reverse(f"results:{name}", args=["equal"]) for name in ("study", "report"))
    for page in (results, report):
        assert "hold the same sound" not in admin_client.get(page).content.decode()
    turn_out_equal()
    assert equal_comparisons(study) == (4, 6)
    for page in (results, report, reverse("results:remains", args=["equal"])):
        assert SAID in admin_client.get(page).content.decode()
    methods = admin_client.get(report).content.decode()
    assert "2 of 3 pairs are left out because their clips hold the same sound." in methods


def test_the_export_tells_clips_that_sound_the_same(tmp_path):
    study = make_study()
    turn_out_equal()
    StudyExport(study).write_folder(tmp_path / "export")
    rows = list(StudyExport(study).rows.stimuli())
    sounds = {(row["track"], row["condition"]): row["clip_sound"] for row in rows}
    assert sounds["track-0", "original"] == sounds["track-0", "evidence"] == "0-original"
    assert sounds["track-2", "original"] != sounds["track-2", "evidence"] == "2-evidence"
    assert '"left_out": 2' in (tmp_path / "export" / "materials" / "study.json").read_text()


def test_x_and_a_hidden_reference_are_heard_twice_on_purpose():
    study = make_study("multiple_reference", reference_condition="original")
    assert equal_comparisons(study) == (0, 6)
    turn_out_equal()
    assert equal_comparisons_words(study).startswith(SAID)
