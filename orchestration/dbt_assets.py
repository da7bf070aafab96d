"""The dbt project as one Dagster op: what dbt reports becomes materialisations and check results as it comes.

How nodes look is in `translator`, which arguments dbt gets in `dbt_args`, how it is run in `dbt_runner`.
"""

# No lazy annotations here: Dagster reads those of the op when it is defined.
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import dbt_assets
from pydantic import Field

from orchestration.dbt_args import BuildArgs, days_as_vars, selection_of
from orchestration.dbt_project import DbtProject
from orchestration.dbt_runner import DbtError, DbtRunner, NodeEvent, NodeResult
from orchestration.partitions import days_of_run
from orchestration.raw_assets import observe_rule_book
from orchestration.resources import WAREHOUSE_POOL, Warehouse, retry_when_unlocked
from orchestration.table_summary import table_summary
from orchestration.translator import RECORD_OF_DAYS, Translator

OP_NAME = "dbt_build"
_UNIQUE_ID = "dagster_dbt/unique_id"
_PUBLISHED_SCHEMA = "marts"


class BuildConfig(dg.Config):
    """What a run may be told beyond its days."""

    full_refresh: bool = Field(default=False, description="Rebuild every table. The history stays as it is.")
    vars: dict[str, Any] = Field(default={}, description="dbt vars that differ from those of dbt_project.yml.")


AssetResult = dg.MaterializeResult[Any] | dg.AssetCheckResult


@dataclass(frozen=True)
class AssetsOfNodes:
    """Which asset or check a node of dbt stands for."""

    assets: Mapping[str, dg.AssetKey]
    checks: Mapping[str, dg.AssetCheckKey]

    @classmethod
    def of(cls, definition: dg.AssetsDefinition) -> "AssetsOfNodes":
        """Read from the definitions that dagster-dbt made."""
        return cls(
            assets={spec.metadata[_UNIQUE_ID]: spec.key for spec in definition.specs},
            checks={(spec.metadata or {})[_UNIQUE_ID]: spec.key for spec in definition.check_specs},
        )

    def result(self, node: NodeResult) -> AssetResult | None:
        """What Dagster is told of a node that dbt has built or tested; None of any other."""
        if node.is_built and node.unique_id in self.assets:
            return dg.MaterializeResult(
                asset_key=self.assets[node.unique_id],
                metadata={"seconds": dg.MetadataValue.float(round(node.seconds, 3))},
            )
        if node.unique_id in self.checks and (node.is_tested or node.is_error):
            key = self.checks[node.unique_id]
            return dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=node.status == "pass",
                severity=dg.AssetCheckSeverity.WARN if node.status == "warn" else dg.AssetCheckSeverity.ERROR,
                description=node.message or None,
                metadata={"failing rows": node.failures, "seconds": dg.MetadataValue.float(round(node.seconds, 3))},
            )
        return None


