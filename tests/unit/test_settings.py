"""The handles of the environment: what is read from them, and what other processes are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.settings import DEFAULT_SEEDS_DIR, Settings

if TYPE_CHECKING:
    import pytest

URL = "postgresql://me:s3cret@db.example/marts"


def test_what_is_published_stands_beside_the_warehouse_unless_a_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEAD_SCORING_WAREHOUSE", "data/warehouse.duckdb")
    monkeypatch.delenv("LEAD_SCORING_PUBLISHED_DIR", raising=False)
    beside = Settings.from_environment()
    assert beside.snapshot == tmp_path / "data" / "published" / "lead_scoring.duckdb"
    # Another warehouse is not published over the first one's tables.
    assert replace(beside, warehouse=tmp_path / "other" / "w.duckdb").published_dir == tmp_path / "other" / "published"
    monkeypatch.setenv("LEAD_SCORING_PUBLISHED_DIR", "readers")
    named = Settings.from_environment()
    assert named.published_dir == tmp_path / "readers"
    assert replace(named, warehouse=tmp_path / "w.duckdb").published_dir == tmp_path / "readers"


def test_another_process_reads_the_same_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(
        tmp_path / "w.duckdb",
        tmp_path / "raw",
        DEFAULT_SEEDS_DIR,
        memory_limit="4GB",
        publish_to=tmp_path / "readers",
        publish_exclude=("event_log", "score_ledger"),
        postgres_url=URL,
        postgres_schema="crm",
        alerts_config=tmp_path / "alerts.toml",
        guards_config=tmp_path / "guards.toml",
        environment="production",
        schedule="30 4 * * 1-5",
        dagster_postgres_url=URL,
    )
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    assert Settings.from_environment() == settings
    monkeypatch.setenv("LEAD_SCORING_PUBLISH_EXCLUDE", " event_log ,, score_ledger")
    assert Settings.from_environment() == settings


def test_the_password_is_not_shown() -> None:
    settings = Settings(Path("w.duckdb"), None, DEFAULT_SEEDS_DIR, postgres_url=URL)
    assert "s3cret" not in repr(settings)
    assert all("s3cret" not in value for value in settings.dbt_environment().values())
