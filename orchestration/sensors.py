"""What starts builds beside the clock, new raw rows and a changed rule book; and who looks after runs that failed.

A sensor that starts builds keeps what it last saw in its cursor and decides in `decide`, without Dagster. Schedules
are in `schedules`; how a failure is told is the business of `alerts`.
"""

# No lazy annotations here: Dagster reads those of sensors when they are defined.
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from orchestration.alerts.assets import DELIVER_ALERTS
from orchestration.alerts.config import ConfigError
from orchestration.alerts.outbox import OutboxError
from orchestration.alerts.service import notify_failure
from orchestration.build_lock import is_building
from orchestration.environments import Environment, warehouse_on_this_machine
from orchestration.failures import summary_of_run
from orchestration.guards.sources import Sources
from orchestration.jobs import SCORE_LEADS
from orchestration.partitions import today
from orchestration.raw_assets import rule_book_hash
from orchestration.resources import WAREHOUSE_POOL
from orchestration.schedules import CAUSE_TAG
from orchestration.settings import Settings

_LONGEST_SUMMARY = 1000
_LOOK_BACK = timedelta(hours=1)
_TIME_TO_DECIDE = timedelta(minutes=2)
_SECONDS_TO_BEGIN = 120
_ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


@dataclass(frozen=True)
class Watched:
    """What a sensor saw last and since when, of what the last build is, and how many it has started."""

    seen: str = ""
    since: float = 0.0
    built: str = ""
    starts: int = 0


def decide(cursor: str | None, now: str, clock: float, last_build: float | None) -> tuple[Watched, str]:
    """What to remember, and why nothing is started; an empty reason: a build is.

    `now` is a fingerprint of what is watched, `clock` the time, `last_build` when the last good build of the day began.
    A build waits until two looks see the same, since who writes a file is left to finish it; and one that began after
    the first of them, whoever started it, has read it all.
    """
    watched = Watched(**json.loads(cursor)) if cursor else Watched()
    if now == watched.built:
        return replace(watched, seen=now), "Nothing has changed."
    if now != watched.seen:
        return replace(watched, seen=now, since=clock), "Something has changed; a build starts once it stays as it is."
    if last_build is not None and last_build > watched.since:
        return replace(watched, built=now), "A build has begun since, and read it."
    return replace(watched, built=now, starts=watched.starts + 1), ""


def fingerprint_of_raw(settings: Settings, sources: Sources) -> str | None:
    """A fingerprint of the raw tables that costs no reading: names, sizes and times of files, else numbers of rows.

    None if there is nothing to see now.
    """
    if settings.raw_dir:
        files = [
            file for table in sources.tables for file in sorted(settings.raw_dir.glob(f"{table}.*")) if file.is_file()
        ]
        seen: list[Any] = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    elif settings.warehouse.exists():
        try:
            with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
                seen = sorted(sources.count_rows(connection).items())
        except duckdb.Error:
            return None
    else:
        return None
    return sha256(json.dumps(seen).encode()).hexdigest()[:16] if seen else None


def build_sensors(
    settings: Settings, job: Any, sources: Sources, scoring_timezone: str, environment: Environment
) -> list[dg.SensorDefinition]:
    """All sensors of an installation, without those of alerts. `job` is the one that they start."""

    def starter(name: str, description: str, look: Callable[[], str | None], seconds: int) -> dg.SensorDefinition:
        @dg.sensor(
            name=name,
            job=job,
            minimum_interval_seconds=seconds,
            default_status=(
                dg.DefaultSensorStatus.RUNNING if environment.starts_by_itself else dg.DefaultSensorStatus.STOPPED
            ),
            description=description,
        )
        def start_build(context: dg.SensorEvaluationContext) -> dg.SensorResult:
            if context.instance.get_runs_count(dg.RunsFilter(job_name=SCORE_LEADS, statuses=_ACTIVE)):
                return dg.SensorResult(skip_reason="A build is queued or under way.", cursor=context.cursor)
            if (now := look()) is None:
                return dg.SensorResult(skip_reason="There is nothing to be seen.", cursor=context.cursor)
            day = today(scoring_timezone).isoformat()
            watched, reason = decide(context.cursor, now, time.time(), _start_of_last_build(context.instance, day))
            cursor = json.dumps(asdict(watched))
            if reason:
                return dg.SensorResult(skip_reason=reason, cursor=cursor)
            request = dg.RunRequest(
                run_key=f"{name}-{watched.starts}-{now}",
                partition_key=day,
                tags={CAUSE_TAG: name},
            )
            return dg.SensorResult(run_requests=[request], cursor=cursor)

        return start_build

    return [
        starter(
            "new_raw_rows",
            "Starts a build when raw rows have arrived, once nobody writes them any more.",
            lambda: fingerprint_of_raw(settings, sources),
            60,
        ),
        starter(
            "rule_book_changed",
            "Starts a build when a file of the rule book has changed. One that is not valid fails, and says where.",
            lambda: rule_book_hash(settings.seeds_dir),
            60,
        ),
        _tell_of_failures(settings),
        _end_lost_runs(settings),
    ]


