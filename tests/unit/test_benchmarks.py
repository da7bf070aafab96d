"""The benchmark measures what it says: its edits edit, its ratios are those of its numbers."""

from __future__ import annotations

import csv
import re
import sys
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

import duckdb
import pytest

from benchmarks.baselines.regex import exception_regex, fitting_regex
from benchmarks.chart import draw_chart
from benchmarks.dbt_clock import ALL_TESTS, OUTSIDE_NODES, DbtClock, covered_seconds, listening
from benchmarks.measure import Measurement, WorkFailedError, run_child
from benchmarks.report import render
from benchmarks.results import PARTS, TARGETS, SizeResults
from benchmarks.scenarios import (
    BACKFILL_DAYS,
    BASELINES,
    SCENARIOS,
    Edit,
    Published,
    Run,
    brief_runs_of_world,
    complaint,
    runs_of_world,
    runs_of_world_twice_as_old,
)
from benchmarks.world import (
    FIRST_BUILD_DAY,
    MAILING_DAY,
    ORDINARY_DAYS,
    World,
    deliver,
    deliver_part,
    ensure_world,
    parse_size,
    size_name,
)
from orchestration.rule_book import validate
from orchestration.settings import DEFAULT_SEEDS_DIR

if TYPE_CHECKING:
    from pathlib import Path

TINY = World(contacts=400, days=120, arrivals=5)
MEMORY = "1GB"


@pytest.fixture(scope="module")
def world_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    ensure_world(folder, TINY, MEMORY)
    return folder


