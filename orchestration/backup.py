"""Back up an installation while it runs, and bring it back: what no build could make again, each part consistent.

That is the warehouse with its history, the record of forgotten persons, the outbox of alerts, the published snapshot
with the record of publications, and Dagster's record of runs where it is in SQLite. Raw tables and the rule book are
not ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.duckdb_files import is_locked, literal, log_of, sync
from orchestration.privacy.tombstones import TombstoneError, change_tombstones, load_tombstones, tombstones_of
from orchestration.publish.snapshot import adopt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestration.privacy.tombstones import Tombstones
    from orchestration.settings import Settings

MANIFEST = "backup.json"
_FORMAT = 1
_WAREHOUSE, _TOMBSTONES, _OUTBOX = "warehouse.duckdb", "forgotten.csv", "alerts.sqlite"
_SNAPSHOT, _DAGSTER = "published/lead_scoring.duckdb", "dagster"
_PAUSE_SECONDS = 0.5


class BackupError(Exception):
    """Nothing was backed up or restored; `str` says in one sentence what is in the way."""


@dataclass(frozen=True)
class Backup:
    """A finished backup: when it was made, the last day of its history, its files by path with bytes and SHA-256."""

    created_at: str
    as_of_date: str | None
    duckdb: str
    files: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Restored:
    """What a restore put in place, and what it left alone because what is there is younger."""

    as_of_date: str | None
    restored: tuple[str, ...]
    kept: tuple[str, ...]
    moved_aside: Path | None = None


def back_up(settings: Settings, target: Path, wait_seconds: float) -> Path:
    """Write a backup into a new folder below `target`, whole or not at all, and return it.

    A build that runs is waited for, and one that begins waits for the copy of the warehouse. Raises BackupError.
    """
    if not settings.warehouse.exists():
        raise BackupError(f"there is no warehouse at {settings.warehouse} yet")
    now = datetime.now(UTC)
    folder = target / f"lead-scoring-{now:%Y%m%dT%H%M%SZ}"
    unfinished = target / f".{folder.name}.unfinished"
    try:
        target.mkdir(parents=True, exist_ok=True)
        # Persons are in it, and the salt that keeps those who were forgotten unguessed.
        unfinished.mkdir(mode=0o700)
        as_of_date = _copy_warehouse(settings.warehouse, unfinished / _WAREHOUSE, wait_seconds)
        _copy_rest(settings, unfinished)
        backup = Backup(f"{now:%Y-%m-%dT%H:%M:%SZ}", as_of_date, duckdb.__version__, _described(unfinished))
        manifest = unfinished / MANIFEST
        manifest.write_text(json.dumps({"format": _FORMAT, **asdict(backup)}, indent=2) + "\n", encoding="utf-8")
        for path in [*unfinished.rglob("*"), unfinished]:
            sync(path)
        unfinished.rename(folder)
        sync(target)
    except (OSError, duckdb.Error, sqlite3.Error) as error:
        raise BackupError(str(error)) from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def read_backup(folder: Path) -> Backup:
    """The backup in a folder, every byte of it compared. Raises BackupError if it is none or not as it was written."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest.pop("format") != _FORMAT:
            raise BackupError(f"{folder} was written by another version of lead-scoring")
        backup = Backup(**manifest)
        found = _described(folder)
    except FileNotFoundError as error:
        raise BackupError(f"{folder} is no finished backup: {error.filename} is missing") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{folder} is no backup that can be read: {error}") from None
    if damaged := [name for name, facts in backup.files.items() if found.get(name) != facts]:
        raise BackupError(f"{folder} is damaged: {', '.join(damaged)}")
    return backup


def restore(settings: Settings, folder: Path, *, replace: bool = False) -> Restored:
    """Put a backup in the place of an installation. Raises BackupError, before anything is changed.

    A warehouse that is there is moved aside, if `replace` says so. The record of forgotten persons only grows, and the
    next build takes them out of the old warehouse again; an outbox and a snapshot that are there stay, because what
    was sent was sent, and what readers have is younger.
    """
    backup = read_backup(folder)
    try:
        _require_place(settings.warehouse, replace)
        record = _united(settings, folder)
        moved = _put_warehouse(settings.warehouse, folder / _WAREHOUSE)
        restored: list[str] = ["the warehouse"]
        kept: list[str] = []
        if record:
            change_tombstones(tombstones_of(settings.warehouse), lambda _: record)
            restored.append("the record of forgotten persons")
        for name, place, put in _others(settings, folder, record):
            (kept if place.exists() else restored).append(name)
            if not place.exists():
                put()
    except (OSError, duckdb.Error, sqlite3.Error, TombstoneError) as error:
        raise BackupError(str(error)) from None
    return Restored(backup.as_of_date, tuple(restored), tuple(kept), moved)


