"""Every kind of warning: one rule book that it is for, and one nearly like it that it must leave alone."""

from __future__ import annotations

import re
import shutil
import time
from typing import TYPE_CHECKING

import pytest
from rule_book_files import RULE_BOOK, with_cell, with_row, write_files

from orchestration.rule_book import read_rule_book
from orchestration.rule_book.warnings import Kind, warnings_of
from orchestration.rule_book.warnings.names import COLUMNS, DERIVED_EVENT_TYPES, EVENT_TYPES, near_miss, unknown_files
from orchestration.settings import DEFAULT_SEEDS_DIR, PROJECT_ROOT
from tests.reference.raw import COLUMNS as RAW_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestration.rule_book.warnings import RuleBookWarning


def warnings_with(folder: Path, changes: Mapping[str, str]) -> list[RuleBookWarning]:
    """The warnings of the small rule book with some of its files replaced; it must stay valid."""
    shutil.rmtree(folder, ignore_errors=True)
    book, errors = read_rule_book(write_files(folder, {**RULE_BOOK, **changes}))
    assert [str(error) for error in errors] == []
    return warnings_of(book)


def row(file: str, **cells: str) -> dict[str, str]:
    """A file with one row more at its end."""
    return {file: with_row(RULE_BOOK[file], description="more", **cells)}


def rows(file: str, *more: dict[str, str]) -> dict[str, str]:
    text = RULE_BOOK[file]
    for cells in more:
        text = with_row(text, description="more", **cells)
    return {file: text}


def cell(file: str, line: int, column: str, value: str) -> dict[str, str]:
    return {file: with_cell(RULE_BOOK[file], line, column, value)}


def rule(**cells: str) -> dict[str, str]:
    """`point_rules` with one rule more, on line 8."""
    return rules({"rule_id": "more", **cells})


def rules(*more: dict[str, str]) -> dict[str, str]:
    """`point_rules` with more rules, from line 8 on."""
    base = {"group_id": "web", "event_type": "purchase", "points": "5"}
    return rows("point_rules", *({**base, "rule_id": f"more_{n}", **cells} for n, cells in enumerate(more)))


def title(pattern: str, priority: str = "", points: str = "50", seniority: str = "vp") -> dict[str, str]:
    return {"title_pattern": pattern, "priority": priority, "points": points, "seniority": seniority}


def content(pattern: str, **cells: str) -> dict[str, str]:
    return {"object_pattern": pattern, "event_type": "page_view", **cells}


def fit(operator: str, operand: str, points: str, **cells: str) -> dict[str, str]:
    base = {"rule_id": f"more_{operator}_{points}", "criterion_id": "company_size", "attribute": "country"}
    return {**base, "operator": operator, "operand": operand, "points": points, **cells}


def group(score: str = "activity", **cells: str) -> dict[str, str]:
    return row("score_groups", group_id="more", score_id=score, **cells)


def threshold(**cells: str) -> dict[str, str]:
    base = {"threshold_id": "more", "entity": "contact", "score_id": "activity", "comparison": ">=", "action": "call"}
    return row("thresholds", **{**base, **cells})


