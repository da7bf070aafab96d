"""A snapshot that was changed is the one that would have been written from nothing, and so are its Parquet files.

That files take their places as a whole is in `test_publish.py`.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

import duckdb
import pytest

from orchestration.publish import contents, fingerprints
from orchestration.publish.fingerprints import parts_of
from orchestration.publish.parquet import CURRENT, follow_with_parquet, parquet_dir_of
from orchestration.publish.record import PUBLICATION, PUBLICATION_TABLES, RECORD_TABLES
from orchestration.publish.snapshot import publish, withhold
from orchestration.publish.tables import PublishedTable
from orchestration.settings import PROJECT_ROOT
from tests.integration.small_marts import BAD, GOOD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestration.publish.record import Publication

ROWS = 2000
TABLES = (
    PublishedTable("contact_scores", "One row per contact.", {"contact_id": "A key."}),
    PublishedTable("event_log", "One row per event.", {"event_id": "A key."}, "activity_date"),
    PublishedTable("score_history", "One row per day and contact.", {}, "as_of_date"),
    PublishedTable("scoring_days", "One row per day.", {}),
)
WORLD = f"""
    create schema marts;
    create table marts.event_log as
    select
        'event ' || i as event_id, 'contact ' || i % 97 as contact_id, i / 7 as value,
        if(i % 50 = 0, null, date '2025-11-20' + (i % 200)::integer) as activity_date
    from range({ROWS}) as r (i);
    create table marts.score_history as
    select
        date '2026-01-25' + (i // 100)::integer as as_of_date, 'contact ' || i % 100 as contact_id,
        i / 3 as lead_score
    from range({ROWS // 2}) as r (i);
    create table marts.contact_scores as
    select 'contact ' || i as contact_id, date '2026-06-01' as as_of_date, i / 3 as lead_score, 'h' as rule_book_hash
    from range(97) as r (i);
    create table marts.scoring_days as select date '2026-06-01' as as_of_date, 'h' as rule_book_hash;
"""


@dataclass
class Twins:
    """A warehouse that is published to two places: where only what changed is written, and from nothing."""

    folder: Path
    tables: tuple[PublishedTable, ...] = TABLES
    runs: int = 0
    published: list[Publication] = field(default_factory=list)

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def changed(self) -> Path:
        return self.folder / "changed" / "lead_scoring.duckdb"

    @property
    def afresh(self) -> Path:
        return self.folder / "afresh" / "lead_scoring.duckdb"

    def execute(self, sql: str) -> None:
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute(sql)

    def publish(self) -> Publication:
        """Publish to both, and say whether the first was written afresh."""
        self.runs += 1
        publication = publish(self.changed, self.warehouse, self.tables, f"run-{self.runs}", GOOD, kept_seconds=0)
        publish(self.afresh, self.warehouse, self.tables, f"run-{self.runs}", GOOD, kept_seconds=0, afresh=True)
        for snapshot in (self.changed, self.afresh):
            follow_with_parquet(snapshot, kept_seconds=0)
        self.published.append(publication)
        return publication

    def require_equal(self) -> None:
        """Both snapshots, and all Parquet files, hold the rows of the warehouse, the same columns and comments."""
        with duckdb.connect() as connection:
            connection.execute(
                f"attach '{self.changed}' as one (read_only); attach '{self.afresh}' as two (read_only);"
                f"attach '{self.warehouse}' as warehouse (read_only)"
            )
            described = [
                connection.execute(
                    "select table_name, column_name, data_type, duckdb_columns.comment, duckdb_tables.comment"
                    " from duckdb_columns() inner join duckdb_tables() using (database_name, table_name)"
                    " where database_name = ? order by all",
                    [database],
                ).fetchall()
                for database in ("one", "two")
            ]
            assert described[0] == described[1]
            of_months = {table.name for table in self.tables if table.month_of}
            for name in {name for name, *_ in described[0]} - {PUBLICATION, PUBLICATION_TABLES}:
                file = f"{name}/*" if name in of_months else name
                copies = [f"two.marts.{name}"]
                copies += [
                    f"read_parquet('{parquet_dir_of(snapshot) / CURRENT}/{file}.parquet')"
                    for snapshot in (self.changed, self.afresh)
                ]
                copies += [f"warehouse.marts.{name}"] if name not in RECORD_TABLES else []
                for copy in copies:
                    for here, there in ((f"one.marts.{name}", copy), (copy, f"one.marts.{name}")):
                        found = connection.execute(f"from {here} except all from {there}").fetchall()
                        assert found == [], (name, here, there)

    def files(self) -> dict[str, int]:
        """The Parquet files of what was changed, and their inodes, without those of the record."""
        folder = parquet_dir_of(self.changed) / CURRENT
        return {
            str(path.relative_to(folder)): path.stat().st_ino
            for path in folder.rglob("*.parquet")
            if path.stem not in RECORD_TABLES
        }


@pytest.fixture
def twins(tmp_path: Path) -> Twins:
    twins = Twins(tmp_path)
    twins.execute(WORLD)
    twins.publish()
    return twins


def edit(twins: Twins, draw: random.Random) -> None:
    twins.execute(
        f"update marts.event_log set contact_id = 'merged' where hash(event_id) % {draw.choice((2, 9, 500))} = 0"
    )


def add(twins: Twins, draw: random.Random) -> None:
    day = draw.choice(["null::date", "date '2026-06-02'", "date '2025-01-31'", "date 'infinity'", "date '12026-01-01'"])
    value = draw.choice(["null", "'nan'", "-0.0", "1e300"])
    twins.execute(
        f"insert into marts.event_log by name select 'new {draw.random()}' as event_id, 'c' as contact_id,"
        f" {day} as activity_date, {value}::double as value"
        f" from range({draw.choice((1, 3, 400))})"
    )


def remove(twins: Twins, draw: random.Random) -> None:
    condition = draw.choice(
        [
            "activity_date is null",
            "activity_date < '2026-01-01'",
            "hash(event_id) % 5 = 1",
            "hash(event_id) % 5 > 1",
            "true",
        ]
    )
    twins.execute(f"delete from marts.event_log where {condition}")


def swap(twins: Twins, _draw: random.Random) -> None:
    twins.execute(
        "update marts.event_log set value = case event_id when 'event 8' then 9 else 8 end"
        " where event_id in ('event 8', 'event 9')"
    )


def decay(twins: Twins, _draw: random.Random) -> None:
    twins.execute("update marts.contact_scores set lead_score = lead_score * 0.9, as_of_date = as_of_date + 1")
    twins.execute("insert into marts.score_history select max(as_of_date) + 1, 'contact 1', 7 from marts.score_history")


def change_columns(twins: Twins, draw: random.Random) -> None:
    table = draw.choice(["event_log", "contact_scores"])
    try:
        twins.execute(f"alter table marts.{table} add column campaign varchar default 'none'")
    except duckdb.CatalogException:
        twins.execute(f"alter table marts.{table} drop column campaign")


def describe_otherwise(twins: Twins, _draw: random.Random) -> None:
    twins.tables = tuple(
        replace(table, columns={} if table.columns else {"as_of_date": "A day."})
        if table.name == "contact_scores"
        else table
        for table in twins.tables
    )


def leave_out(twins: Twins, draw: random.Random) -> None:
    wanted = TABLES[:1] + tuple(table for table in TABLES[1:3] if draw.random() < 0.6) + TABLES[3:]
    twins.tables = tuple(replace(table, description=f"{table.description} {draw.random()}") for table in wanted)


def divide_otherwise(twins: Twins, _draw: random.Random) -> None:
    other = {"event_log": "activity_date"}
    twins.tables = tuple(
        replace(table, month_of=None if table.month_of else other.get(table.name)) for table in twins.tables
    )


def withhold_one(twins: Twins, draw: random.Random) -> None:
    for snapshot in (twins.changed, twins.afresh):
        withhold(snapshot, f"bad-{draw.random()}", BAD, None, "why", kept_seconds=0)
        if draw.random() < 0.5:
            follow_with_parquet(snapshot, kept_seconds=0)


def meddle(twins: Twins, draw: random.Random) -> None:
    """What root can: write into what is published."""
    change = draw.choice(["create table mine as select 1 as x", "update marts.scoring_days set rule_book_hash = 'x'"])
    twins.changed.chmod(0o644)
    with duckdb.connect(str(twins.changed)) as connection:
        connection.execute(change)


def be_killed(twins: Twins, draw: random.Random) -> None:
    arguments = ["publish", twins.changed, twins.warehouse, draw.randrange(1, 200)]
    tables = json.dumps([asdict(table) for table in twins.tables])
    subprocess.run(
        [sys.executable, "-m", "tests.integration.small_marts", *map(str, arguments), tables],
        cwd=PROJECT_ROOT,
        check=False,
        capture_output=True,
        timeout=120,
    )


def nothing(_twins: Twins, _draw: random.Random) -> None:
    pass


CHANGES = (
    *(edit, add, remove, swap, decay, change_columns),
    *(describe_otherwise, leave_out, divide_otherwise),
    *(withhold_one, meddle, nothing),
)


def go_through(
    twins: Twins, seed: int, steps: int, changes: tuple[Callable[[Twins, random.Random], None], ...]
) -> None:
    draw = random.Random(seed)
    for step in range(steps):
        done = draw.sample(changes, draw.choice((1, 1, 2)))
        for change in done:
            change(twins, draw)
        twins.publish()
        try:
            twins.require_equal()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, step {step}: {[change.__name__ for change in done]}") from error


def test_after_any_change_it_is_as_if_written_from_nothing(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprints, "_ONE_IN", 8)
    go_through(twins, seed=1, steps=7, changes=CHANGES)
    assert {publication.is_written_afresh for publication in twins.published[1:]} == {True, False}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 5, 7])
def test_after_many_changes_and_kills_it_is_as_if_written_from_nothing(
    twins: Twins, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(fingerprints, "_ONE_IN", 8)
    monkeypatch.setattr(contents, "_SMALL_BLOCKS", seed)
    go_through(twins, seed, steps=20, changes=(*CHANGES, be_killed))


def test_what_did_not_change_is_not_written(twins: Twins) -> None:
    before = twins.files()
    assert not twins.publish().is_written_afresh
    assert twins.files() == before
    # One event in one month, and a day of the history.
    twins.execute(
        "update marts.event_log set value = 99 where event_id = 'event 7';"
        "insert into marts.score_history values ('2026-03-01', 'c', 1)"
    )
    assert not twins.publish().is_written_afresh
    changed = {name for name, inode in twins.files().items() if inode != before.get(name)}
    assert changed == {"event_log/2025-11.parquet", "score_history/2026-03.parquet"}
    twins.require_equal()


def test_a_damaged_file_is_not_passed_on(twins: Twins) -> None:
    file = twins.changed.resolve()
    with duckdb.connect(str(file), read_only=True) as connection:
        ((block,),) = connection.execute(
            "select min(block_id) from pragma_storage_info('marts.event_log') where column_name = 'event_id'"
        ).fetchall()
    content = bytearray(file.read_bytes())
    for place in range(3 * 4096 + block * 262_144 + 100, 3 * 4096 + (block + 1) * 262_144):
        content[place] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)
    parquet = parquet_dir_of(twins.changed) / CURRENT / "event_log" / "undated.parquet"
    parquet.chmod(0o644)
    parquet.write_bytes(parquet.read_bytes()[:-1] + b"?")
    assert twins.publish().is_written_afresh
    twins.require_equal()


@pytest.mark.slow
def test_neither_deleted_rows_nor_empty_blocks_pile_up(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    twins.execute("insert into marts.event_log select 'x' || hash(i), 'c', i, null from range(125000) as r (i)")
    twins.publish()
    for part in range(4):
        twins.execute(
            f"update marts.event_log set contact_id = hash({part} || event_id) where hash(event_id) % 8 = {part}"
        )
        assert not twins.publish().is_written_afresh
        with duckdb.connect(str(twins.changed), read_only=True) as connection:
            ((stored,),) = connection.execute(
                "select estimated_size from duckdb_tables() where table_name = 'event_log'"
            ).fetchall()
        assert stored <= 127_000 / 0.75
    assert twins.changed.stat().st_size < 1.5 * twins.afresh.stat().st_size
    monkeypatch.setattr(contents, "_SMALL_BLOCKS", 4)
    twins.tables = tuple(table for table in TABLES if table.name != "event_log")
    assert twins.publish().is_written_afresh
    assert twins.changed.stat().st_size < 1.5 * twins.afresh.stat().st_size
    twins.require_equal()


def test_a_snapshot_of_an_older_version_is_carried_on(twins: Twins) -> None:
    twins.changed.chmod(0o644)
    with duckdb.connect(str(twins.changed)) as connection:
        connection.execute("drop table marts.publication_parts; alter table marts.publication drop is_written_afresh")
    shutil.rmtree(parquet_dir_of(twins.changed))
    old = follow_with_parquet(twins.changed)
    assert (old / "event_log.parquet").exists()
    assert withhold(twins.changed, "bad", BAD, None, "why")
    assert (follow_with_parquet(twins.changed) / "event_log.parquet").exists()
    assert not twins.publish().is_written_afresh
    twins.require_equal()
    with duckdb.connect(str(twins.changed), read_only=True) as connection:
        runs = connection.execute("select run_id, is_written_afresh from marts.publication order by publication_id")
        assert runs.fetchall() == [("run-1", None), ("bad", None), ("run-2", False)]


def test_what_must_leave_no_trace_is_written_from_nothing(twins: Twins) -> None:
    twins.execute("insert into marts.scoring_days values (null, 'zoe-quist-of-sundown')")
    twins.publish()
    assert b"zoe-quist" in twins.changed.read_bytes()
    twins.execute("delete from marts.scoring_days where as_of_date is null")
    publish(twins.changed, twins.warehouse, TABLES, "run-of-erasure", GOOD, afresh=True)
    folder = follow_with_parquet(twins.changed)
    assert b"zoe-quist" not in twins.changed.read_bytes()
    assert not [file for file in folder.rglob("*.parquet") if b"zoe-quist" in file.read_bytes()]


@pytest.mark.parametrize(
    "change",
    [
        "update t set b = 5 - b where a in (1, 4)",
        "update t set a = 5 - a where a in (1, 4)",
        "insert into t from t limit 1",
        "insert into t from t",
        "update t set a = null where a = 1",
        "update t set b = null where a = 1",
        "alter table t alter column a type integer",
        "alter table t rename column a to c",
        "delete from t",
    ],
)
def test_a_fingerprint_is_of_all_that_a_reader_sees(change: str) -> None:
    table = PublishedTable("t", "", {})
    with duckdb.connect() as connection:
        connection.execute("create table t as select i as a, 5 - i as b from range(1, 5) as r (i)")
        before = parts_of(connection, table, "main")
        connection.execute("create or replace table t as from t order by random()")
        assert parts_of(connection, table, "main") == before
        connection.execute(change)
        assert parts_of(connection, table, "main") != before
