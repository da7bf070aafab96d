"""Publishing in Dagster: the snapshot and what follows it as assets, and a hook that says when a run published nothing.

How it is done is in the other modules; here is when, and what a person sees of it.
"""

# No lazy annotations here: Dagster reads those of the ops when they are defined.
import time
from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from orchestration.dbt_project import DbtProject
from orchestration.duckdb_files import is_locked
from orchestration.guards.reference import remember
from orchestration.guards.sources import Sources
from orchestration.partitions import days_of_tags, today
from orchestration.privacy.erasure import is_somebody_to_erase
from orchestration.privacy.tombstones import TombstoneError
from orchestration.publish.parquet import CURRENT, follow_with_parquet, parquet_dir_of
from orchestration.publish.postgres import Postgres, follow_with_postgres
from orchestration.publish.snapshot import publish, withhold
from orchestration.publish.tables import SCHEMA, published_tables
from orchestration.publish.verdict import verdict_of_run
from orchestration.publish.workspace import PublishError
from orchestration.resources import WAREHOUSE_POOL, Warehouse, retry_when_unlocked
from orchestration.settings import Settings

SNAPSHOT_KEY = dg.AssetKey(["published", "snapshot"])


def build_published_assets(
    settings: Settings, project: DbtProject, required_checks: Set[dg.AssetCheckKey], sources: Sources
) -> list[dg.AssetsDefinition]:
    """The snapshot, the Parquet files and, if a URL is set, PostgreSQL. Raises ValueError if no such table is excluded.

    Dagster starts the snapshot when everything above it is well. The op looks for itself as well, since a selection
    may leave checks out: nothing is published that this run has not checked. `sources` are counted, for the guards of
    the next run.
    """
    tables = published_tables(project, settings.publish_exclude)
    spec = _spec(
        SNAPSHOT_KEY,
        "What readers open: every published table of one run, in a DuckDB file that is replaced as a whole once all"
        " checks have passed. Table publication says what was published or withheld, and why.",
        kind="duckdb",
        deps=[dg.AssetKey([SCHEMA, table.name]) for table in published_tables(project)],
    )

    @dg.multi_asset(
        name="publish_snapshot", specs=[spec], pool=WAREHOUSE_POOL, backfill_policy=dg.BackfillPolicy.single_run()
    )
    def publish_snapshot(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[Any]:
        began = time.monotonic()
        run_id = context.run.run_id
        verdict = verdict_of_run(context.instance, run_id, required_checks)
        with _failures_in_words():
            publication = publish(
                settings.snapshot,
                Path(warehouse.path),
                tables,
                run_id,
                verdict,
                warehouse.memory_limit,
                # What was deleted from a file is still in its bytes.
                afresh=is_somebody_to_erase(Path(warehouse.path)),
            )
            with duckdb.connect(warehouse.path) as connection:
                remember(connection, publication, sources.count_rows(connection))
        rows = publication.rows_of_tables
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(settings.snapshot),
                "publication": publication.publication_id,
                "as of": str(publication.as_of_date),
                "bytes": settings.snapshot.stat().st_size,
                "written afresh": bool(publication.is_written_afresh),
                "seconds": _seconds_since(began),
                "dagster/row_count": sum(rows.values()),
                "rows per table": dg.MetadataValue.table(
                    [dg.TableRecord({"table": table, "rows": count}) for table, count in rows.items()]
                ),
            }
        )

    return [publish_snapshot, _parquet(settings), *([_postgres(settings)] if settings.postgres_url else [])]


def _parquet(settings: Settings) -> dg.AssetsDefinition:
    spec = _spec(
        dg.AssetKey(["published", "parquet"]),
        "The snapshot as Parquet files, a folder per publication; `current` is a link to the latest one.",
        kind="parquet",
        deps=[SNAPSHOT_KEY],
    )

    @dg.multi_asset(name="publish_parquet", specs=[spec], backfill_policy=dg.BackfillPolicy.single_run())
    def publish_parquet() -> dg.MaterializeResult[Any]:
        began = time.monotonic()
        with _failures_in_words():
            folder = follow_with_parquet(settings.snapshot, settings.memory_limit)
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(parquet_dir_of(settings.snapshot) / CURRENT),
                "publication": folder.name,
                "bytes": sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
                "seconds": _seconds_since(began),
            }
        )

    return publish_parquet


