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


def build_job(assets: Sequence[dg.AssetsDefinition]) -> UnresolvedAssetJobDefinition:
    """Validate the rule book, run dbt with its tests, then the checks of our own, then publish. `assets`: the dbt
    project, whose partitions are the job's, and what is published.

    All steps share a process: they follow one another anyway, since one of them at a time may open the warehouse.
    """
    return dg.define_asset_job(
        SCORE_LEADS,
        selection=dg.AssetSelection.assets(*assets),
        executor_def=dg.in_process_executor,
        description=(
            "Score all contacts and accounts as of a day, and write the lead report."
            " Several days are one run, which replays them into the history."
        ),
    )