FIRES: list[tuple[Kind, dict[str, str], list[str]]] = [
    (Kind.W101, rule(event_type="purchse"), ["point_rules:8:event_type"]),
    (Kind.W101, rule(event_type="Emial_Click"), ["point_rules:8:event_type"]),
    (
        Kind.W101,
        row("content_map", **content("/x", event_type="page_veiw", category="x")),
        ["content_map:5:event_type"],
    ),
    (Kind.W102, rule(event_type="page_view", category="pricng"), ["point_rules:8:category"]),
    (
        Kind.W102,
        {
            **rule(event_type="page_view", category="pricing"),
            **row("content_map", **content("/prize", category="pricinng")),
        },
        ["content_map:5:category"],
    ),
    (Kind.W103, row("fit_rules", **fit("is_present", "", "5", attribute="contry")), ["fit_rules:10:attribute"]),
    (Kind.W103, cell("fit_rules", 2, "attribute", "employe_count"), ["fit_rules:2:attribute"]),
    (Kind.W104, rule(event_type="purchase|login"), ["point_rules:8:event_type"]),
    (Kind.W104, rule(category="pricing*"), ["point_rules:8:category"]),
    (Kind.W104, rule(category="!pricing"), ["point_rules:8:category"]),
    (Kind.W104, row("free_email_domains", email_domain="*.gmail.com"), ["free_email_domains:4:email_domain"]),
    (Kind.W104, row("fit_rules", **fit("equals", "de|at", "5")), ["fit_rules:10:operand"]),
    (Kind.W104, row("fit_rules", **fit("in", "germ*|at", "5")), ["fit_rules:10:operand"]),
    (Kind.W105, row("fit_rules", **fit("is_present", "", "5", attribute="Job_Title")), ["fit_rules:10:attribute"]),
    # nothing can fit
    (Kind.W201, rule(object_pattern="https://acme.example/pricing*"), ["point_rules:8:object_pattern"]),
    (Kind.W201, rule(object_pattern="/pricing/"), ["point_rules:8:object_pattern"]),
    (Kind.W201, rule(object_pattern="/pricing?plan=*"), ["point_rules:8:object_pattern"]),
    (Kind.W201, rule(object_pattern="/*#faq"), ["point_rules:8:object_pattern"]),
    (Kind.W201, rule(object_pattern="/a*|!/*"), ["point_rules:8:object_pattern"]),
    (Kind.W201, rule(object_pattern="!*"), ["point_rules:8:object_pattern"]),
    (Kind.W201, rule(campaign_pattern="spring|!spr*"), ["point_rules:8:campaign_pattern"]),
    (Kind.W201, row("content_map", **content("/x/", category="x")), ["content_map:5:object_pattern"]),
    (Kind.W201, row("title_weights", **title("vp of sales|!vp of*", "0")), ["title_weights:6:title_pattern"]),
    (Kind.W201, cell("exclusions", 2, "pattern", "*@rival.com"), ["exclusions:2:pattern"]),
    (
        Kind.W201,
        row("exclusions", rule_id="z", match_on="email", pattern="rival.com", reason="test"),
        ["exclusions:4:pattern"],
    ),
    (Kind.W201, row("free_email_domains", email_domain="me@gmail.com"), ["free_email_domains:4:email_domain"]),
    (Kind.W201, cell("fit_rules", 6, "operand", "*ag|!*g"), ["fit_rules:6:operand"]),
    # derived events lack it
    (Kind.W201, rule(event_type="site_visit", category="pricing"), ["point_rules:8:category"]),
    (Kind.W201, rule(event_type="Stage_Entered", campaign_pattern="spring*"), ["point_rules:8:campaign_pattern"]),
    (Kind.W201, rule(event_type="email_ignored_streak", max_value="3"), ["point_rules:8:max_value"]),
    (Kind.W201, rule(event_type="site_visit", min_value="2.1", max_value="2.9"), ["point_rules:8:min_value"]),
    (Kind.W201, rule(event_type="site_visit", max_value="-1"), ["point_rules:8:max_value"]),
    (Kind.W201, row("content_map", event_type="site_visit", category="x"), ["content_map:5:event_type"]),
    (Kind.W202, rule(object_pattern="*"), ["point_rules:8:object_pattern"]),
    (Kind.W202, rule(object_pattern="/pricing*|**"), ["point_rules:8:object_pattern"]),
    (Kind.W202, rule(campaign_pattern="*"), ["point_rules:8:campaign_pattern"]),
    (Kind.W202, row("bot_user_agents", pattern="*", reason="all"), ["bot_user_agents:4:pattern"]),
    (Kind.W202, cell("exclusions", 2, "pattern", "rival.com|*"), ["exclusions:2:pattern"]),
    (Kind.W202, cell("exclusions", 3, "pattern", "*"), ["exclusions:3:pattern"]),
    (Kind.W202, cell("fit_rules", 6, "operand", "*"), ["fit_rules:6:operand"]),
    (Kind.W202, row("content_map", **content("/x*|*", category="x", priority="9")), ["content_map:5:object_pattern"]),
    (Kind.W202, row("title_weights", **title("vp of sales|*", "9")), ["title_weights:6:title_pattern"]),
    (Kind.W203, rule(object_pattern="/plans/careers*|/pricing*|!/plans*"), ["point_rules:8:object_pattern"]),
    (Kind.W203, rule(object_pattern="/pricing|https://acme.example/plans"), ["point_rules:8:object_pattern"]),
    (Kind.W203, row("title_weights", **title("head of sales|vp sales|!vp", "0")), ["title_weights:6:title_pattern"]),
    (Kind.W204, rule(object_pattern="/pricing*|!/blog*"), ["point_rules:8:object_pattern"]),
    (Kind.W204, rule(object_pattern="!/careers/"), ["point_rules:8:object_pattern"]),
    (Kind.W204, cell("exclusions", 2, "pattern", "*.rival.com|!friend.com"), ["exclusions:2:pattern"]),
    # rows that compete
    (Kind.W211, row("title_weights", **title("vp sales", "3")), ["title_weights:6:title_pattern"]),
    (Kind.W211, row("title_weights", **title("deputy ceo|senior vp", "3")), ["title_weights:6:title_pattern"]),
    (Kind.W211, row("title_weights", **title("vp", "2", "40")), ["title_weights:6:title_pattern"]),
    (Kind.W212, row("content_map", **content("/pricing/eu*", category="eu", priority="7")), ["content_map:5:category"]),
    (
        Kind.W212,
        row("content_map", **content("/crm/x", category="x", product_id="erp", priority="3")),
        ["content_map:5:product_id"],
    ),
    (
        Kind.W213,
        row("exclusions", rule_id="z", match_on="email_domain", pattern="eu.rival.com", reason="test"),
        ["exclusions:4:pattern"],
    ),
    (
        Kind.W213,
        row("exclusions", rule_id="z", match_on="job_title", pattern="senior phd student", reason="test"),
        ["exclusions:4:pattern"],
    ),
    (Kind.W214, row("content_map", **content("/none")), ["content_map:5:object_pattern"]),
    (
        Kind.W214,
        row("content_map", **content("/pricing/eu", category="pricing", priority="0")),
        ["content_map:5:category"],
    ),
    (
        Kind.W214,
        rows("title_weights", title("team lead", "8"), title("lead", "9")),
        ["title_weights:6:title_pattern"],
    ),
    # points
    (Kind.W301, rules({}, {"points": "7"}), ["point_rules:9:rule_id"]),
    (Kind.W301, rules({"object_pattern": "/shop/books*"}, {"object_pattern": "/shop*"}), ["point_rules:8:rule_id"]),
    (
        Kind.W301,
        rule(event_type="page_view", object_pattern="/pricing/eu*", group_id="email"),
        ["point_rules:8:rule_id"],
    ),
    (
        Kind.W301,  # content_map gives pages of prices their category
        rules(
            {"event_type": "page_view", "category": "pricing", "group_id": "email"},
            {"event_type": "page_view", "object_pattern": "/pricing-old", "points": "3"},
        ),
        ["point_rules:2:rule_id", "point_rules:9:rule_id"],
    ),
    (Kind.W301, rules({"points": "-5", "valid_from": "2025-01-01"}, {"points": "-1"}), ["point_rules:8:rule_id"]),
    (Kind.W302, {**group(max_points="0"), **rule(group_id="more")}, ["point_rules:8:group_id"]),
    (Kind.W302, {**group(min_points="0"), **rule(group_id="more", points="-5")}, ["point_rules:8:group_id"]),
    (
        Kind.W302,
        {
            **group(min_points="0", max_points="0"),
            **rules({"group_id": "more"}, {"group_id": "more", "points": "-1", "event_type": "form_submit"}),
        },
        ["point_rules:8:group_id", "point_rules:9:group_id"],
    ),
    (
        Kind.W302,
        {**cell("scores", 5, "ceiling", "0"), **cell("score_groups", 4, "min_points", "0")},
        ["point_rules:7:group_id"],
    ),
    (
        Kind.W302,
        {
            **group(min_points="-10", max_points="0"),
            **rows(
                "inactivity_rules",
                {"rule_id": "i1", "group_id": "more", "after_days": "30", "points": "-10"},
                {"rule_id": "i2", "group_id": "more", "after_days": "60", "points": "-20"},
            ),
        },
        ["inactivity_rules:5:group_id"],
    ),
    (Kind.W303, rule(points="0"), ["point_rules:8:points"]),
    (Kind.W304, cell("inactivity_rules", 2, "points", "5"), ["inactivity_rules:2:points"]),
    (Kind.W304, cell("inactivity_rules", 3, "points", "-5"), ["inactivity_rules:3:points"]),
    # fit
    (Kind.W401, row("fit_rules", **fit("equals", "CA", "10")), ["fit_rules:10:operand"]),
    (
        Kind.W401,
        row("fit_rules", **fit("between", "60..70", "90", attribute="employee_count")),
        ["fit_rules:10:operand"],
    ),
    (Kind.W401, row("fit_rules", **fit("equals", "50.0", "50", attribute="Employee_Count")), ["fit_rules:10:operand"]),
    (Kind.W401, row("fit_rules", **fit("like", "acme*gmbh", "5", attribute="account_name")), ["fit_rules:10:operand"]),
    (
        Kind.W401,
        row("fit_rules", **fit("in", "acme ag|other AG", "5", attribute="account_name")),
        ["fit_rules:10:operand"],
    ),
    (Kind.W401, row("fit_rules", **fit("like", "x*", "5", attribute="domain")), ["fit_rules:10:operand"]),
    # scores
    (Kind.W501, threshold(value="101"), ["thresholds:7:value"]),
    (Kind.W501, threshold(value="100", comparison=">"), ["thresholds:7:value"]),
    (
        Kind.W501,
        {**threshold(value="70"), **cell("score_groups", 3, "max_points", "5")},
        ["thresholds:2:value", "thresholds:7:value"],
    ),
    (Kind.W501, threshold(score_id="lead", value="101"), ["thresholds:7:value"]),
    (Kind.W501, threshold(score_id="loyalty", value="50.5"), ["thresholds:7:value"]),
    (Kind.W502, threshold(value="0"), ["thresholds:7:value"]),
    (Kind.W502, threshold(score_id="loyalty", value="-60", comparison=">"), ["thresholds:7:value"]),
    (Kind.W503, row("score_bands", score_id="loyalty", label="never", min_score="50.1"), ["score_bands:12:min_score"]),
    (Kind.W402, {"title_weights": RULE_BOOK["title_weights"].partition("ceo")[0]}, ["fit_criteria:2:weight"]),
    (
        Kind.W402,
        {"fit_rules": re.sub(r"(?m)^size.*\n", "", RULE_BOOK["fit_rules"])},
        ["fit_criteria:3:weight"],
    ),
]


