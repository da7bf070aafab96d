"""What the models rely on the engine for and a release of it got wrong, each in one query."""

from __future__ import annotations

import duckdb


def test_a_part_of_nothing_but_nulls_can_be_compared() -> None:
    """DuckDB 2.0.0 fails, and with it every rule book whose fit rules have no operand (`is_present` alone)."""
    with duckdb.connect() as connection:
        connection.execute("create table rules as select cast(null as varchar) as operand, 1 as part")
        rows = connection.execute("select split_part(operand, '|', part) >= '!' from rules").fetchall()
    assert rows == [(None,)]
