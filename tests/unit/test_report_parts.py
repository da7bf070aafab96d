"""The lead report without a warehouse: words, drawings, and what the page's own files promise."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from orchestration.report import charts, drawing, page, words
from orchestration.report.charts import Bar, Week
from orchestration.report.content import Bin, Cell, Distribution, ScoreDay, bin_width
from orchestration.settings import PROJECT_ROOT

FOLDER = Path(page.__file__).parent
CSS = (FOLDER / "page.css").read_text(encoding="utf-8")
LEAST_CONTRAST = 4.5  # WCAG AA for text of any size
LEAST_CONTRAST_OF_SHAPES = 3.0
TEXT_ON = [
    *((ink, ground) for ink in ("ink", "soft", "link") for ground in ("page", "card")),
    ("ink", "warn"),
    ("on-tag", "tag"),
    ("on-call", "call"),
    *((f"heat-ink-{step}", f"heat-{step}") for step in range(drawing.HEAT_STEPS + 1)),
]
SHAPES_ON = [("machine", "card"), ("call", "card"), ("machine", "then"), ("ink", "now")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("  two\n lines\t here ", "two lines here"),
        ("gnp\u202egnp.exe\u2066x\u200bz", "gnpgnp.exexz"),
        ("nul\x00 and bell\x07", "nul and bell"),
        ("Zo\u0308e\u0308", "Zo\u0308e\u0308"),
        ("Z\u0300\u0301\u0302\u0303\u0304o", "Z\u0300\u0301\u0302o"),
        ("👩\u200d💻 می\u200cخواهم", "👩\u200d💻 می\u200cخواهم"),
        ("a" * 200, "a" * 119 + "…"),
        ("not a character: \uffff", "not a character:"),
    ],
)
def test_text_is_cleaned_of_what_controls(text: str, expected: str) -> None:
    assert words.clean(text) == expected


def test_cleaning_a_hostile_value_takes_no_time_by_its_length() -> None:
    assert len(words.clean("\u202e" * 10_000_000 + "x" * 10_000_000)) <= words.LONGEST_TEXT


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (words.number(1234567.0), "1,234,567"),
        (words.number(-0.04, 1), "0.0"),
        (words.number(-3.25, 1), "−3.2"),
        (words.number(None), "–"),
        (words.signed(3), "+3"),
        (words.signed(-3), "−3"),
        (words.signed(0.01, 1), "±0.0"),
        (words.percent(0.1234), "12 %"),
        (words.percent(0.0001), "< 1 %"),
        (words.percent(0.0), "0 %"),
        (words.percent(None), "–"),
        (words.day(date(2026, 6, 3)), "3 Jun 2026"),
        (words.long_day(date(2026, 6, 30)), "Tuesday, 30 June 2026"),
        (words.ago(0), "today"),
        (words.ago(1), "yesterday"),
        (words.ago(1200), "1,200 days ago"),
        (words.ago(None), "never"),
        (words.count(1, "event"), "1 event"),
        (words.bound("Asked for a demo today +20.0"), "Asked for a demo today\u00a0+20.0"),
        (words.bound("one"), "one"),
    ],
)
def test_numbers_and_dates_are_written_as_people_write_them(written: str, expected: str) -> None:
    assert written == expected


@pytest.mark.parametrize(
    ("lowest", "highest", "width"),
    [(0, 0, 1), (0, 9, 1), (0, 19.9, 1), (0, 20, 2), (0, 89.9, 5), (0, 100, 10), (-50, 100, 10), (0, 1e6, 100_000)],
)
def test_scores_fall_into_at_most_twenty_bins(lowest: float, highest: float, width: int) -> None:
    assert bin_width(lowest, highest) == width


def test_heat_tells_small_cells_apart_beside_a_large_one() -> None:
    assert charts.heat_steps([[0, 1, 5, 24], [160, 880, 0, 0]]) == [[0, 1, 2, 3], [4, 5, 0, 0]]
    assert charts.heat_steps([[0, 0], [0, 0]]) == [[0, 0], [0, 0]]


def test_the_fullest_cell_has_the_last_step_however_many_are_in_it() -> None:
    """45 was the first number of contacts with a step too many: floating point."""
    for most in range(1, 20_000):
        assert charts.heat_steps([[most, 0]]) == [[drawing.HEAT_STEPS, 0]]


def drawings(label: str = "plain") -> dict[str, str]:
    cells = [Cell(lead_grade="A4", contacts=3, contacts_7d_ago=1, qualified=3, recommended_action=label)]
    scores = ScoreDay(as_of_date=date(2026, 6, 30), contacts=9, lowest=-5, highest=95, median=40)
    bins = tuple(Bin(bin=number, contacts=number + 1, contacts_7d_ago=2) for number in range(-1, 10))
    return {
        "grid": charts.heat_map(cells),
        "bars": charts.bars("bars", label, [Bar(label, 0), Bar(label, 3)]),
        "scores": charts.distribution(Distribution(width=10, bins=bins, now=scores, week_ago=scores)),
        "no week ago": charts.distribution(Distribution(width=10, bins=bins, now=scores, week_ago=None)),
        "traffic": charts.traffic([Week(1, 0, 0), Week(0, 1200, 300)]),
    }


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own drawing


@pytest.mark.parametrize(("name", "svg"), drawings().items())
def test_drawings_take_colours_and_font_from_the_page_and_say_what_they_show(name: str, svg: str) -> None:
    root = parsed(svg)
    elements = list(root.iter())
    assert root.attrib["role"] == "img", name
    ids = {element.get("id"): element.text for element in elements if element.get("id")}
    assert all(ids[label] for label in root.attrib["aria-labelledby"].split())
    assert not any("style" in element.attrib or element.tag in ("style", "image", "metadata") for element in elements)
    colours = [element.get(key, "none") for element in elements for key in ("fill", "stroke")]
    assert {colour for colour in colours if not re.fullmatch(r"none|var\(--[a-z0-9-]+\)", colour)} == set()
    referenced = re.findall(r"(?:url\(|href=\")#([^)\"]+)", svg)
    assert set(referenced) <= set(ids)
    assert "font-family" not in svg
    assert any(element.tag == "text" for element in elements)


def test_equal_drawings_are_equal_whatever_the_machine_is_configured_to() -> None:
    plain = drawings()
    with drawing.mpl.rc_context({"grid.linestyle": ":", "font.weight": "bold", "svg.fonttype": "path"}):
        assert drawings() == plain


@pytest.mark.parametrize(
    "label", ["<script>alert(1)</script>", r"$\frac{1}{$", "😀" * 40, "x" * 10_000, "بنت العم", "名前"]
)
def test_labels_of_drawings_are_text_and_never_markup_or_formula(label: str) -> None:
    svg = charts.bars("bars", label, [Bar(label, 1)])
    texts = [element.text for element in parsed(svg).iter("text")]
    assert texts == [words.clean(label, 32), "1"]
    assert "<script" not in svg


def schemes() -> dict[str, dict[str, str]]:
    """The custom properties of the style sheet, light and dark."""
    light, dark = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
    declared = [dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block)) for block in (light, dark)]
    return {"light": declared[0], "dark": declared[1]}


def test_dark_changes_every_colour_and_drawings_know_no_others() -> None:
    assert schemes()["light"].keys() == schemes()["dark"].keys()
    assert set(drawing.PROPERTIES) <= schemes()["light"].keys()
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", CSS))
    assert used <= schemes()["light"].keys()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("front", "ground", "least"),
    [
        *((*pair, LEAST_CONTRAST) for pair in TEXT_ON),
        *((*pair, LEAST_CONTRAST_OF_SHAPES) for pair in SHAPES_ON),
    ],
)
def test_contrast_is_enough_for_weak_eyes(scheme: str, front: str, ground: str, least: float) -> None:
    colours = schemes()[scheme]
    assert contrast(colours[front], colours[ground]) >= least


def contrast(one: str, other: str) -> float:
    """By WCAG 2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_no_command_but_the_report_waits_for_the_library_that_draws() -> None:
    loaded = "import sys, orchestration.cli.app, orchestration.definitions; print('matplotlib' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, cwd=PROJECT_ROOT)
    assert found.stdout.strip() == "False"


def test_the_template_trusts_nothing_and_runs_nothing() -> None:
    template = (FOLDER / "page.html.j2").read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe|autoescape false|Markup", template)
    assert not re.search(r"<script|<img|<iframe|<link|\son[a-z]+=|style=|https?:", template)
    assert "url(" not in CSS
    assert "@import" not in CSS
