"""The folder that readers know, for who changes it: one at a time, and unfinished files out of sight.

What is put there is the business of `snapshot`, `parquet` and `postgres`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import duckdb

from orchestration.duckdb_files import is_locked, literal, log_of, sync

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UNFINISHED = ".publishing-"
_LONGEST_WAIT_SECONDS = 600.0
_PAUSE_SECONDS = 0.1
KEPT_SECONDS = 900.0
"""How long what is not current any more stays at least: who has begun to open it gets to the end."""


class PublishError(Exception):
    """Nothing was published, or not everywhere; `str` says in one sentence what is in the way."""


@contextmanager
def workspace(published_dir: Path, longest_wait: float = _LONGEST_WAIT_SECONDS) -> Iterator[Path]:
    """A folder for unfinished files on the disk of the finished ones, removed in the end; nobody else has one.

    What a killed process left of its own is removed as well. Raises PublishError if another process goes on for ever.
    """
    published_dir.mkdir(parents=True, exist_ok=True)
    with (published_dir / ".lock").open("a") as file:
        _lock(file.fileno(), published_dir, longest_wait)
        for left in published_dir.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left)
        with TemporaryDirectory(prefix=_UNFINISHED, dir=published_dir) as folder:
            yield published_dir / folder


def _lock(file: int, published_dir: Path, longest_wait: float) -> None:
    # The kernel gives the lock back when the process ends, however it does.
    deadline = time.monotonic() + longest_wait
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise PublishError(
                    f"another process has been publishing to {published_dir} for {longest_wait:.0f} seconds"
                ) from None
            time.sleep(_PAUSE_SECONDS)
        else:
            return


@contextmanager
def duckdb_for(folder: Path, memory_limit: str = "") -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB to copy tables with, of which it holds no more in memory than it may; the rest is in `folder`."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
        connection.execute("set temp_directory = ?", [str(folder / "spilled")])
        if memory_limit:
            connection.execute("set memory_limit = ?", [memory_limit])
        yield connection


def attach_published(connection: duckdb.DuckDBPyConnection, file: Path, name: str, folder: Path) -> None:
    """Attach a published file, to be read. Call it in the workspace `folder`.

    A reader that opened the file to write, which root can, has locked it; and may have left a log beside it that
    belongs to it no more. Neither is in the way: what was published is in the file.
    """
    for path in (file, file.resolve()):
        log_of(path).unlink(missing_ok=True)
    try:
        connection.execute(f"attach {literal(file.resolve())} as {name} (read_only)")
    except duckdb.IOException as error:
        if not is_locked(error):
            raise
        copy = folder / f"{name}.duckdb"
        copy_file(file, copy)
        connection.execute(f"attach {literal(copy)} as {name} (read_only)")


def copy_file(source: Path, target: Path) -> None:
    """Copy the bytes of a file; a file system that can share them between two files does not write them again."""
    copy = getattr(os, "copy_file_range", None)  # Linux has it
    left = source.stat().st_size if copy else 0
    with suppress(OSError), source.open("rb") as old, target.open("wb") as new:
        while copy and left and (copied := copy(old.fileno(), new.fileno(), left)):
            left -= copied
    if left or not copy:
        shutil.copyfile(source, target)


def finish(file: Path) -> None:
    """Make a finished file read-only and bring it to the disk, so that no crash leaves a part of it."""
    file.chmod(0o444)
    sync(file)
