"""Fit rules that never decide, and criteria in which nobody can score."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from orchestration.rule_book.columns import parse_number
from orchestration.rule_book.errors import quoted
from orchestration.rule_book.files import JOB_TITLE
from orchestration.rule_book.languages import language_of
from orchestration.rule_book.patterns import fits
from orchestration.rule_book.warnings.finding import Kind, RuleBookWarning, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestration.rule_book.files import FitRule, RuleBook

_COMPARED_RULES = 500  # of one criterion and attribute: pairs grow with the square
_OPEN = float("inf")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def idle_rules(book: RuleBook) -> Iterator[RuleBookWarning]:
    """Rewards that another rule of the criterion always gives as well, and as many points: the best one counts."""
    rivals: dict[tuple[str, str], list[FitRule]] = defaultdict(list)
    for rule in book.fit_rules:
        if rule.enabled and rule.points > 0:
            rivals[(rule.criterion_id, rule.attribute.lower())].append(rule)
    for rules in rivals.values():
        for rule in rules if len(rules) <= _COMPARED_RULES else ():
            for other in rules:
                better = other.points > rule.points or (other.points == rule.points and _comes_first(other, rule))
                if other is not rule and better and holds_whenever(other, rule):
                    message = (
                        f"it never decides: what it fits also fits {quoted(other.rule_id)} on line {other.line}, for "
                        f"{other.cells['points']} points, and the best rule counts"
                    )
                    yield warning(rule, "operand", Kind.W401, message)
                    break


def _comes_first(other: FitRule, rule: FitRule) -> bool:
    """Of two rules that fit the same for the same points, the later one is idle."""
    return other.line < rule.line or not holds_whenever(rule, other)


def holds_whenever(other: FitRule, rule: FitRule) -> bool:
    """Whether every value that fits `rule` provably fits `other`, of one attribute."""
    if other.operator == "is_present":
        return True
    if rule.operator in ("equals", "in"):
        options = [rule.operand or ""] if rule.operator == "equals" else (rule.operand or "").split("|")
        return all(_holds_for_equals_of(other, option.strip()) for option in options)
    if rule.operator == "like" and other.operator == "like":
        outer, inner = language_of(other.operand), language_of(rule.operand)
        return bool(outer and inner and outer.covers(inner))
    inside, outside = _limits(rule), _limits(other)
    return bool(inside and outside and outside[0] <= inside[0] and inside[1] <= outside[1])


def _holds_for_equals_of(other: FitRule, option: str) -> bool:
    number = number_of(option)
    if other.operator in ("equals", "in"):
        options = [other.operand or ""] if other.operator == "equals" else (other.operand or "").split("|")
        return any(_is_same(option, value.strip(), number) for value in options)
    if other.operator == "like":
        language = language_of(other.operand)
        # The number 50 is also written 50.0, and text is compared as it is written.
        return number is None and option.isascii() and language is not None and _fits(other.operand or "", option)
    limits = _limits(other)
    return bool(limits and number is not None and limits[0] <= number <= limits[1])


def _is_same(option: str, value: str, number: float | None) -> bool:
    other_number = number_of(value)
    return (
        number == other_number if number is not None and other_number is not None else option.lower() == value.lower()
    )


def _fits(pattern: str, value: str) -> bool:
    parts = [part.strip() for part in pattern.split("|")]
    positive = [part for part in parts if not part.startswith("!")]
    negative = [part[1:].strip() for part in parts if part.startswith("!")]
    return (not positive or any(fits(part, value) for part in positive)) and not any(fits(p, value) for p in negative)


def _limits(rule: FitRule) -> tuple[float, float] | None:
    """Both ends of a range of numbers; None for operators on text."""
    operand = rule.operand or ""
    if rule.operator == "between":
        low, _, high = (part.strip() for part in operand.partition(".."))
    elif rule.operator in ("at_least", "at_most"):
        low, high = (operand, "") if rule.operator == "at_least" else ("", operand)
    else:
        return None
    return (parse_number(low) if low else -_OPEN, parse_number(high) if high else _OPEN)


def number_of(text: str) -> float | None:
    """The number that a text is when values are compared, None if it is none; more is a number there than in a cell."""
    return float(text) if _NUMBER.fullmatch(text) else None


def empty_criteria(book: RuleBook) -> Iterator[RuleBookWarning]:
    """Criteria with a weight in which nobody can have points."""
    for criterion in book.fit_criteria:
        if criterion.weight > 0 and best_points(book, criterion.criterion_id) == 0:
            where = "title_weights.csv" if criterion.criterion_id == JOB_TITLE else "an enabled rule of fit_rules.csv"
            message = (
                f"nobody has points in it, for want of points in {where}: its {criterion.cells['weight']} are lost"
            )
            yield warning(criterion, "weight", Kind.W402, message)


def best_points(book: RuleBook, criterion_id: str) -> float:
    """The most that anybody can have in a criterion: at least 0, at most 100."""
    if criterion_id == JOB_TITLE:
        return max((row.points for row in book.title_weights), default=0.0)
    rules = (rule for rule in book.fit_rules if rule.enabled and rule.criterion_id == criterion_id)
    return max((max(rule.points, 0.0) for rule in rules), default=0.0)


CHECKS = (idle_rules, empty_criteria)
