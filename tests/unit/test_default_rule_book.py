"""What the two rule books that come with the project promise beyond being valid."""

from __future__ import annotations

import re

import pytest

from orchestration.rule_book import RuleBook, read_rule_book
from orchestration.rule_book.files import ROW_TYPES
from orchestration.rule_book.patterns import alternatives, fits
from orchestration.settings import DEFAULT_SEEDS_DIR, PROJECT_ROOT

WISHPOND = PROJECT_ROOT / "tests" / "fixtures" / "wishpond_verbatim"

WISHPOND_POINTS = {
    "blog_view": 3,
    "pricing_view": 10,
    "careers_view": -10,
    "email_open_general": 10,
    "email_open_industry": 10,
    "email_open_company": 15,
    "email_open_promotion": 25,
    "email_click_general": 25,
    "email_click_industry": 15,
    "email_click_company": 25,
    "email_click_promotion": 50,
    "emails_ignored": -10,
    "case_study_download": 5,
}


@pytest.fixture(scope="module")
def default() -> RuleBook:
    book, errors = read_rule_book(DEFAULT_SEEDS_DIR)
    assert not errors
    return book


@pytest.fixture(scope="module")
def wishpond() -> RuleBook:
    book, errors = read_rule_book(WISHPOND)
    assert not errors
    return book


def category_of(book: RuleBook, event_type: str, name: str) -> str | None:
    """The category of the winning row that gives one, for patterns without a tie."""
    giving = [
        row
        for row in book.rows("content_map")
        if row.category and row.event_type in (None, event_type) and fits_pattern(row.object_pattern, name)
    ]
    best = min(giving, key=lambda row: (row.priority, -len(row.object_pattern)), default=None)
    return best.category if best else None


def fits_pattern(pattern: str, value: str) -> bool:
    negative = [part.strip().startswith("!") for part in pattern.split("|")]
    hits = [fits(alternative, value) for alternative in alternatives(pattern)]
    taken = any(hit for hit, no in zip(hits, negative, strict=True) if not no)
    return taken and not any(hit for hit, no in zip(hits, negative, strict=True) if no)


@pytest.mark.parametrize(
    ("event_type", "name", "category"),
    [
        ("page_view", "/", "home"),
        ("page_view", "/pricing", "pricing"),
        ("page_view", "/plans/team", "pricing"),
        ("page_view", "/plans/careers", "careers"),
        ("page_view", "/products/analytics", "product"),
        ("page_view", "/blog/pricing-analytics", "blog"),
        ("page_view", "/careers/security-engineer", "careers"),
        ("page_view", "/landing/spring", "landing"),
        ("page_view", "/customers/acme", "case_study"),
        ("page_view", "/docs/start", "docs"),
        ("page_view", "/about", None),
        ("email_open", "newsletter_2026_05", "general"),
        ("email_open", "industry_report_2026_05", "industry"),
        ("email_click", "company_news_2026_05", "company"),
        ("email_click", "promo_analytics", "promotion"),
        ("email_open", "an email of any other name", "general"),
        ("email_open", "invoice_17", "transactional"),
        ("asset_download", "case_study:acme", "case_study"),
        ("asset_download", "guide:pricing", "guide"),
        ("asset_download", "white_paper:security", "white_paper"),
        ("form_submit", "support_login", "support"),
        ("form_submit", "contact", "contact"),
    ],
)
def test_content_is_classified(event_type: str, name: str, category: str | None, default: RuleBook) -> None:
    assert category_of(default, event_type, name) == category


@pytest.mark.parametrize("book_name", ["default", "wishpond"])
def test_the_content_map_gives_every_category_that_a_rule_asks_for(
    book_name: str, request: pytest.FixtureRequest
) -> None:
    book = request.getfixturevalue(book_name)
    given = {row.category for row in book.rows("content_map")}
    assert not {row.category for row in book.rows("point_rules") if row.category} - given


def test_everything_is_described_and_every_number_has_its_source(default: RuleBook) -> None:
    for row_type in ROW_TYPES:
        assert all(row.description for row in default.rows(row_type.FILE)), row_type.FILE
    sourced = re.compile(r"Wishpond|Magileads|Mautic|ours")
    numbers = ("point_rules", "inactivity_rules", "fit_criteria", "fit_rules", "title_weights", "account_rank_weights")
    assert not [row for file in numbers for row in default.rows(file) if not sourced.search(row.description)]


def test_the_groups_of_activity_add_up_to_its_ceiling(default: RuleBook) -> None:
    groups = [row for row in default.rows("score_groups") if row.score_id == "activity"]
    assert sum(row.max_points for row in groups) == 100


def test_silence_can_cost_all_that_its_rules_say(default: RuleBook) -> None:
    floors = {row.group_id: row.min_points for row in default.rows("score_groups")}
    assert all(floors[row.group_id] <= row.points for row in default.rows("inactivity_rules"))


def test_wishpond_numbers_are_the_same_in_both_rule_books(default: RuleBook, wishpond: RuleBook) -> None:
    defaults = {row.rule_id: row.points for row in default.rows("point_rules")}
    assert {row.rule_id: row.points for row in wishpond.rows("point_rules")} == WISHPOND_POINTS
    assert {rule_id: defaults[rule_id] for rule_id in WISHPOND_POINTS} == WISHPOND_POINTS


def test_wishpond_has_no_decay_no_caps_no_clamps(wishpond: RuleBook) -> None:
    assert all((row.max_hits, row.decay) == (None, "none") for row in wishpond.rows("point_rules"))
    assert all((row.min_points, row.max_points) == (None, None) for row in wishpond.rows("score_groups"))
    assert not wishpond.rows("inactivity_rules")
