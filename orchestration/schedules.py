"""When jobs start by the clock, and how old tables may get. What they do is in `jobs`, other causes in `sensors`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import dagster as dg

from orchestration.settings import DEFAULT_SCHEDULE, SCHEDULE_ENV

if TYPE_CHECKING:
    from datetime import datetime

    from dagster import UnresolvedAssetJobDefinition

CAUSE_TAG = "lead_scoring/cause"
"""The tag of runs that say what started them."""

FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=26))
"""A table is fresh as long as a daily build may take to replace it."""


def build_schedule(
    job: UnresolvedAssetJobDefinition, cron: str, scoring_timezone: str, *, is_on: bool
) -> dg.ScheduleDefinition:
    """Score the day that begins, every morning in the scoring time zone: sales starts its day with today's scores.

    Each run also completes the day before, which was not over when its own run began. `is_on`: whether it runs until
    someone turns it off, or the other way round. Raises ValueError if `cron` is no cron expression.
    """
    try:
        return _schedule(job, cron, scoring_timezone, is_on)
    except dg.DagsterInvalidDefinitionError:
        raise ValueError(f"{SCHEDULE_ENV} is {cron}; a cron expression such as {DEFAULT_SCHEDULE} is needed") from None


def _schedule(
    job: UnresolvedAssetJobDefinition, cron: str, scoring_timezone: str, is_on: bool
) -> dg.ScheduleDefinition:
    @dg.schedule(
        name="score_leads_every_morning",
        job=job,
        cron_schedule=cron,
        execution_timezone=scoring_timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING if is_on else dg.DefaultScheduleStatus.STOPPED,
        description="Today's scores, before sales starts working.",
    )
    def score_leads_every_morning(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        day = _day_of(context.scheduled_execution_time, scoring_timezone)
        return dg.RunRequest(partition_key=day, tags={CAUSE_TAG: "schedule"})

    return score_leads_every_morning


def _day_of(moment: datetime, scoring_timezone: str) -> str:
    return moment.astimezone(ZoneInfo(scoring_timezone)).date().isoformat()
