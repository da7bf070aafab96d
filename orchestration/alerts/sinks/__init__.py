"""The ways out: one module per kind of sink, each of which makes one attempt and says what came of it.

When and how often that is done is decided in `delivery`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.alerts.config import CsvSink, SlackSink, WebhookSink, is_url
from orchestration.alerts.sinks import csv_file, slack, webhook

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from orchestration.alerts.config import Sink
    from orchestration.alerts.outbox import Delivery
    from orchestration.alerts.sinks.outcome import Outcome

_SECONDS_FOR_A_FILE = 10.0


def problem_of(sink: Sink, environ: Mapping[str, str]) -> str:
    """What is missing for a sink to be used at all; empty if nothing is."""
    if isinstance(sink, CsvSink):
        return ""
    missing = [name for name in environment_of(sink) if not environ.get(name)]
    if missing:
        return f"environment variable {' and '.join(missing)} is not set"
    if sink.url_env and not is_url(environ[sink.url_env]):
        return f"environment variable {sink.url_env} holds no http or https URL"
    return ""


def environment_of(sink: Sink) -> list[str]:
    """The environment variables whose values are a sink's secrets."""
    if isinstance(sink, CsvSink):
        return []
    secret = [sink.secret_env] if isinstance(sink, WebhookSink) else []
    return secret + ([sink.url_env] if sink.url_env else [])


def seconds_of(sink: Sink) -> float:
    """How long an attempt takes at most."""
    return _SECONDS_FOR_A_FILE if isinstance(sink, CsvSink) else sink.timeout_seconds


def send(sink: Sink, delivery: Delivery, environ: Mapping[str, str], now: datetime) -> Outcome:
    """One attempt at a sink that has no problem."""
    if isinstance(sink, WebhookSink):
        return webhook.send(sink, delivery, environ, now)
    if isinstance(sink, SlackSink):
        return slack.send(sink, delivery, environ, now)
    return csv_file.send(sink, delivery, now)
