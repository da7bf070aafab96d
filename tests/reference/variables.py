"""The engine's variables (dbt vars) with the contract's defaults."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, kw_only=True)
class Variables:
    """What a run may set besides raw rows and rule book."""

    scoring_timezone: str = "UTC"
    email_grace_days: float = 3
    not_activity_event_types: tuple[str, ...] = (
        "email_sent",
        "email_delivered",
        "email_bounce",
        "unsubscribe",
        "campaign_complete",
    )
    cold_after_days: float = 30
    surge_min_points: float = 20
    engaged_min_score: float = 25
    account_qualified_score: float = 50
    stalled_after_days: float = 30
    history_start_date: date | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The scoring time zone."""
        return ZoneInfo(self.scoring_timezone)

    @property
    def email_grace(self) -> timedelta:
        """How long after a send an email may be read."""
        return timedelta(hours=24 * self.email_grace_days)
