"""The export holds what a study declared: a table, and the preregistration text."""

import pandas as pd
import pytest
from frictionless import validate

from explainer.models import MusicModel
from studyserver.results.export import data_package
from studyserver.results.export.archive import StudyExport
from studyserver.results.tables.computed import Computed
from studyserver.results.tables.failures import Parts


@pytest.fixture
def declared(empty_study):
    question = empty_study.questions.get(key="dissonance")
    create = empty_study.research_questions.create
    create(position=2, estimand="retention", second="", music_model=MusicModel.objects.get(), confidence=0.9)
    create(position=1, question=question, smallest_effect=0.5)
    return empty_study


@pytest.fixture
def folder(declared, tmp_path):
    StudyExport(declared).write_folder(tmp_path / "export")
    return tmp_path / "export"


def test_the_table_has_a_row_for_each_in_the_order_of_the_study(folder, declared):
    table = pd.read_csv(folder / data_package.data_file(declared, "research_questions"))
    assert table["research_question"].tolist() == [1, 2]
    assert table["research_question_text"].tolist() == [
        "Does evidence have more dissonance than its random control, by at least 0.5 points?",
        "In clips of cues-of-empty-study: do tracks with higher answers to every question that suits still "
        "have "
        "them in evidence?",
    ]
    assert table["estimand"].tolist() == ["difference", "retention"]
    assert table["question_asked"].fillna("").tolist() == ["dissonance", ""]
    assert table["second"].fillna("").tolist() == ["random_control", ""]
    assert table["model"].fillna("").tolist() == ["", "cues-of-empty-study"]
    assert table["smallest_effect"].fillna(0).tolist() == [0.5, 0]
    assert table["confidence_wanted"].tolist() == [0.95, 0.9]


def test_the_package_stays_valid(folder):
    report = validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["title", "type", "fieldName", "rowNumber", "message"])[:10]


def test_the_preregistration_is_part_of_it_and_the_same_every_time(folder, declared, tmp_path):
    text = (folder / "documentation/preregistration.md").read_text()
    assert "## Analysis plan" in text and declared.research_questions.first().sentence in text
    assert "Printed on" not in text
    StudyExport(declared).write_folder(tmp_path / "again")
    assert (tmp_path / "again/documentation/preregistration.md").read_text() == text


def test_a_rehearsal_marks_it(declared, tmp_path):
    StudyExport(declared, rehearsal=True).write_folder(tmp_path / "rehearsal")
    text = (tmp_path / "rehearsal/documentation/preregistration.md").read_text()
    assert text.startswith("**REHEARSAL") and "simulated annotators" in text.splitlines()[0]


def test_the_checklist_of_the_report_quotes_them(declared):
    from studyserver.results.data.rows import StudyRows
    from studyserver.results.pages.checklist import checklist

    def line():
        checks = checklist(Parts(Computed(StudyRows(declared))))
        return next(check for check in checks if check.asked.startswith("Research questions"))

    assert line().met == "yes" and declared.research_questions.first().sentence in line().found
    declared.research_questions.all().delete()
    assert (line().met, line().found) == ("no", "None declared: every comparison is exploratory.")
