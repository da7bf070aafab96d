"""Rows of which one wins: those that another one always beats, and those that win and change nothing by it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from orchestration.rule_book.errors import quoted
from orchestration.rule_book.files import JOB_TITLE
from orchestration.rule_book.languages import language_of
from orchestration.rule_book.warnings.finding import Kind, RuleBookWarning, warning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestration.rule_book.files import ContentMapRow, Exclusion, RuleBook
    from orchestration.rule_book.languages import Language

_COMPARED_ROWS = 1000  # pairs grow with the square
_LOOKED_AHEAD = 100
_LAST = float("inf")


@dataclass(frozen=True)
class Contender:
    """A row with what it fits and what it gives; `event_type` in lower case, None for any."""

    row: Any
    language: Language | None
    gives: object
    event_type: str | None = None

    def covers(self, other: Contender) -> bool:
        """Whether it provably fits all that the other one does."""
        same_type = self.event_type is None or self.event_type == other.event_type
        return same_type and bool(self.language and other.language and self.language.covers(other.language))

    def is_disjoint(self, other: Contender) -> bool:
        """Whether provably nothing fits both."""
        if self.event_type and other.event_type and self.event_type != other.event_type:
            return True
        return bool(self.language and other.language and self.language.is_disjoint(other.language))


def covering(contender: Contender, better: list[Contender]) -> list[Contender]:
    """The better rows that leave nothing to a contender, one for each of its alternatives; empty if they do not."""
    language = contender.language
    if language is None or language.is_nothing():
        return []
    rivals = [b for b in better if b.event_type is None or b.event_type == contender.event_type]
    if language.fits_null:
        return [b for b in rivals if b.covers(contender)][:1]
    found = []
    for glob in language.live:
        rival = next((b for b in rivals if b.language and b.language.covers_of(language, glob)), None)
        if rival is None:
            return []
        found.append(rival)
    return list(dict.fromkeys(found))


def heir(contender: Contender, worse: Iterable[Contender]) -> Contender | None:
    """The next row that would win all that a contender wins and give the same; None if another may come between."""
    for other in islice(worse, _LOOKED_AHEAD):
        if other.gives == contender.gives:
            if other.covers(contender):
                return other
        elif not other.is_disjoint(contender):
            return None
    return None


def titles(book: RuleBook) -> Iterator[RuleBookWarning]:
    """Title rows that never win, and those that win over a row that gives the same."""
    rows = [
        Contender(r, language_of(r.title_pattern, title=True), (r.seniority, r.buying_role, r.points))
        for r in sorted(book.title_weights, key=lambda r: _rank(r.priority, r.title_pattern))
    ]
    for place, contender in enumerate(rows if len(rows) <= _COMPARED_ROWS else ()):
        shown = quoted(contender.row.title_pattern or "")
        if winners := covering(contender, rows[:place]):
            message = f"{shown} never wins: what it fits goes to {_lines(winners)}, which ranks higher"
            yield warning(contender.row, "title_pattern", Kind.W211, message)
        elif other := heir(contender, islice(rows, place + 1, None)):
            message = f"{shown} changes nothing: without it, line {other.row.line} gives the same to what it fits"
            yield warning(contender.row, "title_pattern", Kind.W214, message)


def content(book: RuleBook) -> Iterator[RuleBookWarning]:
    """Cells of `content_map` that never count or change nothing, and rows that give nothing."""
    for row in book.content_map:
        if row.category is None and row.product_id is None and not row.cells["is_sales_ready"]:
            message = "the row gives nothing: neither a category nor a product nor whether the page is sales-ready"
            yield warning(row, "object_pattern", Kind.W214, message)
    if len(book.content_map) > _COMPARED_ROWS:
        return
    for column in ("category", "product_id", "is_sales_ready"):
        rows = contenders_for(book, column)
        for place, contender in enumerate(rows):
            given = f"{column} {quoted(contender.row.cells[column])}"
            if winners := covering(contender, rows[:place]):
                message = f"{given} never counts: {_lines(winners)} ranks higher and gives it to all that the row fits"
                yield warning(contender.row, column, Kind.W212, message)
            elif other := heir(contender, islice(rows, place + 1, None)):
                message = f"{given} changes nothing: without it, line {other.row.line} gives the same"
                yield warning(contender.row, column, Kind.W214, message)


def contenders_for(book: RuleBook, column: str) -> list[Contender]:
    """The rows of `content_map` that give a category, product or sales-readiness, winner first."""

    def given(row: ContentMapRow) -> object:
        value = getattr(row, column)
        # Products ignore case, and an empty flag gives nothing.
        return value.lower() if column == "product_id" and value else value

    rows = [row for row in book.content_map if row.cells[column]]
    rows.sort(key=lambda row: (*_rank(row.priority, row.object_pattern), row.event_type is None))
    return [
        Contender(row, language_of(row.object_pattern), given(row), row.event_type.lower() if row.event_type else None)
        for row in rows
    ]


def exclusions(book: RuleBook) -> Iterator[RuleBookWarning]:
    """Exclusions of nobody whom a rule of a lower id has not excluded."""
    by_match: dict[str, list[Exclusion]] = {}
    for rule in sorted(book.exclusions, key=lambda rule: rule.rule_id):
        if rule.enabled:
            by_match.setdefault(rule.match_on, []).append(rule)
    for match_on, rules in by_match.items():
        rows = [Contender(r, language_of(r.pattern, title=match_on == JOB_TITLE), r.reason) for r in rules]
        for place, contender in enumerate(rows if len(rows) <= _COMPARED_ROWS else ()):
            if winners := covering(contender, rows[:place]):
                message = f"{quoted(contender.row.pattern)} excludes nobody: {_lines(winners)} does so before it"
                yield warning(contender.row, "pattern", Kind.W213, message)


def _rank(priority: int | None, pattern: str | None) -> tuple[float, int, str]:
    return (_LAST if priority is None else priority, -len(pattern or ""), pattern or "")


def _lines(winners: list[Contender]) -> str:
    lines = sorted(winner.row.line for winner in winners)
    shown = ", ".join(str(line) for line in lines[:5]) + (", …" if len(lines) > 5 else "")
    return f"line {shown}" if len(lines) == 1 else f"each of lines {shown} together"


CHECKS = (titles, content, exclusions)
