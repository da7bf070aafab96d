"""Random small worlds: raw tables full of nasty values, valid rule books, scenarios of several runs.

Belongs here: what is drawn, and writing it as CSV. Does not: what it should score.

Generators draw from a `Choices`, so one text serves hypothesis (`worlds`, `rule_books`, `scenarios`: strategies that
shrink) and plain seeds (`seeded_scenario`).
"""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hypothesis import strategies as st

from .raw import COLUMNS, Cells, Raw
from .rule_book import (
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
    row_classes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Item = TypeVar("Item")

TODAY = date(2024, 3, 10)
NOON = datetime(2024, 3, 10, 12, tzinfo=UTC)
TIMEZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Pacific/Auckland", "Asia/Kolkata")

CONTACT_IDS = ("c1", "c2", "c3", "C1", "ü4", "c5")
ANONYMOUS_IDS = ("a1", "a2", "a3")
ACCOUNT_IDS = ("acme", "beta", "Ω")
EMAILS = (
    "Ann@Acme.com",
    "bob@beta.io",
    "eve@gmail.com",
    "dan@rival.com",
    "two@at@acme.com",
    "no-at-sign",
    "x@",
    "zoë@beta.io",
)
DOMAINS = ("acme.com", "www.acme.com", "WWW.Beta.io", "gmail.com", "beta.io")
TITLES = (
    "Vice President",
    "President",
    "Assistant to the CEO",
    "C.E.O. / Founder",
    "Sales Manager's Assistant",
    "Head of Ünits",
    "销售总监",
    "intern",
    "---",
    "VP2 Sales",
)
EVENT_TYPES = (
    "page_view",
    "page_view",
    "page_view",
    "email_sent",
    "email_sent",
    "email_open",
    "email_click",
    "email_click",
    "email_open",
    "demo_request",
    "asset_download",
    "unsubscribe",
    "subscription",
    "email_bounce",
    "Custom Thing",
)
PAGES = (
    "https://Acme.com/Pricing/?q=1#top",
    "/pricing",
    "/pricing/teams",
    "/plans/careers",
    "/plans",
    "http://acme.com",
    "/blog/Élan",
    "/",
    "///",
    "/a_b%c",
)
NAMES = ("Mail-1", "mail-1", "mail-2", "mail-3", "E-Book", "总监 guide")
OBJECT_PATTERNS = (
    "/pricing*|/plans*|!/plans/careers*",
    "/PRICING",
    "/*",
    "*",
    "!/plans*",
    "mail-*",
    "mail-1 | mail-2",
    "/a_b%c",
    "/blog/é*",
    "*总监*",
)
DERIVED_TYPES = ("site_visit", "Site_Visit", "email_ignored_streak", "stage_entered")
STAGE_PATTERNS = ("mql|SQL", "!lost", "l*")
CATEGORIES = ("pricing", "Blog", "case_study", "general")
CAMPAIGNS = ("Spring 24", "spring 24", "autumn")
PRODUCTS = ("crm", "Suite", "add-on")
RAW_PRODUCTS = ("crm", "CRM", "suite", "add-on", "unknown")
AGENTS = ("Mozilla/5.0", "Mozilla/5.0 (Macintosh)", "Googlebot/2.1", "curl/8", "mozilla/5.0")
STAGES = ("visitor", "Lead", "mql", "sql", "customer", "lost")
RAW_STAGES = ("visitor", "lead", "LEAD", "mql", "MQL", "mql", "sql", "sql", "customer", "lost", "elsewhere")
INDUSTRIES = ("software", "Retail", "bank")
ATTRIBUTES = ("Interests", "interests", "score", "budget", "industry")
ATTRIBUTE_VALUES = ("crm", "CRM", "5", "05", "5.0", "-3", "1e2", "many", "üben", "100")
GROUPS = ("web", "mail", "direct", "support")
# steps between events around which something changes: bursts, visits, graces, days
GAPS = (
    timedelta(),
    timedelta(seconds=1),
    timedelta(seconds=2),
    timedelta(seconds=2, microseconds=1),
    timedelta(minutes=29, seconds=59),
    timedelta(minutes=30),
    timedelta(hours=11, minutes=59, seconds=59),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=24, microseconds=1),
    timedelta(hours=72),
    timedelta(hours=72, microseconds=1),
    timedelta(days=7),
    timedelta(days=30),
)
STALE_DAYS = (0, 0, 1, 1, 2, 2, 3, 4, 6, 7, 8, 14, 29, 30, 31, 40, 63)


