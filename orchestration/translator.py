"""How a part of the dbt project looks in Dagster: its key, group, kinds, owner, description; a test as an asset check.

Texts come from the project's YAML; none is written here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dagster_dbt import DbtProject as DagsterDbtProject

RECORD_OF_DAYS = dg.AssetKey(["marts", "scoring_days"])
"""The one table with a partition per day. It is written last and vouches for the days of all others, which no run
replaces by one day alone: a partition of theirs would say nothing, and cost two events a day."""

_RULE_BOOK_GROUP = "rule_book"
_MARTS = "marts"


class Translator(DagsterDbtTranslator):
    """dbt's graph as people read it: grouped by folder, described in words, its tests beside the table they examine."""

    def __init__(
        self,
        rule_book_key: dg.AssetKey,
        days: dg.PartitionsDefinition[str],
        freshness: dg.FreshnessPolicy | None = None,
    ) -> None:
        """`rule_book_key`: the asset that every seed is loaded from. `days`: the partitions of the record of days.

        `freshness`: when the marts must have been built anew.
        """
        super().__init__(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))
        self._rule_book_key = rule_book_key
        self._days = days
        self._freshness = freshness

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DagsterDbtProject | None
    ) -> dg.AssetSpec:
        """dbt's own spec with kinds that tell a table from a view, and the rule book's files above its seeds."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = self.get_resource_props(manifest, unique_id)
        if node["resource_type"] == "source":
            return spec.replace_attributes(kinds={"source"})
        spec = spec.replace_attributes(kinds={"dbt", "duckdb", node["config"]["materialized"]})
        if node["resource_type"] == "seed":
            return spec.replace_attributes(deps=[self._rule_book_key])
        # Days are also reported when their runs are forgotten.
        if spec.key.path[0] == _MARTS and spec.key != RECORD_OF_DAYS:
            spec = spec.replace_attributes(freshness_policy=self._freshness)
        if spec.key == RECORD_OF_DAYS:
            return spec.replace_attributes(partitions_def=self._days)
        return spec

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DagsterDbtProject | None
    ) -> dg.AssetCheckSpec | None:
        """The check of a test, with the test's own description, which dagster-dbt leaves out."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        if spec is None:
            return None
        return dg.AssetCheckSpec(
            name=spec.name,
            asset=spec.asset_key,
            description=self.get_resource_props(manifest, unique_id).get("description") or None,
            additional_deps=spec.additional_deps,
            blocking=spec.blocking,
            metadata=spec.metadata,
        )

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The folder that a person would look in: the topic of an intermediate model, else the layer or the source."""
        if dbt_resource_props["resource_type"] == "seed":
            return _RULE_BOOK_GROUP
        if dbt_resource_props["resource_type"] == "source":
            return str(dbt_resource_props["source_name"])
        _, layer, *topics = dbt_resource_props["fqn"][:-1]
        return "_".join([layer, *topics[:1]]) if layer == "staging" else (topics or [layer])[0]

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The description of the YAML, without the SQL."""
        return str(dbt_resource_props.get("description") or "")

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str] | None:
        """The email of the dbt group's owner, else the group as a team."""
        if owners := super().get_owners(dbt_resource_props):
            return owners
        group = dbt_resource_props.get("config", {}).get("group")
        return [f"team:{group}"] if group else None
