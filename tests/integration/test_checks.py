"""Our own checks: green on a good warehouse, red on every kind of bad data that they are there to find.

Each bad row is planted in a transaction that is rolled back.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import duckdb
import pytest

from orchestration.checks import (
    CHECKS,
    CROSSINGS_ALTERNATE,
    CROSSINGS_ON_THEIR_SIDE,
    EVENTS_ACCOUNTED_FOR,
    FIT_ADDS_UP,
    INTEREST_ADDS_UP,
    LEAD_SCORE_ADDS_UP,
    POINTS_ADD_UP,
    SCORES_IN_RANGE,
    Check,
    count_raw_events,
    find_violations,
)
from orchestration.dbt_project import project_vars

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ONE_CONTACT = "contact_id = (select min(contact_id) from marts.contact_scores where not is_excluded)"
ONE_ACCOUNT = "account_id = (select min(account_id) from marts.account_scores)"
ACTIVE_CONTACT = "contact_id = (select arg_max(contact_id, activity_score) from marts.contact_scores)"
LATEST_DAY = "as_of_date = (select max(as_of_date) from marts.scoring_days)"
ONE_CROSSING = "crossing_id = (select min(crossing_id) from marts.threshold_crossings where entity_id <> 'planted')"


def crossing(day: str, direction: str, after: float, before: float | None, threshold: str = "qualified_lead") -> str:
    """SQL that plants a crossing of a threshold at 60 that re-arms below 50, on a day of the history."""
    return f"""
        insert into marts.threshold_crossings
            (crossing_id, entity, entity_id, threshold_id, direction, as_of_date, score_before, score_after,
             threshold_value, action, cause)
        values ('planted-{day}-{direction}', 'contact', 'planted', '{threshold}', '{direction}', date '{day}',
                {"null" if before is None else before}, {after}, 60, 'x', 'activity')
    """


def setting(table: str, column: str, value: str, where: str) -> str:
    return f"update marts.{table} set {column} = {value} where {where}"


GOOD = [
    crossing("2026-06-10", "up", 60.0, 59.9),
    crossing("2026-06-10", "up", 75.0, None),
    crossing("2026-06-10", "down", 49.9, 50.0),
    crossing("2026-06-10", "up", 60.0, 0.1 + 0.2) + ";" + crossing("2026-06-11", "down", 0.0, 60.0),
]

BAD: list[tuple[Check, str]] = [
    *(
        (SCORES_IN_RANGE, setting("contact_scores", column, value, ONE_CONTACT))
        for column in ("activity_score", "fit_score", "lead_score")
        for value in ("100.01", "-0.01", "'nan'", "'infinity'", "null")
    ),
    (SCORES_IN_RANGE, setting("contact_scores", "fit_completeness", "1.01", ONE_CONTACT)),
    (SCORES_IN_RANGE, setting("contact_scores", "top_product_score", "101", ONE_CONTACT)),
    (SCORES_IN_RANGE, setting("contact_scores", "top_product_score", "null", "top_product_id is not null")),
    (SCORES_IN_RANGE, setting("custom_scores", "score", "100.01", ONE_CONTACT)),
    (SCORES_IN_RANGE, setting("custom_scores", "score", "null", ONE_CONTACT)),
    (SCORES_IN_RANGE, setting("custom_scores", "score_id", "'unheard_of'", ONE_CONTACT)),
    (SCORES_IN_RANGE, setting("product_interest_scores", "score", "'nan'", "true")),
    (SCORES_IN_RANGE, setting("account_scores", "account_activity_score", "100.01", ONE_ACCOUNT)),
    (SCORES_IN_RANGE, setting("account_scores", "account_fit_score", "null", ONE_ACCOUNT)),
    (SCORES_IN_RANGE, setting("account_scores", "committee_coverage", "1.5", ONE_ACCOUNT)),
    (SCORES_IN_RANGE, setting("account_product_interest", "score", "-1", "true")),
    (SCORES_IN_RANGE, setting("score_history", "lead_score", "100.01", LATEST_DAY)),
    (SCORES_IN_RANGE, setting("account_score_history", "account_activity_score", "-1", LATEST_DAY)),
    (SCORES_IN_RANGE, setting("product_interest_history", "score", "101", "true")),
    (
        SCORES_IN_RANGE,
        "insert into marts.custom_score_history (as_of_date, contact_id, score_id, score)"
        f" select as_of_date, 'planted', 'loyalty', 101 from marts.scoring_days where {LATEST_DAY}",
    ),
    (POINTS_ADD_UP, setting("contact_scores", "activity_score", "activity_score + 0.00001", ACTIVE_CONTACT)),
    (POINTS_ADD_UP, setting("contact_scores", "activity_score", "'nan'", ACTIVE_CONTACT)),
    (POINTS_ADD_UP, setting("custom_scores", "score", "score + 0.00001", ONE_CONTACT)),
    (POINTS_ADD_UP, setting("custom_scores", "score", "null", ONE_CONTACT)),
    (POINTS_ADD_UP, f"delete from marts.custom_scores where {ONE_CONTACT}"),
    (POINTS_ADD_UP, setting("score_ledger", "decayed_points", "decayed_points - 0.5", ACTIVE_CONTACT)),
    (POINTS_ADD_UP, setting("score_ledger", "decayed_points", "null", ACTIVE_CONTACT)),
    (POINTS_ADD_UP, setting("score_ledger", "group_id", "'unheard_of'", ACTIVE_CONTACT)),
    (POINTS_ADD_UP, setting("score_ledger", "contact_id", "'unheard_of'", ACTIVE_CONTACT)),
    (POINTS_ADD_UP, setting("score_contributions", "decayed_points", "decayed_points - 0.5", ACTIVE_CONTACT)),
    (POINTS_ADD_UP, f"delete from marts.score_contributions where {ACTIVE_CONTACT}"),
    (POINTS_ADD_UP, f"delete from marts.score_ledger where {ACTIVE_CONTACT}"),
    (FIT_ADDS_UP, setting("contact_scores", "fit_score", "fit_score + 0.00001", ONE_CONTACT)),
    (FIT_ADDS_UP, setting("contact_scores", "fit_score", "'nan'", ONE_CONTACT)),
    (FIT_ADDS_UP, setting("contact_scores", "fit_score", "1", "is_excluded")),
    (FIT_ADDS_UP, setting("fit_contributions", "weighted_points", "null", ONE_CONTACT)),
    (FIT_ADDS_UP, setting("fit_contributions", "weighted_points", "'nan'", ONE_CONTACT)),
    (FIT_ADDS_UP, f"delete from marts.fit_contributions where {ONE_CONTACT} and weighted_points = 0"),
    (FIT_ADDS_UP, setting("fit_contributions", "contact_id", "'unheard_of'", ONE_CONTACT)),
    (INTEREST_ADDS_UP, setting("product_interest_scores", "score", "score + 0.00001", "true")),
    (INTEREST_ADDS_UP, setting("product_interest_scores", "score", "'nan'", "true")),
    (INTEREST_ADDS_UP, setting("product_interest_scores", "product_id", "'unheard_of'", "true")),
    (INTEREST_ADDS_UP, "delete from marts.product_interest_scores"),
    (
        INTEREST_ADDS_UP,
        "insert into marts.product_interest_scores by name"
        " select contact_id, 'planted' as product_id, as_of_date, 0.0 as score from marts.contact_scores"
        f" where {ONE_CONTACT}",
    ),
    (LEAD_SCORE_ADDS_UP, setting("contact_scores", "lead_score", "lead_score + 0.00001", ONE_CONTACT)),
    (LEAD_SCORE_ADDS_UP, setting("contact_scores", "lead_score", "null", ONE_CONTACT)),
    (LEAD_SCORE_ADDS_UP, setting("contact_scores", "lead_score", "'nan'", ONE_CONTACT)),
    (LEAD_SCORE_ADDS_UP, setting("contact_scores", "fit_score", "fit_score - 0.01", ONE_CONTACT)),
    (
        LEAD_SCORE_ADDS_UP,
        setting("contact_scores", "top_product_score", "top_product_score + 1", "top_product_id is not null"),
    ),
    (LEAD_SCORE_ADDS_UP, f"delete from marts.custom_scores where {ONE_CONTACT} and score_id = 'loyalty'"),
    (CROSSINGS_ALTERNATE, crossing("2026-06-10", "up", 60, 0) + ";" + crossing("2026-06-12", "up", 60, 0)),
    (CROSSINGS_ALTERNATE, crossing("2026-06-10", "down", 0, 60) + ";" + crossing("2026-06-12", "down", 0, 60)),
    (CROSSINGS_ALTERNATE, crossing("2026-06-10", "up", 60, 0) + ";" + crossing("2026-06-10", "down", 0, 60)),
    (CROSSINGS_ALTERNATE, setting("threshold_crossings", "direction", "'sideways'", ONE_CROSSING)),
    (CROSSINGS_ALTERNATE, setting("threshold_crossings", "direction", "null", ONE_CROSSING)),
    (CROSSINGS_ON_THEIR_SIDE, crossing("2026-06-10", "up", 59.999, 0)),
    (CROSSINGS_ON_THEIR_SIDE, crossing("2026-06-10", "up", 70, 60)),
    (CROSSINGS_ON_THEIR_SIDE, crossing("2026-06-10", "down", 50, 60)),
    (CROSSINGS_ON_THEIR_SIDE, crossing("2026-06-10", "down", 40, 49.9)),
    (CROSSINGS_ON_THEIR_SIDE, crossing("2026-06-10", "up", 70, 0, threshold="unheard_of")),
    (CROSSINGS_ON_THEIR_SIDE, crossing("1999-01-01", "up", 70, 0)),
    (CROSSINGS_ON_THEIR_SIDE, setting("threshold_crossings", "score_after", "null", ONE_CROSSING)),
    (CROSSINGS_ON_THEIR_SIDE, setting("threshold_crossings", "score_after", "'nan'", ONE_CROSSING)),
    (CROSSINGS_ON_THEIR_SIDE, setting("threshold_crossings", "threshold_value", "1", ONE_CROSSING)),
    (EVENTS_ACCOUNTED_FOR, setting("event_outcomes", "events", "events + 1", "outcome = 'duplicate'")),
    (EVENTS_ACCOUNTED_FOR, setting("event_outcomes", "events", "null", "outcome = 'waiting'")),
    (
        EVENTS_ACCOUNTED_FOR,
        setting(
            "event_outcomes",
            "events",
            "events + case outcome when 'scored' then 1 else -1 end",
            "outcome in ('scored', 'unmatched')",
        ),
    ),
    (EVENTS_ACCOUNTED_FOR, "delete from marts.event_outcomes where outcome = 'waiting'"),
    (EVENTS_ACCOUNTED_FOR, "delete from marts.event_outcomes"),
    (EVENTS_ACCOUNTED_FOR, "delete from marts.event_log where event_id = (select min(event_id) from marts.event_log)"),
    (
        EVENTS_ACCOUNTED_FOR,
        "insert into marts.event_log from marts.event_log where event_id ="
        " (select min(event_id) from marts.event_log where not is_derived)",
    ),
]


@pytest.fixture(scope="module")
def raw_events(sample_raw_dir: Path) -> int:
    with duckdb.connect() as connection:
        return count_raw_events(connection, str(sample_raw_dir), {})


@pytest.fixture(scope="module")
def copied_warehouse(
    built_warehouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    copy = tmp_path_factory.mktemp("planted") / "warehouse.duckdb"
    shutil.copyfile(built_warehouse, copy)
    with duckdb.connect(str(copy)) as connection:
        # What readers see as a view is a table here, to plant bad rows in.
        for (view,) in connection.execute(
            "select view_name from duckdb_views() where schema_name = 'marts' and not internal"
        ).fetchall():
            connection.execute(f"create table marts.planted as from marts.{view}")
            connection.execute(f"drop view marts.{view}; alter table marts.planted rename to {view}")
        # Contracts refuse some of the bad data; here it must get in.
        for table, column in connection.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and not is_nullable"
        ).fetchall():
            connection.execute(f"alter table marts.{table} alter column {column} drop not null")
        yield connection


@pytest.fixture
def warehouse(copied_warehouse: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    copied_warehouse.execute("begin")
    yield copied_warehouse
    copied_warehouse.execute("rollback")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_good_warehouse_passes(warehouse: duckdb.DuckDBPyConnection, raw_events: int, check: Check) -> None:
    assert find_violations(warehouse, check, raw_events).examples == []


@pytest.mark.parametrize("planted", GOOD)
@pytest.mark.parametrize("check", [CROSSINGS_ALTERNATE, CROSSINGS_ON_THEIR_SIDE], ids=lambda check: check.name)
def test_good_crossings_pass(warehouse: duckdb.DuckDBPyConnection, raw_events: int, check: Check, planted: str) -> None:
    warehouse.execute(planted)
    assert find_violations(warehouse, check, raw_events).examples == []


@pytest.mark.parametrize(("check", "planted"), BAD, ids=lambda value: getattr(value, "name", None))
def test_bad_data_is_found(warehouse: duckdb.DuckDBPyConnection, raw_events: int, check: Check, planted: str) -> None:
    warehouse.execute(planted)
    violations = find_violations(warehouse, check, raw_events)
    assert violations.count >= 1
    assert violations.examples


def test_every_check_is_seen_failing() -> None:
    assert {check.name for check, _ in BAD} == {check.name for check in CHECKS}


def test_days_that_earlier_runs_recorded_are_left_alone(warehouse: duckdb.DuckDBPyConnection, raw_events: int) -> None:
    """They may be those of another rule book, whose floors and ceilings nobody knows any more."""
    warehouse.execute(f"update intermediate.int_scoring_dates set is_recorded = {LATEST_DAY}")
    warehouse.execute(f"update marts.score_history set lead_score = 1000 where not {LATEST_DAY}")
    assert find_violations(warehouse, SCORES_IN_RANGE, raw_events).count == 0
    warehouse.execute(f"update marts.score_history set lead_score = 1000 where {LATEST_DAY}")
    assert find_violations(warehouse, SCORES_IN_RANGE, raw_events).count > 0


def test_raw_rows_that_the_models_lose_are_missed(warehouse: duckdb.DuckDBPyConnection, raw_events: int) -> None:
    found = find_violations(warehouse, EVENTS_ACCOUNTED_FOR, raw_events + 1)
    assert [row["problem"] for row in found.examples] == [
        "the outcomes add up to another number than there are raw events"
    ]


@pytest.mark.parametrize(("name", "value"), [("raw_schema", "crm"), ("raw_events_table", "touches")])
def test_raw_events_are_counted_in_the_table_of_the_vars(name: str, value: str) -> None:
    variables = {**project_vars(), name: value}
    table = f"{variables['raw_schema']}.{variables['raw_events_table']}"
    with duckdb.connect() as connection:
        connection.execute(f"create schema {variables['raw_schema']}; create table {table} as from range(3)")
        assert count_raw_events(connection, "", variables) == 3


def test_raw_events_are_counted_in_their_file(tmp_path: Path) -> None:
    folder = tmp_path / "it's raw"
    folder.mkdir()
    long_cell = "x" * 200_000
    rows = f'event_id,object\r\n1,"two\nlines, ""quoted"""\r\n\r\n2,\r\n#3,{long_cell}'
    (folder / "events.csv").write_text(rows, encoding="utf-8", newline="")
    with duckdb.connect() as connection:
        assert count_raw_events(connection, str(folder), {}) == 3
        connection.from_query("select 1 as event_id").write_parquet(str(folder / "events.parquet"))
        assert count_raw_events(connection, str(folder), {}) == 1
