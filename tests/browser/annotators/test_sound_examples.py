"""Sound examples: never at the same time as a clip or another example, at the level set, offline too."""

from playwright.sync_api import expect
from walking import PRESS, go_to_trials, wait_until_ready

GAIN_OF_EXAMPLES = """async () => {
  const { Examples } = await import("/static/study/js/player/sound-examples.js");
  const root = document.createElement("div");
  root.innerHTML = '<button data-example="example">an example</button>';
  const context = new OfflineAudioContext(1, 1024, 48_000);
  const buffer = new AudioBuffer({ length: 1024, sampleRate: 48_000 });
  buffer.copyToChannel(new Float32Array(1024).fill(1), 0);
  context.resume = () => Promise.resolve();
  const clips = Object.assign(new EventTarget(), { level: -20, sounding: null, pause() {} });
  new Examples(root, { context, clips, sounds: { get: async () => buffer } });
  root.firstChild.click();
  await new Promise((resolve) => setTimeout(resolve, 50));
  return (await context.startRendering()).getChannelData(0)[1000];
}"""

# Press a button and return what sounds then; within the page, since a sound may be over before we hear of it.
PLAY = f"""async (button) => {{
  await ({PRESS})(button);
  return [...document.querySelectorAll("button[data-sounding]")].map((one) => one.ariaLabel);
}}"""


def test_one_thing_sounds_at_a_time_and_examples_are_there_offline(page, site):
    go_to_trials(page, site, "kinds")
    wait_until_ready(page, 4)  # of two trials, and two examples
    page.context.set_offline(True)
    page.get_by_text("Listen to examples").click()
    for name in ("very harsh", "not harsh at all", "", "very harsh"):
        button = page.get_by_role("button", name=f"Play {name}".strip(), exact=True)
        assert button.evaluate(PLAY) == [f"Pause {name}".strip()]
    expect(page.locator("button[data-sounding]")).to_have_count(0)  # it has ended


def test_examples_sound_at_the_level_of_the_clips(page, site):
    page.goto(f"{site.address}/my-data/")
    assert abs(page.evaluate(GAIN_OF_EXAMPLES) - 0.1) < 1e-3
