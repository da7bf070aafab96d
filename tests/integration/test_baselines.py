"""The benchmark's baselines do the same work: three ways to one number per contact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from benchmarks.baselines import naive_dbt, polars_scores, single_pass
from benchmarks.world import MAILING_DAY, World, deliver, ensure_world
from orchestration.settings import DEFAULT_SEEDS_DIR

if TYPE_CHECKING:
    from pathlib import Path

MEMORY = "1GB"


def test_all_baselines_agree(tmp_path: Path) -> None:
    raw_dir = tmp_path / "raw"
    ensure_world(tmp_path / "world", World(contacts=400, days=120, arrivals=5), MEMORY)
    deliver(tmp_path / "world", raw_dir, MAILING_DAY)
    a, b, c = (tmp_path / f"{name}.parquet" for name in "abc")
    single_pass.write_scores(raw_dir, DEFAULT_SEEDS_DIR, MAILING_DAY, a, MEMORY)
    naive_dbt.write_scores(raw_dir, DEFAULT_SEEDS_DIR, MAILING_DAY, b, MEMORY)
    polars_scores.write_scores(raw_dir, DEFAULT_SEEDS_DIR, MAILING_DAY, c)
    with duckdb.connect() as connection:
        scores = "select count(*), count(distinct activity_score) from read_parquet(?)"
        contacts, distinct = connection.execute(scores, [str(a)]).fetchall()[0]
        assert contacts > 200
        assert distinct > 100
        for other in (b, c):
            differing = """
                select *
                from read_parquet(?) as mine
                full join read_parquet(?) as other using (contact_id)
                where (abs(mine.activity_score - other.activity_score) < 1e-6) is not true
            """
            assert connection.execute(differing, [str(a), str(other)]).fetchall() == []
