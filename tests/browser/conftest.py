"""A real site in a process of its own, and real Chromium in front of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright
from sites import CHROMIUM, PHONE, Site
from slowness import slow_down
from walking import REMEMBER_SOUNDS

PATIENCE = 15_000  # ms; a busy machine is no failure
expect.set_options(timeout=PATIENCE)
SCREENING = "import django; django.setup(); import screening_site; screening_site.main()"


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    site.start()
    yield site
    site.stop()


@pytest.fixture(scope="session")
def screening(site):
    """Add studies with questionnaires, checks and links to the site; return their addresses."""
    made = subprocess.run(
        [sys.executable, "-c", SCREENING], env=site.environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(made.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def chromium():
    """Return a browser for one file's tests; its event loop must not outlive them."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"There is no Chromium at {CHROMIUM}; install it, or name another with CHROMIUM=...")
    with sync_playwright() as playwright:
        # A page may sound only after somebody has touched it, as on people's own machines.
        arguments = ["--no-sandbox", "--autoplay-policy=document-user-activation-required"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium):
    """Return a function that opens a page of a new person; anything on the console fails the test."""
    contexts, complaints = [], []

    def open_page(**options) -> Page:
        options = {"viewport": PHONE, "locale": "en-GB", **options}
        context = chromium.new_context(**options)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(REMEMBER_SOUNDS)
        slow_down(context)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def is_complaint(message) -> bool:
    """Tell errors of the page from what the browser says about a network that a test has cut."""
    return message.type == "error" and "Failed to load resource" not in message.text


@pytest.fixture
def page(new_page):
    return new_page()


@pytest.fixture
def inspect():
    """Return a function that fails when axe finds anything, or when the page is wider than the screen."""
    axe = Axe()

    def check(page):
        page.wait_for_load_state()  # an address changes before its page is there
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            result = axe.run(page)
            assert result.violations_count == 0, f"{scheme}: {result.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is too wide"

    return check
