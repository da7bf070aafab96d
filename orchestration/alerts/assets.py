"""Alerts in Dagster: an asset at the end of the job, a check that shows what did not arrive, a sensor that tries again.

What is sent, and how, is decided in the other modules. No sink and no configuration can make a run fail: the scores are
published by then, and what was not sent is sent later.
"""

# No lazy annotations here: Dagster reads those of ops when they are defined.
import os
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg
import duckdb

from orchestration.alerts.config import ConfigError, load_config
from orchestration.alerts.outbox import OutboxError, open_outbox
from orchestration.alerts.published import PublishedError
from orchestration.alerts.service import Sent, send_due, send_news
from orchestration.alerts.sinks import problem_of
from orchestration.resources import retry_when_unlocked
from orchestration.settings import Settings

ALERTS = dg.AssetKey(["published", "alerts"])
ALERTS_WERE_DELIVERED = "alerts_were_delivered"
DELIVER_ALERTS = "deliver_alerts"
_SECONDS_BETWEEN = 5 * 60


def build_alerts(settings: Settings, upstream: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset that sends the news of a run. `upstream`: what it is made from, and whose failed checks stop it."""
    check = dg.AssetCheckSpec(
        ALERTS_WERE_DELIVERED,
        asset=ALERTS,
        description="Every alert has arrived: none waits to be sent again, none was given up, every sink can be used.",
    )

    @dg.multi_asset(
        name="send_alerts",
        specs=[
            dg.AssetSpec(
                ALERTS,
                deps=list(upstream),
                group_name="published",
                owners=["team:marts"],
                kinds={"sqlite"},
                description=(
                    "New threshold crossings, told to the sinks of alerts.toml: each once, by an outbox beside the"
                    " warehouse. What does not arrive is tried again; `lead-scoring alerts status` shows it."
                ),
            )
        ],
        check_specs=[check],
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def send_alerts() -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        sent, findings = _send_news(settings)
        yield dg.MaterializeResult(asset_key=ALERTS, metadata=_metadata(sent) if sent else {})
        yield dg.AssetCheckResult(
            asset_key=ALERTS,
            check_name=ALERTS_WERE_DELIVERED,
            passed=not findings,
            severity=dg.AssetCheckSeverity.WARN,
            description="; ".join(findings) or None,
        )

    return send_alerts


def _send_news(settings: Settings) -> tuple[Sent | None, list[str]]:
    """What was sent, and what is wrong; nothing of either where no alerts are configured."""
    if settings.alerts_config is None:
        return None, []
    try:
        sent = send_news(settings, load_config(settings.alerts_config))
    except duckdb.IOException as error:
        raise retry_when_unlocked() from error
    except (ConfigError, OutboxError, PublishedError) as error:
        return None, str(error).splitlines()
    return sent, findings_of(sent)


def findings_of(sent: Sent) -> list[str]:
    """What did not arrive, in words."""
    return [
        *(f"{sink}: {problem}" for sink, problem in sent.delivered.problems.items()),
        *([f"{sent.pending} waiting to be sent again"] if sent.pending else []),
        *([f"{sent.dead} given up: `lead-scoring alerts status` says why"] if sent.dead else []),
    ]


def _metadata(sent: Sent) -> dict[str, Any]:
    """Counts alone: nothing of contacts, addresses or errors of others gets into Dagster's record."""
    return {
        "new messages": sent.enqueued.messages,
        "crossings in summaries": sent.enqueued.summarized,
        "withdrawn": sent.enqueued.withdrawn,
        "crossings too old to send": sent.enqueued.too_old,
        "sent": sent.delivered.sent,
        "waiting": sent.pending,
        "given up": sent.dead,
    }


def build_delivery(settings: Settings) -> tuple[dg.JobDefinition, dg.SensorDefinition]:
    """A job that sends what is due, and the sensor that starts it.

    The sensor runs unless it is stopped: trying again is part of the promise, and it costs a look into a small file.
    """

    @dg.op(name="deliver_due_alerts")
    def deliver_due_alerts(context: dg.OpExecutionContext) -> None:
        if settings.alerts_config is None:
            context.log.info("No alerts are configured.")
            return
        try:
            sent = send_due(settings, load_config(settings.alerts_config))
        except (ConfigError, OutboxError) as error:
            raise dg.Failure(str(error)) from None
        context.log.info(f"{sent.delivered.sent} sent; {', '.join(findings_of(sent)) or 'nothing is left'}.")

    @dg.job(
        name=DELIVER_ALERTS,
        executor_def=dg.in_process_executor,
        description="Send the alerts that are due: those that did not arrive before.",
    )
    def deliver_alerts() -> None:
        deliver_due_alerts()

    @dg.sensor(
        name="deliver_pending_alerts",
        job=deliver_alerts,
        minimum_interval_seconds=_SECONDS_BETWEEN,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tries alerts again that did not arrive, once they are due.",
    )
    def deliver_pending_alerts() -> dg.RunRequest | dg.SkipReason:
        return evaluate_sensor(settings)

    return deliver_alerts, deliver_pending_alerts


def evaluate_sensor(settings: Settings) -> dg.RunRequest | dg.SkipReason:
    """A run if something is due at a sink that can be used, else why there is none."""
    if settings.alerts_config is None:
        return dg.SkipReason("No alerts are configured.")
    if not settings.alerts_outbox.exists():
        return dg.SkipReason("No run has made alerts yet.")
    try:
        config = load_config(settings.alerts_config)
        with open_outbox(settings.alerts_outbox) as outbox:
            due = outbox.due([name for name, sink in config.sinks.items() if not problem_of(sink, os.environ)])
    except (ConfigError, OutboxError) as error:
        return dg.SkipReason(str(error))
    return dg.RunRequest() if due else dg.SkipReason("Nothing is due.")
