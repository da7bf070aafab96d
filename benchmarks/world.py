"""The worlds that are measured, and the raw folder as it is on a given day of them.

A world is the project's own sample world with its events in the order of their arrival, as a growing table has them.
What is done with it is in `scenarios`; nothing here knows the warehouse.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb

from orchestration.sample import RAW_TABLES, write_sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAILING_DAY = date(2026, 6, 18)
"""The last day of every world, a Thursday on which a promotion goes out: it touches one contact in eleven."""
ORDINARY_DAYS = tuple(MAILING_DAY - timedelta(days=n) for n in (3, 2, 1))
"""The days before it, Monday to Wednesday. Each brings exactly one event in a thousand."""
FIRST_BUILD_DAY = ORDINARY_DAYS[0] - timedelta(days=1)
"""What has arrived by the end of this day is there when the warehouse is built."""

HISTORY_DAYS = 1095
# A world of so many days has twice the events: buying projects, which cluster at its end, do not double.
TWICE_HISTORY_DAYS = 2395
_EVENTS_PER_CONTACT = 43.0
_SEED = 7
_UNITS = {"k": 1_000, "m": 1_000_000}


@dataclass(frozen=True)
class World:
    """What makes a world: equal ones are equal to the row. `arrivals`: the events of each ordinary last day."""

    contacts: int
    days: int
    arrivals: int

    @classmethod
    def of_size(cls, events: int, days: int = HISTORY_DAYS) -> World:
        """About `events` events in three years; with more `days`, the same people over a longer history."""
        return cls(contacts=round(events / _EVENTS_PER_CONTACT), days=days, arrivals=events // 1000)


def parse_size(text: str) -> int:
    """The number of events that `50M`, `100k` or `250000` stand for. Raises ValueError for anything else."""
    number, unit = (text[:-1], _UNITS[text[-1].lower()]) if text[-1:].lower() in _UNITS else (text, 1)
    if not number.isdecimal() or not int(number):
        raise ValueError(f"a size is a number of events such as 100k, 1M or 250000, not {text!r}")
    return int(number) * unit


def size_name(events: int) -> str:
    """The shortest way to write a size: 50M, 100k, 1500."""
    for unit, factor in (("M", 1_000_000), ("k", 1_000)):
        if events % factor == 0:
            return f"{events // factor}{unit}"
    return str(events)


def ensure_world(folder: Path, world: World, memory_limit: str) -> dict[str, int]:
    """Write the world into `folder` unless it is there, and return the rows of each raw table.

    A world is complete once its `world.json` exists. `memory_limit` as DuckDB takes it; what is more goes to disk.
    """
    record = folder / "world.json"
    if record.exists() and (known := json.loads(record.read_text(encoding="utf-8")))["world"] == asdict(world):
        rows: dict[str, int] = known["rows"]
        return rows
    shutil.rmtree(folder, ignore_errors=True)
    rows = write_sample(folder, world.contacts, world.days, _SEED, MAILING_DAY)
    rows["events"] = _order_by_arrival(folder, world.arrivals, memory_limit)
    record.write_text(json.dumps({"world": asdict(world), "rows": rows}, indent=2) + "\n", encoding="utf-8")
    return rows


def _order_by_arrival(folder: Path, arrivals: int, memory_limit: str) -> int:
    """Sort the events by load time, keep `arrivals` of each ordinary last day, drop what arrives after the world ends.

    Which ones are kept is drawn by hash, so that they are spread over the day and over its contacts.
    """
    sample, events = folder / "events.parquet", folder / "events_by_arrival.parquet"
    with duckdb.connect(config={"memory_limit": memory_limit, "temp_directory": str(folder / "spill")}) as connection:
        copied = connection.execute(
            f"""
            copy (
                with last_days as (
                    from read_parquet({_quoted(sample)})
                    where loaded_at >= ? and loaded_at < ?
                    qualify row_number() over (
                        partition by loaded_at::date order by hash(event_id), event_id, loaded_at
                    ) <= ?
                )
                from read_parquet({_quoted(sample)})
                where loaded_at is null or loaded_at < ? or (loaded_at >= ? and loaded_at < ?)
                union all
                from last_days
                order by loaded_at nulls first, event_id
            ) to {_quoted(events)} (format parquet, compression zstd)
            """,
            [
                *(ORDINARY_DAYS[0], MAILING_DAY, arrivals),
                *(ORDINARY_DAYS[0], MAILING_DAY, MAILING_DAY + timedelta(days=1)),
            ],
        ).fetchall()
    sample.unlink()
    shutil.rmtree(folder / "spill", ignore_errors=True)
    return int(copied[0][0])


def deliver(world_dir: Path, raw_dir: Path, day: date) -> int:
    """Make `raw_dir` what the source holds at the end of `day`, and return its number of events.

    Only events arrive day by day: all other tables are there from the start, so that a day measures events alone.
    """
    raw_dir.mkdir(parents=True, exist_ok=True)
    for table in RAW_TABLES:
        if table != "events":
            _link(world_dir / f"{table}.parquet", raw_dir / f"{table}.parquet")
    arriving = raw_dir / "events.arriving"
    with duckdb.connect() as connection:
        copied = connection.execute(
            f"""
            copy (
                from read_parquet({_quoted(world_dir / "events_by_arrival.parquet")})
                where loaded_at is null or loaded_at < ?
            ) to {_quoted(arriving)} (format parquet, compression zstd)
            """,
            [day + timedelta(days=1)],
        ).fetchall()
    arriving.replace(raw_dir / "events.parquet")
    return int(copied[0][0])


def deliver_part(raw_dir: Path, part_dir: Path, events: int) -> int:
    """Make `part_dir` a raw folder with the events of some contacts of `raw_dir`, about `events` of them.

    Returns the number of events. Whole contacts, so that a part is a smaller world and not a thinner one.
    """
    part_dir.mkdir(parents=True, exist_ok=True)
    for table in ("contacts", "identities", "contact_merges"):
        _link(raw_dir / f"{table}.parquet", part_dir / f"{table}.parquet")
    source = _quoted(raw_dir / "events.parquet")
    with duckdb.connect() as connection:
        total = connection.execute(f"select count(*) from read_parquet({source})").fetchall()[0][0]
        copied = connection.execute(
            f"""
            copy (
                from read_parquet({source})
                where hash(coalesce(contact_id, anonymous_id, '')) % 1000000 < ?
            ) to {_quoted(part_dir / "events.parquet")} (format parquet, compression zstd)
            """,
            [max(1, round(1_000_000 * events / total))],
        ).fetchall()
    return int(copied[0][0])


def folder_bytes(folder: Path) -> int:
    """The size of all files below `folder`."""
    return sum(path.stat().st_size for path in _files(folder))


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    os.link(source, target)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
