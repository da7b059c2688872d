"""Where no sound comes out the page says so within 10 s, counts nothing as heard, plays when it can again."""

import re

import pytest
from playwright.sync_api import Page, expect
from walking import answer, begin, hear, press_next, wait_for_silence, wait_for_sound, wait_until

SOON = 10_000  # ms
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


@pytest.mark.parametrize("how", list(WORDS))
def test_a_trial_says_why_nothing_sounds_and_plays_when_it_can(page, site, how):
    break_sound(page, how)
    token = open_trial(page, site)
    for _ in range(2):  # again, while nothing has changed
        play(page)
        expect(page.get_by_role("alert")).to_contain_text(WORDS[how], timeout=SOON)
        expect(page.get_by_role("alert")).to_contain_text("your answers are kept")
        expect(page.get_by_role("alert")).to_be_in_viewport()
        wait_for_silence(page)
        expect(page.locator("#reason")).to_have_text("Play the sound first.")
        page.evaluate("document.querySelector('.trial .trouble').hidden = true")
    mend(page)
    hear(page)
    expect(page.locator(".trial .trouble")).to_be_hidden()
    answer(page, 4)
    press_next(page)
    expect(page.locator("#position")).to_have_text("2 of 4")
    expect(page.locator("#state")).to_have_text("All answers saved")
    (heard,) = site.trials(token)[0]["listening"]["presentations"].values()
    assert heard["plays"] == 1
    assert heard["intervals"] == [[0, 1]]


def test_a_sound_that_is_taken_away_in_the_middle_counts_as_far_as_it_came(page, site):
    break_sound(page, None)
    token = open_trial(page, site)
    page.get_by_role("button", name="Loop").click()
    play(page)
    wait_for_sound(page)
    wait_until(page, "() => Number(document.querySelector('.seek').value) > 0.3")
    page.evaluate("window.broken = 'still'")
    expect(page.get_by_role("alert")).to_contain_text(WORDS["still"], timeout=SOON)
    wait_for_silence(page)
    page.get_by_role("button", name="Loop").click()
    mend(page)
    hear(page)
    expect(page.locator(".trial .trouble")).to_be_hidden()
    answer(page, 4)
    press_next(page)
    expect(page.locator("#position")).to_have_text("2 of 4")
    expect(page.locator("#state")).to_have_text("All answers saved")
    (heard,) = site.trials(token)[0]["listening"]["presentations"].values()
    assert heard["plays"] == 2
    (_, stopped), (went_on, end) = heard["intervals"][-2:]
    assert stopped == pytest.approx(went_on, abs=0.002)
    assert end == 1


def test_a_call_in_the_middle_is_told(page, site):
    open_trial(page, site)
    page.get_by_role("button", name="Loop").click()
    page.evaluate(
        """() => {
          const { start } = AudioBufferSourceNode.prototype;
          AudioBufferSourceNode.prototype.start = function (...when) {
            window.context = this.context;
            return start.apply(this, when);
          };
        }"""
    )
    play(page)
    wait_for_sound(page)
    page.evaluate("window.context.suspend()")
    expect(page.get_by_role("alert")).to_contain_text(WORDS["taken"], timeout=SOON)
    wait_for_silence(page)
    play(page)
    wait_for_sound(page)
    expect(page.locator(".trial .trouble")).to_be_hidden()


