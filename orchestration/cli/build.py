"""`lead-scoring build`: score everything, for a day or a range of days."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from orchestration.cli.console import (
    as_date,
    console,
    count,
    dbt_vars,
    error_console,
    fail,
    number,
    plain_table,
    print_json,
    print_line,
)
from orchestration.cli.warehouse import open_warehouse
from orchestration.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from rich.console import RenderableType

    from orchestration.build import BuildResult, NodeEvent
    from orchestration.cli.warehouse import Row, Warehouse

_BAR_WIDTH = 30
_OUTCOMES = {
    "rejected": "cannot be used; table rejected_rows says why",
    "duplicate": "sent more than once; one copy counts",
    "waiting": "of nobody known yet; they score once their contact is",
    "machine": "caused by machines; they earn nothing",
    "scored": "hit a rule",
    "unmatched": "hit no rule",
}


def build(
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="The day the scores are true for.", show_default="today")
    ] = None,
    from_date: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Replay the history from this day on.")
    ] = None,
    to_date: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="With --from: the last day to replay.")
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild every table; the recorded history stays.")
    ] = False,
    variables: Annotated[
        str, typer.Option("--vars", metavar="JSON", help="dbt vars, such as '{\"surge_min_points\": 30}'.")
    ] = "{}",
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="GUARD", help="A guard that may not stop this run, such as grade_moves; repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Score all contacts and accounts: validate the rule book, load it, build every table, check everything, publish.

    It is the job that the schedule runs, and Dagster's web interface shows it. Running it again changes nothing.

    Exit code: 0 done, 1 errors in the data, the rule book or the options, 2 checks failed.
    """
    days = _days(as_date(as_of, "--as-of"), as_date(from_date, "--from"), as_date(to_date, "--to"))
    extra_vars = dbt_vars(variables)
    settings = Settings.from_environment()
    result = run_with_progress(settings, *days, full_refresh=full_refresh, extra_vars=extra_vars, accept=accept or ())
    if as_json:
        print_json(_as_json(settings, result))
    else:
        print_outcome(settings, result)
    raise typer.Exit(int(result.status))


def _days(as_of: date | None, first: date | None, last: date | None) -> tuple[date | None, date | None]:
    """The as_of_date and the first day of the history to replay."""
    if last and not first:
        fail("--to needs --from: it is the last day to replay. For one day alone, use --as-of.")
    if last and as_of and last != as_of:
        fail(f"--to {last} and --as-of {as_of} are different days; leave one out.")
    last = last or as_of
    if first and last and first > last:
        fail(f"--from {first} is after {last}.")
    return last, first


def run_with_progress(
    settings: Settings,
    as_of: date | None,
    first_day: date | None = None,
    *,
    full_refresh: bool = False,
    extra_vars: dict[str, Any] | None = None,
    accept: Sequence[str] = (),
) -> BuildResult:
    """Run one build and show on standard error which table it is at."""
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=_BAR_WIDTH),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=error_console(),
        transient=True,
    )
    with progress:
        task = progress.add_task("preparing", total=None)
        # Dagster takes seconds to import; the other commands do without it.
        from orchestration.build import BuildRequest, NodeStarted, run_build

        def show(event: NodeEvent) -> None:
            if isinstance(event, NodeStarted):
                progress.update(task, description=_table_of(event.unique_id), total=event.total)
            else:
                progress.advance(task)

        request = BuildRequest(as_of, first_day, full_refresh, extra_vars or {}, accept)
        return run_build(settings, request, show)


def _table_of(unique_id: str) -> str:
    kind, _, *name = unique_id.split(".")
    label = "checking" if kind == "test" else name[0]
    return f"{label:<36.36}"


def print_outcome(settings: Settings, result: BuildResult) -> None:
    """Say how a build ended: what failed, or what was read and how long it took."""
    for error in result.errors:
        print_line(error)
    for check in result.failed_checks:
        finding = f" Found: {check.finding}." if check.finding else ""
        print_line(f"check failed: {check.table}: {check.name}: {check.description}{finding}")
    if result.errors:
        print_line(Text(f"Not built: {count(len(result.errors), 'error')}.", "bold red"))
        return
    if not result.is_begun:
        failed = count(len(result.failed_checks), "check")
        print_line(Text(f"Not built: {failed} of the sources failed; readers keep what they have.", "bold red"))
        return
    with open_warehouse(settings.warehouse) as warehouse:
        outcomes, totals = warehouse.rows("event_outcomes"), warehouse.rows("published_totals")[0]
    verdict = (
        Text(f"Built, but {count(len(result.failed_checks), 'check')} failed", "bold red")
        if result.failed_checks
        else Text("Done", "bold green")
    )
    facts = (
        f" in {result.seconds:.0f} s: {count(totals['contacts'], 'contact')} and "
        f"{count(totals['accounts'], 'account')} as of {totals['as_of_date']}, "
        f"{count(result.passed_checks, 'check')} passed."
    )
    published = (
        "Nothing was published; readers keep what they have."
        if result.failed_checks
        else f"Published: {settings.snapshot}"
    )
    console().print(Group(Text.assemble(verdict, facts), Text(), outcomes_table(outcomes), Text()))
    print_line(published)


def outcomes_table(outcomes: list[Row]) -> RenderableType:
    """Every raw event row by what became of it; the rows add up to those read."""
    total = sum(row["events"] for row in outcomes)
    table = plain_table("events", "rows", "share", "", right=(1, 2))
    for row in outcomes:
        share = row["events"] / total if total else 0.0
        table.add_row(row["outcome"], number(row["events"], 0), f"{share:.1%}", Text(_OUTCOMES[row["outcome"]], "dim"))
    table.add_row("read", number(total, 0), "", "", style="bold")
    return Padding(table, (0, 0, 0, 2), expand=False)


def _as_json(settings: Settings, result: BuildResult) -> dict[str, Any]:
    report = {**asdict(result), "status": result.status.name.lower()}
    if not result.errors and result.is_begun:
        with open_warehouse(settings.warehouse) as warehouse:
            report |= _published(warehouse)
        report["snapshot"] = None if result.failed_checks else settings.snapshot
    return report


def _published(warehouse: Warehouse) -> dict[str, Any]:
    outcomes = {row["outcome"]: row["events"] for row in warehouse.rows("event_outcomes")}
    return {"events": outcomes, "published": warehouse.rows("published_totals")[0]}
