"""The snapshot and the Parquet files: whole or not at all, under readers, wrong readers, and SIGKILL.

How runs decide what is published is in `test_publish_runs.py`, PostgreSQL in `test_publish_postgres.py`.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import duckdb
import pytest

from orchestration.duckdb_files import log_of
from orchestration.publish.parquet import CURRENT, follow_with_parquet, parquet_dir_of
from orchestration.publish.record import (
    RECORD_TABLES,
    Publication,
    ensure_record,
    next_moment,
    published_id,
    trim_record,
)
from orchestration.publish.snapshot import files_of, previous_of, publish, withhold
from orchestration.publish.verdict import Verdict
from orchestration.publish.workspace import PublishError, workspace
from orchestration.settings import PROJECT_ROOT
from tests.integration.small_marts import (
    BAD,
    GOOD,
    TABLES,
    day_of,
    look_at_parquet,
    look_at_snapshot,
    publish_generation,
    write_warehouse,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READERS = ("snapshot", "snapshot", "snapshot", "parquet")
PUBLICATIONS = 12


@dataclass(frozen=True)
class Place:
    """A warehouse and what is published of it."""

    warehouse: Path
    snapshot: Path

    @property
    def parquet(self) -> Path:
        return parquet_dir_of(self.snapshot)

    def publish(self, generation: int) -> str:
        return publish_generation(self.warehouse, self.snapshot, generation)

    def withhold(self, run_id: str) -> Publication | None:
        return withhold(self.snapshot, run_id, BAD, date(2026, 6, 9), "failed checks: 2")

    def day(self) -> date:
        with duckdb.connect(str(self.snapshot), read_only=True) as connection:
            return look_at_snapshot(connection)[0]

    def attempts(self) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.snapshot), read_only=True) as connection:
            return connection.execute("select run_id, status from marts.publication order by publication_id").fetchall()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    folder = tmp_path / "it's a folder"
    folder.mkdir()
    return Place(folder / "ware house.duckdb", folder / "published" / "lead_scoring.duckdb")


def child(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.small_marts", *map(str, arguments)],
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def holding(place: Place, mode: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has the snapshot open; it has said which day it sees."""
    with child("hold", place.snapshot, mode) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline().strip()
        yield process
        if process.poll() is None:
            process.stdin.close()
            process.wait(60)


def day_seen_by(process: subprocess.Popen[str]) -> date:
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    return date.fromisoformat(process.stdout.readline().strip())


def test_the_snapshot_is_what_the_warehouse_holds(place: Place) -> None:
    place.publish(1)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{str(place.warehouse).replace(chr(39), chr(39) * 2)}' (read_only)")
        connection.execute(f"attach '{str(place.snapshot).replace(chr(39), chr(39) * 2)}' as snapshot (read_only)")
        for table in TABLES:
            ours, theirs = f'"ware house".marts.{table.name}', f"snapshot.marts.{table.name}"
            files = f"{table.name}/*.parquet" if table.month_of else f"{table.name}.parquet"
            parquet = f"'{str(place.parquet / CURRENT).replace(chr(39), chr(39) * 2)}/{files}'"
            for other in (theirs, parquet):
                for one, two in ((ours, other), (other, ours)):
                    assert connection.execute(f"from {one} except all from {two}").fetchall() == []
        assert connection.execute(
            "select table_name from duckdb_tables() where database_name = 'snapshot' order by 1"
        ).fetchall() == [(name,) for name in sorted((*RECORD_TABLES, *(table.name for table in TABLES)))]
        comments = connection.execute(
            "select comment from duckdb_tables() where database_name = 'snapshot' and table_name = 'contact_scores'"
            " union all select comment from duckdb_columns() where database_name = 'snapshot'"
            " and column_name = 'value'"
        ).fetchall()
        assert comments == [("One row per contact; it's 100 %.",), ("A quantity, it's a number.",)]
        tags = connection.execute("select tags from duckdb_databases() where database_name = 'snapshot'").fetchall()
        # DuckDB 1.2 opens it, though the warehouse is of a later format.
        assert tags == [({"storage_version": "v1.2.0+"},)]
    assert stat.S_IMODE(place.snapshot.stat().st_mode) == 0o444


