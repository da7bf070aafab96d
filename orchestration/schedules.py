"""When jobs start by themselves. What they do is in `jobs`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import dagster as dg

if TYPE_CHECKING:
    from datetime import datetime

    from dagster import UnresolvedAssetJobDefinition

_HOUR_OF_DAY = 5


def build_schedule(
    job: UnresolvedAssetJobDefinition, scoring_timezone: str, hour_of_day: int = _HOUR_OF_DAY
) -> dg.ScheduleDefinition:
    """Score the day that begins, every morning in the scoring time zone: sales starts its day with today's scores.

    Each run also completes the day before, which was not over when its own run began.
    """

    @dg.schedule(
        name="score_leads_every_morning",
        job=job,
        cron_schedule=f"0 {hour_of_day} * * *",
        execution_timezone=scoring_timezone,
        description="Today's scores, before sales starts working.",
    )
    def score_leads_every_morning(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(partition_key=_day_of(context.scheduled_execution_time, scoring_timezone))

    return score_leads_every_morning


def _day_of(moment: datetime, scoring_timezone: str) -> str:
    return moment.astimezone(ZoneInfo(scoring_timezone)).date().isoformat()
