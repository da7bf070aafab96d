"""A backtest looks at the right people, knows what was known, and says what a warehouse of that day would have said.

Belongs here: the population, leakage, the command. Does not: what a measure means (`test_backtest_measures.py`).
"""

from __future__ import annotations

import json
import runpy
import shutil
from collections import defaultdict
from dataclasses import dataclass
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
from orchestration.sample import write_sample
from orchestration.settings import DEFAULT_SEEDS_DIR, PROJECT_ROOT, Settings
from orchestration.suggest.exposure import Exposure
from orchestration.suggest.service import suggest
from tests.integration import past_world
from tests.integration.past_world import DAY, HORIZON, LATE, VARS, mess_up
from tests.reference.warehouse import DbtWarehouse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestration.impact.scratch import Scratch

pytestmark = pytest.mark.slow

RUN_VARS = ["--vars", json.dumps(VARS)]
LEADFORGE = PROJECT_ROOT.parent / "shared" / "data" / "leadforge" / "demo-s42-student_public"


@dataclass(frozen=True)
class Person:
    """An observation: lead score by what was known, by what is known now, and whether it converts."""

    lead: float
    by_hindsight: float
    converts: bool


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, state_dir: Path) -> Settings:
    """The small past, built long after; the history has DAY, replayed from what is known now."""
    folder = tmp_path_factory.mktemp("past")
    settings = Settings(
        folder / "warehouse.duckdb", past_world.write_past(folder / "raw"), DEFAULT_SEEDS_DIR, state_dir
    )
    past_world.build(settings)
    return settings


@pytest.fixture(scope="module")
def of_the_day(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    """A warehouse to be built as of some day, from what was there; no tests, as many times as one likes."""
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("of_the_day"))
    shutil.copytree(DEFAULT_SEEDS_DIR, warehouse.seeds_dir)
    return warehouse


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> RuleBookAt:
    return rule_book_of_working_tree(DEFAULT_SEEDS_DIR, tmp_path_factory.mktemp("book") / "rules")


@pytest.fixture(scope="module")
def people_by_day(past: Settings, book: RuleBookAt) -> Mapping[date, Mapping[str, Person]]:
    """Ten days of the small past in one replay."""
    days = BacktestOptions(DAY - timedelta(days=2), DAY + timedelta(days=7), 1, HORIZON, dbt_vars=VARS)
    return scored_people(past, book, days)


def options(*days: date, horizon: int = HORIZON) -> BacktestOptions:
    return BacktestOptions(days[0], days[-1], 7, horizon, resamples=20, dbt_vars=VARS)


def scored_people(settings: Settings, book: RuleBookAt, chosen: BacktestOptions) -> Mapping[date, Mapping[str, Person]]:
    """Day → contact of the population → what a replay says. Scores of `suggest` are checked against it on the way."""

    def names(scratch: Scratch) -> list[tuple[date, str]]:
        Exposure.read(scratch, chosen.horizon_days).check()
        return scratch.rows(
            """
            select population.day, population.contact_id
            from replay.population as population
            inner join intermediate.int_contact_scores as scores
                on population.scored_id = scores.contact_id and population.day = scores.as_of_date
            where not scores.is_excluded
            order by population.day, population.contact_no
            """
        )

    replayed, (named,) = replay(settings, (book,), chosen, lambda *_: None, names)
    side, converted = replayed.sides[0][1], replayed.population.converted(chosen.horizon_days)
    assert len(named) == len(replayed.population)
    found: dict[date, dict[str, Person]] = defaultdict(dict)
    for place, (day, name) in enumerate(named):
        found[day][name] = Person(side.scores["lead"][place], side.lead_by_hindsight[place], bool(converted[place]))
    return found


def scores_of_the_day(warehouse: DbtWarehouse, raw: Path, day: date) -> dict[str, float]:
    """Lead scores of a warehouse that was built at the end of the day, from these raw tables."""
    warehouse.reset()
    shutil.copytree(raw, warehouse.raw_dir)
    warehouse.build(VARS | {"as_of_date": str(day)}, "--select", "+contact_scores")
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        return dict(connection.execute("select contact_id, round(lead_score, 9) from marts.contact_scores").fetchall())


def test_scores_are_those_of_a_warehouse_of_that_day(
    people_by_day: Mapping[date, Mapping[str, Person]], of_the_day: DbtWarehouse, tmp_path: Path
) -> None:
    """The trap: an event loaded after the day must not count, and hindsight must not be what is reported."""
    people = people_by_day[DAY]
    then = scores_of_the_day(of_the_day, past_world.write_past(tmp_path / "raw", known_by=0), DAY)
    assert {name: person.lead for name, person in people.items()} == {name: then[name] for name in people}
    assert {name for name, person in people.items() if person.lead != person.by_hindsight} == LATE
    # By hand: 20 points, half-life 90 days, the second of a month does not count; 0.6 of it is in the lead score.
    nobody = people["quiet"].lead
    assert people["early"].lead - nobody == pytest.approx(0.6 * 20 * 2 ** (-10 / 90))
    assert people["late"].lead == people["identified_late"].lead == people["survivor"].lead == nobody
    assert people["late"].by_hindsight - nobody == pytest.approx(0.6 * 20 * 2 ** (-5 / 90))
    assert people["resent_otherwise"].lead > people["resent_otherwise"].by_hindsight


def test_the_population_is_who_was_known_and_had_no_opportunity(
    people_by_day: Mapping[date, Mapping[str, Person]],
) -> None:
    people = people_by_day[DAY]
    everybody = set(past_world.CONTACTS) - {"merged_away"}
    assert everybody - set(people) == {"had_one", "quiet_0", "created_later", "excluded"}
    # On the last day of the horizon counts, a day later does not; the account's opportunity is its contact's.
    assert {name for name, person in people.items() if person.converts} == {"early", "late", "after", "colleague"}
    # Without a creation date a contact is known from its first known event on.
    assert "waits" not in people_by_day[DAY - timedelta(days=2)]


