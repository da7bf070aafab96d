"""`python -m orchestration.describe`: write docs/columns.md and what is described in examples/superset anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.dbt_project import DbtProject
from orchestration.dbt_runner import DbtRunner
from orchestration.describe.columns_page import columns_page
from orchestration.describe.superset import described_dataset, in_our_style
from orchestration.describe.tables import described_tables
from orchestration.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMNS_PAGE = PROJECT_ROOT / "docs" / "columns.md"
DASHBOARD = PROJECT_ROOT / "examples" / "superset" / "dashboard"
DATASETS = DASHBOARD / "datasets"


def written_files(project: DbtProject) -> Iterator[tuple[Path, str]]:
    """Each file and what it must hold."""
    tables = described_tables(project)
    yield COLUMNS_PAGE, columns_page(tables.values())
    for path in sorted(DASHBOARD.rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        yield path, described_dataset(text, tables) if path.is_relative_to(DATASETS) else in_our_style(text)


def main() -> None:
    """Write what differs, and say so."""
    for path, text in written_files(DbtProject.load(DbtRunner.from_settings(Settings.from_environment()))):
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"written: {path.relative_to(PROJECT_ROOT)}")


if __name__ == "__main__":
    main()
