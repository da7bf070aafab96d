"""Scores of past days under one rule book, computed by dbt in a scratch file over the warehouse.

It is a build of many days that reads no raw event: the ledger is the warehouse's, and what the rule book changes or a
double adds is recomputed, as in any partial run. What was known on a day is in `knowledge`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.impact.scoring import Scoring
from orchestration.impact.selection import NEVER, models_behind

if TYPE_CHECKING:
    from pathlib import Path

    from dbt.contracts.graph.manifest import Manifest

    from orchestration.impact.scoring import WarehouseState

WANTED = ("int_contact_scores", "int_point_entries")
"""What is read of a replay, with all that it is made from."""
_AS_THEY_ARE = ("base_raw__", "stg_raw__", "int_raw_")


class Replay(Scoring):
    """dbt on one scratch file that holds the doubles."""

    def score_days(self, folder: Path, state: WarehouseState) -> None:
        """Score the loaded rule book on the replayed days. Raises ImpactError."""
        self.scratch.set_up_run(state.as_of_date, None, day_is_recorded_again=False)
        self.scratch.connection.execute(
            "create or replace table intermediate.int_scoring_dates as"
            " select day as as_of_date, true as is_recorded, false as is_latest from replay.days"
        )
        manifest = self._parse()
        self._run("score days", models_of_a_replay(manifest), folder, manifest)


def models_of_a_replay(manifest: Manifest) -> list[str]:
    """The models to build, by name: what scores are made from, but what reads raw rows or says what a run is about."""
    behind = models_behind(manifest, WANTED) - NEVER
    return sorted(name for name in behind if not name.startswith(_AS_THEY_ARE))
