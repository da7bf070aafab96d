"""The drawings of the page: matplotlib draws them, and `_as_inline_svg` makes them part of the page.

A drawing knows no colour. It is drawn in stand-ins, each of which becomes a custom property of the page's style sheet,
so that light, dark and print are the style sheet's affair. What a drawing shows stands beside it as a table as well.
"""

from __future__ import annotations

import io
import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil, log1p
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from orchestration.report.words import clean, count, number, percent

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from matplotlib.axes import Axes

    from orchestration.report.content import Cell, Distribution

HEAT_STEPS = 5

# Custom properties of page.css, each with the colour that stands in for it while matplotlib draws.
PROPERTIES = (
    *("card", "ink", "soft", "line", "now", "then", "machine", "call"),
    *(f"heat-{step}" for step in range(HEAT_STEPS + 1)),
    *(f"heat-ink-{step}" for step in range(HEAT_STEPS + 1)),
)
_STAND_IN = {name: f"#0000{position:02x}" for position, name in enumerate(PROPERTIES, start=1)}
_PROPERTY = {colour: f"var(--{name})" for name, colour in _STAND_IN.items()}

_WIDTH = 360.0  # units; on a phone about as many pixels, so that text keeps the size it is drawn in
_UNITS_PER_INCH = 72
_TEXT, _SMALL = 12.0, 11.0
_LONGEST_LABEL = 32
_FIT_GRADES, _ACTIVITY_LEVELS = "ABCD", "4321"
_NO_METADATA: dict[str, Any] = {"Creator": None, "Date": None, "Format": None, "Type": None}
_SVG = "{http://www.w3.org/2000/svg}"
_REFERENCE = re.compile(r"(?:url\(|href=\")#([^)\"]+)")


@dataclass(frozen=True)
class Bar:
    """A bar and what it is called."""

    label: str
    value: int


@dataclass(frozen=True)
class Week:
    """Events of a week; 0 weeks ago are the last seven days."""

    weeks_ago: int
    people: int
    machines: int

    @property
    def share(self) -> float | None:
        """The share of machines; None without events."""
        events = self.people + self.machines
        return self.machines / events if events else None


