"""Forgetting old runs: Dagster keeps every event of every run, and asks nobody whether they are still wanted.

How long ticks are kept is in dagster.yaml. What the warehouse remembers is not touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from orchestration.translator import RECORD_OF_DAYS

if TYPE_CHECKING:
    from datetime import datetime

_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
KEPT_RUNS = 20
"""The newest ones stay, however old they are."""


@dataclass(frozen=True)
class Pruned:
    """How many runs were forgotten, and how many are left."""

    forgotten: int
    left: int


def prune_runs(instance: dg.DagsterInstance, before: datetime, kept: int = KEPT_RUNS) -> Pruned:
    """Forget the runs that ended and were last heard of before then, with their events and logs.

    Days stay done: a day whose run is forgotten is reported again, without a run.
    """
    records = instance.get_run_records(dg.RunsFilter(statuses=_ENDED))
    newest = {record.dagster_run.run_id for record in records[:kept]}
    old = [
        record.dagster_run.run_id
        for record in records
        if record.dagster_run.run_id not in newest and record.update_timestamp < before
    ]
    days = instance.get_materialized_partitions(RECORD_OF_DAYS) if old else set()
    for run_id in old:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    if old:
        for day in sorted(days - instance.get_materialized_partitions(RECORD_OF_DAYS)):
            instance.report_runless_asset_event(
                dg.AssetMaterialization(RECORD_OF_DAYS, partition=day, description="Its run was forgotten.")
            )
    return Pruned(len(old), instance.get_runs_count())