class Choices(Protocol):
    """A source of choices."""

    def one_of(self, options: Sequence[Item]) -> Item:
        """One of the options; the first is the simplest."""

    def integer(self, low: int, high: int) -> int:
        """An integer in low..high."""


class Drawn:
    """Choices drawn by hypothesis, which shrink."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def one_of(self, options: Sequence[Item]) -> Item:
        """One of the options."""
        return self._draw(st.sampled_from(options))

    def integer(self, low: int, high: int) -> int:
        """An integer in low..high."""
        return self._draw(st.integers(low, high))


class Seeded:
    """Choices of a pseudo-random generator."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def one_of(self, options: Sequence[Item]) -> Item:
        """One of the options."""
        return self._random.choice(options)

    def integer(self, low: int, high: int) -> int:
        """An integer in low..high."""
        return self._random.randint(low, high)


@dataclass(frozen=True, kw_only=True)
class Run:
    """The arguments of one run."""

    raw: Raw
    rule_book: RuleBook
    as_of: date
    from_date: date | None
    variables: dict[str, Any]
    now: datetime | None = None


@st.composite
def worlds(draw: st.DrawFn) -> Raw:
    """Raw tables."""
    return draw_world(Drawn(draw))


@st.composite
def rule_books(draw: st.DrawFn) -> RuleBook:
    """Valid rule books."""
    return draw_rule_book(Drawn(draw))


@st.composite
def scenarios(draw: st.DrawFn, max_runs: int = 4) -> list[Run]:
    """Runs on one growing world: rows arrive, profiles and rule books change, days are skipped and replayed."""
    return draw_scenario(Drawn(draw), max_runs)


def seeded_scenario(seed: int, max_runs: int = 4) -> list[Run]:
    """The runs of a seed, always the same."""
    return draw_scenario(Seeded(seed), max_runs)


def write_raw(world: Raw, folder: Path) -> None:
    """Write one CSV per raw table that the world has; files of absent tables are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, columns in COLUMNS.items():
        path = folder / f"{table}.csv"
        if table in world.tables:
            _write_csv(path, [column.name for column in columns], list(world.rows(table)))
        else:
            path.unlink(missing_ok=True)


def write_rule_book(rule_book: RuleBook, folder: Path) -> None:
    """Write one CSV per file of the rule book."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, kind in row_classes().items():
        rows = [{column: _cell(cell) for column, cell in asdict(row).items()} for row in getattr(rule_book, name)]
        _write_csv(folder / f"{name}.csv", [column.name for column in fields(kind)], rows)


def _write_csv(path: Path, columns: list[str], rows: list[Cells]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _cell(value: Any) -> str | None:
    if value is None or value == float("inf"):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | int):
        return f"{value:g}"
    return str(value)


# --- helpers of the generators -------------------------------------------------------------------------------------


def chance(choices: Choices, percent: int) -> bool:
    """True in so many of a hundred cases; shrinks to false."""
    return choices.integer(0, 99) >= 100 - percent


def maybe(choices: Choices, options: Sequence[Item], percent: int = 50) -> Item | None:
    """One of the options in so many of a hundred cases, else null."""
    return choices.one_of(options) if chance(choices, percent) else None


def some(choices: Choices, options: Sequence[Item], percent: int = 70) -> list[Item]:
    """A subset of the options in their order, each kept in so many of a hundred cases."""
    return [option for option in options if chance(choices, percent)]


def spaced(choices: Choices, cell: str | None) -> str | None:
    """A cell, sometimes with white space around it."""
    return f"\u00a0 {cell}\t" if cell is not None and chance(choices, 5) else cell


def moment_text(choices: Choices, moment: datetime) -> str:
    """A UTC timestamp in one of the ways that sources spell it."""
    east = moment + timedelta(hours=2)
    return choices.one_of(
        (
            f"{moment:%Y-%m-%d %H:%M:%S.%f}",
            f"{moment:%Y-%m-%dT%H:%M:%S.%f}",
            f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z",
            f"{east:%Y-%m-%d %H:%M:%S.%f}+02:00",
        )
    )


# --- raw tables ----------------------------------------------------------------------------------------------------


