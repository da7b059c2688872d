"""The page comes back while the server cannot be reached, with all that was entered; never otherwise."""

import re
from datetime import UTC, datetime

from playwright.sync_api import Page, expect
from walking import (
    answer,
    expect_trial,
    go_to_trials,
    hear,
    press_next,
    turn_page,
    wait_for_silence,
    wait_for_sound,
    wait_until,
    wait_until_ready,
)

SAVED = "All answers saved"
OFFLINE = "Offline: answers are kept here"
PRACTICE = "1 of 3 · practice"
EXPIRE = """() => {
  const { worker } = document.getElementById("trials").dataset;
  return navigator.serviceWorker.register(worker.replace(/until=\\d+/, "until=1")).then(() => null);
}"""
HAS_EXPIRED = """async () => {
  const registration = await navigator.serviceWorker.getRegistration();
  return registration.active?.scriptURL.endsWith("until=1");
}"""
# There is one page, and it is not the one that was there before.
IS_NEW = """async ([before, token]) => {
  const pages = (await caches.keys()).filter((name) => name.startsWith(`participation-${token}/`));
  return pages.length === 1 && !before.includes(pages[0]);
}"""
# The sounds and the page of one participation, and its service worker, are all that is kept; or nothing.
KEEPS = """async (token) => {
  const names = await caches.keys();
  const workers = await navigator.serviceWorker.getRegistrations();
  if (!token) return names.length === 0 && workers.length === 0;
  return names.length === 2 && workers.length === 1 && names.every((name) => name.includes(token));
}"""


def reload(page: Page) -> None:
    """Load the page again, and see that it is the one that was kept."""
    page.evaluate("window.isTheOldPage = true")
    response = page.reload()
    page.wait_for_function("!window.isTheOldPage")
    assert "without-trial" in response.text()


def test_reloads_while_offline_lose_nothing_and_go_on(page, site):
    token = go_to_trials(page, site)
    hear(page)
    answer(page, 4)
    expect(page.locator("#state")).to_have_text(SAVED)
    wait_until_ready(page, 4)
    page.context.set_offline(True)
    reload(page)
    expect_trial(page, 1)
    expect(page.locator("input.answer[value='4']")).to_be_checked()
    answer(page, 2)
    expect(page.locator("#state")).to_have_text(OFFLINE)
    press_next(page)  # heard before the reload
    for number, point in [(2, 5), (3, 1), (4, 3)]:
        expect_trial(page, number)
        reload(page)
        expect_trial(page, number)
        hear(page)
        answer(page, 4)
        answer(page, point)
        press_next(page)
    expect(page.locator("#reason")).to_contain_text("Waiting for the connection.")
    reload(page)
    expect_trial(page, 4)
    expect(page.locator("input.answer[value='3']")).to_be_checked()
    expect(page.locator("#reason")).to_contain_text("Waiting for the connection.")
    online = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"  # as SQLite has it
    page.context.set_offline(False)
    expect(page).to_have_url(re.compile("/thanks$"))
    times = [[trial["presented_at"], trial["finished_at"]] for trial in site.trials(token)]
    times = [time for pair in times for time in pair]
    assert times == sorted(times)
    assert times[-1] < online  # when Next was pressed, not when the server heard of it
    assert [row["value"] for row in site.answers(token)] == [2, 5, 1, 3]
    wait_until(page, KEEPS)


def test_the_network_counts_as_soon_as_it_answers(new_page, site):
    page, elsewhere = new_page(), new_page()
    token = go_to_trials(page, site)
    wait_until_ready(page, 4)
    assert "without-trial" not in page.reload().text()
    page.context.set_offline(True)
    reload(page)
    expect_trial(page, 1)
    elsewhere.goto(f"{site.address}/a/{token}/")
    hear(elsewhere)
    answer(elsewhere, 5)
    press_next(elsewhere)
    expect_trial(elsewhere, 2)
    expect(elsewhere.locator("#state")).to_have_text(SAVED)
    page.context.set_offline(False)
    expect_trial(page, 2)
    assert "without-trial" not in page.reload().text()


def test_what_is_told_about_the_practice_is_not_missed(page, site):
    page.goto(f"{site.address}/a/{site.presentations['abx'].pop()}/")
    expect(page.locator("#position")).to_have_text(PRACTICE)
    for name in ("A", "B", "X"):
        page.get_by_role("button", name=f"Play {name}").click()
        wait_for_sound(page)
        wait_for_silence(page)
    page.get_by_label("X is A").check()
    expect(page.locator("#state")).to_have_text(SAVED)
    wait_until_ready(page, 9)
    page.context.set_offline(True)
    press_next(page)
    expect(page.locator("#reason")).to_contain_text("Waiting for the connection.")
    reload(page)
    expect(page.locator("#position")).to_have_text(PRACTICE)
    expect(page.locator("#reason")).to_contain_text("Waiting for the connection.")
    page.context.set_offline(False)
    expect(page.locator(".feedback")).to_contain_text("Listen to the very beginning.")
    page.wait_for_timeout(3_500)  # longer than what is not told to wait
    expect(page.locator("#position")).to_have_text(PRACTICE)
    press_next(page)
    expect_trial(page, 2, 3)


def test_a_device_keeps_each_participation_apart_and_forgets_those_that_have_ended(page, site):
    first = go_to_trials(page, site)
    wait_until_ready(page, 4)
    second = go_to_trials(page, site)
    wait_until_ready(page, 4)
    hear(page)
    page.goto(f"{site.address}/a/{second}/leave")
    page.get_by_role("button", name="Stop taking part").click()
    page.wait_for_url("**/ended")
    wait_until(page, KEEPS, first)
    page.goto(f"{site.address}/a/{first}/")
    page.context.set_offline(True)
    reload(page)
    expect_trial(page, 1)


def test_what_has_expired_is_forgotten_when_the_device_is_used_again(page, site):
    go_to_trials(page, site)
    wait_until_ready(page, 4)
    page.evaluate(EXPIRE)
    wait_until(page, HAS_EXPIRED)
    second = go_to_trials(page, site)
    wait_until_ready(page, 4)
    wait_until(page, KEEPS, second)


def test_another_version_replaces_the_one_before(page, site):
    """Another language is another version of the page, as another deployment is."""
    token = go_to_trials(page, site)
    wait_until_ready(page, 4)
    before = page.evaluate("caches.keys()")
    page.get_by_label("Language").select_option("de")
    turn_page(page, page.get_by_role("button", name="Change"))
    expect(page.locator("#position")).to_have_text("1 von 4")
    wait_until(page, IS_NEW, [before, token])
    page.context.set_offline(True)
    reload(page)
    expect(page.locator("#position")).to_have_text("1 von 4")
    expect(page.locator("#reason")).to_have_text("Spielen Sie zuerst den Klang ab.")
