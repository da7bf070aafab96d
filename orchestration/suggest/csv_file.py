"""A rule book's `point_rules.csv` with other numbers: only the changed rows are written anew, every other byte stays.

And the difference as a patch, and the evidence as a table of its own.
"""

from __future__ import annotations

import csv
import difflib
import io
from typing import TYPE_CHECKING

from orchestration.suggest.errors import SuggestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestration.suggest.content import RuleProposal

EVIDENCE_HEADER = (
    "rule_id", "column", "current", "proposed", "people_hit", "converting_people", "log_odds_per_hit", "log_odds_low",
    "log_odds_high", "points_low", "points_high", "is_clear", "auc_before", "auc_after", "why_not",
)  # fmt: skip


def with_numbers(text: str, proposals: Iterable[RuleProposal]) -> str:
    """The text of a point_rules.csv with the proposed numbers. Raises SuggestError if a rule is not in it."""
    wanted = {rule.rule_id: _cells(rule) for rule in proposals if rule.is_changed}
    rows = list(_rows_with_text(text))
    if not rows:
        raise SuggestError("point_rules.csv is empty.")
    header = [name.strip().removeprefix("\ufeff") for name in rows[0][0]]
    found, written = set(), [rows[0][1]]
    for cells, original in rows[1:]:
        named = dict(zip(header, cells, strict=False))
        changes = wanted.get(named.get("rule_id", "").strip())
        if not changes:
            written.append(original)
            continue
        found.add(named["rule_id"].strip())
        written.append(_row([changes.get(name, cell) for name, cell in zip(header, cells, strict=False)], original))
    if missing := wanted.keys() - found:
        raise SuggestError(f"point_rules.csv has no rule {', '.join(sorted(missing))}.")
    return "".join(written)


def patch(before: str, after: str) -> str:
    """What `diff -u` would print."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), "a/point_rules.csv", "b/point_rules.csv", n=0
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def evidence(proposals: Iterable[RuleProposal], auc_before: float | None, auc_after: float | None) -> str:
    """A row per number that is or was not to be changed, with what is behind it, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(EVIDENCE_HEADER)
    for rule in proposals:
        numbers = [("points", rule.points, rule.proposed_points)]
        if rule.decay_days != rule.proposed_decay_days:
            numbers.append(("decay_days", rule.decay_days or 0.0, rule.proposed_decay_days or 0.0))
        for column, now, proposed in numbers:
            coefficient, points = rule.coefficient, rule.points_interval
            measured = (coefficient.value, coefficient.low, coefficient.high, points.low, points.high)
            writer.writerow(
                [
                    *(rule.rule_id, column, plain(now), plain(proposed), rule.people, rule.converting),
                    *("" if value is None else f"{value:.6g}" for value in measured),
                    *(str(rule.is_clear).lower(), _auc(auc_before), _auc(auc_after), rule.why_not),
                ]
            )
    return text.getvalue()


def plain(value: float) -> str:
    """A number as a rule book has it: no trailing zeros."""
    return f"{value:g}"


def _auc(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _cells(rule: RuleProposal) -> dict[str, str]:
    cells = {}
    if rule.points != rule.proposed_points:
        cells["points"] = plain(rule.proposed_points)
    if rule.decay_days != rule.proposed_decay_days and rule.proposed_decay_days is not None:
        cells["decay_days"] = plain(rule.proposed_decay_days)
    return cells


def _rows_with_text(text: str) -> Iterator[tuple[list[str], str]]:
    """Each row with the text that it was read from, quoted line ends included."""
    read: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            read.append(line)
            yield line

    for cells in csv.reader(lines()):
        yield cells, "".join(read)
        read.clear()


def _row(cells: list[str], original: str) -> str:
    end = "\r\n" if original.endswith("\r\n") else "\n" if original.endswith("\n") else ""
    written = io.StringIO()
    csv.writer(written, lineterminator=end).writerow(cells)
    return written.getvalue()
