"""Alerts without a network: configuration, what is news, second thoughts, floods, the outbox, what messages say."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.alerts.config import ConfigError, load_config
from orchestration.alerts.delivery import MAX_ATTEMPTS, deliver
from orchestration.alerts.enqueue import enqueue
from orchestration.alerts.messages import failure_message
from orchestration.alerts.outbox import Outbox, OutboxError, open_outbox
from orchestration.alerts.published import PublishedError
from orchestration.alerts.sinks import problem_of
from orchestration.alerts.sinks.csv_file import as_line
from orchestration.alerts.sinks.slack import harmless, slack_message
from orchestration.settings import ALERTS_ENV, PROJECT_ROOT, Settings
from tests.alert_world import (
    ENVIRON,
    TODAY,
    Clock,
    Turn,
    World,
    configuration,
    csv_sink,
    ids,
    many,
    webhook,
    world,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestration.alerts.config import AlertsConfig
    from orchestration.alerts.enqueue import Enqueued

NOWHERE = "http://127.0.0.1:9/"
YESTERDAY = TODAY - timedelta(days=1)
JANUARY = date(2026, 1, 15)


class Desk:
    """An outbox and a published file that changes, as the runs of a warehouse leave them."""

    def __init__(self, folder: Path, outbox: Outbox, clock: Clock) -> None:
        self.folder = folder
        self.outbox = outbox
        self.clock = clock
        self.config = configuration(folder, *webhook(NOWHERE))

    def run(self, published: World, since: date | None = None) -> Enqueued:
        """Publish and enqueue."""
        return enqueue(self.outbox, self.config, published.publish(self.folder / "published.duckdb"), since)

    def rows(self, where: str = "true") -> list[dict[str, Any]]:
        """What is in the file, read by somebody else."""
        with sqlite3.connect(self.folder / "outbox.sqlite") as connection:
            connection.row_factory = sqlite3.Row
            found = connection.execute(f"select * from deliveries where {where} order by rowid").fetchall()
        connection.close()
        return [dict(row) for row in found]

    def pending(self) -> list[str]:
        """The ids of crossings that are to be sent."""
        return [row["crossing_id"] for row in self.rows("status = 'pending'")]

    def send_all(self) -> None:
        """All that is due arrives."""
        for name in self.config.sinks:
            while delivery := self.outbox.claim(name, 60):
                self.outbox.delivered(delivery)

    def fail_one(self, *, for_ever: bool = False) -> None:
        """The next message does not arrive."""
        delivery = self.outbox.claim("crm", 60)
        assert delivery
        self.outbox.failed(delivery, "HTTP 500", None if for_ever else self.clock.now + timedelta(minutes=1))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = Clock()
    with open_outbox(tmp_path / "outbox.sqlite", clock) as outbox:
        yield Desk(tmp_path, outbox, clock)


class TestConfiguration:
    def errors(self, folder: Path, *lines: str) -> list[str]:
        with pytest.raises(ConfigError) as raised:
            configuration(folder, *lines)
        return raised.value.errors

    def test_the_example_is_valid(self) -> None:
        config = load_config(PROJECT_ROOT / "examples" / "alerts.toml")
        assert set(config.sinks) == {"crm", "sales", "archive"}

    def test_every_mistake_is_told_with_its_place_and_what_is_valid(self, tmp_path: Path) -> None:
        errors = self.errors(
            tmp_path,
            'max_age_days = "7"',
            *webhook("ftp://crm.example/", "timeout_seconds = 99", 'direction = ["up"]', 'causes = ["rule", "decay"]'),
            "[sinks.mail]",
            'type = "email"',
            "[sinks.sales]",
            'type = "slack"',
            "[sinks.Upper]",
            'type = "csv"',
            'path = "x.csv"',
        )
        assert len(errors) == 8
        assert all(re.fullmatch(r"alerts\.toml: [A-Za-z_.]+: .+; valid: .+", error) for error in errors)
        for place, valid in {
            "max_age_days": "0 to 3660",
            "sinks.crm.url": "http or https URL",
            "sinks.crm.timeout_seconds": "from 1 to 20",
            "sinks.crm.direction": "did you mean directions",
            "sinks.crm.causes": "rules, reset, activity, adjustment, profile and decay",
            "sinks.mail.type": "webhook, slack, csv",
            "sinks.sales.url_env": "environment variable",
            "sinks.Upper": "lower case",
        }.items():
            (error,) = (error for error in errors if error.startswith(f"alerts.toml: {place}: "))
            assert valid in error

    @pytest.mark.parametrize("text", ["", "sinks = 3", "[sinks]\na = 3", "[sinks]", "a b"])
    def test_what_is_no_configuration_is_one_sentence(self, tmp_path: Path, text: str) -> None:
        (error,) = self.errors(tmp_path, text)
        assert "alerts.toml: " in error

    def test_a_file_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
            load_config(tmp_path / "none.toml")

    def test_secrets_in_the_file_are_refused_and_not_repeated(self, tmp_path: Path) -> None:
        errors = self.errors(
            tmp_path,
            *webhook("https://user:hunter2@crm.example/", 'secret = "hunter2"'),
            "[sinks.sales]",
            'type = "slack"',
            'url_env = "https://hooks.example/hunter2"',
        )
        assert len(errors) == 3
        assert "hunter2" not in "".join(errors)

    def test_a_webhook_has_one_url(self, tmp_path: Path) -> None:
        (error,) = self.errors(tmp_path, *webhook("https://crm.example/", 'url_env = "CRM_URL"'))
        assert error == "alerts.toml: sinks.crm: has both url and url_env, or neither; valid: exactly one of them"

    def test_what_the_environment_lacks_is_named_and_its_values_are_not(self, tmp_path: Path) -> None:
        config = configuration(
            tmp_path, "[sinks.crm]", 'type = "webhook"', 'url_env = "CRM_URL"', 'secret_env = "CRM_SECRET"'
        )
        sink = config.sinks["crm"]
        assert problem_of(sink, {"CRM_SECRET": ""}) == "environment variable CRM_SECRET and CRM_URL is not set"
        problem = problem_of(sink, {"CRM_SECRET": "x", "CRM_URL": "hunter2"})
        assert "CRM_URL holds no http" in problem
        assert "hunter2" not in problem
        assert problem_of(sink, {"CRM_SECRET": "x", "CRM_URL": "https://crm.example/"}) == ""

    def test_where_the_file_is(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(ALERTS_ENV, raising=False)
        monkeypatch.setattr("orchestration.settings.DEFAULT_ALERTS_CONFIG", tmp_path / "alerts.toml")
        assert Settings.from_environment().alerts_config is None
        (tmp_path / "alerts.toml").touch()
        assert Settings.from_environment().alerts_config == tmp_path / "alerts.toml"
        monkeypatch.setenv(ALERTS_ENV, "/etc/alerts.toml")
        assert Settings.from_environment().alerts_config == Path("/etc/alerts.toml")
        assert Settings.from_environment().as_environment()[ALERTS_ENV] == "/etc/alerts.toml"
        monkeypatch.setenv(ALERTS_ENV, "")
        assert Settings.from_environment().alerts_config is None
        assert Settings.from_environment().as_environment()[ALERTS_ENV] == ""


class TestNews:
    def test_the_first_time_the_latest_day_is_news(self, desk: Desk) -> None:
        new = Turn("ada")
        desk.run(world(Turn("bob", JANUARY), Turn("cyn", YESTERDAY), new))
        assert desk.pending() == ids([new])

    def test_the_same_day_twice_is_one_message(self, desk: Desk) -> None:
        first = desk.run(world(Turn("ada")))
        desk.send_all()
        again = desk.run(world(Turn("ada")))
        assert (first.messages, again.messages) == (1, 0)
        assert [row["status"] for row in desk.rows()] == ["delivered"]

    def test_a_day_that_was_not_over_is_looked_at_again(self, desk: Desk) -> None:
        desk.run(world(Turn("ada")))
        desk.send_all()
        in_the_afternoon, tomorrow = Turn("bob"), Turn("cyn", TODAY + timedelta(days=1))
        desk.run(world(Turn("ada"), in_the_afternoon, tomorrow, latest=TODAY + timedelta(days=1)))
        assert desk.pending() == ids([in_the_afternoon, tomorrow])

    def test_days_that_were_missed_are_sent(self, desk: Desk) -> None:
        friday = TODAY - timedelta(days=3)
        desk.run(world(latest=friday))
        weekend = [Turn("ada", friday + timedelta(days=1)), Turn("bob", friday + timedelta(days=2)), Turn("cyn")]
        desk.run(world(*weekend))
        assert desk.pending() == ids(weekend)

    def test_missed_days_that_are_too_old_are_counted_only(self, desk: Desk) -> None:
        desk.run(world(latest=JANUARY))
        young = Turn("bob", TODAY - timedelta(days=7))
        enqueued = desk.run(world(Turn("ada", TODAY - timedelta(days=8)), young))
        assert desk.pending() == ids([young])
        assert enqueued.too_old == 1

    def test_a_replay_of_days_before_sends_nothing(self, desk: Desk) -> None:
        desk.run(world())
        enqueued = desk.run(world(*many(200), Turn("ada", YESTERDAY), Turn("bob", JANUARY)))
        assert enqueued.messages == 1  # those of today are one summary
        assert all(row["as_of_date"] == TODAY.isoformat() for row in desk.rows("crossing_id is not null"))

    def test_a_backfill_that_is_asked_for_is_sent(self, desk: Desk) -> None:
        desk.run(world())
        replayed = Turn("bob", JANUARY)
        desk.run(world(replayed, Turn("ada", JANUARY - timedelta(days=1))), since=JANUARY)
        assert desk.pending() == ids([replayed])

    def test_a_configuration_can_ask_for_it(self, desk: Desk) -> None:
        desk.config = configuration(desk.folder, "include_backfill = true", *webhook(NOWHERE))
        desk.run(world())
        desk.run(world(Turn("ada", YESTERDAY), Turn("bob", JANUARY)))
        assert desk.pending() == ids([Turn("ada", YESTERDAY)])

    def test_another_warehouse_starts_anew(self, desk: Desk) -> None:
        desk.run(world(latest=date(2027, 1, 1)))
        desk.run(world(Turn("ada"), Turn("bob", YESTERDAY)))
        assert desk.pending() == ids([Turn("ada")])
        assert desk.outbox.enqueued_through() == TODAY

    def test_nothing_is_published_yet(self, desk: Desk) -> None:
        with pytest.raises(PublishedError, match="nothing published"):
            enqueue(desk.outbox, desk.config, desk.folder / "none.duckdb")
        assert desk.outbox.enqueued_through() is None

    def test_a_file_without_published_tables_is_told(self, desk: Desk, tmp_path: Path) -> None:
        file = world().publish(tmp_path / "other.duckdb")
        with duckdb.connect(str(file)) as connection:
            connection.execute("drop table marts.threshold_crossings")
        with pytest.raises(PublishedError, match="lacks published tables"):
            enqueue(desk.outbox, desk.config, file)

    @pytest.mark.parametrize(
        ("filter_line", "wanted"),
        [
            ('entities = ["account"]', "acme"),
            ('threshold_ids = ["high_interest"]', "bob"),
            ('directions = ["down"]', "cyn"),
            ('causes = ["rules"]', "dan"),
            ('actions = ["Call"]', "eve"),
        ],
    )
    def test_a_sink_gets_what_it_wants(self, desk: Desk, filter_line: str, wanted: str) -> None:
        desk.config = configuration(desk.folder, *webhook(NOWHERE, filter_line))
        turns = [
            Turn("ada"),
            Turn("acme", entity="account"),
            Turn("bob", threshold_id="high_interest"),
            Turn("cyn", direction="down"),
            Turn("dan", cause="rules"),
            Turn("eve", action="Call"),
        ]
        desk.run(world(*turns))
        assert [row["entity_id"] for row in desk.rows()] == [wanted]

    def test_sinks_have_keys_of_their_own(self, desk: Desk) -> None:
        desk.config = configuration(desk.folder, *webhook(NOWHERE), *webhook(NOWHERE, name="other"))
        desk.run(world(Turn("ada")))
        assert len({row["key"] for row in desk.rows()}) == 2


class TestSecondThoughts:
    def test_a_turn_that_did_not_happen_after_all_is_withdrawn(self, desk: Desk) -> None:
        desk.run(world(Turn("ada"), Turn("bob")))
        enqueued = desk.run(world(Turn("bob")))
        assert enqueued.withdrawn == 1
        assert desk.pending() == ids([Turn("bob")])
        assert desk.rows("status = 'withdrawn'")[0]["payload"] is None

    def test_one_that_was_sent_stays_sent(self, desk: Desk) -> None:
        desk.run(world(Turn("ada")))
        desk.send_all()
        assert desk.run(world()).withdrawn == 0
        desk.run(world(Turn("ada")))
        assert [row["status"] for row in desk.rows()] == ["delivered"]

    def test_one_that_happened_after_all_is_sent(self, desk: Desk) -> None:
        desk.run(world(Turn("ada")))
        desk.run(world())
        desk.run(world(Turn("ada")))
        assert desk.pending() == ids([Turn("ada")])

    def test_one_that_is_in_flight_is_left_alone(self, desk: Desk) -> None:
        desk.run(world(Turn("ada")))
        delivery = desk.outbox.claim("crm", 60)
        assert delivery
        assert desk.run(world()).withdrawn == 0
        desk.outbox.delivered(delivery)
        assert [row["status"] for row in desk.rows()] == ["delivered"]

    def test_the_other_direction_on_the_same_day_is_another_message(self, desk: Desk) -> None:
        desk.run(world(Turn("ada")))
        desk.run(world(Turn("ada", direction="down")))
        assert [(row["direction"], row["status"]) for row in desk.rows()] == [("up", "withdrawn"), ("down", "pending")]

    def test_what_waits_unsent_gets_the_facts_of_today(self, desk: Desk) -> None:
        desk.run(world(Turn("ada", score=62.0)))
        desk.run(world(Turn("ada", score=71.0)))
        (row,) = desk.rows()
        assert json.loads(row["payload"])["crossing"]["score_after"] == 71

    def test_what_was_tried_once_keeps_its_text(self, desk: Desk) -> None:
        desk.run(world(Turn("ada", score=62.0)))
        desk.fail_one()
        desk.run(world(Turn("ada", score=71.0)))
        (row,) = desk.rows()
        assert json.loads(row["payload"])["crossing"]["score_after"] == 62

    def test_what_is_in_flight_keeps_its_text(self, desk: Desk) -> None:
        desk.run(world(Turn("ada", score=62.0)))
        desk.outbox.claim("crm", 60)
        desk.run(world(Turn("ada", score=71.0)))
        (row,) = desk.rows()
        assert json.loads(row["payload"])["crossing"]["score_after"] == 62

    def test_a_dead_one_that_did_not_happen_is_not_retried(self, desk: Desk) -> None:
        desk.run(world(Turn("ada")))
        desk.fail_one(for_ever=True)
        desk.run(world())
        assert desk.outbox.retry(None) == 0

    def test_nothing_more_goes_to_a_sink_that_is_none_any_more(self, desk: Desk) -> None:
        desk.run(world(Turn("ada")))
        desk.config = configuration(desk.folder, *webhook(NOWHERE, name="other"))
        desk.run(world(Turn("ada")))
        assert {(row["sink"], row["status"]) for row in desk.rows()} == {("crm", "withdrawn"), ("other", "pending")}


class TestFloods:
    def test_more_than_the_limit_is_one_summary(self, desk: Desk) -> None:
        turns = [*many(5000, cause="rules"), *many(3, direction="down", threshold_id="high_interest")]
        enqueued = desk.run(world(*turns))
        assert (enqueued.messages, enqueued.summarized) == (1, 5003)
        (row,) = desk.rows("status = 'pending'")
        summary = json.loads(row["payload"])["summary"]
        assert summary["crossings"] == 5003
        groups = [(g["threshold_id"], g["direction"], g["cause"], g["crossings"]) for g in summary["groups"]]
        assert groups == [("qualified_lead", "up", "rules", 5000), ("high_interest", "down", "activity", 3)]
        assert [len(group["first"]) for group in summary["groups"]] == [5, 3]
        assert {who["name"] for who in summary["groups"][1]["first"]} == {f"Contact_000{n}" for n in range(3)}

    def test_the_limit_itself_is_no_flood(self, desk: Desk) -> None:
        assert desk.run(world(*many(50))).messages == 50

    def test_a_run_again_neither_repeats_it_nor_sends_its_parts(self, desk: Desk) -> None:
        turns = many(51)
        desk.run(world(*turns))
        assert desk.run(world(*turns)).messages == 0
        desk.send_all()
        late = Turn("ada")
        desk.run(world(*turns, late))
        assert desk.pending() == ids([late])

    def test_a_flood_that_was_a_mistake_is_withdrawn(self, desk: Desk) -> None:
        desk.run(world(*many(51)))
        desk.run(world())
        assert {row["status"] for row in desk.rows()} == {"withdrawn"}

    def test_a_flood_that_comes_back_is_told_once_more(self, desk: Desk) -> None:
        desk.run(world(*many(51)))
        desk.run(world())
        desk.run(world(*many(51)))
        assert [row["kind"] for row in desk.rows("status = 'pending'")] == ["summary"]

    def test_a_file_takes_them_all(self, desk: Desk) -> None:
        desk.config = configuration(desk.folder, *csv_sink())
        assert desk.run(world(*many(200))).messages == 200


class TestOutbox:
    def test_only_its_owner_reads_it(self, desk: Desk) -> None:
        assert (desk.folder / "outbox.sqlite").stat().st_mode & 0o077 == 0

    def test_a_newer_one_is_left_alone(self, tmp_path: Path) -> None:
        with sqlite3.connect(tmp_path / "new.sqlite") as connection:
            connection.execute("pragma user_version = 99")
        connection.close()
        with pytest.raises(OutboxError, match="newer version"), open_outbox(tmp_path / "new.sqlite"):
            pass

    def test_what_is_no_outbox_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file.sqlite").write_text("not a database, but long enough to look at" * 50, encoding="utf-8")
        with pytest.raises(OutboxError, match="cannot be used"), open_outbox(tmp_path / "file.sqlite"):
            pass
        with pytest.raises(OutboxError, match="cannot be opened"), open_outbox(tmp_path / "none" / "file.sqlite"):
            pass

    def test_one_that_stays_locked_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("orchestration.alerts.outbox._LOCK_SECONDS", 0)
        file = tmp_path / "outbox.sqlite"
        with (
            open_outbox(file) as one,
            one.transaction(),
            pytest.raises(OutboxError, match="locked"),
            open_outbox(file) as other,
        ):
            other.set_enqueued_through(TODAY)

    def test_a_message_is_one_process_s_until_its_lease_ends(self, desk: Desk) -> None:
        desk.run(world(Turn("ada")))
        first = desk.outbox.claim("crm", 40)
        assert first
        assert desk.outbox.claim("crm", 40) is None
        desk.clock.forward(seconds=41)
        second = desk.outbox.claim("crm", 40)
        assert second
        assert (second.key, second.attempts) == (first.key, 2)
        desk.outbox.failed(first, "HTTP 500", None)  # it comes too late to say so
        assert [row["status"] for row in desk.rows()] == ["pending"]
        desk.outbox.delivered(first)  # that it arrived is true whoever says it
        assert [row["status"] for row in desk.rows()] == ["delivered"]

    def test_what_arrived_is_not_kept(self, desk: Desk) -> None:
        desk.run(world(Turn("ada")))
        desk.send_all()
        assert [row["payload"] for row in desk.rows()] == [None]

    def test_failed_runs_go_first(self, desk: Desk) -> None:
        desk.run(world(Turn("ada")))
        desk.outbox.add("crm", failure_message("crm", "run-1", "score_leads", "disk full"))
        desk.outbox.add("crm", failure_message("crm", "run-1", "score_leads", "disk full"))
        delivery = desk.outbox.claim("crm", 40)
        assert delivery
        assert delivery.message["run"] == {"run_id": "run-1", "job": "score_leads", "error": "disk full"}
        assert len(desk.rows()) == 2

    def test_dead_letters_can_be_asked_for_in_sql(self, desk: Desk) -> None:
        desk.run(world(Turn("ada")))
        desk.fail_one(for_ever=True)
        with sqlite3.connect(desk.folder / "outbox.sqlite") as connection:
            letters = connection.execute("select sink, entity_id, attempts, last_error from dead_letters").fetchall()
        connection.close()
        assert letters == [("crm", "ada", 1, "HTTP 500")]

    def test_dead_ones_are_sent_after_all(self, desk: Desk) -> None:
        desk.run(world(Turn("ada"), Turn("bob")))
        desk.fail_one(for_ever=True)
        desk.fail_one(for_ever=True)
        (first, _) = (letter.key for letter in desk.outbox.dead_letters())
        assert desk.outbox.retry([first]) == 1
        assert [row["key"] for row in desk.rows("status = 'pending'")] == [first]
        assert desk.outbox.retry(None) == 1

    def test_a_contact_is_forgotten(self, desk: Desk) -> None:
        desk.config = configuration(desk.folder, *webhook(NOWHERE, "max_per_run = 2"))
        before = TODAY - timedelta(days=2)
        desk.run(world(Turn("ada", before, threshold_id="sent"), latest=before))
        desk.send_all()
        desk.run(world(Turn("ada", YESTERDAY), Turn("bob", YESTERDAY), latest=YESTERDAY))
        desk.fail_one()
        flood = world(Turn("ada"), Turn("bob"), Turn("cyn"), names={"ada": "Ada Lovelace"})
        desk.run(flood)
        assert desk.outbox.forget("ada") == 3
        files = list(desk.folder.glob("outbox.sqlite*"))
        assert not any(word in file.read_bytes() for file in files for word in (b"ada", b"Lovelace"))
        (summary,) = (json.loads(row["payload"]) for row in desk.rows("kind = 'summary'"))
        assert {who["name"] for who in summary["summary"]["groups"][0]["first"]} == {"Bob", "Cyn"}
        # A file that still has the contact brings nothing back.
        desk.run(flood)
        assert not desk.rows("entity_id = 'ada'")
        assert {row["status"] for row in desk.rows("entity = 'contact' and entity_id is null")} == {
            "delivered",
            "forgotten",
        }


class TestMessages:
    def test_a_crossing_says_what_happened_to_whom(self, desk: Desk) -> None:
        desk.run(world(Turn("ada", product_id="analytics")))
        message = json.loads(desk.rows()[0]["payload"])
        assert list(message) == ["version", "key", "kind", "crossing", "product", "contact", "account"]
        assert (message["version"], message["kind"]) == (1, "threshold_crossing")
        assert message["crossing"] == {
            "crossing_id": Turn("ada", product_id="analytics").crossing_id,
            "entity": "contact",
            "entity_id": "ada",
            "threshold_id": "qualified_lead",
            "direction": "up",
            "as_of_date": "2026-06-30",
            "score_before": 55.5,
            "score_after": 62.25,
            "threshold_value": 60.0,
            "cause": "activity",
            "action": "Hand over to sales",
        }
        assert message["product"] == {"product_id": "analytics", "product_name": "Analytics Suite"}
        assert message["contact"]["email"] == "ada@acme.example"
        assert message["contact"]["top_reasons"] == "Asked for a demo 2 days ago +40.0"
        assert message["account"]["account_name"] == "Acme"

    def test_the_documented_message_has_all_fields(self, desk: Desk) -> None:
        text = (PROJECT_ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
        documented = json.loads(text.split("```json\n")[1].split("```")[0])
        desk.run(world(Turn("ada")))
        message = json.loads(desk.rows()[0]["payload"])
        assert list(documented) == list(message)
        for part in ("crossing", "contact", "account"):
            assert list(documented[part]) == list(message[part])

    def test_an_account_has_no_contact_and_who_is_gone_has_neither(self, desk: Desk) -> None:
        desk.run(world(Turn("acme", entity="account"), Turn("gone_ltd", entity="account")))
        facts = [json.loads(row["payload"]) for row in desk.rows()]
        assert [message["contact"] for message in facts] == [None, None]
        assert {message["account"] and message["account"]["account_name"] for message in facts} == {"Acme", None}
        assert all(slack_message(message)["text"] for message in facts)

    def test_slack_reads_nothing_into_names(self, desk: Desk) -> None:
        name = "<!channel> & @here <https://evil.example|Ada> [pay](https://evil.example)\n*bold*"
        desk.run(world(Turn("ada"), names={"ada": name}))
        message = slack_message(json.loads(desk.rows()[0]["payload"]))
        shown = json.dumps(message, ensure_ascii=False)
        assert "&lt;!channel&gt; &amp; @\u200bhere &lt;https:\u200b//evil.example|Ada&gt; [pay]\u200b(" in shown
        assert "<" not in shown
        assert {block["text"]["type"] for block in message["blocks"]} == {"plain_text"}
        assert (message["parse"], message["link_names"]) == ("none", False)
        assert "ada@acme.example" in shown

    def test_slack_takes_no_more_than_so_much(self, desk: Desk) -> None:
        desk.run(world(Turn("ada"), names={"ada": "&" * 5000}))
        header, section = slack_message(json.loads(desk.rows()[0]["payload"]))["blocks"]
        assert len(header["text"]["text"].replace("&amp;", "&")) <= 150
        assert len(section["text"]["text"]) <= 3000

    def test_slack_says_that_a_summary_goes_on(self, desk: Desk) -> None:
        desk.config = configuration(desk.folder, *webhook(NOWHERE, "max_per_run = 1"))
        desk.run(world(*(Turn("ada", threshold_id=f"threshold_{n}") for n in range(9))))
        lines = slack_message(json.loads(desk.rows("kind = 'summary'")[0]["payload"]))["text"].splitlines()
        assert lines[0] == "9 thresholds crossed at once"
        assert len(lines) == 9
        assert lines[-1] == "… and 2 more lines"

    @given(st.text())
    def test_no_text_is_markup(self, text: str) -> None:
        shown = harmless(text, 100)
        assert not set("<>\n\r") & set(shown)
        assert not re.search(r"(?<!\w)@\w|\]\(|://", shown)


class TestCsv:
    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", " =", ";=", "x;\t-"])
    def test_no_cell_is_a_formula(self, start: str) -> None:
        line = as_line([f"{start}cmd|' /C calc'!A0"]).decode()
        (cell,) = next(csv.reader([line], strict=True)) if "\n" not in line.rstrip("\r\n") else [line.strip('"\r\n')]
        for part in re.split("[;\t\r\n]", cell):
            assert not part or not re.match(r"\s*[=+\-@＝]", part)
        assert cell.startswith(("'", "x;'", ";'"))

    def test_numbers_stay_numbers_and_text_stays_whole(self) -> None:
        assert as_line([-1.5, 3, None, True]) == b"-1.5,3,,True\r\n"
        assert as_line(['say "hi", Ada', "a-b+c@d"]) == b'"say ""hi"", Ada",a-b+c@d\r\n'

    def sent(self, desk: Desk, *turns: Turn, names: Mapping[str, str] | None = None) -> list[dict[str, str]]:
        desk.config = configuration(desk.folder, *csv_sink())
        desk.run(world(*turns, names=dict(names or {})))
        deliver(desk.outbox, desk.config, 60, {})
        with (desk.folder / "crossings.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_a_row_per_crossing(self, desk: Desk) -> None:
        rows = self.sent(desk, Turn("ada"), Turn("bob"), names={"ada": "=HYPERLINK(1)", "bob": 'Bob "B", Ltd.'})
        assert {row["full_name"] for row in rows} == {"'=HYPERLINK(1)", 'Bob "B", Ltd.'}
        assert {row["crossing_id"] for row in rows} == set(ids([Turn("ada"), Turn("bob")]))
        assert {(row["score_after"], row["action"], row["account_name"]) for row in rows} == {
            ("62.25", "Hand over to sales", "Acme")
        }
        assert len(self.sent(desk, Turn("ada"), Turn("bob"), Turn("cyn"))) == 3

    def test_a_row_that_was_written_before_a_kill_is_not_written_twice(self, desk: Desk) -> None:
        self.sent(desk, Turn("ada"))
        with sqlite3.connect(desk.folder / "outbox.sqlite") as connection:
            (key,) = connection.execute("select key from deliveries").fetchone()
            payload = json.dumps({"version": 1, "key": key, "kind": "test"})
            connection.execute("update deliveries set status = 'pending', payload = ?", [payload])
        connection.close()
        deliver(desk.outbox, desk.config, 60, {})
        assert len(self.sent(desk, Turn("ada"))) == 1
        assert [row["status"] for row in desk.rows()] == ["delivered"]

    def test_a_line_that_was_torn_ends_before_the_next(self, desk: Desk) -> None:
        self.sent(desk, Turn("ada"))
        with (desk.folder / "crossings.csv").open("ab") as file:
            file.write(b"torn,row")
        rows = self.sent(desk, Turn("ada"), Turn("bob"))
        assert [(row["kind"], row["entity_id"]) for row in rows] == [
            ("threshold_crossing", "ada"),
            ("row", None),
            ("threshold_crossing", "bob"),
        ]

    def test_another_file_is_left_alone(self, desk: Desk) -> None:
        (desk.folder / "crossings.csv").write_text("name,points\nAda,3\n", encoding="utf-8")
        self.sent(desk, Turn("ada"))
        assert (desk.folder / "crossings.csv").read_text(encoding="utf-8") == "name,points\nAda,3\n"
        assert "has other columns" in desk.outbox.waiting_errors()["archive"]

    def test_a_folder_that_is_not_there_is_tried_again(self, desk: Desk) -> None:
        desk.config = configuration(desk.folder, *csv_sink("none/crossings.csv"))
        desk.run(world(Turn("ada")))
        assert deliver(desk.outbox, desk.config, 60, {}).failed == 1
        assert desk.outbox.waiting_errors() == {"archive": "crossings.csv cannot be opened: No such file or directory"}


class TestPatience:
    def config(self, folder: Path) -> AlertsConfig:
        return configuration(folder, *csv_sink("none/crossings.csv"))

    def test_each_time_it_waits_twice_as_long_and_then_gives_up(self, desk: Desk) -> None:
        desk.config = self.config(desk.folder)
        desk.run(world(Turn("ada")))
        waits: list[float] = []
        while desk.outbox.due(["archive"]) or not desk.outbox.dead_letters():
            at = desk.clock.now
            while not deliver(desk.outbox, desk.config, 60, {}, jitter=lambda: 1.0).failed:
                if desk.outbox.dead_letters():
                    break
                desk.clock.forward(minutes=1)
            waits.append((desk.clock.now - at).total_seconds() / 60)
            desk.clock.forward(seconds=1)
        assert [round(wait) for wait in waits[:6]] == [0, 1, 2, 4, 8, 16]
        assert max(waits) <= 361
        (letter,) = desk.outbox.dead_letters()
        assert letter.attempts == MAX_ATTEMPTS

    def test_jitter_is_between_half_and_all(self, desk: Desk) -> None:
        desk.config = self.config(desk.folder)
        desk.run(world(Turn("ada")))
        deliver(desk.outbox, desk.config, 60, {}, jitter=lambda: 0.0)
        assert desk.rows()[0]["next_attempt_at"] == "2026-06-30T12:00:30.000000Z"

    def test_a_sink_that_fails_three_times_waits_for_the_next_call(self, desk: Desk) -> None:
        desk.config = configuration(desk.folder, *csv_sink("none/crossings.csv"), *csv_sink("good.csv", name="good"))
        desk.run(world(*many(10)))
        result = deliver(desk.outbox, desk.config, 60, {})
        assert (result.failed, result.sent) == (3, 10)

    def test_a_sink_without_its_secret_is_no_failed_attempt(self, desk: Desk) -> None:
        desk.run(world(Turn("ada")))
        result = deliver(desk.outbox, desk.config, 60, {})
        assert result.problems == {"crm": "environment variable CRM_SECRET is not set"}
        assert [(row["attempts"], row["status"]) for row in desk.rows()] == [(0, "pending")]

    def test_no_attempt_begins_that_might_end_too_late(self, desk: Desk) -> None:
        desk.run(world(Turn("ada")))
        assert deliver(desk.outbox, desk.config, 9, ENVIRON).failed == 0
        assert desk.rows()[0]["attempts"] == 0

    def test_keys_do_not_change(self, desk: Desk) -> None:
        """Receivers remember them: another form of key would send everything again."""
        desk.run(world(replace(Turn("ada"), day=JANUARY), latest=JANUARY))
        assert [row["key"] for row in desk.rows()] == ["e217e551237fc9fb9aeb8c4739658ac3"]
