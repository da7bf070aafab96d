"""On random rule books every warning is true: what it says never happens does not, by the reference scorer.

The rule books are full of patterns that overlap, cover and except one another; events, titles and values are made
of the pieces of those patterns, so that what could happen does.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import pytest
from rule_book_files import RULE_BOOK, with_row, write_files

from orchestration.rule_book import read_rule_book
from orchestration.rule_book.warnings import Kind, warnings_of
from orchestration.rule_book.warnings.outcomes import account_limits, contact_limits
from tests.reference import fit, patterns, rules
from tests.reference.events import Event, classify
from tests.reference.raw import normalise_object
from tests.reference.reference import Reference
from tests.reference.rule_book import RuleBook, load_rule_book
from tests.reference.worlds import seeded_scenario, write_rule_book

if TYPE_CHECKING:
    from pathlib import Path

    from orchestration.rule_book.warnings import RuleBookWarning

PIECES = (
    "/a",
    "/a*",
    "/a/b",
    "/a/b*",
    "*b",
    "*b*",
    "b",
    "/a/",
    "/a?x",
    "https://h/a*",
    "!/a",
    "!/a/b*",
    "!*b",
    "!b*",
    "*",
)
TITLE_PIECES = ("a", "b", "a b", "b a", "a*", "*b", "*", "!a", "!a b", "!b*", "a * b")
OPERANDS = {
    "equals": ("5", "5.0", "ab", "B"),
    "in": ("5|ab", "ab | b", "7"),
    "between": ("1..6", "5..", "..5"),
    "at_least": ("5", "6"),
    "at_most": ("5", "7"),
    "like": ("a*", "*b", "5*", "*|!b"),
    "is_present": ("",),
}
OBJECTS = (
    "/",
    "/a",
    "/A/",
    "/a/b",
    "/a/bc?x",
    "/c",
    "https://h/a/b/",
    "http://h",
    "b",
    "ab",
    "bx",
    "a?x",
    "xby",
    "/a/ab",
)
TITLES = tuple(" ".join(words) for n in (1, 2, 3) for words in product(("a", "b", "ab", "x", "-"), repeat=n))
VALUES = ("5", "5.0", "6", "7", "ab", "b", "B", "a", "1", "x", "0")
DAY = date(2026, 6, 30)


class World:
    """A random rule book, read by both sides."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        files = {
            **RULE_BOOK,
            "content_map": self.rows("content_map", 5, self.content),
            "title_weights": self.rows("title_weights", 5, self.title),
            "point_rules": self.rows("point_rules", 6, self.rule),
            "fit_rules": self.rows("fit_rules", 5, self.fit_rule),
            "exclusions": self.rows("exclusions", 4, self.exclusion),
        }
        book, errors = read_rule_book(write_files(folder, files))
        assert [str(error) for error in errors] == []
        self.warnings = warnings_of(book)
        self.book = load_rule_book(folder)

    @cached_property
    def events(self) -> list[Event]:
        """What may happen."""
        return events(self.book)

    def rows(self, file: str, count: int, draw: object) -> str:
        text = RULE_BOOK[file].partition("\n")[0] + "\n"
        seen = set()
        for number in range(count):
            cells = draw(number)  # type: ignore[operator]
            pattern = cells.get("title_pattern", cells.get("object_pattern"))
            key = cells.get("rule_id") or (pattern, cells.get("event_type"))
            if key not in seen:
                seen.add(key)
                text = with_row(text, description="random", **cells)
        return text

    def pattern(self, pieces: tuple[str, ...] = PIECES) -> str:
        return "|".join(self.random.sample(pieces, self.random.choice((1, 1, 2, 3))))

    def content(self, _: int) -> dict[str, str]:
        choice = self.random.choice
        return {
            "event_type": choice(("page_view", "")),
            "object_pattern": self.pattern(),
            "category": choice(("one", "two", "")),
            "product_id": choice(("crm", "erp", "")),
            "is_sales_ready": choice(("true", "false", "")),
            "priority": choice(("1", "2", "")),
        }

    def title(self, _: int) -> dict[str, str]:
        choice = self.random.choice
        return {
            "title_pattern": self.pattern(TITLE_PIECES),
            "seniority": choice(("vp", "lead")),
            "points": choice(("10", "20")),
            "priority": choice(("1", "2", "")),
        }

    def rule(self, number: int) -> dict[str, str]:
        choice = self.random.choice
        return {
            "rule_id": f"rule_{number}",
            "group_id": choice(("web", "email", "usage")),
            "event_type": choice(("page_view", "page_view", "site_visit")),
            "object_pattern": choice((self.pattern(), "")),
            "category": choice(("one", "", "", "")),
            "campaign_pattern": choice(("spring*", "", "", "")),
            "min_value": choice(("1.5", "", "", "")),
            "max_value": choice(("1.9", "", "", "")),
            "points": choice(("5", "5", "-5")),
            "valid_to": choice(("", "2026-06-29")),
        }

    def fit_rule(self, number: int) -> dict[str, str]:
        operator = self.random.choice(tuple(OPERANDS))
        return {
            "rule_id": f"fit_{number}",
            "criterion_id": "company_size",
            "attribute": "industry",
            "operator": operator,
            "operand": self.random.choice(OPERANDS[operator]),
            "points": self.random.choice(("10", "20")),
        }

    def exclusion(self, number: int) -> dict[str, str]:
        match_on = self.random.choice(("job_title", "account_name"))
        pieces = TITLE_PIECES if match_on == "job_title" else ("a", "a*", "*b", "ab", "!b", "x")
        pattern = self.pattern(pieces)
        return {"rule_id": f"out_{number}", "match_on": match_on, "pattern": pattern, "reason": "test"}


