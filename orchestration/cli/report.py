"""`lead-scoring report`: the page for people, made anew from what is published."""

from __future__ import annotations

import webbrowser
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from orchestration.cli.console import error_console, fail, print_line
from orchestration.cli.places import reading_settings


def report(
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to write it.", show_default="report.html among what is published"),
    ] = None,
    opened: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write the lead report, one HTML page that needs no network, and print its path.

    Every build writes it as well. Whom to call and why, the grid, accounts, crossings, stages, scores and traffic.

    Exit code: 0, or 1 if there is nothing to report on or the file cannot be written.
    """
    # Drawing takes a second to import, which no other command should wait for.
    from orchestration.report.content import ReportError
    from orchestration.report.page import write_report

    settings = reading_settings()
    path = output.absolute() if output else settings.report
    try:
        write_report(settings.snapshot, path, settings.memory_limit)
    except ReportError as error:
        fail(str(error))
    print_line(str(path))
    if opened and not webbrowser.open(path.as_uri()):
        error_console().print("No browser could be opened; the page is written.", style="dim")
