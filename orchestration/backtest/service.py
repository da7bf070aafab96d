"""A backtest from start to end: rule books and days in, one `Backtest` out. How it is told is elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestration.backtest.content import Backtest, DayCount, Seen
from orchestration.backtest.days import EVERY_DAYS, HORIZON_DAYS, SPAN_DAYS, Days, days_to_judge
from orchestration.backtest.errors import BacktestError
from orchestration.backtest.knowledge import find_doubles, has_repeated_events, put_doubles_in
from orchestration.backtest.measures import SideName, measure_sides
from orchestration.backtest.observations import read_side, without
from orchestration.backtest.ranking import Ranking
from orchestration.backtest.replay import Replay
from orchestration.backtest.resampling import RESAMPLES
from orchestration.dbt_project import project_vars
from orchestration.impact.scoring import read_state
from orchestration.impact.scratch import open_scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from orchestration.backtest.observations import Population, ScoredSide
    from orchestration.dbt_runner import NodeEvent
    from orchestration.impact.rule_books import RuleBookAt
    from orchestration.impact.scoring import WarehouseState
    from orchestration.impact.scratch import Scratch
    from orchestration.settings import Settings

LOOKBACK_DAYS = 90
SAMPLE_CONTACTS = 200_000
_FEW_CONVERSIONS = 30
_LONG_ENOUGH_AGO = 0.05  # of the observations may have been edited later before it is said


@dataclass(frozen=True)
class BacktestOptions:
    """What is asked. `first`, `last`: None, the last `span_days` that can be judged.

    `every_days`: days between judged days. `horizon_days`: how soon the opportunity must come. `lookback_days`: how
    long ago a hit of a rule may lie. `sample_contacts`: of more contacts a sample is drawn. `dbt_vars`: as of builds.
    """

    first: date | None = None
    last: date | None = None
    every_days: int = EVERY_DAYS
    horizon_days: int = HORIZON_DAYS
    lookback_days: int = LOOKBACK_DAYS
    sample_contacts: int = SAMPLE_CONTACTS
    resamples: int = RESAMPLES
    dbt_vars: Mapping[str, Any] = field(default_factory=dict)
    span_days: int = SPAN_DAYS


@dataclass(frozen=True)
class Replayed:
    """A population as one or more rule books score it. `sides` are in the order of the rule books asked for."""

    days: Days
    population: Population
    sides: tuple[tuple[SideName, ScoredSide], ...]
    sampled_share: float
    seconds: Mapping[str, float]


def backtest(
    settings: Settings,
    base: RuleBookAt,
    head: RuleBookAt,
    options: BacktestOptions | None = None,
    on_event: Callable[[str, NodeEvent | None], None] = lambda *_: None,
) -> Backtest:
    """How both rule books would have ranked on past days. The warehouse is opened read-only and nothing is left behind.

    `on_event` is told the step and, while dbt runs, its nodes. Raises BacktestError, ImpactError.
    """
    options = options or BacktestOptions()
    began = time.monotonic()
    replayed, _ = replay(settings, (base, head), options, on_event)
    on_event("measure", None)
    measuring = time.monotonic()
    results, differences = measure_sides(replayed.population, replayed.sides, replayed.days, options.resamples)
    seconds = {**replayed.seconds, "measure": time.monotonic() - measuring, "in all": time.monotonic() - began}
    days = replayed.days
    return Backtest(
        first_day=days.judged[0],
        last_day=days.judged[-1],
        days=_day_counts(replayed),
        days_left_out=len(days.left_out),
        every_days=days.every_days,
        horizon_days=days.horizon_days,
        lookback_days=options.lookback_days,
        last_known_day=days.last_known,
        resamples=options.resamples,
        seen=_seen(replayed),
        base=results[0],
        head=results[-1],
        differences=differences,
        notes=tuple(_notes(replayed)),
        seconds=seconds,
    )


def replay(
    settings: Settings,
    rule_books: tuple[RuleBookAt, ...],
    options: BacktestOptions,
    on_event: Callable[[str, NodeEvent | None], None],
    read_more: Callable[[Scratch], Any] = lambda _: None,
) -> tuple[Replayed, list[Any]]:
    """The past as each rule book that differs scores it, and what `read_more` reads of each scratch file beside it.

    Raises BacktestError if nobody is left to look at, ImpactError.
    """
    if not settings.warehouse.exists():
        raise BacktestError(f"There is no warehouse at {settings.warehouse} yet: build it with `lead-scoring build`.")
    steps = ("base", "head") if len(rule_books) > 1 else ("replay",)
    scored: list[_Scored] = []
    with TemporaryDirectory(prefix="lead-scoring-backtest-") as folder:
        for step, book in zip(steps, rule_books, strict=True):
            file = Path(folder) / step / settings.warehouse.name
            with open_scratch(file, settings.warehouse, settings.memory_limit) as scratch:
                found = _score(settings, scratch, book, options, step, on_event)
                if any(found.named.rule_book_hash == other.named.rule_book_hash for other in scored):
                    break
                found.more = read_more(scratch)
                scored.append(found)
    return _among_those_who_count(scored), [found.more for found in scored]


@dataclass
class _Scored:
    """One rule book in its scratch file."""

    named: SideName
    days: Days
    population: Population
    side: ScoredSide
    sampled_share: float
    seconds: Mapping[str, float]
    more: Any = None


def _score(
    settings: Settings,
    scratch: Scratch,
    book: RuleBookAt,
    options: BacktestOptions,
    step: str,
    on_event: Callable[[str, NodeEvent | None], None],
) -> _Scored:
    on_event(f"{step}: what was known", None)
    began = time.monotonic()
    state = read_state(scratch)
    days = _days(state, options)
    scratch.mirror(raw_events=has_repeated_events(scratch))
    share = _sampled_share(scratch, options.sample_contacts)
    scratch.connection.execute("set variable sampled_share = ?", [share])
    find_doubles(scratch, days.judged, _zone(options))
    put_doubles_in(scratch)
    prepared = time.monotonic() - began
    scoring = Replay(settings, scratch, options.dbt_vars, lambda event: on_event(f"{step}: score", event))
    rule_book_hash = scoring.load_rule_book(book.folder)
    scoring.score_days(book.folder, state)
    on_event(f"{step}: read", None)
    population, side = read_side(scratch, options.lookback_days)
    seconds = {"what was known": prepared, **scoring.seconds}
    return _Scored(
        SideName(book.name, book.commit, rule_book_hash),
        days,
        population,
        side,
        share,
        {f"{step}: {name}": taken for name, taken in seconds.items()},
    )


def _days(state: WarehouseState, options: BacktestOptions) -> Days:
    last_known = state.as_of_date if state.is_complete else state.as_of_date - timedelta(days=1)
    return days_to_judge(
        options.first, options.last, last_known, options.horizon_days, options.every_days, options.span_days
    )


def _zone(options: BacktestOptions) -> str:
    """The time zone in which days end, as the models have it."""
    return str(options.dbt_vars.get("scoring_timezone") or project_vars()["scoring_timezone"])


def _sampled_share(scratch: Scratch, most: int) -> float:
    contacts = scratch.rows("select count(*) from intermediate.int_contacts")[0][0]
    return min(1.0, most / contacts) if contacts else 1.0


def _among_those_who_count(scored: list[_Scored]) -> Replayed:
    """The population without whom every rule book excludes."""
    first = scored[0]
    days, population = first.days, first.population
    excluded = np.logical_and.reduce([found.side.is_excluded for found in scored])
    kept = [(found.named, *without(population, found.side, excluded)) for found in scored]
    population = kept[0][1]
    converted = population.converted(days.horizon_days)
    span = f"from {days.judged[0]} to {days.judged[-1]}"
    if not len(population):
        raise BacktestError(f"No contact was known on any judged day {span}.")
    if not converted.any():
        raise BacktestError(
            f"None of {population.contacts:,} contacts got a first opportunity within {days.horizon_days} days of a "
            f"judged day {span}, so that nothing can be compared. Does the raw table `opportunities` reach so far?"
        )
    if converted.all():
        raise BacktestError(f"Every contact seen {span} got an opportunity, so that no ranking is better than another.")
    seconds = {name: taken for found in scored for name, taken in found.seconds.items()}
    return Replayed(days, population, tuple((named, side) for named, _, side in kept), first.sampled_share, seconds)


def _seen(replayed: Replayed) -> Seen:
    population = replayed.population
    converted = population.converted(replayed.days.horizon_days)
    return Seen(
        contacts=population.contacts,
        observations=len(population),
        conversions=int(converted.sum()),
        converting_contacts=len(np.unique(population.contact[converted])),
        known_late=int(population.is_known_late.sum()),
        edited_later=int(population.is_edited_later.sum()),
        sampled_share=replayed.sampled_share,
    )


def _day_counts(replayed: Replayed) -> tuple[DayCount, ...]:
    population = replayed.population
    converted = population.converted(replayed.days.horizon_days)
    counts = []
    for number, day in enumerate(replayed.days.judged):
        of_day = population.day == number
        aucs = [_auc_of_day(population, side.scores["lead"], converted, of_day) for _, side in replayed.sides]
        counts.append(
            DayCount(
                day=day,
                contacts=int(of_day.sum()),
                conversions=int(converted[of_day].sum()),
                auc_base=aucs[0],
                auc_head=aucs[-1],
            )
        )
    return tuple(counts)


def _auc_of_day(population: Population, score: Any, converted: Any, of_day: Any) -> float | None:
    if not converted[of_day].any() or converted[of_day].all():
        return None
    only = population.only(of_day)
    return Ranking(only, score[of_day], converted[of_day]).auc()


def _notes(replayed: Replayed) -> Iterator[str]:
    seen = _seen(replayed)
    if seen.converting_contacts < _FEW_CONVERSIONS:
        yield (
            f"Only {seen.converting_contacts} people converted: the intervals are wide, and themselves uncertain "
            f"below about {_FEW_CONVERSIONS}."
        )
    if seen.edited_later > _LONG_ENOUGH_AGO * seen.observations:
        yield (
            f"{seen.edited_later / seen.observations:.0%} of the observations are of people whose profile was edited "
            "after the day: fit scores know it as it is now. Compare the AUC of activity, which reads no profile."
        )
    if seen.sampled_share < 1:
        yield f"A sample of {seen.sampled_share:.0%} of the contacts, always the same ones; intervals allow for it."