def _copy_warehouse(warehouse: Path, copy: Path, wait_seconds: float) -> str | None:
    """Copy the file while nobody can write to it; returns the last day of its history."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            if log_of(warehouse).exists():
                # What a killed build left in the log comes into the file.
                with duckdb.connect(str(warehouse)) as connection:
                    connection.execute("checkpoint")
            with duckdb.connect() as connection:
                connection.execute(f"attach {literal(warehouse)} as warehouse (read_only)")
                if not log_of(warehouse).exists():
                    day = _last_day(connection)
                    # The lock is held until the copy is complete.
                    shutil.copyfile(warehouse, copy)
                    return day
        except duckdb.IOException as error:
            if not is_locked(error):
                raise
        if time.monotonic() > deadline:
            raise BackupError(
                f"{warehouse} has been in use for {wait_seconds:.0f} seconds; --wait says how long to wait for a build"
            )
        time.sleep(_PAUSE_SECONDS)


def _last_day(connection: duckdb.DuckDBPyConnection) -> str | None:
    tables = connection.execute(
        "select count(*) from duckdb_tables() where schema_name = 'marts' and table_name = 'scoring_days'"
    ).fetchall()
    if not tables[0][0]:
        return None
    ((day,),) = connection.execute("select max(as_of_date) from warehouse.marts.scoring_days").fetchall()
    return str(day) if day else None


def _copy_rest(settings: Settings, folder: Path) -> None:
    if (tombstones := tombstones_of(settings.warehouse)).exists():
        shutil.copyfile(tombstones, folder / _TOMBSTONES)
    if settings.alerts_outbox.exists():
        _copy_sqlite(settings.alerts_outbox, folder / _OUTBOX)
    if settings.snapshot.exists():
        (folder / _SNAPSHOT).parent.mkdir()
        shutil.copyfile(settings.snapshot, folder / _SNAPSHOT)
    for file in _databases_of(settings.dagster_home):
        copy = folder / _DAGSTER / file.relative_to(settings.dagster_home)
        copy.parent.mkdir(parents=True, exist_ok=True)
        _copy_sqlite(file, copy)


def _databases_of(dagster_home: Path) -> Iterator[Path]:
    yield from sorted(dagster_home.rglob("*.db"))


def _copy_sqlite(file: Path, copy: Path) -> None:
    """A consistent copy, whoever writes to it meanwhile."""
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("pragma journal_mode = delete")


def _described(folder: Path) -> dict[str, dict[str, Any]]:
    """The files of a backup by path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            found[str(path.relative_to(folder))] = {"bytes": path.stat().st_size, "sha256": _hash_of(path)}
    return found


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_place(warehouse: Path, replace: bool) -> None:
    if not warehouse.exists():
        return
    if not replace:
        raise BackupError(f"there is a warehouse at {warehouse}; --replace moves it aside")
    try:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("checkpoint")
    except duckdb.IOException as error:
        if is_locked(error):
            raise BackupError(f"{warehouse} is in use; stop the builds first") from None
        # A file that is no database any more is what a restore is for.


def _united(settings: Settings, folder: Path) -> Tombstones | None:
    """Everybody who was forgotten before or after the backup, to be erased once more."""
    there, backed_up = load_tombstones(tombstones_of(settings.warehouse)), load_tombstones(folder / _TOMBSTONES)
    if there and backed_up:
        return there.united_with(backed_up).reopened()
    record = there or backed_up
    return record.reopened() if record else None


def _put_warehouse(warehouse: Path, copy: Path) -> Path | None:
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    unfinished = warehouse.with_name(f".{warehouse.name}.restoring")
    shutil.copyfile(copy, unfinished)
    sync(unfinished)
    moved = None
    if warehouse.exists():
        moved = warehouse.with_name(f"{warehouse.name}.replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        warehouse.rename(moved)
    log_of(warehouse).unlink(missing_ok=True)
    unfinished.rename(warehouse)
    sync(warehouse.parent)
    return moved


def _others(settings: Settings, folder: Path, record: Tombstones | None) -> Iterator[tuple[str, Path, Any]]:
    """Name, place and how to put it there, of what a backup has beside the warehouse."""
    if (outbox := folder / _OUTBOX).exists():
        yield "the outbox of alerts", settings.alerts_outbox, lambda: _put_private(outbox, settings.alerts_outbox)
    snapshot = folder / _SNAPSHOT
    backed_up = load_tombstones(folder / _TOMBSTONES)
    known = {request.request_id for request in backed_up.requests} if backed_up else set()
    # Whoever was forgotten since the backup is in its snapshot, and comes to no reader again.
    if snapshot.exists() and all(request.request_id in known for request in (record.requests if record else ())):
        yield "the published snapshot", settings.snapshot, lambda: adopt(settings.snapshot, snapshot)
    if (dagster := folder / _DAGSTER).exists():
        history = settings.dagster_home / "history"
        yield "Dagster's record of runs", history, lambda: _put_tree(dagster, settings.dagster_home)


def _put_private(file: Path, place: Path) -> None:
    place.touch(mode=0o600)
    shutil.copyfile(file, place)


def _put_tree(folder: Path, place: Path) -> None:
    shutil.copytree(folder, place, dirs_exist_ok=True)
    os.sync()
