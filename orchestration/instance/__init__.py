"""Dagster's instance: where runs are recorded and how many may write at once.

What runs is not here. `python -m orchestration.instance` prepares the folder and prints it, for DAGSTER_HOME.
"""

from __future__ import annotations

import json
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from orchestration.settings import Settings

_DAEMON_CONFIG = "dagster.yaml"
_COMMAND_LINE_CONFIG = "command_line.yaml"
_EVENT_LOG = Path("history", "runs")
"""Where Dagster itself keeps it under its home."""


def prepare_dagster_home(settings: Settings) -> Path:
    """Create the instance's folder with its configuration and return it; a `dagster.yaml` of the user's own stays."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    is_ours = home == (settings.state_dir / "dagster").absolute()
    for name in (_DAEMON_CONFIG, _COMMAND_LINE_CONFIG):
        if is_ours or not (home / name).exists():
            template = Template((Path(__file__).parent / name).read_text(encoding="utf-8"))
            # A JSON string is one of YAML as well, whatever is in the path.
            config = template.substitute(event_log=json.dumps(str(home / _EVENT_LOG)))
            (home / name).write_text(config, encoding="utf-8")
    return home


def command_line_instance(settings: Settings) -> dg.DagsterInstance:
    """The instance that `dagster dev` shows, opened for a run in this process; close it after use (context manager)."""
    return dg.DagsterInstance.from_config(str(prepare_dagster_home(settings)), _COMMAND_LINE_CONFIG)
