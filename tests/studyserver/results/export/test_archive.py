import csv
import hashlib
import io
import json
import re
import shutil
import zipfile
from datetime import UTC
from types import SimpleNamespace

import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from paths import ROOT
from study_tables import table

from explainer.files.spreadsheets import FORMULA_STARTS
from studyserver.results.data.rows import StudyRows
from studyserver.results.export import data_package
from studyserver.results.export.archive import ExportError, StudyExport
from studyserver.results.export.codebook import COMPUTED_TABLES, FORMAT_VERSION, TABLES, VARIABLES
from studyserver.results.export.csv_files import csv_chunks
from studyserver.results.export.variables import Variable
from studyserver.study.models import Judgment, Question

IDENTIFIER = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$")


@pytest.fixture
def folder(written, study):
    return written


def read(folder, study, name, **whose):
    path = folder / data_package.data_file(study, name, **whose)
    return list(csv.DictReader(path.open(newline="", encoding="utf-8")))


# -- what stands in the files -----------------------------------------------------------------


def test_judgments_are_those_of_the_database_row_by_row(folder, study):
    rows = {row["judgment"]: row for row in read(folder, study, "judgments")}
    current = Judgment.objects.filter(trial__annotator__study=study).usable().current()
    assert len(rows) == len(current) > 200
    for judgment in current:
        row = rows[str(judgment.uuid)]
        trial = judgment.trial
        stimulus = trial.presentations.get().stimulus
        expected = {
            "study": study.slug,
            "study_version": str(trial.version.number),
            "rehearsal": "0",
            "annotator": trial.annotator.pseudonym,
            "trial": str(trial.pk),
            "trial_position": str(trial.position),
            "trial_kind": trial.kind,
            "trial_finished": "1" if trial.finished_at else "0",
            "repeat_of": str(trial.repeat_of_id or ""),
            "question": judgment.question.key,
            "question_kind": judgment.question.kind,
            "level": judgment.question.level,
            "question_target": judgment.question.target,
            "clip_position": "0",
            "stimulus": str(stimulus.pk),
            "clip": str(stimulus.clip_id),
            "track": stimulus.clip.track.name,
            "model": stimulus.clip.explanation.model.name,
            "method": "lime",
            "recipe": stimulus.clip.explanation.recipe.name,
            "target": stimulus.clip.target,
            "target_level": stimulus.clip.target_level,
            "condition": stimulus.clip.condition,
            "kept_segments": str(stimulus.clip.kept_segments),
            "variant": "0",
            "response_ms": str(judgment.response_ms),
            "answered_at": judgment.answered_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "stored_at": judgment.stored_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        assert {name: row[name] for name in expected} == expected
        if judgment.number is None:
            assert row["number"] == ""
        else:
            assert float(row["number"]) == judgment.number
        if judgment.question.kind in ("scale", "slider"):
            assert row["value"] == row["number"]  # negative numbers too: numbers are never touched
    assert any(row["number"].startswith("-") for row in rows.values())


@pytest.mark.parametrize("name", [name for name in TABLES if name not in (*COMPUTED_TABLES, "codebook")])
def test_files_read_back_in_pandas_without_options(folder, study, name):
    back = pd.read_csv(folder / data_package.data_file(study, name))
    frame = table(study, name)
    assert list(back.columns) == list(frame.columns)
    assert len(back) == len(frame)
    for column in frame:
        if VARIABLES[column].type == "number":
            pd.testing.assert_series_equal(back[column].astype(float), frame[column], check_exact=True)
        assert list(back[column].isna()) == list(frame[column].isna()), column


def test_text_is_safe_in_a_spreadsheet_and_otherwise_as_it_was(folder, study):
    written = {row["judgment"]: row["comment"] for row in read(folder, study, "comments")}
    typed = {
        str(item.uuid): item.value
        for item in Judgment.objects.filter(trial__annotator__study=study, question__key="remarks")
        .usable()
        .current()
    }
    assert set(written) == set(typed)
    for uuid, text in typed.items():
        assert written[uuid] == (f"'{text}" if text[0] in "=-\uff1d" else text)
    assert {"'=1+1", "'-", "'\uff1dSUM(A1)", "zwei\nZeilen", "Ünïcödé ♫", 'a "quoted", text'} == set(
        written.values()
    )
    items = read(folder, study, "stimuli")
    assert {row["composer"] for row in items} == {'\'=Formula, "Quoted"'}


def cell_text(variable: Variable, value: object) -> str:
    """Return what stands in a cell of a file."""
    table = SimpleNamespace(columns=(variable.name,), variables=[variable])
    content = b"".join(csv_chunks(table, [{variable.name: value}])).decode()
    _heading, [cell] = csv.reader(io.StringIO(content, newline=""))
    return cell


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_every_dangerous_start_is_escaped_in_text_and_in_nothing_else(start):
    text = f"{start}1+1"
    assert cell_text(Variable("comment", "text", ""), text) == f"'{text}"
    assert cell_text(Variable("number", "number", ""), -1.5) == "-1.5"
    assert cell_text(Variable("value", "text", ""), -3) == "-3"
    assert not cell_text(Variable("track", "identifier", ""), text).startswith("'")


@pytest.mark.parametrize("text", ["one\rtwo", "one\r\ntwo", "one\ntwo", 'say "a\rb", then', "\r"])
def test_line_ends_within_text_end_no_line(text):
    content = b"".join(csv_chunks(TABLES["comments"], [{"comment": text}, {"comment": "next"}])).decode()
    first, second = csv.DictReader(io.StringIO(content, newline=""))
    assert first["comment"].removeprefix("'") == text
    assert second["comment"] == "next"


@pytest.mark.parametrize("number", [0.1 + 0.2, 1 / 3, -1e-300, 1e300, 123456789.123456789, 4.0, 0, -7])
def test_numbers_keep_every_digit(number):
    text = cell_text(Variable("number", "number", ""), number)
    assert float(text) == number
    assert "," not in text


def test_missing_is_the_empty_field():
    for kind in ("identifier", "text", "integer", "number", "boolean", "datetime"):
        assert cell_text(Variable("column", kind, ""), None) == ""
    assert cell_text(Variable("column", "number", ""), float("nan")) == ""
    assert cell_text(Variable("column", "boolean", ""), False) == "0"


def test_identifiers_and_truth_values_are_what_they_should_be(folder, study):
    for name, described in TABLES.items():
        for row in read(folder, study, name):
            for column in described.columns:
                if row[column] and VARIABLES[column].type == "identifier":
                    assert IDENTIFIER.match(row[column]), (name, column, row[column])
                if VARIABLES[column].type == "boolean":
                    assert row[column] in ("0", "1", "")


def test_nothing_secret_is_in_the_package(folder, study):
    tokens = set()
    for annotator in study.annotators.all():
        tokens |= {annotator.token, annotator.completion_code}
        for trial in annotator.trials.all():
            tokens |= {trial.token, *trial.presentations.values_list("token", flat=True)}
    text = "\n".join(path.read_text() for path in folder.rglob("*") if path.is_file())
    assert not [token for token in tokens - {""} if token in text]


def test_summary_and_agreement_are_recomputed_from_the_judgments(folder, study):
    judgments = pd.read_csv(folder / data_package.data_file(study, "judgments"))
    summary = pd.read_csv(folder / data_package.data_file(study, "summary"))
    main = judgments[(judgments["trial_kind"] == "main") & (judgments["trial_finished"] == 1)]
    for _, row in summary[summary["option"].isna()].iterrows():
        part = main[(main["question"] == row["question"]) & (main["condition"] == row["condition"])][
            "number"
        ].dropna()
        assert row["n_judgments"] == len(part)
        assert row["judgment_mean"] == pytest.approx(part.mean(), abs=1e-12)
        if pd.isna(row["ci_low"]):
            assert "model of the answers" in row["reason"]
        else:
            assert row["ci_low"] <= row["mean"] <= row["ci_high"]
    import krippendorff

    agreement = pd.read_csv(folder / data_package.data_file(study, "agreement"))
    alphas = agreement[(agreement["statistic"] == "krippendorff_alpha") & agreement["condition"].isna()]
    for question, level in [("dissonance", "ordinal"), ("harsh.slider", "interval"), ("present", "ordinal")]:
        rows = alphas[alphas["question"] == question]
        assert sorted(rows["ci_scope"]) == ["new annotators", "these annotators"]
        part = main[main["question"] == question]
        matrix = part.pivot(index="annotator", columns="stimulus", values="number").to_numpy()
        expected = krippendorff.alpha(reliability_data=matrix, level_of_measurement=level)
        assert rows["estimate"].iloc[0] == pytest.approx(expected, abs=1e-9)


# -- the package ------------------------------------------------------------------------------


def test_frictionless_finds_nothing_wrong(folder):
    from frictionless import Package, validate

    report = validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["title", "type", "fieldName", "rowNumber", "message"])[:10]
    assert {resource.name for resource in Package(str(folder / "datapackage.json")).resources} == set(TABLES)


