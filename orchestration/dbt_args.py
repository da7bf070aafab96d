"""Pure functions: the config of a run and its days become arguments and vars of dbt.

Nothing here runs dbt, reads a file or knows Dagster's context.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

DAY_VARS = ("as_of_date", "history_from_date")
"""The vars that are the days of a run, which its partitions give."""

_RUN_TIME_VARS = (*DAY_VARS, "history_start_date")


@dataclass(frozen=True)
class BuildArgs:
    """One `dbt build`: its vars, and arguments without those that say where things are.

    `parse_vars` are the vars that shape the graph. The days of a run do not: dbt looks at them when it runs a model, so
    that one parsed project serves every day.
    """

    vars: Mapping[str, Any]
    full_refresh: bool = False
    selection: tuple[str, ...] = field(default=())

    @property
    def parse_vars(self) -> dict[str, Any]:
        """The vars that dbt must know when it parses."""
        return {name: value for name, value in self.vars.items() if name not in _RUN_TIME_VARS}

    def as_list(self) -> list[str]:
        """The command line: all that is built or examines data. Unit tests examine code and are left to CI."""
        return [
            "build",
            "--vars",
            json.dumps(self.vars, sort_keys=True),
            *("--exclude-resource-type", "unit_test"),
            *("--exclude-resource-type", "exposure"),
            *(["--full-refresh"] if self.full_refresh else []),
            *self.selection,
        ]


def days_as_vars(days: tuple[date, date] | None, extra_vars: Mapping[str, Any]) -> dict[str, Any]:
    """The vars of a run over `days`, the first and the last one, both inclusive, and further ones. None: today.

    Raises ValueError if `extra_vars` sets the days itself, or the first day is after the last one.
    """
    if clashing := [name for name in DAY_VARS if name in extra_vars]:
        raise ValueError(f"{', '.join(clashing)} cannot be set as a var: the days of the run set it")
    if not days:
        return dict(extra_vars)
    first_day, last_day = days
    if first_day > last_day:
        raise ValueError(f"the first day, {first_day}, is after the last one, {last_day}")
    return {**extra_vars, "as_of_date": last_day.isoformat(), "history_from_date": first_day.isoformat()}


def selection_of(nodes: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Arguments that select these nodes of the manifest, tests among them, and no others."""
    names = sorted("fqn:" + ".".join(node["fqn"]) for node in nodes)
    return ("--indirect-selection", "empty", "--select", *names)
