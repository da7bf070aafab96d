"""What all commands share when they speak: consoles, numbers, dates, JSON and the way a command fails.

No command and no query belongs here.
"""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from rich.console import Console
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import ConsoleOptions, RenderableType

MAX_WIDTH = 120
PIPED_WIDTH = 100
_SPARKS = "▁▂▃▄▅▆▇█"


def console() -> Console:
    """The console of standard output, no wider than eyes like to read and with colours on a terminal only."""
    return _console(stderr=False)


def error_console() -> Console:
    """The console of standard error: progress, errors, whatever a script that reads standard output should not see."""
    return _console(stderr=True)


class _SafeConsole(Console):
    """Shows what strangers typed as text: no character of it moves the cursor, colours, reorders or names a window.

    Rich's own colours are added after this, and its markup is off: names have brackets in them.
    """

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of anything that is printed, without characters that terminals obey."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(_OBEYED.sub("\ufffd", segment.text), segment.style)


# Controls but for line feeds, which are Rich's own by now; marks that reorder text; separators that end lines.
_OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def _console(stderr: bool) -> Console:
    made = _SafeConsole(stderr=stderr, highlight=False, emoji=False, markup=False)
    known = made.is_terminal or "COLUMNS" in os.environ
    made.width = min(made.width, MAX_WIDTH) if known else PIPED_WIDTH
    return made


def fail(sentence: str, code: int = 1) -> NoReturn:
    """Say on standard error what is wrong, in one sentence, and end the command with exit code `code`."""
    error_console().print(Text.assemble(("Error: ", "bold red"), sentence), soft_wrap=True)
    raise typer.Exit(code)


def print_line(line: str | Text) -> None:
    """Print one line that machines may read: whole, unwrapped, coloured on a terminal only."""
    console().print(line if isinstance(line, Text) else Text(line), soft_wrap=True)


def print_json(value: object) -> None:
    """Print `value` as indented JSON: dates as ISO text, numbers unrounded, what terminals obey as escapes of JSON."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=_as_json)
    sys.stdout.write(_OBEYED.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n")


def _as_json(value: object) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def as_date(text: str | None, option: str) -> date | None:
    """The date that an option gives, None if it is not given; ends the command if it is no ISO date."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{option} takes a date such as 2026-06-30, not '{text}'.")


def number(value: float | None, decimals: int = 1) -> str:
    """A number for people: fixed decimals, a true minus sign, never −0.0; a dash for none."""
    if value is None:
        return "–"
    rounded = round(value, decimals) + 0.0
    return f"{rounded:,.{decimals}f}".replace("-", "−")


def signed(value: float, decimals: int = 1) -> str:
    """A number with its sign; zero has none."""
    return ("+" if round(value, decimals) > 0 else "") + number(value, decimals)


def count(value: int, noun: str) -> str:
    """`1 contact`, `2,000 contacts`."""
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"


def rounded_to_sum(values: Sequence[float], total: float | None = None) -> list[float]:
    """The values rounded to one decimal so that they add up to the rounded total (their own sum unless given).

    What rounding leaves over goes to the values that it hurt most; a value that needs no rounding stays as it is, if
    the total is that of the values.
    """
    tenths = [round(value * 10, 8) for value in values]
    floors = [int(tenth // 1) for tenth in tenths]
    left = round(round(sum(values) if total is None else total, 1) * 10) - sum(floors)
    by_loss = sorted(range(len(values)), key=lambda i: (floors[i] - tenths[i], i))
    for i in by_loss[:left] if left > 0 else []:
        floors[i] += 1
    return [floor / 10 for floor in floors]


def plain_words(description: str | None, identifier: str) -> str:
    """A rule's description as sales people read it: without the remark in brackets on where its number comes from."""
    return (description or "").split(" (")[0] or identifier.replace("_", " ")


def sparkline(values: Sequence[float], low: float, high: float) -> str:
    """The values as a row of bars between `low` and `high`."""
    span = (high - low) or 1.0
    return "".join(_SPARKS[round((min(max(v, low), high) - low) / span * (len(_SPARKS) - 1))] for v in values)


def plain_table(*headers: str, right: Iterable[int] = ()) -> Table:
    """A table without lines: quiet headers, numbers (columns `right`) to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    numeric = set(right)
    for position, header in enumerate(headers):
        table.add_column(
            header,
            justify="right" if position in numeric else "left",
            no_wrap=position in numeric,
            overflow="fold",
        )
    return table


def heading(title: str, remark: str = "") -> Text:
    """A section's title with a quiet remark."""
    return Text.assemble((title, "bold cyan"), (f"  {remark}" if remark else "", "dim"))


def dbt_vars(text: str) -> dict[str, Any]:
    """The option --vars; ends the command if it is no JSON object."""
    try:
        variables = json.loads(text)
    except json.JSONDecodeError as error:
        fail(f"--vars takes JSON such as '{{\"surge_min_points\": 30}}': {error}.")
    if not isinstance(variables, dict):
        fail("--vars takes a JSON object such as '{\"surge_min_points\": 30}'.")
    return variables
