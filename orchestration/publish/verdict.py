"""What the checks of a run say: the evidence that what it built may be published.

A check that did not run has not passed. What other runs found does not count: the warehouse was another one then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


@dataclass(frozen=True)
class Verdict:
    """The checks of a run: how many passed, the names of those that failed, of the required ones that did not run."""

    passed: int = 0
    failed: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """All that must be checked has been, and is as it should be."""
        return not self.failed and not self.not_run

    @property
    def reason(self) -> str | None:
        """Why nothing may be published; None if it may."""
        if self.failed:
            return f"failed checks: {len(self.failed)}"
        if self.not_run:
            return f"checks that did not run: {len(self.not_run)}"
        return None


def verdict_of_run(instance: dg.DagsterInstance, run_id: str, required: AbstractSet[dg.AssetCheckKey]) -> Verdict:
    """What the checks of a run found so far. `required` are those without which nothing may be published.

    Of a check that ran more than once, in a step that was tried again, the last result counts.
    """
    results: dict[dg.AssetCheckKey, dg.AssetCheckEvaluation] = {}
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        if entry.dagster_event:
            evaluation = entry.dagster_event.asset_check_evaluation_data
            results[evaluation.asset_check_key] = evaluation
    failed = [
        key for key, result in results.items() if not result.passed and result.severity is dg.AssetCheckSeverity.ERROR
    ]
    return Verdict(
        passed=sum(result.passed for result in results.values()),
        failed=_names(failed),
        not_run=_names(required - results.keys()),
    )


def _names(keys: AbstractSet[dg.AssetCheckKey] | list[dg.AssetCheckKey]) -> tuple[str, ...]:
    return tuple(sorted(key.name for key in keys))
