"""The record of forgotten persons: a file beside the warehouse that keeps re-imports out and is no list of names.

Of an id or email it holds a salted hash (a token), so that what arrives can be compared and nothing can be read. dbt
reads it before every run. It outlives the warehouse: a rebuilt or restored one forgets the same persons.
"""

from __future__ import annotations

import csv
import fcntl
import hashlib
import io
import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, cast

from orchestration.duckdb_files import sync

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    import duckdb

Kind = Literal["contact", "email", "anonymous"]
KINDS: tuple[Kind, ...] = ("contact", "email", "anonymous")

_HEADER = ("request_id", "recorded_at", "entry", "value")
_SALT, _ERASED = "salt", "erased"


class TombstoneError(Exception):
    """A record of forgotten persons that cannot be used; the message is for the user."""


@dataclass(frozen=True)
class Request:
    """One person to be forgotten, by the tokens that are known. `erased_by`: the last run that left nothing of the
    person in any file.
    """

    request_id: str
    requested_at: str
    tokens: frozenset[tuple[Kind, str]]
    erased_at: str = ""
    erased_by: str = ""


@dataclass(frozen=True)
class Tombstones:
    """The whole record. Its salt is secret, as far as guesses at ids and emails are to be kept from being tested."""

    salt: str = field(repr=False)
    requests: tuple[Request, ...] = ()

    def token(self, kind: Kind, value: str) -> str:
        """What an id, or an email in lower case, is known by. The same as `forgotten_token` in dbt's macros."""
        return hashlib.sha256(f"{self.salt}{kind}:{value}".encode()).hexdigest()

    def requests_for(self, kind: Kind, value: str) -> list[Request]:
        """The requests that name an id or email."""
        token = self.token(kind, value)
        return [request for request in self.requests if (kind, token) in request.tokens]

    def with_person(self, ids: Iterable[tuple[Kind, str]]) -> tuple[Tombstones, Request]:
        """The record with a further person, known by these ids and lower-case emails."""
        tokens = frozenset((kind, self.token(kind, value)) for kind, value in ids)
        request = Request(secrets.token_hex(6), _now(), tokens)
        return replace(self, requests=(*self.requests, request)), request

    def without(self, request_ids: Iterable[str]) -> Tombstones:
        """The record without some requests: whoever they are about may come back."""
        gone = set(request_ids)
        return replace(self, requests=tuple(r for r in self.requests if r.request_id not in gone))

    def erased(self, run_id: str, tokens: Mapping[str, frozenset[tuple[Kind, str]]]) -> Tombstones:
        """The record that says that a run left nothing of some requests, by all ids that it found with them."""
        now = _now()
        return replace(
            self,
            requests=tuple(
                replace(r, tokens=r.tokens | tokens[r.request_id], erased_at=now, erased_by=run_id)
                if r.request_id in tokens
                else r
                for r in self.requests
            ),
        )

    def reopened(self) -> Tombstones:
        """The record as if nothing had been erased yet: an older warehouse has come back."""
        return replace(self, requests=tuple(replace(r, erased_at="", erased_by="") for r in self.requests))

    def united_with(self, other: Tombstones) -> Tombstones:
        """Everybody whom either record forgets. Raises TombstoneError if they are of different installations."""
        if self.salt != other.salt:
            raise TombstoneError("the two records of forgotten persons have different salts: they cannot be united")
        known = {request.request_id for request in self.requests}
        return replace(self, requests=(*self.requests, *(r for r in other.requests if r.request_id not in known)))


def tombstones_of(warehouse: Path) -> Path:
    """The file beside a warehouse. dbt's macros build the same path."""
    return warehouse.with_name(f"{warehouse.name}.forgotten.csv")


def load_tombstones(file: Path) -> Tombstones | None:
    """The record, None if nobody was ever forgotten. Raises TombstoneError if the file is not one."""
    try:
        rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise TombstoneError(f"{file} cannot be read: {error}") from None
    try:
        return _parsed(rows)
    except (KeyError, TypeError, ValueError):
        raise TombstoneError(f"{file} is no record of forgotten persons; bring it back from a backup") from None


def change_tombstones(file: Path, change: Callable[[Tombstones], Tombstones]) -> Tombstones:
    """Replace the record by what `change` makes of it, made anew if there is none; one process at a time, whole or not
    at all, and on the disk when this returns.
    """
    with _locked(file):
        before = load_tombstones(file) or Tombstones(secrets.token_hex(32))
        after = change(before)
        if after != before or not file.exists():
            _write(file, after)
    return after


def left_out_of(connection: duckdb.DuckDBPyConnection, file: Path) -> Callable[[str, str], bool] | None:
    """Whether an event with this contact_id and anonymous_id (empty: none) was left out of the last run on an open
    warehouse; None where nobody was.
    """
    tombstones = load_tombstones(file)
    if not tombstones or not has_left_out(connection):
        return None
    # A token is that of one kind alone.
    rows = connection.execute("select distinct token from privacy.forgotten_ids").fetchall()
    forgotten = {token for (token,) in rows}

    def is_left_out(contact_id: str, anonymous_id: str) -> bool:
        return tombstones.token("contact" if contact_id else "anonymous", contact_id or anonymous_id) in forgotten

    return is_left_out


def has_left_out(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the last run on an open warehouse left anybody out."""
    tables = connection.execute(
        "select count(*) from duckdb_tables() where database_name = current_database()"
        " and schema_name = 'privacy' and table_name = 'forgotten_ids'"
    )
    return bool(tables.fetchall()[0][0])


def _parsed(rows: list[dict[str, str]]) -> Tombstones:
    (salt,) = (row["value"] for row in rows if row["entry"] == _SALT)
    requests: dict[str, Request] = {}
    for row in rows:
        request_id, entry = row["request_id"], row["entry"]
        if entry in KINDS:
            known = requests.get(request_id) or Request(request_id, row["recorded_at"], frozenset())
            requests[request_id] = replace(known, tokens=known.tokens | {(cast("Kind", entry), row["value"])})
        elif entry == _ERASED:
            requests[request_id] = replace(requests[request_id], erased_at=row["recorded_at"], erased_by=row["value"])
        elif entry != _SALT:
            raise ValueError(entry)
    return Tombstones(salt, tuple(requests.values()))


def _rows(tombstones: Tombstones) -> Iterator[tuple[str, str, str, str]]:
    yield ("", "", _SALT, tombstones.salt)
    for request in tombstones.requests:
        for kind, token in sorted(request.tokens):
            yield (request.request_id, request.requested_at, kind, token)
        if request.erased_at:
            yield (request.request_id, request.erased_at, _ERASED, request.erased_by)


def _write(file: Path, tombstones: Tombstones) -> None:
    unfinished = file.with_name(f".{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_HEADER)
        writer.writerows(_rows(tombstones))
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(file)
    sync(file.parent)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_name(f".{file.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
