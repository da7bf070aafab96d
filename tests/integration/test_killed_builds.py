"""A build that is killed, or finds the disk full or the warehouse locked, costs nothing but its time.

The next one completes, and publishes what an undisturbed warehouse does. The builds are really killed, by SIGKILL, in
processes of their own: at a statement of SQL (`dying_build`), when a table begins, after a while. What is between them
(first build, changed rows, changed rules, …) is told with the changes of `change_cases`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import reduce
from itertools import cycle
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from orchestration.settings import PROJECT_ROOT
from tests.integration.change_cases import RAW_CHANGES, RULE_CHANGES, YESTERDAY, rule_book, told_in_cases
from tests.integration.dying_build import MOMENTS, Moment, Statements, counted
from tests.reference.compare import assert_same
from tests.reference.warehouse import DbtWarehouse, variables_of
from tests.reference.worlds import TODAY, Run, write_raw, write_rule_book

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.reference.compare import Tables

CASES = tuple(RAW_CHANGES)[::2]
EARLIER = Run(raw=told_in_cases(CASES), rule_book=rule_book(), as_of=YESTERDAY, from_date=None, variables={})
ROWS_CHANGED = replace(EARLIER, raw=told_in_cases(CASES, CASES[::2]), as_of=TODAY)
RULES_CHANGED = replace(
    EARLIER,
    rule_book=reduce(
        lambda book, name: RULE_CHANGES[name](book),
        ("points", "object_pattern", "content_category", "title_points", "a_threshold_value", "a_new_bot_pattern"),
        rule_book(),
    ),
    as_of=TODAY,
)


@dataclass(frozen=True)
class Scenario:
    """What has been built before, and the build that is killed."""

    earlier: Run | None
    killed: Run
    arguments: tuple[str, ...] = ()


SCENARIOS = {
    "first_build": Scenario(None, ROWS_CHANGED),
    "changed_rows": Scenario(EARLIER, ROWS_CHANGED),
    "changed_rules": Scenario(EARLIER, RULES_CHANGED),
    "full_refresh": Scenario(EARLIER, ROWS_CHANGED, ("--full-refresh",)),
    "history": Scenario(EARLIER, replace(ROWS_CHANGED, from_date=TODAY - timedelta(days=9))),
}
# What comes next: the same again, the day after, or the same day after yet other changes. Days of which nothing was
# written yet must be asked for again, and a first build that did not get to the history begins none.
NEXT = ("again", "next_day", "changed_again")


def next_run(name: str, killed: Run) -> Run:
    if name == "again":
        return killed
    if name == "next_day":
        return replace(killed, as_of=TODAY + timedelta(days=1))
    return replace(
        killed, raw=told_in_cases(CASES, CASES[1::2]), rule_book=RULE_CHANGES["a_first_cap"](killed.rule_book)
    )


@dataclass
class Builds:
    """Builds in a folder, disturbed and undisturbed; what they leave is kept and copied."""

    dbt: DbtWarehouse
    folder: Path
    statements: dict[str, int] = field(default_factory=dict)

    def start(self, scenario: str) -> None:
        """The warehouse as it is when the build begins that will be killed."""
        earlier = SCENARIOS[scenario].earlier
        if earlier is None:
            self._forget()
        elif not self._restore("earlier"):
            self._build("earlier", earlier)

    def count(self, scenario: str) -> int:
        """How many statements the undisturbed build takes; its warehouse is kept."""
        if scenario not in self.statements:
            self.start(scenario)
            counter = Statements()
            with counted(counter):
                self._build(scenario, SCENARIOS[scenario].killed, SCENARIOS[scenario].arguments)
            self.statements[scenario] = counter.count
        return self.statements[scenario]

    def undisturbed(self, scenario: str, following: str) -> Tables:
        """What is published after the whole scenario and the build that follows."""
        self.count(scenario)
        name = f"{scenario}_{following}"
        if not self._restore(name):
            assert self._restore(scenario)
            self._build(name, next_run(following, SCENARIOS[scenario].killed))
        return self.dbt.read()

    def run(self, run: Run) -> Tables:
        """Build undisturbed on what there is."""
        return self.dbt.run(run)

    def child(self, run: Run, *arguments: str, **order: Any) -> subprocess.CompletedProcess[str]:
        """Build in a process of its own, which dies as it is told to."""
        self.write(run)
        told = {
            "folder": str(self.dbt.path.parent),
            "variables": variables_of(run),
            "arguments": arguments,
            "last_statement": None,
            "moment": "before",
            "file_size": None,
            **order,
        }
        return subprocess.run(
            [sys.executable, "-m", "tests.integration.dying_build"],
            cwd=PROJECT_ROOT,
            input=json.dumps(told),
            capture_output=True,
            text=True,
            check=False,
        )

    def write(self, run: Run) -> None:
        write_raw(run.raw, self.dbt.raw_dir)
        write_rule_book(run.rule_book, self.dbt.seeds_dir)

    def _build(self, name: str, run: Run, arguments: tuple[str, ...] = ()) -> None:
        self.write(run)
        self.dbt.build(variables_of(run), *arguments)
        assert not self._log.exists()
        shutil.copyfile(self.dbt.path, self.folder / name)

    def _restore(self, name: str) -> bool:
        self._forget()
        if (self.folder / name).exists():
            shutil.copyfile(self.folder / name, self.dbt.path)
        return self.dbt.path.exists()

    def _forget(self) -> None:
        for path in (self.dbt.path, self._log):
            path.unlink(missing_ok=True)

    @property
    def _log(self) -> Path:
        """Where DuckDB keeps what is committed and not yet in the file."""
        return self.dbt.path.with_name(f"{self.dbt.path.name}.wal")


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    return Builds(DbtWarehouse(tmp_path_factory.mktemp("killed")), tmp_path_factory.mktemp("kept"))


def kill(builds: Builds, scenario: str, share: float, moment: Moment) -> None:
    """Start the scenario's build and kill it after that share of its statements."""
    last = max(1, round(share * builds.count(scenario)))
    builds.start(scenario)
    killed = SCENARIOS[scenario]
    died = builds.child(killed.killed, *killed.arguments, last_statement=last, moment=moment)
    assert died.returncode == -signal.SIGKILL, died.stdout + died.stderr


