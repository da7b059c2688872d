"""Sliders whose positions are fractions: parts of the scale, its middle, figures that scripts find again."""

import csv
import json

import pytest
from django.core.cache import cache
from django.urls import reverse
from exported_scripts import reproduced
from filled_study import answer_trials, make_study

from studyserver.common import number_text
from studyserver.results.data.questions import heard_from
from studyserver.results.data.rows import StudyRows
from studyserver.results.export.data_package import data_file
from studyserver.results.tables.summaries import StudySummaries
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Question, Stimulus


@pytest.fixture
def study(db):
    """A study of 12 clips with a slider from 0 to 1, answered by three in exact tenths."""
    cache.clear()
    study = make_study("fine", tracks=4, repeats_per_annotator=2)
    study.questions.all().delete()
    Question.objects.create(
        study=study, key="which", text="How harsh?", kind="slider", level="interval", target="dissonance",
        options={"min": 0, "max": 1, "low": "not", "high": "very"},
    )  # fmt: skip
    open_study(study)
    numbers = list(Stimulus.objects.filter(study=study).order_by("pk").values_list("pk", flat=True))

    def tenths(trial):
        return numbers.index(trial.presentations.get().stimulus_id) % 11 / 10

    for _person in range(3):
        answer_trials(study, tenths)
    return study


def test_a_number_on_the_edge_of_two_parts_belongs_to_the_upper_one(study):
    (summary,) = StudySummaries(StudyRows(study)).questions
    counts = {}
    for group in summary.groups:
        for label, count in group.distribution:
            counts[label] = counts.get(label, 0) + count
    # 0 to 1 in tenths, 0 twice (12 clips); 1 stands in the last part. Three people.
    assert counts == {
        "0 to 0.1": 6, "0.1 to 0.2": 3, "0.2 to 0.3": 3, "0.3 to 0.4": 3, "0.4 to 0.5": 3, "0.5 to 0.6": 3,
        "0.6 to 0.7": 3, "0.7 to 0.8": 3, "0.8 to 0.9": 3, "0.9 to 1": 6,
    }  # fmt: skip


def test_pages_tables_and_scripts(study, admin_client, tmp_path):
    for name in ("study", "remains", "agreement", "annotators", "report", "progress", "planning"):
        assert admin_client.get(reverse(f"results:{name}", args=[study.slug])).status_code == 200
    tables = reproduced(study, tmp_path / "export")
    assert tables >= {"summary", "agreement", "retest", "claims", "annotator_quality"}
    path = tmp_path / "export" / data_file(study, "questions")
    (row,) = csv.DictReader(path.open(newline="", encoding="utf-8"))
    assert json.loads(row["question_options"])["step"] == 0.01
    definition = json.loads((tmp_path / "export/materials/study.json").read_text())
    assert definition["questions"][0]["options"]["step"] == 0.01
    rows = csv.DictReader((tmp_path / "export" / data_file(study, "judgments")).open(newline=""))
    assert {row["value"] for row in rows} == {"0", "1", *(f"0.{tenth}" for tenth in range(1, 10))}


@pytest.mark.parametrize(
    ("least", "most", "middle"), [(0.1, 0.7, 0.4), (-1, 1, 0), (0, 1, 0.5), (0.2, 0.4, 0.3)]
)
def test_the_middle_of_a_slider_is_not_above_it(least, most, middle):
    question = Question(kind="slider", options={"min": least, "max": most})
    assert not middle > heard_from(question)
    assert middle + 1e-6 * (most - least) > heard_from(question)


def test_numbers_as_given_keep_their_digits():
    for number in (12345.67, 123456.5, 0.01, 1234567.0, -0.125):
        assert float(number_text.plain(number).replace("\N{MINUS SIGN}", "-")) == number
    assert number_text.plain(0.1 + 0.2) == "0.3"
