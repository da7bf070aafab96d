"""Days: which ones can be scored, and which ones a run is about. A partition is an as_of_date in the scoring time zone.

Which table has them is in `translator`, when runs start is in `schedules`, what dbt makes of the days in `dbt_args`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

import dagster as dg

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_FIRST_DAY = date(2024, 1, 1)
"""The first partition where var `history_start_date` names none."""


def today(scoring_timezone: str) -> date:
    """The current date in the scoring time zone. Raises ValueError if there is no such zone."""
    if str(scoring_timezone) not in available_timezones():
        raise ValueError(f"var scoring_timezone is {scoring_timezone}; an IANA name such as Europe/Berlin is needed")
    return datetime.now(ZoneInfo(scoring_timezone)).date()


def daily_partitions(first_day: date, last_day: date, scoring_timezone: str) -> dg.DailyPartitionsDefinition:
    """One partition per day from `first_day` on, open-ended.

    Today has its partition before it is over; a `last_day` in the future moves the end that far ahead.
    """
    days_ahead = (last_day - today(scoring_timezone)).days
    return dg.DailyPartitionsDefinition(
        start_date=first_day.isoformat(),
        timezone=scoring_timezone,
        end_offset=1 + max(0, days_ahead),
    )


def days_of_run(context: dg.AssetExecutionContext) -> tuple[date, date] | None:
    """First and last day, both inclusive, of a run's partition or range of partitions; None if it has none."""
    if not context.has_partition_key and not context.has_partition_key_range:
        return None
    keys = context.partition_key_range
    return date.fromisoformat(keys.start), date.fromisoformat(keys.end)


def days_of_tags(tags: Mapping[str, str]) -> tuple[date, date] | None:
    """The same of a run's tags, where there is no context of an asset that has partitions."""
    day = tags.get("dagster/partition")
    first_day = tags.get("dagster/asset_partition_range_start", day)
    last_day = tags.get("dagster/asset_partition_range_end", day)
    return (date.fromisoformat(first_day), date.fromisoformat(last_day)) if first_day and last_day else None


def parse_day(value: object) -> date | None:
    """The day that a dbt var holds, as text or YAML's own date; None if it is empty. Raises ValueError if none is."""
    text = str(value or "").strip()
    return date.fromisoformat(text) if text else None
