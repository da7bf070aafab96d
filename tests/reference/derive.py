"""Derived events: site visits, streaks of ignored emails, entered stages (step 6).

Belongs here: events that follow from others. Does not: points.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from . import values
from .events import Event

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from zoneinfo import ZoneInfo

    from .identity import People
    from .raw import Row
    from .rule_book import RuleBook

VISIT_GAP = timedelta(minutes=30)
STREAK = 3


@dataclass(frozen=True)
class StageEntry:
    """A contact's move into another stage than the one before."""

    contact_id: str
    stage_id: str
    changed_at: datetime
    entered_on: date


def site_visits(events: Iterable[Event]) -> list[Event]:
    """One event per visit of a contact: pages of one date, each less than 30 minutes after the one before."""
    pages = [
        event for event in events if event.event_type == "page_view" and event.is_human and event.contact_id is not None
    ]
    pages.sort(key=lambda page: (page.contact_id or "", page.activity_date, page.moment))
    visits: list[list[Event]] = []
    for _, pages_of_day in groupby(pages, key=lambda page: (page.contact_id, page.activity_date)):
        visit: list[Event] = []
        for page in pages_of_day:
            if visit and page.occurred_at - visit[-1].occurred_at >= VISIT_GAP:
                visits.append(visit)
                visit = []
            visit.append(page)
        visits.append(visit)
    return [visit_event(visit) for visit in visits]


def visit_event(pages: list[Event]) -> Event:
    """The event of one visit."""
    first, last = pages[0], pages[-1]
    return Event(
        event_id=f"site_visit:{first.event_id}",
        contact_id=first.contact_id,
        event_type="site_visit",
        occurred_at=last.occurred_at,
        activity_date=first.activity_date,
        object=first.object,
        value=float(len({page.object for page in pages if page.is_sales_ready and page.object is not None})),
        is_derived=True,
    )


def ignored_streaks(events: Iterable[Event], grace: timedelta, zone: ZoneInfo) -> list[Event]:
    """One event per third ignored send in a row."""
    events_of = defaultdict(list)
    for event in events:
        if event.contact_id is not None:
            events_of[event.contact_id].append(event)
    return [event for own in events_of.values() for event in _streaks_of_contact(own, grace, zone)]


def _streaks_of_contact(own: list[Event], grace: timedelta, zone: ZoneInfo) -> list[Event]:
    sends = [event for event in own if event.event_type == "email_sent" and event.is_human and event.object is not None]
    streaks = []
    ignored = 0
    for send in sorted(sends, key=lambda send: send.moment):
        fate = send_fate(send, own, grace)
        if fate == "read":
            ignored = 0
        elif fate == "ignored":
            ignored += 1
            if ignored % STREAK == 0:
                due = send.occurred_at + grace
                streaks.append(
                    Event(
                        event_id=f"email_ignored_streak:{send.event_id}",
                        contact_id=send.contact_id,
                        event_type="email_ignored_streak",
                        occurred_at=due,
                        activity_date=values.local_date(due, zone),
                        object=send.object,
                        is_derived=True,
                    )
                )
    return streaks


def send_fate(send: Event, own: list[Event], grace: timedelta) -> str:
    """Whether a send was `read`, `ignored`, or `unknown` because only a mail privacy proxy opened it."""
    reactions = [
        event
        for event in own
        if event.event_type in ("email_open", "email_click")
        and event.object == send.object
        and timedelta() <= event.occurred_at - send.occurred_at <= grace
    ]
    if any(event.is_human for event in reactions):
        return "read"
    if any(event.event_type == "email_open" and event.machine_reason == "mail_privacy" for event in reactions):
        return "unknown"
    return "ignored"


def stage_entries(
    changes: list[Row], people: People, contact_ids: Collection[str], rule_book: RuleBook, zone: ZoneInfo
) -> dict[str, list[StageEntry]]:
    """The entries of each contact in order; merged contacts' changes count for the survivor."""
    changes_of = defaultdict(list)
    for change in changes:
        contact_id = people.survivor(change["contact_id"])
        if contact_id in contact_ids:
            stage = rule_book.stage(change["stage_id"])
            changes_of[contact_id].append((change["changed_at"], stage.position if stage else -1, change["stage_id"]))
    entries: dict[str, list[StageEntry]] = {contact_id: [] for contact_id in contact_ids}
    for contact_id, moves in changes_of.items():
        before = None
        for changed_at, _, stage_id in sorted(moves):
            if stage_id != before:
                entered_on = values.local_date(changed_at, zone)
                entries[contact_id].append(StageEntry(contact_id, stage_id, changed_at, entered_on))
            before = stage_id
    return entries


def stage_event(entry: StageEntry) -> Event:
    """The event of one entry."""
    return Event(
        event_id=f"stage_entered:{entry.contact_id}:{entry.stage_id}:{values.iso(entry.changed_at)}",
        contact_id=entry.contact_id,
        event_type="stage_entered",
        occurred_at=entry.changed_at,
        activity_date=entry.entered_on,
        object=entry.stage_id,
        is_derived=True,
    )
