"""Sends what is due, for a bounded time: which sink next, when to try again, when to give up.

Nothing here waits: what failed is due again at a later call, whoever makes it.
"""

from __future__ import annotations

import os
import random
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from orchestration.alerts.sinks import problem_of, seconds_of, send

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from orchestration.alerts.config import AlertsConfig, Sink
    from orchestration.alerts.outbox import Delivery, Outbox
    from orchestration.alerts.sinks.outcome import Outcome

_FIRST_DELAY = timedelta(minutes=1)
_LONGEST_DELAY = timedelta(hours=6)
_LONGEST_RETRY_AFTER = timedelta(days=1)
MAX_ATTEMPTS = 20
"""With the delays between them, about three days."""
_FAILURES_PER_CALL = 3
_LEASE_MARGIN_SECONDS = 30


@dataclass
class Delivered:
    """What was sent, what failed and will be tried again, what was given up; sinks that cannot be used, and why."""

    sent: int = 0
    failed: int = 0
    given_up: int = 0
    problems: dict[str, str] = field(default_factory=dict)


def deliver(
    outbox: Outbox,
    config: AlertsConfig,
    seconds: float,
    environ: Mapping[str, str] = os.environ,
    jitter: Callable[[], float] = random.random,
) -> Delivered:
    """Send what is due, for at most so many seconds.

    A sink that fails has to wait for the others, and after three failures for the next call: one that hangs does not
    cost the others their turn. `jitter`: numbers from 0 to 1.
    """
    result = Delivered()
    deadline = outbox.clock() + timedelta(seconds=seconds)
    failures = dict.fromkeys(config.sinks, 0)
    queue: deque[str] = deque()
    for name, sink in config.sinks.items():
        if problem := problem_of(sink, environ):
            result.problems[name] = problem
        else:
            queue.append(name)
    while queue:
        name = queue[0]
        sink = config.sinks[name]
        is_too_late = outbox.clock() + timedelta(seconds=seconds_of(sink)) > deadline
        delivery = None if is_too_late else outbox.claim(name, seconds_of(sink) + _LEASE_MARGIN_SECONDS)
        if delivery is None:
            queue.popleft()
        elif _deliver_one(outbox, sink, delivery, environ, jitter, result):
            continue
        else:
            failures[name] += 1
            queue.rotate(-1)
            if failures[name] == _FAILURES_PER_CALL:
                queue.remove(name)
    return result


def _deliver_one(
    outbox: Outbox,
    sink: Sink,
    delivery: Delivery,
    environ: Mapping[str, str],
    jitter: Callable[[], float],
    result: Delivered,
) -> bool:
    """Whether it arrived."""
    outcome = send(sink, delivery, environ, outbox.clock())
    if not outcome.error:
        outbox.delivered(delivery)
        result.sent += 1
        return True
    retry_at = _retry_at(outcome, delivery.attempts, outbox.clock(), jitter)
    outbox.failed(delivery, outcome.error, retry_at)
    if retry_at and outcome.retry_after is not None:
        outbox.pause(delivery.sink, retry_at)
    result.failed += retry_at is not None
    result.given_up += retry_at is None
    return False


def _retry_at(outcome: Outcome, attempts: int, now: datetime, jitter: Callable[[], float]) -> datetime | None:
    """When to try again: twice as late each time, or when the receiver asked for it; None: never."""
    if outcome.is_final or attempts >= MAX_ATTEMPTS:
        return None
    if outcome.retry_after is not None:
        return now + min(timedelta(seconds=outcome.retry_after), _LONGEST_RETRY_AFTER)
    longest = min(_FIRST_DELAY * float(2 ** (attempts - 1)), _LONGEST_DELAY)
    # Between half and all of it, so that what failed together does not come back together.
    return now + longest * ((1 + jitter()) / 2)
