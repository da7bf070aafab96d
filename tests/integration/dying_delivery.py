"""A process that delivers alerts and dies as told: `python -m tests.integration.dying_delivery`, JSON on stdin.

It is killed by SIGKILL around a chosen call; nothing is cleaned up, flushed or closed. Once it is ready it says so and
waits for a line, so that two of them can start at once; at its end it prints how many messages it has sent.

Belongs here: the child. Does not: what must have arrived (`test_alert_delivery.py`).
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.alerts import delivery
from orchestration.alerts.config import load_config
from orchestration.alerts.outbox import Outbox, open_outbox
from tests.alert_world import ENVIRON

if TYPE_CHECKING:
    from collections.abc import Callable

MOMENTS = ("before claim", "after claim", "before send", "after send", "before delivered", "after delivered")


def dying(call: Callable[..., Any], name: str, moment: str, number: int) -> Callable[..., Any]:
    """A call during whose n-th time this process dies, before or after it is made."""
    calls = 0

    def wrapped(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number and moment == f"before {name}":
            os.kill(os.getpid(), signal.SIGKILL)
        result = call(*arguments)
        if calls == number and moment == f"after {name}":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return wrapped


def main() -> None:
    order = json.loads(sys.stdin.readline())
    moment, number = order["moment"], order["number"]
    Outbox.claim = dying(Outbox.claim, "claim", moment, number)  # type: ignore[method-assign]
    Outbox.delivered = dying(Outbox.delivered, "delivered", moment, number)  # type: ignore[method-assign]
    delivery.send = dying(delivery.send, "send", moment, number)  # type: ignore[attr-defined]
    folder = Path(order["folder"])
    config = load_config(folder / "alerts.toml")
    with open_outbox(folder / "outbox.sqlite") as outbox:
        print("ready", flush=True)
        sys.stdin.readline()
        print(delivery.deliver(outbox, config, 120, ENVIRON).sent, flush=True)


if __name__ == "__main__":
    main()
