"""dbt in this process, on a folder of its own: what several test files need of it.

Belongs here: parsing and compiling the project. Does not: building worlds (`tests/reference/warehouse.py`).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from unittest import mock

from dbt.cli.main import dbtRunner

from orchestration.settings import (
    DBT_PROJECT_DIR,
    DEFAULT_SEEDS_DIR,
    PROFILES_DIR,
    RAW_DIR_ENV,
    SEEDS_DIR_ENV,
    WAREHOUSE_ENV,
)

if TYPE_CHECKING:
    from pathlib import Path

    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest


def run_dbt(folder: Path, *arguments: str, manifest: Manifest | None = None) -> dbtRunnerResult:
    """Run one dbt command whose warehouse, target and logs lie in `folder`; raw tables are the warehouse's own."""
    environment = {
        WAREHOUSE_ENV: str(folder / "warehouse.duckdb"),
        RAW_DIR_ENV: "",
        SEEDS_DIR_ENV: str(DEFAULT_SEEDS_DIR),
    }
    folders = ["--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(PROFILES_DIR)]
    output = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs"), "--log-level-file", "none"]
    with mock.patch.dict(os.environ, environment):
        return dbtRunner(manifest=manifest).invoke([*arguments, *folders, *output, "--quiet"])


def parse_project(folder: Path) -> Manifest:
    """The project's manifest; a warning is an error."""
    parsed = run_dbt(folder, "--warn-error", "parse")
    assert parsed.success, parsed.exception
    return parsed.result  # type: ignore[return-value]


def compiled_sql(folder: Path, manifest: Manifest, selection: str) -> dict[str, str]:
    """Name → compiled SQL of what `selection` selects."""
    compiled = run_dbt(folder, "compile", "--select", selection, manifest=manifest)
    assert compiled.success, compiled.exception
    return {result.node.name: result.node.compiled_code for result in compiled.result.results}  # type: ignore[union-attr]
