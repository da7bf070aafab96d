"""Dagster as production runs it: the daemon and the web server as processes, asked as a browser asks them.

Everything is seen from outside: the web server's GraphQL, the record of runs, the published tables. The tests follow
one another on one warehouse, since each would start the same processes and build the same world again.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import duckdb
import pytest
import requests

from orchestration.instance import daemon_instance, prepare_dagster_home
from orchestration.jobs import SCORE_LEADS
from orchestration.partitions import today
from orchestration.sample import write_sample
from orchestration.settings import DAGSTER_HOME_ENV, DEFAULT_SEEDS_DIR, PROJECT_ROOT, Settings
from tests.alert_world import configuration, csv_sink
from tests.postgres_server import url_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

DEADLINE_SECONDS = 1200.0
LOCATION = {"repositoryLocationName": "lead_scoring", "repositoryName": "__repository__"}
ENDED = {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED}
_LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
_BACKFILL = """
mutation Backfill($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""
_STOP = """
mutation Stop($id: String!) { stopRunningSchedule(id: $id) { __typename } }
"""
_SCHEDULES = """
{ schedulesOrError(repositorySelector: {repositoryLocationName: "lead_scoring", repositoryName: "__repository__"}) {
    ... on Schedules { results { name id scheduleState { id status ticks(limit: 5) { status } } } } } }
"""
_TAGS = """
query Tags($selector: PipelineSelector!) {
  pipelineOrError(params: $selector) { ... on Pipeline { runTags { key value } } }
}
"""
_HEALTH = "{ instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }"


def wait_for(what: str, look: Callable[[], Any], seconds: float = DEADLINE_SECONDS) -> Any:
    """What a look finds in the end."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(1)
    raise AssertionError(f"waited in vain for {what}")


@dataclass
class Production:
    """The running processes, and what they work on."""

    settings: Settings
    url: str
    instance: dg.DagsterInstance
    environment: dict[str, str]

    def ask(self, query: str, **variables: Any) -> Any:
        answer = requests.post(f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=120)
        content = answer.json()
        assert "errors" not in content, content
        return content["data"]

    def launch(self, day: date) -> str:
        """A run of a day, as the web interface starts it: with the tags of the job."""
        selector = {**LOCATION, "pipelineName": SCORE_LEADS}
        tags = self.ask(_TAGS, selector=selector)["pipelineOrError"]["runTags"]
        params = {
            "selector": {**LOCATION, "jobName": SCORE_LEADS},
            "executionMetadata": {"tags": [*tags, {"key": "dagster/partition", "value": day.isoformat()}]},
            "runConfigData": {},
        }
        answer = self.ask(_LAUNCH, params=params)["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return str(answer["run"]["runId"])

    def run(self, run_id: str) -> dg.DagsterRun:
        run = self.instance.get_run_by_id(run_id)
        assert run
        return run

    def end_of(self, run_id: str) -> dg.DagsterRun:
        return wait_for(f"the end of {run_id}", lambda: run if (run := self.run(run_id)).status in ENDED else None)

    def process_of(self, run_id: str) -> int:
        """The process that builds, by the lock that it holds."""
        lock = self.settings.warehouse.with_suffix(".lock")
        pattern = re.compile(rf"run {run_id}, process (\d+)")
        found = wait_for("the lock", lambda: pattern.match(lock.read_text(encoding="utf-8")) if lock.exists() else None)
        return int(found[1])

    def publications(self) -> list[tuple[str, str]]:
        """Run and status, in their order."""
        with duckdb.connect(str(self.settings.snapshot), read_only=True) as connection:
            return connection.execute("select run_id, status from marts.publication order by publication_id").fetchall()


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    """Daemon and web server over a small world, with a schedule that ticks every minute."""
    folder = tmp_path_factory.mktemp("production")
    write_sample(folder / "raw", contacts=40, days=20, seed=3, end_date=today("UTC"))
    configuration(folder, *csv_sink("told.csv", "run_failures = true"))
    settings = Settings(
        folder / "warehouse.duckdb",
        folder / "raw",
        DEFAULT_SEEDS_DIR,
        state_dir=folder / "state",
        alerts_config=folder / "alerts.toml",
        environment="staging",
        schedule="* * * * *",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DAGSTER_HOME_ENV, str(folder / "home"))
        home = prepare_dagster_home(settings)
        environment = os.environ | settings.as_environment() | {DAGSTER_HOME_ENV: str(home)}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        commands = {
            "webserver": ["dagster-webserver", "--host", "127.0.0.1", "--port", str(port)],
            "daemon": ["dagster-daemon", "run"],
        }
        programs = Path(sys.executable).parent
        processes = []
        for name, (program, *arguments) in commands.items():
            log = (folder / f"{name}.log").open("wb")
            processes.append(
                subprocess.Popen(
                    [str(programs / program), *arguments], cwd=PROJECT_ROOT, env=environment, stdout=log, stderr=log
                )
            )
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for("the web server", lambda: _answers(url))
            with daemon_instance(settings) as instance:
                yield Production(settings, url, instance, environment)
        finally:
            for process in processes:
                process.send_signal(signal.SIGTERM)
            for process in processes:
                process.wait(60)


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/server_info", timeout=5).ok
    except requests.ConnectionError:
        return False


def test_a_schedule_ticks_and_its_run_publishes(production: Production) -> None:
    (run,) = wait_for("a run", lambda: production.instance.get_runs(dg.RunsFilter(job_name=SCORE_LEADS))[-1:])
    (schedule,) = production.ask(_SCHEDULES)["schedulesOrError"]["results"]
    assert schedule["scheduleState"]["status"] == "RUNNING"
    production.ask(_STOP, id=schedule["scheduleState"]["id"])
    assert run.tags["lead_scoring/cause"] == "schedule"
    assert run.tags["lead_scoring/environment"] == "staging"
    assert run.tags["dagster/partition"] == today("UTC").isoformat()
    assert production.end_of(run.run_id).status is dg.DagsterRunStatus.SUCCESS
    assert production.publications()[0] == (run.run_id, "published")
    (schedule,) = production.ask(_SCHEDULES)["schedulesOrError"]["results"]
    assert "SUCCESS" in {tick["status"] for tick in schedule["scheduleState"]["ticks"]}
    # Minutes may have passed meanwhile: the runs of their ticks waited, and ran one after the other.
    for later in production.instance.get_runs(dg.RunsFilter(job_name=SCORE_LEADS)):
        assert production.end_of(later.run_id).status is dg.DagsterRunStatus.SUCCESS


def test_the_daemons_are_well(production: Production) -> None:
    statuses = production.ask(_HEALTH)["instance"]["daemonHealth"]["allDaemonStatuses"]
    required = {status["daemonType"]: status["healthy"] for status in statuses if status["required"]}
    assert {"SCHEDULER", "SENSOR", "QUEUED_RUN_COORDINATOR", "MONITORING", "EVENT_LOG_CONSUMER"} <= set(required)
    assert set(required.values()) == {True}


def test_a_killed_run_is_tried_again(production: Production) -> None:
    run_id = production.launch(today("UTC"))
    os.kill(production.process_of(run_id), signal.SIGKILL)
    assert production.end_of(run_id).status is dg.DagsterRunStatus.FAILURE
    again = wait_for(
        "another attempt",
        lambda: [run for run in production.instance.get_runs() if run.parent_run_id == run_id],
    )
    assert len(again) == 1
    assert production.end_of(again[0].run_id).status is dg.DagsterRunStatus.SUCCESS
    assert production.publications()[-1] == (again[0].run_id, "published")


def test_a_backfill_over_a_range_is_one_run(production: Production) -> None:
    days = [(today("UTC") - timedelta(days=back)).isoformat() for back in (9, 8, 7)]
    params = {"assetSelection": [{"path": ["marts", "scoring_days"]}], "partitionNames": days}
    answer = production.ask(_BACKFILL, params=params)["launchPartitionBackfill"]
    assert answer["__typename"] == "LaunchBackfillSuccess", answer
    of_backfill = dg.RunsFilter(tags={"dagster/backfill": answer["backfillId"]})
    wait_for("the run of the backfill", lambda: production.instance.get_runs(of_backfill))
    (run,) = production.instance.get_runs(of_backfill)
    assert production.end_of(run.run_id).status is dg.DagsterRunStatus.SUCCESS
    wait_for(
        "the end of the backfill",
        lambda: (
            (backfill := production.instance.get_backfill(answer["backfillId"]))
            and backfill.status.value.startswith("COMPLETED")
        ),
    )
    assert len(production.instance.get_runs(of_backfill)) == 1
    with duckdb.connect(str(production.settings.warehouse), read_only=True) as connection:
        recorded = {str(day) for (day,) in connection.execute("select as_of_date from marts.scoring_days").fetchall()}
    assert set(days) <= recorded


def test_builds_at_once_take_turns(production: Production) -> None:
    """One of the daemon and two of the command line, which no queue holds back."""
    known = production.publications()
    run_id = production.launch(today("UTC"))
    command = [str(Path(sys.executable).parent / "lead-scoring"), "build", "--json"]
    builds = [
        subprocess.Popen(command, env=production.environment, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outcomes = [build.communicate(timeout=DEADLINE_SECONDS)[0] for build in builds]
    assert [build.returncode for build in builds] == [0, 0], outcomes
    assert production.end_of(run_id).status is dg.DagsterRunStatus.SUCCESS
    published = production.publications()[len(known) :]
    assert len(published) == 3
    assert {status for _, status in published} == {"published"}


def test_a_run_that_fails_is_told(production: Production) -> None:
    """And not tried again: what is wrong is as wrong the second time."""
    events = production.settings.raw_dir / "events.parquet" if production.settings.raw_dir else Path()
    aside = events.rename(events.with_suffix(".aside"))
    try:
        run_id = production.launch(today("UTC"))
        assert production.end_of(run_id).status is dg.DagsterRunStatus.FAILURE
    finally:
        aside.rename(events)
    told = production.settings.warehouse.parent / "told.csv"
    wait_for("the alert", lambda: told.exists() and run_id in told.read_text(encoding="utf-8"))
    text = told.read_text(encoding="utf-8")
    assert "raw table events is required and absent" in text
    # The killed one was made good, and is no news.
    assert text.count("run_failed") == 1
    assert not [run for run in production.instance.get_runs() if run.parent_run_id == run_id]
    assert production.publications()[-1] == (run_id, "withheld")


def test_the_record_of_runs_can_be_in_postgres(server: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("dagster_postgres", reason="needs pip install 'lead-scoring-warehouse[postgres]'")
    url = url_of(server).replace("postgresql://", "postgresql+psycopg2://")
    settings = replace(
        Settings(tmp_path / "w.duckdb", None, DEFAULT_SEEDS_DIR, state_dir=tmp_path / "state"),
        dagster_postgres_url=url,
    )

    @dg.asset
    def something() -> None: ...

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(DAGSTER_HOME_ENV, raising=False)
        for name, value in settings.as_environment().items():
            patch.setenv(name, value)
        with daemon_instance(settings) as instance:
            run_id = dg.materialize([something], instance=instance).run_id
        with daemon_instance(settings) as instance:
            assert [run.run_id for run in instance.get_runs()] == [run_id]
            assert instance.get_latest_materialization_event(dg.AssetKey("something"))
        # Here, where no other test's DAGSTER_HOME is set.
        assert not list(settings.dagster_home.rglob("*.db"))
