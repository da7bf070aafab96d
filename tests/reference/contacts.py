"""Contacts on a date: lead score, grades, temperature, surge (steps 16 and 18).

Belongs here: what a contact's points and profile amount to. Does not: how points arise (`points`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from . import points, values

if TYPE_CHECKING:
    from datetime import date

    from .derive import StageEntry
    from .facts import Facts
    from .fit import Profile
    from .points import Interest, Line
    from .rule_book import LeadGrade, RuleBook, Stage
    from .variables import Variables

ACT_NOW_DAYS = 30
SURGE_DAYS = 7
SURGE_BASE_DAYS = 63
SURGE_RATIO = 3 / 8
GOOD_FIT = ("A", "B", "C")


@dataclass(frozen=True, kw_only=True)
class ContactState:
    """A contact on a date."""

    profile: Profile
    as_of: date
    lines: list[Line]
    interests: list[Interest]
    group_scores: dict[str, float]
    lead_score: float
    fit_grade: str | None
    activity_level: str | None
    grade: LeadGrade | None
    entry: StageEntry | None
    stage: Stage | None
    last_activity: date | None
    is_qualified: bool
    temperature: str
    is_surging: bool
    has_act_now: bool
    is_contactable: bool

    @property
    def activity_score(self) -> float:
        """The activity score."""
        return self.group_scores["activity"]

    @property
    def top_product(self) -> Interest | None:
        """The product of most interest."""
        return points.top_product(self.interests)

    @property
    def lead_grade(self) -> str | None:
        """Fit grade and activity level joined."""
        return joined_grade(self.fit_grade, self.activity_level)

    @property
    def days_in_stage(self) -> int | None:
        """Days since the last entry, null before the first."""
        return (self.as_of - self.entry.entered_on).days if self.entry else None


def contact_state(contact_id: str, facts: Facts, as_of: date) -> ContactState:
    """Steps 8 to 18 for one contact and date."""
    rule_book, profile = facts.rule_book, facts.profiles[contact_id]
    lines = points.ledger(contact_id, facts, as_of)
    if profile.is_excluded:
        interests = []
        scores = dict.fromkeys(points.group_scores([], rule_book), 0.0)
    else:
        interests = points.product_interest(lines, rule_book)
        scores = points.group_scores(lines, rule_book)
    fit_grade = rule_book.band("fit", profile.fit_score)
    activity_level = rule_book.band("activity", scores["activity"])
    lead_grade = joined_grade(fit_grade, activity_level)
    grade = next((row for row in rule_book.lead_grades if row.lead_grade == lead_grade), None)
    entry = points.last_entry(facts.entries_of[contact_id], as_of)
    stage = rule_book.stage(entry.stage_id) if entry else None
    is_dead = profile.is_excluded or (stage is not None and stage.is_disqualified)
    is_qualified = grade is not None and grade.is_qualified and not is_dead
    act_now = has_act_now(contact_id, facts, lines, as_of)
    if is_dead:
        temperature = "dead"
    elif is_qualified or (act_now and fit_grade in GOOD_FIT):
        temperature = "hot"
    else:
        temperature = "cold" if is_cold(lines, rule_book, facts.variables, as_of) else "warm"
    return ContactState(
        profile=profile,
        as_of=as_of,
        lines=lines,
        interests=interests,
        group_scores=scores,
        lead_score=lead_score(scores, profile.fit_score, interests, rule_book),
        fit_grade=fit_grade,
        activity_level=activity_level,
        grade=grade,
        entry=entry,
        stage=stage,
        last_activity=points.last_activity(contact_id, facts, as_of),
        is_qualified=is_qualified,
        temperature=temperature,
        is_surging=not profile.is_excluded and is_surging(lines, rule_book, facts.variables, as_of),
        has_act_now=act_now,
        is_contactable=is_contactable(contact_id, facts, as_of),
    )


def joined_grade(fit_grade: str | None, activity_level: str | None) -> str | None:
    """`A4` and so on, null while one part is."""
    return None if fit_grade is None or activity_level is None else fit_grade + activity_level


def lead_score(scores: dict[str, float], fit_score: float, interests: list[Interest], rule_book: RuleBook) -> float:
    """Step 16: the weighted sum of all scores, product interest being the top product's."""
    top = points.top_product(interests)
    parts = {**scores, "fit": fit_score, "product_interest": top.score if top else 0.0}
    return sum(score.lead_weight * parts[score.score_id] for score in rule_book.scores)


def has_act_now(contact_id: str, facts: Facts, lines: list[Line], as_of: date) -> bool:
    """Whether a recent hit, capped or not, after the last reset asks to act now."""
    reset = points.last_reset(facts.entries_of[contact_id], facts.rule_book, as_of)
    return not facts.profiles[contact_id].is_excluded and any(
        line.hit.rule.act_now
        and is_within(line.activity_date, as_of, ACT_NOW_DAYS)
        and (reset is None or line.hit.event.occurred_at > reset.changed_at)
        for line in lines
        if line.hit is not None
    )


def is_within(activity_date: date, as_of: date, days: float) -> bool:
    """Whether a date is one of the last N days."""
    return timedelta() <= as_of - activity_date < timedelta(days=days)


def positive_activity_hits(lines: list[Line], rule_book: RuleBook) -> list[Line]:
    """The hits under positive rules in groups of the activity score."""
    groups = {group.group_id for group in rule_book.score_groups if group.score_id == "activity"}
    return [line for line in lines if line.hit is not None and line.full_points > 0 and line.group_id in groups]


def is_cold(lines: list[Line], rule_book: RuleBook, variables: Variables, as_of: date) -> bool:
    """Whether no counted hit of late gave positive activity points."""
    return not any(
        line.is_counted and is_within(line.activity_date, as_of, variables.cold_after_days)
        for line in positive_activity_hits(lines, rule_book)
    )


def is_surging(lines: list[Line], rule_book: RuleBook, variables: Variables, as_of: date) -> bool:
    """Whether a week's positive credited points are many, and many against the eight weeks before; resets aside."""
    credited = [line for line in positive_activity_hits(lines, rule_book) if line.is_credited]

    def sum_of_last(days: int) -> float:
        return sum(line.full_points for line in credited if is_within(line.activity_date, as_of, days))

    recent = sum_of_last(SURGE_DAYS)
    before = sum_of_last(SURGE_BASE_DAYS) - recent
    least = max(variables.surge_min_points, SURGE_RATIO * before)
    return values.rounded(recent) >= values.rounded(least)


def is_contactable(contact_id: str, facts: Facts, as_of: date) -> bool:
    """Whether the contact may be written to."""
    profile = facts.profiles[contact_id]

    def last(event_type: str) -> tuple[bool, Any]:
        moments = [
            event.occurred_at
            for event in facts.events_of[contact_id]
            if event.event_type == event_type
            and event.is_human
            and not event.is_derived
            and event.activity_date <= as_of
        ]
        return values.order(max(moments, default=None))

    has_unsubscribed = last("unsubscribe") > values.order(None) and last("unsubscribe") >= last("subscription")
    return (
        not profile.is_excluded
        and "@" in (profile.contact["email"] or "")
        and profile.contact["email_opt_out"] is not True
        and not has_unsubscribed
    )