# --- killed at a statement -------------------------------------------------------------------------------------------

SHARES = (0.02, 0.3, 0.7, 0.97)
KILLS = [
    (scenario, share, moment, following)
    for scenario, start in SCENARIOS.items()
    for (number, share), moment in zip(enumerate(SHARES), cycle(MOMENTS), strict=False)
    for following in [NEXT[(number + number // 3) % 3]]
    if following != "next_day" or (start.earlier and start.killed.from_date is None)
]


@pytest.mark.slow
@pytest.mark.sampled(7)
@pytest.mark.parametrize(("scenario", "share", "moment", "following"), KILLS)
def test_the_next_build_makes_good_what_was_killed(
    builds: Builds, scenario: str, share: float, moment: Moment, following: str
) -> None:
    expected = builds.undisturbed(scenario, following)
    kill(builds, scenario, share, moment)
    assert_same(expected, builds.run(next_run(following, SCENARIOS[scenario].killed)))


@pytest.mark.slow
@pytest.mark.sampled(3)
@pytest.mark.parametrize("scenario", ["changed_rules", "first_build", "history"])
def test_a_build_killed_again_and_again_gets_there(builds: Builds, scenario: str) -> None:
    """Each attempt dies at another place than the one before, and on what that one left."""
    expected = builds.undisturbed(scenario, "again")
    statements = builds.count(scenario)
    builds.start(scenario)
    started = SCENARIOS[scenario]
    for share, moment in zip((0.9, 0.3, 0.6, 0.75, 0.5), cycle(MOMENTS), strict=False):
        last = round(share * statements)
        died = builds.child(started.killed, *started.arguments, last_statement=last, moment=moment)
        # an attempt may have less to do than the first one
        assert died.returncode in (-signal.SIGKILL, 0), died.stdout + died.stderr
    assert_same(expected, builds.run(started.killed))


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["history", "first_build"])
def test_days_that_were_begun_are_finished_by_a_run_that_was_not_asked_for_them(builds: Builds, scenario: str) -> None:
    """With the rules of that run, all of them: a day that is partly of one rule book adds up to nothing."""
    killed = SCENARIOS[scenario].killed
    rules = RULE_CHANGES["a_first_cap"](RULES_CHANGED.rule_book)
    following = replace(killed, rule_book=rules, as_of=TODAY + timedelta(days=1), from_date=None)
    builds.start(scenario)
    expected = builds.run(replace(following, from_date=killed.from_date or killed.as_of))
    kill(builds, scenario, 0.97, "before")
    with duckdb.connect(builds.dbt.path) as connection:
        begun = connection.execute(
            "select min(as_of_date), max(as_of_date) from intermediate.int_begun_days"
        ).fetchone()
    assert begun == (killed.from_date or killed.as_of, killed.as_of)
    assert_same(expected, builds.run(following))


# --- killed from outside, as `lead-scoring build` runs it -------------------------------------------------------------

_RUN_BUILD = """
import json, os, sys
from datetime import date
from pathlib import Path
from orchestration.build import BuildRequest, NodeStarted, run_build
from orchestration.settings import Settings

def tell(event):
    if isinstance(event, NodeStarted):
        print(event.unique_id, flush=True)

order = json.loads(sys.argv[1])
settings = Settings(*(Path(order[name]) for name in ("warehouse", "raw_dir", "seeds_dir", "state_dir")))
print("ready", flush=True)
result = run_build(settings, BuildRequest(date.fromisoformat(order["as_of"])), tell)
print(*result.errors, sep="\\n")
print(*(f"{check.table}: {check.name}: {check.finding}" for check in result.failed_checks), sep="\\n")
sys.exit(result.status)
"""


@contextmanager
def run_build(builds: Builds, run: Run) -> Iterator[subprocess.Popen[str]]:
    """`lead-scoring build` without its terminal: every node that starts is a line. After the block it is over."""
    builds.write(run)
    dbt = builds.dbt
    places = {"warehouse": dbt.path, "raw_dir": dbt.raw_dir, "seeds_dir": dbt.seeds_dir}
    order = {name: str(path) for name, path in {**places, "state_dir": builds.folder / "state"}.items()}
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN_BUILD, json.dumps({**order, "as_of": run.as_of.isoformat()})],
        cwd=PROJECT_ROOT,
        env={name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def read_until(process: subprocess.Popen[str], ending: str) -> None:
    """Read the process's lines up to one that ends so."""
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.rstrip().endswith(ending):
            return
    raise AssertionError(f"no line ends with {ending}:\n{''.join(lines)}")


@pytest.mark.slow
@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    ("node", "seconds"),
    [
        *((name, 0.0) for name in (".point_rules", ".score_ledger")),
        *((name, 0.02) for name in (".score_history", ".event_outcomes")),
        *(("ready", seconds) for seconds in (2.5, 8.0)),
    ],
)
def test_a_build_killed_from_outside(builds: Builds, node: str, seconds: float) -> None:
    """When a table begins, and soon after; while it prepares. Dagster's record of the run has no end then."""
    expected = builds.undisturbed("changed_rows", "again")
    builds.start("changed_rows")
    with run_build(builds, ROWS_CHANGED) as process:
        read_until(process, node)
        time.sleep(seconds)
    assert process.returncode == -signal.SIGKILL
    with run_build(builds, ROWS_CHANGED) as process:
        output, _ = process.communicate()
    assert process.returncode == 0, output[-3000:]
    assert_same(expected, builds.dbt.read())


# --- the disk is full ------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.sampled(3)
@pytest.mark.parametrize("share", [0.003, 0.02])
@pytest.mark.parametrize("scenario", ["first_build", "changed_rows", "full_refresh"])
def test_a_full_disk_ends_the_build_and_the_next_one_completes(builds: Builds, scenario: str, share: float) -> None:
    """No file, DuckDB's log among them, grows beyond that share of the warehouse.

    The share is small because what is committed is in the log: that it cannot be moved into the warehouse is no error.
    """
    expected = builds.undisturbed(scenario, "again")
    size = builds.dbt.path.stat().st_size
    builds.start(scenario)
    started = SCENARIOS[scenario]
    failed = builds.child(started.killed, *started.arguments, file_size=round(share * size))
    assert failed.returncode == 1
    assert "File too large" in failed.stderr, failed.stderr[-3000:]
    assert_same(expected, builds.run(started.killed))


# --- the warehouse is locked -----------------------------------------------------------------------------------------

LOCKED_OUT_SECONDS = 300
"""How long a person may wait to hear that somebody else has the warehouse."""
_HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another process has the warehouse open for writing."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        read_until(holder, "held")
        yield
    finally:
        holder.communicate("")


@pytest.mark.slow
def test_a_build_waits_for_a_lock_that_is_soon_released(builds: Builds) -> None:
    expected = builds.undisturbed("changed_rows", "again")
    builds.start("changed_rows")
    with run_build(builds, ROWS_CHANGED) as process:
        with held(builds.dbt.path):
            read_until(process, "ready")
            time.sleep(10)
            assert process.poll() is None
        output, _ = process.communicate()
    assert process.returncode == 0, output[-3000:]
    assert_same(expected, builds.dbt.read())


@pytest.mark.slow
def test_a_build_that_is_locked_out_says_so_and_changes_nothing(builds: Builds) -> None:
    builds.start("changed_rows")
    before = builds.dbt.path.read_bytes()
    with held(builds.dbt.path), run_build(builds, ROWS_CHANGED) as process:
        output, _ = process.communicate(timeout=LOCKED_OUT_SECONDS)
    assert process.returncode == 1, output
    assert "Could not set lock on file" in output
    assert str(builds.dbt.path) in output
    assert "Traceback" not in output
    assert builds.dbt.path.read_bytes() == before
    built = builds.run(ROWS_CHANGED)
    assert_same(builds.undisturbed("changed_rows", "again"), built)


@pytest.mark.slow
def test_nobody_gets_in_between_two_tables(builds: Builds) -> None:
    expected = builds.undisturbed("changed_rows", "again")
    builds.start("changed_rows")
    with run_build(builds, ROWS_CHANGED) as process:
        read_until(process, ".int_ledger")
        with pytest.raises(duckdb.IOException, match="Could not set lock"):
            duckdb.connect(builds.dbt.path)
        output, _ = process.communicate(timeout=LOCKED_OUT_SECONDS)
    assert process.returncode == 0, output[-3000:]
    assert_same(expected, builds.dbt.read())
