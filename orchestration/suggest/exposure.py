"""What every rule gave each observation, by the age of hits: enough to compute activity scores with other numbers.

Computed here once more, with the rule book as it is, it must be the score that dbt computed; `check` compares both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from orchestration.suggest.errors import SuggestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from orchestration.impact.scratch import Scratch

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_SQL = Path(__file__).parent / "sql"
MOST_ROWS = 60_000
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class LearntRule:
    """A rule of points as the rule book has it; `group` None: not a part of the activity score."""

    rule_id: str
    group: int | None
    points: float
    decay: str
    decay_days: float | None
    description: str


@dataclass(frozen=True)
class Limits:
    """The clamps of groups, and of the activity score; the weights of both scores in the lead score."""

    group_low: Floats
    group_high: Floats
    floor: float
    ceiling: float
    activity_weight: float
    fit_weight: float


@dataclass(frozen=True)
class Exposure:
    """Observations with what is learnt of them. Rows are in order of day; `contact` counts from 0 without gaps.

    `weight` makes up for contacts left out. `other` are points per group that are no hits of rules.
    """

    rules: tuple[LearntRule, ...]
    limits: Limits
    day: Ints
    contact: Ints
    weight: Floats
    days_to_opportunity: Ints
    lead: Floats
    activity: Floats
    fit: Floats
    other: Floats
    hit_row: Ints
    hit_rule: Ints
    hit_age: Ints
    hits: Floats

    @classmethod
    def read(cls, scratch: Scratch, horizon_days: int, most_rows: int = MOST_ROWS) -> Exposure:
        """From a scratch file whose days are scored and whose population is there."""
        execute = scratch.connection.execute
        execute("set variable horizon_days = ?", [horizon_days])
        execute("set variable most_rows = ?", [float(most_rows)])
        for table in ("learnt", "groups"):
            execute(_text(table))
        rows = execute("select * from replay.learnt order by row_no").fetchnumpy()
        rules = tuple(LearntRule(*row) for row in execute(_text("rules")).fetchall())
        groups = execute(
            "select coalesce(min_points, '-infinity'), coalesce(max_points, 'infinity') from replay.groups"
            " order by group_no"
        )
        bounds = np.array(groups.fetchall(), dtype=float).reshape(-1, 2)
        scores = {
            name: tuple(map(float, numbers))
            for name, *numbers in execute(
                "select lower(score_id), floor, ceiling, lead_weight from rule_book.scores"
            ).fetchall()
        }
        floor, ceiling, activity_weight = scores["activity"]
        found = execute(_text("exposures")).fetchnumpy()
        other = execute(_text("other_points")).fetchnumpy()
        points = np.zeros((len(rows["row_no"]), len(bounds)))
        points[other["row_no"].astype(int), other["group_no"].astype(int)] = other["points"].astype(float)
        _, contact = np.unique(rows["contact_no"], return_inverse=True)
        return cls(
            rules=rules,
            limits=Limits(bounds[:, 0], bounds[:, 1], floor, ceiling, activity_weight, scores["fit"][2]),
            day=rows["day_offset"].astype(np.int64),
            contact=contact.astype(np.int64),
            weight=rows["weight"].astype(float),
            days_to_opportunity=rows["days_to_opportunity"].astype(np.int64),
            lead=rows["lead_score"].astype(float),
            activity=rows["activity_score"].astype(float),
            fit=rows["fit_score"].astype(float),
            other=points,
            hit_row=found["row_no"].astype(np.int64),
            hit_rule=found["rule_no"].astype(np.int64),
            hit_age=found["age_days"].astype(np.int64),
            hits=found["hits"].astype(float),
        )

    def __len__(self) -> int:
        """How many observations."""
        return len(self.day)

    def converted(self, horizon_days: int) -> Flags:
        """Whether the first opportunity came within the horizon."""
        return (self.days_to_opportunity > 0) & (self.days_to_opportunity <= horizon_days)

    @cached_property
    def _hits_of(self) -> Sequence[slice | Ints]:
        order = np.argsort(self.hit_rule, kind="stable")
        edges = np.searchsorted(self.hit_rule[order], np.arange(len(self.rules) + 1))
        return [order[edges[rule] : edges[rule + 1]] for rule in range(len(self.rules))]

    def of_rule(self, rule: int, half_life: float | None = None) -> Floats:
        """Decayed credited hits of a rule per observation, by its own decay or another half-life in days."""
        places = self._hits_of[rule]
        given = self.rules[rule]
        decay, days = ("half_life", half_life) if half_life is not None else (given.decay, given.decay_days)
        decayed = self.hits[places] * decay_of(decay, days, self.hit_age[places])
        return np.bincount(self.hit_row[places], weights=decayed, minlength=len(self)).astype(float)

    def activity_with(self, points: Mapping[int, float], half_lives: Mapping[int, float]) -> Floats:
        """The activity score with other points and half-lives of some rules, limits of groups and score included."""
        sums: Floats = self.other.copy()
        for number, rule in enumerate(self.rules):
            if rule.group is not None:
                sums[:, rule.group] += points.get(number, rule.points) * self.of_rule(number, half_lives.get(number))
        clamped = np.clip(sums, self.limits.group_low, self.limits.group_high).sum(axis=1)
        result: Floats = np.clip(clamped, self.limits.floor, self.limits.ceiling)
        return result

    def lead_with(self, points: Mapping[int, float], half_lives: Mapping[int, float]) -> Floats:
        """The lead score likewise; every other part of it stays as it was."""
        return self.lead + self.limits.activity_weight * (self.activity_with(points, half_lives) - self.activity)

    def people_hit(self, rule: int, rows: Flags) -> Ints:
        """Contacts with a hit of the rule on one of these observations."""
        places = self._hits_of[rule]
        hit = np.zeros(len(self), dtype=bool)
        hit[self.hit_row[places]] = True
        return np.unique(self.contact[hit & rows])

    def check(self) -> None:
        """Raises SuggestError if the score computed here is not the one that dbt computed."""
        if not len(self):
            return
        difference = float(np.abs(self.activity_with({}, {}) - self.activity).max())
        if difference > _TOLERANCE:
            raise SuggestError(
                f"The activity score computed from the ledger differs from the warehouse's by {difference:.3g} points; "
                "that is a defect of this project, please report it."
            )


def decay_of(decay: str, days: float | None, age: Ints) -> Floats:
    """What is left of a point at an age in days."""
    if decay == "half_life" and days:
        return np.exp2(-age / days)
    if decay == "linear" and days:
        return np.maximum(0.0, 1.0 - age / days)
    if decay == "window" and days:
        return (age < days).astype(float)
    return np.ones(len(age))


def design(exposure: Exposure, rules: Sequence[int], half_lives: Mapping[int, float]) -> Floats:
    """A column per rule: its decayed hits."""
    if not rules:
        return np.zeros((len(exposure), 0))
    return np.column_stack([exposure.of_rule(rule, half_lives.get(rule)) for rule in rules])


def _text(query: str) -> str:
    return (_SQL / f"{query}.sql").read_text(encoding="utf-8")
