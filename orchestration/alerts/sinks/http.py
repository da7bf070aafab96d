"""One POST that cannot harm the sender: bounded in time and size, no redirects, no secrets in what is told of it.

What is posted is the business of `webhook` and `slack`.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from threading import Thread, current_thread
from typing import TYPE_CHECKING
from urllib.parse import quote

import requests

from orchestration.alerts.sinks.outcome import ACCEPTED, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_THREAD_NAME = "alert-attempt"
_USER_AGENT = "lead-scoring-alerts/1"
_READ_BYTES = 1024
_SHOWN_CHARACTERS = 200
_CODE_WORD = re.compile(r"[a-z_]{1,40}")
_WORTH_RETRYING = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}


@dataclass(frozen=True)
class Post:
    """What to post. `secrets` are never shown; with `is_secret_url`, of an answer no more than a code word is."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    timeout_seconds: float
    secrets: tuple[str, ...]
    is_secret_url: bool


def post(request: Post, now: datetime, also_accepted: frozenset[int] = frozenset()) -> Outcome:
    """Send it once. Arrived: status 2xx, or one of `also_accepted`."""
    outcome = _within(request.timeout_seconds, lambda: _attempt(request, now, also_accepted))
    return outcome or Outcome(f"no answer within {request.timeout_seconds:g} s")


def _attempt(request: Post, now: datetime, also_accepted: frozenset[int]) -> Outcome:
    with requests.Session() as session:
        session.auth = _no_credentials
        try:
            with session.post(
                request.url,
                data=request.body,
                headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "identity", **request.headers},
                timeout=request.timeout_seconds,
                allow_redirects=False,
                stream=True,  # the body is read as far as it is of use
            ) as response:
                if response.status_code // 100 == 2 or response.status_code in also_accepted:
                    return ACCEPTED
                return _refusal(response, request, now)
        except requests.RequestException as error:
            return _no_answer(error, request)


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Else requests would send the password that ~/.netrc has for the host."""
    return request


def _no_answer(error: requests.RequestException, request: Post) -> Outcome:
    """In words of ours: those of the exception hold the URL."""
    match error:
        case requests.Timeout():
            return Outcome(f"no answer within {request.timeout_seconds:g} s")
        case requests.exceptions.SSLError():
            return Outcome("no secure connection: the certificate or the handshake is not valid")
        case requests.exceptions.ProxyError():
            return Outcome("no connection through the proxy")
        case requests.ConnectionError() | requests.exceptions.ChunkedEncodingError():
            return Outcome("no connection, or it was closed before an answer")
    return Outcome("the URL or a header cannot be used", is_final=True)


def _refusal(response: requests.Response, request: Post, now: datetime) -> Outcome:
    status = response.status_code
    error = f"HTTP {status} {_PHRASES.get(status, '')}".strip()
    if status // 100 == 3:
        return Outcome(f"{error}: redirects are not followed, use the final URL", is_final=True)
    shown = _excerpt(response, request)
    is_final = status // 100 == 4 and status not in _WORTH_RETRYING
    return Outcome(
        f"{error}: {shown}" if shown else error,
        is_final=is_final,
        retry_after=None if is_final else _retry_after(response.headers.get("Retry-After"), now),
    )


_PHRASES = {status.value: status.phrase for status in HTTPStatus}


def _excerpt(response: requests.Response, request: Post) -> str:
    """The beginning of an answer, without secrets and on one line."""
    try:
        text = next(response.iter_content(_READ_BYTES), b"").decode("utf-8", "replace")
    except requests.RequestException:
        return ""
    text = without(request.secrets, text)
    if request.is_secret_url:
        is_code = _CODE_WORD.fullmatch(text) and text not in request.url
        return text if is_code else ""
    return "".join(c if c.isprintable() else " " for c in text[:_SHOWN_CHARACTERS]).strip()


def without(secrets: Iterable[str], text: str) -> str:
    """A text without secrets, plain or as JSON and URLs have them."""
    for secret in secrets:
        in_json = json.dumps(secret)[1:-1]
        for form in (secret, in_json, in_json.replace("/", "\\/"), quote(secret), quote(secret, safe="")):
            text = text.replace(form, "***")
    return text


def _retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds, from a number of them or a date; None if it is neither."""
    if not header:
        return None
    if re.fullmatch(r"[0-9]{1,9}", header.strip()):
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())


def _within(seconds: float, attempt: Callable[[], Outcome]) -> Outcome | None:
    """What an attempt comes to, None if it takes longer.

    The timeouts of HTTP libraries are those of single reads, and looking up a name has none: who sends a byte now and
    then holds a connection open for ever.
    """
    outcomes: list[Outcome] = []
    thread = Thread(target=lambda: outcomes.append(attempt()), name=_THREAD_NAME, daemon=True)
    thread.start()
    thread.join(seconds)
    return outcomes[0] if outcomes else None


def _is_not_ours(_record: logging.LogRecord) -> bool:
    return current_thread().name != _THREAD_NAME


# urllib3 logs the path of what it requests, and that of a Slack webhook is its secret.
for _logger in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_logger).addFilter(_is_not_ours)
