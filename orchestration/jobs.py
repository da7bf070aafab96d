"""The one job: everything, for a day or a range of days.

When it runs is in `schedules`; what it runs in `dbt_assets` and `checks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dagster import UnresolvedAssetJobDefinition

SCORE_LEADS = "score_leads"


def build_job(
    assets: Sequence[dg.AssetsDefinition],
    source_checks: dg.AssetChecksDefinition,
    on_failure: dg.HookDefinition,
    run_tags: Mapping[str, str],
) -> UnresolvedAssetJobDefinition:
    """Look at the sources, validate the rule book, run dbt with its tests, then the checks of our own, then publish.

    `assets`: the dbt project, whose partitions are the job's, and what is published; their checks come along.
    `source_checks`: what is looked at before. `on_failure`: what a step does that fails. `run_tags`: of every run.

    All steps share a process: they follow one another anyway, since each needs the one before.
    """
    return dg.define_asset_job(
        SCORE_LEADS,
        selection=dg.AssetSelection.assets(*assets) | dg.AssetSelection.checks(source_checks),
        executor_def=dg.in_process_executor,
        hooks={on_failure},
        run_tags=run_tags,
        description=(
            "Score all contacts and accounts as of a day, and publish the tables if all checks pass."
            " Several days are one run, which replays them into the history."
        ),
    )