def draw_world(choices: Choices) -> Raw:
    """Raw tables of a few contacts and some tens of events around `TODAY`."""
    contacts = [_contact(choices, contact_id) for contact_id in some(choices, CONTACT_IDS, 85)]
    accounts = [_account(choices, account_id) for account_id in some(choices, ACCOUNT_IDS)]
    tables = {
        "events": _events(choices),
        "contacts": contacts + [_contact(choices, row["contact_id"]) for row in some(choices, contacts[:2])],
        "accounts": accounts + [_account(choices, row["account_id"]) for row in some(choices, accounts[:1])],
        "contact_attributes": _attributes(choices, "contact_id", CONTACT_IDS),
        "account_attributes": _attributes(choices, "account_id", ACCOUNT_IDS),
        "identities": [_identity(choices) for _ in range(choices.integer(0, 4))],
        "contact_merges": [_merge(choices) for _ in range(choices.one_of((0, 0, 1, 1, 2, 4)))],
        "stage_changes": [_stage_change(choices) for _ in range(choices.integer(0, 14))],
        "score_adjustments": [_adjustment(choices) for _ in range(choices.integer(0, 4))],
        "opportunities": [_opportunity(choices) for _ in range(choices.integer(0, 2))],
    }
    optional = [table for table in tables if table not in ("events", "contacts")]
    absent = {table for table in optional if not tables[table] and chance(choices, 50)}
    return Raw({table: rows for table, rows in tables.items() if table not in absent})


def _moment(choices: Choices) -> datetime:
    stale = timedelta(days=choices.one_of(STALE_DAYS))
    start = NOON - stale + timedelta(hours=choices.one_of((0, -12, 12, 5, -5)))
    return start + choices.one_of(GAPS) * choices.one_of((1, 1, -1))


def _events(choices: Choices) -> list[Cells]:
    rows: list[Cells] = []
    count = 0
    for _ in range(choices.integer(0, 12)):
        # a run of events of one contact and one kind, so that bursts, visits and streaks do occur
        start = _moment(choices)
        person = _person(choices)
        kind = choices.one_of(EVENT_TYPES)
        for _ in range(choices.integer(1, 6)):
            count += 1
            rows.append(_event(choices, f"e{count}", person, kind, start))
            start += choices.one_of(GAPS[:4] if kind == "email_click" else GAPS[:12])
            kind = kind if chance(choices, 70) else choices.one_of(EVENT_TYPES)
    return [copy for row in rows for copy in _copies(choices, row)]


def _person(choices: Choices) -> tuple[str | None, str | None]:
    if chance(choices, 15):
        return (None, choices.one_of(ANONYMOUS_IDS))
    return ("ghost" if chance(choices, 3) else choices.one_of(CONTACT_IDS), maybe(choices, ANONYMOUS_IDS, 20))


def _event(
    choices: Choices, event_id: str, person: tuple[str | None, str | None], kind: str, occurred_at: datetime
) -> Cells:
    late = choices.one_of((timedelta(), timedelta(hours=1), timedelta(days=3), timedelta(hours=-24)))
    late = -timedelta(hours=24, seconds=1) if chance(choices, 2) else late
    named = PAGES if kind == "page_view" else NAMES
    row: Cells = {
        "event_id": event_id,
        "contact_id": spaced(choices, person[0]),
        "anonymous_id": person[1],
        "event_type": spaced(choices, choices.one_of((kind, kind, kind.upper()))),
        "occurred_at": moment_text(choices, occurred_at),
        "loaded_at": moment_text(choices, occurred_at + late),
        "object": spaced(choices, choices.one_of(named) if chance(choices, 90) else maybe(choices, PAGES)),
        "category": maybe(choices, (*CATEGORIES, "BLOG"), 30),
        "product_id": maybe(choices, RAW_PRODUCTS, 30),
        "campaign": maybe(choices, CAMPAIGNS, 30),
        "value": maybe(choices, ("25", "50", "1e1", "-2", "0.5", "lots", "1_000", "nan"), 40),
        "user_agent": maybe(choices, AGENTS, 60 if kind == "email_open" else 15),
        "is_machine": maybe(choices, ("false", "true", "False"), 12),
    }
    if chance(choices, 4):
        row[choices.one_of(("event_id", "event_type", "occurred_at", "loaded_at", "contact_id"))] = choices.one_of(
            ("", " ", None)
        )
    if chance(choices, 2):
        row[choices.one_of(("occurred_at", "loaded_at"))] = choices.one_of(("yesterday", "infinity", "0000-01-01"))
    return row


