"""Where no sound comes out the page says so within 10 s, counts nothing as heard, plays when it can again."""

import base64
import re
import time

import pytest
from playwright.sync_api import Page, expect
from walking import (
    SOON,
    answer,
    from_questionnaire_to_level,
    go_to_trials,
    hear,
    in_front,
    left_of_soon,
    press_next,
    to_questionnaire,
    to_sound_check,
    wait_for_silence,
    wait_for_sound,
    wait_until,
)

# What goes wrong with audio contexts while `window.broken` names it.
BREAK = """
window.broken = BROKEN;
{
  const { resume, suspend } = AudioContext.prototype;
  const getter = (name) => Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, name).get;
  const [state, time] = [getter("state"), getter("currentTime")];
  const stood = new WeakMap();
  AudioContext.prototype.resume = function () {
    if (window.broken === "taken") return Promise.reject(new DOMException("in use", "InvalidStateError"));
    if (window.broken === "hangs") return new Promise(() => {});
    return resume.call(this);
  };
  Object.defineProperty(BaseAudioContext.prototype, "state", {
    get() { return ["taken", "hangs"].includes(window.broken) ? "suspended" : state.call(this); },
  });
  Object.defineProperty(BaseAudioContext.prototype, "currentTime", {
    get() {
      const now = time.call(this);
      if (window.broken !== "still") return now;
      if (!stood.has(this)) stood.set(this, now);
      return stood.get(this);
    },
  });
}
"""
WORDS = {
    "taken": "Something else is using the sound",
    "hangs": "The sound has not started.",
    "still": "The sound has stopped",
}


def break_sound(page: Page, how: str | None) -> None:
    page.add_init_script(BREAK.replace("BROKEN", f"'{how}'" if how else "null"))


def mend(page: Page) -> None:
    page.evaluate("window.broken = null")


def play(page: Page) -> None:
    page.get_by_role("button", name="Play", exact=True).click()


def open_trial(page: Page, site) -> str:
    token = site.ready.pop()
    page.goto(f"{site.address}/a/{token}/")
    expect(page.locator("#reason")).to_have_text("Play the sound first.")
    return token


@pytest.fixture(scope="module")
def device_options():
    """Nothing here goes on without the network."""
    return {"service_workers": "block", "reduced_motion": "reduce"}


@pytest.fixture
def broken_tabs(new_tab) -> dict[str, Page]:
    """Return a tab for each way in which sound fails: what they wait for passes at the same time."""
    tabs = {how: new_tab() for how in WORDS}
    for how, tab in tabs.items():
        break_sound(tab, how)
    return tabs


def expect_soon_to_say_why(tabs: dict[str, Page]) -> None:
    """Expect each tab to say within 10 s of the last press, where it can be seen, why nothing sounds."""
    pressed = time.monotonic()
    for how, tab in in_front(tabs):
        expect(tab.get_by_role("alert"), how).to_contain_text(WORDS[how], timeout=left_of_soon(pressed))
        expect(tab.get_by_role("alert"), how).to_be_in_viewport()


def test_a_trial_says_why_nothing_sounds_and_plays_when_it_can(broken_tabs, site):
    tokens = {how: open_trial(tab, site) for how, tab in in_front(broken_tabs)}
    for _ in range(2):  # again, while nothing has changed
        for _how, tab in in_front(broken_tabs):
            play(tab)
        expect_soon_to_say_why(broken_tabs)
        for how, tab in in_front(broken_tabs):
            expect(tab.get_by_role("alert"), how).to_contain_text("your answers are kept")
            wait_for_silence(tab)
            expect(tab.locator("#reason"), how).to_have_text("Play the sound first.")
            tab.evaluate("document.querySelector('.trial .trouble').hidden = true")
    for how, tab in in_front(broken_tabs):
        mend(tab)
        hear_answer_and_go_on(tab)
        (heard,) = site.trials(tokens[how])[0]["listening"]["presentations"].values()
        assert heard["plays"] == 1, how
        assert heard["intervals"] == [[0, 1]], how


def hear_answer_and_go_on(page: Page) -> None:
    hear(page)
    expect(page.locator(".trial .trouble")).to_be_hidden()
    answer(page, 4)
    press_next(page)
    expect(page.locator("#position")).to_have_text("2 of 4")
    expect(page.locator("#state")).to_have_text("All answers saved")


