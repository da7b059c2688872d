"""No answer is lost: network cut, server restarted, page reloaded, two tabs, expired token, double clicks."""

import re

import pytest
from playwright.sync_api import expect
from walking import answer, begin, expect_trial, go_to_trials, hear, press_next, wait_until_ready

SAVED = "All answers saved"
OFFLINE = "Offline: answers are kept here"

# Reload, the old page telling about its state as long as it lives.
LEAVE_BEHIND = """() => {
  const state = document.getElementById("state");
  const tell = () => console.log(state.dataset.state);
  new MutationObserver(tell).observe(state, { attributes: true, attributeFilter: ["data-state"] });
  setTimeout(() => location.reload());
}"""


def values(site, token):
    return [row["value"] for row in site.answers(token)]


def test_the_network_is_cut_and_the_study_goes_on_to_its_end(page, site):
    token = go_to_trials(page, site)
    hear(page)
    expect(page.locator("#state")).to_have_text(SAVED)
    wait_until_ready(page, 4)
    page.context.set_offline(True)
    for number, point in enumerate([4, 2, 5, 1], start=1):
        expect_trial(page, number)
        if number > 1:
            hear(page)
        answer(page, 3)
        answer(page, point)
        expect(page.locator("#state")).to_have_text(OFFLINE)
        press_next(page)
    expect(page.locator("#reason")).to_contain_text("Waiting for the connection.")
    assert values(site, token) == []
    page.context.set_offline(False)
    expect(page).to_have_url(re.compile("/thanks$"))
    assert values(site, token) == [4, 2, 5, 1]
    assert all(trial["finished_at"] for trial in site.trials(token))


def test_whoever_was_refused_while_offline_is_led_back_and_loses_nothing(page, site):
    """The server finds the first trial unheard; the second, done meanwhile, waits until its turn."""
    token = go_to_trials(page, site)
    hear(page)
    answer(page, 4)
    expect(page.locator("#state")).to_have_text(SAVED)
    wait_until_ready(page, 4)
    page.route("**/finish", lambda route: route.continue_(post_data='{"listening": {}}'))
    page.context.set_offline(True)
    press_next(page)
    expect_trial(page, 2)
    hear(page)
    answer(page, 2)
    press_next(page)
    expect_trial(page, 3)
    page.context.set_offline(False)
    expect_trial(page, 1)
    page.unroute("**/finish")
    press_next(page)  # this browser knows that it was heard
    expect_trial(page, 2)
    expect(page.locator("input.answer[value='2']")).to_be_checked()
    press_next(page)
    expect_trial(page, 3)
    expect(page.locator("#state")).to_have_text(SAVED)
    assert values(site, token) == [4, 2]
    expect_the_last_answer_to_wait_for_the_network(page, site, token)


def expect_the_last_answer_to_wait_for_the_network(page, site, token: str) -> None:
    """From the third of four trials on, all before it being saved."""
    for number in (3, 4):
        expect_trial(page, number)
        hear(page)
        expect(page.locator("#state")).to_have_text(SAVED)
        if number == 4:
            page.context.set_offline(True)
        answer(page, number)
        press_next(page)
    expect(page.locator("#state")).to_have_text(OFFLINE)
    assert not re.search("/thanks$", page.url)
    (annotator,) = site.rows("SELECT * FROM study_annotator WHERE token = ?", token)
    assert annotator["completion_code"] == ""
    page.context.set_offline(False)
    expect(page).to_have_url(re.compile("/thanks$"))
    assert values(site, token) == [4, 2, 3, 4]


def test_the_server_is_restarted_in_the_middle(tab, site):
    token = go_to_trials(tab, site)
    hear(tab)
    expect(tab.locator("#state")).to_have_text(SAVED)
    site.stop()
    try:
        answer(tab, 5)
        expect(tab.locator("#state")).to_have_text(OFFLINE)
        assert values(site, token) == []
    finally:
        site.start()
    expect(tab.locator("#state")).to_have_text(SAVED, timeout=60_000)  # it asks less and less often
    assert values(site, token) == [5]


