"""The laws of scoring, tried on the warehouse: what must hold between two ways of telling a world, whatever the world.

Here is what must be true, in the exact form in which it is; where a simpler form is false, a test shows why. The
worlds are made in `law_cases`. Not here: what a world scores, which the reference says (`test_worlds.py`).

The fast part shares three builds. The slow part tells every law of loading by itself, on other seeds.
"""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from orchestration.rule_book import validate
from orchestration.settings import DBT_PROJECT_DIR, PROFILES_DIR, RAW_DIR_ENV, SEEDS_DIR_ENV, WAREHOUSE_ENV
from tests.integration import law_cases
from tests.reference import values
from tests.reference.compare import ABOUT_ROWS, HISTORY, LATEST, assert_same
from tests.reference.tables import GRAIN
from tests.reference.warehouse import DbtWarehouse
from tests.reference.worlds import TODAY, write_raw, write_rule_book

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.reference import RuleBook
    from tests.reference.compare import Tables
    from tests.reference.raw import Raw, Row

SEED = 5
FIRST_DAY = TODAY - timedelta(days=7)

OF_CONTACTS = tuple(table for table in GRAIN if "contact_id" in GRAIN[table])
OF_ACCOUNTS = tuple(table for table in GRAIN if "account_id" in GRAIN[table])


@dataclass(frozen=True)
class Told:
    """The world as built at first, and the files of its rule book before and after."""

    raw: Raw
    rule_book: RuleBook
    tables: Tables
    files_before: dict[str, bytes]
    files_after: dict[str, bytes]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    return DbtWarehouse(tmp_path_factory.mktemp("laws"))


@pytest.fixture(scope="module")
def told(warehouse: DbtWarehouse) -> Told:
    """First build: all cases, with a history of eight days."""
    raw, rule_book = law_cases.world(SEED), law_cases.rule_book(SEED)
    warehouse.reset()
    _write(warehouse, raw, rule_book)
    files_before = _contents(warehouse.seeds_dir)
    tables = _build(warehouse, TODAY.isoformat(), FIRST_DAY.isoformat())
    return Told(raw, rule_book, tables, files_before, _contents(warehouse.seeds_dir))


@pytest.fixture(scope="module")
def retold(warehouse: DbtWarehouse, told: Told) -> Tables:
    """Second build: the same facts shuffled, doubled and re-sent, over the first; the dates come as YAML dates."""
    random = Random(SEED)
    raw = law_cases.shuffled(law_cases.resent(law_cases.duplicated(told.raw, random), random), random)
    _write(warehouse, raw, told.rule_book)
    return _build(warehouse, TODAY, FIRST_DAY)


@pytest.fixture(scope="module")
def rewritten(warehouse: DbtWarehouse, told: Told) -> Tables:
    """Third build: the first world under changed rules."""
    _write(warehouse, told.raw, law_cases.with_changed_rules(told.rule_book))
    return _build(warehouse, TODAY)


def _write(warehouse: DbtWarehouse, raw: Raw, rule_book: RuleBook) -> None:
    write_raw(raw, warehouse.raw_dir)
    write_rule_book(rule_book, warehouse.seeds_dir)


def _build(warehouse: DbtWarehouse, as_of: str | date, first_day: str | date | None = None, *arguments: str) -> Tables:
    history = {"history_from_date": first_day} if first_day else {}
    warehouse.build({"as_of_date": as_of, **history}, *arguments)
    return warehouse.read()


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- what is told does not depend on how it is told ------------------------------------------------------------------


def assert_only_copies(told: Tables, retold: Tables, copies: int) -> None:
    """More rows change nothing but the counts of duplicates and of rejected rows, which account for all of them."""
    before, after = ({row["outcome"]: row["events"] for row in tables["event_outcomes"]} for tables in (told, retold))
    moved = {outcome: after[outcome] - before[outcome] for outcome in before if after[outcome] != before[outcome]}
    rejected = [sum(row["source_table"] == "events" for row in tables["rejected_rows"]) for tables in (told, retold)]
    assert moved == {"duplicate": copies - (rejected[1] - rejected[0]), "rejected": rejected[1] - rejected[0]}


