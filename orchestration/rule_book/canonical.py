"""The one form of a rule book file: what `lead-scoring format` writes, and what it says about a file as it found it.

A file is read as spreadsheets save it and written as UTF-8 without BOM, LF, commas, quotes only where needed, columns
in the order of the spec, one spelling per number and flag, rows in the order in which they decide. Nothing else: a cell
is never guessed, a row or column never dropped unless it is empty, and a file that cannot be read for certain is left
alone, with the reason. Whether what it says is valid is for `validate`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.rule_book import csv_text
from orchestration.rule_book.columns import CellError, Flag, Number
from orchestration.rule_book.errors import RuleBookError, quoted
from orchestration.rule_book.files import columns_of
from orchestration.rule_book.row_order import meaning_of_order, ordered
from orchestration.rule_book.spreadsheets import Source, source_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestration.rule_book.columns import Column
    from orchestration.rule_book.csv_text import CsvRow
    from orchestration.rule_book.files import Row

_DECIMAL_COMMA = re.compile(r"-?[0-9]*,[0-9]+")
_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2},[0-9]{3}")
_TRUE = frozenset(("wahr", "vrai", "verdadero", "verdadeiro", "vero", "waar", "sant", "tosi", "adevărat", "prawda"))
_FALSE = frozenset(("falsch", "faux", "falso", "onwaar", "falskt", "epätosi", "fals", "fałsz"))
"""What spreadsheets make of true and false in other languages."""


@dataclass(frozen=True)
class Formatted:
    """A file in its one form, or why it is left alone (`problem`); `changes` says what is other than before.

    `before` is its text as far as it could be read, with LF and without BOM: what a diff compares.
    """

    before: str
    text: str
    changes: tuple[str, ...] = ()
    problem: RuleBookError | None = None


class _Unreadable(Exception):  # noqa: N818 - never leaves the module
    def __init__(self, line: int, column: str, value: str, message: str) -> None:
        super().__init__(message)
        self.place = (line, column, value, message)


def format_file(row_type: type[Row], raw: bytes) -> Formatted:
    """The one form of the bytes of a rule book file. Never raises for what they are."""
    before = csv_text.decode(raw)
    try:
        source = source_of(raw)
        if source.problem:
            raise _Unreadable(source.problem_line, "file", "", source.problem)
        before = source.text.replace("\r\n", "\n")
        table = _Table(row_type, source)
        text = table.text()
        return Formatted(before, text, (*source.changes, *table.changes))
    except _Unreadable as error:
        return Formatted(before, before, problem=RuleBookError(f"{row_type.FILE}.csv", *error.place))


class _Table:
    """The cells of a file on the way to their one form."""

    def __init__(self, row_type: type[Row], source: Source) -> None:
        self.row_type = row_type
        self.columns: Mapping[str, Column] = _documented_order(columns_of(row_type))
        self.changes: list[str] = []
        self.has_decimal_commas = source.delimiter != csv_text.COMMA
        header, *rows = csv_text.rows(source.text, source.delimiter)
        self.header = header.cells
        for row in (header, *rows):
            self._require_readable(row)
        records = self._without_empty_rows(rows)
        keep = self._kept_columns(records)
        self.header = [self.header[place] for place in keep]
        self._require_header()
        self.records = [self._record(row.line, [row.cells[place] for place in keep]) for row in records]

    def text(self) -> str:
        """The file, rows and columns in order."""
        names = [*(n for n in self.columns if n in self.header), *(n for n in self.header if n not in self.columns)]
        if names != self.header:
            self.changes.append("columns in the order of the documentation")
        in_order = ordered(self.row_type, self.records)
        if in_order != self.records:
            self.changes.append(meaning_of_order(self.row_type))
        rows = ([record[name] for name in names] for record in in_order)
        return csv_text.line_of(names) + "".join(map(csv_text.line_of, rows))

    def _require_readable(self, row: CsvRow) -> None:
        if row.problem:
            column = self.header[min(len(row.cells), len(self.header) - 1)] if self.header else "file"
            raise _Unreadable(
                row.line, column, row.problem.value, f"{quoted(row.problem.value)}: {row.problem.message}"
            )
        if len(row.cells) != len(self.header):
            hint = "; the rule book has no comments, a description is the place for them" * row.cells[0].startswith("#")
            message = f"the row has {len(row.cells)} cells, the header {len(self.header)}{hint}"
            raise _Unreadable(row.line, self.header[0] or "file", row.cells[0], message)

    def _require_header(self) -> None:
        for name, times in Counter(self.header).items():
            if not name:
                raise _Unreadable(1, "file", "", "a column has cells and no name; name it or delete it")
            if times > 1:
                raise _Unreadable(1, name, name, f"column {quoted(name)} appears more than once; keep one")

    def _without_empty_rows(self, rows: list[CsvRow]) -> list[CsvRow]:
        filled = [row for row in rows if any(row.cells)]
        if len(filled) < len(rows):
            self.changes.append(f"{len(rows) - len(filled)} rows of empty cells left out")
        return filled

    def _kept_columns(self, rows: list[CsvRow]) -> list[int]:
        nameless = [p for p, name in enumerate(self.header) if not name and not any(row.cells[p] for row in rows)]
        if nameless:
            self.changes.append(f"{len(nameless)} columns without a name and without cells left out")
        return [place for place in range(len(self.header)) if place not in nameless]

    def _record(self, line: int, cells: list[str]) -> dict[str, str]:
        return {name: self._cell(line, name, cell) for name, cell in zip(self.header, cells, strict=True)}

    def _cell(self, line: int, name: str, cell: str) -> str:
        column: Any = self.columns.get(name)
        canonical = cell
        if isinstance(column, Flag):
            canonical = flag(cell)
        elif isinstance(column, Number):
            canonical = number(column, self._with_point(line, name, cell))
        if canonical != cell and canonical.lower() != cell.lower():
            self.changes.append(f"line {line}: {name}: {quoted(cell)} is written {quoted(canonical)}")
        return canonical

    def _with_point(self, line: int, name: str, cell: str) -> str:
        if not self.has_decimal_commas or not _DECIMAL_COMMA.fullmatch(cell):
            return cell
        if _THOUSANDS.fullmatch(cell):
            message = (
                f"{quoted(cell)} may be a thousand or a decimal number; write it without the comma, or with a point"
            )
            raise _Unreadable(line, name, cell, message)
        return cell.replace(",", ".")


def _documented_order(columns: dict[str, Column]) -> dict[str, Column]:
    """The columns as the contract lists them: what switches a rule off and what explains it come last."""
    last = ("enabled", "description")
    return {name: columns[name] for name in (*(n for n in columns if n not in last), *last) if name in columns}


def flag(cell: str) -> str:
    """A flag in lower case and in English; what is none stays as it is."""
    lower = cell.lower()
    if lower in ("true", "false"):
        return lower
    return "true" if lower in _TRUE else "false" if lower in _FALSE else cell


def number(column: Column, cell: str) -> str:
    """A number in its one spelling, the same to every reader; what its column refuses stays as it is."""
    try:
        value = column.parse(cell)
    except CellError:
        return cell
    if not cell or value is None:
        return cell
    sign, digits = ("-", cell[1:]) if cell.startswith("-") else ("", cell)
    whole, _, decimals = digits.partition(".")
    decimals = decimals.rstrip("0")
    return sign + (whole.lstrip("0") or "0") + ("." + decimals if decimals else "")
