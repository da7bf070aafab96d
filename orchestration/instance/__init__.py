"""Dagster's instance: where runs are recorded and how many may write at once.

What runs is not here. `python -m orchestration.instance` prepares the folder and prints it, for DAGSTER_HOME.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from orchestration.settings import Settings

_DAEMON_CONFIG = "dagster.yaml"
_COMMAND_LINE_CONFIG = "command_line.yaml"


def prepare_dagster_home(settings: Settings) -> Path:
    """Create the instance's folder with its configuration and return it; a `dagster.yaml` of the user's own stays."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    is_ours = home == (settings.state_dir / "dagster").absolute()
    for name in (_DAEMON_CONFIG, _COMMAND_LINE_CONFIG):
        if is_ours or not (home / name).exists():
            shutil.copyfile(Path(__file__).parent / name, home / name)
    return home


def command_line_instance(settings: Settings) -> dg.DagsterInstance:
    """The instance that `dagster dev` shows, opened for a run in this process; close it after use (context manager)."""
    return dg.DagsterInstance.from_config(str(prepare_dagster_home(settings)), _COMMAND_LINE_CONFIG)
