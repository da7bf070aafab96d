"""Who was known otherwise on a day, and what was known of them: the queries on planted tables, without a build.

Belongs here: links, copies, doubles. Does not: scores of doubles (`tests/integration/test_backtest.py`).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import duckdb

from orchestration.backtest.knowledge import find_doubles, put_doubles_in
from orchestration.impact.scratch import Scratch

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2026, 3, 1)
WEEK_LATER = date(2026, 3, 8)
SEPARATOR = "\x01"
TABLES = """
create schema s.staging; create schema s.intermediate; create schema s.marts;
create table s.staging.stg_raw__contacts as select * from (values
    ('ada', timestamp '2026-01-01'), ('bob', '2026-03-05'), ('old_ada', '2026-01-01'), ('older_ada', '2026-01-01')
) as t (contact_id, updated_at);
create table s.staging.stg_raw__contact_attributes as
    select 'ada' as contact_id, 'decision_maker' as attribute, 'yes' as value;
create table s.staging.stg_raw__stage_changes as select * from (values
    ('ada', 'lead', timestamp '2026-01-02'), ('old_ada', 'customer', '2026-01-03')
) as t (contact_id, stage_id, changed_at);
create table s.staging.stg_raw__score_adjustments as
    select 'x' as adjustment_id, 'older_ada' as contact_id, 5.0 as points;
create table s.staging.stg_raw__contact_merges as select * from (values
    ('older_ada', 'old_ada', timestamp '2026-01-05'), ('old_ada', 'ada', timestamp '2026-03-04')
) as t (merged_contact_id, surviving_contact_id, merged_at);
create table s.staging.stg_raw__identities as select * from (values
    ('known', 'bob', timestamp '2026-01-01'), ('unknown_yet', 'bob', timestamp '2026-03-08 23:59:59'),
    ('of_older', 'older_ada', timestamp '2026-01-01')
) as t (anonymous_id, contact_id, identified_at);
create table s.intermediate.int_contact_survivors as select * from (values
    ('older_ada', 'ada', false), ('old_ada', 'ada', false)
) as t (merged_contact_id, contact_id, is_in_cycle);
create table s.intermediate.int_contacts as select * from (values
    ('ada', timestamp '2026-01-01', date '2026-01-01'), ('bob', timestamp '2026-03-05', null)
) as t (contact_id, updated_at, created_date);
create table s.intermediate.int_event_owners as select * from (values
    ('ada', false, 'ada', true), ('bob', false, 'bob', true), ('old_ada', false, 'ada', true),
    ('older_ada', false, 'ada', true), ('known', true, 'bob', true), ('unknown_yet', true, 'bob', true),
    ('of_older', true, 'ada', true)
) as t (source_id, is_anonymous, owner_id, is_listed);
create table s.intermediate.int_first_opportunities as
    select 'bob' as contact_id, date '2026-04-01' as first_opportunity_date;
create table s.intermediate.int_events_deduplicated as select
    event_id, contact_id, anonymous_id, occurred_at::timestamp as occurred_at,
    loaded_at::timestamp as loaded_at,
    signature_id::ubigint as signature_id, null::double as value, null::varchar as user_agent,
    null::boolean as is_machine
from (values {events}) as t (event_id, contact_id, anonymous_id, occurred_at, loaded_at, signature_id);
create table s.intermediate.int_event_copies as
    select * from s.intermediate.int_events_deduplicated {copies};
