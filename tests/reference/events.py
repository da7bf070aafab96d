"""Events: deduplicated, resolved, judged human or machine, classified (steps 2 to 5).

Belongs here: raw events up to the point where rules may see them. Does not: derived events (`derive`), rules (`rules`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from . import patterns, values
from .raw import latest_per_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from zoneinfo import ZoneInfo

    from .identity import People
    from .raw import Row
    from .rule_book import ContentRow, RuleBook

MAIL_PRIVACY_AGENT = "Mozilla/5.0"
BURST_CLICKS = 3
BURST_SPAN = timedelta(seconds=2)
Filling = TypeVar("Filling")


@dataclass(frozen=True, kw_only=True)
class Event:
    """One accepted, deduplicated or derived event; `contact_id` is null while it waits."""

    event_id: str
    contact_id: str | None
    event_type: str
    occurred_at: datetime
    activity_date: date
    object: str | None = None
    category: str | None = None
    product_id: str | None = None
    campaign: str | None = None
    value: float | None = None
    user_agent: str | None = None
    is_machine: bool | None = None
    machine_reason: str | None = None
    is_sales_ready: bool = False
    is_derived: bool = False

    @property
    def is_human(self) -> bool:
        """Whether no machine made it."""
        return self.machine_reason is None

    @property
    def moment(self) -> tuple[datetime, str]:
        """Its place in the order of a contact's events."""
        return (self.occurred_at, self.event_id)


def raw_events(
    rows: list[Row], people: People, contact_ids: Collection[str], rule_book: RuleBook, zone: ZoneInfo
) -> list[Event]:
    """Steps 2 to 5 on the accepted rows of `events`."""
    kept = latest_per_key("events", rows, first=("loaded_at", "occurred_at"))
    resolved = [resolve(row, people, contact_ids, zone) for row in kept]
    judged = judge_machines(resolved, rule_book)
    return [classify(event, rule_book) for event in judged]


def resolve(row: Row, people: People, contact_ids: Collection[str], zone: ZoneInfo) -> Event:
    """Step 3: a row as an event of its surviving contact, of none if that contact does not exist."""
    contact_id = people.resolve(row["contact_id"], row["anonymous_id"])
    return Event(
        event_id=row["event_id"],
        contact_id=contact_id if contact_id in contact_ids else None,
        event_type=row["event_type"],
        occurred_at=row["occurred_at"],
        activity_date=values.local_date(row["occurred_at"], zone),
        object=row["object"],
        category=row["category"],
        product_id=row["product_id"],
        campaign=row["campaign"],
        value=row["value"],
        user_agent=row["user_agent"],
        is_machine=row["is_machine"],
    )


def judge_machines(events: list[Event], rule_book: RuleBook) -> list[Event]:
    """Step 4: every event with its `machine_reason`, null for a human's."""
    in_burst = click_bursts(events)
    return [replace(event, machine_reason=machine_reason(event, in_burst, rule_book)) for event in events]


def machine_reason(event: Event, in_burst: Collection[str], rule_book: RuleBook) -> str | None:
    """The first reason to take an event for a machine's."""
    if event.is_machine is not None:
        return "source" if event.is_machine else None
    if any(patterns.fits(bot.pattern, event.user_agent) for bot in rule_book.bot_user_agents):
        return "user_agent"
    if event.event_type == "email_open" and event.user_agent == MAIL_PRIVACY_AGENT:
        return "mail_privacy"
    return "click_burst" if event.event_id in in_burst else None


def click_bursts(events: list[Event]) -> set[str]:
    """The ids of all clicks in a burst, whatever else is known of them."""
    clicks_of = defaultdict(list)
    for event in sorted(events, key=lambda event: event.moment):
        if event.event_type == "email_click" and event.contact_id is not None:
            clicks_of[event.contact_id].append(event)
    return {
        click.event_id
        for clicks in clicks_of.values()
        for start in range(len(clicks) - BURST_CLICKS + 1)
        for burst in [clicks[start : start + BURST_CLICKS]]
        if burst[-1].occurred_at - burst[0].occurred_at <= BURST_SPAN
        for click in burst
    }


def classify(event: Event, rule_book: RuleBook) -> Event:
    """Step 5: an event with what it lacks filled from the content map."""
    rows = sorted(
        (row for row in rule_book.content_map if content_fits(row, event)),
        # of equal patterns the row with an event type wins
        key=lambda row: (*patterns.winning_order(row.priority, row.object_pattern), row.event_type is None),
    )
    return replace(
        event,
        category=event.category or first_given(rows, lambda row: row.category),
        product_id=event.product_id or rule_book.spell_product(first_given(rows, lambda row: row.product_id)),
        is_sales_ready=first_given(rows, lambda row: row.is_sales_ready) or False,
    )


def content_fits(row: ContentRow, event: Event) -> bool:
    """Whether a row of the content map is about an event's object."""
    return same_name(row.event_type, event.event_type) and patterns.fits(row.object_pattern, event.object)


def same_name(wanted: str | None, name: str | None) -> bool:
    """Whether a name of the rule book, empty for any, is the one of an event."""
    return wanted is None or (name is not None and wanted.lower() == name.lower())


def first_given(rows: list[ContentRow], cell: Callable[[ContentRow], Filling | None]) -> Filling | None:
    """The cell of the winning row among those that give it."""
    return next((value for row in rows if (value := cell(row)) is not None), None)
