"""Raw tables: reading, typing, normalising, rejecting and choosing among rows of one key (section 1, step 1).

Belongs here: what concerns one row, or rows of one key, of one table. Does not: what joins tables.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from . import values

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .rule_book import RuleBook

Row = dict[str, Any]
Cells = dict[str, str | None]

# column[:kind] in the order of the contract, `!` = required
SCHEMAS: dict[str, str] = {
    "events": "event_id! contact_id anonymous_id event_type! occurred_at:timestamp! loaded_at:timestamp! object"
    " category product_id campaign value:number user_agent is_machine:flag",
    "contacts": "contact_id! email full_name job_title department phone country account_id email_opt_out:flag"
    " created_at:timestamp updated_at:timestamp!",
    "accounts": "account_id! account_name domain industry employee_count:measure annual_revenue:measure country"
    " updated_at:timestamp!",
    "contact_attributes": "contact_id! attribute! value",
    "account_attributes": "account_id! attribute! value",
    "identities": "anonymous_id! contact_id! identified_at:timestamp!",
    "contact_merges": "merged_contact_id! surviving_contact_id! merged_at:timestamp!",
    "stage_changes": "contact_id! stage_id! changed_at:timestamp!",
    "score_adjustments": "adjustment_id! contact_id! group_id! points:number! reason! created_by! effective_date:day!"
    " expires_date:day",
    "opportunities": "opportunity_id! account_id contact_id created_at:timestamp! closed_at:timestamp outcome"
    " amount:number",
}
KEYS = {
    "events": "event_id",
    "contacts": "contact_id",
    "accounts": "account_id",
    "score_adjustments": "adjustment_id",
    "opportunities": "opportunity_id",
}
REQUIRED_TABLES = ("events", "contacts")
PARSERS = {
    "text": values.text,
    "measure": values.text,
    "number": values.number,
    "timestamp": values.timestamp,
    "day": values.day,
    "flag": values.flag,
}


@dataclass(frozen=True)
class Column:
    """One column of a raw table."""

    name: str
    kind: str
    is_required: bool


COLUMNS: dict[str, list[Column]] = {
    table: [
        Column(name, kind or "text", word.endswith("!"))
        for word in schema.split()
        for name, _, kind in [word.rstrip("!").partition(":")]
    ]
    for table, schema in SCHEMAS.items()
}


@dataclass(frozen=True)
class Raw:
    """The raw tables as text, one list of rows per table; an absent table is an empty list."""

    tables: dict[str, list[Cells]] = field(default_factory=dict)

    def rows(self, table: str) -> list[Cells]:
        """The rows of a table."""
        return self.tables.get(table, [])


@dataclass(frozen=True)
class Accepted:
    """Typed rows that passed step 1 per table, and the rejected ones as `rejected_rows` publishes them."""

    rows: dict[str, list[Row]]
    rejected: list[Row]


def load_raw(folder: Path) -> Raw:
    """The raw tables of a folder of `<table>.csv` or `<table>.parquet`; a missing required one raises an error."""
    tables = {}
    for table in SCHEMAS:
        if (csv_path := folder / f"{table}.csv").exists():
            tables[table] = _read_csv(csv_path)
        elif (parquet_path := folder / f"{table}.parquet").exists():
            tables[table] = _read_parquet(parquet_path)
        elif table in REQUIRED_TABLES:
            raise FileNotFoundError(f"required raw table {table} is absent in {folder}")
    return Raw(tables)


def _read_csv(path: Path) -> list[Cells]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [dict(row) for row in csv.DictReader(file)]


def _read_parquet(path: Path) -> list[Cells]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        cursor = connection.execute("select cast(columns(*) as varchar) from read_parquet($1)", [str(path)])
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def accept(raw: Raw, rule_book: RuleBook) -> Accepted:
    """Step 1: every raw row typed and normalised, and either accepted or rejected with its first reason."""
    accepted: dict[str, list[Row]] = {table: [] for table in SCHEMAS}
    rejected = []
    for table in SCHEMAS:
        for cells in raw.rows(table):
            row = _typed(table, cells)
            reason = _reject_reason(table, row, rule_book)
            if reason is None:
                accepted[table].append(_spelled(table, row, rule_book))
            else:
                rejected.append(
                    {
                        "source_table": table,
                        "row_key": _row_key(table, row),
                        "reason": reason,
                        "loaded_at": row.get("loaded_at"),
                        "row_json": json.dumps(cells, ensure_ascii=False),
                    }
                )
    return Accepted(accepted, rejected)


def normalise_object(name: str | None) -> str | None:
    """An object in lower case; of a page only the path without trailing slashes."""
    if name is None:
        return None
    name = name.lower()
    for scheme in ("http://", "https://"):
        if name.startswith(scheme):
            address = _before(name.removeprefix(scheme), "?#")
            return _page("/" + address.partition("/")[2])
    return _page(_before(name, "?#")) if name.startswith("/") else name


def _before(name: str, marks: str) -> str:
    for mark in marks:
        name = name.partition(mark)[0]
    return name


def _page(path: str) -> str:
    return path.rstrip("/") or "/"


def latest_per_key(table: str, rows: Iterable[Row], first: tuple[str, ...]) -> list[Row]:
    """One row per key: the greatest by the columns `first`, then by the remaining columns in the contract's order."""
    remaining = [column.name for column in COLUMNS[table] if column.name not in first]
    kinds = {column.name: column.kind for column in COLUMNS[table]}

    def strength(row: Row) -> list[tuple[object, ...]]:
        return [
            values.order_measure(row[name]) if kinds[name] == "measure" else values.order(row[name])
            for name in (*first, *remaining)
        ]

    by_key = defaultdict(list)
    for row in rows:
        by_key[row[KEYS[table]]].append(row)
    return [max(copies, key=strength) for copies in by_key.values()]


def _typed(table: str, cells: Cells) -> Row:
    row: Row = {column.name: PARSERS[column.kind](cells.get(column.name)) for column in COLUMNS[table]}
    if table == "events":
        row["event_type"] = row["event_type"] and row["event_type"].lower()
        row["object"] = normalise_object(row["object"])
    return row


def _spelled(table: str, row: Row, rule_book: RuleBook) -> Row:
    """Products and stages as the rule book spells them; rejected rows keep the spelling that they came with."""
    if table == "events":
        return row | {"product_id": rule_book.spell_product(row["product_id"])}
    if table == "stage_changes":
        return row | {"stage_id": rule_book.spell_stage(row["stage_id"])}
    return row


def _reject_reason(table: str, row: Row, rule_book: RuleBook) -> str | None:
    for column in COLUMNS[table]:
        if table == "events" and column.name == "contact_id":
            if row["contact_id"] is None and row["anonymous_id"] is None:
                return "missing_contact"
        elif column.is_required and row[column.name] is None:
            return f"missing_{column.name}"
    if table == "events" and _is_future(row):
        return "future"
    if table == "score_adjustments" and rule_book.group(row["group_id"]) is None:
        return "unknown_group"
    return None


def _is_future(event: Row) -> bool:
    # a difference, because a sum may leave the calendar
    return bool(event["occurred_at"] - event["loaded_at"] > timedelta(hours=24))


def _row_key(table: str, row: Row) -> str | None:
    if table in KEYS:
        key: str | None = row[KEYS[table]]
        return key
    required = [row[column.name] for column in COLUMNS[table] if column.is_required]
    return "|".join(
        "" if value is None else values.iso(value) if isinstance(value, datetime) else value for value in required
    )
