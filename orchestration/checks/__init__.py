"""Our own checks of the published tables: what must hold of any rule book and any data.

A check is a SQL file here that selects what is wrong; its leading comment says what must hold. What one table alone can
tell is a dbt test beside its model.
"""

# No lazy annotations here: Dagster reads those of the op when it is defined.
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from orchestration.dbt_runner import DbtRunner
from orchestration.guards.assets import GuardConfig, Guards
from orchestration.resources import WAREHOUSE_POOL, Warehouse
from orchestration.table_summary import as_table

_SHOWN_VIOLATIONS = 50
_LONGEST_CELL = 100_000_000
CHECK_PUBLISHED_TABLES = "check_published_tables"


@dataclass(frozen=True)
class Check:
    """A statement about published tables; `name` is its SQL file, the first table is the one it is shown with."""

    name: str
    tables: tuple[str, ...]

    @property
    def sql(self) -> str:
        """A query of what violates the statement: a row each, whatever columns say where."""
        return (Path(__file__).parent / f"{self.name}.sql").read_text(encoding="utf-8")

    @property
    def description(self) -> str:
        """The comment at the top of the SQL."""
        lines = [line for line in self.sql.splitlines() if line]
        comment = lines[: next(number for number, line in enumerate(lines) if not line.startswith("--"))]
        return " ".join(line.removeprefix("--").strip() for line in comment)

    @property
    def spec(self) -> dg.AssetCheckSpec:
        """The asset check; one that fails fails the run."""
        asset, *others = (dg.AssetKey(["marts", table]) for table in self.tables)
        return dg.AssetCheckSpec(
            self.name, asset=asset, additional_deps=others, description=self.description, blocking=True
        )


SCORES_IN_RANGE = Check(
    "every_score_lies_between_floor_and_ceiling",
    (
        "contact_scores",
        "custom_scores",
        "product_interest_scores",
        "account_scores",
        "account_product_interest",
        "score_history",
        "account_score_history",
        "product_interest_history",
        "custom_score_history",
    ),
)
POINTS_ADD_UP = Check(
    "ledger_and_contributions_add_up_to_every_score",
    ("contact_scores", "custom_scores", "score_ledger", "score_contributions"),
)
FIT_ADDS_UP = Check("fit_contributions_add_up_to_the_fit_score", ("contact_scores", "fit_contributions"))
INTEREST_ADDS_UP = Check(
    "ledger_adds_up_to_the_product_interest", ("product_interest_scores", "contact_scores", "score_ledger")
)
LEAD_SCORE_ADDS_UP = Check(
    "lead_score_is_the_weighted_sum_of_its_parts", ("contact_scores", "custom_scores", "product_interest_scores")
)
CROSSINGS_ALTERNATE = Check("crossings_alternate_between_up_and_down", ("threshold_crossings",))
CROSSINGS_ON_THEIR_SIDE = Check("crossings_lie_on_the_right_side_of_their_threshold", ("threshold_crossings",))
EVENTS_ACCOUNTED_FOR = Check("every_raw_event_is_accounted_for_once", ("event_outcomes", "event_log"))

CHECKS = (
    SCORES_IN_RANGE,
    POINTS_ADD_UP,
    FIT_ADDS_UP,
    INTEREST_ADDS_UP,
    LEAD_SCORE_ADDS_UP,
    CROSSINGS_ALTERNATE,
    CROSSINGS_ON_THEIR_SIDE,
    EVENTS_ACCOUNTED_FOR,
)


@dataclass(frozen=True)
class Violations:
    """How often a statement does not hold, and some of the rows where."""

    count: int
    examples: list[dict[str, object]]


def find_violations(connection: duckdb.DuckDBPyConnection, check: Check, raw_events: int) -> Violations:
    """What violates a check in a finished warehouse. `raw_events`: how many there are at the source."""
    connection.execute(f"set variable raw_events = {raw_events}")
    # Kept, or counting and showing would each run the query, which reads the whole ledger.
    connection.execute(f"create or replace temp table violations as {check.sql}")
    ((count,),) = connection.execute("select count(*) from violations").fetchall()
    examples = connection.execute("from violations limit ?", [_SHOWN_VIOLATIONS])
    columns = [column[0] for column in examples.description or []]
    return Violations(count, [dict(zip(columns, row, strict=True)) for row in examples.fetchall()])


def count_raw_events(connection: duckdb.DuckDBPyConnection, raw_dir: str, variables: Mapping[str, Any]) -> int:
    """How many raw events there are: in their file, else in their table by the project's vars.

    They are counted at the source and not through dbt's models, which might be what loses them.
    """
    parquet, text = Path(raw_dir) / "events.parquet", Path(raw_dir) / "events.csv"
    if raw_dir and not parquet.exists():
        with text.open(encoding="utf-8", errors="replace", newline="") as file:
            csv.field_size_limit(_LONGEST_CELL)
            return sum(1 for row in csv.reader(file) if row) - 1
    if raw_dir:
        return len(connection.read_parquet(str(parquet)))
    names = (variables["raw_database"], variables["raw_schema"], variables["raw_events_table"])
    return len(connection.table(".".join(f'"{name}"' for name in names if name)))


def build_checks(variables: Mapping[str, Any], guards: Guards) -> dg.AssetChecksDefinition:
    """Every check as an asset check, each to be run alone as well. `variables`: the dbt vars of the project.

    They are one op, and so are the guards of the same tables: checks that stop a run and read each other's tables would
    wait for one another for ever.
    """
    specs = [*(check.spec for check in CHECKS), *guards.table_specs]

    @dg.multi_asset_check(name=CHECK_PUBLISHED_TABLES, specs=specs, can_subset=True, pool=WAREHOUSE_POOL)
    def check_published_tables(
        context: dg.AssetCheckExecutionContext, config: GuardConfig, dbt: DbtRunner, warehouse: Warehouse
    ) -> Iterator[dg.AssetCheckResult]:
        with warehouse.connect() as connection:
            raw_events = count_raw_events(connection, dbt.raw_dir, variables)
            for check in CHECKS:
                if check.spec.key in context.selected_asset_check_keys:
                    yield _result(check, find_violations(connection, check, raw_events))
            yield from guards.check_tables(context, config, connection)

    return check_published_tables


def _result(check: Check, violations: Violations) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=check.spec.asset_key,
        check_name=check.name,
        passed=not violations.count,
        metadata={"violations": violations.count, "where": as_table(violations.examples)},
    )
