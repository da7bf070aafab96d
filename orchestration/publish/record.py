"""The record of publications that travels with the tables: what was published or withheld, when, and why.

Readers query it as `marts.publication`, `marts.publication_tables` and, of the tables as they are now,
`marts.publication_parts`. Where they are stored is not known here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from orchestration.publish.fingerprints import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import duckdb

    from orchestration.publish.verdict import Verdict

PUBLICATION, PUBLICATION_TABLES, PUBLICATION_PARTS = "publication", "publication_tables", "publication_parts"
RECORD_TABLES = (PUBLICATION, PUBLICATION_TABLES, PUBLICATION_PARTS)
KEPT_ATTEMPTS = 1000

# Table → what it is, and its columns with type and meaning.
DESCRIBED: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    PUBLICATION: (
        "One row per attempt to publish. The tables beside it are those of the latest row whose status is published.",
        {
            "publication_id": ("varchar", "Identifies the attempt; a greater one is later."),
            "run_id": ("varchar", "The run in Dagster that built and checked the tables."),
            "as_of_date": (
                "date",
                "The day the latest scores are true for; of a withheld one, the day asked for. Null: no such day.",
            ),
            "rule_book_hash": ("varchar", "The rule book that scored. Null: withheld."),
            "published_at": ("timestamp", "When it was attempted, UTC."),
            "status": ("varchar", "`published`, or `withheld`: the tables of the publication before stayed."),
            "reason": ("varchar", "Why it was withheld. Null: published."),
            "checks_passed": ("bigint", "Checks of the run that passed, from 0."),
            "checks_failed": ("bigint", "Checks of the run that failed with severity error, from 0."),
            "failed_checks": ("varchar", "Their names, joined by commas. Null: there are none."),
            "rows": ("bigint", "Rows of all published tables, from 0. Null: withheld."),
            "is_written_afresh": (
                "boolean",
                "The file was written from nothing, and not from the one before where tables changed."
                " Null: withheld, or published before there was the column.",
            ),
        },
    ),
    PUBLICATION_TABLES: (
        "One row per publication and table that it published.",
        {
            "publication_id": ("varchar", "The publication."),
            "table_name": ("varchar", "The table."),
            "rows": ("bigint", "Its rows, from 0."),
        },
    ),
    PUBLICATION_PARTS: (
        "One row per table beside it, or per month of a table that is divided by months, as they are now: what has the"
        " same fingerprint in two publications has the same rows.",
        {
            "table_name": ("varchar", "The table."),
            "month_of": ("varchar", "The date column by whose months the table is divided. Null: it is whole."),
            "month": ("varchar", "The month, such as 2026-05; `undated`: rows without a date. Null: it is whole."),
            "rows": ("bigint", "Its rows, from 0."),
            "fingerprint": ("varchar", "Changes with rows, columns, types, and the version of DuckDB that wrote them."),
        },
    ),
}


@dataclass(frozen=True)
class Publication:
    """One attempt to publish; `rows_of_tables` is empty, and `is_written_afresh` None, if it was withheld."""

    publication_id: str
    run_id: str
    as_of_date: date | None
    rule_book_hash: str | None
    published_at: datetime
    status: Literal["published", "withheld"]
    reason: str | None
    checks_passed: int
    checks_failed: int
    failed_checks: str | None
    is_written_afresh: bool | None = None
    rows_of_tables: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def published(
        cls,
        at: datetime,
        run_id: str,
        verdict: Verdict,
        as_of_date: date | None,
        rule_book_hash: str | None,
        rows: Mapping[str, int],
        is_written_afresh: bool = True,
    ) -> Publication:
        """What a run built is with the readers."""
        return cls(
            publication_id=_id_of(at),
            run_id=run_id,
            as_of_date=as_of_date,
            rule_book_hash=rule_book_hash,
            published_at=at,
            status="published",
            reason=None,
            checks_passed=verdict.passed,
            checks_failed=len(verdict.failed),
            failed_checks=", ".join(verdict.failed) or None,
            is_written_afresh=is_written_afresh,
            rows_of_tables=rows,
        )

    @classmethod
    def withheld(cls, at: datetime, run_id: str, verdict: Verdict, as_of_date: date | None, reason: str) -> Publication:
        """What a run built, if anything, is not with the readers."""
        of_nothing = cls.published(at, run_id, verdict, as_of_date, None, {})
        return replace(of_nothing, status="withheld", reason=reason, is_written_afresh=None)

    def insert(self, connection: duckdb.DuckDBPyConnection, schema: str) -> None:
        """Write it into the record tables of a schema (database and all)."""
        row = asdict(self)
        of_tables = row.pop("rows_of_tables")
        row["rows"] = sum(of_tables.values()) if of_tables else None
        _insert(connection, f"{schema}.{PUBLICATION}", row)
        for table, count in of_tables.items():
            numbers = {"publication_id": self.publication_id, "table_name": table, "rows": count}
            _insert(connection, f"{schema}.{PUBLICATION_TABLES}", numbers)


def next_moment(connection: duckdb.DuckDBPyConnection, schema: str) -> datetime:
    """Now in UTC, but later than all that a record knows: a clock that was set back must not make an old id of a new
    one.
    """
    ((last,),) = connection.execute(f"select max(published_at) from {schema}.{PUBLICATION}").fetchall()  # noqa: S608
    now = datetime.now(UTC).replace(tzinfo=None)
    return max(now, last + timedelta(microseconds=1)) if last else now


def ensure_record(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Have the record tables, described, in a schema (database and all), with the columns that an older one lacks."""
    statements = []
    for table, (description, columns) in DESCRIBED.items():
        name = f"{schema}.{table}"
        typed = ", ".join(f"{column} {column_type}" for column, (column_type, _) in columns.items())
        statements += [f"create table if not exists {name} ({typed})", f"comment on table {name} is '{description}'"]
        for column, (column_type, meaning) in columns.items():
            statements += [
                f"alter table {name} add column if not exists {column} {column_type}",
                f"comment on column {name}.{column} is '{meaning}'",
            ]
    connection.execute("; ".join(statements))


