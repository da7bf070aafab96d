"""Warehouses as small as publishing can do with, and processes that read, hold or write what is published.

Every row carries the day of its generation, so that a reader sees at once whether tables go together; a history with
most of the rows has them from days before as well, so that from one generation to the next a file is changed and not
written anew.
Belongs here: the data and the child processes, `python -m tests.integration.small_marts <what> <arguments>`. Does not:
what must come of it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.publish import parquet, workspace
from orchestration.publish import snapshot as snapshots
from orchestration.publish.parquet import CURRENT, follow_with_parquet, parquet_dir_of
from orchestration.publish.snapshot import publish, withhold
from orchestration.publish.tables import PublishedTable
from orchestration.publish.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FIRST_DAY = date(2026, 6, 1)
ROWS = 300
HISTORY_ROWS = 1000
HISTORY_DAYS = 500
GOOD = Verdict(passed=7)
BAD = Verdict(passed=5, failed=("a_check", "b_check"))
TABLES = (
    PublishedTable("contact_scores", "One row per contact; it's 100 %.", {"contact_id": "Key of a person."}),
    PublishedTable("event_log", "One row per event.", {"value": "A quantity, it's a number."}, "occurred_at"),
    PublishedTable("score_history", "One row per day.", {}, "as_of_date"),
    PublishedTable("scoring_days", "One row per day.", {}),
)
NASTY = (
    "",
    " ",
    "\\N",
    "\\.",
    'say "hi", you',
    "two\nlines\r\n",
    "tab\there",
    "Ünïcode 总监 😀",
    "it's",
    "null",
    "a\\b",
    "nul\0l",
)


def day_of(generation: int) -> date:
    """What the rows of a generation carry."""
    return FIRST_DAY + timedelta(days=generation)


def write_warehouse(path: Path, generation: int, rows: int = ROWS) -> None:
    """Replace a warehouse by that of a generation; a higher one has more rows."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create schema intermediate")
        connection.execute(
            f"""
            create table marts.contact_scores as
            select
                'c' || i as contact_id, date '{day_of(generation)}' as as_of_date, i / 3 as lead_score,
                i % 2 = 0 as is_excluded, if(i % 7 = 0, null, ?[i % len(?) + 1]) as top_reasons,
                'h{generation}' as rule_book_hash
            from range({rows + generation}) as r (i)
            """,
            [NASTY, NASTY],
        )
        connection.execute(
            f"""
            create table intermediate.int_events as
            select
                'e' || i as event_id, date '{day_of(generation)}' as as_of_date,
                timestamp '2026-06-01 12:00:00.123456' + to_seconds(i) as occurred_at,
                case i % 4 when 0 then null when 1 then 'nan'::double when 2 then 'infinity'::double else -i / 7 end
                    as value,
                i as hits
            from range({rows + generation}) as r (i)
            """
        )
        # As dbt writes a view: with the name of the database in it.
        connection.execute(f'create view marts.event_log as select * from "{path.stem}"."intermediate"."int_events"')
        connection.execute(
            f"""
            create table marts.score_history as
            select date '{FIRST_DAY}' - 1 - (i % {HISTORY_DAYS})::integer as as_of_date, i / 3 as lead_score
            from range({HISTORY_ROWS}) as r (i)
            union all
            select date '{FIRST_DAY}' + i::integer, i / 3 from range({generation} + 1) as r (i)
            """
        )
        connection.execute(
            f"""
            create table marts.scoring_days as
            select date '{day_of(generation)}' as as_of_date, 'h{generation}' as rule_book_hash
            """
        )


def publish_generation(warehouse: Path, snapshot: Path, generation: int) -> str:
    """Build a generation and publish it everywhere in the folder; returns its publication."""
    write_warehouse(warehouse, generation)
    publication = publish(snapshot, warehouse, TABLES, f"run-{generation}", GOOD)
    follow_with_parquet(snapshot)
    return publication.publication_id


def look(run: Callable[[str], list[tuple[Any, ...]]]) -> tuple[date, str]:
    """The day and publication that all tables agree on. Raises ValueError if they do not, or rows are missing.

    `run` runs a query in which `{table}` stands for a table.
    """
    ((publication, day),) = run(
        "select publication_id, as_of_date from {publication} where status = 'published'"
        " order by publication_id desc limit 1"
    )
    rows = dict(run(f"select table_name, rows from {{publication_tables}} where publication_id = '{publication}'"))
    for table in TABLES:
        found = run(f"select min(as_of_date), max(as_of_date), count(*) from {{{table.name}}}")
        first = FIRST_DAY - timedelta(days=HISTORY_DAYS) if table.name == "score_history" else day
        if found != [(first, day, rows[table.name])]:
            raise ValueError(f"{table.name} is {found}, the publication {publication} of {day} has {rows}")
    return day, publication


