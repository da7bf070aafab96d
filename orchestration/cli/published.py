"""Whether the published tables are the same as before: their rows and a hash of what is in them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestration.cli.warehouse import Warehouse

Fingerprint = dict[str, tuple[int, int]]
"""Per published table: its number of rows, and the sum of their hashes, which no order of rows moves."""

_DECIMALS = 9  # as the scoring compares numbers: the order of a sum moves the digits beyond


def fingerprint(warehouse: Warehouse) -> Fingerprint:
    """What is published now, numbers rounded to 9 decimals."""
    columns: dict[str, list[str]] = defaultdict(list)
    for row in warehouse.rows("columns_of_marts"):
        name = '"' + row["column_name"].replace('"', '""') + '"'
        columns[row["table_name"]].append(f"round({name}, {_DECIMALS})" if row["data_type"] == "DOUBLE" else name)
    return {table: _table_fingerprint(warehouse, table, of_table) for table, of_table in columns.items()}


def _table_fingerprint(warehouse: Warehouse, table: str, columns: list[str]) -> tuple[int, int]:
    sql = f'select count(*) as rows, coalesce(sum(hash({", ".join(columns)})), 0) as hashes from marts."{table}"'  # noqa: S608
    row = warehouse.rows_of(sql)[0]
    return int(row["rows"]), int(row["hashes"])


def changed_tables(before: Fingerprint, after: Fingerprint) -> dict[str, tuple[int, int]]:
    """The tables that differ, with their number of rows before and after; a missing table has none."""
    nothing = (0, 0)
    return {
        table: (before.get(table, nothing)[0], after.get(table, nothing)[0])
        for table in sorted(before | after)
        if before.get(table) != after.get(table)
    }
