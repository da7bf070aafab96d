"""Publishing to a real PostgreSQL: one transaction, and nobody waits for ever."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from orchestration.build import BuildRequest, BuildStatus, run_build
from orchestration.instance import command_line_instance
from orchestration.publish.postgres import Patience, Postgres, follow_with_postgres
from orchestration.publish.record import RECORD_TABLES
from orchestration.publish.snapshot import publish, withhold
from orchestration.publish.workspace import PublishError
from tests.conftest import SAMPLE_DAY
from tests.integration.small_marts import BAD, GOOD, TABLES, day_of, look, write_warehouse
from tests.postgres_server import PASSWORD, url_of

if TYPE_CHECKING:
    from orchestration.settings import Settings

psycopg = pytest.importorskip("psycopg", reason="needs psycopg: pip install 'lead-scoring-warehouse[postgres]'")

PUBLICATIONS = 12
IMPATIENT = Patience(lock_seconds=0.2, pauses=(0.1, 0.1))


@dataclass
class Database:
    """A database of a test, and the snapshot that is published to it."""

    where: dict[str, Any]
    folder: Path
    patience: Patience = field(default_factory=lambda: Patience(pauses=(1.0,) * 20))

    @property
    def url(self) -> str:
        return url_of(self.where)

    @property
    def snapshot(self) -> Path:
        return self.folder / "published" / "lead_scoring.duckdb"

    def connect(self, **other: Any) -> Any:
        return psycopg.connect(**{**self.where, "autocommit": True, **other})

    def follow(self, **other: Any) -> int:
        return follow_with_postgres(self.snapshot, replace(Postgres(self.url, patience=self.patience), **other))

    def publish(self, generation: int, tables: Any = TABLES) -> int:
        warehouse = self.folder / "warehouse.duckdb"
        write_warehouse(warehouse, generation)
        publish(self.snapshot, warehouse, tables, f"run-{generation}", GOOD)
        return self.follow()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return list(connection.execute(sql).fetchall())


@pytest.fixture
def database(server: dict[str, Any], tmp_path: Path, request: pytest.FixtureRequest) -> Database:
    name = f"test_{abs(hash(request.node.name))}"
    with psycopg.connect(**server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    return Database({**server, "dbname": name}, tmp_path)


def seen_in(connection: Any) -> tuple[date, str]:
    names = {name: f"marts.{name}" for name in (*RECORD_TABLES, *(table.name for table in TABLES))}
    return look(lambda sql: connection.execute(sql.format(**names)).fetchall())


def as_text(rows: list[tuple[Any, ...]]) -> list[str]:
    """Rows with nan equal to itself, in an order; PostgreSQL has no NUL in a text."""
    return sorted(repr(row).replace("\\x00", "") for row in rows)


def test_the_schema_is_the_snapshot(database: Database) -> None:
    assert database.publish(1) == 301 + 301 + 1002 + 1 + 1 + 4 + 21
    with duckdb.connect(str(database.snapshot), read_only=True) as connection, database.connect() as other:
        for table in (*RECORD_TABLES, *(table.name for table in TABLES)):
            rows = connection.execute(f"from marts.{table}").fetchall()
            assert as_text(other.execute(f"select * from marts.{table}").fetchall()) == as_text(rows), table
    types = database.query(
        "select column_name, data_type, col_description('marts.event_log'::regclass, ordinal_position::int)"
        " from information_schema.columns where table_name = 'event_log' order by ordinal_position"
    )
    assert types == [
        ("event_id", "text", None),
        ("as_of_date", "date", None),
        ("occurred_at", "timestamp without time zone", None),
        ("value", "double precision", "A quantity, it's a number."),
        ("hits", "bigint", None),
    ]
    described = database.query("select obj_description('marts.contact_scores'::regclass)")
    assert described == [("One row per contact; it's 100 %.",)]


def test_a_withheld_publication_loads_its_record_alone(database: Database) -> None:
    database.publish(1)
    withhold(database.snapshot, "run-of-a-bad-day", BAD, date(2026, 6, 9), "failed checks: 2")
    assert database.follow() == 2 + 4 + 21
    assert database.query("select run_id, status, failed_checks from marts.publication order by publication_id") == [
        ("run-1", "published", None),
        ("run-of-a-bad-day", "withheld", "a_check, b_check"),
    ]
    with database.connect() as connection:
        assert seen_in(connection)[0] == day_of(1)


def test_grants_views_indexes_and_columns_of_others_survive(database: Database) -> None:
    database.publish(1)
    with database.connect() as connection:
        connection.execute("create role reader login password 'reader'; grant usage on schema marts to reader")
        connection.execute("grant select on all tables in schema marts to reader")
        connection.execute("alter default privileges in schema marts grant select on tables to reader")
        connection.execute("create index by_contact on marts.contact_scores (contact_id)")
        connection.execute("create view public.days as select distinct as_of_date from marts.contact_scores")
        connection.execute("alter table marts.contact_scores add column note text")
        connection.execute("alter table marts.event_log drop column hits")
        connection.execute("drop table marts.scoring_days")
    database.publish(2)
    with database.connect(user="reader", password="reader") as connection:  # noqa: S106 - made above
        # One of the tables was created anew, one got a column.
        assert seen_in(connection)[0] == day_of(2)
        assert connection.execute("select max(hits) from marts.event_log").fetchall() == [(301,)]
    assert database.query("select * from public.days") == [(day_of(2),)]
    assert database.query("select distinct note from marts.contact_scores") == [(None,)]
    assert database.query("select indexname from pg_indexes where schemaname = 'marts'") == [("by_contact",)]


READERS = Path(__file__).parents[2] / "examples" / "postgres" / "reader_role.sql"


def test_the_documented_reader_can_read_and_do_nothing_else(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("drop role if exists superset; drop role if exists lead_scoring_reader")
        connection.execute(READERS.read_text(encoding="utf-8"))
        connection.execute("create role superset login password 'bi' in role lead_scoring_reader")
        connection.execute("create schema private; create table private.secrets as select 1 as secret")
    database.publish(1, tables=TABLES[1:])
    database.publish(2)
    tables = [name for (name,) in database.query("select tablename from pg_tables where schemaname = 'marts'")]
    assert len(tables) == len(TABLES) + len(RECORD_TABLES)
    with database.connect(user="superset", password="bi") as connection:  # noqa: S106 - made above
        for table in tables:
            assert connection.execute(f"select count(*) from marts.{table}").fetchone()
        assert seen_in(connection)[0] == day_of(2)
        for statement in (
            *(f"insert into marts.{table} default values" for table in tables),
            *(f"delete from marts.{table}" for table in tables),
            *(f"truncate marts.{table}" for table in tables),
            "update marts.contact_scores set contact_id = 'x'",
            "drop table marts.contact_scores",
            "alter table marts.contact_scores add column x int",
            "create index on marts.contact_scores (contact_id)",
            "comment on table marts.contact_scores is 'x'",
            "create table marts.mine (x int)",
            "create function marts.f() returns int language sql as 'select 1'",
            "select * from private.secrets",
            "select * from pg_authid",
            "create role another",
            "copy marts.contact_scores to program 'cat'",
            "copy (select 1) to '/tmp/x'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    with database.connect() as connection:
        connection.execute("drop owned by lead_scoring_reader; drop role superset; drop role lead_scoring_reader")


def test_a_table_that_is_left_out_is_emptied(database: Database) -> None:
    database.publish(1)
    database.publish(2, tables=[table for table in TABLES if table.name != "event_log"])
    assert database.query("select count(*) from marts.event_log") == [(0,)]
    assert database.query("select count(*) from marts.contact_scores") == [(302,)]


def test_a_column_of_another_type_is_named(database: Database) -> None:
    database.publish(1)
    with database.connect() as connection:
        connection.execute("alter table marts.event_log alter column hits type text")
    with pytest.raises(PublishError, match=r"marts\.event_log\.hits is text and must be bigint"):
        database.publish(2)
    assert database.query("select distinct as_of_date from marts.contact_scores") == [(day_of(1),)]


@pytest.mark.slow
def test_readers_under_load_see_no_error_and_no_mixture(database: Database) -> None:
    database.publish(0)
    stop, seen, errors = threading.Event(), Counter[str](), []

    def read(isolation: str) -> None:
        try:
            with database.connect(autocommit=False) as connection:
                connection.execute(f"set session characteristics as transaction isolation level {isolation}")
                connection.commit()
                while not stop.is_set():
                    # All tables at once: each statement of its own sees its own moment unless a transaction keeps one.
                    if isolation == "repeatable read":
                        seen[seen_in(connection)[1]] += 1
                    else:
                        days = connection.execute(
                            " union ".join(f"select max(as_of_date) from marts.{table.name}" for table in TABLES)
                        ).fetchall()
                        if len(days) != 1:
                            errors.append(days)
                    connection.commit()
        except (psycopg.Error, ValueError) as error:
            errors.append(error)

    readers = [threading.Thread(target=read, args=[level]) for level in ("repeatable read", "read committed") * 2]
    for reader in readers:
        reader.start()
    for generation in range(1, PUBLICATIONS):
        database.publish(generation)
    stop.set()
    for reader in readers:
        reader.join(120)
    assert errors == []
    assert len(seen) > PUBLICATIONS / 3
    assert sum(seen.values()) > PUBLICATIONS


def test_a_long_transaction_of_a_reader_is_not_in_the_way(database: Database) -> None:
    database.publish(1)
    with database.connect(autocommit=False) as connection:
        connection.execute("set transaction isolation level repeatable read")
        assert seen_in(connection)[0] == day_of(1)
        database.patience = IMPATIENT
        database.publish(2)
        assert seen_in(connection)[0] == day_of(1)
        connection.commit()
        assert seen_in(connection)[0] == day_of(2)


@pytest.mark.parametrize("lock", ["access exclusive", "share"])
def test_a_lock_that_stays_ends_the_attempt(database: Database, lock: str) -> None:
    database.publish(1)
    with database.connect(autocommit=False) as connection:
        connection.execute(f"lock table marts.contact_scores in {lock} mode")
        database.patience = IMPATIENT
        with pytest.raises(PublishError, match=r"others hold locks on tables of schema marts; it was tried 3 times"):
            database.publish(2)
    assert database.query("select distinct as_of_date from marts.contact_scores") == [(day_of(1),)]
    # What was missed is made good by the next one, whatever it is of.
    assert database.follow() == 302 + 302 + 1003 + 1 + 2 + 8 + 21


def test_a_lock_that_goes_is_waited_for(database: Database) -> None:
    database.publish(1)
    with database.connect(autocommit=False) as connection:
        connection.execute("lock table marts.contact_scores in share mode")
        database.patience = Patience(lock_seconds=0.2, pauses=(0.2,) * 300)
        threading.Timer(1.0, connection.rollback).start()
        database.publish(2)
    assert database.query("select distinct as_of_date from marts.contact_scores") == [(day_of(2),)]


def test_who_publish_at_once_leave_one_copy(database: Database) -> None:
    others = [Database(database.where, database.folder / name) for name in ("one", "two")]
    for other in others:
        other.folder.mkdir()
        other.publish(1)
    for generation in (2, 3, 4):
        threads = [threading.Thread(target=other.publish, args=[generation]) for other in others]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        with database.connect() as connection:
            assert seen_in(connection)[0] == day_of(generation)


_KILLED = """
import os, signal, sys
from pathlib import Path
from orchestration.publish import postgres
load = postgres._load
def die(connection, schema, source, table, folder):
    rows = load(connection, schema, source, table, folder)
    if table.name == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)
    return rows
