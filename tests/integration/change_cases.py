"""What may change between two runs, by name, and a small world on which each of these changes matters.

A change is a function from a world to a world, or from a rule book to a rule book. Changes can be combined, on this
world and beside drawn ones (`split`), and each can be told in a case of its own (`told_in_cases`), because contacts do
not see each other.

Belongs here: raw rows, rules, vars and how they change. Does not: how runs are made and judged (`test_incremental.py`,
`test_killed_builds.py`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import reduce
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.integration.law_cases import case, union
from tests.reference import RuleBook
from tests.reference.raw import COLUMNS, Cells, Raw
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
    Score,
    ScoreBand,
    ScoreGroup,
    Stage,
    Threshold,
    TitleWeight,
)
from tests.reference.worlds import (
    STAGES,
    TODAY,
    Choices,
    Drawn,
    Run,
    Seeded,
    chance,
    described,
    draw_rule_book,
    draw_world,
    some,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    RawChange = Callable[[Raw], Raw]
    RuleChange = Callable[[RuleBook], RuleBook]

YESTERDAY = TODAY - timedelta(days=1)


# --- the world -------------------------------------------------------------------------------------------------------


def moment(days_ago: float, clock: str = "12:00:00") -> str:
    """A UTC timestamp some days before `TODAY`."""
    return f"{datetime.combine(TODAY, time.fromisoformat(clock), UTC) - timedelta(days=days_ago):%Y-%m-%d %H:%M:%S}"


def event(event_id: str, who: str, kind: str, days_ago: float, clock: str = "12:00:00", **cells: str | None) -> Cells:
    """An event of a contact, or of an anonymous id (`a1`, …); it is loaded an hour later."""
    loaded_at = datetime.fromisoformat(moment(days_ago, clock)) + timedelta(hours=1)
    is_anonymous = who.startswith("a") and who[1:].isdigit()
    return {
        "event_id": event_id,
        "anonymous_id" if is_anonymous else "contact_id": who,
        "event_type": kind,
        "occurred_at": moment(days_ago, clock),
        "loaded_at": f"{loaded_at:%Y-%m-%d %H:%M:%S}",
        **cells,
    }


def world() -> Raw:
    """Ten contacts, three accounts, and events of which each is there for a step of the contract."""
    return Raw(
        {
            "events": _events(),
            "contacts": [
                _contact("ann", "ann@firm.example", "VP Sales", account_id="acme", country="DE"),
                _contact("bob", "bob@firm.example", "Head of IT", country="FR"),
                _contact("dan", "dan@beta.example", "Assistant", email_opt_out="false"),
                _contact("eve", "eve@freemail.example", "Vice President", country="DE"),
                _contact("fay", "fay@beta.example", "Head of Sales", account_id="gone"),
                _contact("gus", "gus@rival.example", "VP"),
                _contact("hal", "hal@opponent.example", None, created_at=moment(90)),
                _contact("ida", "ida@nowhere.example", "Student", account_id="opponent"),
                _contact("old", "old@firm.example", "Intern", country="FR"),
                {**_contact("old", "old@freemail.example", "Head"), "updated_at": moment(70)},
            ],
            "accounts": [
                _account("acme", "Acme", "www.firm.example", "Software", "200"),
                _account("beta", "Beta", "beta.example", "Retail", "20"),
                _account("opponent", "Opponent", "opponent.example", "Software", "5000"),
            ],
            "contact_attributes": [
                {"contact_id": "ann", "attribute": "interests", "value": "crm"},
                {"contact_id": "ann", "attribute": "interests", "value": "trains"},
                {"contact_id": "dan", "attribute": "budget", "value": "5"},
            ],
            "account_attributes": [{"account_id": "beta", "attribute": "tier", "value": "gold"}],
            "identities": [_identity("a1", "dan", 5)],
            "contact_merges": [_merge("old", "ann", 9)],
            "stage_changes": [
                _stage("ann", "Lead", 20),
                _stage("ann", "mql", 2),
                _stage("bob", "lead", 9),
                _stage("fay", "lead", 40),
                _stage("fay", "sql", 8),
                _stage("old", "visitor", 30),
            ],
            "score_adjustments": [
                _adjustment("fair", "ann", "direct", "6", 3, -4),
                _adjustment("trap", "bob", "mail", "-3", 8),
                _adjustment("lost", "eve", "nowhere", "9", 8),
            ],
            "opportunities": [{"opportunity_id": "deal", "contact_id": "ann", "created_at": moment(3)}],
        }
    )


def _events() -> list[Cells]:
    ann = [
        event("view1", "ann", "page_view", 1, "10:00:00", object="https://firm.example/pricing?x=1"),
        event("view2", "ann", "page_view", 1, "10:10:00", object="/pricing/teams"),
        event("view3", "ann", "page_view", 1, "11:05:00", object="/pricing"),
        event("blog", "ann", "page_view", 8, object="/blog/a"),
        {**event("blog", "ann", "page_view", 8, object="/pricing", value="7"), "loaded_at": moment(8, "12:30:00")},
        event("click1", "ann", "email_click", 4, object="mail-1", campaign="Spring 24", product_id="suite"),
        event("click2", "ann", "email_click", 2, object="mail-1", product_id="crm"),
        event("guide", "ann", "asset_download", 12, object="guide"),
        event("film", "ann", "video_progress", 5, value="60", object="film"),
        event("ticket1", "ann", "support_ticket", 9, object="down"),
        event("ticket2", "ann", "support_ticket", 8, object="slow"),
        event("ticket3", "ann", "support_ticket", 7, object="down"),
        event("demo", "ann", "demo_request", 1, "09:00:00", object="demo"),
        event("last_year", "ann", "page_view", 200, object="/pricing"),
    ]
    bob = [
        *(event(f"sent{n}", "bob", "email_sent", 20 - 2 * n, object=f"mail-{n}") for n in (1, 2, 3)),
        event("open", "bob", "email_open", 6, object="mail-9", campaign="spring 24", user_agent="Mozilla/5.0 (X11)"),
        event("crawl", "bob", "page_view", 3, object="/pricing", user_agent="Googlebot/2.1"),
        *(event(f"burst{n}", "bob", "email_click", 7, f"08:00:0{n}", object=f"mail-{n}") for n in (0, 1, 2)),
        event("human", "bob", "page_view", 2, "23:30:00", object="/blog/b"),
    ]
    eve = [
        event("pair1", "eve", "email_click", 6, "08:00:00", object="mail-1"),
        event("pair2", "eve", "email_click", 6, "08:00:01", object="mail-2"),
        event("leave", "eve", "unsubscribe", 5),
        event("tomorrow", "eve", "page_view", 0, "13:00:00", object="/pricing"),
    ]
    others = [
        event("anon1", "a1", "page_view", 6, object="/pricing"),
        event("anon2", "a1", "demo_request", 4, object="demo"),
        event("unknown1", "a2", "demo_request", 3, object="demo"),
        event("unknown2", "a2", "page_view", 3, "12:05:00", object="/pricing"),
        event("before", "fay", "demo_request", 9, object="demo"),
        event("after", "fay", "page_view", 3, object="/pricing/old"),
        event("rival", "gus", "demo_request", 2, object="demo"),
        event("login", "hal", "login", 40),
        event("past", "old", "demo_request", 11, object="demo"),
        event("ghost", "ghost", "demo_request", 2, object="demo"),
        event("odd", "ida", "page_view", 1, "02:00:00", object="/pricing"),
        event("alone", "ida", "demo_request", 1, object="demo"),
    ]
    rejected = [
        event("no_type", "ann", "", 3),
        {**event("unloaded", "eve", "demo_request", 3), "loaded_at": None},
        {**event("future", "eve", "demo_request", 2), "loaded_at": moment(4)},
    ]
    return [*ann, *bob, *eve, *others, *rejected]


def _contact(contact_id: str, email: str, job_title: str | None, **cells: str | None) -> Cells:
    return {"contact_id": contact_id, "email": email, "job_title": job_title, "updated_at": moment(60), **cells}


def _account(account_id: str, name: str, domain: str, industry: str, employees: str) -> Cells:
    return {
        "account_id": account_id,
        "account_name": name,
        "domain": domain,
        "industry": industry,
        "employee_count": employees,
        "updated_at": moment(60),
    }


def _identity(anonymous_id: str, contact_id: str, days_ago: float) -> Cells:
    return {"anonymous_id": anonymous_id, "contact_id": contact_id, "identified_at": moment(days_ago)}


def _merge(merged: str, surviving: str, days_ago: float) -> Cells:
    return {"merged_contact_id": merged, "surviving_contact_id": surviving, "merged_at": moment(days_ago)}


def _stage(contact_id: str, stage_id: str, days_ago: float) -> Cells:
    return {"contact_id": contact_id, "stage_id": stage_id, "changed_at": moment(days_ago)}


def _adjustment(
    adjustment_id: str, contact_id: str, group_id: str, points: str, days_ago: int, expires: int | None = None
) -> Cells:
    return {
        "adjustment_id": adjustment_id,
        "contact_id": contact_id,
        "group_id": group_id,
        "points": points,
        "reason": "met",
        "created_by": "kim",
        "effective_date": (TODAY - timedelta(days=days_ago)).isoformat(),
        "expires_date": None if expires is None else (TODAY - timedelta(days=expires)).isoformat(),
    }


# --- changes of raw rows ---------------------------------------------------------------------------------------------


def arrive(table: str, *rows: Cells) -> RawChange:
    """Further rows."""
    return lambda raw: Raw({**raw.tables, table: [*raw.rows(table), *rows]})


def vanish(table: str, **cells: str) -> RawChange:
    """The rows with these cells are gone."""
    return lambda raw: Raw({**raw.tables, table: [row for row in raw.rows(table) if not _fits(row, cells)]})


def edit(table: str, where: dict[str, str], /, **cells: str | None) -> RawChange:
    """The rows with these cells say something else: nothing tells that they changed."""
    return lambda raw: Raw(
        {**raw.tables, table: [{**row, **cells} if _fits(row, where) else row for row in raw.rows(table)]}
    )


def edit_event(event_id: str, /, **cells: str | None) -> RawChange:
    """An event changes in place."""
    return edit("events", {"event_id": event_id}, **cells)


def swap(first: str, second: str, column: str) -> RawChange:
    """Two events change places in one column: counts, sums and sets of values stay as they were."""

    def swapped(raw: Raw) -> Raw:
        cells = {row["event_id"]: row.get(column) for row in raw.rows("events")}
        if not {first, second} <= cells.keys():
            return raw
        return both(edit_event(first, **{column: cells[second]}), edit_event(second, **{column: cells[first]}))(raw)

    return swapped


def both(*changes: RawChange) -> RawChange:
    """One change after the other."""
    return lambda raw: reduce(lambda told, change: change(told), changes, raw)


def _fits(row: Cells, cells: dict[str, str]) -> bool:
    return all(row.get(column) == cell for column, cell in cells.items())


def _loaded_again(days_ago: float) -> RawChange:
    """All events of the last ten days once more, as a replayed batch."""

    def replayed(raw: Raw) -> Raw:
        rows = [row for row in raw.rows("events") if (row.get("occurred_at") or "") >= moment(10)]
        return arrive("events", *({**row, "loaded_at": moment(days_ago)} for row in rows))(raw)

    return replayed


def _late(event_id: str, who: str, kind: str, days_ago: float, clock: str = "12:00:00", **cells: str) -> RawChange:
    """An event of long ago that is loaded now."""
    return arrive("events", {**event(event_id, who, kind, days_ago, clock, **cells), "loaded_at": moment(0)})


RAW_CHANGES: dict[str, RawChange] = {
    # events come
    "an_event_arrives": arrive("events", event("new", "bob", "demo_request", 0, "20:00:00", object="demo")),
    "an_event_arrives_late": _late("late", "bob", "demo_request", 15, object="demo"),
    "an_event_arrives_with_an_old_load_time": arrive("events", event("replayed", "bob", "demo_request", 30)),
    "an_event_arrives_twice_at_once": arrive("events", *[event("new", "bob", "demo_request", 0)] * 2),
    "a_batch_is_replayed_with_older_load_times": _loaded_again(25),
    "a_batch_is_replayed_with_newer_load_times": _loaded_again(0),
    "an_event_is_sent_again_with_other_words": _late("click1", "ann", "email_click", 4, object="mail-2"),
    "an_event_is_sent_again_as_of_another_contact": _late("demo", "bob", "demo_request", 1, object="demo"),
    "an_event_is_sent_again_as_of_another_day": _late("demo", "ann", "demo_request", 10, object="demo"),
    "an_event_is_sent_again_and_the_copy_is_rejected": _late("demo", "ann", "", 1),
    "an_older_copy_arrives_that_loses": arrive(
        "events", {**event("demo", "bob", "page_view", 1, object="/pricing"), "loaded_at": moment(2)}
    ),
    "a_copy_wins_by_its_words_alone": arrive(
        "events", {**event("click1", "ann", "email_click", 4, object="mail-1"), "product_id": "zeta"}
    ),
    # events go and change where they are
    "an_event_vanishes": vanish("events", event_id="demo"),
    "the_winning_copy_vanishes": vanish("events", event_id="blog", object="/blog/a"),
    "a_day_of_loading_vanishes": both(*(vanish("events", event_id=name) for name in ("view1", "view2", "view3"))),
    "all_events_of_a_contact_vanish": vanish("events", contact_id="bob"),
    "an_event_changes_its_object_in_place": edit_event("view3", object="/about"),
    "an_event_changes_its_contact_in_place": edit_event("demo", contact_id="bob"),
    "an_event_changes_its_id_in_place": edit_event("click1", event_id="zclick"),
    "an_event_changes_its_type_in_place": edit_event("demo", event_type="page_view"),
    "an_event_changes_its_time_in_place": edit_event("demo", occurred_at=moment(20)),
    "an_event_changes_its_value_in_place": edit_event("film", value="40"),
    "an_event_changes_its_campaign_in_place": edit_event("open", campaign="autumn"),
    "an_event_changes_its_category_in_place": edit_event("view3", category="blog"),
    "an_event_changes_its_product_in_place": edit_event("click1", product_id="crm"),
    "an_event_of_long_ago_changes_in_place": edit_event("last_year", object="/blog/c"),
    "a_losing_copy_becomes_the_latest": edit("events", {"event_id": "blog", "value": "7"}, loaded_at=moment(1)),
    "two_events_swap_their_contacts": swap("demo", "human", "contact_id"),
    "two_events_swap_their_objects": swap("view3", "human", "object"),
    "two_events_swap_their_products": swap("click1", "click2", "product_id"),
    # rejected rows
    "an_event_loses_its_load_time": edit_event("demo", loaded_at=None),
    "an_event_gets_its_load_time": edit_event("unloaded", loaded_at=moment(1)),
    "an_event_without_load_time_changes": edit_event("unloaded", contact_id=None),
    "an_event_without_load_time_vanishes": vanish("events", event_id="unloaded"),
    "a_future_event_is_loaded_later": edit_event("future", loaded_at=moment(1)),
    "a_rejected_event_is_completed": edit_event("no_type", event_type="demo_request"),
    # machine traffic
    "an_event_turns_out_a_machines": edit_event("demo", is_machine="true"),
    "a_crawler_turns_out_human": edit_event("crawl", is_machine="false"),
    "an_agent_is_told_in_place": edit_event("view3", user_agent="curlbot"),
    "a_third_click_makes_a_burst": _late("pair3", "eve", "email_click", 6, "08:00:02", object="mail-3"),
    "a_click_of_a_burst_vanishes": vanish("events", event_id="burst1"),
    "a_click_of_a_burst_turns_out_human": edit_event("burst1", is_machine="false"),
    # derived events and caps
    "a_late_view_joins_two_visits": _late("between", "ann", "page_view", 1, "10:36:00", object="/blog/a"),
    "the_first_view_of_a_visit_vanishes": vanish("events", event_id="view1"),
    "a_late_click_reads_a_send": _late("read", "bob", "email_click", 17, object="mail-2"),
    "a_late_open_of_mail_privacy_hides_a_send": _late(
        "masked", "bob", "email_open", 17, object="mail-2", user_agent="Mozilla/5.0"
    ),
    "a_send_vanishes": vanish("events", event_id="sent1"),
    "a_late_hit_takes_the_place_under_a_cap": _late("early", "ann", "email_click", 25, object="mail-1"),
    "the_credited_hit_vanishes": vanish("events", event_id="click1"),
    "a_contact_becomes_active_again": _late("back", "hal", "login", 2),
    "a_contact_comes_back_to_the_list": _late("again", "eve", "subscription", 1),
    # identities
    "an_identity_arrives": arrive("identities", _identity("a2", "eve", 0)),
    "an_identity_is_withdrawn": vanish("identities", anonymous_id="a1"),
    "an_earlier_identity_takes_the_events": arrive("identities", _identity("a1", "bob", 30)),
    "an_identity_changes_in_place": edit("identities", {"anonymous_id": "a1"}, contact_id="eve"),
    "an_identity_gives_events_to_a_stranger": edit("identities", {"anonymous_id": "a1"}, contact_id="stranger"),
    # merges
    "a_merge_arrives": arrive("contact_merges", _merge("bob", "ann", 0)),
    "a_merge_is_withdrawn": vanish("contact_merges", merged_contact_id="old"),
    "a_merge_is_redirected_in_place": edit("contact_merges", {"merged_contact_id": "old"}, surviving_contact_id="eve"),
    "a_later_merge_takes_the_contact": arrive("contact_merges", _merge("old", "fay", 1)),
    "a_merge_lengthens_a_chain": arrive("contact_merges", _merge("ann", "bob", 0)),
    "a_merge_of_an_identified_contact_arrives": arrive("contact_merges", _merge("dan", "eve", 0)),
    "a_merge_into_a_stranger_arrives": arrive("contact_merges", _merge("eve", "stranger", 0)),
    "a_merge_closes_a_cycle": arrive("contact_merges", _merge("ann", "old", 0)),
    "a_merge_brings_a_stranger_home": arrive("contact_merges", _merge("ghost", "fay", 0)),
    # stages
    "a_stage_change_arrives": arrive("stage_changes", _stage("bob", "MQL", 1)),
    "a_stage_change_arrives_late": arrive("stage_changes", _stage("fay", "mql", 20)),
    "a_reset_arrives": arrive("stage_changes", _stage("ann", "sql", 0.5)),
    "a_reset_is_withdrawn": vanish("stage_changes", contact_id="fay", stage_id="sql"),
    "a_stage_change_changes_in_place": edit("stage_changes", {"contact_id": "bob"}, stage_id="lost"),
    "a_stage_change_moves_in_time": edit(
        "stage_changes", {"contact_id": "fay", "stage_id": "sql"}, changed_at=moment(12)
    ),
    "a_reset_of_a_merged_contact_arrives": arrive("stage_changes", _stage("old", "sql", 3)),
    # adjustments
    "an_adjustment_arrives": arrive("score_adjustments", _adjustment("new", "bob", "web", "15", 1)),
    "an_adjustment_is_withdrawn": vanish("score_adjustments", adjustment_id="fair"),
    "an_adjustment_changes_in_place": edit("score_adjustments", {"adjustment_id": "trap"}, points="-30"),
    "an_adjustment_ends_in_place": edit(
        "score_adjustments", {"adjustment_id": "fair"}, expires_date=YESTERDAY.isoformat()
    ),
    "an_adjustment_changes_its_contact": edit("score_adjustments", {"adjustment_id": "fair"}, contact_id="bob"),
    "an_adjustment_gets_a_known_group": edit("score_adjustments", {"adjustment_id": "lost"}, group_id="web"),
    # profiles
    "a_contact_arrives_whom_events_wait_for": arrive("contacts", _contact("ghost", "g@beta.example", "VP")),
    "a_contact_arrives_without_events": arrive("contacts", _contact("zoe", "zoe@firm.example", "Head")),
    "a_contact_vanishes": vanish("contacts", contact_id="fay"),
    "a_contact_changes_its_title": edit("contacts", {"contact_id": "ann"}, job_title="Intern", updated_at=moment(0)),
    "a_contact_changes_in_place": edit("contacts", {"contact_id": "ann"}, job_title="Student"),
    "a_newer_copy_of_a_contact_arrives": arrive(
        "contacts", {**_contact("bob", "bob@firm.example", "VP"), "updated_at": moment(0)}
    ),
    "a_contact_changes_its_account": edit("contacts", {"contact_id": "ann"}, account_id="beta"),
    "a_contact_changes_its_email": edit("contacts", {"contact_id": "bob"}, email="bob@beta.example"),
    "a_contact_is_excluded": edit("contacts", {"contact_id": "bob"}, email="bob@rival.example"),
    "a_contact_is_excluded_no_longer": edit("contacts", {"contact_id": "gus"}, email="gus@firm.example"),
    "a_contact_opts_out": edit("contacts", {"contact_id": "ann"}, email_opt_out="true"),
    "an_attribute_arrives": arrive(
        "contact_attributes", {"contact_id": "bob", "attribute": "Interests", "value": "CRM"}
    ),
    "an_attribute_is_withdrawn": vanish("contact_attributes", contact_id="ann", value="crm"),
    "an_attribute_changes_in_place": edit("contact_attributes", {"contact_id": "dan"}, value="50"),
    # accounts
    "an_account_arrives": arrive("accounts", _account("aaa", "Aaa", "firm.example", "Retail", "60")),
    "an_account_arrives_that_a_contact_names": arrive("accounts", _account("gone", "Gone", "", "Software", "60")),
    "an_account_vanishes": vanish("accounts", account_id="acme"),
    "an_account_changes_its_domain": edit("accounts", {"account_id": "beta"}, domain="firm.example"),
    "an_account_changes_in_place": edit("accounts", {"account_id": "acme"}, industry="Bank"),
    "an_account_grows": edit("accounts", {"account_id": "beta"}, employee_count="70", updated_at=moment(0)),
    "an_account_is_excluded": edit("accounts", {"account_id": "acme"}, account_name="Rival Inc"),
    "an_account_attribute_changes": edit("account_attributes", {"account_id": "beta"}, value="tin"),
    "an_opportunity_is_rejected": edit("opportunities", {"opportunity_id": "deal"}, created_at=None),
}


def told_in_cases(names: Iterable[str], changed: Iterable[str] = ()) -> Raw:
    """The world once per name, told as a case of that name; changed in that way where the name is among `changed`."""
    changed = set(changed)
    return union(*(_told_in_case(name, RAW_CHANGES[name] if name in changed else None) for name in names))


def _told_in_case(name: str, change: RawChange | None) -> Raw:
    told = case(name, change(world()) if change else world())
    # the cases share one warehouse, in which a domain belongs to one account
    own = {"firm.example": f"{name}.firm.example", "beta.example": f"{name}.beta.example"}
    return Raw(
        {
            table: [{column: _replaced(cell, own) for column, cell in row.items()} for row in rows]
            for table, rows in told.tables.items()
        }
    )


def _replaced(cell: str | None, new_by_old: dict[str, str]) -> str | None:
    for old, new in new_by_old.items():
        cell = cell and cell.replace(old, new)
    return cell


# --- the rule book ---------------------------------------------------------------------------------------------------


def rule_book() -> RuleBook:
    """Every file has rows that matter on the world; the names are those of the drawn worlds."""
    return described(
        RuleBook(
            scores=(
                Score(score_id="activity", floor=-20.0, ceiling=100.0, lead_weight=0.5),
                Score(score_id="fit", floor=0.0, ceiling=100.0, lead_weight=0.25),
                Score(score_id="product_interest", floor=0.0, ceiling=100.0, lead_weight=0.25),
                Score(score_id="support_need", floor=-50.0, ceiling=100.0),
            ),
            score_groups=(
                ScoreGroup(group_id="web", score_id="activity", min_points=-25.0, max_points=60.0),
                ScoreGroup(group_id="mail", score_id="activity", min_points=-25.0),
                ScoreGroup(group_id="direct", score_id="activity"),
                ScoreGroup(group_id="support", score_id="support_need", max_points=50.0),
            ),
            point_rules=_point_rules(),
            inactivity_rules=(
                InactivityRule(rule_id="silent_2", group_id="direct", after_days=2.0, points=-2.0),
                InactivityRule(rule_id="silent_30", group_id="direct", after_days=30.0, points=-20.0),
            ),
            content_map=(
                ContentRow(object_pattern="/pricing*", product_id="crm", is_sales_ready=True, priority=5.0),
                ContentRow(event_type="page_view", object_pattern="/blog*", category="Blog"),
                ContentRow(event_type="asset_download", object_pattern="guide", product_id="Suite"),
            ),
            products=(
                Product(product_id="crm", product_name="The CRM"),
                Product(product_id="Suite", product_name="The suite"),
            ),
            fit_criteria=(
                FitCriterion(criterion_id="job_title", entity="contact", weight=30.0),
                FitCriterion(criterion_id="firm", entity="account", weight=30.0),
                FitCriterion(criterion_id="need", entity="contact", weight=25.0),
                FitCriterion(criterion_id="size", entity="account", weight=15.0),
            ),
            fit_rules=(
                _fit_rule("industry", "firm", "industry", "in", "software|retail", 100.0),
                _fit_rule("tier", "firm", "tier", "equals", "gold", 80.0),
                _fit_rule("employees", "size", "employee_count", "between", "50..1000", 100.0),
                _fit_rule("interested", "need", "interests", "equals", "crm", 100.0),
                _fit_rule("budget", "need", "budget", "at_least", "5", 60.0),
                _fit_rule("at_home", "need", "country", "equals", "de", 50.0),
                _fit_rule("student", "job_title", "job_title", "like", "*student*", -10.0),
            ),
            title_weights=(
                TitleWeight(title_pattern="vp|vice president", seniority="c_level", buying_role="decider", points=90.0),
                TitleWeight(title_pattern="head", seniority="manager", buying_role="user", points=60.0),
                TitleWeight(title_pattern="head of sales", buying_role="buyer", points=40.0, priority=5.0),
                TitleWeight(title_pattern="intern", points=0.0),
            ),
            exclusions=(
                Exclusion(rule_id="out", match_on="email_domain", pattern="rival.example", reason="competitor"),
                Exclusion(rule_id="out_name", match_on="account_name", pattern="rival*", reason="competitor"),
                Exclusion(rule_id="out_title", match_on="job_title", pattern="student", reason="test", enabled=False),
            ),
            free_email_domains=(FreeEmailDomain(email_domain="opponent.example"),),
            bot_user_agents=(BotUserAgent(pattern="*bot*", reason="crawler"),),
            score_bands=(
                *(_band("fit", *band) for band in (("A", 75.0), ("B", 50.0), ("C", 25.0), ("D", 0.0))),
                *(_band("activity", *band) for band in (("4", 40.0), ("3", 20.0), ("2", 8.0), ("1", -20.0))),
                *(_band("support_need", *band) for band in (("high", 10.0), ("low", -50.0))),
            ),
            lead_grades=tuple(
                LeadGrade(lead_grade=fit + level, is_qualified=fit in "AB" and level in "34", recommended_action="call")
                for fit in "ABCD"
                for level in "4321"
            ),
            thresholds=(
                _threshold("t_lead", "contact", "lead", 20.0, rearm_below=10.0),
                _threshold("t_activity", "contact", "activity", 25.0),
                _threshold("t_fit", "contact", "fit", 50.0),
                _threshold("t_product", "contact", "product_interest", 10.0, product_id="crm"),
                _threshold("t_custom", "contact", "support_need", 14.0),
                _threshold("t_account", "account", "activity", 20.0),
                _threshold("t_account_products", "account", "product_interest", 15.0),
            ),
            buying_roles=(
                BuyingRole(buying_role="decider", is_required=True),
                BuyingRole(buying_role="user", is_required=True),
                BuyingRole(buying_role="buyer"),
            ),
            account_rank_weights=(
                RankWeight(contact_rank=1.0, weight=0.6),
                RankWeight(contact_rank=2.0, weight=0.25),
                RankWeight(contact_rank=3.0, weight=0.15),
            ),
            stages=tuple(
                Stage(
                    stage_id=stage_id,
                    position=10.0 * position,
                    resets_score=stage_id == "sql",
                    is_disqualified=stage_id == "lost",
                    is_customer=stage_id == "customer",
                )
                for position, stage_id in enumerate(STAGES)
            ),
        )
    )


def _point_rules() -> tuple[PointRule, ...]:
    half_life: dict[str, Any] = {"decay": "half_life", "decay_days": 14.0}
    return (
        _rule(
            *("pricing", "web", "page_view", 10.0),
            object_pattern="/pricing*|!/pricing/old*",
            counts_for_interest=True,
            max_hits=2.0,
            per="day",
            **half_life,
        ),
        _rule("view", "web", "page_view", 1.0, max_hits=1.0, per="object_day"),
        _rule("blog", "web", "page_view", 3.0, category="blog", decay="linear", decay_days=30.0),
        _rule("click", "mail", "email_click", 8.0, max_hits=1.0, per="object", counts_for_interest=True, **half_life),
        _rule("open", "mail", "email_open", 2.0, campaign_pattern="spring*"),
        _rule("ignored", "mail", "email_ignored_streak", -6.0),
        _rule("visit", "web", "site_visit", 4.0, min_value=1.0, decay="window", decay_days=7.0),
        _rule("stage", "direct", "stage_entered", 12.0, object_pattern="mql", decay="linear", decay_days=60.0),
        _rule("demo", "direct", "demo_request", 20.0, act_now=True, decay="half_life", decay_days=10.0),
        _rule("leave", "mail", "unsubscribe", -15.0),
        _rule("film", "web", "video_progress", 5.0, min_value=50.0, max_value=100.0),
        _rule("ticket", "support", "support_ticket", 7.0, max_hits=2.0, per="month"),
        _rule("off", "web", "asset_download", 20.0, enabled=False),
        _rule("guide", "web", "asset_download", 6.0, valid_from=TODAY - timedelta(days=20), valid_to=TODAY),
    )


def _rule(rule_id: str, group_id: str, event_type: str, points: float, **cells: Any) -> PointRule:
    return PointRule(rule_id=rule_id, group_id=group_id, event_type=event_type, points=points, **cells)


def _fit_rule(
    rule_id: str, criterion_id: str, attribute: str, operator: str, operand: str | None, points: float
) -> FitRule:
    return FitRule(
        rule_id=f"fits_{rule_id}",
        criterion_id=criterion_id,
        attribute=attribute,
        operator=operator,
        operand=operand,
        points=points,
    )


def _band(score_id: str, label: str, minimum: float) -> ScoreBand:
    return ScoreBand(score_id=score_id, label=label, min_score=minimum)


def _threshold(threshold_id: str, entity: str, score_id: str, value: float, **cells: Any) -> Threshold:
    return Threshold(
        threshold_id=threshold_id,
        entity=entity,
        score_id=score_id,
        comparison=">=",
        value=value,
        action="tell",
        **cells,
    )


# --- changes of the rule book ----------------------------------------------------------------------------------------


def change(file: str, key: str, **cells: Any) -> RuleChange:
    """Other cells in the rows of a file whose first column has this text."""
    return lambda book: _with(
        book, file, (replace(row, **cells) if _key(row) == key else row for row in _rows(book, file))
    )


def remove(file: str, key: str) -> RuleChange:
    """Without the rows of a file whose first column has this text."""
    return lambda book: _with(book, file, (row for row in _rows(book, file) if _key(row) != key))


def add(file: str, row: Any) -> RuleChange:
    """A further row of a file."""
    return lambda book: _with(book, file, (*_rows(book, file), row))


def _rule_change(rule_id: str, **cells: Any) -> RuleChange:
    return change("point_rules", rule_id, **cells)


def _with(book: RuleBook, file: str, rows: Iterable[Any]) -> RuleBook:
    return described(replace(book, **{file: tuple(rows)}))


def _rows(book: RuleBook, file: str) -> tuple[Any, ...]:
    rows: tuple[Any, ...] = getattr(book, file)
    return rows


def _key(row: Any) -> str:
    return str(next(iter(vars(row).values())))


def _change_rows(file: str, where: dict[str, Any], **cells: Any) -> RuleChange:
    """Other cells in the rows of a file that have certain cells."""

    def fits(row: Any) -> bool:
        return all(getattr(row, column) == cell for column, cell in where.items())

    return lambda book: _with(book, file, (replace(row, **cells) if fits(row) else row for row in _rows(book, file)))


def in_turn(*changes: RuleChange) -> RuleChange:
    """One change after the other."""
    return lambda book: reduce(lambda told, each: each(told), changes, book)


RULE_CHANGES: dict[str, RuleChange] = {
    "points": _rule_change("pricing", points=7.0),
    "the_sign_of_points": _rule_change("click", points=-8.0),
    "points_of_a_derived_event": _rule_change("ignored", points=-2.0),
    "max_hits": _rule_change("pricing", max_hits=1.0),
    "per": _rule_change("pricing", per="lifetime"),
    "no_cap": _rule_change("ticket", max_hits=None, per=None),
    "a_first_cap": _rule_change("visit", max_hits=1.0, per="lifetime"),
    "decay": _rule_change("pricing", decay="none", decay_days=None),
    "decay_kind": _rule_change("blog", decay="window"),
    "decay_days": _rule_change("demo", decay_days=3.0),
    "the_group_of_a_rule": _rule_change("pricing", group_id="support"),
    "counts_for_interest": _rule_change("click", counts_for_interest=False),
    "act_now": _rule_change("demo", act_now=False),
    "object_pattern": _rule_change("pricing", object_pattern="/pricing"),
    "object_pattern_that_a_negative_opens": _rule_change("pricing", object_pattern="/pricing*"),
    "object_pattern_of_stages": _rule_change("stage", object_pattern="lead|mql"),
    "no_object_pattern": _rule_change("pricing", object_pattern=None),
    "category": _rule_change("blog", category="pricing"),
    "campaign_pattern": _rule_change("open", campaign_pattern="!spring*"),
    "min_value": _rule_change("film", min_value=70.0),
    "max_value": _rule_change("film", max_value=55.0),
    "valid_from": _rule_change("click", valid_from=TODAY - timedelta(days=3)),
    "valid_to": _rule_change("guide", valid_to=TODAY - timedelta(days=15)),
    "event_type": _rule_change("blog", event_type="login", category=None),
    "a_rule_turned_off": _rule_change("demo", enabled=False),
    "a_rule_turned_on": _rule_change("off", enabled=True),
    "a_new_rule": add("point_rules", _rule("fresh", "web", "login", 9.0)),
    "a_rule_removed": remove("point_rules", "pricing"),
    "two_rules_swap_their_patterns": in_turn(
        _rule_change("pricing", event_type="asset_download", object_pattern="guide"),
        _rule_change("guide", event_type="page_view", object_pattern="/pricing*"),
    ),
    "group_limits": change("score_groups", "web", max_points=12.0),
    "the_score_of_a_group": change("score_groups", "direct", score_id="support_need"),
    "score_limits": change("scores", "activity", ceiling=30.0),
    "lead_weights": in_turn(change("scores", "activity", lead_weight=0.25), change("scores", "fit", lead_weight=0.5)),
    "inactivity_days": change("inactivity_rules", "silent_2", after_days=1.0),
    "inactivity_points": change("inactivity_rules", "silent_30", points=-9.0),
    "inactivity_turned_off": change("inactivity_rules", "silent_30", enabled=False),
    "content_product": _change_rows("content_map", {"object_pattern": "/pricing*"}, product_id="Suite"),
    "content_category": _change_rows("content_map", {"object_pattern": "/blog*"}, category="pricing"),
    "content_pattern": _change_rows("content_map", {"object_pattern": "/pricing*"}, object_pattern="/pricing/*"),
    "content_is_sales_ready": _change_rows("content_map", {"object_pattern": "/pricing*"}, is_sales_ready=False),
    "content_of_a_new_object": add(
        "content_map", ContentRow(object_pattern="/pricing/teams", product_id="Suite", priority=1.0)
    ),
    "content_removed": _change_rows("content_map", {"object_pattern": "guide"}, product_id=None),
    "content_priority": in_turn(
        add("content_map", ContentRow(object_pattern="/pricing/t*", category="blog", product_id="Suite", priority=7.0)),
        _change_rows("content_map", {"object_pattern": "/pricing*"}, priority=9.0),
    ),
    "a_product_gone": in_turn(
        _change_rows("content_map", {"product_id": "Suite"}, product_id=None), remove("products", "Suite")
    ),
    "the_spelling_of_a_product": in_turn(
        change("products", "Suite", product_id="SUITE"),
        _change_rows("content_map", {"product_id": "Suite"}, product_id="SUITE"),
    ),
    "the_name_of_a_product": change("products", "crm", product_name="CRM two"),
    "fit_weights": in_turn(
        change("fit_criteria", "firm", weight=10.0), change("fit_criteria", "job_title", weight=50.0)
    ),
    "fit_operand": change("fit_rules", "fits_employees", operand="1..30"),
    "fit_operator": change("fit_rules", "fits_interested", operator="at_least", operand="5"),
    "fit_points": change("fit_rules", "fits_student", points=-3.0),
    "fit_attribute": change("fit_rules", "fits_tier", attribute="country"),
    "a_fit_rule_turned_off": change("fit_rules", "fits_industry", enabled=False),
    "title_points": change("title_weights", "head", points=75.0),
    "title_role": change("title_weights", "vp|vice president", buying_role="user"),
    "title_priority": change("title_weights", "head", priority=1.0),
    "a_new_title": add("title_weights", TitleWeight(title_pattern="assistant", points=20.0)),
    "an_exclusion_turned_on": change("exclusions", "out_title", enabled=True),
    "an_exclusion_pattern": change("exclusions", "out", pattern="beta.example|*.beta.example"),
    "an_exclusion_reason": change("exclusions", "out", reason="partner"),
    "a_free_domain": remove("free_email_domains", "opponent.example"),
    "a_new_free_domain": add("free_email_domains", FreeEmailDomain(email_domain="firm.example")),
    "a_bot_pattern": change("bot_user_agents", "*bot*", pattern="*X11*"),
    "a_new_bot_pattern": add("bot_user_agents", BotUserAgent(pattern="*(x11)", reason="crawler")),
    "bands": _change_rows("score_bands", {"score_id": "activity", "label": "2"}, min_score=15.0),
    "grades": change("lead_grades", "A4", is_qualified=False, recommended_action="wait"),
    "a_threshold_value": change("thresholds", "t_activity", value=10.0),
    "a_threshold_rearms": change("thresholds", "t_product", rearm_below=5.0),
    "buying_roles": change("buying_roles", "user", is_required=False),
    "rank_weights": change("account_rank_weights", "1.0", weight=0.9),
    "a_stage_that_resets": in_turn(change("stages", "mql", resets_score=True)),
    "a_stage_that_resets_no_longer": change("stages", "sql", resets_score=False),
    "a_stage_disqualifies": change("stages", "mql", is_disqualified=True),
    "the_spelling_of_a_stage": change("stages", "mql", stage_id="MQL"),
    "positions_of_stages": change("stages", "mql", position=5.0),
    # no part of the hash of the rule book, and published all the same
    "a_description": _rule_change("pricing", description="other words"),
    "a_description_of_silence": change("inactivity_rules", "silent_30", description="other words"),
}

VARIABLE_CHANGES: dict[str, dict[str, Any]] = {
    "scoring_timezone": {"scoring_timezone": "Pacific/Auckland"},
    "scoring_timezone_west": {"scoring_timezone": "America/New_York"},
    "email_grace_days": {"email_grace_days": 0.5},
    "not_activity_event_types": {"not_activity_event_types": ["page_view", "demo_request", "email_click"]},
    "cold_after_days": {"cold_after_days": 1},
    "surge_min_points": {"surge_min_points": 1000},
    "engaged_min_score": {"engaged_min_score": 1},
    "account_qualified_score": {"account_qualified_score": 5},
    "stalled_after_days": {"stalled_after_days": 1},
}


# --- splits ----------------------------------------------------------------------------------------------------------


@st.composite
def splits(draw: st.DrawFn, max_runs: int = 4) -> list[Run]:
    """Runs that end on one state and come from anywhere: see `split`."""
    return split(Drawn(draw), max_runs)


def seeded_split(seed: int, max_runs: int = 4) -> list[Run]:
    """The runs of a seed, always the same."""
    return split(Seeded(seed), max_runs)


def split(choices: Choices, max_runs: int) -> list[Run]:
    """Two to `max_runs` runs; before each, some of all changes are made and others are undone.

    The world is the one of this file beside drawn ones. Of their rows some have not yet arrived, some will vanish, some
    say what they will not say at the end; all tables are in another order each time.
    """
    drawn = union(*(case(f"wild{number}", draw_world(choices)) for number in range(choices.integer(1, 3))))
    rules = draw_rule_book(choices)
    as_of = YESTERDAY - timedelta(days=choices.integer(0, 2))
    first, runs = as_of, []
    count = choices.integer(2, max_runs)
    for number in range(count):
        as_of = max(first, as_of + timedelta(days=choices.one_of((1, 1, 0, 2, -1)) if number else 0))
        wanted = _some_of(choices, RAW_CHANGES, 5)
        told = reduce(lambda raw, each: each(raw), wanted, world())
        wild = drawn if number == count - 1 else _disturbed(choices, drawn)
        runs.append(
            Run(
                raw=_in_another_order(choices, union(told, wild)),
                rule_book=_drawn_rule_book(choices, rules, is_changed=chance(choices, 50)),
                as_of=as_of,
                from_date=max(first, as_of - timedelta(days=2)) if number and chance(choices, 20) else None,
                variables={
                    name: value
                    for change in (_some_of(choices, VARIABLE_CHANGES, 30) if chance(choices, 30) else [])
                    for name, value in change.items()
                },
            )
        )
    return runs


def _some_of(choices: Choices, by_name: dict[str, Any], percent: int) -> list[Any]:
    return some(choices, list(by_name.values()), percent)


def _drawn_rule_book(choices: Choices, drawn: RuleBook, is_changed: bool) -> RuleBook:
    """The rule book of this file with some drawn rules beside its own, changed in one or a few ways or not at all."""
    own = rule_book()
    book = replace(
        own,
        point_rules=(*own.point_rules, *drawn.point_rules),
        inactivity_rules=(*own.inactivity_rules, *drawn.inactivity_rules),
        fit_rules=(*own.fit_rules, *drawn.fit_rules),
    )
    # The changes of rows that others name are not made together: a rule book must stay valid.
    wanted = [choices.one_of(list(RULE_CHANGES.values())) for _ in range(choices.integer(1, 3))] if is_changed else []
    return reduce(lambda told, each: each(told), wanted, book)


def _disturbed(choices: Choices, raw: Raw) -> Raw:
    """Rows missing, rows that say in one column what another row says there, rows that nobody will send again."""
    tables = {}
    for table, rows in raw.tables.items():
        told: list[Cells] = []
        for row in rows:
            column = choices.one_of(COLUMNS[table]).name
            other = {**row, column: choices.one_of(rows).get(column)}
            told += choices.one_of(([row], [row], [row], [row], [], [other], [row, other]))
        tables[table] = told
    return Raw(tables)


def _in_another_order(choices: Choices, raw: Raw) -> Raw:
    """The rows of each table from another row on, or backwards."""
    tables = {}
    for table, rows in raw.tables.items():
        start = choices.integer(0, max(len(rows) - 1, 0))
        tables[table] = [*rows[start:], *rows[:start]][:: choices.one_of((1, -1))]
    return Raw(tables)
