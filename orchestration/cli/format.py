"""`lead-scoring format`: every file of the rule book in its one form."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from orchestration.cli.console import count, error_console, fail, print_json, print_line
from orchestration.cli.places import SeedsOption, seeds_dir_of
from orchestration.rule_book.canonical import Formatted, format_file
from orchestration.rule_book.files import ROW_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class _File:
    path: Path
    raw: bytes
    formatted: Formatted

    @property
    def is_changed(self) -> bool:
        return self.formatted.problem is None and self.formatted.text.encode() != self.raw


def format_seeds(
    seeds: SeedsOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; show the diff and fail if there is one.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; show the diff.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Bring the CSV files of the rule book into one form, so that a diff shows what changed and nothing else.

    UTF-8, LF, commas, quotes only where needed, columns and rows in order, one spelling for each number and flag. What
    a spreadsheet saved (a byte order mark, CRLF, semicolons with decimal commas, quoted numbers, UTF-16) is recognised.
    The meaning stays the same. A file that cannot be read for certain is left alone, and why is one line on standard
    output: `file:line: column: message`.

    Exit code: 0, or 1 if a file cannot be read or, with --check, is not in its form.
    """
    seeds_dir = seeds_dir_of(seeds)
    files = list(_files(seeds_dir))
    if not files:
        fail(f"There is no file of a rule book in {seeds_dir}.")
    changed = [file for file in files if file.is_changed]
    problems = [file.formatted.problem for file in files if file.formatted.problem]
    is_dry = check or diff
    for file in () if is_dry else changed:
        try:
            _replace(file.path, file.formatted.text)
        except OSError as error:
            fail(f"{file.path} cannot be written: {error.strerror}.")
    if as_json:
        print_json(
            {
                "rule_book": str(seeds_dir),
                "changed": {file.path.name: file.formatted.changes for file in changed},
                "written": not is_dry,
                "problems": [str(problem) for problem in problems],
            }
        )
    else:
        for problem in problems:
            print_line(str(problem))
        for file in changed:
            _print_change(file, with_diff=is_dry)
        verb = "would change" if is_dry else "changed"
        left = f", {count(len(problems), 'file')} left alone" if problems else ""
        error_console().print(Text(f"{count(len(changed), 'file')} of {len(files)} {verb}{left}", "dim"))
    if problems or (check and changed):
        raise typer.Exit(1)


def _files(seeds_dir: Path) -> Iterator[_File]:
    for row_type in ROW_TYPES:
        path = seeds_dir / f"{row_type.FILE}.csv"
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            continue  # `validate` says that it is missing
        except OSError as error:
            fail(f"{path} cannot be read: {error.strerror}.")
        yield _File(path, raw, format_file(row_type, raw))


def _print_change(file: _File, *, with_diff: bool) -> None:
    what = "; ".join(file.formatted.changes) or "quotes, white space and spelling"
    error_console().print(Text.assemble((file.path.name, "bold"), f": {what}"), soft_wrap=True)
    if with_diff:
        before, after = (text.splitlines() for text in (file.formatted.before, file.formatted.text))
        for line in unified_diff(before, after, f"a/{file.path.name}", f"b/{file.path.name}", lineterm="", n=1):
            style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
            print_line(Text(line, style))


def _replace(path: Path, text: str) -> None:
    """Write a file as a whole or not at all, with the permissions that it had; through a link, if it is one."""
    target = path.resolve()
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
        Path(temporary).chmod(target.stat().st_mode)
        Path(temporary).replace(target)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
