"""A slow device on purpose: SLOWED=6 makes processor and storage of every page of Chromium six times slower.

What a page does only once it is ready, it does late here; a test that does not wait for that fails.
The network is left alone: what a test cuts must stay cut.
"""

import os

from playwright.sync_api import BrowserContext, Page

SLOWED = float(os.environ.get("SLOWED", "1"))
READING = 15  # ms per value read from IndexedDB, for each time slower

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


def slow_down(context: BrowserContext) -> None:
    """Make every page of a context as slow as SLOWED says."""
    if SLOWED <= 1:
        return
    context.add_init_script(f"({SLOW_READING.replace('MILLISECONDS', str(SLOWED * READING))})()")
    context.on("page", _slow_down_page)


def _slow_down_page(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