def test_a_reload_restores_answers_and_what_was_heard(page, site):
    token = begin(page, site)
    hear(page)
    answer(page, 4)
    expect(page.locator("#state")).to_have_text(SAVED)
    page.reload()
    expect(page.locator("input.answer[value='4']")).to_be_checked()
    expect(page.get_by_role("button", name="Next")).to_be_enabled()
    answer(page, 2)
    press_next(page)
    expect_trial(page, 2)
    page.evaluate("window.isTheOldPage = true")
    page.go_back()  # leads to the sound check, and from there to the trial that is due
    page.wait_for_function("!window.isTheOldPage")
    expect_trial(page, 2)
    expect(page.locator("input.answer:checked")).to_have_count(0)
    assert values(site, token) == [2]
    listening = site.trials(token)[0]["listening"]
    assert listening["reloads"] == 1
    assert listening["answer_changes"] == 1


def test_a_page_that_is_out_of_date_when_it_arrives_shows_the_trial_that_is_due(new_page, site):
    """The trial is finished, receipt and all, between the making of a page by the server and its arrival."""
    page = new_page(service_workers="block")  # the pages that they ask for cannot be held back here
    token = go_to_trials(page, site)
    hear(page)
    answer(page, 4)
    expect(page.locator("#state")).to_have_text(SAVED)
    finishing, arriving = [], []
    page.route("**/finish", lambda route: finishing.append(route))
    press_next(page)
    expect_trial(page, 2)
    page.route("**/trials", lambda route: arriving.append((route, route.fetch())))
    page.evaluate(LEAVE_BEHIND)
    while not arriving:
        page.wait_for_timeout(50)
    with page.expect_console_message(lambda message: message.text == "saved"):
        finishing[0].fulfill(response=finishing[0].fetch())
    route, made = arriving[0]
    assert "1 of 4" in made.text()
    with page.expect_navigation():
        route.fulfill(response=made)
    expect_trial(page, 2)
    expect(page.locator("input.answer:checked")).to_have_count(0)
    assert values(site, token) == [4]


def test_another_device_sees_the_answers_and_counts_on_from_them(new_tab, new_page, site):
    first = new_tab()
    token = go_to_trials(first, site)
    hear(first)
    for point in (1, 2, 3):
        answer(first, point)
    expect(first.locator("#state")).to_have_text(SAVED)
    second = new_page()
    second.goto(f"{site.address}/a/{token}/")
    expect(second.locator("input.answer[value='3']")).to_be_checked()
    answer(second, 5)
    expect(second.locator("#state")).to_have_text(SAVED)
    assert values(site, token) == [5]


def test_two_tabs_agree(new_tab, site):
    page = new_tab()
    token = go_to_trials(page, site)
    other = new_tab()
    other.goto(f"{site.address}/a/{token}/")
    page.bring_to_front()
    hear(page)
    answer(page, 4)
    other.bring_to_front()
    expect(other.locator("input.answer[value='4']")).to_be_checked()
    answer(other, 3)
    page.bring_to_front()
    expect(page.locator("input.answer[value='3']")).to_be_checked()
    answer(page, 1)
    press_next(page)
    expect_trial(page, 2)
    expect_trial(other, 2)
    sequences = site.rows(
        """SELECT sequence FROM study_judgment judgment JOIN study_trial trial ON trial.id = judgment.trial_id
           JOIN study_annotator annotator ON annotator.id = trial.annotator_id WHERE annotator.token = ?""",
        token,
    )
    assert len({row["sequence"] for row in sequences}) == 3
    assert values(site, token) == [1]


def test_an_expired_csrf_token_is_renewed(page, site):
    token = go_to_trials(page, site)
    hear(page)
    expect(page.locator("#state")).to_have_text(SAVED)
    page.context.clear_cookies(name="csrftoken")
    answer_and_expect_it_saved(page, site, token, 2)
    page.context.clear_cookies(name="csrftoken")
    page.context.add_cookies([{"name": "csrftoken", "value": "x" * 32, "url": site.address}])
    answer_and_expect_it_saved(page, site, token, 3)