create table s.marts.event_outcomes as select 'duplicate' as outcome, {duplicates} as events;
"""


def scratch_with(folder: Path, events: str, copies: str = "") -> Scratch:
    """A scratch file over a stored warehouse with these events; `copies`: further rows of them that did not win."""
    stored = folder / "stored.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{stored}' as s")
        more = f"""
            union all by name
            select winner.* exclude (loaded_at, signature_id), copy.loaded_at, copy.signature_id
            from s.intermediate.int_events_deduplicated as winner
            inner join (values {copies}) as copy (event_id, loaded_at, signature_id) on winner.event_id = copy.event_id
        """
        connection.execute(TABLES.format(events=events, copies=more if copies else "", duplicates=len(copies)))
    connection = duckdb.connect(str(folder / "scratch.duckdb"))
    connection.execute(f"attach '{stored}' as stored (read_only)")
    connection.execute("set variable sampled_share = 1.0")
    connection.execute("create schema staging; create schema intermediate")
    names = "select schema_name, table_name from duckdb_tables() where database_name = 'stored'"
    for schema, name in connection.execute(names).fetchall():
        if schema != "marts":
            connection.execute(f"create view {schema}.{name} as select * from stored.{schema}.{name}")
    return Scratch(connection, folder / "scratch.duckdb")


def doubles_of(scratch: Scratch, *days: date, zone: str = "UTC") -> set[tuple[str, date]]:
    find_doubles(scratch, days, zone)
    put_doubles_in(scratch)
    return set(scratch.rows("select contact_id, day from replay.doubles"))


def events_of(scratch: Scratch, contact: str, day: date) -> set[tuple[str, int]]:
    """Names and signatures of the events that a double has, as models see them."""
    rows = scratch.rows(
        "select split_part(event_id, chr(1), 1), signature_id from intermediate.int_events_deduplicated"
        " where contact_id = ?",
        [f"{contact}{SEPARATOR}{day}"],
    )
    return set(rows)


def test_an_event_loaded_after_the_day_is_not_known(tmp_path: Path) -> None:
    scratch = scratch_with(
        tmp_path,
        """
        ('in_time', 'bob', null, '2026-02-01', '2026-03-01 23:59:59', 1),
        ('late', 'bob', null, '2026-02-02', '2026-03-02 00:00:00', 1),
        ('later', 'bob', null, '2026-03-05', '2026-03-05', 1)
        """,
    )
    # On both days the merge of ada was or was not known; bob's late event was there a week later.
    assert doubles_of(scratch, DAY, WEEK_LATER) == {("bob", DAY), ("ada", DAY)}
    assert events_of(scratch, "bob", DAY) == {("in_time", 1)}
    known = dict(scratch.rows("select contact_id, known_date from replay.known_contacts"))
    assert known == {"ada": date(2026, 1, 1), "bob": date(2026, 3, 1)}


def test_a_day_ends_in_the_scoring_time_zone(tmp_path: Path) -> None:
    scratch = scratch_with(tmp_path, "('e', 'bob', null, '2026-02-02', '2026-03-02 00:30:00', 1)")
    assert ("bob", DAY) not in doubles_of(scratch, DAY, zone="America/New_York")


def test_an_identity_is_known_from_the_day_it_was_made(tmp_path: Path) -> None:
    scratch = scratch_with(
        tmp_path,
        """
        ('a', null, 'known', '2026-02-01', '2026-02-01', 1),
        ('b', null, 'unknown_yet', '2026-02-02', '2026-02-02', 1),
        ('c', null, 'of_older', '2026-02-03', '2026-02-03', 1)
        """,
    )
    found = doubles_of(scratch, date(2026, 3, 7), WEEK_LATER)
    assert found == {("bob", date(2026, 3, 7))}
    assert events_of(scratch, "bob", date(2026, 3, 7)) == {("a", 1)}


def test_a_chain_of_merges_is_known_when_its_last_merge_was_made(tmp_path: Path) -> None:
    scratch = scratch_with(
        tmp_path,
        """
        ('own', 'ada', null, '2026-02-01', '2026-02-01', 1),
        ('old', 'old_ada', null, '2026-02-02', '2026-02-02', 1),
        ('older', 'older_ada', null, '2026-02-03', '2026-02-03', 1),
        ('cookie', null, 'of_older', '2026-02-04', '2026-02-04', 1)
        """,
    )
    assert doubles_of(scratch, DAY, WEEK_LATER) == {("ada", DAY)}
    assert events_of(scratch, "ada", DAY) == {("own", 1)}
    double = f"ada{SEPARATOR}{DAY}"
    assert scratch.rows("select stage_id from staging.stg_raw__stage_changes where contact_id = ?", [double]) == [
        ("lead",)
    ]
    assert scratch.rows("select * from staging.stg_raw__score_adjustments where contact_id = ?", [double]) == []
    assert scratch.rows("select value from staging.stg_raw__contact_attributes where contact_id = ?", [double]) == [
        ("yes",)
    ]
    assert len(scratch.rows("select * from staging.stg_raw__contacts where contact_id = ?", [double])) == 1


def test_of_a_resent_event_the_best_copy_of_the_day_is_known(tmp_path: Path) -> None:
    scratch = scratch_with(
        tmp_path,
        """
        ('changed', 'bob', null, '2026-02-01', '2026-03-20', 9),
        ('alike', 'bob', null, '2026-02-02', '2026-03-20', 9)
        """,
        copies="""
        ('changed', timestamp '2026-02-01', 1), ('changed', timestamp '2026-02-20', 2),
        ('changed', timestamp '2026-03-05', 3), ('alike', timestamp '2026-02-02', 9)
        """,
    )
    assert doubles_of(scratch, DAY, WEEK_LATER) == {("bob", DAY), ("bob", WEEK_LATER), ("ada", DAY)}
    assert events_of(scratch, "bob", DAY) == {("changed", 2), ("alike", 9)}
    assert events_of(scratch, "bob", WEEK_LATER) == {("changed", 3), ("alike", 9)}


def test_a_warehouse_without_anything_late_has_no_double(tmp_path: Path) -> None:
    scratch = scratch_with(tmp_path, "('e', 'bob', null, '2026-02-01', '2026-02-01', 1)")
    assert doubles_of(scratch, date(2026, 3, 10)) == set()
    assert scratch.rows("select count(*) from intermediate.int_events_deduplicated") == [(1,)]
