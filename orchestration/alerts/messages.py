"""What an alert says, as JSON that every sink is made from, and the sentences that people read in it.

A sink's own format is in `sinks`. A message is a plain dictionary that docs/alerts.md describes; `VERSION` counts the
changes that a receiver must know of.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from orchestration.alerts.published import Crossing

VERSION = 1

CROSSING, SUMMARY, RUN_FAILED, TEST = "threshold_crossing", "summary", "run_failed", "test"

Message = dict[str, Any]

_EXAMPLES = 5
_LONGEST_ERROR = 2000
_KEY_DIGITS = 32


def idempotency_key(sink: str, kind: str, *identity: str) -> str:
    """The same for the same alert at the same sink, for ever: 32 hexadecimal digits."""
    return hashlib.sha256("\x1f".join((sink, kind, *identity)).encode()).hexdigest()[:_KEY_DIGITS]


def crossing_message(sink: str, crossing: Crossing) -> Message:
    """A turn of a threshold."""
    return {
        **_envelope(idempotency_key(sink, CROSSING, crossing.turn), CROSSING),
        "crossing": {
            "crossing_id": crossing.crossing_id,
            "entity": crossing.entity,
            "entity_id": crossing.entity_id,
            "threshold_id": crossing.threshold_id,
            "direction": crossing.direction,
            "as_of_date": crossing.as_of_date.isoformat(),
            "score_before": crossing.score_before,
            "score_after": crossing.score_after,
            "threshold_value": crossing.threshold_value,
            "cause": crossing.cause,
            "action": crossing.action,
        },
        "product": {"product_id": crossing.product_id, "product_name": crossing.product_name}
        if crossing.product_id
        else None,
        "contact": crossing.contact,
        "account": crossing.account,
    }


def summary_message(sink: str, crossings: Sequence[Crossing], latest_day: date) -> Message:
    """More turns at once than a sink wants one by one: how many of each kind, with the first names."""
    turns = sorted(crossing.turn for crossing in crossings)
    counts = Counter((crossing.threshold_id, crossing.direction, crossing.cause) for crossing in crossings)
    return {
        **_envelope(idempotency_key(sink, SUMMARY, *turns), SUMMARY),
        "summary": {
            "as_of_date": latest_day.isoformat(),
            "crossings": len(crossings),
            "groups": [
                {
                    "threshold_id": threshold_id,
                    "direction": direction,
                    "cause": cause,
                    "crossings": count,
                    "first": [
                        {"entity": crossing.entity, "entity_id": crossing.entity_id, "name": crossing.name}
                        for crossing in crossings
                        if (crossing.threshold_id, crossing.direction, crossing.cause)
                        == (threshold_id, direction, cause)
                    ][:_EXAMPLES],
                }
                for (threshold_id, direction, cause), count in counts.most_common()
            ],
        },
    }


def failure_message(sink: str, run_id: str, job: str, error_summary: str) -> Message:
    """A run that failed."""
    return {
        **_envelope(idempotency_key(sink, RUN_FAILED, run_id), RUN_FAILED),
        "run": {"run_id": run_id, "job": job, "error": error_summary[:_LONGEST_ERROR]},
    }


def trial_message(sink: str, now: datetime) -> Message:
    """A message that asks for nothing but to arrive."""
    return {**_envelope(idempotency_key(sink, TEST, now.isoformat()), TEST), "test": {"sink": sink}}


def _envelope(key: str, kind: str) -> Message:
    return {"version": VERSION, "key": key, "kind": kind}


def as_json(message: Message) -> str:
    """The text that is stored and sent."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def without_contact(message: Message, contact_id: str) -> Message:
    """A summary that no longer names a contact."""
    groups = [
        {
            **group,
            "first": [who for who in group["first"] if (who["entity"], who["entity_id"]) != ("contact", contact_id)],
        }
        for group in message["summary"]["groups"]
    ]
    return {**message, "summary": {**message["summary"], "groups": groups}}


def title(message: Message) -> str:
    """What an alert is about, in a few words."""
    match message["kind"]:
        case "threshold_crossing":
            crossing = message["crossing"]
            return f"{_arrow(crossing['direction'])} {threshold_words(message)}: {entity_name(message)}"
        case "summary":
            return f"{message['summary']['crossings']:,} thresholds crossed at once"
        case "run_failed":
            return f"Run of {message['run']['job']} failed"
        case _:
            return "Test: alerts of lead scoring arrive here"


def details(message: Message) -> list[str]:
    """What else there is to say, a line each."""
    match message["kind"]:
        case "threshold_crossing":
            return list(_crossing_lines(message))
        case "summary":
            return [_group_line(group) for group in message["summary"]["groups"]]
        case "run_failed":
            return [f"Run {message['run']['run_id']}", message["run"]["error"]]
        case _:
            return []


def entity_name(message: Message) -> str:
    """The name of the contact or account of a crossing, else its id."""
    crossing = message["crossing"]
    facts = message[crossing["entity"]] or {}
    return str(facts.get("full_name") or facts.get("account_name") or crossing["entity_id"])


def threshold_words(message: Message) -> str:
    """The threshold of a crossing, with its product."""
    product = message["product"]
    name = f" ({product['product_name'] or product['product_id']})" if product else ""
    return _words(message["crossing"]["threshold_id"]) + name


def _crossing_lines(message: Message) -> Iterable[str]:
    crossing, contact, account = message["crossing"], message["contact"], message["account"]
    before = "new" if crossing["score_before"] is None else f"{crossing['score_before']:.1f}"
    yield (
        f"{before} → {crossing['score_after']:.1f}, threshold {crossing['threshold_value']:g},"
        f" {crossing['as_of_date']}, by {crossing['cause']}"
    )
    if crossing["action"] and crossing["direction"] == "up":
        yield crossing["action"]
    if contact:
        yield (
            ", ".join(filter(None, [contact["job_title"], account and account["account_name"], contact["email"]]))
            or contact["contact_id"]
        )
        reachable = "" if contact["is_contactable"] else ", must not be contacted"
        yield f"Grade {contact['lead_grade']}, lead score {contact['lead_score']:.1f}{reachable}"
        if contact["top_reasons"]:
            yield contact["top_reasons"]
    elif account:
        yield f"Grade {account['account_grade']}, {account['member_count']} contacts"


def _group_line(group: dict[str, Any]) -> str:
    words = f"{_arrow(group['direction'])} {_words(group['threshold_id'])} by {group['cause']}: {group['crossings']:,}"
    names = ", ".join(who["name"] for who in group["first"])
    more = ", …" if len(group["first"]) < group["crossings"] else ""
    return f"{words} ({names}{more})" if names else words


def _arrow(direction: str) -> str:
    return "▲" if direction == "up" else "▼"


def _words(identifier: str) -> str:
    return identifier.replace("_", " ").capitalize()
