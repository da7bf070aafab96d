"""Reads the warehouse and the snapshot for the commands: opens them read-only and runs the queries of `sql/`.

What the queries ask stands in `sql/`; what is done with the answers, in the commands.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.cli.console import fail
from orchestration.duckdb_files import is_locked

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, Any]

_SQL = Path(__file__).parent / "sql"
# The file is locked for moments while a run writes; a run holds it for one model at a time.
_ATTEMPTS = 8
_PAUSE_SECONDS = 0.4


class Warehouse:
    """An open warehouse, or a snapshot of its published tables, that answers the queries of `sql/`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """`connection`: open, and closed by whoever opened it."""
        self._connection = connection

    def rows(self, query: str, **parameters: object) -> list[Row]:
        """The rows of `sql/<query>.sql`, each by column name."""
        return self.rows_of((_SQL / f"{query}.sql").read_text(encoding="utf-8"), **parameters)

    def rows_of(self, sql: str, **parameters: object) -> list[Row]:
        """The rows of one statement, each by column name."""
        answer = self._connection.execute(sql, parameters or None)
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, values, strict=True)) for values in answer.fetchall()]


@contextmanager
def open_warehouse(path: Path) -> Iterator[Warehouse]:
    """The warehouse at `path`, read-only; ends the command with one sentence if it is missing, locked or not built."""
    with open_database(path) as connection:
        yield Warehouse(connection)


@contextmanager
def open_database(path: Path, *, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same as a connection, for a package that has queries of its own."""
    if not path.exists():
        fail(f"There is no warehouse at {path} yet: build it with `lead-scoring build`.")
    connection = _connect(path, read_only)
    try:
        yield connection
    except duckdb.CatalogException:
        fail(f"The warehouse at {path} lacks published tables: build it with `lead-scoring build`.")
    except duckdb.BinderException:
        fail(f"The tables in {path} are of another version: build them again with `lead-scoring build`.")
    finally:
        connection.close()


@contextmanager
def open_snapshot(path: Path) -> Iterator[Warehouse]:
    """What was published last, at any time; ends the command with one sentence if there is nothing yet."""
    if not path.exists():
        fail(f"Nothing is published at {path} yet: `lead-scoring build` does it when all checks have passed.")
    with open_warehouse(path) as snapshot:
        yield snapshot


def _connect(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    for _ in range(_ATTEMPTS):
        try:
            return duckdb.connect(str(path), read_only=read_only)
        except duckdb.IOException as error:
            if not is_locked(error):
                fail(f"{path} cannot be read as a warehouse: {str(error).splitlines()[0].removeprefix('IO Error: ')}")
        time.sleep(_PAUSE_SECONDS)
    return fail(f"The warehouse at {path} is locked by another process that writes to it; try again when it is done.")
