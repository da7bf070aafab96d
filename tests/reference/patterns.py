"""The pattern languages of the rule book: patterns on values and patterns on titles.

Belongs here: whether a pattern fits a value, and which of several fitting patterns wins. Does not: what is then done.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

Matcher = Callable[[str], bool]


def fits(pattern: str | None, value: str | None) -> bool:
    """Whether a pattern fits a whole value; an empty pattern fits everything, null too."""
    if pattern is None:
        return True
    if value is None:
        return False
    return _some_positive_no_negative(pattern, lambda alternative: _like(alternative.lower(), value.lower()))


def title_fits(pattern: str | None, title: str | None) -> bool:
    """Whether a title pattern stands as whole words anywhere in a title."""
    if pattern is None:
        return True
    if title is None:
        return False
    spaced = f" {words(title)} "
    return _some_positive_no_negative(pattern, lambda alternative: _like(f"* {words(alternative, '*')} *", spaced))


def words(title: str, keep: str = "") -> str:
    """A title in lower case with every run of other characters than letters and digits as one space."""
    return " ".join("".join(c if c in keep or _is_letter_or_digit(c) else " " for c in title.lower()).split())


def winning_order(priority: float, pattern: str | None) -> tuple[float, int, str]:
    """A sort key for competing rows, winner first: lowest priority, longest pattern, lowest pattern by code point."""
    return (priority, -len(pattern or ""), pattern or "")


def _some_positive_no_negative(pattern: str, matches: Matcher) -> bool:
    alternatives = [alternative.strip() for alternative in pattern.split("|")]
    negative = [alternative[1:].strip() for alternative in alternatives if alternative.startswith("!")]
    positive = [alternative for alternative in alternatives if not alternative.startswith("!")]
    return (not positive or any(map(matches, positive))) and not any(map(matches, negative))


def _like(pattern: str, value: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), value, re.DOTALL) is not None


def _is_letter_or_digit(character: str) -> bool:
    category = unicodedata.category(character)
    return category.startswith("L") or category == "Nd"
