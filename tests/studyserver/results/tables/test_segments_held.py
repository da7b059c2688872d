"""Clips that hold fewer segments of evidence than were asked for, in figures and in the export."""

import csv
import shutil

import pytest
from exported_scripts import ORACLE, reproduced, run
from filled_study import answer_trials, make_study

from explainer.models import Clip
from studyserver.results.data.rows import StudyRows
from studyserver.results.export.data_package import data_file
from studyserver.results.pages.remains.retention import dose_parts
from studyserver.results.tables.computed import Computed
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Question

# Of the evidence of each of three pieces: asked for, held.
SEVERAL = [(2, 2), (4, 3), (4, 4)]
ONE = [(4, 3), (4, 1), (4, 4)]


def study_of(slug, sizes):
    """Return a study whose clips of a piece, evidence and control, hold what `sizes` say."""
    study = make_study(slug, minimum_track_distance=0, repeats_per_annotator=0)
    study.questions.all().delete()
    Question.objects.create(
        study=study, position=1, key="which", text="How harsh?", kind="scale", level="ordinal",
        options={"points": 5, "low": "not", "high": "very"}, target="dissonance",
    )  # fmt: skip
    for number, (asked, held) in enumerate(sizes):
        made_of = Clip.objects.filter(track__name=f"{slug}-{number}").exclude(target="")
        made_of.update(segments_asked=asked, kept_segments=held)
    open_study(study)
    for person in range(4):
        answer_trials(study, lambda trial, person=person: _heard(trial, person))
    return study


def _heard(trial, person):
    clip = trial.presentations.get().stimulus.clip
    if clip.condition != "evidence":
        return 5 if clip.condition == "original" else 1
    return 5 if (clip.kept_segments or 0) + person > 4 else 1


@pytest.fixture
def several(db):
    return study_of("several", SEVERAL)


def test_dose_and_response_go_by_what_is_held(several):
    table = Computed(StudyRows(several)).main.remains.dose_response
    shares = table.drop_duplicates("statistic").set_index("statistic")["estimate"]
    assert [name for name in shares.index if name.startswith("heard")] == [
        "heard_at_2", "heard_at_3", "heard_at_4",
    ]  # fmt: skip
    assert shares["heard_at_2"] == 0.25 and shares["heard_at_3"] == 0.5 and shares["heard_at_4"] == 0.75


def test_the_page_says_from_how_many_segments_on_it_is_heard(several):
    statistics = Computed(StudyRows(several)).main
    [dose] = dose_parts(statistics)
    table = statistics.remains.dose_response.drop_duplicates("statistic").set_index("statistic")["estimate"]
    assert (
        f"Half of the judgments hear dissonance in the evidence from {table['threshold']:.1f} "
        in dose.headline
    )
    assert [strip.label for strip in dose.plot.strips] == ["2 segments", "3 segments", "4 segments"]
    [row] = dose.table.rows
    assert f"{table['slope']:.2f}" in row[1] and f"{table['threshold']:.1f}" in row[2]


def test_evidence_is_matched_with_controls_by_what_is_held(several):
    [summary] = Computed(StudyRows(several)).main.summaries.questions
    labels = [group.group.label for group in summary.groups]
    assert labels == [
        "original", *(f"evidence, {size} segments" for size in (2, 3, 4)),
        *(f"random control, {size} segments" for size in (2, 3, 4)),
    ]  # fmt: skip
    pairs = [(one.kept_segments, two.kept_segments) for one, two in summary.contrasts]
    assert pairs == [(2, 2), (3, 3), (4, 4)]


def test_clips_that_were_asked_for_one_size_stay_together(db):
    remains = Computed(StudyRows(study_of("one", ONE))).main
    [summary] = remains.summaries.questions
    assert [group.group.label for group in summary.groups] == ["original", "evidence", "random control"]
    assert remains.remains.dose_response.empty  # the pieces differ, not what was asked of them


@pytest.mark.parametrize("held", [1, None])
def test_one_segment_is_one_and_an_unknown_number_is_none(db, held):
    study = study_of("odd", [(1, held), (4, 4), (2, 2)])
    [summary] = Computed(StudyRows(study)).main.summaries.questions
    labels = {group.group.label for group in summary.groups}
    assert ("evidence, 1 segment" if held else "evidence") in labels
    assert not any("1 segments" in label or "None" in label for label in labels)


def test_both_numbers_are_exported_and_the_scripts_compute_the_same(several, tmp_path):
    tables = reproduced(several, tmp_path / "export")
    assert tables >= {"summary", "dose_response"}
    if rscript := shutil.which("Rscript"):
        found = run(rscript, ORACLE / "analysis.R", tmp_path / "export")
        assert found.returncode == 0, found.stdout + found.stderr
        assert "DIFFER" not in found.stdout and "dose_response: " in found.stdout
    for table in ("stimuli", "judgments"):
        with (tmp_path / "export" / data_file(several, table)).open(newline="", encoding="utf-8") as file:
            rows = {(row["track"], row["condition"]): row for row in csv.DictReader(file)}
        for number, (asked, held) in enumerate(SEVERAL):
            for condition in ("evidence", "random_control"):
                row = rows[f"several-{number}", condition]
                assert (row["segments_asked"], row["kept_segments"]) == (str(asked), str(held))
