"""Nothing that a researcher has typed is lost: buttons save first, and the browser asks before links."""

import pytest
from playwright.sync_api import expect

TYPED = "Typed for an hour."


@pytest.fixture
def page(new_page, site, request):
    """Return the page of a new draft; every question whether to leave is answered by staying."""
    page = new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{site.address}/admin/study/study/add/")
    page.get_by_label("Username").fill("researcher")
    page.get_by_label("Password").fill("in the lab")
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("Title").fill(request.node.name.replace("_", " "))
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("heading", name="Draft")).to_be_visible()
    page.asked = []
    page.on("dialog", lambda dialog: (page.asked.append(dialog.type), dialog.dismiss()))
    return page


def test_a_button_beside_the_form_saves_it_first(page):
    page.get_by_label("Notes").fill(TYPED)
    page.get_by_role("button", name="Background questionnaire").click()
    expect(page.locator(".messagelist")).to_contain_text("Saved what you had entered in the form.")
    expect(page.locator(".messagelist")).to_contain_text("before the trials")
    expect(page.get_by_label("Notes")).to_have_value(TYPED)
    assert page.asked == []
    page.reload()
    expect(page.get_by_label("Notes")).to_have_value(TYPED)


def test_a_mistake_in_the_form_keeps_everything_and_asks_before_a_link(page):
    page.get_by_label("Notes").fill(TYPED)
    page.get_by_label("Title").fill("")
    page.get_by_role("button", name="Background questionnaire").click()
    expect(page.locator(".errornote").first).to_contain_text("then press the button again")
    expect(page.get_by_label("Notes")).to_have_value(TYPED)
    page.get_by_label("Title").fill("Do links ask?")
    here = page.url
    page.get_by_role("link", name="Add stimuli by rule").click()
    expect(page.get_by_label("Notes")).to_have_value(TYPED)
    assert page.url == here
    assert page.asked == ["beforeunload"]


def test_nobody_is_asked_who_has_typed_nothing_or_has_saved(page):
    page.get_by_label("Notes").fill(TYPED)
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    page.get_by_role("link", name="Add stimuli by rule").click()
    page.wait_for_url("**/stimuli/**")
    assert page.asked == []