def _copies(choices: Choices, row: Cells) -> list[Cells]:
    """A row, sometimes again with another load time, another value or as it was."""
    copies = [row]
    if chance(choices, 15):
        copy = dict(row)
        change = choices.one_of(("nothing", "loaded_at", "value", "contact_id", "product_id", "reject", "occurred_at"))
        if change == "loaded_at":
            copy["loaded_at"] = moment_text(choices, NOON + timedelta(days=30))
            copy["event_type"] = choices.one_of(EVENT_TYPES)
        elif change == "value":
            copy["value"] = choices.one_of(("10", "9", "100", None))
        elif change == "contact_id":
            copy["contact_id"] = choices.one_of(CONTACT_IDS)
        elif change == "product_id":
            copy["product_id"] = choices.one_of(RAW_PRODUCTS)
        elif change == "reject":
            copy["event_type"] = None
        elif change == "occurred_at":
            copy["occurred_at"] = moment_text(choices, _moment(choices))
        copies.append(copy)
    return copies


def _contact(choices: Choices, contact_id: str | None) -> Cells:
    row: Cells = {
        "contact_id": contact_id,
        "email": spaced(choices, maybe(choices, EMAILS, 85)),
        "full_name": maybe(choices, ("Ann Ädel", "Bob", "李雷")),
        "job_title": spaced(choices, maybe(choices, TITLES, 80)),
        "department": maybe(choices, ("Sales", "IT"), 30),
        "phone": maybe(choices, ("+49 30 1", "0"), 30),
        "country": maybe(choices, ("DE", "de", "FR"), 60),
        "account_id": maybe(choices, (*ACCOUNT_IDS, "Acme", "gone"), 50),
        "email_opt_out": maybe(choices, ("false", "true"), 30),
        "created_at": moment_text(choices, _moment(choices)) if chance(choices, 60) else None,
        "updated_at": moment_text(choices, NOON + choices.one_of((timedelta(), timedelta(hours=1)))),
    }
    if chance(choices, 3):
        row[choices.one_of(("contact_id", "updated_at"))] = None
    return row


def _account(choices: Choices, account_id: str | None) -> Cells:
    return {
        "account_id": account_id,
        "account_name": maybe(choices, ("Acme Inc", "Beta GmbH", "ÜBER AG", "Rival"), 80),
        "domain": maybe(choices, DOMAINS, 80),
        "industry": maybe(choices, (*INDUSTRIES, "SOFTWARE"), 80),
        "employee_count": maybe(choices, ("50", "51", "1000", "9", "many", "1e2"), 80),
        "annual_revenue": maybe(choices, ("1000000", "2.5e6", "-1"), 50),
        "country": maybe(choices, ("DE", "US"), 50),
        "updated_at": moment_text(choices, NOON + choices.one_of((timedelta(), timedelta(hours=1))))
        if chance(choices, 97)
        else None,
    }


def _attributes(choices: Choices, key: str, ids: Sequence[str]) -> list[Cells]:
    return [
        {
            key: choices.one_of(ids) if chance(choices, 97) else None,
            "attribute": choices.one_of(ATTRIBUTES) if chance(choices, 97) else " ",
            "value": maybe(choices, ATTRIBUTE_VALUES, 90),
        }
        for _ in range(choices.integer(0, 5))
    ]


def _identity(choices: Choices) -> Cells:
    return {
        "anonymous_id": choices.one_of(ANONYMOUS_IDS) if chance(choices, 97) else None,
        "contact_id": choices.one_of((*CONTACT_IDS, "ghost")) if chance(choices, 30) else choices.one_of(CONTACT_IDS),
        "identified_at": moment_text(choices, NOON + choices.one_of(GAPS[:3])),
    }


def _merge(choices: Choices) -> Cells:
    return {
        "merged_contact_id": choices.one_of((*CONTACT_IDS, "ghost")),
        "surviving_contact_id": choices.one_of((*CONTACT_IDS, *CONTACT_IDS, "ghost")) if chance(choices, 97) else None,
        "merged_at": moment_text(choices, NOON + choices.one_of(GAPS[:3])),
    }


