"""What runs publish: the marts of a run whose checks have all passed, once, and nothing otherwise.

How a file takes its place is in `test_publish.py`.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import dagster as dg
import duckdb
import pytest

from orchestration.build import BuildRequest, BuildStatus, run_build
from orchestration.definitions import build_defs
from orchestration.instance import command_line_instance
from orchestration.publish.assets import SNAPSHOT_KEY
from orchestration.publish.parquet import CURRENT, parquet_dir_of
from orchestration.publish.record import RECORD_TABLES
from orchestration.publish.tables import MONTH_OF, SCHEMA
from tests.conftest import SAMPLE_DAY

if TYPE_CHECKING:
    from pathlib import Path

    from orchestration.settings import Settings

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
CONTACT_SCORES = dg.AssetKey(["marts", "contact_scores"])
# The history is a record: what went wrong in it stays there until a check finds it.
PLANT_BAD_CROSSING = """
    insert into marts.threshold_crossings by name
    select 'planted' as crossing_id, 'contact' as entity, contact_id as entity_id, 'high_interest' as threshold_id,
        'up' as direction, date '2026-06-10' as as_of_date, 10.0 as score_before, 20.0 as score_after,
        80.0 as threshold_value, 'x' as action, 'activity' as cause
    from marts.contact_scores limit 1
"""
TAKE_IT_BACK = "delete from marts.threshold_crossings where crossing_id = 'planted'"


@pytest.fixture(scope="module")
def settings(sample_settings: Settings, built_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The built tiny world and what is published of it, to be written to."""
    folder = tmp_path_factory.mktemp("published")
    warehouse = folder / built_warehouse.name
    shutil.copyfile(built_warehouse, warehouse)
    shutil.copytree(sample_settings.published_dir, folder / "published", symlinks=True)
    shutil.copytree(sample_settings.dbt_target_dir, folder / "state" / "dbt")
    return replace(sample_settings, warehouse=warehouse, state_dir=folder / "state")


def execute(path: Path, sql: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(sql)


def attempts(settings: Settings) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings.snapshot), read_only=True) as connection:
        return connection.execute(
            "select run_id, status, as_of_date, reason, checks_failed, failed_checks from marts.publication"
            " order by publication_id"
        ).fetchall()


def tables_of(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[tuple[str, str]]]:
    tables: dict[str, list[tuple[str, str]]] = {}
    for table, column, column_type in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns()"
        " where database_name = ? and schema_name = 'marts' order by table_name, column_index",
        [database],
    ).fetchall():
        tables.setdefault(table, []).append((column, column_type))
    return tables


