"""Which days are learnt from and on which later ones it is tried: never a day whose horizon reaches into the trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

TRIALS = 3
LEAST_CONVERSIONS = 10
_LEAST_DAYS = 4


@dataclass(frozen=True)
class Fold:
    """Judged days as offsets in days from the first one: learnt up to one, tried from another to a third."""

    learnt_to: int
    tried_from: int
    tried_to: int

    def learn(self, day: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Rows to learn from."""
        return day <= self.learnt_to

    def trial(self, day: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Rows to try on."""
        return (day >= self.tried_from) & (day <= self.tried_to)


def folds_of(days: Sequence[date], horizon_days: int, trials: int = TRIALS) -> tuple[Fold, ...]:
    """Up to `trials` of them, in order of time: what may be tried on is cut in as many stretches."""
    offsets = [(day - days[0]).days for day in days]
    usable = [
        offset for offset in offsets if sum(earlier + horizon_days <= offset for earlier in offsets) >= _LEAST_DAYS
    ]
    stretches = [
        part for part in np.array_split(np.array(usable, dtype=int), min(trials, max(len(usable), 1))) if len(part)
    ]
    folds = []
    for part in stretches:
        start, end = int(part[0]), int(part[-1])
        learnt = [offset for offset in offsets if offset + horizon_days <= start]
        folds.append(Fold(learnt[-1], start, end))
    return tuple(folds)


def days_needed(horizon_days: int, every_days: int) -> int:
    """The shortest period from the first to the last judged day with anything to try on."""
    return horizon_days + (_LEAST_DAYS - 1) * every_days
