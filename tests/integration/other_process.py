"""What tests let another process do to a warehouse: it writes, or dies. It imports little, to start at once."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from pathlib import Path


def die_with_a_log(warehouse: Path) -> None:
    """Commit a row and end without a goodbye: what was written is in the log alone."""
    connection = duckdb.connect(str(warehouse))
    connection.execute("insert into marts.scoring_days values (date '2026-07-01')")
    os._exit(1)


def write_for(seconds: float, warehouse: Path, began: Any) -> None:
    """Write two rows in one transaction that takes some time."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("begin; insert into marts.scoring_days values (date '2026-07-01')")
        began.set()
        time.sleep(seconds)
        connection.execute("insert into marts.scoring_days values (date '2026-07-02'); commit")