postgres._load = die
postgres.follow_with_postgres(Path(sys.argv[1]), postgres.Postgres(sys.argv[2]))
"""


@pytest.mark.parametrize("table", ["contact_scores", "publication_tables"])
def test_killed_while_loading_changes_nothing(database: Database, table: str) -> None:
    database.publish(1)
    warehouse = database.folder / "warehouse.duckdb"
    write_warehouse(warehouse, 2)
    publish(database.snapshot, warehouse, TABLES, "run-2", GOOD)
    dying = subprocess.run([sys.executable, "-c", _KILLED, str(database.snapshot), database.url, table], check=False)
    assert dying.returncode < 0
    with database.connect() as connection:
        assert seen_in(connection)[0] == day_of(1)
        database.follow()
        assert seen_in(connection)[0] == day_of(2)


@pytest.mark.parametrize(
    ("url", "finding"),
    [
        ("postgresql://owner:{password}@127.0.0.1:1/postgres", "PostgreSQL: "),
        ("postgresql://owner:wrong{password}@{host}:{port}/postgres", "password authentication failed"),
        ("postgresql://owner:p@ss:{password}@{host}:{port}/postgres", "LEAD_SCORING_POSTGRES_URL"),
        # An error that says whom it refused, when that is the password by mistake.
        ("postgresql://{password}:{password}@{host}:{port}/postgres", "failed for user"),
        ("mysql://owner:{password}@{host}", "LEAD_SCORING_POSTGRES_URL"),
    ],
)
def test_no_error_tells_the_password(database: Database, url: str, finding: str) -> None:
    database.publish(1)
    secret = "s3cret"  # noqa: S105 - of nothing
    wanted = url.format(password=secret, **{name: database.where[name] for name in ("host", "port")})
    with pytest.raises(PublishError, match=finding) as raised:
        follow_with_postgres(database.snapshot, Postgres(wanted, patience=IMPATIENT))
    assert secret not in str(raised.value)
    assert secret not in repr(Postgres(wanted))
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


@pytest.mark.slow
def test_a_run_publishes_to_it_and_tells_no_secret(
    database: Database, sample_settings: Settings, built_warehouse: Path, tmp_path: Path
) -> None:
    warehouse = tmp_path / built_warehouse.name
    shutil.copyfile(built_warehouse, warehouse)
    shutil.copytree(sample_settings.dbt_target_dir, tmp_path / "state" / "dbt")
    settings = replace(
        sample_settings,
        warehouse=warehouse,
        state_dir=tmp_path / "state",
        postgres_url=database.url,
        postgres_schema="crm marts",
    )
    result = run_build(settings, BuildRequest(SAMPLE_DAY))
    assert result.status is BuildStatus.DONE, result
    assert database.query('select run_id, status from "crm marts".publication') == [(result.run_id, "published")]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for table in ("contact_scores", "event_log", "score_ledger", "stage_funnel"):
            rows = connection.execute(f"select count(*) from marts.{table}").fetchall()
            assert database.query(f'select count(*) from "crm marts".{table}') == rows

    lost = replace(settings, postgres_url=database.url.replace(f":{database.where['port']}/", ":1/"))
    failed = run_build(lost, BuildRequest(SAMPLE_DAY))
    assert failed.status is BuildStatus.ERRORS
    assert len(failed.errors) == 1
    assert failed.errors[0].startswith("PostgreSQL: ")
    with duckdb.connect(str(settings.snapshot), read_only=True) as connection:
        # The snapshot was published all the same, and says so.
        published = connection.execute("select run_id, status from marts.publication order by publication_id")
        assert published.fetchall() == [(result.run_id, "published"), (failed.run_id, "published")]

    password = database.url.split(":")[2].split("@")[0]
    assert password not in repr(lost)
    with command_line_instance(settings) as instance:
        for run in (result, failed):
            logged = "".join(map(str, instance.all_logs(run.run_id)))
            assert "publish_postgres" in logged
            assert password not in logged
            assert PASSWORD not in logged
    for folder in (settings.published_dir, settings.state_dir):
        for file in folder.rglob("*"):
            assert not file.is_file() or password.encode() not in file.read_bytes(), file
