"""Listens to dbt while it runs in this process: how long each command took, and each query.

It hangs itself onto `dbtRunner`, so that what is measured runs the code that it always runs.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dbt.cli.main import dbtRunner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OUTSIDE_NODES = "outside nodes"
"""Where queries are booked that belong to no node: hooks, and what dbt asks the catalogue before it begins."""


ALL_TESTS = "all tests"
"""Under this name stand the queries of all tests together."""


@dataclass
class DbtClock:
    """What was heard. Seconds by dbt command (`parse`, `build`); the spans of queries by node."""

    command_seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    # From and to, in monotonic seconds.
    query_spans: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def sql_seconds(self) -> float:
        """The time during which at least one query ran: dbt runs two nodes at once."""
        return covered_seconds(span for spans in self.query_spans.values() for span in spans)

    @property
    def sql_seconds_by_table(self) -> dict[str, float]:
        """Seconds of each model's and seed's queries, and of all tests', the dearest first.

        They overlap, so that their sum exceeds `sql_seconds`.
        """
        seconds: dict[str, float] = defaultdict(float)
        for node, spans in self.query_spans.items():
            seconds[table_name(node)] += sum(end - start for start, end in spans)
        return dict(sorted(seconds.items(), key=lambda item: -item[1]))

    def hear(self, message: Any) -> None:
        """A callback for dbt's event stream, which calls it in the thread of the query as soon as that has ended."""
        if message.info.name != "SQLQueryStatus":
            return
        now = time.monotonic()
        with self._lock:
            node = message.data.node_info.unique_id or OUTSIDE_NODES
            self.query_spans[node].append((now - message.data.elapsed, now))


def table_name(node: str) -> str:
    """`int_hits` of `model.lead_scoring.int_hits`; all tests are one. What is no node stays as it is."""
    kind, *rest = node.split(".")
    return ALL_TESTS if kind == "test" else rest[1] if len(rest) > 1 else node


def covered_seconds(spans: Iterable[tuple[float, float]]) -> float:
    """The length of the union of spans (start, end)."""
    covered, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        covered += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return covered


@contextmanager
def listening() -> Iterator[DbtClock]:
    """Hear every `dbtRunner` of this process until the block ends."""
    clock = DbtClock()
    invoke = dbtRunner.invoke

    def invoke_and_listen(runner: dbtRunner, args: list[str], **kwargs: Any) -> Any:
        runner.callbacks = [*(runner.callbacks or []), clock.hear]
        began = time.monotonic()
        try:
            return invoke(runner, args, **kwargs)
        finally:
            clock.command_seconds[args[0]] += time.monotonic() - began

    dbtRunner.invoke = invoke_and_listen  # type: ignore[assignment,method-assign]
    try:
        yield clock
    finally:
        dbtRunner.invoke = invoke  # type: ignore[method-assign]