@pytest.mark.parametrize(("kind", "changes", "expected"), FIRES)
def test_what_is_warned_of(tmp_path: Path, kind: Kind, changes: dict[str, str], expected: list[str]) -> None:
    found = [w for w in warnings_with(tmp_path, changes) if w.kind is kind]
    assert [f"{w.file.removesuffix('.csv')}:{w.line}:{w.column}" for w in found] == expected
    assert all(len(str(w).splitlines()) == 1 for w in found)


LEFT_ALONE: list[tuple[Kind, dict[str, str]]] = [
    (Kind.W101, rule(event_type="newsletter_forwarded")),
    (Kind.W101, rule(event_type="PURCHASE")),
    (Kind.W101, rule(event_type="demo")),
    (Kind.W102, rule(event_type="page_view", category="events")),
    (Kind.W102, rule(event_type="page_view", category="Pricing")),
    (
        Kind.W102,
        {**rule(category="tier_1"), **row("content_map", **content("/t", category="tier_2"))},
    ),
    (Kind.W103, row("fit_rules", **fit("is_present", "", "5", attribute="budget"))),
    (Kind.W103, row("fit_rules", **fit("is_present", "", "5", attribute="COUNTRY"))),
    (Kind.W104, row("fit_rules", **fit("in", "de|at", "5"))),
    (Kind.W104, rule(event_type="purchase!")),
    (Kind.W105, row("fit_rules", **fit("is_present", "", "5", attribute="country"))),
    # what fits something
    (Kind.W201, rule(object_pattern="/")),
    (Kind.W201, rule(object_pattern="http*")),
    (Kind.W201, rule(object_pattern="*/pricing/")),  # the name of an email, perhaps
    (Kind.W201, rule(object_pattern="webinar?")),
    (Kind.W201, rule(object_pattern="/a*|!/a/*")),
    (Kind.W201, rule(event_type="stage_entered", object_pattern="/*/")),
    (Kind.W201, rule(object_pattern="/pricing/", enabled="false")),
    (Kind.W201, cell("exclusions", 2, "pattern", "rival.*")),
    (Kind.W201, rule(event_type="site_visit", min_value="2.1", max_value="3")),
    (Kind.W201, rule(event_type="page_view", category="pricing", min_value="1")),
    (Kind.W202, rule(object_pattern="/*")),
    (Kind.W202, rule(object_pattern="*|!/careers*")),
    (Kind.W202, row("content_map", **content("*", category="x", priority="99"))),
    (Kind.W202, row("title_weights", **title("*", "99"))),
    (Kind.W202, cell("exclusions", 2, "pattern", "*.rival.com")),
    (Kind.W203, rule(object_pattern="/plans/careers*|/pricing*|!/plans/careers/old*")),
    (Kind.W203, row("title_weights", **title("head of sales|vp sales|!vp of", "0"))),
    (Kind.W204, rule(object_pattern="/pricing*|!/pricing/jobs*")),
    (Kind.W204, rule(object_pattern="*pricing*|!/careers*")),
    (Kind.W204, row("title_weights", **title("head of sales|!deputy", "0"))),
    # rows that win something
    (Kind.W211, row("title_weights", **title("vp sales", "1"))),
    (Kind.W211, row("title_weights", **title("senior vp|head of sales", "3"))),
    (Kind.W211, row("title_weights", **title("vice presidents", "3"))),
    (Kind.W211, rows("title_weights", title("市场部总监"))),  # of equal priority the longer pattern wins
    (Kind.W211, row("title_weights", **title("", ""))),  # contacts without a title
    (Kind.W212, row("content_map", **content("/pricing/eu*", category="eu", priority="0"))),
    (Kind.W212, row("content_map", **content("/pricing/eu*", product_id="erp", priority="7"))),
    (Kind.W212, row("content_map", event_type="", object_pattern="/pricing/eu*", category="eu", priority="7")),
    (Kind.W212, row("content_map", **content("/pric*", category="eu", priority="7"))),
    # of equal patterns the row with an event type wins, and the other has all other types
    (Kind.W212, row("content_map", **content("/pricing*", event_type="", category="x", priority="1"))),
    (Kind.W213, row("exclusions", rule_id="a", match_on="email_domain", pattern="eu.rival.com", reason="test")),
    (Kind.W213, row("exclusions", rule_id="z", match_on="email", pattern="eu.rival.com", reason="test")),
    (Kind.W213, row("exclusions", rule_id="z", match_on="email_domain", pattern="a.com|rival.com", reason="test")),
    (Kind.W214, row("content_map", **content("/pricing/eu", category="eu", priority="0"))),
    (Kind.W214, rows("title_weights", title("team lead", "8", "60"), title("lead", "9"))),
    # a row between them would take some of it
    (Kind.W214, rows("title_weights", title("team lead", "7"), title("head", "8", "60"), title("lead", "9"))),
    # points
    (Kind.W301, rules({}, {"points": "-7"})),
    (Kind.W301, rules({}, {"group_id": "usage"})),
    (Kind.W301, rules({}, {"enabled": "false"})),
    (Kind.W301, rules({"min_value": "25"}, {"min_value": "50"})),
    (Kind.W301, rules({"object_pattern": "/shop*"}, {"object_pattern": "/store*"})),
    (Kind.W301, rules({"valid_to": "2024-12-31"}, {"valid_from": "2025-01-01"})),
    (Kind.W301, rules({"category": "a"}, {"category": "b"})),
    (
        Kind.W301,  # some of these pages are about prices, others are not
        rules(
            {"event_type": "webinar_attend", "category": "promotion"},
            {"event_type": "webinar_attend", "object_pattern": "*ring*", "points": "3"},
        ),
    ),
    (
        Kind.W301,  # the row above makes some of them pages about the EU
        {
            **rules(
                {"event_type": "page_view", "category": "pricing", "group_id": "usage"},
                {"event_type": "page_view", "object_pattern": "/pricing*", "points": "3", "group_id": "usage"},
            ),
            **row("content_map", **content("/pricing/eu*", category="eu", priority="0")),
        },
    ),
    (Kind.W302, {**group(max_points="0"), **rules({"group_id": "more"}, {"group_id": "more", "points": "-1"})}),
    (Kind.W302, {**group(max_points="0"), **rule(group_id="more", counts_for_interest="true")}),
    (Kind.W302, {**group(max_points="0"), **rule(group_id="more", act_now="true")}),
    (Kind.W302, {**group(max_points="0.5"), **rule(group_id="more", points="50")}),
    (Kind.W303, rule(points="0", act_now="true")),
    (Kind.W303, rule(points="0", enabled="false")),
    (Kind.W304, cell("inactivity_rules", 3, "points", "-5.5")),
    (Kind.W304, cell("inactivity_rules", 3, "group_id", "email")),
    # fit
    (Kind.W401, row("fit_rules", **fit("equals", "CA", "11"))),
    (Kind.W401, row("fit_rules", **fit("equals", "MX", "5"))),
    (Kind.W401, row("fit_rules", **fit("between", "40..60", "40", attribute="employee_count"))),
    (Kind.W401, row("fit_rules", **fit("equals", "CA", "-5"))),
    # 5.0 is equal to 5, and not like it
    (
        Kind.W401,
        rows(
            "fit_rules",
            fit("like", "5", "10", attribute="account_name"),
            fit("equals", "5", "5", attribute="account_name"),
        ),
    ),
    (Kind.W402, cell("fit_criteria", 2, "weight", "60")),
    # scores
    (Kind.W501, threshold(value="100")),
    (Kind.W501, threshold(value="99.99", comparison=">")),
    (Kind.W501, threshold(score_id="lead", value="100")),
    (Kind.W502, threshold(value="0", comparison=">")),
    (Kind.W502, threshold(score_id="loyalty", value="0")),
    (Kind.W503, row("score_bands", score_id="loyalty", label="rare", min_score="50")),
]


