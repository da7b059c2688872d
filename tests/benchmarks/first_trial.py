"""How soon the first trial can be played over loopback: ``python tests/benchmarks/first_trial.py``.

Prints, for a study of 10 s clips, the seconds from asking for the page until its sound has been fetched and
decoded, for several people with empty caches.
"""

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))

from sites import CHROMIUM, Site

PEOPLE = 5


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Site(Site.filled_once(Path(folder) / "filled", seconds=10), Path(folder) / "data")
        site.start()
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            for _ in range(PEOPLE):
                page = browser.new_context().new_page()
                page.goto(site.address)
                began = time.perf_counter()
                page.goto(f"{site.address}/a/{site.ready.pop()}/trials")
                expect(page.locator(".play:not([data-loading])")).to_have_count(1)
                print(f"first trial playable after {time.perf_counter() - began:.2f} s")
        finally:
            site.stop()


if __name__ == "__main__":
    main()
