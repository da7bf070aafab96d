"""The aggregate with which the models add points: what it gives depends on the numbers alone, not on their order."""

from __future__ import annotations

import math
from types import SimpleNamespace

import duckdb
import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.settings import DBT_PROJECT_DIR

MACROS = jinja2.Environment(autoescape=False).from_string(  # noqa: S701 - SQL
    (DBT_PROJECT_DIR / "macros" / "text" / "numbers.sql").read_text(encoding="utf-8"),
    globals={"return": lambda value: value, "adapter": SimpleNamespace(dispatch=lambda _: lambda: "double")},
)
EXACT_SUM = MACROS.module.default__exact_sum("x")  # type: ignore[attr-defined]

points = st.floats(min_value=-1e9, max_value=1e9, allow_subnormal=False)


def added(numbers: list[float], aggregate: str = EXACT_SUM) -> float | None:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("create table numbers (x double)")
        for number in numbers:
            connection.execute("insert into numbers values (?)", [number])
        (row,) = connection.execute(f"select {aggregate} from numbers").fetchall()
    return None if row[0] is None else float(row[0])


@given(
    st.lists(points, min_size=1, max_size=20).flatmap(
        lambda numbers: st.tuples(st.just(numbers), st.permutations(numbers))
    )
)
def test_the_order_of_numbers_does_not_change_a_bit(orders: tuple[list[float], list[float]]) -> None:
    one, other = orders
    assert added(one) == added(other)
    assert added(one) == pytest.approx(math.fsum(one), rel=1e-12, abs=1e-10)


def test_an_ordinary_sum_depends_on_the_order() -> None:
    """What it is for."""
    numbers = [0.1, 0.2, 0.3]
    assert added(numbers, "sum(x)") != added(numbers[::-1], "sum(x)")
    assert added(numbers) == added(numbers[::-1]) == 0.6


@given(st.lists(st.floats(-1000, 1000), min_size=2, max_size=12), st.integers(1, 11))
def test_parts_add_up_to_their_whole(numbers: list[float], where: int) -> None:
    parts = [added(part) for part in (numbers[:where], numbers[where:]) if part]
    assert added([part for part in parts if part is not None]) == pytest.approx(added(numbers), rel=0, abs=2e-12)


def test_numbers_with_which_nobody_scores_are_added_all_the_same() -> None:
    assert added([1e300, 1e300, 1.0]) == 2e300
    assert added([math.inf, 1.0]) == math.inf
    assert added([]) is None
