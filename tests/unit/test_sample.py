"""The sample world is reproducible, complete in tables and columns, holds every trait it promises, and grows evenly."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from orchestration import sample
from orchestration.sample import RAW_TABLES, write_sample
from orchestration.settings import DEFAULT_SEEDS_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator

END_DATE = date(2026, 6, 30)
CONTACTS, DAYS, SEED = 300, 120, 7

COLUMNS = {
    "events": """
        event_id contact_id anonymous_id event_type occurred_at loaded_at object category product_id campaign value
        user_agent is_machine""",
    "contacts": """
        contact_id email full_name job_title department phone country account_id email_opt_out created_at updated_at""",
    "accounts": "account_id account_name domain industry employee_count annual_revenue country updated_at",
    "contact_attributes": "contact_id attribute value",
    "account_attributes": "account_id attribute value",
    "identities": "anonymous_id contact_id identified_at",
    "contact_merges": "merged_contact_id surviving_contact_id merged_at",
    "stage_changes": "contact_id stage_id changed_at",
    "score_adjustments": "adjustment_id contact_id group_id points reason created_by effective_date expires_date",
    "opportunities": "opportunity_id account_id contact_id created_at closed_at outcome amount",
}

# Each query counts the rows that show the trait; the world must have at least one.
TRAITS = {
    "page with a query string": "from events where object like 'https://www.lumenforge.example/%?utm_source=%'",
    "product page": "from events where object like '/products/%'",
    "careers page": "from events where object like '%/careers%'",
    "newsletter that was opened": "from events where event_type = 'email_open' and starts_with(object, 'newsletter_')",
    "newsletter that was ignored": """
        from events where event_type = 'email_sent'
        and (contact_id, object) not in (select (contact_id, object) from events where event_type = 'email_open')""",
    "email of each category": """
        from (select count(distinct category) as categories from events where event_type = 'email_sent')
        where categories = 3""",
    "open by a privacy proxy": "from events where event_type = 'email_open' and user_agent = 'Mozilla/5.0'",
    "click burst of a scanner": """
        from (
            select occurred_at - lag(occurred_at, 2) over (partition by contact_id order by occurred_at) as two_clicks
            from (select distinct on (event_id) * from events where event_type = 'email_click')
        ) where two_clicks <= interval 2 second""",
    "bot": "from events where user_agent like '%bot/%'",
    "known machine": "from events where is_machine",
    "known human": "from events where not is_machine",
    "bounce": "from events where event_type = 'email_bounce'",
    "unsubscribed": "from events where event_type = 'unsubscribe'",
    "video watched": "from events where event_type = 'video_progress' and value between 1 and 100",
    "download of a guide": "from events where event_type = 'asset_download' and object like 'guide:%'",
    "download of a case study": "from events where event_type = 'asset_download' and object like 'case_study:%'",
    "download of a white paper": "from events where event_type = 'asset_download' and object like 'white_paper:%'",
    "shared post": "from events where event_type = 'social_engagement' and category = 'share'",
    "follower": "from events where event_type = 'social_engagement' and category = 'follow'",
    "purchase with an amount": "from events where event_type = 'purchase' and value > 0",
    "campaign": "from events where campaign is not null and event_type = 'page_view'",
    "anonymous visit identified later": """
        from events inner join identities using (anonymous_id)
        where events.contact_id is null and identified_at > occurred_at""",
    "visitor who stays unknown": """
        from events where contact_id is null and anonymous_id is not null
        and anonymous_id not in (select anonymous_id from identities where anonymous_id is not null)""",
    "cookie of two contacts": """
        from (select 1 from identities group by anonymous_id having count(distinct contact_id) > 1)""",
    "event of a contact not yet loaded": """
        from events where contact_id not in (select contact_id from contacts where contact_id is not null)""",
    "event sent twice": """
        from (select 1 from events group by event_id having count(distinct loaded_at) > 1 and event_id > ' ')""",
    "late event": "from events where loaded_at > occurred_at + interval 1 day",
    "event without an id": "from events where event_id is null",
    "event with a blank id": "from events where trim(event_id) = ''",
    "event without a contact": "from events where contact_id is null and anonymous_id is null",
    "event without a type": "from events where event_type is null",
    "event without a time": "from events where occurred_at is null",
    "event without a load time": "from events where loaded_at is null",
    "event in the future": "from events where occurred_at > loaded_at + interval 24 hour",
    "contact without an id": "from contacts where contact_id is null",
    "contact without a date": "from contacts where updated_at is null",
    "account without an id": "from accounts where account_id is null",
    "contact in two versions": """
        from (select 1 from contacts group by contact_id having count(distinct updated_at) > 1 and contact_id <> '')""",
    "account in two versions": """
        from (select 1 from accounts group by account_id having count(distinct updated_at) > 1 and account_id <> '')""",
    "merge": "from contact_merges",
    "chain of merges": """
        from contact_merges as first inner join contact_merges as second
        on second.merged_contact_id = first.surviving_contact_id""",
    "employee": "from contacts where email like '%@lumenforge.example'",
    "competitors": "from contacts where email like '%@rivalytics.example' or email like '%@copperleaf.example'",
    "partner": "from contacts where email like '%@brightpath.example'",
    "test address": "from contacts where email like 'test@%'",
    "student or researcher": """
        from contacts
        where regexp_matches(lower(job_title), 'student|étudiant|estudante|学生|research|forsk|badacz|phd|dokto')""",
    "free-mail address": "from contacts where email like '%@gmail.com' or email like '%@gmx.de'",
    "contact to be found by domain": """
        from contacts inner join accounts on accounts.domain = split_part(contacts.email, '@', 2)
        where contacts.account_id is null""",
    "opt-out": "from contacts where email_opt_out",
    "phone": "from contacts where phone like '+%'",
    "untidy text": "from contacts where job_title <> trim(job_title)",
    "unknown country": "from contacts where country is null",
    "buying committee": """
        from (select 1 from contacts group by account_id having count(distinct contact_id) > 4 and account_id <> '')""",
    "decision maker": "from contact_attributes where attribute = 'decision_maker' and value = 'yes'",
    "known need": "from contact_attributes where attribute = 'known_need' and value = 'yes'",
    "attribute with two values": """
        from (select 1 from contact_attributes group by contact_id, attribute having count(distinct value) > 1)""",
    "account attribute": "from account_attributes where attribute = 'technology'",
    "customer who logs in": """
        from events inner join stage_changes using (contact_id)
        where event_type = 'login' and stage_id = 'customer'""",
    "adjustment that ends": "from score_adjustments where expires_date > effective_date",
    "adjustment of an unknown group": "from score_adjustments where group_id = 'gut_feeling'",
    "opportunity of a buyer": "from opportunities inner join contacts using (contact_id)",
}
STAGES = "visitor lead marketing_qualified sales_qualified opportunity customer disqualified"
EVENT_TYPES = """
    email_sent email_open email_click email_bounce unsubscribe page_view asset_download form_submit webinar_register
    webinar_attend video_progress social_engagement contact_request trial_request demo_request subscription purchase
    login campaign_complete"""
OUTCOMES = "open won lost"


def read(folder: Path) -> duckdb.DuckDBPyConnection:
    """Open the raw tables of a world as views."""
    connection = duckdb.connect()
    for table in RAW_TABLES:
        connection.execute(f"create view {table} as from '{folder / table}.parquet'")
    return connection


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "new" / "folder"
    write_sample(folder, CONTACTS, DAYS, SEED, END_DATE)
    return folder


@pytest.fixture(scope="module")
def world(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with read(folder) as connection:
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


def first_column(seed_file: str) -> set[str]:
    with (DEFAULT_SEEDS_DIR / f"{seed_file}.csv").open(encoding="utf-8-sig", newline="") as lines:
        return {row[0] for row in csv.reader(lines)}


def number(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    return rows(connection, query)[0][0]


def test_equal_arguments_give_equal_rows(folder: Path, tmp_path: Path) -> None:
    write_sample(tmp_path, CONTACTS, DAYS, SEED, END_DATE)
    with read(folder) as one, read(tmp_path) as other:
        for table in RAW_TABLES:
            assert rows(one, f"from {table}") == rows(other, f"from {table}"), table


def test_another_seed_gives_another_world(world: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write_sample(tmp_path, CONTACTS, DAYS, SEED + 1, END_DATE)
    with read(tmp_path) as other:
        for table in RAW_TABLES:
            assert rows(world, f"from {table}") != rows(other, f"from {table}"), table


def test_a_larger_world_holds_the_smaller_one(folder: Path, tmp_path: Path) -> None:
    write_sample(tmp_path, 2 * CONTACTS, DAYS, SEED, END_DATE)
    with read(tmp_path) as larger:
        for table in RAW_TABLES:
            assert rows(larger, f"from '{folder / table}.parquet' except all from {table}") == [], table


@pytest.mark.parametrize("table", RAW_TABLES)
def test_tables_have_the_columns_of_the_contract(world: duckdb.DuckDBPyConnection, table: str) -> None:
    assert [column for column, *_ in rows(world, f"describe {table}")] == COLUMNS[table].split()
    assert number(world, f"select count(*) from {table}") > 0


def test_returned_and_reported_rows_are_those_written(tmp_path: Path) -> None:
    reported: dict[str, int] = {}
    returned = write_sample(tmp_path, 40, 30, SEED, END_DATE, on_progress=reported.__setitem__)
    with read(tmp_path) as connection:
        assert returned == reported == {t: number(connection, f"select count(*) from {t}") for t in RAW_TABLES}


@pytest.mark.parametrize("trait", TRAITS)
def test_trait_occurs(world: duckdb.DuckDBPyConnection, trait: str) -> None:
    assert number(world, f"select count(*) {TRAITS[trait]}") > 0


@pytest.mark.parametrize(
    ("values", "query"),
    [
        (EVENT_TYPES, "select distinct event_type from events where event_type is not null"),
        (STAGES, "select distinct stage_id from stage_changes where stage_id is not null"),
        (OUTCOMES, "select distinct outcome from opportunities"),
    ],
    ids=["event types", "stages", "outcomes"],
)
def test_every_value_occurs_and_no_other(world: duckdb.DuckDBPyConnection, values: str, query: str) -> None:
    assert {value for (value,) in rows(world, query)} == set(values.split())


@pytest.mark.parametrize(
    ("seed_file", "query"),
    [
        ("products", "select distinct product_id from events where product_id is not null"),
        ("stages", "select distinct stage_id from stage_changes where stage_id is not null"),
        ("score_groups", "select distinct group_id from score_adjustments where group_id <> 'gut_feeling'"),
    ],
)
def test_names_are_those_of_the_default_rule_book(world: duckdb.DuckDBPyConnection, seed_file: str, query: str) -> None:
    assert {name for (name,) in rows(world, query)} <= first_column(seed_file)


def test_event_ids_repeat_only_where_an_event_was_sent_twice(world: duckdb.DuckDBPyConnection) -> None:
    assert number(world, "select count(*) from events") < 1.05 * number(
        world, "select count(distinct event_id) from events"
    )
    copies = "select distinct * exclude (loaded_at) from events where trim(event_id) <> ''"
    assert number(world, f"select count(*) - count(distinct event_id) from ({copies})") == 0


def test_events_fill_the_window_and_end_with_it(world: duckdb.DuckDBPyConnection) -> None:
    accepted = "from events where occurred_at <= loaded_at"
    first, last = rows(world, f"select min(occurred_at)::date, max(occurred_at)::date {accepted}")[0]
    assert END_DATE - timedelta(DAYS - 1) <= first < END_DATE - timedelta(DAYS - 14)
    assert END_DATE - timedelta(2) <= last <= END_DATE


def test_people_work_by_day_and_rest_at_weekends(world: duckdb.DuckDBPyConnection) -> None:
    visits = "from events where event_type = 'page_view'"
    assert number(world, f"select avg((isodow(occurred_at) > 5)::int) {visits}") < 0.12
    assert number(world, f"select avg((hour(occurred_at) between 6 and 21)::int) {visits}") > 0.85


def test_most_contacts_are_quiet_and_a_few_surge(world: duckdb.DuckDBPyConnection) -> None:
    visits = (
        "select contact_id, count(*) as pages, count(*) filter (occurred_at > date '{0}' - 21) as recent from events "
    )
    visits = visits.format(END_DATE) + "where event_type = 'page_view' and contact_id is not null group by contact_id"
    busy = number(world, f"select count(*) from ({visits}) where pages > 15")
    surging = number(world, f"select count(*) from ({visits}) where recent > 10")
    assert 0 < busy < 0.25 * CONTACTS
    assert 3 <= surging < 0.15 * CONTACTS


def test_domains_are_reserved_or_of_free_mail(world: duckdb.DuckDBPyConnection) -> None:
    domains = {domain for (domain,) in rows(world, "select split_part(email, '@', 2) from contacts")}
    assert {domain for domain in domains if not domain.endswith(".example")} <= first_column("free_email_domains")
    assert number(world, "select count(distinct account_id) - count(distinct domain) from accounts") == 0


def test_titles_come_in_ten_languages_and_all_seniorities(tmp_path: Path) -> None:
    write_sample(tmp_path, 2000, 30, SEED, END_DATE)
    titles = Path(sample.__file__).parent / "vocabulary" / "job_titles.csv"
    with read(tmp_path) as connection:
        used = f"""
            from read_csv('{titles}') as titles
            where job_title in (select trim(job_title) from contacts)"""
        assert number(connection, f"select count(distinct language) {used}") >= 10
        assert number(connection, f"select count(distinct seniority) {used}") == 6


def test_outcomes_depend_on_engagement_and_fit(tmp_path: Path) -> None:
    write_sample(tmp_path, 8000, 365, SEED, END_DATE)
    with read(tmp_path) as connection:
        visits, core_industry = rows(
            connection,
            """
            with deals as (
                select
                    opportunity_id,
                    outcome = 'won' as is_won,
                    any_value(industry) in ('Software', 'Information Technology', 'Insurance') as is_core,
                    count(distinct event_id) as visits
                from opportunities
                inner join accounts using (account_id)
                left join events
                    on events.contact_id = opportunities.contact_id
                    and event_type = 'page_view'
                    and occurred_at between opportunities.created_at - interval 60 day and opportunities.created_at
                where outcome <> 'open'
                group by all
            )
            select
                avg(visits) filter (is_won) / avg(visits) filter (not is_won),
                avg(is_won::int) filter (is_core) / avg(is_won::int) filter (not is_core)
            from deals
            """,
        )[0]
    assert visits > 1.3
    assert core_industry > 1.1


def test_size_grows_with_contacts_and_days(tmp_path: Path) -> None:
    base = write_sample(tmp_path, 800, 200, SEED, END_DATE)
    wider = write_sample(tmp_path, 3200, 200, SEED, END_DATE)
    longer = write_sample(tmp_path, 800, 800, SEED, END_DATE)
    for table in RAW_TABLES:
        assert wider[table] == pytest.approx(4 * base[table], rel=0.25), table
    assert 2 * base["events"] < longer["events"] < 5 * base["events"]


def test_three_years_give_about_forty_events_per_contact(tmp_path: Path) -> None:
    assert write_sample(tmp_path, 2000, 1095, SEED, END_DATE)["events"] / 2000 == pytest.approx(40, rel=0.15)


@pytest.mark.parametrize(("contacts", "days", "seed"), [(0, 1, 1), (1, 0, 1), (1, 1, -1), (1, 1, 2**32)])
def test_impossible_sizes_are_refused(tmp_path: Path, contacts: int, days: int, seed: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        write_sample(tmp_path, contacts, days, seed, END_DATE)


def test_the_smallest_world_has_every_table(tmp_path: Path) -> None:
    assert set(write_sample(tmp_path, 1, 1, 0, END_DATE)) == set(RAW_TABLES)
