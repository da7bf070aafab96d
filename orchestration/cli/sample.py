"""`lead-scoring sample`: raw tables of an invented company."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Group
from rich.text import Text

from orchestration.cli.console import as_date, console, error_console, fail, number, plain_table, print_json, print_line
from orchestration.sample import write_sample
from orchestration.settings import RAW_DIR_ENV


def sample(
    out: Annotated[Path, typer.Option(help="Folder to write into; it is created.", file_okay=False)] = Path("raw"),
    contacts: Annotated[int, typer.Option(min=1, help="How many people.")] = 2000,
    days: Annotated[int, typer.Option(min=1, help="How many days of events.")] = 180,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Equal seeds make equal worlds.")] = 7,
    end_date: Annotated[
        str | None, typer.Option(metavar="DATE", help="The last day, such as 2026-06-30.", show_default="today")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows of each table as JSON.")] = False,
) -> None:
    """Write the raw tables of an invented company, to look at, to test on and to measure with.

    Equal options write equal files; the world ends today (UTC) unless --end-date says otherwise.

    Exit code: 0, or 1 if the folder cannot be written.
    """
    folder = out.absolute()
    last_day = as_date(end_date, "--end-date") or datetime.now(UTC).date()
    with error_console().status(f"Inventing {contacts:,} people and {days:,} days of what they did …"):
        try:
            rows = write_sample(folder, contacts, days, seed, last_day)
        except (OSError, duckdb.IOException) as error:
            fail(f"The sample cannot be written to {folder}: {error}")
    if as_json:
        print_json({"folder": str(folder), "end_date": last_day, "rows": rows})
        return
    table = plain_table("table", "rows", right=(1,))
    for name, written in rows.items():
        table.add_row(name, number(written, 0))
    story = Text(f"Wrote {contacts:,} contacts and {days:,} days up to {last_day}.")
    console().print(Group(story, Text(), table, Text(), Text("Score it:")))
    print_line(f"{RAW_DIR_ENV}={folder} lead-scoring build --as-of {last_day}")
