"""Bad input: no raw table, however broken, ends in a stack trace, loses a row or moves a score silently.

What can be read scores as the reference says, cell by cell; what cannot is in `rejected_rows` as it came; a file that
is no table ends the build with one clear message. The rule book's files are fuzzed in `tests/unit/test_rule_book.py`.
"""

from __future__ import annotations

import csv
import json
import math
import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.build import BuildRequest, BuildStatus, run_build
from orchestration.cli import app
from orchestration.dbt_runner import DbtError
from orchestration.settings import DEFAULT_SEEDS_DIR, RAW_DIR_ENV, SEEDS_DIR_ENV, WAREHOUSE_ENV, Settings
from tests.reference import Raw, Reference, differences, load_rule_book
from tests.reference.raw import COLUMNS
from tests.reference.warehouse import DbtWarehouse, read_published
from tests.reference.worlds import TODAY, Seeded, draw_rule_book, draw_world, write_rule_book

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reference.compare import Tables
    from tests.reference.raw import Cells, Column

HUGE = "x" * 10_000_000
HUGE_COLUMNS = {"events": ("event_id", "object", "value"), "contacts": ("job_title",), "contact_attributes": ("value",)}
TEXTS = (
    "'; drop table marts.contact_scores; --",
    '" or 1=1 --',
    "{{ 1/0 }}{% raw %}",
    "${HOME} $1 %s %(id)s \\1 \\",
    'a,b;c\td"e""f',
    "two\nlines\r\nand\rthree",
    "null",
    "NULL",
    "\\N",
    "nan",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "#comment",
    "%_*|!^",
    "👩‍👩‍👧‍👦🏴\u200d☠️",
    "e\u0301 é ﬁ ß Ж",
    "\u202eשלום مرحبا\u202c",
    "\ufeffbom\u200b",
    "nul\x00and\x01\x1b[31m\x7f",
    "\x00",
    "\u2003\u3000\t spaced \x1f\x85",
    "   ",
    "\u2028",
    "x" * 10_000,
)
NUMBERS = (
    " 5 ",
    "1_000",
    "1,5",
    "1e999",
    "-1e999",
    "NaN",
    "inf",
    "-Infinity",
    "0x10",
    "٣",
    "1e-400",
    "-0",
    "+.5e1",
    "--1",
)
TIMES = (
    "infinity",
    "-infinity",
    "0000-01-01",
    "0001-01-01",
    "0044-03-15 (BC)",
    "9999-12-31 23:59:59.999999",
    "9999-12-31T23:59:59-05:00",
    "10000-01-01",
    "99999-01-01 00:00:00",
    "2026-02-30",
    "2024-02-29T12:00:00.123456789Z",
    "2024-3-9 1:02:03",
    "2024-03-09 12:00:00 +0200",
    "2024-03-09 12:00:00.000 -05:30",
    "2024-03-09 12:00:00 Z",
    "2024-03-09 25:00:00",
    "09/03/2024",
    "20240309",
    "1710000000",
    "now",
    "today",
    "2024-03-09 12:00:00; drop table",
)
FLAGS = ("1", "0", "1.0", "0.00", "YES", "n", " t ", "2", "-1", "on", "ja", "true false")
NASTY = {
    "text": (*TEXTS, *NUMBERS[:6], "2026-02-30"),
    "measure": (*NUMBERS, *TEXTS[:6]),
    "number": (*NUMBERS, *TEXTS[:6], HUGE[:100_000]),
    "timestamp": (*TIMES, *TEXTS[:6]),
    "day": (*TIMES[:10], *TEXTS[:6]),
    "flag": (*FLAGS, *TEXTS[:6]),
}
PLAIN: dict[str, Cells] = {
    "events": {
        "event_id": "{row}",
        "contact_id": "c1",
        "event_type": "page_view",
        "occurred_at": "2024-03-09 12:00:00",
        "loaded_at": "2024-03-09 12:00:00",
        "object": "/pricing",
    },
    "contacts": {"contact_id": "{row}", "email": "ann@acme.com", "updated_at": "2024-03-01"},
    "accounts": {"account_id": "{row}", "domain": "{row}.com", "updated_at": "2024-03-01"},
    "contact_attributes": {"contact_id": "c1", "attribute": "{row}", "value": "x"},
    "account_attributes": {"account_id": "acme", "attribute": "{row}", "value": "x"},
    "identities": {"anonymous_id": "{row}", "contact_id": "c1", "identified_at": "2024-03-01"},
    "contact_merges": {"merged_contact_id": "{row}", "surviving_contact_id": "c1", "merged_at": "2024-03-01"},
    "stage_changes": {"contact_id": "c2", "stage_id": "Lead", "changed_at": "2024-03-01"},
    "score_adjustments": {
        "adjustment_id": "{row}",
        "contact_id": "c1",
        "group_id": "web",
        "points": "1",
        "reason": "because",
        "created_by": "ann",
        "effective_date": "2024-03-01",
    },
    "opportunities": {"opportunity_id": "{row}", "contact_id": "c1", "created_at": "2024-03-01"},
}


