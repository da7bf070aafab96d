"""The published tables of section 4: columns, grain, rows.

Belongs here: what readers see. Does not: how it is computed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from . import values
from .accounts import account_state
from .contacts import contact_state
from .history import crossings

if TYPE_CHECKING:
    from datetime import date

    from .accounts import AccountState
    from .contacts import ContactState
    from .events import Event
    from .facts import Facts
    from .history import Day, EntityDay
    from .points import Line
    from .raw import Row

# the columns that make a row unique; `rejected_rows` has none
GRAIN: dict[str, tuple[str, ...]] = {
    "contact_scores": ("contact_id",),
    "custom_scores": ("contact_id", "score_id"),
    "product_interest_scores": ("contact_id", "product_id"),
    "account_scores": ("account_id",),
    "account_product_interest": ("account_id", "product_id"),
    "score_ledger": ("contact_id", "rule_id", "activity_date", "object", "product_id"),
    "score_contributions": ("contact_id", "group_id", "rule_id"),
    "fit_contributions": ("contact_id", "criterion_id"),
    "score_history": ("as_of_date", "contact_id"),
    "account_score_history": ("as_of_date", "account_id"),
    "product_interest_history": ("as_of_date", "contact_id", "product_id"),
    "custom_score_history": ("as_of_date", "contact_id", "score_id"),
    "threshold_crossings": ("as_of_date", "entity", "entity_id", "threshold_id", "product_id"),
    "nurture_segments": ("contact_id", "segment"),
    "stage_funnel": ("as_of_date", "stage_id"),
    "event_log": ("event_id",),
    "rejected_rows": ("source_table", "row_key", "reason", "loaded_at"),
    "event_outcomes": ("outcome",),
}
OUTCOMES = ("rejected", "duplicate", "waiting", "machine", "scored", "unmatched")
STALLED_MIN_SCORE = 50


def publish(facts: Facts, record: dict[date, Day]) -> dict[str, list[Row]]:
    """All tables: the latest ones as of the last recorded day, the history as recorded."""
    days = [record[as_of] for as_of in sorted(record)]
    as_of = days[-1].as_of
    states = {contact_id: contact_state(contact_id, facts, as_of) for contact_id in facts.profiles}
    contacts = list(states.values())
    accounts = [account_state(account_id, facts, states) for account_id in facts.accounts]
    log = [_event_row(event, outcome(event, facts)) for event in facts.events]
    return {
        "contact_scores": [_contact_row(state, facts, record) for state in contacts],
        "custom_scores": [row for state in contacts for row in _custom_rows(state, facts)],
        "product_interest_scores": [row for state in contacts for row in _interest_rows(state, facts)],
        "account_scores": [_account_row(state, as_of) for state in accounts],
        "account_product_interest": [row for state in accounts for row in _account_interest_rows(state, as_of)],
        "score_ledger": [row for state in contacts for row in _ledger_rows(state)],
        "score_contributions": [row for state in contacts for row in _contribution_rows(state, facts)],
        "fit_contributions": [row for state in contacts for row in _fit_rows(state)],
        "score_history": [row for day in days for row in _score_history(day)],
        "account_score_history": [row for day in days for row in _account_history(day)],
        "product_interest_history": [row for day in days for row in _product_history(day)],
        "custom_score_history": [row for day in days for row in _custom_history(day)],
        "threshold_crossings": crossings(days),
        "nurture_segments": [
            {"contact_id": state.profile.contact_id, "as_of_date": as_of, "segment": segment}
            for state in contacts
            for segment in segments(state, facts)
        ],
        "stage_funnel": [row for day in days for row in day.funnel],
        "event_log": log,
        "rejected_rows": facts.rejected,
        "event_outcomes": _outcome_rows(log, facts),
    }


def _contact_row(state: ContactState, facts: Facts, record: dict[date, Day]) -> Row:
    profile, contact, title = state.profile, state.profile.contact, state.profile.title
    week_ago = record.get(state.as_of - timedelta(days=7))
    then = week_ago.contacts.get(profile.contact_id) if week_ago else None
    return {
        "contact_id": profile.contact_id,
        "account_id": profile.account_id,
        "email": contact["email"],
        "full_name": contact["full_name"],
        "job_title": contact["job_title"],
        "seniority": title.seniority if title else None,
        "buying_role": title.buying_role if title else None,
        "as_of_date": state.as_of,
        "activity_score": state.activity_score,
        "fit_score": profile.fit_score,
        "lead_score": state.lead_score,
        "fit_completeness": profile.fit_completeness,
        "fit_grade": state.fit_grade,
        "activity_level": state.activity_level,
        "lead_grade": state.lead_grade,
        "is_qualified": state.is_qualified,
        "temperature": state.temperature,
        "recommended_action": state.grade.recommended_action if state.grade and state.temperature != "dead" else None,
        "top_product_id": state.top_product.product_id if state.top_product else None,
        "top_product_score": state.top_product.score if state.top_product else 0.0,
        "last_activity_date": state.last_activity,
        "days_since_last_activity": (state.as_of - state.last_activity).days if state.last_activity else None,
        "activity_score_7d_ago": then.scores["activity"] if then else None,
        "is_qualified_7d_ago": _was_qualified(then, facts) if then else None,
        "is_surging": state.is_surging,
        "has_act_now": state.has_act_now,
        "stage_id": state.entry.stage_id if state.entry else None,
        "is_excluded": profile.is_excluded,
        "exclusion_reason": profile.exclusion.reason if profile.exclusion else None,
        "is_contactable": state.is_contactable,
        "rule_book_hash": facts.rule_book.digest,
    }


def _was_qualified(then: EntityDay, facts: Facts) -> bool:
    goes_to_sales = {grade.lead_grade for grade in facts.rule_book.lead_grades if grade.is_qualified}
    return then.temperature != "dead" and then.grade in goes_to_sales


def _custom_rows(state: ContactState, facts: Facts) -> list[Row]:
    return [
        {
            "contact_id": state.profile.contact_id,
            "score_id": score.score_id,
            "as_of_date": state.as_of,
            "score": state.group_scores[score.score_id],
            "band": facts.rule_book.band(score.score_id, state.group_scores[score.score_id]),
        }
        for score in facts.rule_book.custom_scores()
    ]


def _interest_rows(state: ContactState, facts: Facts) -> list[Row]:
    names = {product.product_id: product.product_name for product in facts.rule_book.products}
    return [
        {
            "contact_id": state.profile.contact_id,
            "product_id": interest.product_id,
            "product_name": names.get(interest.product_id),
            "as_of_date": state.as_of,
            "score": interest.score,
            "last_activity_date": interest.last_activity_date,
        }
        for interest in state.interests
        if values.rounded(interest.score) > 0
    ]


def _account_row(state: AccountState, as_of: date) -> Row:
    scores = state.member_scores
    return {
        "account_id": state.account["account_id"],
        "account_name": state.account["account_name"],
        "domain": state.account["domain"],
        "as_of_date": as_of,
        "account_activity_score": state.activity_score,
        "account_fit_score": state.fit_score,
        "fit_grade": state.fit_grade,
        "activity_level": state.activity_level,
        "account_grade": state.grade,
        "is_qualified": state.is_qualified,
        "member_count": len(scores),
        "breadth": state.breadth,
        "sum_activity": sum(scores),
        "max_activity": max(scores, default=0.0),
        "mean_activity": sum(scores) / len(scores) if scores else 0.0,
        "roles_covered": state.roles_covered,
        "committee_coverage": state.roles_covered / state.roles_required if state.roles_required else None,
        "top_product_id": state.top_product.product_id if state.top_product else None,
        "top_product_score": state.top_product.score if state.top_product else 0.0,
        "is_surging": any(member.is_surging for member in state.members),
        "last_activity_date": state.last_activity,
    }


def _account_interest_rows(state: AccountState, as_of: date) -> list[Row]:
    return [
        {
            "account_id": state.account["account_id"],
            "product_id": interest.product_id,
            "as_of_date": as_of,
            "score": interest.score,
        }
        for interest in state.interests
        if values.rounded(interest.score) > 0
    ]


def _ledger_rows(state: ContactState) -> list[Row]:
    lines_of: dict[tuple[object, ...], list[Line]] = defaultdict(list)
    for line in state.lines:
        lines_of[line.rule_id, line.activity_date, line.object, line.product_id].append(line)
    return [
        {
            "contact_id": state.profile.contact_id,
            "group_id": lines[0].group_id,
            "rule_id": lines[0].rule_id,
            "source": lines[0].source,
            "activity_date": lines[0].activity_date,
            "object": lines[0].object,
            "product_id": lines[0].product_id,
            "hits": len(lines),
            "credited_hits": sum(line.is_credited for line in lines),
            "counted_hits": sum(line.is_counted for line in lines),
            "points": sum(line.points for line in lines),
            "decayed_points": sum(line.decayed_points for line in lines),
        }
        for lines in lines_of.values()
    ]


def _contribution_rows(state: ContactState, facts: Facts) -> list[Row]:
    lines_of = defaultdict(list)
    for line in state.lines:
        if line.is_counted:
            lines_of[line.rule_id].append(line)
    score_of = {group.group_id: group.score_id for group in facts.rule_book.score_groups}
    return [
        {
            "contact_id": state.profile.contact_id,
            "score_id": score_of[lines[0].group_id],
            "group_id": lines[0].group_id,
            "rule_id": rule_id,
            "description": lines[0].description,
            "counted_hits": len(lines),
            "decayed_points": sum(line.decayed_points for line in lines),
            "last_activity_date": max(line.activity_date for line in lines),
        }
        for rule_id, lines in lines_of.items()
    ]


def _fit_rows(state: ContactState) -> list[Row]:
    return [
        {
            "contact_id": state.profile.contact_id,
            "criterion_id": result.criterion.criterion_id,
            "rule_ids": "|".join(result.rule_ids) or None,
            "attribute_value": "|".join(result.read_values) or None,
            "criterion_points": result.points,
            "weight": result.criterion.weight,
            "weighted_points": result.weighted_points,
        }
        for result in state.profile.criteria
    ]


def _score_history(day: Day) -> list[Row]:
    return [
        {
            "as_of_date": day.as_of,
            "contact_id": contact_id,
            "activity_score": entity.scores["activity"],
            "fit_score": entity.scores["fit"],
            "lead_score": entity.scores["lead"],
            "lead_grade": entity.grade,
            "temperature": entity.temperature,
            "rule_book_hash": day.rule_book_hash,
        }
        for contact_id, entity in day.contacts.items()
    ]


def _account_history(day: Day) -> list[Row]:
    return [
        {
            "as_of_date": day.as_of,
            "account_id": account_id,
            "account_activity_score": entity.scores["activity"],
            "account_fit_score": entity.scores["fit"],
            "account_grade": entity.grade,
        }
        for account_id, entity in day.accounts.items()
    ]


def _product_history(day: Day) -> list[Row]:
    return [
        {"as_of_date": day.as_of, "contact_id": contact_id, "product_id": product_id, "score": score}
        for contact_id, entity in day.contacts.items()
        for product_id, score in entity.products.items()
    ]


def _custom_history(day: Day) -> list[Row]:
    return [
        {"as_of_date": day.as_of, "contact_id": contact_id, "score_id": score_id, "score": score}
        for contact_id, entity in day.contacts.items()
        for score_id, score in entity.scores.items()
        if score_id not in ("activity", "fit", "lead") and values.rounded(score) != 0
    ]


def segments(state: ContactState, facts: Facts) -> list[str]:
    """The nurture segments of a contact."""
    if state.temperature == "dead":
        return []
    days_in_stage = state.days_in_stage
    holds = {
        "qualified": state.is_qualified,
        "hot": state.temperature == "hot" and not state.is_qualified,
        "surging": state.is_surging,
        "stalled_in_stage": values.rounded(state.activity_score) >= STALLED_MIN_SCORE
        and days_in_stage is not None
        and days_in_stage >= facts.variables.stalled_after_days
        and state.stage is not None
        and not state.stage.is_customer,
        "high_fit_low_activity": state.fit_grade in ("A", "B") and state.activity_level in ("1", "2"),
        "high_activity_low_fit": state.activity_level in ("3", "4") and state.fit_grade == "D",
        "cold": state.temperature == "cold" and state.last_activity is not None,
        "never_active": state.last_activity is None,
    }
    return [segment for segment, is_member in holds.items() if is_member]


def outcome(event: Event, facts: Facts) -> str:
    """What became of an accepted event, whatever the date."""
    if event.contact_id is None:
        return "waiting"
    if not event.is_human:
        return "machine"
    is_hit = any(hit.event.event_id == event.event_id for hit in facts.hits_of[event.contact_id])
    return "scored" if is_hit else "unmatched"


def _event_row(event: Event, result: str) -> Row:
    return {
        "event_id": event.event_id,
        "contact_id": event.contact_id,
        "event_type": event.event_type,
        "object": event.object,
        "category": event.category,
        "product_id": event.product_id,
        "campaign": event.campaign,
        "value": event.value,
        "occurred_at": event.occurred_at,
        "activity_date": event.activity_date,
        "outcome": result,
        "machine_reason": event.machine_reason,
        "is_derived": event.is_derived,
    }


def _outcome_rows(log: list[Row], facts: Facts) -> list[Row]:
    counts = Counter(row["outcome"] for row in log if not row["is_derived"])
    counts["rejected"] = facts.raw_event_count - facts.accepted_event_count
    counts["duplicate"] = facts.accepted_event_count - sum(not row["is_derived"] for row in log)
    return [{"outcome": name, "events": counts[name]} for name in OUTCOMES]
