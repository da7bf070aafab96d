"""What Dagster shows: a snapshot of all names, and policies that hold for every part.

After a change on purpose: `pytest tests/integration/test_dagster_definitions.py --refresh-snapshots`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest
import sqlalchemy

from orchestration.alerts.assets import ALERTS_WERE_DELIVERED
from orchestration.checks import CHECKS
from orchestration.definitions import build_defs
from orchestration.environments import ENVIRONMENTS
from orchestration.guards.assets import GUARD_NAMES
from orchestration.instance import command_line_instance
from orchestration.jobs import SCORE_LEADS
from orchestration.privacy.assets import ERASURES
from orchestration.publish.assets import SNAPSHOT_KEY
from orchestration.resources import WAREHOUSE_POOL, Warehouse
from orchestration.translator import RECORD_OF_DAYS

if TYPE_CHECKING:
    from orchestration.settings import Settings

SNAPSHOT = Path(__file__).parent / "snapshots" / "definitions.json"
ZONE = "Pacific/Auckland"


@pytest.fixture(scope="module")
def definitions(sample_settings: Settings) -> dg.Definitions:
    return build_defs(sample_settings, extra_vars={"scoring_timezone": ZONE})


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> list[dg.AssetSpec]:
    return list(definitions.resolve_all_asset_specs())


def names(definitions: dg.Definitions) -> dict[str, Any]:
    graph = definitions.resolve_asset_graph()
    job = definitions.resolve_job_def(SCORE_LEADS)
    schedules = definitions.schedules or []
    groups: dict[str, list[str]] = {}
    for spec in definitions.resolve_all_asset_specs():
        groups.setdefault(spec.group_name or "", []).append(spec.key.to_user_string())
    checks: dict[str, list[str]] = {}
    for key in graph.asset_check_keys:
        checks.setdefault(key.asset_key.to_user_string(), []).append(key.name)
    return {
        "assets by group": {group: sorted(groups[group]) for group in sorted(groups)},
        "checks by asset": {asset: sorted(checks[asset]) for asset in sorted(checks)},
        "jobs": {SCORE_LEADS: [node.name for node in job.nodes_in_topological_order]},
        "schedules": {schedule.name: schedule.cron_schedule for schedule in schedules},
        "sensors": sorted(sensor.name for sensor in definitions.sensors or []),
    }


def test_names_are_those_that_people_know(definitions: dg.Definitions, pytestconfig: pytest.Config) -> None:
    actual = names(definitions)
    if pytestconfig.getoption("refresh_snapshots"):
        SNAPSHOT.write_text(json.dumps(actual, indent=2) + "\n", encoding="utf-8")
    assert actual == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_everything_loads(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_ops_that_open_the_warehouse_take_turns_and_no_others(definitions: dg.Definitions) -> None:
    pools = {op.name: op.definition.pool for op in definitions.resolve_job_def(SCORE_LEADS).nodes}
    assert pools == {
        "check_sources": WAREHOUSE_POOL,
        "dbt_build": WAREHOUSE_POOL,
        "check_published_tables": WAREHOUSE_POOL,
        "publish_snapshot": WAREHOUSE_POOL,
        "publish_parquet": None,
        "published__report": None,
        "send_alerts": None,
        "erase_forgotten_persons": WAREHOUSE_POOL,
    }


def test_nothing_is_published_before_every_check_has_passed(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def(SCORE_LEADS)
    order = [node.name for node in job.nodes_in_topological_order]
    assert order[:4] == ["check_sources", "dbt_build", "check_published_tables", "publish_snapshot"]
    assert set(order[4:-1]) == {"publish_parquet", "published__report", "send_alerts"}
    assert order[-1] == "erase_forgotten_persons", "what still has a person is published anew before files are cleaned"
    graph = definitions.resolve_asset_graph()
    marts = {key for key in graph.materializable_asset_keys if key.path[0] == "marts"}
    assert graph.get(SNAPSHOT_KEY).parent_keys == marts


def test_postgres_is_published_to_if_a_url_is_set(sample_settings: Settings) -> None:
    url = "postgresql://me:s3cret@127.0.0.1/marts"
    definitions = build_defs(replace(sample_settings, postgres_url=url))
    node = definitions.resolve_asset_graph().get(dg.AssetKey(["published", "postgres"]))
    assert node.parent_keys == {SNAPSHOT_KEY}
    assert node.key in definitions.resolve_asset_graph().get(ERASURES).parent_keys
    assert "s3cret" not in str(definitions.resolve_job_def(SCORE_LEADS).get_job_snapshot())


def test_the_job_does_all_there_is_to_do(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    layer = definitions.resolve_job_def(SCORE_LEADS).asset_layer
    assert set(layer.executable_asset_keys) == set(graph.materializable_asset_keys)
    assert set(layer.asset_graph.asset_check_keys) == set(graph.asset_check_keys)


def test_a_range_of_days_is_one_run(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    policies = {graph.get(key).backfill_policy for key in graph.materializable_asset_keys}
    assert policies == {dg.BackfillPolicy.single_run()}


def test_schedules_run_in_the_scoring_time_zone(definitions: dg.Definitions) -> None:
    assert [schedule.execution_timezone for schedule in definitions.schedules or []] == [ZONE]


def test_the_morning_run_scores_the_day_that_begins(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("score_leads_every_morning")
    # Five in the morning of 1 July in Auckland is still 30 June in UTC; the schedule is asked at that moment.
    moment = datetime(2026, 6, 30, 17, tzinfo=UTC)
    context = dg.build_schedule_context(
        scheduled_execution_time=moment, repository_def=definitions.get_repository_def()
    )
    requests = schedule.evaluate_tick(context).run_requests or []
    assert [request.partition_key for request in requests] == ["2026-07-01"]


def test_raw_tables_and_the_rule_book_stand_upstream(definitions: dg.Definitions, specs: list[dg.AssetSpec]) -> None:
    graph = definitions.resolve_asset_graph()
    roots = {key for key in graph.get_all_asset_keys() if not graph.get(key).parent_keys}
    external = {
        spec.key for spec in specs if spec.key.path[0] == "raw" or spec.key == dg.AssetKey(["rule_book", "files"])
    }
    assert external <= roots
    assert external == set(graph.get_all_asset_keys()) - set(graph.materializable_asset_keys)


def test_all_are_described_grouped_owned_and_of_a_kind(specs: list[dg.AssetSpec]) -> None:
    for spec in specs:
        name = spec.key.to_user_string()
        assert spec.description, name
        assert spec.group_name, name
        assert spec.kinds, name
        is_ours_to_make = spec.key.path[0] in {"marts", "published"}
        assert spec.owners or not is_ours_to_make, name


def test_every_dbt_test_and_every_check_of_ours_is_an_asset_check(
    definitions: dg.Definitions, sample_settings: Settings
) -> None:
    manifest = json.loads((sample_settings.dbt_target_dir / "manifest.json").read_text(encoding="utf-8"))
    tests = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "test"}
    graph = definitions.resolve_asset_graph()
    assert {key.name for key in graph.asset_check_keys} == tests | {
        *(check.name for check in CHECKS),
        *GUARD_NAMES,
        ALERTS_WERE_DELIVERED,
    }
    undescribed = [key.name for key in graph.asset_check_keys if not graph.get_check_spec(key).description]
    assert undescribed == []


def test_our_checks_and_guards_stop_what_is_downstream(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    ours = {*(check.name for check in CHECKS), *GUARD_NAMES}
    blocking = {key.name: graph.get_check_spec(key).blocking for key in graph.asset_check_keys if key.name in ours}
    assert blocking == dict.fromkeys(ours, True)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_schedule_is_on_where_builds_start_by_themselves(sample_settings: Settings, environment: str) -> None:
    definitions = build_defs(replace(sample_settings, environment=environment))
    is_on = ENVIRONMENTS[environment].starts_by_itself
    assert [schedule.default_status.value for schedule in definitions.schedules or []] == [
        "RUNNING" if is_on else "STOPPED"
    ]
    tags = definitions.resolve_job_def(SCORE_LEADS).run_tags
    assert tags["lead_scoring/environment"] == environment
    # A run that leaves steps out may not publish what they would have checked.
    assert tags["dagster/retry_strategy"] == "ALL_STEPS"


def test_an_environment_or_schedule_that_makes_no_sense_is_named(sample_settings: Settings) -> None:
    with pytest.raises(ValueError, match="LEAD_SCORING_ENVIRONMENT is prod; valid: dev, staging, production"):
        build_defs(replace(sample_settings, environment="prod"))
    with pytest.raises(ValueError, match="LEAD_SCORING_SCHEDULE is hourly; a cron expression such as 0 5"):
        build_defs(replace(sample_settings, schedule="hourly"))


def test_marts_are_stale_when_a_day_was_missed(specs: list[dg.AssetSpec]) -> None:
    fresh = {spec.key: spec.freshness_policy for spec in specs if spec.freshness_policy}
    assert set(fresh) == {spec.key for spec in specs if spec.key.path[0] == "marts"} - {RECORD_OF_DAYS}
    assert set(fresh.values()) == {dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=26))}


def test_the_record_of_events_is_opened_once(tmp_path: Path, sample_settings: Settings) -> None:
    files: list[str] = []

    def note(connection: Any, _record: object) -> None:
        files.extend(Path(file).name for _, _, file in connection.execute("pragma database_list"))

    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", note)
    try:
        with command_line_instance(replace(sample_settings, state_dir=tmp_path)) as instance:
            instance.report_runless_asset_event(dg.AssetMaterialization("any"))
            assert "index.db" in files
            files.clear()
            for _ in range(10):
                instance.report_runless_asset_event(dg.AssetMaterialization("any"))
            assert len(instance.fetch_materializations(dg.AssetKey("any"), 20).records) == 11
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "connect", note)
    assert "index.db" not in files


def test_a_warehouse_that_another_process_writes_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    writer = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", writer], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        with pytest.raises(dg.RetryRequested) as requested, Warehouse(path=str(path)).connect():
            pass
        assert requested.value.max_retries
        assert process.stdin
        process.stdin.close()
