"""`lead-scoring backtest`: how two rule books would have ranked the past."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.console import as_date, console, dbt_vars, error_console, fail, print_json
from orchestration.cli.two_books import progress, require_extra, write_text
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.backtest.content import Backtest
    from orchestration.backtest.service import BacktestOptions


def backtest(
    base: Annotated[str, typer.Option(metavar="REF", help="The rule book to compare with.")] = "HEAD",
    head: Annotated[
        str | None, typer.Option(metavar="REF", help="The changed rule book.", show_default="working tree")
    ] = None,
    from_date: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="First day.", show_default="half a year before the last"),
    ] = None,
    to_date: Annotated[
        str | None,
        typer.Option("--to", metavar="DATE", help="Last day.", show_default="the last one whose horizon is over"),
    ] = None,
    every: Annotated[int, typer.Option(min=1, metavar="DAYS", help="Days from one judged day to the next.")] = 7,
    horizon: Annotated[
        int, typer.Option(min=1, metavar="DAYS", help="How soon the opportunity must come to count.")
    ] = 90,
    lookback: Annotated[
        int, typer.Option(min=1, metavar="DAYS", help="How long ago a rule's hit may lie in its own row.")
    ] = 90,
    sample: Annotated[
        int, typer.Option(min=100, metavar="CONTACTS", help="Of more contacts a sample is drawn.")
    ] = 200_000,
    resamples: Annotated[int, typer.Option(min=20, help="Draws behind the intervals.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as Markdown as well.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as a page with plots as well.")] = None,
    variables: Annotated[str, typer.Option("--vars", metavar="JSON", help="dbt vars, those of the builds.")] = "{}",
) -> None:
    """Score past days with two rule books, from what was known on each, and compare with the opportunities that came.

    How well each ranks (AUC, precision and lift at the top), how early, conversion by decile and by rule, with
    intervals. The warehouse is only read. Needs the extra `backtest`. What exactly is measured: docs/backtest.md.

    Exit code: 0, or 1 if nothing can be measured.
    """
    first, last, extra_vars = as_date(from_date, "--from"), as_date(to_date, "--to"), dbt_vars(variables)
    require_extra("backtest")
    with error_console().status("preparing"):
        # dbt and scikit-learn take seconds to import, which no other command should wait for.
        from orchestration.backtest.errors import BacktestError
        from orchestration.backtest.service import BacktestOptions
        from orchestration.impact.errors import ImpactError
    options = BacktestOptions(first, last, every, horizon, lookback, sample, resamples, extra_vars)
    try:
        measured = _measure(Settings.from_environment(), base, head, options)
    except (BacktestError, ImpactError) as error:
        fail(str(error))
    if markdown:
        from orchestration.backtest.markdown import as_markdown

        write_text(markdown, as_markdown(measured))
    if html:
        from orchestration.backtest.page import render

        write_text(html, render(measured))
    if as_json:
        print_json(asdict(measured))
    else:
        from orchestration.cli.backtest_tables import backtest_tables

        console().print(backtest_tables(measured))


def _measure(settings: Settings, base: str, head: str | None, options: BacktestOptions) -> Backtest:
    from orchestration.backtest.service import backtest as measure
    from orchestration.impact.rule_books import read_rule_books

    with TemporaryDirectory(prefix="lead-scoring-rules-") as folder, progress() as show:
        books = read_rule_books(settings.seeds_dir, base, head, Path(folder))
        return measure(settings, *books, options, show)