PAGE_VIEW = Event(
    event_id="e",
    contact_id="c",
    event_type="page_view",
    occurred_at=datetime(2026, 6, 30),  # noqa: DTZ001 - the reference's times are UTC without a zone
    activity_date=DAY,
)


def events(book: RuleBook) -> list[Event]:
    """Events as rules see them: raw ones classified, derived ones without what they lack."""
    found = []
    for name, campaign, value, day in product(
        (None, *OBJECTS), (None, "spring sale"), (None, 1.7, 2.0), (DAY, date(2026, 6, 1))
    ):
        raw = replace(PAGE_VIEW, object=normalise_object(name), campaign=campaign, value=value, activity_date=day)
        found += [classify(replace(raw, category=own), book) for own in (None, "one", "other")]
        if value != 1.7 and campaign is None:
            found.append(replace(raw, event_type="site_visit", value=float(int(value or 0))))
    return found


def without(book: RuleBook, file: str, line: int) -> RuleBook:
    return replace(book, **{file: tuple(row for n, row in enumerate(getattr(book, file), 2) if n != line)})


def is_true(world: World, warning: RuleBookWarning) -> bool:
    """Whether the reference agrees with one warning on everything that it is tried on."""
    book = world.book
    file = warning.file.removesuffix(".csv")
    row = getattr(book, file)[warning.line - 2]
    match warning.kind, file:
        case Kind.W201, "point_rules":
            return not any(rules.rule_fits(row, event) for event in world.events)
        case Kind.W201, "content_map":
            return not any(patterns.fits(row.object_pattern, normalise_object(name)) for name in OBJECTS)
        case ((Kind.W201 | Kind.W202), _):
            expected = warning.kind is Kind.W202
            tried = OBJECTS if file in ("point_rules", "content_map") else VALUES
            if warning.column == "title_pattern" or getattr(row, "match_on", "") == "job_title":
                return all(patterns.title_fits(warning.value, title) == expected for title in TITLES)
            return all(patterns.fits(warning.value, value) == expected for value in tried)
        case ((Kind.W203 | Kind.W204), _):
            # One alternative less, and nothing fits otherwise.
            alternative = warning.message.split("'")[1]
            rest = [part for part in warning.value.split("|") if part != alternative]
            is_title = warning.column == "title_pattern" or getattr(row, "match_on", "") == "job_title"
            fits = patterns.title_fits if is_title else patterns.fits
            tried = TITLES if is_title else VALUES
            if file in ("point_rules", "content_map"):
                tried = tuple(normalise_object(name) or "" for name in OBJECTS)
            # Without its exceptions alone a pattern of nothing else fits everything.
            return all(fits(warning.value, value) == fits("|".join(rest) or "*", value) for value in tried)
        case Kind.W211, _:
            return not any(fit.winning_title(title, book) is row for title in (None, *TITLES))
        case Kind.W214, "title_weights":
            other = without(book, file, warning.line)
            return all(given(fit.winning_title(t, book)) == given(fit.winning_title(t, other)) for t in (None, *TITLES))
        case ((Kind.W212 | Kind.W214), _):
            columns = [warning.column] if warning.column != "object_pattern" else ["category", "product_id"]
            other = replace(
                book,
                content_map=tuple(replace(r, **dict.fromkeys(columns)) if r is row else r for r in book.content_map),
            )
            return [classified(e, book) for e in bare_events()] == [classified(e, other) for e in bare_events()]
        case Kind.W213, _:
            other = without(book, file, warning.line)
            contacts = [{"job_title": t, "email": None} for t in TITLES] + [{"job_title": None, "email": None}]
            accounts = [{"account_id": "x", "account_name": name} for name in VALUES]
            return all(
                fit.excluded_by(contact, account, book) == fit.excluded_by(contact, account, other)
                for contact in contacts
                for account in accounts
            )
        case Kind.W301, _:
            line = int(warning.message.split("on line ")[1].split(":")[0].split(",")[0])
            other = book.point_rules[line - 2]
            tried = world.events
            if "a category of its own" in warning.message:
                tried = [
                    event for event in tried if event.category == classify(replace(event, category=None), book).category
                ]
            return all(rules.rule_fits(other, event) for event in tried if rules.rule_fits(row, event))
        case Kind.W401, _:
            better = [r for r in book.fit_rules if r is not row and r.points >= row.points]
            return all(
                any(fit.operator_holds(r, value) for r in better) for value in VALUES if fit.operator_holds(row, value)
            )
    return True


