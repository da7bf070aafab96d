"""What is proposed, as plain values. Coefficients are log-odds per undecayed hit, AUC and shares 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from orchestration.backtest.content import Estimate


@dataclass(frozen=True, kw_only=True)
class RuleProposal:
    """One rule: its numbers now and proposed, and what is behind them.

    `people` were hit on some judged day, `converting` of them before a conversion, on a day that is learnt from. Where
    a rule could not be learnt its numbers stay, `why_not` says why, and there is no coefficient.
    """

    rule_id: str
    description: str
    points: float
    proposed_points: float
    decay_days: float | None
    proposed_decay_days: float | None
    people: int
    converting: int
    coefficient: Estimate
    points_interval: Estimate
    why_not: str = ""

    @property
    def is_changed(self) -> bool:
        """Whether another number is proposed."""
        return (self.points, self.decay_days) != (self.proposed_points, self.proposed_decay_days)

    @property
    def is_clear(self) -> bool:
        """Whether the points that stand there lie outside what the data allow."""
        low, high = self.points_interval.low, self.points_interval.high
        return low is not None and high is not None and not low <= self.points <= high


@dataclass(frozen=True, kw_only=True)
class Trial:
    """How lead scores rank days from `tried_from` to `tried_to`, which no number was learnt from or chosen by.

    `is_held_out` False: the period was too short for that, and the same days chose how far to move.
    """

    learnt_until: date
    tried_from: date
    tried_to: date
    auc_before: Estimate
    auc_after: Estimate
    difference: Estimate
    is_held_out: bool


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A proposal with its evidence."""

    rule_book: str
    commit: str
    first_day: date
    last_day: date
    judged_days: int
    horizon_days: int
    observations: int
    contacts: int
    converting_contacts: int
    penalty: float
    rules: tuple[RuleProposal, ...]
    trial: Trial
    notes: tuple[str, ...]
    seconds: Mapping[str, float]

    @property
    def changed(self) -> tuple[RuleProposal, ...]:
        """The rules with another number."""
        return tuple(rule for rule in self.rules if rule.is_changed)
