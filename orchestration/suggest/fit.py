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
from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MOST_STEPS = 500
_PRECISION = {"ftol": 1e-12, "gtol": 1e-7}
# Threads gain nothing on a few columns; on a busy machine they wait for each other thirty times as long as they work.
_LINEAR_ALGEBRA = ThreadpoolController()


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
    """Log-odds: `intercept`, per unit of each column of `always`, per hit of each rule."""

    intercept: float
    always: Floats
    rules: Floats

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
    signs = np.where(problem.centre > 0, 1.0, -1.0)
    always = np.ones(problem.always.shape[1])
    # As it is, the rule book is one column more: what a point is worth in log-odds, never less than nothing.
    points = np.column_stack([problem.always, problem.rules @ problem.centre])
    intercept, found = minimum(points, np.append(always, 1.0), problem.converted, problem.weight)
    towards = np.append(found[:-1], found[-1] * problem.centre)
    free = len(always)
    if np.isinf(penalty):
        return Fitted(intercept, towards[:free], towards[free:])
    drawn = np.append(np.zeros(free), np.full(len(signs), penalty))
    columns = np.column_stack([problem.always, problem.rules])
    intercept, found = minimum(
        columns, np.append(always, signs), problem.converted, problem.weight, towards=towards, penalty=drawn
    )
    return Fitted(intercept, found[:free], found[free:])


def minimum(
    columns: Floats,
    signs: Floats,
    converted: Floats,
    weight: Floats,
    *,
    offset: Floats | float = 0.0,
    towards: Floats | None = None,
    penalty: Floats | None = None,
) -> tuple[float, Floats]:
    """Intercept and coefficients of the penalised logistic regression; a coefficient is 0 or has its sign.

    `offset`: log-odds that each row has anyway. `towards`: where the search begins, and what each coefficient is drawn
    to by its `penalty`, per variance of its column.
    """
    with _LINEAR_ALGEBRA.limit(limits=1, user_api="blas"):
        mean, spread = _moments(columns, weight)
        # Columns of one size, apart from the intercept: else the search takes twenty times the steps.
        standard = (columns - mean) / spread
        middle = np.zeros(columns.shape[1]) if towards is None else towards * spread
        drawn = np.zeros(columns.shape[1]) if penalty is None else penalty
        total, rate = weight.sum(), np.clip(weight @ converted / weight.sum(), 1e-6, 1 - 1e-6)

        def objective(at: Floats) -> tuple[float, Floats]:
            linear = offset + at[0] + standard @ at[1:]
            error, away = weight * (expit(linear) - converted), at[1:] - middle
            value = weight @ loss_of(linear, converted) + drawn @ away**2 / 2
            gradient = np.append(error.sum(), error @ standard + drawn * away)
            return float(value / total), gradient / total

        found = minimize(
            objective,
            np.append(np.log(rate / (1 - rate)), middle),
            jac=True,
            method="L-BFGS-B",
            bounds=[(None, None), *((0.0, None) if sign > 0 else (None, 0.0) for sign in signs)],
            options={"maxiter": _MOST_STEPS, **_PRECISION},
        ).x
        coefficients: Floats = found[1:] / spread
        return float(found[0] - coefficients @ mean), coefficients


def _moments(columns: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Means and standard deviations; 1 for the latter where a column never moves."""
    mean: Floats = weight @ columns / weight.sum()
    spread = np.sqrt(weight @ (columns - mean) ** 2 / weight.sum())
    return mean, np.where(spread > 0, spread, 1.0)
