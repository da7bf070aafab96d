"""Guards in Dagster: asset checks of the raw events, for which a build waits, and of the marts before publishing.

What a guard looks for is in the other modules; here is when, and what a person sees of it.
"""

# No lazy annotations here: Dagster reads those of the op when it is defined.
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import duckdb
from pydantic import Field

from orchestration.duckdb_files import is_locked
from orchestration.guards.config import Guard, GuardsConfig, GuardsConfigError, load_guards
from orchestration.guards.reference import Reference, last_publication, why_not_comparable
from orchestration.guards.sources import Finding, Sources, look_for_age, look_for_drops, look_for_empty
from orchestration.guards.tables import look_for_drift, look_for_grade_moves, look_for_rise
from orchestration.partitions import days_of_tags, today
from orchestration.resources import WAREHOUSE_POOL, Warehouse, retry_when_unlocked
from orchestration.settings import Settings

CHECK_SOURCES = "check_sources"
_RAW_EVENTS = dg.AssetKey(["raw", "events"])
_RETRIES_WHILE_LOCKED = 12

SOURCE_GUARDS = {
    "empty_source": "No raw table that had rows has none: an empty source would turn everyone cold.",
    "source_volume": "No raw table has lost an unusual share of its rows.",
    "source_age": "The newest raw event was loaded not too long ago (where that is asked for).",
}
# Name → table that it is shown with, and what it says.
TABLE_GUARDS = {
    "machine_traffic": ("event_outcomes", "The share of machine traffic has not risen by much."),
    "waiting_events": ("event_outcomes", "The share of events that wait for an unknown contact has not risen by much."),
    "grade_moves": ("contact_scores", "Not unusually many contacts have another grade than readers have of them."),
    "score_drift": ("contact_scores", "The lead scores are distributed as they were."),
}
GUARD_NAMES = (*SOURCE_GUARDS, *TABLE_GUARDS)


def require_guards(names: Iterable[str]) -> None:
    """Raise ValueError if one of these is no guard."""
    if unknown := sorted(set(names) - set(GUARD_NAMES)):
        raise ValueError(f"there is no guard {', '.join(unknown)} to accept; valid: {', '.join(GUARD_NAMES)}")


class GuardConfig(dg.Config):
    """What a run may be told about guards."""

    accept: list[str] = Field(default=[], description=f"Guards that may not stop this run: {', '.join(GUARD_NAMES)}.")