def test_frictionless_would_have_found_something_wrong(folder, study, tmp_path):
    from frictionless import validate

    folder = shutil.copytree(folder, tmp_path / "copy")
    path = folder / data_package.data_file(study, "judgments")
    path.write_text(path.read_text().replace(",evidence,", ",nonsense,", 1))
    assert not validate(str(folder / "datapackage.json")).valid


def test_every_table_has_its_file_and_every_column_is_described_once(folder):
    description = json.loads((folder / "dataset_description.json").read_text())
    measured = [variable["name"] for variable in description["variableMeasured"]]
    assert len(set(measured)) == len(measured)
    assert len(list((folder / "data").iterdir())) == len(TABLES)


def test_the_package_says_which_version_of_the_format_it_has(folder):
    described = json.loads((folder / "datapackage.json").read_text())
    assert described["formatVersion"] == FORMAT_VERSION
    assert f"version {FORMAT_VERSION} of the format" in (folder / "README.md").read_text()


def test_data_package_describes_the_bytes(folder):
    for resource in json.loads((folder / "datapackage.json").read_text())["resources"]:
        content = (folder / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_codebook_is_the_one_of_the_code(folder, study):
    rows = read(folder, study, "codebook")
    assert [(row["table"], row["column"]) for row in rows] == [
        (item.name, column) for item in TABLES.values() for column in item.columns
    ]
    assert all(row["description"] for row in rows)


def test_texts_that_annotators_read_are_included(folder, study):
    assert (folder / "documentation/consent.txt").read_text().strip() == study.consent
    definition = json.loads((folder / "materials/study.json").read_text())
    assert [question["key"] for question in definition["questions"]] == list(
        study.questions.order_by("position").values_list("key", flat=True)
    )
    assert (folder / "materials/version-1.json").exists()


# -- writing ----------------------------------------------------------------------------------


def test_the_same_export_twice_is_the_same_bytes_and_a_folder_holds_them_too(study, folder, tmp_path):
    StudyExport(study).write_zip(tmp_path / "first.zip")
    StudyExport(study).write_zip(tmp_path / "second.zip")
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "first.zip") as archive:
        assert archive.testzip() is None
        names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        assert set(archive.namelist()) == names
        for name in names:
            assert archive.read(name) == (folder / name).read_bytes()


