"""What is said of a backtest, as plain values. Shares and rates are 0 to 1, times are days."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; None where there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class TopShare:
    """The first share of each day's list: what share of it converts, and how many times the rate of all.

    `recall`: the share of all conversions that is in it.
    """

    share: float
    precision: Estimate
    lift: Estimate
    recall: Estimate


@dataclass(frozen=True, kw_only=True)
class LeadTime:
    """How long before an opportunity people were first in the top `share`: `caught` of `converting` ever were."""

    share: float
    converting: int
    caught: int
    caught_share: Estimate
    median_days: Estimate
    shortest_quarter_days: float | None
    longest_quarter_days: float | None


@dataclass(frozen=True, kw_only=True)
class Decile:
    """A tenth of each day's list by lead score, 10 the best; ties stay together, so that one may be empty."""

    decile: int
    observations: int
    conversions: int
    rate: Estimate
    lift: Estimate
    lowest_score: float | None
    highest_score: float | None


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """The score read as a chance: rates learnt on days up to `learnt_until`, tried on days from `tried_from` on.

    `brier` is the mean squared error of the chance, `brier_of_rate` that of saying the rate of all; `bins`: mean chance
    and rate that came, of a tenth of what was tried each.
    """

    learnt_until: date
    tried_from: date
    observations: int
    brier: Estimate
    brier_of_rate: float
    bins: tuple[tuple[float, float], ...]

    @property
    def skill(self) -> float | None:
        """1: certain and right, 0: no better than the rate of all, below: worse."""
        if self.brier.value is None or not self.brier_of_rate:
            return None
        return 1 - self.brier.value / self.brier_of_rate


@dataclass(frozen=True, kw_only=True)
class RuleResult:
    """A rule: people it hit in the days before, and how often they convert compared with all others."""

    rule_id: str
    group_id: str
    description: str
    contacts: int
    observations: int
    conversions: int
    rate_with: Estimate
    rate_without: Estimate
    lift: Estimate


@dataclass(frozen=True, kw_only=True)
class SideResult:
    """How one rule book would have ranked."""

    name: str
    commit: str
    rule_book_hash: str
    auc: Mapping[str, Estimate]
    tops: tuple[TopShare, ...]
    lead_times: tuple[LeadTime, ...]
    deciles: tuple[Decile, ...]
    forecast: Forecast | None
    rules: tuple[RuleResult, ...]
    auc_by_hindsight: float | None


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Who was looked at. `known_late`: observations of whom less or something else was known that day than is now.

    `edited_later`: observations whose profile was edited after the day, so that what is known of it may be from later.
    """

    contacts: int
    observations: int
    conversions: int
    converting_contacts: int
    known_late: int
    edited_later: int
    sampled_share: float

    @property
    def base_rate(self) -> float:
        """The share of observations that convert."""
        return self.conversions / self.observations if self.observations else 0.0


@dataclass(frozen=True, kw_only=True)
class DayCount:
    """A judged day: people on its list and how many of them converted, and both AUCs of that day."""

    day: date
    contacts: int
    conversions: int
    auc_base: float | None
    auc_head: float | None


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """All of it. `differences`: head less base, by the name of the number."""

    first_day: date
    last_day: date
    days: tuple[DayCount, ...]
    days_left_out: int
    every_days: int
    horizon_days: int
    lookback_days: int
    last_known_day: date
    resamples: int
    seen: Seen
    base: SideResult
    head: SideResult
    differences: Mapping[str, Estimate]
    notes: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_one_rule_book(self) -> bool:
        """Base and head say the same, so that one of them is shown."""
        return self.base.rule_book_hash == self.head.rule_book_hash
