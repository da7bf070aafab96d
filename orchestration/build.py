"""One build from start to end in this process: the very job that the schedule launches, run now and judged.

How a person asks for it and what is printed belongs to the command line.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import dagster as dg

from orchestration.checks import CHECK_PUBLISHED_TABLES
from orchestration.dbt_args import days_as_vars
from orchestration.dbt_assets import OP_NAME
from orchestration.dbt_project import project_vars
from orchestration.dbt_runner import DbtError, NodeEvent, NodeResult, NodeStarted, ignore_event
from orchestration.definitions import build_defs
from orchestration.failures import errors_of
from orchestration.guards.assets import CHECK_SOURCES, require_guards
from orchestration.instance import command_line_instance, prepare_dagster_home
from orchestration.jobs import SCORE_LEADS
from orchestration.partitions import today
from orchestration.schedules import CAUSE_TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from orchestration.settings import Settings

__all__ = [
    "BuildRequest",
    "BuildResult",
    "BuildStatus",
    "FailedCheck",
    "NodeEvent",
    "NodeResult",
    "NodeStarted",
    "run_build",
]


@dataclass(frozen=True)
class BuildRequest:
    """What to build: the scores as of `as_of` (None: today in the scoring time zone).

    With `first_day`, every day from it to `as_of` is replayed into the history. `full_refresh` rebuilds every table;
    `extra_vars` are dbt vars that differ from those of dbt_project.yml. Guards named in `accept` do not stop this run.
    """

    as_of: date | None = None
    first_day: date | None = None
    full_refresh: bool = False
    extra_vars: Mapping[str, Any] = field(default_factory=dict)
    accept: Sequence[str] = ()


class BuildStatus(IntEnum):
    """How a build ended; the number is the exit code."""

    DONE = 0
    ERRORS = 1
    CHECKS_FAILED = 2


@dataclass(frozen=True)
class FailedCheck:
    """A failed check of severity error: its table (`marts.contact_scores`), what must hold, what it found."""

    table: str
    name: str
    description: str
    finding: str


@dataclass(frozen=True)
class BuildResult:
    """How a build ended: one line per error, the failed checks, the number of passed ones, seconds, Dagster's run.

    If no run began, `run_id` is empty and `as_of` what was asked for. It is not `is_begun` if a check of the sources
    failed, before dbt.
    """

    status: BuildStatus
    as_of: date | None
    errors: tuple[str, ...] = ()
    failed_checks: tuple[FailedCheck, ...] = ()
    passed_checks: int = 0
    seconds: float = 0.0
    run_id: str = ""
    is_begun: bool = True


def run_build(
    settings: Settings, request: BuildRequest, on_progress: Callable[[NodeEvent], None] = ignore_event
) -> BuildResult:
    """Validate the rule book, run dbt with its tests and our own checks, recorded as a run that Dagster's UI shows.

    `on_progress` is called in this thread as nodes of dbt start (NodeStarted, with the total of nodes) and end
    (NodeResult). What is wrong with rule book, data or request is part of the result; exceptions are defects of ours.
    """
    began = time.monotonic()
    zone = request.extra_vars.get("scoring_timezone") or project_vars()["scoring_timezone"]
    try:
        last_day = request.as_of or today(zone)
        first_day = request.first_day or last_day
        days_as_vars((first_day, last_day), request.extra_vars)
        require_guards(request.accept)
        prepare_dagster_home(settings)
        definitions = build_defs(
            settings,
            first_day=first_day,
            last_day=last_day,
            extra_vars=request.extra_vars,
            on_event=on_progress,
        )
    except (DbtError, ValueError) as error:
        return BuildResult(BuildStatus.ERRORS, request.as_of, errors=tuple(str(error).splitlines()))
    with command_line_instance(settings) as instance:
        run = definitions.resolve_job_def(SCORE_LEADS).execute_in_process(
            instance=instance,
            run_config=_run_config(request),
            raise_on_error=False,
            **_days_of_run(first_day, last_day),
        )
    return _judge(run, definitions, last_day, time.monotonic() - began)


def _run_config(request: BuildRequest) -> dict[str, Any]:
    accept = {"config": {"accept": list(request.accept)}}
    return {
        "ops": {
            OP_NAME: {"config": {"full_refresh": request.full_refresh, "vars": dict(request.extra_vars)}},
            CHECK_SOURCES: accept,
            CHECK_PUBLISHED_TABLES: accept,
        },
        # Progress goes to `on_progress`; a person in a terminal has no use for Dagster's log beside it.
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }


def _days_of_run(first_day: date, last_day: date) -> dict[str, Any]:
    """One partition, or several as the UI tags a backfill in a single run."""
    # Whoever asked for it sees that it failed; nobody else can start it again.
    tags = {CAUSE_TAG: "command line", "dagster/max_retries": "0"}
    if first_day == last_day:
        return {"partition_key": last_day.isoformat(), "tags": tags}
    return {
        "tags": tags
        | {
            "dagster/asset_partition_range_start": first_day.isoformat(),
            "dagster/asset_partition_range_end": last_day.isoformat(),
        }
    }


def _judge(run: dg.ExecuteInProcessResult, definitions: dg.Definitions, last_day: date, seconds: float) -> BuildResult:
    evaluations = run.get_asset_check_evaluations()
    failed = [e for e in evaluations if not e.passed and e.severity is dg.AssetCheckSeverity.ERROR]
    errors = tuple(errors_of(run.get_step_failure_events()))
    if not run.success and not errors and not failed:
        errors = (f"run {run.run_id} did not finish: {run.get_run_failure_event().message}",)
    return BuildResult(
        BuildStatus.ERRORS if errors else BuildStatus.CHECKS_FAILED if failed else BuildStatus.DONE,
        last_day,
        errors=errors,
        failed_checks=tuple(_failed_check(evaluation, definitions) for evaluation in failed),
        passed_checks=sum(evaluation.passed for evaluation in evaluations),
        seconds=seconds,
        run_id=run.run_id,
        is_begun=any(event.is_step_start and event.step_key == OP_NAME for event in run.all_events),
    )


def _failed_check(evaluation: dg.AssetCheckEvaluation, definitions: dg.Definitions) -> FailedCheck:
    key = evaluation.asset_check_key
    violations = evaluation.metadata.get("violations")
    return FailedCheck(
        table=".".join(key.asset_key.path),
        name=key.name,
        description=definitions.resolve_asset_graph().get_check_spec(key).description or "",
        finding=evaluation.description or (f"{violations.value} violations" if violations else ""),
    )