def answer_and_expect_it_saved(page, site, token: str, point: int) -> None:
    with page.expect_response(lambda response: response.url.endswith("/judgments") and response.ok):
        answer(page, point)
    expect(page.locator("#state")).to_have_text(SAVED)
    assert values(site, token) == [point]


# The store takes long; the page goes within the very moment in which an answer is given.
ANSWER_AND_GO = """(address) => {
  IDBDatabase.prototype.transaction = () => ({ objectStore: () => ({ get: () => ({}), put: () => ({}) }) });
  document.querySelector(".points input.answer[value='4']").click();
  location.assign(address);
}"""
UNDER_WAY = "Object.keys(localStorage).filter((name) => name.startsWith('under-way/'))"


def test_an_answer_given_in_the_moment_in_which_the_page_goes_is_kept_once(page, site):
    token = go_to_trials(page, site)
    hear(page)
    answer(page, 2)
    expect(page.locator("#state")).to_have_text(SAVED)
    with page.expect_navigation():
        page.evaluate(ANSWER_AND_GO, page.url)
    expect(page.locator("input.answer[value='4']")).to_be_checked()
    expect(page.locator("#state")).to_have_text(SAVED)
    assert values(site, token) == [4]
    assert page.evaluate(UNDER_WAY) == []
    expect_an_answer_that_the_store_has_not_to_be_kept_twice(page, site, token)


def expect_an_answer_that_the_store_has_not_to_be_kept_twice(page, site, token: str) -> None:
    """The page goes when the transaction is through, before it crosses out what it wrote down."""
    page.evaluate("Storage.prototype.removeItem = () => {}")
    answer(page, 5)
    expect(page.locator("#state")).to_have_text(SAVED)
    assert len(page.evaluate(UNDER_WAY)) == 1
    sent = []
    page.on("request", lambda request: request.url.endswith("/judgments") and sent.append(request.url))
    page.reload()
    expect(page.locator("input.answer[value='5']")).to_be_checked()
    expect(page.locator("#state")).to_have_text(SAVED)
    assert page.evaluate(UNDER_WAY) == []
    assert sent == []
    assert values(site, token) == [5]


@pytest.mark.parametrize("answered_before", [True, False])
def test_an_answer_given_in_the_moment_in_which_somebody_leaves_is_kept(tab, site, answered_before):
    """Whose first answer it is may choose about it all the same."""
    token = go_to_trials(tab, site)
    hear(tab)
    if answered_before:
        answer(tab, 2)
        expect(tab.locator("#state")).to_have_text(SAVED)
    with tab.expect_navigation():
        tab.evaluate(ANSWER_AND_GO, f"{site.address}/a/{token}/leave")
    tab.get_by_label("Yes").check()
    tab.get_by_role("button", name="Stop taking part").click()
    expect(tab.get_by_role("button", name="Stop taking part")).to_have_count(0)
    assert values(site, token) == [4]


def test_double_clicks_count_once(page, site):
    page.goto(f"{site.address}/s/scale/")
    count = "SELECT count(*) AS n FROM study_annotator"
    (before,) = site.rows(count)
    page.get_by_role("button", name="Begin").dblclick()
    page.wait_for_url("**/consent")
    (after,) = site.rows(count)
    assert after["n"] == before["n"] + 1
    token = begin(page, site, begin_label="I am somebody else: start again")
    hear(page)
    answer(page, 3)
    button = page.get_by_role("button", name="Next")
    expect(button).to_be_enabled()
    button.dblclick()
    expect_trial(page, 2)
    page.wait_for_timeout(500)
    expect_trial(page, 2)
    assert [bool(trial["finished_at"]) for trial in site.trials(token)] == [True, False, False, False]