# --- worlds of nasty values ------------------------------------------------------------------------------------------


def row_with(table: str, column: Column, number: int, cell: str | None) -> Cells:
    """A row in which all is well but one cell."""
    row = f"{table}-{column.name}-{number}"
    plain = {name: (value or "").format(row=row) for name, value in PLAIN[table].items()}
    return {each.name: plain.get(each.name) for each in COLUMNS[table]} | {column.name: cell}


def huge_rows(table: str) -> list[Cells]:
    """Rows with one cell of ten megabytes each."""
    return [
        row_with(table, column, 99, HUGE) for column in COLUMNS[table] if column.name in HUGE_COLUMNS.get(table, ())
    ]


def nasty_world(seed: int) -> Raw:
    """A drawn world and, in each column of each table, each nasty value and a null."""
    drawn = draw_world(Seeded(seed)).tables
    return Raw(
        {
            table: [
                *drawn.get(table, []),
                *huge_rows(table),
                *(
                    row_with(table, column, number, cell)
                    for column in columns
                    for number, cell in enumerate((None, *NASTY[column.kind]))
                ),
            ]
            for table, columns in COLUMNS.items()
        }
    )


def shuffled_world(seed: int) -> Raw:
    """A drawn world in which one cell of three is replaced by a nasty value of its column or of any other."""
    choices = Seeded(seed)
    anything = [cell for cells in NASTY.values() for cell in cells]

    def spoilt(column: Column, cell: str | None) -> str | None:
        if choices.integer(0, 2):
            return cell
        return choices.one_of((None, choices.one_of(NASTY[column.kind]), choices.one_of(anything)))

    return Raw(
        {
            table: [
                {column.name: spoilt(column, row.get(column.name)) for column in COLUMNS[table]}
                for row in rows
                for _ in range(3)
            ]
            for table, rows in draw_world(choices).tables.items()
        }
    )


def write_csv(path: Path, rows: list[Cells], columns: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)


