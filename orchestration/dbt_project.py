"""What is known of the dbt project before it runs: its vars and its manifest, parsed anew when a file has changed.

Running it is the business of `dbt_runner`; what Dagster shows of it that of `translator`.
"""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from orchestration.settings import DBT_PROJECT_DIR, PROFILES_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestration.dbt_runner import DbtRunner

_PROJECT_FILES = ("dbt_project.yml", "models", "macros", "tests")


class DbtProject:
    """The manifest of the project and the graph's parts by id; reading it parses the project if need be."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        """`manifest`: dbt's manifest as JSON."""
        self.manifest = manifest

    @classmethod
    def load(cls, runner: DbtRunner) -> DbtProject:
        """The manifest in the runner's target folder, made anew where a file of the project is younger."""
        path = runner.manifest_path
        if not _is_current(path, Path(runner.seeds_dir)):
            runner.parse({})
        return cls(json.loads(path.read_text(encoding="utf-8")))

    @cached_property
    def sources(self) -> list[str]:
        """Ids of the raw tables."""
        return sorted(self.manifest["sources"])

    @property
    def source_names(self) -> list[str]:
        """Names of the raw tables."""
        return [self.manifest["sources"][source]["name"] for source in self.sources]

    def node(self, unique_id: str) -> Mapping[str, Any]:
        """A model, seed or test."""
        node: Mapping[str, Any] = self.manifest["nodes"][unique_id]
        return node


def project_vars() -> dict[str, Any]:
    """The vars of dbt_project.yml: engine parameters with their defaults."""
    project = yaml.safe_load((DBT_PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))
    return dict(project["vars"])


def _is_current(manifest_path: Path, seeds_dir: Path) -> bool:
    if not manifest_path.exists():
        return False
    # A removed file leaves its mark on the folder. Of the rule book only the names of its files matter.
    made_at = manifest_path.stat().st_mtime
    watched = (*_project_paths(), PROFILES_DIR / "profiles.yml", seeds_dir)
    return all(path.stat().st_mtime < made_at for path in watched)


def _project_paths() -> Iterator[Path]:
    for name in _PROJECT_FILES:
        path = DBT_PROJECT_DIR / name
        if path.exists():
            yield path
            yield from path.rglob("*")
