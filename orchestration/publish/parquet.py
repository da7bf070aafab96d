"""The snapshot as Parquet files, a folder per state of the snapshot and `current`, a link to the latest one.

A folder never changes once it is there: readers open a file by name more than once. Only the snapshot is read here,
never the warehouse.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from typing import TYPE_CHECKING

import duckdb

from orchestration.publish.record import PUBLICATION, RECORD_TABLES, latest_id, published_id
from orchestration.publish.tables import SCHEMA
from orchestration.publish.workspace import (
    KEPT_SECONDS,
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

CURRENT = "current"
_SNAPSHOT = "lead_scoring_published"
_SOURCE = f"{_SNAPSHOT}.{SCHEMA}"
_PUBLICATION_ID = re.compile(r"\d{8}T\d{12}Z")


def parquet_dir_of(snapshot: Path) -> Path:
    """The folder with the folders of publications."""
    return snapshot.parent / "parquet"


def follow_with_parquet(snapshot: Path, memory_limit: str = "", kept_seconds: float = KEPT_SECONDS) -> Path:
    """Bring the Parquet files to the state of the snapshot and return their folder; the one before is kept.

    The folder is named by the latest attempt to publish. After one that was withheld it has the same tables, as links
    that take no room, beside the new record.
    """
    parquet_dir = parquet_dir_of(snapshot)
    parquet_dir.mkdir(parents=True, exist_ok=True)
    current = parquet_dir / CURRENT
    with workspace(snapshot.parent) as folder, duckdb_for(folder, memory_limit) as connection:
        attach_published(connection, snapshot, _SNAPSHOT, folder)
        target = parquet_dir / latest_id(connection, _SOURCE)
        if not target.exists():
            unfinished = folder / target.name
            unfinished.mkdir()
            tables = _tables(connection)
            if _published_id(connection, current) == published_id(connection, _SOURCE):
                for table in tables - set(RECORD_TABLES):
                    os.link(current / _file(table), unfinished / _file(table))
                tables = set(RECORD_TABLES)
            _write(connection, tables, unfinished)
            sync(unfinished)
            unfinished.rename(target)
        link = folder / CURRENT
        link.symlink_to(target.name)
        link.replace(current)
        sync(parquet_dir)
        _remove_old(parquet_dir, target, kept_seconds)
    return target


def _file(table: str) -> str:
    return f"{table}.parquet"


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute("select table_name from duckdb_tables() where database_name = ?", [_SNAPSHOT]).fetchall()
    return {name for (name,) in rows}


def _published_id(connection: duckdb.DuckDBPyConnection, folder: Path) -> str | None:
    """The publication that the files of a folder are of; None if there are none."""
    try:
        ((found,),) = connection.execute(
            "select max(publication_id) from read_parquet(?) where status = 'published'",
            [str(folder / _file(PUBLICATION))],
        ).fetchall()
    except duckdb.IOException:
        return None
    return str(found)


def _write(connection: duckdb.DuckDBPyConnection, tables: Iterable[str], folder: Path) -> None:
    for table in tables:
        file = folder / _file(table)
        connection.execute(
            f"copy (from {_SOURCE}.{identifier(table)}) to {literal(file)} (format parquet, compression zstd)"
        )
        finish(file)


def _remove_old(parquet_dir: Path, current: Path, kept_seconds: float) -> None:
    others = sorted(path for path in parquet_dir.iterdir() if _PUBLICATION_ID.fullmatch(path.name) and path != current)
    for path in others[:-1]:
        if time.time() - path.stat().st_mtime >= kept_seconds:
            shutil.rmtree(path)


def remove_all_but_current(snapshot: Path) -> None:
    """Remove every folder but the one that `current` leads to. Call it in the workspace."""
    parquet_dir = parquet_dir_of(snapshot)
    current = (parquet_dir / CURRENT).resolve()
    for path in parquet_dir.iterdir() if parquet_dir.exists() else ():
        if _PUBLICATION_ID.fullmatch(path.name) and path != current:
            shutil.rmtree(path)
