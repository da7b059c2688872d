"""Researchers who have logged in."""

import pytest
from sites import DESK


@pytest.fixture(scope="module")
def logged_in(chromium, site) -> dict:
    """Log in once for one file's tests; return what a context remembers of it."""
    context = chromium.new_context(viewport=DESK)
    page = context.new_page()
    page.goto(f"{site.address}/admin/")
    page.get_by_label("Username").fill("researcher")
    page.get_by_label("Password").fill("in the lab")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="From tracks to clips, from studies to results").wait_for()
    remembered = context.storage_state()
    context.close()
    return remembered
