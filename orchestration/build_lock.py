"""One build of a warehouse at a time, from its first step to its last, whoever starts it and however it ends.

DuckDB's own lock is given back between steps: another build could write what this one has checked and not published.
Dagster's queue does not know builds of the command line until they have begun. How a file is opened is in `resources`.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST_WAIT_SECONDS = 2 * 3600.0
_PAUSE_SECONDS = 0.25


class BuildLockError(Exception):
    """Another build has gone on for longer than anyone waits; `str` says which, in one sentence."""


@contextmanager
def build_lock(warehouse: Path, holder: str, longest_wait: float = LONGEST_WAIT_SECONDS) -> Iterator[None]:
    """Keep other builds of a warehouse out. `holder` is what they are told of this one.

    The kernel gives the lock back when the process ends, however it does. Raises BuildLockError.
    """
    file = _file_of(warehouse)
    file.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + longest_wait
    with file.open("a+", encoding="utf-8") as lock:
        while not _try_to_lock(lock.fileno()):
            if time.monotonic() > deadline:
                lock.seek(0)
                other = lock.read().strip() or "another process"
                raise BuildLockError(
                    f"{warehouse} has been in use for {longest_wait:.0f} seconds, by {other}; try again later"
                )
            time.sleep(_PAUSE_SECONDS)
        lock.truncate(0)
        lock.write(f"{holder}, process {os.getpid()}\n")
        lock.flush()
        yield


def is_building(warehouse: Path) -> bool:
    """Whether a build of a warehouse is under way, in whatever process of this machine."""
    with suppress(FileNotFoundError), _file_of(warehouse).open("rb") as lock:
        return not _try_to_lock(lock.fileno())
    return False


def _file_of(warehouse: Path) -> Path:
    # It stays: were it removed, two builds could lock two files of one name.
    return warehouse.with_suffix(".lock")


def _try_to_lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
