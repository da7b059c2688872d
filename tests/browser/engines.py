"""Firefox and WebKit as Debian ships them, driven by the protocols they speak themselves.

Playwright drives builds of its own only. Firefox speaks WebDriver BiDi over a web socket, WebKitGTK classic
WebDriver over HTTP; what a walk through a study needs of them is little.
"""

import base64
import itertools
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import websocket
from sites import free_port

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
WEBKIT_DRIVER = shutil.which("WebKitWebDriver")
MINI_BROWSER = next(iter(sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))), None)
XVFB = shutil.which("Xvfb")
PULSEAUDIO = shutil.which("pulseaudio")
SIZE = (400, 800)
CENTRE = """(() => {{
  const element = document.querySelector({selector});
  element.scrollIntoView({{ block: "center" }});
  const box = element.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}})()"""


class Engine:
    """A browser with one window; subclasses say how it is started and spoken to."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.processes: list[subprocess.Popen] = []

    def goto(self, address: str) -> None:
        """Open an address and wait for its page."""
        raise NotImplementedError

    def evaluate(self, expression: str):
        """Return the value of a JavaScript expression in the page."""
        raise NotImplementedError

    def tap(self, selector: str) -> None:
        """Press the first element that fits, at its centre, as a person does."""
        x, y = self.evaluate(CENTRE.format(selector=json.dumps(selector)))
        self._press(round(x), round(y))

    def wait(self, expression: str, seconds: float = 30) -> None:
        """Wait until an expression is true; pages may come and go meanwhile."""
        deadline, seen = time.monotonic() + seconds, None
        while time.monotonic() < deadline:
            try:
                seen = self.evaluate(f"Boolean({expression})")
            except RuntimeError as between_pages:
                seen = between_pages
            if seen is True:
                return
            time.sleep(0.1)
        raise AssertionError(f"Never true: {expression} ({seen})\n{self.evaluate('document.body.innerText')}")

    def wait_for(self, selector: str) -> None:
        """Wait until an element is there."""
        self.wait(f"document.querySelector({json.dumps(selector)})")

    def screenshot(self, file: Path) -> None:
        """Write what the window shows as a PNG file."""
        file.write_bytes(base64.b64decode(self._picture()))

    def close(self) -> None:
        """End the browser and all that was started for it."""
        for process in reversed(self.processes):
            process.terminate()
            process.wait(timeout=20)

    def _start(self, *command: str, **environment: str) -> subprocess.Popen:
        process = subprocess.Popen(
            command,
            env={**os.environ, "HOME": str(self.folder), **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    def _press(self, x: int, y: int) -> None:
        pointer = {
            "type": "pointer",
            "id": "finger",
            "parameters": {"pointerType": "mouse"},
            "actions": [
                {"type": "pointerMove", "x": x, "y": y, "duration": 0},
                {"type": "pointerDown", "button": 0},
                {"type": "pointerUp", "button": 0},
            ],
        }
        self._act([pointer])

    def _act(self, actions: list[dict]) -> None:
        raise NotImplementedError

    def _picture(self) -> str:
        raise NotImplementedError


class Firefox(Engine):
    """Firefox, over WebDriver BiDi."""

    missing = "" if FIREFOX and PULSEAUDIO else "There is no Firefox; apt-get install firefox-esr pulseaudio."

    def __init__(self, folder: Path, **preferences):
        super().__init__(folder)
        profile = folder / "profile"
        profile.mkdir()
        preferences = {"intl.accept_languages": "en-GB"} | preferences
        lines = [f'user_pref("{name}", {json.dumps(value)});\n' for name, value in preferences.items()]
        (profile / "user.js").write_text("".join(lines))
        sink = self._sink()
        port = free_port()
        command = [FIREFOX, "--headless", "--profile", str(profile), "--remote-debugging-port", str(port)]
        self._start(*command, "about:blank", PULSE_SERVER=sink)
        self.numbers = itertools.count(1)
        self.socket = _attempt(
            lambda: websocket.create_connection(
                f"ws://127.0.0.1:{port}/session", suppress_origin=True, timeout=60
            )
        )
        self._send("session.new", capabilities={})
        self.context = self._send("browsingContext.getTree")["contexts"][0]["context"]
        width, height = SIZE
        viewport = {"width": width, "height": height}
        self._send("browsingContext.setViewport", context=self.context, viewport=viewport)

    def _sink(self) -> str:
        """Return the address of a sound server; without one Firefox's audio clock stands still."""
        socket = self.folder / "sound"
        command = [PULSEAUDIO, "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
        modules = [f"module-native-protocol-unix auth-anonymous=1 socket={socket}", "module-null-sink"]
        self._start(*command, *(f"--load={module}" for module in modules), XDG_RUNTIME_DIR=str(self.folder))
        return f"unix:{socket}"

    def goto(self, address: str) -> None:
        self._send("browsingContext.navigate", context=self.context, url=address, wait="complete")

    def evaluate(self, expression: str):
        answer = self._send(
            "script.evaluate",
            expression=f"JSON.stringify({expression})",
            target={"context": self.context},
            awaitPromise=True,
            userActivation=False,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def close(self) -> None:
        self.socket.close()
        super().close()

    def _act(self, actions: list[dict]) -> None:
        self._send("input.performActions", context=self.context, actions=actions)

    def _picture(self) -> str:
        return self._send("browsingContext.captureScreenshot", context=self.context)["data"]

    def _send(self, method: str, **parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := json.loads(self.socket.recv())).get("id") != number:
            pass  # an event
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
        return answer["result"]


class WebKit(Engine):
    """WebKitGTK's small browser, over classic WebDriver, on a screen in memory."""

    missing = (
        ""
        if WEBKIT_DRIVER and MINI_BROWSER and XVFB
        else "There is no WebKitGTK; apt-get install webkit2gtk-driver xvfb gstreamer1.0-plugins-good."
    )

    def __init__(self, folder: Path):
        super().__init__(folder)
        display = self._screen()
        port = free_port()
        self._start(
            WEBKIT_DRIVER,
            f"--port={port}",
            DISPLAY=display,
            LANGUAGE="en_GB",
            XDG_RUNTIME_DIR=str(folder),
            WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS="1",
        )
        self.address = f"http://127.0.0.1:{port}/session"
        options = {"binary": str(MINI_BROWSER), "args": ["--automation"]}
        capabilities = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        session = _attempt(lambda: self._call("POST", "", capabilities=capabilities))
        self.address += f"/{session['sessionId']}"
        width, height = SIZE
        self._call("POST", "/window/rect", x=0, y=0, width=width, height=height)

    def goto(self, address: str) -> None:
        self._call("POST", "/url", url=address)

    def evaluate(self, expression: str):
        return self._call("POST", "/execute/sync", script=f"return ({expression})", args=[])

    def close(self) -> None:
        self._call("DELETE", "")
        super().close()

    def _screen(self) -> str:
        reading, writing = os.pipe()
        command = [XVFB, "-displayfd", str(writing), "-screen", "0", "1600x1200x24", "-nolisten", "tcp"]
        process = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
        self.processes.append(process)
        os.close(writing)
        with os.fdopen(reading) as display:
            return f":{display.readline().strip()}"

    def _act(self, actions: list[dict]) -> None:
        self._call("POST", "/actions", actions=actions)

    def _picture(self) -> str:
        return self._call("GET", "/screenshot")

    def _call(self, method: str, path: str, **body):
        request = urllib.request.Request(
            self.address + path,
            data=json.dumps(body).encode() if method == "POST" else None,
            method=method,
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as refused:
            raise RuntimeError(refused.read().decode()) from None


def _attempt(step, seconds: float = 60):
    """Return what `step` gives as soon as what it needs has started."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return step()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
