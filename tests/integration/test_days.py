"""Days in Dagster: a range is one run, the latest tables stay where they are, missed days fill themselves."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import dagster as dg
import duckdb
import pytest

from orchestration.build import BuildRequest, BuildResult, BuildStatus, NodeStarted, run_build
from orchestration.definitions import build_defs
from orchestration.instance import command_line_instance
from orchestration.translator import RECORD_OF_DAYS
from tests.conftest import SAMPLE_DAY

if TYPE_CHECKING:
    from pathlib import Path

    from orchestration.settings import Settings

pytestmark = pytest.mark.slow

MONTH = 30
MISSED = 2
TODAY = SAMPLE_DAY + timedelta(days=MISSED + 1)
LAST_DAY = SAMPLE_DAY
FIRST_DAY = LAST_DAY - timedelta(days=MONTH - 1)
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
CONTACT_SCORES = dg.AssetKey(["marts", "contact_scores"])


@dataclass(frozen=True)
class Runs:
    """Two runs on one warehouse and what it held between them: a day after two missed ones, then a backfill."""

    settings: Settings
    one_day: BuildResult
    scores_before_backfill: list[tuple[object, ...]]
    days_before_backfill: set[date]
    backfill: BuildResult
    nodes_of_backfill: Counter[str]


@pytest.fixture(scope="module")
def runs(sample_settings: Settings, built_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The built tiny world, with a record of runs of its own."""
    folder = tmp_path_factory.mktemp("days")
    warehouse = folder / built_warehouse.name
    shutil.copyfile(built_warehouse, warehouse)
    # Parsing takes as long as a build.
    shutil.copytree(sample_settings.dbt_target_dir, folder / "state" / "dbt")
    settings = replace(sample_settings, warehouse=warehouse, state_dir=folder / "state")

    one_day = run_build(settings, BuildRequest(TODAY))
    scores, days = latest_scores(settings), recorded_days(settings)
    nodes: Counter[str] = Counter()
    backfill = run_build(
        settings,
        BuildRequest(LAST_DAY, FIRST_DAY),
        lambda event: nodes.update([event.unique_id] if isinstance(event, NodeStarted) else []),
    )
    return Runs(settings, one_day, scores, days, backfill, nodes)


@pytest.fixture
def settings(runs: Runs) -> Settings:
    """The same warehouse."""
    return runs.settings


def recorded_days(settings: Settings) -> set[date]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        return {day for (day,) in connection.execute("select as_of_date from marts.scoring_days").fetchall()}


def latest_scores(settings: Settings) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        return connection.execute(
            "select contact_id, as_of_date, round(lead_score, 9) from marts.contact_scores order by contact_id"
        ).fetchall()


def days_between(first_day: date, last_day: date) -> list[date]:
    return [first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1)]


def partitions_done(instance: dg.DagsterInstance) -> set[date]:
    return {date.fromisoformat(key) for key in instance.get_materialized_partitions(RECORD_OF_DAYS)}


def events_of(instance: dg.DagsterInstance, run_id: str) -> Counter[str]:
    """The events of a run by type."""
    types = (entry.dagster_event_type for entry in instance.all_logs(run_id))
    return Counter(event_type.value for event_type in types if event_type)


def test_a_month_is_one_run_whose_record_grows_by_two_events_a_day(runs: Runs) -> None:
    assert {runs.one_day.status, runs.backfill.status} == {BuildStatus.DONE}
    # Every node ran once: dbt was called once.
    assert set(runs.nodes_of_backfill.values()) == {1}
    assert set(days_between(FIRST_DAY, LAST_DAY)) <= recorded_days(runs.settings)
    with command_line_instance(runs.settings) as instance:
        assert set(days_between(FIRST_DAY, LAST_DAY)) <= partitions_done(instance)
        more = events_of(instance, runs.backfill.run_id) - events_of(instance, runs.one_day.run_id)
    # The run of one day filled the missed ones.
    assert more == {"ASSET_MATERIALIZATION": MONTH - 1 - MISSED, "ASSET_MATERIALIZATION_PLANNED": MONTH - 1}


def test_a_backfill_leaves_the_latest_tables_where_they_are(runs: Runs) -> None:
    assert {row[1] for row in runs.scores_before_backfill} == {TODAY}
    assert latest_scores(runs.settings) == runs.scores_before_backfill


def test_days_that_a_run_fills_count_as_done(runs: Runs) -> None:
    missed_and_today = set(days_between(SAMPLE_DAY + timedelta(days=1), TODAY))
    assert missed_and_today <= runs.days_before_backfill
    with command_line_instance(runs.settings) as instance:
        assert missed_and_today <= partitions_done(instance)


def test_a_range_asked_of_one_asset_builds_its_days_whole(settings: Settings) -> None:
    # As the web interface launches a range of a selection in a single run.
    first_day, last_day = SAMPLE_DAY - timedelta(days=MONTH), SAMPLE_DAY - timedelta(days=MONTH - 2)
    assert first_day not in recorded_days(settings)
    definitions = build_defs(settings, first_day=first_day)
    with command_line_instance(settings) as instance:
        run = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            asset_selection=[RECORD_OF_DAYS],
            run_config=QUIET,
            tags={
                "dagster/asset_partition_range_start": first_day.isoformat(),
                "dagster/asset_partition_range_end": last_day.isoformat(),
            },
        )
        assert run.success
        assert set(days_between(first_day, last_day)) <= partitions_done(instance)
        assert instance.get_latest_materialization_event(CONTACT_SCORES)
        assert events_of(instance, run.run_id)["ASSET_CHECK_EVALUATION"] > 100
    assert set(days_between(first_day, last_day)) <= recorded_days(settings)


def test_one_asset_without_days_is_built_alone(settings: Settings) -> None:
    built: list[str] = []
    job = build_defs(
        settings, on_event=lambda event: built.append(event.unique_id) if isinstance(event, NodeStarted) else None
    ).resolve_implicit_global_asset_job_def()
    with command_line_instance(settings) as instance:
        run = job.execute_in_process(instance=instance, asset_selection=[CONTACT_SCORES], run_config=QUIET)
    assert run.success
    assert [name for name in built if name.startswith("model.")] == ["model.lead_scoring.contact_scores"]
    assert {event.asset_key for event in run.get_asset_materialization_events()} == {CONTACT_SCORES}
