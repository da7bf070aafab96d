"""examples/snowplow: 160 web events, each row kept by the mapping, and what the contract makes of each.

Not here: the meaning of scores. The last test runs the whole job and is the only one that needs a built warehouse.
"""

from __future__ import annotations

import runpy
from pathlib import Path

import duckdb
import pytest

PROJECT_ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = PROJECT_ROOT / "examples"
SOURCE = PROJECT_ROOT.parent / "shared" / "data" / "snowplow_web_apache2"

pytestmark = pytest.mark.skipif(not SOURCE.is_dir(), reason="../shared/data/snowplow_web_apache2 is absent")

EVENTS_BY_TYPE = {
    "cmp_visible": 33,
    "consent_preferences": 32,
    "data_structures_workflow": 4,
    "link_click": 10,
    "login": 6,
    "object_click": 1,
    "page_ping": 8,
    "page_view": 50,
    "snplow_cookies": 16,
}

# The three event ids that come twice, with the copy that the contract keeps (step 2: latest loaded_at).
KEPT_COPIES = {
    # a link_click collected twice, 3 s apart: the second
    "9e983d4a-e07c-4858-8e97-bdb7feb31241": ("2021-03-03 21:27:37.134", "2021-03-03 21:27:32.345"),
    # a page_view and a snplow_cookies collected at one moment; etl_tstamp differs by 2 ms
    "1b4b3b57-3cb7-4df2-a7fd-526afa9e3c76": ("2021-03-01 20:58:12.684", "2021-03-01 20:56:40.112"),
    "17e6ae5e-d694-4241-8663-4118e950fc38": ("2021-03-01 20:58:12.684", "2021-03-01 20:56:40.177"),
}

# Loaded more than a day after they happened: they count on the day they happened.
LATE_EVENTS = {
    "941c1388-8541-4600-b1b3-64b069e592d7": "2021-02-26",  # page_view, loaded on 2021-03-02
    "cc435011-00b7-4466-9e74-d3e7b90b7263": "2021-02-26",  # snplow_cookies, loaded on 2021-03-02
    "e296e491-4dcf-4ba4-b92f-a6ac9b8f4588": "2021-03-11",  # link_click of `long session`, loaded on 2021-03-14
}

# What the contract implies for the 160 rows under the default rule book, in its order:
# rejected   0  event_id, event type and both times are always there. The one row without a domain_userid has a user_id,
#               so it is not missing_contact. Two rows claim an etl_tstamp eight days before they were collected; the
#               mapping's loaded_at is the later of the two, so they are not `future`.
# duplicate  3  the second copies above.
# waiting    0  every row has a user_id, and every user_id is a contact.
# machine    0  the spider context says false for all rows; the user agents are 11 browsers that fit no bot pattern;
#               there are no email clicks.
# scored    18  12 page views of `/` (home_visit; none is a copy) and 6 logins (product_login). The other page views are
#               of paths that the default content map does not know (`/resources/…`, `/t/…`, `/<uuid>/…`).
# unmatched 139 = 160 - 3 - 18.
OUTCOMES = {"duplicate": 3, "scored": 18, "unmatched": 139}


@pytest.fixture(scope="module")
def raw_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output_dir = tmp_path_factory.mktemp("snowplow") / "raw"
    script = runpy.run_path(str(EXAMPLES / "map_source.py"))
    account = script["map_source"](EXAMPLES / "snowplow" / "mapping.sql", SOURCE, output_dir)
    assert {kind: (source_rows, raw_rows) for _, kind, source_rows, raw_rows, _ in account} == {
        kind: (rows, rows) for kind, rows in EVENTS_BY_TYPE.items()
    }
    return output_dir


