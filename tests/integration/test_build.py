"""`run_build` from end to end on a tiny world: how it ends, what it reports, and that a second run changes nothing."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import duckdb
import pytest

from orchestration.build import BuildRequest, BuildStatus, NodeResult, NodeStarted, run_build
from orchestration.instance import command_line_instance
from orchestration.settings import DEFAULT_SEEDS_DIR
from tests.conftest import SAMPLE_DAY, SAMPLE_HISTORY_DAYS

if TYPE_CHECKING:
    from orchestration.settings import Settings


@pytest.fixture
def settings(sample_settings: Settings, built_warehouse: Path, tmp_path: Path) -> Settings:
    """The built tiny world, to be written to. Its file keeps its name: dbt has it in the names of tables."""
    copy = tmp_path / built_warehouse.name
    shutil.copyfile(built_warehouse, copy)
    return replace(sample_settings, warehouse=copy)


def published(warehouse: Path) -> dict[str, str]:
    """A fingerprint of every published table that neither an order of rows nor one of summands moves."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        columns = connection.execute("""
            select
                table_name,
                string_agg(if(data_type = 'DOUBLE', 'round(' || column_name || ', 9)', column_name), ', ')
            from duckdb_columns()
            where schema_name = 'marts'
            group by table_name
        """).fetchall()
        return {
            table: str(connection.execute(f"select count(*), sum(hash({row})::hugeint) from marts.{table}").fetchall())
            for table, row in columns
        }


def fingerprint(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_second_run_changes_nothing_and_is_recorded(settings: Settings) -> None:
    before = published(settings.warehouse)
    assert len(before) >= 18
    events: list[NodeStarted | NodeResult] = []
    result = run_build(settings, BuildRequest(SAMPLE_DAY), events.append)
    assert result.status is BuildStatus.DONE, result
    assert published(settings.warehouse) == before
    assert result.passed_checks > 100
    assert (result.errors, result.failed_checks) == ((), ())

    started = [event for event in events if isinstance(event, NodeStarted)]
    ended = [event for event in events if isinstance(event, NodeResult)]
    assert {event.total for event in started} == {len(started)}
    assert [len(started), len({event.unique_id for event in ended})] == [len(ended), len(ended)]

    with command_line_instance(settings) as instance:
        run = instance.get_run_by_id(result.run_id)
        assert run
        assert (run.job_name, run.status) == ("score_leads", dg.DagsterRunStatus.SUCCESS)
        event = instance.get_latest_materialization_event(dg.AssetKey(["marts", "contact_scores"]))
        assert event
        materialization = event.asset_materialization
        assert materialization
        assert {"dagster/row_count", "seconds", "contacts by grade"} <= set(materialization.metadata)


def test_a_range_of_days_is_in_the_history(built_warehouse: Path) -> None:
    with duckdb.connect(str(built_warehouse), read_only=True) as connection:
        days = connection.execute(
            "select min(as_of_date), max(as_of_date), count(*) from marts.scoring_days"
        ).fetchall()
    first_day = SAMPLE_DAY - timedelta(days=SAMPLE_HISTORY_DAYS)
    assert days == [(first_day, SAMPLE_DAY, SAMPLE_HISTORY_DAYS + 1)]


def test_a_broken_rule_book_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    seeds_dir = tmp_path / "seeds"
    shutil.copytree(DEFAULT_SEEDS_DIR, seeds_dir)
    stages = seeds_dir / "stages.csv"
    stages.write_text(stages.read_text(encoding="utf-8").replace("visitor,0,false", "visitor,zero,falsch"), "utf-8")
    before = fingerprint(settings.warehouse)
    result = run_build(replace(settings, seeds_dir=seeds_dir), BuildRequest(SAMPLE_DAY))
    assert result.status is BuildStatus.ERRORS
    assert [error.split(": ")[:2] for error in result.errors[:2]] == [
        ["stages.csv:2", "position"],
        ["stages.csv:2", "resets_score"],
    ]
    assert fingerprint(settings.warehouse) == before


def test_an_absent_raw_table_is_named(settings: Settings, tmp_path: Path) -> None:
    raw_dir = tmp_path / "raw"
    raw_dir.mkdir()
    shutil.copyfile(Path(str(settings.raw_dir)) / "contacts.parquet", raw_dir / "contacts.parquet")
    result = run_build(replace(settings, raw_dir=raw_dir), BuildRequest(SAMPLE_DAY))
    assert result.status is BuildStatus.ERRORS
    assert [error.partition(": ")[0] for error in result.errors] == ["raw table events is required and absent"]


@pytest.mark.parametrize(
    "request_",
    [
        BuildRequest(SAMPLE_DAY, first_day=SAMPLE_DAY + timedelta(days=1)),
        BuildRequest(SAMPLE_DAY, extra_vars={"as_of_date": "2026-01-01"}),
        BuildRequest(SAMPLE_DAY, extra_vars={"scoring_timezone": "Mars/Olympus"}),
    ],
)
def test_a_request_that_makes_no_sense_is_an_error(settings: Settings, request_: BuildRequest) -> None:
    before = fingerprint(settings.warehouse)
    result = run_build(settings, request_)
    assert result.status is BuildStatus.ERRORS
    assert len(result.errors) == 1
    assert fingerprint(settings.warehouse) == before


def test_checks_that_fail_are_told_from_errors(settings: Settings) -> None:
    # The history is a record: what went wrong in it stays there until a check finds it.
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("""
            insert into marts.threshold_crossings by name
            select 'planted' as crossing_id, 'contact' as entity, contact_id as entity_id,
                'high_interest' as threshold_id,
                'up' as direction, date '2026-06-10' as as_of_date, 10.0 as score_before, 20.0 as score_after,
                80.0 as threshold_value, 'x' as action, 'activity' as cause
            from marts.contact_scores limit 1
        """)
    result = run_build(settings, BuildRequest(SAMPLE_DAY))
    assert result.status is BuildStatus.CHECKS_FAILED, result
    assert result.errors == ()
    assert result.failed_checks
    assert {check.table for check in result.failed_checks} == {"marts.threshold_crossings"}
    assert all(check.description and check.finding for check in result.failed_checks)
