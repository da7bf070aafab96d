"""Prints the folder to set DAGSTER_HOME to, ready for `dagster dev`."""

from __future__ import annotations

from orchestration.instance import prepare_dagster_home
from orchestration.settings import Settings

if __name__ == "__main__":
    try:
        print(prepare_dagster_home(Settings.from_environment()))
    except ValueError as error:
        raise SystemExit(str(error)) from None
