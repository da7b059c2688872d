"""One study of each presentation in real Chromium: pairs, several clips, ABX, stretches; mouse and keys."""

import json
import re

import pytest
from playwright.sync_api import expect
from sites import PHONE
from walking import expect_trial, press_next, seek, wait_for_loops, wait_for_silence, wait_for_sound

DESKTOP = {"width": 1440, "height": 900}
TARGETS = ".point, .play, .loop, .next, .mark, .region .button, .marked input"


def open_trial(page, site, name: str) -> str:
    """Stand before the first trial of a presentation; return the annotator's token."""
    token = site.presentations[name].pop()
    page.goto(f"{site.address}/a/{token}/")
    expect(page.locator("#reason")).to_contain_text("heard" if name != "single-stretches" else "Play")
    return token


def hear_all(page) -> None:
    for button in page.locator(".play").all():
        button.click()
        wait_for_sound(page)
        wait_for_silence(page)


@pytest.fixture
def inspect_trial(inspect):
    """Return a function that fails as `inspect` does, or when a target is too small."""

    def check(page):
        inspect(page)
        for target in page.locator(TARGETS).all():
            if target.is_visible():
                box = target.bounding_box()
                assert min(box["width"], box["height"]) >= 44, target.evaluate("one => one.outerHTML")

    return check


def positions(site, token: str) -> list[dict]:
    """Return the clips of an annotator's first trial as they were placed."""
    return site.rows(
        """SELECT presentation.position, presentation.role, presentation.stimulus_id AS stimulus
           FROM study_presentation presentation JOIN study_trial trial ON trial.id = presentation.trial_id
           JOIN study_annotator annotator ON annotator.id = trial.annotator_id
           WHERE annotator.token = ? AND trial.position = 1 ORDER BY presentation.position""",
        token,
    )


def test_axe_and_the_narrowest_screen(new_tab, site, inspect_trial):
    page = new_tab(viewport={"width": 320, "height": 640})
    for name in ("pair_reference", "multiple", "multiple_reference", "intruder"):
        page.goto(f"{site.address}/a/{site.presentations[name][0]}/")
        expect(page.locator("#reason"), name).not_to_have_text("One moment …")
        inspect_trial(page)


def test_a_blind_pair_by_keyboard(new_tab, site):
    page = new_tab(viewport=DESKTOP)
    token = open_trial(page, site, "pair")
    expect(page.locator("#reason")).to_have_text("Not heard yet: A, B")
    for key in ("a", "2"):  # letters and, outside of questions, digits
        page.keyboard.press(key)
        wait_for_sound(page)
        wait_for_silence(page)
    expect(page.locator("#reason")).to_have_text("Answer the question first.")
    page.get_by_role("radio", name="A much more").focus()
    page.keyboard.press("6")  # of seven, from "A much more" on
    expect(page.get_by_role("radio", name="B more", exact=True)).to_be_checked()
    page.keyboard.press("Enter")
    expect_trial(page, 2, 2)
    expect(page.locator("#state")).to_have_text("All answers saved")
    assert [row["value"] for row in site.answers(token)] == [{"preferred": "B", "strength": 2}]


