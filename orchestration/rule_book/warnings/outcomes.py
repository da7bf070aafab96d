"""Thresholds and bands against the scores that the rule book allows at all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from orchestration.rule_book.errors import quoted
from orchestration.rule_book.files import ACTIVITY, FIT, LEAD, PRODUCT_INTEREST
from orchestration.rule_book.warnings.finding import Kind, RuleBookWarning, warning
from orchestration.rule_book.warnings.fit import best_points
from orchestration.rule_book.warnings.names import DERIVED_EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestration.rule_book.files import RuleBook, Threshold

_DECIMALS = 9  # as scores are compared
_MOST_BREADTH = 1.4  # what the number of engaged members multiplies an account's activity by, at most

Limits = tuple[float, float]
"""The lowest and the highest score that anybody can have; adjustments reach no further than the clamps."""


def contact_limits(book: RuleBook) -> dict[str, Limits]:
    """The limits of every score of a contact, the lead score too."""
    limits = {}
    for score in book.scores:
        if score.score_id == FIT:
            most = math.fsum(c.weight / 100 * best_points(book, c.criterion_id) for c in book.fit_criteria)
        elif score.score_id == PRODUCT_INTEREST:
            most = score.ceiling if _has_interest(book) else 0.0
        else:
            groups = [group.max_points for group in book.score_groups if group.score_id == score.score_id]
            most = sum(math.inf if limit is None else limit for limit in groups)
        limits[score.score_id] = (score.floor, min(max(most, score.floor), score.ceiling))
    weights = {score.score_id: score.lead_weight for score in book.scores}
    low, high = (math.fsum(weights[s] * limit[end] for s, limit in limits.items()) for end in (0, 1))
    return {**limits, LEAD: (low, high)}


def account_limits(book: RuleBook) -> dict[str, Limits]:
    """The limits of every score of an account."""
    of_contacts = contact_limits(book)
    scores = {score.score_id: score for score in book.scores}
    weight = math.fsum(row.weight for row in book.account_rank_weights)
    activity = min(_MOST_BREADTH * weight * max(of_contacts[ACTIVITY][1], 0.0), scores[ACTIVITY].ceiling)
    criteria = [criterion for criterion in book.fit_criteria if criterion.entity == "account"]
    total = math.fsum(criterion.weight for criterion in criteria)
    fit = math.fsum(c.weight / total * best_points(book, c.criterion_id) for c in criteria) if total else 0.0
    return {
        ACTIVITY: (0.0, activity),
        FIT: (scores[FIT].floor, min(fit, scores[FIT].ceiling)),
        PRODUCT_INTEREST: of_contacts[PRODUCT_INTEREST],
    }


def _has_interest(book: RuleBook) -> bool:
    """Whether a rule can raise the interest in a product; derived events have none."""
    return any(
        rule.enabled
        and rule.counts_for_interest
        and rule.points > 0
        and rule.event_type.lower() not in DERIVED_EVENT_TYPES
        for rule in book.point_rules
    )


def thresholds(book: RuleBook) -> Iterator[RuleBookWarning]:
    """Thresholds that nobody can reach, and those that everybody meets."""
    limits = {"contact": contact_limits(book), "account": account_limits(book)}
    for threshold in book.thresholds:
        low, high = limits[threshold.entity][threshold.score_id]
        value = threshold.cells["value"]
        what = f"{quoted(threshold.score_id)} of {threshold.entity}s"
        if not _is_met(threshold, high):
            message = f"{threshold.comparison} {value} is never met: {what} is at most {_shown(high)}"
            yield warning(threshold, "value", Kind.W501, message)
        elif _is_met(threshold, low):
            message = f"{threshold.comparison} {value} is always met: {what} is at least {_shown(low)}"
            yield warning(threshold, "value", Kind.W502, message)


def _is_met(threshold: Threshold, score: float) -> bool:
    score, value = round(score, _DECIMALS), round(threshold.value, _DECIMALS)
    return score > value or (score == value and threshold.comparison == ">=")


def bands(book: RuleBook) -> Iterator[RuleBookWarning]:
    """Bands that nobody can reach."""
    of_contacts, of_accounts = contact_limits(book), account_limits(book)
    for band in book.score_bands:
        # Accounts have the bands of activity and fit as well.
        high = max(of_contacts[band.score_id][1], of_accounts.get(band.score_id, (0.0, -math.inf))[1])
        if round(band.min_score, _DECIMALS) > round(high, _DECIMALS):
            message = (
                f"{quoted(band.label)} from {band.cells['min_score']} is never reached: {quoted(band.score_id)} is at "
                f"most {_shown(high)}"
            )
            yield warning(band, "min_score", Kind.W503, message)


def _shown(score: float) -> str:
    return f"{round(score, 3) + 0.0:g}"


CHECKS = (thresholds, bands)
