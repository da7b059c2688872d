"""The export against the rules of Psych-DS, and the rules against exports that were spoilt on purpose."""

import json
import shutil

import psych_ds
import pytest

from studyserver.results.export.archive import StudyExport


@pytest.fixture
def copy(written, tmp_path):
    return shutil.copytree(written, tmp_path / "copy")


def found(folder):
    return {(item.level, item.code) for item in psych_ds.complaints(folder)}


def test_no_rule_is_broken(written):
    errors = [item for item in psych_ds.complaints(written) if item.level == "error"]
    assert errors == []


def test_only_what_a_researcher_has_to_add_is_recommended(written):
    warnings = {(item.code, item.where) for item in psych_ds.complaints(written)}
    own = ("author", "citation", "license", "funder", "url", "privacyPolicy")
    kinds = {code for code, _where in warnings}
    assert kinds == {
        "JSON_KEY_RECOMMENDED", "MISSING_RESULTS_DIRECTORY", "FILENAME_UNOFFICIAL_KEYWORD_WARNING",
    }  # fmt: skip
    assert {where for code, where in warnings if code == "JSON_KEY_RECOMMENDED"} == set(own)


def test_an_empty_study_breaks_no_rule_either(empty_study, tmp_path):
    StudyExport(empty_study).write_folder(tmp_path / "export")
    assert not [item for item in psych_ds.complaints(tmp_path / "export") if item.level == "error"]


def describe(folder, **changes):
    path = folder / "dataset_description.json"
    description = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: value for key, value in description.items() if value is not None}))


def data_file(folder):
    return next((folder / "data").glob("*table-judgments_data.csv"))


SPOILT = {
    "MISSING_DATASET_DESCRIPTION": lambda folder: (folder / "dataset_description.json").unlink(),
    "MISSING_DATA_DIRECTORY": lambda folder: shutil.rmtree(folder / "data"),
    "MISSING_DATAFILE": lambda folder: [path.unlink() for path in (folder / "data").iterdir()],
    "MISSING_README_DOC": lambda folder: (folder / "README.md").unlink(),
    "MISSING_CHANGES_DOC": lambda folder: (folder / "CHANGES.md").unlink(),
    "MISSING_ANALYSIS_DIRECTORY": lambda folder: shutil.rmtree(folder / "analysis"),
    "MISSING_MATERIALS_DIRECTORY": lambda folder: shutil.rmtree(folder / "materials"),
    "MISSING_DOCUMENTATION_DIRECTORY": lambda folder: shutil.rmtree(folder / "documentation"),
    "MISSING_PSYCHDSIGNORE": lambda folder: (folder / ".psychdsignore").unlink(),
    "FILE_NOT_CHECKED": lambda folder: (folder / "notes.txt").write_text("x"),
    "WRONG_METADATA_LOCATION": lambda folder: (folder / "data/dataset_description.json").write_text("{}"),
    "FILE_EMPTY": lambda folder: (folder / "data/study-x_data.csv").write_text(""),
    "INVALID_JSON_FORMATTING": lambda folder: (folder / "dataset_description.json").write_text("{"),
    "JSON_ENCODING_ERROR": lambda folder: (folder / "dataset_description.json").write_bytes(b"\xff"),
    "INVALID_JSONLD_FORMATTING": lambda folder: describe(folder, **{"@context": None}),
    "UNKNOWN_NAMESPACE": lambda folder: describe(folder, **{"@context": "https://example.org/"}),
    "MISSING_DATASET_TYPE": lambda folder: describe(folder, **{"@type": None}),
    "INCORRECT_DATASET_TYPE": lambda folder: describe(folder, **{"@type": "Thing"}),
    "JSON_KEY_REQUIRED": lambda folder: describe(folder, name=""),
    "INVALID_SCHEMAORG_PROPERTY": lambda folder: describe(folder, levels=3),
    "OBJECT_TYPE_MISSING": lambda folder: describe(folder, variableMeasured=[{"name": "judgment"}]),
    "INVALID_OBJECT_TYPE": lambda folder: describe(folder, variableMeasured=[{"@type": "Thing"}]),
    "CSV_COLUMN_MISSING_FROM_METADATA": lambda folder: describe(folder, variableMeasured=["judgment"]),
    "CSV_HEADER_MISSING": lambda folder: data_file(folder).write_text("\n"),
    "CSV_HEADER_REPEATED": lambda folder: data_file(folder).write_text("study,study\n"),
    "CSV_HEADER_LENGTH_MISMATCH": lambda folder: data_file(folder).write_text("study,trial\n1\n"),
    "CSV_FORMATTING_ERROR": lambda folder: data_file(folder).write_text('study\n"a"b\n'),
    "ROWID_VALUES_NOT_UNIQUE": lambda folder: data_file(folder).write_text("row_id\n1\n1\n"),
    "FILENAME_KEYWORD_FORMATTING_ERROR": lambda folder: data_file(folder).rename(
        folder / "data/Study_1_data.csv"
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", SPOILT)
def test_every_rule_can_be_broken(copy, written, code):
    assert code not in {found_code for _level, found_code in found(written)}
    SPOILT[code](copy)
    assert code in {found_code for _level, found_code in found(copy)}
