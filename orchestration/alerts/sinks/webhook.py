"""Signed JSON to a URL. docs/alerts.md tells receivers how to check it."""

from __future__ import annotations

import hashlib
import hmac
from http import HTTPStatus
from typing import TYPE_CHECKING

from orchestration.alerts.sinks.http import Post, post

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from orchestration.alerts.config import WebhookSink
    from orchestration.alerts.outbox import Delivery
    from orchestration.alerts.sinks.outcome import Outcome

_ALREADY_SEEN = frozenset({HTTPStatus.CONFLICT.value})


def send(sink: WebhookSink, delivery: Delivery, environ: Mapping[str, str], now: datetime) -> Outcome:
    """Post the message as it is stored. Status 409 says that the receiver has it already."""
    secret = environ[sink.secret_env]
    url = sink.url or environ[sink.url_env or ""]
    body = delivery.payload.encode()
    timestamp = str(int(now.timestamp()))
    return post(
        Post(
            url=url,
            body=body,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "Idempotency-Key": delivery.key,
                "X-Lead-Scoring-Timestamp": timestamp,
                "X-Lead-Scoring-Signature": f"v1={signature(secret, timestamp, body)}",
            },
            timeout_seconds=sink.timeout_seconds,
            secrets=(secret,),
            is_secret_url=sink.url_env is not None,
        ),
        now,
        _ALREADY_SEEN,
    )


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over `timestamp.body`, in hexadecimal digits."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
