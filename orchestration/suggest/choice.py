"""How far to move from the rule book as it is, and which half-lives: chosen by the likelihood of later days.

The last trial is kept out of every choice, so that what is said of the proposal's ranking was seen by none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from orchestration.suggest.exposure import design
from orchestration.suggest.fit import Fitted, Problem, fit, loss_of, minimum

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from orchestration.suggest.exposure import Exposure
    from orchestration.suggest.folds import Fold

    Floats = NDArray[np.float64]

PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, float("inf"))
HALF_LIVES = (7.0, 14.0, 30.0, 60.0, 90.0, 180.0)
_SURE = 2.0  # standard errors by which another half-life must be better


@dataclass(frozen=True)
class Choice:
    """The penalty, and the half-lives in days of rules for which another one than theirs is better."""

    penalty: float
    half_lives: Mapping[int, float]


def problem_of(
    exposure: Exposure, rules: Sequence[int], half_lives: Mapping[int, float], converted: NDArray[np.bool_]
) -> Problem:
    """The regression of these rules; a rule with another half-life starts from points that give as much in all."""
    columns = design(exposure, rules, half_lives)
    centre = np.array([exposure.rules[rule].points for rule in rules], dtype=float)
    for position, rule in enumerate(rules):
        if rule in half_lives:
            now, then = exposure.weight @ exposure.of_rule(rule), exposure.weight @ columns[:, position]
            centre[position] *= now / then if then > 0 else 1.0
    others = exposure.other.sum(axis=1)
    for number, given in enumerate(exposure.rules):
        if given.group is not None and number not in rules:
            others = others + given.points * exposure.of_rule(number)
    always = np.column_stack([exposure.fit, others])
    return Problem(always, columns, centre, converted.astype(float), exposure.weight)


def choose(exposure: Exposure, rules: Sequence[int], converted: NDArray[np.bool_], folds: Sequence[Fold]) -> Choice:
    """Penalty and half-lives that make later days likeliest; of penalties about as good the strongest."""
    penalty = _penalty(problem_of(exposure, rules, {}, converted), exposure, folds)
    half_lives = _half_lives(exposure, rules, converted, folds, penalty)
    if half_lives:
        penalty = _penalty(problem_of(exposure, rules, half_lives, converted), exposure, folds)
    return Choice(penalty, half_lives)


def _penalty(problem: Problem, exposure: Exposure, folds: Sequence[Fold]) -> float:
    losses = []
    for penalty in PENALTIES:
        per_contact = np.zeros(exposure.contact.max() + 1)
        for fold in folds:
            learnt = fit(problem.of(fold.learn(exposure.day)), penalty)
            per_contact += _loss_by_contact(problem, learnt, exposure, fold)
        losses.append(per_contact)
    best = min(losses, key=lambda loss: float(loss.sum()))
    for penalty, loss in zip(reversed(PENALTIES), reversed(losses), strict=True):
        difference = loss - best
        # The standard error of a sum over independent contacts.
        if difference.sum() <= np.sqrt((difference**2).sum()):
            return penalty
    return PENALTIES[-1]


def _half_lives(
    exposure: Exposure, rules: Sequence[int], converted: NDArray[np.bool_], folds: Sequence[Fold], penalty: float
) -> dict[int, float]:
    """Rule by rule, all other numbers held: another half-life must be better by two standard errors."""
    chosen: dict[int, float] = {}
    for position, rule in enumerate(rules):
        if exposure.rules[rule].decay != "half_life":
            continue
        problem = problem_of(exposure, rules, chosen, converted)
        fits = [fit(problem.of(fold.learn(exposure.day)), penalty) for fold in folds]
        now = _loss_of_column(exposure, problem, fits, folds, position, problem.rules[:, position])
        best, best_gain = None, 0.0
        for half_life in HALF_LIVES:
            if half_life == exposure.rules[rule].decay_days:
                continue
            other = _loss_of_column(exposure, problem, fits, folds, position, exposure.of_rule(rule, half_life))
            gain = now - other
            if gain.sum() > max(best_gain, _SURE * float(np.sqrt((gain**2).sum()))):
                best, best_gain = half_life, float(gain.sum())
        if best is not None:
            chosen[rule] = best
    return chosen


def _loss_of_column(
    exposure: Exposure,
    problem: Problem,
    fits: Sequence[Fitted],
    folds: Sequence[Fold],
    position: int,
    column: Floats,
) -> Floats:
    """The loss of the trials by contact, with one column in place of a rule's and its coefficient learnt anew."""
    per_contact = np.zeros(exposure.contact.max() + 1)
    sign = np.sign(problem.centre[[position]])
    for fitted, fold in zip(fits, folds, strict=True):
        rest = fitted.linear(problem) - problem.rules[:, position] * fitted.rules[position]
        learn, trial = fold.learn(exposure.day), fold.trial(exposure.day)
        shift, coefficient = minimum(
            column[learn, None], sign, problem.converted[learn], problem.weight[learn], offset=rest[learn]
        )
        linear = rest[trial] + shift + column[trial, None] @ coefficient
        loss = problem.weight[trial] * loss_of(linear, problem.converted[trial])
        per_contact += np.bincount(exposure.contact[trial], weights=loss, minlength=len(per_contact))
    return per_contact


def _loss_by_contact(problem: Problem, fitted: Fitted, exposure: Exposure, fold: Fold) -> Floats:
    trial = fold.trial(exposure.day)
    loss = problem.weight[trial] * loss_of(fitted.linear(problem.of(trial)), problem.converted[trial])
    return np.bincount(exposure.contact[trial], weights=loss, minlength=exposure.contact.max() + 1).astype(float)
