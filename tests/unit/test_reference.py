"""Worked examples of the contract, computed by hand, and statements that hold in every world: the reference itself.

Belongs here: what the reference says. Does not: what the warehouse says (`tests/integration`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.rule_book import validate
from tests.reference import Raw, Reference, differences, load_raw, load_rule_book
from tests.reference.patterns import fits, title_fits
from tests.reference.raw import COLUMNS, normalise_object
from tests.reference.rule_book import (
    BotUserAgent,
    BuyingRole,
    ContentRow,
    Exclusion,
    FitCriterion,
    FitRule,
    FreeEmailDomain,
    InactivityRule,
    LeadGrade,
    PointRule,
    Product,
    RankWeight,
    RuleBook,
    Score,
    ScoreBand,
    ScoreGroup,
    Stage,
    Threshold,
    TitleWeight,
)
from tests.reference.values import clamp, number, timestamp
from tests.reference.worlds import Run, described, rule_books, scenarios, seeded_scenario, worlds, write_raw
from tests.reference.worlds import write_rule_book as write_rules

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2024, 3, 10)  # a Sunday
Tables = dict[str, list[dict[str, Any]]]


# --- a small world -------------------------------------------------------------------------------------------------


def event(event_id: str, event_type: str, occurred_at: str, **cells: str | None) -> dict[str, str | None]:
    """A raw event of contact `ann` unless said otherwise, loaded when it occurred."""
    defaults = {"contact_id": None if "anonymous_id" in cells else "ann", "loaded_at": occurred_at}
    return {"event_id": event_id, "event_type": event_type, "occurred_at": occurred_at, **defaults, **cells}


def contact(contact_id: str = "ann", **cells: str | None) -> dict[str, str | None]:
    return {"contact_id": contact_id, "updated_at": "2024-01-01", "created_at": "2024-01-01", **cells}


def world(*events: dict[str, str | None], **tables: list[dict[str, str | None]]) -> Raw:
    return Raw({"contacts": [contact()], "events": list(events), **tables})


def utc(*parts: int) -> datetime:
    """A timestamp as the reference has it: UTC, without zone."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)


def rule(rule_id: str, event_type: str, points: float, **cells: Any) -> PointRule:
    return PointRule(**{"rule_id": rule_id, "event_type": event_type, "points": points, "group_id": "web", **cells})


def book(*rules: PointRule, **files: Any) -> RuleBook:
    """A rule book with the given point rules, lead score = activity, and bands at 75, 50, 25, 0."""
    defaults: dict[str, Any] = {
        "scores": (
            Score(score_id="activity", floor=0, ceiling=100, lead_weight=1),
            Score(score_id="fit", floor=0, ceiling=100),
            Score(score_id="product_interest", floor=0, ceiling=100),
            Score(score_id="support", floor=-10, ceiling=None),
        ),
        "score_groups": (
            ScoreGroup(group_id="web", score_id="activity"),
            ScoreGroup(group_id="mail", score_id="activity", min_points=-5, max_points=20),
            ScoreGroup(group_id="help", score_id="support"),
        ),
        "score_bands": tuple(
            ScoreBand(score_id=score_id, label=label, min_score=minimum)
            for score_id, labels in (("fit", "ABCD"), ("activity", "4321"))
            for label, minimum in zip(labels, (75, 50, 25, 0), strict=True)
        ),
        "lead_grades": tuple(
            LeadGrade(lead_grade=fit + level, is_qualified=fit in "AB" and level in "34", recommended_action="call")
            for fit in "ABCD"
            for level in "4321"
        ),
        "account_rank_weights": (RankWeight(contact_rank=1, weight=0.6), RankWeight(contact_rank=2, weight=0.25)),
        "stages": (
            Stage(stage_id="lead", position=1),
            Stage(stage_id="MQL", position=2, resets_score=True),
            Stage(stage_id="customer", position=3, is_customer=True),
            Stage(stage_id="lost", position=4, is_disqualified=True),
        ),
    }
    return described(RuleBook(**{**defaults, "point_rules": rules, **files}))


def score(raw: Raw, rule_book: RuleBook, as_of: date = TODAY, **variables: Any) -> Tables:
    return Reference().run(raw, rule_book, as_of, variables=variables)


def only(rows: list[dict[str, Any]], **cells: Any) -> dict[str, Any]:
    """The one row with these cells."""
    (row,) = [row for row in rows if all(row[column] == value for column, value in cells.items())]
    return row


def activity(raw: Raw, rule_book: RuleBook, as_of: date = TODAY, contact_id: str = "ann") -> float:
    value: float = only(score(raw, rule_book, as_of)["contact_scores"], contact_id=contact_id)["activity_score"]
    return value


def logged(tables: Tables, event_type: str) -> list[str]:
    return sorted(row["event_id"] for row in tables["event_log"] if row["event_type"] == event_type)


# --- values and patterns -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "expected"),
    [(" 1e2 ", 100.0), ("-.5", -0.5), ("5.", 5.0), ("1_000", None), ("nan", None), ("1e999", None), ("٣", None)],
)
def test_numbers_are_plain_and_finite(cell: str, expected: float | None) -> None:
    assert number(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2024-03-10", utc(2024, 3, 10)),
        ("2024-03-10T01:02:03.5+02:00", utc(2024, 3, 9, 23, 2, 3, 500000)),
        ("2024-03-10 01:02:03Z", utc(2024, 3, 10, 1, 2, 3)),
        ("2024-02-30", None),
        ("0000-01-01", None),
        ("infinity", None),
        ("9999-12-31 23:00:00-05:00", None),
    ],
)
def test_timestamps_become_utc_or_null(cell: str, expected: datetime | None) -> None:
    assert timestamp(cell) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("https://Acme.com/Pricing//?q=/a#b", "/pricing"),
        ("http://acme.com", "/"),
        ("https://acme.com?x=/y", "/"),
        ("///", "/"),
        ("/a/b/#top", "/a/b"),
        ("Mail?1", "mail?1"),
        (None, None),
    ],
)
def test_pages_keep_their_path(name: str | None, expected: str | None) -> None:
    assert normalise_object(name) == expected


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("/pricing*|/plans*|!/plans/careers*", "/Pricing/eu", True),
        ("/pricing*|/plans*|!/plans/careers*", "/plans/careers/1", False),
        ("!/plans*", "/other", True),
        ("!/plans*", None, False),
        (None, None, True),
        ("pricing", "/pricing", False),
        ("a.c", "abc", False),
        ("a | B", "b", True),
        ("*", "", True),
    ],
)
def test_patterns_match_whole_values(pattern: str | None, value: str | None, expected: bool) -> None:
    assert fits(pattern, value) is expected


@pytest.mark.parametrize(
    ("pattern", "title", "expected"),
    [
        ("vp|vice president", "Vice-President, Sales", True),
        ("vp", "SVP Sales", False),
        ("*vp", "SVP Sales", True),
        ("*总监*", "销售总监", True),
        ("总监", "销售总监", False),
        ("manager|!assistant", "Sales Manager's Assistant", False),
        ("c.e.o.", "C E O", True),
        ("head*sales", "Head of Sales", True),
        ("ceo", None, False),
    ],
)
def test_title_patterns_match_whole_words(pattern: str, title: str | None, expected: bool) -> None:
    assert title_fits(pattern, title) is expected


