"""A page whose scripts are kept away, by an ad blocker perhaps, says so and claims to save nothing."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

SOON = 10_000  # ms
HURRY = 40  # times faster: the message waits for 6 s
WORDS = "switch off ad blockers"
NOT_NEEDED = ["/forms"]  # without it forms are sent by the browser itself
NEEDED_BY_TRIALS = ["/machine-translation"]  # they import it


def to_sound_check(page: Page, site) -> None:
    page.goto(f"{site.address}/s/scale/")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("I have read this, and I agree to take part.").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue to the sound check").click()
    page.wait_for_url("**/sound-check")


def to_questionnaire(page: Page, site) -> None:
    person = f"PROLIFIC_PID={uuid4()}&STUDY_ID=s&SESSION_ID=z"
    page.goto(f"{site.address}/s/screened/?{person}")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("I have read this, and I agree to take part.").check()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/questions")


def to_level(page: Page, site) -> None:
    to_questionnaire(page, site)
    page.get_by_role("group", name="Do you play?").get_by_label("no", exact=True).check()
    page.get_by_label("How awake are you?").press("ArrowRight")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue to the sound check").click()
    page.wait_for_url("**/level")


def to_headphones(page: Page, site) -> None:
    to_level(page, site)
    page.get_by_role("button", name="Play the noise").click()
    page.locator("#level-next[aria-disabled=false]").click()
    page.wait_for_url("**/headphones")


def to_trials(page: Page, site) -> None:
    page.goto(f"{site.address}/a/{site.ready.pop()}/")


WAYS = [to_trials, to_sound_check, to_questionnaire, to_level, to_headphones]


@pytest.fixture
def page(new_page):
    # Pages and scripts come from the network; a reload asks for each of them.
    return new_page(service_workers="block", reduced_motion="reduce")


def scripts_of(page: Page) -> list[str]:
    """Reload the page, and return the addresses of the scripts that it runs."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.locator("#not-ready")).to_have_count(0)
    return sorted({address for address in asked if address.split("?")[0].endswith(".js")})


@pytest.mark.parametrize("go", WAYS, ids=lambda go: go.__name__)
def test_every_single_script_that_is_kept_away_is_told(page, site, screening, go):
    go(page, site)
    scripts = scripts_of(page)
    assert len(scripts) >= 4
    page.context.new_cdp_session(page).send("Animation.setPlaybackRate", {"playbackRate": HURRY})
    for address in scripts:
        page.route(address, lambda route: route.abort())
        page.reload(wait_until="domcontentloaded")
        spared = NOT_NEEDED if go is to_trials else NOT_NEEDED + NEEDED_BY_TRIALS
        if any(name in address for name in spared):
            expect(page.locator("#not-ready")).to_have_count(0)
        else:
            expect(page.get_by_role("alert").filter(has_text=WORDS)).to_be_visible()
            assert "All answers saved" not in page.locator("main").inner_text(), address
        page.unroute(address)
    page.reload()
    expect(page.locator("#not-ready")).to_have_count(0)


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_it_is_told_within_ten_seconds(page, site, motion):
    page.emulate_media(reduced_motion=motion)
    page.route(re.compile(r"/sentences[^/]*\.js"), lambda route: route.abort())
    to_trials(page, site)
    expect(page.locator("#state")).to_have_text("One moment …")
    expect(page.get_by_role("alert")).to_contain_text(WORDS, timeout=SOON)
    expect(page.locator("#not-ready")).to_be_in_viewport()


def test_a_browser_whose_store_does_not_open_is_told(page, site):
    page.add_init_script("IDBFactory.prototype.open = () => ({});")  # never says anything
    to_trials(page, site)
    expect(page.get_by_role("alert")).to_contain_text("close other tabs of the study", timeout=SOON)
    expect(page.locator("#state")).to_have_text("One moment …")


def test_a_store_that_is_refused_does_not_claim_that_answers_are_saved(page, site):
    page.add_init_script(
        "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };"
    )
    to_trials(page, site)
    expect(page.get_by_role("alert")).to_contain_text("does not let the study keep your answers")
    expect(page.get_by_text("All answers saved")).to_have_count(0)


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