def test_shuffled_doubled_and_resent_rows_change_nothing_and_days_replayed_equal_days_run(
    told: Told, retold: Tables
) -> None:
    """A copy of a row with an older load time loses to it, whatever it says.

    All days of the history are replayed over themselves: no row of it moves either.
    """
    assert_same(told.tables, retold, (*LATEST, *HISTORY))


def test_copies_are_counted_as_duplicates_or_as_rejected_again(told: Told, retold: Tables) -> None:
    copies = sum(row["events"] for row in retold["event_outcomes"]) - len(told.raw.rows("events"))
    assert copies > 100
    assert_only_copies(told.tables, retold, copies)


def test_a_run_date_may_come_as_text_or_as_a_yaml_date(told: Told, retold: Tables) -> None:
    for tables in (told.tables, retold):
        assert {row["as_of_date"] for row in tables["contact_scores"]} == {TODAY}
        assert min(row["as_of_date"] for row in tables["score_history"]) == FIRST_DAY


def test_a_build_leaves_every_byte_of_the_rule_book_as_it_was(told: Told) -> None:
    """The folder is given by an absolute path, which dbt joins with its target folder when it writes compiled seeds."""
    assert told.files_after == told.files_before


def test_the_rule_books_are_valid(told: Told, tmp_path: Path) -> None:
    """The laws are tried on rule books that a user could have."""
    for name, rule_book in (("before", told.rule_book), ("after", law_cases.with_changed_rules(told.rule_book))):
        write_rule_book(rule_book, tmp_path / name)
        assert validate(tmp_path / name) == []


# --- twins -----------------------------------------------------------------------------------------------------------


def of_case(tables: Tables, name: str, names: tuple[str, ...]) -> Tables:
    """The rows of one case, with the name of the case taken from all their cells."""
    prefix = f"{name}."

    def without(cell: Any) -> Any:
        return cell.replace(prefix, "") if isinstance(cell, str) else cell

    def key(table: str, row: Row) -> str:
        return str(row[next(column for column in GRAIN[table] if column.endswith("_id"))])

    return {
        table: [
            {column: without(cell) for column, cell in row.items()}
            for row in tables[table]
            if key(table, row).removeprefix("site_visit:").startswith(prefix)
        ]
        for table in names
    }


def by_key(tables: Tables, table: str, column: str) -> dict[tuple[Any, ...], float]:
    """A column by the rest of the row's grain."""
    return {tuple(row[name] for name in GRAIN[table]): float(row[column]) for row in tables[table]}


def rises(before: Tables, after: Tables, columns: dict[str, tuple[str, ...]]) -> dict[tuple[Any, ...], float]:
    """How far each number moves from one twin to the other; a row that one of them lacks counts as 0."""
    moves = {}
    for table, names in columns.items():
        for column in names:
            old, new = by_key(before, table, column), by_key(after, table, column)
            for key in old.keys() | new.keys():
                moves[table, column, *key] = values.rounded(new.get(key, 0.0) - old.get(key, 0.0))
    return moves


@pytest.mark.parametrize("number", law_cases.TWIN_SEEDS)
def test_a_merge_equals_the_union(told: Told, number: int) -> None:
    """The survivor of merges has what one contact would have whose rows all these rows were.

    The profile is the survivor's own. Rows that share an id are settled before contacts are resolved, so the law is
    about rows with ids of their own.
    """
    names = (*OF_CONTACTS, *OF_ACCOUNTS)
    merged, union = (of_case(told.tables, f"{way}{number}", names) for way in ("merged", "union"))
    assert union["contact_scores"]
    assert_same(union, merged, names)


SCORES_OF_CONTACTS = {
    "contact_scores": ("activity_score", "lead_score", "top_product_score"),
    "custom_scores": ("score",),
    "product_interest_scores": ("score",),
}
SCORES_OF_ACCOUNTS = {
    "account_scores": (
        *("account_activity_score", "account_fit_score", "breadth", "sum_activity", "max_activity"),
        *("roles_covered", "top_product_score"),
    ),
    "account_product_interest": ("score",),
}


