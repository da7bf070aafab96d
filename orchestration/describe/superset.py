"""Files in Apache Superset's import format: columns of datasets described as the tables they are read from.

A column that comes from a table says so, `extra: {source: contact_scores.lead_score}`, and gets that column's type and
description. A column that the dataset's SQL computes has no source and is described where it stands. All else of the
file is Superset's and stays, so that an export of an edited dashboard can take its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestration.describe.tables import Column, Table

_TYPES = {
    "bigint": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "double": "DOUBLE PRECISION",
    "timestamp": "TIMESTAMP",
    "varchar": "VARCHAR",
}
"""dbt's name of a type → one that Superset understands of DuckDB and of PostgreSQL alike."""
_TEMPORAL = {"date", "timestamp"}


class UnknownSourceError(Exception):
    """A column of a dataset names a column that is not published; `str` says which."""


def described_dataset(text: str, tables: Mapping[str, Table]) -> str:
    """A dataset's YAML with the columns described as the tables are. Raises UnknownSourceError."""
    dataset = yaml.safe_load(text)
    for column in dataset["columns"]:
        if source := (column.get("extra") or {}).get("source"):
            of_table = _column(source, tables)
            column["type"] = _TYPES[of_table.data_type]
            column["is_dttm"] = of_table.data_type in _TEMPORAL
            column["description"] = of_table.description
    return _written(dataset)


def in_our_style(text: str) -> str:
    """Any other file of an export as the project writes YAML."""
    return _written(yaml.safe_load(text))


def _written(content: object) -> str:
    text: str = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def _column(source: str, tables: Mapping[str, Table]) -> Column:
    table, _, name = source.partition(".")
    found = [column for column in (tables[table].columns if table in tables else ()) if column.name == name]
    if not found:
        raise UnknownSourceError(f"{source} is no column of a published table")
    return found[0]


class _Dumper(yaml.SafeDumper):
    """Lists indented, texts of several lines as they are: the project's style."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: ARG002 - PyYAML's signature
        return super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
