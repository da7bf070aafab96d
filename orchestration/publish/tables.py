"""Which tables are published: the marts of the dbt project, described in its YAML."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestration.settings import PUBLISH_EXCLUDE_ENV

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestration.dbt_project import DbtProject

SCHEMA = "marts"
MONTH_OF = "publish_by_month_of"
"""The key in a model's `meta` that names the date column by whose months the table is divided."""


@dataclass(frozen=True)
class PublishedTable:
    """A table or view of the warehouse that readers get as a table, with what the YAML says of it and its columns:
    name → description, name → dbt's type.

    `month_of` is the date column by whose months it is divided where only what changed is written; None: it is not.
    """

    name: str
    description: str
    columns: Mapping[str, str]
    month_of: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)


def published_tables(project: DbtProject, excluded: Sequence[str] = ()) -> tuple[PublishedTable, ...]:
    """The marts by name, without those that are excluded. Raises ValueError if there is no such mart to exclude."""
    marts = {
        node["alias"]: PublishedTable(
            name=node["alias"],
            description=_one_line(node["description"]),
            columns={column["name"]: _one_line(column["description"]) for column in node["columns"].values()},
            month_of=node["config"]["meta"].get(MONTH_OF),
            types={column["name"]: column["data_type"] for column in node["columns"].values()},
        )
        for node in project.manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == SCHEMA
    }
    if unknown := sorted(set(excluded) - set(marts)):
        raise ValueError(
            f"{PUBLISH_EXCLUDE_ENV} leaves out {', '.join(unknown)}, which is not published;"
            f" valid: {', '.join(sorted(marts))}"
        )
    return tuple(marts[name] for name in sorted(set(marts) - set(excluded)))


def _one_line(text: str) -> str:
    return " ".join(text.split())
