"""The pattern language as far as validation needs it: alternatives, title words, one match.

The warehouse matches patterns in SQL; nothing here scores anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Neither a letter nor a digit of any script; `*` is part of the pattern language.
_BETWEEN_WORDS = re.compile(r"(?:[^\w*]|_)+")


def alternatives(pattern: str) -> list[str]:
    """The alternatives between bars, without the `!` of the negative ones and without white space around them."""
    return [part.strip().removeprefix("!").strip() for part in pattern.split("|")]


def title_words(text: str) -> str:
    """A title or an alternative of a title pattern, lower-cased, its words separated by single spaces."""
    return _BETWEEN_WORDS.sub(" ", text.lower()).strip()


def comparable(pattern: str) -> str:
    """The form in which two patterns are the same pattern."""
    return "|".join(part.strip().lower() for part in pattern.split("|"))


def comparable_title(pattern: str) -> str:
    """The form in which two title patterns are the same pattern."""
    parts = [part.strip() for part in pattern.split("|")]
    return "|".join("!" * part.startswith("!") + title_words(part) for part in parts)


def fits(alternative: str, value: str) -> bool:
    """Whether the whole of `value` fits one alternative, ignoring case; linear in both lengths, unlike a regex."""
    return pieces_fit(alternative.lower().split("*"), value.lower())


def pieces_fit(pieces: Sequence[str], text: str) -> bool:
    """Whether `text` is the pieces in their order with anything between them, and nothing before or after them."""
    first, *rest = pieces
    if not rest:
        return text == first
    *middle, last = rest
    if not text.startswith(first):
        return False
    position = len(first)
    for piece in middle:
        found = text.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return len(text) - len(last) >= position and text.endswith(last)
