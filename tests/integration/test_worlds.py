"""Random worlds: after every run of a scenario the warehouse publishes what the reference does, cell by cell.

A scenario is a world with nasty values, a random rule book and up to four runs between which rows arrive, rules change
and days are skipped or replayed. Each run costs dbt some seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from tests.reference import Reference, differences, load_raw, load_rule_book
from tests.reference.warehouse import DbtWarehouse
from tests.reference.worlds import scenarios, seeded_scenario

if TYPE_CHECKING:
    from tests.reference.worlds import Run


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    return DbtWarehouse(tmp_path_factory.mktemp("worlds"))


def assert_equal_to_reference(warehouse: DbtWarehouse, runs: list[Run]) -> None:
    warehouse.reset()
    reference = Reference()
    for number, run in enumerate(runs):
        actual = warehouse.run(run)
        raw, rule_book = load_raw(warehouse.raw_dir), load_rule_book(warehouse.seeds_dir)
        expected = reference.run(raw, rule_book, run.as_of, run.from_date, run.variables, run.now)
        found = differences(expected, actual)
        assert not found, f"run {number} as of {run.as_of}:\n" + "\n".join(found)


@pytest.mark.parametrize("seed", [pytest.param(1, marks=pytest.mark.slow), 107])
def test_a_few_worlds_score_as_the_reference_says(warehouse: DbtWarehouse, seed: int) -> None:
    assert_equal_to_reference(warehouse, seeded_scenario(seed))


@pytest.mark.slow
def test_many_worlds_score_as_the_reference_says(warehouse: DbtWarehouse, pytestconfig: pytest.Config) -> None:
    """As many as `--worlds` says, new ones each time; without it few and always the same, so that CI is repeatable."""
    wanted = pytestconfig.getoption("worlds")

    @settings(
        max_examples=wanted or 8,
        derandomize=wanted is None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    @given(scenarios())
    def check(runs: list[Run]) -> None:
        assert_equal_to_reference(warehouse, runs)

    check()
