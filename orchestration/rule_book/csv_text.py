"""CSV text to rows that know their physical line; what is wrong with the text itself, never with its meaning.

The standard library's reader stops at the first broken quote and forgets where it was. This one reports the row, goes
on with the next line, and therefore finds every error in one pass. Its dialect is RFC 4180 with LF or CRLF.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COMMA = ","
_END_OF_CELL = {delimiter: re.compile(rf"{delimiter}|\r?\n|\r?\Z") for delimiter in (COMMA, ";", "\t")}
_NEEDS_QUOTES = re.compile(r'[,"\r\n]')
_NOT_TEXT = re.compile("[\x00\udc80-\udcff]")
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True)
class Problem:
    """Why a row or a file cannot be read, and the text that shows it."""

    value: str
    message: str


@dataclass(frozen=True)
class CsvRow:
    """A row: the physical line it starts on (from 1) and its cells, trimmed; with a problem, the cells before it."""

    line: int
    cells: list[str]
    problem: Problem | None = None


def decode(raw: bytes) -> str:
    """UTF-8 text without its BOM; a byte that is not UTF-8 stays recognisable for `not_text`."""
    return raw.decode("utf-8", errors="surrogateescape").removeprefix("\ufeff")


def not_text(text: str) -> str | None:
    """Why `text`, a cell or a whole file, is not UTF-8 text; None if it is."""
    match = _NOT_TEXT.search(text)
    if match is None:
        return None
    if match.group() == "\x00":
        return "holds a NUL byte; delete it"
    return f"holds the byte 0x{ord(match.group()) - 0xDC00:02X}, which is not UTF-8; save the file as UTF-8"


def file_problem(raw: bytes) -> Problem | None:
    """What makes the whole file unreadable; None if its rows can be read."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Problem("", "the file is UTF-16; save it as UTF-8")
    text = decode(raw)
    if not text.strip():
        return Problem("", "the file is empty; its first line must name the columns")
    header = text.partition("\n")[0]
    if not header.strip():
        return Problem("", "line 1 is empty; it must name the columns")
    if "\n" not in text and "\r" in text.rstrip():
        return Problem("", "lines end in a lone CR; save the file with LF or CRLF")
    delimiter = max(_OTHER_DELIMITERS, key=header.count)
    if header.count(delimiter) > header.count(","):
        name = _OTHER_DELIMITERS[delimiter]
        advice = "save the file with commas, or run lead-scoring format" if delimiter != "|" else "save it with commas"
        return Problem(header.strip(), f"cells are separated by {name}; {advice}")
    return None


def rows(text: str, delimiter: str = COMMA) -> Iterator[CsvRow]:
    """Every row of the text, the header first; blank lines are passed over but counted."""
    position, line = 0, 1
    while position < len(text):
        end_of_line = text.find("\n", position)
        next_line = len(text) if end_of_line < 0 else end_of_line + 1
        physical = text[position:next_line]
        end = next_line
        if '"' in physical or "\r" in physical.removesuffix("\n").removesuffix("\r"):
            row, end = _read_row(text, position, line, delimiter)
            # One stray quote must not swallow the rows below it: a row that makes no sense is one line long.
            end = next_line if row.problem else end
            yield row
        elif physical.strip():
            yield CsvRow(line, [cell.strip() for cell in physical.split(delimiter)])
        line += text.count("\n", position, end)
        position = end


def cell_starts(text: str, line: int) -> list[int]:
    """Where the cells of the row that starts on a physical line do, counted in characters from the line's first.

    Cells that start on a later line of a quoted row, or stand after a broken one, are left out.
    """
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
        if start == 0:
            return []
    starts: list[int] = []
    _read_row(text, start, line, COMMA, starts)
    return [at - start for at in starts if "\n" not in text[start:at]]


def line_of(cells: Iterable[str]) -> str:
    """Cells as one line of CSV with LF, in quotes only where a reader needs them."""
    return ",".join(map(_quoted_if_needed, cells)) + "\n"


def _quoted_if_needed(cell: str) -> str:
    # The standard library's writer leaves a carriage return without quotes, and then nothing reads the row.
    if not _NEEDS_QUOTES.search(cell):
        return cell
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'


def _read_row(text: str, start: int, line: int, delimiter: str, starts: list[int] | None = None) -> tuple[CsvRow, int]:
    """The row that starts at `start`, cell by cell, and where the next one does (meaningless after a problem).

    `starts` takes where each cell does.
    """
    cells: list[str] = []
    at = start
    while True:
        if starts is not None:
            starts.append(at)
        if text.startswith('"', at):
            closing = _closing_quote(text, at)
            if closing < 0:
                return _broken(
                    line, cells, _rest_of_line(text, at), "the quote that opens this cell is never closed"
                ), at
            if not _END_OF_CELL[delimiter].match(text, closing + 1):
                message = "text follows the closing quote; close every quote and double one inside a cell"
                return _broken(line, cells, _rest_of_line(text, at), message), at
            cells.append(text[at + 1 : closing].replace('""', '"'))
            at = closing + 1
        else:
            match = _END_OF_CELL[delimiter].search(text, at)
            end = match.start() if match else len(text)
            cell = text[at:end]
            if '"' in cell:
                message = "a quote inside a cell; put the whole cell in quotes, from its first character, and double it"
                return _broken(line, cells, cell, message), at
            if "\r" in cell:
                return _broken(line, cells, cell, "a lone carriage return; end lines in LF or CRLF"), at
            cells.append(cell)
            at = end
        if text[at : at + 1] != delimiter:
            return CsvRow(line, [cell.strip() for cell in cells]), at + (2 if text.startswith("\r\n", at) else 1)
        at += 1


def _closing_quote(text: str, opening: int) -> int:
    """Where the quoted cell ends, doubled quotes passed over; -1 if it never does."""
    at = text.find('"', opening + 1)
    while at >= 0 and text.startswith('"', at + 1):
        at = text.find('"', at + 2)
    return at


def _rest_of_line(text: str, start: int) -> str:
    end = text.find("\n", start)
    return text[start:] if end < 0 else text[start:end]


def _broken(line: int, cells: list[str], value: str, message: str) -> CsvRow:
    return CsvRow(line, [cell.strip() for cell in cells], Problem(value.strip(), message))
