"""Warnings of a valid rule book: what the contract allows and its author most likely did not mean.

A warning is true whatever the data; where a proof would need the data, it says what it assumes, or stays silent. So
the checks decide less than they might and never guess. What the contract forbids is in `constraints`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.rule_book.warnings import competing, fit, matching, names, outcomes, points
from orchestration.rule_book.warnings.finding import Kind, RuleBookWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from orchestration.rule_book.files import RuleBook

__all__ = ["Kind", "RuleBookWarning", "sorted_warnings", "warnings_of"]

_CHECKS: Iterable[Callable[[RuleBook], Iterator[RuleBookWarning]]] = (
    *names.CHECKS,
    *matching.CHECKS,
    *competing.CHECKS,
    *points.CHECKS,
    *fit.CHECKS,
    *outcomes.CHECKS,
)


def warnings_of(book: RuleBook) -> list[RuleBookWarning]:
    """Every warning of a valid rule book, sorted; nothing can be said of one with errors."""
    return sorted_warnings(found for check in _CHECKS for found in check(book))


def sorted_warnings(found: Iterable[RuleBookWarning]) -> list[RuleBookWarning]:
    """By file, line and column."""
    return sorted(found, key=lambda warning: warning.order)