# --- steps 1 to 6 --------------------------------------------------------------------------------------------------


def test_rows_are_rejected_with_their_first_reason() -> None:
    tables = score(
        world(
            event("1", " ", "2024-03-10"),
            event("", "page_view", "soon"),
            event("3", "page_view", "2024-03-10", contact_id=None),
            event("4", "page_view", "2024-03-10 00:00:00.000001", loaded_at="2024-03-09"),
            event("5", "page_view", "2024-03-10", loaded_at="2024-03-09"),
            stage_changes=[{"contact_id": "ann", "stage_id": None, "changed_at": "2024-03-01"}],
            score_adjustments=[
                {
                    "adjustment_id": "j",
                    "contact_id": "ann",
                    "group_id": "WEB",
                    "points": "1",
                    "reason": "r",
                    "created_by": "me",
                    "effective_date": "2024-03-01",
                }
            ],
        ),
        book(),
    )
    assert {(row["source_table"], row["row_key"], row["reason"]) for row in tables["rejected_rows"]} == {
        ("events", "1", "missing_event_type"),
        ("events", None, "missing_event_id"),
        ("events", "3", "missing_contact"),
        ("events", "4", "future"),
        ("stage_changes", "ann||2024-03-01T00:00:00.000000", "missing_stage_id"),
        ("score_adjustments", "j", "unknown_group"),
    }
    assert only(tables["event_outcomes"], outcome="rejected")["events"] == 4


def test_the_latest_accepted_copy_of_an_event_is_kept() -> None:
    tables = score(
        world(
            event("1", "old", "2024-03-10", loaded_at="2024-03-10"),
            event("1", "NEW", "2024-03-09", loaded_at="2024-03-11", product_id="CRM"),
            event("1", "new", "2024-03-09", loaded_at="2024-03-11"),
            event("1", "newest", "2024-03-11", loaded_at="2024-03-12", contact_id=None),
        ),
        book(products=(Product(product_id="crm"),)),
    )
    (row,) = tables["event_log"]
    assert (row["event_type"], row["product_id"]) == ("new", "crm")
    assert {row["outcome"]: row["events"] for row in tables["event_outcomes"] if row["events"]} == {
        "rejected": 1,
        "duplicate": 2,
        "unmatched": 1,
    }


def test_ids_follow_identities_and_merges_and_stay_in_cycles() -> None:
    def merge(merged: str, surviving: str, merged_at: str = "2024-01-01") -> dict[str, str | None]:
        return {"merged_contact_id": merged, "surviving_contact_id": surviving, "merged_at": merged_at}

    tables = score(
        Raw(
            {
                "contacts": [contact(name) for name in ("ann", "bob", "cid", "dan", "eve", "fay")],
                "contact_merges": [
                    merge("ann", "eve", "2023-01-01"),
                    merge("ann", "bob"),
                    merge("bob", "cid"),
                    merge("dan", "eve"),
                    merge("eve", "dan"),
                    merge("fay", "eve"),
                ],
                "identities": [
                    {"anonymous_id": "x", "contact_id": "fay", "identified_at": "2024-02-02"},
                    {"anonymous_id": "x", "contact_id": "ann", "identified_at": "2024-02-01"},
                ],
                "events": [
                    event("1", "a", "2024-03-01"),
                    event("2", "a", "2024-03-01", anonymous_id="x"),
                    event("3", "a", "2024-03-01", contact_id="fay", anonymous_id="x"),
                    event("4", "a", "2024-03-01", contact_id="dan"),
                    event("5", "a", "2024-03-01", anonymous_id="y"),
                    event("6", "a", "2024-03-01", contact_id="ghost", anonymous_id="x"),
                ],
            }
        ),
        book(),
    )
    assert [row["contact_id"] for row in tables["event_log"]] == ["cid", "cid", "fay", "dan", None, None]
    assert [row["contact_id"] for row in tables["contact_scores"]] == ["cid", "dan", "eve", "fay"]
    assert only(tables["event_outcomes"], outcome="waiting")["events"] == 2


def test_three_clicks_within_two_seconds_are_a_burst() -> None:
    clicks = [
        event("1", "email_click", "2024-03-01 10:00:00"),
        event("2", "email_click", "2024-03-01 10:00:01", is_machine="false"),
        event("3", "email_click", "2024-03-01 10:00:02"),
        event("4", "email_click", "2024-03-01 10:00:03.000001"),
        event("5", "email_click", "2024-03-01 11:00:00", user_agent="Googlebot"),
        event("6", "email_open", "2024-03-01 11:00:00", user_agent="Mozilla/5.0"),
        event("7", "email_open", "2024-03-01 11:00:00", user_agent="mozilla/5.0"),
        event("8", "email_open", "2024-03-01 11:00:00", user_agent="Googlebot", is_machine="true"),
    ]
    tables = score(world(*clicks), book(bot_user_agents=(BotUserAgent(pattern="*BOT*"),)))
    assert [row["machine_reason"] for row in tables["event_log"]] == [
        "click_burst",
        None,
        "click_burst",
        None,
        "user_agent",
        "mail_privacy",
        None,
        "source",
    ]


def test_the_content_map_fills_each_cell_from_its_own_winner() -> None:
    content = (
        ContentRow(object_pattern="/pricing*", category="pricing", priority=1),
        ContentRow(object_pattern="/pricing/*", category="teams", product_id="CRM", is_sales_ready=False, priority=2),
        ContentRow(event_type="page_view", object_pattern="/pricing/*", product_id="suite", priority=2),
        ContentRow(object_pattern="*", is_sales_ready=True),
    )
    tables = score(
        world(
            event("1", "page_view", "2024-03-01 10:00", object="/pricing/x"),
            event("2", "page_view", "2024-03-01 12:00", object="/home", category="mine"),
        ),
        book(content_map=content, products=(Product(product_id="crm"),)),
    )
    assert [(row["category"], row["product_id"]) for row in tables["event_log"][:2]] == [
        ("pricing", "suite"),
        ("mine", None),
    ]
    assert [row["value"] for row in tables["event_log"][2:]] == [0.0, 1.0]  # site visits


def test_a_site_visit_ends_after_thirty_minutes_or_at_midnight() -> None:
    tables = score(
        world(
            event("a", "page_view", "2024-03-01 10:00:00", object="/1"),
            event("b", "page_view", "2024-03-01 10:29:59", object="/2"),
            event("c", "page_view", "2024-03-01 10:59:59", object="/1"),
            event("d", "page_view", "2024-03-01 22:59:59", object="/1"),
            event("e", "page_view", "2024-03-01 23:00:00", object="/1"),
        ),
        book(content_map=(ContentRow(object_pattern="/*", is_sales_ready=True),)),
        scoring_timezone="Europe/Berlin",
    )
    assert logged(tables, "site_visit") == ["site_visit:a", "site_visit:c", "site_visit:d", "site_visit:e"]
    first = only(tables["event_log"], event_id="site_visit:a")
    assert (first["object"], first["value"], first["occurred_at"]) == ("/1", 2.0, utc(2024, 3, 1, 10, 29, 59))
    assert only(tables["event_log"], event_id="site_visit:e")["activity_date"] == date(2024, 3, 2)


