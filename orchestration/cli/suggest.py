"""`lead-scoring suggest`: points and half-lives learnt from outcomes, proposed with the evidence and never applied."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from orchestration.cli.console import as_date, console, dbt_vars, error_console, fail, heading, print_json
from orchestration.cli.two_books import progress, require_extra, write_text
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.backtest.service import BacktestOptions
    from orchestration.suggest.content import Suggestion

TOO_FEW = 2
"""The exit code where there are too few data to propose anything."""


def suggest(
    base: Annotated[
        str | None, typer.Option(metavar="REF", help="The rule book to start from.", show_default="working tree")
    ] = None,
    from_date: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First day.", show_default="a year before the last")
    ] = None,
    to_date: Annotated[
        str | None,
        typer.Option("--to", metavar="DATE", help="Last day.", show_default="the last one whose horizon is over"),
    ] = None,
    every: Annotated[int, typer.Option(min=1, metavar="DAYS", help="Days from one judged day to the next.")] = 7,
    horizon: Annotated[
        int, typer.Option(min=1, metavar="DAYS", help="How soon the opportunity must come to count.")
    ] = 90,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a point_rules.csv with the proposed numbers.")
    ] = None,
    evidence: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the evidence for each number as CSV.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    variables: Annotated[str, typer.Option("--vars", metavar="JSON", help="dbt vars, those of the builds.")] = "{}",
) -> None:
    """Propose points and half-lives that would have ranked the past better, with the evidence beside each number.

    Learnt from days before, tried on days after; signs stay, and with few data so do the numbers. Nothing is applied:
    look at `lead-scoring impact` and `backtest` with the proposed file first. Needs the extra `backtest`.

    Exit code: 0, 1 errors, 2 too few data to propose anything.
    """
    first, last, extra_vars = as_date(from_date, "--from"), as_date(to_date, "--to"), dbt_vars(variables)
    require_extra("suggest")
    settings = Settings.from_environment()
    if output and output.absolute().resolve().is_relative_to(settings.seeds_dir.resolve()):
        fail(f"--output {output} lies in the rule book itself: a proposal is never applied. Write it elsewhere.")
    with error_console().status("preparing"):
        from orchestration.backtest.errors import BacktestError
        from orchestration.backtest.service import BacktestOptions
        from orchestration.impact.errors import ImpactError
        from orchestration.suggest.csv_file import evidence as evidence_of
        from orchestration.suggest.csv_file import patch, with_numbers
        from orchestration.suggest.errors import SuggestError, TooFewDataError
    options = BacktestOptions(first, last, every, horizon, dbt_vars=extra_vars, span_days=2 * 26 * 7)
    try:
        found, text = _propose(settings, base, options)
        proposed = with_numbers(text, found.rules)
    except TooFewDataError as error:
        fail(str(error), TOO_FEW)
    except (SuggestError, BacktestError, ImpactError) as error:
        fail(str(error))
    if output:
        write_text(output, proposed)
    if evidence:
        write_text(evidence, evidence_of(found.rules, found.trial.auc_before.value, found.trial.auc_after.value))
    if as_json:
        told = asdict(found) | {"patch": patch(text, proposed)}
        # JSON knows no infinity: the rule book as it is was best.
        print_json(told | {"penalty": None if math.isinf(found.penalty) else found.penalty})
    else:
        from orchestration.cli.suggest_tables import suggest_tables

        console().print(suggest_tables(found))
        if difference := patch(text, proposed):
            console().print(Text(), heading("Difference", "--output FILE writes the whole file"), sep="\n")
            console().print(Text(difference.rstrip("\n")), soft_wrap=True)


def _propose(settings: Settings, base: str | None, options: BacktestOptions) -> tuple[Suggestion, str]:
    """The proposal, and the text of the file that it is about."""
    from orchestration.impact.rule_books import rule_book_of_commit, rule_book_of_working_tree
    from orchestration.suggest.service import suggest as propose

    with TemporaryDirectory(prefix="lead-scoring-rules-") as name, progress() as show:
        folder = Path(name) / "rules"
        book = (
            rule_book_of_commit(settings.seeds_dir, base, folder)
            if base
            else rule_book_of_working_tree(settings.seeds_dir, folder)
        )
        text = (folder / "point_rules.csv").read_bytes().decode("utf-8")
        return propose(settings, book, options, show), text
