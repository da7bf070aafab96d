"""A build in a process of its own that dies as it is told to: `python -m tests.integration.dying_build`, JSON on stdin.

It is killed by SIGKILL at a chosen statement of SQL, so that a test can die at the same place again; nothing is cleaned
up, flushed or closed. Or it runs out of disk: no file may grow beyond a limit.

Belongs here: the child. Does not: what the next build must make of it (`test_killed_builds.py`).
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, Literal
from unittest import mock

from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper

from tests.reference.warehouse import DbtWarehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

Moment = Literal["before", "during", "after"]
MOMENTS: tuple[Moment, ...] = ("before", "during", "after")
_DURING_SECONDS = 0.002
"""Long enough for a statement to have begun and, of most, too short to end."""


class Statements:
    """The statements of SQL that dbt has begun, and the one at which this process dies."""

    def __init__(self, last: int | None = None, moment: Moment = "before") -> None:
        self.count = 0
        self._last = last
        self._moment = moment

    def execute(self, run: Any, *arguments: Any) -> Any:
        """Run a statement, unless this process dies before."""
        self.count += 1
        is_last = self.count == self._last
        if is_last and self._moment == "before":
            _die()
        if is_last and self._moment == "during":
            Timer(_DURING_SECONDS, _die).start()
        result = run(*arguments)
        if is_last and self._moment == "after":
            _die()
        return result


@contextmanager
def counted(statements: Statements) -> Iterator[None]:
    """Every statement of dbt goes through `statements`."""
    execute = DuckDBCursorWrapper.execute
    with mock.patch.object(DuckDBCursorWrapper, "execute", lambda *arguments: statements.execute(execute, *arguments)):
        yield


def limit_file_size(size: int) -> None:
    """No file may grow beyond so many bytes: to write more is an error, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    order = json.load(sys.stdin)
    warehouse = DbtWarehouse(Path(order["folder"]))
    if order["file_size"]:
        limit_file_size(order["file_size"])
    with counted(Statements(order["last_statement"], order["moment"])):
        warehouse.build(order["variables"], *order["arguments"])


if __name__ == "__main__":
    main()
