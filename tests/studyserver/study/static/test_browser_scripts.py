"""The annotators' scripts: folders are layers, imports go down, and every export is imported."""

import posixpath
import re
from graphlib import TopologicalSorter

import pytest
from paths import ROOT

from studyserver.study.pages.offline import MODULES
from studyserver.study.questions.kinds import KINDS

STATIC = ROOT / "studyserver" / "study" / "static" / "study"
# From the bottom to the top; folders of one layer do not import each other.
LAYERS = [["js/common"], ["js/answers", "js/player", "js/questions"], ["js/trial", "kinds"], ["js/pages"]]
LEVELS = {folder: level for level, folders in enumerate(LAYERS) for folder in folders}
MOST = 16  # scripts in a folder
IMPORT = re.compile(r'^import \{([^}]*)\} from "([^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function|class|const) (\w+)", re.MULTILINE)
FILES = [*(STATIC / "js").rglob("*.js"), *(STATIC / "kinds").rglob("*.js")]
SCRIPTS = {str(path.relative_to(STATIC)): path.read_text() for path in FILES}


def imports(script: str) -> dict[str, set[str]]:
    """Return the names that a script imports, by the script that they come from."""
    return {
        posixpath.normpath(posixpath.join(posixpath.dirname(script), path)): set(re.findall(r"\w+", names))
        for names, path in IMPORT.findall(SCRIPTS[script])
    }


def test_folders_are_the_layers_and_hold_few_scripts():
    folders = [posixpath.dirname(script) for script in SCRIPTS]
    assert set(folders) == set(LEVELS)
    assert max(map(folders.count, folders)) <= MOST


@pytest.mark.parametrize("script", sorted(SCRIPTS))
def test_imports_stay_in_the_folder_or_go_down(script):
    folder = posixpath.dirname(script)
    statements = re.findall(r"\bimport\b", SCRIPTS[script])
    assert len(statements) == len(imports(script))  # in no other form than the test reads
    for imported, names in imports(script).items():
        assert names <= set(EXPORT.findall(SCRIPTS[imported])), imported
        below = posixpath.dirname(imported)
        assert below == folder or LEVELS[below] < LEVELS[folder], imported


def test_imports_form_no_circle():
    order = list(TopologicalSorter({script: imports(script) for script in SCRIPTS}).static_order())
    assert order.index("js/common/sentences.js") < order.index("js/pages/trials.js")


def test_what_is_exported_is_imported():
    every = [item for script in SCRIPTS for item in imports(script).items()]
    used = {(imported, name) for imported, names in every for name in names}
    exported = {(script, name) for script, text in SCRIPTS.items() for name in EXPORT.findall(text)}
    assert exported == used


def test_every_script_says_first_what_it_does():
    assert [script for script, text in SCRIPTS.items() if not re.match(r"// [A-Z].*\w", text)] == []


def test_the_page_of_trials_preloads_what_it_imports():
    reached, open_ones = set(), {"js/pages/trials.js"}
    while open_ones:
        new = set(imports(open_ones.pop())) - reached
        reached |= new
        open_ones |= new
    assert sorted(MODULES) == sorted(f"study/{script}" for script in reached)


def test_scripts_of_kinds_need_no_more_than_the_page_preloads():
    scripts = [kind.script for kind in KINDS.values() if kind.script]
    assert len(scripts) == len(list((STATIC / "kinds").glob("*.js")))
    for script in scripts:
        assert {f"study/{name}" for name in imports(script.removeprefix("study/"))} <= set(MODULES)
