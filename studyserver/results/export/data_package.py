"""The files that describe an export: for Psych-DS, for Frictionless, and for people."""

import json
import re
from collections.abc import Sequence

from studyserver.results.data.rehearsal_marks import file_stem, rehearsal_mark
from studyserver.study.lifecycle.preregistration import preregistration_text
from studyserver.study.lifecycle.versions import snapshot
from studyserver.study.models import Study

from .codebook import FORMAT_VERSION, Table
from .columns import VARIABLES
from .csv_files import timestamp
from .variables import Variable

PSYCH_DS_VERSION = "Psych-DS 1.5.0"
_FRICTIONLESS_TYPES = {"identifier": "string", "text": "string"}
# A primary key must not have missing values; these key columns may be empty.
_MAY_BE_MISSING = {"condition", "method", "kept_segments", "model", "option", "about", "first_method"}
_DIALECT = {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True}
_IDENTIFIER = "^[A-Za-z0-9][A-Za-z0-9_.:-]*$"
# Columns that are foreign keys to the table where they are the key.
_REFERENCES = {
    "stimulus": "stimuli",
    "question": "questions",
    "annotator": "annotators",
    "judgment": "judgments",
}


def data_file(study: Study, table: str, *, rehearsal: bool = False) -> str:
    """Return the path of a table within the export, in the form that Psych-DS requires."""
    whose = "_description-rehearsal" if rehearsal else ""
    return f"data/study-{short_key(study)}{whose}_table-{table.replace('_', '')}_data.csv"


def short_key(study: Study) -> str:
    """Return the study's short name in letters and digits only, as file names require."""
    return re.sub(r"[^A-Za-z0-9]", "", study.slug) or "study"


def json_text(value: object) -> str:
    """Return readable JSON that is identical every time."""
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False) + "\n"


def dataset_description(study: Study, tables: list[Table], *, rehearsal: bool) -> dict:
    """Return ``dataset_description.json`` by Psych-DS: schema.org terms, every column named once."""
    used = {name for table in tables for name in table.columns}
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "schemaVersion": PSYCH_DS_VERSION,
        "name": _title(study, rehearsal),
        "description": _description(study, rehearsal),
        "identifier": file_stem(study, rehearsal=rehearsal),
        "version": str(newest_version(study)),
        "keywords": ["listening study", "music", "explanation of machine learning models"],
        "variableMeasured": [_property_value(VARIABLES[name]) for name in VARIABLES if name in used],
    }


def _property_value(variable: Variable) -> dict:
    described = {"@type": "PropertyValue", "name": variable.name, "description": variable.description}
    if variable.unit:
        described["unitText"] = variable.unit
    if variable.levels:
        described["value"] = "; ".join(f"{value}: {meaning}" for value, meaning in variable.levels)
    return described


def data_package(
    study: Study, tables: list[Table], sizes: dict[str, tuple[int, str]], *, rehearsal: bool
) -> dict:
    """Return ``datapackage.json``: a resource with a schema for each table.

    Parameters
    ----------
    sizes : dict
        Path -> number of bytes and SHA-256 of the file as written.
    """
    names = [table.name for table in tables]
    return {
        "profile": "tabular-data-package",
        "name": f"study-{short_key(study).lower()}{'-rehearsal' if rehearsal else ''}",
        "title": _title(study, rehearsal),
        "description": _description(study, rehearsal),
        "version": f"{newest_version(study)}.0.0",
        "formatVersion": FORMAT_VERSION,
        "resources": [
            _resource(table, data_file(study, table.name, rehearsal=rehearsal), names, sizes)
            for table in tables
        ],
    }


def _resource(table: Table, path: str, names: list[str], sizes: dict[str, tuple[int, str]]) -> dict:
    size, digest = sizes[path]
    references = [
        {"fields": [column], "reference": {"resource": other, "fields": [column]}}
        for column, other in _REFERENCES.items()
        if column in table.columns and other != table.name and other in names
    ]
    schema = {
        "fields": [_field(variable, key=variable.name in table.key) for variable in table.variables],
        "missingValues": [""],
    }
    if not set(table.key) & _MAY_BE_MISSING and table.name != "annotator_quality":
        schema["primaryKey"] = list(table.key)
    if references:
        schema["foreignKeys"] = references
    return {
        "name": table.name,
        "path": path,
        "description": table.description,
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": size,
        "hash": f"sha256:{digest}",
        "dialect": _DIALECT,
        "schema": schema,
    }


