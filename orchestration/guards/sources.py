"""Guards before a build: raw tables that came empty, much smaller or late.

What cannot be measured is not judged: that a table is absent or unreadable, dbt says better.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.duckdb_files import literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from orchestration.guards.config import EmptySource, SourceAge, SourceVolume

_LONGEST_LINE = 100_000_000


@dataclass(frozen=True)
class Finding:
    """What a guard found, in words and numbers. `may_block`: whether it is sure enough to stop a run."""

    passed: bool
    description: str
    numbers: Mapping[str, float | int | str] = field(default_factory=dict)
    may_block: bool = True


@dataclass(frozen=True)
class Sources:
    """Where the raw tables are: a folder, else tables of the warehouse by the vars of the project."""

    raw_dir: Path | None
    tables: Sequence[str]
    variables: Mapping[str, Any]

    def count_rows(self, connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
        """Rows per raw table that can be read; of a CSV the lines, which costs no parsing."""
        counted = {}
        for table in self.tables:
            if (csv := self._csv(table)) is not None:
                counted[table] = max(0, _lines(csv) - 1)
            elif relation := self._relation(table):
                try:
                    ((rows,),) = connection.execute(f"select count(*) from {relation}").fetchall()  # noqa: S608
                except duckdb.Error:
                    continue
                counted[table] = int(rows)
        return counted

    def newest_load(self, connection: duckdb.DuckDBPyConnection) -> datetime | None:
        """The latest loaded_at of the raw events, UTC; None if none can be read."""
        csv = self._csv("events")
        relation = (
            f"read_csv({literal(csv)}, header = true, all_varchar = true, max_line_size = {_LONGEST_LINE})"
            if csv
            else self._relation("events")
        )
        if relation is None:
            return None
        try:
            connection.execute("set TimeZone = 'UTC'")
            ((newest,),) = connection.execute(
                f"select epoch(max(try_cast(loaded_at as timestamptz))) from {relation}"  # noqa: S608 - our names
            ).fetchall()
        except duckdb.Error:
            return None
        return None if newest is None else datetime.fromtimestamp(newest, UTC)

    def _csv(self, table: str) -> Path | None:
        if not self.raw_dir or (self.raw_dir / f"{table}.parquet").exists():
            return None
        file = self.raw_dir / f"{table}.csv"
        return file if file.exists() else None

    def _relation(self, table: str) -> str | None:
        if self.raw_dir:
            file = self.raw_dir / f"{table}.parquet"
            return f"read_parquet({literal(file)})" if file.exists() else None
        names = (self.variables[name] for name in ("raw_database", "raw_schema", f"raw_{table}_table"))
        return ".".join(f'"{name}"' for name in names if name)


def _lines(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(1 for line in lines if line.strip())


def look_for_empty(rows: Mapping[str, int], before: Mapping[str, int], bounds: EmptySource) -> Finding:
    """Raw tables that had rows and have none."""
    # An optional table that is gone counts as an empty one in every model.
    required = {"events", "contacts"}
    empty = [
        table
        for table, count in before.items()
        if count >= bounds.min_rows and rows.get(table, None if table in required else 0) == 0
    ]
    described = [f"{table} had {before[table]:,} rows and has none" for table in empty]
    return Finding(not empty, "; ".join(described) or "no table lost all its rows", _numbers(rows))


def look_for_drops(rows: Mapping[str, int], before: Mapping[str, int], bounds: SourceVolume) -> Finding:
    """Raw tables that lost many of their rows, but not all."""
    fell = [
        f"{table} fell from {before[table]:,} to {count:,} rows"
        for table, count in rows.items()
        if count and before.get(table, 0) >= bounds.min_rows and count < before[table] * (1 - bounds.max_drop)
    ]
    return Finding(not fell, "; ".join(fell) or "no table lost many rows", _numbers(rows))


def _numbers(rows: Mapping[str, int]) -> dict[str, int]:
    return {f"rows of {table}": count for table, count in rows.items()}


def look_for_age(newest: datetime | None, now: datetime, bounds: SourceAge) -> Finding:
    """Raw events of which the newest came too long ago."""
    if newest is None:
        return Finding(True, "no event says when it was loaded")
    hours = (now - newest).total_seconds() / 3600
    return Finding(
        hours <= bounds.max_hours,
        f"the newest raw event was loaded {hours:.1f} hours ago, at {newest:%Y-%m-%d %H:%M} UTC"
        f" (at most {bounds.max_hours:g})",
        {"hours since the last load": round(hours, 2)},
    )
