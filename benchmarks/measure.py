"""What a child process costs: wall time, processor time, peak memory, and the size of the warehouse that it leaves.

What the child does is in `work`. Nothing here knows a scenario.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestration.settings import DAGSTER_HOME_ENV, PROJECT_ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.work import Work

MEMORY_LIMIT_ENV = "LEAD_SCORING_MEMORY_LIMIT"
_LOG_LINES = 30


class WorkFailedError(Exception):
    """The child failed; `str` is the end of what it printed."""


@dataclass(frozen=True)
class Usage:
    """Seconds from start to exit, and processor seconds, user and system."""

    wall_seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Measurement:
    """One run of a scenario. `parts` are the seconds of `wall_seconds` by who spent them; baselines may have none.

    `load` is the machine's load average before it: more than nothing says that others were at work.
    """

    scenario: str
    events: int
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    warehouse_bytes: int = 0
    load: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)
    sql_seconds_by_table: dict[str, float] = field(default_factory=dict)


def measure(scenario: str, work: Work, events: int, folder: Path) -> Measurement:
    """Do the work in a child. `events`: how many it reads; `folder` takes its log. Raises WorkFailedError."""
    request, answer, log = (folder / f"work.{suffix}" for suffix in ("request.json", "answer.json", "log"))
    work.save(request)
    load = os.getloadavg()[0]
    usage = run_child([sys.executable, "-m", "benchmarks.work", str(request), str(answer)], work.memory_limit, log)
    known: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    parts = known.get("parts", {})
    if work.kind == "build":
        # What is left is Python: starting, importing, ending.
        parts["python"] = usage.wall_seconds - sum(parts.values())
    return Measurement(
        scenario=scenario,
        events=events,
        wall_seconds=usage.wall_seconds,
        cpu_seconds=usage.cpu_seconds,
        peak_bytes=known["peak_bytes"],
        warehouse_bytes=work.warehouse.stat().st_size if work.kind == "build" else 0,
        load=load,
        parts=parts,
        sql_seconds_by_table=known.get("sql_seconds_by_table", {}),
    )


def run_child(command: Sequence[str], memory_limit: str, log: Path) -> Usage:
    """Run a command and return what it used. `memory_limit`: DuckDB's. Raises WorkFailedError if it fails."""
    environment = {name: value for name, value in os.environ.items() if name != DAGSTER_HOME_ENV}
    environment[MEMORY_LIMIT_ENV] = memory_limit
    with log.open("wb") as output:
        began = time.monotonic()
        child = subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment, stdout=output, stderr=output)
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.monotonic() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        raise WorkFailedError("\n".join([*lines[-_LOG_LINES:], f"exit code {child.returncode}, log {log}"]))
    return Usage(seconds, used.ru_utime + used.ru_stime)
