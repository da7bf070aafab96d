"""A backup made at any time is consistent, and what is restored from it goes on as if nothing had happened."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from orchestration.alerts.outbox import open_outbox
from orchestration.backup import MANIFEST, BackupError, back_up, read_backup, restore
from orchestration.build import BuildRequest, BuildStatus, run_build
from orchestration.privacy.tombstones import change_tombstones, load_tombstones, tombstones_of
from orchestration.publish.snapshot import adopt
from orchestration.settings import DEFAULT_SEEDS_DIR, Settings
from tests.conftest import SAMPLE_DAY
from tests.integration.other_process import die_with_a_log, write_for
from tests.integration.test_forget import build, command, query

if TYPE_CHECKING:
    from collections.abc import Iterator


def small_snapshot(file: Path, publication_id: str) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema marts; create table marts.contact_scores as select 'ada' as contact_id")
        connection.execute(f"create table marts.publication as select '{publication_id}' as publication_id")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation with something of everything, no build needed."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    home = tmp_path / "here"
    home.mkdir()
    made = Settings(home / "warehouse.duckdb", None, DEFAULT_SEEDS_DIR, home / "state")
    with duckdb.connect(str(made.warehouse)) as connection:
        connection.execute(
            "create schema marts; create table marts.scoring_days as select date '2026-06-30' as as_of_date"
        )
    change_tombstones(tombstones_of(made.warehouse), lambda record: record.with_person([("contact", "c-1")])[0])
    with open_outbox(made.alerts_outbox) as outbox:
        outbox.set_enqueued_through(SAMPLE_DAY)
    small_snapshot(home / "published.duckdb", "20260630T040000000000Z")
    adopt(made.snapshot, home / "published.duckdb")
    history = made.dagster_home / "history"
    history.mkdir(parents=True)
    with closing(sqlite3.connect(history / "runs.db")) as runs:
        runs.execute("create table runs as select 'run-1' as run_id")
        runs.commit()
    return made


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    """Where there is nothing yet."""
    folder = tmp_path / "elsewhere"
    return replace(settings, warehouse=folder / "warehouse.duckdb", state_dir=folder / "state")


def test_all_of_it_comes_back(settings: Settings, elsewhere: Settings, tmp_path: Path) -> None:
    folder = back_up(settings, tmp_path / "backups", wait_seconds=0)
    assert folder.stat().st_mode & 0o077 == 0
    assert read_backup(folder).as_of_date == "2026-06-30"
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [folder.name]
    restored = restore(elsewhere, folder)
    assert restored.as_of_date == "2026-06-30"
    assert (len(restored.restored), restored.kept) == (5, ())
    assert query(elsewhere.warehouse, "from marts.scoring_days") == [(SAMPLE_DAY,)]
    assert query(elsewhere.snapshot, "from marts.contact_scores") == [("ada",)]
    assert load_tombstones(tombstones_of(elsewhere.warehouse)) == load_tombstones(tombstones_of(settings.warehouse))
    with open_outbox(elsewhere.alerts_outbox) as outbox:
        assert outbox.enqueued_through() == SAMPLE_DAY
    with closing(sqlite3.connect(elsewhere.dagster_home / "history" / "runs.db")) as runs:
        assert runs.execute("select run_id from runs").fetchall() == [("run-1",)]
    for file in (elsewhere.alerts_outbox, tombstones_of(elsewhere.warehouse)):
        assert file.stat().st_mode & 0o077 == 0


def test_the_command_line(settings: Settings, elsewhere: Settings, tmp_path: Path) -> None:
    code, output = command(settings, "backup", str(tmp_path / "backups"))
    assert code == 0, output
    folder = output.strip()
    code, output = command(elsewhere, "restore", folder)
    assert code == 0, output
    assert "history up to 2026-06-30" in output
    code, output = command(elsewhere, "restore", folder)
    assert code == 1
    assert "--replace moves it aside" in output
    code, output = command(elsewhere, "restore", folder, "--replace", "--json")
    assert code == 0, output
    assert Path(json.loads(output)["moved_aside"]).exists()
    code, output = command(replace(settings, warehouse=tmp_path / "none.duckdb"), "backup", str(tmp_path))
    assert code == 1
    assert "there is no warehouse" in output


def test_what_was_in_the_log_is_in_the_backup(settings: Settings, elsewhere: Settings, tmp_path: Path) -> None:
    # A build that was killed after a commit leaves a log.
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=die_with_a_log, args=(settings.warehouse,))
    process.start()
    process.join()
    assert settings.warehouse.with_name("warehouse.duckdb.wal").exists()
    restore(elsewhere, back_up(settings, tmp_path / "backups", wait_seconds=0))
    assert query(elsewhere.warehouse, "select count(*) from marts.scoring_days") == [(2,)]


def test_a_writer_is_waited_for(settings: Settings, elsewhere: Settings, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    began = context.Event()
    process = context.Process(target=write_for, args=(2.0, settings.warehouse, began))
    process.start()
    try:
        assert began.wait(60)
        with pytest.raises(BackupError, match="has been in use for 0 seconds"):
            back_up(settings, tmp_path / "backups", wait_seconds=0)
        assert list((tmp_path / "backups").iterdir()) == []
        folder = back_up(settings, tmp_path / "backups", wait_seconds=60)
    finally:
        process.join()
    restore(elsewhere, folder)
    assert query(elsewhere.warehouse, "select count(*) from marts.scoring_days") == [(3,)]


def damage_bytes(folder: Path) -> None:
    file = folder / "warehouse.duckdb"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (damage_bytes, "is damaged: warehouse.duckdb"),
        (lambda folder: (folder / "forgotten.csv").unlink(), "is damaged: forgotten.csv"),
        (lambda folder: (folder / MANIFEST).unlink(), "is no finished backup"),
        (lambda folder: (folder / MANIFEST).write_text("[]", encoding="utf-8"), "is no backup that can be read"),
        (lambda folder: (folder / MANIFEST).write_text('{"format": 2}', encoding="utf-8"), "another version"),
        (lambda folder: shutil.rmtree(folder), "is no finished backup"),
    ],
)
def test_a_damaged_backup_changes_nothing(
    settings: Settings, elsewhere: Settings, tmp_path: Path, damage: Any, finding: str
) -> None:
    folder = back_up(settings, tmp_path / "backups", wait_seconds=0)
    damage(folder)
    with pytest.raises(BackupError, match=finding):
        restore(elsewhere, folder)
    assert not elsewhere.warehouse.parent.exists()


def test_who_was_forgotten_since_stays_forgotten(settings: Settings, tmp_path: Path) -> None:
    folder = back_up(settings, tmp_path / "backups", wait_seconds=0)
    file = tombstones_of(settings.warehouse)
    record = change_tombstones(file, lambda record: record.with_person([("contact", "c-2")])[0])
    change_tombstones(
        file, lambda r: r.erased("run", {request.request_id: request.tokens for request in record.requests})
    )
    settings.snapshot.unlink()
    restored = restore(settings, folder, replace=True)
    after = load_tombstones(file)
    assert after == record, "both are on record, and to be erased from the old warehouse again"
    # The backup's snapshot has c-2: readers get it from no restore.
    assert not settings.snapshot.exists()
    # What was sent was sent: the younger outbox stays, and so does Dagster's record.
    assert set(restored.kept) == {"the outbox of alerts", "Dagster's record of runs"}
    # The record may be all that is left.
    settings.warehouse.unlink()
    file.unlink()
    restore(settings, folder)
    assert [request.erased_at for request in load_tombstones(file).requests] == [""]  # type: ignore[union-attr]


def test_records_of_two_installations_do_not_mix(settings: Settings, elsewhere: Settings, tmp_path: Path) -> None:
    folder = back_up(settings, tmp_path / "backups", wait_seconds=0)
    change_tombstones(tombstones_of(elsewhere.warehouse), lambda record: record)
    with pytest.raises(BackupError, match="different salts"):
        restore(elsewhere, folder)
    assert not elsewhere.warehouse.exists()


def test_a_warehouse_in_use_is_not_replaced(settings: Settings, tmp_path: Path) -> None:
    folder = back_up(settings, tmp_path / "backups", wait_seconds=0)
    context = multiprocessing.get_context("spawn")
    began = context.Event()
    process = context.Process(target=write_for, args=(1.0, settings.warehouse, began))
    process.start()
    try:
        assert began.wait(60)
        with pytest.raises(BackupError, match="is in use; stop the builds first"):
            restore(settings, folder, replace=True)
    finally:
        process.join()
    assert query(settings.warehouse, "select count(*) from marts.scoring_days") == [(3,)]


def test_a_broken_warehouse_is_what_a_restore_is_for(settings: Settings, tmp_path: Path) -> None:
    folder = back_up(settings, tmp_path / "backups", wait_seconds=0)
    settings.warehouse.write_bytes(b"no database")
    restored = restore(settings, folder, replace=True)
    assert restored.moved_aside
    assert restored.moved_aside.read_bytes() == b"no database"
    assert query(settings.warehouse, "from marts.scoring_days") == [(SAMPLE_DAY,)]


# With real builds


def everything(settings: Settings) -> dict[str, Any]:
    """Rows and hashes of every table of the warehouse that a run does not stamp, and of all published ones."""
    stamped = ("int_run_scope", "int_completed_run", "published_run")
    found = {}
    for file in (settings.warehouse, settings.snapshot):
        with duckdb.connect(str(file), read_only=True) as connection:
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables()"
                " where table_name not like 'int_changed_%' and table_name not like 'publication%'"
            ).fetchall()
            for schema, table in tables:
                if table in stamped:
                    continue
                columns = connection.execute(f"describe {schema}.{table}").fetchall()
                # The order of a sum moves the digits beyond.
                values = ", ".join(f'round("{n}", 9)' if kind == "DOUBLE" else f'"{n}"' for n, kind, *_ in columns)
                found[f"{file.parent.name}/{schema}.{table}"] = connection.execute(
                    f"select count(*), sum(hash({values})::hugeint) from {schema}.{table}"
                ).fetchall()
    return {name.split("/")[1] if "published" not in name else name: value for name, value in found.items()}


@pytest.fixture
def installation(sample_settings: Settings, built_warehouse: Path, tmp_path: Path) -> Iterator[Settings]:
    """A copy of the built tiny world."""
    folder = tmp_path / "original"
    folder.mkdir()
    shutil.copyfile(built_warehouse, folder / "warehouse.duckdb")
    shutil.copytree(sample_settings.published_dir, folder / "published", symlinks=True)
    shutil.copytree(sample_settings.dbt_target_dir, folder / "state" / "dbt")
    return replace(sample_settings, warehouse=folder / "warehouse.duckdb", state_dir=folder / "state")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["warehouse.duckdb", "renamed.duckdb"])
def test_what_is_restored_goes_on_as_the_original(installation: Settings, tmp_path: Path, name: str) -> None:
    backup = back_up(installation, tmp_path / "backups", wait_seconds=0)
    build(installation, SAMPLE_DAY + timedelta(days=2))
    settings = replace(installation, warehouse=tmp_path / "empty" / name, state_dir=tmp_path / "empty" / "state")
    restore(settings, backup)
    # Two days were missed; they are filled, and nothing is computed anew that was there.
    build(settings, SAMPLE_DAY + timedelta(days=2))
    assert query(settings.warehouse, "select is_full from intermediate.int_run_scope") == [(False,)]
    restored, original = everything(settings), everything(installation)
    assert restored == original
    assert len(restored) > 100
    record = "select count(*) from marts.publication where status = 'published'"
    assert query(settings.snapshot, record) == query(installation.snapshot, record) == [(2,)]


def keep_building(settings: Settings, done: Any, days: int) -> None:
    for day in range(1, days + 1):
        result = run_build(settings, BuildRequest(SAMPLE_DAY + timedelta(days=day)))
        if result.status is not BuildStatus.DONE:
            done.put(str(result))
            return
    done.put("done")


@pytest.mark.slow
def test_backups_while_builds_run(installation: Settings, tmp_path: Path) -> None:
    """Neither fails by the other, and every backup is whole: its history ends with a day that is complete."""
    context = multiprocessing.get_context("spawn")
    done = context.Queue()
    process = context.Process(target=keep_building, args=(installation, done, 3))
    process.start()
    backups = []
    while process.is_alive():
        backups.append(back_up(installation, tmp_path / "backups" / str(len(backups)), wait_seconds=300))
        time.sleep(0.2)
    process.join()
    assert done.get(timeout=5) == "done"
    assert len(backups) >= 3
    seen = set()
    for backup in {backups[0], *backups[:: max(1, len(backups) // 12)], backups[-1]}:
        facts = read_backup(backup)
        seen.add(facts.as_of_date)
        ((days, contacts),) = query(
            backup / "warehouse.duckdb",
            "select (select count(*) from marts.scoring_days),"
            " (select count(distinct as_of_date) from marts.score_history where as_of_date in"
            " (select as_of_date from marts.scoring_days))",
        )
        assert days == contacts
        record = backup / "dagster" / "history" / "runs.db"
        # The first backups are older than the first run.
        if record.exists() or backup == backups[-1]:
            with closing(sqlite3.connect(record)) as runs:
                assert runs.execute("pragma integrity_check").fetchall() == [("ok",)]
    assert seen >= {str(SAMPLE_DAY), str(SAMPLE_DAY + timedelta(days=3))}
