"""What spreadsheets make of a CSV file: bytes to text with LF, its delimiter, and what was found on the way.

Only what can be recognised for certain is undone; the rest is explained. Cells are not looked at here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from orchestration.rule_book import csv_text

_SEPARATOR_HINT = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_NAMES = {";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True)
class Source:
    """The text of a file and how its cells are separated, or why it cannot be read (`problem`).

    `changes` says what a spreadsheet had done to it.
    """

    text: str
    delimiter: str = csv_text.COMMA
    changes: tuple[str, ...] = ()
    problem: str = ""
    problem_line: int = 1


def source_of(raw: bytes) -> Source:
    """Read the bytes of a CSV file. Line ends inside quoted cells stay as they are."""
    changes = []
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = raw.decode("utf-16")
        except UnicodeDecodeError:
            return Source("", problem="the file begins as UTF-16 and does not go on so; save it as UTF-8")
        changes.append("UTF-16 to UTF-8")
    else:
        text = csv_text.decode(raw)
        if raw.startswith(b"\xef\xbb\xbf"):
            changes.append("without byte order mark")
    text = text.removeprefix("\ufeff")
    if csv_text.not_text(text):
        return _not_utf8(text)
    if "\r" in text and "\n" not in text and '"' not in text:
        text = text.replace("\r", "\n")
        changes.append("lines end in LF instead of CR")
    elif "\r\n" in text:
        changes.append("lines end in LF instead of CRLF")
    hint = _SEPARATOR_HINT.match(text)
    if hint:
        text = text[hint.end() :]
        changes.append("without the line sep=")
    if not text.strip() or not text.partition("\n")[0].strip():
        return Source(text, problem="line 1 is empty; it must name the columns")
    header = text.partition("\n")[0]
    delimiter = max((csv_text.COMMA, *_NAMES), key=header.count)
    if delimiter in _NAMES:
        changes.append(f"commas instead of {_NAMES[delimiter]}")
    return Source(text, delimiter, tuple(changes))


def _not_utf8(text: str) -> Source:
    """Where the first byte is that is not UTF-8, and what it would be on Windows."""
    line = next(n for n, part in enumerate(text.split("\n"), 1) if csv_text.not_text(part))
    problem = csv_text.not_text(text) or ""
    bad = next((c for c in text if "\udc80" <= c <= "\udcff"), None)
    if bad is not None:
        letter = bytes([ord(bad) - 0xDC00]).decode("cp1252", errors="replace")
        if letter.isprintable() and letter != "\ufffd":
            problem += (
                f". In Windows-1252, the encoding of many spreadsheets, it is {letter}: save the file as CSV UTF-8, or "
                "convert it: iconv -f WINDOWS-1252 -t UTF-8"
            )
    return Source(text, problem=problem, problem_line=line)
