"""examples/leadforge: the mapping accounts for every row and leaks nothing; the evaluation computes what it says.

Not here: the meaning of scores. The last test runs the whole job and is the only one that needs a built warehouse.
"""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

PROJECT_ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = PROJECT_ROOT / "examples"
BUNDLE = PROJECT_ROOT.parent / "shared" / "data" / "leadforge" / "demo-s42-student_public"

needs_bundle = pytest.mark.skipif(not BUNDLE.is_dir(), reason="../shared/data/leadforge is absent")

# Only the columns that leadforge can fill; the contract takes the absent ones as null.
RAW_COLUMNS = {
    "accounts": {
        "account_id": "VARCHAR",
        "account_name": "VARCHAR",
        "industry": "VARCHAR",
        "employee_count": "INTEGER",
        "annual_revenue": "INTEGER",
        "country": "VARCHAR",
        "updated_at": "TIMESTAMP",
    },
    "contacts": {
        "contact_id": "VARCHAR",
        "job_title": "VARCHAR",
        "account_id": "VARCHAR",
        "created_at": "TIMESTAMP",
        "updated_at": "TIMESTAMP",
    },
    "contact_attributes": {"contact_id": "VARCHAR", "attribute": "VARCHAR", "value": "VARCHAR"},
    "account_attributes": {"account_id": "VARCHAR", "attribute": "VARCHAR", "value": "VARCHAR"},
    "events": {
        "event_id": "VARCHAR",
        "contact_id": "VARCHAR",
        "event_type": "VARCHAR",
        "occurred_at": "TIMESTAMP",
        "loaded_at": "TIMESTAMP",
        "object": "VARCHAR",
        "category": "VARCHAR",
        "value": "DOUBLE",
    },
    "stage_changes": {"contact_id": "VARCHAR", "stage_id": "VARCHAR", "changed_at": "TIMESTAMP"},
    "opportunities": {
        "opportunity_id": "VARCHAR",
        "account_id": "VARCHAR",
        "contact_id": "VARCHAR",
        "created_at": "TIMESTAMP",
        "amount": "DOUBLE",
    },
}

# Counted in the source: touches, sessions and activities by kind, and the summed page counts of the sessions.
EVENTS_BY_TYPE = {
    "asset_download": 3_641 + 4_181,
    "contact_request": 3_546 + 3_463,
    "email_sent": 4_124,
    "page_view": 4_422 + 1_969,
    "sales_conversation": 4_370,
    "sales_demo_completed": 4_162,
    "sales_meeting_set": 4_195,
    "social_engagement": 3_470,
    "web_session": 10_171,
    "webinar_attend": 3_571 + 4_134,
}
LEFT_OUT = {
    ("touches", "call outbound"): 4_276,
    ("touches", "linkedin_message outbound"): 4_155,
    ("sales_activities", "left_voicemail"): 4_242,
    ("sales_activities", "no_answer"): 4_389,
}

Account = list[tuple[str, str, int, int, str]]


def run_mapping(input_dir: Path, output_dir: Path) -> Account:
    script = runpy.run_path(str(EXAMPLES / "map_source.py"))
    account: Account = script["map_source"](EXAMPLES / "leadforge" / "mapping.sql", input_dir, output_dir)
    return account


def query(sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Account]:
    raw_dir = tmp_path_factory.mktemp("leadforge") / "raw"
    return raw_dir, run_mapping(BUNDLE, raw_dir)


@needs_bundle
def test_every_source_row_is_accounted_for(mapped: tuple[Path, Account]) -> None:
    _, account = mapped
    accounted: dict[str, int] = {}
    for source_table, _, source_rows, _, _ in account:
        accounted[source_table] = accounted.get(source_table, 0) + source_rows
    in_files = {
        path.stem: query(f"select count(*) from '{path}'")[0][0]
        for path in sorted((BUNDLE / "tables").glob("*.parquet"))
    }
    assert accounted == in_files
    left_out = {(table, kind): rows for table, kind, rows, raw_rows, _ in account if raw_rows == 0}
    assert left_out == LEFT_OUT


@needs_bundle
def test_event_rows_are_those_counted_in_the_source(mapped: tuple[Path, Account]) -> None:
    raw_dir, account = mapped
    by_type = dict(query(f"select event_type, count(*) from '{raw_dir}/events.parquet' group by event_type"))
    assert by_type == EVENTS_BY_TYPE
    behaviour = {"touches", "sessions", "sales_activities"}
    assert sum(raw_rows for table, _, _, raw_rows, _ in account if table in behaviour) == sum(EVENTS_BY_TYPE.values())


