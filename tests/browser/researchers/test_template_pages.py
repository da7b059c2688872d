"""From a template to a study with research questions and a preregistration, on a phone and on a desk."""

import os
import subprocess
import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from schemes import SCHEMES
from sites import DESK, PHONE, REPOSITORY

BUILD = "import django; django.setup(); import built_clips; built_clips.build_site(tracks=3)"
# Django's own table of inline forms has a heading cell without words.
OF_DJANGO = {"rules": {"empty-table-header": {"enabled": False}}}
OPTIONS = {"light": OF_DJANGO | SCHEMES["light"], "dark": SCHEMES["dark"]}
SCREENSHOTS = os.environ.get("SCREENSHOTS")  # a folder for pictures of the pages, to look at


@pytest.fixture(scope="module")
def built(site):
    """Add clips of explanations to the site."""
    support = REPOSITORY / "tests" / "support"
    paths = [site.environment["PYTHONPATH"], str(support), str(support / "studies")]
    environment = {**site.environment, "PYTHONPATH": os.pathsep.join(paths)}
    subprocess.run([sys.executable, "-c", BUILD], env=environment, check=True)
    return site


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def page(request, chromium, logged_in):
    context = chromium.new_context(
        viewport=request.param, storage_state=logged_in, reduced_motion="reduce", accept_downloads=True
    )
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()


def inspect(page, name: str) -> None:
    """Look for what axe finds in light and dark, for a page that is too wide, and for complaints."""
    if SCREENSHOTS:
        width = page.viewport_size["width"]
        page.screenshot(path=f"{SCREENSHOTS}/{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is too wide"
    assert page.complaints == []
    for scheme, options in OPTIONS.items():
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page, options=options)
        assert found.violations_count == 0, f"{page.url}, {scheme}: {found.generate_report()}"
    page.emulate_media(color_scheme="light")
    page.complaints.clear()  # axe adds styles that the policy forbids


def test_from_a_template_to_a_declared_study(page, built):
    page.goto(f"{built.address}/admin/study/study/templates/")
    assert page.locator("svg.trial-picture").count() == 8
    inspect(page, "templates")
    page.get_by_role("button", name="Start a draft: Which sounds more").press("Enter")
    expect(page.get_by_role("heading", name="Choose the clips of “Which sounds more")).to_be_visible()
    expect(page.get_by_role("radio", name="model-0")).to_be_checked()
    expect(page.get_by_role("checkbox", name="dissonance")).to_be_checked()
    page.get_by_role("checkbox", name="happy").check()
    page.get_by_role("button", name="Preview").click()
    given = page.get_by_role("region", name="What this gives")
    expect(given).to_contain_text("in answer to “Which clip sounds happier?”")
    expect(page.get_by_role("checkbox", name="happy")).to_be_checked()
    inspect(page, "compose")
    page.get_by_role("button", name="Compose the study").click()
    expect(page.locator(".messagelist")).to_contain_text("2 research questions")
    declared = page.get_by_role("region", name="What the study wants to know")
    expect(declared.get_by_role("listitem")).to_have_count(2)
    inspect(page, "study")
    second = page.locator("#id_research_questions-0-second")
    expect(second).to_be_visible()
    page.locator("#id_research_questions-0-estimand").select_option("dose")
    expect(second).to_be_hidden()
    page.locator("#id_research_questions-0-estimand").select_option("preference")
    expect(second).to_be_visible()
    page.get_by_text("Add another Research question").click()
    expect(page.locator("#id_research_questions-2-second")).to_be_visible()
    page.locator("#id_research_questions-2-estimand").select_option("dose")
    expect(page.locator("#id_research_questions-2-second")).to_be_hidden()


def test_the_preregistration_is_read_and_downloaded(page, built):
    study = built.rows("SELECT id FROM study_study WHERE slug = 'scale'")[0]["id"]
    page.goto(f"{built.address}/admin/study/study/{study}/change/")
    page.get_by_role("link", name="Preregistration text").click()
    expect(page.locator("pre")).to_contain_text("The design has not changed since the study opened.")
    inspect(page, "preregistration")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as Markdown").click()
    assert download.value.suggested_filename == "preregistration-scale.md"
    assert "## Sampling plan" in download.value.path().read_text()
