"""How sure a number is: the cluster bootstrap over contacts.

A contact is seen on many days, and its days are anything but independent; so whole contacts are drawn with replacement,
as often as there are contacts, and every number is computed anew. Intervals are percentiles of these. The seed is
fixed: the same data give the same intervals. Both rule books are measured on the same draws, so that a difference has
an interval of its own, which is narrower than two intervals beside each other suggest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from orchestration.backtest.content import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from orchestration.backtest.observations import Floats

RESAMPLES = 200
SEED = 20_240_607
_TAILS = (2.5, 97.5)
_Z = 1.959964
_LEAST_SHARE = 0.5  # of the draws must give a number, else there is no interval


def draws(contacts: int, resamples: int = RESAMPLES, seed: int = SEED) -> Iterator[Floats]:
    """How often each contact is drawn, `resamples` times."""
    generator = np.random.default_rng(seed)
    for _ in range(resamples):
        drawn = generator.integers(0, contacts, contacts)
        yield np.bincount(drawn, minlength=contacts).astype(float)


def estimates(
    contacts: int, measure: Callable[[Floats], Mapping[str, float]], resamples: int = RESAMPLES
) -> dict[str, Estimate]:
    """Each number that `measure` gives, with its 95 % interval; `measure` takes one weight per contact."""
    numbers = measure(np.ones(contacts))
    found: dict[str, list[float]] = {name: [] for name in numbers}
    for weight in draws(contacts, resamples):
        for name, value in measure(weight).items():
            found[name].append(value)
    return {name: estimate_of(value, np.array(found[name])) for name, value in numbers.items()}


def estimate_of(value: float, drawn: Floats) -> Estimate:
    """A number and the middle 95 % of what the draws gave; None for what is not a number."""
    usable = drawn[~np.isnan(drawn)]
    if np.isnan(value):
        return Estimate(None)
    if len(usable) < _LEAST_SHARE * max(len(drawn), 1) or len(usable) == 0:
        return Estimate(float(value))
    low, high = np.percentile(usable, _TAILS)
    return Estimate(float(value), float(low), float(high))


def share_of_people(estimate: Estimate, people: int) -> Estimate:
    """A share of 0 or 1 never moves in draws and would look certain: it has Wilson's interval for as many people."""
    unseen = _Z**2 / (people + _Z**2)
    if estimate.value == 0.0:
        return replace(estimate, low=0.0, high=unseen)
    return replace(estimate, low=1 - unseen, high=1.0) if estimate.value == 1.0 else estimate


def lift_of(lift: Estimate, rate: Estimate, rate_of_all: float) -> Estimate:
    """The lift of a rate; where nobody converts its interval is the rate's."""
    return Estimate(0.0, 0.0, rate.high / rate_of_all) if lift.value == 0.0 and rate.high and rate_of_all else lift
