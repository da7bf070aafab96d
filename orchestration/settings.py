"""Where things are: the project's folders and the environment handles that scripts rely on.

Nothing else in the package reads the environment or builds a path to a project folder.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt_project"
PROFILES_DIR = PROJECT_ROOT
DEFAULT_SEEDS_DIR = PROJECT_ROOT / "seeds"
STATE_DIR = PROJECT_ROOT / ".lead_scoring"

WAREHOUSE_ENV = "LEAD_SCORING_WAREHOUSE"
RAW_DIR_ENV = "LEAD_SCORING_RAW_DIR"
SEEDS_DIR_ENV = "LEAD_SCORING_SEEDS_DIR"
MEMORY_LIMIT_ENV = "LEAD_SCORING_MEMORY_LIMIT"
PUBLISHED_DIR_ENV = "LEAD_SCORING_PUBLISHED_DIR"
DAGSTER_HOME_ENV = "DAGSTER_HOME"


@dataclass(frozen=True)
class Settings:
    """Absolute paths of one installation: the warehouse file, the raw folder (None: schema `raw`), the rule book.

    `state_dir` holds what can be made again (dbt's target folder) and Dagster's record of runs. `memory_limit` is that
    of DuckDB, such as `4GB`; empty: DuckDB's own. `publish_to` is the folder for readers, None: `published` beside the
    warehouse, wherever that is.
    """

    warehouse: Path
    raw_dir: Path | None
    seeds_dir: Path
    state_dir: Path = STATE_DIR
    memory_limit: str = ""
    publish_to: Path | None = None

    @property
    def published_dir(self) -> Path:
        """The folder that readers know."""
        return self.publish_to or self.warehouse.parent / "published"

    @property
    def report_source(self) -> Path:
        """The DuckDB file that the report is made from."""
        return self.warehouse

    @property
    def report(self) -> Path:
        """The page for people."""
        return self.published_dir / "report.html"

    @property
    def dbt_target_dir(self) -> Path:
        """Where dbt keeps its manifest and compiled SQL when Dagster runs it."""
        return self.state_dir / "dbt"

    @property
    def dagster_home(self) -> Path:
        """DAGSTER_HOME if it is set, else a folder of ours."""
        return Path(os.environ.get(DAGSTER_HOME_ENV) or self.state_dir / "dagster").absolute()

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the handles; relative paths count from the current working directory."""
        warehouse = os.environ.get(WAREHOUSE_ENV) or STATE_DIR / "warehouse.duckdb"
        raw_dir = os.environ.get(RAW_DIR_ENV)
        seeds_dir = os.environ.get(SEEDS_DIR_ENV) or DEFAULT_SEEDS_DIR
        published_dir = os.environ.get(PUBLISHED_DIR_ENV)
        return cls(
            warehouse=Path(warehouse).absolute(),
            raw_dir=Path(raw_dir).absolute() if raw_dir else None,
            seeds_dir=Path(seeds_dir).absolute(),
            memory_limit=os.environ.get(MEMORY_LIMIT_ENV, ""),
            publish_to=Path(published_dir).absolute() if published_dir else None,
        )

    def as_environment(self) -> dict[str, str]:
        """The handles as environment variables with absolute paths, for dbt, which may run in another folder."""
        return {
            WAREHOUSE_ENV: str(self.warehouse),
            RAW_DIR_ENV: str(self.raw_dir) if self.raw_dir else "",
            SEEDS_DIR_ENV: str(self.seeds_dir),
            MEMORY_LIMIT_ENV: self.memory_limit,
        }
