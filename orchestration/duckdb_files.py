"""What everybody who works with a DuckDB file needs: names and values in SQL, its log, whether it is locked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LOCK_CONFLICT = "Could not set lock"


def identifier(name: str) -> str:
    """A name in SQL, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A text or path in SQL."""
    return "'" + str(value).replace("'", "''") + "'"


def is_locked(error: BaseException) -> bool:
    """Another process has the file open in a way that does not go with ours."""
    return _LOCK_CONFLICT in str(error)


def log_of(file: Path) -> Path:
    """DuckDB's write-ahead log of a file."""
    return file.with_name(file.name + ".wal")


def sync(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
