"""The outbox: what is to be sent, was sent and could not be sent, in a SQLite file that outlives any process.

Each statement of the life of an alert is on disk before and after the attempt to send it, so that whoever is killed
loses nothing and repeats at most what was in flight, with the same key. What gets in is decided in `enqueue`, when to
try again in `delivery`.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.alerts.messages import CROSSING, RUN_FAILED, SUMMARY, Message, as_json, without_contact

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from orchestration.alerts.published import Crossing

_SCHEMA_VERSION = 1
_SCHEMA = Path(__file__).parent / "sql" / "outbox.sql"
_ENQUEUED_THROUGH = "enqueued_through"
_LOCK_SECONDS = 30


class OutboxError(Exception):
    """An outbox that cannot be used; the message is for the user."""


@dataclass(frozen=True)
class Delivery:
    """A message that one process may try to send, this time as number `attempts`, until its lease ends."""

    key: str
    sink: str
    kind: str
    payload: str
    attempts: int
    lease: str

    @property
    def message(self) -> Message:
        """The payload, read."""
        message: Message = json.loads(self.payload)
        return message


@dataclass(frozen=True)
class DeadLetter:
    """What was given up, and why."""

    key: str
    sink: str
    kind: str
    about: str
    attempts: int
    last_error: str


def utc_now() -> datetime:
    """The clock that outboxes go by unless a test has its own."""
    return datetime.now(UTC)


class Outbox:
    """An open outbox, for one thread."""

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], datetime]) -> None:
        """`connection`: in autocommit mode, closed by whoever opened it."""
        self._connection = connection
        self.clock = clock

    # What is to be sent

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written in it is on disk at its end, or none of it; other processes wait."""
        self._connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def enqueued_through(self) -> date | None:
        """The last day whose crossings were looked at; None before the first time."""
        row = self._one("select value from state where name = :name", name=_ENQUEUED_THROUGH)
        return date.fromisoformat(row["value"]) if row else None

    def set_enqueued_through(self, day: date) -> None:
        """Remember the last day whose crossings were looked at."""
        self._run("insert or replace into state values (:name, :day)", name=_ENQUEUED_THROUGH, day=day.isoformat())

    def unknown(self, keys: Collection[str]) -> set[str]:
        """Which of these keys were never to be sent, or were withdrawn before they were."""
        known = self._all(
            "select key from deliveries where status <> 'withdrawn' and key in (select value from json_each(:keys))",
            keys=json.dumps(list(keys)),
        )
        return set(keys) - {row["key"] for row in known}

    def add_crossing(self, sink: str, crossing: Crossing, message: Message) -> None:
        """Have a crossing sent; one that waits unsent gets the facts of today."""
        self._add(sink, message, crossing=crossing)

    def add_summary(self, sink: str, message: Message, members: Iterable[tuple[str, Crossing]]) -> None:
        """Have a summary sent instead of its members (keys and crossings), none of which is ever sent by itself."""
        self._add(sink, message)
        for key, crossing in members:
            self._add(sink, {"key": key, "kind": CROSSING}, crossing=crossing, summary_key=message["key"])

    def add(self, sink: str, message: Message) -> None:
        """Have a message sent that is about no crossing."""
        self._add(sink, message)

    def _add(
        self, sink: str, message: Message, crossing: Crossing | None = None, summary_key: str | None = None
    ) -> None:
        # What was tried once keeps its text: a receiver may hold it already, under this key.
        self._run(
            """
            insert into deliveries (
                key, sink, kind, crossing_id, direction, as_of_date, entity, entity_id, summary_key, payload, status,
                next_attempt_at, created_at
            )
            values (
                :key, :sink, :kind, :crossing_id, :direction, :as_of_date, :entity, :entity_id, :summary_key, :payload,
                :status, :now, :now
            )
            on conflict (key) do update
            set payload = excluded.payload,
                summary_key = excluded.summary_key,
                status = excluded.status,
                next_attempt_at = excluded.next_attempt_at,
                attempts = 0,
                last_error = null
            where deliveries.status = 'withdrawn'
                or (deliveries.status = 'pending' and deliveries.attempts = 0 and deliveries.last_error is null)
            """,
            key=message["key"],
            sink=sink,
            kind=message["kind"],
            crossing_id=crossing and crossing.crossing_id,
            direction=crossing and crossing.direction,
            as_of_date=crossing and crossing.as_of_date.isoformat(),
            entity=crossing and crossing.entity,
            entity_id=crossing and crossing.entity_id,
            summary_key=summary_key,
            payload=None if summary_key else as_json(message),
            status="summarized" if summary_key else "pending",
        )

    # What is not to be sent any more

    def unsent_turns(self) -> dict[str, list[str]]:
        """The keys of crossings that nobody has been told of, by turn (`Crossing.turn`)."""
        rows = self._all(
            """
            select deliveries.key, deliveries.crossing_id || ':' || deliveries.direction as turn
            from deliveries
            left join deliveries as summaries on deliveries.summary_key = summaries.key
            where deliveries.crossing_id is not null
                and (deliveries.status in ('pending', 'dead') or summaries.status in ('pending', 'dead'))
                and deliveries.status <> 'withdrawn'
            """
        )
        turns: dict[str, list[str]] = {}
        for row in rows:
            turns.setdefault(row["turn"], []).append(row["key"])
        return turns

    def withdraw(self, keys: Sequence[str]) -> int:
        """Send these no more, nor summaries that have nothing left, but for what is in flight. How many they are."""
        withdrawn = sum(
            self._run(
                """
                update deliveries set status = 'withdrawn', payload = null, last_error = null
                where key = :key and status in ('pending', 'dead', 'summarized') and coalesce(leased_until, '') <= :now
                """,
                key=key,
            )
            for key in keys
        )
        self._run(
            """
            update deliveries set status = 'withdrawn', payload = null, last_error = null
            where kind = :summary and status in ('pending', 'dead') and coalesce(leased_until, '') <= :now
                and not exists (
                    select 1 from deliveries as members
                    where members.summary_key = deliveries.key and members.status = 'summarized'
                )
            """,
            summary=SUMMARY,
        )
        return withdrawn

    def withdraw_other_sinks(self, sinks: Collection[str]) -> None:
        """Send nothing more to sinks that are none any more."""
        names = json.dumps(sorted(sinks))
        self._run(
            """
            update deliveries set status = 'withdrawn', payload = null, last_error = null
            where status in ('pending', 'dead') and coalesce(leased_until, '') <= :now
                and sink not in (select value from json_each(:names))
            """,
            names=names,
        )

    def forget(self, contact_id: str) -> int:
        """Blank all that is known of a contact and send none of it; how many messages were about the contact alone.

        Their keys stay, so that a file that still has the contact does not bring the messages back.
        """
        with self.transaction():
            summaries = self._all(
                """
                select key, payload from deliveries
                where kind = :summary and payload is not null
                    and key in (select summary_key from deliveries where entity = 'contact' and entity_id = :contact_id)
                """,
                summary=SUMMARY,
                contact_id=contact_id,
            )
            for row in summaries:
                rest = as_json(without_contact(json.loads(row["payload"]), contact_id))
                self._run("update deliveries set payload = :rest where key = :key", rest=rest, key=row["key"])
            forgotten = self._run(
                """
                update deliveries
                set status = case status when 'delivered' then 'delivered' else 'forgotten' end,
                    entity_id = null, crossing_id = null, payload = null, last_error = null, lease = null,
                    leased_until = null
                where entity = 'contact' and entity_id = :contact_id
                """,
                contact_id=contact_id,
            )
        # What was overwritten is still in the write-ahead log.
        self._connection.execute("pragma wal_checkpoint(truncate)")
        return forgotten

    def contacts(self) -> list[str]:
        """The contacts that something is known of here."""
        rows = self._all("select distinct entity_id from deliveries where entity = 'contact' and entity_id is not null")
        return [row["entity_id"] for row in rows]

    def messages_about(self, contact_id: str) -> dict[tuple[str, str], int]:
        """How many messages are about a contact, by sink and status."""
        rows = self._all(
            """
            select sink, status, count(*) as n from deliveries
            where entity = 'contact' and entity_id = :contact_id
            group by sink, status
            order by sink, status
            """,
            contact_id=contact_id,
        )
        return {(row["sink"], row["status"]): row["n"] for row in rows}

    # Sending

    def claim(self, sink: str, lease_seconds: float) -> Delivery | None:
        """The next message that is due at a sink, for this process alone while its lease lasts; None if there is none.

        The attempt is counted here, before it is made. Failed runs go first, else the order is that of arrival.
        """
        row = self._one(
            """
            update deliveries
            set attempts = attempts + 1, lease = :lease, leased_until = :leased_until
            where key = (
                select key from deliveries
                where status = 'pending' and sink = :sink and next_attempt_at <= :now
                    and coalesce(leased_until, '') <= :now
                    and not exists (select 1 from paused_sinks where sink = :sink and until > :now)
                order by kind <> :first_kind, rowid
                limit 1
            )
            returning key, sink, kind, payload, attempts, lease
            """,
            sink=sink,
            lease=uuid.uuid4().hex,
            leased_until=_text(self.clock() + timedelta(seconds=lease_seconds)),
            first_kind=RUN_FAILED,
        )
        return Delivery(**dict(row)) if row else None

    def delivered(self, delivery: Delivery) -> None:
        """A message has arrived. Its text has done its work and is not kept."""
        self._run(
            """
            update deliveries
            set status = 'delivered', payload = null, last_error = null, lease = null, leased_until = null,
                delivered_at = :now
            where key = :key and status in ('pending', 'dead')
            """,
            key=delivery.key,
        )

    def failed(self, delivery: Delivery, error: str, retry_at: datetime | None) -> None:
        """A message has not arrived, as far as is known; without a time to try again it is dead."""
        self._run(
            """
            update deliveries
            set status = :status, last_error = :error, next_attempt_at = coalesce(:retry_at, next_attempt_at),
                lease = null, leased_until = null
            where key = :key and lease = :lease and status = 'pending'
            """,
            status="pending" if retry_at else "dead",
            error=error,
            retry_at=retry_at and _text(retry_at),
            key=delivery.key,
            lease=delivery.lease,
        )

    def pause(self, sink: str, until: datetime) -> None:
        """Leave a sink alone for a time that it asked for."""
        self._run("insert or replace into paused_sinks values (:sink, :until)", sink=sink, until=_text(until))

    def due(self, sinks: Iterable[str]) -> int:
        """How many messages could be sent now to these sinks."""
        row = self._one(
            """
            select count(*) as due from deliveries
            where status = 'pending' and next_attempt_at <= :now and coalesce(leased_until, '') <= :now
                and sink in (select value from json_each(:sinks))
                and sink not in (select sink from paused_sinks where until > :now)
            """,
            sinks=json.dumps(list(sinks)),
        )
        return int(row["due"]) if row else 0

    def retry(self, keys: Collection[str] | None) -> int:
        """Send dead messages after all, from now on: those with these keys, or all. How many they are."""
        return self._run(
            """
            update deliveries
            set status = 'pending', attempts = 0, next_attempt_at = :now, lease = null, leased_until = null
            where status = 'dead' and (:keys is null or key in (select value from json_each(:keys)))
            """,
            keys=None if keys is None else json.dumps(sorted(keys)),
        )

    # What people ask

    def counts(self) -> dict[tuple[str, str], int]:
        """How many messages there are, by sink and status."""
        rows = self._all(
            "select sink, status, count(*) as n from deliveries group by sink, status order by sink, status"
        )
        return {(row["sink"], row["status"]): row["n"] for row in rows}

    def waiting_errors(self) -> dict[str, str]:
        """The last error of messages that will be tried again, by sink."""
        rows = self._all(
            """
            select sink, last_error, max(rowid) from deliveries
            where status = 'pending' and last_error is not null
            group by sink
            """
        )
        return {row["sink"]: row["last_error"] for row in rows}

    def dead_letters(self) -> list[DeadLetter]:
        """What was given up, oldest first."""
        rows = self._all(
            """
            select key, sink, kind, coalesce(entity || ' ' || entity_id, kind) as about, attempts,
                coalesce(last_error, '') as last_error
            from dead_letters
            order by created_at, key
            """
        )
        return [DeadLetter(**dict(row)) for row in rows]

    def _one(self, sql: str, **parameters: Any) -> sqlite3.Row | None:
        rows = self._all(sql, **parameters)
        return rows[0] if rows else None

    def _all(self, sql: str, **parameters: Any) -> list[sqlite3.Row]:
        return self._execute(sql, parameters).fetchall()

    def _run(self, sql: str, **parameters: Any) -> int:
        """How many rows a statement changed."""
        return self._execute(sql, parameters).rowcount

    def _execute(self, sql: str, parameters: dict[str, Any]) -> sqlite3.Cursor:
        return self._connection.execute(sql, {"now": _text(self.clock()), **parameters})


@contextmanager
def open_outbox(file: Path, clock: Callable[[], datetime] = utc_now) -> Iterator[Outbox]:
    """The outbox in a file, made if there is none, for its owner only. Raises OutboxError if it cannot be used."""
    try:
        file.touch(mode=0o600)
        connection = sqlite3.connect(file, timeout=_LOCK_SECONDS, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise OutboxError(f"{file} cannot be opened as the outbox of alerts: {error}") from None
    try:
        connection.row_factory = sqlite3.Row
        _prepare(connection, file)
        yield Outbox(connection, clock)
    except sqlite3.Error as error:
        raise OutboxError(f"{file} cannot be used as the outbox of alerts: {error}") from None
    finally:
        connection.close()


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma secure_delete = on")  # what is blanked is overwritten
    ((version,),) = connection.execute("pragma user_version").fetchall()
    if version > _SCHEMA_VERSION:
        raise OutboxError(f"{file} was made by a newer version of lead-scoring; use that one.")
    if version == 0:
        schema = _SCHEMA.read_text(encoding="utf-8")
        connection.executescript(f"begin immediate; {schema} pragma user_version = {_SCHEMA_VERSION}; commit;")


def _text(moment: datetime) -> str:
    """A moment as texts that sort as moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