def test_the_record_says_what_was_published_and_what_not(place: Place) -> None:
    first = place.publish(1)
    withheld = place.withhold("run-of-a-bad-day")
    assert withheld
    follow_with_parquet(place.snapshot)
    expected = [
        (first, "run-1", day_of(1), "h1", "published", None, 7, 0, None, 301 + 301 + 1002 + 1),
        (
            withheld.publication_id,
            "run-of-a-bad-day",
            date(2026, 6, 9),
            None,
            "withheld",
            "failed checks: 2",
            5,
            2,
            "a_check, b_check",
            None,
        ),
    ]
    columns = (
        "publication_id, run_id, as_of_date, rule_book_hash, status, reason, checks_passed, checks_failed,"
        " failed_checks, rows"
    )
    with duckdb.connect(str(place.snapshot), read_only=True) as connection:
        assert connection.execute(f"select {columns} from marts.publication order by 1").fetchall() == expected
        assert connection.execute("from marts.publication_tables order by all").fetchall() == [
            (first, "contact_scores", 301),
            (first, "event_log", 301),
            (first, "score_history", 1002),
            (first, "scoring_days", 1),
        ]
        file = (place.parquet / CURRENT / "publication.parquet").resolve()
        in_parquet = connection.execute(f"select {columns} from read_parquet(?) order by 1", [str(file)]).fetchall()
        assert in_parquet == expected
    # The tables are those of the first: the snapshot before is not replaced by a copy of them.
    assert place.day() == day_of(1)
    assert not previous_of(place.snapshot).exists()
    # A run is one attempt, however many of its steps fail; and it may not be called withheld once it is published.
    assert place.withhold("run-of-a-bad-day") is None
    assert place.withhold("run-1") is None
    assert len(place.attempts()) == 2


def test_the_publication_before_is_kept_and_no_more(place: Place) -> None:
    publications = [place.publish(generation) for generation in range(4)]
    assert place.day() == day_of(3)
    assert place.attempts() == [(f"run-{generation}", "published") for generation in range(4)]
    with duckdb.connect(str(previous_of(place.snapshot)), read_only=True) as connection:
        # Queries may name the database: it is called the same in each of them.
        assert connection.execute("select current_database()").fetchall() == [("lead_scoring",)]
        assert look_at_snapshot(connection)[0] == day_of(2)
    # A reader may have begun with any of them a moment ago.
    assert {path.name for path in place.parquet.iterdir()} == {CURRENT, *publications}
    assert {path.name for path in files_of(place.snapshot).iterdir()} == set(publications)
    last = publish(place.snapshot, place.warehouse, TABLES, "run-4", GOOD, kept_seconds=0).publication_id
    assert {path.name for path in files_of(place.snapshot).iterdir()} == {publications[3], last}
    follow_with_parquet(place.snapshot, kept_seconds=0)
    assert {path.name for path in place.parquet.iterdir()} == {CURRENT, publications[3], last}
    # Nor do days on which nothing is published fill the disk.
    for day in range(3):
        withhold(place.snapshot, f"bad-{day}", BAD, None, "why", kept_seconds=0)
    assert len(list(files_of(place.snapshot).iterdir())) == 2
    assert place.day() == day_of(3)
    assert (place.parquet / CURRENT).resolve().name == last
    assert look_at_parquet(place.parquet / publications[3])[0] == day_of(3)


def test_the_folder_that_readers_had_stays_for_a_while(place: Place) -> None:
    first = place.parquet / place.publish(1)
    os.utime(first, (0, 0))
    # Left by a process that was killed before it moved the link.
    shutil.copytree(first, place.parquet / "20990101T000000000000Z")
    place.publish(2)
    assert look_at_parquet(first)[0] == day_of(1)


def inodes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_ino for path in folder.rglob("*.parquet")}


def test_parquet_files_of_a_folder_never_change(place: Place) -> None:
    before = place.parquet / place.publish(1)
    files = inodes(before)
    place.withhold("run-of-a-bad-day")
    after = follow_with_parquet(place.snapshot)
    assert after != before
    assert inodes(before) == files
    same = {name for name, inode in inodes(after).items() if inode == files[name]}
    # What did not change takes no room.
    assert same == files.keys() - {f"{table}.parquet" for table in RECORD_TABLES}
    # Files that lag behind the snapshot are not passed on.
    write_warehouse(place.warehouse, 2)
    publish(place.snapshot, place.warehouse, TABLES, "run-2", GOOD)
    place.withhold("run-of-another-bad-day")
    assert look_at_parquet(follow_with_parquet(place.snapshot))[0] == day_of(2)


def test_nothing_appears_where_nothing_was_published(place: Place) -> None:
    write_warehouse(place.warehouse, 1)
    assert place.withhold("run-of-a-bad-day") is None
    for verdict in (BAD, Verdict(passed=7, not_run=("c_check",))):
        with pytest.raises(PublishError, match="nothing is published"):
            publish(place.snapshot, place.warehouse, TABLES, "run", verdict)
    assert not place.snapshot.exists()


