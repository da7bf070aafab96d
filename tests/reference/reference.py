"""Runs over time: which days a run computes, and the record that it leaves to the next (step 20).

Belongs here: the choice of days. Does not: what a day holds (`history`) or how it is published (`tables`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from . import values
from .facts import gather
from .history import Day, compute_day
from .tables import publish
from .variables import Variables

if TYPE_CHECKING:
    from .raw import Raw, Row
    from .rule_book import RuleBook


class Reference:
    """The contract in plain Python; the instance keeps the history record from run to run."""

    def __init__(self) -> None:
        """Start with an empty record."""
        self._record: dict[date, Day] = {}

    def run(
        self,
        raw: Raw,
        rule_book: RuleBook,
        as_of: date,
        from_date: date | None = None,
        variables: dict[str, Any] | None = None,
        now: datetime | None = None,
    ) -> dict[str, list[Row]]:
        """Compute this run's days and return all published tables.

        `from_date` asks for a backfill of from_date..as_of. `variables` are dbt vars by name, dates as ISO text or
        dates. `now` (UTC if without zone) decides whether a day was over when computed; without it every day was.
        """
        settings = parse_variables(variables or {})
        facts = gather(raw, rule_book, settings)
        days = days_to_compute(self._record, as_of, from_date, settings.history_start_date)
        first_day = min(days | set(self._record))
        for day in sorted(days):
            was_over = now is None or _utc(now) >= values.day_end(day, settings.zone)
            seen_accounts = {
                account_id
                for earlier, recorded in self._record.items()
                if earlier < day
                for account_id, account in recorded.accounts.items()
                if account.profile
            }
            self._record[day] = compute_day(facts, day, first_day, was_over, seen_accounts)
        return publish(facts, self._record)


def days_to_compute(
    record: dict[date, Day], as_of: date, from_date: date | None, history_start: date | None
) -> set[date]:
    """The days of a run: its own, those asked for, those missing, those computed before they were over."""
    days = {as_of, *_days(from_date or as_of, as_of)}
    if history_start is not None:
        days |= {day for day in _days(history_start, as_of) if day not in record}
    last = max(record, default=as_of)
    if as_of >= last:
        days |= set(_days(last + timedelta(days=1), as_of))
        days |= {day for day, recorded in record.items() if not recorded.was_over}
    return days


def parse_variables(given: dict[str, Any]) -> Variables:
    """The variables of a run with defaults for those not given; an unknown name raises TypeError."""
    parsed = dict(given)
    if isinstance(start := parsed.get("history_start_date"), str):
        parsed["history_start_date"] = date.fromisoformat(start)
    if "not_activity_event_types" in parsed:
        parsed["not_activity_event_types"] = tuple(parsed["not_activity_event_types"])
    return Variables(**parsed)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
