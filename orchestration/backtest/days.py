"""Which days are looked at. Days whose horizon is not over are never judged, because nobody knows yet how they end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from orchestration.backtest.errors import BacktestError

HORIZON_DAYS = 90
EVERY_DAYS = 7
SPAN_DAYS = 26 * 7


@dataclass(frozen=True)
class Days:
    """Days to judge, the first one first; `left_out`: days asked for whose horizon was not over on `last_known`."""

    judged: tuple[date, ...]
    left_out: tuple[date, ...]
    horizon_days: int
    every_days: int
    last_known: date

    @property
    def last_closed(self) -> date:
        """The last day whose horizon is over."""
        return self.last_known - timedelta(days=self.horizon_days)


def days_to_judge(
    first: date | None,
    last: date | None,
    last_known: date,
    horizon_days: int = HORIZON_DAYS,
    every_days: int = EVERY_DAYS,
    span_days: int = SPAN_DAYS,
) -> Days:
    """Every `every_days`-th day from `first` to `last`, of those whose `horizon_days` end by `last_known`.

    `last` None: the last day whose horizon is over; `first` None: `span_days` before. `last_known` is the last complete
    day of the warehouse. Raises BacktestError if no day is left.
    """
    last_closed = last_known - timedelta(days=horizon_days)
    last = last or last_closed
    first = first or min(last, last_closed) - timedelta(days=span_days - every_days)
    if first > last and last != last_closed:
        raise BacktestError(f"--from {first} is after --to {last}.")
    asked = [first + timedelta(days=number) for number in range(0, (last - first).days + 1, every_days)]
    judged = tuple(day for day in asked if day <= last_closed)
    if not judged:
        raise BacktestError(
            f"No day can be judged yet: with a horizon of {horizon_days} days and data up to {last_known}, the last "
            f"day whose outcome is known is {last_closed}. Choose an earlier --from or a shorter --horizon."
        )
    return Days(judged, tuple(day for day in asked if day > last_closed), horizon_days, every_days, last_known)
