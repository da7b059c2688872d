"""A slow device on purpose: SLOWED=6 makes processor, storage and sound of every page of Chromium slower.

What a page does only once it is ready, it does late here; a test that does not wait for that fails.
The network is left alone: what a test cuts must stay cut.
"""

import os

from playwright.sync_api import BrowserContext, Page

SLOWED = float(os.environ.get("SLOWED", "1"))
READING = 15  # ms per value read from IndexedDB, for each time slower
SOUNDING = 100  # ms until the device gives sound, for each time slower

SLOW_READING = """() => {
  const { set, get } = Object.getOwnPropertyDescriptor(IDBRequest.prototype, "onsuccess");
  Object.defineProperty(IDBRequest.prototype, "onsuccess", {
    get,
    set(handler) {
      // What is written stays within its transaction.
      const late = this.transaction?.mode === "readonly";
      set.call(this, late ? (event) => setTimeout(() => handler.call(this, event), MILLISECONDS) : handler);
    },
  });
}"""

SLOW_SOUND = """() => {
  const { resume } = AudioContext.prototype;
  AudioContext.prototype.resume = async function () {
    await new Promise((resolve) => setTimeout(resolve, MILLISECONDS));
    return resume.call(this);
  };
}"""


def slow_down(context: BrowserContext) -> None:
    """Make every page of a context as slow as SLOWED says."""
    if SLOWED <= 1:
        return
    for script, milliseconds in ((SLOW_READING, READING), (SLOW_SOUND, SOUNDING)):
        context.add_init_script(f"({script.replace('MILLISECONDS', str(SLOWED * milliseconds))})()")
    context.on("page", _slow_down_page)


def _slow_down_page(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
