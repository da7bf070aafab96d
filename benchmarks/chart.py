"""Draws the chart of RESULTS.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.results import PARTS
from benchmarks.scenarios import SCENARIOS
from benchmarks.world import size_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from benchmarks.results import SizeResults

# Colours that colour-blind readers can tell apart (Okabe and Ito).
_LINES = {
    "full_build": ("full build", "#0072b2"),
    "mailing_day": ("one more day, with a mailing", "#56b4e9"),
    "one_more_day": ("one more day", "#009e73"),
    "points_edit": ("points edit", "#cc79a7"),
    "single_pass": ("(a) single pass", "#000000"),
    "polars": ("(c) polars", "#999999"),
}
_NAIVE = ("(b) naive dbt, extrapolated", "#d55e00")
_PART_COLOURS = ("#bbbbbb", "#999999", "#e69f00", "#f0e442", "#0072b2", "#56b4e9")
_BARS = ("no_new_data", "one_more_day", "mailing_day", "points_edit", "pattern_edit", "content_edit", "title_edit")


def draw_chart(sizes: Sequence[SizeResults], path: Path) -> None:
    """Write an SVG: seconds by number of events, and where the seconds of the largest size's runs go."""
    # Text as text and fixed ids keep the file small and its differences readable.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "lead scoring", "font.size": 9}):
        figure = Figure(figsize=(13, 4.5), layout="constrained")
        by_size, by_part = figure.subplots(1, 2)
        _draw_seconds(by_size, sizes)
        _draw_parts(by_part, sizes[-1])
        figure.savefig(path, metadata={"Date": None})


def _draw_seconds(axes: Axes, sizes: Sequence[SizeResults]) -> None:
    events = [size.events for size in sizes]
    label, colour = _NAIVE
    axes.plot(events, [size.naive_seconds for size in sizes], "o--", color=colour, mfc="white", label=label)
    for scenario, (label, colour) in _LINES.items():
        measured = [size for size in sizes if size.has(scenario)]
        points = [size.events for size in measured], [size.seconds(scenario) for size in measured]
        axes.plot(*points, "o-", color=colour, label=label)
    axes.set(xscale="log", yscale="log", xlabel="events", ylabel="seconds", title="Wall time")
    axes.set_xticks(events, [size_name(count) for count in events])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))


def _draw_parts(axes: Axes, size: SizeResults) -> None:
    scenarios = [scenario for scenario in _BARS if size.has(scenario)]
    runs = [size.median_run(scenario) for scenario in scenarios]
    labels = [SCENARIOS[scenario].split(":")[0] for scenario in scenarios]
    left = [0.0] * len(runs)
    for (part, label), colour in zip(PARTS.items(), _PART_COLOURS, strict=True):
        seconds = [run.parts[part] for run in runs]
        axes.barh(labels, seconds, left=left, color=colour, label=label)
        left = [reached + more for reached, more in zip(left, seconds, strict=True)]
    axes.invert_yaxis()
    axes.set(xlabel="seconds", title=f"Where the seconds go at {size_name(size.events)} events")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