@pytest.mark.parametrize(("kind", "changes"), LEFT_ALONE)
def test_what_is_left_alone(tmp_path: Path, kind: Kind, changes: dict[str, str]) -> None:
    assert [str(found) for found in warnings_with(tmp_path, changes) if found.kind is kind] == []


def test_every_kind_is_seen_to_fire_and_to_stay_away() -> None:
    elsewhere = {Kind.W106, Kind.W601}  # need files and a warehouse: below, and in test_validate_cli
    assert {kind for kind, *_ in FIRES} == set(Kind) - elsewhere
    assert {kind for kind, *_ in LEFT_ALONE} == set(Kind) - elsewhere


def test_the_rule_books_of_the_project_have_no_warnings(tmp_path: Path) -> None:
    assert [str(found) for found in warnings_of(read_rule_book(DEFAULT_SEEDS_DIR)[0])] == []
    assert [str(found) for found in unknown_files(DEFAULT_SEEDS_DIR)] == []
    assert [str(found) for found in warnings_with(tmp_path, {})] == []


def test_every_kind_has_its_line_in_the_documentation() -> None:
    text = (PROJECT_ROOT / "docs" / "rule-book.md").read_text(encoding="utf-8")
    documented = re.findall(r"(?m)^\| (W[0-9]{3}) ([a-z-]+) \|([^|]|\\\|)+\|([^|]|\\\|)+\|([^|]|\\\|)+\|$", text)
    assert [f"{code} {name}" for code, name, *_ in documented] == [kind.title for kind in Kind]


