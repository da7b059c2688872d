"""What an annotator does, in the words of the pages."""

import re
import time
from collections.abc import Iterator
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

SOON = 10_000  # ms within which a page says what is wrong
# The page itself looks: between two looks from here a clip of a second may come and go, and the policy of our
# pages forbids the scripts by which Playwright looks again.
UNTIL = """async (argument) => {{
  const check = {check};
  for (const end = Date.now() + 15_000; !(await check(argument)); ) {{
    if (Date.now() > end) throw new Error(`It never came true. The page says: ${{document.body.innerText}}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }}
}}"""

# A page remembers what has sounded since it was last looked at: a clip of a second may be over by then.
REMEMBER_SOUNDS = """
window.sounded = new Set();
new MutationObserver((changes) => {
  const buttons = changes.map(({ target }) => target).filter((one) => one.matches(".play[data-sounding]"));
  for (const { ariaLabel } of buttons) window.sounded.add(ariaLabel);
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-sounding"] });
"""
HAS_SOUNDED = """(name) => {
  const label = document.querySelector(".play[data-sounding]")?.ariaLabel;
  if (label) window.sounded.add(label);
  const yes = name ? window.sounded.has(`Pause ${name}`) : window.sounded.size > 0;
  if (yes) window.sounded.clear();
  return yes;
}"""
# The bar that shows the position has jumped back so many times since it was first looked at.
HAS_LOOPED = """(times) => {
  const now = Number(document.querySelector(".seek").value);
  window.loops ??= { last: now, number: 0 };
  if (now < window.loops.last) window.loops.number += 1;
  window.loops.last = now;
  return window.loops.number >= times;
}"""
# Press a button that plays, and wait until it sounds; to be used within scripts that go on from there.
PRESS = """async (button) => {
  button.click();
  for (const end = Date.now() + 15_000; !("sounding" in button.dataset); ) {
    if (Date.now() > end) throw new Error(`${button.ariaLabel} has not begun to sound.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}"""
# A service worker that has what it needs, and `number` sounds.
IS_READY = """async (number) => {
  const registration = await navigator.serviceWorker.getRegistration();
  if (!registration?.active) return false;
  const name = document.getElementById("trials").dataset.participation;
  return (await (await caches.open(name)).keys()).length >= number;
}"""


def in_front(tabs: dict[str, Page]) -> Iterator[tuple[str, Page]]:
    """Return tabs of one browser by name, each in front while it is used: others paint once a second."""
    for name, tab in tabs.items():
        tab.bring_to_front()
        yield name, tab


def left_of_soon(since: float) -> float:
    """Return how many of those ms are left since a moment of `time.monotonic`, for a late look a second."""
    return max(SOON - 1000 * (time.monotonic() - since), 1_000)


def token_of(page: Page) -> str:
    return re.search(r"/a/([^/]+)/", page.url)[1]


def turn_page(page: Page, control: Locator) -> None:
    """Press what leads to another page (or to the same one anew), and wait until that has come."""
    with page.expect_navigation():
        control.click()


def consent(page: Page, *, begin_label: str = "Begin") -> None:
    """Go on from the invitation, and agree to take part."""
    page.get_by_role("button", name=begin_label).click()
    page.get_by_label("I have read this, and I agree to take part.").check()
    page.get_by_role("button", name="Continue").click()


def to_sound_check(page: Page, site, slug: str = "scale", *, begin_label: str = "Begin") -> None:
    page.goto(f"{site.address}/s/{slug}/")
    consent(page, begin_label=begin_label)
    page.get_by_role("button", name="Continue to the sound check").click()
    page.wait_for_url("**/sound-check")


def to_questionnaire(page: Page, site) -> None:
    """Come from a recruiter, to the study with questionnaires and checks."""
    page.goto(f"{site.address}/s/screened/?PROLIFIC_PID={uuid4()}&STUDY_ID=s&SESSION_ID=z")
    consent(page)
    page.wait_for_url("**/questions")


def from_questionnaire_to_level(page: Page) -> None:
    page.get_by_role("group", name="Do you play?").get_by_label("no", exact=True).check()
    page.get_by_label("How awake are you?").press("ArrowRight")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue to the sound check").click()
    page.wait_for_url("**/level")


def begin(page: Page, site, slug: str = "scale", *, begin_label: str = "Begin") -> str:
    """Walk from the invitation to the first trial; return the annotator's token."""
    to_sound_check(page, site, slug, begin_label=begin_label)
    pass_sound_check(page)
    expect(page.locator(".trial")).to_be_visible()
    return token_of(page)


def go_to_trials(page: Page, site, slug: str = "scale") -> str:
    """Open the trials as somebody who has consented and passed the sound check; return the token."""
    token = site.ready_for[slug].pop()
    page.goto(f"{site.address}/a/{token}/")
    expect_trial(page, 1, 4 if slug == "scale" else 2)
    return token


def pass_sound_check(page: Page) -> None:
    """Count wrongly until the page lets one go on."""
    for _ in range(2):
        page.get_by_role("button", name="Play the tones").click()
        expect(page.locator("#check-reason")).to_have_text("Choose how many tones you heard.")
        page.get_by_text("7", exact=True).click()
    page.get_by_role("button", name="Continue").click()


def hear(page: Page) -> None:
    """Play the clip to its end."""
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for_sound(page)
    wait_for_silence(page)


def wait_until(page: Page, check: str, argument=None) -> None:
    """Wait until a function of the page, asynchronous or not, says yes."""
    page.evaluate(UNTIL.format(check=check), argument)


def wait_for_sound(page: Page, name: str = "") -> None:
    """Wait until a clip has begun to sound, or the one of that name."""
    wait_until(page, HAS_SOUNDED, name)


def wait_for_silence(page: Page) -> None:
    """Wait until no clip sounds any more."""
    wait_until(page, "() => document.querySelector('.play[data-sounding]') === null")


def wait_for_loops(page: Page, times: int) -> None:
    """Wait until what sounds has begun anew so many times."""
    wait_until(page, HAS_LOOPED, times)


def wait_until_ready(page: Page, sounds: int) -> None:
    """Wait until the page could be reloaded without the server, and so many sounds are at hand."""
    wait_until(page, IS_READY, sounds)


def seek(page: Page, position: float) -> None:
    """Go to a position in the sound, in s; a sound that is still loading has no positions."""
    slider = page.get_by_label("Position in the sound")
    expect(slider).not_to_have_attribute("max", "0")
    slider.evaluate("(one, at) => { one.value = at; one.dispatchEvent(new Event('change')); }", position)


def answer(page: Page, point: int) -> None:
    page.locator(f".points input.answer[value='{point}']").check()


def expect_trial(page: Page, number: int, total: int = 4) -> None:
    expect(page.locator("#position")).to_have_text(f"{number} of {total}")


def press_next(page: Page, *, patience: float | None = None) -> None:
    """Press Next as soon as it can be pressed, for which the page has so many ms."""
    button = page.get_by_role("button", name="Next")
    expect(button).to_be_enabled(timeout=patience)
    button.click()
