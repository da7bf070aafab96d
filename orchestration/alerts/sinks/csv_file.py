"""A row per message at the end of a CSV file (RFC 4180), which spreadsheets open without running anything in it."""

from __future__ import annotations

import csv
import fcntl
import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.alerts.messages import details, title
from orchestration.alerts.sinks.outcome import ACCEPTED, Outcome

if TYPE_CHECKING:
    from datetime import datetime

    from orchestration.alerts.config import CsvSink
    from orchestration.alerts.messages import Message
    from orchestration.alerts.outbox import Delivery

_COLUMNS = {
    "crossing": (
        "crossing_id",
        "as_of_date",
        "entity",
        "entity_id",
        "threshold_id",
        "direction",
        "score_before",
        "score_after",
        "threshold_value",
        "cause",
        "action",
    ),
    "product": ("product_id",),
    "contact": ("full_name", "email", "lead_grade", "lead_score", "top_reasons"),
    "account": ("account_id", "account_name"),
}
HEADER = ("key", "kind", "written_at", *(name for names in _COLUMNS.values() for name in names), "text")
# At the start of a cell, and after what another locale takes for the end of one.
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=\s*[=+\-@＝＋－＠]|[\t\r\n])")


def send(sink: CsvSink, delivery: Delivery, now: datetime) -> Outcome:
    """Append the row, whole or not at all. A second attempt looks whether the first one did."""
    row = as_line(_row(delivery.message, now))
    header = as_line(HEADER)
    try:
        descriptor = os.open(sink.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    except OSError as error:
        return Outcome(f"{Path(sink.path).name} cannot be opened: {error.strerror}")
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        if size and not file.readline().startswith(header.rstrip(b"\r\n")):
            return Outcome(f"{Path(sink.path).name} has other columns: move it away or name another file")
        if delivery.attempts > 1 and _has_key(file, delivery.key):
            return ACCEPTED
        addition = (b"" if size else header) + (b"\r\n" if size and not _ends_a_line(file) else b"") + row
        return _append(file, addition, size)


def _append(file: io.FileIO, addition: bytes, size: int) -> Outcome:
    try:
        written = file.write(addition)
    except OSError as error:
        return Outcome(f"the file cannot be written: {error.strerror}")
    if written != len(addition):
        file.truncate(size)
        return Outcome("the file cannot be written: no space is left")
    os.fsync(file.fileno())
    return ACCEPTED


def _has_key(file: io.FileIO, key: str) -> bool:
    file.seek(0)
    start = f"{key},".encode()
    return any(line.startswith(start) for line in file)


def _ends_a_line(file: io.FileIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _row(message: Message, now: datetime) -> list[Any]:
    facts = [(message.get(table) or {}).get(name) for table, names in _COLUMNS.items() for name in names]
    text = ". ".join([title(message), *details(message)])
    return [message["key"], message["kind"], now.strftime("%Y-%m-%dT%H:%M:%SZ"), *facts, text]


def as_line(values: Any) -> bytes:
    """One line of CSV; texts cannot be formulas, numbers stay numbers."""
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow([_inert(value) for value in values])
    return line.getvalue().encode()


def _inert(value: Any) -> Any:
    return _FORMULA.sub(r"\1'", value) if isinstance(value, str) else value
