"""Questionnaire, level, headphone check, links and returns in real Chromium, and how their pages look."""

import json
import re

from playwright.sync_api import expect
from sites import PHONE
from walking import consent, turn_page, wait_for_silence, wait_for_sound


def group_of(page):
    return page.get_by_role("group", name="Do you play?")


def test_a_questionnaire_waits_for_the_network_and_outlives_its_tab(new_page, site, screening):
    page = new_page()
    page.goto(f"{site.address}/s/screened/?PROLIFIC_PID=pid-offline&STUDY_ID=s&SESSION_ID=z")
    consent(page)
    expect(page).to_have_url(re.compile("/questions$"))
    group_of(page).get_by_label("no", exact=True).check()
    context, address = page.context, page.url
    page.close()
    page = context.new_page()
    page.goto(address)
    expect(group_of(page).get_by_label("no", exact=True)).to_be_checked()
    slider = page.get_by_label("How awake are you?")
    slider.focus()
    page.keyboard.press("ArrowRight")
    context.set_offline(True)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("Waiting for the connection.")
    expect(page.get_by_role("alert")).to_be_in_viewport()
    expect(group_of(page).get_by_label("no", exact=True)).to_be_checked()
    page.get_by_role("button", name="Continue").click()  # impatience changes nothing
    context.set_offline(False)
    expect(page).to_have_url(re.compile("/instructions$"))
    given = site.rows(
        """SELECT count(*) AS n FROM study_questionnaireanswer answer JOIN study_annotator annotator
           ON annotator.id = answer.annotator_id WHERE annotator.token = ?""",
        address.split("/")[-2],
    )
    assert given[0]["n"] == 2


# What the server's rules say of them: tests/studyserver/study/questions/test_rules.py.
MET = [
    ("yes, no", "No"), (">= 3", "3"), ("18 to 30", "18"), ('"now, and then", never', "now, and then"),
    (' "a, b" , "c" ', "C"), ('"=1+1"', "=1+1"), ('"say ""x"", y"', 'say "x", y'),
    ('7" vinyl, tape', '7" vinyl'),
    ('"live" take, studio', '"live" take'), ('"live"', '"live"'),
]  # fmt: skip
UNMET = [("yes, no", "perhaps"), ('"now, and then", never', "now"), ('">= 3"', "5"), (">= 3", "2")]


def test_the_browser_reads_rules_as_the_server_does(new_page, site):
    page = new_page()
    page.goto(f"{site.address}/s/scale/")
    meets = (
        "async ([rule, value]) => (await import('/static/study/js/questions/rules.js')).meets(rule, [value])"
    )
    assert [pair for pair in MET if not page.evaluate(meets, list(pair))] == []
    assert [pair for pair in UNMET if page.evaluate(meets, list(pair))] == []


def test_a_recruiters_link_to_the_return_address(new_page, site, screening, inspect):
    """One person: questionnaire with a condition, level, headphone check, trial, questions, return."""
    page = new_page(viewport={"width": 320, "height": 640})
    page.goto(f"{site.address}/s/screened/")
    expect(page.get_by_text("from the site that invited you")).to_be_visible()
    inspect(page)
    page.goto(f"{site.address}/s/screened/?PROLIFIC_PID=pid-1&STUDY_ID=s&SESSION_ID=z")
    consent(page)
    expect(page).to_have_url(re.compile("/questions$"))
    token = page.url.split("/")[-2]
    inspect(page)
    years = page.get_by_label("For how many years")
    expect(years).to_be_hidden()
    page.get_by_role("group", name="Do you play?").get_by_label("yes").check()
    expect(years).to_be_visible()
    page.reload()  # what was entered is still there
    expect(page.get_by_role("group", name="Do you play?").get_by_label("yes")).to_be_checked()
    expect(years).to_be_visible()
    turn_page(page, page.get_by_role("button", name="Continue"))
    expect(page.get_by_role("alert")).to_contain_text("What you have entered is kept")
    expect(page.locator(".error")).to_have_count(2)
    inspect(page)
    years.fill("7")
    slider = page.get_by_label("How awake are you?")
    expect(slider).to_have_attribute("aria-valuetext", "not answered yet")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue to the sound check").click()
    set_level(page, inspect)
    check_headphones(page, site, token, "huggins", inspect)
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for_sound(page)
    wait_for_silence(page)
    page.locator(".points input.answer[value='2']").check()
    page.get_by_role("button", name="Next").click()
    expect(page).to_have_url(re.compile("/questions$"))
    page.get_by_label("What did you pay attention to?").fill("the bass")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("link", name="Go back to where you came from")).to_have_attribute(
        "href", "https://recruiter.example/complete?cc=DONE-1&who=pid-1"
    )
    inspect(page)
    page.goto(f"{site.address}/s/screened/?PROLIFIC_PID=pid-1&STUDY_ID=s&SESSION_ID=other")
    expect(page).to_have_url(re.compile(f"/a/{token}/thanks$"))
    (annotator,) = site.rows("SELECT * FROM study_annotator WHERE token = ?", token)
    checked = json.loads(annotator["sound_check"])
    assert checked["headphones"]["passed"] is True
    assert checked["level_db"] == -19.5