@needs_bundle
def test_raw_tables_have_the_columns_and_types_of_the_contract(mapped: tuple[Path, Account]) -> None:
    raw_dir, _ = mapped
    columns = {
        path.stem: {name: kind for name, kind, *_ in query(f"describe select * from '{path}'")}
        for path in raw_dir.glob("*.parquet")
    }
    assert columns == RAW_COLUMNS


@needs_bundle
@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("events", "event_id"),
        ("contacts", "contact_id"),
        ("accounts", "account_id"),
        ("opportunities", "opportunity_id"),
        ("stage_changes", "contact_id || stage_id"),
    ],
)
def test_keys_are_unique(mapped: tuple[Path, Account], table: str, key: str) -> None:
    raw_dir, _ = mapped
    assert query(f"select count(*) - count(distinct {key}) from '{raw_dir}/{table}.parquet'") == [(0,)]


@needs_bundle
def test_every_event_belongs_to_a_contact_and_every_contact_to_an_account(mapped: tuple[Path, Account]) -> None:
    raw_dir, _ = mapped
    assert query(
        f"select count(*) from '{raw_dir}/events.parquet' anti join '{raw_dir}/contacts.parquet' using (contact_id)"
    ) == [(0,)]
    assert query(
        f"select count(*) from '{raw_dir}/contacts.parquet' anti join '{raw_dir}/accounts.parquet' using (account_id)"
    ) == [(0,)]


@needs_bundle
def test_nothing_lies_past_day_30_of_its_lead(mapped: tuple[Path, Account]) -> None:
    raw_dir, _ = mapped
    ages = query(f"""
        with lead_of_event as (
            select touch_id as source_id, lead_id from '{BUNDLE}/tables/touches.parquet'
            union all select session_id, lead_id from '{BUNDLE}/tables/sessions.parquet'
            union all select activity_id, lead_id from '{BUNDLE}/tables/sales_activities.parquet'
            union all select opportunity_id, lead_id from '{BUNDLE}/tables/opportunities.parquet'
        ),
        mapped_rows as (
            select split_part(event_id, ':', 1) as source_id, occurred_at from '{raw_dir}/events.parquet'
            union all select opportunity_id, created_at from '{raw_dir}/opportunities.parquet'
        )
        select count(*), min(occurred_at::date - lead_created_at::date), max(occurred_at::date - lead_created_at::date)
        from mapped_rows
        inner join lead_of_event using (source_id)
        inner join '{BUNDLE}/tables/leads.parquet' using (lead_id)
    """)
    assert ages == [(sum(EVENTS_BY_TYPE.values()) + 4_426, 0, 30)]


@needs_bundle
def test_no_mapped_text_tells_how_a_deal_ended(mapped: tuple[Path, Account]) -> None:
    raw_dir, _ = mapped
    telling = "select distinct stage from '{}'".format(BUNDLE / "tables" / "opportunities.parquet")
    for table, columns in RAW_COLUMNS.items():
        for column, kind in columns.items():
            if kind == "VARCHAR":
                found = query(f"select count(*) from '{raw_dir}/{table}.parquet' where {column} in ({telling})")
                assert found == [(0,)], f"{table}.{column}"
    assert query(f"select distinct stage_id from '{raw_dir}/stage_changes.parquet' order by 1") == [
        ("lead",),
        ("opportunity",),
    ]