def test_an_empty_study_gives_a_valid_package(empty_study, tmp_path):
    from frictionless import validate

    StudyExport(empty_study).write_folder(tmp_path / "export")
    assert validate(str(tmp_path / "export/datapackage.json")).valid
    assert read(tmp_path / "export", empty_study, "judgments") == []


def test_rehearsal_is_exported_apart_and_says_so(study, tmp_path):
    StudyExport(study, rehearsal=True).write_folder(tmp_path / "export")
    assert {row["rehearsal"] for row in read(tmp_path / "export", study, "judgments", rehearsal=True)} == {
        "1"
    }
    description = json.loads((tmp_path / "export/dataset_description.json").read_text())
    assert description["description"].startswith("REHEARSAL")
    assert "simulated" in (tmp_path / "export/README.md").read_text()


def test_a_failure_leaves_nothing_behind(study, tmp_path, monkeypatch):
    def fail(self):
        yield {}
        raise OSError("the disk is full")

    monkeypatch.setattr(StudyRows, "trials", fail)
    for write in (StudyExport(study).write_zip, StudyExport(study).write_folder):
        with pytest.raises(OSError, match="full"):
            write(tmp_path / "there.zip")
    assert list(tmp_path.iterdir()) == []


def test_rows_are_written_as_they_come():
    seen = []

    def rows():
        for number in range(5000):
            seen.append(number)
            yield {"judgment": f"j{number}"}

    chunks = csv_chunks(TABLES["comments"], rows())
    next(chunks)
    assert len(seen) == 1000
    assert sum(chunk.count(b"\n") for chunk in chunks) == 4000


def test_a_slug_that_file_names_cannot_hold(empty_study):
    empty_study.slug = "my-study_2"
    assert data_package.data_file(empty_study, "judgments") == "data/study-mystudy2_table-judgments_data.csv"


# -- the command ------------------------------------------------------------------------------


def test_command_writes_a_zip_or_a_folder(empty_study, tmp_path):
    out = io.StringIO()
    call_command("export_study", empty_study.slug, output=tmp_path / "results.zip", stdout=out)
    call_command("export_study", empty_study.slug, output=tmp_path / "results", stdout=out)
    assert zipfile.is_zipfile(tmp_path / "results.zip")
    assert (tmp_path / "results/datapackage.json").exists()
    assert out.getvalue().count("Wrote") == 2


def test_command_overwrites_nothing_unasked(empty_study, tmp_path):
    (tmp_path / "results.zip").write_text("precious")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("precious")
    for output in ("results.zip", "full"):
        with pytest.raises(CommandError, match="exists"):
            call_command("export_study", empty_study.slug, output=tmp_path / output)
    with pytest.raises(ExportError):
        StudyExport(empty_study).write_folder(tmp_path / "full")
    call_command(
        "export_study",
        empty_study.slug,
        output=tmp_path / "results.zip",
        overwrite=True,
        stdout=io.StringIO(),
    )
    assert zipfile.is_zipfile(tmp_path / "results.zip")


def test_command_names_the_studies_there_are(empty_study):
    with pytest.raises(CommandError, match=empty_study.slug):
        call_command("export_study", "nonsense")


def test_every_question_kind_is_in_the_test_study(study):
    in_tests_of_tables = {"preference", "abx", "stretches", "intruder"}
    folder = ROOT / "tests" / "studyserver" / "study" / "questions"
    with_a_test_of_their_own = {file.stem.removeprefix("test_") for file in folder.glob("test_*.py")}
    kinds = set(study.questions.values_list("kind", flat=True))
    assert kinds == set(Question.Kind.values) - in_tests_of_tables - with_a_test_of_their_own
