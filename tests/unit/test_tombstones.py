"""The record of forgotten persons, and the file without what was deleted from it."""

from __future__ import annotations

import ast
import multiprocessing
import re
from typing import TYPE_CHECKING

import duckdb
import pytest

from orchestration.privacy.erasure import rewrite
from orchestration.privacy.person import Person
from orchestration.privacy.raw_rows import RAW_COLUMNS, delete_inside, raw_tables_inside
from orchestration.privacy.tombstones import (
    KINDS,
    Kind,
    TombstoneError,
    Tombstones,
    change_tombstones,
    load_tombstones,
    tombstones_of,
)
from orchestration.settings import DBT_PROJECT_DIR

if TYPE_CHECKING:
    from pathlib import Path

PERSON = (("contact", "c-1"), ("email", "jane@acme.example"), ("anonymous", 'a, "1"\nж'))
FOUND: frozenset[tuple[Kind, str]] = frozenset({("contact", "70ken")})
MACROS = (DBT_PROJECT_DIR / "macros" / "raw" / "forgotten.sql").read_text(encoding="utf-8")


def with_jane(record: Tombstones) -> Tombstones:
    return record.with_person(PERSON)[0]


def add_somebody(file: Path, number: int) -> None:
    change_tombstones(file, lambda record: record.with_person([("contact", f"c-{number}")])[0])


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    file = tombstones_of(tmp_path / "warehouse.duckdb")
    assert load_tombstones(file) is None
    written = change_tombstones(file, with_jane)
    (request,) = written.requests
    written = change_tombstones(file, lambda record: record.erased("run-1", {request.request_id: FOUND}))
    assert load_tombstones(file) == written
    assert written.requests[0].erased_by == "run-1"
    assert written.requests[0].tokens == request.tokens | FOUND, "what a run found is known for good"
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text(encoding="utf-8")
    assert not any(value in text for _, value in PERSON)
    assert written.salt not in repr(written)


def test_what_cannot_be_written_leaves_the_record(tmp_path: Path) -> None:
    file = tmp_path / "record.csv"
    before = change_tombstones(file, with_jane)

    def fail(_: Tombstones) -> Tombstones:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        change_tombstones(file, fail)
    assert load_tombstones(file) == before
    # What a killed process left.
    file.with_name(f".{file.name}.unfinished").write_text("request_id\n", encoding="utf-8")
    assert len(change_tombstones(file, with_jane).requests) == 2


def test_persons_forgotten_at_once_are_all_on_record(tmp_path: Path) -> None:
    file = tmp_path / "record.csv"
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=add_somebody, args=(file, number)) for number in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    record = load_tombstones(file)
    assert record
    assert all(record.requests_for("contact", f"c-{number}") for number in range(8))


