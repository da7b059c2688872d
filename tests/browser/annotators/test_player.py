"""The player renders what it says: switching in step and without clicks, pausing with a fade, tails whole.

The page's own module plays into an offline audio context, whose samples are looked at.
"""

import numpy as np
import pytest
from walking import go_to_trials

RATE = 48_000
RENDER = """async ({ rate, actions }) => {
  const { Player } = await import("/static/study/js/player/player.js");
  class Running extends OfflineAudioContext {
    get state() { return "running"; }  // rendering is held at the moments of the actions only
  }
  const context = new Running(1, 1.5 * rate, rate);
  const buffer = new AudioBuffer({ length: rate, sampleRate: rate });
  const tone = Float32Array.from({ length: rate }, (_, n) => 0.5 * Math.sin(2 * Math.PI * 440 * n / rate));
  buffer.copyToChannel(tone, 0);
  const player = new Player(context);
  const stretches = [];
  player.addEventListener("stretch", (event) => stretches.push(event.detail));
  player.setBuffer("a", buffer);
  player.setBuffer("b", buffer);
  await player.play("a");
  for (const [time, name, ...values] of actions) {
    context.suspend(time).then(async () => { await player[name](...values); context.resume(); });
  }
  const rendered = await context.startRendering();
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { samples: [...rendered.getChannelData(0)], stretches };
}"""
# Play the second half of a sound and be busy until long after its end; return what is said then and at last.
BUSY = """async (loopedFirst) => {
  const { Player } = await import("/static/study/js/player/player.js");
  const context = new AudioContext();
  const player = new Player(context);
  player.setBuffer("a", new AudioBuffer({ length: context.sampleRate, sampleRate: context.sampleRate }));
  const stretches = [];
  player.addEventListener("stretch", (event) => stretches.push(event.detail));
  const ended = new Promise((resolve) => player.addEventListener("ended", resolve));
  if (loopedFirst) player.setLoop(true);
  await player.play("a", 0.5);
  if (loopedFirst) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    player.setLoop(false);
  }
  for (const until = performance.now() + 2_500; performance.now() < until; );
  const meanwhile = player.current;
  await ended;
  return [meanwhile, ...stretches];
}"""
LEAD = 480  # samples between asking and sounding
SLOPE = 2 * np.pi * 440 / RATE * 0.5  # the steepest step of the tone
FADE_SLOPE = 0.5 / (0.005 * RATE)  # the steepest step that a fade of 5 ms adds


@pytest.fixture
def render(page, site):
    go_to_trials(page, site)

    def play(*actions):
        result = page.evaluate(RENDER, {"rate": RATE, "actions": [list(action) for action in actions]})
        return np.array(result["samples"]), result["stretches"]

    return play


def tone(start: int, stop: int) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 440 * (np.arange(start, stop) - LEAD) / RATE)


def test_a_clip_sounds_to_its_last_sample(render):
    samples, stretches = render()
    faded_in = LEAD + 240
    np.testing.assert_allclose(samples[faded_in : LEAD + RATE], tone(faded_in, LEAD + RATE), atol=1e-4)
    assert not samples[:LEAD].any()
    assert not samples[LEAD + RATE + 1 :].any()
    assert stretches == [{"id": "a", "from": 0, "elapsed": pytest.approx(1)}]


def test_switching_between_equal_clips_cannot_be_heard(render):
    samples, stretches = render((0.2, "play", "b"), (0.4, "play", "a"), (0.41, "play", "b"))
    np.testing.assert_allclose(samples[LEAD + 240 : LEAD + RATE], tone(LEAD + 240, LEAD + RATE), atol=2e-3)
    assert [stretch["id"] for stretch in stretches] == ["a", "b", "a", "b"]
    ends = [stretch["from"] + stretch["elapsed"] for stretch in stretches]
    assert ends[:-1] == pytest.approx([stretch["from"] for stretch in stretches[1:]])
    assert ends[-1] == pytest.approx(1)


def test_pausing_and_seeking_do_not_click(render):
    samples, stretches = render((0.2, "pause"), (0.3, "play", "a"), (0.5, "seek", 0.7), (0.6, "pause"))
    assert np.abs(np.diff(samples)).max() <= SLOPE + 2 * FADE_SLOPE
    assert not samples[int(0.21 * RATE) : int(0.3 * RATE)].any()
    assert not samples[int(0.61 * RATE) :].any()
    assert [round(stretch["from"], 2) for stretch in stretches] == [0, 0.19, 0.7]


def test_a_region_is_repeated_without_clicks(render):
    samples, stretches = render((0.2, "setLoop", True, [0.5, 0.75]), (1.3, "pause"))
    assert np.abs(np.diff(samples)).max() <= SLOPE + 2 * FADE_SLOPE
    # 440 Hz has a whole number of periods in 0.25 s: the region goes round in step.
    np.testing.assert_allclose(
        samples[int(0.3 * RATE) : int(1.29 * RATE)], tone(int(0.3 * RATE), int(1.29 * RATE)), atol=4e-3
    )
    assert stretches[1]["region"] == [0.5, 0.75]
    assert stretches[1]["from"] + stretches[1]["elapsed"] == pytest.approx(1.29, abs=0.003)


def test_the_level_applies_to_every_clip(render):
    samples, _stretches = render((0.1, "setLevel", -20), (0.5, "play", "b"))
    for start, stop in ((0.2, 0.4), (0.6, 0.9)):
        part = slice(int(start * RATE), int(stop * RATE))
        np.testing.assert_allclose(samples[part], 0.1 * tone(part.start, part.stop), atol=4e-3)


def test_a_loop_goes_on_without_a_gap(render):
    samples, stretches = render((0.2, "setLoop", True), (1.3, "pause"))
    np.testing.assert_allclose(
        samples[LEAD + 240 : int(1.29 * RATE)], tone(LEAD + 240, int(1.29 * RATE)), atol=2e-3
    )
    assert stretches == [{"id": "a", "from": 0, "elapsed": pytest.approx(1.29, abs=0.003)}]


@pytest.mark.parametrize(("looped_first", "elapsed"), [(False, 0.5), (True, 1.5)])
def test_what_ended_while_the_page_was_busy_was_not_heard_twice(page, site, looped_first, elapsed):
    go_to_trials(page, site)
    page.keyboard.press("Shift")  # lets the page sound
    stretch = {"id": "a", "from": 0.5, "elapsed": pytest.approx(elapsed)}
    assert page.evaluate(BUSY, looped_first) == [stretch, stretch]