def _start_of_last_build(instance: dg.DagsterInstance, day: str) -> float | None:
    """When the last build of a day began that succeeded, in seconds since 1970."""
    good = dg.RunsFilter(job_name=SCORE_LEADS, statuses=[dg.DagsterRunStatus.SUCCESS], tags={"dagster/partition": day})
    records = instance.get_run_records(good, limit=1)
    return records[0].start_time if records else None


def _tell_of_failures(settings: Settings) -> dg.SensorDefinition:
    """A look at the record of runs rather than Dagster's own failure sensor.

    That one reads on from the last failure it saw, and with SQLite a run can become visible after a later one. This
    one looks back by an hour each time, and telling twice is telling once.
    """

    @dg.sensor(
        name="tell_of_failed_runs",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells the sinks of alerts.toml of runs that failed for good, each once.",
    )
    def tell_of_failed_runs(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        now = datetime.now(UTC)
        began, looked = map(datetime.fromisoformat, json.loads(context.cursor)) if context.cursor else (now, now)
        cursor = json.dumps([began.isoformat(), now.isoformat()])
        if settings.alerts_config is None:
            return dg.SensorResult(skip_reason="No alerts are configured.", cursor=cursor)
        failed = failed_runs(context.instance, max(began, looked - _LOOK_BACK), now)
        try:
            for run in failed:
                summary = summary_of_run(context.instance, run.run_id)[:_LONGEST_SUMMARY]
                notify_failure(settings, run.run_id, run.job_name, summary)
        except (ConfigError, OutboxError) as error:
            # The cursor stays, and with it what is still to be told.
            raise dg.Failure(str(error)) from None
        return dg.SensorResult(skip_reason=f"{len(failed)} failed runs of the last hour are told.", cursor=cursor)

    return tell_of_failed_runs


def failed_runs(instance: dg.DagsterInstance, since: datetime, now: datetime) -> list[dg.DagsterRun]:
    """Runs that failed since then and are not tried again; those that send alerts are no news.

    Whether a killed run is tried again the daemon decides some seconds later, which is waited for.
    """
    failed = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=since)
    runs = []
    for record in reversed(instance.get_run_records(failed)):
        tags = record.dagster_run.tags
        is_decided = "dagster/will_retry" in tags or tags.get("dagster/max_retries", "0") == "0"
        is_tried_again = tags.get("dagster/will_retry") == "true"
        is_old = now - record.update_timestamp.replace(tzinfo=UTC) > _TIME_TO_DECIDE
        if record.dagster_run.job_name != DELIVER_ALERTS and not is_tried_again and (is_decided or is_old):
            runs.append(record.dagster_run)
    return runs


def _end_lost_runs(settings: Settings) -> dg.SensorDefinition:
    @dg.sensor(
        name="end_lost_runs",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Ends runs whose process is gone, with the machine or the terminal, and which nobody else ends: they would"
            " keep their place in the pool for ever."
        ),
    )
    def end_lost_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        lost = lost_runs(context.instance, datetime.now(UTC), settings.warehouse)
        for run in lost:
            context.instance.report_run_failed(run, "The process of this run is gone; nothing builds its warehouse.")
        return dg.SkipReason(f"{len(lost)} runs were lost.")

    return end_lost_runs


def lost_runs(instance: dg.DagsterInstance, now: datetime, warehouse: Path) -> list[dg.DagsterRun]:
    """Runs in progress on this machine that should hold the lock of their warehouse, while nobody does.

    `warehouse`: that of runs that do not say, since the web interface started them on some assets.
    """
    records = instance.get_run_records(
        dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING])
    )
    return [
        record.dagster_run
        for record in records
        if (path := warehouse_on_this_machine(record.dagster_run.tags, warehouse))
        and WAREHOUSE_POOL in _pools_of(record.dagster_run)
        and record.start_time is not None
        and now.timestamp() - record.start_time > _SECONDS_TO_BEGIN
        and not is_building(path)
    ]


def _pools_of(run: dg.DagsterRun) -> set[str]:
    return set(run.run_op_concurrency.all_pools or ()) if run.run_op_concurrency else set()
