"""The rules of Psych-DS 1.5, one by one, as its specification's schema states them.

The official validator is in no package registry of Python, Node or Debian, so the rules are written out here;
each complaint has the code under which the specification lists it.
Source: psych-ds/psychds-validator, src/setup/defaultSchema.json, and psychds-docs.readthedocs.io.
"""

import csv
import io
import json
import re
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

SCHEMA_ORG = tuple(f"{scheme}://{www}schema.org" for scheme in ("http", "https") for www in ("", "www."))
KEYWORDS = {"study", "site", "subject", "session", "task", "condition", "trial", "stimulus", "description"}
DATA_FILE = re.compile(r"([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.csv")
REQUIRED_KEYS = ("name", "description", "variableMeasured")
RECOMMENDED_KEYS = (
    "author", "citation", "license", "funder", "url", "identifier", "privacyPolicy", "keywords",
)  # fmt: skip
RECOMMENDED_FOLDERS = ("analysis", "results", "materials", "documentation")
RECOMMENDED_TEXTS = ("README", "CHANGES")
IGNORED_ANYWAY = (
    ".git*", "*.DS_Store", ".datalad/*", ".reproman/*", "sourcedata/*", "code/*", "stimuli/*", "materials/*",
    "results/*", "products/*", "analysis/*", "documentation/*", "log/*",
)  # fmt: skip
# Of schema.org's vocabulary: what a Dataset and a PropertyValue may say of themselves, as far as we use it.
PROPERTIES = {
    "Dataset": {
        "name", "description", "identifier", "keywords", "version", "schemaVersion", "variableMeasured",
        "author", "citation", "license", "funder", "url", "privacyPolicy",
    },
    "PropertyValue": {
        "name", "description", "identifier", "url", "value", "unitText", "unitCode", "minValue", "maxValue",
        "measurementTechnique", "propertyID", "valueReference",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Complaint:
    """What breaks a rule (`error`) or a recommendation (`warning`)."""

    level: str
    code: str
    where: str = ""


def complaints(folder: Path) -> list[Complaint]:
    """Return everything that Psych-DS 1.5 has to say against a folder."""
    paths = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    ignored = [*IGNORED_ANYWAY, *_own_ignores(folder)]
    checked = [path for path in paths if not any(fnmatch(path, pattern) for pattern in ignored)]
    found = list(_layout(folder, paths, checked))
    found += [Complaint("warning", "FILE_EMPTY", path) for path in checked if not _size(folder, path)]
    description = None
    if (folder / "dataset_description.json").exists():
        description = _json(folder, "dataset_description.json", found)
    for path in checked:
        if path.startswith("data/") and path.endswith(".csv"):
            found += _data_file(folder, path, description)
    if description is not None:
        found += _metadata(description)
    return found


def _own_ignores(folder: Path) -> list[str]:
    file = folder / ".psychdsignore"
    lines = file.read_text().split("\n") if file.exists() else []
    return [f"{line}*" if line.endswith("/") else line for line in lines if line]


def _size(folder: Path, path: str) -> int:
    return (folder / path).stat().st_size


def _layout(folder: Path, paths: list[str], checked: list[str]):
    if "dataset_description.json" not in paths:
        yield Complaint("error", "MISSING_DATASET_DESCRIPTION")
    if not (folder / "data").is_dir():
        yield Complaint("error", "MISSING_DATA_DIRECTORY")
    if not any(path.startswith("data/") and DATA_FILE.fullmatch(Path(path).name) for path in checked):
        yield Complaint("error", "MISSING_DATAFILE")
    for name in RECOMMENDED_TEXTS:
        if not {f"{name}.md", f"{name}.txt"} & set(paths):
            yield Complaint("warning", f"MISSING_{name}_DOC")
    for name in RECOMMENDED_FOLDERS:
        if not (folder / name).is_dir():
            yield Complaint("warning", f"MISSING_{name.upper()}_DIRECTORY")
    if ".psychdsignore" not in paths:
        yield Complaint("warning", "MISSING_PSYCHDSIGNORE")
    for path in checked:
        place, name = str(Path(path).parent), Path(path).name
        if name == "dataset_description.json" and place != ".":
            yield Complaint("warning", "WRONG_METADATA_LOCATION", path)
        known = ("dataset_description.json", ".psychdsignore", *(f"{text}.md" for text in RECOMMENDED_TEXTS))
        if path not in known and not path.startswith("data/"):
            yield Complaint("warning", "FILE_NOT_CHECKED", path)


def _json(folder: Path, path: str, found: list[Complaint]) -> dict | None:
    try:
        return json.loads((folder / path).read_bytes().decode("utf-8"))
    except UnicodeDecodeError:
        found.append(Complaint("error", "JSON_ENCODING_ERROR", path))
    except json.JSONDecodeError:
        found.append(Complaint("error", "INVALID_JSON_FORMATTING", path))
    return None


def _data_file(folder: Path, path: str, description: dict | None):
    name = Path(path).name
    if not DATA_FILE.fullmatch(name):
        yield Complaint("error", "FILENAME_KEYWORD_FORMATTING_ERROR", path)
    keywords = {part.split("-")[0] for part in name.removesuffix("_data.csv").split("_")}
    if keywords - KEYWORDS:
        yield Complaint("warning", "FILENAME_UNOFFICIAL_KEYWORD_WARNING", path)
    try:
        text = (folder / path).read_bytes().decode("utf-8")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        yield Complaint("error", "CSV_FORMATTING_ERROR", path)
        return
    if not rows or not rows[0]:
        yield Complaint("error", "CSV_HEADER_MISSING", path)
        return
    header = rows[0]
    if len(set(header)) < len(header):
        yield Complaint("error", "CSV_HEADER_REPEATED", path)
    if any(len(row) != len(header) for row in rows):
        yield Complaint("error", "CSV_HEADER_LENGTH_MISMATCH", path)
    if "row_id" in header:
        values = [row[header.index("row_id")] for row in rows[1:]]
        if len(set(values)) < len(values):
            yield Complaint("error", "ROWID_VALUES_NOT_UNIQUE", path)
    measured = {
        item if isinstance(item, str) else item.get("name")
        for item in (description or {}).get("variableMeasured", [])
    }
    if set(header) - measured:
        yield Complaint("error", "CSV_COLUMN_MISSING_FROM_METADATA", path)


def _metadata(description: dict):
    context = description.get("@context")
    if context is None:
        yield Complaint("error", "INVALID_JSONLD_FORMATTING", "@context")
    elif not isinstance(context, str) or context.rstrip("/") not in SCHEMA_ORG:
        yield Complaint("warning", "UNKNOWN_NAMESPACE", str(context))
    if "@type" not in description:
        yield Complaint("error", "MISSING_DATASET_TYPE")
    elif description["@type"] != "Dataset":
        yield Complaint("error", "INCORRECT_DATASET_TYPE")
    for key in REQUIRED_KEYS:
        if not description.get(key):
            yield Complaint("error", "JSON_KEY_REQUIRED", key)
    for key in RECOMMENDED_KEYS:
        if key not in description:
            yield Complaint("warning", "JSON_KEY_RECOMMENDED", key)
    yield from _terms(description, "Dataset", "")
    for item in description.get("variableMeasured", []):
        if isinstance(item, dict):
            where = f"variableMeasured.{item.get('name')}"
            if "@type" not in item:
                yield Complaint("warning", "OBJECT_TYPE_MISSING", where)
            elif item["@type"] != "PropertyValue":
                yield Complaint("warning", "INVALID_OBJECT_TYPE", where)
            yield from _terms(item, "PropertyValue", f"{where}.")


def _terms(node: dict, kind: str, where: str):
    for key in node:
        if not key.startswith("@") and key not in PROPERTIES[kind]:
            yield Complaint("warning", "INVALID_SCHEMAORG_PROPERTY", f"{where}{key}")