@pytest.mark.parametrize(("told_before", "told_after"), [("active", "anytime"), ("union", "latest")])
def test_a_positive_human_event_more_lowers_no_score(told: Told, told_before: str, told_after: str) -> None:
    """True of an event that hits rules of positive points only, that makes or changes no derived event, and that either

    - hits rules without a cap, of a contact who was active before, at any time, even before a reset (`anytime`), or
    - is later than every other event of the contact (`latest`).

    Otherwise it may displace a hit under a cap, join two visits, or start the clock of silence: see the tests below.
    Scores do not fall, but other things may: activity of weeks ago can end a surge, and see the last test of accounts.
    """
    columns = SCORES_OF_CONTACTS | SCORES_OF_ACCOUNTS
    moves = {}
    for number in law_cases.TWIN_SEEDS:
        before, after = (of_case(told.tables, f"{name}{number}", tuple(columns)) for name in (told_before, told_after))
        moves |= {(number, *key): move for key, move in rises(before, after, columns).items()}
    assert {key: move for key, move in moves.items() if move < 0} == {}
    assert {key[2] for key, move in moves.items() if move > 0} >= {"activity_score", "lead_score", "score"}


def test_an_earlier_event_under_a_cap_may_lower_a_score(told: Told) -> None:
    """The earliest hits are credited: a hit 14 days ago takes the place of today's, and is half decayed."""
    assert [_law_score(told.tables, name) for name in ("naive_cap", "naive_cap+")] == [10.0, 5.0]


def test_a_page_view_between_two_visits_may_lower_a_score(told: Told) -> None:
    """Views at minutes 10 and 60 are two visits; one more at minute 35 makes all three one."""
    assert [_law_score(told.tables, name) for name in ("naive_visit", "naive_visit+")] == [10.0, 5.0]


def test_a_first_event_long_ago_may_lower_a_score(told: Told) -> None:
    """Who was never active is not silent: a first event 60 days ago is worth little and brings the deduction."""
    before, after = (
        of_case(told.tables, name, ("contact_scores",))["contact_scores"][0]["activity_score"]
        for name in ("naive_silence", "naive_silence+")
    )
    assert before == 10.0
    assert after < before


def test_a_member_more_lowers_no_account(told: Told) -> None:
    """No score, breadth, role or interest. Its mean may fall, and so may its qualification, as in the next test."""
    moves = {}
    for number in law_cases.TWIN_SEEDS:
        before, after = (
            of_case(told.tables, f"{name}{number}", tuple(SCORES_OF_ACCOUNTS)) for name in ("union", "joined")
        )
        joined = rises(before, after, {"account_scores": ("member_count",)})
        assert set(joined.values()) <= {1.0}
        moves |= {(number, *key): move for key, move in rises(before, after, SCORES_OF_ACCOUNTS).items()}
    assert {key: move for key, move in moves.items() if move < 0} == {}
    assert {key[2] for key, move in moves.items() if move > 0} >= {"account_activity_score", "score"}


def test_a_silent_member_who_wakes_may_cost_an_account_its_qualification(told: Told) -> None:
    """One engaged member is enough as long as nobody else was ever active; then it takes two."""
    before, after = (
        of_case(told.tables, name, ("account_scores",))["account_scores"][0]
        for name in ("naive_account", "naive_account+")
    )
    assert before["is_qualified"]
    assert not after["is_qualified"]
    assert after["account_activity_score"] >= before["account_activity_score"]


def _law_score(tables: Tables, name: str) -> float:
    rows = of_case(tables, name, ("custom_scores",))["custom_scores"]
    return float(next(row["score"] for row in rows if row["score_id"] == "laws"))


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "count"), law_cases.half_life_cases().items())
def test_half_life_points_are_exactly_half_after_one_half_life(told: Told, name: str, count: int) -> None:
    """Exactly: halving loses no bit of a double."""
    assert _law_score(told.tables, name) == law_cases.HALF_LIFE_POINTS * 0.5**count


def test_the_history_halves_as_well(told: Told) -> None:
    """A score of half-life points alone, with nothing new in between, is half of what it was one half-life before."""
    for days in (1, 7):
        for name in law_cases.half_life_cases():
            if not name.startswith(f"half_life_{days}."):
                continue
            rows = of_case(told.tables, name, ("custom_score_history",))["custom_score_history"]
            score_on = {row["as_of_date"]: row["score"] for row in rows if row["score_id"] == "laws"}
            later = {
                day: score_on[day + timedelta(days=days)] for day in score_on if day + timedelta(days=days) <= TODAY
            }
            assert later == {day: pytest.approx(score_on[day] / 2, rel=1e-12) for day in later}
    on = by_key(of_case(told.tables, "half_life_7.1", ("custom_score_history",)), "custom_score_history", "score")
    assert on[FIRST_DAY, "c", "laws"] == 2 * on[TODAY, "c", "laws"] == law_cases.HALF_LIFE_POINTS