def write_world(world: Raw, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for table, rows in world.tables.items():
        write_csv(folder / f"{table}.csv", rows, [column.name for column in COLUMNS[table]])


def assert_nothing_is_lost(world: Raw, tables: Tables) -> None:
    """Every raw row is rejected as it came, or of an event accounted for."""
    outcomes = {row["outcome"]: row["events"] for row in tables["event_outcomes"]}
    assert sum(outcomes.values()) == len(world.rows("events"))
    rejected = Counter(row["source_table"] for row in tables["rejected_rows"])
    assert rejected["events"] == outcomes["rejected"]
    logged = [row for row in tables["event_log"] if not row["is_derived"]]
    assert len(logged) == len(world.rows("events")) - outcomes["rejected"] - outcomes["duplicate"]
    for row in tables["rejected_rows"]:
        assert row["reason"]
        assert_is_a_row_of(world, row["source_table"], json.loads(row["row_json"]))


def assert_is_a_row_of(world: Raw, table: str, found: dict[str, Any]) -> None:
    # an empty cell of a CSV may be read as null
    wanted = {name: cell or None for name, cell in found.items()}
    assert any(wanted == {name: cell or None for name, cell in row.items()} for row in world.rows(table)), found


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    return DbtWarehouse(tmp_path_factory.mktemp("bad_input"))


def assert_scores_as_the_reference_says(warehouse: DbtWarehouse, world: Raw, seed: int) -> Tables:
    warehouse.reset()
    write_world(world, warehouse.raw_dir)
    write_rule_book(draw_rule_book(Seeded(seed)), warehouse.seeds_dir)
    warehouse.build({"as_of_date": TODAY.isoformat(), "run_date": "2024-03-12"})
    tables = warehouse.read()
    expected = Reference().run(world, load_rule_book(warehouse.seeds_dir), TODAY)
    found = differences(expected, tables)
    assert not found, "\n".join(line[:600] for line in found)
    assert_nothing_is_lost(world, tables)
    return tables


@pytest.mark.slow
def test_every_nasty_value_in_every_column(warehouse: DbtWarehouse) -> None:
    tables = assert_scores_as_the_reference_says(warehouse, nasty_world(1), seed=1)
    reasons = {row["reason"] for row in tables["rejected_rows"]}
    required = {f"missing_{column.name}" for columns in COLUMNS.values() for column in columns if column.is_required}
    assert reasons == required | {"missing_contact", "future", "unknown_group"}


@pytest.mark.slow
@pytest.mark.sampled(3)
@pytest.mark.parametrize("seed", range(5))
def test_spoilt_worlds(warehouse: DbtWarehouse, seed: int) -> None:
    assert_scores_as_the_reference_says(warehouse, shuffled_world(seed), seed)


# --- tables of any type ----------------------------------------------------------------------------------------------

# Ids as numbers, times as dates and with a zone, flags as numbers, quantities as text and what is no quantity at all;
# names in any case, columns in any order, more of them than asked for; most optional tables are absent.
TYPED_TABLES = {
    "events": """
        select
            {'deep': [{'x': 1}]} as extra,
            unnest([1.0::double, 0.0, null, 2.0, 'nan', 'infinity', null, null]) as "Is_Machine",
            unnest([5::double, 50.25, 'nan', 'infinity', '-infinity', 1e300, null, 0]) as value,
            unnest(range(8))::bigint as "EVENT_ID",
            unnest([1, 1, 1, 2, 2, 2, 3, null])::integer as "Contact_Id",
            unnest(['page_view', 'page_view', 'page_view', 'page_view', 'email_open', 'email_open', null, 'x'])
                ::enum('page_view', 'email_open', 'x') as event_type,
            timestamptz '2024-03-09 12:00:00+02:00' + interval (unnest(range(8))) hour as occurred_at,
            date '2024-03-10' as loaded_at,
            to_json(unnest(['/pricing', '/a', '/b', '/c', 'mail-1', 'mail-2', '/d', '/e'])) as object,
            [1, 2] as category,
            'crm\\x00\\xFF'::blob as product_id,
            {'a': 1, 'b': null} as campaign,
            map {'a': 1} as user_agent,
        """,
    "contacts": """
        select
            unnest([1, 2, 3, 4])::hugeint as contact_id,
            unnest([1, 0, null, 2])::tinyint as email_opt_out,
            unnest(['2024-03-01', '2024-03-01T00:00:00Z', '2024-03-01 01:00 +0100', 'yesterday']) as updated_at,
            date '2024-02-01' as created_at,
            unnest([12.50, null, 0, 1])::decimal(18, 2) as job_title,
            unnest(['ann@acme.com', 'bob@beta.io', 'no', null]) as email,
            uuid '00000000-0000-0000-0000-000000000001' as account_id,
            interval 3 day as phone,
            time '12:00' as "Department",
            4::utinyint as country,
        """,
    "accounts": """
        select
            uuid '00000000-0000-0000-0000-000000000001' as account_id,
            1234567.891::decimal(38, 3) as annual_revenue,
            'infinity'::double as employee_count,
            timestamp_s '2024-03-01 00:00:00' as updated_at,
        union all
        select uuid '00000000-0000-0000-0000-000000000002', null, 12, 'infinity'
        """,
    "contact_attributes": "select 1 as contact_id, 'score' as attribute, unnest([5::double, 'nan']) as value",
    "stage_changes": """
        select 1::smallint as contact_id, unnest(['Lead', 'mql']) as stage_id,
            unnest([timestamp_ns '2024-03-01 00:00:00.123456789', null]) as changed_at
        """,
    "score_adjustments": """
        select unnest(range(3)) as adjustment_id, 1.0::decimal(3, 0) as contact_id, 'web' as group_id,
            unnest([7, null, 2])::decimal(5, 2) as points, true as reason, 1 as created_by,
            timestamptz '2024-03-08 23:30:00-05:00' as effective_date,
            unnest(['never', null, '2024-03-09']) as expires_date
        """,
    "opportunities": """
        select 1 as opportunity_id, {'x': 5} as amount, [date '2024-03-01'] as closed_at,
            date '2024-03-01' as created_at,
            false as outcome
        """,
}


def typed_world() -> Raw:
    """The typed tables as the reference reads them: text as the engine gives it, whole numbers without decimals."""
    tables = {}
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for table, query in TYPED_TABLES.items():
            types = {name: kind for name, kind, *_ in connection.execute(f"describe {query}").fetchall()}
            rows = connection.execute(f"select cast(columns(*) as varchar) from ({query})").fetchall()
            tables[table] = [
                {name.lower(): plain_text(cell, kind) for (name, kind), cell in zip(types.items(), row, strict=True)}
                for row in rows
            ]
    return Raw(tables)


def plain_text(cell: str | None, kind: str) -> str | None:
    if cell is None:
        return None
    if kind == "DOUBLE":
        return None if not math.isfinite(float(cell)) else cell.removesuffix(".0")
    return cell.strip('"') if kind == "JSON" else cell


@pytest.mark.slow
def test_tables_of_any_type_in_the_warehouse(tmp_path: Path, state_dir: Path) -> None:
    settings = Settings(tmp_path / "warehouse.duckdb", None, tmp_path / "seeds", state_dir)
    rule_book = draw_rule_book(Seeded(4))
    write_rule_book(rule_book, settings.seeds_dir)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("set timezone = 'UTC'; create schema raw")
        for table, query in TYPED_TABLES.items():
            connection.execute(f"create table raw.{table} as {query}")
    result = run_build(settings, BuildRequest(TODAY))
    assert result.status is BuildStatus.DONE, result
    expected = Reference().run(typed_world(), load_rule_book(settings.seeds_dir), TODAY)
    assert not differences(expected, read_published(settings.warehouse))


def test_parquet_of_any_type(warehouse: DbtWarehouse) -> None:
    warehouse.reset()
    warehouse.raw_dir.mkdir()
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for table, query in TYPED_TABLES.items():
            connection.execute(f"copy ({query}) to '{warehouse.raw_dir / table}.parquet'")
    write_rule_book(draw_rule_book(Seeded(4)), warehouse.seeds_dir)
    warehouse.build({"as_of_date": TODAY.isoformat(), "run_date": "2024-03-12"})
    expected = Reference().run(typed_world(), load_rule_book(warehouse.seeds_dir), TODAY)
    assert not differences(expected, warehouse.read())


# --- files that are no tables ----------------------------------------------------------------------------------------

EVENTS = "event_id,contact_id,event_type,occurred_at,loaded_at"
EVENT = "e1,c1,page_view,2024-03-09,2024-03-09"
CONTACTS = "contact_id,updated_at\nc1,2024-03-01\n"
GOOD_FILES: dict[str, bytes] = {"events.csv": f"{EVENTS}\n{EVENT}\n".encode(), "contacts.csv": CONTACTS.encode()}
# name of the case: files, and how every error line begins and what it says
BROKEN_FILES: dict[str, tuple[dict[str, bytes | None], list[tuple[str, str]]]] = {
    "too many and too few cells": (
        {"events.csv": f'{EVENTS}\n{EVENT},x\n{EVENT}\n"e\n2",c1\n{EVENT}\ne3,c1,page_'.encode()},
        [
            ("events.csv:2: ", "more cells than the header"),
            ("events.csv:4: ", "fewer cells than the header"),
            ("events.csv:6: ", "fewer cells than the header"),
        ],
    ),
    "a quote that does not end": (
        {"events.csv": f'{EVENTS}\n{EVENT}\ne2,"c1,page_view,2024-03-09,2024-03-09\n'.encode()},
        [("events.csv:3: ", "quote")],
    ),
    "text after a quote": (
        {"contacts.csv": b'contact_id,updated_at\n"c"1,2024-03-01\n'},
        [("contacts.csv:2: ", "quote")],
    ),
    "Latin-1 in the header": (
        {"contacts.csv": "contact_id,größe,updated_at\nc1,1,2024-03-01\n".encode("latin-1")},
        [("Invalid Input Error: CSV Error on Line: 1 Invalid unicode", "raw/contacts.csv")],
    ),
    "Latin-1": (
        {"contacts.csv": "contact_id,updated_at\nzoë,2024-03-01\n".encode("latin-1")},
        [("Invalid Input Error: CSV Error on Line: 2 Invalid unicode", "raw/contacts.csv")],
    ),
    "Latin-1 far down": (
        {"contacts.csv": CONTACTS.encode() + b"c1,2024-03-01\n" * 5001 + b"zo\xeb,2024-03-01\n"},
        [("contacts.csv:5004: ", "not UTF-8")],
    ),
    "UTF-16": (
        {"contacts.csv": CONTACTS.encode("utf-16")},
        [("Invalid Input Error: CSV Error on Line: 1 Invalid unicode", "raw/contacts.csv")],
    ),
    "empty files": (
        {"events.csv": b"", "accounts.csv": b"\n"},
        [("events.csv:1: ", "no header"), ("accounts.csv:1: ", "no header")],
    ),
    "a line before the header": (
        {"contacts.csv": b"Export of March\n" + CONTACTS.encode()},
        [("contacts.csv:2: ", "more cells"), ("contacts.csv:3: ", "more cells")],
    ),
    "semicolons": (
        {"contacts.csv": CONTACTS.replace(",", ";").encode()},
        [("raw table contacts has no column contact_id", ""), ("raw table contacts has no column updated_at", "")],
    ),
    "the same column twice": (
        {"contacts.csv": b"contact_id,updated_at,Contact_ID\nc1,2024-03-01,c2\n"},
        [("contacts.csv:1: ", "column contact_id stands there 2 times")],
    ),
    "no header": (
        {"events.csv": f"{EVENT}\n".encode()},
        [("events.csv:1: ", "column 2024-03-09 stands there 2 times")],
    ),
    "mixed line ends": (
        {"contacts.csv": b"contact_id,updated_at\r\nc1,2024-03-01\nc2,2024-03-01\r\n"},
        [("Invalid Input Error: ", "raw/contacts.csv")],
    ),
    "no Parquet": ({"events.csv": None, "events.parquet": b"event_id,contact_id\n" * 9}, [("", "events.parquet")]),
    "an empty Parquet file": ({"accounts.parquet": b""}, [("", "accounts.parquet")]),
    "one table in two files": (
        {"events.parquet": b"PAR1"},
        [("raw table events is there twice", "remove one")],
    ),
    "folders": (
        {"accounts.parquet/part-0.parquet": b"", "events.csv": None, "events.csv/a.csv": EVENTS.encode()},
        [("events.csv in ", "is a folder"), ("accounts.parquet in ", "is a folder")],
    ),
    "no required table": (
        {"events.csv": None},
        [("raw table events is required and absent", "events.parquet or .csv")],
    ),
    "no required column": (
        {"contacts.csv": b"contact_id,email\nc1,a@b.c\n", "accounts.csv": b"account_name\nAcme\n"},
        [
            ("raw table contacts has no column updated_at, which is required", ""),
            ("raw table accounts has no column account_id, which is required", ""),
            ("raw table accounts has no column updated_at, which is required", ""),
        ],
    ),
}


def write_files(folder: Path, changed: dict[str, bytes | None]) -> None:
    for name, content in (GOOD_FILES | changed).items():
        if content is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


@pytest.mark.parametrize("case", BROKEN_FILES)
def test_a_file_that_is_no_table_is_named(case: str, warehouse: DbtWarehouse) -> None:
    changed, wanted = BROKEN_FILES[case]
    warehouse.reset()
    write_files(warehouse.raw_dir, changed)
    write_rule_book(draw_rule_book(Seeded(1)), warehouse.seeds_dir)
    with pytest.raises(AssertionError) as failure:
        warehouse.build({"as_of_date": TODAY.isoformat()})
    errors = str(DbtError(failure.value)).splitlines()
    assert len(errors) == len(wanted), errors
    for line, (beginning, rest) in zip(errors, wanted, strict=True):
        assert line.startswith(beginning), errors
        assert rest in line, errors


def test_what_the_user_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], state_dir: Path
) -> None:
    write_files(tmp_path / "raw", BROKEN_FILES["too many and too few cells"][0])
    monkeypatch.setenv(WAREHOUSE_ENV, str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv(RAW_DIR_ENV, str(tmp_path / "raw"))
    monkeypatch.setenv(SEEDS_DIR_ENV, str(DEFAULT_SEEDS_DIR))
    monkeypatch.setattr(Settings, "state_dir", state_dir)
    result = CliRunner().invoke(app, ["build", "--as-of", "2024-03-10"])
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "Traceback" not in result.output + "".join(capfd.readouterr())
    errors = result.output.strip().splitlines()
    assert [error.split(":")[:2] for error in errors[:3]] == [["events.csv", line] for line in "246"]
    assert errors[3:] == ["Not built: 3 errors."]


def test_csvs_as_programs_write_them(warehouse: DbtWarehouse) -> None:
    """A byte order mark, CRLF or CR, blank lines, nameless and odd columns, line breaks in cells, needless quotes."""
    folder = warehouse.raw_dir
    warehouse.reset()
    contacts = (
        '\ufeff,Größe,"Contact_ID", Updated_At ,"a, b"\r\n0,1,c1,2024-03-01,\r\n\r\n1,,"c\r\n2",2024-03-01,"x""y"\r\n'
    )
    write_files(folder, {"contacts.csv": contacts.encode(), "events.csv": f"{EVENTS}\r{EVENT}".encode()})
    (folder / "opportunities.csv").write_text("opportunity_id,created_at,Schön\n#1,,x\n", "utf-8")
    write_rule_book(draw_rule_book(Seeded(1)), warehouse.seeds_dir)
    warehouse.build({"as_of_date": TODAY.isoformat()})
    tables = warehouse.read()
    assert sorted(row["contact_id"] for row in tables["contact_scores"]) == ["c\r\n2", "c1"]
    assert [row["event_id"] for row in tables["event_log"] if not row["is_derived"]] == ["e1"]
    assert [row["row_key"] for row in tables["rejected_rows"]] == ["#1"]
