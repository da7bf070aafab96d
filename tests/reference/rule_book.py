"""The rule book: one class per CSV file of section 2, one field per column, defaults for empty cells.

Belongs here: reading files and looking names up. Does not: validation (the files are taken as valid) and what rules do.
"""

import csv
import hashlib
import math
from dataclasses import asdict, dataclass, fields
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, get_args, get_type_hints

from . import values

BUILT_IN_SCORES = ("activity", "fit", "product_interest")


@dataclass(frozen=True, kw_only=True)
class Score:
    """A row of `scores.csv`."""

    score_id: str
    floor: float | None = None
    ceiling: float | None = None
    lead_weight: float = 0.0
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class ScoreGroup:
    """A row of `score_groups.csv`."""

    group_id: str
    score_id: str
    min_points: float | None = None
    max_points: float | None = None
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class PointRule:
    """A row of `point_rules.csv`."""

    rule_id: str
    group_id: str
    event_type: str
    object_pattern: str | None = None
    category: str | None = None
    campaign_pattern: str | None = None
    min_value: float | None = None
    max_value: float | None = None
    points: float
    max_hits: float | None = None
    per: str | None = None
    decay: str = "none"
    decay_days: float | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    counts_for_interest: bool = False
    act_now: bool = False
    enabled: bool = True
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class InactivityRule:
    """A row of `inactivity_rules.csv`."""

    rule_id: str
    group_id: str
    after_days: float
    points: float
    enabled: bool = True
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class ContentRow:
    """A row of `content_map.csv`; an empty `is_sales_ready` gives nothing."""

    event_type: str | None = None
    object_pattern: str | None = None
    category: str | None = None
    product_id: str | None = None
    is_sales_ready: bool | None = None
    priority: float = math.inf
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class Product:
    """A row of `products.csv`."""

    product_id: str
    product_name: str | None = None
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class FitCriterion:
    """A row of `fit_criteria.csv`."""

    criterion_id: str
    entity: str
    weight: float
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class FitRule:
    """A row of `fit_rules.csv`."""

    rule_id: str
    criterion_id: str
    attribute: str
    operator: str
    operand: str | None = None
    points: float
    enabled: bool = True
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class TitleWeight:
    """A row of `title_weights.csv`."""

    title_pattern: str
    seniority: str | None = None
    buying_role: str | None = None
    points: float
    priority: float = math.inf
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """A row of `exclusions.csv`."""

    rule_id: str
    match_on: str
    pattern: str
    reason: str
    enabled: bool = True
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class FreeEmailDomain:
    """A row of `free_email_domains.csv`."""

    email_domain: str
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class BotUserAgent:
    """A row of `bot_user_agents.csv`."""

    pattern: str
    reason: str | None = None
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class ScoreBand:
    """A row of `score_bands.csv`."""

    score_id: str
    label: str
    min_score: float
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class LeadGrade:
    """A row of `lead_grades.csv`."""

    lead_grade: str
    is_qualified: bool = False
    recommended_action: str | None = None
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A row of `thresholds.csv`."""

    threshold_id: str
    entity: str
    score_id: str
    product_id: str | None = None
    comparison: str
    value: float
    rearm_below: float | None = None
    action: str | None = None
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class BuyingRole:
    """A row of `buying_roles.csv`."""

    buying_role: str
    is_required: bool = False
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class RankWeight:
    """A row of `account_rank_weights.csv`."""

    contact_rank: float
    weight: float
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A row of `stages.csv`."""

    stage_id: str
    position: float
    resets_score: bool = False
    is_disqualified: bool = False
    is_customer: bool = False
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class RuleBook:
    """All files; a field has the name of its file."""

    scores: tuple[Score, ...]
    score_groups: tuple[ScoreGroup, ...]
    point_rules: tuple[PointRule, ...] = ()
    inactivity_rules: tuple[InactivityRule, ...] = ()
    content_map: tuple[ContentRow, ...] = ()
    products: tuple[Product, ...] = ()
    fit_criteria: tuple[FitCriterion, ...] = ()
    fit_rules: tuple[FitRule, ...] = ()
    title_weights: tuple[TitleWeight, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    free_email_domains: tuple[FreeEmailDomain, ...] = ()
    bot_user_agents: tuple[BotUserAgent, ...] = ()
    score_bands: tuple[ScoreBand, ...] = ()
    lead_grades: tuple[LeadGrade, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    buying_roles: tuple[BuyingRole, ...] = ()
    account_rank_weights: tuple[RankWeight, ...] = ()
    stages: tuple[Stage, ...] = ()

    def score(self, score_id: str) -> Score:
        """The score of that id."""
        return next(score for score in self.scores if score.score_id == score_id)

    def group(self, group_id: str) -> ScoreGroup | None:
        """The group of that id, null if there is none."""
        return next((group for group in self.score_groups if group.group_id == group_id), None)

    def stage(self, stage_id: str | None) -> Stage | None:
        """The stage of that spelling, null if the rule book does not know it."""
        return next((stage for stage in self.stages if stage.stage_id == stage_id), None)

    def custom_scores(self) -> list[Score]:
        """The scores besides activity, fit and product interest."""
        return [score for score in self.scores if score.score_id not in BUILT_IN_SCORES]

    def spell_product(self, product_id: str | None) -> str | None:
        """A product in the rule book's spelling, as it is if unknown."""
        return _spell(product_id, [product.product_id for product in self.products])

    def spell_stage(self, stage_id: str | None) -> str | None:
        """A stage in the rule book's spelling, as it is if unknown."""
        return _spell(stage_id, [stage.stage_id for stage in self.stages])

    def clamp(self, score_id: str, score: float) -> float:
        """A score within the floor and ceiling of that score."""
        limits = self.score(score_id)
        return values.clamp(score, limits.floor, limits.ceiling)

    def band(self, score_id: str, score: float) -> str | None:
        """The label of the band with the highest `min_score` that the score reaches, null if none."""
        reached = [
            band
            for band in self.score_bands
            if band.score_id == score_id and values.rounded(band.min_score) <= values.rounded(score)
        ]
        return max(reached, key=lambda band: band.min_score).label if reached else None

    @cached_property
    def digest(self) -> str:
        """The hash of the parsed rows of all files without `description`, whatever their order."""
        parsed = {
            file.name: sorted(repr({**asdict(row), "description": None}) for row in getattr(self, file.name))
            for file in fields(self)
        }
        return hashlib.sha256(repr(parsed).encode()).hexdigest()


def row_classes() -> dict[str, type]:
    """The class of a row per file name without extension."""
    return {name: get_args(kind)[0] for name, kind in get_type_hints(RuleBook).items()}


def load_rule_book(seeds_dir: Path) -> RuleBook:
    """The rule book in a folder; raises OSError when a file is missing, ValueError when a cell cannot be read."""
    return RuleBook(**{name: _load(seeds_dir / f"{name}.csv", kind) for name, kind in row_classes().items()})


def _load(path: Path, kind: type) -> tuple[Any, ...]:
    hints = get_type_hints(kind)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [{name: values.text(cell) for name, cell in row.items()} for row in csv.DictReader(file)]
    return tuple(
        kind(**{name: _parse(cell, hints[name]) for name, cell in row.items() if cell is not None}) for row in rows
    )


def _parse(cell: str, hint: Any) -> object:
    kind = next((option for option in (get_args(hint) or (hint,)) if option is not type(None)), str)
    if kind is str:
        return cell
    parsers = {float: values.number, bool: values.flag, date: values.day}
    value = parsers[kind](cell)
    if value is None:
        raise ValueError(f"not a {kind.__name__}: {cell!r}")
    return value


def _spell(name: str | None, known: list[str]) -> str | None:
    return next((spelling for spelling in known if name is not None and spelling.lower() == name.lower()), name)
