"""What is left to do once a run has published without a forgotten person: files still hold what their tables do not.

DuckDB marks deleted rows as free and leaves the bytes; the folder for readers keeps the snapshot before. So the
warehouse is written anew, old snapshots go, and the outbox of alerts is blanked. Leaving rows out is dbt's business.
"""

from __future__ import annotations

import shutil
import time
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import duckdb

from orchestration.alerts.outbox import open_outbox
from orchestration.duckdb_files import literal, log_of, sync
from orchestration.privacy.tombstones import (
    Tombstones,
    change_tombstones,
    has_left_out,
    load_tombstones,
    tombstones_of,
)
from orchestration.publish.parquet import remove_all_but_current as remove_old_parquet
from orchestration.publish.snapshot import remove_all_but_current as remove_old_snapshots
from orchestration.publish.tables import SCHEMA
from orchestration.publish.workspace import duckdb_for, workspace

if TYPE_CHECKING:
    from pathlib import Path

    from orchestration.privacy.tombstones import Kind
    from orchestration.settings import Settings

GRACE_SECONDS = 5.0
"""How long who has just begun to open a snapshot may take."""

_OLD, _NEW = "as_it_was", "rewritten"


class ErasureError(Exception):
    """Something of a forgotten person is still in a file; `str` says in one sentence what is in the way."""


def pending_requests(warehouse: Path, tombstones: Tombstones) -> dict[str, frozenset[tuple[Kind, str]]]:
    """Requests that the last run on a warehouse has left out and no run has erased, or not by all ids that are known
    by now: those ids. Raises duckdb.IOException if the warehouse is locked.
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        if not has_left_out(connection):
            return {}
        rows = connection.execute("select distinct request_id, kind, token from privacy.forgotten_ids").fetchall()
    left_out: dict[str, set[tuple[Kind, str]]] = {}
    for request_id, kind, token in rows:
        left_out.setdefault(request_id, set()).add((kind, token))
    return {
        request.request_id: frozenset(known)
        for request in tombstones.requests
        if (known := left_out.get(request.request_id, set())) >= request.tokens
        and (not request.erased_at or known > request.tokens)
    }


def is_somebody_to_erase(warehouse: Path) -> bool:
    """Whether the run that is about to publish leaves somebody out of whom files still have something. Raises
    TombstoneError, or duckdb.IOException if the warehouse is locked.
    """
    tombstones = load_tombstones(tombstones_of(warehouse))
    return bool(tombstones and pending_requests(warehouse, tombstones))


def erase_pending(settings: Settings, run_id: str, grace_seconds: float = GRACE_SECONDS) -> int:
    """Leave nothing in any file of those whom the run left out, put it on record, and return how many they are.

    Of a run that published nothing nobody is erased: readers still have the snapshot before; nor of one that published
    a changed copy of it, whose bytes still hold what was deleted. Raises ErasureError, or
    duckdb.IOException if the warehouse is locked; what was done stays done, and the next run does all of it again.
    """
    file = tombstones_of(settings.warehouse)
    tombstones = load_tombstones(file)
    pending = pending_requests(settings.warehouse, tombstones) if tombstones else {}
    if not tombstones or not pending or not has_published(settings.snapshot, run_id):
        return 0
    blank_alerts(settings.alerts_outbox, tombstones, settings.warehouse)
    rewrite(settings.warehouse, settings.memory_limit)
    time.sleep(grace_seconds)
    with workspace(settings.published_dir):
        remove_old_snapshots(settings.snapshot)
        remove_old_parquet(settings.snapshot)
    change_tombstones(file, lambda record: record.erased(run_id, pending))
    return len(pending)


def has_published(snapshot: Path, run_id: str) -> bool:
    """Whether what readers have is of this run, in a file that was written from nothing."""
    if not snapshot.exists():
        return False
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        latest = connection.execute(
            f"select run_id, is_written_afresh from {SCHEMA}.publication where status = 'published'"  # noqa: S608
            " order by publication_id desc limit 1"
        ).fetchone()
    return latest == (run_id, True)


def blank_alerts(outbox_file: Path, tombstones: Tombstones, warehouse: Path) -> None:
    """Blank what the outbox has of forgotten contacts: a run that was under way may have added to it since."""
    if not outbox_file.exists():
        return
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute("select distinct token from privacy.forgotten_ids where kind = 'contact'").fetchall()
    forgotten = {token for (token,) in rows}
    with open_outbox(outbox_file) as outbox:
        for contact_id in outbox.contacts():
            if tombstones.token("contact", contact_id) in forgotten:
                outbox.forget(contact_id)


def rewrite(warehouse: Path, memory_limit: str = "") -> None:
    """Put a file with the same content in the place of the warehouse, without what was deleted from it.

    No other process can write to it meanwhile. It takes as much room on the disk again. Raises ErasureError if the copy
    is not complete, duckdb.IOException if the warehouse is locked or the disk full; then the warehouse is as it was.
    """
    with TemporaryDirectory(prefix=f".{warehouse.name}.rewriting-", dir=warehouse.parent) as name:
        folder = warehouse.parent / name
        copy = folder / warehouse.name
        # What is only in the log comes into the file, so that the log of the old file does not meet the new one.
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("checkpoint")
        with duckdb_for(folder, memory_limit) as connection:
            connection.execute(f"attach {literal(warehouse)} as {_OLD} (read_only)")
            if log_of(warehouse).exists():
                raise ErasureError(f"{warehouse} was written to in between; the next run tries again")
            connection.execute(f"attach {literal(copy)} as {_NEW}")
            connection.execute(f"copy from database {_OLD} to {_NEW}")
            connection.execute(f"checkpoint {_NEW}")
            if _content(connection, _OLD) != _content(connection, _NEW):
                raise ErasureError(f"the copy of {warehouse} is not complete; the warehouse is as it was")
            connection.execute(f"detach {_NEW}")
            copy.chmod(warehouse.stat().st_mode & 0o7777)
            sync(copy)
            # The old file is still attached, and locked by it: nobody can have begun to write to it.
            copy.rename(warehouse)
            sync(warehouse.parent)
            shutil.rmtree(warehouse.with_name(f"{warehouse.name}.tmp"), ignore_errors=True)


def _content(connection: duckdb.DuckDBPyConnection, database: str) -> list[tuple[object, ...]]:
    """Every table with its rows, every view, every comment."""
    tables = connection.execute(
        "select schema_name, table_name, comment from duckdb_tables() where database_name = ? order by all", [database]
    ).fetchall()
    views = connection.execute(
        "select schema_name, view_name, comment from duckdb_views() where database_name = ? and not internal"
        " order by all",
        [database],
    ).fetchall()
    columns = connection.execute(
        "select schema_name, table_name, column_name, data_type, comment from duckdb_columns()"
        " where database_name = ? and not internal order by all",
        [database],
    ).fetchall()
    rows = [
        connection.execute(f'select count(*) from {database}."{schema}"."{table}"').fetchone() or ()  # noqa: S608
        for schema, table, _ in tables
    ]
    return [*tables, *views, *columns, *rows]
