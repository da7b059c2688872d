"""Two people take the whole demo study in Chromium; the export holds just what they entered."""

import csv
import io
import random
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import readme_pictures
from demo_site import REPEATS
from demo_site import TRIALS as MAIN
from PIL import Image
from playwright.sync_api import Page, expect
from sites import REPOSITORY, copy_empty_site, environment_of_site, free_port, start_site
from walking import begin, press_next

pytestmark = pytest.mark.long
STUDY = "demo-evidence"
QUESTIONS = ("happy", "sound_quality")
TRIALS = 1 + MAIN + REPEATS  # one for practice


class DemoSite:
    def __init__(self, folder: Path):
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = environment_of_site(folder)

    def fill(self) -> None:
        self.python(str(REPOSITORY / "tests/browser/demo_site.py"))

    def python(self, *arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], cwd=REPOSITORY, env=self.environment, check=True)


@pytest.fixture(scope="module")
def demo_site(filled_site, tmp_path_factory):
    site = DemoSite(tmp_path_factory.mktemp("demo"))
    copy_empty_site(filled_site, site.folder)
    site.fill()
    process = start_site(site.port, site.environment)
    yield site
    process.terminate()
    process.wait(timeout=30)


def test_two_annotators_take_the_demo_study_and_the_export_holds_their_answers(new_page, demo_site):
    entered = {}
    people = {seed: new_page() for seed in (1, 2)}
    for page in people.values():
        begin(page, demo_site, slug=STUDY)
    chances = {seed: random.Random(seed) for seed in people}
    for position in range(1, TRIALS + 1):
        for seed, page in people.items():
            entered[(seed, position)] = answer_trial(page, position, chances[seed])
        for page in people.values():
            press_next(page, patience=30_000)  # a part of the clip is to be heard first
    for page in people.values():
        page.wait_for_url("**/thanks")
        assert page.locator("#code").text_content().strip()
    tables = set_up_again_and_export(demo_site)
    assert_judgments_are(entered, tables)
    assert_items_have_provenance(tables)
    assert [row["state"] for row in tables["annotators"]] == ["finished", "finished"]


def test_axe_finds_nothing_on_the_researchers_pages(new_page, demo_site, inspect):
    page = new_page()

    def look_at(address: str, words: str) -> None:
        page.goto(f"{demo_site.address}/admin/explainer/{address}")
        expect(page.get_by_text(words).first).to_be_visible()
        inspect(page)

    page.goto(f"{demo_site.address}/admin/")
    page.get_by_label("Username").fill("researcher")
    page.get_by_label("Password").fill("listen")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("From tracks to clips")).to_be_visible()
    look_at("explanation/", "open")
    row = page.get_by_role("row").filter(has_text="Menace").filter(has_text="demo-two-levels")
    explanation = row.get_by_role("link", name="open").first.get_attribute("href")
    look_at(explanation.removeprefix("/admin/explainer/"), "Fidelity")
    expect(page.get_by_text(re.compile("Matches the evidence:|to match it")).first).to_be_visible()
    comparison = page.get_by_role("link", name="demo-tagger").get_attribute("href")
    look_at(comparison.removeprefix("/admin/explainer/"), "two explanations")
    look_at("correlations/", "Correlations")
    page.get_by_label("Model").select_option("cue-model")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Annotated against predicted")).to_be_visible()
    inspect(page)
    look_at("progress/", "Segmentation parameter 'time_cells' is 5000")
    look_at("build/", "Every track you choose")
    look_at("clips/upload/", "Zip archive")
    look_at("track/add/", "Sound files")
    look_at("clip/", "Select clip to view")


def test_the_readme_s_pictures_can_be_taken(chromium, demo_site, tmp_path):
    files = readme_pictures.take(chromium, demo_site.address, demo_site.environment, tmp_path)
    sizes = {file.stem: Image.open(file).size for file in files}
    desk = tuple(readme_pictures.DESK.values())
    assert sizes == {"results": desk, "explanation": desk, "trial": tuple(readme_pictures.PHONE.values())}
    stored = {file.stem for file in readme_pictures.FOLDER.glob("*.png")}
    assert stored == sizes.keys()


def answer_trial(page: Page, position: int, rng: random.Random) -> dict[str, int]:
    """Play the clip and answer at random while it sounds; return what was entered."""
    expect(page.locator("#position")).to_have_text(re.compile(rf"^\s*{position} of {TRIALS}\b"))
    page.get_by_role("button", name="Play", exact=True).click()
    answers = {}
    fieldsets = page.locator("fieldset:has(input.answer)")
    expect(fieldsets).to_have_count(len(QUESTIONS))
    for number, question in enumerate(QUESTIONS):
        answers[question] = rng.randint(1, 5)
        fieldsets.nth(number).locator(f"input.answer[value='{answers[question]}']").check()
    return answers


SET_UP_AGAIN_AND_EXPORT = """
import sys
import demo_site
demo_site.main()
from django.core.management import call_command
call_command("export_study", sys.argv[2], "--output", sys.argv[1])
"""


def set_up_again_and_export(site: DemoSite) -> dict[str, list[dict]]:
    """Return the exported tables by name, rows as dictionaries.

    Setting up again must change nothing that was entered.
    """
    file = site.folder / "demo.zip"
    site.python("-c", SET_UP_AGAIN_AND_EXPORT, str(file), STUDY)
    tables = {}
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if name.endswith("_data.csv"):
                table = name.split("_table-")[1].removesuffix("_data.csv")
                text = io.TextIOWrapper(archive.open(name), encoding="utf-8", newline="")
                tables[table] = list(csv.DictReader(text))
    return tables


def assert_judgments_are(entered: dict, tables: dict[str, list[dict]]) -> None:
    people = {row["annotator"]: number for number, row in enumerate(tables["annotators"], start=1)}
    expected = {
        (person, position, question): str(value)
        for (person, position), answers in entered.items()
        for question, value in answers.items()
    }
    exported = {
        (people[row["annotator"]], int(row["trial_position"]), row["question"]): row["value"]
        for row in tables["judgments"]
    }
    assert len(tables["judgments"]) == 2 * TRIALS * len(QUESTIONS)
    assert exported == expected


def assert_items_have_provenance(tables: dict[str, list[dict]]) -> None:
    items = {row["stimulus"]: row for row in tables["stimuli"]}
    for row in tables["judgments"]:
        item = items[row["stimulus"]]
        assert item["condition"] == row["condition"]
        assert len(item["clip_sha256"]) == 64
        assert (item["model"], item["recipe"]) == ("cue-model", "demo-two-levels")
        assert item["excerpt"].startswith(f"{item['track']}_")
    assert {row["condition"] for row in tables["judgments"]} >= {"original", "evidence", "random_control"}
