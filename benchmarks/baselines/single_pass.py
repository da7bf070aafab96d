"""Baseline (a): one hand-written pass in DuckDB, the least work that gives a number.

The work itself is in the SQL file.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from datetime import date

_SQL = Path(__file__).with_suffix(".sql")


def write_scores(raw_dir: Path, seeds_dir: Path, as_of: date, scores_file: Path, memory_limit: str) -> None:
    """Write the scores as of `as_of` to `scores_file`. `memory_limit` as DuckDB takes it; what is more goes to disk."""
    paths = {
        **{name: raw_dir / f"{name}.parquet" for name in ("events", "identities", "contact_merges")},
        **{name: seeds_dir / f"{name}.csv" for name in ("point_rules", "score_groups", "scores", "content_map")},
        "scores_file": scores_file,
    }
    settings = {"memory_limit": memory_limit, "temp_directory": f"{scores_file}.spill"}
    with duckdb.connect(config={**settings, "preserve_insertion_order": False}) as connection:
        for name, path in paths.items():
            connection.execute(f"set variable {name} = ?", [str(path)])
        connection.execute("set variable as_of = ?", [as_of])
        connection.execute(_SQL.read_text(encoding="utf-8"))
