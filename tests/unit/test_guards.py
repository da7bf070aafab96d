"""Guards, each seen speaking and each seen silent: what is like with like, and from where on it is too much.

Belongs here: guards on tables that a test writes. Does not: what a build makes of them (`test_guards_in_builds`).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from orchestration.dbt_project import project_vars
from orchestration.guards.assets import GUARD_NAMES
from orchestration.guards.config import (
    EmptySource,
    GradeMoves,
    GuardsConfig,
    GuardsConfigError,
    RiseOfShare,
    ScoreDrift,
    SourceAge,
    SourceVolume,
    load_guards,
)
from orchestration.guards.reference import Reference, last_publication, remember, why_not_comparable
from orchestration.guards.sources import Sources, look_for_age, look_for_drops, look_for_empty
from orchestration.guards.tables import look_for_drift, look_for_grade_moves, look_for_rise
from orchestration.publish.record import Publication
from orchestration.publish.verdict import Verdict
from orchestration.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = date(2026, 6, 30)
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
REFERENCE = Reference("run", DAY, "rules", "models", {}, has_tables=True)


def after(days: int) -> date:
    return DAY + timedelta(days=days)


class TestSettings:
    def test_the_example_says_the_defaults(self) -> None:
        example = PROJECT_ROOT / "examples" / "guards.toml"
        assert load_guards(example) == GuardsConfig() == load_guards(None)
        written = tomllib.loads(example.read_text(encoding="utf-8"))
        assert written == GuardsConfig().model_dump(mode="json")
        assert set(written) == {"max_days_apart", *GUARD_NAMES}

    def test_what_a_table_leaves_out_is_the_default_of_that_guard(self, tmp_path: Path) -> None:
        file = tmp_path / "guards.toml"
        file.write_text("[empty_source]\nmin_rows = 5\n[waiting_events]\nmin_events = 5", encoding="utf-8")
        guards = load_guards(file)
        assert guards.empty_source == EmptySource(on_failure="block", min_rows=5)
        assert guards.waiting_events.max_rise == GuardsConfig().waiting_events.max_rise

    def test_every_mistake_is_told(self, tmp_path: Path) -> None:
        file = tmp_path / "guards.toml"
        file.write_text(
            "max_days_apart = -1\n[grade_moves]\nmax_share = 50\non_failure = 'stop'\n[grade_move]\nmax_share = 1\n"
            "[score_drift]\nmax_psi = 1\n",
            encoding="utf-8",
        )
        with pytest.raises(GuardsConfigError) as error:
            load_guards(file)
        assert sorted(line.split("; valid: ")[0] for line in str(error.value).splitlines()) == [
            "guards.toml: grade_move: is no key here",
            "guards.toml: grade_moves.max_share: 50 is not valid",
            "guards.toml: grade_moves.on_failure: 'stop' is not valid",
            "guards.toml: max_days_apart: -1 is not valid",
            "guards.toml: score_drift.max_psi: is no key here",
        ]

    @pytest.mark.parametrize(("text", "said"), [(b"a b", "is not TOML"), (b"\xff", "is not TOML")])
    def test_a_file_that_is_none(self, tmp_path: Path, text: bytes, said: str) -> None:
        file = tmp_path / "guards.toml"
        file.write_bytes(text)
        with pytest.raises(GuardsConfigError, match=said):
            load_guards(file)
        with pytest.raises(GuardsConfigError, match="cannot be read"):
            load_guards(tmp_path / "absent.toml")


class TestLikeWithLike:
    @pytest.mark.parametrize(
        ("days", "attempts", "reason"),
        [
            ((0, 0), (), None),
            ((1, 1), (), None),
            ((7, 7), (), None),
            ((8, 8), (), "is more than 7 days after the last run"),
            ((400, 400), (), "is more than 7 days after the last run"),
            ((-1, -1), (), "which is published"),
            ((-400, -400), (), "which is published"),
            ((-3, 0), (), "several days are replayed"),
            ((0, 1), (), "several days are replayed"),
            # Runs that were withheld day by day do not let the tenth one through.
            ((10, 10), (1, 2, 3, 4, 5, 6, 7, 8, 9), None),
            ((14, 14), (7,), None),
            ((15, 15), (7,), "is more than 7 days after the last run"),
            # One that was far away bridges nothing.
            ((401, 401), (400,), "is more than 7 days after the last run"),
            ((1, 1), (-400,), None),
        ],
    )
    def test_which_runs_are_compared(
        self, days: tuple[int, int], attempts: tuple[int, ...], reason: str | None
    ) -> None:
        reference = replace(REFERENCE, attempts=tuple(map(after, attempts)))
        found = why_not_comparable(reference, (after(days[0]), after(days[1])), max_days_apart=7)
        assert (found is None) == (reason is None)
        assert reason is None or (found and reason in found)

    def test_a_first_build_is_not_judged(self) -> None:
        assert why_not_comparable(None, (DAY, DAY), 7) == "nothing was published from this warehouse before"

    def test_the_warehouse_remembers_and_the_snapshot_must_agree(self, tmp_path: Path) -> None:
        publication = Publication.published(NOW.replace(tzinfo=None), "run-1", Verdict(), DAY, "rules", {"t": 1})
        snapshot = tmp_path / "snapshot.duckdb"

        def look() -> Reference | None:
            with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
                return last_publication(connection, snapshot)

        def attempt(run_id: str, status: str, day: date | None) -> None:
            with duckdb.connect(str(snapshot)) as connection:
                connection.execute(
                    "create schema if not exists marts; create table if not exists marts.publication"
                    " (publication_id varchar, run_id varchar, status varchar, as_of_date date)"
                )
                connection.execute(
                    "insert into marts.publication select count(*)::varchar, ?, ?, ? from marts.publication",
                    [run_id, status, day],
                )

        assert look() is None
        with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
            connection.execute("create schema intermediate")
            connection.execute("create table intermediate.int_completed_run as select 'models' as pipeline_hash")
            remember(connection, publication, {"events": 3})
            remember(connection, publication, {"events": 4})
        known = Reference("run-1", DAY, "rules", "models", {"events": 4})
        # No snapshot, then one of another warehouse, then its own, then one of a later run that was not remembered.
        assert look() == known
        attempt("other", "published", DAY)
        assert look() == known
        attempt("run-1", "published", DAY)
        assert look() == replace(known, has_tables=True)
        attempt("run-2", "withheld", after(1))
        attempt("run-3", "withheld", None)
        assert look() == replace(known, has_tables=True, attempts=(after(1),))
        attempt("run-4", "published", after(2))
        assert look() == known


BEFORE = {"events": 5000, "contacts": 5000, "accounts": 5000, "identities": 10}


class TestSources:
    @pytest.mark.parametrize(
        ("rows", "said"),
        [
            ({"events": 5000, "contacts": 5000, "accounts": 5000, "identities": 10}, ""),
            ({"events": 1, "contacts": 1, "accounts": 1, "identities": 0}, ""),
            ({"events": 0, "contacts": 5000, "accounts": 5000}, "events had 5,000 rows and has none"),
            ({"events": 5000, "contacts": 0, "accounts": 5000}, "contacts had 5,000 rows and has none"),
            # An optional table that is gone is empty; a required one that is gone is named by dbt.
            ({"events": 5000, "contacts": 5000}, "accounts had 5,000 rows and has none"),
            ({"contacts": 5000, "accounts": 5000}, ""),
        ],
    )
    def test_a_table_that_lost_everything(self, rows: dict[str, int], said: str) -> None:
        finding = look_for_empty(rows, BEFORE, EmptySource())
        assert finding.passed == (not said)
        assert said in finding.description

    def test_a_table_that_was_small_or_never_had_a_row(self) -> None:
        assert look_for_empty({"events": 0}, {"events": 999}, EmptySource()).passed
        assert not look_for_empty({"events": 0}, {"events": 1000}, EmptySource()).passed
        assert look_for_empty({"events": 0}, {"events": 0}, EmptySource()).passed
        assert look_for_empty({"events": 0}, {}, EmptySource()).passed

    @pytest.mark.parametrize(("rows", "passed"), [(2500, True), (2499, False), (0, True), (9999, True)])
    def test_a_table_that_lost_much(self, rows: int, passed: bool) -> None:
        finding = look_for_drops({"events": rows, "new": 1}, BEFORE, SourceVolume())
        assert finding.passed == passed
        assert passed or finding.description == "events fell from 5,000 to 2,499 rows"

    @pytest.mark.parametrize(("hours", "passed"), [(0, True), (48, True), (48.1, False), (-5, True)])
    def test_a_load_of_long_ago(self, hours: float, passed: bool) -> None:
        finding = look_for_age(NOW - timedelta(hours=hours), NOW, SourceAge())
        assert finding.passed == passed
        assert look_for_age(None, NOW, SourceAge()).passed

    @pytest.mark.parametrize("form", ["parquet", "csv", "tables"])
    def test_rows_and_the_newest_load_are_found_where_they_are(self, tmp_path: Path, form: str) -> None:
        with duckdb.connect() as connection:
            connection.execute("create schema raw")
            connection.execute(
                "create table raw.events as select i::varchar as event_id,"
                " timestamp '2026-06-30 10:00' - i * interval 1 hour as loaded_at from range(5) as t (i)"
            )
            connection.execute("create table raw.contacts (contact_id varchar)")
            for table in ("events", "contacts") if form != "tables" else ():
                connection.execute(f"copy raw.{table} to '{tmp_path}/{table}.{form}'")
            sources = Sources(
                None if form == "tables" else tmp_path, ["events", "contacts", "accounts"], project_vars()
            )
            assert sources.count_rows(connection) == {"events": 5, "contacts": 0}
            assert sources.newest_load(connection) == datetime(2026, 6, 30, 10, tzinfo=UTC)

    @pytest.mark.parametrize(
        "text", ["", "\n\n", "event_id\n1\n", "event_id,loaded_at\n1,never\n", 'event_id,loaded_at\n"1\n']
    )
    def test_what_cannot_be_read_is_not_judged(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "events.csv").write_text(text, encoding="utf-8")
        (tmp_path / "contacts.parquet").write_text("no parquet", encoding="utf-8")
        sources = Sources(tmp_path, ["events", "contacts"], {})
        with duckdb.connect() as connection:
            assert set(sources.count_rows(connection)) == {"events"}
            assert sources.newest_load(connection) is None
            assert Sources(tmp_path / "absent", ["events"], {}).newest_load(connection) is None

    def test_a_zone_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "events.csv").write_text("LOADED_AT\n2026-06-30T12:00:00+02:00\n", encoding="utf-8")
        with duckdb.connect() as connection:
            newest = Sources(tmp_path, ["events"], {}).newest_load(connection)
        assert newest == datetime(2026, 6, 30, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Tables:
    """What readers have, and what a run has built: the same, until a test changes one of them."""

    connection: duckdb.DuckDBPyConnection

    def change(self, table: str, column: str, value: str, where: str = "true") -> None:
        self.connection.execute(f"update marts.{table} set {column} = {value} where {where}")


@pytest.fixture
def tables() -> Iterator[Tables]:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as published_before")
        for schema in ("published_before.marts", "marts"):
            connection.execute(
                f"""
                create schema {schema};
                create table {schema}.contact_scores as
                select
                    'c' || i as contact_id, i || '@firm.example' as email, false as is_excluded, i,
                    ['A1', 'B2', 'C3', 'D4'][1 + i % 4] as lead_grade, (i % 100)::double as lead_score
                from range(2000) as t (i);
                create table {schema}.event_log as
                select 'e' || i as event_id, false as is_derived from range(3000) as t (i);
                create table {schema}.event_outcomes as
                from (values ('machine', 1000), ('waiting', 200), ('scored', 8800)) as t (outcome, events);
                """
            )
        yield Tables(connection)


class TestTables:
    @pytest.mark.parametrize(("moved", "passed"), [(0, True), (1000, True), (1001, False), (2000, False)])
    def test_contacts_that_moved(self, tables: Tables, moved: int, passed: bool) -> None:
        tables.change("contact_scores", "lead_grade", "'D1'", f"i < {moved}")
        finding = look_for_grade_moves(tables.connection, GradeMoves())
        assert (finding.passed, finding.may_block) == (passed, True)
        assert finding.numbers["contacts that moved"] == moved
        assert f"{moved:,} of 2,000 contacts" in finding.description

    def test_fewer_contacts_are_not_judged(self, tables: Tables) -> None:
        tables.change("contact_scores", "lead_grade", "'D1'")
        tables.connection.execute("delete from marts.contact_scores where i = 0")
        assert look_for_grade_moves(tables.connection, GradeMoves()).passed

    @pytest.mark.parametrize("email", ["null", "'other-' || email"])
    def test_other_people_of_the_same_ids_are_not_judged(self, tables: Tables, email: str) -> None:
        tables.change("contact_scores", "lead_grade", "'D1'")
        tables.change("contact_scores", "email", email, "i = 0")
        assert look_for_grade_moves(tables.connection, GradeMoves()).passed

    @pytest.mark.parametrize(("lost", "may_block"), [(0.0, True), (0.3, True), (0.7, False), (1.0, False)])
    def test_another_world_stops_nothing(self, tables: Tables, lost: float, may_block: bool) -> None:
        tables.change("contact_scores", "lead_grade", "'D1'")
        tables.change("event_log", "event_id", "'other-' || event_id", f"substr(event_id, 2)::int < 3000 * {lost}")
        finding = look_for_grade_moves(tables.connection, GradeMoves())
        assert (finding.passed, finding.may_block) == (False, may_block)

    def test_without_a_published_event_log_the_events_are_taken_for_the_same(self, tables: Tables) -> None:
        tables.change("contact_scores", "lead_grade", "'D1'")
        tables.connection.execute("drop table published_before.marts.event_log")
        assert look_for_grade_moves(tables.connection, GradeMoves()).may_block

    @pytest.mark.parametrize(("machine", "passed"), [(1000, True), (3850, True), (3860, False), (0, True)])
    def test_machine_traffic_that_rose(self, tables: Tables, machine: int, passed: bool) -> None:
        tables.change("event_outcomes", "events", str(machine), "outcome = 'machine'")
        finding = look_for_rise(tables.connection, "machine", RiseOfShare())
        assert finding.passed == passed
        assert finding.numbers["share before"] == 0.1

    def test_waiting_events_that_grew(self, tables: Tables) -> None:
        bounds = GuardsConfig().waiting_events
        assert look_for_rise(tables.connection, "waiting", bounds).passed
        tables.change("event_outcomes", "events", "2000", "outcome = 'waiting'")
        finding = look_for_rise(tables.connection, "waiting", bounds)
        assert not finding.passed
        assert finding.description == "16.9% of the events, 2.0% in the publication before"

    @pytest.mark.parametrize("schema", ["marts", "published_before.marts"])
    def test_few_events_are_not_judged(self, tables: Tables, schema: str) -> None:
        tables.change("event_outcomes", "events", "99999", "outcome = 'machine'")
        tables.connection.execute(f"update {schema}.event_outcomes set events = 10")
        assert look_for_rise(tables.connection, "machine", RiseOfShare()).passed
        tables.connection.execute(f"delete from {schema}.event_outcomes")
        assert look_for_rise(tables.connection, "machine", RiseOfShare()).passed

    def test_scores_that_drifted(self, tables: Tables) -> None:
        unchanged = look_for_drift(tables.connection, ScoreDrift())
        assert unchanged.passed
        assert unchanged.numbers["population stability index"] == 0
        tables.change("contact_scores", "lead_score", "lead_score + 1")
        assert look_for_drift(tables.connection, ScoreDrift()).passed
        # Half of the two upper tenths into the lowest one: Σ (new − old) ln (new / old) by hand.
        tables.change("contact_scores", "lead_score", "i % 100")
        tables.change("contact_scores", "lead_score", "0", "i % 100 >= 80 and i % 2 = 0")
        moved = look_for_drift(tables.connection, ScoreDrift(max_index=0.1))
        assert moved.numbers["population stability index"] == pytest.approx(0.138629, abs=1e-6)
        assert not moved.passed
        tables.change("contact_scores", "lead_score", "0")
        assert not look_for_drift(tables.connection, ScoreDrift()).passed

    def test_few_contacts_do_not_drift(self, tables: Tables) -> None:
        tables.change("contact_scores", "lead_score", "0")
        tables.change("contact_scores", "is_excluded", "true", "i = 0")
        assert look_for_drift(tables.connection, ScoreDrift()).passed
        tables.connection.execute("delete from published_before.marts.contact_scores")
        assert look_for_drift(tables.connection, ScoreDrift()).passed
