"""Sensors without a daemon: what starts a build and what does not, whom a failure is told, which runs are lost."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg
import duckdb
import pytest

from orchestration.build_lock import build_lock
from orchestration.dbt_project import project_vars
from orchestration.environments import ENVIRONMENTS
from orchestration.guards.sources import Sources
from orchestration.jobs import SCORE_LEADS
from orchestration.partitions import daily_partitions, today
from orchestration.resources import WAREHOUSE_POOL
from orchestration.sensors import build_sensors, decide, failed_runs, fingerprint_of_raw, lost_runs
from orchestration.settings import DEFAULT_SEEDS_DIR, Settings
from tests.alert_world import configuration, csv_sink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ZONE = "Pacific/Auckland"
TABLES = ["contacts", "events"]


def follow(looks: list[str], build_at: float | None) -> list[int]:
    """The looks at which a build is started. One of somebody else began at `build_at`, counted in looks."""
    cursor, started = None, []
    for number, now in enumerate(looks):
        last_build = build_at if build_at is not None and build_at < number else None
        watched, reason = decide(cursor, now, number, last_build)
        cursor = json.dumps(watched.__dict__)
        if not reason:
            started.append(number)
            assert watched.starts == len(started)
    return started


@pytest.mark.parametrize(
    ("looks", "build_at", "started"),
    [
        ("aaa", None, [1]),
        ("aabbb", None, [1, 3]),
        # A file that grows is waited for.
        ("aabcdd", None, [1, 5]),
        # What was taken back is no news, what came back later is.
        ("aabaa", None, [1]),
        ("aabbaa", None, [1, 3, 5]),
        # The morning's build has read what was there when it began, and nothing that came later.
        ("aaa", 0.5, []),
        ("aabb", 2.5, [1]),
        ("aabb", 1.5, [1, 3]),
        ("aabcc", 2.5, [1, 4]),
    ],
)
def test_a_build_starts_once_what_changed_stays_as_it_is(
    looks: str, build_at: float | None, started: list[int]
) -> None:
    assert follow(list(looks), build_at) == started


class TestFingerprint:
    def test_it_moves_with_every_file_of_a_raw_table(self, tmp_path: Path) -> None:
        settings = Settings(tmp_path / "w.duckdb", tmp_path, DEFAULT_SEEDS_DIR)
        sources = Sources(tmp_path, TABLES, {})
        assert fingerprint_of_raw(settings, sources) is None
        events = tmp_path / "events.csv"
        events.write_text("event_id\n1\n", encoding="utf-8")
        first = fingerprint_of_raw(settings, sources)
        (tmp_path / "notes.csv").write_text("no raw table", encoding="utf-8")
        assert fingerprint_of_raw(settings, sources) == first
        os.utime(events, (1, 1))
        second = fingerprint_of_raw(settings, sources)
        (tmp_path / "contacts.parquet").write_text("", encoding="utf-8")
        assert len({first, second, fingerprint_of_raw(settings, sources)}) == 3

    def test_it_moves_with_the_rows_of_raw_tables(self, tmp_path: Path) -> None:
        settings = Settings(tmp_path / "w.duckdb", None, DEFAULT_SEEDS_DIR)
        sources = Sources(None, TABLES, project_vars())
        assert fingerprint_of_raw(settings, sources) is None
        with duckdb.connect(str(settings.warehouse)) as connection:
            connection.execute("create schema raw; create table raw.events as from range(3)")
        first = fingerprint_of_raw(settings, sources)
        with duckdb.connect(str(settings.warehouse)) as connection:
            connection.execute("insert into raw.events values (1)")
        assert first is not None
        assert fingerprint_of_raw(settings, sources) not in (first, None)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "events.csv").write_text("event_id\n", encoding="utf-8")
    return Settings(tmp_path / "w.duckdb", tmp_path / "raw", DEFAULT_SEEDS_DIR)


@dg.asset(partitions_def=daily_partitions(today(ZONE) - timedelta(days=3), today(ZONE), ZONE))
def scores() -> None:
    """What the job of these tests makes."""


def sensors(settings: Settings, environment: str = "production") -> dict[str, dg.SensorDefinition]:
    job = dg.define_asset_job(SCORE_LEADS, selection=[scores])
    made = build_sensors(settings, job, Sources(settings.raw_dir, TABLES, {}), ZONE, ENVIRONMENTS[environment])
    return {sensor.name: sensor for sensor in made}


def tick(
    sensor: dg.SensorDefinition, instance: dg.DagsterInstance, cursor: str | None = None
) -> tuple[list[dg.RunRequest], str | None, str]:
    # The sensors that start builds bring their job along, and that the asset.
    definitions = dg.Definitions(assets=[scores], sensors=[sensor])
    context = dg.build_sensor_context(instance=instance, cursor=cursor, definitions=definitions)
    result = sensor.evaluate_tick(context)
    return list(result.run_requests or []), result.cursor, result.skip_message or ""


def test_builds_start_by_themselves_where_they_should(settings: Settings) -> None:
    for name, environment in ENVIRONMENTS.items():
        running = {
            sensor.name
            for sensor in sensors(settings, name).values()
            if sensor.default_status is dg.DefaultSensorStatus.RUNNING
        }
        always = {"tell_of_failed_runs", "end_lost_runs"}
        assert running == (always | {"new_raw_rows", "rule_book_changed"} if environment.starts_by_itself else always)
    assert not ENVIRONMENTS["dev"].starts_by_itself


@pytest.mark.parametrize("name", ["new_raw_rows", "rule_book_changed"])
def test_a_build_is_of_today_and_says_why(settings: Settings, instance: dg.DagsterInstance, name: str) -> None:
    sensor = sensors(settings)[name]
    requests, cursor, reason = tick(sensor, instance)
    assert (requests, reason) == ([], "Something has changed; a build starts once it stays as it is.")
    requests, cursor, _ = tick(sensor, instance, cursor)
    (request,) = requests
    assert request.partition_key == today(ZONE).isoformat()
    assert request.tags["lead_scoring/cause"] == name
    requests, cursor, reason = tick(sensor, instance, cursor)
    assert (requests, reason) == ([], "Nothing has changed.")


def test_nothing_is_started_beside_a_build(settings: Settings, instance: dg.DagsterInstance) -> None:
    _, cursor, _ = tick(sensors(settings)["new_raw_rows"], instance)
    instance.add_run(dg.DagsterRun(job_name=SCORE_LEADS, status=dg.DagsterRunStatus.STARTED))
    requests, same, reason = tick(sensors(settings)["new_raw_rows"], instance, cursor)
    assert (requests, same, reason) == ([], cursor, "A build is queued or under way.")


@dg.op(pool=WAREHOUSE_POOL)
def hurt() -> None:
    raise dg.Failure("stages.csv:2: position: 'zero' is no number")


@dg.job(name=SCORE_LEADS)
def hurting() -> None:
    hurt()


class TestFailures:
    @pytest.fixture
    def alerting(self, settings: Settings, tmp_path: Path) -> Settings:
        configuration(tmp_path, *csv_sink("told.csv", "run_failures = true"))
        return replace(settings, alerts_config=tmp_path / "alerts.toml")

    def told(self, settings: Settings) -> str:
        folder = settings.warehouse.parent
        return "".join(file.read_text(encoding="utf-8") for file in folder.glob("*.csv"))

    def test_a_failed_run_is_told_once(self, alerting: Settings, instance: dg.DagsterInstance) -> None:
        sensor = sensors(alerting)["tell_of_failed_runs"]
        before = hurting.execute_in_process(instance=instance, raise_on_error=False)
        _, cursor, _ = tick(sensor, instance)
        assert self.told(alerting) == ""
        failed = hurting.execute_in_process(instance=instance, raise_on_error=False)
        for _ in range(3):
            _, cursor, _ = tick(sensor, instance, cursor)
        assert self.told(alerting).count(failed.run_id) == 1
        assert before.run_id not in self.told(alerting)
        assert "stages.csv:2: position: 'zero' is no number" in self.told(alerting)

    def test_one_that_becomes_visible_late_is_not_lost(self, alerting: Settings, instance: dg.DagsterInstance) -> None:
        """It failed before the last look, which did not see it."""
        failed = hurting.execute_in_process(instance=instance, raise_on_error=False)
        now = datetime.now(UTC)
        cursor = json.dumps([(now - timedelta(days=1)).isoformat(), (now + timedelta(minutes=20)).isoformat()])
        tick(sensors(alerting)["tell_of_failed_runs"], instance, cursor)
        assert failed.run_id in self.told(alerting)

    def test_one_that_is_tried_again_is_no_news(self, instance: dg.DagsterInstance) -> None:
        failed = hurting.execute_in_process(instance=instance, raise_on_error=False)
        now = datetime.now(UTC)
        hour = timedelta(hours=1)
        assert [run.run_id for run in failed_runs(instance, now - hour, now)] == [failed.run_id]
        instance.add_run_tags(failed.run_id, {"dagster/max_retries": "2"})
        # The daemon has not decided yet; if it is not there to decide, the failure is told later.
        assert failed_runs(instance, now - hour, now) == []
        assert failed_runs(instance, now - hour, now + hour)
        instance.add_run_tags(failed.run_id, {"dagster/will_retry": "true"})
        assert failed_runs(instance, now - hour, now + hour) == []
        instance.add_run_tags(failed.run_id, {"dagster/will_retry": "false"})
        assert failed_runs(instance, now - hour, now)

    def test_what_cannot_be_told_is_told_later(
        self, alerting: Settings, instance: dg.DagsterInstance, tmp_path: Path
    ) -> None:
        sensor = sensors(alerting)["tell_of_failed_runs"]
        _, cursor, _ = tick(sensor, instance)
        failed = hurting.execute_in_process(instance=instance, raise_on_error=False)
        sound = (tmp_path / "alerts.toml").read_text(encoding="utf-8")
        (tmp_path / "alerts.toml").write_text("sinks = 3", encoding="utf-8")
        with pytest.raises(Exception, match=r"alerts\.toml"):
            tick(sensor, instance, cursor)
        (tmp_path / "alerts.toml").write_text(sound, encoding="utf-8")
        tick(sensor, instance, cursor)
        assert failed.run_id in self.told(alerting)

    def test_without_alerts_nothing_is_read(self, settings: Settings, instance: dg.DagsterInstance) -> None:
        hurting.execute_in_process(instance=instance, raise_on_error=False)
        assert tick(sensors(settings)["tell_of_failed_runs"], instance)[2] == "No alerts are configured."


class TestLostRuns:
    def start(
        self, instance: dg.DagsterInstance, settings: Settings, machine: str = "", pool: str = WAREHOUSE_POOL
    ) -> str:
        """A run that goes on, as far as its record says."""

        @dg.op(name="open", pool=pool or None)
        def open_warehouse() -> None: ...

        @dg.job(name=SCORE_LEADS)
        def job() -> None:
            open_warehouse()

        place = f"{machine or platform.node()}:{settings.warehouse}"
        run = instance.create_run_for_job(job, tags={"lead_scoring/warehouse": place})
        instance.report_dagster_event(
            dg.DagsterEvent(dg.DagsterEventType.PIPELINE_START.value, SCORE_LEADS), run.run_id
        )
        return run.run_id

    def lost(self, instance: dg.DagsterInstance, settings: Settings, seconds: float = 300) -> list[str]:
        now = datetime.now(UTC) + timedelta(seconds=seconds)
        return [run.run_id for run in lost_runs(instance, now, settings.warehouse)]

    def test_a_run_is_lost_if_nobody_builds(self, settings: Settings, instance: dg.DagsterInstance) -> None:
        run_id = self.start(instance, settings)
        assert self.lost(instance, settings, seconds=0) == []
        with build_lock(settings.warehouse, "a build"):
            assert self.lost(instance, settings) == []
        assert self.lost(instance, settings) == [run_id]

    def test_others_are_left_alone(self, settings: Settings, instance: dg.DagsterInstance) -> None:
        self.start(instance, settings, machine="another")
        self.start(instance, settings, pool="")
        assert self.lost(instance, settings) == []
