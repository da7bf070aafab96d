"""Fingerprints: numbers that one pass over a table yields, by which the same rows are known again.

Of a table that says so, each month has its own. The order of rows does not count. What follows from a difference is
not known here.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from orchestration.duckdb_files import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from orchestration.publish.tables import PublishedTable

PARQUET_FORMAT = "format parquet, compression zstd"
"""How Parquet files are written. It is part of every fingerprint, so that another format makes other files."""

UNDATED = "undated"
_ONE_IN = 4096
_ORDINARY = re.compile(r"\d{4}-\d{2}")

Columns = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Part:
    """The rows of a published table that have a fingerprint of their own.

    `month_of` is the date column by whose months the table is divided, `month` one of them, such as `2026-05`, or
    `undated`. Both are None where a table is not divided.
    """

    table_name: str
    month_of: str | None
    month: str | None
    rows: int
    fingerprint: str
    sample: frozenset[int] = field(default=frozenset(), compare=False, repr=False)
    """Hashes of one row in so many, the same ones of the same rows: how much of it differs from another part."""


def parts_of(
    connection: duckdb.DuckDBPyConnection, table: PublishedTable, schema: str, where: str = "true"
) -> dict[str | None, Part]:
    """Month → part, of those rows of a table for which a condition holds; a whole table without rows has one part.

    `schema` with its database. Raises duckdb.Error if the table is not there or cannot be read.
    """
    name = f"{schema}.{identifier(table.name)}"
    columns = columns_of(connection, name)
    day = f"{identifier(table.month_of)}::date" if table.month_of else "null::date"
    # xor of row hashes is the same where two rows have swapped a value; of hashes of hashes neither it nor the sum is.
    # Days are summed up to months in a second step: few of them, where to find the month of each row takes longer.
    found = connection.execute(
        f"""
        with rows as (
            select {day} as day, hash({row_hash(columns)}) as hashed
            from {name}
            where {where}
        ),
        days as (
            select
                day, count(*) as rows, sum(hashed) as total, bit_xor(hashed) as odd,
                list(hashed) filter (where hashed % {_ONE_IN} = 0) as sample
            from rows
            group by day
        )
        select
            coalesce(strftime(date_trunc('month', day), '%Y-%m'), '{UNDATED}') as month,
            sum(rows)::bigint, sum(total), bit_xor(odd), flatten(list(sample))
        from days
        group by month
        """  # noqa: S608 - our names
    ).fetchall()
    basis = (duckdb.__version__, PARQUET_FORMAT, table.month_of, columns)
    parts = {}
    for text, rows, total, odd, sample in found or [(UNDATED, 0, 0, 0, None)] * (where == "true"):
        fingerprint = hashlib.md5(repr((basis, rows, total, odd)).encode(), usedforsecurity=False).hexdigest()
        key = text if table.month_of else None
        parts[key] = Part(table.name, table.month_of, key, rows, fingerprint, frozenset(sample or ()))
    return parts


def rows_of(parts: Iterable[Part]) -> dict[str, int]:
    """Table → rows of its parts."""
    rows: dict[str, int] = {}
    for part in parts:
        rows[part.table_name] = rows.get(part.table_name, 0) + part.rows
    return rows


def columns_of(connection: duckdb.DuckDBPyConnection, name: str) -> Columns:
    """Names and types of the columns of a table or view, in their order."""
    described = connection.execute(f"describe from {name}").fetchall()
    return tuple((column, column_type) for column, column_type, *_ in described)


def row_hash(columns: Columns) -> str:
    """SQL for the hash of a row with these columns, 64 bits, never null."""
    return f"hash({', '.join(identifier(name) for name, _ in columns)})"


def in_months(month_of: str | None, months: Collection[str | None]) -> str:
    """SQL that holds for the rows of some months, or for all where a table is not divided."""
    if not month_of:
        return "true"
    column = identifier(month_of)
    dated = sorted(month for month in months if month and _ORDINARY.fullmatch(month))
    # Such as infinity, which no part of a date can be added to.
    others = [month for month in months if month not in (*dated, UNDATED)]
    conditions = [f"{column} is null"] if UNDATED in months else []
    if dated:
        # A range besides, by which DuckDB leaves out what it need not read.
        days = [f"date '{month}-01'" for month in dated]
        conditions.append(
            f"({column} >= {days[0]} and {column} < ({days[-1]} + interval '1' month)::date"
            f" and date_trunc('month', {column}) in ({', '.join(days)}))"
        )
    if others:
        conditions.append(f"strftime(date_trunc('month', {column}), '%Y-%m') in ({', '.join(map(literal, others))})")
    return f"({' or '.join(conditions) or 'false'})"
