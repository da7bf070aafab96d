"""The lead report in a real browser: nothing asked for, nothing complained about, nothing wider than a phone.

Needs Chromium; skips without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestration.report.page import write_report
from tests.browser import Tab, open_browser
from tests.report_pages import hostile_copy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

PHONE, DESKTOP = 390, 1440
SCHEMES = {"light": "rgb(245, 246, 248)", "dark": "rgb(14, 18, 23)"}
# What hangs over the edge of a window of that width, but for what is there for screen readers alone.
OVER_THE_EDGE = """
(width => [document.documentElement, ...document.querySelectorAll('body *')]
  .filter(element => !element.closest('.hidden, .cards thead, svg'))
  .filter(element => Math.max(element.getBoundingClientRect().right, element === document.documentElement
    ? element.scrollWidth : 0) > width + 0.5)
  .map(element => `${element.tagName} ${element.className} ${element.textContent.slice(0, 40)}`))
"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with open_browser(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


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
    tab.open(pages[name].as_uri(), width, scheme)
    assert tab.requests == [pages[name].as_uri()]
    assert tab.complaints == []
    assert tab.value(f"{OVER_THE_EDGE}({width})") == []
    assert tab.value("document.scripts.length") == 0
    assert tab.value("getComputedStyle(document.body).backgroundColor") == SCHEMES[scheme]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_drawings_take_the_colours_of_the_scheme(tab: Tab, pages: dict[str, Path], scheme: str) -> None:
    tab.open(pages["sample"].as_uri(), DESKTOP, scheme)
    ink = tab.value("getComputedStyle(document.body).color")
    assert tab.value("getComputedStyle(document.querySelector('.chart text')).fill") == ink
    unresolved = (
        "[...document.querySelectorAll('.chart [fill^=var]')].filter(e => getComputedStyle(e).fill.includes('var'))"
    )
    assert tab.value(f"{unresolved}.length") == 0


def test_the_browser_notices_what_these_tests_look_for(tab: Tab, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text("<div style='width: 900px'>wide</div><img src='missing.png'><script>nowhere()</script>", "utf-8")
    tab.open(page.as_uri(), PHONE)
    assert (tmp_path / "missing.png").as_uri() in tab.requests
    assert len(tab.complaints) > 1
    assert [line.split()[0] for line in tab.value(f"{OVER_THE_EDGE}({PHONE})")] == ["HTML", "DIV"]
