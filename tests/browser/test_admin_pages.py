"""The researchers' side of a study in real Chromium: axe finds nothing, on the poster neither."""

from axe_playwright_python.sync_playwright import Axe

# Django's own table of inline forms has a heading cell without words.
OF_DJANGO = {"rules": {"empty-table-header": {"enabled": False}}}


def log_in(page, site) -> None:
    page.goto(f"{site.address}/admin/")
    inspect(page)
    page.get_by_label("Username").fill("researcher")
    page.get_by_label("Password").fill("in the lab")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="From tracks to clips, from studies to results").wait_for()


def inspect(page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.reload()  # the admin's colours change slowly
        found = Axe().run(page, options=OF_DJANGO)
        assert found.violations_count == 0, f"{page.url}, {scheme}: {found.generate_report()}"


def test_axe_finds_nothing_on_the_pages_of_a_study(chromium, site):
    # Not an annotator's page, whose console must be silent: Django tries styles that the policy forbids.
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    log_in(page, site)
    ids = {row["slug"]: row["id"] for row in site.rows("SELECT id, slug FROM study_study")}
    study = f"study/study/{ids['set-multiple']}"
    for path in ("", f"{study}/change/", f"{study}/poster/", f"{study}/links/", "study/annotator/"):
        response = page.goto(f"{site.address}/admin/{path}")
        assert response.status == 200, path
        inspect(page)
    page.context.close()
