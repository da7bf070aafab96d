"""Alerts of one installation: what the job, the command line and the failure sensor ask for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.alerts.config import load_config
from orchestration.alerts.delivery import Delivered, deliver
from orchestration.alerts.enqueue import Enqueued, enqueue
from orchestration.alerts.messages import failure_message
from orchestration.alerts.outbox import open_outbox, utc_now
from orchestration.alerts.sinks import environment_of
from orchestration.alerts.sinks.http import without

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from orchestration.alerts.config import AlertsConfig
    from orchestration.settings import Settings

SECONDS = 60.0
"""How long a run spends on sending."""
_SECONDS_FOR_A_FAILURE = 20.0


@dataclass(frozen=True)
class Sent:
    """What was put into the outbox and what was sent; messages that wait or are dead after that."""

    enqueued: Enqueued
    delivered: Delivered
    pending: int
    dead: int


def send_news(
    settings: Settings,
    config: AlertsConfig,
    since: date | None = None,
    seconds: float = SECONDS,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], datetime] = utc_now,
) -> Sent:
    """Put what is new in the published tables into the outbox and send what is due; `since` asks for a backfill.

    Raises OutboxError, PublishedError, or duckdb.IOException if the published file cannot be opened now.
    """
    with open_outbox(settings.alerts_outbox, clock) as outbox:
        enqueued = enqueue(outbox, config, settings.snapshot, since)
        delivered = deliver(outbox, config, seconds, environ)
        counts = outbox.counts()
    return Sent(enqueued, delivered, _with_status(counts, "pending"), _with_status(counts, "dead"))


def send_due(
    settings: Settings,
    config: AlertsConfig,
    seconds: float = SECONDS,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], datetime] = utc_now,
) -> Sent:
    """Send what is due and look for nothing new. Raises OutboxError."""
    with open_outbox(settings.alerts_outbox, clock) as outbox:
        delivered = deliver(outbox, config, seconds, environ)
        counts = outbox.counts()
    return Sent(Enqueued(), delivered, _with_status(counts, "pending"), _with_status(counts, "dead"))


def notify_failure(
    settings: Settings,
    run_id: str,
    job: str,
    error_summary: str,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], datetime] = utc_now,
) -> Delivered:
    """Tell every sink that wants it that a run failed, once however often it is called; nothing without alerts.

    Raises ConfigError, OutboxError.
    """
    if settings.alerts_config is None:
        return Delivered()
    config = load_config(settings.alerts_config)
    summary = without_secrets(config, error_summary, environ)
    with open_outbox(settings.alerts_outbox, clock) as outbox:
        for name, sink in config.sinks.items():
            if sink.run_failures:
                outbox.add(name, failure_message(name, run_id, job, summary))
        return deliver(outbox, config, _SECONDS_FOR_A_FAILURE, environ)


def without_secrets(config: AlertsConfig, text: str, environ: Mapping[str, str]) -> str:
    """A text that others wrote, without the values of the environment variables that sinks name."""
    variables = [name for sink in config.sinks.values() for name in environment_of(sink)]
    return without(filter(None, map(environ.get, variables)), text)


def _with_status(counts: Mapping[tuple[str, str], int], status: str) -> int:
    return sum(count for (_, of_status), count in counts.items() if of_status == status)
