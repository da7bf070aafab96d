"""A backtest looks at the right people, knows what was known, and says what a warehouse of that day would have said.

Belongs here: the population, leakage, the command. Does not: what a measure means (`test_backtest_measures.py`).
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest
from typer.testing import CliRunner

pytest.importorskip("sklearn", reason="extra `backtest` is not installed")

from scipy.stats import binomtest

from orchestration.backtest.errors import BacktestError
from orchestration.backtest.knowledge import SQL
from orchestration.backtest.page import render
from orchestration.backtest.service import BacktestOptions, backtest, replay
from orchestration.cli.app import app
from orchestration.impact.rule_books import RuleBookAt, rule_book_of_working_tree
from orchestration.settings import DEFAULT_SEEDS_DIR, PROJECT_ROOT, Settings
from tests.integration import past_world
from tests.integration.past_world import DAY, LAST_DAY, LATE

if TYPE_CHECKING:
    from pathlib import Path

    from orchestration.impact.scratch import Scratch

pytestmark = pytest.mark.slow

HORIZON = 90
VARS = {"run_date": "2026-12-31"}
RUN_VARS = ["--vars", json.dumps(VARS)]
LEADFORGE = PROJECT_ROOT.parent / "shared" / "data" / "leadforge" / "demo-s42-student_public"


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, state_dir: Path) -> Settings:
    """The small past, built long after; the history has DAY, replayed from what is known now."""
    folder = tmp_path_factory.mktemp("past")
    settings = Settings(
        folder / "warehouse.duckdb", past_world.write_past(folder / "raw"), DEFAULT_SEEDS_DIR, state_dir
    )
    past_world.build(settings, first_day=DAY)
    return settings


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> RuleBookAt:
    return rule_book_of_working_tree(DEFAULT_SEEDS_DIR, tmp_path_factory.mktemp("book") / "rules")


def options(*days: date, horizon: int = HORIZON) -> BacktestOptions:
    return BacktestOptions(days[0], days[-1], 7, horizon, resamples=20, dbt_vars=VARS)


def scored_people(
    settings: Settings, book: RuleBookAt, chosen: BacktestOptions
) -> dict[str, tuple[float, float, bool]]:
    """Contact of the population → lead score by what was known, by what is known now, whether it converts. One day."""

    def names(scratch: Scratch) -> list[str]:
        return [name for (name,) in scratch.rows("select contact_id from replay.population order by day, contact_no")]

    with replay(settings, (book,), chosen, lambda *_: None, names) as (replayed, more):
        side = replayed.sides[0][1]
        converted = replayed.population.converted(chosen.horizon_days)
        kept = iter(range(len(replayed.population)))
        left_out = _excluded(settings)
        return {
            name: (side.scores["lead"][i], side.lead_by_hindsight[i], bool(converted[i]))
            for name in more[0]
            if name not in left_out
            for i in [next(kept)]
        }


def _excluded(settings: Settings) -> set[str]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        return {
            name
            for (name,) in connection.execute(
                "select contact_id from marts.contact_scores where is_excluded"
            ).fetchall()
        }


def warehouse_of_the_day(settings: Settings, raw: Path, day: date) -> dict[str, float]:
    """Lead scores of a warehouse that was built at the end of the day, from what was there."""
    of_day = replace(settings, warehouse=raw.parent / "of_day.duckdb", raw_dir=raw)
    past_world.build(of_day, as_of=day)
    with duckdb.connect(str(of_day.warehouse), read_only=True) as connection:
        return dict(connection.execute("select contact_id, round(lead_score, 9) from marts.contact_scores").fetchall())


def test_scores_are_those_of_a_warehouse_of_that_day(past: Settings, book: RuleBookAt, tmp_path: Path) -> None:
    """The trap: an event loaded after the day must not count, and hindsight must not be what is reported."""
    people = scored_people(past, book, options(DAY))
    then = warehouse_of_the_day(past, past_world.write_past(tmp_path / "raw", known_by=0), DAY)
    assert {name: score for name, (score, _, _) in people.items()} == {name: then[name] for name in people}
    assert {name for name, (score, now, _) in people.items() if score != now} == LATE
    # By hand: 20 points, half-life 90 days, the second of a month does not count; 0.6 of it is in the lead score.
    nobody = people["quiet"][0]
    assert people["early"][0] - nobody == pytest.approx(0.6 * 20 * 2 ** (-10 / 90))
    assert people["late"][0] == people["identified_late"][0] == people["survivor"][0] == nobody
    assert people["late"][1] - nobody == pytest.approx(0.6 * 20 * 2 ** (-5 / 90))
    assert people["resent_otherwise"][0] > people["resent_otherwise"][1]


def test_the_population_is_who_was_known_and_had_no_opportunity(past: Settings, book: RuleBookAt) -> None:
    people = scored_people(past, book, options(DAY))
    everybody = set(past_world.CONTACTS) - {"merged_away"}
    assert everybody - set(people) == {"had_one", "quiet_0", "created_later", "excluded"}
    # On the last day of the horizon counts, a day later does not; the account's opportunity is its contact's.
    assert {name for name, (*_, converts) in people.items() if converts} == {"early", "late", "after", "colleague"}
    # Without a creation date a contact is known from its first known event on.
    assert "waits" not in scored_people(past, book, options(DAY - timedelta(days=2)))


def test_what_came_late_counts_from_the_day_it_came(past: Settings, book: RuleBookAt) -> None:
    week_later = scored_people(past, book, options(DAY + timedelta(days=7)))
    nobody = week_later["quiet"][0]
    assert week_later["late"][0] > nobody
    assert week_later["identified_late"][0] == nobody
    assert week_later["created_later"][0] > nobody


def test_numbers_of_the_report_by_hand(past: Settings, book: RuleBookAt) -> None:
    measured = backtest(past, book, book, options(DAY))
    assert measured.is_one_rule_book
    assert measured.seen.converting_contacts == 4
    assert measured.seen.observations == len(past_world.CONTACTS) - 5
    assert measured.seen.known_late == len(LATE)
    # Known on DAY: requests of waits, early, resent_alike, resent_otherwise. Of four who convert early alone is ahead,
    # by ten days' decay behind the other three; the others tie at nothing.
    others = measured.seen.observations - 4
    ahead = others - 3
    tied = 3 * ahead / 2
    assert measured.head.auc["activity"].value == pytest.approx((ahead + tied) / (4 * others))
    hit = {rule.rule_id: rule for rule in measured.head.rules}["contact_request"]
    assert (hit.contacts, hit.conversions) == (4, 1)
    assert hit.lift.value == pytest.approx((1 / 4) / (4 / measured.seen.observations))
    assert hit.rate_without.value == pytest.approx(3 / (measured.seen.observations - 4))
    assert measured.head.auc_by_hindsight is not None
    assert measured.days[0].conversions == 4
    assert any("Only 4 people converted" in note for note in measured.notes)


def test_marts_show_the_same_day_by_what_is_known_now(past: Settings, book: RuleBookAt) -> None:
    """DAY is no outcome day of the marts unless the horizon says so: a build with another one shows it."""
    horizon = (LAST_DAY - DAY).days
    settings = replace(past, warehouse=past.warehouse.with_name("marts.duckdb"))
    settings.warehouse.write_bytes(past.warehouse.read_bytes())
    from orchestration.build import BuildRequest, BuildStatus, run_build

    result = run_build(settings, BuildRequest(LAST_DAY, None, False, VARS | {"backtest_horizon_days": horizon}))
    assert result.status is BuildStatus.DONE, result
    measured = backtest(past, book, book, options(DAY, horizon=horizon))
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        rules = connection.execute(
            "select rule_id, contacts, conversions, contacts_hit, conversions_hit from marts.rule_performance"
            f" where as_of_date = '{DAY}'"
        ).fetchall()
        deciles = connection.execute(
            "select contacts, conversions, conversion_rate_low, conversion_rate_high from marts.score_calibration"
            f" where as_of_date = '{DAY}'"
        ).fetchall()
    by_rule = {rule.rule_id: rule for rule in measured.head.rules}
    assert {row[0] for row in rules} == set(by_rule)
    assert {row[1:3] for row in rules} == {(measured.seen.observations, measured.seen.conversions)}
    # What came late is known now: the mart counts late, identified_late, survivor, and resent_otherwise no more.
    assert [row[3:] for row in rules if row[0] == "contact_request"] == [(6, 3)]
    assert sum(row[0] for row in deciles) == measured.seen.observations
    assert sum(row[1] for row in deciles) == measured.seen.conversions
    for contacts, conversions, low, high in deciles:
        wilson = binomtest(conversions, contacts).proportion_ci(method="wilson")
        assert (low, high) == pytest.approx((wilson.low, wilson.high), abs=1e-6)


def test_a_changed_rule_book_ranks_otherwise(past: Settings, book: RuleBookAt, tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for file in DEFAULT_SEEDS_DIR.glob("*.csv"):
        text = file.read_text(encoding="utf-8")
        (seeds / file.name).write_text(
            text.replace(
                "contact_request,direct,contact_request,,,,,,20,", "contact_request,direct,contact_request,,,,,,-20,"
            )
        )
    changed = rule_book_of_working_tree(seeds, tmp_path / "rules")
    measured = backtest(past, book, changed, options(DAY))
    assert not measured.is_one_rule_book
    assert measured.base.auc["activity"].value is not None
    assert measured.head.auc["activity"].value is not None
    # Below nothing there is nothing: the request now ties with silence.
    assert measured.head.auc["activity"].value < measured.base.auc["activity"].value
    assert measured.differences["auc_activity"].value == pytest.approx(
        measured.head.auc["activity"].value - measured.base.auc["activity"].value
    )
    page = render(measured)
    assert "<script" not in page
    assert "Content-Security-Policy" in page


def test_the_command_says_it_all_or_why_not(past: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in past.as_environment().items():
        monkeypatch.setenv(name, value)
    span = ["--from", str(DAY), "--to", str(DAY + timedelta(days=7)), "--resamples", "20", *RUN_VARS]
    files = {name: tmp_path / name for name in ("b.md", "b.html")}
    told = CliRunner().invoke(
        app, ["backtest", *span, "--json", "--markdown", str(files["b.md"]), "--html", str(files["b.html"])]
    )
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert found["seen"]["converting_contacts"] == 4
    assert "AUC, lead score" in files["b.md"].read_text()
    assert "<svg" in files["b.html"].read_text()
    late = CliRunner().invoke(app, ["backtest", "--from", "2026-06-01", *RUN_VARS])
    assert late.exit_code == 1
    assert "the last day whose outcome is known is 2026-04-01" in late.stderr
    before = CliRunner().invoke(app, ["backtest", "--from", "2020-01-01", "--to", "2020-01-01", *RUN_VARS])
    assert before.exit_code == 1
    assert "No contact was known" in before.stderr
    few = CliRunner().invoke(app, ["suggest", *span[:4], *RUN_VARS])
    assert few.exit_code == 2
    assert "4 people converted. It takes 10" in few.stderr
    inside = CliRunner().invoke(app, ["suggest", "--output", str(past.seeds_dir / "point_rules.csv")])
    assert inside.exit_code == 1
    assert "never applied" in inside.stderr


def test_nothing_is_compared_where_nobody_converts(past: Settings, book: RuleBookAt) -> None:
    with pytest.raises(BacktestError, match=r"None of .* contacts got a first opportunity within 5 days"):
        backtest(past, book, book, options(DAY + timedelta(days=5), horizon=5))


def test_every_query_says_what_a_row_is() -> None:
    for file in [*SQL.glob("*.sql"), *(SQL.parents[1] / "suggest" / "sql").glob("*.sql")]:
        assert file.read_text(encoding="utf-8").startswith("-- One row per"), file.name


@pytest.mark.parametrize("days_back", [30, 75])
def test_a_messy_world_is_replayed_as_a_warehouse_of_the_day_had_it(
    tmp_path: Path, state_dir: Path, book: RuleBookAt, days_back: int
) -> None:
    """The sample world re-sends, loads late, identifies and merges; each score equals that of a build of the day."""
    from orchestration.sample import write_sample

    raw, end = tmp_path / "raw", date(2026, 6, 30)
    write_sample(raw, contacts=400, days=120, seed=11, end_date=end)
    settings = Settings(tmp_path / "warehouse.duckdb", raw, DEFAULT_SEEDS_DIR, state_dir)
    past_world.build(settings, as_of=end)
    day = end - timedelta(days=days_back)
    people = scored_people(settings, book, replace(options(day, horizon=days_back)))
    of_day = tmp_path / "of_day" / "raw"
    of_day.mkdir(parents=True)
    known = {"events": "loaded_at", "identities": "identified_at", "contact_merges": "merged_at"}
    with duckdb.connect() as connection:
        for file in raw.glob("*.parquet"):
            column = known.get(file.stem)
            only = f" where {column}::date <= date '{day}'" if column else ""
            connection.execute(f"copy (from '{file}'{only}) to '{of_day / file.name}'")
    then = warehouse_of_the_day(settings, of_day, day)
    assert len(people) > 100
    assert sum(score != now for score, now, _ in people.values()) > 3
    wrong = {name: (score, then.get(name)) for name, (score, *_) in people.items() if score != then.get(name)}
    assert wrong == {}


@pytest.mark.skipif(not LEADFORGE.is_dir(), reason="../shared/data/leadforge is absent")
def test_the_default_rule_book_on_a_third_partys_world(tmp_path: Path, state_dir: Path, book: RuleBookAt) -> None:
    import runpy

    script = runpy.run_path(str(PROJECT_ROOT / "examples" / "map_source.py"))
    raw = tmp_path / "raw"
    script["map_source"](PROJECT_ROOT / "examples" / "leadforge" / "mapping.sql", LEADFORGE, raw)
    settings = Settings(tmp_path / "warehouse.duckdb", raw, DEFAULT_SEEDS_DIR, state_dir)
    past_world.build(settings, as_of=date(2024, 2, 29))
    measured = backtest(settings, book, book, options(date(2024, 1, 8), date(2024, 1, 22), horizon=30))
    auc = measured.head.auc["lead"]
    assert measured.seen.converting_contacts > 500
    assert auc.value is not None
    assert auc.low is not None
    assert auc.high is not None
    assert 0.4 < auc.low < auc.value < auc.high < 0.9
    assert auc.high - auc.low < 0.1
    assert np.isclose(sum(row.observations for row in measured.head.deciles), measured.seen.observations)
