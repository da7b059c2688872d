"""The researchers' side of a study in real Chromium: axe finds nothing, on the poster neither."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from schemes import SCHEMES
from sites import DESK

# Django's own table of inline forms has a heading cell without words.
OF_DJANGO = {"rules": {"empty-table-header": {"enabled": False}}}
OPTIONS = {"light": OF_DJANGO | SCHEMES["light"], "dark": SCHEMES["dark"]}


def inspect(page) -> None:
    for scheme, options in OPTIONS.items():
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page, options=options)
        assert found.violations_count == 0, f"{page.url}, {scheme}: {found.generate_report()}"


@pytest.fixture
def page(chromium, logged_in):
    """Return a page of a researcher, not an annotator's: axe itself adds styles that our policy forbids."""
    # The admin's colours change slowly, unless the person wants no motion.
    context = chromium.new_context(viewport=DESK, storage_state=logged_in, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def test_axe_finds_nothing_on_the_pages_of_a_study(page, site):
    ids = {row["slug"]: row["id"] for row in site.rows("SELECT id, slug FROM study_study")}
    study = ids["set-multiple"]
    for path in (
        "",
        f"study/study/{study}/change/",
        f"study/study/{study}/poster/",
        f"study/study/{study}/links/",
        f"study/annotator/?study__id__exact={study}",
    ):
        response = page.goto(f"{site.address}/admin/{path}")
        assert response.status == 200, path
        inspect(page)
    page.context.clear_cookies()
    page.goto(f"{site.address}/admin/")
    page.get_by_label("Password").wait_for()
    inspect(page)


def test_the_admin_asks_for_nothing_that_the_policy_forbids(page, site):
    complaints = []
    page.on("pageerror", lambda error: complaints.append((page.url, str(error))))
    page.on(
        "console",
        lambda message: complaints.append((page.url, message.text)) if message.type == "error" else None,
    )
    page.goto(f"{site.address}/admin/")
    lists = addresses(page, "#content-main .model-link a, #content-main th a, #content-main a.changelink")
    forms = addresses(page, "#content-main a.addlink")
    for address in lists:
        page.goto(address)
        forms += addresses(page, "#result_list tbody th a")[:1]
    assert len(forms) >= 12
    for address in forms:
        assert page.goto(address).status == 200, address
        for what in ("details > summary", ".add-row a:visible"):
            page.locator(what).evaluate_all("(all) => all.forEach((one) => one.click())")
    assert complaints == []


def addresses(page, links: str) -> list[str]:
    found = page.locator(links).evaluate_all("(all) => all.map((one) => one.href)")
    return list(dict.fromkeys(found))


def test_too_many_files_are_refused_before_they_are_sent(page, site):
    page.goto(f"{site.address}/admin/explainer/track/add/")
    files = page.get_by_label("Sound files")
    chosen = [{"name": f"{number}.wav", "mimeType": "audio/wav", "buffer": b"x"} for number in range(1_001)]
    files.set_input_files(chosen)
    assert files.evaluate("(input) => input.validationMessage").startswith(
        "Choose at most 1,000 files at once"
    )
    files.set_input_files(chosen[:1_000])
    assert files.evaluate("(input) => input.validity.valid")