def _postgres(settings: Settings) -> dg.AssetsDefinition:
    spec = _spec(
        dg.AssetKey(["published", "postgres"]),
        "The snapshot as tables of a PostgreSQL schema, replaced in one transaction.",
        kind="postgres",
        deps=[SNAPSHOT_KEY],
    )

    @dg.multi_asset(name="publish_postgres", specs=[spec], backfill_policy=dg.BackfillPolicy.single_run())
    def publish_postgres() -> dg.MaterializeResult[Any]:
        began = time.monotonic()
        with _failures_in_words():
            rows = follow_with_postgres(settings.snapshot, _database(settings), settings.memory_limit)
        return dg.MaterializeResult(
            metadata={"schema": settings.postgres_schema, "rows loaded": rows, "seconds": _seconds_since(began)}
        )

    return publish_postgres


def _spec(key: dg.AssetKey, description: str, kind: str, deps: list[dg.AssetKey]) -> dg.AssetSpec:
    return dg.AssetSpec(
        key, description=description, deps=deps, group_name="published", owners=["team:marts"], kinds={kind}
    )


def _seconds_since(began: float) -> dg.MetadataValue:
    return dg.MetadataValue.float(round(time.monotonic() - began, 3))


def _database(settings: Settings) -> Postgres:
    return Postgres(settings.postgres_url, settings.postgres_schema)


def required_checks_of(definitions: Iterable[dg.AssetsDefinition]) -> frozenset[dg.AssetCheckKey]:
    """The checks without which nothing is published: those that stop what is downstream of their table."""
    return frozenset(spec.key for definition in definitions for spec in definition.check_specs if spec.blocking)


def build_withholding_hook(
    settings: Settings, required_checks: Set[dg.AssetCheckKey], scoring_timezone: str
) -> dg.HookDefinition:
    """What the job does when a step fails: the snapshot says so, its tables stay as they are.

    A hook runs in the process of the failed step, however the run was launched; Dagster knows no step that always runs.
    """

    @dg.failure_hook(name="say_that_nothing_was_published")
    def say_that_nothing_was_published(context: dg.HookContext) -> None:
        run = context.instance.get_run_by_id(context.run_id)
        if not run or not _is_to_publish(context.instance, run.run_id):
            return
        verdict = verdict_of_run(context.instance, context.run_id, required_checks)
        reason = verdict.reason if verdict.failed else f"step {context.op.name} failed"
        withheld = withhold(settings.snapshot, context.run_id, verdict, _day_of(run, scoring_timezone), str(reason))
        if not withheld:
            return
        context.log.warning(f"Nothing was published ({withheld.reason}); readers keep the snapshot before.")
        follow_with_parquet(settings.snapshot, settings.memory_limit)
        if settings.postgres_url:
            follow_with_postgres(settings.snapshot, _database(settings), settings.memory_limit)

    return say_that_nothing_was_published


def _is_to_publish(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether the snapshot is part of a run: one of some tables or checks alone is no attempt to publish."""
    planned = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    keys = (entry.dagster_event.asset_key for entry in planned if entry.dagster_event)
    return SNAPSHOT_KEY in keys


def _day_of(run: dg.DagsterRun, scoring_timezone: str) -> date:
    """The last day that a run is about; without one it is about today."""
    days = days_of_tags(run.tags)
    return days[-1] if days else today(scoring_timezone)


@contextmanager
def _failures_in_words() -> Iterator[None]:
    """What is in the way of publishing, as a sentence; a locked warehouse is tried again."""
    try:
        yield
    except duckdb.IOException as error:
        if is_locked(error):
            raise retry_when_unlocked() from error
        raise dg.Failure(str(error)) from None
    except (PublishError, TombstoneError, OSError, duckdb.Error) as error:
        raise dg.Failure(str(error)) from None
