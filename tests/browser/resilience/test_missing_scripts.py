"""A page whose scripts are kept away, by an ad blocker perhaps, says so and claims to save nothing."""

import re
import time
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect
from walking import (
    from_questionnaire_to_level,
    in_front,
    left_of_soon,
    to_questionnaire,
    to_sound_check,
)

HURRY = 40  # times faster: the message waits for 6 s
WORDS = "switch off ad blockers"
NOT_NEEDED = ["/forms"]  # without it forms are sent by the browser itself
NEEDED_BY_TRIALS = ["/machine-translation"]  # they import it


def from_level_to_headphones(page: Page) -> None:
    page.get_by_role("button", name="Play the noise").click()
    page.locator("#level-next[aria-disabled=false]").click()
    page.wait_for_url("**/headphones")


def to_trials(page: Page, site) -> None:
    page.goto(f"{site.address}/a/{site.ready.pop()}/")


@pytest.fixture(scope="module")
def device_options():
    """Pages and scripts come from the network; a reload asks for each of them."""
    return {"service_workers": "block", "reduced_motion": "reduce"}


@pytest.fixture
def page(new_page, device_options):
    return new_page(**device_options)


def scripts_of(page: Page) -> list[str]:
    """Reload the page, and return the addresses of the scripts that it runs."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.locator("#not-ready")).to_have_count(0)
    return sorted({address for address in asked if address.split("?")[0].endswith(".js")})


def expect_every_script_to_be_missed(page: Page, spared: list[str]) -> None:
    """Keep one script after the other away, as a blocker does; `Page.route` stops the cache."""
    scripts = scripts_of(page)
    assert len(scripts) >= 4
    session = page.context.new_cdp_session(page)
    session.send("Animation.setPlaybackRate", {"playbackRate": HURRY})
    session.send("Network.enable")
    for address in scripts:
        session.send("Network.setBlockedURLs", {"urls": [address]})
        with page.expect_event("requestfailed", lambda request, address=address: request.url == address):
            page.reload(wait_until="domcontentloaded")
        if any(name in address for name in spared):
            expect(page.locator("#not-ready"), address).to_have_count(0)
        else:
            expect(page.get_by_role("alert").filter(has_text=WORDS), address).to_be_visible()
            assert "All answers saved" not in page.locator("main").inner_text(), address
    session.send("Network.setBlockedURLs", {"urls": []})
    page.reload()
    expect(page.locator("#not-ready")).to_have_count(0)
    session.detach()


def test_every_script_that_is_kept_away_from_the_trials_is_told(tab, site):
    to_trials(tab, site)
    expect_every_script_to_be_missed(tab, NOT_NEEDED)


def test_every_script_that_is_kept_away_from_the_sound_check_is_told(page, site):
    to_sound_check(page, site)
    expect_every_script_to_be_missed(page, NOT_NEEDED + NEEDED_BY_TRIALS)


def test_every_script_that_is_kept_away_from_questionnaire_level_and_headphones_is_told(
    page, site, screening
):
    to_questionnaire(page, site)
    expect_every_script_to_be_missed(page, NOT_NEEDED + NEEDED_BY_TRIALS)
    from_questionnaire_to_level(page)
    expect_every_script_to_be_missed(page, NOT_NEEDED + NEEDED_BY_TRIALS)
    from_level_to_headphones(page)
    expect_every_script_to_be_missed(page, NOT_NEEDED + NEEDED_BY_TRIALS)


@pytest.fixture
def delayed_tabs(new_tab) -> dict[str, Page]:
    """Return tabs with trials that never become ready; they wait for the message at the same time."""
    tabs = {name: new_tab() for name in ("reduce", "no-preference", "store")}
    for motion in ("reduce", "no-preference"):
        tabs[motion].emulate_media(reduced_motion=motion)
        tabs[motion].route(re.compile(r"/sentences[^/]*\.js"), lambda route: route.abort())
    tabs["store"].add_init_script("IDBFactory.prototype.open = () => ({});")  # never says anything
    return tabs


def test_it_is_told_within_ten_seconds_also_where_the_store_does_not_open(delayed_tabs, site):
    for name, tab in in_front(delayed_tabs):
        to_trials(tab, site)
        expect(tab.locator("#state"), name).to_have_text("One moment …")
    opened = time.monotonic()
    for name, tab in in_front(delayed_tabs):
        expect(tab.get_by_role("alert"), name).to_contain_text(WORDS, timeout=left_of_soon(opened))
        expect(tab.get_by_role("alert"), name).to_contain_text("close other tabs of the study")
        expect(tab.locator("#not-ready"), name).to_be_in_viewport()
        expect(tab.locator("#state"), name).to_have_text("One moment …")


def test_a_store_that_is_refused_does_not_claim_that_answers_are_saved(tab, site):
    tab.add_init_script(
        "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };"
    )
    to_trials(tab, site)
    expect(tab.get_by_role("alert")).to_contain_text("does not let the study keep your answers")
    expect(tab.get_by_text("All answers saved")).to_have_count(0)


def test_a_trial_sound_that_the_network_keeps_away_is_not_the_browsers_fault(page, site):
    with page.expect_request("**/probe*.flac"):
        page.route("**/probe*.flac", lambda route: route.abort())
        page.goto(f"{site.address}/s/scale/")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#unsupported")).to_be_hidden()
    expect(page.get_by_role("button", name="Begin")).to_be_enabled()


def test_a_slider_moved_before_its_script_is_there_is_answered(page, site, screening):
    held = []
    page.route(re.compile(r"/pages/questionnaire[\w.]*\.js"), lambda route: held.append(route))
    page.goto(f"{site.address}/s/screened/?PROLIFIC_PID={uuid4()}&STUDY_ID=s&SESSION_ID=z")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("I have read this, and I agree to take part.").check()
    page.get_by_role("button", name="Continue").click(no_wait_after=True)
    page.wait_for_url("**/questions", wait_until="commit")
    slider = page.get_by_label("How awake are you?")
    slider.press("ArrowRight")
    moved = slider.input_value()
    assert slider.get_attribute("name") is None
    for route in held:
        route.continue_()
    expect(page.locator("#not-ready")).to_have_count(0)
    expect(slider).to_have_attribute("name", slider.get_attribute("data-name"))
    assert slider.input_value() == moved
    expect(page.locator(f"output[for='{slider.get_attribute('id')}']")).to_have_text(moved)
