"""Nothing that a researcher has typed is lost: buttons save first, and the browser asks before links."""

import pytest
from playwright.sync_api import expect
from sites import DESK


@pytest.fixture(scope="module")
def draft(chromium, logged_in, site) -> str:
    """Return the address of a new draft."""
    context = chromium.new_context(storage_state=logged_in)
    page = context.new_page()
    page.goto(f"{site.address}/admin/study/study/add/")
    page.get_by_label("Title").fill("Does it ask before it loses?")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("heading", name="Draft")).to_be_visible()
    address = page.url
    context.close()
    return address


@pytest.fixture
def typed(request) -> str:
    """Return a text that does not stand in the form yet, whichever tests have used the draft before."""
    return f"{request.node.name}: typed for an hour."


@pytest.fixture
def page(new_page, logged_in, draft):
    """Return the page of the draft; every question whether to leave is answered by staying."""
    page = new_page(viewport=DESK, storage_state=logged_in)
    page.goto(draft)
    page.asked = []
    page.on("dialog", lambda dialog: (page.asked.append(dialog.type), dialog.dismiss()))
    return page


def test_a_button_beside_the_form_saves_it_first(page, typed):
    page.get_by_label("Notes").fill(typed)
    page.get_by_role("button", name="Background questionnaire").click()
    expect(page.locator(".messagelist")).to_contain_text("Saved what you had entered in the form.")
    expect(page.locator(".messagelist")).to_contain_text("before the trials")
    expect(page.get_by_label("Notes")).to_have_value(typed)
    assert page.asked == []
    page.reload()
    expect(page.get_by_label("Notes")).to_have_value(typed)


def test_a_mistake_in_the_form_keeps_everything_and_asks_before_a_link(page, typed):
    page.get_by_label("Notes").fill(typed)
    page.get_by_label("Title").fill("")
    page.get_by_role("button", name="Background questionnaire").click()
    expect(page.locator(".errornote").first).to_contain_text("then press the button again")
    expect(page.get_by_label("Notes")).to_have_value(typed)
    page.get_by_label("Title").fill("Do links ask?")
    here = page.url
    page.get_by_role("link", name="Add stimuli by rule").click()
    expect(page.get_by_label("Notes")).to_have_value(typed)
    assert page.url == here
    assert page.asked == ["beforeunload"]


def test_nobody_is_asked_who_has_typed_nothing_or_has_saved(page, typed):
    page.get_by_label("Notes").fill(typed)
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    page.get_by_role("link", name="Add stimuli by rule").click()
    page.wait_for_url("**/stimuli/**")
    assert page.asked == []
