"""The one warning of the rule book and its kinds; what is warned of is decided elsewhere.

A kind keeps its code for ever: people name codes in pull requests and in `--ignore`. Each has a line in
docs/rule-book.md, which a test compares with this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from orchestration.rule_book.errors import printable

if TYPE_CHECKING:
    from orchestration.rule_book.files import Row


class Kind(Enum):
    """The kinds by code: 1 names, 2 patterns and rows that compete, 3 points, 4 fit, 5 scores, 6 use."""

    W101 = "misspelt-event-type"
    W102 = "misspelt-category"
    W103 = "misspelt-attribute"
    W104 = "name-is-no-pattern"
    W105 = "attribute-of-other-entity"
    W106 = "unknown-file"
    W201 = "never-hits"
    W202 = "fits-everything"
    W203 = "dead-alternative"
    W204 = "idle-exception"
    W211 = "unreachable-title"
    W212 = "unreachable-content"
    W213 = "unreachable-exclusion"
    W214 = "shadows-nothing"
    W301 = "pays-twice"
    W302 = "pointless-in-group"
    W303 = "zero-points"
    W304 = "silence-pays"
    W401 = "fit-rule-never-counts"
    W402 = "criterion-gives-nothing"
    W501 = "unreachable-threshold"
    W502 = "threshold-always-met"
    W503 = "unreachable-band"
    W601 = "no-hits"

    @property
    def code(self) -> str:
        """The code, such as `W201`."""
        return self.name

    @property
    def title(self) -> str:
        """Code and name, such as `W201 never-hits`."""
        return f"{self.name} {self.value}"


@dataclass(frozen=True)
class RuleBookWarning:
    """What is valid and most likely a mistake; placed as a `RuleBookError` is."""

    file: str
    line: int
    column: str
    value: str
    kind: Kind
    message: str

    def __str__(self) -> str:
        """`file:line: column: W201 never-hits: message`."""
        return f"{self.file}:{self.line}: {printable(self.column)}: {self.kind.title}: {self.message}"

    @property
    def order(self) -> tuple[str, int, str, str, str]:
        """By file, line and column, as errors are sorted."""
        return (self.file, self.line, self.column, self.kind.code, self.message)


def warning(row: Row, column: str, kind: Kind, message: str) -> RuleBookWarning:
    """What is doubtful in one cell of a row."""
    return RuleBookWarning(f"{row.FILE}.csv", row.line, column, row.cells.get(column, ""), kind, message)
