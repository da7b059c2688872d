"""Choosing excerpts by hand in real Chromium: dragging, keys, typing, hearing, at every width."""

import json
import subprocess
import sys
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from schemes import SCHEMES
from sites import DESK, PHONE

FILL = "import django; django.setup(); import excerpt_site; excerpt_site.main()"
ZOOMED = {"width": 320, "height": 256}  # 1280 x 1024 at 400 %


@pytest.fixture(scope="module")
def made(site) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", FILL], env=site.environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def addresses(site, made) -> dict[str, str]:
    base = f"{site.address}/admin/explainer"
    return {
        "hand": f"{base}/tracks/{made['track']}/excerpts/",
        "rule": f"{base}/excerpts/",
        "choice": f"{base}/excerpts/choices/{made['choice']}/",
    }


@pytest.fixture
def page(new_page, logged_in, addresses):
    page = new_page(viewport=DESK, storage_state=logged_in)
    page.goto(addresses["hand"])
    expect(page.locator("#play")).to_be_visible()
    return page


def selection(page) -> tuple[float, float]:
    return tuple(float(page.locator(f"#id_{name}").input_value()) for name in ("start", "seconds"))


def sound(page, what: str):
    return page.locator("#sound").evaluate(f"(element) => element.{what}")


def until(holds) -> None:
    """Wait until something holds; the policy forbids that the page itself waits for a text of code."""
    deadline = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def drag(page, first: float, last: float) -> None:
    """Drag over the drawing from one share of its width to another."""
    box = page.locator("#timeline svg").bounding_box()
    page.mouse.move(box["x"] + first * box["width"], box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + (first + last) / 2 * box["width"], box["y"] + 80, steps=3)
    page.mouse.move(box["x"] + last * box["width"], box["y"] + 60, steps=3)
    page.mouse.up()


def test_dragging_selects_moves_and_stretches(page):
    page.locator("#timeline").scroll_into_view_if_needed()
    drag(page, 0.25, 0.5)
    assert selection(page) == (pytest.approx(10, abs=0.15), pytest.approx(10, abs=0.3))
    drag(page, 0.375, 0.625)  # from its middle
    assert selection(page) == (pytest.approx(20, abs=0.3), pytest.approx(10, abs=0.3))
    drag(page, 0.75, 0.675)  # its right edge
    assert selection(page) == (pytest.approx(20, abs=0.3), pytest.approx(7, abs=0.3))
    drag(page, 0.5, 0.55)  # its left edge
    assert selection(page) == (pytest.approx(22, abs=0.3), pytest.approx(5, abs=0.5))
    drag(page, 0.1, 0.1)  # a click moves it
    assert selection(page) == (pytest.approx(4, abs=0.15), pytest.approx(5, abs=0.5))
    drag(page, 0.02, 0.021)
    drag(page, 0.9, 1.2)  # beyond the end
    start, seconds = selection(page)
    assert start + seconds <= 40.001


