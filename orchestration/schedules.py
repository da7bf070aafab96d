"""When jobs start by the clock, and by when they must be done. What they do is in `jobs`, other causes in `sensors`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import dagster as dg

if TYPE_CHECKING:
    from datetime import datetime

    from dagster import UnresolvedAssetJobDefinition

HOUR_OF_DAY = 5
_FRESH_BY_HOUR = 8
CAUSE_TAG = "lead_scoring/cause"
"""The tag of runs that say what started them."""


def build_schedule(
    job: UnresolvedAssetJobDefinition,
    scoring_timezone: str,
    *,
    is_on: bool = False,
    cron: str = f"0 {HOUR_OF_DAY} * * *",
) -> dg.ScheduleDefinition:
    """Score the day that begins, every morning in the scoring time zone: sales starts its day with today's scores.

    Each run also completes the day before, which was not over when its own run began. `is_on`: whether it runs until
    someone turns it off, or the other way round.
    """

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


def freshness_by(scoring_timezone: str) -> dg.FreshnessPolicy:
    """Tables are fresh if they were built on the day itself, by the time at which sales starts working."""
    return dg.FreshnessPolicy.cron(
        deadline_cron=f"0 {_FRESH_BY_HOUR} * * *",
        lower_bound_delta=timedelta(hours=_FRESH_BY_HOUR),
        timezone=scoring_timezone,
    )


def _day_of(moment: datetime, scoring_timezone: str) -> str:
    return moment.astimezone(ZoneInfo(scoring_timezone)).date().isoformat()
