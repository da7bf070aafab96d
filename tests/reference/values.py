"""Text to values: how one cell of a raw table or of a rule book is read, ordered and rounded.

Belongs here: what holds for any cell, whatever its table. Does not: column lists, required values (`raw`, `rule_book`).
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
TIMESTAMP = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"([ T](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2})(\.(?P<fraction>[0-9]{1,9}))?)?"
    r" ?(?P<zone>[zZ]|[+-][0-9]{2}(:?[0-9]{2})?)?)?"
)
TRUE = {"true", "t", "yes", "y"}
FALSE = {"false", "f", "no", "n"}


def text(cell: str | None) -> str | None:
    """Trimmed text, null when nothing is left."""
    return (cell or "").strip() or None


def number(cell: str | None) -> float | None:
    """A finite number, else null."""
    trimmed = text(cell)
    if trimmed is None or not NUMBER.fullmatch(trimmed):
        return None
    value = float(trimmed)
    return value if math.isfinite(value) else None


def timestamp(cell: str | None) -> datetime | None:
    """A UTC timestamp without zone, null when it cannot be read or lies outside the years 1 to 9999."""
    match = TIMESTAMP.fullmatch(text(cell) or "")
    if match is None:
        return None
    part = match.groupdict(default="0")
    try:
        local = datetime(
            int(part["year"]),
            int(part["month"]),
            int(part["day"]),
            int(part["hour"]),
            int(part["minute"]),
            int(part["second"]),
            int(part["fraction"].ljust(6, "0")[:6]),
            tzinfo=_zone(match["zone"]),
        )
        return local.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _zone(suffix: str | None) -> timezone:
    if suffix is None or suffix in "zZ":
        return UTC
    hours, minutes = int(suffix[1:3]), int(suffix[3:].lstrip(":") or 0)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if suffix[0] == "-" else offset)


def day(cell: str | None) -> date | None:
    """A date, null when it cannot be read."""
    moment = timestamp(cell)
    return moment.date() if moment else None


def flag(cell: str | None) -> bool | None:
    """True, false, or null when it is neither; 1 and 0 count in any spelling of the number."""
    if (as_number := number(cell)) in (0, 1):
        return as_number == 1
    word = (text(cell) or "").lower()
    return True if word in TRUE else False if word in FALSE else None


def iso(moment: datetime) -> str:
    """A UTC timestamp as keys spell it: `YYYY-MM-DDTHH:MM:SS.ffffff`."""
    return moment.isoformat(timespec="microseconds")


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """The date of a UTC timestamp in the scoring time zone."""
    return moment.replace(tzinfo=UTC).astimezone(zone).date()


def day_end(of: date, zone: ZoneInfo) -> datetime:
    """The UTC timestamp at which a date is over in the scoring time zone."""
    next_day = of + timedelta(days=1)
    return datetime(next_day.year, next_day.month, next_day.day, tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def order(value: Any) -> tuple[bool, Any]:
    """A sort key for values of one type: nulls lowest, text by code point."""
    return (value is not None, value)


def order_measure(value: str | None) -> tuple[int, float, str]:
    """A sort key for text that may be a number: nulls, then numbers as numbers, then text by code point."""
    if value is None:
        return (0, 0.0, "")
    as_number = number(value)
    return (2, 0.0, value) if as_number is None else (1, as_number, value)


def rounded(score: float) -> float:
    """A computed number as it is compared: to 9 decimals."""
    return round(score, 9)


def clamp(score: float, low: float | None, high: float | None) -> float:
    """A score within its limits; an absent limit is none."""
    if low is not None:
        score = max(score, low)
    return score if high is None else min(score, high)
