"""The drawings of the page: matplotlib draws them, and `drawing` makes them part of the page.

What a drawing shows stands beside it as a table as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log1p
from typing import TYPE_CHECKING, Any

from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patches import Rectangle

from orchestration.report.drawing import (
    HEAT_STEPS,
    SMALL,
    STAND_IN,
    TEXT,
    as_inline_svg,
    canvas,
    our_settings,
    scales,
)
from orchestration.report.words import clean, count, number, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markupsafe import Markup

    from orchestration.report.content import Cell, Distribution

_LONGEST_LABEL = 32
_FIT_GRADES, _ACTIVITY_LEVELS = "ABCD", "4321"


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


@our_settings()
def heat_map(cells: Iterable[Cell]) -> Markup:
    """The grid of fit by activity: the darker (in the dark: the brighter), the more contacts; framed: goes to sales."""
    by_grade = {cell.lead_grade: cell for cell in cells}
    grades = [[fit + level for level in _ACTIVITY_LEVELS] for fit in _FIT_GRADES]
    counts = [[by_grade[grade].contacts if grade in by_grade else 0 for grade in row] for row in grades]
    steps = heat_steps(counts)
    figure, axes = canvas(256, left=26, bottom=4, top=30)
    colours = ListedColormap([STAND_IN[f"heat-{step}"] for step in range(HEAT_STEPS + 1)])
    norm = BoundaryNorm([step - 0.5 for step in range(HEAT_STEPS + 2)], HEAT_STEPS + 1)
    axes.pcolormesh(steps, cmap=colours, norm=norm, edgecolors=STAND_IN["line"], linewidth=1)
    axes.set(xlim=(-0.02, len(_ACTIVITY_LEVELS) + 0.02), ylim=(len(_FIT_GRADES) + 0.02, -0.02))
    centred: dict[str, Any] = {"ha": "center", "va": "center"}
    side: dict[str, Any] = {"color": STAND_IN["ink"], "size": TEXT, "weight": "bold"}
    for row, fit in enumerate(_FIT_GRADES):
        axes.text(-0.12, row + 0.5, fit, ha="right", va="center", **side)
        for column, grade in enumerate(grades[row]):
            ink = STAND_IN[f"heat-ink-{steps[row][column]}"]
            in_cell = number(counts[row][column])
            axes.text(column + 0.5, row + 0.42, in_cell, color=ink, size=16, weight="bold", **centred)
            axes.text(column + 0.5, row + 0.78, grade, color=ink, size=SMALL, **centred)
            if grade in by_grade and by_grade[grade].qualified:
                # The wider frame below keeps the upper one apart from a cell of any heat.
                for colour, width in (("card", 6.0), ("call", 2.5)):
                    frame = Rectangle((column + 0.035, row + 0.045), 0.93, 0.91, fill=False)
                    frame.set(linewidth=width, edgecolor=STAND_IN[colour])
                    axes.add_patch(frame)
    for column, level in enumerate(_ACTIVITY_LEVELS):
        axes.text(column + 0.5, -0.1, level, ha="center", va="bottom", **side)
    description = f"Rows: fit A to D. Columns: activity 4 to 1. {count(sum(map(sum, counts)), 'contact')} in the cells"
    if by_grade:
        fullest = max(by_grade.values(), key=lambda cell: cell.contacts)
        description += f", most of them, {number(fullest.contacts)}, in {fullest.lead_grade}"
    return as_inline_svg(figure, "grid-chart", "Contacts by fit and activity", f"{description}.")


def heat_steps(counts: Sequence[Sequence[int]]) -> list[list[int]]:
    """Which step of heat a count gets, 0 for none: by its logarithm, since one cell often outnumbers all the others."""
    most = max(map(max, counts))
    # First the share, which is 1 for the fullest: 5 * x / x is a little more than 5 for some x.
    return [[ceil(HEAT_STEPS * (log1p(value) / log1p(most))) if value else 0 for value in row] for row in counts]


@our_settings()
def bars(name: str, title: str, rows: Sequence[Bar]) -> Markup:
    """Lying bars, each under its label and its number."""
    height_of_row = 32
    figure, axes = canvas(height_of_row * len(rows) + 4)
    most = max(row.value for row in rows) or 1
    # Labels come from the rule book and from raw data: a dollar sign in them is no formula.
    words: dict[str, Any] = {"color": STAND_IN["ink"], "va": "bottom", "size": TEXT, "parse_math": False}
    for position, row in enumerate(rows):
        axes.barh(position, 1, height=0.28, color=STAND_IN["line"])
        axes.barh(position, row.value / most, height=0.28, color=STAND_IN["now"])
        axes.text(0, position - 0.22, clean(row.label, _LONGEST_LABEL), ha="left", **words)
        axes.text(1, position - 0.22, number(row.value), ha="right", **words)
    axes.set(xlim=(0, 1), ylim=(len(rows) - 0.6, -0.75))
    described = ", ".join(f"{row.label} {number(row.value)}" for row in rows)
    return as_inline_svg(figure, name, title, f"{described}.")


@our_settings()
def distribution(scores: Distribution) -> Markup:
    """How many contacts have which lead score: bars as of the day, a line for seven days before."""
    figure, axes = canvas(210, left=34, bottom=34, top=10)
    edges = [row.bin * scores.width for row in scores.bins]
    edges.append(edges[-1] + scores.width)
    heights = [row.contacts for row in scores.bins]
    axes.bar(edges[:-1], heights, scores.width * 0.92, align="edge", color=STAND_IN["now"])
    description = f"{count(scores.now.contacts, 'contact')}, median {number(scores.now.median, 1)} points"
    if scores.week_ago:
        then = [row.contacts_7d_ago for row in scores.bins]
        axes.stairs(then, edges, color=STAND_IN["ink"], lw=1.6, baseline=0)
        before = scores.week_ago
        description += f"; seven days before {number(before.contacts)}, median {number(before.median, 1)} points"
    axes.set(xlim=(edges[0], edges[-1]))
    scales(axes, "lead score")
    return as_inline_svg(figure, "scores-chart", "Distribution of lead scores", f"{description}.")


@our_settings()
def traffic(weeks: Sequence[Week]) -> Markup:
    """Events per week, the oldest first: those of people, and on top of them those of machines."""
    figure, axes = canvas(190, left=40, bottom=34, top=10)
    places, people = range(len(weeks)), [week.people for week in weeks]
    axes.bar(places, people, 0.72, color=STAND_IN["then"])
    axes.bar(places, [week.machines for week in weeks], 0.72, bottom=people, color=STAND_IN["machine"])
    axes.set_xticks(places, [str(week.weeks_ago or "now") for week in weeks])
    scales(axes, "weeks ago")
    shares = ", ".join(percent(week.share) for week in weeks)
    title = "Events of people and machines per week"
    return as_inline_svg(figure, "traffic-chart", title, f"Share of machines from the oldest week on: {shares}.")
