"""Which crossings are news, and to whom: days, filters, floods, and turns that did not happen after all.

A crossing is news once, under a key that never changes. Days are news from the last one that was looked at on: that day
may have been published before it was over, so it is looked at again. Days before it are a backfill.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from orchestration.alerts.config import CsvSink
from orchestration.alerts.messages import CROSSING, crossing_message, idempotency_key, summary_message
from orchestration.alerts.published import open_published

if TYPE_CHECKING:
    from pathlib import Path

    from orchestration.alerts.config import AlertsConfig, Sink
    from orchestration.alerts.outbox import Outbox
    from orchestration.alerts.published import Crossing


@dataclass(frozen=True)
class Enqueued:
    """What was put into the outbox: messages by sink, crossings that summaries stand for, and what was left out."""

    first_day: date | None = None
    latest_day: date | None = None
    messages: int = 0
    summarized: int = 0
    withdrawn: int = 0
    too_old: int = 0


def first_day_of_news(
    latest_day: date, enqueued_through: date | None, config: AlertsConfig, since: date | None = None
) -> date:
    """The first day whose crossings are sent.

    That is the last one that was looked at, so that days which a run made up for are sent and a replay of earlier ones
    is not; the first time, the latest alone. A warehouse that ends before that day is another one, and starts anew.
    """
    if since:
        return since
    oldest = latest_day - timedelta(days=config.max_age_days)
    if config.include_backfill:
        return oldest
    if enqueued_through is None or enqueued_through > latest_day:
        return latest_day
    return max(enqueued_through, oldest)


def enqueue(outbox: Outbox, config: AlertsConfig, published_file: Path, since: date | None = None) -> Enqueued:
    """Put the news of a published file into the outbox; `since` asks for a backfill from that day on.

    Raises PublishedError if the file has no crossings, duckdb.IOException if it cannot be opened now.
    """
    enqueued_through = outbox.enqueued_through()
    turns = outbox.unsent_turns()
    with open_published(published_file) as published:
        latest_day = published.latest_day()
        if latest_day is None:
            return Enqueued()
        first_day = first_day_of_news(latest_day, enqueued_through, config, since)
        crossings = published.crossings(first_day)
        still_published = published.still_published(list(turns))
        too_old = published.count_between(enqueued_through or first_day, first_day)
    gone = [key for turn, keys in turns.items() if turn not in still_published for key in keys]
    messages = summarized = 0
    with outbox.transaction():
        outbox.withdraw_other_sinks(config.sinks)
        withdrawn = outbox.withdraw(gone)
        for name, sink in config.sinks.items():
            wanted = [crossing for crossing in crossings if sink.wants(crossing)]
            of_sink, in_summary = _enqueue_for(outbox, name, sink, wanted, latest_day)
            messages += of_sink
            summarized += in_summary
        outbox.set_enqueued_through(latest_day)
    return Enqueued(first_day, latest_day, messages, summarized, withdrawn, too_old)


def _enqueue_for(outbox: Outbox, name: str, sink: Sink, crossings: list[Crossing], latest_day: date) -> tuple[int, int]:
    """How many messages are new, and how many crossings one of them stands for."""
    by_key = {idempotency_key(name, CROSSING, crossing.turn): crossing for crossing in crossings}
    new = outbox.unknown(by_key.keys())
    is_flood = not isinstance(sink, CsvSink) and len(new) > sink.max_per_run
    for key, crossing in by_key.items():
        if not (is_flood and key in new):
            outbox.add_crossing(name, crossing, crossing_message(name, crossing))
    if not is_flood:
        return len(new), 0
    members = [(key, crossing) for key, crossing in by_key.items() if key in new]
    outbox.add_summary(name, summary_message(name, [crossing for _, crossing in members], latest_day), members)
    return 1, len(members)