def _stage_change(choices: Choices) -> Cells:
    recent = NOON - timedelta(days=choices.integer(0, 4))
    changed_at = recent if chance(choices, 60) else _moment(choices)
    return {
        "contact_id": choices.one_of((*CONTACT_IDS, "ghost")),
        "stage_id": choices.one_of(RAW_STAGES) if chance(choices, 97) else "",
        "changed_at": moment_text(choices, changed_at) if chance(choices, 97) else "soon",
    }


def _adjustment(choices: Choices) -> Cells:
    effective = TODAY - timedelta(days=choices.one_of((0, 1, 2, 3, 7, 40, -1)))
    row: Cells = {
        "adjustment_id": choices.one_of(("j1", "j2", "j3", "j4")),
        "contact_id": choices.one_of((*CONTACT_IDS, "ghost")),
        "group_id": choices.one_of((*GROUPS, *GROUPS, "nowhere")),
        "points": choices.one_of(("10", "-7.5", "0", "40")) if chance(choices, 95) else "some",
        "reason": choices.one_of(("met at fair", "spam trap")),
        "created_by": "ann",
        "effective_date": effective.isoformat(),
        "expires_date": (effective + timedelta(days=choices.integer(1, 8))).isoformat()
        if chance(choices, 50)
        else None,
    }
    if chance(choices, 5):
        row[choices.one_of(("adjustment_id", "contact_id", "reason", "effective_date"))] = None
    return row


def _opportunity(choices: Choices) -> Cells:
    return {
        "opportunity_id": choices.one_of(("o1", None)),
        "account_id": maybe(choices, ACCOUNT_IDS),
        "contact_id": maybe(choices, CONTACT_IDS),
        "created_at": moment_text(choices, _moment(choices)) if chance(choices, 80) else None,
        "closed_at": None,
        "outcome": choices.one_of(("open", "won", "lost")),
        "amount": maybe(choices, ("100", "x")),
    }


# --- rule books ----------------------------------------------------------------------------------------------------


def draw_rule_book(choices: Choices) -> RuleBook:
    """A valid rule book over the names that worlds use; ids do not depend on the draw, numbers and patterns do."""
    products = some(choices, PRODUCTS)
    roles = ("decider", "user", "buyer")
    activity_floor = choices.one_of((0.0, -20.0))
    fit_floor = choices.one_of((0.0, -10.0))
    custom_ceiling = choices.one_of((200.0, 100.0, 15.0))
    lead_weights = choices.one_of(((0.6, 0.4, 0.0, 0.0), (0.5, 0.25, 0.25, 0.0), (0.25, 0.25, 0.25, 0.25)))
    scores = (
        Score(score_id="activity", floor=activity_floor, ceiling=100.0, lead_weight=lead_weights[0]),
        Score(score_id="fit", floor=fit_floor, ceiling=100.0, lead_weight=lead_weights[1]),
        Score(
            score_id="product_interest",
            floor=choices.one_of((0.0, -5.0)),
            ceiling=choices.one_of((100.0, 12.0)),
            lead_weight=lead_weights[2],
        ),
        Score(score_id="support_need", floor=-50.0, ceiling=custom_ceiling, lead_weight=lead_weights[3]),
    )
    rule_book = RuleBook(
        scores=scores,
        score_groups=tuple(_group(choices, group_id) for group_id in GROUPS),
        point_rules=tuple(_point_rule(choices, number) for number in range(choices.integer(1, 20))),
        inactivity_rules=_inactivity_rules(choices),
        content_map=_content_map(choices, products),
        products=tuple(
            Product(product_id=product_id, product_name=f"The {product_id}", description="sold")
            for product_id in products
        ),
        fit_criteria=_fit_criteria(choices),
        fit_rules=tuple(_fit_rule(choices, number) for number in range(choices.integer(0, 8))),
        title_weights=_title_weights(choices, roles),
        exclusions=tuple(_exclusion(choices, number) for number in range(choices.integer(0, 3))),
        free_email_domains=tuple(FreeEmailDomain(email_domain=domain) for domain in some(choices, ("GMail.com",))),
        bot_user_agents=tuple(
            BotUserAgent(pattern=pattern, reason="crawler") for pattern in some(choices, ("*bot*", "CURL/*"))
        ),
        score_bands=_bands(choices, activity_floor, fit_floor),
        lead_grades=tuple(
            LeadGrade(
                lead_grade=grade + level,
                is_qualified=grade in choices.one_of(("AB", "ABCD")) and level in "34",
                recommended_action=f"do {grade}{level}",
            )
            for grade in "ABCD"
            for level in "4321"
        ),
        thresholds=_thresholds(choices, products),
        buying_roles=tuple(BuyingRole(buying_role=role, is_required=chance(choices, 50)) for role in roles),
        account_rank_weights=tuple(
            RankWeight(contact_rank=float(rank), weight=weight)
            for rank, weight in enumerate(choices.one_of(((0.6, 0.25, 0.15), (1.0,), (0.5, 0.5))), start=1)
        ),
        stages=_stages(choices),
    )
    return described(rule_book)


