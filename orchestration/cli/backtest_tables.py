"""A backtest for a person at a terminal: what `lead-scoring backtest` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from orchestration.backtest import sentences
from orchestration.cli.console import heading, plain_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from orchestration.backtest.content import Backtest, SideResult

_BAR_WIDTH = 24
_RULES = 25


def backtest_tables(backtest: Backtest) -> RenderableType:
    """The whole of it."""
    return Group(*_parts(backtest))


def _parts(backtest: Backtest) -> Iterator[RenderableType]:
    yield Text()
    yield heading("Backtest", sentences.sides(backtest))
    yield Text(sentences.span(backtest))
    yield Text(sentences.seen(backtest))
    yield Text(sentences.knowledge(backtest))
    for note in backtest.notes:
        yield Text(note, "yellow")
    yield from _section("Ranking", _ranking(backtest), "brackets: 95 % intervals")
    if backtest.is_one_rule_book:
        yield from _section("Conversion by decile", _deciles(backtest.head))
    else:
        yield from _section("Conversion by decile, base", _deciles(backtest.base))
        yield from _section("Conversion by decile, head", _deciles(backtest.head))
    remark = sentences.RULES_REMARK.format(days=backtest.lookback_days)
    yield from _section("Rules" if backtest.is_one_rule_book else "Rules of head", _rules(backtest.head))
    yield Text(remark, "dim")
    yield Text(sentences.AUC_REMARK.format(resamples=backtest.resamples), "dim")
    steps = sorted(backtest.seconds.items(), key=lambda step: -step[1])
    yield Text(f"Time: {', '.join(f'{step} {seconds:.1f} s' for step, seconds in steps if seconds >= 0.05)}", "dim")


def _section(title: str, body: RenderableType, remark: str = "") -> Iterator[RenderableType]:
    yield Text()
    yield heading(title, remark)
    yield Padding(body, (0, 0, 0, 2), expand=False)


def _ranking(backtest: Backtest) -> RenderableType:
    if backtest.is_one_rule_book:
        table = plain_table("", "value", right=(1,))
        for label, _, value, _ in sentences.comparison_rows(backtest):
            table.add_row(label, value)
        return table
    table = plain_table(*sentences.ROW_HEADER, right=(1, 2, 3))
    for row in sentences.comparison_rows(backtest):
        table.add_row(*row)
    return table


def _deciles(side: SideResult) -> RenderableType:
    most = max((row.rate.value or 0.0 for row in side.deciles), default=0.0) or 1.0
    table = plain_table(*sentences.DECILE_HEADER, "", right=(0, 1, 2, 3, 4))
    for row, cells in zip(reversed(side.deciles), sentences.decile_rows(side), strict=True):
        length = round(_BAR_WIDTH * (row.rate.value or 0.0) / most)
        table.add_row(*cells, Text("█" * length, "cyan"))
    return Group(table, Text(sentences.forecast(side.forecast), "dim"))


def _rules(side: SideResult) -> RenderableType:
    table = plain_table(*sentences.RULE_HEADER, right=(1, 2, 3, 4, 5))
    for row in sentences.rule_rows(side.rules[:_RULES]):
        table.add_row(*map(Text, row))
    more = len(side.rules) - _RULES
    return Group(table, Text(f"and {more} more", "dim")) if more > 0 else table
