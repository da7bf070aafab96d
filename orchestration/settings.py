"""Where things are: the project's folders and the environment handles that scripts rely on.

Nothing else in the package reads the environment or builds a path to a project folder.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt_project"
PROFILES_DIR = PROJECT_ROOT
DEFAULT_SEEDS_DIR = PROJECT_ROOT / "seeds"
DEFAULT_ALERTS_CONFIG = PROJECT_ROOT / "alerts.toml"
DEFAULT_GUARDS_CONFIG = PROJECT_ROOT / "guards.toml"
DEFAULT_IMPACT_POLICY = PROJECT_ROOT / "impact.toml"
STATE_DIR = PROJECT_ROOT / ".lead_scoring"

WAREHOUSE_ENV = "LEAD_SCORING_WAREHOUSE"
RAW_DIR_ENV = "LEAD_SCORING_RAW_DIR"
SEEDS_DIR_ENV = "LEAD_SCORING_SEEDS_DIR"
MEMORY_LIMIT_ENV = "LEAD_SCORING_MEMORY_LIMIT"
PUBLISHED_DIR_ENV = "LEAD_SCORING_PUBLISHED_DIR"
PUBLISH_EXCLUDE_ENV = "LEAD_SCORING_PUBLISH_EXCLUDE"
POSTGRES_URL_ENV = "LEAD_SCORING_POSTGRES_URL"
POSTGRES_SCHEMA_ENV = "LEAD_SCORING_POSTGRES_SCHEMA"
ALERTS_ENV = "LEAD_SCORING_ALERTS"
GUARDS_ENV = "LEAD_SCORING_GUARDS"
ENVIRONMENT_ENV = "LEAD_SCORING_ENVIRONMENT"
SCHEDULE_ENV = "LEAD_SCORING_SCHEDULE"
DAGSTER_POSTGRES_URL_ENV = "LEAD_SCORING_DAGSTER_POSTGRES_URL"
IMPACT_POLICY_ENV = "LEAD_SCORING_IMPACT_POLICY"
PULL_REQUEST_ENV = "LEAD_SCORING_PULL_REQUEST"
DAGSTER_HOME_ENV = "DAGSTER_HOME"
GITHUB_WORKSPACE_ENV = "GITHUB_WORKSPACE"
DEFAULT_SCHEDULE = "0 5 * * *"


@dataclass(frozen=True)
class Settings:
    """Absolute paths of one installation: the warehouse file, the raw folder (None: schema `raw`), the rule book.

    `state_dir` holds what can be made again (dbt's target folder) and Dagster's record of runs. `memory_limit` is that
    of DuckDB, such as `4GB`; empty: DuckDB's own. `publish_to` is the folder for readers, None: `published` beside the
    warehouse, wherever that is; `publish_exclude` are tables that are left out. An empty `postgres_url` publishes to no
    PostgreSQL; it holds a password, so that nothing prints it. `alerts_config` says where alerts go (None: nowhere),
    `guards_config` what a build is guarded against (None: the defaults). `environment` is a name of `environments`,
    `schedule` the cron expression by which builds start, in the scoring time zone. With `dagster_postgres_url`, a
    secret as well, Dagster keeps its record of runs in that database. `impact_policy` limits what a rule change may
    move (None: nothing does); `pull_request` is the text of the one that is being looked at.
    """

    warehouse: Path
    raw_dir: Path | None
    seeds_dir: Path
    state_dir: Path = STATE_DIR
    memory_limit: str = ""
    publish_to: Path | None = None
    publish_exclude: tuple[str, ...] = ()
    postgres_url: str = field(default="", repr=False)
    postgres_schema: str = "marts"
    alerts_config: Path | None = None
    guards_config: Path | None = None
    environment: str = "dev"
    schedule: str = DEFAULT_SCHEDULE
    dagster_postgres_url: str = field(default="", repr=False)
    impact_policy: Path | None = None
    pull_request: str = ""

    @property
    def published_dir(self) -> Path:
        """The folder that readers know: the snapshot, the one before it, Parquet files."""
        return self.publish_to or self.warehouse.parent / "published"

    @property
    def snapshot(self) -> Path:
        """The DuckDB file that readers open; the warehouse is the builds' own."""
        return self.published_dir / "lead_scoring.duckdb"

    @property
    def alerts_outbox(self) -> Path:
        """The alerts to send and sent, beside the warehouse: a SQLite file, since DuckDB has one writer."""
        return self.warehouse.with_suffix(".alerts.sqlite")

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
        excluded = os.environ.get(PUBLISH_EXCLUDE_ENV, "").split(",")
        return cls(
            warehouse=Path(warehouse).absolute(),
            raw_dir=Path(raw_dir).absolute() if raw_dir else None,
            seeds_dir=Path(seeds_dir).absolute(),
            memory_limit=os.environ.get(MEMORY_LIMIT_ENV, ""),
            publish_to=Path(published_dir).absolute() if published_dir else None,
            publish_exclude=tuple(table.strip() for table in excluded if table.strip()),
            postgres_url=os.environ.get(POSTGRES_URL_ENV, ""),
            postgres_schema=os.environ.get(POSTGRES_SCHEMA_ENV) or "marts",
            alerts_config=_config_file(ALERTS_ENV, DEFAULT_ALERTS_CONFIG),
            guards_config=_config_file(GUARDS_ENV, DEFAULT_GUARDS_CONFIG),
            environment=os.environ.get(ENVIRONMENT_ENV) or "dev",
            schedule=os.environ.get(SCHEDULE_ENV) or DEFAULT_SCHEDULE,
            dagster_postgres_url=os.environ.get(DAGSTER_POSTGRES_URL_ENV, ""),
            impact_policy=_config_file(IMPACT_POLICY_ENV, DEFAULT_IMPACT_POLICY),
            pull_request=os.environ.get(PULL_REQUEST_ENV, ""),
        )

    def dbt_environment(self) -> dict[str, str]:
        """The handles that the dbt project reads, with absolute paths: dbt runs in the folder of the project."""
        return {
            WAREHOUSE_ENV: str(self.warehouse),
            RAW_DIR_ENV: str(self.raw_dir) if self.raw_dir else "",
            SEEDS_DIR_ENV: str(self.seeds_dir),
            MEMORY_LIMIT_ENV: self.memory_limit,
        }

    def as_environment(self) -> dict[str, str]:
        """All handles as environment variables, for a process that builds or reads the same installation."""
        return self.dbt_environment() | {
            PUBLISHED_DIR_ENV: str(self.published_dir),
            PUBLISH_EXCLUDE_ENV: ",".join(self.publish_exclude),
            POSTGRES_URL_ENV: self.postgres_url,
            POSTGRES_SCHEMA_ENV: self.postgres_schema,
            ALERTS_ENV: str(self.alerts_config or ""),
            GUARDS_ENV: str(self.guards_config or ""),
            ENVIRONMENT_ENV: self.environment,
            SCHEDULE_ENV: self.schedule,
            DAGSTER_POSTGRES_URL_ENV: self.dagster_postgres_url,
            IMPACT_POLICY_ENV: str(self.impact_policy or ""),
            PULL_REQUEST_ENV: self.pull_request,
        }


def checkout_dir() -> Path:
    """The folder that a forge's annotations count paths from: that of GitHub's runner, else the current one."""
    return Path(os.environ.get(GITHUB_WORKSPACE_ENV) or Path.cwd()).absolute()


def _config_file(variable: str, default: Path) -> Path | None:
    """The file that is named, else the project's own if there is one; an empty name is none."""
    named = os.environ.get(variable)
    if named is None:
        return default if default.exists() else None
    return Path(named).absolute() if named else None
