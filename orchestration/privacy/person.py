"""Who a person is, by all ids and emails, and where something of it stands: what is shown before anything is done.

Reads an open warehouse. What is done with the answer is decided by the command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from orchestration.privacy.tombstones import Kind

_SQL = Path(__file__).parent / "sql"

# Columns of tables, wherever they are, that hold an id or an email of a person.
_ID_COLUMNS = (
    "contact_id",
    "merged_contact_id",
    "surviving_contact_id",
    "previous_contact_id",
    "owner_id",
    "source_id",
    "entity_id",
    "anonymous_id",
    "previous_anonymous_id",
    "email",
)
_CREATED_BY_RUNS = ("staging", "intermediate", "absorbed", "marts")


@dataclass(frozen=True)
class Person:
    """The ids of one person: contacts, devices and emails in lower case."""

    contacts: tuple[str, ...]
    devices: tuple[str, ...]
    emails: tuple[str, ...]

    @property
    def ids(self) -> list[tuple[Kind, str]]:
        """All of them with their kind."""
        return [
            *(("contact", contact_id) for contact_id in self.contacts),
            *(("anonymous", anonymous_id) for anonymous_id in self.devices),
            *(("email", email) for email in self.emails),
        ]

    @classmethod
    def of(cls, ids: Sequence[tuple[str, str]]) -> Person:
        """From pairs of kind and id."""
        by_kind = {kind: tuple(value for of, value in ids if of == kind) for kind in ("contact", "anonymous", "email")}
        return cls(by_kind["contact"], by_kind["anonymous"], by_kind["email"])


def find_person(connection: duckdb.DuckDBPyConnection, contact: str) -> Person | None:
    """The person who has this id or email, None if nobody has. Raises duckdb.Error if a raw table cannot be read."""
    sql = (_SQL / "person.sql").read_text(encoding="utf-8")
    rows = connection.execute(sql, {"contact": contact}).fetchall()
    return Person.of(rows) if rows else None


def unknown_person(connection: duckdb.DuckDBPyConnection, contact: str) -> Person:
    """Somebody whom nothing is known of, by an email or else a contact_id."""
    ((email,),) = connection.execute("select lower(?)", [contact]).fetchall()
    return Person.of([("email", email) if "@" in contact else ("contact", contact)])


def rows_in_tables(connection: duckdb.DuckDBPyConnection, person: Person) -> dict[str, int]:
    """Rows with an id or email of a person, by table that runs make (`marts.score_history`)."""
    tables: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in connection.execute(
        """
        select columns.schema_name, columns.table_name, columns.column_name
        from duckdb_columns() as columns
        inner join duckdb_tables() as tables using (database_name, schema_name, table_name)
        where columns.database_name = current_database() and columns.data_type = 'VARCHAR'
            and columns.schema_name in (select unnest($schemas)) and columns.column_name in (select unnest($names))
        order by all
        """,
        {"schemas": list(_CREATED_BY_RUNS), "names": list(_ID_COLUMNS)},
    ).fetchall():
        tables.setdefault((schema, table), []).append(column)
    return _counted(connection, {f'"{schema}"."{table}"': names for (schema, table), names in tables.items()}, person)


def rows_at_the_source(
    connection: duckdb.DuckDBPyConnection, columns: Mapping[str, Sequence[str]], person: Person
) -> dict[str, int]:
    """Raw rows of a person, by raw table; `columns` are those with ids and emails of each. They are the customer's."""
    views = {f'"staging"."base_raw__{table}"': list(names) for table, names in columns.items()}
    counts = _counted(connection, views, person)
    return {table.removeprefix("staging.base_raw__"): count for table, count in counts.items()}


def _counted(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Sequence[str]], person: Person
) -> dict[str, int]:
    ids = [*person.contacts, *person.devices, *(f"anonymous:{device}" for device in person.devices)]
    found = {}
    for table, columns in tables.items():
        conditions = [
            f"lower({name}) in (select unnest($emails))" if name == "email" else f"{name} in (select unnest($ids))"
            for name in columns
        ]
        ((count,),) = connection.execute(
            f"select count(*) from {table} where {' or '.join(conditions)}",  # noqa: S608 - our names
            {
                name: value
                for name, value in {"ids": ids, "emails": list(person.emails)}.items()
                if any((column == "email") == (name == "emails") for column in columns)
            },
        ).fetchall()
        if count:
            found[table.replace('"', "")] = count
    return found