@pytest.mark.parametrize("table", ["score_ledger", "score_contributions"])
@pytest.mark.parametrize("build", ["told", "rewritten"])
def test_the_sum_of_the_ledger_is_the_points_of_the_group_and_the_score(
    request: pytest.FixtureRequest, told: Told, table: str, build: str
) -> None:
    """Σ per group, clamped to the group; Σ of those, clamped to the score: for every contact and score of groups."""
    tables = told.tables if build == "told" else request.getfixturevalue("rewritten")
    points: dict[tuple[str, str], float] = defaultdict(float)
    for row in tables[table]:
        points[row["contact_id"], row["group_id"]] += row["decayed_points"]
    scores = {("activity", row["contact_id"]): row["activity_score"] for row in tables["contact_scores"]}
    scores |= {(row["score_id"], row["contact_id"]): row["score"] for row in tables["custom_scores"]}
    wrong = {}
    for (score_id, contact_id), score in scores.items():
        total = 0.0
        for group in told.rule_book.score_groups:
            if group.score_id == score_id:
                total += values.clamp(points[contact_id, group.group_id], group.min_points, group.max_points)
        expected = told.rule_book.clamp(score_id, total)
        if not math.isclose(score, expected, rel_tol=1e-9, abs_tol=1e-9):
            wrong[score_id, contact_id] = (score, expected)
    assert wrong == {}
    assert {score_id for (score_id, _), score in scores.items() if score} == {"activity", "support_need", "laws"}


@pytest.mark.parametrize("name", law_cases.RULE_CHANGES)
def test_a_changed_rule_moves_its_own_points(told: Told, rewritten: Tables, name: str) -> None:
    """And those of no rule beside it, on the same events of the same contact; the score moves by as much."""
    before, after = (of_case(tables, f"change_{name}", ("score_ledger",)) for tables in (told.tables, rewritten))
    moving = f"law_moving_{name}"

    def ledger(tables: Tables, is_moving: bool) -> list[Row]:
        return [row for row in tables["score_ledger"] if (row["rule_id"] == moving) == is_moving]

    def points(tables: Tables) -> float:
        return float(sum(row["decayed_points"] for row in ledger(tables, True) if row["group_id"] == "laws"))

    staying = [{"score_ledger": ledger(tables, False)} for tables in (before, after)]
    assert {row["rule_id"] for row in staying[0]["score_ledger"]} >= {f"law_staying_{n}_{name}" for n in (1, 2)}
    assert_same(staying[0], staying[1], ("score_ledger",))
    assert ledger(before, True) != ledger(after, True)
    moved = _law_score(rewritten, f"change_{name}") - _law_score(told.tables, f"change_{name}")
    assert moved == pytest.approx(points(after) - points(before), abs=1e-9)
    assert points(after) != pytest.approx(points(before))


def test_changed_rules_move_nobody_whom_they_do_not_concern(told: Told, rewritten: Tables) -> None:
    """Contacts without a hit of a changed rule keep every number, whatever the order of the rules in the file."""
    names = tuple(table for table in (*OF_CONTACTS, *OF_ACCOUNTS) if table in LATEST)

    def others(tables: Tables) -> Tables:
        return {
            table: [row for row in tables[table] if not str(row[GRAIN[table][0]]).startswith("change_")]
            for table in names
        }

    assert len(others(told.tables)["contact_scores"]) > 200
    assert_same(others(told.tables), others(rewritten), names)


# --- slow: each law of loading by itself, on other seeds --------------------------------------------------------------


@pytest.fixture(scope="module", params=[11])
def fresh(request: pytest.FixtureRequest, warehouse: DbtWarehouse) -> Told:
    """One fresh build of three days of another world."""
    seed = request.param
    raw, rule_book = law_cases.world(seed), law_cases.rule_book(seed)
    warehouse.reset()
    _write(warehouse, raw, rule_book)
    return Told(raw, rule_book, _build(warehouse, TODAY, TODAY - timedelta(days=2)), {}, {})