def described(rule_book: RuleBook) -> RuleBook:
    """A rule book in which no row lacks a description."""
    return RuleBook(
        **{
            name: tuple(
                replace(row, description=row.description or f"a row of {name}") for row in getattr(rule_book, name)
            )
            for name in row_classes()
        }
    )


def _group(choices: Choices, group_id: str) -> ScoreGroup:
    return ScoreGroup(
        group_id=group_id,
        score_id="support_need" if group_id == "support" else "activity",
        min_points=maybe(choices, (-25.0, -5.0, 0.0)),
        max_points=maybe(choices, (25.0, 10.0, 60.0)),
    )


def _point_rule(choices: Choices, number: int) -> PointRule:
    capped, decays, ranged = chance(choices, 60), chance(choices, 60), chance(choices, 10)
    event_type = choices.one_of((*EVENT_TYPES[1:12], "PAGE_VIEW", *DERIVED_TYPES))
    patterns = STAGE_PATTERNS if event_type == "stage_entered" else OBJECT_PATTERNS
    return PointRule(
        rule_id=f"rule_{number}",
        group_id=choices.one_of(GROUPS),
        event_type=event_type,
        object_pattern=maybe(choices, patterns, 30),
        category=maybe(choices, (*CATEGORIES, "Pricing"), 15),
        campaign_pattern=maybe(choices, ("spring*", "!autumn"), 10),
        min_value=choices.one_of((1.0, 10.0, None)) if ranged else None,
        max_value=choices.one_of((25.0, 50.0, None)) if ranged else None,
        points=choices.one_of((5.0, 10.0, 25.0, 50.0, 1.0, -10.0, 0.5, 0.0)),
        max_hits=float(choices.integer(1, 3)) if capped else None,
        per=choices.one_of(("day", "week", "month", "object", "object_day", "lifetime")) if capped else None,
        decay=choices.one_of(("half_life", "linear", "window")) if decays else "none",
        decay_days=choices.one_of((1.0, 7.0, 14.0, 30.0, 2.5)) if decays else None,
        valid_from=maybe(choices, (TODAY, TODAY - timedelta(days=7)), 10),
        valid_to=maybe(choices, (TODAY, TODAY + timedelta(days=2)), 10),
        counts_for_interest=chance(choices, 60),
        act_now=chance(choices, 20),
        enabled=chance(choices, 90),
        description=f"what rule {number} says",
    )


def _inactivity_rules(choices: Choices) -> tuple[InactivityRule, ...]:
    return tuple(
        InactivityRule(
            rule_id=f"silent_{group_id}_{days}",
            group_id=group_id,
            after_days=float(days),
            points=choices.one_of((-5.0, -15.0)),
            enabled=chance(choices, 90),
            description="silence",
        )
        for group_id in ("web", "support")
        for days in (1, 3, 30)
        if chance(choices, 30)
    )


def _content_map(choices: Choices, products: list[str]) -> tuple[ContentRow, ...]:
    places = {
        (maybe(choices, ("page_view", "Email_Open", "asset_download"), 60), maybe(choices, OBJECT_PATTERNS, 90))
        for _ in range(choices.integer(0, 6))
    }
    return tuple(
        ContentRow(
            event_type=event_type,
            object_pattern=pattern,
            category=maybe(choices, CATEGORIES, 60),
            product_id=maybe(choices, [choices.one_of((name, name.upper())) for name in products], 50)
            if products
            else None,
            is_sales_ready=maybe(choices, (True, False), 60),
            priority=choices.one_of((1.0, 2.0, float("inf"))),
        )
        for event_type, pattern in sorted(places, key=repr)
    )


