"""Runs the SQL that invents the sample world and writes its raw tables.

No data is made in Python: people, companies and their doings come from `sql/world`, the raw tables from `sql/raw`,
words from `vocabulary`. Nothing here knows the rule book or the warehouse.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

_HERE = Path(__file__).parent
_VOCABULARY = _HERE / "vocabulary"
_WORLD = _HERE / "sql" / "world"
_RAW = _HERE / "sql" / "raw"

# In the order in which they build on each other.
_WORLD_STEPS = (
    "macros",
    "vocabulary",
    "companies",
    "people",
    "mailings",
    "email_events",
    "web_events",
    "product_events",
    "broken_events",
)

RAW_TABLES = (
    "events",
    "contacts",
    "accounts",
    "contact_attributes",
    "account_attributes",
    "identities",
    "contact_merges",
    "stage_changes",
    "score_adjustments",
    "opportunities",
)


def write_sample(
    folder: Path,
    contacts: int,
    days: int,
    seed: int,
    end_date: date,
    on_progress: Callable[[str, int], None] | None = None,
) -> dict[str, int]:
    """Write every raw table as `<table>.parquet` into `folder`, which is created, and return the rows of each.

    The world has `contacts` people and the `days` days that end with `end_date` (inclusive, UTC). Equal arguments give
    equal rows in equal order. `on_progress` is called with a table's name and rows once it is written. Raises
    ValueError if `contacts` or `days` is below 1 or `seed` not in 0 .. 2**32 - 1.
    """
    if contacts < 1 or days < 1 or not 0 <= seed < 2**32:
        raise ValueError(f"contacts and days must be at least 1 and seed in 0 .. 2**32 - 1: {contacts}, {days}, {seed}")
    folder.mkdir(parents=True, exist_ok=True)
    rows = {}
    with duckdb.connect() as connection:
        # Joins run as written, the long side on the left: it streams through in its order, the short one is looked up.
        connection.execute("set disabled_optimizers = 'join_order,build_side_probe_side'")
        _create_world(connection, contacts, days, seed, end_date)
        for table in RAW_TABLES:
            rows[table] = _write_table(connection, table, folder / f"{table}.parquet")
            if on_progress:
                on_progress(table, rows[table])
    return rows


def _create_world(connection: duckdb.DuckDBPyConnection, contacts: int, days: int, seed: int, end_date: date) -> None:
    variables = {
        "contacts": f"{contacts}",
        "days": f"{days}",
        "seed": f"{seed}::ubigint",
        "end_date": f"date '{end_date.isoformat()}'",
        "start_date": f"date '{end_date.isoformat()}' - {days - 1}",
    }
    for name, value in variables.items():
        connection.execute(f"set variable {name} = {value}")
    for csv in sorted(_VOCABULARY.glob("*.csv")):
        connection.from_csv_auto(str(csv)).create(csv.stem)
    for step in _WORLD_STEPS:
        connection.execute((_WORLD / f"{step}.sql").read_text(encoding="utf-8"))


def _write_table(connection: duckdb.DuckDBPyConnection, table: str, path: Path) -> int:
    query = (_RAW / f"{table}.sql").read_text(encoding="utf-8")
    quoted_path = "'" + str(path).replace("'", "''") + "'"
    written = connection.execute(f"copy ({query}) to {quoted_path} (format parquet, compression zstd)").fetchall()
    return int(written[0][0])
