"""Alerts against a real HTTP server that fails, hangs, drops and answers twice, and processes that are killed.

What must hold: every message arrives at least once, under one key, and nothing that is written holds a secret.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from orchestration.alerts.delivery import deliver
from orchestration.alerts.enqueue import enqueue
from orchestration.alerts.outbox import open_outbox, utc_now
from orchestration.alerts.service import notify_failure
from orchestration.settings import PROJECT_ROOT, Settings
from tests.alert_world import (
    ENVIRON,
    NOON,
    SECRET,
    SLACK_TOKEN,
    Clock,
    Turn,
    configuration,
    csv_sink,
    ids,
    many,
    webhook,
    world,
)
from tests.integration.dying_delivery import MOMENTS
from tests.integration.receiver import accept, answer, drip, drop, endless, hang, receiving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestration.alerts.config import AlertsConfig
    from orchestration.alerts.delivery import Delivered
    from orchestration.alerts.outbox import Outbox
    from tests.integration.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outbox(tmp_path: Path, clock: Clock) -> Iterator[Outbox]:
    with open_outbox(tmp_path / "outbox.sqlite", clock) as opened:
        yield opened


@pytest.fixture
def config(tmp_path: Path, receiver: Receiver) -> AlertsConfig:
    return configuration(tmp_path, *webhook(receiver.url, "timeout_seconds = 1"))


def enqueued(outbox: Outbox, config: AlertsConfig, folder: Path, *turns: Turn) -> list[Turn]:
    enqueue(outbox, config, world(*turns).publish(folder / "published.duckdb"))
    return list(turns)


def send(outbox: Outbox, config: AlertsConfig) -> Delivered:
    return deliver(outbox, config, 60, ENVIRON, jitter=lambda: 1.0)


def statuses(outbox: Outbox) -> dict[str, int]:
    return {status: count for (_, status), count in outbox.counts().items()}


class TestArriving:
    def test_a_message_arrives_once_signed_and_with_its_key(
        self, outbox: Outbox, config: AlertsConfig, receiver: Receiver, tmp_path: Path
    ) -> None:
        turns = enqueued(outbox, config, tmp_path, Turn("ada"), Turn("bob"))
        assert send(outbox, config).sent == 2
        assert sorted(request.message["crossing"]["crossing_id"] for request in receiver.requests) == sorted(ids(turns))
        for request in receiver.requests:
            assert request.is_signed_with(SECRET)
            assert not request.is_signed_with("another")
            assert request.message["key"] == request.key
            assert request.headers["X-Lead-Scoring-Timestamp"] == str(int(NOON.timestamp()))
            assert request.headers["Content-Type"] == "application/json; charset=utf-8"
        assert send(outbox, config).sent == 0
        assert len(receiver.requests) == 2

    def test_receivers_can_check_it_as_the_documentation_says(
        self, outbox: Outbox, config: AlertsConfig, receiver: Receiver, tmp_path: Path
    ) -> None:
        text = (PROJECT_ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
        documented: dict[str, Any] = {}
        exec(text.split("```python\n")[1].split("```")[0], documented)  # noqa: S102 - our own documentation
        enqueued(outbox, config, tmp_path, Turn("ada"))
        send(outbox, config)
        (request,) = receiver.requests
        now = NOON.timestamp()
        assert documented["is_genuine"](SECRET, request.headers, request.body, now + 299)
        assert not documented["is_genuine"](SECRET, request.headers, request.body, now + 301)
        assert not documented["is_genuine"](SECRET, request.headers, request.body + b" ", now)
        assert not documented["is_genuine"]("another", request.headers, request.body, now)

    def test_passwords_of_the_home_folder_stay_there(
        self,
        outbox: Outbox,
        config: AlertsConfig,
        receiver: Receiver,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login me password mine\n", encoding="utf-8")
        monkeypatch.setenv("NETRC", str(netrc))
        enqueued(outbox, config, tmp_path, Turn("ada"))
        send(outbox, config)
        assert "Authorization" not in receiver.requests[0].headers

    def test_409_says_that_it_is_there_already(
        self, outbox: Outbox, config: AlertsConfig, receiver: Receiver, tmp_path: Path
    ) -> None:
        receiver.script = [drop, answer(409)]
        enqueued(outbox, config, tmp_path, Turn("ada"))
        send(outbox, config)
        outbox.clock.forward(minutes=2)  # type: ignore[attr-defined]
        assert send(outbox, config).sent == 1
        assert len(set(receiver.keys())) == 1

    def test_slack_gets_its_own_form(self, outbox: Outbox, receiver: Receiver, tmp_path: Path) -> None:
        config = configuration(tmp_path, "[sinks.sales]", 'type = "slack"', 'url_env = "SLACK_URL"')
        enqueued(outbox, config, tmp_path, Turn("ada"))
        deliver(outbox, config, 60, {"SLACK_URL": f"{receiver.url}/{SLACK_TOKEN}"})
        (request,) = receiver.requests
        assert request.path == f"/hook/{SLACK_TOKEN}"
        assert request.message["text"].startswith("▲ Qualified lead: Ada\n55.5 → 62.2")
        assert request.message["blocks"][0]["text"]["text"] == "▲ Qualified lead: Ada"

    def test_a_flood_is_one_message(
        self, outbox: Outbox, config: AlertsConfig, receiver: Receiver, tmp_path: Path
    ) -> None:
        enqueued(outbox, config, tmp_path, *many(200, cause="rules"))
        assert send(outbox, config).sent == 1
        (request,) = receiver.requests
        assert request.message["summary"]["crossings"] == 200


class TestFailing:
    def test_after_an_error_of_the_server_it_is_tried_again(
        self, outbox: Outbox, config: AlertsConfig, receiver: Receiver, tmp_path: Path, clock: Clock
    ) -> None:
        receiver.script = [answer(500, b"no\ndisk"), answer(503)]
        enqueued(outbox, config, tmp_path, Turn("ada"))
        assert send(outbox, config).failed == 1
        assert outbox.waiting_errors() == {"crm": "HTTP 500 Internal Server Error: no disk"}
        assert send(outbox, config).failed == 0  # not due yet
        for minutes, sent in ((1, 0), (1, 0), (1, 1)):
            clock.forward(minutes=minutes)
            assert send(outbox, config).sent == sent
        assert len(receiver.requests) == 3
        assert len(set(receiver.keys())) == 1
        assert len({request.body for request in receiver.requests}) == 1

    @pytest.mark.parametrize(
        ("behaviour", "error"),
        [(hang, "no answer within 1 s"), (drip, "no answer within 1 s"), (drop, "no connection, or it was closed")],
    )
    def test_who_does_not_answer_is_tried_again(
        self,
        outbox: Outbox,
        config: AlertsConfig,
        receiver: Receiver,
        tmp_path: Path,
        clock: Clock,
        behaviour: Any,
        error: str,
    ) -> None:
        receiver.script = [behaviour]
        enqueued(outbox, config, tmp_path, Turn("ada"))
        began = time.monotonic()
        assert send(outbox, config).failed == 1
        assert time.monotonic() - began < 15
        assert outbox.waiting_errors()["crm"].startswith(error)
        clock.forward(minutes=2)
        assert send(outbox, config).sent == 1
        # It came twice, under one key: who remembers keys has it once.
        assert list(receiver.copies().values()) == [2]

    def test_nobody_listens(self, outbox: Outbox, tmp_path: Path) -> None:
        config = configuration(tmp_path, *webhook("http://127.0.0.1:9/"))
        enqueued(outbox, config, tmp_path, Turn("ada"))
        assert send(outbox, config).failed == 1
        assert outbox.waiting_errors()["crm"].startswith("no connection")

    @pytest.mark.parametrize("status", [400, 401, 404, 410, 422])
    def test_what_is_refused_is_dead_at_once(
        self, outbox: Outbox, config: AlertsConfig, receiver: Receiver, tmp_path: Path, status: int
    ) -> None:
        receiver.script = [answer(status, b'{"error": "no such field"}')]
        enqueued(outbox, config, tmp_path, Turn("ada"))
        assert send(outbox, config).given_up == 1
        (letter,) = outbox.dead_letters()
        assert letter.last_error.startswith(f"HTTP {status} ")
        assert letter.last_error.endswith('{"error": "no such field"}')
        assert outbox.retry([letter.key]) == 1
        assert send(outbox, config).sent == 1
        assert len(set(receiver.keys())) == 1

    @pytest.mark.parametrize("status", [408, 425, 429])
    def test_what_is_refused_for_now_is_not(
        self, outbox: Outbox, config: AlertsConfig, receiver: Receiver, tmp_path: Path, status: int
    ) -> None:
        receiver.script = [answer(status)]
        enqueued(outbox, config, tmp_path, Turn("ada"))
        assert send(outbox, config).failed == 1
        assert statuses(outbox) == {"pending": 1}

    @pytest.mark.parametrize("header", ["7200", format_datetime(NOON + timedelta(hours=2), usegmt=True)])
    def test_a_sink_that_asks_for_time_gets_it_for_all_messages(
        self, outbox: Outbox, config: AlertsConfig, receiver: Receiver, tmp_path: Path, clock: Clock, header: str
    ) -> None:
        receiver.script = [answer(429, Retry_After=header)]
        enqueued(outbox, config, tmp_path, *many(5))
        send(outbox, config)
        clock.forward(minutes=119)
        assert outbox.due(config.sinks) == 0
        send(outbox, config)
        assert len(receiver.requests) == 1
        clock.forward(minutes=2)
        assert send(outbox, config).sent == 5

    def test_a_time_that_cannot_be_read_is_none(
        self, outbox: Outbox, config: AlertsConfig, receiver: Receiver, tmp_path: Path, clock: Clock
    ) -> None:
        receiver.script = [answer(503, Retry_After="soon")]
        enqueued(outbox, config, tmp_path, Turn("ada"))
        send(outbox, config)
        clock.forward(minutes=1)
        assert send(outbox, config).sent == 1

    def test_redirects_are_not_followed(
        self, outbox: Outbox, config: AlertsConfig, receiver: Receiver, tmp_path: Path
    ) -> None:
        for status in (301, 302, 307, 308):
            receiver.script.append(answer(status, Location=f"{receiver.url}/elsewhere"))
        enqueued(outbox, config, tmp_path, *many(4))
        while outbox.due(config.sinks):
            send(outbox, config)
        assert {request.path for request in receiver.requests} == {"/hook"}
        assert len(receiver.requests) == 4
        assert statuses(outbox) == {"dead": 4}
        assert "redirects are not followed" in outbox.dead_letters()[0].last_error

    @pytest.mark.parametrize(("status", "expected"), [(200, {"delivered": 1}), (500, {"pending": 1})])
    def test_an_answer_without_end_is_not_read_to_its_end(
        self,
        outbox: Outbox,
        config: AlertsConfig,
        receiver: Receiver,
        tmp_path: Path,
        status: int,
        expected: dict[str, int],
    ) -> None:
        receiver.script = [endless(status)]
        enqueued(outbox, config, tmp_path, Turn("ada"))
        send(outbox, config)
        assert statuses(outbox) == expected
        assert all(len(error) < 300 for error in outbox.waiting_errors().values())

    def test_a_sink_that_hangs_does_not_cost_the_others_their_turn(
        self, outbox: Outbox, receiver: Receiver, tmp_path: Path
    ) -> None:
        receiver.always = hang
        lines = [*webhook(receiver.url, "timeout_seconds = 1"), *csv_sink()]
        config = configuration(tmp_path, *lines)
        enqueued(outbox, config, tmp_path, *many(20))
        result = send(outbox, config)
        assert (result.sent, result.failed) == (20, 3)
        assert len(receiver.requests) == 3


class TestSecrets:
    @pytest.mark.parametrize(
        "behaviour",
        [
            accept,
            drop,
            hang,
            answer(302, Location=f"http://127.0.0.1:9/{SLACK_TOKEN}"),
            lambda handler, receiver: answer(400, f"{SECRET} {handler.path}".encode())(handler, receiver),
            lambda handler, receiver: answer(400, handler.path.split("/")[-1].encode())(handler, receiver),
            answer(400, json.dumps({"secret": SECRET}).replace("/", "\\/").encode()),
            answer(400, quote(SECRET, safe="").encode()),
            answer(500, b"x" * 195 + SECRET.encode()),
        ],
        ids=["accepted", "dropped", "hanging", "redirected", "echoed", "a word", "in JSON", "in a URL", "at the edge"],
    )
    def test_nothing_that_is_written_holds_one(
        self,
        receiver: Receiver,
        tmp_path: Path,
        clock: Clock,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
        behaviour: Any,
    ) -> None:
        environ = {
            **ENVIRON,
            "SLACK_URL": f"{receiver.url}/{SLACK_TOKEN}",
            "NOWHERE": f"http://no.invalid/{SLACK_TOKEN}",
        }
        config = configuration(
            tmp_path,
            *webhook(receiver.url, "timeout_seconds = 1"),
            *("[sinks.sales]", 'type = "slack"', 'url_env = "SLACK_URL"', "timeout_seconds = 1"),
            *("[sinks.nowhere]", 'type = "slack"', 'url_env = "NOWHERE"', "timeout_seconds = 1"),
        )
        receiver.always = behaviour
        caplog.set_level(logging.DEBUG)
        with open_outbox(tmp_path / "outbox.sqlite", clock) as outbox:
            enqueued(outbox, config, tmp_path, Turn("ada"))
            told = repr(deliver(outbox, config, 60, environ))
            told += repr((outbox.waiting_errors(), outbox.dead_letters()))
        assert len(receiver.requests) >= 2
        written = b"".join(file.read_bytes() for file in tmp_path.glob("outbox.sqlite*"))
        shown = "".join(capfd.readouterr())
        for secret in (SECRET, SECRET[:5], SLACK_TOKEN, "B0S3CR3T", "xox_secret_word"):
            assert secret not in caplog.text
            assert secret not in told
            assert secret not in shown
            assert secret.encode() not in written

    def test_slack_s_own_words_are_kept(self, outbox: Outbox, receiver: Receiver, tmp_path: Path) -> None:
        config = configuration(tmp_path, "[sinks.sales]", 'type = "slack"', 'url_env = "SLACK_URL"')
        receiver.always = answer(404, b"no_service")
        enqueued(outbox, config, tmp_path, Turn("ada"))
        deliver(outbox, config, 60, {"SLACK_URL": receiver.url})
        assert outbox.dead_letters()[0].last_error == "HTTP 404 Not Found: no_service"

    def test_logs_of_others_stay(self, caplog: pytest.LogCaptureFixture) -> None:
        logging.getLogger("urllib3.connectionpool").warning("another's request")
        assert "another's request" in caplog.text


class TestFailedRuns:
    def test_they_go_the_same_way_and_once(self, receiver: Receiver, tmp_path: Path) -> None:
        configuration(tmp_path, *webhook(receiver.url), *csv_sink())
        settings = Settings(tmp_path / "w.duckdb", None, tmp_path, tmp_path, alerts_config=tmp_path / "alerts.toml")
        for _ in range(2):
            notify_failure(settings, "run-1", "score_leads", f"disk full; {SECRET}", ENVIRON)
        (request,) = receiver.requests
        assert request.message["kind"] == "run_failed"
        assert request.message["run"] == {"run_id": "run-1", "job": "score_leads", "error": "disk full; ***"}
        assert request.is_signed_with(SECRET)
        assert not (tmp_path / "crossings.csv").exists()

    def test_without_alerts_nobody_is_told(self, tmp_path: Path) -> None:
        settings = Settings(tmp_path / "warehouse.duckdb", None, tmp_path, tmp_path)
        assert notify_failure(settings, "run-1", "score_leads", "disk full").sent == 0
        assert not settings.alerts_outbox.exists()


@contextmanager
def child(folder: Path, moment: str = "", number: int = 0) -> Iterator[subprocess.Popen[str]]:
    """A process that is ready to deliver."""
    command = [sys.executable, "-m", "tests.integration.dying_delivery"]
    with subprocess.Popen(
        command, cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps({"folder": str(folder), "moment": moment, "number": number}) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "ready\n"
        yield process


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Let it go, and what it left: exit code and output."""
    output, _ = process.communicate("\n", timeout=120)
    return process.returncode, output


