"""How the pages look and behave: accessibility, the fold, every kind of question, clips, languages."""

import re

import pytest
from example_values import AWKWARD
from playwright.sync_api import expect
from sites import PHONE
from walking import (
    PRESS,
    answer,
    expect_trial,
    go_to_trials,
    hear,
    pass_sound_check,
    press_next,
    seek,
    turn_page,
    wait_for_loops,
    wait_for_silence,
    wait_for_sound,
)

# Within the page, since a clip of a second may be over before we are told that it sounds.
SWITCH = f"""async (labels) => {{
  for (const label of labels) {{
    await ({PRESS})(document.querySelector(`[aria-label="${{label}}"]`));
    await new Promise((resolve) => setTimeout(resolve, 300));
  }}
}}"""
KEY_HINTS_FIT = "matchMedia('(hover: hover) and (pointer: fine)').matches"


def test_axe_finds_nothing_on_any_page(new_page, site, inspect):
    page = new_page(viewport={"width": 320, "height": 640})
    for path in ("/", "/nowhere", "/s/closed/", "/s/full/", "/s/kinds/"):
        page.goto(site.address + path)
        inspect(page)
    turn_page(page, page.get_by_role("button", name="Begin"))
    turn_page(page, page.get_by_role("button", name="Continue"))
    expect(page.get_by_role("alert")).to_have_text(re.compile("Please tick the box"))
    inspect(page)
    page.get_by_label("I have read this, and I agree to take part.").check()
    turn_page(page, page.get_by_role("button", name="Continue"))
    inspect(page)
    turn_page(page, page.get_by_role("button", name="Continue to the sound check"))
    inspect(page)
    pass_sound_check(page)
    expect(page.locator("#reason")).to_have_text("Play the sound first.")
    inspect(page)
    hear(page)
    answer(page, 2)
    inspect(page)
    turn_page(page, page.get_by_role("link", name="Stop taking part"))
    inspect(page)
    page.get_by_label("No, please discard them.").check()
    turn_page(page, page.get_by_role("button", name="Stop taking part"))
    expect(page.get_by_text("Your answers will not be used.")).to_be_visible()
    inspect(page)


def test_a_scale_question_fits_above_the_fold_of_a_phone(new_page, site):
    page = new_page(viewport=PHONE, has_touch=True, is_mobile=True)
    go_to_trials(page, site)
    button = page.get_by_role("button", name="Next").bounding_box()
    assert button["y"] + button["height"] <= PHONE["height"]
    for target in page.locator(".point, .play, .loop, .next").all():
        box = target.bounding_box()
        assert box["height"] >= 44
        assert box["width"] >= 44
    assert page.evaluate(KEY_HINTS_FIT) is False
    expect(page.locator(".keys")).to_be_hidden()


def test_every_kind_of_question(new_tab, site):
    page = new_tab(viewport={"width": 1440, "height": 900})
    token = go_to_trials(page, site, "kinds")
    expect(page.locator(".keys")).to_be_visible()
    hear(page)
    expect(page.locator("#reason")).to_have_text("5 answers are still missing.")
    slider = page.get_by_label("How fast does it seem?")
    expect(slider).to_have_attribute("aria-valuetext", "not answered yet")
    slider.click()  # its very middle
    expect(page.locator("output")).to_have_text("50")
    page.get_by_label("somewhat").check()
    expect(page.locator("#reason")).to_have_text("4 answers are still missing.")
    page.locator(".sure[value='4']").check()
    page.get_by_role("group", name="What stands out?").get_by_label("rhythm").check()
    heard = page.get_by_role("group", name="What is there?")
    heard.get_by_label("none of these").check()
    heard.get_by_label("melody").check()
    heard.get_by_label("harmony").check()
    expect(heard.get_by_label("none of these")).not_to_be_checked()
    page.get_by_label("Anything else?").fill("a bell 🔔")
    expect(page.locator("#reason")).to_have_text("One answer is still missing.")
    page.get_by_role("group", name="How harsh").get_by_label("7, very harsh").check()
    press_next(page)
    expect_trial(page, 2, 2)
    expect(page.locator("#state")).to_have_text("All answers saved")
    given = {row["question"]: row["value"] for row in site.answers(token)}
    assert given == {
        "dissonance": 7,
        "tempo": 50,
        "melody": {"presence": "some", "confidence": 4},
        "mood": "rhythm",
        "heard": ["melody", "harmony"],
        "comment": "a bell 🔔",
    }
    page.get_by_label("cannot tell").check()
    expect(page.locator(".sure").first).to_be_disabled()
    page.get_by_label("How fast does it seem?").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("output")).to_have_text("51")
    page.get_by_role("group", name="What is there?").get_by_label("none of these").check()
    page.reload()
    expect(page.locator("output")).to_have_text("51")
    expect(page.get_by_label("cannot tell")).to_be_checked()
    expect(page.get_by_label("none of these")).to_be_checked()


