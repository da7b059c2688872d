"""One link on two devices: the page of the one that comes too late says so, and leads on."""

from playwright.sync_api import expect
from walking import answer, expect_trial, go_to_trials, hear, press_next


def test_an_answer_to_a_trial_finished_elsewhere_is_refused_on_the_page(new_page, site):
    computer, phone = new_page(), new_page()
    token = go_to_trials(computer, site)
    phone.goto(f"{site.address}/a/{token}/")
    expect_trial(phone, 1)
    hear(computer)
    answer(computer, 4)
    press_next(computer)
    expect_trial(computer, 2)
    expect(computer.locator("#state")).to_have_text("All answers saved")
    hear(phone)
    answer(phone, 1)
    expect(phone.locator(".trouble")).to_contain_text("finished on another device")
    press_next(phone)
    expect_trial(phone, 2)
    assert [row["value"] for row in site.answers(token)] == [4]
