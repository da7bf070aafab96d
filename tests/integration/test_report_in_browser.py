"""The lead report in a real browser: nothing asked for, nothing complained about, nothing wider than a phone.

Speaks the browser's DevTools protocol, which the page's policy does not bind. Needs Chromium; skips without.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest
from websockets.sync.client import connect

from orchestration.report.page import write_report
from tests.report_pages import hostile_copy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from websockets.sync.client import ClientConnection

pytestmark = pytest.mark.slow

DEADLINE_SECONDS = 120
PHONE, DESKTOP = 390, 1440
SCHEMES = {"light": "rgb(245, 246, 248)", "dark": "rgb(14, 18, 23)"}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# What hangs over the edge of a window of that width, but for what is there for screen readers alone.
OVER_THE_EDGE = """
(width => [document.documentElement, ...document.querySelectorAll('body *')]
  .filter(element => !element.closest('.hidden, .cards thead, svg'))
  .filter(element => Math.max(element.getBoundingClientRect().right, element === document.documentElement
    ? element.scrollWidth : 0) > width + 0.5)
  .map(element => `${element.tagName} ${element.className} ${element.textContent.slice(0, 40)}`))
"""


class Tab:
    """A tab of the browser that remembers all requests, messages and errors."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._sent = 0
        self.requests: list[str] = []
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

    def open(self, page: Path, width: int, scheme: str) -> None:
        """Show the file and wait until it has loaded."""
        self.requests.clear()
        self.complaints.clear()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=page.as_uri())
        while self._next().get("method") != "Page.loadEventFired":
            pass

    def value(self, expression: str) -> Any:
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"]["value"]

    def _next(self) -> dict[str, Any]:
        message = dict(json.loads(self._socket.recv(timeout=DEADLINE_SECONDS)))
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
            case (
                "Log.entryAdded"
                | "Runtime.exceptionThrown"
                | "Runtime.consoleAPICalled"
                | "Page.javascriptDialogOpening"
            ):
                self.complaints.append(message["params"])
        return message


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    if not CHROMIUM:
        pytest.skip("needs Chromium, which is not installed here")
    profile = tmp_path_factory.mktemp("chromium")
    options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0")
    with subprocess.Popen(
        [CHROMIUM, *options, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as browser:
        try:
            port = _port_of(profile / "DevToolsActivePort", browser)
            with urlopen(Request(f"http://127.0.0.1:{port}/json/new", method="PUT")) as answer:
                address = json.load(answer)["webSocketDebuggerUrl"]
            with connect(address, max_size=None, open_timeout=DEADLINE_SECONDS) as socket:
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


@pytest.fixture(scope="module")
def pages(built_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page of the sample world, and one whose every text is hostile."""
    folder = tmp_path_factory.mktemp("pages")
    hostile = hostile_copy(built_warehouse, folder / "hostile.duckdb")
    written = {"sample": folder / "sample.html", "hostile": folder / "hostile.html"}
    for source, page in zip((built_warehouse, hostile), written.values(), strict=True):
        write_report(source, page)
    return written


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("name", ["sample", "hostile"])
def test_the_page_fits_asks_for_nothing_and_has_nothing_to_complain_about(
    tab: Tab, pages: dict[str, Path], name: str, width: int, scheme: str
) -> None:
    tab.open(pages[name], width, scheme)
    assert tab.requests == [pages[name].as_uri()]
    assert tab.complaints == []
    assert tab.value(f"{OVER_THE_EDGE}({width})") == []
    assert tab.value("document.scripts.length") == 0
    assert tab.value("getComputedStyle(document.body).backgroundColor") == SCHEMES[scheme]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_drawings_take_the_colours_of_the_scheme(tab: Tab, pages: dict[str, Path], scheme: str) -> None:
    tab.open(pages["sample"], DESKTOP, scheme)
    ink = tab.value("getComputedStyle(document.body).color")
    assert tab.value("getComputedStyle(document.querySelector('.chart text')).fill") == ink
    unresolved = (
        "[...document.querySelectorAll('.chart [fill^=var]')].filter(e => getComputedStyle(e).fill.includes('var'))"
    )
    assert tab.value(f"{unresolved}.length") == 0


def test_the_browser_notices_what_these_tests_look_for(tab: Tab, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text("<div style='width: 900px'>wide</div><img src='missing.png'><script>nowhere()</script>", "utf-8")
    tab.open(page, PHONE, "light")
    assert (tmp_path / "missing.png").as_uri() in tab.requests
    assert len(tab.complaints) > 1
    assert [line.split()[0] for line in tab.value(f"{OVER_THE_EDGE}({PHONE})")] == ["HTML", "DIV"]