def test_a_slider_of_fractions_and_values_that_hold_any_sign(new_tab, site):
    page = new_tab()
    token = go_to_trials(page, site, "fine")
    hear(page)
    slider, shown = page.get_by_label("How pleasant is it?"), page.locator("output")
    slider.click()  # its very middle
    expect(shown).to_have_text("0.50")
    page.evaluate("document.documentElement.lang = 'de'")
    page.keyboard.press("ArrowRight")
    expect(shown).to_have_text("0,51")
    page.evaluate("document.documentElement.lang = 'en'")
    for key, number in [("PageUp", "0.61"), ("ArrowDown", "0.60"), ("End", "1.00"), ("Home", "0.00"),
                        ("ArrowUp", "0.01"), ("PageUp", "0.11")]:  # fmt: skip
        page.keyboard.press(key)
        expect(shown).to_have_text(number)
    for word in AWKWARD[:1] + AWKWARD[2:]:
        page.get_by_label(word, exact=True).check()
    page.reload()
    expect(shown).to_have_text("0.11")
    expect(page.get_by_label("harsh|bitter", exact=True)).to_be_checked()
    expect(page.get_by_label("harsh", exact=True)).not_to_be_checked()
    press_next(page)
    expect_trial(page, 2, 2)
    given = {row["question"]: row["value"] for row in site.answers(token)}
    assert given == {"valence": 0.11, "words": AWKWARD[:1] + AWKWARD[2:]}


def test_several_clips_side_by_side(tab, site):
    token = site.side_by_side.pop()
    tab.goto(f"{site.address}/a/{token}/")
    expect(tab.locator("#reason")).to_have_text("Not heard yet: A, B, C")
    tab.evaluate(SWITCH, ["Play A", "Play B"])  # B goes on where A was
    wait_for_sound(tab, "B")
    wait_for_silence(tab)
    for name in "ABC":
        tab.get_by_role("button", name=f"Play {name}").click()
        wait_for_sound(tab)
        wait_for_silence(tab)
    expect(tab.locator("#reason")).to_have_text("3 answers are still missing.")
    for position, point in enumerate([5, 3, 1]):
        tab.locator(f"input[name$='-{position}'][value='{point}']").check()
    press_next(tab)
    expect(tab).to_have_url(re.compile("/thanks$"))
    assert [row["value"] for row in site.answers(token)] == [5, 3, 1]
    listening = site.trials(token)[0]["listening"]
    first, second, third = listening["presentations"].values()
    assert listening["switches"] >= 3
    assert first["plays"] == second["plays"] == 2
    assert third["plays"] == 1
    (begin_a, end_a), (begin_b, end_b) = first["intervals"][0], second["intervals"][0]
    assert begin_a == 0
    assert begin_b == pytest.approx(end_a, abs=0.002)  # in step, by the audio clock
    assert end_b == pytest.approx(1, abs=0.001)  # the tail is not cut


