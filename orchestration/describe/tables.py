"""The tables that readers find in schema `marts`, with their columns, from the dbt project and the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.publish.record import DESCRIBED
from orchestration.publish.tables import published_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestration.dbt_project import DbtProject

_NULL = "Null:"


@dataclass(frozen=True)
class Column:
    """A column: dbt's name of its type; meaning with unit and range; what null means (empty: it is never null)."""

    name: str
    data_type: str
    description: str

    @property
    def meaning(self) -> str:
        """The description without what null means."""
        return self.description.partition(_NULL)[0].strip()

    @property
    def null_means(self) -> str:
        """The end of the description, from `Null:` on, without its full stop."""
        return self.description.partition(_NULL)[2].strip().removesuffix(".")


@dataclass(frozen=True)
class Table:
    """A published table; its description begins with what a row is."""

    name: str
    description: str
    columns: tuple[Column, ...]


def described_tables(project: DbtProject) -> Mapping[str, Table]:
    """Name → table: the marts in order of their names, then the record of publications."""
    marts = [
        Table(
            table.name,
            table.description,
            tuple(Column(name, table.types[name], text) for name, text in table.columns.items()),
        )
        for table in published_tables(project)
    ]
    record = [
        Table(name, description, tuple(Column(column, *described) for column, described in columns.items()))
        for name, (description, columns) in DESCRIBED.items()
    ]
    return {table.name: table for table in (*marts, *record)}
