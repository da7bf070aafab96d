"""A folder of CSVs to typed rows and the list of everything that is wrong with them; and back to clean CSVs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.rule_book import csv_text
from orchestration.rule_book.columns import CellError, Column
from orchestration.rule_book.constraints import Draft, broken_constraints
from orchestration.rule_book.errors import RuleBookError, listed, quoted, sorted_with_near_misses
from orchestration.rule_book.files import ROW_TYPES, Row, RuleBook, columns_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestration.rule_book.csv_text import CsvRow

WHOLE_FILE = "file"
"""What stands in an error's column where no column is to blame."""


def validate(seeds_dir: Path) -> list[RuleBookError]:
    """Every error of the rule book in `seeds_dir`, sorted; empty if it is valid."""
    return read_rule_book(seeds_dir)[1]


def read_rule_book(seeds_dir: Path) -> tuple[RuleBook, list[RuleBookError]]:
    """The rule book in `seeds_dir` and every error in it, sorted.

    Never raises for what the folder holds. With errors, the rule book holds what could be read and is fit for nothing
    but looking at.
    """
    tables = [_Table(seeds_dir, row_type) for row_type in ROW_TYPES]
    rows: dict[str, Any] = {table.row_type.FILE: tuple(table.rows) for table in tables}
    known = frozenset((table.row_type.FILE, column) for table in tables for column in table.header)
    draft = Draft(RuleBook(**rows), known)
    errors = [error for table in tables for error in table.errors]
    return draft.book, sorted_with_near_misses([*errors, *broken_constraints(draft)])


def write_rule_book(book: RuleBook, seeds_dir: Path) -> None:
    """Write a valid rule book in the one form that every CSV loader agrees on.

    UTF-8 without BOM, LF, trimmed cells, columns in the order of the spec, flags in lower case, quotes where needed.
    """
    seeds_dir.mkdir(parents=True, exist_ok=True)
    for row_type in ROW_TYPES:
        columns = columns_of(row_type)
        flags = {name for name, column in columns.items() if column.sql_type == "boolean"}
        with (seeds_dir / f"{row_type.FILE}.csv").open("w", encoding="utf-8", newline="") as file:
            file.write(csv_text.line_of(columns))
            for row in book.rows(row_type.FILE):
                file.write(csv_text.line_of(row.cells[n].lower() if n in flags else row.cells[n] for n in columns))


class _Table:
    """One file as it is read: its rows, its known columns and its errors."""

    def __init__(self, seeds_dir: Path, row_type: type[Row]) -> None:
        self.row_type = row_type
        self.columns = columns_of(row_type)
        self.header: tuple[str, ...] = ()
        """The columns of the spec that the file has; of a file that cannot be read, none."""
        self.rows: list[Row] = []
        self.errors: list[RuleBookError] = []
        raw = self._bytes_of(seeds_dir)
        if raw is None:
            return
        problem = csv_text.file_problem(raw)
        if problem:
            self._whole_file_error(problem.message, problem.value)
            return
        text = csv_text.decode(raw)
        self.is_text = csv_text.not_text(text) is None
        header, *records = csv_text.rows(text)
        if header.problem:
            self._whole_file_error(f"{quoted(header.problem.value)}: {header.problem.message}", header.problem.value)
            return
        self._read_header(header.cells)
        for record in records:
            self._read_row(header.cells, record)

    def _bytes_of(self, seeds_dir: Path) -> bytes | None:
        path = seeds_dir / f"{self.row_type.FILE}.csv"
        try:
            return path.read_bytes()
        except FileNotFoundError:
            expected = {f"{row_type.FILE}.csv" for row_type in ROW_TYPES}
            found = tuple(sorted({other.name for other in seeds_dir.glob("*.csv")} - expected))
            self._whole_file_error(f"'{path.name}' is missing from the folder of the rule book", path.name, found)
        except OSError as error:
            self._whole_file_error(f"'{path.name}' cannot be read: {error.strerror}", path.name)
        return None

    def _whole_file_error(self, message: str, value: str, candidates: tuple[str, ...] = ()) -> None:
        self.errors.append(RuleBookError(f"{self.row_type.FILE}.csv", 1, WHOLE_FILE, value, message, candidates))

    def _read_header(self, header: list[str]) -> None:
        missing = tuple(column for column in self.columns if column not in header)
        for position, name in enumerate(header, 1):
            shown = name or f"column {position}"
            problem = csv_text.not_text(name)
            if problem:
                self.errors.append(self.row_type.whole_file(shown, name, f"{quoted(name)} {problem}"))
            elif name not in self.columns:
                message = f"{quoted(name)} is not a column of {self.row_type.FILE}.csv; valid: {listed(self.columns)}"
                near = missing or tuple(self.columns)
                self.errors.append(RuleBookError(f"{self.row_type.FILE}.csv", 1, shown, name, message, near))
            elif name in header[: position - 1]:
                message = f"column '{name}' appears more than once; keep one"
                self.errors.append(self.row_type.whole_file(name, name, message))
        for name in missing:
            message = f"column '{name}' is missing from the header; valid: {listed(self.columns)}"
            self.errors.append(self.row_type.whole_file(name, "", message))
        self.header = tuple(column for column in self.columns if column in header)

    def _read_row(self, header: list[str], record: CsvRow) -> None:
        if record.problem:
            column = header[min(len(record.cells), len(header) - 1)]
            problem = record.problem
            self._row_error(record, column, problem.value, f"{quoted(problem.value)}: {problem.message}")
        elif len(record.cells) < len(header):
            message = f"the row has {len(record.cells)} cells, the header {len(header)}; this cell is missing"
            self._row_error(record, header[len(record.cells)], "", message)
        elif len(record.cells) > len(header):
            surplus = record.cells[len(header)]
            message = (
                f"the row has {len(record.cells)} cells, the header {len(header)}: {quoted(surplus)} is one too many; "
                "put a cell that holds a comma in quotes"
            )
            self._row_error(record, header[-1], surplus, message)
        else:
            self._add_row(record.line, dict(zip(header, record.cells, strict=True)))
            return
        # The cells of a broken row may have moved, except its first one: others may refer to it, so it stays known.
        self._add_row(record.line, dict(zip(header[:1], record.cells, strict=False)), report=False)

    def _row_error(self, record: CsvRow, column: str, value: str, message: str) -> None:
        self.errors.append(RuleBookError(f"{self.row_type.FILE}.csv", record.line, column, value, message))

    def _add_row(self, line: int, cells: Mapping[str, str], *, report: bool = True) -> None:
        values: dict[str, Any] = dict.fromkeys(self.columns)
        invalid = set()
        errors = []
        for name, column in self.columns.items():
            if name not in cells:
                invalid.add(name)
                continue
            try:
                values[name] = self._value(column, cells[name])
            except CellError as error:
                invalid.add(name)
                errors.append((name, error))
        row = self.row_type(line=line, cells=cells, invalid=frozenset(invalid), **values)
        self.rows.append(row)
        if report:
            self.errors += [row.error(name, error.message, error.candidates) for name, error in errors]

    def _value(self, column: Column, cell: str) -> object:
        problem = None if self.is_text else csv_text.not_text(cell)
        if problem:
            raise CellError(f"{quoted(cell)} {problem}")
        return column.parse(cell)
