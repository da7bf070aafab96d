"""The order of rows in a formatted file. It never has a meaning; it is for people who read the file and its diffs.

Where rows compete or follow each other, they stand in the order in which they decide: a title row above those that it
beats. Where they do not, rows of one group stand together, groups in the order of their first row. Whatever that leaves
open stays as its author left it: sorting is stable, and a new row moves to its place without moving another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from orchestration.rule_book.columns import CellError, parse_number
from orchestration.rule_book.files import (
    GRADES,
    AccountRankWeight,
    BotUserAgent,
    ContentMapRow,
    Exclusion,
    FitRule,
    FreeEmailDomain,
    InactivityRule,
    LeadGrade,
    PointRule,
    ScoreBand,
    ScoreGroup,
    Stage,
    TitleWeight,
)

if TYPE_CHECKING:
    from orchestration.rule_book.files import Row

Record = dict[str, str]
Key = Callable[[Record], Any]

_LAST = float("inf")


def _number(column: str, sign: int = 1) -> Key:
    """By number; what is none, an empty cell too, last."""

    def key(record: Record) -> float:
        try:
            return sign * parse_number(record.get(column, ""))
        except CellError:
            return _LAST

    return key


def _text(column: str) -> Key:
    """By code point, as rules of equal rank are settled."""
    return lambda record: record.get(column, "")


def _grade(record: Record) -> int:
    grade = record.get("lead_grade", "")
    return GRADES.index(grade) if grade in GRADES else len(GRADES)


_TOGETHER: Mapping[type[Row], str] = {
    PointRule: "group_id",
    InactivityRule: "group_id",
    FitRule: "criterion_id",
    ScoreGroup: "score_id",
    ScoreBand: "score_id",
}
_BY: Mapping[type[Row], Key] = {
    InactivityRule: _number("after_days"),
    ScoreBand: _number("min_score", -1),
    ContentMapRow: _number("priority"),
    TitleWeight: _number("priority"),
    Exclusion: _text("rule_id"),
    AccountRankWeight: _number("contact_rank"),
    Stage: _number("position"),
    LeadGrade: _grade,
    BotUserAgent: _text("pattern"),
    FreeEmailDomain: _text("email_domain"),
}


def meaning_of_order(row_type: type[Row]) -> str:
    """What the order of a file's rows is, in a few words."""
    return "rows of a group together" if row_type in _TOGETHER else "rows in the order in which they decide"


def ordered(row_type: type[Row], records: list[Record]) -> list[Record]:
    """The records of a file in their order; the same again if they are in it."""
    by, together = _BY.get(row_type), _TOGETHER.get(row_type)
    in_order = sorted(records, key=by) if by else records
    if together:
        # The order of the groups is that of the file, not that of the rows sorted inside them.
        first: dict[str, int] = {}
        for record in records:
            first.setdefault(record.get(together, ""), len(first))
        in_order = sorted(in_order, key=lambda record: first[record.get(together, "")])
    return in_order
