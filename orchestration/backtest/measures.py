"""All numbers of both rule books on one population, and how they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from orchestration.backtest.content import Decile, Estimate, LeadTime, SideResult, TopShare
from orchestration.backtest.forecast import forecast_of
from orchestration.backtest.observations import SCORES
from orchestration.backtest.ranking import DECILES, TOP_SHARES, Ranking, lead_times
from orchestration.backtest.resampling import estimates, lift_of, share_of_people
from orchestration.backtest.rules import rule_results

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestration.backtest.days import Days
    from orchestration.backtest.observations import Flags, Floats, Ints, Population, ScoredSide


@dataclass(frozen=True)
class SideName:
    """What a rule book is called."""

    name: str
    commit: str
    rule_book_hash: str


class SideMeasure:
    """One rule book, sorted once; `numbers` takes a weight per contact and gives every number by its name."""

    def __init__(self, population: Population, side: ScoredSide, is_converted: Flags) -> None:
        """`is_converted`: of each observation."""
        self._population, self._is_converted = population, is_converted
        self.rankings = {name: Ranking(population, side.scores[name], is_converted) for name in SCORES}
        self.lead = self.rankings["lead"]
        self.deciles: Ints = self.lead.deciles()
        self.times = {share: lead_times(population, self.lead.is_in_top(share), is_converted) for share in TOP_SHARES}

    def numbers(self, weight: Floats) -> dict[str, float]:
        """AUC by score, and of the lead score all else; names are those of `Backtest.differences`."""
        found = {f"auc_{name}": ranking.auc(weight) for name, ranking in self.rankings.items()}
        weights = weight[self._population.contact]
        converted = weights * self._is_converted
        rate = converted.sum() / weights.sum()
        for share in TOP_SHARES:
            top = self.lead.top(share, weight)
            name = f"top_{share:.0%}".removesuffix("%")
            found |= {f"{name}_precision": top.precision, f"{name}_recall": top.recall}
            found[f"{name}_lift"] = top.precision / rate if rate else float("nan")
            contacts, days = self.times[share]
            found[f"{name}_caught"] = _share_of(weight[contacts], ~np.isnan(days))
            found[f"{name}_lead_days"] = _median(days, weight[contacts])
        total = np.bincount(self.deciles, weights=weights, minlength=DECILES + 1)
        good = np.bincount(self.deciles, weights=converted, minlength=DECILES + 1)
        for decile in range(1, DECILES + 1):
            of_decile = good[decile] / total[decile] if total[decile] else float("nan")
            found[f"decile_{decile}_rate"] = of_decile
            found[f"decile_{decile}_lift"] = of_decile / rate if rate else float("nan")
        return found


def measure_sides(
    population: Population,
    named_sides: tuple[tuple[SideName, ScoredSide], ...],
    days: Days,
    resamples: int,
) -> tuple[tuple[SideResult, ...], Mapping[str, Estimate]]:
    """The results of one or two rule books, and head less base, empty for one."""
    is_converted = population.converted(days.horizon_days)
    measures = [SideMeasure(population, side, is_converted) for _, side in named_sides]

    def all_numbers(weight: Floats) -> dict[str, float]:
        found: dict[str, float] = {}
        of_sides = [measure.numbers(weight) for measure in measures]
        for number, of_side in enumerate(of_sides):
            found |= {f"{number} {name}": value for name, value in of_side.items()}
        if len(of_sides) > 1:
            found |= {f"difference {name}": of_sides[1][name] - of_sides[0][name] for name in of_sides[0]}
        return found

    found = estimates(population.contacts, all_numbers, resamples)
    results = tuple(
        _result(population, named, side, measure, _those(found, str(number)), is_converted, days, resamples)
        for number, ((named, side), measure) in enumerate(zip(named_sides, measures, strict=True))
    )
    return results, _those(found, "difference")


def _those(found: Mapping[str, Estimate], prefix: str) -> dict[str, Estimate]:
    start = f"{prefix} "
    return {name.removeprefix(start): value for name, value in found.items() if name.startswith(start)}


def _result(
    population: Population,
    named: SideName,
    side: ScoredSide,
    measure: SideMeasure,
    found: Mapping[str, Estimate],
    is_converted: Flags,
    days: Days,
    resamples: int,
) -> SideResult:
    score = side.scores["lead"]
    by_hindsight = Ranking(population, side.lead_by_hindsight, is_converted).auc()
    return SideResult(
        name=named.name,
        commit=named.commit,
        rule_book_hash=named.rule_book_hash,
        auc={name: found[f"auc_{name}"] for name in SCORES},
        tops=tuple(_top(share, found) for share in TOP_SHARES),
        lead_times=tuple(_lead_time(share, measure.times[share], found) for share in TOP_SHARES),
        deciles=tuple(
            _decile(number, measure.deciles, score, population, is_converted, found) for number in range(1, DECILES + 1)
        ),
        forecast=forecast_of(population, score, is_converted, days, resamples),
        rules=rule_results(population, side.hits, is_converted, resamples),
        auc_by_hindsight=None if np.isnan(by_hindsight) else by_hindsight,
    )


def _top(share: float, found: Mapping[str, Estimate]) -> TopShare:
    name = f"top_{share:.0%}".removesuffix("%")
    return TopShare(
        share=share,
        precision=found[f"{name}_precision"],
        lift=found[f"{name}_lift"],
        recall=found[f"{name}_recall"],
    )


def _lead_time(share: float, times: tuple[Ints, Floats], found: Mapping[str, Estimate]) -> LeadTime:
    contacts, days = times
    known = days[~np.isnan(days)]
    quarters = np.percentile(known, (25, 75)) if len(known) else (None, None)
    name = f"top_{share:.0%}".removesuffix("%")
    return LeadTime(
        share=share,
        converting=len(contacts),
        caught=len(known),
        caught_share=found[f"{name}_caught"],
        median_days=found[f"{name}_lead_days"],
        shortest_quarter_days=None if quarters[0] is None else float(quarters[0]),
        longest_quarter_days=None if quarters[1] is None else float(quarters[1]),
    )


def _decile(
    number: int,
    deciles: Ints,
    score: Floats,
    population: Population,
    is_converted: Flags,
    found: Mapping[str, Estimate],
) -> Decile:
    of_decile = deciles == number
    scores = score[of_decile]
    rate = share_of_people(found[f"decile_{number}_rate"], len(np.unique(population.contact[of_decile])))
    return Decile(
        decile=number,
        observations=int(of_decile.sum()),
        conversions=int(is_converted[of_decile].sum()),
        rate=rate,
        lift=lift_of(found[f"decile_{number}_lift"], rate, float(is_converted.mean())),
        lowest_score=float(scores.min()) if len(scores) else None,
        highest_score=float(scores.max()) if len(scores) else None,
    )


def _share_of(weight: Floats, holds: Flags) -> float:
    total = weight.sum()
    return float(weight[holds].sum() / total) if total else float("nan")


def _median(values: Floats, weight: Floats) -> float:
    """The lower weighted median of what is a number."""
    known = ~np.isnan(values) & (weight > 0)
    if not known.any():
        return float("nan")
    order = np.argsort(values[known], kind="stable")
    running = np.cumsum(weight[known][order])
    return float(values[known][order][np.searchsorted(running, running[-1] / 2)])
