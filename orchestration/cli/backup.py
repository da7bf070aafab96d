"""`lead-scoring backup` and `lead-scoring restore`: a consistent copy of an installation, and back again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from orchestration.backup import BackupError, back_up
from orchestration.backup import restore as restore_backup
from orchestration.cli.console import fail, print_json, print_line
from orchestration.settings import Settings


def backup(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where backups are kept; each gets a folder of its own.")
    ],
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long to wait for a build that runs.")
    ] = 1800,
) -> None:
    """Back up the warehouse with its history, the record of forgotten persons, alerts, snapshot and Dagster's runs.

    At any time, also while builds run: the copy waits for a build, and a build waits for the copy. Prints the folder.

    Exit code: 0, or 1 if it cannot be read or written.
    """
    try:
        print_line(str(back_up(Settings.from_environment(), folder.absolute(), wait)))
    except BackupError as error:
        fail(f"Nothing was backed up: {error}.")


def restore(
    folder: Annotated[Path, typer.Argument(metavar="BACKUP", help="A folder that `lead-scoring backup` printed.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Move a warehouse aside that is there, and keep it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Bring back what `lead-scoring backup` wrote, then run `lead-scoring build`: it fills the days since.

    Whoever was forgotten since the backup stays forgotten. An outbox and a snapshot that are there are kept.

    Exit code: 0, or 1 if the backup is damaged, or something is in its place or in use.
    """
    settings = Settings.from_environment()
    try:
        restored = restore_backup(settings, folder.absolute(), replace=replace)
    except BackupError as error:
        fail(f"Nothing was restored: {error}.")
    if as_json:
        print_json(asdict(restored))
        return
    print_line(f"Restored, with history up to {restored.as_of_date}: {', '.join(restored.restored)}.")
    if restored.kept:
        print_line(f"Kept as it is: {', '.join(restored.kept)}.")
    if restored.moved_aside:
        print_line(f"The warehouse of before is at {restored.moved_aside}; delete it when it is not needed any more.")
    print_line("Now `lead-scoring build`.")
