"""Days and config become arguments of dbt: no dbt, no Dagster run."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestration.dbt_args import BuildArgs, days_as_vars, selection_of
from orchestration.dbt_runner import DbtError
from orchestration.partitions import daily_partitions, parse_day, today


def test_the_days_of_a_run_are_vars() -> None:
    assert days_as_vars((date(2026, 6, 1), date(2026, 6, 30)), {"surge_min_points": 30}) == {
        "as_of_date": "2026-06-30",
        "history_from_date": "2026-06-01",
        "surge_min_points": 30,
    }


@pytest.mark.parametrize("name", ["as_of_date", "history_from_date"])
def test_a_var_cannot_contradict_the_days_of_a_run(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        days_as_vars((date(2026, 6, 30), date(2026, 6, 30)), {name: "2020-01-01"})


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-07-01, is after the last one, 2026-06-30"):
        days_as_vars((date(2026, 7, 1), date(2026, 6, 30)), {})


def test_a_run_without_days_leaves_today_to_dbt() -> None:
    assert days_as_vars(None, {"surge_min_points": 30}) == {"surge_min_points": 30}


def test_a_build_names_its_vars_and_leaves_unit_tests_to_ci() -> None:
    args = BuildArgs({"b": 1, "a": "it's"}).as_list()
    assert args[0] == "build"
    assert json.loads(args[args.index("--vars") + 1]) == {"a": "it's", "b": 1}
    assert args[-4:] == ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"]


def test_a_full_refresh_and_a_selection_are_passed_on() -> None:
    selection = selection_of([{"fqn": ["lead_scoring", "marts", "b"]}, {"fqn": ["lead_scoring", "marts", "a"]}])
    args = BuildArgs({}, full_refresh=True, selection=selection).as_list()
    assert args[-6:] == [
        "--full-refresh",
        "--indirect-selection",
        "empty",
        "--select",
        "fqn:lead_scoring.marts.a",
        "fqn:lead_scoring.marts.b",
    ]


def test_the_days_of_a_run_cost_no_parsing() -> None:
    days = days_as_vars(
        (date(2026, 6, 1), date(2026, 6, 30)), {"history_start_date": "2026-01-01", "raw_schema": "crm"}
    )
    assert BuildArgs(days).parse_vars == {"raw_schema": "crm"}


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 3, 8), date(2026, 11, 1)])
def test_a_partition_is_one_day_of_the_scoring_time_zone(zone: str, day: date) -> None:
    partitions = daily_partitions(date(2024, 1, 1), day, zone)
    window = partitions.time_window_for_partition_key(day.isoformat())
    assert [window.start.date(), window.end.date()] == [day, day + timedelta(days=1)]
    assert str(window.start.tzinfo) == zone


@pytest.mark.parametrize("days_ahead", [-400, 0, 1, 500])
def test_any_day_asked_for_and_today_have_a_partition(days_ahead: int) -> None:
    now = today("UTC")
    asked_for = now + timedelta(days=days_ahead)
    partitions = daily_partitions(min(asked_for, date(2026, 1, 1)), asked_for, "UTC")
    assert partitions.has_partition_key(asked_for.isoformat())
    assert partitions.has_partition_key(now.isoformat())
    last_day = max(now, asked_for)
    assert partitions.get_last_partition_key() == last_day.isoformat()


def test_today_is_that_of_the_scoring_time_zone() -> None:
    assert today("Pacific/Kiritimati") == datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
    assert (today("Pacific/Kiritimati") - today("Pacific/Midway")).days in {1, 2}


@pytest.mark.parametrize(
    ("value", "day"),
    [("", None), (None, None), ("2026-06-30", date(2026, 6, 30)), (date(2026, 6, 30), date(2026, 6, 30))],
)
def test_a_day_is_read_from_text_or_yaml(value: object, day: date | None) -> None:
    assert parse_day(value) == day


def test_an_error_of_dbt_keeps_what_a_person_needs() -> None:
    error = DbtError(
        RuntimeError(
            "Compilation Error in operation lead_scoring-on-run-start-0 (./dbt_project.yml)\n  \n"
            "  raw table events is required and absent\n  raw table contacts is required and absent\n  \n"
            "  > in macro check_configuration (macros/x.sql)\n  > called by operation x (./dbt_project.yml)"
        )
    )
    assert str(error) == "raw table events is required and absent\nraw table contacts is required and absent"
    assert not error.is_locked


def test_a_locked_warehouse_is_told_from_other_errors() -> None:
    assert DbtError(RuntimeError('Runtime Error\n  IO Error: Could not set lock on file "w.duckdb"')).is_locked
