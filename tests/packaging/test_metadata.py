"""What the project says of itself agrees: names, versions, dependencies, licence."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from paths import ROOT

import explainer

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = SETTINGS["project"]
CORE = ("explainer/core", "explainer/demo_models")
OPTIONAL = {"distributed"}  # the extra `dask`


def by_name(lines: list[str]) -> dict[str, Requirement]:
    found = [Requirement(line) for line in lines]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def pins(file: str) -> dict[str, Requirement]:
    lines = (ROOT / file).read_text().splitlines()
    return by_name([line for line in lines if line and not line.startswith(("#", "-"))])


DECLARED = by_name(PROJECT["dependencies"])
SERVER = by_name(PROJECT["optional-dependencies"]["server"])
EXTRAS = by_name(
    [line for name, lines in PROJECT["optional-dependencies"].items() if name != "server" for line in lines]
)


def test_the_metadata_and_the_requirements_name_the_same_libraries():
    assert {*DECLARED, *SERVER} == set(pins("requirements.txt"))
    assert not DECLARED.keys() & SERVER.keys()
    assert EXTRAS.keys() <= pins("tests/requirements.txt").keys()


def test_libraries_are_pinned_exactly_each_in_one_file():
    files = [pins(file) for file in ("requirements.txt", "tests/requirements.txt", "constraints.txt")]
    for requirement in (requirement for file in files for requirement in file.values()):
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), str(requirement)
    assert sum(map(len, files)) == len({name for file in files for name in file})


def test_the_ranges_begin_with_the_pinned_versions_and_end():
    pinned = pins("requirements.txt") | pins("tests/requirements.txt")
    for name, declared in (DECLARED | SERVER | EXTRAS).items():
        [pin] = pinned[name].specifier
        assert declared.specifier.contains(pin.version), f"{declared} does not allow {pin}"
        assert not declared.specifier.contains("0.0.1"), f"{declared} has no lower bound"
        assert not declared.specifier.contains("9999"), f"{declared} has no upper bound"


def imported(folder: str) -> set[str]:
    """Return the distributions that the modules of a folder import."""
    names = set()
    for file in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    distributions = packages_distributions()
    found = (distributions.get(name, []) for name in names - sys.stdlib_module_names)
    return {canonicalize_name(name) for names in found for name in names} - {PROJECT["name"]}


def test_the_core_imports_what_is_declared_and_nothing_of_the_site():
    needed = set().union(*map(imported, CORE))
    assert {"torch", "librosa", "numpy"} <= needed <= DECLARED.keys()


def test_the_site_imports_what_is_declared():
    needed = imported("explainer") | imported("studyserver")
    assert {"django", "pandas"} <= needed - OPTIONAL <= {*DECLARED, *SERVER}


def test_the_citation_names_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == explainer.__version__
    assert citation["title"] == PROJECT["name"]
    assert citation["abstract"] == PROJECT["description"]
    assert [author["name"] for author in citation["authors"]] == [a["name"] for a in PROJECT["authors"]]
    assert citation["license"] in PROJECT["license"].split(" AND ")
    assert citation["message"]
    assert citation["keywords"] == PROJECT["keywords"]


def test_the_version_is_written_once_and_in_the_changelog():
    assert PROJECT["dynamic"] == ["version"]
    assert SETTINGS["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "explainer.__version__"}
    heading = "Unreleased" if ".dev" in explainer.__version__ else explainer.__version__
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == heading


def test_the_licence_files_exist_and_name_every_licence_of_the_expression():
    texts = "\n".join((ROOT / file).read_text() for file in PROJECT["license-files"])
    for licence in PROJECT["license"].split(" AND "):
        assert licence.removesuffix("-Clause").replace("BSD-3", "BSD 3-Clause") in texts


def test_the_readme_states_the_tested_python_versions():
    classified = [
        name.rpartition(" ")[2]
        for name in PROJECT["classifiers"]
        if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", name)
    ]
    assert PROJECT["requires-python"] == f">={classified[0]}"
    assert SETTINGS["tool"]["mypy"]["python_version"] == classified[0]
    words = " ".join((ROOT / "README.md").read_text().split())
    assert f"Tested with Python {' and '.join(classified)} on Linux." in words


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "SECURITY.md", "CHANGELOG.md"])
def test_root_pages_are_linked_and_link_to_what_exists(name):
    pages = [path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")] if path.name != name]
    assert any(f"{name})" in path.read_text() for path in pages)
    for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", Path(ROOT / name).read_text()):
        assert "://" in link or (ROOT / link).exists(), f"{name} links to {link}"
