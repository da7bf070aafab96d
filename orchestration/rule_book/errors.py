"""The one error of the rule book and how it is worded.

What is wrong with a rule book is decided elsewhere; here a finding gets its place, its value and a near miss.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN_CHARACTERS = 80
_LISTED_VALUES = 20
# A near miss costs a comparison with every candidate: a file that is wrong throughout gets them for its first errors.
_ERRORS_WITH_NEAR_MISS = 200
_NEAR_MISS_CANDIDATES = 1000
_NEAR_MISS_CHARACTERS = 3  # of two characters, anything is near


@dataclass(frozen=True, order=True)
class RuleBookError:
    """One broken constraint; errors sort by file, line and column, and `str` is `file:line: column: message`.

    `file` is the name without folder; `line` the physical line on which the row starts, 1 for the header and for what
    a whole file lacks; `column` is `file` where no column is to blame; `value` the offending text, uncut.
    """

    file: str
    line: int
    column: str
    value: str
    message: str
    candidates: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def __str__(self) -> str:
        """`file:line: column: message`."""
        return f"{self.file}:{self.line}: {printable(self.column)}: {self.message}"


def printable(text: str) -> str:
    """`text` on one line and cut to a readable length, so that an error can never break a log."""
    cut = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def quoted(text: str) -> str:
    """A value as messages show it."""
    return f"'{printable(text)}'" if text else "an empty cell"


def listed(values: Iterable[str]) -> str:
    """What would be valid, in the order given, as far as a line can hold it."""
    all_values = tuple(values)
    shown = ", ".join(printable(value) for value in all_values[:_LISTED_VALUES])
    more = len(all_values) - _LISTED_VALUES
    return (shown or "none") + (f" and {more} more" if more > 0 else "")


def sorted_with_near_misses(errors: Iterable[RuleBookError]) -> list[RuleBookError]:
    """The errors in order, the first of them with what their author probably meant."""
    in_order = sorted(errors)
    return [_with_near_miss(e) for e in in_order[:_ERRORS_WITH_NEAR_MISS]] + in_order[_ERRORS_WITH_NEAR_MISS:]


def _with_near_miss(error: RuleBookError) -> RuleBookError:
    comparable = _NEAR_MISS_CHARACTERS <= len(error.value) <= _SHOWN_CHARACTERS
    if not comparable or len(error.candidates) > _NEAR_MISS_CANDIDATES:
        return error
    by_lower_case = {candidate.lower(): candidate for candidate in error.candidates}
    nearest = get_close_matches(error.value.lower(), by_lower_case, n=1)
    if not nearest:
        return error
    return replace(error, message=f"{error.message}; did you mean {quoted(by_lower_case[nearest[0]])}?")
