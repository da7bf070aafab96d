"""What the page says, as plain values: read from a DuckDB file with schema `marts` by the queries of `sql/`.

How it looks is not known here. All text has gone through `words.clean`, whatever the raw data held.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from orchestration.report.words import clean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

_SQL = Path(__file__).parent / "sql"
_TABLE = re.compile(r"\bmarts\.(\w+)")
_REQUIRED = ("contact_scores", "scoring_days")
LIMITS = {"leads": 25, "accounts": 15, "crossings": 25, "products": 12, "funnel": 20, "rejected": 12, "roles": 8}
MACHINE_WEEKS = 8
_MOST_BINS = 20

RecordT = TypeVar("RecordT")


class ReportError(Exception):
    """The report cannot be made: one sentence that says from what and why."""


@dataclass(frozen=True, kw_only=True)
class Headline:
    """The day, the rule book and how many people there are to think about; excluded contacts are not counted."""

    as_of_date: date
    is_complete: bool
    rule_book_hash: str
    has_week_ago: bool
    rules_changed: bool
    first_day: date
    contacts: int
    qualified: int
    to_call: int
    hot: int
    surging: int
    newly_qualified: int
    no_longer_qualified: int


@dataclass(frozen=True, kw_only=True)
class Lead:
    """Somebody to call, and why."""

    contact_id: str
    full_name: str | None
    job_title: str | None
    account_name: str | None
    email: str | None
    lead_grade: str
    lead_score: float
    activity_score: float
    fit_score: float
    recommended_action: str | None
    product: str | None
    last_activity_date: date | None
    days_since_last_activity: int | None
    is_surging: bool
    has_act_now: bool
    is_qualified_7d_ago: bool | None
    reasons: tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A lead grade with its contacts; nobody in it leaves its recommended action unknown."""

    lead_grade: str
    contacts: int
    contacts_7d_ago: int
    qualified: int
    recommended_action: str | None


@dataclass(frozen=True, kw_only=True)
class Account:
    """A company and its buying committee: the roles of engaged members, and those that only others hold."""

    account_id: str
    account_name: str | None
    domain: str | None
    account_grade: str
    is_qualified: bool
    account_activity_score: float
    account_fit_score: float
    member_count: int
    breadth: int
    roles_covered: int
    committee_coverage: float | None
    engaged_roles: tuple[str, ...]
    idle_roles: tuple[str, ...]
    product: str | None
    is_surging: bool
    last_activity_date: date | None

    @property
    def required_roles(self) -> int | None:
        """How many roles the rule book requires; None where the coverage does not tell."""
        return round(self.roles_covered / self.committee_coverage) if self.committee_coverage else None


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """A turn of a threshold; `employer` is that of a contact."""

    as_of_date: date
    entity: str
    who: str
    employer: str | None
    threshold_id: str
    product: str | None
    direction: str
    score_before: float | None
    score_after: float
    threshold_value: float
    cause: str
    action: str | None


@dataclass(frozen=True, kw_only=True)
class CrossingCount:
    """The turns of a threshold in the week."""

    entity: str
    threshold_id: str
    up: int
    down: int


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage of the journey and the movement through it."""

    stage_id: str
    contacts: int
    share: float
    entered_30d: int
    moved_on_30d: int
    median_days_in_stage: float | None


@dataclass(frozen=True, kw_only=True)
class ScoreDay:
    """The lead scores of a day in four numbers."""

    as_of_date: date
    contacts: int
    lowest: float
    highest: float
    median: float


@dataclass(frozen=True, kw_only=True)
class Bin:
    """How many contacts have a lead score of `bin` × width up to the next one."""

    bin: int
    contacts: int
    contacts_7d_ago: int


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """Lead scores as of the day and, unless the history is too short, seven days before."""

    width: int
    bins: tuple[Bin, ...]
    now: ScoreDay
    week_ago: ScoreDay | None


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product and the contacts that are interested in it."""

    product_id: str
    product: str
    interested: int
    want_it_most: int
    qualified: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How many raw event rows ended so."""

    outcome: str
    events: int


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Events of known contacts in a week, by reason to take them for a machine's; None: they are people's."""

    weeks_ago: int
    machine_reason: str | None
    events: int


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """Raw rows that could not be used."""

    source_table: str
    reason: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class Publication:
    """Which publication the file is, and whether a later one was withheld."""

    publication_id: str
    run_id: str | None
    published_at: datetime
    withheld_at: datetime | None
    withheld_reason: str | None


