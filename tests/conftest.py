"""What tests of several folders share: options, and finished warehouses.

Belongs here: building a warehouse as the command line does. Does not: what is in it.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from orchestration.build import BuildRequest, BuildStatus, run_build
from orchestration.sample import write_sample
from orchestration.settings import DAGSTER_HOME_ENV, DEFAULT_SEEDS_DIR, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SAMPLE_DAY = date(2026, 6, 30)
"""The last day of the tiny sample world, and the as_of_date of its warehouse."""
SAMPLE_HISTORY_DAYS = 21


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--worlds", type=int, default=None, help="so many random worlds and splits, and every case of sampled tests"
    )
    parser.addoption(
        "--refresh-snapshots", action="store_true", help="write what is, instead of comparing with what was"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a test marked `sampled(n)` leave one of n cases, always the same ones; all of them with `--worlds`."""
    if config.getoption("worlds"):
        return
    seen: Counter[str] = Counter()
    left_out = []
    for item in items:
        if marker := item.get_closest_marker("sampled"):
            test = item.nodeid.partition("[")[0]
            if seen[test] % marker.args[0]:
                left_out.append(item)
            seen[test] += 1
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture(scope="session")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """dbt's target folder and Dagster's record of runs for this session: never those of the project."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(DAGSTER_HOME_ENV, raising=False)
        yield tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def sample_raw_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw tables of the tiny sample world."""
    folder = tmp_path_factory.mktemp("sample") / "raw"
    write_sample(folder, contacts=60, days=40, seed=7, end_date=SAMPLE_DAY)
    return folder


@pytest.fixture(scope="session")
def sample_settings(tmp_path_factory: pytest.TempPathFactory, sample_raw_dir: Path, state_dir: Path) -> Settings:
    """An installation over the tiny sample world with the default rule book; nothing is built yet."""
    warehouse = tmp_path_factory.mktemp("warehouse") / "warehouse.duckdb"
    return Settings(warehouse, sample_raw_dir, DEFAULT_SEEDS_DIR, state_dir)


@pytest.fixture(scope="session")
def built_warehouse(sample_settings: Settings) -> Path:
    """The finished warehouse of the tiny sample world with some weeks of history: to be read or copied, not written."""
    result = run_build(sample_settings, BuildRequest(SAMPLE_DAY, SAMPLE_DAY - timedelta(days=SAMPLE_HISTORY_DAYS)))
    assert result.status is BuildStatus.DONE, result
    return sample_settings.warehouse


@pytest.fixture
def build_world(tmp_path: Path, state_dir: Path) -> Callable[[Path, str], Path]:
    """A function (raw folder, as_of) that builds a warehouse with the default rule book and returns its file."""

    def build(raw_dir: Path, as_of: str) -> Path:
        settings = Settings(tmp_path / "warehouse.duckdb", raw_dir, DEFAULT_SEEDS_DIR, state_dir)
        result = run_build(settings, BuildRequest(date.fromisoformat(as_of)))
        assert result.status is BuildStatus.DONE, result
        return settings.warehouse

    return build
