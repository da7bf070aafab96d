"""Whatever changes between two runs: the tables are those of one build of the final state, the history is the record.

Every run is judged cell by cell by the reference, which reads all raw rows anew each time and keeps nothing but the
record of days. What can change is in `change_cases`; that builds are killed in between, in `test_killed_builds.py`.

The fast part makes all changes of raw rows in one run, each in a case of its own, and many changes of rules in the
next. The slow part makes every change alone, so that no other one can hide what it leaves behind, and random splits.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from orchestration.rule_book import validate
from tests.integration.change_cases import (
    RAW_CHANGES,
    RULE_CHANGES,
    VARIABLE_CHANGES,
    YESTERDAY,
    rule_book,
    seeded_split,
    splits,
    told_in_cases,
    world,
)
from tests.reference import Reference, differences, load_raw, load_rule_book
from tests.reference.compare import LATEST, assert_same
from tests.reference.warehouse import DbtWarehouse
from tests.reference.worlds import TODAY, Run, write_rule_book

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.reference import RuleBook
    from tests.reference.compare import Tables

# changes that do not hide each other
TOGETHER = (
    *("the_sign_of_points", "points_of_a_derived_event", "a_first_cap", "no_cap", "decay_kind", "decay_days"),
    *("object_pattern", "min_value", "object_pattern_of_stages", "valid_to", "group_limits"),
    *("a_rule_turned_on", "a_new_rule", "inactivity_days", "content_product"),
    *("fit_operand", "fit_points", "title_points", "title_role", "an_exclusion_turned_on"),
    *("a_new_free_domain", "a_new_bot_pattern", "a_threshold_value", "grades", "rank_weights", "a_description"),
)
BEFORE = Run(raw=world(), rule_book=rule_book(), as_of=YESTERDAY, from_date=None, variables={})
AFTER = replace(BEFORE, as_of=TODAY)
ALONE: dict[str, Run] = {
    "nothing": AFTER,
    **{f"raw-{name}": replace(AFTER, raw=change(world())) for name, change in RAW_CHANGES.items()},
    **{f"rule-{name}": replace(AFTER, rule_book=change(rule_book())) for name, change in RULE_CHANGES.items()},
    **{f"variable-{name}": replace(AFTER, variables=variables) for name, variables in VARIABLE_CHANGES.items()},
}


class Warehouse:
    """A warehouse and the reference beside it, run by run."""

    def __init__(self, folder: Path) -> None:
        self.dbt = DbtWarehouse(folder)
        self._saved = folder / "saved"
        self._reference = Reference()

    def reset(self) -> None:
        self.dbt.reset()
        self._reference = Reference()

    def run(self, run: Run) -> tuple[Tables, list[str]]:
        """What the warehouse publishes after a run, and where that is not what the reference says."""
        tables = self.dbt.run(run)
        raw, book = load_raw(self.dbt.raw_dir), load_rule_book(self.dbt.seeds_dir)
        expected = self._reference.run(raw, book, run.as_of, run.from_date, run.variables, run.now)
        return tables, differences(expected, tables, limit=10_000)

    def start_from(self, run: Run) -> None:
        """The warehouse after this first run, which is built once and copied then."""
        self.reset()
        if self._saved.exists():
            shutil.copyfile(self._saved, self.dbt.path)
            self._reference.run(run.raw, run.rule_book, run.as_of)
        else:
            assert_no(self.run(run)[1])
            shutil.copyfile(self.dbt.path, self._saved)

    def refreshed(self, run: Run) -> Tables:
        """What a full refresh of a run that is already built publishes."""
        self.dbt.build({**run.variables, "as_of_date": run.as_of.isoformat()}, "--full-refresh")
        return self.dbt.read()


def assert_no(found: list[str]) -> None:
    assert not found, "\n".join(found[:50])


def changed(names: Iterable[str], book: RuleBook) -> RuleBook:
    return reduce(lambda told, name: RULE_CHANGES[name](told), names, book)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return Warehouse(tmp_path_factory.mktemp("incremental"))


# --- the changes are what they claim to be ----------------------------------------------------------------------------


def published(*runs: Run) -> Tables:
    """What the reference publishes after some runs, but for what any change of rules moves."""
    reference = Reference()
    tables: Tables = {}
    for run in runs:
        tables = reference.run(run.raw, run.rule_book, run.as_of, run.from_date, run.variables, run.now)
    moved = {"rule_book_hash", "cause"}
    return {
        table: [{column: cell for column, cell in row.items() if column not in moved} for row in rows]
        for table, rows in tables.items()
    }


@pytest.mark.parametrize("name", [name for name in ALONE if name != "nothing"])
def test_every_change_changes_a_published_row(name: str) -> None:
    assert differences(published(BEFORE, AFTER), published(BEFORE, ALONE[name]))


@pytest.mark.parametrize("name", TOGETHER)
def test_every_change_of_rules_matters_beside_the_others(name: str) -> None:
    others = [other for other in TOGETHER if other != name]
    books = [changed(names, rule_book()) for names in (TOGETHER, others)]
    first, second = (published(BEFORE, replace(AFTER, rule_book=book)) for book in books)
    assert differences(first, second)


def test_the_rule_books_are_valid(tmp_path: Path) -> None:
    books = [run.rule_book for run in (BEFORE, *ALONE.values(), *seeded_split(1), *seeded_split(2))]
    for book in [*books, changed(TOGETHER, rule_book())]:
        write_rule_book(book, tmp_path)
        assert validate(tmp_path) == []


# --- fast: all changes in few runs -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """What the warehouse publishes after all changes of raw rows, and where that is wrong."""

    tables: Tables
    wrong: list[str]


@pytest.fixture(scope="module")
def told(warehouse: Warehouse) -> Told:
    """The first build tells every case unchanged, the second one, a day later, each with its change."""
    warehouse.reset()
    assert_no(warehouse.run(replace(BEFORE, raw=told_in_cases(RAW_CHANGES)))[1])
    return Told(*warehouse.run(replace(AFTER, raw=told_in_cases(RAW_CHANGES, RAW_CHANGES))))


@pytest.mark.parametrize("name", RAW_CHANGES)
def test_what_changed_is_scored_anew(told: Told, name: str) -> None:
    # the name stands before every id of the case, at its start or after the kind of a derived event
    assert_no([line for line in told.wrong if re.search(rf"\b{name}\.", line)])


def test_nothing_else_is_wrong_after_changes_of_raw_rows(told: Told) -> None:
    assert_no(told.wrong)


@pytest.mark.slow
def test_changed_rules_apply_to_what_was_already_scored(warehouse: Warehouse, told: Told) -> None:
    """And a full refresh finds nothing to correct after that."""
    assert told.tables
    run = replace(AFTER, raw=told_in_cases(RAW_CHANGES, RAW_CHANGES), rule_book=changed(TOGETHER, rule_book()))
    tables, wrong = warehouse.run(run)
    assert_no(wrong)
    assert_same(tables, warehouse.refreshed(run))


@pytest.mark.slow
def test_a_split_ends_where_one_build_does(warehouse: Warehouse) -> None:
    assert_ends_where_one_build_does(warehouse, seeded_split(4, max_runs=2))


def assert_ends_where_one_build_does(warehouse: Warehouse, runs: list[Run], is_refreshed: bool = False) -> None:
    """After each run as the record says, at the end as if nothing else had ever been.

    A run of an earlier day never moves the latest tables back: one build then is that of the latest day.
    """
    warehouse.reset()
    tables: Tables = {}
    for number, run in enumerate(runs):
        tables, wrong = warehouse.run(run)
        assert_no([f"run {number} as of {run.as_of}, {line}" for line in wrong])
    last = runs[-1]
    latest = replace(last, as_of=max(run.as_of for run in runs), from_date=None)
    once = Reference().run(latest.raw, latest.rule_book, latest.as_of, None, latest.variables)
    of_the_record: dict[str, Any] = {"activity_score_7d_ago": None, "is_qualified_7d_ago": None}
    now = {
        table: [row | {name: cell for name, cell in of_the_record.items() if name in row} for row in tables[table]]
        for table in LATEST
    }
    assert_no(differences({table: once[table] for table in LATEST}, now))
    if is_refreshed:
        assert_same(tables, warehouse.refreshed(last))


# --- slow: every change alone, and splits from anywhere ---------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.sampled(20)
@pytest.mark.parametrize("name", ALONE)
def test_a_change_alone_is_seen(warehouse: Warehouse, name: str) -> None:
    warehouse.start_from(BEFORE)
    assert_no(warehouse.run(ALONE[name])[1])


@pytest.mark.slow
def test_changes_come_and_go(warehouse: Warehouse) -> None:
    """A change that is undone leaves nothing behind."""
    warehouse.reset()
    both = replace(AFTER, raw=told_in_cases(RAW_CHANGES, RAW_CHANGES), rule_book=changed(TOGETHER, rule_book()))
    neither = replace(AFTER, raw=told_in_cases(RAW_CHANGES))
    for run in (neither, both, neither, replace(both, rule_book=neither.rule_book), neither):
        assert_no(warehouse.run(run)[1])


@pytest.mark.slow
def test_many_splits_end_where_one_build_does(warehouse: Warehouse, pytestconfig: pytest.Config) -> None:
    """As many as `--worlds` says, new ones each time; without it few and always the same, so that CI is repeatable."""
    wanted = pytestconfig.getoption("worlds")

    @settings(
        max_examples=wanted or 3,
        derandomize=wanted is None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    @given(splits())
    def check(runs: list[Run]) -> None:
        assert_ends_where_one_build_does(warehouse, runs, is_refreshed=True)

    check()
