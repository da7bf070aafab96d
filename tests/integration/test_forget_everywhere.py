"""A person who left traces wherever one can: two records with two emails, devices, rejected rows, addresses in texts.

What a build makes of the world after that person was forgotten is what it makes of a world without.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from orchestration.build import BuildRequest, BuildStatus, run_build
from orchestration.privacy.raw_rows import RAW_COLUMNS
from orchestration.privacy.tombstones import load_tombstones, tombstones_of
from orchestration.publish.record import RECORD_TABLES
from orchestration.settings import DEFAULT_SEEDS_DIR, Settings
from tests.conftest import SAMPLE_DAY
from tests.integration.test_forget import build, command, query
from tests.traces import traces_in_files, traces_in_tables

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

YESTERDAY = SAMPLE_DAY - timedelta(days=1)
FIRST_DAY = SAMPLE_DAY - timedelta(days=4)
TEXTS = (
    "zoe.quist@sundown-optics.example",
    "zoe@quist.example",
    "zq-1",
    "zq-2",
    "zq-new",
    "zq-visitor",
    "zq-phone",
    "Zoë Quist",
    "zq-agent",
)
NOON = f"{SAMPLE_DAY - timedelta(days=6)} 12:00:00"


def event(number: int, **values: Any) -> dict[str, Any]:
    return {
        "event_id": f"zoe-{number}",
        "event_type": "demo_request",
        "occurred_at": NOON,
        "loaded_at": NOON,
        "user_agent": "zq-agent/1.0",
        **values,
    }


ZOE: dict[str, list[dict[str, Any]]] = {
    "contacts": [
        {
            "contact_id": "zq-1",
            "email": "Zoe.Quist@Sundown-Optics.example ",
            "full_name": "Zoë Quist",
            "job_title": "Chief Technology Officer",
            "account_id": "zoes",
            "created_at": "2026-05-01 00:00:00",
            "updated_at": NOON,
        },
        {"contact_id": "zq-2", "email": "zoe@quist.example", "full_name": "Zoë Quist", "updated_at": NOON},
        # Rejected, and still a copy of her address.
        {"contact_id": None, "email": "zoe@quist.example", "full_name": "Zoë Quist", "updated_at": NOON},
        {"contact_id": "zq-2", "email": "ZOE@quist.example", "full_name": "Zoë Quist", "updated_at": None},
    ],
    "accounts": [{"account_id": "zoes", "account_name": "Sundown Optics", "updated_at": NOON}],
    "contact_merges": [
        {"merged_contact_id": "zq-2", "surviving_contact_id": "zq-1", "merged_at": NOON},
        {"merged_contact_id": "zq-2", "surviving_contact_id": None, "merged_at": NOON},
    ],
    "identities": [{"anonymous_id": "zq-visitor", "contact_id": "zq-2", "identified_at": NOON}],
    "contact_attributes": [{"contact_id": "zq-1", "attribute": "assistant", "value": "zoe@quist.example"}],
    "stage_changes": [{"contact_id": "zq-2", "stage_id": "lead", "changed_at": NOON}],
    "score_adjustments": [
        {
            "adjustment_id": "zoe-1",
            "contact_id": "zq-1",
            "group_id": "no_such_group",
            "points": 5,
            "reason": "Zoë Quist called",
            "created_by": "sales",
            "effective_date": str(YESTERDAY),
        }
    ],
    "opportunities": [
        {"opportunity_id": "zoe-1", "contact_id": "zq-2", "account_id": "zoes", "created_at": NOON, "outcome": "open"}
    ],
    "events": [
        event(1, contact_id="zq-1"),
        event(2, contact_id=" zq-2 ", object="/unsubscribe/zoe@quist.example", event_type="page_view"),
        event(3, anonymous_id="zq-visitor", event_type="trial_request"),
        event(3, anonymous_id="zq-visitor", event_type="trial_request", loaded_at=f"{YESTERDAY} 12:00:00"),
        event(4, contact_id="zq-1", event_type=None, object="zoe@quist.example"),
        event(5, contact_id="zq-1", occurred_at=f"{SAMPLE_DAY + timedelta(days=90)} 00:00:00"),
    ],
}


def add_rows(raw_dir: Path, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Append rows to raw files; each column keeps its type."""
    for table, new in rows.items():
        file = raw_dir / f"{table}.parquet"
        with duckdb.connect() as connection:
            connection.execute(f"create table raw as from '{file}'")
            for row in new:
                names, marks = ", ".join(row), ", ".join("?" * len(row))
                connection.execute(f"insert into raw ({names}) values ({marks})", list(row.values()))
            connection.execute(f"copy raw to '{file}' (format parquet)")


