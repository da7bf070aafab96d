"""Dagster's instance: where runs are recorded, how many there may be at once, what is tried again and kept how long.

What runs is not here. `python -m orchestration.instance` prepares the folder and prints it, for DAGSTER_HOME.
"""

from __future__ import annotations

import json
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import dagster as dg

from orchestration.settings import DAGSTER_POSTGRES_URL_ENV

if TYPE_CHECKING:
    from orchestration.settings import Settings

_DAEMON_CONFIG = "dagster.yaml"
_COMMAND_LINE_CONFIG = "command_line.yaml"
_MARK = "# Written anew by lead-scoring whenever it starts. Without this line, the file is yours and stays.\n"
_POSTGRES_SCHEME = "postgresql+psycopg2://"
_EVENT_LOG = Path("history", "runs")
"""Where Dagster itself keeps it under its home."""


def prepare_dagster_home(settings: Settings) -> Path:
    """Create the instance's folder with its configuration and return it; a `dagster.yaml` of the user's own stays.

    Raises ValueError if the URL of the database for runs names another driver than Dagster has.
    """
    if settings.dagster_postgres_url and not settings.dagster_postgres_url.startswith(_POSTGRES_SCHEME):
        # SQLAlchemy 2.1 takes psycopg 3 where none is named, which does not know a statement of dagster-postgres.
        raise ValueError(f"{DAGSTER_POSTGRES_URL_ENV} must begin with {_POSTGRES_SCHEME}")
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    is_ours = home == (settings.state_dir / "dagster").absolute()
    for name in (_DAEMON_CONFIG, _COMMAND_LINE_CONFIG):
        file, config = home / name, _MARK + _config(name, settings)
        written = file.read_text(encoding="utf-8") if file.exists() else _MARK
        if written != config and (is_ours or written.startswith(_MARK)):
            file.write_text(config, encoding="utf-8")
    return home


def _config(name: str, settings: Settings) -> str:
    storage = "storage_postgres.yaml" if settings.dagster_postgres_url else "storage_sqlite.yaml"
    text = "".join((Path(__file__).parent / part).read_text(encoding="utf-8") for part in (name, storage))
    # A JSON string is one of YAML as well, whatever is in the path.
    return Template(text).substitute(event_log=json.dumps(str(settings.dagster_home / _EVENT_LOG)))


def command_line_instance(settings: Settings) -> dg.DagsterInstance:
    """The instance that Dagster's daemon has as well, opened for a run in this process; close it after use."""
    return dg.DagsterInstance.from_config(str(prepare_dagster_home(settings)), _COMMAND_LINE_CONFIG)


def daemon_instance(settings: Settings) -> dg.DagsterInstance:
    """The instance as the daemon has it, with the logs of runs that it started; close it after use."""
    return dg.DagsterInstance.from_config(str(prepare_dagster_home(settings)), _DAEMON_CONFIG)