def _field(variable: Variable, *, key: bool) -> dict:
    field: dict = {
        "name": variable.name,
        "type": _FRICTIONLESS_TYPES.get(variable.type, variable.type),
        "description": variable.description,
    }
    constraints: dict = {}
    if variable.unit:
        field["unit"] = variable.unit
    if variable.type == "boolean":
        field |= {"trueValues": ["1"], "falseValues": ["0"]}
    if variable.type == "datetime":
        field["format"] = "%Y-%m-%dT%H:%M:%S.%fZ"
    if variable.type == "identifier":
        constraints["pattern"] = _IDENTIFIER
    if variable.levels:
        constraints["enum"] = [value for value, _meaning in variable.levels]
        field["levels"] = [{"value": value, "description": meaning} for value, meaning in variable.levels]
    if constraints:
        field["constraints"] = constraints
    return field


def _title(study: Study, rehearsal: bool) -> str:
    return f"REHEARSAL: {study.title}" if rehearsal else study.title


def _description(study: Study, rehearsal: bool) -> str:
    whose = f"{rehearsal_mark(study)}. " if rehearsal else ""
    about = f"“{study.title}” ({study.slug}): what people hear in clips of music."
    return f"{whose}Judgments of the listening study {about}"


def newest_version(study: Study) -> int:
    """Return the number of the study's current version; 1 if there is none."""
    newest = study.versions.order_by("-number").first()
    return newest.number if newest else 1


def study_definition(study: Study, *, rehearsal: bool = False) -> dict:
    """Return everything presented to annotators: texts, design, questions, clips.

    Researchers' notes and the completion code are left out, because exports are published.
    """
    marked = {"rehearsal": rehearsal_mark(study)} if rehearsal else {}
    place = {"study": study.slug, "state": study.state, "version": newest_version(study)}
    return marked | place | snapshot(study)


def preregistration(study: Study, *, rehearsal: bool = False) -> str:
    """Return the study's preregistration, marked in a rehearsal."""
    mark = f"**{rehearsal_mark(study)}.**\n\n" if rehearsal else ""
    return mark + preregistration_text(study)


def changes_text(study: Study, *, rehearsal: bool = False) -> str:
    """Return the history of the study's versions."""
    lines = [f"# Versions of “{study.title}”", ""]
    if rehearsal:
        lines += [f"**{rehearsal_mark(study)}.**", ""]
    before = len(lines)
    for version in study.versions.order_by("number"):
        lines.append(
            f"- version {version.number}, in force from {timestamp(version.created_at)} ({version.digest})"
        )
    if len(lines) == before:
        lines.append("- version 1: no judgment has been given yet.")
    return "\n".join(lines) + "\n"


def readme_text(study: Study, tables: list[Table], *, rehearsal: bool, problems: Sequence[str] = ()) -> str:
    """Return the README of an export."""
    rows = "\n".join(
        f"| `{data_file(study, table.name, rehearsal=rehearsal)}` | {table.description} |" for table in tables
    )
    warning = f"**{rehearsal_mark(study)}.**\n\n" if rehearsal else ""
    if problems:
        warning += f"**This package is not complete: {PROBLEMS} says what is missing.**\n\n"
    return f"""# {_title(study, rehearsal)}

{warning}The judgments of the listening study `{study.slug}`, and everything needed to analyse them.

| file | what it holds |
|---|---|
{rows}
| `materials/study.json` | Texts, questions and design of the study. |
| `documentation/preregistration.md` | What was declared before the answers: questions, design, analysis. |
| `documentation/consent.txt`, `materials/instructions.txt` | What annotators read. |
| `analysis/analysis.py` | Computes the main figures from the answers. Needs pandas and numpy. |
| `analysis/analysis.R` | Fits mixed models of the answers. Needs lme4, and ordinal for ratings. |
| `datapackage.json`, `dataset_description.json` | Type and meaning of every column. |

All files are UTF-8. A missing value is an empty field. Truth values are 0 and 1, decimals have a point,
times are in UTC. Text that a spreadsheet could read as a formula begins with an apostrophe ('); numbers
are not changed.
The tables `summary` and `agreement` use only trials with `trial_kind` `main` and `trial_finished` 1.
No table has data of people who withdrew and asked that their answers be discarded.
Names of tables and columns follow version {FORMAT_VERSION} of the format.
"""


def problems_text(study: Study, problems: Sequence[str], *, rehearsal: bool = False) -> str:
    """Return the list of what is missing from an export, and why."""
    warning = f"**{rehearsal_mark(study)}.**\n\n" if rehearsal else ""
    lines = "\n".join(f"- {problem}" for problem in problems)
    return f"""# What is missing from the export of “{study.title}”

{warning}Everything not listed here is complete.

{lines}
"""


PROBLEMS = "PROBLEMS.md"
PSYCH_DS_IGNORE = "datapackage.json\n"  # Psych-DS ignores analysis/, documentation/ and materials/ by default
