"""Which installation a command means: the one the environment names, else the project's, else the demo's.

Paths of the project itself are in `orchestration.settings`.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.console import error_console
from orchestration.settings import PUBLISHED_DIR_ENV, SEEDS_DIR_ENV, STATE_DIR, WAREHOUSE_ENV, Settings

SeedsOption = Annotated[
    Path | None,
    typer.Option("--seeds", metavar="DIR", help="Folder of the rule book.", show_default=f"${SEEDS_DIR_ENV} or seeds"),
]
"""For commands that also serve the rule book of another repository."""

DEMO_DIR = STATE_DIR / "demo"
DEMO_RAW_DIR = DEMO_DIR / "raw"


def seeds_dir_of(option: Path | None) -> Path:
    """The folder of the rule book: the one named, else the installation's."""
    return option.absolute() if option else Settings.from_environment().seeds_dir


def demo_settings() -> Settings:
    """The installation that `lead-scoring demo` builds: its own raw folder and, unless one is named, warehouse.

    An invented company is published beside its warehouse and nowhere else, and nobody is alerted of its people.
    """
    settings = Settings.from_environment()
    warehouse = settings.warehouse if os.environ.get(WAREHOUSE_ENV) else DEMO_DIR / "warehouse.duckdb"
    return replace(
        settings,
        warehouse=warehouse,
        raw_dir=DEMO_RAW_DIR,
        publish_to=None,
        postgres_url="",
        alerts_config=None,
        guards_config=None,
        environment="dev",
    )


def reading_settings() -> Settings:
    """The installation to read from; before the first build of one's own that is the demo's, and it says so."""
    settings, of_demo = Settings.from_environment(), demo_settings()
    is_named = any(map(os.environ.get, (WAREHOUSE_ENV, PUBLISHED_DIR_ENV)))
    if is_named or settings.warehouse.exists() or not of_demo.warehouse.exists():
        return settings
    error_console().print("This is the demo's warehouse; you have not built one of your own yet.", style="dim")
    return of_demo
