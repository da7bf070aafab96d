"""Runs dbt inside this process and reports each node as it starts and ends: a command of its own costs 9 s more.

What the arguments mean is in `dbt_args`; what Dagster makes of a node's result in `dbt_assets`.
"""

from __future__ import annotations

import json
import os
import re
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

import dagster as dg
import duckdb

from orchestration.duckdb_files import is_locked
from orchestration.settings import DBT_PROJECT_DIR, PROFILES_DIR, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

    from orchestration.dbt_args import BuildArgs


_SECONDS_BETWEEN_LOCKED_ATTEMPTS = (1, 2, 4, 8, 15)


class DbtError(Exception):
    """dbt could not begin: the project does not parse, or a raw table or var is not as it must be.

    `str` is what is wrong, one finding a line. `is_locked`: another process has the warehouse open; later it may work.
    """

    def __init__(self, exception: BaseException | None) -> None:
        """Keep of dbt's own error what a person needs."""
        finding, *hints = _HINTS.split(str(exception), maxsplit=1)
        lines = [line.strip() for line in finding.splitlines()]
        lines = [line for line in lines if line and not line.startswith(_NOISE) and not _EXCERPT.match(line)]
        # DuckDB tells of a file that is no CSV in several lines, and in which file among the options of its reader.
        if paths := _FILE_OPTION.findall("".join(hints)):
            lines = [" ".join([*lines, "in", *paths])]
        super().__init__("\n".join(lines))
        self.is_locked = exception is not None and is_locked(exception)


# What follows is advice on the options of DuckDB's reader, which the person in front of us cannot set.
_HINTS = re.compile("Possible (?:fixes|Solution)")
_FILE_OPTION = re.compile(r"^ *file = (.+)$", re.MULTILINE)
# DuckDB's excerpt of the SQL in which it met the error, and the mark below it.
_EXCERPT = re.compile(r"LINE \d+: |\^+$")
# Where in dbt it happened, a stack trace in prose; and raw rows, which may be about persons.
_NOISE = ("Compilation Error in operation", "Runtime Error", "> in macro", "> called by", "Original Line:")


@dataclass(frozen=True)
class NodeStarted:
    """dbt began a node. `total` counts all nodes of this run, tests among them."""

    unique_id: str
    total: int


@dataclass(frozen=True)
class NodeResult:
    """dbt ended a node: `status` as dbt words it, `seconds` it took, `failures` the rows that a test found."""

    unique_id: str
    status: str
    seconds: float
    message: str
    failures: int

    @property
    def is_built(self) -> bool:
        """A model or seed is as it should be."""
        return self.status == "success"

    @property
    def is_tested(self) -> bool:
        """A test has run and has a verdict."""
        return self.status in {"pass", "warn", "fail"}

    @property
    def is_error(self) -> bool:
        """dbt could not run the node at all."""
        return self.status == "error"


NodeEvent = NodeStarted | NodeResult


def ignore_event(event: NodeEvent) -> None:
    """For who does not want to hear of nodes."""


