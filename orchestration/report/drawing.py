"""How a drawing becomes part of a page: a canvas, quiet scales, and SVG that takes the page's colours and font.

A drawing knows no colour. It is drawn in stand-ins, each of which becomes a custom property of the page's style sheet,
so that light, dark and print are the style sheet's affair. What is drawn is decided in `charts`.
"""

from __future__ import annotations

import io
import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from matplotlib.axes import Axes

HEAT_STEPS = 5

# Custom properties of page.css, each with the colour that stands in for it while matplotlib draws.
PROPERTIES = (
    *("card", "ink", "soft", "line", "now", "then", "machine", "call"),
    *(f"heat-{step}" for step in range(HEAT_STEPS + 1)),
    *(f"heat-ink-{step}" for step in range(HEAT_STEPS + 1)),
)
STAND_IN = {name: f"#0000{position:02x}" for position, name in enumerate(PROPERTIES, start=1)}
_PROPERTY = {colour: f"var(--{name})" for name, colour in STAND_IN.items()}

_WIDTH = 360.0  # units; on a phone about as many pixels, so that text keeps the size it is drawn in
_UNITS_PER_INCH = 72
TEXT, SMALL = 12.0, 11.0
_NO_METADATA: dict[str, Any] = {"Creator": None, "Date": None, "Format": None, "Type": None}
_SVG = "{http://www.w3.org/2000/svg}"
_REFERENCE = re.compile(r"(?:url\(|href=\")#([^)\"]+)")


@contextmanager
def our_settings() -> Iterator[None]:
    """matplotlib as it comes, whatever the machine's own configuration; text stays text, equal drawings are equal."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "lead report"})
        yield


def canvas(height: float, left: float = 2, bottom: float = 2, top: float = 2, right: float = 4) -> tuple[Figure, Axes]:
    """Axes without a frame on a transparent ground; all in units of the drawing."""
    figure = Figure(figsize=(_WIDTH / _UNITS_PER_INCH, height / _UNITS_PER_INCH), dpi=_UNITS_PER_INCH)
    width, inner_height = _WIDTH - left - right, height - bottom - top
    axes = figure.add_axes((left / _WIDTH, bottom / height, width / _WIDTH, inner_height / height))
    axes.set_axis_off()
    return figure, axes


def scales(axes: Axes, label: str) -> None:
    """Quiet scales: thin lines behind the bars, no frame, small numbers; `label` says what lies along the bottom."""
    axes.set_axis_on()
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.grid(axis="y", color=STAND_IN["line"], lw=0.8)
    axes.tick_params(length=0, labelsize=SMALL, labelcolor=STAND_IN["soft"], pad=4)
    axes.locator_params(axis="y", nbins=5, integer=True)
    axes.yaxis.set_major_formatter(lambda value, _: _short_number(value))
    axes.set_ylim(bottom=0)
    axes.set_xlabel(label, size=SMALL, color=STAND_IN["soft"])


def _short_number(value: float) -> str:
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g}"


def as_inline_svg(figure: Figure, name: str, title: str, description: str) -> Markup:
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
