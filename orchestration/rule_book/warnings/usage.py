"""Rules against what has happened: which of them hit nothing. Somebody else reads the warehouse."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING

from orchestration.rule_book.errors import quoted
from orchestration.rule_book.warnings.finding import Kind, RuleBookWarning, warning
from orchestration.rule_book.warnings.names import near_miss

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from orchestration.rule_book.files import PointRule, RuleBook


@dataclass(frozen=True)
class Condition:
    """What decides whether a rule hits an event."""

    event_type: str
    object_pattern: str | None
    category: str | None
    campaign_pattern: str | None
    min_value: float | None
    max_value: float | None
    valid_from: date | None
    valid_to: date | None

    @classmethod
    def of(cls, rule: PointRule) -> Condition:
        """That of a rule."""
        return cls(*(getattr(rule, field.name) for field in fields(cls)))


@dataclass(frozen=True)
class Usage:
    """What a build says of the `days` days up to `as_of`: the rules that hit something, credited or not.

    `built` has the condition of each enabled rule by which the warehouse was built; `event_types` are those of all
    accepted events.
    """

    as_of: date
    days: int
    hit: Collection[str]
    built: Mapping[str, Condition]
    event_types: Collection[str]


def unused_rules(book: RuleBook, usage: Usage) -> Iterator[RuleBookWarning]:
    """Rules without a hit, of those that were built as they are and valid all the time."""
    first_day = usage.as_of - timedelta(days=usage.days - 1)
    seen = {event_type.lower() for event_type in usage.event_types}
    for rule in book.point_rules:
        was_valid = (rule.valid_from or first_day) <= first_day and (rule.valid_to or usage.as_of) >= usage.as_of
        is_built = usage.built.get(rule.rule_id) == Condition.of(rule)
        if rule.enabled and is_built and was_valid and rule.rule_id not in usage.hit:
            message = f"it hit nothing in the {usage.days} days up to {usage.as_of}"
            if rule.event_type.lower() not in seen:
                meant = near_miss(rule.event_type, usage.event_types)
                message += f"; no event of type {quoted(rule.event_type)} was ever accepted"
                message += f", did you mean {quoted(meant)}?" if meant else ""
            yield warning(rule, "rule_id", Kind.W601, message)
