"""What ops need from outside: dbt, and the warehouse, which one run at a time has to itself.

The dbt side is in `dbt_runner`. Nothing here knows a table.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import duckdb

from orchestration.build_lock import build_lock
from orchestration.dbt_runner import DbtRunner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestration.settings import Settings

WAREHOUSE_POOL = "duckdb"
"""The pool of every op that opens the warehouse. A run has a place in it from start to end (see `instance`)."""

_RETRIES = 2
_SECONDS_BETWEEN = 10


def retry_when_unlocked(retries: int = _RETRIES) -> dg.RetryRequested:
    """What an op raises when another process has the warehouse open; any other failure is final.

    A retry policy would repeat every failure, and a rule book does not get better by waiting. The runner has waited
    for half a minute by then.
    """
    return dg.RetryRequested(max_retries=retries, seconds_to_wait=_SECONDS_BETWEEN)


class Warehouse(dg.ConfigurableResource[Any]):
    """The DuckDB file, to be read once dbt is done; an empty `memory_limit` is DuckDB's own.

    A run that needs it keeps other runs out while it lasts: all its steps share a process, and so this resource.
    """

    path: str
    memory_limit: str = ""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Warehouse]:
        """What Dagster does around the steps of a run. Raises BuildLockError if another one does not end."""
        with build_lock(Path(self.path), f"run {context.run.run_id}" if context.run else "a test"):
            yield self

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection. Another process that has it open for writing makes the op retry."""
        try:
            connection = duckdb.connect(self.path, read_only=True)
        except duckdb.IOException as error:
            raise retry_when_unlocked() from error
        with connection:
            if self.memory_limit:
                connection.execute("set memory_limit = ?", [self.memory_limit])
            yield connection


def build_resources(settings: Settings) -> dict[str, Any]:
    """The resources by the name that ops ask for them."""
    return {
        "dbt": DbtRunner.from_settings(settings),
        "warehouse": Warehouse(path=str(settings.warehouse), memory_limit=settings.memory_limit),
    }
