"""Each rule by itself: how often people convert whom it hit, and how often the others.

That is no effect of the rule: who reads prices also opens emails. `lead-scoring suggest` looks at all rules together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from orchestration.backtest.content import RuleResult
from orchestration.backtest.resampling import RESAMPLES, draws, estimate_of, lift_of, share_of_people

if TYPE_CHECKING:
    from orchestration.backtest.observations import Flags, Floats, Population, RuleHits


def rule_results(
    population: Population, hits: RuleHits, is_converted: Flags, resamples: int = RESAMPLES
) -> tuple[RuleResult, ...]:
    """Every enabled rule, the one with the greatest lift first, those that hit nobody last."""
    rules, contacts = len(hits.rule_ids), population.contacts
    shape = (contacts, rules)
    who = population.contact[hits.observation]
    ones = np.ones(len(who))
    # Per contact and rule: on how many days it was hit, and on how many of these it was to convert.
    seen = sparse.coo_matrix((ones, (who, hits.rule)), shape).tocsr()
    converted = sparse.coo_matrix((is_converted[hits.observation].astype(float), (who, hits.rule)), shape).tocsr()
    days = np.bincount(population.contact, minlength=contacts).astype(float)
    days_to_convert = np.bincount(population.contact, weights=is_converted.astype(float), minlength=contacts)

    def rates(weight: Floats) -> Floats:
        with_hit, with_conversion = weight @ seen, weight @ converted
        total, total_converted = float(weight @ days), float(weight @ days_to_convert)
        with np.errstate(divide="ignore", invalid="ignore"):
            rate_with = with_conversion / with_hit
            rate_without = (total_converted - with_conversion) / (total - with_hit)
            lift = rate_with / (total_converted / total)
        return np.array([rate_with, rate_without, lift])

    value = rates(np.ones(contacts))
    drawn = np.array([rates(weight) for weight in draws(contacts, resamples)])
    people = np.asarray((seen > 0).sum(axis=0)).ravel()
    observations, conversions = np.ones(contacts) @ seen, np.ones(contacts) @ converted
    rate_of_all = float(is_converted.mean())
    results = []
    for rule, rule_id in enumerate(hits.rule_ids):
        rate_with = share_of_people(estimate_of(value[0, rule], drawn[:, 0, rule]), int(people[rule]))
        results.append(
            RuleResult(
                rule_id=rule_id,
                group_id=hits.group_ids[rule],
                description=hits.descriptions[rule],
                contacts=int(people[rule]),
                observations=int(observations[rule]),
                conversions=int(conversions[rule]),
                rate_with=rate_with,
                rate_without=share_of_people(
                    estimate_of(value[1, rule], drawn[:, 1, rule]), contacts - int(people[rule])
                ),
                lift=lift_of(estimate_of(value[2, rule], drawn[:, 2, rule]), rate_with, rate_of_all),
            )
        )
    return tuple(
        sorted(results, key=lambda row: (-(row.lift.value if row.lift.value is not None else -1), row.rule_id))
    )
