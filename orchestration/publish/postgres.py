"""The snapshot as tables of a PostgreSQL schema, replaced in one transaction.

Rows are deleted and loaded anew in tables that stay: whoever reads goes on with the rows of their own point in time, at
every isolation level, neither waits for the other, and grants, views and indexes on the tables survive. Only the
snapshot is read here, never the warehouse.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestration.duckdb_files import identifier, literal
from orchestration.publish.record import PUBLICATION, PUBLICATION_TABLES, RECORD_TABLES, published_id
from orchestration.publish.tables import SCHEMA
from orchestration.publish.workspace import PublishError, attach_published, duckdb_for, workspace
from orchestration.settings import POSTGRES_URL_ENV

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import duckdb
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_SNAPSHOT = "lead_scoring_published"
_TYPES = {
    "VARCHAR": "text",
    "DOUBLE": "double precision",
    "BIGINT": "bigint",
    "DATE": "date",
    "TIMESTAMP": "timestamp without time zone",
    "BOOLEAN": "boolean",
}
# A network that is gone is noticed within a minute. What the URL says goes first.
_CONNECTION_DEFAULTS: Mapping[str, str | int] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "application_name": "lead-scoring",
}
_CHUNK_BYTES = 1 << 20
_SHORTEST_SECRET = 3


@dataclass(frozen=True)
class Patience:
    """How long a lock of somebody else is waited for, and the pauses between further attempts, in seconds."""

    lock_seconds: float = 5.0
    pauses: tuple[float, ...] = (1.0, 5.0, 15.0, 30.0)


@dataclass(frozen=True)
class Postgres:
    """A schema of a database. The URL holds a password: nothing prints it."""

    url: str = field(repr=False)
    schema: str = SCHEMA
    patience: Patience = Patience()


@dataclass(frozen=True)
class _Table:
    name: str
    description: str | None
    columns: Mapping[str, tuple[str, str | None]]
    """Name → PostgreSQL type and description."""


def follow_with_postgres(snapshot: Path, postgres: Postgres, memory_limit: str = "") -> int:
    """Bring the schema to the state of the snapshot; returns the number of rows loaded.

    Where the tables are there already, as after a publication that was withheld, the record alone is replaced. Raises
    PublishError, with no password in it, if the database cannot be reached, refuses, or stays locked.
    """
    try:
        import psycopg
    except ModuleNotFoundError:
        raise PublishError(
            f"{POSTGRES_URL_ENV} is set and psycopg is not installed: pip install 'lead-scoring-warehouse[postgres]'"
        ) from None
    for pause in (*postgres.patience.pauses, None):
        try:
            with _connected(postgres) as connection:
                return _follow(connection, snapshot, postgres, memory_limit)
        except psycopg.errors.LockNotAvailable:
            if pause is None:
                raise PublishError(
                    f"PostgreSQL: others hold locks on tables of schema {postgres.schema}; it was tried"
                    f" {len(postgres.patience.pauses) + 1} times, the tables are as they were"
                ) from None
            time.sleep(pause)
        except psycopg.Error as error:
            # No more than the first message: details may hold rows.
            message = error.diag.message_primary or str(error).strip().splitlines()[0]
            raise PublishError(f"PostgreSQL: {_without_secrets(message, postgres.url)}") from None
    raise AssertionError("the last attempt returns or raises")


def _connected(postgres: Postgres) -> Connection:
    import psycopg

    wanted = {**_CONNECTION_DEFAULTS, **_parts_of(postgres.url)}
    return psycopg.connect(**wanted, autocommit=True)


def _parts_of(url: str) -> dict[str, Any]:
    """What a URL says. Raises PublishError if it is none: a part of a password may look like a host or port."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    with suppress(psycopg.ProgrammingError):
        parts = conninfo_to_dict(url)
        if str(parts.get("port") or 0).replace(",", "").isdecimal():
            return parts
    raise PublishError(
        f"{POSTGRES_URL_ENV} is no URL such as postgresql://user:password@host:5432/database;"
        " special characters in it are percent-encoded"
    )


