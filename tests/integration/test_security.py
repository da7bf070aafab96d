"""What docs/security.md promises of whole runs: secrets are in no file, and text in data is never run.

Promises about one output are tested beside it; the page names the tests.
"""

from __future__ import annotations

import csv
import re
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from orchestration.build import BuildRequest, BuildStatus, run_build
from orchestration.publish.parquet import CURRENT, parquet_dir_of
from orchestration.rule_book import validate
from orchestration.settings import DEFAULT_SEEDS_DIR, Settings
from tests.alert_world import SECRET, SLACK_TOKEN
from tests.conftest import SAMPLE_DAY
from tests.integration.receiver import Receiver, answer, receiving
from tests.integration.test_forget import query
from tests.traces import traces_in_files, traces_in_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PASSWORD = "pg-p4ssw0rd-in-the-url"  # noqa: S105 - to be looked for in what is written
HOSTILE = "'); drop schema marts cascade; -- {{ 1/0 }} {% raw %} ${HOME} \\' \" | <script>x</script> =1+1"


@pytest.fixture
def installation(sample_settings: Settings, built_warehouse: Path, tmp_path: Path) -> Settings:
    """A copy of the built tiny world, with a state of its own."""
    folder = tmp_path / "all"
    folder.mkdir()
    shutil.copyfile(built_warehouse, folder / "warehouse.duckdb")
    shutil.copytree(sample_settings.dbt_target_dir, folder / "state" / "dbt")
    return replace(sample_settings, warehouse=folder / "warehouse.duckdb", state_dir=folder / "state")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.mark.slow
def test_secrets_are_in_no_file_of_a_run(
    installation: Settings,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Webhook secrets, the URL of a Slack webhook and PostgreSQL's password, in a run whose every receiver refuses."""
    monkeypatch.setenv("CRM_SECRET", SECRET)
    monkeypatch.setenv("SLACK_URL", f"{receiver.url}/{SLACK_TOKEN}")
    # Each tells in its answer what it knows: the secret that it shares with us, and the path that it was asked by.
    receiver.always = lambda handler, _: answer(400, f"{SECRET} {handler.path}".encode())(handler, _)
    folder = installation.warehouse.parent
    config = folder / "alerts.toml"
    config.write_text(
        "max_age_days = 60\ninclude_backfill = true\n"
        f'[sinks.crm]\ntype = "webhook"\nurl = "{receiver.url}"\nsecret_env = "CRM_SECRET"\nrun_failures = true\n'
        '[sinks.sales]\ntype = "slack"\nurl_env = "SLACK_URL"\nrun_failures = true\n',
        encoding="utf-8",
    )
    settings = replace(
        installation,
        alerts_config=config,
        postgres_url=f"postgresql://owner:{PASSWORD}@127.0.0.1:1/postgres",
    )
    result = run_build(settings, BuildRequest(SAMPLE_DAY))
    assert result.status is BuildStatus.ERRORS
    assert any(error.startswith("PostgreSQL: ") for error in result.errors), result
    without_postgres = replace(settings, postgres_url="")
    result = run_build(without_postgres, BuildRequest(SAMPLE_DAY, SAMPLE_DAY - timedelta(days=30)))
    assert result.status is BuildStatus.DONE, result
    assert receiver.requests, "somebody was asked"
    secrets = [SECRET, SLACK_TOKEN, "xox_secret_word", PASSWORD]
    assert traces_in_files(folder, secrets) == []
    assert traces_in_tables(settings.snapshot, secrets) == {}
    assert not any(secret in text for text in capfd.readouterr() for secret in secrets)
    # The same search finds what is there.
    assert traces_in_files(folder, ["CRM_SECRET"]) == ["alerts.toml"]
    assert traces_in_files(folder, ["score_leads"])


def hostile_rule_book(folder: Path) -> None:
    """The default rule book with hostile text wherever text is free, names of rules and criteria among it."""
    shutil.copytree(DEFAULT_SEEDS_DIR, folder)
    free = {"description", "product_name", "action", "recommended_action", "rule_id", "criterion_id", "threshold_id"}
    for file in folder.glob("*.csv"):
        with file.open(encoding="utf-8-sig", newline="") as stream:
            header, *rows = list(csv.reader(stream))
        # Of the files with thousands of rows the first ones do.
        for row in rows[:200]:
            for place, column in enumerate(header):
                if column in free and row[place] and (file.stem, row[place]) != ("fit_criteria", "job_title"):
                    row[place] += HOSTILE
                if column == "criterion_id" and row[place].startswith("job_title"):
                    row[place] = "job_title"
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, *rows])


@pytest.mark.slow
def test_a_hostile_rule_book_scores_the_same(sample_settings: Settings, built_warehouse: Path, tmp_path: Path) -> None:
    hostile_rule_book(tmp_path / "seeds")
    assert validate(tmp_path / "seeds") == []
    settings = replace(
        sample_settings,
        warehouse=tmp_path / "warehouse.duckdb",
        seeds_dir=tmp_path / "seeds",
        state_dir=tmp_path / "state",
    )
    result = run_build(settings, BuildRequest(SAMPLE_DAY))
    assert result.status is BuildStatus.DONE, result
    scores = (
        "select contact_id, round(lead_score, 9), round(activity_score, 9), round(fit_score, 9), lead_grade"
        " from marts.contact_scores order by contact_id"
    )
    assert query(settings.warehouse, scores) == query(built_warehouse, scores)
    tables = "select schema_name, table_name from duckdb_tables() order by all"
    assert query(settings.warehouse, tables) == query(built_warehouse, tables)
    shown = "select distinct action from marts.threshold_crossings"
    assert all(action.endswith(HOSTILE) for (action,) in query(settings.warehouse, shown))
    rules = "select count(*) from marts.score_contributions where contains(rule_id, 'drop schema marts')"
    assert query(settings.warehouse, rules)[0][0] > 50


def test_the_threat_model_names_tests_that_exist() -> None:
    """A promise whose test was renamed or removed is a promise that nobody keeps."""
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    assert len(named) >= 20
    defined = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        defined |= set(re.findall(r"def (test_\w+)\(", file.read_text(encoding="utf-8"))) | {file.stem}
    assert named - defined == set()


def test_published_files_are_read_only(built_warehouse: Path, sample_settings: Settings) -> None:
    assert built_warehouse.exists()
    folder = parquet_dir_of(sample_settings.snapshot) / CURRENT
    files = [file for file in folder.rglob("*") if not file.is_dir()]
    assert {file.parent.name for file in files} >= {CURRENT, "event_log", "score_history"}
    for file in [sample_settings.snapshot, *files]:
        assert file.stat().st_mode & 0o777 == 0o444, file
    with pytest.raises(duckdb.Error), duckdb.connect(str(sample_settings.snapshot), read_only=True) as connection:
        connection.execute("delete from marts.contact_scores")
