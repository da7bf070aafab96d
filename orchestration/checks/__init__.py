"""Our own checks of the published tables: what must hold of any rule book and any data.

A check is a SQL file here that selects what is wrong; its leading comment says what must hold. What one table alone can
tell is a dbt test beside its model.
"""

# No lazy annotations here: Dagster reads those of the op when it is defined.
import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from orchestration.dbt_runner import DbtRunner
from orchestration.guards.assets import GuardConfig, Guards
from orchestration.privacy.tombstones import left_out_of, tombstones_of
from orchestration.resources import WAREHOUSE_POOL, Warehouse
from orchestration.table_summary import as_table

_SHOWN_VIOLATIONS = 50
_LONGEST_CELL = 100_000_000
_OWNERS = ("contact_id", "anonymous_id")
_WHO = ("contact_id", "entity_id")
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


def count_raw_events(
    connection: duckdb.DuckDBPyConnection,
    raw_dir: str,
    variables: Mapping[str, Any],
    is_left_out: Callable[[str, str], bool] | None = None,
) -> int:
    """How many raw events there are: in their file, else in their table by the project's vars.

    They are counted at the source and not through dbt's models, which might be what loses them. `is_left_out` says of a
    contact_id and an anonymous_id (empty: none) whether the event is a forgotten person's.
    """
    parquet, text = Path(raw_dir) / "events.parquet", Path(raw_dir) / "events.csv"
    if raw_dir and not parquet.exists():
        return _count_rows(text, is_left_out)
    if raw_dir:
        events = connection.read_parquet(str(parquet))
    else:
        names = (variables["raw_database"], variables["raw_schema"], variables["raw_events_table"])
        events = connection.table(".".join(f'"{name}"' for name in names if name))
    return len(events) - (_count_left_out(events, is_left_out) if is_left_out else 0)


def _count_rows(file: Path, is_left_out: Callable[[str, str], bool] | None) -> int:
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        csv.field_size_limit(_LONGEST_CELL)
        rows = (row for row in csv.reader(stream) if row)
        names = [name.strip().lower() for name in next(rows)]
        if not is_left_out:
            return sum(1 for _ in rows)
        contact, device = (names.index(name) if name in names else None for name in _OWNERS)
        return sum(not is_left_out(_cell(row, contact), _cell(row, device)) for row in rows)


def _cell(row: list[str], place: int | None) -> str:
    return "" if place is None else row[place].strip()


def _count_left_out(events: duckdb.DuckDBPyRelation, is_left_out: Callable[[str, str], bool]) -> int:
    types = {name.lower(): (name, str(kind)) for name, kind in zip(events.columns, events.types, strict=True)}
    contact, device = (_id_as_text(*types[name]) if name in types else "''" for name in _OWNERS)
    # Of an event with a contact its device does not count, and contacts are few beside events.
    owners = events.project(f"{contact} as contact, case when contact = '' then {device} else '' end as device")
    rows = owners.aggregate("contact, device, count(*)", "contact, device").fetchall()
    return sum(count for contact_id, anonymous_id, count in rows if is_left_out(contact_id, anonymous_id))


def _id_as_text(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    text = f"coalesce(trim(cast({quoted} as varchar), chr(9) || chr(10) || chr(13) || ' '), '')"
    # As dbt reads it: 7.0 is the id 7.
    return f"regexp_replace({text}, '\\.0$', '')" if kind in ("DOUBLE", "FLOAT") else text


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
            left_out = left_out_of(connection, tombstones_of(Path(warehouse.path)))
            raw_events = count_raw_events(connection, dbt.raw_dir, variables, left_out)
            for check in CHECKS:
                if check.spec.key in context.selected_asset_check_keys:
                    yield _result(check, find_violations(connection, check, raw_events))
            yield from guards.check_tables(context, config, connection)

    return check_published_tables


def _result(check: Check, violations: Violations) -> dg.AssetCheckResult:
    # Dagster keeps its record for months, and nobody forgets a person in it: whom a violation is about, the SQL tells.
    examples = [{name: value for name, value in row.items() if name not in _WHO} for row in violations.examples]
    return dg.AssetCheckResult(
        asset_key=check.spec.asset_key,
        check_name=check.name,
        passed=not violations.count,
        metadata={"violations": violations.count, "where": as_table(examples), "query": f"checks/{check.name}.sql"},
    )
