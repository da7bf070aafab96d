"""Where something of a person is left: in which columns of which tables, and in which files.

Belongs here: looking for texts in everything. Does not: whose they are and whether they may be there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def traces_in_tables(database: Path, texts: Iterable[str]) -> dict[str, int]:
    """`schema.table.column` → rows whose value has one of the texts in it, of all tables and views of a DuckDB file."""
    with duckdb.connect(str(database), read_only=True) as connection:
        columns: dict[str, list[str]] = {}
        for schema, table, column in connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns()"
            " where not internal and database_name = current_database() order by all"
        ).fetchall():
            columns.setdefault(f'"{schema}"."{table}"', []).append(column)
        assert columns, f"{database} has no tables"
        found = {}
        for table, names in columns.items():
            counts = ", ".join(
                "count(*) filter (where "
                + " or ".join(f"""contains(lower("{name}"::varchar), lower('{_quoted(text)}'))""" for text in texts)
                + ")"
                for name in names
            )
            for name, count in zip(
                names, connection.execute(f"select {counts} from {table}").fetchall()[0], strict=True
            ):
                if count:
                    found[f"{table}.{name}".replace('"', "")] = count
    return found


def traces_in_files(folder: Path, texts: Iterable[str]) -> list[str]:
    """The files below a folder, links followed, in whose bytes or whose path one of the texts stands."""
    needles = [text.lower().encode() for text in texts]
    found = []
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes().lower() if path.is_file() else b""
        if any(needle in content or needle in str(path).lower().encode() for needle in needles):
            found.append(str(path.relative_to(folder)))
    return found


def _quoted(text: str) -> str:
    return text.replace("'", "''")
