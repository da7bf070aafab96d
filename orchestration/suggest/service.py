"""A proposal from start to end: a rule book and days in, one `Suggestion` out. Nothing is applied."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from orchestration.backtest.content import Estimate
from orchestration.backtest.observations import Population
from orchestration.backtest.ranking import Ranking
from orchestration.backtest.resampling import draws, estimate_of, estimates
from orchestration.backtest.service import BacktestOptions, replay
from orchestration.suggest.choice import Choice, choose, problem_of
from orchestration.suggest.content import RuleProposal, Suggestion, Trial
from orchestration.suggest.enough import EVENTS_PER_VARIABLE, enough_of
from orchestration.suggest.errors import TooFewDataError
from orchestration.suggest.exposure import Exposure
from orchestration.suggest.fit import Fitted, Problem, fit
from orchestration.suggest.folds import LEAST_CONVERSIONS, Fold, days_needed, folds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from orchestration.backtest.days import Days
    from orchestration.dbt_runner import NodeEvent
    from orchestration.impact.rule_books import RuleBookAt
    from orchestration.settings import Settings
    from orchestration.suggest.enough import Enough

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

FIT_RESAMPLES = 60


@dataclass(frozen=True)
class _Numbers:
    """Points and half-lives by rule: what a fit comes to in the currency of the rule book."""

    points: Mapping[int, float]
    half_lives: Mapping[int, float]


def suggest(
    settings: Settings,
    book: RuleBookAt,
    options: BacktestOptions,
    on_event: Callable[[str, NodeEvent | None], None] = lambda *_: None,
) -> Suggestion:
    """Points and half-lives for the rules of `book`. Raises TooFewDataError, BacktestError, ImpactError."""
    began = time.monotonic()
    horizon = options.horizon_days
    read_exposure = partial(Exposure.read, horizon_days=horizon)
    replayed, (exposure,) = replay(settings, (book,), options, on_event, read_exposure)
    days = replayed.days
    exposure.check()
    converted = exposure.converted(horizon)
    folds = _usable_folds(exposure, converted, days)
    # What a rule was seen to do only later can be neither learnt nor tried.
    enough = enough_of(exposure, converted & folds[-1].learn(exposure.day))
    on_event("learn", None)
    learning = time.monotonic()
    # The last trial chooses nothing, unless there is no other.
    choice = choose(exposure, enough.learnt, converted, folds[:-1] or folds)
    trial = _trial(exposure, enough.learnt, converted, choice, folds, days)
    rules = tuple(_proposals(exposure, enough, converted, choice))
    seconds = {**replayed.seconds, "learn": time.monotonic() - learning, "in all": time.monotonic() - began}
    return Suggestion(
        rule_book=book.name,
        commit=book.commit,
        first_day=days.judged[0],
        last_day=days.judged[-1],
        judged_days=len(days.judged),
        horizon_days=horizon,
        observations=len(replayed.population),
        contacts=replayed.population.contacts,
        converting_contacts=_people(exposure, converted),
        penalty=choice.penalty,
        rules=rules,
        trial=trial,
        notes=tuple(_notes(enough, choice, trial, rules)),
        seconds=seconds,
    )


def _usable_folds(exposure: Exposure, converted: Flags, days: Days) -> tuple[Fold, ...]:
    """Folds with conversions enough on both sides. Raises TooFewDataError if there is none."""
    folds = folds_of(days.judged, days.horizon_days)
    if not folds:
        raise TooFewDataError(
            f"{(days.judged[-1] - days.judged[0]).days} days from the first to the last judged day leave no later days "
            f"to try anything on: with a horizon of {days.horizon_days} days it takes "
            f"{days_needed(days.horizon_days, days.every_days)} at least. Choose an earlier --from or a shorter "
            "--horizon."
        )
    seen = [
        tuple(_people(exposure, converted & rows) for rows in (fold.learn(exposure.day), fold.trial(exposure.day)))
        for fold in folds
    ]
    usable = tuple(fold for fold, counts in zip(folds, seen, strict=True) if min(counts) >= LEAST_CONVERSIONS)
    if not usable:
        learnt, tried = max(seen, key=min)
        raise TooFewDataError(
            f"Learnt from earlier days and tried on later ones, it takes {LEAST_CONVERSIONS} people who convert in "
            f"both; at best there are {learnt} in the earlier and {tried} in the later days. Nothing is proposed. "
            "Choose an earlier --from or a shorter --horizon."
        )
    return usable


def _people(exposure: Exposure, rows: Flags) -> int:
    return len(np.unique(exposure.contact[rows]))


def _numbers(exposure: Exposure, rules: Sequence[int], choice: Choice, fitted: Fitted) -> _Numbers:
    """Points such that these rules give as much in all as they do now: bands and thresholds keep their meaning."""
    now = sum(abs(exposure.rules[rule].points) * float(exposure.weight @ exposure.of_rule(rule)) for rule in rules)
    given = [float(exposure.weight @ exposure.of_rule(rule, choice.half_lives.get(rule))) for rule in rules]
    fitted_sum = sum(abs(coefficient) * total for coefficient, total in zip(fitted.rules, given, strict=True))
    if fitted_sum <= 0:
        return _Numbers({}, {})
    scale = now / fitted_sum
    points = {rule: float(coefficient * scale) for rule, coefficient in zip(rules, fitted.rules, strict=True)}
    return _Numbers(points, choice.half_lives)


def _trial(
    exposure: Exposure, rules: Sequence[int], converted: Flags, choice: Choice, folds: Sequence[Fold], days: Days
) -> Trial:
    """The last fold: numbers learnt on its earlier days, rounded as they would be written, tried on its later ones."""
    fold = folds[-1]
    problem = problem_of(exposure, rules, choice.half_lives, converted)
    numbers = _numbers(exposure, rules, choice, fit(problem.of(fold.learn(exposure.day)), choice.penalty))
    rounded = {rule: rounded_points(points, exposure.rules[rule].points) for rule, points in numbers.points.items()}
    rows = fold.trial(exposure.day)
    after = np.round(exposure.lead_with(rounded, numbers.half_lives)[rows], 9)
    before = np.round(exposure.lead[rows], 9)
    _, contact = np.unique(exposure.contact[rows], return_inverse=True)
    none = np.zeros(rows.sum(), dtype=bool)
    population = Population(exposure.day[rows], contact, exposure.days_to_opportunity[rows], none, none)
    sampled = np.zeros(population.contacts)
    sampled[contact] = exposure.weight[rows]
    rankings = [Ranking(population, score, converted[rows]) for score in (before, after)]

    def aucs(weight: Floats) -> dict[str, float]:
        first, second = (ranking.auc(weight * sampled) for ranking in rankings)
        return {"before": first, "after": second, "difference": second - first}

    found = estimates(population.contacts, aucs)
    start = days.judged[0]
    return Trial(
        learnt_until=start + timedelta(days=fold.learnt_to),
        tried_from=start + timedelta(days=fold.tried_from),
        tried_to=start + timedelta(days=fold.tried_to),
        auc_before=found["before"],
        auc_after=found["after"],
        difference=found["difference"],
        is_held_out=len(folds) > 1,
    )


def _proposals(exposure: Exposure, enough: Enough, converted: Flags, choice: Choice) -> Iterator[RuleProposal]:
    evidence = _evidence(exposure, enough.learnt, converted, choice)
    nothing = Estimate(None), Estimate(None)
    for number, rule in enumerate(exposure.rules):
        coefficient, points = evidence.get(number, nothing)
        yield RuleProposal(
            rule_id=rule.rule_id,
            description=rule.description,
            points=rule.points,
            proposed_points=rule.points if points.value is None else rounded_points(points.value, rule.points),
            decay_days=rule.decay_days,
            proposed_decay_days=choice.half_lives.get(number, rule.decay_days),
            people=enough.counts[number].people,
            converting=enough.counts[number].converting,
            coefficient=coefficient,
            points_interval=points,
            why_not="" if number in enough.learnt else _why_not(exposure, enough, number),
        )


def _evidence(
    exposure: Exposure, rules: Sequence[int], converted: Flags, choice: Choice
) -> Mapping[int, tuple[Estimate, Estimate]]:
    """Log-odds per hit and points of each rule, by the fit to all days."""
    problem = problem_of(exposure, rules, choice.half_lives, converted)

    def numbers(again: Problem) -> tuple[Floats, Floats]:
        fitted = fit(again, choice.penalty)
        points = _numbers(exposure, rules, choice, fitted).points
        return fitted.rules, np.array([points.get(rule, np.nan) for rule in rules])

    coefficients, points = numbers(problem)
    weights = draws(int(exposure.contact.max()) + 1, FIT_RESAMPLES)
    drawn = np.array([numbers(problem.weighted(weight[exposure.contact])) for weight in weights])
    # Held to the rule book as it is, numbers never move: an interval would tell of the penalty and not of the data.
    is_free, none = np.isfinite(choice.penalty), np.empty(0)
    return {
        rule: (
            estimate_of(float(coefficients[place]), drawn[:, 0, place] if is_free else none),
            estimate_of(float(points[place]), drawn[:, 1, place] if is_free else none),
        )
        for place, rule in enumerate(rules)
    }


def _why_not(exposure: Exposure, enough: Enough, rule: int) -> str:
    count, given = enough.counts[rule], exposure.rules[rule]
    if given.group is None:
        return "not a part of the activity score"
    if not given.points:
        return "gives no points, so that no sign is known"
    if not count.is_enough:
        if count.converting < EVENTS_PER_VARIABLE:
            return f"hit {count.converting} people before a conversion; {EVENTS_PER_VARIABLE} are needed"
        return f"hit {count.others} people who did not convert; {EVENTS_PER_VARIABLE} are needed"
    return f"{EVENTS_PER_VARIABLE} people must convert for each number that is learnt; other rules hit more of them"


def rounded_points(points: float, now: float) -> float:
    """As a person would write them: halves below ten, whole numbers above; what rounding alone would change stays."""
    step = 0.5 if abs(points) < 10 else 1.0
    return now if abs(points - now) <= step / 2 else round(points / step) * step + 0.0


def _notes(enough: Enough, choice: Choice, trial: Trial, rules: Sequence[RuleProposal]) -> Iterator[str]:
    if not any(rule.is_changed for rule in rules):
        yield "Nothing is proposed: on later days nothing that was learnt was likelier than the rule book as it is."
        return
    low = trial.difference.low
    if low is None or low <= 0:
        yield "The proposal does not surely rank better: the interval of the difference holds 0. Take it as a hint."
    if not trial.is_held_out:
        yield (
            "The period is too short to keep days out of every choice: the AUC after is that of days that chose how "
            "far to move, and flatters."
        )
    if enough.crowded_out:
        yield (
            f"{len(enough.crowded_out)} rules hit often enough but were left out: {enough.converting_contacts} people "
            f"converted, and it takes {EVENTS_PER_VARIABLE} for each number that is learnt (Peduzzi et al. 1996)."
        )
    if choice.half_lives:
        yield "Half-lives are proposed only where later days are likelier by two standard errors."
