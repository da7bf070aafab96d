"""Why a run failed, in sentences: for the person at the command line and for those whom a sensor tells.

Whom it is told is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dagster_shared.error import SerializableErrorInfo

_FAILED_BY_CHECK = "DagsterAssetCheckFailedError"
"""What Dagster calls the failure of a step whose check failed."""


def errors_of(failures: Iterable[dg.DagsterEvent]) -> Iterator[str]:
    """What made steps fail, one line each, without failed checks. `failures`: events of failed steps."""
    for event in failures:
        failure = event.step_failure_data
        if failure.user_failure_data:
            yield from (failure.user_failure_data.description or "").splitlines()
        elif not failure.error or failure.error.cls_name != _FAILED_BY_CHECK:
            yield _root_cause(failure.error).message.strip() if failure.error else failure.error_display_string


def summary_of_run(instance: dg.DagsterInstance, run_id: str) -> str:
    """What is in the record of a failed run: errors, else failed checks and what they found, else its last words."""
    lines = [*dict.fromkeys(errors_of(_events(instance, run_id, dg.DagsterEventType.STEP_FAILURE)))]
    for event in _events(instance, run_id, dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        evaluation = event.asset_check_evaluation_data
        if not evaluation.passed and evaluation.severity is dg.AssetCheckSeverity.ERROR:
            found = f": {evaluation.description}" if evaluation.description else ""
            lines.append(f"check failed: {evaluation.asset_check_key.name}{found}")
    if not lines:
        lines = [event.message or "" for event in _events(instance, run_id, dg.DagsterEventType.RUN_FAILURE)]
    return "\n".join(lines) or "the run ended without a word"


def _events(instance: dg.DagsterInstance, run_id: str, kind: dg.DagsterEventType) -> Iterator[dg.DagsterEvent]:
    for entry in instance.all_logs(run_id, of_type=kind):
        if entry.dagster_event:
            yield entry.dagster_event


def _root_cause(error: SerializableErrorInfo) -> SerializableErrorInfo:
    return _root_cause(error.cause) if error.cause else error
