"""Dagster's instance: its configuration per environment and storage, forgotten runs, and the build lock."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import pytest
import yaml

from orchestration.build_lock import BuildLockError, build_lock, is_building
from orchestration.environments import ENVIRONMENTS, environment_of
from orchestration.instance import command_line_instance, daemon_instance, prepare_dagster_home
from orchestration.instance.retention import prune_runs
from orchestration.settings import DAGSTER_HOME_ENV, DEFAULT_SEEDS_DIR, Settings
from orchestration.translator import RECORD_OF_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "postgresql+psycopg2://me:s3cret@db.example/dagster"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv(DAGSTER_HOME_ENV, raising=False)
    return Settings(tmp_path / "w.duckdb", None, DEFAULT_SEEDS_DIR, state_dir=tmp_path / "state")


class TestConfiguration:
    def test_one_build_at_a_time_and_killed_ones_again(self, settings: Settings) -> None:
        with daemon_instance(settings) as instance:
            concurrency = instance.get_concurrency_config()
            assert concurrency.pool_config.pool_granularity.value == "run"
            assert concurrency.pool_config.default_pool_limit == 1
            assert instance.run_retries_enabled
            assert not instance.run_retries_retry_on_asset_or_op_failure
            assert instance.run_monitoring_enabled

    def test_runs_and_events_are_where_the_url_says_and_it_is_in_no_file(self, settings: Settings) -> None:
        home = prepare_dagster_home(replace(settings, dagster_postgres_url=URL))
        for name in ("dagster.yaml", "command_line.yaml"):
            text = (home / name).read_text(encoding="utf-8")
            assert yaml.safe_load(text)["storage"] == {
                "postgres": {"postgres_url": {"env": "LEAD_SCORING_DAGSTER_POSTGRES_URL"}}
            }
            assert "s3cret" not in text
        assert "s3cret" not in repr(replace(settings, dagster_postgres_url=URL))
        prepare_dagster_home(settings)
        assert "event_log_storage" in yaml.safe_load((home / "dagster.yaml").read_text(encoding="utf-8"))

    def test_another_driver_is_told_before_anything_is_written(self, settings: Settings) -> None:
        with pytest.raises(ValueError, match=r"must begin with postgresql\+psycopg2://$"):
            prepare_dagster_home(replace(settings, dagster_postgres_url="postgresql://me:s3cret@db.example/dagster"))
        assert not settings.dagster_home.exists()

    def test_a_file_of_the_users_own_stays_and_ours_is_kept_up_to_date(
        self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(DAGSTER_HOME_ENV, str(tmp_path / "home"))
        home = prepare_dagster_home(settings)
        ours = (home / "command_line.yaml").read_text(encoding="utf-8")
        (home / "dagster.yaml").write_text("telemetry: {enabled: true}\n", encoding="utf-8")
        (home / "command_line.yaml").write_text(ours.replace("enabled: false", "enabled: true"), encoding="utf-8")
        prepare_dagster_home(settings)
        assert (home / "dagster.yaml").read_text(encoding="utf-8") == "telemetry: {enabled: true}\n"
        assert (home / "command_line.yaml").read_text(encoding="utf-8") == ours


def test_environments_differ_in_what_they_should() -> None:
    assert [environment.starts_by_itself for environment in ENVIRONMENTS.values()] == [False, True, True]
    tags = environment_of("production").run_tags(Path("/data/w.duckdb"))
    assert tags["lead_scoring/environment"] == "production"
    assert tags["dagster/max_retries"] == "2"
    assert tags["dagster/max_runtime"] == "21600"
    with pytest.raises(ValueError, match="LEAD_SCORING_ENVIRONMENT is prod; valid: dev, staging, production"):
        environment_of("prod")


class TestForgetting:
    DAYS = ("2026-06-28", "2026-06-29", "2026-06-30")

    @pytest.fixture
    def instance(self, settings: Settings) -> Iterator[dg.DagsterInstance]:
        with command_line_instance(settings) as instance:
            yield instance

    def run_days(self, instance: dg.DagsterInstance) -> list[str]:
        days = dg.DailyPartitionsDefinition(self.DAYS[0])

        @dg.asset(key=RECORD_OF_DAYS, partitions_def=days)
        def record() -> None: ...

        return [dg.materialize([record], instance=instance, partition_key=day).run_id for day in self.DAYS]

    def test_old_runs_go_and_their_days_stay_done(self, instance: dg.DagsterInstance, settings: Settings) -> None:
        runs = self.run_days(instance)
        later = datetime.now(UTC) + timedelta(days=1)
        going_on = instance.add_run(dg.DagsterRun(job_name="any", status=dg.DagsterRunStatus.STARTED)).run_id
        shards = settings.dagster_home / "history" / "runs"
        assert prune_runs(instance, later - timedelta(days=2), kept=0).forgotten == 0
        pruned = prune_runs(instance, later, kept=1)
        assert (pruned.forgotten, pruned.left) == (2, 2)
        assert {run.run_id for run in instance.get_runs()} == {runs[-1], going_on}
        assert instance.get_materialized_partitions(RECORD_OF_DAYS) == set(self.DAYS)
        assert not list(shards.glob(f"{runs[0]}*"))
        assert list(shards.glob(f"{runs[-1]}*"))
        assert instance.all_logs(runs[-1])
        assert prune_runs(instance, later, kept=1).forgotten == 0


class TestBuildLock:
    def test_one_at_a_time(self, tmp_path: Path) -> None:
        warehouse = tmp_path / "new" / "w.duckdb"
        assert not is_building(warehouse)
        with build_lock(warehouse, "run one"):
            assert is_building(warehouse)
            assert not is_building(tmp_path / "new" / "other.duckdb")
            with pytest.raises(BuildLockError, match="by run one, process "), build_lock(warehouse, "run two", 0.3):
                pytest.fail("two builds at once")
        assert not is_building(warehouse)
        with build_lock(warehouse, "run three", 0):
            pass

    def test_a_killed_process_gives_it_back(self, tmp_path: Path) -> None:
        warehouse = tmp_path / "w.duckdb"
        code = (
            "import sys; from pathlib import Path; from orchestration.build_lock import build_lock\n"
            f"with build_lock(Path({str(warehouse)!r}), 'run'): print('locked', flush=True); sys.stdin.read()"
        )
        with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout
            process.stdout.readline()
            assert is_building(warehouse)
            process.kill()
        began = time.monotonic()
        with build_lock(warehouse, "run"):
            assert time.monotonic() - began < 1
