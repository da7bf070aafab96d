"""What is measured, in which order, and what each run must have changed in the published tables.

Pure, but for the edits of a rule book's copy. How a run is made and timed is in `measure`.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from benchmarks.world import FIRST_BUILD_DAY, MAILING_DAY, ORDINARY_DAYS

if TYPE_CHECKING:
    from pathlib import Path

MAX_REPEATS = 3
"""There are edits for so many."""
BACKFILL_DAYS = 90

SCENARIOS = {
    "full_build": "full build",
    "no_new_data": "a run without new data",
    "one_more_day": "one more day: 1/1000 of the events",
    "mailing_day": "one more day, with a mailing",
    "points_edit": "points of a rule edited",
    "pattern_edit": "pattern of a rule edited",
    "content_edit": "pattern of the content map edited",
    "title_edit": "title weight edited",
    "single_day": "one past day",
    "backfill": f"{BACKFILL_DAYS} past days in one run",
    "twice_full_build": "twice the history: full build",
    "twice_one_more_day": "twice the history: one more day",
    "twice_mailing_day": "twice the history: one more day, with a mailing",
}
BASELINES = {
    "single_pass": "(a) hand-written single pass in DuckDB",
    "naive_dbt": "(b) first thing one writes: dbt, events × rules by regular expression",
    "polars": "(c) the single pass in polars",
}


@dataclass(frozen=True)
class Edit:
    """A change of one cell of a rule book: `addition` is added to its number or appended to its text.

    The row is the first whose `key_column` starts with `key`.
    """

    file: str
    key_column: str
    key: str
    column: str
    addition: int | str

    def apply(self, seeds_dir: Path) -> None:
        """Write the changed file. Raises ValueError if no row has the key."""
        path = seeds_dir / self.file
        path.write_text(self.edited(path.read_text(encoding="utf-8")), encoding="utf-8", newline="")

    def edited(self, text: str) -> str:
        """The file's text with the change."""
        reader = csv.DictReader(io.StringIO(text, newline=""))
        rows = list(reader)
        row = next((row for row in rows if row[self.key_column].startswith(self.key)), None)
        if row is None:
            raise ValueError(f"{self.file} has no row whose {self.key_column} starts with {self.key}")
        old = row[self.column]
        row[self.column] = old + self.addition if isinstance(self.addition, str) else f"{float(old) + self.addition:g}"
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, reader.fieldnames or [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()


_POINTS_EDITS = [Edit("point_rules.csv", "rule_id", "pricing_view", "points", 1)] * MAX_REPEATS
_TITLE_EDITS = [Edit("title_weights.csv", "title_pattern", "ceo|", "points", -1)] * MAX_REPEATS
# Each repetition must find something to change: a further kind of page becomes a visit of the home page, ...
_PATTERN_EDITS = [
    Edit("point_rules.csv", "rule_id", "home_visit", "object_pattern", addition)
    for addition in ("|/docs*", "|/landing/*", "|/support*")
]
# ... and content gets another category: unknown pages, landing pages, all newsletters.
_CONTENT_EDITS = [
    Edit("content_map.csv", "category", category, "object_pattern", addition)
    for category, addition in (("careers", "|/about*"), ("blog", "|/landing/*"), ("promotion", "|newsletter*"))
]


@dataclass(frozen=True)
class Run:
    """One build through the job: the scores as of `as_of`, with `first_day` the history from there on.

    `delivered`: the day up to which events have arrived. `edit` is made before it, and stays.
    """

    scenario: str
    as_of: date
    delivered: date
    first_day: date | None = None
    edit: Edit | None = None


def runs_of_world(repeats: int = MAX_REPEATS) -> list[Run]:
    """All runs on the world of three years, in order, on one warehouse: weeks of its life in a row.

    What can be repeated is, `repeats` times; the days come one after the other, or the last would make up for them.
    """
    first_past_day = MAILING_DAY - timedelta(days=BACKFILL_DAYS - 1)
    past_days = [first_past_day + timedelta(days=n) for n in range(repeats)]
    edits = {
        "points_edit": _POINTS_EDITS,
        "pattern_edit": _PATTERN_EDITS,
        "content_edit": _CONTENT_EDITS,
        "title_edit": _TITLE_EDITS,
    }
    return [
        Run("full_build", FIRST_BUILD_DAY, FIRST_BUILD_DAY),
        *[Run("no_new_data", FIRST_BUILD_DAY, FIRST_BUILD_DAY)] * repeats,
        *(Run("one_more_day", day, day) for day in ORDINARY_DAYS),
        Run("mailing_day", MAILING_DAY, MAILING_DAY),
        *(Run(name, MAILING_DAY, MAILING_DAY, edit=edit) for name in edits for edit in edits[name][:repeats]),
        *(Run("single_day", day, MAILING_DAY) for day in past_days),
        Run("backfill", MAILING_DAY, MAILING_DAY, first_day=first_past_day),
    ]


def brief_runs_of_world() -> list[Run]:
    """What says most at a size at which everything would take half a day: each once, in the same order."""
    day = ORDINARY_DAYS[0]
    return [
        Run("full_build", FIRST_BUILD_DAY, FIRST_BUILD_DAY),
        Run("no_new_data", FIRST_BUILD_DAY, FIRST_BUILD_DAY),
        Run("one_more_day", day, day),
        Run("points_edit", day, day, edit=_POINTS_EDITS[0]),
        Run("pattern_edit", day, day, edit=_PATTERN_EDITS[0]),
    ]


def runs_of_world_twice_as_old() -> list[Run]:
    """The runs on the world with twice the history, on a warehouse of its own."""
    return [
        Run("twice_full_build", FIRST_BUILD_DAY, FIRST_BUILD_DAY),
        *(Run("twice_one_more_day", day, day) for day in ORDINARY_DAYS),
        Run("twice_mailing_day", MAILING_DAY, MAILING_DAY),
    ]


@dataclass(frozen=True)
class Published:
    """What the published tables say after a run, as far as it shows that the run did what it was to do."""

    events: int
    as_of_date: date
    activity_points: float
    fit_points: float
    rule_book_hash: str
    history_days: int


PUBLISHED_SQL = """
    select
        (select sum(events)::bigint from marts.event_outcomes) as events,
        max(as_of_date) as as_of_date,
        sum(activity_score) as activity_points,
        sum(fit_score) as fit_points,
        max(rule_book_hash) as rule_book_hash,
        (select count(*) from marts.scoring_days) as history_days,
    from marts.contact_scores
"""


def complaint(run: Run, delivered: int, before: Published | None, after: Published) -> str | None:
    """What the run has not done although it is what is measured; None if all is well.

    `delivered`: the event rows in the raw folder.
    """
    if after.events != delivered:
        return f"accounts for {after.events} events of {delivered}"
    if before is None:
        return None
    if run.edit is None:
        return None if after.rule_book_hash == before.rule_book_hash else "found another rule book"
    if after.rule_book_hash == before.rule_book_hash:
        return "did not see the edit"
    moved = after.fit_points if run.scenario == "title_edit" else after.activity_points
    stayed = before.fit_points if run.scenario == "title_edit" else before.activity_points
    return "moved no score" if math.isclose(moved, stayed, rel_tol=1e-9) else None