def test_a_sound_that_is_taken_away_in_the_middle_counts_as_far_as_it_came(tab, site):
    break_sound(tab, None)
    token = open_trial(tab, site)
    tab.get_by_role("button", name="Loop").click()
    play(tab)
    wait_for_sound(tab)
    wait_until(tab, "() => Number(document.querySelector('.seek').value) > 0.3")
    tab.evaluate("window.broken = 'still'")
    expect(tab.get_by_role("alert")).to_contain_text(WORDS["still"], timeout=SOON)
    wait_for_silence(tab)
    tab.get_by_role("button", name="Loop").click()
    mend(tab)
    hear_answer_and_go_on(tab)
    (heard,) = site.trials(token)[0]["listening"]["presentations"].values()
    assert heard["plays"] == 2
    (_, stopped), (went_on, end) = heard["intervals"][-2:]
    assert stopped == pytest.approx(went_on, abs=0.002)
    assert end == 1


def test_a_call_in_the_middle_is_told(tab, site):
    open_trial(tab, site)
    tab.get_by_role("button", name="Loop").click()
    tab.evaluate(
        """() => {
          const { start } = AudioBufferSourceNode.prototype;
          AudioBufferSourceNode.prototype.start = function (...when) {
            window.context = this.context;
            return start.apply(this, when);
          };
        }"""
    )
    play(tab)
    wait_for_sound(tab)
    tab.evaluate("window.context.suspend()")
    expect(tab.get_by_role("alert")).to_contain_text(WORDS["taken"], timeout=SOON)
    wait_for_silence(tab)
    play(tab)
    wait_for_sound(tab)
    expect(tab.locator(".trial .trouble")).to_be_hidden()


def test_examples_say_why_nothing_sounds(tab, broken_tabs, site):
    go_to_trials(tab, site, "kinds")
    for how, broken in in_front(broken_tabs):
        broken.goto(tab.url)
        expect(broken.locator("#reason"), how).to_have_text("Play the sound first.")
        broken.evaluate("() => window.dispatchEvent(new Event('focus'))")
        broken.get_by_text("Listen to examples").click()
        broken.get_by_role("button", name="Play very harsh", exact=True).click()
    expect_soon_to_say_why(broken_tabs)
    for how, broken in in_front(broken_tabs):
        mend(broken)
        broken.get_by_role("button", name="Play very harsh", exact=True).click()
        expect(broken.locator(".trial .trouble"), how).to_be_hidden()


def test_the_sound_check_says_why_nothing_sounds(tab, broken_tabs, site):
    to_sound_check(tab, site)
    for _how, broken in in_front(broken_tabs):
        broken.goto(tab.url)
        broken.get_by_role("button", name="Play the tones").click()
    expect_soon_to_say_why(broken_tabs)
    for how, broken in in_front(broken_tabs):
        expect(broken.locator("#check-reason"), how).to_have_text("Play the tones first.")
        mend(broken)
        broken.get_by_role("button", name="Play the tones").click()
    for how, broken in in_front(broken_tabs):
        expect(broken.locator("#check-reason"), how).to_have_text("Choose how many tones you heard.")
        expect(broken.locator("#trouble"), how).to_be_hidden()


def test_level_and_headphone_check_say_why_nothing_sounds(tab, broken_tabs, site, screening):
    to_questionnaire(tab, site)
    from_questionnaire_to_level(tab)
    for _how, broken in in_front(broken_tabs):
        broken.goto(tab.url)
        broken.locator("#play-noise").click()
    expect_soon_to_say_why(broken_tabs)
    for how, broken in in_front(broken_tabs):
        wait_for_silence(broken)
        expect(broken.locator("#level-next"), how).to_have_attribute("aria-disabled", "true")
        mend(broken)
        broken.locator("#play-noise").click()
        expect(broken.locator("#level-next"), how).to_have_attribute("aria-disabled", "false")
        expect(broken.locator("#trouble"), how).to_be_hidden()
    broken.get_by_role("button", name="Continue").click()
    expect(broken).to_have_url(re.compile("/headphones$"))
    for _how, again in in_front(broken_tabs):
        again.goto(broken.url)
        play(again)
    expect_soon_to_say_why(broken_tabs)
    for how, broken in in_front(broken_tabs):
        wait_for_silence(broken)
        expect(broken.locator("#headphones-reason"), how).to_have_text("Play the sound first.")
        mend(broken)
        play(broken)
        wait_for_sound(broken)
    for how, broken in in_front(broken_tabs):
        expect(broken.locator("#headphones-reason"), how).to_have_text("Answer the question first.")
        expect(broken.locator("#trouble"), how).to_be_hidden()