def test_nothing_can_be_answered_before_the_page_would_keep_it(tab, site):
    held = []
    tab.route(re.compile(r"/trials(\.\w+)?\.js$"), lambda route: held.append(route))
    tab.goto(f"{site.address}/a/{site.ready.pop()}/", wait_until="commit")
    expect(tab.locator(".trial")).to_be_visible()
    point = tab.locator(".point").nth(2).bounding_box()
    tab.mouse.click(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    expect(tab.locator("input.answer:checked")).to_have_count(0)
    held[0].continue_()
    hear(tab)
    tab.locator(".point").nth(2).click()
    press_next(tab)
    expect_trial(tab, 2)


def test_a_loop_and_a_seek_are_recorded(tab, site):
    token = go_to_trials(tab, site)
    expect(tab.locator("#reason")).to_have_text("Play the sound first.")
    tab.get_by_role("button", name="Loop").click()
    tab.get_by_role("button", name="Play", exact=True).click()
    wait_for_sound(tab)
    wait_for_loops(tab, 2)
    tab.keyboard.press("Space")  # on the button: pauses
    tab.get_by_role("button", name="Loop").click()
    tab.get_by_label("Position in the sound").focus()
    tab.keyboard.press("Home")
    answer(tab, 3)
    press_next(tab)
    expect_trial(tab, 2)
    expect(tab.locator("#state")).to_have_text("All answers saved")
    (heard,) = site.trials(token)[0]["listening"]["presentations"].values()
    assert heard["loops"] >= 2
    assert heard["plays"] == 1
    assert heard["seeks"] >= 1
    assert heard["seconds_heard"] == pytest.approx(1)


def test_half_a_clip_is_not_enough(tab, site):
    go_to_trials(tab, site)
    expect(tab.locator("#reason")).to_have_text("Play the sound first.")
    seek(tab, 0.5)
    hear(tab)
    answer(tab, 3)
    expect(tab.locator("#reason")).to_have_text("Listen to the end first.")
    tab.get_by_role("button", name="Next").click(force=True)
    expect_trial(tab, 1)


def test_the_position_moves_only_once_the_sound_is_there(tab, site):
    held = []
    tab.route("**/sound/*", lambda route: held.append(route))
    token = go_to_trials(tab, site)
    position = tab.get_by_label("Position in the sound")
    position.evaluate("one => { one.value = 0.5; one.dispatchEvent(new Event('change')); }")
    position.press("ArrowRight")
    assert position.input_value() == "0"
    tab.get_by_role("button", name="Play", exact=True).click()
    expect(tab.locator("#announcements")).to_have_text("loading …")
    tab.route("**/sound/*", lambda route: route.continue_())
    for route in held:
        route.continue_()
    wait_for_sound(tab)
    expect(tab.locator("#announcements")).to_be_empty()
    wait_for_silence(tab)
    answer(tab, 3)
    press_next(tab)
    expect_trial(tab, 2)
    expect(tab.locator("#state")).to_have_text("All answers saved")
    (heard,) = site.trials(token)[0]["listening"]["presentations"].values()
    assert heard["seeks"] == 0


@pytest.mark.parametrize("missing", ["AudioContext", "indexedDB"])
def test_a_browser_that_cannot_is_told_before_time_is_spent(page, site, missing):
    page.add_init_script(
        f"Object.defineProperty(window, '{missing}', {{ value: undefined }}); delete window.{missing}"
    )
    page.goto(f"{site.address}/s/scale/")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("button", name="Begin")).to_be_disabled()


def test_the_language_is_changed_in_the_middle_of_a_trial_and_nothing_is_lost(page, site):
    token = site.ready.pop()
    page.goto(f"{site.address}/a/{token}/")
    hear(page)
    answer(page, 4)
    page.context.set_offline(True)
    answer(page, 2)
    page.get_by_label("Language").select_option("de")
    page.get_by_role("button", name="Change").click()
    expect(page.locator(".form-note")).to_have_text(
        "There is no connection; the language can be changed later."
    )
    page.context.set_offline(False)
    page.get_by_role("button", name="Change").click()
    expect(page.locator("#position")).to_have_text("1 von 4")
    expect(page.locator("input.answer[value='2']")).to_be_checked()
    page.get_by_role("button", name="Weiter").click()  # heard before the change
    expect(page.locator("#position")).to_have_text("2 von 4")
    expect(page.locator("#state")).to_have_text("Alles gespeichert")
    assert [row["value"] for row in site.answers(token)] == [2]


def test_german_annotators_read_german(new_page, site):
    page = new_page(locale="de-DE")
    go_to = site.ready.pop()
    page.goto(f"{site.address}/a/{go_to}/")
    expect(page.locator("#position")).to_have_text("1 von 4")
    expect(page.locator("#reason")).to_have_text("Spielen Sie zuerst den Klang ab.")
    expect(page.get_by_role("button", name="Abspielen")).to_be_visible()


def test_a_page_from_right_to_left(tab, site):
    """Everything follows the script but time: the clip, its marks and its clock run with the music."""
    tab.add_init_script(
        "document.addEventListener('readystatechange', () => (document.documentElement.dir = 'rtl'))"
    )
    for name in ("multiple_reference", "single-stretches", "pair"):
        tab.goto(f"{site.address}/a/{site.presentations[name][0]}/")
        expect(tab.locator("#reason")).not_to_have_text("One moment …")
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert tab.locator(".seek").evaluate("one => getComputedStyle(one).direction") == "ltr"
        next_button, reason = tab.locator(".next").bounding_box(), tab.locator("#reason").bounding_box()
        assert next_button["x"] < reason["x"]
    clips = [clip.bounding_box()["x"] for clip in tab.locator(".clip").all()]
    assert clips == sorted(clips, reverse=True)
    tab.goto(f"{site.address}/a/{site.presentations['multiple_reference'][0]}/")
    slider = tab.locator("[data-kind=slider] input").first
    expect(slider).to_have_css("direction", "rtl")
    low, high = (tab.locator(".ends bdi").nth(place).bounding_box() for place in (0, 1))
    assert low["x"] > high["x"]  # as the slider has its least value on the right