def test_what_came_late_counts_from_the_day_it_came(people_by_day: Mapping[date, Mapping[str, Person]]) -> None:
    day_before, day_of_load = (people_by_day[DAY + timedelta(days=days)] for days in (3, 4))
    assert day_before["late"].lead == day_before["quiet"].lead
    assert day_of_load["late"].lead > day_of_load["quiet"].lead
    week_later = people_by_day[DAY + timedelta(days=7)]
    assert week_later["identified_late"].lead == week_later["quiet"].lead
    assert week_later["created_later"].lead > week_later["quiet"].lead


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
    """DAY is an outcome day of the marts, because the small past is built with a horizon that ends on its last day."""
    measured = backtest(past, book, book, options(DAY, horizon=past_world.HORIZON_OF_MARTS))
    with duckdb.connect(str(past.warehouse), read_only=True) as connection:
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
    # Below nothing there is nothing: the request now ties with silence, and all are equal.
    assert measured.head.auc["activity"].value == 0.5
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
    # Of the second day, an opportunity 91 days after the first one is within the horizon.
    assert found["seen"]["converting_contacts"] == 5
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
    assert "with a horizon of 90 days it takes 111 at least" in few.stderr
    inside = CliRunner().invoke(app, ["suggest", "--output", str(past.seeds_dir / "point_rules.csv")])
    assert inside.exit_code == 1
    assert "never applied" in inside.stderr


def test_nothing_is_compared_where_nobody_converts(past: Settings, book: RuleBookAt) -> None:
    with pytest.raises(BacktestError, match=r"None of .* contacts got a first opportunity within 5 days"):
        backtest(past, book, book, options(DAY + timedelta(days=5), horizon=5))


def test_every_query_says_what_a_row_is() -> None:
    for file in [*SQL.glob("*.sql"), *(SQL.parents[1] / "suggest" / "sql").glob("*.sql")]:
        assert file.read_text(encoding="utf-8").startswith("-- One row per"), file.name


def test_a_messy_world_is_replayed_as_a_warehouse_of_the_day_had_it(
    tmp_path: Path, state_dir: Path, book: RuleBookAt, of_the_day: DbtWarehouse
) -> None:
    """Where much is loaded late, sent again otherwise, identified and merged later, each score is that of its day."""
    raw, end = tmp_path / "raw", date(2026, 6, 30)
    write_sample(raw, contacts=400, days=120, seed=11, end_date=end)
    mess_up(raw, end)
    warehouse = DbtWarehouse(tmp_path)
    shutil.copytree(DEFAULT_SEEDS_DIR, warehouse.seeds_dir)
    warehouse.build(VARS | {"as_of_date": str(end)})
    settings = Settings(warehouse.path, raw, DEFAULT_SEEDS_DIR, state_dir)
    days = BacktestOptions(end - timedelta(days=80), end - timedelta(days=40), 40, 40, dbt_vars=VARS)
    for day, people in scored_people(settings, book, days).items():
        then = scores_of_the_day(of_the_day, past_world.known_on(raw, day, tmp_path / str(day)), day)
        assert sum(person.lead != person.by_hindsight for person in people.values()) > 10
        wrong = {name: (p.lead, then.get(name)) for name, p in people.items() if p.lead != then.get(name)}
        assert wrong == {}


@pytest.mark.skipif(not LEADFORGE.is_dir(), reason="../shared/data/leadforge is absent")
def test_the_default_rule_book_on_a_third_partys_world(tmp_path: Path, state_dir: Path, book: RuleBookAt) -> None:
    script = runpy.run_path(str(PROJECT_ROOT / "examples" / "map_source.py"))
    warehouse = DbtWarehouse(tmp_path)
    script["map_source"](PROJECT_ROOT / "examples" / "leadforge" / "mapping.sql", LEADFORGE, warehouse.raw_dir)
    shutil.copytree(DEFAULT_SEEDS_DIR, warehouse.seeds_dir)
    warehouse.build(VARS | {"as_of_date": "2024-02-29"})
    settings = Settings(warehouse.path, warehouse.raw_dir, DEFAULT_SEEDS_DIR, state_dir)
    measured = backtest(settings, book, book, options(date(2024, 1, 8), date(2024, 1, 22), horizon=30))
    auc = measured.head.auc["lead"]
    assert measured.seen.converting_contacts > 500
    assert auc.value is not None
    assert auc.low is not None
    assert auc.high is not None
    assert 0.4 < auc.low < auc.value < auc.high < 0.9
    assert auc.high - auc.low < 0.1
    assert np.isclose(sum(row.observations for row in measured.head.deciles), measured.seen.observations)

    # Taken for nearly worthless, the strongest rule of that world is found again, on days that chose nothing.
    seeds = tmp_path / "wrong"
    shutil.copytree(DEFAULT_SEEDS_DIR, seeds)
    rules = seeds / "point_rules.csv"
    text = rules.read_text(encoding="utf-8")
    rules.write_text(text.replace("contact_request,,,,,,20,", "contact_request,,,,,,1,"), encoding="utf-8")
    wrong = rule_book_of_working_tree(seeds, tmp_path / "rules")
    days = BacktestOptions(date(2024, 1, 1), date(2024, 2, 18), 2, 10, dbt_vars=VARS)
    found = suggest(settings, wrong, days)
    request = next(rule for rule in found.rules if rule.rule_id == "contact_request")
    assert request.points == 1
    assert request.proposed_points > 5
    assert request.is_clear
    assert found.trial.is_held_out
