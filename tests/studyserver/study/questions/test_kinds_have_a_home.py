"""No module outside `study/questions` tells one kind of question from another."""

import ast
import re

import pytest
from paths import ROOT

from studyserver.study.questions.item_kinds import ITEM_KINDS
from studyserver.study.questions.kinds import KINDS

NAMES = {*KINDS, *ITEM_KINDS}
SERVER = ROOT / "studyserver"
HOME = SERVER / "study" / "questions"
# They run where the product is not installed, and know kinds by name from the codebook.
SHIPPED = SERVER / "results" / "export" / "analysis_scripts"
MODULES = [
    path
    for path in sorted(SERVER.rglob("*.py"))
    if not path.is_relative_to(HOME) and not path.is_relative_to(SHIPPED) and "migrations" not in path.parts
]


def is_a_kind(node: ast.AST) -> bool:
    """Whether a node names a kind of question: `Question.Kind.SCALE`, `Kind.SCALE` or "scale"."""
    if isinstance(node, ast.Constant):
        return node.value in NAMES
    return (
        isinstance(node, ast.Attribute)
        and node.attr.lower() in NAMES
        and ast.unparse(node.value).rpartition(".")[2] == "Kind"
    )


def tells_kinds_apart(node: ast.AST) -> bool:
    if not isinstance(node, ast.Compare):
        return False
    sides = [node.left, *node.comparators]
    asks = any(re.search(r"(^|[._])kind\b", ast.unparse(side)) for side in sides)
    return asks and any(is_a_kind(part) for side in sides for part in ast.walk(side))


@pytest.mark.parametrize("source", ["a if q.kind == 'scale' else b", "q.kind in (Question.Kind.ABX, x)"])
def test_a_comparison_is_found(source):
    assert any(map(tells_kinds_apart, ast.walk(ast.parse(source))))


def test_no_module_asks_for_a_kind():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if tells_kinds_apart(node)
    ]
    assert found == []


def test_no_template_asks_for_a_kind():
    asked = re.compile(r"(?:question|item|group)\.kind\s*(?:==|!=|in)\s")
    found = [path for path in SERVER.rglob("*.html") if asked.search(path.read_text())]
    assert found == []


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_takes_digits_where_its_template_has_buttons(name):
    template = (SERVER / "study" / "templates" / KINDS[name].template).read_text()
    has_buttons = 'class="points' in template or 'class="options' in template
    assert KINDS[name].takes_digits == has_buttons
