"""Erasing in Dagster: the last step of a run, which has work to do only where somebody is to be forgotten."""

# No lazy annotations here: Dagster reads those of ops when they are defined.
import sqlite3
from collections.abc import Sequence
from typing import Any

import dagster as dg
import duckdb

from orchestration.alerts.outbox import OutboxError
from orchestration.duckdb_files import is_locked
from orchestration.privacy.erasure import ErasureError, erase_pending
from orchestration.privacy.tombstones import TombstoneError, load_tombstones, tombstones_of
from orchestration.publish.workspace import PublishError
from orchestration.resources import WAREHOUSE_POOL, retry_when_unlocked
from orchestration.settings import Settings

ERASURES = dg.AssetKey(["published", "erasures"])


def build_erasures(settings: Settings, upstream: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset that comes after everything that is published, `upstream`."""

    @dg.multi_asset(
        name="erase_forgotten_persons",
        specs=[
            dg.AssetSpec(
                ERASURES,
                deps=list(upstream),
                group_name="published",
                owners=["team:marts"],
                kinds={"duckdb"},
                description=(
                    "Files without the persons that `lead-scoring forget` named: once a run has published without"
                    " them, the warehouse is rewritten and older snapshots are removed. Nothing where nobody is new."
                ),
            )
        ],
        pool=WAREHOUSE_POOL,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def erase_forgotten_persons(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        try:
            erased = erase_pending(settings, context.run.run_id)
            tombstones = load_tombstones(tombstones_of(settings.warehouse))
        except duckdb.IOException as error:
            if is_locked(error):
                raise retry_when_unlocked() from error
            raise _failure(error) from None
        except (ErasureError, TombstoneError, OutboxError, PublishError, OSError, duckdb.Error, sqlite3.Error) as error:
            raise _failure(error) from None
        requests = tombstones.requests if tombstones else ()
        return dg.MaterializeResult(
            metadata={
                "erased by this run": erased,
                "persons forgotten": len(requests),
                "waiting for the next run": sum(not request.erased_at for request in requests),
            }
        )

    return erase_forgotten_persons


def _failure(error: Exception) -> dg.Failure:
    return dg.Failure(f"Forgotten persons are out of all tables, but not yet out of every file: {error}")
