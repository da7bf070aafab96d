"""A DuckDB file in which everything is as in the warehouse, without a copied row and without touching it.

The warehouse is attached read-only as `stored`. Each of its tables is a view of the file, each of its views is the same
view again, over the file's relations: what dbt then builds in the file takes the place of what it was, for all that
reads it. What is built is in `scoring`.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.duckdb_files import identifier, is_locked, literal
from orchestration.impact.errors import ImpactError
from orchestration.impact.selection import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

STORED = "stored"
"""The name under which the warehouse is attached; the materialization `overlay` of the dbt project knows it too."""

_SECONDS_BETWEEN_LOCKED_ATTEMPTS = (1, 2, 4, 8, 15)
_RULE_BOOK = "rule_book"


class Scratch:
    """An open scratch file; `connection` is to be kept open while dbt runs, since the attachment is its."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, file: Path) -> None:
        """`connection` to `file`, with the warehouse attached."""
        self.connection = connection
        self.file = file

    def rows(self, sql: str, parameters: list[object] | None = None) -> list[tuple[Any, ...]]:
        """The rows of one statement."""
        return self.connection.execute(sql, parameters).fetchall()

    def mirror(self, *, raw_events: bool = False) -> None:
        """Put every relation of the warehouse into the file, but the rule book's: dbt loads that of a side.

        `raw_events`: the views of raw events too; elsewhere these may be gone. Raises ImpactError if a view cannot be
        made, because raw files are not where they were.
        """
        tables = self.rows("select schema_name, table_name from duckdb_tables() where database_name = ?", [STORED])
        views = self.rows(
            "select schema_name, view_name, sql from duckdb_views() where database_name = ? and not internal", [STORED]
        )
        for schema in {schema for schema, *_ in tables + views}:
            self.connection.execute(f"create schema if not exists {identifier(schema)}")
        for schema, table in tables:
            name = f"{identifier(schema)}.{identifier(table)}"
            kind = "table" if schema == _RULE_BOOK else "view"
            self.connection.execute(f"create {kind} {name} as select * from {STORED}.{name}")  # noqa: S608 - quoted
        views = [view for view in views if raw_events or view[1] not in NEVER]
        # DuckDB resolves a view when it is made, so that those that it reads come first; nothing says which these are.
        while views:
            left = [view for view in views if (error := self._make(view[2]))]
            if len(left) == len(views):
                raise ImpactError(f"A view of the warehouse cannot be read, are its raw files in their place? {error}")
            views = left

    def _make(self, view: str) -> str | None:
        try:
            self.connection.execute(view)
        except duckdb.Error as error:
            return str(error).splitlines()[0]
        return None

    def set_up_run(self, as_of: date, next_day: date | None, *, day_is_recorded_again: bool) -> None:
        """Say what dbt's models ask about a run: which dates it scores, and that no raw row is another.

        The dates are the warehouse's own day and, unless None, the next one, which alone is recorded; the day itself
        only if the next run would record it again.
        """
        self._replace(
            "int_scoring_dates",
            "select as_of_date, is_recorded, is_latest"
            " from (values (?::date, ?::boolean, true), (?::date, true, false))"
            " as dates (as_of_date, is_recorded, is_latest)"
            " where as_of_date is not null",
            [as_of, day_is_recorded_again, next_day],
        )
        # The keys of the last run: nothing of them is pending, and dbt reads such a table while it replaces it.
        for what in ("events", "load_days", "owners", "profiles", "rules"):
            name = f"int_changed_{what}"
            self._replace(name, f"select * from {STORED}.intermediate.{name} limit 0")  # noqa: S608 - names of ours
        self._replace(
            "int_run_scope",
            "select 'impact' as run_id, pipeline_hash, false as is_full from stored.intermediate.int_completed_run",
        )

    def _replace(self, name: str, select: str, parameters: list[object] | None = None) -> None:
        kinds = self.rows(
            "select table_type from information_schema.tables"
            " where table_catalog = current_database() and table_schema = 'intermediate' and table_name = ?",
            [name],
        )
        if kinds:
            kind = "view" if kinds[0][0] == "VIEW" else "table"
            self.connection.execute(f"drop {kind} intermediate.{name}")
        self.connection.execute(f"create table intermediate.{name} as {select}", parameters)


@contextmanager
def open_scratch(file: Path, warehouse: Path, memory_limit: str) -> Iterator[Scratch]:
    """A new scratch file beside which `warehouse` is attached. Raises ImpactError if it cannot be opened now."""
    file.parent.mkdir(parents=True)
    with duckdb.connect(str(file)) as connection:
        if memory_limit:
            connection.execute("set memory_limit = ?", [memory_limit])
        attach(connection, warehouse, STORED)
        yield Scratch(connection, file)


def attach(connection: duckdb.DuckDBPyConnection, file: Path, name: str) -> None:
    """Attach a file read-only, waiting half a minute for who writes to it. Raises ImpactError if that does not do."""
    for seconds in (*_SECONDS_BETWEEN_LOCKED_ATTEMPTS, None):
        try:
            connection.execute(f"attach {literal(file)} as {identifier(name)} (read_only)")
            return
        except duckdb.IOException as error:
            if not is_locked(error):
                raise ImpactError(f"{file} cannot be read: {str(error).splitlines()[0]}") from error
            if seconds is None:
                raise ImpactError(f"A build has the warehouse {file} open; try again when it is done.") from error
            time.sleep(seconds)