def _without_secrets(text: str, url: str) -> str:
    password = str(_parts_of(url).get("password") or "")
    return text.replace(password, "***") if len(password) >= _SHORTEST_SECRET else text


def _follow(connection: Connection, snapshot: Path, postgres: Postgres, memory_limit: str) -> int:
    schema = postgres.schema
    connection.execute(f"set lock_timeout = {int(postgres.patience.lock_seconds * 1000)}")
    with workspace(snapshot.parent) as folder, duckdb_for(folder, memory_limit) as source:
        attach_published(source, snapshot, _SNAPSHOT, folder)
        tables = list(_tables(source))
        with connection.transaction():
            _one_at_a_time(connection, schema)
            _add_columns(connection, schema, tables)
        with connection.transaction():
            # The lock ends with a transaction; in between, another process may have published, which does no harm.
            _one_at_a_time(connection, schema)
            _create_tables(connection, schema, tables)
            _describe(connection, schema, tables)
            if _published_id(connection, schema) == published_id(source, f"{_SNAPSHOT}.{SCHEMA}"):
                tables = [table for table in tables if table.name in RECORD_TABLES]
            else:
                _empty_unpublished(connection, schema, tables)
            loaded = sum(_load(connection, schema, source, table, folder) for table in tables)
    names = ", ".join(f"{identifier(schema)}.{identifier(table.name)}" for table in tables)
    connection.execute(f"vacuum (analyze, truncate false, skip_locked) {names}")
    return loaded


