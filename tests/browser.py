"""A real browser for tests: headless Chromium, driven by its DevTools protocol, which no page's policy binds.

Belongs here: opening, asking, remembering what was asked for and complained about. Does not: what a page must show.
"""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest
from websockets.sync.client import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from websockets.sync.client import ClientConnection

DEADLINE_SECONDS = 120
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Tab:
    """A tab of the browser that remembers all requests (and those that a policy has blocked), messages and errors."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._sent = 0
        self._by_id: dict[str, str] = {}
        self.requests: list[str] = []
        self.blocked: list[str] = []
        self.complaints: list[Any] = []
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        self._sent += 1
        self._socket.send(json.dumps({"id": self._sent, "method": method, "params": parameters}))
        while (message := self._next()).get("id") != self._sent:
            pass
        assert "error" not in message, message
        return dict(message["result"])

    def open(self, url: str, width: int, scheme: str = "light", height: int = 900) -> None:
        """Show the page and wait until it has loaded."""
        self.requests.clear()
        self.blocked.clear()
        self.complaints.clear()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=url)
        while self._next().get("method") != "Page.loadEventFired":
            pass

    def value(self, expression: str) -> Any:
        """What a JavaScript expression is; of a promise, what it becomes."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def screenshot(self, file: Path) -> None:
        """A PNG of what the window shows."""
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def _next(self) -> dict[str, Any]:
        message = dict(json.loads(self._socket.recv(timeout=DEADLINE_SECONDS)))
        match message.get("method"):
            case "Network.requestWillBeSent":
                url = self._by_id[message["params"]["requestId"]] = message["params"]["request"]["url"]
                self.requests.append(url)
            case "Network.loadingFailed" if message["params"].get("blockedReason"):
                self.blocked.append(self._by_id[message["params"]["requestId"]])
            case (
                "Log.entryAdded"
                | "Runtime.exceptionThrown"
                | "Runtime.consoleAPICalled"
                | "Page.javascriptDialogOpening"
            ):
                self.complaints.append(message["params"])
        return message


@contextmanager
def open_browser(profile: Path) -> Iterator[Tab]:
    """A tab of a browser of its own, whose files are in `profile`; skips the test where there is no Chromium."""
    if not CHROMIUM:
        pytest.skip("needs Chromium, which is not installed here")
    options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0")
    with subprocess.Popen(
        [CHROMIUM, *options, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as browser:
        try:
            port = _port_of(profile / "DevToolsActivePort", browser)
            with urlopen(Request(f"http://127.0.0.1:{port}/json/new", method="PUT")) as answer:
                address = json.load(answer)["webSocketDebuggerUrl"]
            # A busy machine answers late, which is no reason to hang up: each answer has its deadline.
            with connect(address, max_size=None, open_timeout=DEADLINE_SECONDS, ping_interval=None) as socket:
                yield Tab(socket)
        finally:
            browser.terminate()


def _port_of(file: Path, browser: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline and browser.poll() is None:
        with contextlib.suppress(FileNotFoundError):
            if lines := file.read_text(encoding="utf-8").splitlines():
                return lines[0]
        time.sleep(0.1)
    raise AssertionError(f"Chromium said nothing in {DEADLINE_SECONDS} s; exit code: {browser.poll()}")
