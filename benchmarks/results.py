"""The numbers of one size, as its file of results holds them, and what follows from them: medians, ratios, targets.

Pure. How they look is in `report` and `chart`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from statistics import StatisticsError, median
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Measurement
from benchmarks.scenarios import BACKFILL_DAYS, SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

PARTS = {
    "python": "Python",
    "dagster": "Dagster",
    "dbt_parse": "dbt parse",
    "dbt": "dbt",
    "sql": "SQL",
    "checks": "own checks, publishing",
}
"""Who spends the seconds of a build, in the order in which they stand on each other."""

OVERHEAD = ("python", "dagster", "dbt_parse", "dbt")
"""What a run costs beyond its queries."""


Clock = Callable[[Measurement], float]
"""The seconds of a run by a clock on the wall, or those of processors, which other work on the machine changes less."""


def wall(run: Measurement) -> float:
    """Seconds from start to exit."""
    return run.wall_seconds


def cpu(run: Measurement) -> float:
    """Processor seconds, user and system."""
    return run.cpu_seconds


@dataclass(frozen=True)
class SizeResults:
    """What was measured on one size. `facts`: circumstances as recorded; `measurements` in the order of the runs."""

    events: int
    facts: Mapping[str, Any]
    measurements: tuple[Measurement, ...]

    @classmethod
    def of(cls, recorded: Mapping[str, Any]) -> SizeResults:
        """From the JSON of a file of results."""
        return cls(
            events=recorded["events"],
            facts=recorded,
            measurements=tuple(Measurement(**measurement) for measurement in recorded["measurements"]),
        )

    def runs(self, scenario: str) -> list[Measurement]:
        """All runs of a scenario."""
        return [measurement for measurement in self.measurements if measurement.scenario == scenario]

    def has(self, scenario: str) -> bool:
        """Whether it was measured at this size: a brief benchmark leaves some out."""
        return bool(self.runs(scenario))

    def seconds(self, scenario: str, clock: Clock = wall) -> float:
        """The median time of a scenario. Raises StatisticsError if it was not measured."""
        return median(map(clock, self.runs(scenario)))

    def ratio(self, scenario: str, base: str, clock: Clock = wall) -> float:
        """How many times as much as `base` a scenario takes."""
        return self.seconds(scenario, clock) / self.seconds(base, clock)

    def median_run(self, scenario: str) -> Measurement:
        """The run with the median wall time, of an even number the shorter one."""
        runs = sorted(self.runs(scenario), key=lambda run: run.wall_seconds)
        return runs[(len(runs) - 1) // 2]

    def single_days_seconds(self, clock: Clock = wall) -> float:
        """What as many single-day runs as the backfill has days would take: extrapolated from some."""
        return BACKFILL_DAYS * self.seconds("single_day", clock)

    @property
    def naive_seconds(self) -> float:
        """What baseline (b) would take on all events: its queries extrapolated linearly, the rest as it is."""
        run = self.median_run("naive_dbt")
        factor = self.median_run("single_pass").events / run.events
        return run.wall_seconds + (factor - 1) * run.parts["sql"]

    @property
    def load(self) -> float:
        """The machine's median load average before a run: what exceeds the last run's own share is others' work."""
        return median(run.load for run in self.measurements)

    @property
    def peak_bytes(self) -> int:
        """The largest memory of any build on the world of three years."""
        builds = (name for name in SCENARIOS if not name.startswith("twice_"))
        return max(run.peak_bytes for name in builds for run in self.runs(name))

    @property
    def overhead_seconds(self) -> float:
        """What a run without new data costs beyond its queries and checks."""
        return median(sum(run.parts[part] for part in OVERHEAD) for run in self.runs("no_new_data"))


@dataclass(frozen=True)
class Target:
    """What is to be reached: `measured` at most `limit`, on worlds of `from_events` events and more.

    Without a unit it is a ratio of times, which either clock can tell.
    """

    name: str
    measured: Callable[[SizeResults, Clock], float]
    limit: float
    unit: str = ""
    from_events: int = 10_000_000

    def value(self, results: SizeResults, clock: Clock = wall) -> float | None:
        """What was measured; None if it was not, at this size."""
        try:
            return self.measured(results, clock)
        except StatisticsError:
            return None

    def verdict(self, results: SizeResults) -> bool | None:
        """Whether it is reached; None if it is not meant for this size, or was not measured."""
        value = self.value(results)
        return None if value is None or results.events < self.from_events else value <= self.limit


TARGETS = (
    Target("full build ÷ (a)", lambda results, clock: results.ratio("full_build", "single_pass", clock), 6),
    Target("one more day ÷ full build", lambda results, clock: results.ratio("one_more_day", "full_build", clock), 0.1),
    Target(
        "one more day, twice the history ÷ once",
        lambda results, clock: results.ratio("twice_one_more_day", "one_more_day", clock),
        1.5,
    ),
    Target("points edit ÷ full build", lambda results, clock: results.ratio("points_edit", "full_build", clock), 0.2),
    Target(
        f"{BACKFILL_DAYS} past days in one run ÷ in {BACKFILL_DAYS}",
        lambda results, clock: results.seconds("backfill", clock) / results.single_days_seconds(clock),
        1 / 3,
    ),
    Target(
        "peak memory of any build", lambda results, _: results.peak_bytes / 2**30, 6, " GiB", from_events=50_000_000
    ),
    Target("a run without new data, beyond its queries", lambda results, _: results.overhead_seconds, 15, " s"),
)


def load_results(folder: Path) -> list[SizeResults]:
    """The results of all measured sizes, the smallest first."""
    recorded: Iterable[dict[str, Any]] = (json.loads(path.read_text("utf-8")) for path in folder.glob("*.json"))
    return sorted(map(SizeResults.of, recorded), key=lambda results: results.events)