def sends(count: int) -> list[dict[str, str | None]]:
    return [event(f"s{n}", "email_sent", f"2024-03-0{n} 10:00", object=f"mail-{n}") for n in range(1, count + 1)]


def test_every_third_ignored_send_makes_a_streak() -> None:
    tables = score(world(*sends(7)), book())
    assert logged(tables, "email_ignored_streak") == ["email_ignored_streak:s3", "email_ignored_streak:s6"]
    assert only(tables["event_log"], event_id="email_ignored_streak:s3")["occurred_at"] == utc(2024, 3, 6, 10)


@pytest.mark.parametrize(
    ("reaction", "expected"),
    [
        (event("r", "email_open", "2024-03-05 10:00", object="MAIL-2"), ["email_ignored_streak:s5"]),
        (event("r", "email_open", "2024-03-05 10:00:00.000001", object="mail-2"), ["email_ignored_streak:s3"]),
        (event("r", "email_click", "2024-03-02 10:00", object="mail-2"), ["email_ignored_streak:s5"]),
        (event("r", "email_click", "2024-03-02 09:59:59", object="mail-2"), ["email_ignored_streak:s3"]),
        (
            event("r", "email_open", "2024-03-02 10:00", object="mail-2", user_agent="Mozilla/5.0"),
            ["email_ignored_streak:s4"],
        ),
        (
            event("r", "email_click", "2024-03-02 10:00", object="mail-2", is_machine="true"),
            ["email_ignored_streak:s3"],
        ),
    ],
)
def test_a_read_send_restarts_the_streak_and_an_unknown_one_is_passed_over(
    reaction: dict[str, str | None], expected: list[str]
) -> None:
    assert logged(score(world(*sends(5), reaction), book()), "email_ignored_streak") == expected


def test_a_stage_is_entered_when_it_differs_from_the_one_before() -> None:
    changes: list[dict[str, str | None]] = [
        {"contact_id": "ann", "stage_id": stage_id, "changed_at": changed_at}
        for stage_id, changed_at in (
            ("mql", "2024-03-02"),
            ("Lead", "2024-03-02"),
            ("odd", "2024-03-02"),
            ("MQL", "2024-03-03"),
            ("lead", "2024-03-04 10:00:00.25"),
        )
    ]
    tables = score(world(stage_changes=changes), book())
    assert logged(tables, "stage_entered") == [
        "stage_entered:ann:MQL:2024-03-02T00:00:00.000000",
        "stage_entered:ann:lead:2024-03-02T00:00:00.000000",
        "stage_entered:ann:lead:2024-03-04T10:00:00.250000",
        "stage_entered:ann:odd:2024-03-02T00:00:00.000000",
    ]
    assert tables["contact_scores"][0]["stage_id"] == "lead"


# --- steps 7 to 14 -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({}, 10),
        ({"object_pattern": "/pricing*"}, 10),
        ({"category": "PRICING"}, 10),
        ({"category": "blog"}, 0),
        ({"campaign_pattern": "*"}, 0),
        ({"min_value": 25.0, "max_value": 25.0}, 10),
        ({"min_value": 25.5}, 0),
        ({"valid_from": TODAY, "valid_to": TODAY}, 10),
        ({"valid_to": TODAY - timedelta(days=1)}, 0),
        ({"enabled": False}, 0),
    ],
)
def test_a_rule_hits_when_all_its_conditions_hold(cells: dict[str, Any], expected: float) -> None:
    page = event("1", "Page_View", "2024-03-10", object="/pricing", category="pricing", value="25")
    assert activity(world(page), book(rule("r", "PAGE_VIEW", 10, **cells))) == expected


@pytest.mark.parametrize(
    ("per", "expected"),
    [("day", 6), ("week", 5), ("month", 3), ("object", 4), ("object_day", 8), ("lifetime", 1), (None, 9)],
)
def test_caps_credit_so_many_hits_per_scope(per: str | None, expected: int) -> None:
    """ISO weeks: Feb 27, 2023: 9; 2024: Feb 25: 8, Feb 26 and 29: 9, Mar 4: 10, Mar 11: 11."""
    moments = [
        ("2023-02-27 10:00", "a"),
        ("2024-02-25 10:00", "a"),
        ("2024-02-26 10:00", "b"),
        ("2024-02-26 11:00", "b"),
        ("2024-02-26 12:00", None),
        ("2024-02-29 10:00", "a"),
        ("2024-03-04 10:00", None),
        ("2024-03-11 10:00", "c"),
        ("2024-03-11 11:00", "a"),
    ]
    rows = [event(str(number), "login", moment, object=name) for number, (moment, name) in enumerate(moments)]
    rules = book(rule("r", "login", 1, max_hits=None if per is None else 1.0, per=per))
    assert activity(world(*rows), rules, date(2024, 3, 11)) == expected


def test_a_late_earlier_event_takes_the_credit() -> None:
    rules = book(rule("r", "login", 8, max_hits=1.0, per="week", decay="half_life", decay_days=1.0))
    later, earlier = event("2", "login", "2024-03-09"), event("1", "login", "2024-03-08", loaded_at="2024-03-20")
    assert activity(world(later), rules) == 4
    assert activity(world(later, earlier), rules) == 2


def test_a_merge_does_not_double_a_capped_rule() -> None:
    raw = Raw(
        {
            "contacts": [contact("ann"), contact("bob")],
            "contact_merges": [
                {"merged_contact_id": "bob", "surviving_contact_id": "ann", "merged_at": "2024-03-09"},
            ],
            "events": [event("1", "login", "2024-03-10"), event("2", "login", "2024-03-10", contact_id="bob")],
        }
    )
    tables = score(raw, book(rule("r", "login", 8, max_hits=1.0, per="day")))
    (row,) = tables["score_ledger"]
    assert (row["contact_id"], row["hits"], row["credited_hits"], row["points"]) == ("ann", 2, 1, 8)


@pytest.mark.parametrize(
    ("decay", "age", "expected"),
    [
        ("none", 9, 16),
        ("half_life", 0, 16),
        ("half_life", 4, 8),
        ("half_life", 8, 4),
        ("linear", 1, 12),
        ("linear", 4, 0),
        ("linear", 9, 0),
        ("window", 3, 16),
        ("window", 4, 0),
    ],
)
def test_points_decay_with_age(decay: str, age: int, expected: float) -> None:
    rules = book(rule("r", "login", 16, decay=decay, decay_days=None if decay == "none" else 4.0))
    tables = score(world(event("1", "login", "2024-03-01")), rules, date(2024, 3, 1) + timedelta(days=age))
    assert [row["decayed_points"] for row in tables["score_ledger"]] == [expected]


def test_a_reset_takes_what_came_before_and_caps_do_not_re_arm() -> None:
    raw = world(
        event("1", "login", "2024-03-01"),
        event("2", "login", "2024-03-05 12:00"),
        event("3", "login", "2024-03-06"),
        event("4", "demo_request", "2024-03-05 12:00:00.000001"),
        stage_changes=[{"contact_id": "ann", "stage_id": "mql", "changed_at": "2024-03-05 12:00"}],
        score_adjustments=[
            {
                "adjustment_id": day,
                "contact_id": "ann",
                "group_id": "web",
                "points": "3",
                "reason": "fair",
                "created_by": "me",
                "effective_date": f"2024-03-0{day}",
                "expires_date": "2024-03-11",
            }
            for day in ("5", "6")
        ],
    )
    rules = book(
        rule("login", "login", 10, max_hits=2.0, per="lifetime"),
        rule("demo", "demo_request", 20),
        rule("entered", "stage_entered", 7),
    )
    assert activity(raw, rules, date(2024, 3, 4)) == 10
    assert activity(raw, rules, date(2024, 3, 5)) == 20
    assert activity(raw, rules) == 23
    assert activity(raw, rules, date(2024, 3, 11)) == 20
    ledger = score(raw, rules)["score_ledger"]
    reset = only(ledger, rule_id="adjustment:5")
    assert (reset["hits"], reset["credited_hits"], reset["counted_hits"], reset["points"]) == (1, 1, 0, 0)


def test_silence_costs_the_longest_step_reached_per_group() -> None:
    rules = book(
        rule("r", "login", 50),
        inactivity_rules=(
            InactivityRule(rule_id="i3", group_id="web", after_days=3, points=-5),
            InactivityRule(rule_id="i9", group_id="web", after_days=9, points=-15),
        ),
    )
    raw = world(event("1", "login", "2024-03-01"), event("2", "email_sent", "2024-03-02", object="m"))
    assert [activity(raw, rules, date(2024, 3, day)) for day in (3, 4, 9, 10)] == [50, 45, 45, 35]
    assert only(score(raw, rules)["score_ledger"], rule_id="i9")["activity_date"] == TODAY
    assert activity(world(), rules) == 0


def test_derived_events_are_no_activity() -> None:
    changes: list[dict[str, str | None]] = [{"contact_id": "ann", "stage_id": "lead", "changed_at": "2024-03-01"}]
    tables = score(world(*sends(3), stage_changes=changes), book())
    assert tables["contact_scores"][0]["last_activity_date"] is None


def test_groups_are_clamped_before_scores() -> None:
    raw = world(*(event(str(number), "login", "2024-03-10") for number in range(3)))
    assert activity(raw, book(rule("r", "login", 10, group_id="mail"))) == 20
    assert activity(raw, book(rule("r", "login", -10, group_id="mail"), rule("s", "login", 4))) == 7
    assert activity(raw, book(rule("r", "login", 60))) == 100
    assert activity(raw, book(rule("r", "login", -60))) == 0
    custom = score(raw, book(rule("r", "login", -60, group_id="help")))["custom_scores"]
    assert [(row["score_id"], row["score"], row["band"]) for row in custom] == [("support", -10, None)]


def test_interest_sums_decayed_points_per_product() -> None:
    raw = world(
        event("1", "login", "2024-03-10", product_id="CRM"),
        event("2", "login", "2024-03-09", product_id="crm"),
        event("3", "login", "2024-03-10", product_id="zoo"),
        event("4", "login", "2024-03-10", product_id="zoo", value="1"),
        event("5", "login", "2024-03-10"),
        event("6", "view", "2024-03-10", product_id="abc"),
    )
    rules = book(
        rule("r", "login", 8, decay="half_life", decay_days=1.0, counts_for_interest=True, group_id="help"),
        rule("v", "login", -4, min_value=1.0, counts_for_interest=True),
        rule("w", "view", 12),
        products=(Product(product_id="crm", product_name="The CRM"),),
    )
    tables = score(raw, rules)
    assert [(row["product_id"], row["product_name"], row["score"]) for row in tables["product_interest_scores"]] == [
        ("crm", "The CRM", 12),
        ("zoo", None, 12),
    ]
    assert tables["contact_scores"][0]["top_product_id"] == "crm"


# --- steps 15 to 19 ------------------------------------------------------------------------------------------------


def fit_rule(rule_id: str, criterion_id: str, attribute: str, operator: str, points: float, **cells: Any) -> FitRule:
    named = {"rule_id": rule_id, "criterion_id": criterion_id, "attribute": attribute, "operator": operator}
    return FitRule(**{**named, "points": points, **cells})


FIT = {
    "fit_criteria": (
        FitCriterion(criterion_id="job_title", entity="contact", weight=50),
        FitCriterion(criterion_id="size", entity="account", weight=30),
        FitCriterion(criterion_id="need", entity="contact", weight=20),
    ),
    "fit_rules": (
        fit_rule("title", "job_title", "job_title", "like", -7, operand="*intern*"),
        fit_rule("mid", "size", "Employee_Count", "between", 60, operand="50.."),
        fit_rule("big", "size", "employee_count", "at_least", 90, operand="1e2"),
        fit_rule("b", "need", "needs", "in", 40, operand="crm | 5"),
        fit_rule("a", "need", "Needs", "equals", 40, operand="CRM"),
        fit_rule("z", "need", "needs", "is_present", -3),
        fit_rule("off", "need", "email", "is_present", 100, enabled=False),
    ),
    "title_weights": (
        TitleWeight(title_pattern="president", points=100, priority=2, buying_role="decider"),
        TitleWeight(title_pattern="vice president", points=50, priority=2, seniority="vp"),
        TitleWeight(title_pattern="assistant", points=10, priority=1),
    ),
    "buying_roles": (
        BuyingRole(buying_role="decider", is_required=True),
        BuyingRole(buying_role="user", is_required=True),
    ),
}


def test_fit_adds_weighted_criteria_and_full_penalties() -> None:
    raw = Raw(
        {
            "contacts": [contact(job_title="Vice President / Internal", email="a@acme.com")],
            "events": [],
            "accounts": [
                {"account_id": "acme", "domain": "www.ACME.com", "employee_count": "100", "updated_at": "2024-01-01"}
            ],
            "contact_attributes": [
                {"contact_id": "ann", "attribute": "NEEDS", "value": value} for value in ("5.0", "crm", None, "crm")
            ],
        }
    )
    tables = score(raw, book(**FIT))
    row = tables["contact_scores"][0]
    # 0.5 * 50 - 7, 0.3 * 90, 0.2 * 40 - 3
    assert row["fit_score"] == pytest.approx(25 - 7 + 27 + 8 - 3)
    assert (row["account_id"], row["seniority"], row["fit_grade"], row["fit_completeness"]) == ("acme", "vp", "B", 1.0)
    found = {
        row["criterion_id"]: (row["rule_ids"], row["attribute_value"], row["criterion_points"], row["weighted_points"])
        for row in tables["fit_contributions"]
    }
    assert found == {
        "job_title": ("vice president|title", "Vice President / Internal", 50, 18),
        "size": ("big", "100", 90, 27),
        "need": ("a|b|z", "5.0|crm", 40, 5),
    }
    assert tables["account_scores"][0]["account_fit_score"] == 90


