"""Findings as GitHub shows them: workflow commands, which Actions turn into annotations beside the lines of a diff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.rule_book import csv_text
from orchestration.rule_book.warnings import RuleBookWarning
from orchestration.settings import checkout_dir

if TYPE_CHECKING:
    from pathlib import Path

    from orchestration.rule_book import RuleBookError

_IN_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_MESSAGE, ":": "%3A", ",": "%2C"}


def github_annotation(finding: RuleBookError | RuleBookWarning, seeds_dir: Path) -> str:
    """`::error file=seeds/point_rules.csv,line=4,col=12,title=…::column: message`.

    The file counts from the checkout; `col` is the character at which the cell begins, left out where there is none.
    """
    is_warning = isinstance(finding, RuleBookWarning)
    path = seeds_dir / finding.file
    root = checkout_dir()
    column = cell_column(path, finding.line, finding.column)
    properties = {
        "file": path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path),
        "line": str(finding.line),
        **({"col": str(column)} if column else {}),
        "title": finding.kind.title if isinstance(finding, RuleBookWarning) else "Rule book",
    }
    shown = ",".join(f"{name}={_escaped(value, _IN_PROPERTY)}" for name, value in properties.items())
    message = _escaped(f"{finding.column}: {finding.message}", _IN_MESSAGE)
    return f"::{'warning' if is_warning else 'error'} {shown}::{message}"


def cell_column(path: Path, line: int, column: str) -> int | None:
    """The character (from 1) of a physical line at which the cell of a column begins; None if it does not there."""
    try:
        text = csv_text.decode(path.read_bytes())
    except OSError:
        return None
    header = next(csv_text.rows(text), None)
    if header is None or column not in header.cells:
        return None
    starts = csv_text.cell_starts(text, line)
    place = header.cells.index(column)
    return starts[place] + 1 if place < len(starts) else None


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)
