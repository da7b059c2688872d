"""Under forced colours (Windows contrast themes) everything is seen that is drawn as a background."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from walking import PRESS, go_to_trials, hear

SEEN = 3.0  # WCAG 2.2, 1.4.11: contrast of what a control is known by
COLOUR = """(element, [property, system]) => {
  const probe = document.createElement("span");
  probe.style.color = system;
  document.body.append(probe);
  const expected = getComputedStyle(probe).color;
  probe.remove();
  return [getComputedStyle(element)[property], expected];
}"""


@pytest.fixture
def page(new_page):
    return new_page(forced_colors="active", reduced_motion="reduce", viewport={"width": 500, "height": 900})


def in_both_schemes(page):
    """Go through the colour schemes, which the page follows as it stands."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        yield scheme


def picture(page, element, *, around: int = 0) -> np.ndarray:
    """Return what an element looks like, as numbers [shape=(height, width, 3)], and so many px around it."""
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    clip = {
        "x": box["x"] - around,
        "y": box["y"] - around,
        "width": box["width"] + 2 * around,
        "height": box["height"] + 2 * around,
    }
    return np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB"))


def luminance(colours: np.ndarray) -> np.ndarray:
    share = np.asarray(colours) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(colours: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the contrast of colours with another one, 1 to 21."""
    one, two = luminance(colours) + 0.05, luminance(other) + 0.05
    return np.maximum(one, two) / np.minimum(one, two)


def crossed(page, element, share: float = 0.75) -> float:
    """Return the greatest contrast with the ground on a line from top to bottom, at a share of the width."""
    seen = picture(page, element)
    column = seen[:, int(share * (seen.shape[1] - 1))]
    return contrast(column, column[0]).max()


def test_a_page_of_every_kind_of_question(page, site):
    go_to_trials(page, site, "kinds")
    expect(page.locator(".time")).to_contain_text("/")  # it is loaded
    unheard = {}
    for scheme in in_both_schemes(page):
        check_tracks(page, scheme)
        unheard[scheme] = ring_of_player(page, scheme)
        check_focus(page, scheme)
    choose_a_point_and_a_tick(page)
    for scheme in in_both_schemes(page):
        check_chosen_point(page, scheme)
        check_chosen_tick(page, scheme)
    hear(page)
    page.mouse.move(0, 0)
    for scheme in in_both_schemes(page):
        heard = ring_of_player(page, scheme)
        assert (heard != unheard[scheme]).any(), f"{scheme}: how much was heard is not seen"


def check_tracks(page, scheme: str) -> None:
    assert crossed(page, page.locator(".seek")) >= SEEN, scheme
    assert crossed(page, page.get_by_label("How fast does it seem?")) >= SEEN, scheme
    progress = picture(page, page.locator("#progress"), around=2)
    assert contrast(progress[:, 100], progress[0, 100]).max() >= SEEN, scheme


def ring_of_player(page, scheme: str) -> np.ndarray:
    """Check that the ring around the button is seen from outside; return its colours."""
    seen = picture(page, page.locator(".play"))
    assert contrast(seen[28, :8], seen[0, 0]).max() >= SEEN, scheme
    return seen[28, 2:5]


def check_focus(page, scheme: str) -> None:
    page.get_by_label("Position in the sound").focus()
    for name in (".play", ".loop", ".point", ".tick"):
        element = page.locator(name).first
        before = picture(page, element, around=8)
        target = element if element.evaluate("one => one.matches('button')") else element.locator("input")
        target.focus()
        page.keyboard.press("Shift")  # a keyboard is in use
        after = picture(page, element, around=8)
        row = after.shape[0] // 2
        changed = (before[row, :8] != after[row, :8]).any(axis=1)
        assert contrast(after[row, :8][changed], after[0, 0]).max() >= SEEN, (scheme, name)


def choose_a_point_and_a_tick(page) -> None:
    page.locator(".point").nth(2).click()
    ticks_of(page).nth(1).click()
    page.locator("body").click(position={"x": 1, "y": 1})


def ticks_of(page):
    return page.get_by_role("group", name="What stands out?").locator(".tick")


def check_chosen_point(page, scheme: str) -> None:
    points = page.locator(".point")
    chosen, other = picture(page, points.nth(2)), picture(page, points.nth(3))
    assert contrast(chosen[10, 10], other[10, 10]) >= SEEN, scheme
    number = contrast(chosen[8:-8, 12:-12], chosen[10, 10])
    assert number.max() >= SEEN, f"{scheme}: the number on what is chosen cannot be read"


def check_chosen_tick(page, scheme: str) -> None:
    chosen, other = picture(page, ticks_of(page).nth(1)), picture(page, ticks_of(page).nth(2))
    assert contrast(chosen[20, :5], chosen[10, 10]).max() >= SEEN, scheme
    assert (contrast(chosen[20, :6], chosen[10, 10]) >= SEEN).sum() > (
        contrast(other[20, :6], other[10, 10]) >= SEEN
    ).sum(), scheme


def test_the_volume_is_seen(page, site):
    page.goto(f"{site.address}/a/{site.presentations['single-stretches'][0]}/")
    expect(page.locator(".time")).to_contain_text("/")
    for scheme in in_both_schemes(page):
        assert crossed(page, page.locator(".volume-range"), 0.3) >= SEEN, scheme


def test_a_page_of_several_clips(page, site):
    page.goto(f"{site.address}/a/{site.presentations['multiple_reference'][0]}/")
    expect(page.locator("#reason")).to_contain_text("heard")
    for scheme in in_both_schemes(page):
        check_closed_slider(page, scheme)
        check_locked_seek_bar(page, scheme)


def check_closed_slider(page, scheme: str) -> None:
    closed = page.locator("[data-kind=slider] input").first
    # In the colour of what cannot be used, as faint as the theme has it.
    assert crossed(page, closed) >= 2, scheme


def check_locked_seek_bar(page, scheme: str) -> None:
    _, grey = page.locator(".seek").evaluate(COLOUR, ["color", "GrayText"])
    wanted = np.array([int(part) for part in re.findall(r"\d+", grey)[:3]])
    seen = picture(page, page.locator(".seek"))
    assert (seen[:, 300] == wanted).all(axis=1).any(), scheme


def test_the_clip_that_sounds_among_several_is_seen(page, site):
    page.goto(f"{site.address}/a/{site.presentations['multiple'][0]}/")
    page.get_by_role("button", name="Loop").click()  # it sounds until both pictures are taken
    page.evaluate(f"() => ({PRESS})(document.querySelector('.play'))")
    for scheme in in_both_schemes(page):
        sounding = picture(page, page.locator(".play[data-sounding]"))
        assert contrast(sounding[24, 12], sounding[0, 0]) >= SEEN, scheme


def test_what_cannot_be_used_looks_so(page, site):
    go_to_trials(page, site)
    button = page.get_by_role("button", name="Next")
    hear(page)
    greys = {}
    for scheme in in_both_schemes(page):
        disabled, greys[scheme] = button.evaluate(COLOUR, ["color", "GrayText"])
        assert disabled == greys[scheme], scheme
    page.locator(".point").nth(1).click()
    expect(button).to_be_enabled()
    for scheme in in_both_schemes(page):
        enabled, text = button.evaluate(COLOUR, ["color", "HighlightText"])
        assert enabled == text != greys[scheme], scheme
        ground, _ = button.evaluate(COLOUR, ["backgroundColor", "Highlight"])
        assert ground != "rgba(0, 0, 0, 0)", scheme
