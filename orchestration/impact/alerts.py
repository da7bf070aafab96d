"""How many alerts the crossings of the next run would become, under `alerts.toml`. Nothing is sent or remembered."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from orchestration.alerts.config import CsvSink, load_config
from orchestration.alerts.published import Crossing
from orchestration.impact.content import SinkAlerts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from orchestration.impact.content import CrossingTotal


def alerts_of(config_file: Path, totals: Iterable[CrossingTotal]) -> tuple[SinkAlerts, ...]:
    """What each sink would get, by name. Raises alerts.config.ConfigError."""
    totals = tuple(totals)
    counted = []
    for name, sink in load_config(config_file).sinks.items():
        crossings = sum(total.crossings for total in totals if sink.wants(_representative(total)))
        is_summary = not isinstance(sink, CsvSink) and crossings > sink.max_per_run
        counted.append(SinkAlerts(name, sink.type, crossings, 1 if is_summary else crossings, is_summary))
    return tuple(counted)


def _representative(total: CrossingTotal) -> Crossing:
    """A crossing with what filters look at; the rest of it they do not see."""
    return Crossing(
        crossing_id="",
        entity=total.entity,
        entity_id="",
        threshold_id=total.threshold_id,
        product_id=None,
        product_name=None,
        direction=total.direction,
        as_of_date=date.min,
        score_before=None,
        score_after=0.0,
        threshold_value=0.0,
        action=total.action,
        cause=total.cause,
        contact=None,
        account=None,
    )
