"""Tables full of hostile text for tests of the lead report.

Belongs here: what is hostile, and how it gets everywhere. Does not: what must become of it.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

PAYLOADS = {
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "attribute": "' onmouseover='alert(1)' style='background:url(https://example.com/x)",
    "end of the style": "</style></svg></title><script>alert(1)</script>",
    "template": "{{7*7}}{% for x in y %}${7*7}#{7*7}",
    "formula": '=HYPERLINK("https://example.com")$\\frac{1}{',
    "direction": "\u202egnp.exe\u2066\u2067\u200f",
    "controls": "a\b\x1b[31mb\x7fc\u2028d",
    "stacked": "Z" + "\u0300\u0301\u0302" * 300,
    "endless": "W" * 10_000,
    "wide": "﷽" * 40,
    "emoji": "👩\u200d👩\u200d👧\u200d👦🏳️\u200d🌈" * 40,
}
# Closed lists that rows are told apart by; no raw data gets into them.
_CLOSED = ("outcome", "direction", "entity", "cause", "temperature", "rule_book_hash", "lead_grade", "account_grade")


def hostile_copy(warehouse: Path, path: Path) -> Path:
    """A copy of the warehouse at `path` with a payload before every text of the published tables, ids too.

    Which one depends on the text, so that what belongs together still does, and each turns up all over the page.
    """
    shutil.copy(warehouse, path)
    with duckdb.connect(str(path)) as connection:
        columns = connection.execute(
            "select table_name, column_name from information_schema.columns"
            " join information_schema.tables using (table_catalog, table_schema, table_name)"
            " where table_schema = 'marts' and table_type = 'BASE TABLE' and data_type = 'VARCHAR'"
        ).fetchall()
        # Somebody to call on every page.
        connection.execute("update marts.contact_scores set is_qualified = true where not is_excluded")
        payloads = {"payloads": list(PAYLOADS.values())}
        for table, column in columns:
            if column not in _CLOSED:
                chosen = f"$payloads[1 + (hash({column}) % len($payloads))::int]"
                connection.execute(f"update marts.{table} set {column} = {chosen} || {column}", payloads)
    return path