def query(sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


def test_every_source_row_becomes_an_event(raw_dir: Path) -> None:
    source_ids = f"select event_id from read_csv('{SOURCE}/snowplow_web_events.csv', all_varchar = true)"
    assert query(f"select count(*) from ({source_ids})") == [(160,)]
    assert query(f"({source_ids}) except all select event_id from '{raw_dir}/events.parquet'") == []
    assert dict(query(f"select event_type, count(*) from '{raw_dir}/events.parquet' group by 1")) == EVENTS_BY_TYPE


def test_raw_tables_have_the_columns_and_types_of_the_contract(raw_dir: Path) -> None:
    columns = {
        path.stem: {name: kind for name, kind, *_ in query(f"describe select * from '{path}'")}
        for path in raw_dir.glob("*.parquet")
    }
    assert columns == {
        "events": {
            "event_id": "VARCHAR",
            "contact_id": "VARCHAR",
            "anonymous_id": "VARCHAR",
            "event_type": "VARCHAR",
            "occurred_at": "TIMESTAMP",
            "loaded_at": "TIMESTAMP",
            "object": "VARCHAR",
            "campaign": "VARCHAR",
            "user_agent": "VARCHAR",
            "is_machine": "BOOLEAN",
        },
        "contacts": {"contact_id": "VARCHAR", "created_at": "TIMESTAMP", "updated_at": "TIMESTAMP"},
        "identities": {"anonymous_id": "VARCHAR", "contact_id": "VARCHAR", "identified_at": "TIMESTAMP"},
    }


def test_copies_can_be_told_apart_by_their_load_time(raw_dir: Path) -> None:
    kept = query(f"""
        select event_id, max(loaded_at)::varchar, arg_max(occurred_at, loaded_at)::varchar
        from '{raw_dir}/events.parquet'
        group by event_id
        having count(*) = 2 and count(distinct loaded_at) = 2
    """)
    assert {event_id: times for event_id, *times in kept} == {key: list(times) for key, times in KEPT_COPIES.items()}
    assert query(f"select count(distinct event_id) from '{raw_dir}/events.parquet'") == [(157,)]


def test_late_rows_keep_the_day_they_happened_and_none_is_in_the_future(raw_dir: Path) -> None:
    late = query(f"""
        select event_id, occurred_at::date::varchar from '{raw_dir}/events.parquet'
        where loaded_at > occurred_at + interval '24' hour
    """)
    assert dict(late) == LATE_EVENTS
    assert query(f"select count(*) from '{raw_dir}/events.parquet' where occurred_at > loaded_at") == [(0,)]


def test_every_event_has_a_contact_and_one_has_no_cookie(raw_dir: Path) -> None:
    events = f"'{raw_dir}/events.parquet'"
    assert query(f"select contact_id from {events} where anonymous_id is null") == [("NULL domain_userid",)]
    assert query(f"select count(*) from {events} anti join '{raw_dir}/contacts.parquet' using (contact_id)") == [(0,)]
    assert query(f"select count(*), count(distinct contact_id) from '{raw_dir}/contacts.parquet'") == [(25, 25)]


def test_a_cookie_shared_by_ten_users_names_the_first_of_them_first(raw_dir: Path) -> None:
    shared = query(f"""
        select count(*), arg_min(contact_id, identified_at) from '{raw_dir}/identities.parquet'
        group by anonymous_id having count(*) > 1
    """)
    assert shared == [(10, "user stitch - session: 1st id: 1")]


# --- The whole job --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_warehouse_places_every_row_as_the_contract_says(raw_dir: Path, build_world) -> None:
    warehouse = build_world(raw_dir, "2021-03-14")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        outcomes = dict(
            connection.execute("select outcome, events from marts.event_outcomes where events > 0").fetchall()
        )
        log = connection.execute(
            "select event_id, occurred_at::timestamp::varchar, activity_date::varchar"
            " from marts.event_log where not is_derived"
        ).fetchall()
        contacts = connection.execute("select count(*) from marts.contact_scores").fetchall()
    assert outcomes == OUTCOMES
    assert len(log) == 157
    occurred_at = {event_id: occurred for event_id, occurred, _ in log}
    assert {key: occurred_at[key] for key in KEPT_COPIES} == {
        key: occurred for key, (_, occurred) in KEPT_COPIES.items()
    }
    activity_date = {event_id: day for event_id, _, day in log}
    assert {key: activity_date[key] for key in LATE_EVENTS} == LATE_EVENTS
    assert contacts == [(25,)]