def given(row: object) -> tuple[object, ...]:
    return tuple(getattr(row, name, None) for name in ("seniority", "buying_role", "points"))


def bare_events() -> list[Event]:
    return [
        replace(PAGE_VIEW, event_type=event_type, object=normalise_object(name))
        for name in (None, *OBJECTS)
        for event_type in ("page_view", "email_open")
    ]


def classified(event: Event, book: RuleBook) -> tuple[object, ...]:
    found = classify(event, book)
    return (found.category, found.product_id, found.is_sales_ready)


def check(folder: Path, seeds: range) -> set[Kind]:
    """Check the warnings of one random rule book per seed; returns the kinds that there were."""
    kinds = set()
    for seed in seeds:
        world = World(folder, seed)
        for warning in world.warnings:
            assert is_true(world, warning), f"seed {seed}: {warning}"
            kinds.add(warning.kind)
    return kinds


TRIED = {Kind.W201, Kind.W203, Kind.W204, Kind.W211, Kind.W212, Kind.W213, Kind.W214, Kind.W301, Kind.W401}


def test_warnings_are_true(tmp_path: Path) -> None:
    assert check(tmp_path, range(20)) >= TRIED


@pytest.mark.slow
@pytest.mark.parametrize("block", range(3))
def test_warnings_of_many_rule_books_are_true(tmp_path: Path, block: int) -> None:
    assert check(tmp_path, range(1000 + block * 100, 1100 + block * 100)) >= TRIED


def test_scores_of_random_worlds_stay_within_what_is_said_to_be_possible(tmp_path: Path) -> None:
    kinds = set()
    for seed in range(25):
        run = seeded_scenario(seed, max_runs=1)[-1]
        write_rule_book(run.rule_book, tmp_path)
        book, errors = read_rule_book(tmp_path)
        assert [str(error) for error in errors] == []
        tables = Reference().run(run.raw, run.rule_book, run.as_of)
        contacts, accounts = contact_limits(book), account_limits(book)
        found = [
            *((row["activity_score"], contacts["activity"]) for row in tables["contact_scores"]),
            *((row["fit_score"], contacts["fit"]) for row in tables["contact_scores"]),
            *((row["lead_score"], contacts["lead"]) for row in tables["contact_scores"]),
            *((row["score"], contacts[row["score_id"]]) for row in tables["custom_scores"]),
            *((row["score"], contacts["product_interest"]) for row in tables["product_interest_scores"]),
            *((row["account_activity_score"], accounts["activity"]) for row in tables["account_scores"]),
            *((row["account_fit_score"], accounts["fit"]) for row in tables["account_scores"]),
            *((row["score"], accounts["product_interest"]) for row in tables["account_product_interest"]),
        ]
        assert [(score, limits) for score, limits in found if not limits[0] - 1e-9 <= score <= limits[1] + 1e-9] == []
        hit = {row["rule_id"] for row in tables["score_ledger"] if row["source"] == "rule"}
        for warning in warnings_of(book):
            kinds.add(warning.kind)
            if warning.kind is Kind.W201 and warning.file == "point_rules.csv":
                assert book.point_rules[warning.line - 2].rule_id not in hit
    assert kinds >= {Kind.W501, Kind.W503, Kind.W302, Kind.W304}