def _one_at_a_time(connection: Connection, schema: str) -> None:
    """Wait for whoever else publishes to the schema: each would leave the other's rows in place."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"lead_scoring:{schema}"])


def _tables(source: duckdb.DuckDBPyConnection) -> Iterator[_Table]:
    """The tables of the snapshot, the record last: it is of what stands beside it."""
    columns: dict[str, dict[str, tuple[str, str | None]]] = {}
    for table, column, column_type, comment in source.execute(
        "select table_name, column_name, data_type, comment from duckdb_columns() where database_name = ?"
        " and schema_name = ? order by table_name, column_index",
        [_SNAPSHOT, SCHEMA],
    ).fetchall():
        if column_type not in _TYPES:
            raise PublishError(f"PostgreSQL: no type is known for {table}.{column}, a {column_type}")
        columns.setdefault(table, {})[column] = (_TYPES[column_type], comment)
    comments = source.execute(
        "select table_name, comment from duckdb_tables() where database_name = ? and schema_name = ?",
        [_SNAPSHOT, SCHEMA],
    ).fetchall()
    described = dict(comments)
    for name in sorted(columns, key=lambda name: (name in RECORD_TABLES, name)):
        yield _Table(name, described[name], columns[name])


def _columns(connection: Connection, schema: str) -> dict[str, dict[str, str]]:
    """Table → column → type, of those that are in the schema already."""
    found: dict[str, dict[str, str]] = {}
    for table, column, column_type in connection.execute(
        "select table_name, column_name, data_type from information_schema.columns where table_schema = %s", [schema]
    ):
        found.setdefault(table, {})[column] = column_type
    return found


def _add_columns(connection: Connection, schema: str, tables: list[_Table]) -> None:
    """Give tables that are there the columns that they lack. Quick, and apart from the loading: readers wait for it."""
    there = _columns(connection, schema)
    for table in tables:
        for column, (column_type, _) in table.columns.items():
            found = there.get(table.name, {column: column_type}).get(column)
            if found is None:
                name = f"{identifier(schema)}.{identifier(table.name)}"
                connection.execute(f"alter table {name} add column {identifier(column)} {column_type}")
            elif found != column_type:
                raise PublishError(
                    f"PostgreSQL: {schema}.{table.name}.{column} is {found} and must be {column_type};"
                    " drop the table, with the views on it, and publish again"
                )


def _create_tables(connection: Connection, schema: str, tables: list[_Table]) -> None:
    there = _columns(connection, schema)
    if not connection.execute("select 1 from pg_namespace where nspname = %s", [schema]).fetchone():
        connection.execute(f"create schema {identifier(schema)}")
    for table in tables:
        if table.name not in there:
            columns = ", ".join(f"{identifier(name)} {kind}" for name, (kind, _) in table.columns.items())
            connection.execute(f"create table {identifier(schema)}.{identifier(table.name)} ({columns})")


def _describe(connection: Connection, schema: str, tables: list[_Table]) -> None:
    """Comment on tables and columns where the comment is another one."""
    found = {
        (table, column): comment
        for table, column, comment in connection.execute(
            """
            select relname, attname, description
            from pg_description
            inner join pg_class on objoid = pg_class.oid and classoid = 'pg_class'::regclass
            left join pg_attribute on attrelid = pg_class.oid and attnum = objsubid and objsubid > 0
            where relnamespace = to_regnamespace(%s)
            """,
            [identifier(schema)],
        )
    }
    for table in tables:
        name = f"{identifier(schema)}.{identifier(table.name)}"
        if table.description and found.get((table.name, None)) != table.description:
            connection.execute(f"comment on table {name} is {_text(table.description)}")
        for column, (_, comment) in table.columns.items():
            if comment and found.get((table.name, column)) != comment:
                connection.execute(f"comment on column {name}.{identifier(column)} is {_text(comment)}")


def _text(value: str) -> str:
    """A text in SQL: with its own escapes, so that no setting of the server reads it another way."""
    return " E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _published_id(connection: Connection, schema: str) -> str | None:
    row = connection.execute(
        f"select max(publication_id) from {identifier(schema)}.{PUBLICATION} where status = 'published'"  # noqa: S608
    ).fetchone()
    return row[0] if row else None


def _empty_unpublished(connection: Connection, schema: str, tables: list[_Table]) -> None:
    """Empty the tables that were published and are not any more: old rows beside new ones would be a mixture."""
    there = _columns(connection, schema)
    before = connection.execute(f"select distinct table_name from {identifier(schema)}.{PUBLICATION_TABLES}")  # noqa: S608
    for name in {name for (name,) in before} & set(there) - {table.name for table in tables}:
        connection.execute(f"delete from {identifier(schema)}.{identifier(name)}")  # noqa: S608 - our names


def _load(connection: Connection, schema: str, source: duckdb.DuckDBPyConnection, table: _Table, folder: Path) -> int:
    """Replace the rows of a table by those of the snapshot, through a file: DuckDB writes and PostgreSQL reads text
    twenty times faster than Python makes rows.
    """
    target = f"{identifier(schema)}.{identifier(table.name)}"
    names = ", ".join(map(identifier, table.columns))
    texts = [identifier(column) for column, (kind, _) in table.columns.items() if kind == "text"]
    # PostgreSQL has no text with a NUL in it.
    values = ", ".join(
        f"replace({name}, chr(0), '') as {name}" if name in texts else name for name in map(identifier, table.columns)
    )
    file = folder / "rows.csv"
    quoted = f", force_quote ({', '.join(texts)})" if texts else ""
    source.execute(
        f"copy (select {values} from {_SNAPSHOT}.{SCHEMA}.{identifier(table.name)})"  # noqa: S608 - our names
        rf" to {literal(file)} (format csv, header false, nullstr '\N'{quoted})"
    )
    connection.execute(f"delete from {target}")  # noqa: S608 - our names
    copied = rf"copy {target} ({names}) from stdin (format csv, null '\N')"
    with connection.cursor() as cursor:
        with file.open("rb") as rows, cursor.copy(copied) as copy:
            while chunk := rows.read(_CHUNK_BYTES):
                copy.write(chunk)
        file.unlink()
        return cursor.rowcount
