"""A receiver of alerts: a real HTTP server on loopback that answers, fails, hangs, drops and never ends, as it is told.

Belongs here: the server and what it saw. Does not: what senders must make of it (`test_alert_delivery.py`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Behaviour = Callable[[BaseHTTPRequestHandler, "Receiver"], None]

_PATIENCE = 60
"""Seconds after which a server that hangs lets go, whatever became of the test."""


@dataclass(frozen=True)
class Request:
    """What came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers["Idempotency-Key"]

    @property
    def message(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.body)
        return message

    def is_signed_with(self, secret: str) -> bool:
        """As docs/alerts.md has it."""
        signed = self.headers["X-Lead-Scoring-Timestamp"].encode() + b"." + self.body
        expected = "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, self.headers["X-Lead-Scoring-Signature"])


@dataclass
class Receiver:
    """What a server got, and how it treats the next requests; when none is left in `script`, it accepts."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    script: list[Behaviour] = field(default_factory=list)
    always: Behaviour | None = None
    closing: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def keys(self) -> list[str]:
        """The keys of all requests, in order."""
        return [request.key for request in self.requests]

    def copies(self) -> Counter[str]:
        """How often each key came."""
        return Counter(self.keys())


def answer(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """An answer like any other."""

    def behave(handler: BaseHTTPRequestHandler, _: Receiver) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


accept = answer(200, b"ok")


def hang(_: BaseHTTPRequestHandler, receiver: Receiver) -> None:
    """Take it, and say nothing."""
    receiver.closing.wait(_PATIENCE)


def drop(_handler: BaseHTTPRequestHandler, _: Receiver) -> None:
    """Take it, and close the connection without an answer."""


def endless(status: int) -> Behaviour:
    """An answer whose body does not end."""

    def behave(handler: BaseHTTPRequestHandler, receiver: Receiver) -> None:
        handler.send_response(status)
        handler.end_headers()
        while not receiver.closing.is_set():
            handler.wfile.write(b"x" * 65536)

    return behave


def drip(handler: BaseHTTPRequestHandler, receiver: Receiver) -> None:
    """An answer that comes a byte at a time, so that no single wait is long."""
    while not receiver.closing.wait(0.05):
        handler.wfile.write(b"H")
        handler.wfile.flush()


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A server that runs in threads of its own."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with receiver.lock:
                receiver.requests.append(Request(self.path, dict(self.headers), body))
                behave = receiver.script.pop(0) if receiver.script else receiver.always or accept
            self.close_connection = True
            with suppress(OSError):  # the sender has had enough
                behave(self, receiver)

        def do_GET(self) -> None:
            with receiver.lock:
                receiver.requests.append(Request(self.path, dict(self.headers), b""))
            accept(self, receiver)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the standard library's
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.closing.set()
            server.shutdown()
            thread.join()
