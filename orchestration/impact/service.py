"""Measures an impact from start to end: two rule books in, one `Impact` out.

How it is asked for belongs to the command line, how it is told to the renderers.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from orchestration.alerts.config import ConfigError
from orchestration.impact import content
from orchestration.impact.alerts import alerts_of
from orchestration.impact.comparison import Comparison, Side, compare
from orchestration.impact.content import Impact, NextRun, Rebuild, SideFacts
from orchestration.impact.errors import ImpactError
from orchestration.impact.rule_changes import changes_between
from orchestration.impact.scoring import Scoring, WarehouseState, read_state
from orchestration.impact.scratch import open_scratch
from orchestration.report.content import bin_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from orchestration.dbt_runner import NodeEvent
    from orchestration.impact.rule_books import RuleBookAt
    from orchestration.settings import Settings

_NAMES = 20


@dataclass(frozen=True)
class ImpactOptions:
    """How much is said, and under which circumstances.

    `names`: how many leads, accounts and crossings are listed by name. `dbt_vars` must be those of the builds.
    `changed_list`: a CSV file for every contact and account that changes. `with_next_run`: say what it would report.
    """

    names: int = _NAMES
    with_next_run: bool = True
    dbt_vars: Mapping[str, Any] = field(default_factory=dict)
    changed_list: Path | None = None


@dataclass(frozen=True)
class _Scored:
    """A side after its turn: where its tables are, its hash, and what was built for it."""

    side: Side
    rule_book_hash: str
    models: list[str] = field(default_factory=list)
    rebuild: Rebuild | None = None
    has_other_raw_rows: bool = False
    files_as_stored: frozenset[str] = frozenset()


def measure_impact(
    settings: Settings,
    base: RuleBookAt,
    head: RuleBookAt,
    options: ImpactOptions | None = None,
    on_event: Callable[[str, NodeEvent | None], None] = lambda *_: None,
) -> Impact:
    """Score both rule books on the events of the warehouse, as of its day, and say what differs.

    The warehouse is opened read-only and nothing is left behind. `on_event` is told the step and, while dbt runs, its
    nodes. Raises ImpactError: one that a person can do something about.
    """
    if not settings.warehouse.exists():
        raise ImpactError(f"There is no warehouse at {settings.warehouse} yet: build it with `lead-scoring build`.")
    with TemporaryDirectory(prefix="lead-scoring-impact-") as folder:
        return _Measurement(settings, options or ImpactOptions(), Path(folder), on_event).measure(base, head)


class _Measurement:
    def __init__(
        self,
        settings: Settings,
        options: ImpactOptions,
        folder: Path,
        on_event: Callable[[str, NodeEvent | None], None],
    ) -> None:
        self._settings = settings
        self._options = options
        self._folder = folder
        self._on_event = on_event
        self._seconds: dict[str, float] = {}

    def measure(self, base: RuleBookAt, head: RuleBookAt) -> Impact:
        """All of it."""
        began = time.monotonic()
        built_at = self._built_at()
        changes = changes_between(base.book, head.book)
        after, state = self._score(head, "head")
        as_stored = frozenset(name for name in after.files_as_stored if _is_same_file(base, head, f"{name}.csv"))
        before, _ = self._score(base, "base", after.models if after.has_other_raw_rows else (), as_stored)
        if before.has_other_raw_rows and not after.has_other_raw_rows:
            after, _ = self._score(head, "head again", before.models)
        with (
            self._timed("compare"),
            compare(
                self._folder,
                self._settings.warehouse,
                before.side,
                after.side,
                state.as_of_date,
                changes,
                self._settings.memory_limit,
            ) as comparison,
        ):
            impact = Impact(
                as_of_date=state.as_of_date,
                base=_facts(base, before, state),
                head=_facts(head, after, state),
                changes=changes,
                next_run=self._next_run(comparison, state) if self._options.with_next_run else None,
                rebuild=after.rebuild or Rebuild(0, 0, 0, 0, reads_raw_events=False, models=0),
                notes=tuple(self._notes(before, after)),
                **self._told(comparison),
            )
            if self._options.changed_list:
                comparison.write_changed(self._options.changed_list)
        if self._built_at() != built_at:
            raise ImpactError("The warehouse was built anew in the meantime; try again when the build is done.")
        self._seconds["in all"] = time.monotonic() - began
        return replace(impact, seconds=dict(self._seconds))

    def _built_at(self) -> tuple[int, ...]:
        """What differs when somebody has written the warehouse: between two sides its lock is given back."""
        status = self._settings.warehouse.stat()
        return status.st_ino, status.st_size, status.st_mtime_ns

    def _score(
        self, rule_book: RuleBookAt, name: str, also: Iterable[str] = (), as_stored: frozenset[str] = frozenset()
    ) -> tuple[_Scored, WarehouseState]:
        """The side in a scratch file, unless the warehouse's own tables are its scores.

        `also`: build these models in any case, because the other side's were built from raw rows of today.
        `as_stored`: files that hold what the warehouse was built with.
        """
        file = self._folder / name / self._settings.warehouse.name
        self._on_event(f"score {name}", None)
        with open_scratch(file, self._settings.warehouse, self._settings.memory_limit) as scratch:
            state = read_state(scratch)
            scoring = Scoring(
                self._settings, scratch, self._options.dbt_vars, lambda event: self._on_event(f"score {name}", event)
            )
            with self._timed(f"{name}: set up"):
                scratch.mirror()
            rule_book_hash = scoring.load_rule_book(rule_book.folder, as_stored)
            with_next_run = self._options.with_next_run and name != "base"
            scored = _Scored(Side(), rule_book_hash, files_as_stored=scoring.files_as_stored())
            if rule_book_hash != state.rule_book_hash or with_next_run or also:
                models = scoring.score(rule_book.folder, state, with_next_run=with_next_run, also=also)
                with self._timed(f"{name}: raw rows compared"):
                    differ = scoring.raw_rows_differ()
                scored = replace(
                    scored, side=Side(file), models=models, rebuild=scoring.rebuild(models), has_other_raw_rows=differ
                )
            for step, seconds in scoring.seconds.items():
                self._seconds[f"{name}: {step}"] = seconds
        return scored, state

    def _told(self, comparison: Comparison) -> dict[str, Any]:
        names = self._options.names
        return {
            "headline": comparison.ask("headline", content.Headline)[0],
            "moves": comparison.ask("moves", content.Move),
            "grade_moves": comparison.ask("grade_moves", content.GradeMove),
            "leads": comparison.ask("leads", content.Lead, limit=names),
            "accounts": comparison.ask("accounts", content.Account, limit=names),
            "effects": comparison.ask("effect_totals", content.Effect),
            "scores": comparison.ask("limit_totals", content.ScoreTotal),
            "checks": comparison.ask("checks", content.Check),
            "distribution": _distribution(comparison),
            "products": comparison.ask("products", content.Product),
        }

    def _next_run(self, comparison: Comparison, state: WarehouseState) -> NextRun:
        totals, crossings = comparison.crossings(self._options.names)
        config = self._settings.alerts_config
        if config is None:
            return NextRun(state.next_day, totals, crossings)
        try:
            return NextRun(state.next_day, totals, crossings, alerts_of(config, totals))
        except ConfigError as error:
            return NextRun(state.next_day, totals, crossings, None, str(error))

    def _notes(self, before: _Scored, after: _Scored) -> Iterator[str]:
        if before.has_other_raw_rows or after.has_other_raw_rows:
            yield (
                "Raw contacts, accounts or attributes are others than when the warehouse was built: both rule books "
                "were scored on those of now, so that they differ by rules alone."
            )
        if before.side.file and not after.has_other_raw_rows:
            yield "The warehouse was built with another rule book than the base, which was therefore scored as well."
        if any(scored.rebuild and scored.rebuild.reads_raw_events for scored in (before, after)):
            yield (
                "Products were added, removed or renamed. Which of two copies of a re-sent event counts was not judged "
                "again; it can depend on the spelling of a product where the copies are equal in all else."
            )

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        self._on_event(step, None)
        began = time.monotonic()
        yield
        self._seconds[step] = time.monotonic() - began


def _is_same_file(base: RuleBookAt, head: RuleBookAt, name: str) -> bool:
    return (base.folder / name).read_bytes() == (head.folder / name).read_bytes()


def _facts(rule_book: RuleBookAt, scored: _Scored, state: WarehouseState) -> SideFacts:
    is_stored = scored.rule_book_hash == state.rule_book_hash
    return SideFacts(rule_book.name, rule_book.commit, scored.rule_book_hash, is_stored)


def _distribution(comparison: Comparison) -> content.Distribution | None:
    before, after = comparison.ask("score_days", content.ScoreDay)
    lowest = [day.lowest for day in (before, after) if day.lowest is not None]
    highest = [day.highest for day in (before, after) if day.highest is not None]
    if not lowest:
        return None
    width = bin_width(min(lowest), max(highest))
    found = {row.bin: row for row in comparison.ask("score_bins", content.Bin, width=width)}
    bins = tuple(
        found.get(number) or content.Bin(bin=number, contacts_before=0, contacts_after=0)
        for number in range(min(found), max(found) + 1)
    )
    return content.Distribution(width=width, before=before, after=after, bins=bins)
