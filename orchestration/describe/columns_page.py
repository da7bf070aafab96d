"""docs/columns.md: every published table and column on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestration.describe.tables import Column, Table

_INTRODUCTION = """\
# Published tables and columns

Everything in schema `marts`. Written by `make docs` from the YAML of the marts; do not edit it here. The same texts
are comments on the tables and columns of the published databases. How the numbers come about, and what does not
change, is in the [contract](contract.md); names in `code` are columns, or files of the [rule book](rule-book.md).

- Where "null means" is empty, a column is never null.
- Points of a score range from its `floor` to its `ceiling` in `scores`. Scores are not rounded.
- Dates are days in the scoring time zone, timestamps are UTC.
- In PostgreSQL `varchar` is `text` and `double` is `double precision`.
"""


def columns_page(tables: Iterable[Table]) -> str:
    """The page as Markdown, a section per table."""
    listed = list(tables)
    contents = ", ".join(f"[{table.name}](#{table.name})" for table in listed)
    return "\n".join([_INTRODUCTION, contents, "", *(line for table in listed for line in _section(table))])


def _section(table: Table) -> Iterator[str]:
    yield f"## {table.name}"
    yield ""
    yield table.description
    yield ""
    yield "| column | type | meaning, unit and range | null means |"
    yield "|---|---|---|---|"
    yield from (_row(column) for column in table.columns)
    yield ""


def _row(column: Column) -> str:
    cells = (column.name, column.data_type, column.meaning, column.null_means)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells).rstrip() + " |"
