"""One piece of work in a process of its own, so that its time and memory are its own: a build, or a baseline.

`python -m benchmarks.work REQUEST.json RESULT.json`. Who asks for it is `measure`; what it costs is measured there.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.machine import own_peak_bytes


@dataclass(frozen=True)
class Work:
    """`kind`: `build` or a baseline. The folder holds all that belongs to one world; days are ISO dates.

    `raw`: the name of the raw folder in it. `first_day`, of a build: the history from there on.
    """

    kind: str
    folder: str
    as_of: str
    memory_limit: str
    raw: str = "raw"
    first_day: str | None = None

    @property
    def raw_dir(self) -> Path:
        """The raw tables."""
        return Path(self.folder) / self.raw

    @property
    def seeds_dir(self) -> Path:
        """The rule book's copy."""
        return Path(self.folder) / "seeds"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file of builds."""
        return Path(self.folder) / "warehouse.duckdb"

    @property
    def scores_file(self) -> Path:
        """What a baseline writes."""
        return Path(self.folder) / "baselines" / f"{self.kind}.parquet"

    def save(self, path: Path) -> None:
        """Write it for the process that does it."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Work:
        """What `save` wrote."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


def do(work: Work) -> dict[str, Any]:
    """Do it and return what only this process knows of where its seconds went."""
    if work.kind == "build":
        return _build(work)
    work.scores_file.parent.mkdir(parents=True, exist_ok=True)
    return _BASELINES[work.kind](work, date.fromisoformat(work.as_of))


def _build(work: Work) -> dict[str, Any]:
    from benchmarks.dbt_clock import listening
    from orchestration.build import BuildRequest, run_build
    from orchestration.dbt_assets import OP_NAME
    from orchestration.instance import command_line_instance
    from orchestration.settings import Settings

    state_dir = Path(work.folder) / "state"
    settings = Settings(work.warehouse, work.raw_dir, work.seeds_dir, state_dir, memory_limit=work.memory_limit)
    first_day = date.fromisoformat(work.first_day) if work.first_day else None
    began = time.monotonic()
    with listening() as clock:
        result = run_build(settings, BuildRequest(date.fromisoformat(work.as_of), first_day))
    seconds = time.monotonic() - began
    if result.status:
        raise RuntimeError(f"the build failed: {result}")
    with command_line_instance(settings) as instance:
        steps = instance.get_run_step_stats(result.run_id)
    checks = sum((step.end_time or 0) - (step.start_time or 0) for step in steps if step.step_key != OP_NAME)
    dbt, parse = sum(clock.command_seconds.values()), clock.command_seconds["parse"]
    return {
        "parts": {
            "sql": clock.sql_seconds,
            "checks": checks,
            "dbt_parse": parse,
            "dbt": dbt - parse - clock.sql_seconds,
            "dagster": seconds - dbt - checks,
        },
        "sql_seconds_by_table": clock.sql_seconds_by_table,
    }


def _single_pass(work: Work, as_of: date) -> dict[str, Any]:
    from benchmarks.baselines.single_pass import write_scores

    write_scores(work.raw_dir, work.seeds_dir, as_of, work.scores_file, work.memory_limit)
    return {}


def _polars(work: Work, as_of: date) -> dict[str, Any]:
    from benchmarks.baselines.polars_scores import write_scores

    write_scores(work.raw_dir, work.seeds_dir, as_of, work.scores_file)
    return {}


def _naive_dbt(work: Work, as_of: date) -> dict[str, Any]:
    from benchmarks.baselines.naive_dbt import write_scores
    from benchmarks.dbt_clock import listening

    with listening() as clock:
        write_scores(work.raw_dir, work.seeds_dir, as_of, work.scores_file, work.memory_limit)
    return {"parts": {"sql": clock.sql_seconds}, "sql_seconds_by_table": clock.sql_seconds_by_table}


_BASELINES = {"single_pass": _single_pass, "polars": _polars, "naive_dbt": _naive_dbt}


if __name__ == "__main__":
    request, answer = map(Path, sys.argv[1:])
    found = do(Work.load(request))
    answer.write_text(json.dumps({**found, "peak_bytes": own_peak_bytes()}), encoding="utf-8")
