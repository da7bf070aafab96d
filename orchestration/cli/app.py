"""The commands of `lead-scoring` and their names. What they do is in their modules."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import typer

from orchestration.cli.alerts import alerts
from orchestration.cli.backtest import backtest
from orchestration.cli.backup import backup, restore
from orchestration.cli.build import build
from orchestration.cli.demo import demo
from orchestration.cli.explain import explain
from orchestration.cli.forget import forget
from orchestration.cli.format import format_seeds
from orchestration.cli.impact import impact
from orchestration.cli.prune_runs import prune_runs
from orchestration.cli.refresh_lists import refresh_lists
from orchestration.cli.report import report
from orchestration.cli.sample import sample
from orchestration.cli.suggest import suggest
from orchestration.cli.top import top
from orchestration.cli.ui import ui
from orchestration.cli.validate import validate

app = typer.Typer(
    name="lead-scoring",
    help="Lead scoring in your own warehouse: explainable scores from a rule book that marketing edits.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
_COMMANDS = (
    demo,
    sample,
    validate,
    impact,
    backtest,
    suggest,
    build,
    top,
    explain,
    report,
    ui,
    forget,
    backup,
    restore,
    prune_runs,
    refresh_lists,
)
for command in _COMMANDS:
    app.command()(command)
app.command("format")(format_seeds)
app.add_typer(alerts, name="alerts")


@app.callback()
def lead_scoring() -> None:
    """Lead scoring."""


def main() -> None:
    """Run the command line. Characters that the output's encoding lacks are escaped, not fatal."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app()