@contextmanager
def _our_settings() -> Iterator[None]:
    """matplotlib as it comes, whatever the machine's own configuration; text stays text, equal drawings are equal."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "lead report"})
        yield


@_our_settings()
def heat_map(cells: Iterable[Cell]) -> Markup:
    """The grid of fit by activity: the darker (in the dark: the brighter), the more contacts; framed: goes to sales."""
    by_grade = {cell.lead_grade: cell for cell in cells}
    grades = [[fit + level for level in _ACTIVITY_LEVELS] for fit in _FIT_GRADES]
    counts = [[by_grade[grade].contacts if grade in by_grade else 0 for grade in row] for row in grades]
    steps = heat_steps(counts)
    figure, axes = _canvas(256, left=26, bottom=4, top=30)
    colours = ListedColormap([_STAND_IN[f"heat-{step}"] for step in range(HEAT_STEPS + 1)])
    norm = BoundaryNorm([step - 0.5 for step in range(HEAT_STEPS + 2)], HEAT_STEPS + 1)
    axes.pcolormesh(steps, cmap=colours, norm=norm, edgecolors=_STAND_IN["line"], linewidth=1)
    axes.set(xlim=(-0.02, len(_ACTIVITY_LEVELS) + 0.02), ylim=(len(_FIT_GRADES) + 0.02, -0.02))
    centred: dict[str, Any] = {"ha": "center", "va": "center"}
    side: dict[str, Any] = {"color": _STAND_IN["ink"], "size": _TEXT, "weight": "bold"}
    for row, fit in enumerate(_FIT_GRADES):
        axes.text(-0.12, row + 0.5, fit, ha="right", va="center", **side)
        for column, grade in enumerate(grades[row]):
            ink = _STAND_IN[f"heat-ink-{steps[row][column]}"]
            in_cell = number(counts[row][column])
            axes.text(column + 0.5, row + 0.42, in_cell, color=ink, size=16, weight="bold", **centred)
            axes.text(column + 0.5, row + 0.78, grade, color=ink, size=_SMALL, **centred)
            if grade in by_grade and by_grade[grade].qualified:
                # The wider frame below keeps the upper one apart from a cell of any heat.
                for colour, width in (("card", 6.0), ("call", 2.5)):
                    frame = Rectangle((column + 0.035, row + 0.045), 0.93, 0.91, fill=False)
                    frame.set(linewidth=width, edgecolor=_STAND_IN[colour])
                    axes.add_patch(frame)
    for column, level in enumerate(_ACTIVITY_LEVELS):
        axes.text(column + 0.5, -0.1, level, ha="center", va="bottom", **side)
    description = f"Rows: fit A to D. Columns: activity 4 to 1. {count(sum(map(sum, counts)), 'contact')} in the cells"
    if by_grade:
        fullest = max(by_grade.values(), key=lambda cell: cell.contacts)
        description += f", most of them, {number(fullest.contacts)}, in {fullest.lead_grade}"
    return _as_inline_svg(figure, "grid-chart", "Contacts by fit and activity", f"{description}.")


def heat_steps(counts: Sequence[Sequence[int]]) -> list[list[int]]:
    """Which step of heat a count gets, 0 for none: by its logarithm, since one cell often outnumbers all the others."""
    most = max(map(max, counts))
    return [[ceil(HEAT_STEPS * log1p(value) / log1p(most)) if value else 0 for value in row] for row in counts]


@_our_settings()
def bars(name: str, title: str, rows: Sequence[Bar]) -> Markup:
    """Lying bars, each under its label and its number."""
    height_of_row = 32
    figure, axes = _canvas(height_of_row * len(rows) + 4)
    most = max(row.value for row in rows) or 1
    # Labels come from the rule book and from raw data: a dollar sign in them is no formula.
    words: dict[str, Any] = {"color": _STAND_IN["ink"], "va": "bottom", "size": _TEXT, "parse_math": False}
    for position, row in enumerate(rows):
        axes.barh(position, 1, height=0.28, color=_STAND_IN["line"])
        axes.barh(position, row.value / most, height=0.28, color=_STAND_IN["now"])
        axes.text(0, position - 0.22, clean(row.label, _LONGEST_LABEL), ha="left", **words)
        axes.text(1, position - 0.22, number(row.value), ha="right", **words)
    axes.set(xlim=(0, 1), ylim=(len(rows) - 0.6, -0.75))
    described = ", ".join(f"{row.label} {number(row.value)}" for row in rows)
    return _as_inline_svg(figure, name, title, f"{described}.")


@_our_settings()
def distribution(scores: Distribution) -> Markup:
    """How many contacts have which lead score: bars as of the day, a line for seven days before."""
    figure, axes = _canvas(210, left=34, bottom=34, top=10)
    edges = [row.bin * scores.width for row in scores.bins]
    edges.append(edges[-1] + scores.width)
    heights = [row.contacts for row in scores.bins]
    axes.bar(edges[:-1], heights, scores.width * 0.92, align="edge", color=_STAND_IN["now"])
    description = f"{count(scores.now.contacts, 'contact')}, median {number(scores.now.median, 1)} points"
    if scores.week_ago:
        then = [row.contacts_7d_ago for row in scores.bins]
        axes.stairs(then, edges, color=_STAND_IN["ink"], lw=1.6, baseline=0)
        before = scores.week_ago
        description += f"; seven days before {number(before.contacts)}, median {number(before.median, 1)} points"
    axes.set(xlim=(edges[0], edges[-1]))
    _scales(axes, "lead score")
    return _as_inline_svg(figure, "scores-chart", "Distribution of lead scores", f"{description}.")


@_our_settings()
def traffic(weeks: Sequence[Week]) -> Markup:
    """Events per week, the oldest first: those of people, and on top of them those of machines."""
    figure, axes = _canvas(190, left=40, bottom=34, top=10)
    places, people = range(len(weeks)), [week.people for week in weeks]
    axes.bar(places, people, 0.72, color=_STAND_IN["then"])
    axes.bar(places, [week.machines for week in weeks], 0.72, bottom=people, color=_STAND_IN["machine"])
    axes.set_xticks(places, [str(week.weeks_ago or "now") for week in weeks])
    _scales(axes, "weeks ago")
    shares = ", ".join(percent(week.share) for week in weeks)
    title = "Events of people and machines per week"
    return _as_inline_svg(figure, "traffic-chart", title, f"Share of machines from the oldest week on: {shares}.")


def _canvas(height: float, left: float = 2, bottom: float = 2, top: float = 2, right: float = 4) -> tuple[Figure, Axes]:
    """Axes without a frame on a transparent ground; all in units of the drawing."""
    figure = Figure(figsize=(_WIDTH / _UNITS_PER_INCH, height / _UNITS_PER_INCH), dpi=_UNITS_PER_INCH)
    width, inner_height = _WIDTH - left - right, height - bottom - top
    axes = figure.add_axes((left / _WIDTH, bottom / height, width / _WIDTH, inner_height / height))
    axes.set_axis_off()
    return figure, axes


def _scales(axes: Axes, label: str) -> None:
    """Quiet scales: thin lines behind the bars, no frame, small numbers; `label` says what lies along the bottom."""
    axes.set_axis_on()
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.grid(axis="y", color=_STAND_IN["line"], lw=0.8)
    axes.tick_params(length=0, labelsize=_SMALL, labelcolor=_STAND_IN["soft"], pad=4)
    axes.locator_params(axis="y", nbins=5, integer=True)
    axes.yaxis.set_major_formatter(lambda value, _: _short_number(value))
    axes.set_ylim(bottom=0)
    axes.set_xlabel(label, size=_SMALL, color=_STAND_IN["soft"])


def _short_number(value: float) -> str:
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g}"


def _as_inline_svg(figure: Figure, name: str, title: str, description: str) -> Markup:
    """The figure as SVG that belongs into a page: it takes the page's colours and font and says what it shows.

    Style attributes become presentation attributes, so that the page can forbid every style but its own sheet.
    """
    file = io.StringIO()
    with warnings.catch_warnings():
        # A glyph that matplotlib's font lacks is the browser's to find.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        figure.savefig(file, format="svg", transparent=True, metadata=_NO_METADATA)
    root = ElementTree.fromstring(file.getvalue())  # noqa: S314 - matplotlib's own output
    referenced = set(_REFERENCE.findall(file.getvalue()))
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{_SVG}style", f"{_SVG}metadata"):
                parent.remove(child)
    for element in root.iter():
        _make_plain(element, name, referenced)
    box = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib |= {"viewBox": box, "class": "chart", "role": "img", "aria-labelledby": f"{name}-title {name}-desc"}
    for position, (tag, text) in enumerate({"title": title, "desc": description}.items()):
        said = ElementTree.Element(tag, id=f"{name}-{tag}")
        said.text = text
        root.insert(position, said)
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704 - ElementTree escapes all text


def _make_plain(element: ElementTree.Element, name: str, referenced: Container[str]) -> None:
    """Tags without namespace, ids only where needed and unique on the page, no style attribute."""
    element.tag = element.tag.removeprefix(_SVG)
    attributes = dict(element.attrib)
    element.attrib.clear()
    for key, value in attributes.items():
        local = key.rpartition("}")[2]
        if local == "style":
            for declaration in filter(None, map(str.strip, value.split(";"))):
                setting, _, chosen = map(str.strip, declaration.partition(":"))
                if setting != "font-family":  # is the page's
                    element.set(setting, _PROPERTY[chosen] if chosen.startswith("#") else chosen)
        elif local == "href":
            element.set("href", f"#{name}-{value.removeprefix('#')}")
        elif local != "id":
            element.set(local, value.replace("url(#", f"url(#{name}-"))
        elif value in referenced:
            element.set("id", f"{name}-{value}")
