"""Tells two sets of published tables apart, cell by cell.

Belongs here: equality of rows, tolerance, readable differences. Does not: how either side was computed.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .tables import GRAIN

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from .raw import Row

TOLERANCE = 1e-6
# free text, and digests whose spelling is each engine's own
IGNORED = {"top_reasons", "row_json", "crossing_id"}
# digests of which only equality matters: each expected value must stand for one actual value and back
RENAMED = {"rule_book_hash"}

Tables = dict[str, list["Row"]]

# the latest tables depend on the set of raw rows alone; these count copies too
ABOUT_ROWS = ("rejected_rows", "event_outcomes")
HISTORY = tuple(table for table, grain in GRAIN.items() if "as_of_date" in grain)
LATEST = tuple(table for table in GRAIN if table not in (*HISTORY, *ABOUT_ROWS))


def assert_same(
    expected: Tables, actual: Tables, names: Iterable[str] = tuple(GRAIN), exempt: Container[str] = ()
) -> None:
    """Equal to the bit in every column but the exempt ones, in those too that `differences` leaves to each engine.

    For two sets of tables of the warehouse; raises AssertionError with the differences.
    """

    def visible(tables: Tables) -> Tables:
        return {
            table: [
                {
                    {"top_reasons": "reasons", "crossing_id": "crossing"}.get(column, column): cell
                    for column, cell in row.items()
                    if column not in exempt
                }
                for row in tables[table]
            ]
            for table in names
        }

    found = differences(visible(expected), visible(actual), tolerance=0.0)
    assert not found, "\n".join(found)


def differences(
    expected: Tables,
    actual: Tables,
    tables: list[str] | None = None,
    limit: int = 50,
    tolerance: float = TOLERANCE,
) -> list[str]:
    """Readable differences, at most `limit`, none if equal; further tables and columns in `actual` are ignored.

    `tolerance` of numbers: absolute up to 1, beyond relative.
    """
    found = []
    for table in tables or list(expected):
        if table in actual:
            found += list(_table_differences(table, expected[table], actual[table], tolerance))
        else:
            found.append(f"{table}: table is absent")
    found += _renaming_differences(expected, actual, tables or list(expected))
    return found[:limit]


def _table_differences(table: str, expected: list[Row], actual: list[Row], tolerance: float) -> Iterator[str]:
    ours, theirs = _by_grain(table, expected), _by_grain(table, actual)
    for key in sorted(ours.keys() | theirs.keys(), key=repr):
        mine, other = ours.get(key, []), theirs.get(key, [])
        place = f"{table}[{', '.join(f'{name}={cell!r}' for name, cell in zip(GRAIN[table], key, strict=True))}]"
        if len(mine) != len(other):
            yield f"{place}: expected {len(mine)} row(s), actual {len(other)}: {(mine or other)[0]}"
            continue
        for left, right in zip(mine, other, strict=True):
            for column in left:
                if column in IGNORED | RENAMED:
                    continue
                if column not in right:
                    yield f"{table}: column {column} is absent"
                elif not _is_same(left[column], right[column], tolerance):
                    yield f"{place}.{column}: expected {left[column]!r}, actual {right[column]!r}"


def _by_grain(table: str, rows: list[Row]) -> dict[tuple[Any, ...], list[Row]]:
    grouped = defaultdict(list)
    for row in rows:
        grouped[tuple(_plain(row[column]) for column in GRAIN[table])].append(row)
    return grouped


def _renaming_differences(expected: Tables, actual: Tables, tables: list[str]) -> list[str]:
    pairs = {
        (left[column], right[column])
        for table in tables
        for theirs in [_by_grain(table, actual.get(table, []))]
        for key, mine in _by_grain(table, expected[table]).items()
        for left, right in zip(mine, theirs.get(key, []), strict=False)
        for column in RENAMED
        if column in left and column in right
    }
    if len(pairs) == len({left for left, _ in pairs}) == len({right for _, right in pairs}):
        return []
    return [f"rule_book_hash: not one to one: {sorted(pairs, key=repr)}"]


def _is_same(left: object, right: object, tolerance: float) -> bool:
    left, right = _plain(left), _plain(right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return abs(left - right) <= tolerance * max(1.0, abs(left))
    return left == right


def _plain(cell: object) -> object:
    if isinstance(cell, Decimal):
        return float(cell)
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).replace(tzinfo=None) if cell.tzinfo else cell
    return cell
