"""`lead-scoring validate`: is the rule book sound?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from orchestration.cli.console import count, error_console, print_json, print_line
from orchestration.rule_book import read_rule_book
from orchestration.rule_book.files import ROW_TYPES
from orchestration.settings import Settings


def validate(
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check the rule book and list every error in it, before any score changes.

    Each error is one line on standard output: `file:line: column: message`.

    Exit code: 0 valid, 1 not valid.
    """
    seeds_dir = Settings.from_environment().seeds_dir
    book, errors = read_rule_book(seeds_dir)
    if as_json:
        found = [{name: value for name, value in asdict(e).items() if name != "candidates"} for e in errors]
        print_json({"valid": not errors, "rule_book": str(seeds_dir), "errors": found})
    elif errors:
        for error in errors:
            print_line(str(error))
        error_console().print(Text(f"{count(len(errors), 'error')} in the rule book {seeds_dir}", "bold red"))
    else:
        rows = sum(len(book.rows(row_type.FILE)) for row_type in ROW_TYPES)
        print_line(f"The rule book is valid: {count(len(ROW_TYPES), 'file')}, {count(rows, 'row')} in {seeds_dir}")
    if errors:
        raise typer.Exit(1)
