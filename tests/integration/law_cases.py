"""The worlds on which the laws of scoring are tried: twins that differ in one fact, side by side in one warehouse.

A build costs the same seconds for one contact as for hundreds, and contacts do not see each other. So every case is a
small world of its own, whose ids start with the name of the case, and all of them share one build and one rule book.

Belongs here: raw rows and rules. Does not: what must be true of them (`test_laws.py`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from tests.reference import RuleBook, values
from tests.reference.raw import KEYS, Cells, Raw
from tests.reference.rule_book import FitRule, InactivityRule, PointRule, Score, ScoreGroup
from tests.reference.worlds import NAMES, TODAY, Seeded, draw_rule_book, draw_world

ID_COLUMNS = {
    *KEYS.values(),
    *("contact_id", "anonymous_id", "account_id", "merged_contact_id", "surviving_contact_id"),
}
TWIN_SEEDS = range(12)

# One change each to the point rule `MOVING_RULE`; the last one is a rule that is not there before.
MOVING_RULE: dict[str, Any] = {"points": 8.0, "max_hits": 1.0, "per": "day", "decay": "half_life", "decay_days": 7.0}
RULE_CHANGES: dict[str, dict[str, Any]] = {
    "points": {"points": 9.0},
    "sign": {"points": -8.0},
    "max_hits": {"max_hits": 2.0},
    "per": {"per": "lifetime"},
    "cap": {"max_hits": None, "per": None},
    "decay": {"decay": "none", "decay_days": None},
    "decay_kind": {"decay": "linear"},
    "decay_days": {"decay_days": 14.0},
    "valid_from": {"valid_from": TODAY - timedelta(days=5)},
    "valid_to": {"valid_to": TODAY - timedelta(days=5)},
    "min_value": {"min_value": 30.0},
    "max_value": {"max_value": 30.0},
    "object_pattern": {"object_pattern": "mail-1"},
    "category": {"category": "pricing"},
    "campaign_pattern": {"campaign_pattern": "spring*"},
    "group": {"group_id": "laws_activity"},
    "event_type": {"event_type": "nothing"},
    "enabled": {"enabled": False},
    "new": {"enabled": True},
}
HALF_LIVES = (1.0, 2.5, 7.0)
HALF_LIFE_POINTS = 12.0


# --- the rule book ---------------------------------------------------------------------------------------------------


def rule_book(seed: int) -> RuleBook:
    """A drawn rule book and, in groups without a clamp, the rules of the cases."""
    drawn = draw_rule_book(Seeded(seed))
    return replace(
        drawn,
        scores=(*drawn.scores, Score(score_id="laws", floor=-1000.0, ceiling=1000.0, description="laws")),
        score_groups=(
            *drawn.score_groups,
            ScoreGroup(group_id="laws", score_id="laws", description="laws"),
            ScoreGroup(group_id="laws_activity", score_id="activity", description="laws"),
        ),
        point_rules=(*drawn.point_rules, *_good_rules(), *_naive_rules(), *_half_life_rules(), *moving_rules(False)),
        inactivity_rules=(*drawn.inactivity_rules, _silence()),
        fit_rules=(*drawn.fit_rules, *(_fit_rule(criterion) for criterion in ("firm", "size"))),
    )


def with_changed_rules(before: RuleBook) -> RuleBook:
    """Every change of `RULE_CHANGES` made, and the rules in the opposite order."""
    others = [rule for rule in before.point_rules if "_moving_" not in rule.rule_id and "_staying_" not in rule.rule_id]
    return replace(before, point_rules=(*reversed(moving_rules(True)), *reversed(others)))


def moving_rules(is_changed: bool) -> list[PointRule]:
    """Per change three rules on one event type of its own: the one that changes, between two that stay."""
    rules = []
    for name, change in RULE_CHANGES.items():
        moving = _rule(f"moving_{name}", f"change_{name}", **MOVING_RULE)
        rules.append(_rule(f"staying_1_{name}", f"change_{name}", points=3.0))
        if is_changed or name != "new":
            rules.append(replace(moving, **change) if is_changed else moving)
        rules.append(_rule(f"staying_2_{name}", f"change_{name}", points=-1.0, max_hits=2.0, per="lifetime"))
    return rules


def _good_rules() -> list[PointRule]:
    half_life = {"decay": "half_life", "decay_days": 14.0}
    return [
        _rule("uncapped_web", "good_uncapped", group_id="web", points=10.0, counts_for_interest=True, **half_life),
        _rule("uncapped_mail", "good_uncapped", group_id="mail", points=5.0, decay="linear", decay_days=30.0),
        _rule("uncapped_support", "good_uncapped", group_id="support", points=2.0, decay="window", decay_days=7.0),
        _rule("uncapped", "good_uncapped", points=1.0),
        _rule("capped_web", "good_capped", group_id="web", points=20.0, max_hits=1.0, per="lifetime", **half_life),
        _rule("capped_week", "good_capped", points=10.0, max_hits=2.0, per="week", counts_for_interest=True),
        _rule("capped_object", "good_capped", points=5.0, max_hits=1.0, per="object", **half_life),
        _rule("bad", "bad", group_id="web", points=-10.0),
    ]


def _naive_rules() -> list[PointRule]:
    return [
        _rule("naive_cap", "naive", points=10.0, max_hits=1.0, per="lifetime", decay="half_life", decay_days=14.0),
        _rule("naive_visit", "site_visit", points=5.0),
        _rule("naive_hot", "naive_hot", group_id="laws_activity", points=100.0),
    ]


def _silence() -> InactivityRule:
    return InactivityRule(
        rule_id="law_silence", group_id="laws_activity", after_days=10.0, points=-4.0, description="law"
    )


def _half_life_rules() -> list[PointRule]:
    return [
        _rule(f"half_life_{days:g}", f"half_life_{days:g}", points=HALF_LIFE_POINTS, decay="half_life", decay_days=days)
        for days in HALF_LIVES
    ]


def _rule(name: str, event_type: str, *, group_id: str = "laws", points: float, **cells: Any) -> PointRule:
    return PointRule(
        rule_id=f"law_{name}", group_id=group_id, event_type=event_type, points=points, description="law", **cells
    )


def _fit_rule(criterion_id: str) -> FitRule:
    # makes every account with the attribute fit, whatever the drawn weights
    return FitRule(
        rule_id=f"law_{criterion_id}",
        criterion_id=criterion_id,
        attribute="is_law_abiding",
        operator="is_present",
        points=100.0,
        description="law",
    )


# --- the world -------------------------------------------------------------------------------------------------------


def world(seed: int) -> Raw:
    """All cases at once, beside worlds with every nasty value."""
    return union(
        *(case(f"wild{number}", draw_world(Seeded(seed + number))) for number in range(6)),
        *(twins for number in TWIN_SEEDS for twins in _twins(number, seed)),
        _half_life_cases(),
        _naive_cases(),
        _rule_change_cases(),
    )


def union(*worlds: Raw) -> Raw:
    """All rows of some worlds; an optional table that none of them has stays absent."""
    tables: dict[str, list[Cells]] = {}
    for each in worlds:
        for table, rows in each.tables.items():
            tables.setdefault(table, []).extend(rows)
    return Raw(tables)


def case(name: str, raw: Raw) -> Raw:
    """A world with the name of the case, and a dot, before every id."""
    return Raw(
        {
            table: [
                {
                    column: f"{name}.{cell.strip()}" if column in ID_COLUMNS and cell and cell.strip() else cell
                    for column, cell in row.items()
                }
                for row in rows
            ]
            for table, rows in raw.tables.items()
        }
    )


def _twins(number: int, seed: int) -> list[Raw]:
    """One world told six times.

    With two merges (`merged`); with the rows of the merged contacts told as the survivor's (`union`); that and for each
    contact a positive event more under capped rules, after all others (`latest`); with a sign of life long ago for each
    contact (`active`); that and a positive event more under rules without a cap (`anytime`); and `union` with a member
    more in every account (`joined`).
    """
    random = Random(1000 * seed + number)
    separate = _separate_world(random)
    contact_ids = sorted({row["contact_id"] for row in separate.rows("contacts") if row["contact_id"]})
    chain = random.sample(contact_ids, min(3, len(contact_ids)))
    merges = [_merge(old, new) for old, new in pairwise(chain)]
    together = _told_together(separate, chain)
    alive = sorted({row["contact_id"] for row in together.rows("contacts") if row["contact_id"]})
    anytime = [_event(f"new{n}", who, "good_uncapped", _moment(random), random) for n, who in enumerate(alive)]
    evening = datetime.combine(TODAY, time(23, 30), UTC)
    signs = [_event(f"sign{n}", who, "sign_of_life", _noon(-61)) for n, who in enumerate(alive)]
    latest = [_event(f"new{n}", who, "good_capped", evening, random) for n, who in enumerate(alive)]
    return [
        case(f"merged{number}", union(separate, Raw({"contact_merges": merges}))),
        case(f"union{number}", together),
        case(f"active{number}", union(together, Raw({"events": signs}))),
        case(f"anytime{number}", union(together, Raw({"events": signs + anytime}))),
        case(f"latest{number}", union(together, Raw({"events": latest}))),
        case(f"joined{number}", union(together, _new_members(together, random))),
    ]


def _separate_world(random: Random) -> Raw:
    """A drawn world in which only a merge can join contacts, and no id has two rows.

    Rows of one id are settled before contacts are resolved, by the greater contact_id among others: telling them as the
    survivor's could pick another one. Domains would give the contacts of one case the account of another.
    """
    drawn = draw_world(Seeded(random.randrange(1_000_000)))
    tables = {table: rows for table, rows in drawn.tables.items() if table not in ("identities", "contact_merges")}
    for table in ("events", "score_adjustments", "contacts"):
        rows = [{**row, KEYS[table]: (row[KEYS[table]] or "").strip() or None} for row in tables.get(table, [])]
        tables[table] = list({row[KEYS[table]]: row for row in rows}.values())
    tables["accounts"] = [{**row, "domain": None} for row in tables.get("accounts", [])]
    contact_ids = [row["contact_id"] for row in tables["contacts"] if row["contact_id"]]
    kinds = ("good_uncapped", "good_capped", "bad")
    tables["events"] += [
        _event(f"law{n}", random.choice(contact_ids), random.choice(kinds), _moment(random), random)
        for n in range(8 if contact_ids else 0)
    ]
    return Raw(tables)


def _told_together(raw: Raw, chain: list[str]) -> Raw:
    """The rows of all contacts of a chain of merges as the last one's; the profiles of the others are gone."""
    gone = set(chain[:-1])

    def told(table: str, row: Cells) -> Cells:
        contact_id = (row.get("contact_id") or "").strip()
        return {**row, "contact_id": chain[-1]} if contact_id in gone and table != "contacts" else row

    return Raw(
        {
            table: [
                told(table, row)
                for row in rows
                if table not in ("contacts", "contact_attributes") or row["contact_id"] not in gone
            ]
            for table, rows in raw.tables.items()
        }
    )


