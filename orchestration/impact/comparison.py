"""Puts both sides beside each other, before and after, and asks the queries of `sql/` what differs.

A side is the warehouse's own tables, and in front of them what was built in its scratch file. Nothing is written but
tables in memory.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from orchestration.duckdb_files import literal
from orchestration.impact.content import Crossing, CrossingTotal
from orchestration.impact.rule_changes import FIT_FILES, RULE_FILES
from orchestration.impact.scratch import STORED, attach
from orchestration.report.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from orchestration.impact.rule_changes import RuleChange

_SQL = Path(__file__).parent / "sql"
_TABLES = (
    "contact_changes",
    "account_changes",
    "interest_changes",
    "score_changes",
    "group_changes",
    "effects",
    "limits",
)
_READ_AS_THEY_ARE = (
    "marts.contact_scores",
    "marts.account_scores",
    "marts.product_interest_scores",
    "marts.account_product_interest",
    "marts.custom_scores",
    "marts.score_contributions",
    "rule_book.scores",
    "rule_book.score_groups",
    "rule_book.products",
    "rule_book.thresholds",
)
INDIRECT_FILES = (
    "bot_user_agents",
    "content_map",
    "exclusions",
    "free_email_domains",
    "inactivity_rules",  # the next longer silence ends a shorter one
    "products",
    "score_groups",
    "stages",
    *FIT_FILES,
)
"""Files through which points move of rules that nobody edited."""

RecordT = TypeVar("RecordT")


@dataclass(frozen=True)
class Side:
    """A scratch file with what was built in it, None: the warehouse alone."""

    file: Path | None = None


class Comparison:
    """Both sides, open."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """`connection`: with the schemas `before` and `after`."""
        self.connection = connection

    def ask(self, query: str, record: type[RecordT], **parameters: object) -> tuple[RecordT, ...]:
        """The rows of `sql/<query>.sql` as records; text is cleaned of what controls instead of being read."""
        answer = self.connection.execute(_sql(query), parameters or None)
        names = [column[0] for column in answer.description or ()]
        return tuple(record(**dict(zip(names, map(_cleaned, row), strict=True))) for row in answer.fetchall())

    def create(self, table: str) -> None:
        """The table that `sql/<table>.sql` makes."""
        self.connection.execute(_sql(table))

    def crossings(self, limit: int) -> tuple[tuple[CrossingTotal, ...], tuple[Crossing, ...]]:
        """What the next run would report, in numbers and the first ones by name."""
        self.create("crossings")
        return self.ask("crossing_totals", CrossingTotal), self.ask("crossing_names", Crossing, limit=limit)

    def write_changed(self, file: Path) -> int:
        """Write every contact and account that changes to a CSV file; how many there are."""
        select = _sql("changed_list")
        rows = self.connection.execute(f"copy ({select}) to {literal(file)} (format csv, header)").fetchall()
        return int(rows[0][0])


@contextmanager
def compare(
    folder: Path,
    warehouse: Path,
    before: Side,
    after: Side,
    as_of: date,
    changes: Iterable[RuleChange],
    memory_limit: str = "",
) -> Iterator[Comparison]:
    """Both sides as of `as_of`, compared; what does not fit into memory goes to `folder`."""
    with duckdb.connect() as connection:
        connection.execute("set temp_directory = ?", [str(folder / "spill")])
        connection.execute("set preserve_insertion_order = false")
        if memory_limit:
            connection.execute("set memory_limit = ?", [memory_limit])
        attach(connection, warehouse, STORED)
        built = {}
        for schema, side in (("before", before), ("after", after)):
            connection.execute(f"create schema {schema}")
            if side.file:
                attach(connection, side.file, f"{schema}_side")
                built[schema] = _tables_of(connection, f"{schema}_side")
        _set_up_sides(connection, built, as_of)
        _set_up_changes(connection, changes)
        comparison = Comparison(connection)
        for table in _TABLES:
            comparison.create(table)
        yield comparison


def _tables_of(connection: duckdb.DuckDBPyConnection, database: str) -> set[str]:
    rows = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = ?", [database]
    )
    return {name for (name,) in rows.fetchall()}


def _set_up_sides(connection: duckdb.DuckDBPyConnection, built: dict[str, set[str]], as_of: date) -> None:
    def view(schema: str, name: str, select: str) -> None:
        connection.execute(f"create view {schema}.{name} as {select}")

    def place_of(schema: str, table: str) -> str:
        return f"{schema}_side.{table}" if table in built.get(schema, ()) else f"{STORED}.{table}"

    profiles = {
        schema: f"select entity_id from {schema}_side.intermediate.int_changed_profiles where entity = 'contact'"  # noqa: S608
        for schema, tables in built.items()
        if "intermediate.int_contact_fit_criteria__fresh" in tables
    }
    # Whose fit nobody assessed again has the same fit on both sides.
    nobody = "select null::varchar as entity_id where false"
    connection.execute(f"create table assessed as {' union '.join(profiles.values()) or nobody}")
    for schema in ("before", "after"):
        for table in _READ_AS_THEY_ARE:
            view(schema, table.partition(".")[2], f"select * from {place_of(schema, table)}")  # noqa: S608
        group_points = place_of(schema, "intermediate.int_group_points")
        view(schema, "group_points", f"select * from {group_points} where as_of_date = '{as_of.isoformat()}'")  # noqa: S608
        criteria = "intermediate.int_contact_fit_criteria"
        of_assessed = f"select * from {STORED}.{criteria} where contact_id in (select entity_id from assessed)"  # noqa: S608
        if schema in profiles:
            fresh = f"select * from {schema}_side.{criteria}__fresh"  # noqa: S608
            of_assessed += f" and contact_id not in ({profiles[schema]}) union all by name {fresh}"
        view(schema, "fit_contributions", of_assessed)
    if "marts.threshold_crossings__fresh" in built.get("after", ()):
        view("after", "next_crossings", "select * from after_side.marts.threshold_crossings__fresh")


def _set_up_changes(connection: duckdb.DuckDBPyConnection, changes: Iterable[RuleChange]) -> None:
    edits = [change for change in changes if not change.is_text_only]
    connection.execute("create table changes (file varchar, rule_id varchar)")
    rules = [[edit.file, edit.key] for edit in edits if edit.file in (*RULE_FILES, *FIT_FILES)]
    if rules:
        connection.executemany("insert into changes values (?, ?)", rules)
    has_indirect = any(edit.file in INDIRECT_FILES for edit in edits)
    connection.execute("create table parameters as select ?::boolean as has_indirect_changes", [has_indirect])


def _sql(query: str) -> str:
    return (_SQL / f"{query}.sql").read_text(encoding="utf-8")


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value
