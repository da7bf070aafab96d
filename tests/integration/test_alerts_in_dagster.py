"""Alerts as Dagster runs them: what a run tells, what it shows of it, and that no sink and no mistake fails a run."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import dagster as dg
import duckdb
import pytest

from orchestration.alerts.assets import (
    ALERTS,
    ALERTS_WERE_DELIVERED,
    build_alerts,
    build_delivery,
    evaluate_sensor,
)
from orchestration.alerts.outbox import open_outbox
from orchestration.build import BuildRequest, BuildStatus, run_build
from orchestration.definitions import build_defs
from orchestration.instance import command_line_instance
from orchestration.jobs import SCORE_LEADS
from orchestration.publish.assets import SNAPSHOT_KEY
from tests.alert_world import ENVIRON, SECRET, configuration, csv_sink, webhook
from tests.conftest import SAMPLE_DAY
from tests.integration.receiver import answer, receiving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestration.settings import Settings
    from tests.integration.receiver import Receiver


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    with receiving() as running:
        yield running


@pytest.fixture
def settings(sample_settings: Settings, built_warehouse: Path, tmp_path: Path, receiver: Receiver) -> Settings:
    """The built tiny world with a webhook."""
    configuration(tmp_path, *webhook(receiver.url, "timeout_seconds = 1"))
    copy = tmp_path / built_warehouse.name
    shutil.copyfile(built_warehouse, copy)
    shutil.copytree(built_warehouse.parent / "published", tmp_path / "published", symlinks=True)
    return replace(sample_settings, warehouse=copy, alerts_config=tmp_path / "alerts.toml")


def run(settings: Settings) -> tuple[dg.ExecuteInProcessResult, dg.AssetCheckEvaluation]:
    """The asset alone, and its check."""
    result = dg.materialize([build_alerts(settings, upstream=[])])
    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert (check.asset_check_key.name, check.severity) == (ALERTS_WERE_DELIVERED, dg.AssetCheckSeverity.WARN)
    return result, check


def crossings_of_the_day(warehouse: Path) -> set[str]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        sql = "select crossing_id from marts.threshold_crossings where as_of_date = ?"
        return {crossing_id for (crossing_id,) in connection.execute(sql, [SAMPLE_DAY]).fetchall()}


def test_a_run_tells_what_the_day_brought(settings: Settings, receiver: Receiver) -> None:
    result, check = run(settings)
    assert check.passed
    expected = crossings_of_the_day(settings.warehouse)
    assert expected
    assert {request.message["crossing"]["crossing_id"] for request in receiver.requests} == expected
    (materialization,) = result.asset_materializations_for_node("send_alerts")
    assert materialization.metadata["sent"].value == len(expected)
    run(settings)
    assert len(receiver.requests) == len(expected)


def test_a_sink_that_fails_is_shown_and_fails_no_run(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.always = answer(500, SECRET.encode())
    result, check = run(settings)
    assert not check.passed
    assert check.description == "1 waiting to be sent again"
    monkeypatch.delenv("CRM_SECRET")
    _, check = run(settings)
    assert check.description == "crm: environment variable CRM_SECRET is not set; 1 waiting to be sent again"
    assert SECRET not in "".join(map(str, result.all_events))


def test_a_mistake_in_the_configuration_is_shown_and_loses_nothing(settings: Settings, receiver: Receiver) -> None:
    assert settings.alerts_config
    sound = settings.alerts_config.read_text(encoding="utf-8")
    settings.alerts_config.write_text(sound.replace("timeout_seconds = 1", "timeout = 1"), encoding="utf-8")
    _, check = run(settings)
    assert not check.passed
    assert (check.description or "").startswith("alerts.toml: sinks.crm.timeout: is no key here; valid: ")
    settings.alerts_config.write_text(sound, encoding="utf-8")
    _, check = run(settings)
    assert check.passed
    assert receiver.requests


def test_without_alerts_there_is_nothing_to_see(settings: Settings) -> None:
    _, check = run(replace(settings, alerts_config=None))
    assert check.passed
    assert not settings.alerts_outbox.exists()


@pytest.mark.slow
def test_a_build_whose_checks_fail_tells_nobody(settings: Settings, receiver: Receiver) -> None:
    with duckdb.connect(str(settings.warehouse)) as connection:
        # A turn that history keeps, on the wrong side of its threshold.
        connection.execute(
            """
            insert into marts.threshold_crossings
            select md5('broken'), entity, entity_id, threshold_id, product_id, 'up', ?, 1, 2, 60, action, cause
            from marts.threshold_crossings
            limit 1
            """,
            [SAMPLE_DAY - timedelta(days=15)],
        )
    result = run_build(settings, BuildRequest(SAMPLE_DAY))
    assert result.status is BuildStatus.CHECKS_FAILED, result
    assert not receiver.requests
    assert not settings.alerts_outbox.exists()


@pytest.mark.slow
def test_a_build_tells(settings: Settings, receiver: Receiver) -> None:
    result = run_build(settings, BuildRequest(SAMPLE_DAY))
    assert result.status is BuildStatus.DONE, result
    assert {request.message["crossing"]["crossing_id"] for request in receiver.requests} == crossings_of_the_day(
        settings.warehouse
    )
    with command_line_instance(settings) as instance:
        assert instance.get_latest_materialization_event(ALERTS)


def test_it_tells_what_was_published(sample_settings: Settings) -> None:
    definitions = build_defs(sample_settings)
    assert definitions.resolve_asset_graph().get(ALERTS).parent_keys == {SNAPSHOT_KEY}
    dependencies = definitions.resolve_job_def(SCORE_LEADS).dependency_structure
    before = {output.node_name for output in dependencies.all_upstream_outputs_from_node("send_alerts")}
    assert before == {"publish_snapshot"}


class TestSensor:
    def reason(self, settings: Settings) -> str | None:
        answer = evaluate_sensor(settings)
        return answer.skip_message if isinstance(answer, dg.SkipReason) else None

    def test_it_starts_a_run_when_something_is_due(self, settings: Settings, receiver: Receiver) -> None:
        assert self.reason(replace(settings, alerts_config=None)) == "No alerts are configured."
        assert self.reason(settings) == "No run has made alerts yet."
        receiver.always = answer(400)
        run(settings)
        assert self.reason(settings) == "Nothing is due."
        with open_outbox(settings.alerts_outbox) as outbox:
            assert outbox.retry(None) == 1
        assert self.reason(settings) is None

        receiver.always = None
        job, sensor = build_delivery(settings)
        assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
        assert job.execute_in_process().success
        assert self.reason(settings) == "Nothing is due."
        assert len(set(receiver.keys())) == 1

    def test_a_sink_that_cannot_be_used_starts_none(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CRM_SECRET")
        run(settings)
        assert self.reason(settings) == "Nothing is due."

    def test_a_mistake_is_told(self, settings: Settings, tmp_path: Path) -> None:
        run(settings)
        (tmp_path / "alerts.toml").write_text("sinks = 3", encoding="utf-8")
        assert (self.reason(settings) or "").startswith("alerts.toml: sinks")
        job, _ = build_delivery(settings)
        assert not job.execute_in_process(raise_on_error=False).success


def test_nothing_secret_is_in_the_definitions(settings: Settings, tmp_path: Path) -> None:
    configuration(tmp_path, *csv_sink(), *webhook("https://crm.example/secret-path"))
    definitions = build_defs(settings)
    shown = "".join(repr((spec.metadata, spec.description)) for spec in definitions.resolve_all_asset_specs())
    assert SECRET not in shown
    assert "secret-path" not in shown
