"""Raw rows of a person: which columns say whose they are, and deleting them where they are in the warehouse's own file.

Raw files and other databases are the customer's: nothing here writes to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.duckdb_files import identifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from orchestration.privacy.person import Person

RAW_COLUMNS: dict[str, tuple[str, ...]] = {
    "events": ("contact_id", "anonymous_id"),
    "contacts": ("contact_id", "email"),
    "contact_attributes": ("contact_id",),
    "identities": ("contact_id", "anonymous_id"),
    "contact_merges": ("merged_contact_id", "surviving_contact_id"),
    "stage_changes": ("contact_id",),
    "score_adjustments": ("contact_id",),
    "opportunities": ("contact_id",),
}
"""As `columns_with_persons` of dbt's macros."""


def raw_tables_inside(connection: duckdb.DuckDBPyConnection, variables: Mapping[str, Any]) -> dict[str, str]:
    """Raw table → its table in the open warehouse itself, of those that are there. `variables`: the dbt vars."""
    if variables["raw_database"]:
        return {}
    there = connection.execute(
        "select table_name from duckdb_tables() where database_name = current_database() and schema_name = ?",
        [variables["raw_schema"]],
    ).fetchall()
    names = {name for (name,) in there}
    wanted = {table: variables[f"raw_{table}_table"] for table in RAW_COLUMNS}
    return {
        table: f"{identifier(variables['raw_schema'])}.{identifier(name)}"
        for table, name in wanted.items()
        if name in names
    }


def delete_inside(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, str], person: Person) -> None:
    """Delete the rows of a person from raw tables in the open warehouse, in one transaction."""
    connection.execute("begin")
    for table, relation in tables.items():
        columns = {row[0].lower(): row[0] for row in connection.execute(f"describe {relation}").fetchall()}
        present = {name: identifier(columns[name]) for name in RAW_COLUMNS[table] if name in columns}
        condition = " or ".join(_is_of(table, name, present) for name in present) or "false"
        # DuckDB takes no parameter that a statement does not name.
        ids = {name: values for name, values in _ids(person).items() if f"${name}" in condition}
        connection.execute(f"delete from {relation} where {condition}", ids)  # noqa: S608 - our names
    connection.execute("commit")


def _is_of(table: str, name: str, columns: Mapping[str, str]) -> str:
    text = f"trim(cast({columns[name]} as varchar))"
    if name == "email":
        return f"list_contains($emails, lower({text}))"
    if name != "anonymous_id":
        return f"list_contains($contacts, {text})"
    is_device = f"list_contains($devices, {text})"
    # Of an event with a contact its device does not count.
    if table == "events" and "contact_id" in columns:
        return f"({is_device} and coalesce(trim(cast({columns['contact_id']} as varchar)), '') = '')"
    return is_device


def _ids(person: Person) -> dict[str, list[str]]:
    return {"contacts": list(person.contacts), "devices": list(person.devices), "emails": list(person.emails)}