def test_text_never_meets_a_numeric_operator() -> None:
    accounts = [{"account_id": "acme", "employee_count": "many", "updated_at": "2024-01-01"}]
    raw = Raw({"contacts": [contact(account_id="acme")], "events": [], "accounts": accounts})
    row = only(score(raw, book(**FIT))["fit_contributions"], criterion_id="size")
    assert (row["rule_ids"], row["attribute_value"], row["criterion_points"]) == (None, "many", 0)


def test_excluded_contacts_score_nothing_but_keep_their_rows() -> None:
    exclusions = (
        Exclusion(rule_id="x2", match_on="email_domain", pattern="rival.*", reason="competitor"),
        Exclusion(rule_id="x1", match_on="job_title", pattern="tester", reason="test"),
        Exclusion(rule_id="x0", match_on="email_domain", pattern="x.org*", reason="partner"),
    )
    raw = world(
        event("1", "login", "2024-03-10"),
        contacts=[contact(email="a@x.org@Rival.com", job_title="Lead Tester", account_id="acme")],
        accounts=[{"account_id": "acme", "updated_at": "2024-01-01"}],
    )
    tables = score(raw, book(rule("r", "login", 50, act_now=True), exclusions=exclusions, **FIT))
    row = tables["contact_scores"][0]
    assert (row["exclusion_reason"], row["temperature"], row["recommended_action"]) == ("test", "dead", None)
    assert (row["activity_score"], row["fit_score"], row["lead_score"]) == (0, 0, 0)
    assert (row["has_act_now"], row["is_surging"], row["is_contactable"]) == (False, False, False)
    (line,) = tables["score_ledger"]
    assert (line["credited_hits"], line["counted_hits"], line["points"]) == (1, 0, 0)
    assert tables["score_contributions"] == []
    assert tables["nurture_segments"] == []
    assert tables["account_scores"][0]["member_count"] == 0


def test_temperature_takes_the_first_that_holds() -> None:
    def temperature(raw: Raw, *rules: PointRule) -> str:
        value: str = score(raw, book(*rules, **FIT))["contact_scores"][0]["temperature"]
        return value

    login, boss = event("1", "login", "2024-03-10"), [contact(job_title="President")]
    lost: list[dict[str, str | None]] = [{"contact_id": "ann", "stage_id": "LOST", "changed_at": "2024-03-10"}]
    assert temperature(world(login, contacts=boss), rule("r", "login", 50)) == "hot"
    assert temperature(world(login, contacts=boss, stage_changes=lost), rule("r", "login", 50)) == "dead"
    dead = score(world(login, contacts=boss, stage_changes=lost), book(rule("r", "login", 50), **FIT))["contact_scores"]
    assert [(row["lead_grade"], row["is_qualified"], row["recommended_action"]) for row in dead] == [
        ("B3", False, None)
    ]
    assert temperature(world(login, contacts=boss), rule("r", "login", 0, act_now=True)) == "hot"
    assert temperature(world(login), rule("r", "login", 1, act_now=True)) == "warm"
    assert temperature(world(login), rule("r", "login", 1, group_id="help")) == "cold"
    assert temperature(world(login), rule("r", "login", -1)) == "cold"
    mql: list[dict[str, str | None]] = [{"contact_id": "ann", "stage_id": "mql", "changed_at": "2024-03-10"}]
    assert temperature(world(login, contacts=boss, stage_changes=mql), rule("r", "login", 0, act_now=True)) == "cold"
    old = event("1", "login", "2024-02-09")
    assert temperature(world(old, contacts=boss), rule("r", "login", 50, act_now=True)) == "hot"  # grade B4
    assert temperature(world(old, contacts=boss), rule("r", "login", 5, act_now=True)) == "cold"


def test_surging_compares_a_week_with_the_eight_before() -> None:
    def is_surging(*days: str) -> bool:
        rows = [event(str(number), "login", day) for number, day in enumerate(days)]
        value: bool = score(world(*rows), book(rule("r", "login", 10)))["contact_scores"][0]["is_surging"]
        return value

    assert is_surging("2024-03-04", "2024-03-10")
    assert not is_surging("2024-03-03", "2024-03-10")
    # 3 × 50 / 8 = 18.75, 3 × 60 / 8 = 22.5
    assert is_surging("2024-03-04", "2024-03-10", *["2024-03-03"] * 5)
    assert not is_surging("2024-03-04", "2024-03-10", *["2024-03-03"] * 6)
    # (as_of − 63, as_of − 7]: Jan 7 is outside
    assert is_surging("2024-03-04", "2024-03-10", *["2024-01-07"] * 6)
    assert not is_surging("2024-03-04", "2024-03-10", *["2024-01-08"] * 6)


@pytest.mark.parametrize(
    ("cells", "events", "expected"),
    [
        ({"email": "a@b.c"}, [], True),
        ({"email": "nowhere"}, [], False),
        ({"email": "a@b.c", "email_opt_out": "TRUE"}, [], False),
        ({"email": "a@b.c"}, [("unsubscribe", "2024-03-01")], False),
        ({"email": "a@b.c"}, [("unsubscribe", "2024-03-01"), ("subscription", "2024-03-01")], False),
        ({"email": "a@b.c"}, [("unsubscribe", "2024-03-01"), ("subscription", "2024-03-01 00:00:01")], True),
        ({"email": "a@b.c"}, [("unsubscribe", "2024-03-11")], True),
    ],
)
def test_contactable(cells: dict[str, str | None], events: list[tuple[str, str]], expected: bool) -> None:
    rows = [event(str(number), kind, moment) for number, (kind, moment) in enumerate(events)]
    tables = score(world(*rows, contacts=[contact(**cells)]), book())
    assert tables["contact_scores"][0]["is_contactable"] is expected


def test_accounts_roll_up_their_best_members() -> None:
    raw = Raw(
        {
            "contacts": [
                contact("ann", account_id="acme", job_title="President"),
                contact("bob", email="bob@Acme.com", account_id="gone"),
                contact("cid", account_id="acme"),
                contact("dan", email="dan@gmail.com"),
            ],
            "accounts": [
                {"account_id": "acme", "domain": "acme.com", "updated_at": "2024-01-01"},
                {"account_id": "beta", "domain": "gmail.com", "updated_at": "2024-01-01"},
            ],
            "events": [
                event("1", "login", "2024-03-10", contact_id="ann", product_id="crm"),
                event("2", "login", "2024-03-09", contact_id="bob", product_id="crm"),
                event("3", "view", "2024-03-10", contact_id="cid"),
            ],
        }
    )
    tables = score(
        raw,
        book(
            rule("r", "login", 40, decay="half_life", decay_days=1.0, counts_for_interest=True),
            rule("v", "view", 30),
            free_email_domains=(FreeEmailDomain(email_domain="Gmail.com"),),
            **FIT,
        ),
    )
    acme = only(tables["account_scores"], account_id="acme")
    # ranks 40, 30, 20 weigh 0.6, 0.25, 0; two engaged members add a tenth
    assert acme["account_activity_score"] == pytest.approx((24 + 7.5) * 1.1)
    assert (acme["member_count"], acme["breadth"], acme["max_activity"], acme["mean_activity"]) == (3, 2, 40, 30)
    assert (acme["roles_covered"], acme["committee_coverage"]) == (1, 0.5)
    assert (acme["top_product_id"], acme["top_product_score"]) == ("crm", 60)
    assert (acme["account_grade"], acme["is_qualified"]) == ("D2", False)
    beta = only(tables["account_scores"], account_id="beta")
    assert (beta["account_activity_score"], beta["mean_activity"], beta["last_activity_date"]) == (0, 0, None)


