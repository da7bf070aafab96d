"""When jobs start by themselves. What they do is in `jobs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
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
        return dg.RunRequest(partition_key=context.scheduled_execution_time.date().isoformat())

    return score_leads_every_morning