@pytest.mark.parametrize("how", list(WORDS))
def test_examples_say_why_nothing_sounds(page, site, how):
    break_sound(page, None)
    begin(page, site, "kinds")
    expect(page.locator("#reason")).to_have_text("Play the sound first.")
    page.evaluate("(how) => (window.broken = how)", how)
    page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    page.get_by_text("Listen to examples").click()
    page.get_by_role("button", name="Play very harsh", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(WORDS[how], timeout=SOON)
    expect(page.get_by_role("alert")).to_be_in_viewport()
    mend(page)
    page.get_by_role("button", name="Play very harsh", exact=True).click()
    expect(page.locator(".trial .trouble")).to_be_hidden()


@pytest.mark.parametrize("how", list(WORDS))
def test_the_sound_check_says_why_nothing_sounds(page, site, how):
    break_sound(page, how)
    page.goto(f"{site.address}/s/scale/")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("I have read this, and I agree to take part.").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue to the sound check").click()
    page.get_by_role("button", name="Play the tones").click()
    expect(page.get_by_role("alert")).to_contain_text(WORDS[how], timeout=SOON)
    expect(page.locator("#check-reason")).to_have_text("Play the tones first.")
    mend(page)
    page.get_by_role("button", name="Play the tones").click()
    expect(page.locator("#check-reason")).to_have_text("Choose how many tones you heard.")
    expect(page.locator("#trouble")).to_be_hidden()


@pytest.mark.parametrize("how", list(WORDS))
def test_level_and_headphone_check_say_why_nothing_sounds(page, site, screening, how):
    break_sound(page, how)
    page.goto(f"{site.address}/s/screened/?PROLIFIC_PID=pid-{how}&STUDY_ID=s&SESSION_ID=z")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("I have read this, and I agree to take part.").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("group", name="Do you play?").get_by_label("no", exact=True).check()
    page.get_by_label("How awake are you?").press("ArrowRight")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue to the sound check").click()
    noise = page.locator("#play-noise")
    noise.click()
    expect(page.get_by_role("alert")).to_contain_text(WORDS[how], timeout=SOON)
    wait_for_silence(page)
    expect(page.locator("#level-next")).to_have_attribute("aria-disabled", "true")
    mend(page)
    noise.click()
    expect(page.locator("#level-next")).to_have_attribute("aria-disabled", "false")
    expect(page.locator("#trouble")).to_be_hidden()
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile("/headphones$"))
    play(page)
    expect(page.get_by_role("alert")).to_contain_text(WORDS[how], timeout=SOON)
    wait_for_silence(page)
    expect(page.locator("#headphones-reason")).to_have_text("Play the sound first.")
    mend(page)
    play(page)
    wait_for_sound(page)
    expect(page.locator("#headphones-reason")).to_have_text("Answer the question first.")
    expect(page.locator("#trouble")).to_be_hidden()


@pytest.mark.parametrize(
    ("answered", "words"),
    [
        ({"status": 404}, "The server does not send this sound."),
        ({"status": 403}, "The server does not send this sound."),
        (None, "The sound has not arrived yet."),
        ({"status": 503}, "The sound has not arrived yet."),
        ({"content_type": "text/html", "body": "<p>Please log in."}, "The sound has not arrived yet."),
        ({"content_type": "audio/flac", "body": "no sound at all"}, "This browser cannot play this sound."),
    ],
    ids=["missing", "forbidden", "kept-away", "unwell", "other-page", "undecodable"],
)
def test_a_sound_that_does_not_come_is_told_and_played_when_it_has_come(page, site, answered, words):
    page.route(
        "**/sound/*", lambda route: route.fulfill(**answered) if answered is not None else route.abort()
    )
    open_trial(page, site)
    expect(page.get_by_role("alert")).to_contain_text(words, timeout=SOON)
    page.unroute("**/sound/*")
    play(page)
    wait_for_sound(page)
    expect(page.locator(".trial .trouble")).to_be_hidden()


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


def test_a_broken_sound_is_removed_even_while_it_is_being_kept(page, site):
    open_trial(page, site)
    assert page.evaluate(REMOVED_WHILE_PUT)


def test_a_broken_sound_that_is_on_its_way_does_not_answer_to_a_press(page, site):
    open_trial(page, site)
    address = page.locator(".clip").get_attribute("data-sound")
    assert page.evaluate(BROKEN_FIRST, address) == ["rejected", "fulfilled"]