class DbtRunner(dg.ConfigurableResource[Any]):
    """dbt for one installation: those fields of `Settings` that it needs, as text, an empty one for what is not set."""

    warehouse: str
    raw_dir: str
    seeds_dir: str
    state_dir: str
    memory_limit: str = ""

    @classmethod
    def from_settings(cls, settings: Settings) -> DbtRunner:
        """dbt for this installation."""
        return cls(
            warehouse=str(settings.warehouse),
            raw_dir=str(settings.raw_dir or ""),
            seeds_dir=str(settings.seeds_dir),
            state_dir=str(settings.state_dir),
            memory_limit=settings.memory_limit,
        )

    def copy_for(self, warehouse: Path) -> DbtRunner:
        """dbt for another file of the same installation. Its name is that of the warehouse: parsed models know it."""
        return DbtRunner.from_settings(replace(self.settings, warehouse=warehouse))

    @property
    def settings(self) -> Settings:
        """The installation."""
        return Settings(
            warehouse=Path(self.warehouse),
            raw_dir=Path(self.raw_dir) if self.raw_dir else None,
            seeds_dir=Path(self.seeds_dir),
            state_dir=Path(self.state_dir),
            memory_limit=self.memory_limit,
        )

    @property
    def manifest_path(self) -> Path:
        """Where dbt leaves its manifest."""
        return self.settings.dbt_target_dir / "manifest.json"

    def parse(self, parse_vars: Mapping[str, Any], *, write_manifest: bool = True) -> Manifest:
        """Parse the project, unchanged files from dbt's cache. Raises DbtError if it does not parse."""
        from dbt.cli.main import dbtRunner

        written = "--write-json" if write_manifest else "--no-write-json"
        args = ["parse", written, "--vars", json.dumps(parse_vars, sort_keys=True), *self._places()]
        with self._environment():
            outcome = dbtRunner().invoke(args)
        if not outcome.success:
            raise DbtError(outcome.exception)
        manifest: Manifest = outcome.result  # type: ignore[assignment]  # of `parse`, it is one
        return manifest

    def build(self, args: BuildArgs) -> Iterator[NodeEvent]:
        """Run `dbt build` and yield each node's start and result as they come, in dbt's order.

        A node that fails is a result, no exception. Raises DbtError if dbt could not run its nodes. The days of a run
        cost no parsing: the parsed project is handed to dbt.
        """
        self.settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
        yield from self.invoke(self.parse(args.parse_vars, write_manifest=False), args.as_list())

    def invoke(self, manifest: Manifest, arguments: list[str]) -> Iterator[NodeEvent]:
        """Run one dbt command on a parsed project, as `build` does."""
        from dbt.cli.main import dbtRunner

        events: SimpleQueue[NodeEvent | dbtRunnerResult] = SimpleQueue()

        def listen(message: Any) -> None:
            if event := _node_event(message):
                events.put(event)

        def run() -> None:
            # What dbt would write as JSON is in Dagster's record, and its manifest was written when it last changed.
            command = [*arguments, "--no-write-json", *self._places()]
            events.put(dbtRunner(manifest=manifest, callbacks=[listen]).invoke(command))

        with self._environment(), self._warehouse_open():
            # A daemon: who interrupts the run need not wait for dbt. DuckDB undoes what was not committed.
            Thread(target=run, name="dbt", daemon=True).start()
            while isinstance(event := events.get(), NodeStarted | NodeResult):
                yield event
        if event.exception:
            raise DbtError(event.exception)

    def _places(self) -> list[str]:
        target_dir = self.settings.dbt_target_dir
        places = {
            "--project-dir": DBT_PROJECT_DIR,
            "--profiles-dir": PROFILES_DIR,
            "--target-path": target_dir,
            "--log-path": target_dir / "logs",
        }
        quiet = ["--log-level", "none", "--no-print", "--no-use-colors"]
        return [*(str(part) for place in places.items() for part in place), *quiet]

    @contextmanager
    def _warehouse_open(self) -> Iterator[None]:
        """Keep the file open while dbt runs: dbt opens and closes it for each node, which DuckDB answers from here.

        The lock is given back at the end; nobody gets in between. Who has it before is waited for here, half a minute,
        then it is a DbtError: dbt would wait a minute for every statement of its error handling as well. What else
        keeps the file from opening dbt says in its own words.
        """
        with ExitStack() as stack:
            if connection := self._connect():
                stack.enter_context(connection)
            yield

    def _connect(self) -> duckdb.DuckDBPyConnection | None:
        for seconds in (*_SECONDS_BETWEEN_LOCKED_ATTEMPTS, None):
            try:
                return duckdb.connect(str(self.settings.warehouse))
            except duckdb.Error as error:
                if not is_locked(error):
                    return None
                if seconds is None:
                    raise DbtError(error) from None
                time.sleep(seconds)
        return None

    @contextmanager
    def _environment(self) -> Iterator[None]:
        wanted = self.settings.dbt_environment()
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _node_event(message: Any) -> NodeEvent | None:
    """The event that a message of dbt's event stream tells of, if it is about a node."""
    data = message.data
    if message.info.name == "LogStartLine":
        return NodeStarted(unique_id=data.node_info.unique_id, total=data.total)
    if message.info.name == "NodeFinished":
        result = data.run_result
        return NodeResult(
            unique_id=data.node_info.unique_id,
            status=result.status,
            seconds=result.execution_time,
            message=result.message,
            failures=result.num_failures,
        )
    return None
