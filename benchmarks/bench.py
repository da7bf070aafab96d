"""Takes one size through all scenarios and baselines, and keeps what was measured.

The order of runs is in `scenarios`, how one is measured in `measure`, what is made of the numbers in `report`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import UTC, date, datetime
from importlib.metadata import version
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
from rich.console import Console

from benchmarks.machine import describe_machine
from benchmarks.measure import measure
from benchmarks.scenarios import (
    BASELINES,
    PUBLISHED_SQL,
    SCENARIOS,
    Published,
    Run,
    brief_runs_of_world,
    complaint,
    runs_of_world,
    runs_of_world_twice_as_old,
)
from benchmarks.work import Work
from benchmarks.world import FIRST_BUILD_DAY, TWICE_HISTORY_DAYS, World, deliver, deliver_part, ensure_world
from orchestration.settings import DEFAULT_SEEDS_DIR, PROJECT_ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_MEASURED_WITH = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "polars")
_Result = TypeVar("_Result")
_console = Console(highlight=False)


class Bench:
    """All measurements of one size, in its own folder."""

    def __init__(self, folder: Path, memory_limit: str, repeats: int, keep: bool) -> None:
        """`memory_limit` as DuckDB takes it; `repeats` of what can be repeated; `keep`: leave the warehouses behind."""
        self.folder = folder
        self.memory_limit = memory_limit
        self.repeats = repeats
        self.keep = keep
        self.measurements: list[dict[str, Any]] = []
        self.complaints: list[str] = []

    def measure_size(self, events: int, naive_events: int, brief: bool) -> dict[str, Any]:
        """Measure everything, or `brief`; what comes back is what is written to the size's file of results.

        `complaints` in it are the runs that did not do what they are named after. Raises WorkFailedError if one fails.
        """
        once, rows_once = self._world("once", World.of_size(events))
        self._baselines(once, naive_events)
        worlds = {"once": rows_once}
        if brief:
            self._runs(once, brief_runs_of_world())
        else:
            self._runs(once, runs_of_world(self.repeats))
            twice, worlds["twice"] = self._world("twice", World.of_size(events, TWICE_HISTORY_DAYS))
            self._runs(twice, runs_of_world_twice_as_old())
        return {
            "events": events,
            "worlds": worlds,
            "memory_limit": self.memory_limit,
            **_circumstances(),
            "complaints": self.complaints,
            "measurements": self.measurements,
        }

    def _world(self, name: str, size: World) -> tuple[Path, dict[str, int]]:
        """A world, the folder in which its scenarios take place (empty but for the rule book), the rows it has."""
        place = self.folder / name
        with _console.status(f"Inventing {size.contacts:,} people and {size.days:,} days of what they did …"):
            rows = _in_child(ensure_world, _world_dir(place), size, self.memory_limit)
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(DEFAULT_SEEDS_DIR, place / "seeds")
        return place, rows

    def _baselines(self, place: Path, naive_events: int) -> None:
        events = _in_child(deliver, _world_dir(place), place / "raw", FIRST_BUILD_DAY)
        part_events = _in_child(deliver_part, place / "raw", place / "part", naive_events)
        for name in ("single_pass", "polars"):
            for _ in range(self.repeats):
                self._measure(name, self._work(place, name, FIRST_BUILD_DAY), events)
        self._measure("naive_dbt", self._work(place, "naive_dbt", FIRST_BUILD_DAY, raw="part"), part_events)

    def _runs(self, place: Path, runs: Iterable[Run]) -> None:
        """Make all runs on one warehouse and remove it."""
        before: Published | None = None
        delivered, events = None, 0
        for run in runs:
            if run.delivered != delivered:
                events = _in_child(deliver, _world_dir(place), place / "raw", run.delivered)
                delivered = run.delivered
            if run.edit:
                run.edit.apply(place / "seeds")
            work = self._work(place, "build", run.as_of, first_day=run.first_day)
            self._measure(run.scenario, work, events)
            after = _in_child(_published, work.warehouse)
            if wrong := complaint(run, events, before, after):
                self.complaints.append(f"{run.scenario} as of {run.as_of} {wrong}")
                _console.print(f"  {wrong}", style="bold red")
            before = after
        if not self.keep:
            shutil.rmtree(place)

    def _work(self, place: Path, kind: str, as_of: date, *, raw: str = "raw", first_day: date | None = None) -> Work:
        return Work(
            kind=kind,
            folder=str(place),
            as_of=as_of.isoformat(),
            memory_limit=self.memory_limit,
            raw=raw,
            first_day=first_day.isoformat() if first_day else None,
        )

    def _measure(self, scenario: str, work: Work, events: int) -> None:
        title = {**BASELINES, **SCENARIOS}[scenario]
        with _console.status(f"{title} …"):
            measured = measure(scenario, work, events, self.folder)
        self.measurements.append(asdict(measured))
        # What takes hours must not be lost when its last run fails.
        (self.folder / "measurements.json").write_text(json.dumps(self.measurements, indent=1), encoding="utf-8")
        _console.print(
            f"{title:<70} {measured.wall_seconds:8.1f} s {measured.peak_bytes / 2**30:6.2f} GiB", soft_wrap=True
        )


def _world_dir(place: Path) -> Path:
    return place.with_name(f"world_{place.name}")


def _in_child(function: Callable[..., _Result], *arguments: Any) -> _Result:
    """Call it in a process of its own, whose memory is free again when the next thing is measured."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def _published(warehouse: Path) -> Published:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return Published(*connection.execute(PUBLISHED_SQL).fetchall()[0])


def _circumstances() -> dict[str, Any]:
    git = shutil.which("git") or "git"
    commit = subprocess.run([git, "describe", "--always", "--dirty"], cwd=PROJECT_ROOT, capture_output=True, text=True)
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "commit": commit.stdout.strip() or "unknown",
        "machine": describe_machine(),
        "versions": {name: version(name) for name in _MEASURED_WITH},
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }
