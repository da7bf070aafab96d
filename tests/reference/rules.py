"""Rules on events: matching and capping (steps 7 and 8).

Belongs here: which events a rule credits. Does not: what a credit is worth on a date (`points`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import patterns
from .events import Event, same_name

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import date

    from .rule_book import PointRule, RuleBook


@dataclass(frozen=True)
class Hit:
    """One event under one rule, credited or not."""

    rule: PointRule
    event: Event
    is_credited: bool = False


def matches(events: list[Event], rule_book: RuleBook) -> dict[str, list[Hit]]:
    """Step 7: the hits of each contact; only human events of known contacts hit."""
    hits: dict[str, list[Hit]] = defaultdict(list)
    for event in events:
        if event.contact_id is not None and event.is_human:
            hits[event.contact_id] += [Hit(rule, event) for rule in rule_book.point_rules if rule_fits(rule, event)]
    return hits


def rule_fits(rule: PointRule, event: Event) -> bool:
    """Whether every condition of an enabled rule holds for an event."""
    return (
        rule.enabled
        and same_name(rule.event_type, event.event_type)
        and patterns.fits(rule.object_pattern, event.object)
        and same_name(rule.category, event.category)
        and patterns.fits(rule.campaign_pattern, event.campaign)
        and (rule.min_value is None or (event.value is not None and event.value >= rule.min_value))
        and (rule.max_value is None or (event.value is not None and event.value <= rule.max_value))
        and (rule.valid_from is None or event.activity_date >= rule.valid_from)
        and (rule.valid_to is None or event.activity_date <= rule.valid_to)
    )


def credit(hits: list[Hit], as_of: date) -> list[Hit]:
    """Step 8: one contact's hits up to a date, the earliest of each capped scope credited."""
    known = sorted((hit for hit in hits if hit.event.activity_date <= as_of), key=lambda hit: hit.event.moment)
    used: dict[Hashable, int] = defaultdict(int)
    credited = []
    for hit in known:
        scope = (hit.rule.rule_id, cap_scope(hit))
        used[scope] += 1
        within = hit.rule.max_hits is None or used[scope] <= hit.rule.max_hits
        credited.append(Hit(hit.rule, hit.event, within))
    return credited


def cap_scope(hit: Hit) -> Hashable:
    """What a hit shares its cap with, besides contact and rule."""
    event = hit.event
    year, week, _ = event.activity_date.isocalendar()
    scopes: dict[str | None, Hashable] = {
        "day": event.activity_date,
        "week": (year, week),
        "month": (event.activity_date.year, event.activity_date.month),
        "object": event.object,
        "object_day": (event.object, event.activity_date),
        "lifetime": None,
        None: None,
    }
    return scopes[hit.rule.per]
