"""`lead-scoring validate`: is the rule book sound, and does it say what its author meant?"""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from orchestration.cli.annotations import github_annotation
from orchestration.cli.console import count, error_console, fail, print_json, print_line
from orchestration.cli.places import SeedsOption, reading_settings, seeds_dir_of
from orchestration.cli.warehouse import open_warehouse
from orchestration.rule_book import read_rule_book
from orchestration.rule_book.files import ROW_TYPES
from orchestration.rule_book.warnings import Kind, RuleBookWarning, sorted_warnings, warnings_of
from orchestration.rule_book.warnings.names import unknown_files
from orchestration.rule_book.warnings.usage import Condition, Usage, unused_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from orchestration.rule_book import RuleBook, RuleBookError


class Output(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def validate(
    seeds: SeedsOption = None,
    output: Annotated[
        Output, typer.Option(help="text, json, or github: annotations of a pull request.", show_choices=True)
    ] = Output.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --output json.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Fail for warnings as well.")] = False,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="CODE", help="Leave out a kind of warning; repeatable.")
    ] = None,
    with_warehouse: Annotated[
        bool, typer.Option("--warehouse", help="Also warn of rules that hit nothing lately: reads the warehouse.")
    ] = False,
    days: Annotated[int, typer.Option(min=1, help="With --warehouse: how long a rule may hit nothing.")] = 90,
) -> None:
    """Check the rule book before any score changes: list every error, and warn of what is most likely a mistake.

    Each error is one line on standard output: `file:line: column: message`. Warnings have the same form with a code
    (docs/rule-book.md explains each); they go to standard error unless they fail the command, too.

    Exit code: 0 valid, 1 not valid, or warnings with --strict.
    """
    ignored = {code.strip().upper() for codes in ignore or () for code in codes.split(",")}
    if unknown := sorted(ignored - set(Kind.__members__)):
        fail(f"--ignore {unknown[0]}: there is no such warning; docs/rule-book.md lists them.")
    seeds_dir = seeds_dir_of(seeds)
    book, errors = read_rule_book(seeds_dir)
    found = [] if errors else list(_warnings(book, seeds_dir, days if with_warehouse else None))
    warnings = sorted_warnings(warning for warning in found if warning.kind.code not in ignored)
    if as_json or output is Output.JSON:
        print_json(_as_json(seeds_dir, errors, warnings))
    elif output is Output.GITHUB:
        _print_annotations(seeds_dir, (*errors, *warnings))
    else:
        _print_text(seeds_dir, book, errors, warnings, strict=strict)
    if errors or (strict and warnings):
        raise typer.Exit(1)


def _warnings(book: RuleBook, seeds_dir: Path, days: int | None) -> Iterator[RuleBookWarning]:
    yield from warnings_of(book)
    yield from unknown_files(seeds_dir)
    usage = _usage(days) if days else None
    if usage:
        yield from unused_rules(book, usage)


def _usage(days: int) -> Usage | None:
    """What the latest build says of the last days; None if it scored nobody."""
    with open_warehouse(reading_settings().warehouse) as warehouse:
        [latest] = warehouse.rows("latest_scored_day")
        if latest["as_of_date"] is None:
            return None
        built = {row.pop("rule_id"): Condition(**row) for row in warehouse.rows("rule_conditions")}
        return Usage(
            latest["as_of_date"],
            days,
            hit={row["rule_id"] for row in warehouse.rows("rules_hit", days=days)},
            built=built,
            event_types={row["event_type"] for row in warehouse.rows("event_types")},
        )


def _as_json(seeds_dir: Path, errors: list[RuleBookError], warnings: list[RuleBookWarning]) -> dict[str, Any]:
    return {
        "valid": not errors,
        "rule_book": str(seeds_dir),
        "errors": [{name: value for name, value in asdict(e).items() if name != "candidates"} for e in errors],
        "warnings": [
            {
                "file": warning.file,
                "line": warning.line,
                "column": warning.column,
                "value": warning.value,
                "code": warning.kind.code,
                "name": warning.kind.value,
                "message": warning.message,
            }
            for warning in warnings
        ],
    }


def _print_annotations(seeds_dir: Path, findings: Iterable[RuleBookError | RuleBookWarning]) -> None:
    for finding in findings:
        print_line(github_annotation(finding, seeds_dir))


def _print_text(
    seeds_dir: Path, book: RuleBook, errors: list[RuleBookError], warnings: list[RuleBookWarning], *, strict: bool
) -> None:
    for error in errors:
        print_line(str(error))
    for warning in warnings:
        if strict:
            print_line(str(warning))
        else:
            error_console().print(Text(str(warning)), soft_wrap=True)
    if warnings:
        error_console().print(Text(count(len(warnings), "warning"), "bold yellow"))
    if errors:
        error_console().print(Text(f"{count(len(errors), 'error')} in the rule book {seeds_dir}", "bold red"))
    elif not (strict and warnings):
        rows = sum(len(book.rows(row_type.FILE)) for row_type in ROW_TYPES)
        print_line(f"The rule book is valid: {count(len(ROW_TYPES), 'file')}, {count(rows, 'row')} in {seeds_dir}")