def test_a_rest_between_trials_lasts_as_long_as_it_must_and_is_recorded(new_tab, site, inspect_trial):
    page = new_tab(viewport=PHONE)
    token = open_trial(page, site, "pair")
    hear_all(page)
    page.locator(".points.degrees .point").nth(1).click()
    press_next(page)
    expect(page.get_by_role("heading", name="Time for a break")).to_be_focused()
    expect(page.get_by_text("Stretch your legs.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"You can go on in \d s\."))).to_be_visible()
    button = page.get_by_role("button", name="Go on")
    button.click(force=True)  # too soon
    page.keyboard.press("a")  # nothing sounds meanwhile
    expect(page.locator(".play").first).to_be_hidden()
    inspect_trial(page)
    expect(page.locator(".rest-left")).to_have_text("You can go on now.")
    button.press("Enter")
    expect(page.locator(".play").first).to_be_visible()
    page.reload()  # nobody rests twice
    expect(page.locator("#reason")).to_have_text("Not heard yet: A, B")
    expect(page.locator(".play").first).to_be_visible()
    hear_all(page)
    page.locator(".points.degrees .point").nth(1).click()
    press_next(page)
    page.wait_for_url("**/thanks")
    first, second = (trial["listening"] for trial in site.trials(token))
    assert "rest_ms" not in first
    assert 5_000 <= second["rest_ms"] < 60_000
    assert second["time_to_first_play_ms"] >= 0


def test_a_pair_with_reference(new_page, site):
    page = new_page(viewport=PHONE, has_touch=True, is_mobile=True)
    token = open_trial(page, site, "pair_reference")
    hear_all(page)
    page.get_by_role("radio", name="no difference").check()
    press_next(page)
    expect_trial(page, 2, 2)
    expect(page.locator("#state")).to_have_text("All answers saved")
    assert [row["value"] for row in site.answers(token)] == [{"preferred": None, "strength": 0}]
    assert [row["role"] for row in positions(site, token)] == ["clip", "clip", "reference"]


def test_several_clips_without_reference(new_page, site):
    """On a phone the questions of the clip that was heard last are shown, so that nobody has to scroll."""
    page = new_page(viewport=PHONE, has_touch=True, is_mobile=True)
    token = open_trial(page, site, "multiple")
    button = page.locator(".next").bounding_box()
    assert button["y"] + button["height"] <= PHONE["height"]
    for place, clip in enumerate("ABCD"):
        page.get_by_role("button", name=f"Play {clip}").click()
        wait_for_sound(page, clip)
        wait_for_silence(page)
        rows = page.locator("[data-kind='scale']:visible")
        expect(rows.locator(".clip-name")).to_have_text([clip, clip])
        for row in rows.all():
            row.locator("input").nth(place).check()
    expect(page.locator(".summary")).to_have_text(["A 1 · B 2 · C 3 · D 4"] * 2)
    page.locator(".letters").get_by_role("radio", name="C").check()
    page.get_by_role("button", name="Loop").click()
    page.get_by_role("button", name="Play B").click()
    expect(page.locator(".question[data-sounding] .clip-name")).to_have_text(["B", "B"])
    press_next(page)
    expect_trial(page, 2, 2)
    expect(page.locator("#state")).to_have_text("All answers saved")
    values = [row["value"] for row in site.answers(token)]
    assert values == [1, 1, 2, 2, 3, 3, 4, 4, {"preferred": "C", "strength": 1}]
    hear_all(page)
    page.locator(".next").click(force=True)  # leads to what is missing
    expect(page.locator("[data-kind='scale']:visible .clip-name")).to_have_text(["A", "A"])


def test_several_clips_by_keyboard_in_a_wide_and_in_a_narrow_window(new_tab, site):
    page = new_tab(viewport=DESKTOP)
    open_trial(page, site, "multiple")
    expect(page.locator("[data-kind='scale']:visible")).to_have_count(8)
    page.locator(".points input").first.focus()
    page.set_viewport_size({"width": 400, "height": 800})
    expect(page.locator("[data-kind='scale']:visible")).to_have_count(2)
    page.keyboard.press("c")  # the focus is in a question: letters still switch, and the focus goes along
    expect(page.locator(".question:focus-within .clip-name")).to_have_text("C")
    page.keyboard.press("4")
    expect(page.locator(".question:focus-within input[value='4']")).to_be_checked()
    # The player stays in view while the last questions are answered.
    page.locator(".letters input").last.focus()
    assert page.locator(".player").bounding_box()["y"] >= 0


def test_several_clips_beside_a_reference_that_begin_anew(new_tab, site):
    page = new_tab(viewport=DESKTOP)
    token = open_trial(page, site, "multiple_reference")
    expect(page.get_by_label("Position in the sound")).to_be_disabled()
    expect(page.locator(".loop")).to_have_count(0)
    page.keyboard.press("0")  # the reference
    wait_for_sound(page, "Reference")
    page.wait_for_timeout(300)
    page.keyboard.press("1")
    wait_for_sound(page, "A")
    wait_for_silence(page)
    hear_all(page)
    for place, row in enumerate(page.locator("[data-kind='slider']").all()):
        slider, letter = row.locator("input"), "ABCD"[place]
        box = slider.bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        slider.focus()
        page.keyboard.press("Home")
        slider.evaluate("one => { one.value = 7; one.dispatchEvent(new Event('input', { bubbles: true })); }")
        expect(row.locator("output")).to_have_text("\N{EN DASH}")  # it moves only while its clip plays
        expect(page.locator("#announcements")).to_have_text(f"Play {letter} to rate it.")
        key, value = ("Home", "0") if place % 2 else ("End", "100")
        for _ in range(5):  # once more where the clip was over by then
            page.keyboard.press(letter.lower())
            wait_for_sound(page, letter)
            page.keyboard.press(key)
            if row.locator("output").text_content() == value:
                break
            wait_for_silence(page)
        expect(row.locator("output")).to_have_text(value)
    press_next(page)
    expect_trial(page, 2, 2)
    expect(page.locator("#state")).to_have_text("All answers saved")
    assert [row["value"] for row in site.answers(token)] == [100, 0, 100, 0]
    placed = positions(site, token)
    assert sorted(row["role"] for row in placed) == [
        "anchor", "clip", "clip", "hidden_reference", "reference",
    ]  # fmt: skip
    by_role = {row["role"]: row["stimulus"] for row in placed}
    assert by_role["reference"] == by_role["hidden_reference"]
    heard = list(site.trials(token)[0]["listening"]["presentations"].values())
    assert all(clip["intervals"][0][0] == 0 for clip in heard)  # each began anew


def test_abx_with_practice_and_feedback(new_tab, site, inspect_trial):
    page = new_tab(viewport=PHONE)
    token = open_trial(page, site, "abx")
    placed = positions(site, token)
    assert [row["role"] for row in placed] == ["clip", "clip", "x"]
    right = "AB"[[row["stimulus"] for row in placed].index(placed[2]["stimulus"])]
    hear_all(page)
    page.get_by_text(f"X is {right}", exact=True).click()
    press_next(page)
    feedback = page.locator(".feedback")
    expect(feedback).to_contain_text(f"That is right: X was {right}.")
    expect(feedback).to_contain_text("Listen to the very beginning.")
    inspect_trial(page)
    press_next(page)
    expect_trial(page, 2, 3)
    expect(page.locator("#state")).to_have_text("All answers saved")
    assert [row["value"] for row in site.answers(token)] == [right]
    hear_all(page)
    page.get_by_text("X is A", exact=True).click()
    press_next(page)
    expect_trial(page, 3, 3)  # no feedback after the practice


def test_the_intruder_by_keyboard_and_a_word_for_the_others(new_tab, site, inspect_trial):
    page = new_tab(viewport=PHONE)
    token = open_trial(page, site, "intruder")
    expect(page.locator("#reason")).to_have_text("Not heard yet: A, B, C, D")
    for key in ("a", "b", "c", "d"):
        page.keyboard.press(key)
        wait_for_sound(page)
        wait_for_silence(page)
    expect(page.locator("#reason")).to_have_text("One answer is still missing.")
    page.get_by_role("radio", name="A", exact=True).focus()
    page.keyboard.press("3")
    expect(page.get_by_role("radio", name="C", exact=True)).to_be_checked()
    inspect_trial(page)
    page.get_by_role("textbox").fill("a deep bell")
    press_next(page)
    expect_trial(page, 2, 8)
    expect(page.locator("#state")).to_have_text("All answers saved")
    assert [row["value"] for row in site.answers(token)] == ["C", "a deep bell"]
    roles = [row["role"] for row in positions(site, token)]
    assert sorted(roles) == ["clip", "clip", "clip", "intruder"]
    hear_all(page)
    page.locator(".points.letters .point").first.click()
    press_next(page)  # without a word
    expect_trial(page, 3, 8)


def test_stretches_are_marked_by_key_by_hand_and_as_numbers(new_tab, site, inspect_trial):
    page = new_tab(viewport=DESKTOP)
    token = open_trial(page, site, "single-stretches")
    page.keyboard.press("Space")
    wait_for_sound(page)
    wait_for_silence(page)
    for position in (0.2, 0.5):
        seek(page, position)
        page.keyboard.press("m")
    expect(page.locator(".marked li")).to_have_count(1)
    box = page.locator(".time-line").bounding_box()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.95 * box["width"], box["y"] + 10, steps=3)
    page.mouse.up()
    expect(page.locator(".marked li")).to_have_count(2)
    begin = page.get_by_label("from").first
    begin.fill("0.1")
    begin.press("Tab")
    inspect_trial(page)
    page.reload()  # drafts come back
    expect(page.locator(".marked li")).to_have_count(2)
    expect(page.get_by_label("from").first).to_have_value("0.1")
    press_next(page)
    expect_trial(page, 2, 8)
    expect(page.locator("#state")).to_have_text("All answers saved")
    (first, second) = site.answers(token)[0]["value"]
    assert first == [0.1, pytest.approx(0.5, abs=0.02)]
    assert second == [pytest.approx(0.8, abs=0.02), pytest.approx(0.95, abs=0.02)]
    expect(page.locator("#reason")).to_have_text("Play the sound first.")
    page.keyboard.press("m")
    expect(page.locator(".mark")).to_have_text("It ends here")
    page.reload()  # and so does a stretch that has only begun
    expect(page.locator(".mark")).to_have_text("It ends here")
    page.get_by_label("nowhere").check()
    expect(page.locator(".mark")).to_have_text("It begins here")
    expect(page.locator(".marked li")).to_have_count(0)


def test_a_region_is_looped_and_the_volume_changed(new_tab, site):
    page = new_tab(viewport=DESKTOP)
    token = open_trial(page, site, "single-stretches")
    expect(page.locator(".play[data-loading]")).to_have_count(0)
    page.get_by_label("Position in the sound").focus()
    seek(page, 0.5)
    page.get_by_role("button", name="Repeat from here").click()
    expect(page.locator(".loop")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for_loops(page, 2)
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_label("Volume").focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_label("nowhere").check()
    page.get_by_role("button", name="Repeat the whole").click()
    page.get_by_role("button", name="Loop").click()
    page.reload()
    expect(page.get_by_label("Volume")).to_have_value("-1")
    page.get_by_label("Position in the sound").focus()
    page.keyboard.press("Home")
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for_sound(page)
    wait_for_silence(page)
    press_next(page)
    expect_trial(page, 2, 8)
    expect(page.locator("#state")).to_have_text("All answers saved")
    listening = site.trials(token)[0]["listening"]
    (clip,) = listening["presentations"].values()
    assert clip["loops"] >= 1
    looped = [interval for interval in clip["intervals"] if interval[0] == pytest.approx(0.5, abs=0.01)]
    assert len(looped) >= 2, json.dumps(clip["intervals"])
    assert (listening["level_db"], listening["level_changes"]) == (-1, 1)
