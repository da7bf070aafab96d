"""Run one example's `mapping.sql` and write the raw tables of the contract as `<table>.parquet`.

Belongs here: reading the arguments, running the SQL, writing files, printing the account of the source rows. What a
source row means does not belong here; each example's `mapping.sql` says that, and needs nothing but DuckDB.

A mapping reads its source below the DuckDB variable `input_dir`, fills schema `raw` with tables named as in the
contract, and accounts for every source row in view `report.source_rows`, whose columns are source_table, kind,
source_rows, raw_rows and becomes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb


def map_source(mapping_sql: Path, input_dir: Path, output_dir: Path) -> list[tuple[str, str, int, int, str]]:
    """Write one parquet file per table of schema `raw` into `output_dir` (made if absent; such files are replaced).

    Returns the rows of `report.source_rows`. Raises `duckdb.Error` if the source lacks a file or column, or holds a
    value that the mapping does not know; nothing is written then.
    """
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("set variable input_dir = ?", [str(input_dir)])
        connection.execute("create schema source; create schema raw; create schema report")
        connection.execute(mapping_sql.read_text(encoding="utf-8"))
        account = connection.execute("select * from report.source_rows order by all").fetchall()
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()
        output_dir.mkdir(parents=True, exist_ok=True)
        for (table,) in tables:
            connection.table(f"raw.{table}").write_parquet(str(output_dir / f"{table}.parquet"))
    return account


def main() -> int:
    """Command line: 0 done, 1 with the reason when the source does not fit the mapping."""
    parser = argparse.ArgumentParser(description="Map a foreign data set onto the raw tables of the scoring contract.")
    parser.add_argument("mapping", type=Path, help="the example's mapping.sql")
    parser.add_argument("input_dir", type=Path, help="folder of the source, as the example's README says")
    parser.add_argument("output_dir", type=Path, help="folder for <table>.parquet; use it as LEAD_SCORING_RAW_DIR")
    arguments = parser.parse_args()
    try:
        account = map_source(arguments.mapping, arguments.input_dir, arguments.output_dir)
    except duckdb.Error as error:
        print(error, file=sys.stderr)
        return 1
    for source_table, kind, source_rows, raw_rows, becomes in account:
        print(f"{source_table:17} {kind:27} {source_rows:7,} rows -> {raw_rows:7,}  {becomes}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