def world(source: Path, folder: Path, state_dir: Path, rows: dict[str, list[dict[str, Any]]]) -> Settings:
    shutil.copytree(source, folder / "raw")
    add_rows(folder / "raw", rows)
    return Settings(folder / "warehouse.duckdb", folder / "raw", DEFAULT_SEEDS_DIR, state_dir)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("own_state")


@pytest.fixture(scope="module")
def with_zoe(sample_raw_dir: Path, tmp_path_factory: pytest.TempPathFactory, state: Path) -> Settings:
    """Yesterday's warehouse, with her in it."""
    settings = world(sample_raw_dir, tmp_path_factory.mktemp("with_zoe"), state, ZOE)
    build(settings, YESTERDAY, FIRST_DAY)
    return settings


@pytest.fixture(scope="module")
def forgotten(with_zoe: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Today's, without her; her rows are still at the source."""
    folder = tmp_path_factory.mktemp("forgotten")
    shutil.copytree(with_zoe.warehouse.parent, folder, symlinks=True, dirs_exist_ok=True)
    settings = replace(with_zoe, warehouse=folder / "warehouse.duckdb", raw_dir=folder / "raw")
    assert len(traces_in_tables(settings.warehouse, TEXTS)) > 80
    code, output = command(settings, "forget", "zoe@quist.example", "--yes")
    assert code == 0, output
    build(settings)
    return settings


def test_nothing_is_left_of_any_record_email_or_device(forgotten: Settings, state: Path) -> None:
    assert traces_in_tables(forgotten.warehouse, TEXTS) == {}
    assert traces_in_tables(forgotten.snapshot, TEXTS) == {}
    source = {f"raw/{table}.parquet" for table in RAW_COLUMNS}
    assert set(traces_in_files(forgotten.warehouse.parent, TEXTS)) <= source
    # Neither dbt's SQL and logs nor Dagster's record of runs.
    assert traces_in_files(state, TEXTS) == []


@pytest.fixture(scope="module")
def without_zoe(sample_raw_dir: Path, tmp_path_factory: pytest.TempPathFactory, state: Path) -> Settings:
    """The same days of a world in which she never was; her company was."""
    accounts = {"accounts": ZOE["accounts"]}
    settings = world(sample_raw_dir, tmp_path_factory.mktemp("without_zoe"), state, accounts)
    build(settings, YESTERDAY, FIRST_DAY)
    build(settings)
    return settings


def differing_tables(one: Settings, other: Settings, condition: str = "true") -> dict[str, int]:
    """Marts that are not the same in both, with the number of rows that only one has."""
    found = {}
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{one.snapshot}' as one (read_only); attach '{other.snapshot}' as other (read_only)"
        )
        tables = connection.execute("select table_name from duckdb_tables() where database_name = 'one'").fetchall()
        for (table,) in tables:
            if table in RECORD_TABLES:
                continue
            columns = connection.execute(f"describe one.marts.{table}").fetchall()
            names = [name for name, *_ in columns]
            where = condition if "as_of_date" in names else "true"
            rounded = ", ".join(f"round({n}, 9)" if kind == "DOUBLE" else n for n, kind, *_ in columns)
            sides = [f"select {rounded} from {side}.marts.{table} where {where}" for side in ("one", "other")]
            one_way, other_way = (f"({a} except all {b})" for a, b in (sides, sides[::-1]))
            ((rows,),) = connection.execute(f"select count(*) from ({one_way} union all {other_way})").fetchall()
            if rows:
                found[table] = rows
    return found


def test_it_is_the_world_without_her(forgotten: Settings, without_zoe: Settings) -> None:
    today = f"as_of_date = date '{SAMPLE_DAY}'"
    # Crossings of others are where they were. Days before keep the sums that they had: stages count one more.
    assert differing_tables(forgotten, without_zoe, today) == {}
    assert set(differing_tables(forgotten, without_zoe)) <= {"stage_funnel"}
    assert query(forgotten.warehouse, "select is_full from intermediate.int_run_scope") == [(False,)]


def test_a_company_that_was_hers_alone_has_no_history(with_zoe: Settings, forgotten: Settings) -> None:
    history = "select count(*) from marts.account_score_history where account_id = 'zoes'"
    assert query(with_zoe.warehouse, history)[0][0] > 0
    assert query(forgotten.warehouse, history) == [(0,)]


