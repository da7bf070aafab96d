"""`python -m benchmarks`: measure one size, write its numbers, render the report of all sizes.

Only the command line is here. What is measured is in `scenarios`, what is made of the numbers in `report`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.bench import Bench
from benchmarks.machine import use_cores
from benchmarks.measure import WorkFailedError
from benchmarks.scenarios import MAX_REPEATS
from benchmarks.world import parse_size, size_name
from orchestration.settings import STATE_DIR

HERE = Path(__file__).parent
RESULTS_DIR = HERE / "results"

app = typer.Typer(help="How fast, how large, against what.", no_args_is_help=True, add_completion=False)


@app.command()
def run(
    size: Annotated[str, typer.Option(help="Events of the world: 100k, 1M, 10M, 50M.")] = "1M",
    memory_limit: Annotated[str, typer.Option(help="DuckDB's memory limit; what is more goes to disk.")] = "4GB",
    cores: Annotated[int, typer.Option(min=1, help="Use so many cores (Linux; elsewhere all).")] = 2,
    folder: Annotated[
        Path, typer.Option(help="Where worlds and warehouses go: about 0.5 GB per million events.", file_okay=False)
    ] = STATE_DIR / "benchmark",
    naive_size: Annotated[str, typer.Option(help="Events that baseline (b) gets; the rest is extrapolated.")] = "200k",
    repeats: Annotated[int, typer.Option(min=1, max=MAX_REPEATS, help="How often; medians count.")] = MAX_REPEATS,
    brief: Annotated[
        bool, typer.Option("--brief", help="Of builds only the most telling, each once: for hours saved at 50M.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the warehouses; the worlds are always kept.")] = False,
) -> None:
    """Measure every scenario and baseline on a world of SIZE events and render the report."""
    try:
        events, naive_events = parse_size(size), parse_size(naive_size)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    use_cores(cores)
    bench = Bench(folder.absolute() / size_name(events), memory_limit, repeats, keep)
    try:
        result = bench.measure_size(events, min(events, naive_events), brief)
    except WorkFailedError as error:
        typer.echo(f"Failed: {error}", err=True)
        raise typer.Exit(1) from None
    RESULTS_DIR.mkdir(exist_ok=True)
    path = RESULTS_DIR / f"{size_name(events)}.json"
    path.write_text(json.dumps(_rounded(result), indent=1, default=str) + "\n", encoding="utf-8")
    report()
    if bench.complaints:
        raise typer.Exit(1)


@app.command()
def report() -> None:
    """Render RESULTS.md and its chart anew from the numbers of all measured sizes."""
    # Only this needs the library that draws.
    from benchmarks.report import write_report

    for path in write_report(RESULTS_DIR, HERE):
        typer.echo(f"Wrote {path}")


def _rounded(value: Any) -> Any:
    """Milliseconds are enough, and less to read and to keep."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, 3) if isinstance(value, float) else value


if __name__ == "__main__":
    app()
