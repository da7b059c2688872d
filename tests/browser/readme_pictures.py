"""The README's pictures, taken from the demo.

To renew them, with the DATA_FOLDER of the demo if it is not the usual one:

    make pictures

Nothing is changed there: the site that is photographed has a copy of the data.
"""

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sites import CHROMIUM, REPOSITORY, environment_of_site, free_port, start_site
from walking import begin, press_next

FOLDER = REPOSITORY / "docs" / "images"
STUDY, TRACK = "demo-evidence", "ode_to_joy_major"
DESK = {"width": 1440, "height": 1000}
PHONE = {"width": 390, "height": 844}
NAME, PASSWORD = "researcher", "for-a-copy-only"
SET_PASSWORD = """
import sys
import django; django.setup()
from django.contrib.auth import get_user_model
user = get_user_model().objects.get(username=sys.argv[1])
user.set_password(sys.argv[2])
user.save()
"""


def main() -> None:
    import django

    django.setup()
    from django.conf import settings

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "data"
        shutil.copytree(settings.DATA_FOLDER, copy)
        environment = environment_of_site(copy)
        port = free_port()
        process = start_site(port, environment)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                take(browser, f"http://127.0.0.1:{port}", environment, FOLDER)
        finally:
            process.terminate()
            process.wait(timeout=30)


def take(browser: Browser, address: str, environment: dict, folder: Path) -> list[Path]:
    """Take all pictures of a site with the demo, in the light scheme; return their files."""
    set_password(environment)
    desk = browser.new_context(viewport=DESK, locale="en-GB", color_scheme="light").new_page()
    log_in(desk, address)
    return [
        keep(picture_of_results(desk, address), folder / "results.png"),
        keep(picture_of_explanation(desk, address), folder / "explanation.png"),
        keep(picture_of_trial(browser, address), folder / "trial.png"),
    ]


def set_password(environment: dict) -> None:
    command = [sys.executable, "-c", SET_PASSWORD, NAME, PASSWORD]
    subprocess.run(command, cwd=REPOSITORY, env=environment, check=True)


def log_in(page: Page, address: str) -> None:
    page.goto(f"{address}/admin/")
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_load_state("networkidle")


def picture_of_results(page: Page, address: str) -> bytes:
    """Return the first screen of a rehearsal's results, which says that the answers are simulated."""
    page.goto(f"{address}/admin/results/study/{STUDY}/?rehearsal=1")
    page.wait_for_load_state("networkidle")
    return page.screenshot()


def picture_of_explanation(page: Page, address: str) -> bytes:
    page.goto(f"{address}/admin/explainer/explanation/?q={TRACK}")
    page.get_by_role("row").filter(has_text="cue-model").get_by_role("link", name="open").first.click()
    page.wait_for_load_state("networkidle")
    return page.screenshot()


def picture_of_trial(browser: Browser, address: str) -> bytes:
    """Return a trial on a phone, after the one for practice."""
    page = browser.new_context(viewport=PHONE, locale="en-GB", color_scheme="light").new_page()
    begin(page, SimpleNamespace(address=address), slug=STUDY)
    for _ in range(2):  # the second clip is left as it sounds
        page.get_by_role("button", name="Play", exact=True).click()
        answers = page.locator("fieldset:has(input.answer)")
        for number in range(answers.count()):
            answers.nth(number).locator("input.answer[value='4']").check()
        if page.locator("#position").inner_text().strip().startswith("1 "):
            press_next(page, patience=30_000)
    page.wait_for_timeout(2_000)  # part of the clip has been heard
    return page.screenshot()


def keep(picture: bytes, file: Path) -> Path:
    """Store a picture with 256 colours, which suffice for these pages at a third of the size."""
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(256).save(file, optimize=True)
    return file


if __name__ == "__main__":
    main()