def test_account_fit_takes_penalties_in_full() -> None:
    accounts: list[dict[str, str | None]] = [
        {"account_id": "acme", "employee_count": "60", "country": "XX", "updated_at": "2024-01-01"}
    ]
    penalty = fit_rule("far", "size", "country", "equals", -9, operand="xx")
    rules = book(**{**FIT, "fit_rules": (*FIT["fit_rules"], penalty)})
    tables = score(world(contacts=[contact(account_id="acme")], accounts=accounts), rules)
    assert tables["account_scores"][0]["account_fit_score"] == 51
    assert only(tables["fit_contributions"], criterion_id="size")["weighted_points"] == pytest.approx(18 - 9)


@pytest.mark.parametrize(("second_logins", "expected"), [(0, True), (1, False), (2, True)])
def test_a_qualified_account_needs_two_engaged_members_unless_one_is_active(second_logins: int, expected: bool) -> None:
    raw = world(
        *(event(f"a{number}", "login", "2024-03-10") for number in range(8)),
        *(event(f"b{number}", "login", "2024-03-10", contact_id="bob") for number in range(second_logins)),
        contacts=[contact("ann", account_id="acme"), contact("bob", account_id="acme")],
        accounts=[{"account_id": "acme", "employee_count": "100", "updated_at": "2024-01-01"}],
    )
    rules = book(rule("r", "login", 13), account_rank_weights=(RankWeight(contact_rank=1, weight=1),), **FIT)
    assert score(raw, rules)["account_scores"][0]["is_qualified"] is expected


def test_a_member_below_zero_takes_nothing_from_the_account() -> None:
    raw = world(
        event("1", "login", "2024-03-10"),
        event("2", "spam", "2024-03-10", contact_id="bob"),
        contacts=[contact("ann", account_id="acme"), contact("bob", account_id="acme")],
        accounts=[{"account_id": "acme", "updated_at": "2024-01-01"}],
    )
    scores = (
        Score(score_id="activity", floor=-50, ceiling=100, lead_weight=1),
        Score(score_id="fit", floor=0, ceiling=100),
        Score(score_id="product_interest", floor=0, ceiling=100),
        Score(score_id="support", floor=0, ceiling=1),
    )
    row = score(raw, book(rule("r", "login", 10), rule("s", "spam", -10), scores=scores))["account_scores"][0]
    assert (row["account_activity_score"], row["sum_activity"], row["mean_activity"]) == (6, 10, 5)


def test_segments_say_what_to_do_with_whom() -> None:
    def change(contact_id: str, stage_id: str, changed_at: str) -> dict[str, str | None]:
        return {"contact_id": contact_id, "stage_id": stage_id, "changed_at": changed_at}

    raw = Raw(
        {
            "contacts": [
                contact("boss", job_title="President"),
                contact("busy"),
                contact("buyer"),
                contact("fresh"),
                contact("lost"),
                contact("quiet", job_title="President"),
                contact("old", job_title="Vice President"),
            ],
            "events": [
                *(event(name, "login", "2024-03-01", contact_id=name) for name in ("boss", "busy", "buyer", "lost")),
                event("fresh", "login", "2024-03-10", contact_id="fresh"),
                event("old", "view", "2024-01-01", contact_id="old"),
            ],
            "stage_changes": [
                change("boss", "lead", "2024-02-10"),
                change("busy", "lead", "2024-02-09"),
                change("buyer", "customer", "2024-02-09"),
                change("lost", "lost", "2024-02-09"),
                change("old", "lead", "2024-01-01"),
            ],
        }
    )
    found: dict[str, list[str]] = {}
    for row in score(raw, book(rule("r", "login", 50), rule("v", "view", 10), **FIT))["nurture_segments"]:
        found.setdefault(row["contact_id"], []).append(row["segment"])
    assert found == {
        "boss": ["qualified"],
        "busy": ["stalled_in_stage", "high_activity_low_fit"],
        "buyer": ["high_activity_low_fit"],
        "fresh": ["surging", "high_activity_low_fit"],
        "quiet": ["high_fit_low_activity", "never_active"],
        "old": ["cold"],
    }


# --- step 20 -------------------------------------------------------------------------------------------------------


def days_of(tables: Tables) -> list[date]:
    return sorted({row["as_of_date"] for row in tables["stage_funnel"]})


def march(*days: int) -> list[date]:
    return [date(2024, 3, day) for day in days]


def test_a_run_adds_its_day_and_the_missing_ones_and_leaves_the_record_alone() -> None:
    raw, reference = world(event("1", "login", "2024-03-01")), Reference()
    cheap, dear = book(rule("r", "login", 5)), book(rule("r", "login", 9))
    assert days_of(reference.run(raw, cheap, date(2024, 3, 4))) == march(4)
    tables = reference.run(raw, dear, date(2024, 3, 6))
    assert [row["activity_score"] for row in tables["score_history"]] == [5, 9, 9]
    tables = reference.run(raw, cheap, date(2024, 3, 5))
    assert [row["activity_score"] for row in tables["score_history"]] == [5, 5, 9]
    assert tables["contact_scores"][0]["as_of_date"] == date(2024, 3, 6)
    tables = reference.run(raw, dear, date(2024, 3, 6), from_date=date(2024, 3, 4))
    assert [row["activity_score"] for row in tables["score_history"]] == [9, 9, 9]
    assert [row["cause"] for row in tables["threshold_crossings"]] == []
    tables = reference.run(raw, dear, date(2024, 3, 6), variables={"history_start_date": "2024-03-02"})
    assert days_of(tables) == march(2, 3, 4, 5, 6)


def test_a_day_computed_before_it_was_over_is_computed_again() -> None:
    reference, rules = Reference(), book(rule("r", "login", 5))
    variables = {"scoring_timezone": "America/New_York"}
    first = event("0", "login", "2024-03-04 12:00")
    before, after = world(first), world(first, event("1", "login", "2024-03-05 23:30"))
    # midnight in New York is five in UTC
    cheap = book(rule("r", "login", 1))
    reference.run(before, cheap, date(2024, 3, 4), None, variables, datetime(2024, 3, 5, 5, tzinfo=UTC))
    reference.run(before, rules, date(2024, 3, 5), None, variables, datetime(2024, 3, 6, 4, 59, tzinfo=UTC))
    later = datetime(2024, 3, 8, tzinfo=UTC)
    tables = reference.run(before, cheap, date(2024, 3, 4), None, variables, later)
    assert [row["activity_score"] for row in tables["score_history"]] == [1, 5]
    tables = reference.run(after, rules, date(2024, 3, 6), None, variables, later)
    assert [row["activity_score"] for row in tables["score_history"]] == [1, 10, 10]
    dear = book(rule("r", "login", 9))
    tables = reference.run(after, dear, date(2024, 3, 7), None, variables, later)
    assert [row["activity_score"] for row in tables["score_history"]] == [1, 10, 10, 18]