def test_a_warehouse_without_a_table_publishes_nothing(place: Place) -> None:
    place.publish(1)
    with duckdb.connect(str(place.warehouse)) as connection:
        connection.execute("drop view marts.event_log")
    with pytest.raises(duckdb.CatalogException, match="event_log"):
        publish(place.snapshot, place.warehouse, TABLES, "run", GOOD)
    assert place.day() == day_of(1)
    assert list(place.snapshot.parent.glob(".publishing-*")) == []


def test_a_reader_keeps_what_it_has_open(place: Place) -> None:
    place.publish(1)
    with holding(place, "read") as reader:
        for generation in (2, 3):
            place.publish(generation)
            assert day_seen_by(reader) == day_of(1)
        assert place.day() == day_of(3)


def test_a_reader_that_opened_the_file_to_write_is_not_in_the_way(place: Place) -> None:
    place.publish(1)
    place.snapshot.chmod(0o644)  # root needs no permission, others would be refused
    with holding(place, "write"):
        with pytest.raises(duckdb.IOException, match="lock"):
            place.day()
        follow_with_parquet(place.snapshot)
        assert place.withhold("run-of-a-bad-day")
        place.snapshot.chmod(0o644)
    assert place.day() == day_of(1)
    with holding(place, "write"):
        place.publish(2)
        assert place.day() == day_of(2)
    assert [run_id for run_id, _ in place.attempts()] == ["run-1", "run-of-a-bad-day", "run-2"]


@pytest.mark.parametrize("is_beside_the_link", [False, True], ids=["beside the file", "beside the link"])
def test_a_log_that_belongs_to_the_old_file_is_removed(place: Place, is_beside_the_link: bool) -> None:
    place.publish(1)
    for attempt in (place.publish, lambda generation: place.withhold(f"bad-{generation}")):
        place.snapshot.chmod(0o644)
        with holding(place, "write") as reader:
            reader.kill()
            reader.wait(60)
        log = log_of(place.snapshot.resolve())
        assert log.exists()
        if is_beside_the_link:
            # Where a DuckDB that does not follow links leaves it.
            log = log.rename(log_of(place.snapshot))
        attempt(1)
        assert not log.exists()
        assert place.day() == day_of(1)


def test_one_publishes_at_a_time_and_nobody_waits_for_ever(place: Place) -> None:
    with workspace(place.snapshot.parent) as folder:
        with pytest.raises(PublishError, match="another process"), workspace(place.snapshot.parent, longest_wait=0.2):
            pass
        # Who waits does not take the one at work for dead.
        assert folder.exists()
    assert not folder.exists()


def test_who_publish_at_once_lose_no_attempt(place: Place) -> None:
    write_warehouse(place.warehouse, 1)
    processes = [child("publish_for", place.snapshot, place.warehouse, name, 5) for name in ("a", "b")]
    assert [process.wait(120) for process in processes] == [0, 0]
    runs = [run_id for run_id, _ in place.attempts()]
    assert sorted(map(str, runs)) == sorted(f"{name}-{number}" for name in ("a", "b") for number in range(5))


@pytest.mark.slow
def test_readers_under_load_see_no_error_and_no_mixture(place: Place, tmp_path: Path) -> None:
    published = [place.publish(0)]
    stop = tmp_path / "stop"
    readers = [child("read", place.snapshot, what, stop) for what in READERS]
    for reader in readers:
        assert reader.stdout
        assert reader.stdout.readline().strip() == "reading"
    for generation in range(1, PUBLICATIONS):
        published.append(place.publish(generation))
        # Each of them replaces the file, and the last one the folder.
        for number in range(3):
            place.withhold(f"bad-{generation}-{number}")
        follow_with_parquet(place.snapshot)
    stop.touch()
    reports = [json.loads(reader.communicate(timeout=120)[0]) for reader in readers]
    assert [report["errors"] for report in reports] == [[]] * len(READERS)
    assert sum(report["looks"] for report in reports) >= PUBLICATIONS
    seen = {publication for report in reports for publication in report["seen"]}
    assert seen <= set(published)
    assert len(seen) > 2


def steps_of(place: Place, what: str) -> list[str]:
    """The steps of a process that does not die."""
    steps: list[str] = json.loads(child(what, place.snapshot, place.warehouse, 0).communicate(timeout=120)[0])
    return steps


