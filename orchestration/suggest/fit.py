"""Logistic regression whose coefficients keep the sign of their rule's points and are drawn towards these points.

With few data the proposal is what stands there already; how strongly it is drawn (`penalty`) is chosen on later days.
scikit-learn's LogisticRegression knows neither bounds nor another centre than 0, so the likelihood is minimised by
scipy's L-BFGS-B.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MOST_STEPS = 500


@dataclass(frozen=True)
class Problem:
    """Rows to learn from. Coefficients of `always` are ≥ 0 and else free, those of `rules` have the sign of `centre`.

    `centre`: the rules' points as they are, in the column's unit.
    """

    always: Floats
    rules: Floats
    centre: Floats
    converted: Floats
    weight: Floats

    def of(self, rows: NDArray[np.bool_]) -> Problem:
        """Some of the rows."""
        return Problem(self.always[rows], self.rules[rows], self.centre, self.converted[rows], self.weight[rows])

    def weighted(self, factor: Floats) -> Problem:
        """Each row counted `factor` times more."""
        return Problem(self.always, self.rules, self.centre, self.converted, self.weight * factor)


@dataclass(frozen=True)
class Fitted:
    """Log-odds: `intercept`, per unit of each column of `always`, per hit of each rule, and what a point was worth."""

    intercept: float
    always: Floats
    rules: Floats
    point_worth: float

    def linear(self, problem: Problem) -> Floats:
        """Log-odds of each row."""
        result: Floats = self.intercept + problem.always @ self.always + problem.rules @ self.rules
        return result


def loss_of(linear: Floats, converted: Floats) -> Floats:
    """Minus log-likelihood of each row."""
    result: Floats = np.logaddexp(0.0, linear) - converted * linear
    return result


def fit(problem: Problem, penalty: float) -> Fitted:
    """The minimum. `penalty`: how strongly rules are drawn to their points, per variance of a column; or infinite."""
    worth, intercept, always = _worth_of_a_point(problem)
    centre = worth * problem.centre
    if np.isinf(penalty) or not problem.rules.shape[1]:
        return Fitted(intercept, always, centre, worth)
    scale = _spread(problem.rules, problem.weight)
    columns = np.column_stack([np.ones(len(problem.converted)), problem.always, problem.rules / scale])
    free = 1 + problem.always.shape[1]
    start = np.concatenate([[intercept], always, centre * scale])
    middle = centre * scale
    bounds = (
        [(None, None)]
        + [(0.0, None)] * (free - 1)
        + [(0.0, None) if sign > 0 else (None, 0.0) for sign in problem.centre]
    )
    total = problem.weight.sum()

    def objective(at: Floats) -> tuple[float, Floats]:
        linear = columns @ at
        away = at[free:] - middle
        value = problem.weight @ loss_of(linear, problem.converted) + penalty / 2 * away @ away
        gradient = columns.T @ (problem.weight * (expit(linear) - problem.converted))
        gradient[free:] += penalty * away
        return float(value / total), gradient / total

    found = minimize(
        objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _MOST_STEPS, "ftol": 1e-12}
    ).x
    return Fitted(float(found[0]), found[1:free], found[free:] / scale, worth)


def _worth_of_a_point(problem: Problem) -> tuple[float, float, Floats]:
    """Log-odds per point of the rule book as it is (never negative), with intercept and coefficients of `always`."""
    points = problem.rules @ problem.centre
    scales = _spread(np.column_stack([problem.always, points]), problem.weight)
    columns = np.column_stack([np.ones(len(points)), np.column_stack([problem.always, points]) / scales])
    total = problem.weight.sum()

    def objective(at: Floats) -> tuple[float, Floats]:
        linear = columns @ at
        gradient = columns.T @ (problem.weight * (expit(linear) - problem.converted))
        return float(problem.weight @ loss_of(linear, problem.converted) / total), gradient / total

    rate = np.clip(problem.weight @ problem.converted / total, 1e-6, 1 - 1e-6)
    start = np.zeros(columns.shape[1])
    start[0] = np.log(rate / (1 - rate))
    bounds = [(None, None)] + [(0.0, None)] * (columns.shape[1] - 1)
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _MOST_STEPS}).x
    return float(found[-1] / scales[-1]), float(found[0]), found[1:-1] / scales[:-1]


def _spread(columns: Floats, weight: Floats) -> Floats:
    """Standard deviations; 1 where a column never moves."""
    mean = weight @ columns / weight.sum()
    spread: Floats = np.sqrt(np.maximum(weight @ (columns - mean) ** 2 / weight.sum(), 0.0))
    return np.where(spread > 0, spread, 1.0)
