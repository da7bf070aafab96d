"""Text from anywhere made harmless to a layout, and numbers and dates as people write them.

Markup is not escaped here: the template and the drawings do that, of everything.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

LONGEST_TEXT = 120
_MOST_MARKS = 3
_JOINERS = "\u200c\u200d"  # Persian words and composed emoji need them


def clean(text: str, longest: int = LONGEST_TEXT) -> str:
    """One line of at most `longest` characters without anything that controls instead of being read.

    Gone are control characters, overrides of the writing direction and other invisible ones, and what is no character
    at all; of marks stacked on a letter the first three stay.
    """
    kept: list[str] = []
    marks = 0
    # Far more than can be shown, far less than a hostile value.
    for character in text[: longest * 10]:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > _MOST_MARKS or (category in ("Cf", "Cs", "Cn", "Co") and character not in _JOINERS):
            continue
        kept.append(" " if category in ("Cc", "Zl", "Zp") else character)
    line = " ".join("".join(kept).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def plain(identifier: str) -> str:
    """An identifier as words: `qualified_lead` is `qualified lead`."""
    return identifier.replace("_", " ")


def number(value: float | None, decimals: int = 0) -> str:
    """Digits in groups of three, a true minus sign, never −0; a dash for none."""
    if value is None:
        return "–"
    return f"{round(value, decimals) + 0.0:,.{decimals}f}".replace("-", "−")


def signed(value: float | None, decimals: int = 0) -> str:
    """A number with its sign; no change is ±0."""
    if value is None:
        return "–"
    rounded = round(value, decimals)
    return ("+" if rounded > 0 else "" if rounded else "±") + number(value, decimals)


def percent(share: float | None) -> str:
    """A share from 0 to 1; what is not nothing is never 0 %."""
    if share is None:
        return "–"
    return "< 1 %" if 0 < share < 0.005 else f"{share:.0%}".replace("%", " %")


def day(value: date | None) -> str:
    """`27 Nov 2026`."""
    return f"{value.day} {value:%b %Y}" if value else "–"


def long_day(value: date) -> str:
    """`Friday, 27 November 2026`."""
    return f"{value:%A}, {value.day} {value:%B %Y}"


def ago(days: int | None) -> str:
    """`today`, `yesterday`, `12 days ago`; `never` for none."""
    if days is None:
        return "never"
    return "today" if days == 0 else "yesterday" if days == 1 else f"{days:,} days ago"


def bound(text: str) -> str:
    """The last word is kept on a line with the one before: a number that ends a sentence never stands alone."""
    return "\u00a0".join(text.rsplit(" ", 1))


def count(value: int, noun: str, plural: str = "") -> str:
    """`1 contact`, `2,000 contacts`."""
    return f"{value:,} {noun if value == 1 else plural or noun + 's'}"
