"""Points on a date: resets, decay, adjustments, inactivity, clamps, product interest (steps 9 to 14).

Belongs here: the lines of a contact's ledger and their sums. Does not: what a score means (`contacts`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import rules, values

if TYPE_CHECKING:
    from datetime import date

    from .derive import StageEntry
    from .facts import Facts
    from .raw import Row
    from .rule_book import PointRule, RuleBook
    from .rules import Hit


@dataclass(frozen=True, kw_only=True)
class Line:
    """One hit, adjustment or inactivity in force, on a date; points are 0 unless it counts."""

    group_id: str
    rule_id: str
    source: str
    description: str | None
    activity_date: date
    object: str | None = None
    product_id: str | None = None
    is_credited: bool = True
    is_counted: bool
    full_points: float
    decay_factor: float = 1.0
    hit: Hit | None = None

    @property
    def points(self) -> float:
        """Counted points before decay."""
        return self.full_points if self.is_counted else 0.0

    @property
    def decayed_points(self) -> float:
        """Counted points after decay."""
        return self.points * self.decay_factor


@dataclass(frozen=True)
class Interest:
    """A contact's or account's interest in one product."""

    product_id: str
    score: float
    last_activity_date: date | None


def last_entry(entries: list[StageEntry], as_of: date) -> StageEntry | None:
    """The entry into the stage that a contact is in on a date."""
    return next((entry for entry in reversed(entries) if entry.entered_on <= as_of), None)


def last_reset(entries: list[StageEntry], rule_book: RuleBook, as_of: date) -> StageEntry | None:
    """Step 9: the last entry up to a date into a stage that resets the score."""
    return last_entry([entry for entry in entries if is_reset(entry, rule_book)], as_of)


def is_reset(entry: StageEntry, rule_book: RuleBook) -> bool:
    """Whether an entry resets the score."""
    stage = rule_book.stage(entry.stage_id)
    return stage is not None and stage.resets_score


def decay_factor(rule: PointRule, age_days: int) -> float:
    """Step 10: what is left of a point after some days."""
    days = rule.decay_days or math.inf
    factors = {
        "none": 1.0,
        "half_life": math.pow(2, -age_days / days),
        "linear": max(0.0, 1.0 - age_days / days),
        "window": 1.0 if age_days < days else 0.0,
    }
    return factors[rule.decay]


def ledger(contact_id: str, facts: Facts, as_of: date) -> list[Line]:
    """Steps 8 to 12: all lines of a contact on a date."""
    is_excluded = facts.profiles[contact_id].is_excluded
    reset = last_reset(facts.entries_of[contact_id], facts.rule_book, as_of)
    return [
        *(hit_line(hit, reset, is_excluded, as_of) for hit in rules.credit(facts.hits_of[contact_id], as_of)),
        *(
            adjustment_line(row, reset, is_excluded)
            for row in facts.adjustments_of[contact_id]
            if is_in_force(row, as_of)
        ),
        *inactivity_lines(last_activity(contact_id, facts, as_of), is_excluded, facts.rule_book, as_of),
    ]


def hit_line(hit: Hit, reset: StageEntry | None, is_excluded: bool, as_of: date) -> Line:
    """A hit: counted if credited and after the last reset."""
    is_reset_away = reset is not None and hit.event.occurred_at <= reset.changed_at
    return Line(
        group_id=hit.rule.group_id,
        rule_id=hit.rule.rule_id,
        source="rule",
        description=hit.rule.description,
        activity_date=hit.event.activity_date,
        object=hit.event.object,
        product_id=hit.event.product_id,
        is_credited=hit.is_credited,
        is_counted=hit.is_credited and not is_reset_away and not is_excluded,
        full_points=hit.rule.points,
        decay_factor=decay_factor(hit.rule, (as_of - hit.event.activity_date).days),
        hit=hit,
    )


def is_in_force(adjustment: Row, as_of: date) -> bool:
    """Step 11: from the effective date until before the expiry."""
    expires: date | None = adjustment["expires_date"]
    effective: date = adjustment["effective_date"]
    return effective <= as_of and (expires is None or as_of < expires)


def adjustment_line(adjustment: Row, reset: StageEntry | None, is_excluded: bool) -> Line:
    """An adjustment in force: counted unless effective on or before the date of the last reset."""
    is_reset_away = reset is not None and adjustment["effective_date"] <= reset.entered_on
    return Line(
        group_id=adjustment["group_id"],
        rule_id=f"adjustment:{adjustment['adjustment_id']}",
        source="adjustment",
        description=adjustment["reason"],
        activity_date=adjustment["effective_date"],
        is_counted=not is_reset_away and not is_excluded,
        full_points=adjustment["points"],
    )


def last_activity(contact_id: str, facts: Facts, as_of: date) -> date | None:
    """The date of a contact's last human event that is activity."""
    ignored = {event_type.lower() for event_type in facts.variables.not_activity_event_types}
    return max(
        (
            event.activity_date
            for event in facts.events_of[contact_id]
            if event.is_human
            and not event.is_derived
            and event.event_type not in ignored
            and event.activity_date <= as_of
        ),
        default=None,
    )


def inactivity_lines(last: date | None, is_excluded: bool, rule_book: RuleBook, as_of: date) -> list[Line]:
    """Step 12: per group the deduction for the longest silence reached."""
    if last is None:
        return []
    silence = (as_of - last).days
    longest = {}
    for rule in sorted(rule_book.inactivity_rules, key=lambda rule: rule.after_days):
        if rule.enabled and silence >= rule.after_days:
            longest[rule.group_id] = rule
    return [
        Line(
            group_id=rule.group_id,
            rule_id=rule.rule_id,
            source="inactivity",
            description=rule.description,
            activity_date=as_of,
            is_counted=not is_excluded,
            full_points=rule.points,
        )
        for rule in longest.values()
    ]


def group_scores(lines: list[Line], rule_book: RuleBook) -> dict[str, float]:
    """Step 13: every score made of groups, groups clamped, then the sum."""
    totals: dict[str, float] = defaultdict(float)
    for group in rule_book.score_groups:
        points = sum(line.decayed_points for line in lines if line.group_id == group.group_id)
        totals[group.score_id] += values.clamp(points, group.min_points, group.max_points)
    made_of_groups = ["activity", *(score.score_id for score in rule_book.custom_scores())]
    return {score_id: rule_book.clamp(score_id, totals[score_id]) for score_id in made_of_groups}


def product_interest(lines: list[Line], rule_book: RuleBook) -> list[Interest]:
    """Step 14: the interest in every product with counted hits."""
    counted = [
        line
        for line in lines
        if line.hit is not None
        and line.hit.rule.counts_for_interest
        and line.is_counted
        and line.product_id is not None
    ]
    lines_of = defaultdict(list)
    for line in counted:
        lines_of[line.product_id or ""].append(line)
    return [
        Interest(
            product_id,
            rule_book.clamp("product_interest", sum(line.decayed_points for line in own)),
            max(line.activity_date for line in own),
        )
        for product_id, own in lines_of.items()
    ]


def top_product(interests: list[Interest]) -> Interest | None:
    """The product with the highest score above 0: of equals the later activity, then the lower id."""
    positive = [interest for interest in interests if values.rounded(interest.score) > 0]
    lowest_first = sorted(positive, key=lambda interest: interest.product_id)
    return max(
        lowest_first,
        key=lambda interest: (values.rounded(interest.score), values.order(interest.last_activity_date)),
        default=None,
    )