def set_level(page, inspect):
    expect(page).to_have_url(re.compile("/level$"))
    inspect(page)
    page.get_by_role("button", name="Continue").click(force=True)
    expect(page).to_have_url(re.compile("/level$"))  # nothing heard yet
    page.get_by_role("button", name="Play the noise").click()
    wait_for_sound(page)
    page.get_by_label("Volume").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Volume")).to_have_attribute("aria-valuetext", "51 %")
    page.get_by_role("button", name="Continue").click()


def check_headphones(page, site, token, kind, inspect):
    """Answer six trials rightly, as the seed in the database says."""
    for number in range(1, 7):
        expect(page.get_by_text(f"{number} of 6")).to_be_visible()
        if number == 1:
            inspect(page)
        (check,) = site.rows(
            "SELECT * FROM study_headphonecheck WHERE kind = ? AND annotator_id = "
            "(SELECT id FROM study_annotator WHERE token = ?)",
            kind,
            token,
        )
        right = plans_of(kind, check["seed"])[number - 1]
        page.get_by_role("button", name="Play", exact=True).click()
        page.locator(f"input[name=interval][value='{right}']").check()
        expect(page.locator("#headphones-next")).to_have_attribute("aria-disabled", "false")
        page.get_by_role("button", name="Continue").click()


def plans_of(kind: str, seed: int) -> list[int]:
    from studyserver.study.screening.sounds import plans

    return [plan.target for plan in plans(kind, seed)]


def test_a_personal_link_leads_back_and_data_go_by_code(new_page, site, screening, inspect):
    page = new_page(viewport=PHONE)
    page.goto(site.address + screening["personal"])
    consent(page)
    expect(page).to_have_url(re.compile("/instructions$"))
    token = page.url.split("/")[-2]
    other = new_page(viewport=PHONE, locale="de-DE")
    other.goto(site.address + screening["personal"])  # another browser, same person
    expect(other).to_have_url(f"{site.address}/a/{token}/instructions")
    expect(other.get_by_role("heading", name="Was Sie tun")).to_be_visible()
    page.goto(f"{site.address}/a/{token}/leave")
    turn_page(page, page.get_by_role("button", name="Stop taking part"))
    inspect(page)
    code = page.locator("strong").text_content()
    turn_page(page, page.get_by_role("link", name="Delete my data"))
    inspect(page)
    page.get_by_label("Your deletion code").fill("nothing")
    turn_page(page, page.get_by_role("button", name="Continue"))
    expect(page.get_by_role("alert")).to_contain_text("Nothing is stored")
    inspect(page)
    page.get_by_label("Your deletion code").fill(code.lower())
    turn_page(page, page.get_by_role("button", name="Continue"))
    inspect(page)
    turn_page(page, page.get_by_role("button", name="Delete everything"))
    expect(page.get_by_role("status")).to_contain_text("has been deleted")
    assert site.rows("SELECT * FROM study_annotator WHERE token = ?", token) == []
    page.goto(site.address + screening["personal"])
    expect(page.get_by_role("heading", name="This link is not valid")).to_be_visible()
    inspect(page)