def test_keys_do_all_that_dragging_does(page):
    slider = page.get_by_role("slider", name="Start of the excerpt")
    slider.focus()
    for key, expected in (
        ("ArrowRight", (0.1, 7)), ("Shift+ArrowRight", (1.1, 7)), ("PageUp", (6.1, 7)), ("ArrowLeft", (6, 7)),
        ("End", (33, 7)), ("ArrowUp", (33, 7)), ("-", (33, 6.9)), ("+", (33, 7)), ("PageDown", (28, 7)),
        ("Home", (0, 7)),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert selection(page) == pytest.approx(expected), key
    page.keyboard.press("PageUp")
    expect(slider).to_have_attribute("aria-valuetext", "5.0 to 12.0 s")
    expect(page.locator("#said")).to_contain_text("Output for tense around its middle: 0.54")
    page.keyboard.press("Enter")
    expect(page.locator("#play")).to_have_text("Stop")
    page.keyboard.press("Enter")
    expect(page.locator("#play")).to_have_text("Play the excerpt")


def test_typing_is_followed_and_what_the_track_lacks_is_refused_without_loss(page):
    page.locator("#id_start").fill("39")
    expect(page.locator("#said")).to_contain_text("39.0 to 46.0 s")
    page.get_by_role("button", name="Add the excerpt").click()
    expect(page.locator(".errorlist")).to_contain_text("exceeds the track, which lasts 40.00 s")
    expect(page.locator("#id_seconds")).to_have_value("7")


def test_an_excerpt_is_heard_from_its_start_to_its_end(page):
    page.locator("#id_start").fill("3")
    page.locator("#id_seconds").fill("1")
    page.locator("#play").click()
    until(lambda: sound(page, "currentTime") > 3.2)
    expect(page.locator("#playhead")).to_have_attribute("visibility", "visible")
    until(lambda: sound(page, "paused"))
    assert 3.9 < sound(page, "currentTime") < 4.6


def test_an_excerpt_is_added_played_and_deleted(page):
    page.locator("#id_start").fill("12.5")
    page.locator("#id_seconds").fill("6")
    page.get_by_role("button", name="Add the excerpt").click()
    row = page.get_by_role("row", name="12.50\N{EN DASH}18.50 s")
    expect(row).to_contain_text("by hand")
    page.get_by_role("button", name="Play 12.50 to 18.50 s").click()
    until(lambda: sound(page, "currentTime") > 12.5)
    assert selection(page) == (12.5, 6)
    page.get_by_role("button", name="Delete 12.50 to 18.50 s").click()
    expect(page.locator(".messagelist")).to_contain_text("Deleted")
    expect(row).to_have_count(0)


def test_a_finger_selects_too(new_page, logged_in, addresses):
    page = new_page(viewport=PHONE, storage_state=logged_in, has_touch=True)
    page.goto(addresses["hand"])
    expect(page.locator("#play")).to_be_visible()
    page.locator("#timeline").scroll_into_view_if_needed()
    box = page.locator("#timeline svg").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 40)
    assert selection(page) == (pytest.approx(20, abs=0.3), 7)


def test_without_scripts_start_and_length_can_be_typed(new_page, logged_in, addresses):
    page = new_page(viewport=DESK, storage_state=logged_in, java_script_enabled=False)
    page.goto(addresses["hand"])
    expect(page.locator("#play")).to_be_hidden()
    page.locator("#id_start").fill("20")
    page.get_by_role("button", name="Add the excerpt").click()
    page.get_by_role("button", name="Delete 20.00 to 27.00 s").click()
    expect(page.locator(".messagelist")).to_contain_text("Deleted")


@pytest.mark.parametrize("viewport", [PHONE, ZOOMED, DESK], ids=["phone", "zoomed", "desk"])
@pytest.mark.parametrize("which", ["hand", "rule", "choice"])
def test_nothing_lies_beside_the_page(new_page, logged_in, addresses, which, viewport):
    page = new_page(viewport=viewport, storage_state=logged_in)
    page.goto(addresses[which])
    page.locator("h1").last.wait_for()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= viewport["width"] + 1


def test_axe_finds_nothing(chromium, logged_in, addresses):
    # Axe adds styles that our policy forbids, so that its pages are not watched for complaints.
    context = chromium.new_context(viewport=DESK, storage_state=logged_in, reduced_motion="reduce")
    page = context.new_page()
    for address in addresses.values():
        page.goto(address)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page, options=SCHEMES[scheme])
            assert found.violations_count == 0, f"{page.url}, {scheme}: {found.generate_report()}"
    context.close()


def test_in_forced_colours_the_selection_and_the_excerpts_are_drawn(new_page, logged_in, addresses):
    page = new_page(viewport=DESK, storage_state=logged_in, forced_colors="active")
    page.goto(addresses["hand"])
    expect(page.locator("#play")).to_be_visible()
    colours = page.evaluate(
        """() => [".selection", ".excerpt-bar", ".curve-line", ".timeline svg"].map((name) => {
            const style = getComputedStyle(document.querySelector(name));
            return name === ".timeline svg" ? style.backgroundColor : style.stroke;
        })"""
    )
    assert len({*colours[:2], colours[3]}) == 3 and colours[2] != colours[3]
