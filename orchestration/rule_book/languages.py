"""What patterns fit, decided from the patterns alone: nothing, everything, all that another fits, nothing in common.

A yes is a proof, for every value there can be; a no may also mean that nothing was proved. Patterns whose lower case
engines may disagree about, and very large ones, have no language here: nothing is claimed about them.

A `Glob` is an alternative between its stars: `/a*b` is `("/a", "b")`. Two facts make all of this linear. One glob
covers another if it fits the other's text with a letter that no pattern has in place of every star: such a letter is
only ever taken by a star. Two globs that both have a star have a value in common if their beginnings and their ends
agree, since whatever is between them can follow one another.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

from orchestration.rule_book import patterns

Glob = tuple[str, ...]

_ANY: Glob = ("", "")
_ANY_TITLE: Glob = (" ", " ")  # titles are matched as words between spaces
_NO_LETTER = "\uffff"
_ALTERNATIVES = 1000
_CHARACTERS = 50_000


@dataclass(frozen=True)
class Language:
    """The values that a pattern fits: those of a positive glob and of no negative one; null for the empty pattern.

    `all_values` is the glob of every value there can be. A pattern of exceptions alone has it as its positive one.
    """

    positives: tuple[Glob, ...]
    negatives: tuple[Glob, ...] = ()
    all_values: Glob = _ANY
    fits_null: bool = False

    @cached_property
    def live(self) -> tuple[Glob, ...]:
        """The positive globs that no exception takes away whole."""
        return tuple(glob for glob in self.positives if self.exception_to(glob) is None)

    def exception_to(self, glob: Glob) -> Glob | None:
        """An exception that takes a positive glob away whole."""
        return next((negative for negative in self.negatives if covers(negative, glob)), None)

    def is_nothing(self) -> bool:
        """Whether no value fits."""
        return not self.live and not self.fits_null

    def is_everything(self) -> bool:
        """Whether every value fits (null is none)."""
        return not self.negatives and any(covers(glob, self.all_values) for glob in self.positives)

    def covers(self, other: Language) -> bool:
        """Whether all that fits `other` fits this one, null too."""
        return (self.fits_null or not other.fits_null) and all(self.covers_of(other, glob) for glob in other.live)

    def covers_of(self, other: Language, glob: Glob) -> bool:
        """Whether all of a positive glob of `other` that is not one of its exceptions fits this one."""
        return any(covers(own, glob) for own in self.positives) and all(
            are_disjoint(own, glob) or any(covers(exception, own) for exception in other.negatives)
            for own in self.negatives
        )

    def is_disjoint(self, other: Language) -> bool:
        """Whether no value fits both."""
        if self.fits_null and other.fits_null:
            return False
        exceptions = (*self.negatives, *other.negatives)
        return all(
            are_disjoint(own, glob) or any(covers(e, own) or covers(e, glob) for e in exceptions)
            for own in self.live
            for glob in other.live
        )


def covers(outer: Glob, inner: Glob) -> bool:
    """Whether every text that fits `inner` fits `outer`; exact."""
    return patterns.pieces_fit(outer, _NO_LETTER.join(inner))


def are_disjoint(one: Glob, other: Glob) -> bool:
    """Whether no text fits both; exact."""
    if len(one) == 1:
        return not patterns.pieces_fit(other, one[0])
    if len(other) == 1:
        return not patterns.pieces_fit(one, other[0])
    starts_agree = one[0].startswith(other[0]) or other[0].startswith(one[0])
    ends_agree = one[-1].endswith(other[-1]) or other[-1].endswith(one[-1])
    return not (starts_agree and ends_agree)


@lru_cache(maxsize=20_000)
def language_of(pattern: str | None, *, title: bool = False) -> Language | None:
    """What a pattern without empty alternatives fits, the empty one null too; None where nothing can be said of it."""
    all_values = _ANY_TITLE if title else _ANY
    if pattern is None:
        return Language((all_values,), all_values=all_values, fits_null=True)
    if len(pattern) > _CHARACTERS or pattern.count("|") >= _ALTERNATIVES or not _has_one_lower_case(pattern):
        return None
    positives: list[Glob] = []
    negatives: list[Glob] = []
    for alternative, is_negative in signed_alternatives(pattern):
        (negatives if is_negative else positives).append(glob_of(alternative, title=title))
    return Language(tuple(positives) or (all_values,), tuple(negatives), all_values)


def signed_alternatives(pattern: str) -> list[tuple[str, bool]]:
    """The alternatives of a pattern in their order, each with whether it is an exception."""
    signs = (part.strip().startswith("!") for part in pattern.split("|"))
    return list(zip(patterns.alternatives(pattern), signs, strict=True))


def glob_of(alternative: str, *, title: bool = False) -> Glob:
    """An alternative between its stars; of a title pattern, with the spaces around its words."""
    lower = "".join(character.lower() for character in alternative)
    first, *rest = (f"* {_words(lower)} *" if title else lower).split("*")
    # Neighbouring stars are one.
    return (first, *(piece for piece in rest[:-1] if piece), rest[-1]) if rest else (first,)


def text_of(glob: Glob) -> str:
    """A glob as people write it."""
    return "*".join(glob)


def _words(alternative: str) -> str:
    return " ".join("".join(c if c == "*" or _is_of_words(c) else " " for c in alternative).split())


def _is_of_words(character: str) -> bool:
    category = unicodedata.category(character)
    return category.startswith("L") or category == "Nd"


def _has_one_lower_case(pattern: str) -> bool:
    """Whether every character has one lower case wherever it stands, so that no two engines can disagree about it."""
    # The lower case of a capital sigma depends on the letters around it, in some engines.
    return pattern.isascii() or all(len(c.lower()) == 1 and c not in f"Σ{_NO_LETTER}" for c in pattern)
