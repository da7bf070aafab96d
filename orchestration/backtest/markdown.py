"""A backtest as Markdown, for a comment on a pull request; harmless whatever names hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.backtest import sentences
from orchestration.impact.markdown import escaped, escaped_long, markdown_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orchestration.backtest.content import Backtest

_RULES = 40


def as_markdown(backtest: Backtest) -> str:
    """The whole of it."""
    return "\n".join(_lines(backtest)) + "\n"


def _lines(backtest: Backtest) -> Iterator[str]:
    yield "### Backtest of the rule book\n"
    yield f"{escaped_long(sentences.sides(backtest))}\n"
    yield f"{escaped_long(sentences.span(backtest))}\n"
    yield f"{escaped_long(sentences.seen(backtest))}\n"
    yield f"{escaped_long(sentences.knowledge(backtest))}\n"
    for note in backtest.notes:
        yield f"> {escaped_long(note)}\n"
    rows = list(sentences.comparison_rows(backtest))
    if backtest.is_one_rule_book:
        yield from _table(("", "value"), [row[:2] for row in rows], 1)
    else:
        yield from _table(sentences.ROW_HEADER, rows, 1)
    yield f"\n{escaped_long(sentences.AUC_REMARK.format(resamples=backtest.resamples))}\n"
    shown = {"": backtest.head} if backtest.is_one_rule_book else {", base": backtest.base, ", head": backtest.head}
    for title, side in shown.items():
        yield f"<details><summary>Conversion by decile of the lead score{title}</summary>\n"
        yield from _table(sentences.DECILE_HEADER, sentences.decile_rows(side), 2)
        yield f"\n{escaped_long(sentences.forecast(side.forecast))}"
        yield "\n</details>\n"
    yield f"<details><summary>Rules{'' if backtest.is_one_rule_book else ', head'}</summary>\n"
    yield f"{escaped_long(sentences.RULES_REMARK.format(days=backtest.lookback_days))}\n"
    yield from _table(sentences.RULE_HEADER, sentences.rule_rows(backtest.head.rules[:_RULES]), 1)
    yield "\n</details>"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], right: int) -> Iterator[str]:
    return markdown_table(header, ([escaped(cell) for cell in row] for row in rows), right)
