"""The whole study in real Chromium, by mouse and by keyboard."""

import re

from playwright.sync_api import expect
from walking import answer, begin, expect_trial, hear, press_next, wait_for_silence, wait_for_sound

NAME_OF_FOCUS = """() => {
  const control = document.activeElement;
  return (control.ariaLabel ?? control.labels?.[0]?.textContent ?? control.textContent).trim();
}"""


def test_a_study_taken_by_mouse(new_page, site):
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    token = begin(page, site)
    for number, point in enumerate([4, 2, 5, 1], start=1):
        expect_trial(page, number)
        expect(page.locator("#reason")).to_have_text("Play the sound first.")
        hear(page)
        expect(page.locator("#reason")).to_have_text("Answer the question first.")
        answer(page, 3)
        answer(page, point)
        press_next(page)
    expect(page).to_have_url(re.compile("/thanks$"))
    code = page.locator("#code").text_content()
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#copied")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == code
    assert [row["value"] for row in site.answers(token)] == [4, 2, 5, 1]
    (annotator,) = site.rows("SELECT * FROM study_annotator WHERE token = ?", token)
    assert annotator["completion_code"] == code
    assert annotator["state"] == "finished"
    for trial in site.trials(token):
        (heard,) = trial["listening"]["presentations"].values()
        assert heard["plays"] == 1
        assert heard["seconds_heard"] >= 0.99
        assert trial["listening"]["answer_changes"] == 1
        assert trial["listening"]["output_sample_rate"] >= 8000
        assert trial["presented_at"]


def test_a_study_taken_by_keyboard_alone(new_page, site):
    page = new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{site.address}/s/scale/")
    press_until(page, "Begin")
    page.keyboard.press("Enter")
    page.wait_for_url("**/consent")
    press_until(page, "I have read this, and I agree to take part.")
    page.keyboard.press("Space")
    press_until(page, "Continue")
    page.keyboard.press("Enter")
    page.wait_for_url("**/instructions")
    press_until(page, "Continue to the sound check")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sound-check")
    for _ in range(2):
        press_until(page, "Play the tones")
        page.keyboard.press("Enter")
        expect(page.locator("#check-reason")).to_have_text("Choose how many tones you heard.")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
    press_until(page, "Continue")
    page.keyboard.press("Enter")
    page.wait_for_url("**/trials")
    token = page.url.split("/")[-2]
    for number, point in enumerate([1, 2, 3, 4], start=1):
        expect_trial(page, number)
        expect(page.locator("#reason")).to_have_text("Play the sound first.")
        page.keyboard.press("Space")
        wait_for_sound(page)
        wait_for_silence(page)
        page.keyboard.press(str(point))
        expect(page.get_by_role("button", name="Next")).to_be_enabled()
        page.keyboard.press("Enter")
    page.wait_for_url("**/thanks")
    assert [row["value"] for row in site.answers(token)] == [1, 2, 3, 4]


def press_until(page, name: str) -> None:
    """Go on with the tab key until the control of that name has the focus."""
    for _ in range(20):
        page.keyboard.press("Tab")
        focused = page.evaluate(NAME_OF_FOCUS)
        if focused == name:
            return
    raise AssertionError(f"The tab key never reached “{name}”.")
