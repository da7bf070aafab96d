"""Renders RESULTS.md from the numbers of all measured sizes. No number is made here.

What the numbers are is in `results`, the drawing in `chart`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.chart import draw_chart
from benchmarks.results import PARTS, TARGETS, cpu, load_results
from benchmarks.scenarios import BACKFILL_DAYS, BASELINES, SCENARIOS
from benchmarks.world import size_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from benchmarks.measure import Measurement
    from benchmarks.results import SizeResults, Target

_MODELS_SHOWN = 12
_MODELS_OF = ("full_build", "one_more_day", "mailing_day", "points_edit", "backfill")

_HEAD = """\
# Benchmark results

Written by `make benchmark SIZE=…`, which measures one size and renders this page from the numbers of all sizes in
[results/](results/). [README.md](README.md) says what each scenario does, what the baselines leave out, and how to
repeat it.

![Seconds by number of events, and where the seconds of a run go](results.svg)
"""


def write_report(results_dir: Path, folder: Path) -> list[Path]:
    """Write RESULTS.md and the chart into `folder` and return both. Raises FileNotFoundError without results."""
    sizes = load_results(results_dir)
    if not sizes:
        raise FileNotFoundError(f"no results in {results_dir}")
    page, chart = folder / "RESULTS.md", folder / "results.svg"
    page.write_text(render(sizes), encoding="utf-8")
    draw_chart(sizes, chart)
    return [page, chart]


def render(sizes: Sequence[SizeResults]) -> str:
    """The page as Markdown."""
    sections = [_HEAD, _targets(sizes), *(part for size in sizes for part in _size(size))]
    return "\n".join(sections).rstrip() + "\n"


def _targets(sizes: Sequence[SizeResults]) -> str:
    rows = [
        [target.name, f"≤ {_figure(target.limit)}{target.unit}", *(_verdict(target, size) for size in sizes)]
        for target in TARGETS
    ]
    intro = (
        "Ratios of wall times of one run; in brackets those of processor seconds, which other work changes less."
        " Targets are set for 10M events and more, that of memory for 50M; they are judged by wall times."
        " What is missing costs, and what it would take to save it, is in [docs/scaling.md](../docs/scaling.md)."
    )
    return f"## Targets\n\n{intro}\n\n{_table(['', 'target', *(size_name(size.events) for size in sizes)], rows)}"


def _verdict(target: Target, size: SizeResults) -> str:
    value = target.value(size)
    if value is None:
        return "not measured"
    mark = {True: " ✓", False: " ✗", None: ""}[target.verdict(size)]
    by_processors = "" if target.unit else f" ({_figure(target.value(size, cpu) or 0.0)})"
    return f"{_figure(value)}{target.unit}{mark}{by_processors}"


def _size(size: SizeResults) -> Iterator[str]:
    rows = size.facts["worlds"]["once"]
    versions = ", ".join(f"{name} {version}" for name, version in size.facts["versions"].items())
    yield f"## {size_name(size.events)}\n"
    yield (
        f"{rows['events']:,} events of {rows['contacts']:,} contact rows over three years. Measured on"
        f" {size.facts['measured_on']} at commit {size.facts['commit']} on {size.facts['cores']} cores of:"
        f" {size.facts['machine']}; DuckDB's memory limit {size.facts['memory_limit']};"
        f" load average before a run {_figure(size.load)} (median). {versions}.\n"
    )
    # A run that did not do what it is named after has numbers that mean nothing.
    yield from (f"**Not as it should be:** {complaint}\n" for complaint in size.facts.get("complaints", ()))
    yield _costs(size)
    yield "### Where the seconds go\n"
    yield (
        "Of the median run. SQL: the time during which dbt had a query running (it runs two at once). dbt: the rest of"
        " its build, opening and closing the file included. Python: starting, importing, ending.\n"
    )
    yield _parts(size)
    yield "### The dearest tables\n"
    yield "Seconds of the queries of a table in the median run; all of them are in the JSON.\n"
    yield _dearest(size)


def _costs(size: SizeResults) -> str:
    header = ["", "runs", "seconds", "range", "CPU s", "peak GiB", "file GiB", "× (a)", "× full build"]
    measured = {name: title for name, title in {**BASELINES, **SCENARIOS}.items() if size.has(name)}
    rows = [_cost(size, name, title) for name, title in measured.items() if name != "naive_dbt"]
    naive = size.median_run("naive_dbt")
    title = f"{BASELINES['naive_dbt']}; extrapolated from {naive.events:,} events"
    rows.append(_extrapolated(size, title, size.naive_seconds))
    if days := len(size.runs("single_day")):
        title = f"{BACKFILL_DAYS} single-day runs; extrapolated from {days}"
        rows.append(_extrapolated(size, title, size.single_days_seconds()))
    return _table(header, rows)


def _cost(size: SizeResults, name: str, title: str) -> list[str]:
    runs, typical = size.runs(name), size.median_run(name)
    seconds = [run.wall_seconds for run in runs]
    return [
        title,
        str(len(runs)),
        _figure(size.seconds(name)),
        f"{_figure(min(seconds))}–{_figure(max(seconds))}" if len(runs) > 1 else "",
        _figure(typical.cpu_seconds),
        _gib(max(run.peak_bytes for run in runs)),
        _gib(typical.warehouse_bytes) if typical.warehouse_bytes else "",
        _figure(size.ratio(name, "single_pass")),
        _figure(size.ratio(name, "full_build")),
    ]


def _extrapolated(size: SizeResults, title: str, seconds: float) -> list[str]:
    ratios = [_figure(seconds / size.seconds(base)) for base in ("single_pass", "full_build")]
    return [title, "", f"*{_figure(seconds)}*", "", "", "", "", *(f"*{ratio}*" for ratio in ratios)]


def _parts(size: SizeResults) -> str:
    header = ["", *PARTS.values(), "all"]
    typical = [(title, size.median_run(name)) for name, title in SCENARIOS.items() if size.has(name)]
    rows = [[title, *(_figure(run.parts[part]) for part in PARTS), _figure(run.wall_seconds)] for title, run in typical]
    return _table(header, rows)


def _dearest(size: SizeResults) -> str:
    shown = [name for name in _MODELS_OF if size.has(name)]
    columns = [_dearest_of(size.median_run(name)) for name in shown]
    rows = [[cell for column in columns for cell in column[place]] for place in range(_MODELS_SHOWN)]
    return _table([cell for name in shown for cell in (SCENARIOS[name], "s")], rows)


def _dearest_of(run: Measurement) -> list[tuple[str, str]]:
    tables = [(table, _figure(seconds)) for table, seconds in run.sql_seconds_by_table.items()]
    return (tables + [("", "")] * _MODELS_SHOWN)[:_MODELS_SHOWN]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table: the first column to the left, numbers to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _figure(value: float) -> str:
    """Three figures that count: 0.0123, 1.23, 12.3, 1,234."""
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def _gib(size: int) -> str:
    return f"{size / 2**30:.2f}"