def test_a_contact_is_in_the_history_from_the_day_it_is_seen() -> None:
    raw = Raw(
        {
            "contacts": [
                contact("ann", created_at=None),
                contact("bob", created_at=None),
                contact("cid", created_at="2024-03-04", account_id="acme"),
            ],
            "stage_changes": [{"contact_id": "bob", "stage_id": "lead", "changed_at": "2024-03-03"}],
            "accounts": [{"account_id": "acme", "updated_at": "2024-01-01"}],
            "events": [event("1", "email_click", "2024-03-05", contact_id="bob", is_machine="true")],
        }
    )
    tables = score(raw, book(), date(2024, 3, 5), history_start_date="2024-03-03")
    first = {row["contact_id"]: row["as_of_date"] for row in reversed(tables["score_history"])}
    assert first == dict(zip(("ann", "cid", "bob"), march(3, 4, 5), strict=True))
    assert [row["as_of_date"] for row in tables["account_score_history"]] == march(4, 5)


def crossings(raw: Raw, rule_book: RuleBook, *days: int) -> list[tuple[Any, ...]]:
    """Direction, day, cause of the crossings of a history over these days of March."""
    variables = {"history_start_date": date(2024, 3, days[0])}
    tables = Reference().run(raw, rule_book, date(2024, 3, days[-1]), variables=variables)
    return [
        (row["entity_id"], row["direction"], row["as_of_date"].day, row["score_before"], row["cause"])
        for row in tables["threshold_crossings"]
    ]


def test_crossings_turn_up_at_the_value_and_down_below_the_re_arm_value() -> None:
    rules = book(
        rule("r", "login", 16, decay="linear", decay_days=8.0),
        thresholds=(
            Threshold(
                threshold_id="t", entity="contact", score_id="activity", comparison=">=", value=16, rearm_below=10
            ),
        ),
    )
    # 0, 16 on the 2nd, 14, 12, 10, 8 on the 6th
    assert crossings(world(event("1", "login", "2024-03-02")), rules, 1, 6) == [
        ("ann", "up", 2, 0, "activity"),
        ("ann", "down", 6, 10, "decay"),
    ]
    # the first day is the baseline, between both values it is below
    assert crossings(world(event("1", "login", "2024-03-02")), rules, 2, 6) == [("ann", "down", 6, 10, "decay")]
    assert crossings(world(event("1", "login", "2024-03-02")), rules, 3, 6) == []


def test_a_contact_or_product_first_seen_later_starts_below() -> None:
    thresholds = (
        Threshold(threshold_id="t", entity="contact", score_id="activity", comparison=">", value=5),
        Threshold(threshold_id="p", entity="contact", score_id="product_interest", comparison=">", value=5),
    )
    rules = book(rule("r", "login", 16, counts_for_interest=True), thresholds=thresholds)
    raw = world(
        event("1", "login", "2024-03-01"),
        event("2", "login", "2024-03-02", contact_id="bob", product_id="crm"),
        contacts=[contact("ann"), contact("bob", created_at=None)],
    )
    assert crossings(raw, rules, 1, 3) == [("bob", "up", 2, None, "activity"), ("bob", "up", 2, None, "activity")]


def test_causes_come_in_their_order() -> None:
    threshold = Threshold(threshold_id="t", entity="contact", score_id="activity", comparison=">=", value=10)
    cheap = book(rule("r", "login", 12), thresholds=(threshold,))
    adjustment = {
        "adjustment_id": "j",
        "contact_id": "bob",
        "group_id": "web",
        "points": "10",
        "reason": "fair",
        "created_by": "me",
        "effective_date": "2024-03-02",
        "expires_date": "2024-03-04",
    }
    raw = world(
        event("1", "login", "2024-03-02"),
        contacts=[contact("ann"), contact("bob")],
        score_adjustments=[adjustment],
        stage_changes=[{"contact_id": "ann", "stage_id": "mql", "changed_at": "2024-03-03"}],
    )
    assert crossings(raw, cheap, 1, 5) == [
        ("ann", "up", 2, 0, "activity"),
        ("bob", "up", 2, 0, "adjustment"),
        ("ann", "down", 3, 12, "reset"),
        ("bob", "down", 4, 10, "adjustment"),
    ]
    after_reset = world(
        event("1", "login", "2024-03-03 12:00"),
        stage_changes=[{"contact_id": "ann", "stage_id": "mql", "changed_at": "2024-03-03"}],
    )
    assert crossings(after_reset, cheap, 2, 4) == [("ann", "up", 3, 0, "activity")]
    reference = Reference()
    reference.run(raw, cheap, date(2024, 3, 2))
    dear = replace(cheap, thresholds=(replace(threshold, value=11.0),))
    tables = reference.run(raw, dear, date(2024, 3, 3))
    assert [(row["entity_id"], row["cause"]) for row in tables["threshold_crossings"]] == [
        ("ann", "rules"),
        ("bob", "rules"),
    ]
    excluded = replace(raw, tables={**raw.tables, "contacts": [contact("bob", email="bob@rival.com")]})
    rules = book(
        rule("r", "login", 12),
        thresholds=(threshold,),
        exclusions=(Exclusion(rule_id="x", match_on="email", pattern="*@rival.com", reason="competitor"),),
    )
    reference = Reference()
    reference.run(raw, rules, date(2024, 3, 2))
    tables = reference.run(excluded, rules, date(2024, 3, 3))
    assert [(row["entity_id"], row["cause"]) for row in tables["threshold_crossings"]] == [("bob", "profile")]


def test_a_moved_fit_score_is_a_cause() -> None:
    rules = book(
        scores=(
            Score(score_id="activity", floor=0, ceiling=100),
            Score(score_id="fit", floor=0, ceiling=100, lead_weight=1),
            Score(score_id="product_interest", floor=0, ceiling=100),
            Score(score_id="support", floor=0, ceiling=1),
        ),
        thresholds=(Threshold(threshold_id="t", entity="contact", score_id="lead", comparison=">", value=20),),
        **FIT,
    )
    reference = Reference()
    reference.run(world(), rules, date(2024, 3, 2))
    tables = reference.run(world(contacts=[contact(job_title="President")]), rules, date(2024, 3, 3))
    assert [(row["score_after"], row["cause"]) for row in tables["threshold_crossings"]] == [(50, "profile")]