def replace_parts(connection: duckdb.DuckDBPyConnection, schema: str, parts: Iterable[Part]) -> None:
    """Say of which parts the tables beside the record are."""
    connection.execute(f"delete from {schema}.{PUBLICATION_PARTS}")  # noqa: S608 - our names
    for part in parts:
        row = {name: getattr(part, name) for name in DESCRIBED[PUBLICATION_PARTS][1]}
        _insert(connection, f"{schema}.{PUBLICATION_PARTS}", row)


def recorded_parts(connection: duckdb.DuckDBPyConnection, source: str) -> list[Part]:
    """The parts that a table with the columns of `publication_parts` names."""
    names = ", ".join(DESCRIBED[PUBLICATION_PARTS][1])
    return [Part(*row) for row in connection.execute(f"select {names} from {source}").fetchall()]  # noqa: S608


def carry_record(connection: duckdb.DuckDBPyConnection, source: str, target: str) -> None:
    """Copy the record of attempts from one schema to the empty one of another."""
    for table in (PUBLICATION, PUBLICATION_TABLES):
        connection.execute(f"insert into {target}.{table} by name from {source}.{table}")


def trim_record(connection: duckdb.DuckDBPyConnection, schema: str, kept: int = KEPT_ATTEMPTS) -> None:
    """Forget the oldest attempts, but never the publication that the tables are of."""
    connection.execute(
        f"""
        delete from {schema}.{PUBLICATION}
        where publication_id not in (
            select publication_id from {schema}.{PUBLICATION} order by publication_id desc limit {kept}
        )
        and publication_id <> (select max(publication_id) from {schema}.{PUBLICATION} where status = 'published')
        """  # noqa: S608 - our names
    )
    connection.execute(
        f"""
        delete from {schema}.{PUBLICATION_TABLES}
        where publication_id not in (select publication_id from {schema}.{PUBLICATION})
        """  # noqa: S608 - our names
    )


def published_id(connection: duckdb.DuckDBPyConnection, schema: str) -> str:
    """The publication that the tables of a schema are of."""
    ((found,),) = connection.execute(
        f"select max(publication_id) from {schema}.{PUBLICATION} where status = 'published'"  # noqa: S608 - our names
    ).fetchall()
    return str(found)


def latest_id(connection: duckdb.DuckDBPyConnection, schema: str) -> str:
    """The latest attempt that a record knows: what is stored with it is in this state."""
    ((found,),) = connection.execute(f"select max(publication_id) from {schema}.{PUBLICATION}").fetchall()  # noqa: S608
    return str(found)


def has_attempt_of(connection: duckdb.DuckDBPyConnection, schema: str, run_id: str) -> bool:
    """Whether the record knows a run already."""
    query = f"select count(*) from {schema}.{PUBLICATION} where run_id = ?"  # noqa: S608 - our names
    ((count,),) = connection.execute(query, [run_id]).fetchall()
    return bool(count)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, row: Mapping[str, object]) -> None:
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    connection.execute(f"insert into {table} ({columns}) values ({marks})", list(row.values()))  # noqa: S608 - our names


def _id_of(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%S%fZ}"
