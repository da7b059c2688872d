import pytest
from paths import ROOT

from studyserver.results.export.codebook import FORMAT_VERSION, TABLES, VARIABLES, codebook_rows
from studyserver.results.export.variables import TYPES
from studyserver.results.statistics.agreement import COLUMNS
from studyserver.results.tables.vocabulary import columns

DOCUMENTATION = (ROOT / "docs" / "export.md").read_text()
KINDS = (ROOT / "docs" / "studies.md").read_text().split("## Questions", 1)[1].split("\n## ", 1)[0]


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_table_and_column_is_documented(table):
    section = DOCUMENTATION.split(f"### `{table.name}`", 1)[1].split("\n### ", 1)[0]
    assert table.description in section
    assert ", ".join(f"`{column}`" for column in table.columns) in section
    assert set(table.key) <= set(table.columns)


@pytest.mark.parametrize("variable", VARIABLES.values(), ids=lambda variable: variable.name)
def test_every_column_is_described_as_in_the_codebook(variable):
    row = next(line for line in DOCUMENTATION.splitlines() if line.startswith(f"| `{variable.name}` |"))
    assert row.startswith(f"| `{variable.name}` | {variable.type} | {variable.unit} |")
    assert variable.description.replace("|", "\\|") in row
    listed = KINDS if "(studies.md#questions)" in row else row
    assert all(f"`{value}`" in listed for value, _meaning in variable.levels)


def test_the_codebook_is_complete_and_holds_nothing_else():
    used = {column for table in TABLES.values() for column in table.columns}
    assert used == set(VARIABLES)
    assert {variable.type for variable in VARIABLES.values()} <= set(TYPES)
    assert len(codebook_rows()) == sum(len(table.columns) for table in TABLES.values())


def test_every_figure_of_agreement_has_its_column():
    assert set(columns(COLUMNS, "clip")) <= set(TABLES["agreement"].columns)


def test_nothing_in_the_export_is_called_by_the_words_of_pure_statistics():
    about_people = set(TABLES["questionnaire"].columns)  # items of questionnaires are called so in the field
    named = {*TABLES, *(set(VARIABLES) - about_people)}
    assert not [name for name in named if {"item", "items", "rater", "raters"} & set(name.split("_"))]


def test_the_documentation_says_what_changed_in_this_version_of_the_format():
    section = DOCUMENTATION.split("## Versions of the format", 1)[1].split("\n## ", 1)[0]
    assert f"\n| {FORMAT_VERSION} | " in section
