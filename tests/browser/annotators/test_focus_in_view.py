"""What takes the focus can be seen whole: at 400 % zoom, on a phone held sideways, going forth and back."""

from playwright.sync_api import expect
from sites import DESK, PHONE
from walking import go_to_trials, wait_until

ZOOMED = {"width": 320, "height": 256}  # a screen of 1280 x 1024 at 400 %
SIDEWAYS = {"width": 740, "height": 360}
SMALL = [ZOOMED, SIDEWAYS]
# Presentations, and how many controls of each take the focus at least.
PRESENTATIONS = {
    "single-stretches": 8,
    "pair": 6,
    "pair_reference": 7,
    "multiple_reference": 10,
    "abx": 7,
    "intruder": 8,
}
# What has the focus, as {name, seen}: `seen` unless something lies upon its upper end, middle or lower end.
FOCUSED = """() => {
  const control = document.activeElement;
  if (control === document.body) return null;
  const { left, right, top, bottom, width } = control.getBoundingClientRect();
  const x = left + width / 2;
  const [upper, lower] = [Math.max(top, 0) + 3, Math.min(bottom, innerHeight) - 3];
  const whole = bottom - top > innerHeight || (top >= -1 && bottom <= innerHeight + 1);
  const on = [upper, (upper + lower) / 2, lower].map((y) => document.elementFromPoint(x, y));
  const name = control.ariaLabel || control.id || control.className || control.name || control.tagName;
  const isOf = (one) => one && (control === one || control.contains(one) || one.contains(control));
  return {
    name: `${control.tagName} ${name} ${[left, top, right, bottom].map(Math.round)}`,
    seen: whole && on.every(isOf),
  };
}"""


def resize(page, size: dict) -> None:
    """Give the page another size, and wait until it has been told."""
    page.set_viewport_size(size)
    wait_until(page, "(width) => innerWidth === width", size["width"])
    page.evaluate("() => new Promise((told) => requestAnimationFrame(() => setTimeout(told)))")


def walk_by_tab(page, key: str) -> list[dict]:
    """Press the key until the focus has been everywhere, and return what had it."""
    met = []
    while len(met) < 100:
        page.keyboard.press(key)
        focused = page.evaluate(FOCUSED)
        if focused is None:
            return met
        met.append(focused)
    raise AssertionError("The focus goes round without an end.")


def check_focus(page, least: int, name: str = "") -> None:
    """Tab through a page forth and back at each small size; nothing may lie upon what has the focus."""
    where = name or page.url
    for size in SMALL:
        resize(page, size)
        for key in ("Tab", "Shift+Tab"):
            met = walk_by_tab(page, key)
            assert len(met) >= least, where
            assert [one["name"] for one in met if not one["seen"]] == [], (size, key, where)


def at_hand(page) -> bool:
    """Say whether the player can be used while the end of the page is in view."""
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    return page.locator(".play").first.evaluate(
        """(button) => {
          const { left, top, width, height } = button.getBoundingClientRect();
          return button.contains(document.elementFromPoint(left + width / 2, top + height / 2));
        }"""
    )


def test_the_player_covers_nothing_that_has_the_focus(new_page, site):
    page = new_page()
    for name, least in PRESENTATIONS.items():
        page.goto(f"{site.address}/a/{site.presentations[name][0]}/")
        expect(page.locator("#reason")).not_to_have_text("One moment …")
        check_focus(page, least, name)


def test_several_clips_stay_at_hand_where_there_is_room(new_page, site):
    page = new_page(viewport=PHONE)
    page.goto(f"{site.address}/a/{site.presentations['multiple'][0]}/")
    expect(page.locator("#reason")).not_to_have_text("One moment …")
    assert at_hand(page)
    resize(page, SIDEWAYS)
    assert not at_hand(page)
    resize(page, PHONE)
    assert at_hand(page)
    check_focus(page, 12)


def test_a_long_trial_of_one_clip_keeps_its_player_at_hand_where_there_is_room(new_page, site):
    page = new_page(viewport=PHONE)
    go_to_trials(page, site, "kinds")
    expect(page.locator("#reason")).to_have_text("Play the sound first.")
    for size in (PHONE, SIDEWAYS, DESK):
        resize(page, size)
        assert at_hand(page), size
    check_focus(page, 14)
    resize(page, ZOOMED)
    assert not at_hand(page)
    resize(page, PHONE)
    check_room_while_typing(page)


def check_room_while_typing(page) -> None:
    """Check that a keyboard on the screen leaves room for what is typed.

    The keyboard takes from the visual viewport, or from the window, and changes nothing in size.
    """
    field = page.get_by_label("Anything else?")
    field.focus()
    height = page.locator(".player").bounding_box()["height"]
    expect(page.locator(".player")).to_have_attribute("data-at-hand", "")
    resize(page, {"width": 360, "height": 300})
    expect(page.locator(".player")).not_to_have_attribute("data-at-hand", "")
    assert page.locator(".player").bounding_box()["height"] == height
    field.blur()
    field.focus()
    assert page.evaluate(FOCUSED)["seen"]


def test_pages_before_the_trials_show_what_has_the_focus(new_page, site, screening):
    page = new_page()
    page.goto(f"{site.address}/s/screened/?PROLIFIC_PID=pid-focus&STUDY_ID=s&SESSION_ID=z")
    check_focus(page, 3)
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("I have read this, and I agree to take part.").check()
    check_focus(page, 4)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/questions")
    check_focus(page, 5)
    page.get_by_label("no", exact=True).first.check()
    page.get_by_label("How awake are you?").press("ArrowRight")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue to the sound check").click()
    page.wait_for_url("**/level")
    expect(page.get_by_role("button", name="Play the noise")).to_be_enabled()
    check_focus(page, 5)


def test_the_sound_check_shows_what_has_the_focus(new_page, site):
    page = new_page()
    page.goto(f"{site.address}/s/scale/")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("I have read this, and I agree to take part.").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue to the sound check").click()
    expect(page.get_by_role("button", name="Play the tones")).to_be_enabled()
    check_focus(page, 5)