@dataclass(frozen=True)
class Guards:
    """The guards of an installation. `sources`: where its raw tables are; `scoring_timezone`: what today is."""

    settings: Settings
    sources: Sources
    scoring_timezone: str

    @property
    def table_specs(self) -> list[dg.AssetCheckSpec]:
        """The checks of the marts. All may stop a run; which do, is a matter of settings."""
        return [
            dg.AssetCheckSpec(name, asset=dg.AssetKey(["marts", table]), description=text, blocking=True)
            for name, (table, text) in TABLE_GUARDS.items()
        ]

    def build_source_checks(self) -> dg.AssetChecksDefinition:
        """The checks of the raw tables, shown with the raw events, for which dbt waits."""
        specs = [
            dg.AssetCheckSpec(name, asset=_RAW_EVENTS, description=text, blocking=True)
            for name, text in SOURCE_GUARDS.items()
        ]

        @dg.multi_asset_check(name=CHECK_SOURCES, specs=specs, can_subset=True, pool=WAREHOUSE_POOL)
        def check_sources(
            context: dg.AssetCheckExecutionContext, config: GuardConfig, warehouse: Warehouse
        ) -> Iterator[dg.AssetCheckResult]:
            with _read_if_there(Path(warehouse.path)) as connection:
                yield from self._results(context, config, connection, self._source_findings(connection))

        return check_sources

    def check_tables(
        self, context: dg.AssetCheckExecutionContext, config: GuardConfig, connection: duckdb.DuckDBPyConnection
    ) -> Iterator[dg.AssetCheckResult]:
        """The results of the checks of the marts that are selected. `connection`: the finished warehouse."""
        yield from self._results(context, config, connection, self._table_findings(connection))

    def _results(
        self,
        context: dg.AssetCheckExecutionContext,
        config: GuardConfig,
        connection: duckdb.DuckDBPyConnection,
        findings: Mapping[str, "_Find"],
    ) -> Iterator[dg.AssetCheckResult]:
        bounds = _load(self.settings, config)
        selected = {key.name: key for key in context.selected_asset_check_keys if key.name in findings}
        if not selected:
            return
        now = datetime.now(UTC)
        the_day = today(self.scoring_timezone)
        days = days_of_tags(context.run.tags) or (the_day, the_day)
        reference = last_publication(connection, self.settings.snapshot)
        moment = _Moment(bounds, reference, days, the_day, now)
        for name, key in selected.items():
            guard: Guard = getattr(bounds, name)
            finding = findings[name](moment) if guard.on_failure != "off" else Finding(True, "turned off")
            may_block = guard.on_failure == "block" and finding.may_block
            is_accepted = not finding.passed and name in config.accept
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=name,
                passed=finding.passed,
                severity=dg.AssetCheckSeverity.ERROR if may_block and not is_accepted else dg.AssetCheckSeverity.WARN,
                description=f"accepted: {finding.description}" if is_accepted else finding.description,
                metadata=dict(finding.numbers),
            )

    def _source_findings(self, connection: duckdb.DuckDBPyConnection) -> dict[str, "_Find"]:
        rows: dict[str, int] = {}

        def compare(look: Callable[..., Finding], name: str) -> "_Find":
            def find(moment: "_Moment") -> Finding:
                if moment.why_not or not moment.reference:
                    return Finding(True, f"not compared: {moment.why_not}")
                rows.update(rows or self.sources.count_rows(connection))
                return look(rows, moment.reference.source_rows, getattr(moment.bounds, name))

            return find

        def find_age(moment: "_Moment") -> Finding:
            bounds = moment.bounds.source_age
            if self.settings.environment not in bounds.environments:
                return Finding(True, f"not judged in environment {self.settings.environment}")
            if moment.days != (moment.today, moment.today):
                return Finding(True, "not judged: the run is not about today alone")
            return look_for_age(self.sources.newest_load(connection), moment.now, bounds)

        return {
            "empty_source": compare(look_for_empty, "empty_source"),
            "source_volume": compare(look_for_drops, "source_volume"),
            "source_age": find_age,
        }

    def _table_findings(self, connection: duckdb.DuckDBPyConnection) -> dict[str, "_Find"]:
        def compare(look: Callable[[GuardsConfig], Finding]) -> "_Find":
            def find(moment: "_Moment") -> Finding:
                if why_not := moment.why_not or _why_tables_differ(connection, moment.reference):
                    return Finding(True, f"not compared: {why_not}")
                try:
                    found = look(moment.bounds)
                except duckdb.CatalogException:
                    return Finding(True, "not compared: the table is not published")
                return _soften(found) if _is_rule_book_other(connection, moment.reference) else found

            return find

        return {
            "machine_traffic": compare(lambda bounds: look_for_rise(connection, "machine", bounds.machine_traffic)),
            "waiting_events": compare(lambda bounds: look_for_rise(connection, "waiting", bounds.waiting_events)),
            "grade_moves": compare(lambda bounds: look_for_grade_moves(connection, bounds.grade_moves)),
            "score_drift": compare(lambda bounds: look_for_drift(connection, bounds.score_drift)),
        }


@dataclass(frozen=True)
class _Moment:
    """What a guard may ask of its run."""

    bounds: GuardsConfig
    reference: Reference | None
    days: tuple[date, date]
    today: date
    now: datetime

    @property
    def why_not(self) -> str | None:
        return why_not_comparable(self.reference, self.days, self.bounds.max_days_apart)


_Find = Callable[[_Moment], Finding]


def _load(settings: Settings, config: GuardConfig) -> GuardsConfig:
    try:
        require_guards(config.accept)
        return load_guards(settings.guards_config)
    except (GuardsConfigError, ValueError) as error:
        raise dg.Failure(str(error)) from None


@contextmanager
def _read_if_there(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse to read, or nothing where there is none yet, or none that can be opened: dbt says why."""
    connection = None
    if warehouse.exists():
        try:
            connection = duckdb.connect(str(warehouse), read_only=True)
        except duckdb.Error as error:
            if is_locked(error):
                raise retry_when_unlocked(_RETRIES_WHILE_LOCKED) from error
    with connection or duckdb.connect() as connection:
        yield connection


def _why_tables_differ(connection: duckdb.DuckDBPyConnection, reference: Reference | None) -> str | None:
    if reference is None or not reference.has_tables:
        return "what readers have was not published from this warehouse"
    try:
        same = connection.execute(
            "select bool_and(pipeline_hash = ?) from intermediate.int_completed_run", [reference.pipeline_hash]
        ).fetchall()
    except duckdb.CatalogException:
        return "no run is complete"
    return None if same == [(True,)] else "models, engine or engine parameters have changed"


def _is_rule_book_other(connection: duckdb.DuckDBPyConnection, reference: Reference | None) -> bool:
    hashes = connection.execute("select rule_book_hash from intermediate.int_rule_book_hash").fetchall()
    return not reference or hashes != [(reference.rule_book_hash,)]


def _soften(finding: Finding) -> Finding:
    if finding.passed:
        return finding
    return Finding(False, f"{finding.description}; the rule book has changed", finding.numbers, may_block=False)