@pytest.fixture(scope="module")
def raw_dir(world_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    deliver(world_dir, folder, FIRST_BUILD_DAY)
    return folder


def rows(sql: str) -> list[tuple[object, ...]]:
    return duckdb.sql(sql).fetchall()


class TestWorld:
    @pytest.mark.parametrize(("text", "events"), [("50M", 50_000_000), ("100k", 100_000), ("1500", 1500)])
    def test_a_size_is_read_and_written(self, text: str, events: int) -> None:
        assert parse_size(text) == events
        assert size_name(events) == text

    @pytest.mark.parametrize("text", ["", "M", "0", "-1", "1.5M", "ten"])
    def test_no_size(self, text: str) -> None:
        with pytest.raises(ValueError, match="a size is"):
            parse_size(text)

    def test_a_size_has_about_its_events(self, tmp_path: Path) -> None:
        written = ensure_world(tmp_path, World.of_size(10_000), MEMORY)
        assert written["events"] == pytest.approx(10_000, rel=0.1)

    def test_twice_the_history_has_twice_the_events(self, tmp_path: Path) -> None:
        once = ensure_world(tmp_path / "once", World.of_size(10_000), MEMORY)
        twice = ensure_world(tmp_path / "twice", World.of_size(10_000, days=2395), MEMORY)
        assert twice["events"] / once["events"] == pytest.approx(2, rel=0.1)
        assert twice["contacts"] == once["contacts"]

    def test_events_arrive_day_by_day(self, world_dir: Path, tmp_path: Path) -> None:
        counts = [deliver(world_dir, tmp_path, day) for day in (FIRST_BUILD_DAY, *ORDINARY_DAYS, MAILING_DAY)]
        arrived = [later - earlier for earlier, later in pairwise(counts)]
        assert arrived[:-1] == [TINY.arrivals] * len(ORDINARY_DAYS)
        assert arrived[-1] > 4 * TINY.arrivals
        assert rows(f"select max(loaded_at)::date from '{tmp_path}/events.parquet'") == [(MAILING_DAY,)]

    def test_a_world_is_made_once(self, tmp_path: Path) -> None:
        ensure_world(tmp_path, TINY, MEMORY)
        made = (tmp_path / "events_by_arrival.parquet").stat().st_mtime_ns
        ensure_world(tmp_path, TINY, MEMORY)
        assert (tmp_path / "events_by_arrival.parquet").stat().st_mtime_ns == made
        ensure_world(tmp_path, replace(TINY, arrivals=4), MEMORY)
        assert (tmp_path / "events_by_arrival.parquet").stat().st_mtime_ns > made

    def test_a_part_has_whole_contacts(self, raw_dir: Path, tmp_path: Path) -> None:
        events = deliver_part(raw_dir, tmp_path, 1000)
        total = rows(f"select count(*) from '{raw_dir}/events.parquet'")[0][0]
        assert 0 < events < total
        assert rows(f"""
            select count(*)
            from (select coalesce(contact_id, anonymous_id, '') as id, count(*) as n
                  from '{tmp_path}/events.parquet' group by 1) as part
            inner join (select coalesce(contact_id, anonymous_id, '') as id, count(*) as n
                        from '{raw_dir}/events.parquet' group by 1) as whole using (id)
            where part.n <> whole.n
        """) == [(0,)]


class TestBaselines:
    def test_they_know_all_conditions_of_the_rules(self) -> None:
        """A baseline that leaves a condition out must not do less than the rule book asks for."""
        with (DEFAULT_SEEDS_DIR / "point_rules.csv").open(encoding="utf-8", newline="") as file:
            rules = list(csv.DictReader(file))
        assert {rule[name] for rule in rules for name in ("campaign_pattern", "valid_from", "valid_to")} == {""}

    @pytest.mark.parametrize(
        ("pattern", "value", "fits"),
        [
            ("/pricing*|/plans*|!/plans/careers*", "/plans/pro", True),
            ("/pricing*|/plans*|!/plans/careers*", "/plans/careers/1", False),
            ("/pricing*", "/a/pricing", False),
            ("a.b", "axb", False),
            ("Guide:*", "guide:x", True),
        ],
    )
    def test_patterns_as_regular_expressions(self, pattern: str, value: str, fits: bool) -> None:
        exception = exception_regex(pattern)
        found = bool(re.search(fitting_regex(pattern), value)) and not (exception and re.search(exception, value))
        assert found is fits


class TestScenarios:
    def test_every_scenario_is_run(self) -> None:
        run = [run.scenario for run in (*runs_of_world(), *runs_of_world_twice_as_old())]
        assert list(dict.fromkeys(run)) == list(SCENARIOS)

    def test_fewer_repeats(self) -> None:
        once = [run.scenario for run in runs_of_world(1)]
        assert len(once) == len(set(once)) + len(ORDINARY_DAYS) - 1

    def test_the_backfill_is_as_long_as_it_says(self) -> None:
        backfill = runs_of_world()[-1]
        assert backfill.first_day is not None
        assert (backfill.as_of - backfill.first_day).days + 1 == BACKFILL_DAYS

    def test_edits_leave_a_valid_rule_book_with_one_changed_cell(self, tmp_path: Path) -> None:
        for file in DEFAULT_SEEDS_DIR.glob("*.csv"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
        edits = [run.edit for run in runs_of_world() if run.edit]
        for edit in edits:
            before = (tmp_path / edit.file).read_text(encoding="utf-8")
            edit.apply(tmp_path)
            after = (tmp_path / edit.file).read_text(encoding="utf-8")
            changed = [
                (old[name], new[name])
                for old, new in zip(*(csv.DictReader(text.splitlines()) for text in (before, after)), strict=True)
                for name in old
                if old[name] != new[name]
            ]
            assert len(changed) == 1, edit
        assert len(edits) > 4
        assert not validate(tmp_path)

    def test_an_edit_of_no_row(self, tmp_path: Path) -> None:
        (tmp_path / "scores.csv").write_text("score_id,floor\nfit,0\n", encoding="utf-8")
        with pytest.raises(ValueError, match="no row"):
            Edit("scores.csv", "score_id", "fitness", "floor", 1).apply(tmp_path)

    def test_a_run_that_did_not_do_its_work_is_noticed(self) -> None:
        before = Published(100, date(2026, 6, 14), 10.0, 20.0, "a", 1)
        points = next(run for run in runs_of_world() if run.scenario == "points_edit")
        title = next(run for run in runs_of_world() if run.scenario == "title_edit")
        nothing = Run("no_new_data", MAILING_DAY, MAILING_DAY)
        assert complaint(nothing, 100, before, before) is None
        assert complaint(nothing, 101, before, before)
        assert complaint(nothing, 100, before, replace(before, rule_book_hash="b"))
        assert complaint(points, 100, before, before)
        assert complaint(points, 100, before, replace(before, rule_book_hash="b"))
        assert complaint(points, 100, before, replace(before, rule_book_hash="b", activity_points=11.0)) is None
        assert complaint(title, 100, before, replace(before, rule_book_hash="b", activity_points=11.0))
        assert complaint(title, 100, before, replace(before, rule_book_hash="b", fit_points=19.0)) is None


class TestMeasuring:
    def test_a_child_has_its_own_peak(self, tmp_path: Path) -> None:
        ballast = b"x" * 300_000_000
        program = "from benchmarks.machine import own_peak_bytes as peak; {}; print(peak())"
        peaks = []
        for work in ("pass", "list(range(10_000_000))"):
            run_child([sys.executable, "-c", program.format(work)], MEMORY, tmp_path / "log")
            peaks.append(int((tmp_path / "log").read_text()))
        assert peaks[0] < 200_000_000 < len(ballast) < peaks[1] < 600_000_000

    def test_seconds_of_a_child(self, tmp_path: Path) -> None:
        usage = run_child([sys.executable, "-c", "import time; time.sleep(0.5)"], MEMORY, tmp_path / "log")
        assert usage.wall_seconds > 0.5
        assert 0 < usage.cpu_seconds < 0.5

    def test_a_failed_child_says_why(self, tmp_path: Path) -> None:
        with pytest.raises(WorkFailedError, match="no such thing"):
            run_child([sys.executable, "-c", "raise SystemExit('no such thing')"], MEMORY, tmp_path / "log")

    def test_spans_that_overlap_are_covered_once(self) -> None:
        assert covered_seconds([]) == 0
        assert covered_seconds([(0, 2), (5, 6), (1, 3), (1, 2)]) == 4

    def test_queries_are_booked_by_table(self) -> None:
        clock = DbtClock()
        for node, span in [
            ("model.lead_scoring.int_x", (0.0, 2.0)),
            ("test.lead_scoring.a.1f", (0.0, 1.0)),
            ("test.lead_scoring.b.2f", (4.0, 7.0)),
            (OUTSIDE_NODES, (8.0, 9.0)),
        ]:
            clock.query_spans[node].append(span)
        assert list(clock.sql_seconds_by_table.items()) == [(ALL_TESTS, 4.0), ("int_x", 2.0), (OUTSIDE_NODES, 1.0)]
        assert clock.sql_seconds == 6.0

    def test_the_clock_stops_listening(self) -> None:
        from dbt.cli.main import dbtRunner

        invoke = dbtRunner.invoke
        with listening():
            assert dbtRunner.invoke is not invoke
        assert dbtRunner.invoke is invoke


def measurement(scenario: str, seconds: float, **changed: object) -> Measurement:
    parts = {} if scenario in BASELINES else dict.fromkeys(PARTS, seconds / len(PARTS))
    base = Measurement(scenario, 1000, seconds, seconds, 2**30, 2**30, 0.0, parts, {"int_x": 0.5})
    return replace(base, **changed)


def results(events: int = 10_000_000, **seconds: float) -> SizeResults:
    """Results in which every scenario took 12 seconds, those named as long as is said."""
    measured = [measurement(name, seconds.get(name, 12.0)) for name in (*BASELINES, *SCENARIOS) if name != "naive_dbt"]
    naive = measurement("naive_dbt", 8.0, events=100, parts={"sql": 5.0})
    facts = {
        "worlds": {"once": {"events": events, "contacts": events // 40}},
        "complaints": ["full_build as of a day did nothing"],
        "versions": {"duckdb": "2.0.0"},
        "measured_on": "2026-06-30",
        "commit": "abc",
        "cores": 2,
        "machine": "a machine",
        "memory_limit": "4GB",
    }
    return SizeResults(events, facts, (*measured, naive))


class TestResults:
    def test_medians_and_ratios(self) -> None:
        measured = [measurement("full_build", seconds) for seconds in (30.0, 10.0, 20.0)]
        of_three = replace(results(), measurements=(*measured, measurement("single_pass", 5.0)))
        assert of_three.seconds("full_build") == 20
        assert of_three.ratio("full_build", "single_pass") == 4
        assert of_three.median_run("full_build").wall_seconds == 20

    def test_only_queries_are_extrapolated(self) -> None:
        # 100 of 1,000 events: 3 seconds of dbt, 5 of queries.
        assert results().naive_seconds == pytest.approx(3 + 5 * 10)

    def test_targets_are_judged_where_they_are_meant(self) -> None:
        verdicts = {target.name: target.verdict(results(full_build=73.0)) for target in TARGETS}
        assert verdicts["full build ÷ (a)"] is False
        assert {target.name: target.verdict(results(full_build=72.0)) for target in TARGETS}["full build ÷ (a)"] is True
        assert verdicts["peak memory of any build"] is None
        assert all(target.verdict(results(events=1_000_000)) is None for target in TARGETS)

    def test_the_page_says_what_was_measured(self) -> None:
        page = render([results(1_000_000), results(full_build=100.0)])
        assert "| full build ÷ (a) | ≤ 6.00 | 1.00 (1.00) | 8.33 ✗ (8.33) |" in page
        assert "| full build | 1 | 100 |  | 100 | 1.00 | 1.00 | 8.33 | 1.00 |" in page
        assert "extrapolated from 100 events |  | *53.0* |" in page
        assert "| int_x | 0.500 |" in page
        assert "**Not as it should be:** full_build as of a day did nothing" in page

    def test_a_brief_benchmark_leaves_scenarios_out(self, tmp_path: Path) -> None:
        measured = {run.scenario for run in brief_runs_of_world()} | set(BASELINES)
        brief = replace(
            results(), measurements=tuple(run for run in results().measurements if run.scenario in measured)
        )
        page = render([brief])
        assert "| 90 past days in one run ÷ in 90 | ≤ 0.333 | not measured |" in page
        assert "mailing" not in page
        assert "extrapolated from 100 events" in page
        draw_chart([results(1_000_000), brief], tmp_path / "chart.svg")

    def test_the_chart_is_the_same_for_the_same_numbers(self, tmp_path: Path) -> None:
        first, second = tmp_path / "1.svg", tmp_path / "2.svg"
        for path in (first, second):
            draw_chart([results(1_000_000), results()], path)
        assert first.read_bytes() == second.read_bytes()
        assert "Where the seconds go at 10M events" in first.read_text(encoding="utf-8")
        assert first.stat().st_size < 100_000
