"""The tables in a file that is to be published: made from nothing, or kept from the file before where they are equal.

That they are equal is not remembered but read, from the warehouse and from the file. Belongs here: which rows a file
gets. Does not: which file that is, and who reads it. A schema is named with its database here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.duckdb_files import identifier, literal
from orchestration.publish.fingerprints import columns_of, in_months, parts_of, row_hash
from orchestration.publish.record import PUBLICATION_TABLES, RECORD_TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from orchestration.publish.fingerprints import Part
    from orchestration.publish.tables import PublishedTable

STORAGE_VERSION = "v1.2.0"
"""The oldest DuckDB that can open the file; the warehouse itself is in the format of the newest."""

_MOST_CHANGED = 0.5
"""The share of a table's rows up to which it is cheaper to keep the others."""
_MOST_UNUSED = 0.25
"""The share of a file, and of the rows stored of a table, that may be what was deleted."""
_SMALL_BLOCKS = 64
"""A file of up to so many blocks, 16 MiB, may be as empty as it likes."""

Parts = dict[str | None, "Part"]


class UnfitError(Exception):
    """The file before had better not be the beginning of the next; `str` says why."""


def create_tables(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[PublishedTable], source: str, target: str
) -> list[Part]:
    """Copy tables into the schema of an empty file, and return their parts."""
    connection.execute(f"create schema {target}")
    parts = [part for table in tables for part in _create(connection, table, source, target).values()]
    _describe(connection, tables, target)
    return parts


def change_tables(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[PublishedTable], source: str, target: str
) -> list[Part]:
    """Make of the schema in a copy of the file before what `create_tables` would, and return the parts.

    Raises UnfitError, or duckdb.Error of a file that cannot be read.
    """
    there = _known_tables(connection, target)
    parts: dict[str, Parts] = {}
    replaced: list[PublishedTable] = []
    for table in tables:
        parts[table.name] = parts_of(connection, table, source)
        if table.name not in there or not _made_equal(connection, table, source, target, parts[table.name]):
            replaced.append(table)
    names = {table.name for table in replaced}
    for name in (there - parts.keys()) | (there & names):
        connection.execute(f"drop table {target}.{identifier(name)}")
    # The blocks of what was dropped are free from here on, and are what is written to first.
    connection.execute(f"checkpoint {_database(target)}")
    for table in replaced:
        parts[table.name] = _create(connection, table, source, target)
    _describe(connection, tables, target)
    _require_little_waste(connection, target)
    return [part for of_table in parts.values() for part in of_table.values()]


def _database(schema: str) -> str:
    return schema.partition(".")[0]


def _known_tables(connection: duckdb.DuckDBPyConnection, target: str) -> set[str]:
    """The published tables of a file. Raises UnfitError if it is of another format, or has what was not published."""
    database = _database(target)
    ((tags,),) = connection.execute(
        "select tags from duckdb_databases() where database_name = ?", [database]
    ).fetchall()
    if tags.get("storage_version") != f"{STORAGE_VERSION}+":
        raise UnfitError(f"its format is {tags}")
    found = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = $1 union all"
        " select schema_name || '.' || view_name from duckdb_views() where database_name = $1 and not internal",
        [database],
    ).fetchall()
    known = connection.execute(f"select distinct table_name from {target}.{PUBLICATION_TABLES}").fetchall()  # noqa: S608
    there = {name.removeprefix(f"{target.partition('.')[2]}.") for (name,) in found} - set(RECORD_TABLES)
    if others := there - {name for (name,) in known}:
        raise UnfitError(f"somebody has added {', '.join(sorted(others))}")
    return there


def _made_equal(
    connection: duckdb.DuckDBPyConnection, table: PublishedTable, source: str, target: str, wanted: Parts
) -> bool:
    """Whether a table in the file has the wanted parts, if need be after some of its rows were replaced."""
    ours, theirs = (f"{schema}.{identifier(table.name)}" for schema in (target, source))
    columns = columns_of(connection, ours)
    if columns != columns_of(connection, theirs):
        return False
    found = parts_of(connection, table, target)
    months = {month for month in found | wanted if found.get(month) != wanted.get(month)}
    if not months:
        return True
    if _share_of_changed(found, wanted) > _MOST_CHANGED:
        return False
    row, where = row_hash(columns), in_months(table.month_of, months)
    for change in (
        f"delete from {ours} where {where} and {row} not in (select {row} from {theirs} where {where})",  # noqa: S608
        f"insert into {ours} from {theirs} where {where} and {row} not in (select {row} from {ours} where {where})",  # noqa: S608
    ):
        connection.execute(change)
    # They are not where a row is there twice, or a number is another one each time that it is computed.
    changed = parts_of(connection, table, target, where)
    if any(changed.get(month) != wanted.get(month) for month in months):
        return False
    # The size that DuckDB estimates is that of all rows stored, deleted or not.
    ((stored,),) = connection.execute(
        "select estimated_size from duckdb_tables() where database_name = ? and table_name = ?",
        [_database(target), table.name],
    ).fetchall()
    return bool(stored - _rows(wanted) <= stored * _MOST_UNUSED)


def _share_of_changed(found: Parts, wanted: Parts) -> float:
    """About how many of the rows found are not wanted; 0 of a table that is too small to tell."""
    ours, theirs = (frozenset().union(*(part.sample for part in parts.values())) for parts in (found, wanted))
    return len(ours - theirs) / len(ours) if ours else 0.0


def _create(connection: duckdb.DuckDBPyConnection, table: PublishedTable, source: str, target: str) -> Parts:
    name = identifier(table.name)
    connection.execute(f"create table {target}.{name} as from {source}.{name}")
    return parts_of(connection, table, target)


def _describe(connection: duckdb.DuckDBPyConnection, tables: Sequence[PublishedTable], target: str) -> None:
    statements = []
    for table in tables:
        name = f"{target}.{identifier(table.name)}"
        statements.append(f"comment on table {name} is {literal(table.description)}")
        # What has no description any more keeps none.
        columns = dict.fromkeys(column for column, _ in columns_of(connection, name)) | dict(table.columns)
        for column, description in columns.items():
            text = "null" if description is None else literal(description)
            statements.append(f"comment on column {name}.{identifier(column)} is {text}")
    connection.execute("; ".join(["begin", *statements, "commit"]))


def _require_little_waste(connection: duckdb.DuckDBPyConnection, target: str) -> None:
    """Raise UnfitError if much of the file is empty."""
    database = _database(target)
    connection.execute(f"checkpoint {database}")
    ((blocks, free),) = connection.execute(
        "select total_blocks, free_blocks from pragma_database_size() where database_name = ?", [database]
    ).fetchall()
    if blocks > _SMALL_BLOCKS and free > blocks * _MOST_UNUSED:
        raise UnfitError(f"{free} of its {blocks} blocks are empty")


def _rows(parts: Parts) -> int:
    return sum(part.rows for part in parts.values())
