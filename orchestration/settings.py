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


@dataclass(frozen=True)
class Settings:
    """Absolute paths of one installation: the warehouse file, the raw folder (None: schema `raw`), the rule book."""

    warehouse: Path
    raw_dir: Path | None
    seeds_dir: Path

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the three handles; relative paths count from the current working directory."""
        warehouse = os.environ.get(WAREHOUSE_ENV) or STATE_DIR / "warehouse.duckdb"
        raw_dir = os.environ.get(RAW_DIR_ENV)
        seeds_dir = os.environ.get(SEEDS_DIR_ENV) or DEFAULT_SEEDS_DIR
        return cls(
            warehouse=Path(warehouse).absolute(),
            raw_dir=Path(raw_dir).absolute() if raw_dir else None,
            seeds_dir=Path(seeds_dir).absolute(),
        )

    def as_environment(self) -> dict[str, str]:
        """The handles as environment variables with absolute paths, for dbt, which may run in another folder."""
        return {
            WAREHOUSE_ENV: str(self.warehouse),
            RAW_DIR_ENV: str(self.raw_dir) if self.raw_dir else "",
            SEEDS_DIR_ENV: str(self.seeds_dir),
        }
