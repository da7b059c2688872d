"""A whole study in the engines of Firefox and Safari, as far as the system has them."""

import re

import pytest
from engines import Engine, Firefox, WebKit

pytestmark = pytest.mark.extra
NEXT_IS_FREE = "document.querySelector('.next').getAttribute('aria-disabled') === 'false'"
# The service worker has what it needs, and the sounds of the four trials are at hand.
IS_KEPT = """(() => {
  navigator.serviceWorker.getRegistration().then((one) => (window.worker = one?.active));
  caches.open(document.getElementById("trials").dataset.participation)
    .then((cache) => cache.keys()).then((kept) => (window.kept = kept.length));
  return Boolean(window.worker) && window.kept === 4;
})()"""
HEARD = "document.querySelector('{play}').style.getPropertyValue('--heard') > 0.99"
SILENT = "!document.querySelector('.play[data-sounding]')"


@pytest.fixture(params=[Firefox, WebKit], ids=["Firefox", "WebKit"])
def engine(request, tmp_path):
    if request.param.missing:
        pytest.skip(request.param.missing)
    engine = request.param(tmp_path)
    yield engine
    engine.close()


def hear(engine: Engine, selector: str = ".play") -> None:
    engine.wait_for(f"{selector}:not([data-loading])")
    engine.tap(selector)
    engine.wait(f"{SILENT} && {HEARD.format(play=selector)}")


def answer_while_it_plays(engine: Engine, play: str, slider: str) -> None:
    """Play a clip and move its slider; once more where the clip was over by then."""
    engine.wait_for(f"{play}:not([data-loading])")
    for _ in range(5):
        engine.tap(play)
        engine.wait(f"!{SILENT} || {HEARD.format(play=play)}")
        engine.tap(slider)
        engine.wait(SILENT)
        if engine.evaluate(f'"unset" in document.querySelector("{slider}").dataset') is False:
            return
    raise AssertionError(f"{slider} did not move while {play} played.")


def test_a_study_from_the_invitation_to_the_code(engine, site):
    engine.goto(f"{site.address}/s/scale/")
    engine.tap("#join")
    engine.wait_for("input[name=agree]")
    engine.tap("input[name=agree]")
    engine.tap("main button")
    engine.wait("location.pathname.endsWith('/instructions')")
    engine.tap("main button.primary")
    engine.wait_for("#play-tones:not(:disabled)")
    for _ in range(2):
        engine.tap("#play-tones")
        engine.wait("document.getElementById('check-reason').textContent.startsWith('Choose how many')")
        engine.tap(".point:last-child")
    engine.tap("#check-next")
    for number, point in enumerate([4, 2, 5, 1], start=1):
        engine.wait(f"document.getElementById('position')?.textContent === '{number} of 4'")
        engine.wait_for(".trial:not([inert])")
        hear(engine)
        engine.tap(f".point:nth-child({point})")
        engine.wait(NEXT_IS_FREE)
        if number == 2:  # what was heard and answered outlives a reload
            engine.wait("document.getElementById('state').dataset.state === 'saved'")
            engine.evaluate("(window.isTheOldPage = true, location.reload())")
            engine.wait("!window.isTheOldPage && document.querySelector('.trial:not([inert]) input:checked')")
            engine.wait(NEXT_IS_FREE)
        engine.tap(".next")
    engine.wait("location.pathname.endsWith('/thanks')")
    token = re.search("/a/([^/]+)/", engine.evaluate("location.pathname"))[1]
    assert [row["value"] for row in site.answers(token)] == [4, 2, 5, 1]
    (annotator,) = site.rows("SELECT * FROM study_annotator WHERE token = ?", token)
    assert (
        engine.evaluate("document.getElementById('code').textContent") == annotator["completion_code"] != ""
    )
    for trial in site.trials(token):
        (heard,) = trial["listening"]["presentations"].values()
        assert heard["seconds_heard"] >= 0.99
        assert trial["listening"]["output_sample_rate"] >= 8000


def test_sliders_of_several_clips_that_move_only_while_they_play(engine, site):
    token = site.presentations["multiple_reference"].pop()
    engine.goto(f"{site.address}/a/{token}/trials")
    engine.wait_for(".trial:not([inert])")
    hear(engine, ".given .play")
    for place in range(4):
        slider = f"[data-kind=slider] input[id$='-{place}']"
        engine.tap(slider)
        assert engine.evaluate(f'"unset" in document.querySelector("{slider}").dataset') is True
        answer_while_it_plays(engine, f".clip:nth-child({place + 2}) .play", slider)
    engine.wait(NEXT_IS_FREE)
    engine.tap(".next")
    engine.wait("document.getElementById('position').textContent === '2 of 2'")
    engine.wait("document.getElementById('state').dataset.state === 'saved'")
    assert [row["value"] for row in site.answers(token)] == [50] * 4
    assert site.trials(token)[0]["listening"]["switches"] >= 4


def test_a_reload_while_the_server_is_down(engine, site):
    token = site.ready.pop()
    engine.goto(f"{site.address}/a/{token}/trials")
    engine.wait_for(".trial:not([inert])")
    hear(engine)
    engine.tap(".point:nth-child(4)")
    engine.wait(IS_KEPT)
    engine.wait("document.getElementById('state').dataset.state === 'saved'")
    site.stop()
    try:
        for number, point in enumerate([2, 3], start=1):
            engine.evaluate("(window.isTheOldPage = true, setTimeout(() => location.reload()), 0)")
            engine.wait("!window.isTheOldPage && document.querySelector('.trial:not([inert])')")
            engine.wait(f"document.getElementById('position').textContent === '{number} of 4'")
            if number > 1:
                hear(engine)
            engine.tap(f".point:nth-child({point})")
            engine.wait(NEXT_IS_FREE)
            engine.tap(".next")
        engine.wait("document.getElementById('position').textContent === '3 of 4'")
    finally:
        site.start()
    engine.wait("document.getElementById('state').dataset.state === 'saved'", seconds=60)
    assert [row["value"] for row in site.answers(token)] == [2, 3]


def test_a_firefox_that_cannot_play_says_so_before_time_is_spent(site, tmp_path):
    if Firefox.missing:
        pytest.skip(Firefox.missing)
    firefox = Firefox(tmp_path, **{"dom.webaudio.enabled": False})
    try:
        firefox.goto(f"{site.address}/s/scale/")
        firefox.wait("!document.getElementById('unsupported').hidden")
        assert firefox.evaluate("document.getElementById('join').disabled") is True
        assert firefox.evaluate("document.querySelector('[data-missing=sound]').hidden") is False
        assert firefox.evaluate("document.querySelector('[data-missing=storage]').hidden") is True
    finally:
        firefox.close()
