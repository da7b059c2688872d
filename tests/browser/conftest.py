"""A real site in a process of its own, and real Chromium in front of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from schemes import SCHEMES
from sites import CHROMIUM, PHONE, Site
from slowness import slow_down
from walking import REMEMBER_SOUNDS

PATIENCE = 15_000  # ms; a busy machine is no failure
expect.set_options(timeout=PATIENCE)
# Every window of Chromium loads two hidden pages for the suggestions of its address bar, for a second of
# processor time. Chromium reads only the last list of disabled features: Playwright's own are repeated.
DISABLED_FEATURES = [
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding",
    "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints",
    "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch",
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup",
]  # fmt: skip
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    # A page may sound only after somebody has touched it, as on people's own machines.
    "--autoplay-policy=document-user-activation-required",
    f"--disable-features={','.join(DISABLED_FEATURES)}",
]
SCREENING = "import django; django.setup(); import screening_site; screening_site.main()"


def common_folder(tmp_path_factory) -> Path:
    """Return the folder that all test processes of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def filled_site(tmp_path_factory) -> Path:
    """Return the data of the example studies, which are made once for all test processes."""
    return Site.filled_once(common_folder(tmp_path_factory) / "filled-site")


@pytest.fixture(scope="session")
def site(filled_site, tmp_path_factory):
    """Start a site of this process with a copy of the example studies."""
    site = Site(filled_site, tmp_path_factory.mktemp("site") / "data")
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
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


def open_context(chromium, **options) -> BrowserContext:
    """Return the browser of a new person."""
    context = chromium.new_context(**{"viewport": PHONE, "locale": "en-GB", **options})
    context.set_default_timeout(PATIENCE)
    context.add_init_script(REMEMBER_SOUNDS)
    slow_down(context)
    return context


@pytest.fixture
def complaints():
    """Anything on the console fails the test, and so does a script, style or picture that is not there."""
    found = []
    yield found
    assert found == []


def open_page_of(context: BrowserContext, complaints: list) -> Page:
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
    return page


@pytest.fixture
def new_page(chromium, complaints):
    """Return a function that opens a page of a new person."""
    contexts = []

    def open_page(**options) -> Page:
        context = open_context(chromium, **options)
        contexts.append(context)
        context.on("response", lambda answer: complaints.append(answer.url) if is_missing(answer) else None)
        return open_page_of(context, complaints)

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def device_options():
    """Return the options of the browser that the tests of a file share."""
    return {}


@pytest.fixture(scope="module")
def device(chromium, device_options):
    """Open a browser that the tests of a file share: a new one costs a second for each test."""
    context = open_context(chromium, **device_options)
    yield context
    context.close()


@pytest.fixture
def new_tab(device, complaints):
    """Return a function that opens a tab of the shared browser, where each participation is kept apart.

    A test that cuts the network or needs a browser without a past takes `new_page`.
    """
    tabs = []

    def note_missing(answer):
        if is_missing(answer):
            complaints.append(answer.url)

    def open_tab(viewport: dict = PHONE) -> Page:
        page = open_page_of(device, complaints)
        page.set_viewport_size(viewport)
        tabs.append(page)
        return page

    device.on("response", note_missing)
    yield open_tab
    for tab in tabs:
        tab.close()
    device.remove_listener("response", note_missing)


@pytest.fixture
def tab(new_tab):
    return new_tab()


def is_complaint(message) -> bool:
    """Tell errors of the page from what the browser says about a network that a test has cut."""
    return message.type == "error" and "Failed to load resource" not in message.text


def is_missing(answer) -> bool:
    return answer.status == 404 and "/static/" in answer.url


@pytest.fixture
def page(new_page):
    return new_page()


@pytest.fixture
def inspect():
    """Return a function that fails when axe finds anything, or when the page is wider than the screen."""
    script = Axe().axe_script

    def check(page):
        page.wait_for_load_state()  # an address changes before its page is there
        page.evaluate(script)
        for scheme, options in SCHEMES.items():
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            result = AxeResults(page.evaluate("(options) => axe.run(options)", options))
            assert result.violations_count == 0, f"{scheme}: {result.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is too wide"

    return check