def test_the_funnel_counts_who_is_in_a_stage_and_who_moved_on() -> None:
    def change(contact_id: str, stage_id: str, changed_at: str) -> dict[str, str | None]:
        return {"contact_id": contact_id, "stage_id": stage_id, "changed_at": changed_at}

    raw = world(
        contacts=[contact("ann"), contact("bob"), contact("cid"), contact("dan")],
        stage_changes=[
            change("ann", "lead", "2024-01-01"),
            change("ann", "mql", "2024-03-06"),
            change("bob", "lead", "2024-03-01"),
            change("cid", "lead", "2024-02-09"),
            change("cid", "lost", "2024-03-01"),
            change("dan", "MQL", "2024-02-27"),
            change("dan", "lead", "2024-02-28"),
            change("dan", "elsewhere", "2024-03-01"),
            change("dan", "lead", "2024-03-11"),
        ],
    )
    funnel = score(raw, book())["stage_funnel"]
    found = {
        row["stage_id"]: (row["contacts"], row["share"], row["entered_30d"], row["moved_on_30d"]) for row in funnel
    }
    assert found == {
        "lead": (1, pytest.approx(1 / 3), 2, 1),
        "MQL": (1, pytest.approx(1 / 3), 2, 0),
        "customer": (0, 0, 0, 0),
        "lost": (1, pytest.approx(1 / 3), 1, 0),
    }
    assert [row["median_days_in_stage"] for row in funnel] == [9, 4, None, 9]


# --- in every world ------------------------------------------------------------------------------------------------

quick = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def last_tables(runs: list[Run]) -> Tables:
    reference, tables = Reference(), {}
    for run in runs:
        tables = reference.run(run.raw, run.rule_book, run.as_of, run.from_date, run.variables, run.now)
    return tables


@quick
@given(scenarios())
def test_every_raw_event_is_accounted_for_once(runs: list[Run]) -> None:
    outcomes = last_tables(runs)["event_outcomes"]
    assert sum(row["events"] for row in outcomes) == len(runs[-1].raw.rows("events"))
    assert all(row["events"] >= 0 for row in outcomes)


@quick
@given(worlds(), rule_books())
def test_contributions_add_up_to_the_scores(raw: Raw, rule_book: RuleBook) -> None:
    tables = score(raw, rule_book)
    for row in tables["contact_scores"]:
        parts = [part for part in tables["score_contributions"] if part["contact_id"] == row["contact_id"]]
        total = 0.0
        for group in rule_book.score_groups:
            if group.score_id == "activity":
                points = sum(part["decayed_points"] for part in parts if part["group_id"] == group.group_id)
                total += clamp(points, group.min_points, group.max_points)
        assert rule_book.clamp("activity", total) == pytest.approx(row["activity_score"])
        fit = sum(
            part["weighted_points"] for part in tables["fit_contributions"] if part["contact_id"] == row["contact_id"]
        )
        assert row["is_excluded"] or rule_book.clamp("fit", fit) == pytest.approx(row["fit_score"])


@quick
@given(scenarios(), st.randoms(use_true_random=False))
def test_the_order_of_rows_says_nothing(runs: list[Run], random: Any) -> None:
    shuffled = [
        replace(run, raw=Raw({table: random.sample(rows, len(rows)) for table, rows in run.raw.tables.items()}))
        for run in runs
    ]
    assert differences(last_tables(runs), last_tables(shuffled)) == []


@quick
@given(scenarios())
def test_latest_tables_do_not_depend_on_earlier_runs(runs: list[Run]) -> None:
    tables, last = last_tables(runs), runs[-1]
    as_of = max(row["as_of_date"] for row in tables["stage_funnel"])
    fresh = Reference().run(last.raw, last.rule_book, as_of, variables=last.variables)
    latest = [name for name in tables if "history" not in name and name not in ("threshold_crossings", "stage_funnel")]
    for side in (tables, fresh):
        of_the_record = {"activity_score_7d_ago": None, "is_qualified_7d_ago": None}
        side["contact_scores"] = [{**row, **of_the_record} for row in side["contact_scores"]]
    assert differences(fresh, tables, latest) == []


# --- the workshop --------------------------------------------------------------------------------------------------


@quick
@given(worlds(), rule_books())
def test_written_worlds_read_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, raw: Raw, rule_book: RuleBook
) -> None:
    folder: Path = tmp_path_factory.mktemp("world")
    write_raw(raw, folder)
    write_rules(rule_book, folder)
    assert load_rule_book(folder) == rule_book
    assert differences(score(raw, rule_book), score(load_raw(folder), rule_book)) == []


def test_parquet_reads_as_csv_does(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select 'ann' as contact_id, timestamptz '2024-03-01 10:00:00+02' as updated_at,"
            f" true as email_opt_out) to '{tmp_path}/contacts.parquet'"
        )
        connection.execute(f"copy (select 1 as event_id, 2.5 as value) to '{tmp_path}/events.parquet'")
    raw = load_raw(tmp_path)
    assert raw.rows("events") == [{"event_id": "1", "value": "2.5"}]
    assert timestamp(raw.rows("contacts")[0]["updated_at"]) == utc(2024, 3, 1, 8)
    assert raw.rows("contacts")[0]["email_opt_out"] == "true"
    (tmp_path / "events.parquet").unlink()
    with pytest.raises(FileNotFoundError, match="events"):
        load_raw(tmp_path)


def test_drawn_rule_books_are_valid(tmp_path: Path) -> None:
    for seed in range(20):
        write_rules(seeded_scenario(seed)[-1].rule_book, tmp_path)
        assert validate(tmp_path) == []


def test_a_seed_always_draws_the_same_scenario() -> None:
    assert seeded_scenario(7) == seeded_scenario(7)
    assert seeded_scenario(7) != seeded_scenario(8)


def test_differences_name_table_key_column_and_both_values() -> None:
    tables = score(world(event("1", "login", "2024-03-10")), book(rule("r", "login", 5)))
    near = [{**tables["contact_scores"][0], "activity_score": 5.0000001, "extra": 1, "rule_book_hash": "mine"}]
    assert differences(tables, {**tables, "contact_scores": near}, ["contact_scores"]) == []
    far = [{**tables["contact_scores"][0], "activity_score": 5.1}]
    assert differences(tables, {**tables, "contact_scores": far}) == [
        "contact_scores[contact_id='ann'].activity_score: expected 5.0, actual 5.1"
    ]
    assert "expected 1 row(s), actual 0" in differences(tables, {**tables, "event_log": []})[0]
    lacking = [{key: cell for key, cell in far[0].items() if key != "email"}]
    assert "contact_scores: column email is absent" in differences(tables, {**tables, "contact_scores": lacking})
    two = Reference()
    two.run(world(), book(), date(2024, 3, 9))
    history = two.run(world(), book(rule("r", "login", 5)), TODAY)
    same_hash = [{**row, "rule_book_hash": "one"} for row in history["score_history"]]
    assert "not one to one" in differences(history, {**history, "score_history": same_hash})[0]


def test_every_column_of_the_raw_tables_is_drawn() -> None:
    drawn: dict[str, set[str]] = {table: set() for table in COLUMNS}
    for seed in range(30):
        for table, rows in seeded_scenario(seed, max_runs=1)[-1].raw.tables.items():
            drawn[table].update(column for row in rows for column, cell in row.items() if cell)
    expected = {table: {column.name for column in columns} for table, columns in COLUMNS.items()}
    assert drawn == {**expected, "opportunities": expected["opportunities"] - {"closed_at"}}
