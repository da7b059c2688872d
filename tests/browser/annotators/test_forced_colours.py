"""Under forced colours (Windows contrast themes) everything is seen that is drawn as a background."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from walking import PRESS, begin, go_to_trials, hear

SEEN = 3.0  # WCAG 2.2, 1.4.11: contrast of what a control is known by
COLOUR = """(element, [property, system]) => {
  const probe = document.createElement("span");
  probe.style.color = system;
  document.body.append(probe);
  const expected = getComputedStyle(probe).color;
  probe.remove();
  return [getComputedStyle(element)[property], expected];
}"""


@pytest.fixture(params=["light", "dark"])
def page(new_page, request):
    return new_page(
        forced_colors="active", color_scheme=request.param, viewport={"width": 500, "height": 900}
    )


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


def test_tracks_and_rings_are_seen(page, site):
    begin(page, site, "kinds")
    expect(page.locator(".time")).to_contain_text("/")  # it is loaded
    assert crossed(page, page.locator(".seek")) >= SEEN
    assert crossed(page, page.get_by_label("How fast does it seem?")) >= SEEN
    progress = picture(page, page.locator("#progress"), around=2)
    assert contrast(progress[:, 100], progress[0, 100]).max() >= SEEN
    play = page.locator(".play")
    before = picture(page, play)
    assert contrast(before[28, :8], before[0, 0]).max() >= SEEN  # the ring, from outside
    hear(page)
    page.mouse.move(0, 0)
    after = picture(page, play)
    ring = after[28, 2:5]
    assert contrast(ring, after[0, 0]).max() >= SEEN
    assert (ring != before[28, 2:5]).any()  # how much was heard


def test_the_volume_and_the_level_of_several_clips_are_seen(page, site):
    page.goto(f"{site.address}/a/{site.presentations['single-stretches'][0]}/")
    expect(page.locator(".time")).to_contain_text("/")
    assert crossed(page, page.locator(".volume-range"), 0.3) >= SEEN
    page.goto(f"{site.address}/a/{site.presentations['multiple_reference'][0]}/")
    expect(page.locator("#reason")).to_contain_text("heard")
    closed = page.locator("[data-kind=slider] input").first
    assert crossed(page, closed) >= 2  # in the colour of what cannot be used, as faint as the theme has it
    page.evaluate(f"() => ({PRESS})(document.querySelector('.clip:not(.given) .play'))")
    sounding = picture(page, page.locator(".play[data-sounding]"))
    assert contrast(sounding[24, 12], sounding[0, 0]) >= SEEN


def test_what_cannot_be_used_looks_so(page, site):
    go_to_trials(page, site)
    button = page.get_by_role("button", name="Next")
    hear(page)
    disabled, grey = button.evaluate(COLOUR, ["color", "GrayText"])
    assert disabled == grey
    page.locator(".point").nth(1).click()
    expect(button).to_be_enabled()
    enabled, text = button.evaluate(COLOUR, ["color", "HighlightText"])
    assert enabled == text != grey
    assert button.evaluate(COLOUR, ["backgroundColor", "Highlight"])[0] != "rgba(0, 0, 0, 0)"


def test_a_seek_bar_that_is_locked_looks_so(page, site):
    page.goto(f"{site.address}/a/{site.presentations['multiple_reference'][0]}/")
    expect(page.locator("#reason")).to_contain_text("heard")
    _, grey = page.locator(".seek").evaluate(COLOUR, ["color", "GrayText"])
    wanted = np.array([int(part) for part in re.findall(r"\d+", grey)[:3]])
    seen = picture(page, page.locator(".seek"))
    assert (seen[:, 300] == wanted).all(axis=1).any()


def test_what_is_chosen_is_told_from_the_rest_and_can_be_read(page, site):
    begin(page, site, "kinds")
    points = page.locator(".point")
    points.nth(2).click()
    page.mouse.move(0, 0)
    chosen, other = picture(page, points.nth(2)), picture(page, points.nth(3))
    assert contrast(chosen[10, 10], other[10, 10]) >= SEEN
    assert contrast(chosen[8:-8, 12:-12], chosen[10, 10]).max() >= SEEN  # the number on it
    ticks = page.get_by_role("group", name="What stands out?").locator(".tick")
    ticks.nth(1).click()
    page.locator("body").click(position={"x": 1, "y": 1})
    chosen, other = picture(page, ticks.nth(1)), picture(page, ticks.nth(2))
    assert contrast(chosen[20, :5], chosen[10, 10]).max() >= SEEN
    assert (contrast(chosen[20, :6], chosen[10, 10]) >= SEEN).sum() > (
        contrast(other[20, :6], other[10, 10]) >= SEEN
    ).sum()


def test_the_focus_is_seen(page, site):
    begin(page, site, "kinds")
    expect(page.locator(".time")).to_contain_text("/")
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
        assert contrast(after[row, :8][changed], after[0, 0]).max() >= SEEN, name