def test_a_file_that_is_none_of_the_rule_book(tmp_path: Path) -> None:
    write_files(tmp_path, {**RULE_BOOK, "point_rule": "a,b\n", "notes": "a,b\n"})
    (tmp_path / "readme.md").write_text("no CSV")
    found = [(w.file, w.kind, w.message) for w in unknown_files(tmp_path)]
    assert found == [
        ("notes.csv", Kind.W106, "'notes.csv' is no file of the rule book; nothing here reads it"),
        ("point_rule.csv", Kind.W106, "'point_rule.csv' is no file of the rule book; did you mean 'point_rules.csv'?"),
    ]


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("categroy", ["category", "campaign"], "category"),
        ("CATEGROY", ["Category"], "Category"),
        ("catgory", ["category"], "category"),
        ("page_view", ["page_view", "page_views"], None),
        ("page", ["page_view"], None),
        ("logon", ["login"], "login"),
        ("lagon", ["login"], None),
        ("abc", ["abd"], None),
        ("tier_10", ["tier_1"], None),
        ("a" * 10_000, ["category"], None),
    ],
)
def test_near_misses(name: str, known: list[str], meant: str | None) -> None:
    assert near_miss(name, known) == meant


def test_the_names_are_those_of_the_contract() -> None:
    contract = (PROJECT_ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    assert all(f"`{event_type}`" in contract for event_type in EVENT_TYPES)
    assert set(DERIVED_EVENT_TYPES) < set(EVENT_TYPES)
    for entity, columns in COLUMNS.items():
        assert list(columns) == [column.name for column in RAW_COLUMNS[f"{entity}s"]]


def test_as_many_rows_as_are_compared_are_looked_through_in_seconds(tmp_path: Path) -> None:
    titles = [title(f"title {n} of *|vp {n}", str(n % 7)) for n in range(990)]
    pages = [content(f"/page/{n}/*|/p{n}", category=f"c{n}") for n in range(990)]
    rules_of_one_type = [{"object_pattern": f"/page/{n}/*"} for n in range(490)]
    started = time.process_time()
    warnings_with(
        tmp_path, {**rows("title_weights", *titles), **rows("content_map", *pages), **rules(*rules_of_one_type)}
    )
    assert time.process_time() - started < 30


@pytest.mark.parametrize("pattern", ["*a" * 1_000_000, "a|" * 1_000_000 + "a", "!a|" * 1_000_000 + "a"])
def test_a_pattern_of_a_million_pieces_is_answered_in_seconds(tmp_path: Path, pattern: str) -> None:
    started = time.process_time()
    warnings_with(tmp_path, {**rule(object_pattern=pattern), **row("title_weights", **title(pattern))})
    assert time.process_time() - started < 20
