"""Rules that pay: twice for one act, into a group that cannot move, nothing at all, or for silence."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from orchestration.rule_book.errors import quoted
from orchestration.rule_book.languages import language_of
from orchestration.rule_book.warnings.competing import Contender, contenders_for
from orchestration.rule_book.warnings.finding import Kind, RuleBookWarning, warning
from orchestration.rule_book.warnings.names import DERIVED_EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestration.rule_book.files import InactivityRule, PointRule, RuleBook, ScoreGroup

_COMPARED_RULES = 500  # of one event type and score: pairs grow with the square


def double_pay(book: RuleBook) -> Iterator[RuleBookWarning]:
    """Rules that only hit what another rule of the same score has hit as well.

    Limits of the value make steps that are meant to add up (watched a quarter, half, all of it), so rules that differ
    in them are left alone; so are a reward and a penalty.
    """
    score_of = {group.group_id: group.score_id for group in book.score_groups}
    rivals: dict[tuple[str, str, bool], list[PointRule]] = defaultdict(list)
    for rule in book.point_rules:
        if rule.enabled and rule.points:
            rivals[(rule.event_type.lower(), score_of[rule.group_id], rule.points > 0)].append(rule)
    categories = contenders_for(book, "category")
    for (event_type, _, _), rules in rivals.items():
        if len(rules) <= _COMPARED_RULES:
            implied = {r.rule_id: r.category or _implied_category(r, event_type, categories) for r in rules}
            for rule in rules:
                if other := _also_paying(rule, rules, implied):
                    yield _paid_twice(rule, other)


def _also_paying(rule: PointRule, rules: list[PointRule], implied: dict[str, str | None]) -> PointRule | None:
    language = language_of(rule.object_pattern)
    for other in rules if language is None or not language.is_nothing() else ():
        # Of two rules that hit the same, the later one is one too many.
        if other is rule or not _covers(other, rule, implied):
            continue
        if other.line < rule.line or not _covers(rule, other, implied):
            return other
    return None


def _paid_twice(rule: PointRule, other: PointRule) -> RuleBookWarning:
    same_category = other.category is None or (rule.category or "").lower() == other.category.lower()
    unless = "" if same_category else ", unless the event brings a category of its own"
    message = (
        f"whatever hits it also hits {quoted(other.rule_id)} on line {other.line}{unless}: one act counts "
        f"{other.cells['points']} and {rule.cells['points']} points"
    )
    return warning(rule, "rule_id", Kind.W301, message)


def _covers(other: PointRule, rule: PointRule, implied: dict[str, str | None]) -> bool:
    """Whether every event that hits `rule` hits `other`, both of one event type."""
    if (other.min_value, other.max_value) != (rule.min_value, rule.max_value):
        return False
    category = implied[rule.rule_id]
    if other.category is not None and (category is None or other.category.lower() != category.lower()):
        return False
    begins_no_later = other.valid_from is None or (rule.valid_from is not None and other.valid_from <= rule.valid_from)
    ends_no_earlier = other.valid_to is None or (rule.valid_to is not None and other.valid_to >= rule.valid_to)
    return (
        begins_no_later
        and ends_no_earlier
        and all(
            _pattern_covers(getattr(other, column), getattr(rule, column))
            for column in ("object_pattern", "campaign_pattern")
        )
    )


def _pattern_covers(outer: str | None, inner: str | None) -> bool:
    if outer is None or outer == inner:
        return True
    language, other = language_of(outer), language_of(inner)
    return bool(language and other and language.covers(other))


def _implied_category(rule: PointRule, event_type: str, categories: list[Contender]) -> str | None:
    """The category that `content_map` gives to every event of a rule that brings none; None if that is not certain."""
    if event_type in DERIVED_EVENT_TYPES:
        return None
    of_rule = Contender(rule, language_of(rule.object_pattern), None, event_type)
    for row in categories:
        if row.covers(of_rule):
            category: str = row.row.category
            return category
        if not row.is_disjoint(of_rule):
            return None
    return None


def pointless_rules(book: RuleBook) -> Iterator[RuleBookWarning]:
    """Rules whose points a clamp takes away again, whatever else the contact does."""
    groups = {group.group_id: group for group in book.score_groups}
    scores = {score.score_id: score for score in book.scores}
    signs = _signs_of(book)
    by_score: dict[str, set[int]] = defaultdict(set)
    for group in book.score_groups:
        by_score[group.score_id] |= {s for s in signs[group.group_id] if _limit(group, s) != 0}
    rules: list[PointRule | InactivityRule] = [*book.point_rules, *book.inactivity_rules]
    for rule in rules:
        # Interest knows no group, and a reason to act no points.
        also_counts = getattr(rule, "counts_for_interest", False) or getattr(rule, "act_now", False)
        if not rule.enabled or rule.points == 0 or also_counts:
            continue
        group, sign = groups[rule.group_id], 1 if rule.points > 0 else -1
        score = scores[group.score_id]
        verb, limit = ("raise", "max_points") if sign > 0 else ("lower", "min_points")
        if _limit(group, sign) == 0 and (-sign not in signs[group.group_id] or _limit(group, -sign) == 0):
            reason = f"{limit} of group {quoted(group.group_id)} is 0"
        elif (score.ceiling if sign > 0 else score.floor) == 0 and -sign not in by_score[score.score_id]:
            reason = f"the {'ceiling' if sign > 0 else 'floor'} of score {quoted(score.score_id)} is 0"
        else:
            continue
        message = f"it can never {verb} the score: {reason}, and no other rule moves it the other way"
        yield warning(rule, "group_id", Kind.W302, message)


def _signs_of(book: RuleBook) -> dict[str, set[int]]:
    """Per group, whether enabled rules add (1) and take away (-1)."""
    signs: dict[str, set[int]] = defaultdict(set)
    rules: Iterable[PointRule | InactivityRule] = (*book.point_rules, *book.inactivity_rules)
    for rule in rules:
        if rule.enabled and rule.points:
            signs[rule.group_id].add(1 if rule.points > 0 else -1)
    return signs


def _limit(group: ScoreGroup, sign: int) -> float | None:
    return group.max_points if sign > 0 else group.min_points


def zero_points(book: RuleBook) -> Iterator[RuleBookWarning]:
    """Enabled rules of no points that are no reason to act either."""
    for rule in book.point_rules:
        if rule.enabled and rule.points == 0 and not rule.act_now:
            yield warning(rule, "points", Kind.W303, "0 points, and no reason to act: the rule moves no score")


def silence(book: RuleBook) -> Iterator[RuleBookWarning]:
    """Silence that pays, and longer silence that costs no more than shorter one."""
    in_order = sorted((r for r in book.inactivity_rules if r.enabled), key=lambda r: r.after_days)
    before: dict[str, InactivityRule] = {}
    groups = {group.group_id: group for group in book.score_groups}
    signs = _signs_of(book)
    for rule in in_order:
        shorter = before.get(rule.group_id)
        before[rule.group_id] = rule
        points = rule.cells["points"]
        least = groups[rule.group_id].min_points
        if rule.points > 0:
            yield warning(rule, "points", Kind.W304, f"{points} points for silence; a deduction is negative")
        elif shorter and rule.points >= shorter.points:
            message = (
                f"{points} after {rule.after_days} days takes the place of {shorter.cells['points']} after "
                f"{shorter.after_days} days ({quoted(shorter.rule_id)}): the longer silence costs no more"
            )
            yield warning(rule, "points", Kind.W304, message)
        elif shorter and least and max(rule.points, shorter.points) <= least and 1 not in signs[rule.group_id]:
            message = (
                f"min_points of group {quoted(rule.group_id)} is {groups[rule.group_id].cells['min_points']}, which "
                f"{quoted(shorter.rule_id)} takes away already: longer silence costs no more"
            )
            yield warning(rule, "group_id", Kind.W302, message)


CHECKS = (double_pay, pointless_rules, zero_points, silence)
