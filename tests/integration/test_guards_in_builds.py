"""Guards in real builds: what they stop, what readers and the exit code are told, how a run goes through all the same.

From which numbers on a guard speaks is in `tests/unit/test_guards.py`.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import duckdb
import pytest

from orchestration.build import BuildRequest, BuildStatus, run_build
from orchestration.instance import command_line_instance
from tests.conftest import SAMPLE_DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestration.settings import Settings

STRICT = """
[empty_source]
min_rows = 10
[grade_moves]
min_contacts = 10
max_share = 0.3
"""


@pytest.fixture
def settings(sample_settings: Settings, built_warehouse: Path, tmp_path: Path) -> Settings:
    """The built tiny world with raw tables to be changed, and guards that take it for a large one."""
    warehouse = tmp_path / built_warehouse.name
    shutil.copyfile(built_warehouse, warehouse)
    shutil.copytree(sample_settings.published_dir, tmp_path / "published", symlinks=True)
    shutil.copytree(str(sample_settings.raw_dir), tmp_path / "raw")
    guards = tmp_path / "guards.toml"
    guards.write_text(STRICT, encoding="utf-8")
    return replace(sample_settings, warehouse=warehouse, raw_dir=tmp_path / "raw", guards_config=guards)


def change(settings: Settings, table: str, query: str) -> None:
    """Write what a query makes of a raw table (`rows`) in its place."""
    file = Path(str(settings.raw_dir)) / f"{table}.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"create table rows as from read_parquet('{file}')")
        connection.execute(f"copy ({query}) to '{file}'")


def attempts(settings: Settings) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings.snapshot), read_only=True) as connection:
        return connection.execute(
            "select status, failed_checks from marts.publication order by publication_id"
        ).fetchall()


def hot_contacts(warehouse: Path) -> int:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        ((hot,),) = connection.execute("select count(*) from marts.contact_scores where activity_score > 0").fetchall()
        return int(hot)


def empty_events(settings: Settings) -> None:
    change(settings, "events", "from rows limit 0")


def test_a_source_that_came_empty_stops_the_build_before_any_score_changes(settings: Settings) -> None:
    empty_events(settings)
    before = settings.warehouse.read_bytes()
    result = run_build(settings, BuildRequest(SAMPLE_DAY + timedelta(days=1)))
    assert (result.status, result.errors) == (BuildStatus.CHECKS_FAILED, ())
    assert not result.is_begun
    (failed,) = result.failed_checks
    assert (failed.table, failed.name) == ("raw.events", "empty_source")
    assert "rows and has none" in failed.finding
    assert settings.warehouse.read_bytes() == before
    assert attempts(settings) == [("published", None), ("withheld", "empty_source")]


@pytest.mark.slow
def test_by_default_a_small_world_may_lose_all_its_events(settings: Settings) -> None:
    """Nor does it matter that nearly everyone has another grade then."""
    settings = replace(settings, guards_config=None)
    hot = hot_contacts(settings.warehouse)
    change(settings, "events", "from rows limit 900")
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("""update guards.published_run set source_rows = '{"events": 900}'""")
    empty_events(settings)
    result = run_build(settings, BuildRequest(SAMPLE_DAY))
    assert result.status is BuildStatus.DONE, result
    assert result.is_begun
    assert hot_contacts(settings.warehouse) < hot


@pytest.mark.slow
@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("request_", "config"),
    [
        (BuildRequest(SAMPLE_DAY + timedelta(days=400)), STRICT),
        (BuildRequest(SAMPLE_DAY - timedelta(days=1)), STRICT),
        (BuildRequest(SAMPLE_DAY, SAMPLE_DAY - timedelta(days=2)), STRICT),
        (BuildRequest(SAMPLE_DAY, extra_vars={"scoring_timezone": "Asia/Tokyo"}), "[empty_source]\non_failure = 'off'"),
        (BuildRequest(SAMPLE_DAY, accept=("empty_source", "grade_moves")), STRICT),
        (BuildRequest(SAMPLE_DAY), STRICT.replace("]\n", "]\non_failure = 'warn'\n")),
    ],
    ids=["a day far away", "an earlier day", "a replay", "other parameters", "accepted", "warnings"],
)
def test_what_goes_through_with_an_empty_source(settings: Settings, request_: BuildRequest, config: str) -> None:
    assert settings.guards_config
    settings.guards_config.write_text(config, encoding="utf-8")
    empty_events(settings)
    result = run_build(settings, request_)
    assert result.status is BuildStatus.DONE, result
    assert attempts(settings)[-1][0] == "published"


@pytest.mark.slow
def test_the_first_build_of_a_warehouse_is_not_judged(settings: Settings) -> None:
    empty_events(settings)
    settings.warehouse.unlink()
    assert run_build(settings, BuildRequest(SAMPLE_DAY)).status is BuildStatus.DONE


def blank_profiles(settings: Settings) -> None:
    change(settings, "contacts", "select * replace (null as job_title, null as department, null as country) from rows")
    change(settings, "accounts", "select * replace (null as industry, null as employee_count) from rows")


def bot_events(settings: Settings) -> None:
    change(settings, "events", "select * replace (true as is_machine) from rows")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "max_share"),
    [(blank_profiles, 0.3), (bot_events, 0.1)],
    ids=["profiles came blank", "all events are machines'"],
)
def test_grades_that_jump_are_not_published_until_they_are_accepted(
    settings: Settings, spoil: Callable[[Settings], None], max_share: float
) -> None:
    assert settings.guards_config
    settings.guards_config.write_text(STRICT.replace("max_share = 0.3", f"max_share = {max_share}"), encoding="utf-8")
    spoil(settings)
    for days in (1, 2):
        result = run_build(settings, BuildRequest(SAMPLE_DAY + timedelta(days=days)))
        assert (result.status, result.errors) == (BuildStatus.CHECKS_FAILED, ())
        assert [check.name for check in result.failed_checks] == ["grade_moves"]
        assert "contacts have another grade than was published" in result.failed_checks[0].finding
    assert attempts(settings)[1:] == [("withheld", "grade_moves")] * 2
    accepted = run_build(settings, BuildRequest(SAMPLE_DAY + timedelta(days=2), accept=("grade_moves",)))
    assert accepted.status is BuildStatus.DONE, accepted
    # From now on it is what others are compared with.
    assert run_build(settings, BuildRequest(SAMPLE_DAY + timedelta(days=3))).status is BuildStatus.DONE
    assert [status for status, _ in attempts(settings)[3:]] == ["published", "published"]


@pytest.mark.slow
def test_a_change_of_the_rule_book_is_told_and_stops_nothing(settings: Settings, tmp_path: Path) -> None:
    seeds_dir = tmp_path / "seeds"
    shutil.copytree(settings.seeds_dir, seeds_dir)
    bands = seeds_dir / "score_bands.csv"
    text = bands.read_text(encoding="utf-8")
    for label, old, new in (("A", 75, 12), ("B", 50, 8), ("C", 25, 4)):
        assert f"fit,{label},{old}," in text
        text = text.replace(f"fit,{label},{old},", f"fit,{label},{new},")
    bands.write_text(text, encoding="utf-8")
    result = run_build(replace(settings, seeds_dir=seeds_dir), BuildRequest(SAMPLE_DAY))
    assert result.status is BuildStatus.DONE, result
    with command_line_instance(settings) as instance:
        entries = instance.all_logs(result.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        evaluations = [entry.dagster_event.asset_check_evaluation_data for entry in entries if entry.dagster_event]
    (told,) = [evaluation for evaluation in evaluations if evaluation.asset_check_key.name == "grade_moves"]
    assert (told.passed, told.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert str(told.description).endswith("the rule book has changed")


@pytest.mark.parametrize(
    ("accept", "config", "said"),
    [
        (("grade_move",), "", "there is no guard grade_move to accept; valid: empty_source, "),
        ((), "[grade_moves]\nmax_share = 2\n", "guards.toml: grade_moves.max_share: 2 is not valid; valid: a share"),
    ],
)
def test_a_mistake_is_an_error_before_anything_is_built(
    settings: Settings, accept: tuple[str, ...], config: str, said: str
) -> None:
    assert settings.guards_config
    settings.guards_config.write_text(config, encoding="utf-8")
    before = settings.warehouse.read_bytes()
    result = run_build(settings, BuildRequest(SAMPLE_DAY, accept=accept))
    assert result.status is BuildStatus.ERRORS
    (error,) = result.errors
    assert error.startswith(said)
    assert settings.warehouse.read_bytes() == before


def test_a_stale_source_stops_todays_build_in_production_alone(settings: Settings) -> None:
    production = replace(settings, environment="production")
    stale = run_build(production, BuildRequest())
    assert stale.status is BuildStatus.CHECKS_FAILED, stale
    assert [check.name for check in stale.failed_checks] == ["source_age"]
    assert "the newest raw event was loaded" in stale.failed_checks[0].finding
