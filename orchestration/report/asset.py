"""Dagster's asset of the page. What is on it is decided by the other modules."""

# No lazy annotations here: Dagster reads those of the op when it is defined.
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.report.content import ReportError

REPORT_KEY = dg.AssetKey(["published", "report"])


def build_report_asset(
    source: Path, output: Path, upstream: Iterable[dg.AssetKey], memory_limit: str = ""
) -> dg.AssetsDefinition:
    """The page `output` about the published tables in the DuckDB file `source`, made once `upstream` is there.

    `memory_limit` is that of DuckDB while it reads, empty: its own.
    """

    @dg.asset(
        key=REPORT_KEY,
        deps=list(upstream),
        group_name="published",
        owners=["team:marts"],
        kinds={"html"},
        backfill_policy=dg.BackfillPolicy.single_run(),
        description=(
            "The lead report, one HTML page for people: whom to call and why, the grid, accounts, crossings of the"
            " week, stages, scores, products, machine traffic. Made from the published tables alone."
        ),
    )
    def published_report() -> dg.MaterializeResult[Any]:
        # Drawing takes a second to import, which loading the definitions should not.
        from orchestration.report.page import write_report

        try:
            write_report(source, output, memory_limit)
        except ReportError as error:
            raise dg.Failure(str(error)) from None
        return dg.MaterializeResult(
            metadata={"path": dg.MetadataValue.path(output), "bytes": output.stat().st_size},
        )

    return published_report
