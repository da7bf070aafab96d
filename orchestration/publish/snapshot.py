"""The snapshot: a DuckDB file with all published tables, which readers open whenever they like.

Its name is a link to a file that was written aside, from nothing or from a copy of the one before, and never changes.
The link is replaced by rename: who has the old file open keeps reading it, and nobody sees a part of the new one. A
file renamed over the old one would not do: DuckDB opens a file by name three times, but follows a link once. The
warehouse is read here and nowhere else. Which rows are written is said by `contents`, whether they may be published
by `verdict`.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from functools import partial
from typing import TYPE_CHECKING

import duckdb

from orchestration.duckdb_files import identifier, literal, log_of, sync
from orchestration.publish.contents import STORAGE_VERSION, UnfitError, change_tables, create_tables
from orchestration.publish.fingerprints import rows_of
from orchestration.publish.record import (
    RECORD_TABLES,
    Publication,
    carry_record,
    ensure_record,
    has_attempt_of,
    latest_id,
    next_moment,
    replace_parts,
    trim_record,
)
from orchestration.publish.tables import SCHEMA
from orchestration.publish.workspace import (
    KEPT_SECONDS,
    PublishError,
    attach_published,
    copy_file,
    duckdb_for,
    finish,
    workspace,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from orchestration.publish.tables import PublishedTable
    from orchestration.publish.verdict import Verdict

_NEW, _OLD = "lead_scoring_publishing", "lead_scoring_published"
_TARGET = f"{_NEW}.{SCHEMA}"

_logger = logging.getLogger(__name__)


def previous_of(snapshot: Path) -> Path:
    """Where the snapshot before is kept."""
    return snapshot.with_name(f"{snapshot.stem}.previous{snapshot.suffix}")


def files_of(snapshot: Path) -> Path:
    """The folder with a folder per file that the names of snapshots lead to."""
    return snapshot.parent / "snapshots"


def publish(
    snapshot: Path,
    warehouse: Path,
    tables: Sequence[PublishedTable],
    run_id: str,
    verdict: Verdict,
    memory_limit: str = "",
    kept_seconds: float = KEPT_SECONDS,
    *,
    afresh: bool = False,
) -> Publication:
    """Put a file with the tables of a finished warehouse in the place of the snapshot before.

    What did not change is kept from that one, unless `afresh` says that nothing may be: what was deleted from a file
    can still be found in its bytes. Raises PublishError if the verdict is not good, duckdb.IOException if the
    warehouse is locked or a disk full.
    """
    if not verdict.is_good:
        raise PublishError(f"nothing is published: {verdict.reason}")
    with workspace(snapshot.parent) as folder:
        write = partial(_write, snapshot, folder, warehouse, tables, run_id, verdict, memory_limit)
        publication = None
        if snapshot.exists() and not afresh:
            try:
                publication = write(afresh=False)
            except (UnfitError, duckdb.Error) as error:
                _logger.info("the snapshot is written from nothing and not from the one before: %s", error)
        publication = publication or write(afresh=True)
        _put_in_place(snapshot, folder / snapshot.name, folder, publication.publication_id, is_published=True)
        _remove_old(snapshot, kept_seconds)
    return publication


def _write(
    snapshot: Path,
    folder: Path,
    warehouse: Path,
    tables: Sequence[PublishedTable],
    run_id: str,
    verdict: Verdict,
    memory_limit: str,
    *,
    afresh: bool,
) -> Publication:
    """Write the file in the workspace `folder` that is to be the snapshot."""
    file = folder / snapshot.name
    log_of(file).unlink(missing_ok=True)
    file.unlink(missing_ok=True)
    with duckdb_for(folder, memory_limit) as connection:
        # DuckDB names it as it did for dbt, whose views have that name in them.
        connection.execute(f"attach {literal(warehouse)} (read_only)")
        ((database,),) = connection.execute(
            "select database_name from duckdb_databases() where path is not null"
        ).fetchall()
        source = f"{identifier(database)}.{SCHEMA}"
        if afresh:
            connection.execute(f"attach {literal(file)} as {_NEW} (storage_version {literal(STORAGE_VERSION)})")
            parts = create_tables(connection, tables, source, _TARGET)
            ensure_record(connection, _TARGET)
            if snapshot.exists():
                _carry_record(connection, snapshot, folder)
        else:
            copy_file(snapshot, file)
            connection.execute(f"attach {literal(file)} as {_NEW}")
            ensure_record(connection, _TARGET)
            parts = change_tables(connection, tables, source, _TARGET)
        at = next_moment(connection, _TARGET)
        facts = _facts(connection, source)
        publication = Publication.published(at, run_id, verdict, *facts, rows_of(parts), is_written_afresh=afresh)
        publication.insert(connection, _TARGET)
        replace_parts(connection, _TARGET, parts)
        trim_record(connection, _TARGET)
        connection.execute(f"detach {_NEW}")
    return publication


def withhold(
    snapshot: Path,
    run_id: str,
    verdict: Verdict,
    as_of_date: date | None,
    reason: str,
    kept_seconds: float = KEPT_SECONDS,
) -> Publication | None:
    """Say in the snapshot that a run published nothing, and why; its tables stay as they are.

    None if there is no snapshot yet, or if the record knows the run already.
    """
    with workspace(snapshot.parent) as folder:
        if not snapshot.exists():
            return None
        file = folder / snapshot.name
        copy_file(snapshot, file)
        with duckdb_for(folder) as connection:
            connection.execute(f"attach {literal(file)} as {_NEW}")
            ensure_record(connection, _TARGET)
            if has_attempt_of(connection, _TARGET, run_id):
                return None
            at = next_moment(connection, _TARGET)
            publication = Publication.withheld(at, run_id, verdict, as_of_date, reason)
            publication.insert(connection, _TARGET)
            trim_record(connection, _TARGET)
            connection.execute(f"detach {_NEW}")
        _put_in_place(snapshot, file, folder, publication.publication_id, is_published=False)
        _remove_old(snapshot, kept_seconds)
    return publication


def adopt(snapshot: Path, file: Path) -> None:
    """Let readers have a copy of a snapshot that was published elsewhere or before, record and all, as it is."""
    with workspace(snapshot.parent) as folder:
        copy = folder / snapshot.name
        copy_file(file, copy)
        with duckdb_for(folder) as connection:
            attach_published(connection, copy, _OLD, folder)
            publication_id = latest_id(connection, f"{_OLD}.{SCHEMA}")
        if snapshot.resolve().parent.name != publication_id:
            shutil.rmtree(files_of(snapshot) / publication_id, ignore_errors=True)
        _put_in_place(snapshot, copy, folder, publication_id, is_published=False)


def _facts(connection: duckdb.DuckDBPyConnection, source: str) -> tuple[date | None, str | None]:
    """The day that the latest scores are true for, and the rule book that made them; of nobody, the latest of the
    record of days.
    """
    facts = connection.execute(
        f"""
        from (
            (select 1 as preference, as_of_date, rule_book_hash from {source}.contact_scores limit 1)
            union all
            (select 2, as_of_date, rule_book_hash from {source}.scoring_days order by as_of_date desc limit 1)
        )
        select as_of_date, rule_book_hash
        order by preference
        limit 1
        """  # noqa: S608 - our names
    ).fetchone()
    return facts or (None, None)


def _carry_record(connection: duckdb.DuckDBPyConnection, snapshot: Path, folder: Path) -> None:
    try:
        attach_published(connection, snapshot, _OLD, folder)
        carry_record(connection, f"{_OLD}.{SCHEMA}", _TARGET)
    except duckdb.Error as error:
        # A snapshot that nobody can read must not stay for ever because its record cannot be read either.
        _logger.warning("the record of publications begins anew, %s cannot be read: %s", snapshot, error)
        for table in RECORD_TABLES:
            connection.execute(f"delete from {_TARGET}.{table}")  # noqa: S608 - our names


def _put_in_place(snapshot: Path, file: Path, folder: Path, publication_id: str, is_published: bool) -> None:
    """Let the name that readers know lead to a finished file. At no moment does it lead nowhere.

    `is_published`: its tables are new, so that the file of before becomes the previous one.
    """
    finish(file)
    # DuckDB names the database by the file, which therefore has the same name in a folder of its own.
    target = files_of(snapshot) / publication_id / snapshot.name
    target.parent.mkdir(parents=True)
    file.rename(target)
    sync(target.parent)
    sync(files_of(snapshot))
    if snapshot.is_symlink() and snapshot.exists():
        superseded = snapshot.parent / snapshot.readlink()
        os.utime(superseded.parent)
        log_of(superseded).unlink(missing_ok=True)
        if is_published:
            _lead(previous_of(snapshot), superseded, folder)
    # Left by a reader that wrote, with a DuckDB that does not follow links: it would make the new file unreadable.
    log_of(snapshot).unlink(missing_ok=True)
    _lead(snapshot, target, folder)
    sync(snapshot.parent)


def _lead(link: Path, target: Path, folder: Path) -> None:
    new = folder / f"{link.name}.link"
    new.symlink_to(target.relative_to(link.parent))
    new.replace(link)


def _remove_old(snapshot: Path, kept_seconds: float) -> None:
    """Remove the files that no name leads to any more, once who has just begun to open them is done."""
    in_use = {link.resolve().parent.name for link in (snapshot, previous_of(snapshot))}
    for folder in files_of(snapshot).iterdir():
        if folder.name not in in_use and time.time() - folder.stat().st_mtime >= kept_seconds:
            shutil.rmtree(folder)


def remove_all_but_current(snapshot: Path) -> None:
    """Remove every file but the one that readers open now, the one before as well. Call it in the workspace.

    Who has one of them open reads on; who is about to open it does not find it.
    """
    previous_of(snapshot).unlink(missing_ok=True)
    current = snapshot.resolve().parent.name
    for folder in files_of(snapshot).iterdir():
        if folder.name != current:
            shutil.rmtree(folder)
