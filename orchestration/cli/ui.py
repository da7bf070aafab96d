"""`lead-scoring ui`: Dagster's web interface."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from rich.text import Text

from orchestration.cli.console import console, fail
from orchestration.cli.places import reading_settings
from orchestration.settings import DAGSTER_HOME_ENV, PROJECT_ROOT


def ui(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 3000,
) -> None:
    """Open Dagster's web interface: assets, checks, runs, the schedule. Ctrl-C ends it.

    Exit code: that of `dagster dev`.
    """
    from orchestration.instance import prepare_dagster_home

    settings = reading_settings()
    try:
        environment = settings.as_environment() | {DAGSTER_HOME_ENV: str(prepare_dagster_home(settings))}
    except ValueError as error:
        fail(f"{error}.")
    console().print(
        Text.assemble("Dagster on ", (f"http://{host}:{port}", "bold"), f", warehouse {settings.warehouse}")
    )
    command = [sys.executable, "-m", "dagster", "dev", "--host", host, "--port", str(port)]
    # The folder of the project holds pyproject.toml, which tells Dagster what to load.
    os.chdir(PROJECT_ROOT)
    sys.stdout.flush()
    # Dagster takes this process's place, so that what ends the command ends Dagster and the services it started.
    os.execve(sys.executable, command, os.environ | environment)  # noqa: S606 - the arguments are checked above
