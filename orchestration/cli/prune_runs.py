"""`lead-scoring prune-runs`: forget old runs in Dagster's record. What is kept and why is in `instance.retention`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from orchestration.cli.console import count, fail, print_json, print_line
from orchestration.cli.places import reading_settings


def prune_runs(
    keep_days: Annotated[int, typer.Option(min=1, help="Runs of the last so many days stay.")] = 90,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Forget runs that ended more than --keep-days ago, with their events and logs; the newest 20 stay.

    Only Dagster's record of runs shrinks: scores, history and published tables are what they were.

    Exit code: 0, or 1 if a setting makes no sense.
    """
    # Dagster takes seconds to import; the other commands do without it.
    from orchestration.instance import daemon_instance
    from orchestration.instance.retention import prune_runs

    try:
        with daemon_instance(reading_settings()) as instance:
            pruned = prune_runs(instance, datetime.now(UTC) - timedelta(days=keep_days))
    except ValueError as error:
        fail(f"{error}.")
    if as_json:
        print_json({"forgotten": pruned.forgotten, "left": pruned.left})
    else:
        print_line(f"{count(pruned.forgotten, 'run')} forgotten, {pruned.left:,} left.")
