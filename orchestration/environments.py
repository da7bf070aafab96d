"""What differs between a laptop, a rehearsal and the real thing: which of it is on, how often, and for how long.

Chosen by LEAD_SCORING_ENVIRONMENT. Where things are is in `settings`; the graph and its checks are the same everywhere.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.settings import ENVIRONMENT_ENV

if TYPE_CHECKING:
    from collections.abc import Mapping

ENVIRONMENT_TAG = "lead_scoring/environment"
_WAREHOUSE_TAG = "lead_scoring/warehouse"
"""The machine and the path, so that who sees a run knows where to look for its process."""


@dataclass(frozen=True)
class Environment:
    """`starts_by_itself`: whether the schedule and the sensors that start builds are on unless someone turns them off.

    `max_retries`: how often a run is repeated whose process was killed. `max_hours`: after how long a run is ended.
    """

    name: str
    starts_by_itself: bool
    max_retries: int
    max_hours: int

    def run_tags(self, warehouse: Path) -> dict[str, str]:
        """What every run of a build is tagged with; Dagster reads the tags that begin with its name."""
        return {
            ENVIRONMENT_TAG: self.name,
            _WAREHOUSE_TAG: f"{platform.node()}:{warehouse}",
            "dagster/max_retries": str(self.max_retries),
            # What a run has not checked itself it may not publish, so that no step may be left out.
            "dagster/retry_strategy": "ALL_STEPS",
            "dagster/max_runtime": str(self.max_hours * 3600),
        }


ENVIRONMENTS = {
    environment.name: environment
    for environment in (
        Environment("dev", starts_by_itself=False, max_retries=0, max_hours=24),
        Environment("staging", starts_by_itself=True, max_retries=1, max_hours=6),
        Environment("production", starts_by_itself=True, max_retries=2, max_hours=6),
    )
}


def warehouse_on_this_machine(tags: Mapping[str, str], default: Path) -> Path | None:
    """The warehouse of a run with these tags, `default` if they do not say, None if the run is of another machine."""
    if _WAREHOUSE_TAG not in tags:
        return default
    machine, _, warehouse = tags[_WAREHOUSE_TAG].partition(":")
    return Path(warehouse) if machine == platform.node() else None


def environment_of(name: str) -> Environment:
    """The environment of that name. Raises ValueError if there is none."""
    if name not in ENVIRONMENTS:
        raise ValueError(f"{ENVIRONMENT_ENV} is {name}; valid: {', '.join(ENVIRONMENTS)}")
    return ENVIRONMENTS[name]
