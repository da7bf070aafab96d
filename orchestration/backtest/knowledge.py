"""What was known at the end of a day, put into a scratch file beside what is known now.

The ledger holds hits without a time of loading, and a hit that was not known yet can change others: caps, visits and
streaks see all events of a contact at once. So whoever's events of a day came later, were re-sent otherwise, or came
to be theirs by a later identity or merge has a *double* for that day: another contact id with the events known by then,
scored by the same models. All others are as the warehouse has them. docs/backtest.md says what cannot be told.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.impact.scratch import STORED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from orchestration.impact.scratch import Scratch

SQL = Path(__file__).parent / "sql"

_EVENT_COLUMNS = (
    "event_id, contact_id, anonymous_id, occurred_at, loaded_at, signature_id, value, user_agent, is_machine"
)
_OF_DOUBLES = {
    "staging.stg_raw__contacts": """
        select rows.* replace (doubles.double_id as contact_id)
        from {rows} as rows
        inner join replay.doubles as doubles on rows.contact_id = doubles.contact_id
    """,
    "staging.stg_raw__contact_attributes": """
        select rows.* replace (doubles.double_id as contact_id)
        from {rows} as rows
        inner join replay.doubles as doubles on rows.contact_id = doubles.contact_id
    """,
    "staging.stg_raw__stage_changes": """
        select rows.* replace (doubles.double_id as contact_id)
        from {rows} as rows
        inner join replay.links as links on not links.is_anonymous and rows.contact_id = links.source_id
        inner join replay.doubles as doubles on links.owner_id = doubles.contact_id
        where links.known_date is null or links.known_date <= doubles.day
    """,
    "staging.stg_raw__score_adjustments": """
        select rows.* replace (doubles.double_id as contact_id)
        from {rows} as rows
        inner join replay.links as links on not links.is_anonymous and rows.contact_id = links.source_id
        inner join replay.doubles as doubles on links.owner_id = doubles.contact_id
        where links.known_date is null or links.known_date <= doubles.day
    """,
    "intermediate.int_events_deduplicated": f"select {_EVENT_COLUMNS} from replay.double_events",  # noqa: S608 - names of ours
}
"""Relation → its rows for doubles, made from its own (`rows`); the models above see both."""


def find_doubles(scratch: Scratch, days: Sequence[date], zone: str) -> None:
    """Fill schema `replay` of a mirrored scratch file: `days`, `known_contacts`, `doubles` and their events.

    `zone`: the scoring time zone, in which a day ends.
    """
    execute = scratch.connection.execute
    local = "ts" if zone == "UTC" else f"timezone('{zone}', timezone('UTC', ts))"
    execute("create schema replay")
    execute(f"create or replace macro replay_date(ts) as cast({local} as date)")
    execute("create table replay.days (day date)")
    scratch.connection.executemany("insert into replay.days values (?)", [[day] for day in days])
    run_sql(scratch, "links")
    if has_repeated_events(scratch):
        run_sql(scratch, "copies")
    else:
        execute(
            "create table replay.copies as"
            " select *, 0::ubigint as content from intermediate.int_events_deduplicated limit 0"
        )
    for query in ("first_loads", "events", "earlier_copies", "doubles", "double_events", "known_contacts"):
        run_sql(scratch, query)


def put_doubles_in(scratch: Scratch) -> None:
    """Let dbt's models see the doubles: what they read holds their rows, too."""
    for relation, select in _OF_DOUBLES.items():
        schema, _, name = relation.partition(".")
        scratch.connection.execute(f"alter view {relation} rename to {name}__now")
        rows = f"{schema}.{name}__now"
        scratch.connection.execute(
            f"create view {relation} as select * from {rows} union all by name {select.format(rows=rows)}"  # noqa: S608
        )


def run_sql(scratch: Scratch, query: str) -> None:
    """Execute `sql/<query>.sql`."""
    scratch.connection.execute((SQL / f"{query}.sql").read_text(encoding="utf-8"))


def has_repeated_events(scratch: Scratch) -> bool:
    """Whether events were sent several times; only then raw events are read, and have to be there."""
    outcomes = scratch.rows(f"select events from {STORED}.marts.event_outcomes where outcome = 'duplicate'")  # noqa: S608
    return bool(outcomes and outcomes[0][0])
