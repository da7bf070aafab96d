"""The kinds of column a rule book has: what one cell may hold and what an empty one means.

A column knows nothing about other cells; what several cells, rows or files must satisfy together is in `constraints`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from orchestration.rule_book import patterns
from orchestration.rule_book.errors import listed, quoted

_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
_INTEGER = re.compile(r"-?[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INTEGER_DIGITS = 18  # of a bigint
_NUMBER_CHARACTERS = 400  # more than any double needs, and far less than what makes parsing slow


class CellError(ValueError):
    """A cell that its column does not allow; `candidates` are the values its author may have meant."""

    def __init__(self, message: str, candidates: tuple[str, ...] = ()) -> None:
        """Keep the message, which names the value and what would be valid."""
        super().__init__(message)
        self.message = message
        self.candidates = candidates


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column whose cells are required, unless `empty` says what an empty one means; its value is then `default`."""

    sql_type: ClassVar[str]
    empty: str | None = None
    default: object = None

    def parse(self, cell: str) -> object:
        """The typed value of a trimmed cell; raises `CellError`."""
        if cell:
            return self._value_of(cell)
        if self.empty is None:
            raise CellError(f"is empty; {self._valid()} is required")
        return self.default

    def _value_of(self, cell: str) -> object:
        """The typed value of a cell that is not empty; raises `CellError`."""
        raise NotImplementedError

    def _valid(self) -> str:
        """What a filled cell holds."""
        raise NotImplementedError

    def comparable(self, value: Any) -> object:
        """The form in which two values of the column are the same."""
        return value


@dataclass(frozen=True, kw_only=True)
class Text(Column):
    """Text; `references` names the file whose key it must be, `also` what else it may be; names ignore case."""

    sql_type: ClassVar[str] = "varchar"
    references: str | None = None
    also: tuple[str, ...] = ()
    ignores_case: bool = False

    def _value_of(self, cell: str) -> object:
        return cell

    def _valid(self) -> str:
        return f"a key of {self.references}.csv" if self.references else "text"

    def comparable(self, value: Any) -> object:
        """Lower-cased where case does not matter."""
        return value.lower() if self.ignores_case and isinstance(value, str) else value


@dataclass(frozen=True, kw_only=True)
class Choice(Column):
    """One of a closed list of values, spelled as there."""

    sql_type: ClassVar[str] = "varchar"
    values: tuple[str, ...]

    def _value_of(self, cell: str) -> object:
        if cell not in self.values:
            raise CellError(f"{quoted(cell)} is not valid here; valid: {listed(self.values)}", self.values)
        return cell

    def _valid(self) -> str:
        return f"one of {listed(self.values)}"


@dataclass(frozen=True, kw_only=True)
class Pattern(Column):
    """A pattern of the contract, `title` or plain; it has no empty alternative."""

    sql_type: ClassVar[str] = "varchar"
    title: bool = False

    def _value_of(self, cell: str) -> object:
        check_pattern(cell, title=self.title)
        return cell

    def _valid(self) -> str:
        return (
            "a title pattern such as vp|vice president" if self.title else "a pattern such as /pricing*|!/pricing/old"
        )

    def comparable(self, value: Any) -> object:
        """Without differences that no match sees."""
        if value is None:
            return None
        return patterns.comparable_title(value) if self.title else patterns.comparable(value)


@dataclass(frozen=True, kw_only=True)
class Number(Column):
    """A plain decimal number within inclusive limits, or above an exclusive one."""

    sql_type: ClassVar[str] = "double"
    at_least: float = -math.inf
    at_most: float = math.inf
    above: float = -math.inf

    def _value_of(self, cell: str) -> object:
        return self._within_limits(cell, parse_number(cell))

    def _valid(self) -> str:
        return f"a number{self._limits()}"

    def _within_limits(self, cell: str, number: float) -> float:
        if not (self.at_least <= number <= self.at_most and number > self.above):
            raise CellError(f"{quoted(cell)} is out of range; valid: {self._valid()}")
        return number

    def _limits(self) -> str:
        limits = [(self.at_least, "of at least"), (self.at_most, "of at most"), (self.above, "greater than")]
        stated = [f"{words} {limit:g}" for limit, words in limits if math.isfinite(limit)]
        return " " + " and ".join(stated) if stated else ""


@dataclass(frozen=True, kw_only=True)
class Integer(Number):
    """A whole number within inclusive limits."""

    sql_type: ClassVar[str] = "bigint"

    def _value_of(self, cell: str) -> object:
        if not _INTEGER.fullmatch(cell) or len(cell.lstrip("-")) > _INTEGER_DIGITS:
            raise CellError(f"{quoted(cell)} is not valid here; valid: {self._valid()}")
        self._within_limits(cell, float(cell))
        return int(cell)

    def _valid(self) -> str:
        return f"a whole number{self._limits()}"


@dataclass(frozen=True, kw_only=True)
class Flag(Column):
    """`true` or `false` in any case."""

    sql_type: ClassVar[str] = "boolean"
    empty: str | None = "false"
    default: object = False

    def _value_of(self, cell: str) -> object:
        flag = {"true": True, "false": False}.get(cell.lower())
        if flag is None:
            raise CellError(f"{quoted(cell)} is not a flag; valid: true, false", ("true", "false"))
        return flag

    def _valid(self) -> str:
        return "true or false"


@dataclass(frozen=True, kw_only=True)
class Date(Column):
    """A day as YYYY-MM-DD."""

    sql_type: ClassVar[str] = "date"

    def _value_of(self, cell: str) -> object:
        message = f"{quoted(cell)} is not a date; valid: YYYY-MM-DD, such as 2025-01-31"
        if not _DATE.fullmatch(cell):
            raise CellError(message)
        try:
            return date.fromisoformat(cell)
        except ValueError as error:
            raise CellError(message) from error

    def _valid(self) -> str:
        return "a date YYYY-MM-DD"


def column(kind: Column) -> Any:
    """A dataclass field that a CSV column fills; `Any` because the field's own annotation says what type it has."""
    return field(metadata={"column": kind})


def parse_number(text: str) -> float:
    """A plain decimal number (digits, a point, a minus sign); raises `CellError`."""
    number = float(text) if len(text) <= _NUMBER_CHARACTERS and _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise CellError(f"{quoted(text)} is not a number; valid: digits with a point for decimals, such as -2.5")
    return number


def check_pattern(pattern: str, *, title: bool) -> None:
    """Raise `CellError` if an alternative of the pattern is empty, or a title's holds neither letter, digit nor `*`."""
    for alternative in patterns.alternatives(pattern):
        if not alternative:
            raise CellError(
                f"{quoted(pattern)} has an empty alternative; valid: text on both sides of a bar, after a !"
            )
        if title and not patterns.title_words(alternative):
            raise CellError(f"{quoted(pattern)} has an alternative without words; valid: letters, digits and *")
