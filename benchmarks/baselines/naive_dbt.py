"""Baseline (b): the dbt project in `naive_dbt/`, run as our own is run, in this process.

What is here prepares its seeds: the rule book with regular expressions in the place of patterns.
"""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.baselines.regex import exception_regex, fitting_regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

_PROJECT = Path(__file__).with_suffix("")
_INFINITE = "1e300"


def write_scores(raw_dir: Path, seeds_dir: Path, as_of: date, scores_file: Path, memory_limit: str) -> None:
    """Build the project and write its scores as of `as_of` to `scores_file`; its other files lie beside that.

    Raises RuntimeError if dbt fails.
    """
    from dbt.cli.main import dbtRunner

    work_dir = scores_file.parent / "naive_dbt"
    activity = _activity(seeds_dir)
    write_seeds(seeds_dir, work_dir / "seeds")
    warehouse = work_dir / "naive.duckdb"
    warehouse.unlink(missing_ok=True)
    os.environ |= {
        "NAIVE_SEEDS_DIR": str(work_dir / "seeds"),
        "NAIVE_WAREHOUSE": str(warehouse),
        "NAIVE_MEMORY_LIMIT": memory_limit,
    }
    variables = {
        "raw_dir": str(raw_dir),
        "scores_file": str(scores_file),
        "as_of_date": as_of.isoformat(),
        "floor": float(activity["floor"]),
        "ceiling": float(activity["ceiling"]),
    }
    places = {
        "--project-dir": _PROJECT,
        "--profiles-dir": _PROJECT,
        "--target-path": work_dir / "target",
        "--log-path": work_dir / "logs",
        "--vars": json.dumps(variables),
    }
    arguments = [str(part) for option in places.items() for part in option]
    outcome = dbtRunner().invoke(["build", *arguments, "--log-level", "none", "--no-print"])
    if not outcome.success:
        raise RuntimeError(f"the naive dbt project failed; its log is in {work_dir / 'logs'}: {outcome.exception}")


def write_seeds(seeds_dir: Path, folder: Path) -> None:
    """Write `content.csv` and `rules.csv` of the naive project: rules of score `activity`, content with a category."""
    folder.mkdir(parents=True, exist_ok=True)
    groups = {row["group_id"] for row in _rows(seeds_dir, "score_groups") if row["score_id"] == "activity"}
    content = [
        {
            "event_type": row["event_type"].lower(),
            "pattern": row["object_pattern"].lower(),
            "pattern_length": len(row["object_pattern"]),
            **_regular_expressions(row),
            "category": row["category"].lower(),
            "priority": row["priority"] or _INFINITE,
        }
        for row in _rows(seeds_dir, "content_map")
        if row["category"]
    ]
    rules = [
        {
            "rule_id": row["rule_id"],
            "event_type": row["event_type"].lower(),
            **_regular_expressions(row),
            "category": row["category"].lower(),
            "min_value": row["min_value"] or f"-{_INFINITE}",
            "max_value": row["max_value"] or _INFINITE,
            **{name: row[name] for name in ("points", "decay", "decay_days")},
        }
        for row in _rows(seeds_dir, "point_rules")
        if row["group_id"] in groups and row["enabled"] != "false"
    ]
    _write(folder / "content.csv", content)
    _write(folder / "rules.csv", rules)


def _regular_expressions(row: Mapping[str, str]) -> dict[str, str]:
    pattern = row["object_pattern"]
    return {
        "object_regex": fitting_regex(pattern) if pattern else "",
        "exception_regex": exception_regex(pattern) or "",
    }


def _activity(seeds_dir: Path) -> Mapping[str, str]:
    return next(row for row in _rows(seeds_dir, "scores") if row["score_id"] == "activity")


def _rows(seeds_dir: Path, name: str) -> Iterable[dict[str, str]]:
    with (seeds_dir / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
