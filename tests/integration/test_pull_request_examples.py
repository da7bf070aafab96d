"""docs/pull-requests.md: its patches fit the rule book, leave it valid and tidy, and move whom the page says."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from examples.pull_requests.add_trade_fair import add_people
from orchestration.cli import app
from orchestration.settings import DEFAULT_IMPACT_POLICY, DEFAULT_SEEDS_DIR, PROJECT_ROOT, SEEDS_DIR_ENV
from tests.integration.impact_world import ImpactWorld

if TYPE_CHECKING:
    from pathlib import Path

PAGE = PROJECT_ROOT / "docs" / "pull-requests.md"
PATCHES = sorted((PROJECT_ROOT / "examples" / "pull_requests").glob("*.patch"))
HISTORY_DAYS = 20
CONTACTS, DAYS = 2000, 180
"""As `lead-scoring sample` has them by default, and the page asks for."""


def patch(repository: Path, file: Path) -> None:
    subprocess.run(["git", "apply", "--whitespace=nowarn", str(file)], cwd=repository, check=True, capture_output=True)


def command(seeds_dir: Path, *arguments: str, **env: str) -> tuple[int, str]:
    """Exit code and what is printed, to a terminal as wide as the page's."""
    result = CliRunner().invoke(app, list(arguments), env={SEEDS_DIR_ENV: str(seeds_dir), "COLUMNS": "120", **env})
    return result.exit_code, result.output


def reports_of_page() -> list[list[str]]:
    """The lines of the report of each pull request, in the order of the page."""
    blocks = re.findall(r"```console\n\$ lead-scoring impact --base main\n…\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    return [block.splitlines() for block in blocks]


def edits_of_page() -> list[list[str]]:
    return [block.splitlines() for block in re.findall(r"```diff\n(.*?)```", PAGE.read_text("utf-8"), re.S)]


def test_the_page_shows_every_patch() -> None:
    edits = [
        [line for line in file.read_text("utf-8").splitlines() if re.match(r"[+-](?![+-])", line)] for file in PATCHES
    ]
    assert len(edits) == 5
    assert edits_of_page() == edits
    assert len(reports_of_page()) == 5


@pytest.mark.parametrize("file", PATCHES, ids=lambda file: file.stem)
def test_a_patch_leaves_the_rule_book_valid_and_tidy(tmp_path: Path, file: Path) -> None:
    shutil.copytree(DEFAULT_SEEDS_DIR, tmp_path / "seeds")
    patch(tmp_path, file)
    for arguments in (("validate", "--strict"), ("format", "--check")):
        code, output = command(tmp_path / "seeds", *arguments)
        assert code == 0, output


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> ImpactWorld:
    """The page's world, built."""
    return ImpactWorld(
        tmp_path_factory.mktemp("pull_requests"),
        CONTACTS,
        DAYS,
        history_days=HISTORY_DAYS,
        change=lambda raw: add_people(raw / "contacts.parquet"),
    )


@pytest.mark.slow
@pytest.mark.sampled(2)
@pytest.mark.parametrize("number", range(5), ids=[file.stem for file in PATCHES])
def test_the_report_is_that_of_the_page(world: ImpactWorld, number: int) -> None:
    patch(world.repository, PATCHES[number])
    try:
        code, output = command(
            world.settings.seeds_dir,
            "impact",
            "--base",
            "main",
            "--vars",
            '{"run_date": "2026-12-31"}',
            **replace(world.settings, impact_policy=DEFAULT_IMPACT_POLICY).as_environment(),
        )
    finally:
        world.git("checkout", "--quiet", "--", ".")
    assert code == 0, output
    printed = {line.rstrip() for line in output.splitlines()}
    assert [line for line in reports_of_page()[number] if line not in printed] == []
