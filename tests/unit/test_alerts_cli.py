"""`lead-scoring alerts`: what an operator sees, and the exit codes that scripts go by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from orchestration.alerts.config import load_config
from orchestration.alerts.enqueue import enqueue
from orchestration.alerts.outbox import open_outbox
from orchestration.cli import app
from orchestration.cli.places import demo_settings
from orchestration.settings import ALERTS_ENV, WAREHOUSE_ENV, Settings
from tests.alert_world import ENVIRON, TODAY, Turn, csv_sink, webhook, world

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = "http://127.0.0.1:9/"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A snapshot with two crossings, a webhook where nobody listens and a file."""
    monkeypatch.setenv(WAREHOUSE_ENV, str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv(ALERTS_ENV, str(tmp_path / "alerts.toml"))
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "alerts.toml").write_text("\n".join([*webhook(NOBODY), *csv_sink()]), encoding="utf-8")
    (tmp_path / "published").mkdir()
    world(Turn("ada"), Turn("bob")).publish(tmp_path / "published" / "lead_scoring.duckdb")
    return tmp_path


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["alerts", *arguments])


def enqueue_news(folder: Path) -> None:
    settings = Settings.from_environment()
    with open_outbox(settings.alerts_outbox) as outbox:
        enqueue(outbox, load_config(folder / "alerts.toml"), settings.snapshot)


def kill_one(folder: Path) -> str:
    enqueue_news(folder)
    with open_outbox(Settings.from_environment().alerts_outbox) as outbox:
        delivery = outbox.claim("crm", 60)
        assert delivery
        outbox.failed(delivery, "HTTP 400 Bad Request", None)
    return delivery.key


def test_without_alerts_it_says_how_to_get_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALERTS_ENV, "")
    result = run("status")
    assert result.exit_code == 1
    assert "copy examples/alerts.toml" in result.stderr
    assert folder.exists()


def test_every_mistake_is_a_line(folder: Path) -> None:
    (folder / "alerts.toml").write_text('sinks = 3\nmax_age_days = "7"', encoding="utf-8")
    result = run("deliver")
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert "2 mistakes in" in result.stderr


def test_deliver_sends_what_is_due(folder: Path) -> None:
    assert run("deliver").exit_code == 0
    enqueue_news(folder)
    result = run("deliver")
    assert result.exit_code == 1
    assert result.stdout == "2 messages sent, 2 waiting, 0 given up.\n"
    assert json.loads(run("deliver", "--json").stdout)["pending"] == 2


def test_deliver_sends_a_backfill_that_is_asked_for(folder: Path) -> None:
    (folder / "alerts.toml").write_text("\n".join(csv_sink()), encoding="utf-8")
    result = run("deliver", "--since", TODAY.isoformat())
    assert (result.exit_code, result.stdout) == (0, "2 messages sent, 0 waiting, 0 given up.\n")
    assert run("deliver", "--since", "June").exit_code == 1
    (folder / "published" / "lead_scoring.duckdb").unlink()
    assert "nothing published" in run("deliver", "--since", TODAY.isoformat()).stderr


def test_status_shows_what_did_not_arrive_and_why(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = kill_one(folder)
    run("deliver")
    monkeypatch.setenv("COLUMNS", "120")
    shown = run("status").stdout
    assert key in shown
    assert "HTTP 400 Bad Request" in shown
    assert "no connection" in shown
    assert TODAY.isoformat() in shown
    report = json.loads(run("status", "--json").stdout)
    assert report["sinks"]["crm"]["dead"] == 1
    assert report["sinks"]["archive"]["delivered"] == 2
    assert [letter["key"] for letter in report["dead_letters"]] == [key]
    monkeypatch.delenv("CRM_SECRET")
    assert "CRM_SECRET is not set" in run("status").stdout


def test_status_shows_what_a_sink_waits_for_in_vain(folder: Path) -> None:
    lines = csv_sink("crossings.csv", 'threshold_ids = ["qualified_lead", "qualifed"]', 'actions = ["Call"]')
    (folder / "alerts.toml").write_text("\n".join(lines), encoding="utf-8")
    report = json.loads(run("status", "--json").stdout)
    assert report["problems"] == {"archive": "not in the rule book: threshold qualifed, action Call"}


def test_retry_of_one_or_all(folder: Path) -> None:
    key = kill_one(folder)
    assert run("retry").exit_code == 1
    assert run("retry", key, "--all-dead").exit_code == 1
    assert "Not given up: nonsense" in run("retry", "nonsense").stderr
    assert run("retry", key).stdout == "1 message to be sent again.\n"
    assert run("retry", "--all-dead").stdout == "0 messages to be sent again.\n"


def test_a_sink_is_tried(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("test", "archive").exit_code == 0
    assert ",test," in (folder / "crossings.csv").read_text(encoding="utf-8")
    assert "crm: no connection" in run("test", "crm").stderr
    assert "there are crm, archive" in run("test", "mail").stderr
    monkeypatch.delenv("CRM_SECRET")
    assert "CRM_SECRET is not set" in run("test", "crm").stderr
    assert not Settings.from_environment().alerts_outbox.exists()


def test_nobody_is_alerted_of_the_demo_s_people(folder: Path) -> None:
    assert Settings.from_environment().alerts_config == folder / "alerts.toml"
    assert demo_settings().alerts_config is None
