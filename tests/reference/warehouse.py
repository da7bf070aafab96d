"""Runs the dbt project on a world and reads what it publishes: the other side of the comparison.

Belongs here: files, dbt and DuckDB. Does not: what a world should score.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC
from typing import TYPE_CHECKING, Any
from unittest import mock
from zoneinfo import ZoneInfo

import duckdb
import yaml
from dbt.cli.main import dbtRunner

from orchestration.settings import DBT_PROJECT_DIR, PROFILES_DIR, RAW_DIR_ENV, SEEDS_DIR_ENV, WAREHOUSE_ENV

from .tables import GRAIN
from .worlds import write_raw, write_rule_book

if TYPE_CHECKING:
    from pathlib import Path

    from dbt.contracts.graph.manifest import Manifest

    from .compare import Tables
    from .worlds import Run


class DbtWarehouse:
    """One warehouse file below `folder`, built run by run; the project is parsed once."""

    def __init__(self, folder: Path) -> None:
        """Parse the project with its handles pointing below `folder`."""
        self._folder = folder
        self.path = folder / "warehouse.duckdb"
        self.raw_dir = folder / "raw"
        self.seeds_dir = folder / "seeds"
        self._environment = {
            WAREHOUSE_ENV: str(self.path),
            RAW_DIR_ENV: str(self.raw_dir),
            SEEDS_DIR_ENV: str(self.seeds_dir),
        }
        self._manifest: Manifest | None = None

    def reset(self) -> None:
        """Forget all runs."""
        self.path.unlink(missing_ok=True)
        shutil.rmtree(self.raw_dir, ignore_errors=True)

    def run(self, run: Run) -> Tables:
        """Build one run and return the published tables; a failing build raises AssertionError with dbt's words."""
        write_raw(run.raw, self.raw_dir)
        write_rule_book(run.rule_book, self.seeds_dir)
        self.build(variables_of(run))
        return self.read()

    def build(self, variables: dict[str, Any], *arguments: str) -> None:
        """Build what lies in the folders `raw` and `seeds`, without tests."""
        exclude = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
        self._invoke(["build", *exclude, "--vars", yaml.safe_dump(variables), *arguments])

    def read(self) -> Tables:
        """Every published table as rows."""
        return read_published(self.path)

    def _invoke(self, arguments: list[str]) -> None:
        folders = ["--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(PROFILES_DIR)]
        target = ["--target-path", str(self._folder / "target"), "--log-path", str(self._folder / "logs")]
        quiet = ["--quiet", "--log-level-file", "error", "--no-write-json"]
        with mock.patch.dict(os.environ, self._environment):
            if self._manifest is None:
                self.seeds_dir.mkdir(parents=True, exist_ok=True)
                parsed = dbtRunner().invoke(["parse", *folders, *target, *quiet])
                assert parsed.success, parsed.exception
                self._manifest = parsed.result  # type: ignore[assignment]
            # As builds do: dbt opens and closes the file per node, which is cheap while another connection holds it.
            with duckdb.connect(self.path):
                result = dbtRunner(manifest=self._manifest).invoke([*arguments, *folders, *target, *quiet])
        assert result.success, _words(result)


def read_published(path: Path) -> Tables:
    """Every published table of a warehouse file as rows."""
    with duckdb.connect(path, read_only=True) as connection:
        return {table: _rows(connection, table) for table in GRAIN}


def variables_of(run: Run) -> dict[str, Any]:
    variables = dict(run.variables) | {"as_of_date": run.as_of.isoformat()}
    if run.from_date:
        variables["history_from_date"] = run.from_date.isoformat()
    if run.now:
        zone = ZoneInfo(variables.get("scoring_timezone", "UTC"))
        now = run.now if run.now.tzinfo else run.now.replace(tzinfo=UTC)
        variables["run_date"] = now.astimezone(zone).date().isoformat()
    return variables


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    cursor = connection.execute(f"select * from marts.{table}")
    columns = [column[0] for column in cursor.description or []]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _words(result: Any) -> str:
    if result.exception:
        return str(result.exception)
    return "\n".join(f"{node.node.name}: {node.message}" for node in result.result if node.status in ("error", "fail"))
