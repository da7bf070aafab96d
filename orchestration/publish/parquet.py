"""The snapshot as Parquet files, a folder per publication and `current`, a link to the latest one.

Only the snapshot is read here, never the warehouse.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from orchestration.publish.record import RECORD_TABLES, published_id
from orchestration.publish.tables import SCHEMA
from orchestration.publish.workspace import (
    attach_published,
    duckdb_for,
    finish,
    identifier,
    literal,
    sync,
    workspace,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import duckdb

_SNAPSHOT = "lead_scoring_published"
_PUBLICATION_ID = re.compile(r"\d{8}T\d{12}Z")
CURRENT = "current"


def parquet_dir_of(snapshot: Path) -> Path:
    """The folder with the folders of publications."""
    return snapshot.parent / "parquet"


def follow_with_parquet(snapshot: Path, memory_limit: str = "") -> Path:
    """Bring the Parquet files to the state of the snapshot and return their folder; the one before is kept.

    Where the tables are there already, as after a publication that was withheld, the record alone is replaced.
    """
    parquet_dir = parquet_dir_of(snapshot)
    parquet_dir.mkdir(parents=True, exist_ok=True)
    with workspace(snapshot.parent) as folder, duckdb_for(folder, memory_limit) as connection:
        attach_published(connection, snapshot, _SNAPSHOT, folder)
        target = parquet_dir / published_id(connection, f"{_SNAPSHOT}.{SCHEMA}")
        unfinished = folder / target.name
        unfinished.mkdir()
        if target.exists():
            _write(connection, RECORD_TABLES, unfinished)
            for file in unfinished.iterdir():
                file.replace(target / file.name)
        else:
            _write(connection, _tables(connection), unfinished)
            sync(unfinished)
            unfinished.rename(target)
        link = folder / CURRENT
        link.symlink_to(target.name)
        link.replace(parquet_dir / CURRENT)
        sync(parquet_dir)
        _remove_old(parquet_dir, target)
    return target


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute("select table_name from duckdb_tables() where database_name = ?", [_SNAPSHOT]).fetchall()
    return [name for (name,) in rows]


def _write(connection: duckdb.DuckDBPyConnection, tables: Iterable[str], folder: Path) -> None:
    for table in tables:
        file = folder / f"{table}.parquet"
        source = f"{_SNAPSHOT}.{SCHEMA}.{identifier(table)}"
        connection.execute(f"copy (from {source}) to {literal(file)} (format parquet, compression zstd)")
        finish(file)


def _remove_old(parquet_dir: Path, current: Path) -> None:
    others = sorted(path for path in parquet_dir.iterdir() if _PUBLICATION_ID.fullmatch(path.name) and path != current)
    for path in others[:-1]:
        shutil.rmtree(path)