@dataclass(frozen=True, kw_only=True)
class Content:
    """All that the page says. A section is None if the file lacks a table that it needs; `missing` names those."""

    headline: Headline
    leads: tuple[Lead, ...] | None
    grid: tuple[Cell, ...] | None
    accounts: tuple[Account, ...] | None
    roles: tuple[str, ...]
    crossings: tuple[Crossing, ...] | None
    crossing_counts: tuple[CrossingCount, ...]
    funnel: tuple[Stage, ...] | None
    distribution: Distribution | None
    products: tuple[Product, ...] | None
    outcomes: tuple[Outcome, ...] | None
    traffic: tuple[Traffic, ...] | None
    rejected: tuple[Rejected, ...] | None
    publication: Publication | None
    missing: tuple[str, ...]


def read_content(path: Path, memory_limit: str = "") -> Content:
    """Everything that the page says of the published tables in the DuckDB file at `path`; raises ReportError.

    `memory_limit` is that of DuckDB, empty: its own.
    """
    if not path.exists():
        raise ReportError(f"There are no published tables at {path} yet: build them with `lead-scoring build`.")
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            if memory_limit:
                connection.execute("set memory_limit = ?", [memory_limit])
            return _read(_Tables(connection, path))
    except duckdb.BinderException as error:
        raise ReportError(
            f"The tables in {path} are of another version, build them again with `lead-scoring build`: {error}"
        ) from error
    except duckdb.IOException as error:
        raise ReportError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error


class _Tables:
    """Answers the queries of `sql/` from an open file, each as records."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._connection = connection
        names = connection.execute("select table_name from information_schema.tables where table_schema = 'marts'")
        self._present = {name for (name,) in names.fetchall()}
        self.missing: set[str] = set()
        if absent := [name for name in _REQUIRED if name not in self._present]:
            raise ReportError(f"{path} lacks marts.{absent[0]}: build it with `lead-scoring build`.")

    def ask(self, query: str, record: type[RecordT], **parameters: object) -> tuple[RecordT, ...] | None:
        """The rows of `sql/<query>.sql`; None, and noted as missing, if the file lacks a table that it reads."""
        sql = (_SQL / f"{query}.sql").read_text(encoding="utf-8")
        if absent := set(_TABLE.findall(sql)) - self._present:
            self.missing |= absent
            return None
        if query in LIMITS:
            parameters["limit"] = LIMITS[query]
        answer = self._connection.execute(sql, parameters or None)
        names = [column[0] for column in answer.description or ()]
        return tuple(record(**dict(zip(names, map(_cleaned, row), strict=True))) for row in answer.fetchall())


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    return tuple(map(_cleaned, value)) if isinstance(value, list) else value


def _read(tables: _Tables) -> Content:
    headlines = tables.ask("headline", Headline)
    if not headlines:
        raise ReportError("No day has been scored yet: build one with `lead-scoring build`.")
    headline = headlines[0]
    as_of = headline.as_of_date
    publications = tables.ask("publication", Publication) or (None,)
    tables.missing.clear()  # a file without a record of publications is as good
    return Content(
        headline=headline,
        leads=tables.ask("leads", Lead),
        grid=tables.ask("grid", Cell, as_of=as_of),
        accounts=tables.ask("accounts", Account),
        roles=tuple(row["buying_role"] for row in tables.ask("roles", dict) or ()),
        crossings=tables.ask("crossings", Crossing, as_of=as_of),
        crossing_counts=tables.ask("crossing_counts", CrossingCount, as_of=as_of) or (),
        funnel=tables.ask("funnel", Stage, as_of=as_of),
        distribution=_distribution(tables, as_of),
        products=tables.ask("products", Product),
        outcomes=tables.ask("outcomes", Outcome),
        traffic=tables.ask("traffic", Traffic, as_of=as_of),
        rejected=tables.ask("rejected", Rejected),
        publication=publications[0],
        missing=tuple(sorted(tables.missing)),
    )


def _distribution(tables: _Tables, as_of: date) -> Distribution | None:
    days = {day.as_of_date: day for day in tables.ask("score_days", ScoreDay, as_of=as_of) or ()}
    if as_of not in days:
        return None
    now, week_ago = days.pop(as_of), next(iter(days.values()), None)
    both = [day for day in (now, week_ago) if day]
    width = bin_width(min(day.lowest for day in both), max(day.highest for day in both))
    found = {row.bin: row for row in tables.ask("score_bins", Bin, as_of=as_of, width=width) or ()}
    nothing = {"contacts": 0, "contacts_7d_ago": 0}
    bins = [found.get(number) or Bin(bin=number, **nothing) for number in range(min(found), max(found) + 1)]
    return Distribution(width=width, bins=tuple(bins), now=now, week_ago=week_ago)


def bin_width(lowest: float, highest: float) -> int:
    """The least of 1, 2, 5, 10, 20, … points that makes at most twenty bins."""
    widths: Sequence[int] = [digit * 10**power for power in range(9) for digit in (1, 2, 5)]
    return next((width for width in widths if highest // width - lowest // width < _MOST_BINS), widths[-1])