WAYS_TO_TELL: dict[str, Callable[[Raw, Random], Raw]] = {
    "shuffled": law_cases.shuffled,
    "duplicated": law_cases.duplicated,
    "resent": law_cases.resent,
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS_TO_TELL)
def test_another_way_to_tell_the_same_changes_nothing(warehouse: DbtWarehouse, fresh: Told, way: str) -> None:
    """In a new warehouse, so that nothing of the first build can help."""
    raw = WAYS_TO_TELL[way](fresh.raw, Random(way))
    warehouse.reset()
    _write(warehouse, raw, fresh.rule_book)
    tables = _build(warehouse, TODAY, TODAY - timedelta(days=2))
    assert_same(fresh.tables, tables, (*LATEST, *HISTORY, *(ABOUT_ROWS if way == "shuffled" else ())))
    if way != "shuffled":
        assert_only_copies(fresh.tables, tables, len(raw.rows("events")) - len(fresh.raw.rows("events")))


@pytest.mark.slow
def test_rows_in_batches_over_days_end_where_one_build_does(warehouse: DbtWarehouse, fresh: Told) -> None:
    """Profiles, merges, identities and events come with any of three daily runs.

    The latest tables are those of one build. The history is not: it is a record of what was known each day, and so are
    `activity_score_7d_ago` and `is_qualified_7d_ago`. A backfill of the same days, and equally a full refresh, makes
    that equal too.
    """
    first_day = TODAY - timedelta(days=2)
    warehouse.reset()
    for number, arrived in enumerate(law_cases.batches(fresh.raw, 3, Random(3))):
        _write(warehouse, arrived, fresh.rule_book)
        tables = _build(warehouse, first_day + timedelta(days=number))
    assert_same(fresh.tables, tables, LATEST, exempt=("activity_score_7d_ago", "is_qualified_7d_ago"))
    assert fresh.tables["score_history"] != tables["score_history"]
    backfilled = _build(warehouse, TODAY, first_day)
    assert_same(fresh.tables, backfilled, tuple(GRAIN))
    refreshed = _build(warehouse, TODAY, first_day, "--full-refresh")
    assert_same(fresh.tables, refreshed, tuple(GRAIN))


@pytest.mark.slow
def test_a_replay_of_a_day_equals_its_run(warehouse: DbtWarehouse, fresh: Told) -> None:
    """One run a day, one run for all days, a day run again: one and the same history. The latest tables stay latest."""
    warehouse.reset()
    _write(warehouse, fresh.raw, fresh.rule_book)
    for back in (2, 1, 0):
        tables = _build(warehouse, TODAY - timedelta(days=back))
    assert_same(fresh.tables, tables, tuple(GRAIN))
    replayed = _build(warehouse, TODAY - timedelta(days=1))
    assert_same(fresh.tables, replayed, tuple(GRAIN))


@pytest.mark.slow
def test_plain_dbt_build_needs_nothing_but_the_handles(warehouse: DbtWarehouse, fresh: Told, tmp_path: Path) -> None:
    """`dbt build --vars '{as_of_date: 2024-03-10}'` from another folder: tables, data tests and unit tests."""
    _write(warehouse, fresh.raw, fresh.rule_book)
    before = _contents(warehouse.seeds_dir)
    path = tmp_path / "plain.duckdb"
    handles = {WAREHOUSE_ENV: path, RAW_DIR_ENV: warehouse.raw_dir, SEEDS_DIR_ENV: warehouse.seeds_dir}
    dbt = shutil.which("dbt", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert dbt, "dbt is not installed beside this Python"
    days = f"{{as_of_date: {TODAY}, history_from_date: {TODAY - timedelta(days=2)}}}"
    folders = ["--project-dir", DBT_PROJECT_DIR, "--profiles-dir", PROFILES_DIR, "--target-path", tmp_path / "target"]
    done = subprocess.run(
        [dbt, "build", "--vars", days, *folders, "--log-path", tmp_path / "logs"],
        cwd=tmp_path,
        env=os.environ | {name: str(value) for name, value in handles.items()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert _contents(warehouse.seeds_dir) == before
    with duckdb.connect(path, read_only=True) as connection:
        scores = connection.execute("select contact_id, lead_score from marts.contact_scores").fetchall()
    expected = {row["contact_id"]: row["lead_score"] for row in fresh.tables["contact_scores"]}
    assert dict(scores) == pytest.approx(expected, abs=1e-9)
