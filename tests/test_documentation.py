"""Documentation is part of the product: what exists is described, and nothing leaks in that must not."""

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from paths import ROOT

from explainer.core.methods import METHODS

DOCS = "\n".join(path.read_text() for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))])
OUR_COMMANDS = sorted(
    name
    for name, app in get_commands().items()
    if app.startswith(("explainer", "studyserver"))
    and find_spec(f"django.core.management.commands.{name}") is None
)
DJANGO_OPTIONS = {
    "--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color",
    "--force-color", "--skip-checks",
}  # fmt: skip


def settings_variables() -> list[str]:
    source = (ROOT / "studyserver" / "settings.py").read_text()
    return sorted(set(re.findall(r'(?:environ\.get|_flag|_list)\(\s*"([A-Z_]+)"', source)) | {"DATABASE_URL"})


def tracked_text_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    kinds = {".py", ".md", ".html", ".js", ".css", ".toml", ".txt", ".json", ".csv", ".po", ""}
    return [
        ROOT / name
        for name in listed.split("\0")
        if name and Path(name).suffix in kinds and (ROOT / name).is_file()
    ]


@pytest.mark.parametrize("variable", settings_variables())
def test_every_setting_is_described(variable):
    assert f"`{variable}`" in (ROOT / "docs" / "settings.md").read_text()


@pytest.mark.parametrize("name", OUR_COMMANDS)
def test_every_command_and_option_is_described(name):
    assert f"manage.py {name}" in DOCS
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    page = (ROOT / "docs" / "commands.md").read_text()
    section = page.split(f"## `{name}`", 1)[1].split("\n## ", 1)[0]
    for action in parser._actions:
        for option in action.option_strings:
            if option.startswith("--") and option not in DJANGO_OPTIONS:
                assert f"`{option}" in section, f"docs/commands.md says nothing of {name} {option}"


@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_method_says_what_it_assumes_costs_and_comes_from(name):
    page = (ROOT / "docs" / "methods.md").read_text()
    section = page.split(f"## `{name}`\n", 1)[1].split("\n## ", 1)[0]
    for part in ("Assumes", "Formula", "Cost", "Not to be used", "Source"):
        assert f"- **{part}" in section, f"docs/methods.md does not say of {name}: {part}"


LAYOUT = (ROOT / "docs" / "design.md").read_text().split("## Layout", 1)[1].split("\nTop-level", 1)[0]
CONVENTIONAL = {"management", "commands", "migrations", "templatetags"}


def rooms() -> list[tuple[Path, str]]:
    """Return the folders of the design's layout, each with a line about it, in order."""
    found, above = [], [(-1, Path())]
    for line in LAYOUT.splitlines():
        text = line.lstrip()
        indent = len(line) - len(text)
        if re.match(r"[\w*]+[/.]", text) and indent <= 12:
            while above[-1][0] >= indent:
                above.pop()
            if named := re.match(r"(\w+)/ ", f"{text} "):
                above.append((indent, above[-1][1] / named[1]))
        found.append((above[-1][1], text))
    return found


def test_the_design_has_a_room_for_every_folder_and_names_no_other():
    described = {folder for folder, _line in rooms()} - {Path()}
    packages = {
        file.parent.relative_to(ROOT)
        for part in ("explainer", "studyserver")
        for file in (ROOT / part).rglob("__init__.py")
        if not CONVENTIONAL & set(file.relative_to(ROOT).parts)
    }
    assert packages <= described
    assert all((ROOT / folder).is_dir() for folder in described)


def test_no_folder_holds_more_than_sixteen_modules():
    for part in ("explainer", "studyserver", "tests"):
        for folder in {file.parent for file in (ROOT / part).rglob("*.py")}:
            modules = [file for file in folder.glob("*.py") if file.name != "__init__.py"]
            assert len(modules) <= 16, folder.relative_to(ROOT)


def test_the_design_names_modules_in_their_room():
    for folder, line in rooms():
        for name in re.findall(r"(?<![\w*])\w+\.py\b", line):
            assert [*(ROOT / folder).rglob(name)], f"{folder}: {line}"


def test_links_between_pages_lead_somewhere():
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in link and not link.startswith("mailto:"):
                assert (page.parent / link).exists(), f"{page.relative_to(ROOT)} links to {link}"


def test_files_that_pages_name_exist():
    named = re.compile(r"\b(?:explainer|studyserver|training|tests)/[\w/.-]+\.(?:py|js|css|R)\b")
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "fixtures").rglob("*.md")]:
        for path in named.findall(page.read_text()):
            assert (ROOT / path).is_file(), f"{page.relative_to(ROOT)} names {path}"


def test_no_absolute_paths_of_a_developers_machine():
    forbidden = re.compile(r"/(?:work|root|home/\w+)/")
    for path in tracked_text_files():
        if path != Path(__file__):
            assert not forbidden.search(path.read_text(errors="ignore")), path.relative_to(ROOT)
