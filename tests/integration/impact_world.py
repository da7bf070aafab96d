"""A built warehouse, and rule books that differ from the one it was built with, as commits of a repository.

Belongs here: worlds, edits of rule books, builds of copies. Does not: what an impact must say (`test_impact*.py`).
"""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from orchestration.build import BuildRequest, BuildStatus, run_build
from orchestration.sample import write_sample
from orchestration.settings import DEFAULT_SEEDS_DIR, Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import duckdb

DAY = date(2026, 6, 30)
HISTORY_DAYS = 3

Cells = dict[str, str]


@dataclass(frozen=True)
class Edit:
    """An edit of one file: `change` gets the row of this key, None if there is none, and returns it, None: removed."""

    file: str
    key: str
    change: Callable[[Cells | None], Cells | None]

    def apply(self, seeds_dir: Path) -> None:
        """Rewrite the file; only the row is touched."""
        path = seeds_dir / f"{self.file}.csv"
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        names = list(rows[0])
        key_column = names[0]
        old = next((row for row in rows if row[key_column] == self.key), None)
        new = self.change(dict(old) if old else None)
        if new is not None:
            new = {key_column: self.key, **new}
        assert new != old, "the edit changes nothing"
        kept = [new if row is old else row for row in rows] + ([new] if old is None else [])
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(row for row in kept if row is not None)


def with_cells(**cells: str) -> Callable[[Cells | None], Cells | None]:
    """A change of these cells."""
    return lambda row: {**(row or {}), **cells}


def removed(_: Cells | None) -> None:
    """The row goes."""


def added(like: Cells) -> Callable[[Cells | None], Cells | None]:
    """A row is there that was not."""
    return lambda _: like


class ImpactWorld:
    """A repository with a rule book, a sample world, and a warehouse built with the rule book of the branch `main`."""

    def __init__(
        self,
        folder: Path,
        contacts: int,
        days: int,
        *,
        history_days: int = HISTORY_DAYS,
        change: Callable[[Path], None] = lambda _: None,
    ) -> None:
        """Everything is written below `folder`; `change` may add to the raw tables; the build is made here."""
        self.folder = folder
        repository = folder / "repository"
        shutil.copytree(DEFAULT_SEEDS_DIR, repository / "seeds")
        self.repository = repository
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit()
        raw_dir = folder / "raw"
        write_sample(raw_dir, contacts=contacts, days=days, seed=7, end_date=DAY)
        change(raw_dir)
        self.settings = Settings(folder / "built" / "warehouse.duckdb", raw_dir, repository / "seeds", folder / "state")
        self.build(self.settings, DAY, DAY - timedelta(days=history_days))

    def git(self, *arguments: str) -> str:
        """Run git in the repository."""
        identity = ("-c", "user.name=test", "-c", "user.email=test@lumenforge.example", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", "-C", str(self.repository), *identity, *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self) -> str:
        """Commit what is there and return the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "rules")
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str, *edits: Edit) -> str:
        """A branch off `main` with these edits; `main` is checked out again."""
        self.git("switch", "--quiet", "--create", name, "main")
        for edit in edits:
            edit.apply(self.repository / "seeds")
        self.commit()
        self.git("switch", "--quiet", "main")
        return name

    def built_with(self, branch: str, as_of: date = DAY, *, full_refresh: bool = True) -> Path:
        """A copy of the warehouse in which a build with the rule book of a branch was made."""
        settings = replace(self.settings, warehouse=self.folder / f"{branch}_{as_of}" / "warehouse.duckdb")
        settings.warehouse.parent.mkdir()
        shutil.copyfile(self.settings.warehouse, settings.warehouse)
        self.git("switch", "--quiet", branch)
        try:
            self.build(settings, as_of, as_of, full_refresh=full_refresh)
        finally:
            self.git("switch", "--quiet", "main")
        return settings.warehouse

    @staticmethod
    def build(settings: Settings, as_of: date, first_day: date, *, full_refresh: bool = False) -> None:
        """Build, and let nothing pass that went wrong. The days are over."""
        result = run_build(settings, BuildRequest(as_of, first_day, full_refresh, {"run_date": "2026-12-31"}))
        assert result.status is BuildStatus.DONE, result


def rows_of(connection: duckdb.DuckDBPyConnection, select: str) -> list[dict[str, Any]]:
    """The rows of a query as dictionaries; numbers are compared to nine decimals, as everywhere."""
    answer = connection.execute(select)
    names = [column[0] for column in answer.description or ()]
    return [
        {name: round(value, 9) if isinstance(value, float) else value for name, value in zip(names, row, strict=True)}
        for row in answer.fetchall()
    ]
