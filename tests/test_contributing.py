"""The lists in docs/contributing.md lead through files that exist and hold the example."""

import re
import subprocess

import pytest
from paths import ROOT

PAGE = (ROOT / "docs" / "contributing.md").read_text()
HOW_TO_ADD = PAGE.split("## How to add\n", 1)[1].split("\n## ", 1)[0]
LISTS = dict(part.split("\n", 1) for part in HOW_TO_ADD.split("\n### ")[1:])


def example_of(text: str) -> str:
    return re.search(r"^Example: `(\w+)`\.$", text, re.MULTILINE)[1]


def files_of(text: str) -> list[str]:
    return re.findall(r"^\d+\. `([^`]+)`", text, re.MULTILINE)


@pytest.mark.parametrize("name", LISTS)
def test_each_file_of_a_list_holds_the_example(name):
    example, files = example_of(LISTS[name]), files_of(LISTS[name])
    assert len(files) >= 3
    for file in files:
        content = (ROOT / file).read_text()
        # Documentation names some things in the words of its readers.
        words = [example, example.replace("_", " "), example.replace("_", "-")]
        assert any(word.lower() in f"{file} {content}".lower() for word in words), f"{file}: {example}"


@pytest.mark.parametrize("name", LISTS)
def test_a_list_names_a_test_and_a_page_of_documentation(name):
    assert re.search(r"`tests/[\w/]+\.py`", LISTS[name])
    assert re.search(r"`docs/[\w-]+\.md`|\]\([\w-]+\.md\)", LISTS[name])


OTHER_TESTS = r"tests/.*agreement/test_(agreement_properties|bootstrap)\.py|tests/support/oracle/"
NOT_SEARCHED = (":!*.po", ":!CHANGELOG.md", ":!docs/contributing.md", ":!tests/test_contributing.py")


def found_by_git(*arguments: str) -> list[str]:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()


@pytest.mark.parametrize("name", ["A kind of question", "A coefficient of agreement"])
def test_no_file_is_missing_from_a_list(name):
    """What mentions the example as code, apart from translations, changes and further tests, is listed."""
    example = example_of(LISTS[name])
    code = rf"['\"`]{example}['\"`]|def {example}\b|{example}\.(css|js|html|py)|\b{example.capitalize()}\("
    found = found_by_git("grep", "-lE", code, "--", ".", *NOT_SEARCHED)
    listed = files_of(LISTS[name])
    assert [file for file in found if file not in listed and not re.search(OTHER_TESTS, file)] == []


def test_adding_a_kind_of_question_takes_five_files_of_the_product_one_page_and_one_test():
    files = files_of(LISTS["A kind of question"])
    assert sum(file.startswith("studyserver/") for file in files) == 5
    assert [file.split("/")[0] for file in files[5:]] == ["docs", "tests"]
    # Every file that is named after the example is in the list.
    named = found_by_git("ls-files", f"*/{example_of(LISTS['A kind of question'])}.*")
    assert set(named) <= set(files)