@needs_bundle
def test_an_unknown_touch_stops_the_mapping_and_writes_nothing(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    (bundle / "tables").mkdir(parents=True)
    for path in (BUNDLE / "tables").glob("*.parquet"):
        (bundle / "tables" / path.name).symlink_to(path)
    touches = bundle / "tables" / "touches.parquet"
    touches.unlink()
    source = BUNDLE / "tables" / "touches.parquet"
    query(f"copy (select * replace ('fax' as touch_type) from '{source}' limit 1) to '{touches}'")
    command = [
        sys.executable,
        EXAMPLES / "map_source.py",
        EXAMPLES / "leadforge" / "mapping.sql",
        bundle,
        tmp_path / "raw",
    ]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    assert "touch without a mapping: touch_" in finished.stderr
    assert not (tmp_path / "raw").exists()


def write_evaluation_world(folder: Path, scores: list[float], converted: list[bool]) -> tuple[Path, Path]:
    """A warehouse and labels with one lead per contact, account and score, all created on 2024-01-01."""
    labels = folder / "bundle" / "tasks" / "converted_within_90_days"
    labels.mkdir(parents=True)
    warehouse = folder / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table world (id integer, score double, converted boolean)")
        connection.executemany(
            "insert into world values (?, ?, ?)", list(zip(range(len(scores)), scores, converted, strict=True))
        )
        connection.execute(
            "copy (select 'l' || id as lead_id, 'c' || id as contact_id, 'a' || id as account_id,"
            " '2024-01-01' as lead_created_at, converted as converted_within_90_days from world)"
            f" to '{labels}/train.parquet' (format parquet)"
        )
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.score_history as select date '2024-01-31' as as_of_date, 'c' || id as contact_id,"
            " score as activity_score, -score as fit_score, score as lead_score from world"
        )
        connection.execute(
            "create table marts.account_score_history as select date '2024-01-31' as as_of_date,"
            " 'a' || id as account_id, 0.0::double as account_activity_score from world"
        )
        connection.execute("create table marts.contact_scores as from marts.score_history")
        connection.execute("create table marts.account_scores as from marts.account_score_history")
        connection.execute("create table marts.event_outcomes as select 'scored' as outcome, 7 as events")
    return warehouse, folder / "bundle"


@pytest.mark.parametrize("at", ["day30", "latest"])
def test_evaluation_measures_ranking_and_shares_ties(tmp_path: Path, at: str) -> None:
    warehouse, bundle = write_evaluation_world(tmp_path, [float(n) for n in range(20)], [n >= 15 for n in range(20)])
    script = runpy.run_path(str(EXAMPLES / "leadforge" / "evaluate.py"))
    with script["evaluate"](warehouse, bundle, at) as connection:
        summary = {row[0]: row[1:] for row in connection.execute(script["SUMMARY"]).fetchall()}
        text = script["report"](connection)
    # leads, distinct scores, AUC, base rate, rate of the best and of the worst decile
    assert summary["lead_score"] == (20, 20, 1.0, 0.25, 1.0, 0.0)
    assert summary["fit_score"] == (20, 20, 0.0, 0.25, 0.0, 1.0)
    assert summary["account_activity_score"] == (20, 1, 0.5, 0.25, 0.25, 0.25)
    assert "Rows in contact_scores: 20" in text


def test_evaluation_refuses_leads_without_a_score(tmp_path: Path) -> None:
    warehouse, bundle = write_evaluation_world(tmp_path, [1.0, 2.0], [True, False])
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from marts.score_history where contact_id = 'c1'")
    script = runpy.run_path(str(EXAMPLES / "leadforge" / "evaluate.py"))
    with pytest.raises(
        ValueError, match="1 leads have no score: day30 needs the history from 2024-01-31 to 2024-01-31"
    ):
        script["evaluate"](warehouse, bundle, "day30")


# --- The whole job --------------------------------------------------------------------------------------------------


@pytest.mark.slow
@needs_bundle
def test_the_warehouse_accounts_for_every_event_and_scores_everybody(mapped: tuple[Path, Account], build_world) -> None:
    raw_dir, _ = mapped
    warehouse = build_world(raw_dir, "2024-02-29")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        outcomes = dict(
            connection.execute("select outcome, events from marts.event_outcomes where events > 0").fetchall()
        )
        contacts = connection.execute("select count(*) from marts.contact_scores").fetchall()
        accounts = connection.execute("select count(*) from marts.account_scores").fetchall()
    # By the default rule book: /pricing views, downloads, webinars and requests to be contacted hit a rule; sessions,
    # /demo views, sales conversations, sent emails and social messages hit none. All is of people, once, in time.
    scored = (
        4_422 + EVENTS_BY_TYPE["asset_download"] + EVENTS_BY_TYPE["webinar_attend"] + EVENTS_BY_TYPE["contact_request"]
    )
    assert outcomes == {"scored": scored, "unmatched": sum(EVENTS_BY_TYPE.values()) - scored}
    assert contacts == [(4_200,)]
    assert accounts == [(1_500,)]
    script = runpy.run_path(str(EXAMPLES / "leadforge" / "evaluate.py"))
    with script["evaluate"](warehouse, BUNDLE, "latest") as connection:
        assert connection.execute("select count(distinct lead_id) from scored_leads").fetchall() == [(5_000,)]
