"""What Dagster loads: assets, checks, the job and what starts it, put together for one installation.

Nothing is defined here, and nothing runs when this module is imported: Dagster calls `defs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from orchestration.alerts.assets import build_alerts, build_delivery
from orchestration.checks import build_checks
from orchestration.dbt_assets import build_dbt_assets
from orchestration.dbt_project import DbtProject, project_vars
from orchestration.dbt_runner import DbtRunner, ignore_event
from orchestration.environments import environment_of
from orchestration.guards.assets import Guards
from orchestration.guards.sources import Sources
from orchestration.jobs import build_job
from orchestration.partitions import DEFAULT_FIRST_DAY, daily_partitions, parse_day, today
from orchestration.privacy.assets import build_erasures
from orchestration.publish.assets import (
    SNAPSHOT_KEY,
    build_published_assets,
    build_withholding_hook,
    required_checks_of,
)
from orchestration.raw_assets import RULE_BOOK_KEY, raw_table_specs, rule_book_spec
from orchestration.report.asset import build_report_asset
from orchestration.resources import build_resources
from orchestration.schedules import FRESHNESS, build_schedule
from orchestration.sensors import build_sensors
from orchestration.settings import Settings
from orchestration.translator import Translator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from orchestration.dbt_runner import NodeEvent


def build_defs(
    settings: Settings | None = None,
    *,
    first_day: date | None = None,
    last_day: date | None = None,
    extra_vars: Mapping[str, Any] | None = None,
    on_event: Callable[[NodeEvent], None] = ignore_event,
) -> dg.Definitions:
    """The definitions of one installation (default: the one that the environment names).

    Days can be scored from var `history_start_date`, or `first_day` if that is earlier, until today, or `last_day` if
    that is later. `extra_vars` go before the vars of dbt_project.yml. `on_event` hears of dbt's nodes while they run.
    Raises DbtError if the dbt project does not parse, ValueError if a setting makes no sense.
    """
    settings = settings or Settings.from_environment()
    environment = environment_of(settings.environment)
    variables = {**project_vars(), **(extra_vars or {})}
    zone = variables["scoring_timezone"]
    history_start = parse_day(variables["history_start_date"]) or DEFAULT_FIRST_DAY
    partitions = daily_partitions(min(first_day or history_start, history_start), last_day or today(zone), zone)

    project = DbtProject.load(DbtRunner.from_settings(settings))
    translator = Translator(RULE_BOOK_KEY, partitions, FRESHNESS)
    sources = Sources(settings.raw_dir, project.source_names, variables)
    guards = Guards(settings, sources, zone)
    source_checks = guards.build_source_checks()
    tables, checks = build_dbt_assets(project, translator, on_event), build_checks(variables, guards)
    required_checks = required_checks_of([source_checks, tables, checks])
    published = [
        *build_published_assets(settings, project, required_checks, sources),
        build_report_asset(settings.snapshot, settings.report, [SNAPSHOT_KEY], settings.memory_limit),
        build_alerts(settings, upstream=[SNAPSHOT_KEY]),
    ]
    published.append(build_erasures(settings, upstream=[key for asset in published for key in asset.keys]))
    on_failure = build_withholding_hook(settings, required_checks, zone)
    job = build_job([tables, *published], source_checks, on_failure, environment.run_tags(settings.warehouse))
    deliver_alerts, deliver_pending_alerts = build_delivery(settings)
    return dg.Definitions(
        assets=[rule_book_spec(settings.seeds_dir), *raw_table_specs(project, translator), tables, *published],
        asset_checks=[source_checks, checks],
        jobs=[job, deliver_alerts],
        schedules=[build_schedule(job, settings.schedule, zone, is_on=environment.starts_by_itself)],
        sensors=[deliver_pending_alerts, *build_sensors(settings, job, sources, zone, environment)],
        resources=build_resources(settings),
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` loads: the installation that the environment names."""
    return build_defs()
