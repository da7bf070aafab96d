"""A small past with known answers: people whose events were loaded late, re-sent, identified or merged after a day.

Belongs here: raw rows, and the warehouse built of them. Does not: what must be said of it (`test_backtest.py`).
Day 0 is DAY; a moment is days after it, at noon. `contact_request` gives 20 points (half-life 90 days), once a month.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.build import BuildRequest, BuildStatus, run_build

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from orchestration.settings import Settings

DAY = date(2026, 3, 1)
LAST_DAY = date(2026, 6, 30)
HORIZON = 90
HORIZON_OF_MARTS = (LAST_DAY - DAY).days
VARS: dict[str, Any] = {"run_date": "2026-12-31", "backtest_horizon_days": HORIZON_OF_MARTS}
"""Days are over, and DAY is an outcome day of the marts."""
LATE = {"late", "identified_late", "survivor", "resent_otherwise"}
"""Of whom something else was known on DAY than is known now."""

Row = dict[str, Any]


def at(days: float) -> datetime:
    return datetime.combine(DAY, time(12)) + timedelta(days=days)


def request(contact: str | None, happened: float, loaded: float | None = None, event: str = "", **more: Any) -> Row:
    return {
        "event_id": event or f"request_{contact or more['anonymous_id']}_{happened}",
        "contact_id": contact,
        "anonymous_id": None,
        "event_type": "contact_request",
        "occurred_at": at(happened),
        "loaded_at": at(happened if loaded is None else loaded),
        "object": None,
    } | more


EVENTS = [
    request("early", -10),
    request("early", -9, event="second_of_the_month"),
    request("late", -5, loaded=4),
    request(None, -5, anonymous_id="cookie"),
    request("merged_away", -6),
    request("resent_alike", -4, event="alike"),
    request("resent_alike", -4, loaded=6, event="alike"),
    request("resent_otherwise", -4, event="otherwise"),
    request("resent_otherwise", -4, loaded=5, event="otherwise", event_type="email_sent", object="mail"),
    request("had_one", -8),
    request("created_later", -3, loaded=2),
    request("excluded", -2),
    request("after", 3),
    request("waits", -1),
]
CONTACTS = {
    "early": -60,
    "late": -60,
    "identified_late": -60,
    "survivor": -60,
    "merged_away": -60,
    "resent_alike": -60,
    "resent_otherwise": -60,
    "had_one": -60,
    "created_later": 2,
    "excluded": -60,
    "after": -60,
    "quiet": -60,
    "colleague": -60,
    "waits": None,
    **{f"quiet_{number}": -60 for number in range(6)},
}
OPPORTUNITIES = [("early", 20), ("late", 30), ("had_one", -1), ("identified_late", 91), ("after", 90), ("quiet_0", 0)]


def write_past(folder: Path, known_by: float | None = None) -> Path:
    """Raw tables; `known_by`: only the events, identities and merges that were known on that day."""

    def was_known(moment: datetime) -> bool:
        return known_by is None or moment.date() <= at(known_by).date()

    tables: Mapping[str, Sequence[Row]] = {
        "events": [row for row in EVENTS if was_known(row["loaded_at"])],
        "contacts": [
            {
                "contact_id": contact,
                "email": f"{contact}@{'rivalytics' if contact == 'excluded' else contact}.example",
                "account_id": "acme" if contact == "colleague" else None,
                "created_at": None if created is None else at(created),
                "updated_at": at(-60),
            }
            for contact, created in CONTACTS.items()
        ],
        "accounts": [{"account_id": "acme", "account_name": "Acme", "updated_at": at(-60)}],
        "identities": [
            row
            for row in [{"anonymous_id": "cookie", "contact_id": "identified_late", "identified_at": at(8)}]
            if was_known(row["identified_at"])
        ],
        "contact_merges": [
            row
            for row in [{"merged_contact_id": "merged_away", "surviving_contact_id": "survivor", "merged_at": at(9)}]
            if was_known(row["merged_at"])
        ],
        "opportunities": [
            {"opportunity_id": f"o_{contact}", "contact_id": contact, "account_id": None, "created_at": at(day)}
            for contact, day in OPPORTUNITIES
        ]
        + [{"opportunity_id": "o_acme", "contact_id": None, "account_id": "acme", "created_at": at(40)}],
    }
    folder.mkdir(parents=True)
    types = {"occurred_at": "timestamp", "loaded_at": "timestamp", "created_at": "timestamp"}
    with duckdb.connect() as connection:
        for name, rows in tables.items():
            columns = list({column: None for row in rows for column in row}) or _COLUMNS[name]
            typed = ", ".join(
                f"{column} {types.get(column, 'timestamp' if column.endswith('_at') else 'varchar')}"
                for column in columns
            )
            connection.execute(f"create table {name} ({typed})")
            if rows:
                marks = ", ".join("?" for _ in columns)
                connection.executemany(
                    f"insert into {name} values ({marks})", [[row.get(column) for column in columns] for row in rows]
                )
            connection.execute(f"copy {name} to '{folder / name}.parquet'")
    return folder


_COLUMNS = {
    "identities": ["anonymous_id", "contact_id", "identified_at"],
    "contact_merges": ["merged_contact_id", "surviving_contact_id", "merged_at"],
}


def build(settings: Settings) -> None:
    """Build DAY to LAST_DAY, and let nothing pass that went wrong."""
    result = run_build(settings, BuildRequest(LAST_DAY, DAY, False, VARS))
    assert result.status is BuildStatus.DONE, result


def mess_up(raw: Path, end: date) -> None:
    """Make much of a world come late: events loaded or sent again otherwise, identities and merges weeks after."""

    def later(column: str, key: str) -> str:
        return f"{column} + to_days((hash({key}) // 8 % 40)::int)"

    changed = {
        "events": f"""
            select * replace (
                case when hash(event_id) % 8 = 0 then least({later("loaded_at", "event_id")}, timestamp '{end}')
                else loaded_at end as loaded_at
            )
            from rows
            union all
            select * replace (loaded_at + interval 20 days as loaded_at, 'contact_request' as event_type)
            from rows
            where hash(event_id) % 40 = 1 and loaded_at + interval 20 days < timestamp '{end}'
        """,
        "identities": f"select * replace ({later('identified_at', 'anonymous_id')} as identified_at) from rows",
        "contact_merges": f"select * replace ({later('merged_at', 'merged_contact_id')} as merged_at) from rows",
    }
    with duckdb.connect() as connection:
        for name, select in changed.items():
            file = raw / f"{name}.parquet"
            connection.execute(f"create or replace table rows as from '{file}'")
            connection.execute(f"copy ({select}) to '{file}'")


def known_on(raw: Path, day: date, folder: Path) -> Path:
    """A copy of raw tables with what was known at the end of a day."""
    known = {"events": "loaded_at", "identities": "identified_at", "contact_merges": "merged_at"}
    folder.mkdir()
    with duckdb.connect() as connection:
        for file in raw.glob("*.parquet"):
            only = f" where {known[file.stem]}::date <= date '{day}'" if file.stem in known else ""
            connection.execute(f"copy (from '{file}'{only}) to '{folder / file.name}'")
    return folder