def build_dbt_assets(
    project: DbtProject, translator: Translator, on_event: Callable[[NodeEvent], None]
) -> dg.AssetsDefinition:
    """Every seed and model as an asset and every test as its check. `on_event` hears of nodes while dbt runs.

    A run that has days builds all, whatever is selected: a day is the work of every table. A run without days builds
    what is selected, as of today.
    """

    @dbt_assets(
        manifest=project.manifest,
        name=OP_NAME,
        dagster_dbt_translator=translator,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def dbt_build(
        context: dg.AssetExecutionContext, config: BuildConfig, dbt: DbtRunner, warehouse: Warehouse
    ) -> Iterator[AssetResult]:
        require_valid_rule_book(context, Path(dbt.seeds_dir))
        # Not `context.assets_def`, which knows what is selected and nothing else.
        nodes = AssetsOfNodes.of(dbt_build)
        days = days_of_run(context)
        args = _build_args(context, config, days, project, nodes)
        context.log.info(f"dbt {' '.join(args.as_list())}")
        for result in _with_row_counts(_run(dbt, args, nodes, on_event), warehouse):
            if _is_selected(context, result):
                yield result
            else:
                context.log_event(_as_event(result))
        if days:
            _log_missed_days(context, warehouse, *days)

    return dbt_build


def require_valid_rule_book(context: dg.AssetExecutionContext, seeds_dir: Path) -> None:
    """Fail with every error of the rule book before anything is loaded.

    It is done by the op that writes, not by one before it: however a run is put together, it cannot be left out, and
    no edit comes between the look and the load.
    """
    observation, errors = observe_rule_book(seeds_dir)
    context.log_event(observation)
    if errors:
        raise dg.Failure("\n".join(map(str, errors)), metadata=observation.metadata)


def _build_args(
    context: dg.AssetExecutionContext,
    config: BuildConfig,
    days: tuple[date, date] | None,
    project: DbtProject,
    nodes: AssetsOfNodes,
) -> BuildArgs:
    selected = [
        *(node for node, key in nodes.assets.items() if key in context.selected_asset_keys),
        *(node for node, key in nodes.checks.items() if key in context.selected_asset_check_keys),
    ]
    is_everything = len(selected) == len(nodes.assets) + len(nodes.checks)
    try:
        variables = days_as_vars(days, config.vars)
    except ValueError as error:
        raise dg.Failure(str(error)) from None
    return BuildArgs(
        vars=variables,
        full_refresh=config.full_refresh,
        selection=() if days or is_everything else selection_of(map(project.node, selected)),
    )


def _run(
    dbt: DbtRunner, args: BuildArgs, nodes: AssetsOfNodes, on_event: Callable[[NodeEvent], None]
) -> Iterator[AssetResult]:
    """Yield the results of one dbt run, then fail if nodes did. A test that failed is no failure here: its check is."""
    failed: list[NodeResult] = []
    try:
        for event in dbt.build(args):
            on_event(event)
            if isinstance(event, NodeResult):
                if event.is_error and event.unique_id not in nodes.checks:
                    failed.append(event)
                if result := nodes.result(event):
                    yield result
    except DbtError as error:
        if error.is_locked:
            raise retry_when_unlocked() from error
        raise dg.Failure(str(error)) from None
    if failed:
        raise dg.Failure("\n".join(f"{node.unique_id.split('.')[-1]}: {node.message.strip()}" for node in failed))


def _is_selected(context: dg.AssetExecutionContext, result: AssetResult) -> bool:
    if isinstance(result, dg.MaterializeResult):
        return result.asset_key in context.selected_asset_keys
    selected = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
    return (result.asset_key, result.check_name) in selected


def _as_event(result: AssetResult) -> dg.AssetMaterialization | dg.AssetCheckEvaluation:
    """What is logged of a table or test that was built though it was not selected."""
    assert result.asset_key  # noqa: S101 - AssetsOfNodes sets it
    if isinstance(result, dg.MaterializeResult):
        return dg.AssetMaterialization(result.asset_key, metadata=result.metadata)
    return dg.AssetCheckEvaluation(
        asset_key=result.asset_key,
        check_name=result.check_name or "",
        passed=result.passed,
        severity=result.severity,
        description=result.description,
        metadata=result.metadata,
    )


def _log_missed_days(context: dg.AssetExecutionContext, warehouse: Warehouse, first_day: date, last_day: date) -> None:
    """A run also fills days that earlier ones missed: their partitions are done with it."""
    with warehouse.connect() as connection:
        days = connection.execute(
            "select as_of_date from intermediate.int_scoring_dates"
            " where is_recorded and as_of_date not between ? and ? order by as_of_date",
            [first_day, last_day],
        ).fetchall()
    for (day,) in days:
        context.log_event(dg.AssetMaterialization(RECORD_OF_DAYS, partition=day.isoformat()))


def _with_row_counts(results: Iterable[AssetResult], warehouse: Warehouse) -> Iterator[AssetResult]:
    """Pass results on until the first published table, and keep the rest back until dbt has closed the file.

    Then what is in the published tables can be told with them. Dagster takes results only in the order of the graph.
    """
    held: list[AssetResult] = []
    failure: dg.Failure | None = None
    try:
        for result in results:
            if held or (result.asset_key and result.asset_key.path[0] == _PUBLISHED_SCHEMA):
                held.append(result)
            else:
                yield result
    except dg.Failure as error:
        failure = error
    if held:
        with warehouse.connect() as connection:
            yield from (_described(result, connection) for result in held)
    if failure:
        raise failure


def _described(result: AssetResult, connection: duckdb.DuckDBPyConnection) -> AssetResult:
    if isinstance(result, dg.AssetCheckResult) or not result.asset_key or result.asset_key.path[0] != _PUBLISHED_SCHEMA:
        return result
    schema, table = result.asset_key.path
    metadata = {**(result.metadata or {}), **table_summary(connection, schema, table)}
    return dg.MaterializeResult(asset_key=result.asset_key, metadata=metadata)