# What the server, or something before it, answers when asked for a sound, and what the page says.
NOT_SENT = "The server does not send this sound."
NOT_ARRIVED = "The sound has not arrived yet."
ANSWERS = {
    "missing": ({"status": 404}, NOT_SENT),
    "forbidden": ({"status": 403}, NOT_SENT),
    "kept away": ({"status": 0}, NOT_ARRIVED),
    "unwell": ({"status": 503}, NOT_ARRIVED),
    "other page": ({"content_type": "text/html", "body": "<p>Please log in."}, NOT_ARRIVED),
    "undecodable": (
        {"content_type": "audio/flac", "body": "no sound at all"},
        "This browser cannot play this sound.",
    ),
}


class SoundsAnswered:
    """Requests of a page for sounds are answered so until it is mended.

    `Page.route` would do, but it switches the cache off: each page would load and compile all its scripts.
    """

    def __init__(self, page: Page, status: int = 200, content_type: str = "", body: str = ""):
        self.session = page.context.new_cdp_session(page)
        self.answer = {
            "responseCode": status,
            "responseHeaders": [{"name": "Content-Type", "value": content_type}],
            "body": base64.b64encode(body.encode()).decode(),
        }
        self.session.on("Fetch.requestPaused", self._answer)
        self.session.send("Fetch.enable", {"patterns": [{"urlPattern": "*/sound/*"}]})

    def _answer(self, event: dict) -> None:
        request = {"requestId": event["requestId"]}
        if self.answer["responseCode"]:
            self.session.send("Fetch.fulfillRequest", request | self.answer)
        else:
            self.session.send("Fetch.failRequest", request | {"errorReason": "Failed"})

    def mend(self) -> None:
        self.session.send("Fetch.disable")


def test_a_sound_that_does_not_come_is_told_and_played_when_it_has_come(new_tab, site):
    tabs = {name: new_tab() for name in ANSWERS}
    opened, sounds = {}, {}
    for name, tab in in_front(tabs):
        sounds[name] = SoundsAnswered(tab, **ANSWERS[name][0])
        open_trial(tab, site)
        opened[name] = time.monotonic()
    for name, tab in in_front(tabs):
        left = SOON - 1000 * (time.monotonic() - opened[name])
        expect(tab.get_by_role("alert"), name).to_contain_text(ANSWERS[name][1], timeout=max(left, 1_000))
    for name, tab in in_front(tabs):
        sounds[name].mend()
        play(tab)
        wait_for_sound(tab)
        expect(tab.locator(".trial .trouble"), name).to_be_hidden()


MODULE = """
const module = (name) => import(performance.getEntriesByType("resource").map((entry) => entry.name)
  .find((address) => address.includes(`/${name}.`)));
"""
REMOVED_WHILE_PUT = """async () => {
  MODULE
  const { put } = Cache.prototype;
  Cache.prototype.put = async function (...given) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    return put.apply(this, given);
  };
  const { Shelf } = await module("offline");
  const shelf = new Shelf("participation-of-nobody");
  const kept = shelf.put("/sound/broken", new Response("no sound at all"));
  await shelf.remove(["/sound/broken"]);
  await kept;
  return (await shelf.get("/sound/broken")) === undefined;
}""".replace("MODULE", MODULE)
BROKEN_FIRST = """async (address) => {
  MODULE
  const { Sounds } = await module("sounds");
  const sounds = new Sounds(new OfflineAudioContext(1, 1, 44100));
  const broken = new Response("no sound at all", { headers: { "Content-Type": "audio/flac" } });
  const answers = [broken, await fetch(address)];
  const fetched = window.fetch; // the page goes on fetching sounds of its own
  window.fetch = async (asked, ...how) => (asked === "/sound/own" ? answers.shift() : fetched(asked, ...how));
  const [first, pressed] = await Promise.allSettled([sounds.get("/sound/own"), sounds.again("/sound/own")]);
  return [first.status, pressed.status];
}""".replace("MODULE", MODULE)


def test_a_broken_sound_is_removed_while_it_is_being_kept_and_does_not_answer_to_a_press(tab, site):
    open_trial(tab, site)
    assert tab.evaluate(REMOVED_WHILE_PUT)
    address = tab.locator(".clip").get_attribute("data-sound")
    assert tab.evaluate(BROKEN_FIRST, address) == ["rejected", "fulfilled"]
