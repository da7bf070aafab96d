"""Who is looked at, what they scored and what became of them, as arrays: what a scratch file has scored, read once.

A row is a contact on a judged day, the same rows in the same order whatever the rule book.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestration.backtest.knowledge import SQL, run_sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from orchestration.impact.scratch import Scratch

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

SCORES = ("lead", "activity", "fit")
_DECIMALS = 9  # scores are compared rounded, as everywhere
_SPREAD = 1 << 40  # more than contacts there can be


@dataclass(frozen=True)
class Population:
    """Contacts on days. `contact` counts from 0 without gaps, `day` is the number of the judged day.

    `days_to_opportunity`: −1 where none has come so far. `is_known_late`: less, or something else, was known that day
    than is now. `is_edited_later`: the profile was edited after that day.
    """

    day: Ints
    contact: Ints
    days_to_opportunity: Ints
    is_known_late: Flags
    is_edited_later: Flags

    def __len__(self) -> int:
        """How many observations."""
        return len(self.day)

    @property
    def contacts(self) -> int:
        """How many people."""
        return int(self.contact.max()) + 1 if len(self) else 0

    def only(self, kept: Flags) -> Population:
        """Some of the observations; contacts are numbered anew, days keep their numbers."""
        _, contact = np.unique(self.contact[kept], return_inverse=True)
        return Population(
            self.day[kept],
            contact.astype(np.int64),
            self.days_to_opportunity[kept],
            self.is_known_late[kept],
            self.is_edited_later[kept],
        )

    def converted(self, horizon_days: int) -> Flags:
        """Whether the first opportunity came within the horizon."""
        return (self.days_to_opportunity > 0) & (self.days_to_opportunity <= horizon_days)


@dataclass(frozen=True)
class RuleHits:
    """`observation[i]` was hit by `rule[i]`: places in the population and in `rule_ids`."""

    rule_ids: tuple[str, ...]
    group_ids: tuple[str, ...]
    descriptions: tuple[str, ...]
    observation: Ints
    rule: Ints


@dataclass(frozen=True)
class ScoredSide:
    """What one rule book makes of a population: scores by name, lead scores by what is known now, hits of its rules."""

    scores: Mapping[str, Floats]
    lead_by_hindsight: Floats
    is_excluded: Flags
    hits: RuleHits


def read_side(scratch: Scratch, lookback_days: int) -> tuple[Population, ScoredSide]:
    """All of a scored scratch file; `lookback_days`: how long ago a hit of a rule may lie."""
    run_sql(scratch, "population")
    rows = _arrays(scratch, "observations")
    _, contact = np.unique(rows["contact_no"], return_inverse=True)
    _, day = np.unique(rows["day_offset"], return_inverse=True)
    population = Population(
        day.astype(np.int64),
        contact.astype(np.int64),
        rows["days_to_opportunity"].astype(np.int64),
        rows["has_double"].astype(bool),
        np.asarray(np.ma.filled(rows["is_edited_later"], False)).astype(bool),
    )
    scores = {name: np.round(np.asarray(rows[f"{name}_score"], dtype=float), _DECIMALS) for name in SCORES}
    hindsight = np.round(np.asarray(rows["lead_score_by_hindsight"], dtype=float), _DECIMALS)
    scratch.connection.execute("set variable lookback_days = ?", [lookback_days])
    run_sql(scratch, "rules")
    found = _arrays(scratch, "rule_hits")
    rules = scratch.rows("select rule_id, group_id, coalesce(description, '') from replay.rules order by rule_no")
    # The population is in order of day and contact, so that a pair's place is found by search.
    keys = rows["day_offset"].astype(np.int64) * _SPREAD + rows["contact_no"].astype(np.int64)
    wanted = found["day_offset"].astype(np.int64) * _SPREAD + found["contact_no"].astype(np.int64)
    hits = RuleHits(
        tuple(rule_id for rule_id, *_ in rules),
        tuple(group for _, group, _ in rules),
        tuple(text for *_, text in rules),
        np.searchsorted(keys, wanted).astype(np.int64),
        found["rule_no"].astype(np.int64),
    )
    return population, ScoredSide(scores, hindsight, np.asarray(rows["is_excluded"]).astype(bool), hits)


def _arrays(scratch: Scratch, query: str) -> dict[str, Any]:
    answer = scratch.connection.execute((SQL / f"{query}.sql").read_text(encoding="utf-8"))
    return dict(answer.fetchnumpy())


def without(population: Population, side: ScoredSide, left_out: Flags) -> tuple[Population, ScoredSide]:
    """Both without some observations; contacts are numbered anew, days keep their numbers."""
    kept = ~left_out
    place = np.cumsum(kept) - 1
    is_kept_hit = kept[side.hits.observation]
    hits = RuleHits(
        side.hits.rule_ids,
        side.hits.group_ids,
        side.hits.descriptions,
        place[side.hits.observation[is_kept_hit]].astype(np.int64),
        side.hits.rule[is_kept_hit],
    )
    return (
        population.only(kept),
        ScoredSide(
            {name: values[kept] for name, values in side.scores.items()},
            side.lead_by_hindsight[kept],
            side.is_excluded[kept],
            hits,
        ),
    )
