"""The record of days and what follows from it: threshold crossings with causes (step 20), the stage funnel of a day.

Belongs here: what one run writes down of a day, and turns from day to day. Does not: which days a run computes
(`reference`).
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from . import points, values
from .accounts import account_state
from .contacts import contact_state, is_within

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from .accounts import AccountState
    from .contacts import ContactState
    from .derive import StageEntry
    from .facts import Facts
    from .raw import Row
    from .rule_book import Stage, Threshold

FUNNEL_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class EntityDay:
    """What the record holds of a contact or an account on a day."""

    scores: dict[str, float]
    products: dict[str, float]
    grade: str | None
    temperature: str | None
    profile: object  # what, besides the fit score, makes the cause `profile` when it moves
    was_reset: bool
    was_active: bool
    was_adjusted: bool

    def score(self, score_id: str, product_id: str | None) -> float:
        """One score; a score or product without a row is 0."""
        if score_id == "product_interest":
            return self.products.get(product_id or "", 0.0)
        return self.scores.get(score_id, 0.0)


@dataclass(frozen=True, kw_only=True)
class Day:
    """One recorded day, as its run computed it."""

    as_of: date
    was_over: bool
    rule_book_hash: str
    thresholds: tuple[Threshold, ...]
    contacts: dict[str, EntityDay]
    accounts: dict[str, EntityDay]
    funnel: list[Row]

    def entities(self) -> list[tuple[tuple[str, str], EntityDay]]:
        """All recorded entities by kind and id."""
        kinds = {"contact": self.contacts, "account": self.accounts}
        return [((kind, entity_id), entity) for kind, rows in kinds.items() for entity_id, entity in rows.items()]


def compute_day(facts: Facts, as_of: date, first_day: date, was_over: bool, seen_accounts: set[str]) -> Day:
    """The record of a day by this run's facts; an entity is in it from the day it is seen.

    `seen_accounts` had a member on a recorded day before.
    """
    states = {contact_id: contact_state(contact_id, facts, as_of) for contact_id in facts.profiles}
    seen = {
        contact_id: state
        for contact_id, state in states.items()
        if (facts.first_seen(contact_id) or first_day) <= as_of
    }
    contacts = {contact_id: _contact_day(state, facts, as_of) for contact_id, state in seen.items()}
    accounts = {}
    for account_id in facts.accounts:
        members = {
            state.profile.contact_id
            for state in seen.values()
            if state.profile.account_id == account_id and not state.profile.is_excluded
        }
        if members or account_id in seen_accounts:
            state = account_state(account_id, facts, states)
            accounts[account_id] = _account_day(state, [contacts[member] for member in members], members)
    return Day(
        as_of=as_of,
        was_over=was_over,
        rule_book_hash=facts.rule_book.digest,
        thresholds=facts.rule_book.thresholds,
        contacts=contacts,
        accounts=accounts,
        funnel=stage_funnel(list(seen.values()), facts, as_of),
    )


def _contact_day(state: ContactState, facts: Facts, as_of: date) -> EntityDay:
    contact_id = state.profile.contact_id
    return EntityDay(
        scores={**state.group_scores, "fit": state.profile.fit_score, "lead": state.lead_score},
        products=_not_zero(state.interests),
        grade=state.lead_grade,
        temperature=state.temperature,
        profile=(state.profile.is_excluded, state.profile.account_id),
        was_reset=any(
            entry.entered_on == as_of and points.is_reset(entry, facts.rule_book)
            for entry in facts.entries_of[contact_id]
        ),
        was_active=any(
            line.source == "rule" and line.is_credited and line.activity_date == as_of for line in state.lines
        ),
        was_adjusted=any(
            as_of in (adjustment["effective_date"], adjustment["expires_date"])
            for adjustment in facts.adjustments_of[contact_id]
            if adjustment["expires_date"] is None or adjustment["expires_date"] > adjustment["effective_date"]
        ),
    )


def _account_day(state: AccountState, members: list[EntityDay], member_ids: set[str]) -> EntityDay:
    return EntityDay(
        scores={"activity": state.activity_score, "fit": state.fit_score},
        products=_not_zero(state.interests),
        grade=state.grade,
        temperature=None,
        profile=frozenset(member_ids),
        was_reset=any(member.was_reset for member in members),
        was_active=any(member.was_active for member in members),
        was_adjusted=any(member.was_adjusted for member in members),
    )


def _not_zero(interests: list[points.Interest]) -> dict[str, float]:
    return {interest.product_id: interest.score for interest in interests if values.rounded(interest.score) != 0}


def stage_funnel(seen: list[ContactState], facts: Facts, as_of: date) -> list[Row]:
    """One row per stage; `seen` are the contacts in the history of the day."""
    listed = [state for state in seen if not state.profile.is_excluded]
    staged = [state for state in listed if state.stage is not None]
    rows = []
    for stage in facts.rule_book.stages:
        inside = [state for state in staged if state.stage == stage]
        entries_of = [
            [entry for entry in facts.entries_of[state.profile.contact_id] if entry.entered_on <= as_of]
            for state in listed
        ]
        rows.append(
            {
                "as_of_date": as_of,
                "stage_id": stage.stage_id,
                "stage_position": stage.position,
                "contacts": len(inside),
                "share": len(inside) / len(staged) if staged else 0.0,
                "entered_30d": sum(_has_entered(stage, entries, as_of) for entries in entries_of),
                "moved_on_30d": sum(_has_moved_on(stage, entries, facts, as_of) for entries in entries_of),
                "median_days_in_stage": float(statistics.median([state.days_in_stage or 0 for state in inside]))
                if inside
                else None,
                "mean_lead_score": statistics.fmean([state.lead_score for state in inside]) if inside else None,
            }
        )
    return rows


def _has_entered(stage: Stage, entries: list[StageEntry], as_of: date) -> bool:
    return any(
        entry.stage_id == stage.stage_id and is_within(entry.entered_on, as_of, FUNNEL_DAYS) for entry in entries
    )


def _has_moved_on(stage: Stage, entries: list[StageEntry], facts: Facts, as_of: date) -> bool:
    return any(
        entry.stage_id == stage.stage_id
        and (next_stage := facts.rule_book.stage(following.stage_id)) is not None
        and next_stage.position > stage.position
        and not next_stage.is_disqualified
        and is_within(following.entered_on, as_of, FUNNEL_DAYS)
        for entry, following in pairwise(entries)
    )


class Watch(NamedTuple):
    """What a threshold watches: one entity, for product interest one product of it."""

    entity: str
    entity_id: str
    threshold_id: str
    product_id: str | None


def crossings(days: list[Day]) -> list[Row]:
    """Step 20: the turns over the recorded days, in order of date."""
    rows = []
    state_of: dict[Watch, bool] = {}
    rows_before: dict[tuple[str, str], EntityDay] = {}
    seen_products: dict[tuple[str, str], set[str]] = defaultdict(set)
    evaluated: set[str] = set()
    for index, day in enumerate(days):
        is_new_rule_book = index > 0 and days[index - 1].rule_book_hash != day.rule_book_hash
        products_before = {key: set(products) for key, products in seen_products.items()}
        for key, entity in day.entities():
            seen_products[key] |= entity.products.keys()
        for watch, threshold, entity in _watches(day, seen_products):
            was_above = state_of.get(watch, False)
            score = entity.score(threshold.score_id, watch.product_id)
            is_above = turn(threshold, score, was_above)
            state_of[watch] = is_above
            if is_above != was_above and threshold.threshold_id in evaluated:
                before = rows_before.get(watch[:2])
                was_seen = before and (not watch.product_id or watch.product_id in products_before.get(watch[:2], ()))
                score_before = before.score(threshold.score_id, watch.product_id) if before and was_seen else None
                why = cause(threshold, is_above, entity, before, is_new_rule_book)
                rows.append(_crossing_row(watch, threshold, is_above, day.as_of, score_before, score, why))
        evaluated |= {threshold.threshold_id for threshold in day.thresholds}
        # A replay may take an entity out of a day between two others: it was not there the day before then.
        rows_before = dict(day.entities())
    return rows


def _watches(day: Day, seen_products: dict[tuple[str, str], set[str]]) -> Iterator[tuple[Watch, Threshold, EntityDay]]:
    for threshold in day.thresholds:
        for (kind, entity_id), entity in day.entities():
            if kind == threshold.entity:
                for product_id in _watched_products(threshold, seen_products[kind, entity_id]):
                    yield Watch(kind, entity_id, threshold.threshold_id, product_id), threshold, entity


def _watched_products(threshold: Threshold, seen: set[str]) -> Sequence[str | None]:
    if threshold.score_id != "product_interest":
        return [None]
    wanted = threshold.product_id
    return [product_id for product_id in seen if wanted is None or product_id.lower() == wanted.lower()]


def _crossing_row(
    watch: Watch,
    threshold: Threshold,
    is_above: bool,
    as_of: date,
    score_before: float | None,
    score_after: float,
    why: str,
) -> Row:
    return {
        "crossing_id": "|".join([*watch[:3], watch.product_id or "", as_of.isoformat()]),
        **watch._asdict(),
        "direction": "up" if is_above else "down",
        "as_of_date": as_of,
        "score_before": score_before,
        "score_after": score_after,
        "threshold_value": threshold.value,
        "action": threshold.action,
        "cause": why,
    }


def turn(threshold: Threshold, score: float, was_above: bool) -> bool:
    """The state after a score: above when the value is met, below when under the re-arm value, else as it was."""
    exact, value = values.rounded(score), values.rounded(threshold.value)
    is_met = exact >= value if threshold.comparison == ">=" else exact > value
    if is_met:
        return True
    if threshold.rearm_below is None or exact < values.rounded(threshold.rearm_below):
        return False
    return was_above


def cause(
    threshold: Threshold, is_above: bool, entity: EntityDay, before: EntityDay | None, is_new_rule_book: bool
) -> str:
    """The first cause that holds; `before` is the entity's row of the day before, None if it was not there."""
    if is_new_rule_book:
        return "rules"
    if threshold.score_id == "fit":
        return "profile"
    if entity.was_reset and not is_above:
        return "reset"
    if entity.was_active:
        return "activity"
    if entity.was_adjusted:
        return "adjustment"
    has_moved = (
        before is None
        or before.profile != entity.profile
        or values.rounded(before.scores["fit"]) != values.rounded(entity.scores["fit"])
    )
    return "profile" if has_moved else "decay"
