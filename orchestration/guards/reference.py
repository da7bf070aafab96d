"""What a run may be compared with: the last publication from the same warehouse, if it is near enough.

The warehouse remembers its last publication in `guards.published_run`, one row without persons; the published tables
themselves are in the snapshot, which is taken for that publication's only if it says so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb

from orchestration.duckdb_files import literal
from orchestration.publish.record import PUBLICATION
from orchestration.publish.tables import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from orchestration.publish.record import Publication

PUBLISHED = "published_before"
"""The name under which the snapshot is attached."""


@dataclass(frozen=True)
class Reference:
    """A publication: which run made it, of which day, by which rules and models; raw rows per table at that time.

    `attempts`: the days of the runs that were withheld since, in their order. `has_tables`: whether the snapshot that
    is attached is of this publication.
    """

    run_id: str
    as_of_date: date
    rule_book_hash: str
    pipeline_hash: str
    source_rows: Mapping[str, int]
    attempts: tuple[date, ...] = ()
    has_tables: bool = False


def remember(connection: duckdb.DuckDBPyConnection, publication: Publication, source_rows: Mapping[str, int]) -> None:
    """Note in the warehouse that a run was published."""
    connection.execute("create schema if not exists guards")
    connection.execute(
        """
        create or replace table guards.published_run as
        select
            ? as run_id,
            cast(? as date) as as_of_date,
            ? as rule_book_hash,
            (select pipeline_hash from intermediate.int_completed_run) as pipeline_hash,
            ? as source_rows
        """,
        [publication.run_id, publication.as_of_date, publication.rule_book_hash, json.dumps(source_rows)],
    )


def last_publication(connection: duckdb.DuckDBPyConnection, snapshot: Path) -> Reference | None:
    """What was published last from the warehouse of this connection, None if nothing was; attaches the snapshot."""
    try:
        row = connection.execute(
            "select run_id, as_of_date, rule_book_hash, pipeline_hash, source_rows from guards.published_run"
        ).fetchone()
    except duckdb.CatalogException:
        return None
    if row is None or row[1] is None:
        return None
    run_id, as_of_date, rule_book_hash, pipeline_hash, source_rows = row
    reference = Reference(run_id, as_of_date, rule_book_hash, pipeline_hash, json.loads(source_rows))
    try:
        connection.execute(f"attach {literal(snapshot.resolve())} as {PUBLISHED} (read_only)")
        attempts = connection.execute(
            f"select run_id, status, as_of_date from {PUBLISHED}.{SCHEMA}.{PUBLICATION} order by publication_id"  # noqa: S608
        ).fetchall()
    except duckdb.Error:
        # Not there, or of a reader who has locked it: then there is less to compare with.
        return reference
    published = [position for position, (_, status, _) in enumerate(attempts) if status == "published"]
    if not published or attempts[published[-1]][0] != reference.run_id:
        return reference
    withheld = attempts[published[-1] + 1 :]
    return replace(reference, attempts=tuple(day for *_, day in withheld if day), has_tables=True)


def why_not_comparable(reference: Reference | None, days: tuple[date, date], max_days_apart: int) -> str | None:
    """Why a run of these days is not judged by a publication; None if it is.

    A run that was withheld bridges the days until the next one: a guard does not give in because nobody looked for a
    week.
    """
    first_day, last_day = days
    if reference is None:
        return "nothing was published from this warehouse before"
    if first_day != last_day:
        return "several days are replayed"
    if last_day < reference.as_of_date:
        return f"{last_day} is before {reference.as_of_date}, which is published"
    latest = reference.as_of_date
    for day in reference.attempts:
        if 0 <= (day - latest).days <= max_days_apart:
            latest = day
    if (last_day - latest).days > max_days_apart:
        return f"{last_day} is more than {max_days_apart} days after the last run, of {latest}"
    return None