def look_at_snapshot(connection: duckdb.DuckDBPyConnection) -> tuple[date, str]:
    """What `look` finds in an open snapshot."""
    return look(lambda query: connection.execute(_named(query, "marts.{}")).fetchall())


def look_at_parquet(folder: Path) -> tuple[date, str]:
    """What `look` finds in a folder of Parquet files."""
    with duckdb.connect() as connection:
        return look(lambda query: connection.execute(_named(query, f"'{_text(folder)}/{{}}.parquet'", "/*")).fetchall())


def _named(query: str, pattern: str, of_months: str = "") -> str:
    names = {"publication": "", "publication_tables": ""}
    names |= {table.name: of_months if table.month_of else "" for table in TABLES}
    return query.format(**{name: pattern.format(f"{name}{months}") for name, months in names.items()})


def _text(path: Path) -> str:
    return str(path).replace("'", "''")


def _read_until(snapshot: Path, what: str, stop: Path) -> None:
    """Open the snapshot, or the current Parquet files, again and again; print what was seen."""
    seen: set[str] = set()
    errors: list[str] = []
    looks = 0
    while not stop.exists():
        looks += 1
        try:
            if what == "snapshot":
                with duckdb.connect(str(snapshot), read_only=True) as connection:
                    seen.add(look_at_snapshot(connection)[1])
            else:
                seen.add(look_at_parquet((parquet_dir_of(snapshot) / CURRENT).resolve())[1])
        except (duckdb.Error, ValueError) as error:
            errors.append(str(error))
        if looks == 1:
            print("reading", flush=True)
    print(json.dumps({"looks": looks, "seen": sorted(seen), "errors": errors}))


def _hold(snapshot: Path, mode: str) -> None:
    """Keep the snapshot open; say what is in it at once, and again for every line on standard input."""
    with duckdb.connect(str(snapshot), read_only=mode == "read") as connection:
        if mode == "write":
            connection.execute("create table mine as select 1 as x")
        print(look_at_snapshot(connection)[0], flush=True)
        for _ in sys.stdin:
            print(look_at_snapshot(connection)[0], flush=True)


_STEPS = {
    "rename",
    "replace",
    "link",
    "unlink",
    "chmod",
    "fsync",
    "mkdir",
    "symlink",
    "rmdir",
    "flock",
    "sendfile",
    "copy_file_range",
}


class _Noted:
    """A connection that says when it executes something: Python does not see that in DuckDB's own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, note: Callable[[str], None]) -> None:
        self._connection, self._note = connection, note

    def execute(self, *arguments: Any) -> Any:
        self._note("execute")
        return self._connection.execute(*arguments)


def _die_at(
    snapshot: Path, warehouse: Path, what: str, last_step: int, tables: Sequence[PublishedTable] = TABLES
) -> None:
    """Publish or withhold, and die by SIGKILL before one of the steps that touch a file; else print their names."""
    steps: list[str] = []

    def note(step: str) -> None:
        steps.append(step)
        if len(steps) == last_step:
            os.kill(os.getpid(), signal.SIGKILL)

    def look(_frame: object, event: str, function: Any) -> None:
        # Texts have a method `replace`, too.
        if event == "c_call" and function.__name__ in _STEPS and not isinstance(function.__self__, str):
            note(function.__name__)

    @contextmanager
    def noted_duckdb(folder: Path, memory_limit: str = "") -> Iterator[_Noted]:
        with workspace.duckdb_for(folder, memory_limit) as connection:
            yield _Noted(connection, note)

    vars(snapshots)["duckdb_for"] = vars(parquet)["duckdb_for"] = noted_duckdb
    sys.setprofile(look)
    if what == "publish":
        publish(snapshot, warehouse, tables, "run-of-the-dying", GOOD)
    else:
        withhold(snapshot, "run-of-the-dying", BAD, FIRST_DAY, "failed checks: 2")
    follow_with_parquet(snapshot)
    sys.setprofile(None)
    print(json.dumps(steps))


def _publish_for(snapshot: Path, warehouse: Path, run_id: str, times: int) -> None:
    for number in range(times):
        publish(snapshot, warehouse, TABLES, f"{run_id}-{number}", GOOD)
        time.sleep(0)


def main(what: str, *arguments: str) -> None:
    """Be the process that a test asks for."""
    if what == "read":
        _read_until(Path(arguments[0]), arguments[1], Path(arguments[2]))
    elif what == "hold":
        _hold(Path(arguments[0]), arguments[1])
    elif what == "publish_for":
        _publish_for(Path(arguments[0]), Path(arguments[1]), arguments[2], int(arguments[3]))
    else:
        tables = [PublishedTable(**table) for table in json.loads(arguments[3])] if arguments[3:] else TABLES
        _die_at(Path(arguments[0]), Path(arguments[1]), what, int(arguments[2]), tables)


if __name__ == "__main__":
    main(*sys.argv[1:])