def _new_members(raw: Raw, random: Random) -> Raw:
    account_ids = sorted({row["account_id"] for row in raw.rows("accounts") if row["account_id"]})
    members = [(f"member{n}", account_id) for n, account_id in enumerate(account_ids)]
    kinds = ("good_uncapped", "good_capped", "bad", "page_view")
    return Raw(
        {
            "contacts": [_contact(contact_id, account_id) for contact_id, account_id in members],
            "events": [
                _event(f"{contact_id}-{n}", contact_id, random.choice(kinds), _moment(random), random)
                for contact_id, _ in members
                for n in range(random.choice((0, 1, 4)))
            ],
        }
    )


def half_life_cases() -> dict[str, int]:
    """Names of contacts with one event under a half-life, and how many half-lives old it is."""
    return {
        f"half_life_{days:g}.{count}": count for days in HALF_LIVES for count in range(4) if (days * count).is_integer()
    }


def _half_life_cases() -> Raw:
    events = {
        f"half_life_{days:g}.{count}": _event("e", "c", f"half_life_{days:g}", _noon(-round(days * count)))
        for days in HALF_LIVES
        for count in range(4)
    }
    return union(*(case(name, _one_contact([events[name]])) for name in half_life_cases()))


def _naive_cases() -> Raw:
    """Pairs that show which statements about one more event or member are not true."""
    hit, older_hit = _event("e2", "c", "naive", _noon()), _event("e1", "c", "naive", _noon(-14))
    first, between, second = (
        _event(f"e{minute}", "c", "page_view", _noon(-1) + timedelta(minutes=minute)) for minute in (10, 35, 60)
    )
    hot = _event("hot", "c", "naive_hot", _noon())
    firm = Raw(
        {
            "accounts": [{"account_id": "a", "updated_at": _text(_noon())}],
            "account_attributes": [{"account_id": "a", "attribute": "is_law_abiding", "value": "yes"}],
            "contacts": [_contact("c", "a"), _contact("silent", "a")],
            "events": [hot],
        }
    )
    awake = Raw({"events": [_event("e", "silent", "good_uncapped", _noon())]})
    praised = union(_one_contact([]), Raw({"score_adjustments": [_praise("c")]}))
    return union(
        case("naive_cap", _one_contact([hit])),
        case("naive_cap+", _one_contact([hit, older_hit])),
        case("naive_visit", _one_contact([first, second])),
        case("naive_visit+", _one_contact([first, between, second])),
        case("naive_silence", praised),
        case("naive_silence+", union(praised, Raw({"events": [_event("e", "c", "good_uncapped", _noon(-60))]}))),
        case("naive_account", firm),
        case("naive_account+", union(firm, awake)),
    )


