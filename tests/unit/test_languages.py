"""What is proved about patterns, against all short texts there are and the reference's own matching."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.rule_book.languages import are_disjoint, covers, glob_of, language_of
from orchestration.rule_book.patterns import fits
from tests.reference import patterns as reference

# z stands for every letter that no pattern has.
TEXTS = ["".join(letters) for length in range(7) for letters in product("abz", repeat=length)]
VALUES = [text for text in TEXTS if text and len(text) < 6]
TITLES = [" ".join(words) for length in range(4) for words in product(("a", "b", "ab", "z", "-"), repeat=length)]

GLOBS = st.text("ab*", min_size=1, max_size=3)


def patterns_of(alternatives: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    signs = st.sampled_from(["", "", "!"])
    return st.lists(st.tuples(signs, alternatives).map("".join), min_size=1, max_size=most).map("|".join)


PATTERNS = patterns_of(st.text("ab*", min_size=1, max_size=4), 3)
TITLE_PATTERNS = patterns_of(st.text("ab* ", min_size=1, max_size=4).filter(str.strip), 2)


@settings(max_examples=200, deadline=None)
@given(GLOBS, GLOBS)
def test_covering_and_disjointness_of_alternatives_are_exact(one: str, other: str) -> None:
    of_one = {text for text in TEXTS if fits(one, text)}
    of_other = {text for text in TEXTS if fits(other, text)}
    assert covers(glob_of(one), glob_of(other)) == (of_other <= of_one)
    assert are_disjoint(glob_of(one), glob_of(other)) == (not of_one & of_other)


@settings(max_examples=200, deadline=None)
@given(PATTERNS, PATTERNS)
def test_what_is_claimed_of_patterns_holds(one: str, other: str) -> None:
    of_one = {value for value in VALUES if reference.fits(one, value)}
    of_other = {value for value in VALUES if reference.fits(other, value)}
    language, second = language_of(one), language_of(other)
    assert language is not None
    assert second is not None
    assert not (language.is_nothing() and of_one)
    assert not (language.is_everything() and len(of_one) < len(VALUES))
    assert not (language.covers(second) and not of_other <= of_one)
    assert not (language.is_disjoint(second) and of_one & of_other)


@settings(max_examples=200, deadline=None)
@given(TITLE_PATTERNS, TITLE_PATTERNS)
def test_what_is_claimed_of_title_patterns_holds(one: str, other: str) -> None:
    of_one = {title for title in TITLES if reference.title_fits(one, title)}
    of_other = {title for title in TITLES if reference.title_fits(other, title)}
    language, second = language_of(one, title=True), language_of(other, title=True)
    assert language is not None
    assert second is not None
    assert not (language.is_nothing() and of_one)
    assert not (language.is_everything() and len(of_one) < len(TITLES))
    assert not (language.covers(second) and not of_other <= of_one)
    assert not (language.is_disjoint(second) and of_one & of_other)


@pytest.mark.parametrize(
    ("outer", "inner", "title"),
    [
        ("/pricing*", "/pricing", False),
        ("/pricing*", "/PRICING/eu*|/pricing-old", False),
        ("*", "/a|b", False),
        (None, "*", False),
        ("!/jobs*", "/a*", False),
        ("/a*|!/a/b*", "/a*|!/a/*", False),
        ("vp", "senior vp", True),
        ("vp*", "vp|vp sales", True),
        ("*", "ceo", True),
        ("chief * officer", "chief financial officer", True),
        ("ceo|!deputy", "ceo|!deputy*", True),
        ("Übungsleiter", "übungsleiter", True),
    ],
)
def test_what_is_proved(outer: str | None, inner: str, title: bool) -> None:
    language, other = language_of(outer, title=title), language_of(inner, title=title)
    assert language is not None
    assert other is not None
    assert language.covers(other)


@pytest.mark.parametrize(
    ("outer", "inner", "title"),
    [
        ("/pricing", "/pricing*", False),
        ("*", None, False),  # null fits the empty pattern alone
        ("/a*|!/a/b", "/a*", False),
        ("vp", "vps", True),
        ("ceo|!deputy", "ceo", True),
        ("senior vp", "vp", True),
    ],
)
def test_what_is_not_so(outer: str, inner: str | None, title: bool) -> None:
    language, other = language_of(outer, title=title), language_of(inner, title=title)
    assert language is not None
    assert other is not None
    assert not language.covers(other)


@pytest.mark.parametrize("pattern", ["İstanbul*", "ΟΔΟΣ", "a|" * 2000 + "a", "a" * 60_000])
def test_nothing_is_said_of_what_engines_may_read_differently_or_is_huge(pattern: str) -> None:
    assert language_of(pattern) is None
