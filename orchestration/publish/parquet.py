"""The snapshot as Parquet files, a folder per state of the snapshot and `current`, a link to the latest one.

A folder never changes once it is there: readers open a file by name more than once. A file that would be as in the
folder before is a link to that one, and takes neither time nor room. A table that is divided by months is a folder of
files. Only the snapshot is read here, never the warehouse.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from typing import TYPE_CHECKING

import duckdb

from orchestration.duckdb_files import identifier, literal, sync
from orchestration.publish.fingerprints import PARQUET_FORMAT, in_months
from orchestration.publish.record import PUBLICATION_PARTS, RECORD_TABLES, latest_id, recorded_parts
from orchestration.publish.tables import SCHEMA
from orchestration.publish.workspace import KEPT_SECONDS, attach_published, duckdb_for, finish, workspace

if TYPE_CHECKING:
    from pathlib import Path

    from orchestration.publish.fingerprints import Part

CURRENT = "current"
_SNAPSHOT = "lead_scoring_published"
_SOURCE = f"{_SNAPSHOT}.{SCHEMA}"
_PUBLICATION_ID = re.compile(r"\d{8}T\d{12}Z")


def parquet_dir_of(snapshot: Path) -> Path:
    """The folder with the folders of publications."""
    return snapshot.parent / "parquet"


def follow_with_parquet(snapshot: Path, memory_limit: str = "", kept_seconds: float = KEPT_SECONDS) -> Path:
    """Bring the Parquet files to the state of the snapshot and return their folder; the one before is kept.

    The folder is named by the latest attempt to publish. After one that was withheld it has the same tables beside the
    new record.
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
            _write(connection, unfinished, current)
            unfinished.rename(target)
        superseded = current.resolve()
        if superseded.exists() and superseded != target.resolve():
            # Who has just followed the link has as long from now on.
            os.utime(superseded)
        link = folder / CURRENT
        link.symlink_to(target.name)
        link.replace(current)
        sync(parquet_dir)
        _remove_old(parquet_dir, target, kept_seconds)
    return target


def _write(connection: duckdb.DuckDBPyConnection, folder: Path, before: Path) -> None:
    """Write the files of the snapshot into an empty folder, as far as those of the folder before are not the same."""
    tables = _tables(connection)
    # A snapshot of an older version has no parts: its tables are files of their own.
    parts = recorded_parts(connection, f"{_SOURCE}.{PUBLICATION_PARTS}") if PUBLICATION_PARTS in tables else []
    known = _files_of(connection, before)
    for part in parts:
        file = folder / _file(part)
        file.parent.mkdir(exist_ok=True)
        if known.get(part) is None or not _linked(known[part], file):
            _copy(connection, part.table_name, file, in_months(part.month_of, [part.month]))
    for table in {part.table_name for part in parts if part.month_of}:
        sync(folder / table)
    # The record comes last: what is in the folder is older.
    for table in sorted(tables - {part.table_name for part in parts}, key=RECORD_TABLES.count):
        _copy(connection, table, folder / f"{table}.parquet")
    sync(folder)


def _file(part: Part) -> str:
    return f"{part.table_name}/{part.month}.parquet" if part.month_of else f"{part.table_name}.parquet"


def _files_of(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[Part, Path]:
    """The parts that the files of a folder are of, without those that somebody has changed since."""
    record = folder / f"{PUBLICATION_PARTS}.parquet"
    try:
        parts = recorded_parts(connection, f"read_parquet({literal(record)})")
        files = {part: folder / _file(part) for part in parts}
        written = record.stat().st_mtime_ns
        return {part: file for part, file in files.items() if file.exists() and file.stat().st_mtime_ns <= written}
    except (OSError, duckdb.Error):
        # There is none, or one of an older version.
        return {}


def _linked(file: Path, link: Path) -> bool:
    """Whether a file is now under a second name, which not every file system has."""
    try:
        os.link(file, link)
    except OSError:
        return False
    return True


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Those of our schema: what root has added beside it is nobody else's."""
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = ? and schema_name = ?", [_SNAPSHOT, SCHEMA]
    ).fetchall()
    return {name for (name,) in rows}


def _copy(connection: duckdb.DuckDBPyConnection, table: str, file: Path, where: str = "true") -> None:
    rows = f"from {_SOURCE}.{identifier(table)} where {where}"
    connection.execute(f"copy ({rows}) to {literal(file)} ({PARQUET_FORMAT})")
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
