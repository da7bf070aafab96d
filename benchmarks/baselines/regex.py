"""The rule book's patterns as regular expressions, for the baselines that match with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def fitting_regex(pattern: str) -> str:
    """What a value in lower case must match: one of the pattern's alternatives, from end to end."""
    return _regex(part for part in _parts(pattern) if not part.startswith("!"))


def exception_regex(pattern: str) -> str | None:
    """What it must not match; None if the pattern has no exception (`!`)."""
    exceptions = [part.lstrip("! ") for part in _parts(pattern) if part.startswith("!")]
    return _regex(exceptions) if exceptions else None


def _parts(pattern: str) -> list[str]:
    return [part.strip() for part in pattern.lower().split("|")]


def _regex(alternatives: Iterable[str]) -> str:
    return "^(" + "|".join(re.escape(part).replace(r"\*", ".*") for part in alternatives) + ")$"
