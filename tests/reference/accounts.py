"""Accounts on a date: the roll-up of their members (step 19).

Belongs here: what members amount to. Does not: which account a contact belongs to (`fit`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import contacts, points, values
from .points import Interest

if TYPE_CHECKING:
    from datetime import date

    from .contacts import ContactState
    from .facts import Facts
    from .raw import Row
    from .rule_book import RuleBook

BREADTH_BONUS = 0.1
BREADTH_BONUS_STEPS = 4


@dataclass(frozen=True, kw_only=True)
class AccountState:
    """An account on a date."""

    account: Row
    members: list[ContactState]
    activity_score: float
    fit_score: float
    breadth: int
    roles_covered: int
    roles_required: int
    interests: list[Interest]
    is_qualified: bool
    fit_grade: str | None
    activity_level: str | None

    @property
    def grade(self) -> str | None:
        """Fit grade and activity level joined."""
        return contacts.joined_grade(self.fit_grade, self.activity_level)

    @property
    def member_scores(self) -> list[float]:
        """The activity scores of the members, negative ones as 0."""
        return [credit(member) for member in self.members]

    @property
    def last_activity(self) -> date | None:
        """The date of the last activity of a member."""
        return max((member.last_activity for member in self.members if member.last_activity), default=None)

    @property
    def top_product(self) -> Interest | None:
        """The product of most interest."""
        return points.top_product(self.interests)


def account_state(account_id: str, facts: Facts, states: dict[str, ContactState]) -> AccountState:
    """Step 19 for one account; `states` holds every listed contact on the date."""
    rule_book = facts.rule_book
    members = [
        state for state in states.values() if state.profile.account_id == account_id and not state.profile.is_excluded
    ]
    engaged = [state for state in members if is_engaged(state, facts)]
    fit_score = facts.account_fit[account_id]
    activity_score = roll_up(members, len(engaged), rule_book)
    fit_grade = rule_book.band("fit", fit_score)
    required = {role.buying_role for role in rule_book.buying_roles if role.is_required}
    held = {state.profile.title.buying_role for state in engaged if state.profile.title}
    ever_active = [state for state in members if state.last_activity is not None]
    is_active = values.rounded(activity_score) >= values.rounded(facts.variables.account_qualified_score)
    return AccountState(
        account=facts.accounts[account_id],
        members=members,
        activity_score=activity_score,
        fit_score=fit_score,
        breadth=len(engaged),
        roles_covered=len(required & held),
        roles_required=len(required),
        interests=account_interest(members, rule_book),
        is_qualified=is_active and fit_grade in contacts.GOOD_FIT and len(engaged) >= max(1, min(2, len(ever_active))),
        fit_grade=fit_grade,
        activity_level=rule_book.band("activity", activity_score),
    )


def credit(member: ContactState) -> float:
    """A member's activity as roll-ups take it."""
    return max(member.activity_score, 0.0)


def is_engaged(member: ContactState, facts: Facts) -> bool:
    """Whether a member counts for breadth."""
    return values.rounded(member.activity_score) >= values.rounded(facts.variables.engaged_min_score)


def roll_up(members: list[ContactState], breadth: int, rule_book: RuleBook) -> float:
    """The weighted sum over ranked members, more for breadth, clamped as activity."""
    ranked = sorted(members, key=lambda state: (-values.rounded(state.activity_score), state.profile.contact_id))
    weights = {row.contact_rank: row.weight for row in rule_book.account_rank_weights}
    weighted = sum(weights.get(rank, 0.0) * credit(state) for rank, state in enumerate(ranked, start=1))
    bonus = BREADTH_BONUS * min(max(breadth - 1, 0), BREADTH_BONUS_STEPS)
    return rule_book.clamp("activity", weighted * (1 + bonus))


def account_interest(members: list[ContactState], rule_book: RuleBook) -> list[Interest]:
    """The sum of the members' interest per product, negative ones as 0, clamped."""
    interests_of = defaultdict(list)
    for member in members:
        for interest in member.interests:
            interests_of[interest.product_id].append(interest)
    return [
        Interest(
            product_id,
            rule_book.clamp("product_interest", sum(max(interest.score, 0.0) for interest in own)),
            max((interest.last_activity_date for interest in own if interest.last_activity_date), default=None),
        )
        for product_id, own in interests_of.items()
    ]
