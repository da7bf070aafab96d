"""What tests of alerts share: a small published file, a configuration, a clock that goes when it is told to.

Belongs here: making them. Does not: receivers (`tests/integration/receiver.py`), and what must hold.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb

from orchestration.alerts.config import AlertsConfig, load_config

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TODAY = date(2026, 6, 30)
NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)

SECRET = "s3cr3t-of-the-crm/%+"  # noqa: S105 - to be looked for in what is written
SLACK_TOKEN = "T0S3CR3T/B0S3CR3T/xox_secret_word"  # noqa: S105
ENVIRON = {"CRM_SECRET": SECRET}

_TABLES = """
create schema marts;
create table marts.scoring_days (as_of_date date, rule_book_hash varchar, is_complete boolean);
create table marts.threshold_crossings (
    crossing_id varchar, entity varchar, entity_id varchar, threshold_id varchar, product_id varchar, direction varchar,
    as_of_date date, score_before double, score_after double, threshold_value double, action varchar, cause varchar
);
create table marts.contact_scores (
    contact_id varchar, account_id varchar, full_name varchar, email varchar, job_title varchar, lead_grade varchar,
    lead_score double, activity_score double, fit_score double, temperature varchar, is_qualified boolean,
    is_contactable boolean, recommended_action varchar, top_product_id varchar, top_reasons varchar
);
create table marts.account_scores (
    account_id varchar, account_name varchar, domain varchar, account_grade varchar, account_activity_score double,
    account_fit_score double, is_qualified boolean, member_count bigint, committee_coverage double,
    top_product_id varchar
);
create table marts.product_interest_scores (product_id varchar, product_name varchar);
insert into marts.product_interest_scores values ('analytics', 'Analytics Suite');
insert into marts.account_scores values ('acme', 'Acme', 'acme.example', 'B3', 61.5, 70, true, 4, 0.5, 'analytics');
"""


class Clock:
    """Now, until it is set forward."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **units: float) -> None:
        self.now += timedelta(**units)


@dataclass(frozen=True)
class Turn:
    """A crossing of a published file."""

    entity_id: str
    day: date = TODAY
    direction: str = "up"
    threshold_id: str = "qualified_lead"
    entity: str = "contact"
    cause: str = "activity"
    action: str = "Hand over to sales"
    product_id: str | None = None
    score: float = 62.25

    @property
    def crossing_id(self) -> str:
        parts = (self.entity, self.entity_id, self.threshold_id, self.product_id or "", self.day.isoformat())
        return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()

    @property
    def row(self) -> tuple[str | float | None, ...]:
        """As it is in the table."""
        who = (self.crossing_id, self.entity, self.entity_id, self.threshold_id, self.product_id, self.direction)
        return (*who, self.day.isoformat(), 55.5, self.score, 60.0, self.action, self.cause)


@dataclass(frozen=True)
class World:
    """What a published file holds: days until `latest`, crossings, and a contact for each of their contacts."""

    turns: tuple[Turn, ...] = ()
    latest: date = TODAY
    names: dict[str, str] = field(default_factory=dict)

    def publish(self, file: Path) -> Path:
        """Write the file, in place of the one before."""
        file.unlink(missing_ok=True)
        with duckdb.connect(str(file)) as connection:
            connection.execute(_TABLES)
            connection.execute("insert into marts.scoring_days values (?, 'hash', false)", [self.latest])
            turns = ", ".join(f"({', '.join(map(_literal, turn.row))})" for turn in self.turns)
            if turns:
                connection.execute(f"insert into marts.threshold_crossings values {turns}")
            connection.execute(
                """
                insert into marts.contact_scores
                select contact_id, 'acme', upper(contact_id[1]) || contact_id[2:],
                    contact_id || '@acme.example', 'CTO', 'B3', 62.25, 70, 50.5, 'hot', true, true, 'call today',
                    'analytics', 'Asked for a demo 2 days ago +40.0'
                from (
                    select distinct entity_id from marts.threshold_crossings where entity = 'contact'
                ) as contacts (contact_id)
                """
            )
            for contact, name in self.names.items():
                rename = "update marts.contact_scores set full_name = ? where contact_id = ?"
                connection.execute(rename, [name, contact])
        return file


def _literal(value: str | float | None) -> str:
    return "null" if value is None else str(value) if isinstance(value, float) else "'" + value.replace("'", "''") + "'"


def world(*turns: Turn, latest: date = TODAY, names: dict[str, str] | None = None) -> World:
    """A published file's content."""
    return World(turns, latest, names or {})


def many(count: int, first: int = 0, **fields: str) -> list[Turn]:
    """Crossings of as many contacts."""
    return [replace(Turn(f"contact_{number:04}"), **fields) for number in range(first, first + count)]


def configuration(folder: Path, *lines: str) -> AlertsConfig:
    """What a configuration of these lines says."""
    file = folder / "alerts.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return load_config(file)


def webhook(url: str, *lines: str, name: str = "crm") -> list[str]:
    """The lines of a webhook."""
    return [f"[sinks.{name}]", 'type = "webhook"', f'url = "{url}"', 'secret_env = "CRM_SECRET"', *lines]


def csv_sink(path: str = "crossings.csv", *lines: str, name: str = "archive") -> list[str]:
    """The lines of a file."""
    return [f"[sinks.{name}]", 'type = "csv"', f'path = "{path}"', *lines]


def ids(turns: Iterable[Turn]) -> list[str]:
    """Their crossing ids."""
    return [turn.crossing_id for turn in turns]