def _fit_criteria(choices: Choices) -> tuple[FitCriterion, ...]:
    weights = choices.one_of(((30.0, 20.0, 40.0, 10.0), (0.0, 100.0, 0.0, 0.0), (25.0, 25.0, 25.0, 25.0)))
    return (
        FitCriterion(criterion_id="job_title", entity="contact", weight=weights[0]),
        FitCriterion(criterion_id="firm", entity="account", weight=weights[1]),
        FitCriterion(criterion_id="need", entity="contact", weight=weights[2]),
        FitCriterion(criterion_id="size", entity="account", weight=weights[3]),
    )


def _fit_rule(choices: Choices, number: int) -> FitRule:
    criterion = choices.one_of(("firm", "need", "size", "job_title"))
    attributes = {
        "firm": ("industry", "Country", "interests", "score"),
        "need": ("interests", "Budget", "country", "email", "email_opt_out"),
        "size": ("employee_count", "annual_revenue", "score"),
        "job_title": ("job_title", "department"),
    }
    operator = choices.one_of(("equals", "in", "between", "at_least", "at_most", "like", "is_present"))
    operands: dict[str, tuple[str | None, ...]] = {
        "equals": ("crm", "5", "50.0", "Software", "de", "true"),
        "in": ("crm|retail", "5 | 100", "DE|50"),
        "between": ("1..50", "51..", "..5", "-3..100"),
        "at_least": ("5", "100", "51"),
        "at_most": ("50", "0"),
        "like": ("*r*", "S*|!soft*", "*@acme.com"),
        "is_present": (None,),
    }
    points = -10.0 if criterion == "job_title" else choices.one_of((100.0, 50.0, 50.0, 0.0, -10.0))
    return FitRule(
        rule_id=f"fit_{number}",
        criterion_id=criterion,
        attribute=choices.one_of(attributes[criterion]),
        operator=operator,
        operand=choices.one_of(operands[operator]),
        points=points,
        enabled=chance(choices, 90),
        description="fits",
    )


def _title_weights(choices: Choices, roles: Sequence[str]) -> tuple[TitleWeight, ...]:
    patterns = (
        "vp*|vice president",
        "president",
        "ceo|c e o",
        "founder",
        "*总监*",
        "*assistant*",
        "manager|!assistant",
        "head*units|head*ünits",
        "intern",
    )
    return tuple(
        TitleWeight(
            title_pattern=pattern,
            seniority=maybe(choices, ("c_level", "manager"), 80),
            buying_role=maybe(choices, roles, 80),
            points=choices.one_of((100.0, 50.0, 25.0, 0.0)),
            priority=choices.one_of((1.0, 2.0, 2.0, float("inf"))),
        )
        for pattern in some(choices, patterns)
    )


def _exclusion(choices: Choices, number: int) -> Exclusion:
    match_on, pattern = choices.one_of(
        (
            ("email_domain", "rival.com"),
            ("email", "*@beta.io|!bob*"),
            ("job_title", "intern|student"),
            ("account_id", "Ω"),
            ("account_name", "riv*"),
        )
    )
    return Exclusion(
        rule_id=f"out_{number}",
        match_on=match_on,
        pattern=pattern,
        reason=choices.one_of(("competitor", "employee", "test")),
        enabled=chance(choices, 80),
    )


def _bands(choices: Choices, activity_floor: float, fit_floor: float) -> tuple[ScoreBand, ...]:
    steps = choices.one_of(((75.0, 50.0, 25.0), (20.0, 10.0, 5.0)))
    built_in = (
        ScoreBand(score_id=score_id, label=label, min_score=minimum)
        for score_id, labels, floor in (("fit", "ABCD", fit_floor), ("activity", "4321", activity_floor))
        for label, minimum in zip(labels, (*steps, floor), strict=True)
    )
    custom = (
        ScoreBand(score_id="support_need", label="high", min_score=10.0),
        ScoreBand(score_id="support_need", label="low", min_score=-50.0),
    )
    return (*built_in, *(custom if chance(choices, 50) else ()))


