"""What a change touches: the keys that a run recomputes, and no others. Their number is what the run costs.

Belongs here: which owners, events, rules and profiles a change of rows or rules has recomputed. Does not: whether the
scores are right afterwards, which `test_incremental` says of every change.
"""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from tests.integration.change_cases import RAW_CHANGES, RULE_CHANGES, YESTERDAY, rule_book, world
from tests.reference.warehouse import DbtWarehouse
from tests.reference.worlds import TODAY, Run

BEFORE = Run(raw=world(), rule_book=rule_book(), as_of=YESTERDAY, from_date=None, variables={})
AFTER = replace(BEFORE, as_of=TODAY)
NOTHING: dict[str, set[str]] = {"owners": set(), "events": set(), "rules": set(), "profiles": set()}
_KEYS = {
    "owners": ("int_changed_owners", "owner_id"),
    "events": ("int_changed_events", "event_id"),
    "rules": ("int_changed_rules", "rule_id"),
    "profiles": ("int_changed_profiles", "entity || ':' || entity_id"),
}
# What only numbers of the rule book are about: applied last, to rows that stay as they are.
NUMBERS = (
    "points",
    "decay",
    "group_limits",
    "bands",
    "a_threshold_value",
    "inactivity_points",
    "an_exclusion_turned_on",
)


def with_rules(*names: str) -> Run:
    book = rule_book()
    for name in names:
        book = RULE_CHANGES[name](book)
    return replace(AFTER, rule_book=book)


def with_rows(name: str) -> Run:
    return replace(AFTER, raw=RAW_CHANGES[name](world()))


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("cost"))
    warehouse.run(BEFORE)
    return warehouse


def touched(warehouse: DbtWarehouse, run: Run) -> dict[str, set[str]]:
    """The keys that this run recomputed; the warehouse is as before afterwards."""
    saved = warehouse.path.read_bytes()
    try:
        warehouse.run(run)
        with duckdb.connect(warehouse.path, read_only=True) as connection:
            assert connection.execute("select is_full from intermediate.int_run_scope").fetchall() == [(False,)]
            return {
                kind: {key for (key,) in connection.execute(f"select {key} from intermediate.{table}").fetchall()}
                for kind, (table, key) in _KEYS.items()
            }
    finally:
        warehouse.path.write_bytes(saved)


def test_a_day_without_news_and_other_numbers_touch_nothing(warehouse: DbtWarehouse) -> None:
    assert touched(warehouse, with_rules(*NUMBERS)) == NOTHING


def test_an_event_touches_whose_it_is(warehouse: DbtWarehouse) -> None:
    assert touched(warehouse, with_rows("an_event_arrives")) == NOTHING | {"owners": {"bob"}, "events": {"new"}}


@pytest.mark.slow
def test_an_event_that_moves_touches_both(warehouse: DbtWarehouse) -> None:
    found = touched(warehouse, with_rows("an_event_is_sent_again_as_of_another_contact"))
    assert found == NOTHING | {"owners": {"ann", "bob"}, "events": {"demo"}}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("object_pattern", "pricing"),
        ("a_first_cap", "visit"),
        ("valid_to", "guide"),
        ("min_value", "film"),
        ("a_new_rule", "fresh"),
    ],
)
def test_a_match_or_a_cap_touches_its_rule(warehouse: DbtWarehouse, change: str, rule: str) -> None:
    assert touched(warehouse, with_rules(change)) == NOTHING | {"rules": {rule}}


@pytest.mark.slow
def test_a_title_weight_touches_who_has_such_a_title(warehouse: DbtWarehouse) -> None:
    found = touched(warehouse, with_rules("title_points"))
    # The title of fay fits as well, and another row wins it.
    assert found == NOTHING | {"profiles": {"contact:bob"}}


@pytest.mark.slow
def test_a_lost_table_is_rebuilt_whole(warehouse: DbtWarehouse) -> None:
    """A partial run would make it anew of what changed alone, and a refresh of this one table likewise."""
    saved, count = warehouse.path.read_bytes(), "select count(*) from intermediate.int_ledger"
    try:
        with duckdb.connect(warehouse.path) as connection:
            before = connection.execute(count).fetchall()
            connection.execute("drop table intermediate.int_ledger")
        warehouse.run(BEFORE)
        with duckdb.connect(warehouse.path, read_only=True) as connection:
            assert connection.execute(count).fetchall() == before
        warehouse.run(BEFORE)
        warehouse.build({"as_of_date": BEFORE.as_of.isoformat()}, "--full-refresh", "--select", "int_ledger")
        with duckdb.connect(warehouse.path, read_only=True) as connection:
            assert connection.execute(count).fetchall() == before
    finally:
        warehouse.path.write_bytes(saved)
