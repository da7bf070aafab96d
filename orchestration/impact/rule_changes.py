"""How two rule books differ, rule by rule: added, removed, changed, and in which columns.

Whom that moves is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from orchestration.rule_book.files import ROW_TYPES, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestration.rule_book import RuleBook
    from orchestration.rule_book.files import Row

RULE_FILES = ("point_rules", "inactivity_rules")
"""The files whose rows give points, each by its own rule."""
FIT_FILES = ("title_weights", "fit_rules", "fit_criteria")
"""The files that the fit score comes from."""


@dataclass(frozen=True)
class ColumnChange:
    """A cell before and after, as it stands in the file."""

    column: str
    before: str
    after: str


@dataclass(frozen=True)
class RuleChange:
    """A row that is there in one rule book only, or reads otherwise; `key` names it in its file."""

    file: str
    key: str
    kind: Literal["added", "removed", "changed"]
    columns: tuple[ColumnChange, ...] = ()
    description: str = ""

    @property
    def is_text_only(self) -> bool:
        """Only the description is another: no score moves."""
        return self.kind == "changed" and all(change.column == "description" for change in self.columns)


def changes_between(before: RuleBook, after: RuleBook) -> tuple[RuleChange, ...]:
    """Every row that differs, in the order of files and keys. Spelling that means the same is no difference."""
    return tuple(
        change
        for row_type in ROW_TYPES
        for change in _changes_of_file(row_type, before.rows(row_type.FILE), after.rows(row_type.FILE))
    )


def _changes_of_file(row_type: type[Row], before: tuple[Row, ...], after: tuple[Row, ...]) -> Iterator[RuleChange]:
    columns = columns_of(row_type)
    # The first column set that is unique in every file is what people call the row by.
    key_columns = row_type.UNIQUE[0]

    def comparable(row: Row, names: tuple[str, ...]) -> tuple[object, ...]:
        return tuple(columns[name].comparable(getattr(row, name)) for name in names)

    rows_before = {comparable(row, key_columns): row for row in before}
    rows_after = {comparable(row, key_columns): row for row in after}
    for key in sorted(rows_before.keys() | rows_after.keys(), key=lambda key: tuple(map(str, key))):
        old, new = rows_before.get(key), rows_after.get(key)
        named = " ".join(str(value) for name in key_columns if (value := getattr(new or old, name)) is not None)
        if old is None or new is None:
            kind: Literal["added", "removed"] = "removed" if new is None else "added"
            yield RuleChange(row_type.FILE, named, kind, (), getattr(new or old, "description", "") or "")
            continue
        differing = tuple(
            ColumnChange(name, old.cells.get(name, ""), new.cells.get(name, ""))
            for name in columns
            if comparable(old, (name,)) != comparable(new, (name,))
        )
        if differing:
            yield RuleChange(row_type.FILE, named, "changed", differing, new.description or "")
