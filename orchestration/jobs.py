"""The one job: everything, for a day or a range of days.

When it runs is in `schedules`; what it runs in `dbt_assets` and `checks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dagster import UnresolvedAssetJobDefinition

SCORE_LEADS = "score_leads"


def build_job(assets: Sequence[dg.AssetsDefinition], on_failure: dg.HookDefinition) -> UnresolvedAssetJobDefinition:
    """Validate the rule book, run dbt with its tests, then the checks of our own, then publish. `assets`: the dbt
    project, whose partitions are the job's, and what is published. `on_failure`: what a step does that fails.

    All steps share a process: they follow one another anyway, since each needs the one before.
    """
    return dg.define_asset_job(
        SCORE_LEADS,
        selection=dg.AssetSelection.assets(*assets),
        executor_def=dg.in_process_executor,
        hooks={on_failure},
        description=(
            "Score all contacts and accounts as of a day, and publish the tables if all checks pass."
            " Several days are one run, which replays them into the history."
        ),
    )