def test_what_comes_again_stays_out(forgotten: Settings, tmp_path: Path) -> None:
    """A new record with her email, merged records, a new device; in partial runs and in full ones, and by plain ids."""
    shutil.copytree(forgotten.warehouse.parent, tmp_path / "world", symlinks=True)
    settings = replace(forgotten, warehouse=tmp_path / "world" / "warehouse.duckdb", raw_dir=tmp_path / "world" / "raw")
    before = differing_tables(settings, forgotten)
    add_rows(
        tmp_path / "world" / "raw",
        {
            "contacts": [
                {
                    "contact_id": "zq-new",
                    "email": "ZOE.QUIST@sundown-optics.example",
                    "full_name": "Zoë Quist",
                    "updated_at": NOON,
                },
                {"contact_id": "zq-newer", "email": "other@acme.example", "full_name": "Zoë Quist", "updated_at": NOON},
            ],
            "contact_merges": [{"merged_contact_id": "zq-newer", "surviving_contact_id": "zq-new", "merged_at": NOON}],
            "identities": [{"anonymous_id": "zq-phone", "contact_id": "zq-newer", "identified_at": NOON}],
            "events": [
                event(11, contact_id="zq-new"),
                event(12, contact_id="zq-newer"),
                event(13, anonymous_id="zq-phone"),
                event(14, contact_id="zq-1"),
            ],
        },
    )
    build(settings)
    assert traces_in_tables(settings.warehouse, TEXTS) == {}
    assert differing_tables(settings, forgotten) == before == {}
    build(settings, full_refresh=True)
    assert traces_in_tables(settings.warehouse, TEXTS) == {}
    assert differing_tables(settings, forgotten) == {}
    # The record that named her is gone at the source; what she did under it comes again all the same.
    for table in ("contacts", "identities", "contact_merges"):
        shutil.copyfile(forgotten.raw_dir / f"{table}.parquet", settings.raw_dir / f"{table}.parquet")  # type: ignore[operator]
    build(settings)
    assert traces_in_tables(settings.warehouse, TEXTS) == {}
    # A warehouse made anew forgets the same persons.
    settings.warehouse.unlink()
    build(settings)
    assert traces_in_tables(settings.warehouse, TEXTS) == {}
    assert traces_in_files(tmp_path / "world" / "published", TEXTS) == []


def test_who_is_let_back_is_there_again(forgotten: Settings, tmp_path: Path) -> None:
    shutil.copytree(forgotten.warehouse.parent, tmp_path / "world", symlinks=True)
    settings = replace(forgotten, warehouse=tmp_path / "world" / "warehouse.duckdb", raw_dir=tmp_path / "world" / "raw")
    code, output = command(settings, "forget", "zq-2", "--lift", answer="y\n")
    assert code == 0, output
    assert load_tombstones(tombstones_of(settings.warehouse)).requests == ()  # type: ignore[union-attr]
    build(settings)
    assert query(settings.warehouse, "select contact_id from marts.contact_scores where contact_id like 'zq%'") == [
        ("zq-1",)
    ]
    days = "select distinct as_of_date from marts.score_history where contact_id = 'zq-1'"
    assert query(settings.warehouse, days) == [(SAMPLE_DAY,)], "what was deleted does not come back"
    compiled = settings.dbt_target_dir / "run"
    assert traces_in_files(compiled, ["forgotten_ids"]) == [], "of nobody no trace is in the SQL"


def test_a_lost_record_stops_the_build(forgotten: Settings, tmp_path: Path) -> None:
    shutil.copyfile(forgotten.warehouse, tmp_path / "warehouse.duckdb")
    settings = replace(forgotten, warehouse=tmp_path / "warehouse.duckdb")
    result = run_build(settings, BuildRequest(SAMPLE_DAY))
    assert result.status is BuildStatus.ERRORS
    assert any("the record of forgotten persons" in error and "is gone" in error for error in result.errors), result


def test_raw_tables_in_the_warehouse_itself(with_zoe: Settings, tmp_path: Path) -> None:
    """They are in the file: the command deletes from them, and a later import of them stays out of the rest."""
    settings = replace(with_zoe, warehouse=tmp_path / "warehouse.duckdb", raw_dir=None)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("create schema raw")
        for file in with_zoe.raw_dir.glob("*.parquet"):  # type: ignore[union-attr]
            connection.execute(f"create table raw.{file.stem} as from '{file}'")
    build(settings, YESTERDAY)
    rows = query(settings.warehouse, "select count(*) from raw.events")[0][0]
    code, output = command(settings, "forget", "zq-1", "--yes")
    assert code == 0, output
    assert "Still in" not in output
    assert "Yours to delete in" not in output
    assert query(settings.warehouse, "select count(*) from raw.events") == [(rows - len(ZOE["events"]),)]
    build(settings)
    assert traces_in_tables(settings.warehouse, TEXTS) == {}
    assert traces_in_files(tmp_path, TEXTS) == []
