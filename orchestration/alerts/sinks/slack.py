"""Messages for Slack's incoming webhooks and what takes their format.

What is known of contacts was typed by strangers: it goes into plain text, escaped, with nothing in it that is read as a
link or as a mention.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from orchestration.alerts.messages import details, title
from orchestration.alerts.sinks.http import Post, post

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from orchestration.alerts.config import SlackSink
    from orchestration.alerts.messages import Message
    from orchestration.alerts.outbox import Delivery
    from orchestration.alerts.sinks.outcome import Outcome

_LONGEST_TITLE = 140  # Slack takes 150 characters of a header
_LONGEST_LINE = 400
_MOST_LINES = 7  # of a section's 3,000 characters
_ZERO_WIDTH = "\u200b"
# What Slack, Mattermost and others read into text: @all, [words](address), https://…
_ACTIVE = re.compile(r"(?<!\w)@(?=\w)|\](?=\()|:(?=//)")


def send(sink: SlackSink, delivery: Delivery, environ: Mapping[str, str], now: datetime) -> Outcome:
    """Post the message in Slack's form. Slack knows no keys: a copy of a message shows twice."""
    url = environ[sink.url_env]
    return post(
        Post(
            url=url,
            body=json.dumps(slack_message(delivery.message)).encode(),
            headers={"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": delivery.key},
            timeout_seconds=sink.timeout_seconds,
            secrets=(url,),
            is_secret_url=True,
        ),
        now,
    )


def slack_message(message: Message) -> dict[str, Any]:
    """A message as Slack shows it: blocks, and as text where blocks are not read."""
    heading = harmless(title(message), _LONGEST_TITLE)
    all_lines = details(message)
    lines = [harmless(line, _LONGEST_LINE) for line in all_lines[:_MOST_LINES]]
    if len(all_lines) > _MOST_LINES:
        lines.append(f"… and {len(all_lines) - _MOST_LINES} more lines")
    body = [{"type": "section", "text": _plain("\n".join(lines))}] if lines else []
    return {
        "text": "\n".join([heading, *lines]),
        "blocks": [{"type": "header", "text": _plain(heading)}, *body],
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def harmless(text: str, length: int) -> str:
    """One line of text that is shown as it is: no link, no mention, no markup of Slack's."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    cut = line if len(line) <= length else line[: length - 1] + "…"
    inert = _ACTIVE.sub(lambda match: match.group() + _ZERO_WIDTH, cut)
    return inert.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
