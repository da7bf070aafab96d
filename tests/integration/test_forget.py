"""A person who is forgotten is gone from every table after the next build, and from every file.

The world is the tiny sample world; in `test_forget_everywhere` the same with a person in it who left traces
wherever one can. How the record of requests is kept is in `tests/unit/test_tombstones.py`.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import typer
from typer.testing import CliRunner

from orchestration.alerts.outbox import open_outbox
from orchestration.build import BuildRequest, BuildStatus, run_build
from orchestration.cli import app
from orchestration.cli.forget import confirm
from orchestration.privacy.erasure import erase_pending
from orchestration.privacy.person import Person
from orchestration.privacy.tombstones import load_tombstones, tombstones_of
from orchestration.publish.snapshot import files_of, previous_of
from tests.conftest import SAMPLE_DAY
from tests.traces import traces_in_files, traces_in_tables

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from orchestration.settings import Settings

pytestmark = pytest.mark.slow

CSV_ALERTS = """
max_age_days = 60
[sinks.sheet]
type = "csv"
path = "{path}"
"""


def installed(source: Settings, folder: Path, state_dir: Path | None = None, raw_dir: Path | None = None) -> Settings:
    """A copy of a finished installation, to be written to."""
    warehouse = folder / source.warehouse.name
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source.warehouse, warehouse)
    shutil.copytree(source.published_dir, folder / "published", symlinks=True)
    if not state_dir:
        state_dir = folder / "state"
        shutil.copytree(source.dbt_target_dir, state_dir / "dbt")
    return replace(source, warehouse=warehouse, state_dir=state_dir, raw_dir=raw_dir or source.raw_dir)


def command(settings: Settings, *arguments: str, answer: str | None = None) -> tuple[int, str]:
    """Exit code and output of `lead-scoring`."""
    result = CliRunner().invoke(app, list(arguments), input=answer, env=settings.as_environment())
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def build(settings: Settings, day: date = SAMPLE_DAY, first_day: date | None = None, **options: Any) -> str:
    result = run_build(settings, BuildRequest(day, first_day, **options))
    assert result.status is BuildStatus.DONE, result
    return result.run_id


def query(file: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@dataclass(frozen=True)
class Forgotten:
    """An installation whose last build was the first one after somebody was forgotten."""

    settings: Settings
    texts: tuple[str, ...]
    run_id: str
    traces_before: dict[str, int]
    files_before: list[str]
    plan: dict[str, Any]
    accounts_before: list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def forgotten(sample_settings: Settings, built_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Forgotten:
    """The contact with the most crossings of the sample world, by its email as a person would type it."""
    assert built_warehouse.exists()
    folder = tmp_path_factory.mktemp("forgotten")
    settings = installed(sample_settings, folder)
    ((contact_id, email, name),) = query(
        settings.warehouse,
        "select contact_id, email, full_name from marts.contact_scores where contact_id = ("
        " select entity_id from marts.threshold_crossings where entity = 'contact'"
        " group by all order by count(*) desc, entity_id limit 1)",
    )
    shutil.copytree(settings.snapshot.resolve().parent, files_of(settings.snapshot) / "20260101T000000000000Z")
    previous_of(settings.snapshot).symlink_to("snapshots/20260101T000000000000Z/lead_scoring.duckdb")
    alerts = folder / "alerts.toml"
    sheet = folder / "alerts.csv"
    alerts.write_text(CSV_ALERTS.format(path=sheet), encoding="utf-8")
    settings = replace(settings, alerts_config=alerts)
    # Nobody can write to a folder: what is to be sent stays in the outbox.
    sheet.mkdir()
    code, output = command(settings, "alerts", "deliver", "--since", "2026-06-01")
    assert "waiting" in output, (code, output)
    texts = (contact_id, email, name)
    before = traces_in_tables(settings.warehouse, texts)
    files_before = traces_in_files(folder, texts)
    accounts = query(settings.warehouse, "from marts.account_score_history order by all")
    code, output = command(settings, "forget", f" {email.upper()} ", "--yes", "--json")
    assert code == 0, output
    run_id = build(settings)
    return Forgotten(settings, texts, run_id, before, files_before, json.loads(output), accounts)


def test_no_table_has_anything_of_the_person(forgotten: Forgotten) -> None:
    # Every column of every table and view, of all schemas: what is new there is looked at without anybody's doing.
    assert len(forgotten.traces_before) > 60
    assert traces_in_tables(forgotten.settings.warehouse, forgotten.texts) == {}
    assert traces_in_tables(forgotten.settings.snapshot, forgotten.texts) == {}


def test_no_file_has_anything_of_the_person(forgotten: Forgotten) -> None:
    folder = forgotten.settings.warehouse.parent
    assert {file.split("/")[0] for file in forgotten.files_before} >= {"warehouse.duckdb", "published"}
    assert any(".alerts.sqlite" in file for file in forgotten.files_before)
    # The history and the rest of the sample world are there, in the same files.
    someone = query(forgotten.settings.warehouse, "select min(email) from marts.contact_scores")[0][0]
    assert {file.split("/")[0] for file in traces_in_files(folder, [someone])} >= {"warehouse.duckdb", "published"}
    assert traces_in_files(folder, forgotten.texts) == []
    parquet = forgotten.settings.published_dir / "parquet"
    assert len([path for path in parquet.iterdir() if not path.is_symlink()]) == 1
    for file in parquet.rglob("*.parquet"):
        with duckdb.connect() as connection:
            rows = connection.execute(f"select columns(*)::varchar from '{file}'").fetchall()
        assert not any(cell and text in cell for row in rows for cell in row for text in forgotten.texts), file


def test_what_was_said_to_go_is_what_there_was(forgotten: Forgotten) -> None:
    told = forgotten.plan["tables"]
    ids = {".".join(place.split(".")[:2]) for place in forgotten.traces_before if place.endswith(("_id", ".email"))}
    assert set(told) >= {"marts.score_history", "marts.threshold_crossings", "intermediate.int_ledger"}
    assert set(told) <= ids
    tables = query(
        forgotten.settings.warehouse,
        "select schema_name || '.' || table_name from duckdb_tables() where schema_name <> 'privacy'",
    )
    assert ids & {name for (name,) in tables} - set(told) == set()
    assert forgotten.plan["raw_tables_elsewhere"]["contacts"] == 1
    assert forgotten.plan["raw_tables_inside"] == {}
    assert forgotten.plan["alerts"] == {"sheet, pending": 2}


def test_it_is_on_record_without_a_name(forgotten: Forgotten) -> None:
    tombstones = load_tombstones(tombstones_of(forgotten.settings.warehouse))
    assert tombstones
    (request,) = tombstones.requests
    assert request.erased_by == forgotten.run_id
    code, output = command(forgotten.settings, "forget", "--list", "--json")
    assert code == 0
    (listed,) = json.loads(output)
    assert (listed["request"], listed["erased_by"]) == (forgotten.plan["request"], forgotten.run_id)
    assert not any(text in output for text in forgotten.texts)
    contact_id, email, _ = forgotten.texts
    for name in (contact_id, email):
        code, output = command(forgotten.settings, "forget", name, "--yes")
        assert code == 0
        assert "Forgotten already" in output
    assert load_tombstones(tombstones_of(forgotten.settings.warehouse)) == tombstones


def test_alerts_are_blank(forgotten: Forgotten) -> None:
    with open_outbox(forgotten.settings.alerts_outbox) as outbox:
        assert outbox.messages_about(forgotten.texts[0]) == {}
        assert outbox.counts()[("sheet", "forgotten")] == 2


def test_the_past_of_accounts_keeps_its_numbers(forgotten: Forgotten) -> None:
    day = f"where as_of_date < date '{SAMPLE_DAY}'"
    now = query(forgotten.settings.warehouse, f"from marts.account_score_history {day} order by all")
    assert [row for row in forgotten.accounts_before if row[0] < SAMPLE_DAY] == now


def test_only_what_changed_was_computed(forgotten: Forgotten) -> None:
    assert query(forgotten.settings.warehouse, "select is_full from intermediate.int_run_scope") == [(False,)]


def test_nobody_else_can_read_the_record(forgotten: Forgotten) -> None:
    assert tombstones_of(forgotten.settings.warehouse).stat().st_mode & 0o077 == 0
    salt = load_tombstones(tombstones_of(forgotten.settings.warehouse)).salt  # type: ignore[union-attr]
    found = traces_in_files(forgotten.settings.warehouse.parent, [salt])
    assert found == [tombstones_of(forgotten.settings.warehouse).name]


def test_a_run_with_nobody_new_erases_nothing(forgotten: Forgotten) -> None:
    inode = forgotten.settings.warehouse.stat().st_ino
    assert erase_pending(forgotten.settings, forgotten.run_id, grace_seconds=0) == 0
    assert forgotten.settings.warehouse.stat().st_ino == inode


def test_nothing_happens_unasked(forgotten: Forgotten) -> None:
    settings, record = forgotten.settings, tombstones_of(forgotten.settings.warehouse).read_bytes()
    ((someone,),) = query(settings.warehouse, "select min(contact_id) from marts.contact_scores")
    for arguments, answer, exit_code, says in (
        ((someone, "--dry-run"), None, 0, "marts.score_history"),
        ((someone,), "n\n", 1, "Nothing was done"),
        ((someone,), "", 1, "Aborted"),
        (("nobody-of-that-name", "--yes"), None, 1, "Nobody is known by"),
        (("",), None, 1, "Name a contact_id or an email"),
        ((), None, 1, "Name a contact_id or an email"),
        (("--lift", someone, "--yes"), None, 1, "Nobody is forgotten by"),
    ):
        code, output = command(settings, "forget", *arguments, answer=answer)
        assert (code, says in output) == (exit_code, True), (arguments, output)
    assert tombstones_of(settings.warehouse).read_bytes() == record
    with open_outbox(settings.alerts_outbox) as outbox:
        assert outbox.counts()[("sheet", "forgotten")] == 2


def test_a_shared_mailbox_is_no_person() -> None:
    with pytest.raises(typer.Exit):
        confirm(Person(tuple(f"c-{number}" for number in range(11)), (), ("info@acme.example",)), yes=True)
    confirm(Person(("c-1", "c-2"), (), ("info@acme.example",)), yes=True)