def _rule_change_cases() -> Raw:
    """Per change of a rule one contact whose events tell the rule before from the rule after."""
    days = (-1, -1, -3, -10, -20)
    cells = (
        {"object": "mail-1", "value": "25", "campaign": "spring 24", "category": "blog"},
        {"object": "mail-2", "value": "50", "campaign": "autumn", "category": "pricing"},
    )
    return union(
        *(
            case(
                f"change_{name}",
                _one_contact(
                    [
                        {**_event(f"e{n}", "c", f"change_{name}", _noon(day) + timedelta(minutes=n)), **cells[n % 2]}
                        for n, day in enumerate(days)
                    ]
                ),
            )
            for name in RULE_CHANGES
        )
    )


def _one_contact(events: list[Cells]) -> Raw:
    return Raw({"contacts": [_contact("c", None)], "events": events})


def _contact(contact_id: str, account_id: str | None) -> Cells:
    return {"contact_id": contact_id, "account_id": account_id, "updated_at": _text(_noon())}


def _praise(contact_id: str) -> Cells:
    return {
        "adjustment_id": "praise",
        "contact_id": contact_id,
        "group_id": "laws_activity",
        "points": "10",
        "reason": "met at a fair",
        "created_by": "ann",
        "effective_date": TODAY.isoformat(),
    }