def _thresholds(choices: Choices, products: list[str]) -> tuple[Threshold, ...]:
    places: list[tuple[str, str, str, str | None]] = [
        ("t_lead", "contact", "lead", None),
        ("t_activity", "contact", "activity", None),
        ("t_fit", "contact", "fit", None),
        ("t_products", "contact", "product_interest", None),
        ("t_custom", "contact", "support_need", None),
        ("t_account", "account", "activity", None),
        ("t_account_fit", "account", "fit", None),
        ("t_account_products", "account", "product_interest", None),
    ]
    places += [("t_product", "contact", "product_interest", products[0])] if products else []
    thresholds = []
    for threshold_id, entity, score_id, product_id in places:
        value = choices.one_of((5.0, 10.0, 20.0, 50.0))
        thresholds.append(
            Threshold(
                threshold_id=threshold_id,
                entity=entity,
                score_id=score_id,
                product_id=product_id,
                comparison=choices.one_of((">=", ">")),
                value=value,
                rearm_below=maybe(choices, (value, value - 2, value / 2)),
                action=f"act on {threshold_id}",
            )
        )
    return tuple(thresholds)


def _stages(choices: Choices) -> tuple[Stage, ...]:
    resetting = choices.one_of((None, "mql", "mql", "sql"))
    return tuple(
        Stage(
            stage_id=stage_id,
            position=float(position),
            resets_score=stage_id == resetting,
            is_disqualified=stage_id == "lost",
            is_customer=stage_id == "customer",
        )
        for position, stage_id in enumerate(STAGES, start=1)
    )


# --- scenarios -----------------------------------------------------------------------------------------------------


def draw_scenario(choices: Choices, max_runs: int) -> list[Run]:
    """One to `max_runs` runs; time zone and start of history stay, all else may move."""
    world, rule_book = draw_world(choices), draw_rule_book(choices)
    variables: dict[str, Any] = {"scoring_timezone": choices.one_of(TIMEZONES)}
    if chance(choices, 40):
        variables["history_start_date"] = (TODAY - timedelta(days=choices.integer(2, 6))).isoformat()
    if chance(choices, 20):
        variables |= {"email_grace_days": choices.one_of((1, 0.5)), "cold_after_days": 7, "stalled_after_days": 2}
    if chance(choices, 30):
        variables |= {"engaged_min_score": 5, "surge_min_points": 5, "account_qualified_score": 10}
    if chance(choices, 10):
        variables["not_activity_event_types"] = ["page_view", "Email_Sent"]
    as_of = TODAY - timedelta(days=choices.integer(0, 4))
    runs: list[Run] = []
    count = choices.integer(1, max_runs)
    arrivals = {
        table: [choices.integer(1, count - 1) if count > 1 and chance(choices, 20) else 0 for _ in rows]
        for table, rows in world.tables.items()
    }
    for number in range(count):
        if number:
            as_of += timedelta(days=choices.one_of((1, 1, 2, 3, 0, -1)))
        rule_book = _changed_rule_book(choices, rule_book) if number and chance(choices, 25) else rule_book
        first = runs[0].as_of if runs else as_of
        as_of = max(as_of, first)
        back = timedelta(days=choices.integer(1, 3))
        runs.append(
            Run(
                raw=_arrived(choices, world, arrivals, number),
                rule_book=rule_book,
                as_of=as_of,
                from_date=max(first, as_of - back) if number and chance(choices, 20) else None,
                variables=variables,
                now=_now(choices, as_of),
            )
        )
    return runs


def _now(choices: Choices, as_of: date) -> datetime:
    """During the day, or when it is over in every time zone."""
    noon = datetime(as_of.year, as_of.month, as_of.day, 12, tzinfo=UTC)
    return noon + (timedelta() if chance(choices, 25) else timedelta(days=2))


def _arrived(choices: Choices, world: Raw, arrivals: dict[str, list[int]], number: int) -> Raw:
    """The rows that have arrived by a run, in one order or the other."""
    tables = {}
    for table, rows in world.tables.items():
        kept = [row for row, arrival in zip(rows, arrivals[table], strict=True) if arrival <= number]
        tables[table] = kept[::-1] if chance(choices, 30) else kept
    return Raw(tables)


def _changed_rule_book(choices: Choices, rule_book: RuleBook) -> RuleBook:
    rule, *others = rule_book.point_rules
    threshold, *thresholds = rule_book.thresholds
    return choices.one_of(
        (
            replace(rule_book, point_rules=(replace(rule, points=rule.points + 7), *others)),
            replace(rule_book, thresholds=(replace(threshold, value=threshold.value + 5), *thresholds)),
            replace(rule_book, title_weights=rule_book.title_weights[1:]),
        )
    )