def content(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """What a reader sees of every table, but for the record of publications."""
    with duckdb.connect(str(settings.snapshot), read_only=True) as connection:
        return {
            table: connection.execute(
                f"select count(*), sum(hash({table}::varchar)::hugeint) from marts.{table}"
            ).fetchall()
            for table in tables_of(connection, settings.snapshot.stem)
            if table not in RECORD_TABLES
        }


def test_the_snapshot_equals_the_marts_and_the_contract(settings: Settings) -> None:
    manifest = json.loads((settings.dbt_target_dir / "manifest.json").read_text(encoding="utf-8"))
    marts = [
        node for node in manifest["nodes"].values() if node["resource_type"] == "model" and node["schema"] == SCHEMA
    ]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{settings.warehouse}' (read_only)")
        connection.execute(f"attach '{settings.snapshot}' as snapshot (read_only)")
        warehouse = settings.warehouse.stem
        published = tables_of(connection, "snapshot")
        assert {name: published[name] for name in set(published) - set(RECORD_TABLES)} == tables_of(
            connection, warehouse
        )
        assert len(marts) >= 19
        for node in marts:
            name = node["alias"]
            described = {column["name"]: " ".join(column["description"].split()) for column in node["columns"].values()}
            assert [column for column, _ in published[name]] == list(described)
            comments = connection.execute(
                "select column_name, comment from duckdb_columns() where database_name = 'snapshot' and table_name = ?",
                [name],
            ).fetchall()
            assert dict(comments) == described
            for one, two in ((warehouse, "snapshot"), ("snapshot", warehouse)):
                missing = f"from {one}.marts.{name} except all from {two}.marts.{name}"
                assert connection.execute(f"select count(*) from ({missing})").fetchall() == [(0,)], (name, one)
            of_months = "/*" if MONTH_OF in node["config"]["meta"] else ""
            files = f"{parquet_dir_of(settings.snapshot)}/{CURRENT}/{name}{of_months}.parquet"
            missing = f"from snapshot.marts.{name} except all from '{files}'"
            assert connection.execute(f"select count(*) from ({missing})").fetchall() == [(0,)], name
        ((rows, day, rule_book_hash),) = connection.execute(
            "select rows, as_of_date, rule_book_hash from snapshot.marts.publication"
        ).fetchall()
        assert day == SAMPLE_DAY
        assert connection.execute("select distinct rule_book_hash from snapshot.marts.contact_scores").fetchall() == [
            (rule_book_hash,)
        ]
        counted = [len(connection.table(f"snapshot.marts.{node['alias']}")) for node in marts]
        assert rows == sum(counted)


@pytest.fixture(scope="module")
def broken_seeds(settings: Settings) -> Path:
    seeds_dir = settings.state_dir / "seeds"
    shutil.copytree(settings.seeds_dir, seeds_dir)
    (seeds_dir / "stages.csv").write_text("stage_id\n", encoding="utf-8")
    return seeds_dir


@pytest.mark.slow
def test_the_old_tables_stay_and_the_record_says_why(settings: Settings, broken_seeds: Path) -> None:
    before = content(settings)
    assert len(before) >= 19
    execute(settings.warehouse, PLANT_BAD_CROSSING)
    checks_failed = run_build(settings, BuildRequest(SAMPLE_DAY))
    execute(settings.warehouse, TAKE_IT_BACK)
    assert checks_failed.status is BuildStatus.CHECKS_FAILED
    yesterday = SAMPLE_DAY - timedelta(days=1)
    errors = run_build(
        replace(settings, seeds_dir=broken_seeds), BuildRequest(yesterday, SAMPLE_DAY - timedelta(days=3))
    )
    assert errors.status is BuildStatus.ERRORS

    assert content(settings) == before
    failed = sorted(check.name for check in checks_failed.failed_checks)
    why = f"failed checks: {len(failed)}"
    assert attempts(settings)[1:] == [
        (checks_failed.run_id, "withheld", SAMPLE_DAY, why, len(failed), ", ".join(failed)),
        (errors.run_id, "withheld", yesterday, "step dbt_build failed", 0, None),
    ]
    with duckdb.connect() as connection:
        file = (parquet_dir_of(settings.snapshot) / CURRENT / "publication.parquet").resolve()
        in_parquet = connection.execute(
            "select run_id from read_parquet(?) where status = 'withheld' order by publication_id", [str(file)]
        ).fetchall()
    assert in_parquet == [(checks_failed.run_id,), (errors.run_id,)]


@pytest.mark.slow
def test_a_range_of_days_that_is_well_publishes_once(settings: Settings) -> None:
    known = attempts(settings)
    result = run_build(settings, BuildRequest(SAMPLE_DAY, SAMPLE_DAY - timedelta(days=3)))
    assert result.status is BuildStatus.DONE, result
    assert attempts(settings) == [*known, (result.run_id, "published", SAMPLE_DAY, None, 0, None)]
    with command_line_instance(settings) as instance:
        events = instance.all_logs(result.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
        published = [
            event.dagster_event.step_materialization_data.materialization
            for event in events
            if event.dagster_event and event.dagster_event.asset_key == SNAPSHOT_KEY
        ]
    (materialization,) = published
    assert {"path", "bytes", "seconds", "rows per table", "dagster/row_count"} <= set(materialization.metadata)


@pytest.mark.slow
def test_where_nothing_is_published_a_failure_publishes_nothing(settings: Settings, tmp_path: Path) -> None:
    execute(settings.warehouse, PLANT_BAD_CROSSING)
    result = run_build(replace(settings, publish_to=tmp_path / "elsewhere"), BuildRequest(SAMPLE_DAY))
    execute(settings.warehouse, TAKE_IT_BACK)
    assert result.status is BuildStatus.CHECKS_FAILED
    assert not list((tmp_path / "elsewhere").rglob("*.duckdb"))


@pytest.mark.parametrize("is_well", [True, False])
def test_a_run_of_some_tables_publishes_nothing(settings: Settings, broken_seeds: Path, is_well: bool) -> None:
    known = attempts(settings)
    definitions = build_defs(settings if is_well else replace(settings, seeds_dir=broken_seeds))
    with command_line_instance(settings) as instance:
        run = definitions.resolve_job_def("score_leads").execute_in_process(
            instance=instance, asset_selection=[CONTACT_SCORES], run_config=QUIET, raise_on_error=False
        )
    assert run.success is is_well
    assert attempts(settings) == known


def test_the_snapshot_alone_is_refused_since_this_run_checked_nothing(settings: Settings) -> None:
    known = attempts(settings)
    job = build_defs(settings).resolve_job_def("score_leads")
    with command_line_instance(settings) as instance:
        run = job.execute_in_process(
            instance=instance, asset_selection=[SNAPSHOT_KEY], run_config=QUIET, raise_on_error=False
        )
    assert not run.success
    (failure,) = run.get_step_failure_events()
    assert failure.step_failure_data.user_failure_data
    description = str(failure.step_failure_data.user_failure_data.description)
    assert description.startswith("nothing is published: checks that did not run: 1")
    (attempt,) = attempts(settings)[len(known) :]
    assert attempt[1] == "withheld"
    assert attempt[3] == "step publish_snapshot failed"


def test_a_table_that_can_not_be_left_out_is_named(settings: Settings) -> None:
    result = run_build(replace(settings, publish_exclude=("event_log", "events")), BuildRequest(SAMPLE_DAY))
    assert result.status is BuildStatus.ERRORS
    (error,) = result.errors
    assert error.startswith("LEAD_SCORING_PUBLISH_EXCLUDE leaves out events, which is not published; valid: account_")