def _merge(old: str, new: str) -> Cells:
    return {"merged_contact_id": old, "surviving_contact_id": new, "merged_at": _text(_noon())}


def _event(event_id: str, contact_id: str, kind: str, occurred_at: datetime, random: Random | None = None) -> Cells:
    name = random.choice(NAMES) if random else None
    product_id = random.choice(("crm", "Suite", None)) if random else None
    return {
        "event_id": event_id,
        "contact_id": contact_id,
        "event_type": kind,
        "occurred_at": _text(occurred_at),
        "loaded_at": _text(occurred_at),
        "object": name,
        "product_id": product_id,
    }


def _moment(random: Random) -> datetime:
    return _noon() - timedelta(minutes=random.randrange(60 * 24 * 60))


def _noon(days: int = 0) -> datetime:
    return datetime.combine(TODAY + timedelta(days=days), time(12), UTC)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


# --- the same facts, told otherwise ----------------------------------------------------------------------------------


def shuffled(raw: Raw, random: Random) -> Raw:
    """The rows of every table in another order."""
    return Raw({table: random.sample(rows, len(rows)) for table, rows in raw.tables.items()})


def duplicated(raw: Raw, random: Random) -> Raw:
    """Some rows of every table twice."""
    return Raw({table: [*rows, *(row for row in rows if random.random() < 0.3)] for table, rows in raw.tables.items()})


def resent(raw: Raw, random: Random) -> Raw:
    """Some rows of the tables that know an age once more: older, and with other words."""
    age_of = {"events": "loaded_at", "contacts": "updated_at", "accounts": "updated_at"}
    news: dict[str, Cells] = {
        "events": {"object": "/stale", "value": "77", "campaign": "stale", "user_agent": "Googlebot/2.1"},
        "contacts": {"email": "stale@rival.com", "job_title": "intern", "email_opt_out": "true"},
        "accounts": {"account_name": "Rival", "industry": "bank", "domain": "stale.com"},
    }
    older: dict[str, list[Cells]] = {table: [] for table in age_of}
    for table, column in age_of.items():
        for row in raw.rows(table):
            moment = values.timestamp(row[column])
            if moment is not None and random.random() < 0.3:
                older[table].append({**row, **news[table], column: _text(moment - timedelta(hours=1))})
    return union(raw, Raw(older))


def batches(raw: Raw, count: int, random: Random) -> list[Raw]:
    """What has arrived by each of some loads: each row comes with one of them and stays."""
    arrival = {table: [random.randrange(count) for _ in rows] for table, rows in raw.tables.items()}
    return [
        Raw(
            {
                table: [row for row, load in zip(rows, arrival[table], strict=True) if load <= number]
                for table, rows in raw.tables.items()
            }
        )
        for number in range(count)
    ]