def die_and_recover(place: Place, what: str, step: int) -> None:
    """Kill a publication before a step: readers have the old tables or the new ones, and the next one goes through."""
    dying = child(what, place.snapshot, place.warehouse, step)
    assert dying.wait(120) < 0, f"it did not die before step {step}"
    assert place.day() in ({day_of(1), day_of(2)} if what == "publish" else {day_of(1)}), step
    assert look_at_parquet(place.parquet / CURRENT)[0] in {day_of(1), day_of(2)}, step
    runs = {run_id for run_id, _ in place.attempts()}
    assert runs <= {"run-1", "run-of-the-dying"}
    place.publish(3)
    follow_with_parquet(place.snapshot, kept_seconds=0)
    assert place.day() == look_at_parquet(place.parquet / CURRENT)[0] == day_of(3)
    assert {run_id for run_id, _ in place.attempts()} == {*runs, "run-3"}
    assert list(place.snapshot.parent.glob(".publishing-*")) == []
    assert len(list(place.parquet.iterdir())) <= 3


def start_over(place: Place) -> None:
    """The first generation published, the second one built."""
    for file in (place.snapshot, previous_of(place.snapshot)):
        file.unlink(missing_ok=True)
    place.publish(1)
    write_warehouse(place.warehouse, 2)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["publish", "withhold"])
def test_killed_while_files_take_their_places(place: Place, what: str) -> None:
    start_over(place)
    steps = steps_of(place, what)
    # From the finished file, which becomes read-only, to the folder's entries on the disk.
    first = steps.index("chmod") + 2
    for step in (first // 2, *range(first, steps.index("fsync", first) + 2)):
        start_over(place)
        die_and_recover(place, what, step)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["publish", "withhold"])
def test_killed_at_every_kind_of_step(place: Place, what: str, pytestconfig: pytest.Config) -> None:
    """At one of four of them, and in a nightly run at all."""
    start_over(place)
    steps = steps_of(place, what)
    # What is done file by file and statement by statement is interrupted at the first and at the last of them.
    pairs = list(pairwise(steps))
    firsts = {pairs.index(pair) for pair in pairs}
    lasts = {len(pairs) - 1 - pairs[::-1].index(pair) for pair in pairs}
    kinds = [1, *(before + 2 for before in sorted(firsts | lasts))]
    for step in kinds if pytestconfig.getoption("worlds") else kinds[::4]:
        start_over(place)
        die_and_recover(place, what, step)


def test_an_unreadable_snapshot_is_replaced(place: Place) -> None:
    place.publish(1)
    place.snapshot.chmod(0o644)
    place.snapshot.write_bytes(b"not a database")
    place.publish(2)
    assert place.day() == day_of(2)
    assert [run_id for run_id, _ in place.attempts()] == ["run-2"]


def test_a_folder_that_was_copied_without_its_links_is_made_whole(place: Place) -> None:
    place.publish(1)
    file = place.snapshot.read_bytes()
    place.snapshot.unlink()
    place.snapshot.write_bytes(file)
    assert place.withhold("run-of-a-bad-day")
    place.publish(2)
    assert place.snapshot.is_symlink()
    assert place.day() == day_of(2)
    assert len(place.attempts()) == 3


class TestRecord:
    @pytest.fixture
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect() as connection:
            connection.execute("create schema marts")
            ensure_record(connection, "marts")
            yield connection

    def test_old_attempts_are_forgotten_but_never_what_the_tables_are_of(
        self, connection: duckdb.DuckDBPyConnection
    ) -> None:
        moments = [datetime(2026, 6, 30, hour) for hour in range(10)]  # noqa: DTZ001 - as the record keeps them
        for moment in moments[:3]:
            Publication.published(moment, f"good-{moment.hour}", GOOD, None, "h", {"t": 1}).insert(connection, "marts")
        for moment in moments[3:]:
            Publication.withheld(moment, f"bad-{moment.hour}", BAD, None, "why").insert(connection, "marts")
        trim_record(connection, "marts", kept=3)
        runs = connection.execute("select run_id from marts.publication order by publication_id").fetchall()
        assert runs == [("good-2",), ("bad-7",), ("bad-8",), ("bad-9",)]
        assert connection.execute("select publication_id from marts.publication_tables").fetchall() == [
            (published_id(connection, "marts"),)
        ]

    def test_a_clock_that_was_set_back_makes_no_older_publication(self, connection: duckdb.DuckDBPyConnection) -> None:
        ahead = datetime(2999, 1, 1)  # noqa: DTZ001 - as the record keeps it
        Publication.published(ahead, "ahead", GOOD, None, "h", {"t": 1}).insert(connection, "marts")
        moment = next_moment(connection, "marts")
        assert moment > ahead
        after = Publication.published(moment, "after", GOOD, None, "h", {"t": 1})
        after.insert(connection, "marts")
        assert published_id(connection, "marts") == after.publication_id

    def test_every_column_is_described(self, connection: duckdb.DuckDBPyConnection) -> None:
        columns = connection.execute("select comment from duckdb_columns() where schema_name = 'marts'").fetchall()
        assert len(columns) == 20
        assert all(comment for (comment,) in columns)
