"""How good a ranking is: AUC, precision and lift at the top, lead time, rates by decile.

Contacts are compared with others of the same day only, since scores of different days are never on one list. `Ranking`
sorts once; every measure takes a weight per contact, so that a resample of contacts (`resampling`) costs no sorting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from orchestration.backtest.observations import Flags, Floats, Ints, Population

TOP_SHARES = (0.05, 0.10, 0.20)
DECILES = 10


@dataclass(frozen=True)
class Top:
    """The first share of each day's list: share of it that converts, and share of all conversions that is in it."""

    precision: float
    recall: float


class Ranking:
    """Observations in the order of one score, day by day, the best first."""

    def __init__(self, population: Population, score: Floats, is_converted: Flags) -> None:
        """`score`, compared as it is: equal ones are tied."""
        order = np.lexsort((-score, population.day))
        self._contact = population.contact[order]
        self._converted = is_converted[order].astype(float)
        self._day, self._score = population.day[order], score[order]
        is_first = np.ones(len(order), dtype=bool)
        is_first[1:] = (np.diff(self._day) != 0) | (np.diff(self._score) != 0)
        self._tie_starts = np.flatnonzero(is_first)
        self._tie_day = self._day[self._tie_starts]
        is_first_of_day = np.ones(len(self._tie_starts), dtype=bool)
        is_first_of_day[1:] = np.diff(self._tie_day) != 0
        self._day_starts = np.flatnonzero(is_first_of_day)
        self._day_of_tie = np.cumsum(is_first_of_day) - 1
        self._order = order
        self._last: tuple[Floats, tuple[Floats, Floats, Floats]] | None = None

    def auc(self, weight: Floats | None = None) -> float:
        """The chance that of two contacts on one day, one of whom converts, that one has the higher score.

        A tie counts half. NaN if there is no such pair. `weight`: how often each contact counts, else once.
        """
        weight = np.ones(int(self._contact.max()) + 1) if weight is None else weight
        converted, others, *_ = self._ties(weight)
        below = self._after(others)
        pairs = self._by_day(converted) * self._by_day(others)
        return _ratio(float(np.sum(converted * (below + others / 2))), float(pairs.sum()))

    def top(self, share: float, weight: Floats) -> Top:
        """The first `share` of each day. Of a tie that reaches across its end as many count as there is room for."""
        converted, _, total = self._ties(weight)
        room = share * self._by_day(total)[self._day_of_tie] - self._before(total)
        taken = np.clip(np.divide(room, total, out=np.zeros_like(total), where=total > 0), 0.0, 1.0)
        found = float(np.sum(taken * converted))
        return Top(_ratio(found, float(np.sum(taken * total))), _ratio(found, float(converted.sum())))

    def is_in_top(self, share: float) -> Flags:
        """Who is in the first `share` of a day, in the population's order; a tie is in it only as a whole."""
        size = np.diff(np.append(self._tie_starts, len(self._day))).astype(float)
        is_in = self._before(size) + size <= share * self._by_day(size)[self._day_of_tie] + 1e-9
        in_order = np.repeat(is_in, size.astype(int))
        result = np.zeros(len(in_order), dtype=bool)
        result[self._order] = in_order
        return result

    def deciles(self) -> Ints:
        """The decile of each observation on its day, 1 the lowest to 10 the best, in the population's order.

        By the mean rank of a tie, so that who has equal scores is in one decile, and some may be empty.
        """
        size = np.diff(np.append(self._tie_starts, len(self._day))).astype(float)
        of_day = self._by_day(size)[self._day_of_tie]
        # Counted from the lowest score: half of the tie and all behind it.
        mid_rank = self._after(size) + (size + 1) / 2
        decile = np.ceil(np.round(DECILES * (mid_rank - 0.5) / of_day, 9)).astype(np.int64)
        in_order = np.repeat(np.clip(decile, 1, DECILES), size.astype(int))
        result = np.zeros(len(in_order), dtype=np.int64)
        result[self._order] = in_order
        return result

    def _ties(self, weight: Floats) -> tuple[Floats, Floats, Floats]:
        """Per tie: the weight of who converts, of others, of all."""
        # One draw is asked for several numbers.
        if self._last is None or self._last[0] is not weight:
            weights = weight[self._contact]
            total = np.add.reduceat(weights, self._tie_starts)
            converted = np.add.reduceat(weights * self._converted, self._tie_starts)
            self._last = weight, (converted, total - converted, total)
        return self._last[1]

    def _by_day(self, per_tie: Floats) -> Floats:
        sums: Floats = np.add.reduceat(per_tie, self._day_starts)
        return sums

    def _before(self, per_tie: Floats) -> Floats:
        """The sum over better ties of the same day."""
        running = np.cumsum(per_tie) - per_tie
        result: Floats = running - running[self._day_starts][self._day_of_tie]
        return result

    def _after(self, per_tie: Floats) -> Floats:
        """The sum over worse ties of the same day."""
        result: Floats = self._by_day(per_tie)[self._day_of_tie] - self._before(per_tie) - per_tie
        return result


def lead_times(population: Population, is_flagged: Flags, is_converted: Flags) -> tuple[Ints, Floats]:
    """Who converts in the period, and how many days before the opportunity each was first flagged; NaN: never.

    Of the judged days within the horizon before the opportunity the first one counts.
    """
    contacts = np.unique(population.contact[is_converted])
    first = np.full(population.contacts, -1, dtype=np.int64)
    caught = is_converted & is_flagged
    np.maximum.at(first, population.contact[caught], population.days_to_opportunity[caught])
    days = first[contacts].astype(float)
    days[days < 0] = np.nan
    return contacts, days


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
