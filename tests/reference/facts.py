"""All that a run knows before it looks at a date: raw rows accepted, joined and derived (steps 1 to 7 and profiles).

Belongs here: the assembly of the other modules. Does not: rules of its own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import derive, events, fit, raw, rules, values
from .identity import People

if TYPE_CHECKING:
    from datetime import date

    from .derive import StageEntry
    from .events import Event
    from .fit import Profile
    from .raw import Raw, Row
    from .rule_book import RuleBook
    from .rules import Hit
    from .variables import Variables


@dataclass(frozen=True)
class Facts:
    """One run's knowledge; dictionaries by contact hold every listed contact."""

    rule_book: RuleBook
    variables: Variables
    rejected: list[Row]
    raw_event_count: int
    accepted_event_count: int
    events: list[Event]
    events_of: dict[str, list[Event]]
    entries_of: dict[str, list[StageEntry]]
    adjustments_of: dict[str, list[Row]]
    hits_of: dict[str, list[Hit]]
    profiles: dict[str, Profile]
    accounts: dict[str, Row]
    account_fit: dict[str, float]

    def first_seen(self, contact_id: str) -> date | None:
        """The earlier of a contact's creation and its first accepted event, null without both."""
        created_at = self.profiles[contact_id].contact["created_at"]
        days = [event.activity_date for event in self.events_of[contact_id] if not event.is_derived]
        days += [values.local_date(created_at, self.variables.zone)] if created_at else []
        return min(days, default=None)


def gather(source: Raw, rule_book: RuleBook, variables: Variables) -> Facts:
    """Steps 1 to 7 and the profiles, on all rows at once."""
    accepted = raw.accept(source, rule_book)
    rows = accepted.rows
    people = People(rows["identities"], rows["contact_merges"])
    contacts = {
        row["contact_id"]: row
        for row in raw.latest_per_key("contacts", rows["contacts"], first=("updated_at",))
        if people.survivor(row["contact_id"]) == row["contact_id"]
    }
    accounts = {
        row["account_id"]: row for row in raw.latest_per_key("accounts", rows["accounts"], first=("updated_at",))
    }
    zone = variables.zone
    base = events.raw_events(rows["events"], people, contacts, rule_book, zone)
    entries_of = derive.stage_entries(rows["stage_changes"], people, contacts, rule_book, zone)
    all_events = [
        *base,
        *derive.site_visits(base),
        *derive.ignored_streaks(base, variables.email_grace, zone),
        *(derive.stage_event(entry) for entries in entries_of.values() for entry in entries),
    ]
    contact_entities = _entities("contact", contacts, rows["contact_attributes"])
    account_entities = _entities("account", accounts, rows["account_attributes"])
    profiles = {}
    for contact_id, entity in contact_entities.items():
        account_id = fit.resolve_account(entity.row, accounts, rule_book)
        account = None if account_id is None else account_entities[account_id]
        profiles[contact_id] = fit.profile(entity, account, rule_book)
    return Facts(
        rule_book=rule_book,
        variables=variables,
        rejected=accepted.rejected,
        raw_event_count=len(source.rows("events")),
        accepted_event_count=len(rows["events"]),
        events=all_events,
        events_of=_by_contact(contacts, all_events),
        entries_of=entries_of,
        adjustments_of=_adjustments(rows["score_adjustments"], people, contacts),
        hits_of={contact_id: [] for contact_id in contacts} | rules.matches(all_events, rule_book),
        profiles=profiles,
        accounts=accounts,
        account_fit={account_id: fit.account_fit(entity, rule_book) for account_id, entity in account_entities.items()},
    )


def _entities(kind: str, rows: dict[str, Row], attribute_rows: list[Row]) -> dict[str, fit.Entity]:
    attributes = defaultdict(list)
    for row in attribute_rows:
        attributes[row[f"{kind}_id"]].append(row)
    return {key: fit.Entity(kind, row, attributes[key]) for key, row in rows.items()}


def _by_contact(contacts: dict[str, Row], all_events: list[Event]) -> dict[str, list[Event]]:
    events_of: dict[str, list[Event]] = {contact_id: [] for contact_id in contacts}
    for event in all_events:
        if event.contact_id is not None:
            events_of[event.contact_id].append(event)
    return events_of


def _adjustments(rows: list[Row], people: People, contacts: dict[str, Row]) -> dict[str, list[Row]]:
    adjustments: dict[str, list[Row]] = {contact_id: [] for contact_id in contacts}
    for row in raw.latest_per_key("score_adjustments", rows, first=()):
        contact_id = people.survivor(row["contact_id"])
        if contact_id in contacts:
            adjustments[contact_id].append(row)
    return adjustments
