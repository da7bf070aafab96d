"""Reads the crossings, and whom they are about, from a DuckDB file with schema `marts`.

Which days are read is decided in `enqueue`; nothing is written here.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

_SQL = Path(__file__).parent / "sql"


class PublishedError(Exception):
    """A file that holds no published tables; the message is for the user."""


@dataclass(frozen=True)
class Crossing:
    """One turn of a threshold with its facts; `contact` and `account` are None where the latest day knows none."""

    crossing_id: str
    entity: str
    entity_id: str
    threshold_id: str
    product_id: str | None
    product_name: str | None
    direction: str
    as_of_date: date
    score_before: float | None
    score_after: float
    threshold_value: float
    action: str | None
    cause: str
    contact: dict[str, Any] | None
    account: dict[str, Any] | None

    @property
    def turn(self) -> str:
        """What this crossing says, and no other. The id alone is that of the day: computed again, it may turn back."""
        return f"{self.crossing_id}:{self.direction}"

    @property
    def name(self) -> str:
        """The name of the contact or account, else its id."""
        facts = self.contact if self.entity == "contact" else self.account
        name = (facts or {}).get("full_name" if self.entity == "contact" else "account_name")
        return str(name or self.entity_id)


class Published:
    """The published crossings in an open file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """`connection`: closed by whoever opened it."""
        self._connection = connection

    def latest_day(self) -> date | None:
        """The last day of the history; None before the first."""
        day: date | None = self._rows("latest_day")[0][0]
        return day

    def crossings(self, first_day: date) -> list[Crossing]:
        """The crossings from a day on, oldest first."""
        return [Crossing(*row) for row in self._rows("crossings", first_day=first_day)]

    def count_between(self, first_day: date, before: date) -> int:
        """How many crossings lie on days from one to before another."""
        return int(self._rows("count_between", first_day=first_day, before=before)[0][0])

    def still_published(self, turns: Sequence[str]) -> set[str]:
        """Which of these turns (`Crossing.turn`) are in the table."""
        return {turn for (turn,) in self._rows("still_published", turns=list(turns))} if turns else set()

    def _rows(self, query: str, **parameters: object) -> list[tuple[Any, ...]]:
        sql = (_SQL / f"{query}.sql").read_text(encoding="utf-8")
        return self._connection.execute(sql, parameters or None).fetchall()


@contextmanager
def open_published(file: Path) -> Iterator[Published]:
    """The crossings in `file`. Raises PublishedError if it has none, duckdb.IOException if it cannot be opened now."""
    if not file.exists():
        raise PublishedError(f"There is nothing published at {file} yet: build it with `lead-scoring build`.")
    with duckdb.connect(str(file), read_only=True) as connection:
        try:
            yield Published(connection)
        except (duckdb.CatalogException, duckdb.BinderException):
            raise PublishedError(
                f"{file} lacks published tables of this version: build it with `lead-scoring build`."
            ) from None
