"""A program that translates the page is noticed, told and recorded, however it leaves its traces."""

import pytest
from playwright.sync_api import expect
from walking import answer, expect_trial, go_to_trials, hear, press_next

# What programs do to a page, and how it looks when they are switched off.
MARKS = {
    "google": (
        """() => {
          document.documentElement.classList.add("translated-ltr");
          for (const legend of document.querySelectorAll("legend bdi"))
            legend.innerHTML = `<font>Comment ?</font>`;
        }""",
        """() => {
          document.documentElement.classList.remove("translated-ltr");
          for (const legend of document.querySelectorAll("legend bdi"))
            legend.textContent = "How harsh does this sound to you?";
        }""",
    ),
    "class": (
        """() => document.documentElement.classList.add("translated-rtl")""",
        """() => document.documentElement.classList.remove("translated-rtl")""",
    ),
    "edge": (
        """() => document.querySelector("legend").setAttribute("_msttexthash", "1")""",
        """() => document.querySelector("legend").removeAttribute("_msttexthash")""",
    ),
    "firefox": (
        """() => (document.querySelector("legend bdi").firstChild.data = "Quelle dureté ?")""",
        """() => {
          document.querySelector("legend bdi").firstChild.data = "How harsh does this sound to you?";
        }""",
    ),
    "language": (
        """() => (document.documentElement.lang = "fr")""",
        """() => (document.documentElement.lang = "en")""",
    ),
}
TOLD = "A program is translating this page."


def flag(site, token: str) -> int:
    (row,) = site.rows("SELECT machine_translated FROM study_annotator WHERE token = ?", token)
    return row["machine_translated"]


@pytest.mark.parametrize("how", list(MARKS))
def test_it_is_told_and_recorded_with_the_trial(tab, site, how):
    switch_on, switch_off = MARKS[how]
    token = go_to_trials(tab, site)
    hear(tab)
    expect(tab.locator("#machine-translated")).to_be_hidden()
    tab.evaluate(switch_on)
    expect(tab.get_by_role("alert")).to_contain_text(TOLD)
    answer(tab, 3)
    expect(tab.locator("#state")).to_have_text("All answers saved")
    assert flag(site, token) == 1  # before the trial is left
    tab.evaluate(switch_off)
    expect(tab.locator("#machine-translated")).to_be_hidden()
    press_next(tab)
    expect_trial(tab, 2)
    hear(tab)
    answer(tab, 3)
    press_next(tab)
    expect_trial(tab, 3)
    expect(tab.locator("#state")).to_have_text("All answers saved")
    told = [trial["listening"].get("machine_translated") for trial in site.trials(token)]
    assert told == [True, False, None, None]


def test_what_the_page_itself_changes_is_no_translation(tab, site):
    token = go_to_trials(tab, site)
    hear(tab)
    answer(tab, 3)
    press_next(tab)
    expect_trial(tab, 2)
    expect(tab.locator("#state")).to_have_text("All answers saved")
    expect(tab.locator("#machine-translated")).to_be_hidden()
    assert flag(site, token) == 0


@pytest.mark.parametrize("how", ["class", "language"])
def test_it_is_recorded_with_a_form(page, site, how):
    page.goto(f"{site.address}/s/scale/")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/consent")
    token = page.url.split("/")[-2]
    page.evaluate(MARKS[how][0])
    expect(page.get_by_role("alert")).to_contain_text(TOLD)
    page.get_by_label("I have read this, and I agree to take part.").check()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/instructions")
    assert flag(site, token) == 1
    expect(page.locator("#machine-translated")).to_be_hidden()