class TestKilled:
    COUNT = 6

    @pytest.fixture
    def waiting(self, tmp_path: Path, receiver: Receiver) -> list[Turn]:
        config = configuration(tmp_path, *webhook(receiver.url))
        with open_outbox(tmp_path / "outbox.sqlite") as outbox:
            return enqueued(outbox, config, tmp_path, *many(self.COUNT))

    def assert_all_arrive(self, folder: Path, receiver: Receiver, turns: list[Turn], *, repeated: int) -> None:
        """The next process sends the rest, once the lease of the killed one has ended."""
        config = configuration(folder, *webhook(receiver.url))
        with open_outbox(folder / "outbox.sqlite", lambda: utc_now() + timedelta(hours=1)) as outbox:
            send(outbox, config)
            assert statuses(outbox) == {"delivered": len(turns)}
        arrived = {request.message["crossing"]["crossing_id"]: request.key for request in receiver.requests}
        assert sorted(arrived) == sorted(ids(turns))
        assert set(receiver.keys()) == set(arrived.values())
        assert sum(receiver.copies().values()) - len(turns) == repeated

    @pytest.mark.parametrize("moment", MOMENTS)
    def test_everything_arrives_and_one_message_twice_at_most(
        self, tmp_path: Path, receiver: Receiver, waiting: list[Turn], moment: str
    ) -> None:
        with child(tmp_path, moment, 3) as process:
            assert finish(process) == (-signal.SIGKILL, "")
        in_flight = moment in ("after send", "before delivered")
        self.assert_all_arrive(tmp_path, receiver, waiting, repeated=int(in_flight))

    def test_killed_while_the_receiver_works(self, tmp_path: Path, receiver: Receiver, waiting: list[Turn]) -> None:
        with child(tmp_path) as process:
            receiver.script = [accept, lambda *_: os.kill(process.pid, signal.SIGKILL)]
            assert finish(process) == (-signal.SIGKILL, "")
        self.assert_all_arrive(tmp_path, receiver, waiting, repeated=1)

    def test_what_is_in_flight_is_not_sent_by_another(
        self, tmp_path: Path, receiver: Receiver, waiting: list[Turn]
    ) -> None:
        with child(tmp_path, "after send", 1) as process:
            finish(process)
        with open_outbox(tmp_path / "outbox.sqlite") as outbox:
            send(outbox, configuration(tmp_path, *webhook(receiver.url)))
        assert set(receiver.copies().values()) == {1}
        assert len(receiver.requests) == len(waiting)


def test_two_processes_send_each_message_once(tmp_path: Path, receiver: Receiver) -> None:
    config = configuration(tmp_path, *webhook(receiver.url))
    with open_outbox(tmp_path / "outbox.sqlite") as outbox:
        turns = enqueued(outbox, config, tmp_path, *many(30))
    receiver.always = lambda *arguments: (time.sleep(0.02), accept(*arguments))[1]
    with child(tmp_path) as one, child(tmp_path) as other:
        for process in (one, other):
            assert process.stdin
            process.stdin.write("\n")
            process.stdin.flush()
        sent = [int(process.communicate(timeout=120)[0]) for process in (one, other)]
    assert min(sent) > 0
    assert sum(sent) == len(turns)
    assert set(receiver.copies().values()) == {1}
    assert len(receiver.copies()) == len(turns)