def test_kinds_do_not_meet() -> None:
    record = Tombstones("5a1t").with_person([("contact", "x")])[0]
    assert record.requests_for("contact", "x")
    assert not record.requests_for("anonymous", "x")
    assert not Tombstones("other").with_person([("contact", "x")])[0].requests_for("email", "x")
    assert len({Tombstones("5a1t").token(kind, "x") for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("text", ["", "a,b\n", "request_id,recorded_at,entry,value\n", "\x00\x00"])
def test_a_file_that_is_no_record_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "record.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TombstoneError, match="record of forgotten persons"):
        load_tombstones(file)
    with pytest.raises(TombstoneError):
        change_tombstones(file, with_jane)
    assert file.read_text(encoding="utf-8") == text


def test_records_are_united_and_never_mixed() -> None:
    old = with_jane(Tombstones("5a1t"))
    new = add = old.with_person([("contact", "c-2")])[0]
    assert old.united_with(new).requests == add.requests
    assert new.united_with(old).requests == add.requests
    with pytest.raises(TombstoneError, match="different salts"):
        old.united_with(Tombstones("other"))


def test_dbt_makes_the_same_tokens() -> None:
    """The macro's expression, as it stands, on ids of any kind."""
    (expression,) = re.findall(r"macro forgotten_token\(kind, id\) -%\}(.*?)\{%- endmacro", MACROS)
    record = Tombstones("00ff")
    for kind, value in PERSON:
        sql = expression.replace("{{ forgotten_salt() }}", "'00ff'").replace("{{ kind }}", kind)
        with duckdb.connect() as connection:
            ((token,),) = connection.execute(f"select {sql.replace('{{ id }}', '?')}", [value]).fetchall()
        assert token == record.token(kind, value)


def test_dbt_looks_at_the_same_columns() -> None:
    (listed,) = re.findall(r"macro columns_with_persons\(\) -%\}\s*\{\{ return\((\{.*?\})\) \}\}", MACROS, re.DOTALL)
    columns: dict[str, dict[str, str]] = ast.literal_eval(listed)
    assert {table: tuple(sorted(names)) for table, names in columns.items()} == {
        table: tuple(sorted(names)) for table, names in RAW_COLUMNS.items()
    }
    assert {kind for names in columns.values() for kind in names.values()} == set(KINDS)


def test_raw_rows_in_the_warehouse_are_deleted_by_any_type_of_id() -> None:
    """Numbers are ids as well, blanks around them do not count, nor the device of somebody else's event."""
    with duckdb.connect() as connection:
        connection.execute(
            """
            create schema landing;
            create table landing.people (Contact_ID bigint, email varchar, note varchar);
            insert into landing.people values
                (1, 'a@x.example', 'hers'), (2, ' Jane@X.example ', 'hers'), (3, null, '');
            create table landing.events (contact_id varchar, anonymous_id varchar, event_id varchar);
            insert into landing.events values
                (' 1 ', null, 'hers'), (null, 'phone', 'hers'), ('', 'phone', 'hers'),
                ('3', 'phone', ''), ('3', null, '');
            create table landing.contact_merges (merged_contact_id bigint);
            insert into landing.contact_merges values (1), (3);
            """
        )
        variables = {f"raw_{table}_table": table for table in RAW_COLUMNS}
        variables |= {"raw_database": "", "raw_schema": "landing", "raw_contacts_table": "people"}
        inside = raw_tables_inside(connection, variables)
        assert set(inside) == {"contacts", "events", "contact_merges"}
        assert raw_tables_inside(connection, variables | {"raw_database": "lake"}) == {}
        delete_inside(connection, inside, Person(("1",), ("phone",), ("jane@x.example",)))
        assert connection.execute("select contact_id from landing.people").fetchall() == [(3,)]
        assert connection.execute("select event_id from landing.events").fetchall() == [("",), ("",)]
        assert connection.execute("from landing.contact_merges").fetchall() == [(3,)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A small warehouse: tables, a view of a file that is gone, comments, and someone who was deleted."""
    path = tmp_path / "warehouse.duckdb"
    gone = tmp_path / "gone.csv"
    gone.write_text("a\n1\n", encoding="utf-8")
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"""
            create schema marts;
            create table marts.people (id bigint not null, email varchar default 'none');
            insert into marts.people select range, 'person-' || range || '@acme.example' from range(100);
            comment on table marts.people is 'Who.';
            comment on column marts.people.email is 'Where.';
            create view marts.listed as from warehouse.marts.people;
            create view marts.broken as from read_csv('{gone}');
            checkpoint;
            delete from marts.people where id = 7;
            """
        )
    gone.unlink()
    return path


def content_of(path: Path) -> list[object]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return [
            connection.execute(sql).fetchall()
            for sql in (
                "from marts.listed order by all",
                "select table_name, comment, sql from duckdb_tables()",
                "select view_name from duckdb_views() where not internal order by all",
                "select column_name, comment, is_nullable, column_default from duckdb_columns() where not internal",
            )
        ]


def test_a_rewritten_warehouse_is_the_same_without_what_was_deleted(file: Path) -> None:
    assert b"person-7@acme" in file.read_bytes()
    before = content_of(file)
    spilled = file.with_name(f"{file.name}.tmp")
    spilled.mkdir()
    (spilled / "block").write_text("person-7@acme.example", encoding="utf-8")
    file.chmod(0o640)
    rewrite(file)
    assert content_of(file) == before
    assert b"person-7@acme" not in file.read_bytes()
    assert b"person-8@acme" in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def hold(file: Path, read_only: bool, is_held: object, may_go: object) -> None:
    with duckdb.connect(str(file), read_only=read_only):
        is_held.set()  # type: ignore[attr-defined]
        may_go.wait()  # type: ignore[attr-defined]


@pytest.mark.parametrize("read_only", [False, True])
def test_a_warehouse_in_use_is_left_alone(file: Path, read_only: bool) -> None:
    context = multiprocessing.get_context("spawn")
    is_held, may_go = context.Event(), context.Event()
    process = context.Process(target=hold, args=(file, read_only, is_held, may_go))
    process.start()
    try:
        assert is_held.wait(60)
        inode = file.stat().st_ino
        with pytest.raises(duckdb.IOException, match="Could not set lock"):
            rewrite(file)
        assert file.stat().st_ino == inode
    finally:
        may_go.set()
        process.join()
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_an_incomplete_copy_takes_no_place(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import orchestration.privacy.erasure as erasure

    seen = iter([["everything"], ["less"]])
    monkeypatch.setattr(erasure, "_content", lambda *_: next(seen))
    inode = file.stat().st_ino
    with pytest.raises(erasure.ErasureError, match="not complete"):
        rewrite(file)
    assert file.stat().st_ino == inode
    assert [path.name for path in file.parent.iterdir()] == [file.name]
