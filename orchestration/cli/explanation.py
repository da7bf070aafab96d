"""How one contact's score came about: every step that added or removed points, and what time will take.

Here the published ledger is put in order and aged; nothing is scored anew, and the numbers are not rounded. How an
explanation looks on a screen is the matter of `explain`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestration.cli.warehouse import Row, Warehouse

HORIZONS = (7, 30)
"""Days ahead for which an explanation says what a score is worth without new activity."""

Outlook = dict[int, float]


@dataclass(frozen=True)
class RulePart:
    """What one rule, adjustment or silence gives to its group; points are as of today unless `outlook` says later."""

    rule_id: str
    source: str
    description: str | None
    hits: int
    credited_hits: int
    counted_hits: int
    points: float
    decayed_points: float
    outlook: Outlook
    first_activity_date: date | None
    last_activity_date: date | None


@dataclass(frozen=True)
class GroupPart:
    """One group: its rules, their sum, and what its limits leave of it."""

    group_id: str
    description: str | None
    min_points: float | None
    max_points: float | None
    rules: list[RulePart]
    sum: float
    points: float
    outlook: Outlook


@dataclass(frozen=True)
class Step:
    """One step from all hits to the score, and the points that it added or removed."""

    step: str
    points: float


@dataclass(frozen=True)
class ScorePart:
    """A score that is made of groups: the groups, the steps, the score."""

    score_id: str
    description: str | None
    floor: float
    ceiling: float
    band: str | None
    groups: list[GroupPart]
    steps: list[Step]
    score: float
    outlook: Outlook


@dataclass(frozen=True)
class LeadPart:
    """A score's share in the lead score: weight × score."""

    score_id: str
    weight: float
    score: float
    points: float
    outlook: Outlook


@dataclass(frozen=True)
class Explanation:
    """All about one contact's score as of the latest date; `as_json` is its public form."""

    contact: Row
    lead_score: float
    lead_parts: list[LeadPart]
    lead_outlook: Outlook
    scores: list[ScorePart]
    fit_criteria: list[Row]
    fit_steps: list[Step]
    products: list[Row]
    events: list[Row]
    resets: list[Row]
    crossings: list[Row]
    history: list[Row]

    def as_json(self) -> dict[str, Any]:
        """The explanation as dictionaries, lists and scalars."""
        return asdict(self)

    @property
    def machine_events(self) -> dict[str, int]:
        """Events that machines caused, by reason; they earn nothing."""
        return {row["machine_reason"]: row["events"] for row in self.events if row["outcome"] == "machine"}


def explain_contact(warehouse: Warehouse, contact_id: str) -> Explanation:
    """The explanation of a contact that is in `contact_scores`, all points as of its as_of_date."""
    contact = warehouse.rows("contact", contact_id=contact_id)[0]
    as_of: date = contact["as_of_date"]
    ledger = warehouse.rows("contact_ledger", contact_id=contact_id)
    kinds = warehouse.rows("contact_scores_by_kind", contact_id=contact_id)
    silence = _silence_rows(contact, warehouse.rows("inactivity_rules"))
    groups = warehouse.rows("score_groups")
    scores = [
        _score_part(
            kind,
            [_group_part(group, ledger, silence, as_of) for group in groups if group["score_id"] == kind["score_id"]],
            ledger,
            contact["is_excluded"],
        )
        for kind in kinds
        if kind["score_id"] not in ("fit", "product_interest")
    ]
    products = _with_outlook(warehouse.rows("contact_products", contact_id=contact_id), ledger, kinds, as_of)
    lead_parts = _lead_parts(kinds, {score.score_id: score.outlook for score in scores}, products)
    fit_criteria = warehouse.rows("contact_fit", contact_id=contact_id)
    return Explanation(
        contact=contact,
        lead_score=contact["lead_score"],
        lead_parts=lead_parts,
        lead_outlook={days: sum(part.outlook[days] for part in lead_parts) for days in HORIZONS},
        scores=scores,
        fit_criteria=fit_criteria,
        fit_steps=_fit_steps(fit_criteria, contact),
        products=products,
        events=warehouse.rows("contact_events", contact_id=contact_id, as_of_date=as_of),
        resets=warehouse.rows("contact_resets", contact_id=contact_id, as_of_date=as_of),
        crossings=warehouse.rows("contact_crossings", contact_id=contact_id),
        history=warehouse.rows("contact_history", contact_id=contact_id),
    )


def decay_factor(decay: str, decay_days: float | None, age_days: int) -> float:
    """The share of its points that an activity of the given age still has: macro `decay_factor` of the models."""
    if decay == "half_life" and decay_days:
        return float(2.0 ** -min(1000.0, age_days / decay_days))
    if decay == "linear" and decay_days:
        return max(0.0, 1.0 - age_days / decay_days)
    if decay == "window" and decay_days:
        return 1.0 if age_days < decay_days else 0.0
    return 1.0


def _score_part(kind: Row, groups: list[GroupPart], ledger: list[Row], is_excluded: bool) -> ScorePart:
    in_groups = {group.group_id for group in groups}
    rows = [row for row in ledger if row["group_id"] in in_groups]
    limited = sum(group.points for group in groups)
    by_source: dict[str, float] = defaultdict(float)
    for row in rows:
        by_source[row["source"]] += row["credited_hits"] * row["points_per_hit"]
    steps = [
        Step("hits", sum(row["hits"] * row["points_per_hit"] for row in rows if row["source"] == "rule")),
        Step("cap", sum((row["credited_hits"] - row["hits"]) * row["points_per_hit"] for row in rows)),
        Step("adjustment", by_source["adjustment"]),
        Step("inactivity", by_source["inactivity"]),
        Step(
            "exclusion" if is_excluded else "reset",
            sum((row["counted_hits"] - row["credited_hits"]) * row["points_per_hit"] for row in rows),
        ),
        Step("decay", sum(row["decayed_points"] - row["points"] for row in rows)),
        Step("group_limits", limited - sum(group.sum for group in groups)),
        Step("score_limits", kind["score"] - limited),
    ]
    return ScorePart(
        score_id=kind["score_id"],
        description=kind["description"],
        floor=kind["floor"],
        ceiling=kind["ceiling"],
        band=kind["band"],
        groups=[group for group in groups if group.rules],
        steps=steps,
        score=kind["score"],
        outlook={
            days: _clamped(sum(group.outlook[days] for group in groups), kind["floor"], kind["ceiling"])
            for days in HORIZONS
        },
    )


def _group_part(group: Row, ledger: list[Row], silence: list[Row], as_of: date) -> GroupPart:
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in ledger:
        if row["group_id"] == group["group_id"] and row["source"] != "inactivity":
            rows[row["rule_id"]].append(row)
    deductions = [_silence_part(rule) for rule in silence if rule["group_id"] == group["group_id"]]
    rules = [_rule_part(of_rule, as_of) for of_rule in rows.values()] + deductions
    rules.sort(key=lambda rule: (-abs(rule.decayed_points), -abs(rule.points), -rule.hits, rule.rule_id))
    total = sum(rule.decayed_points for rule in rules)
    limits = group["min_points"], group["max_points"]
    return GroupPart(
        group_id=group["group_id"],
        description=group["description"],
        min_points=group["min_points"],
        max_points=group["max_points"],
        rules=rules,
        sum=total,
        points=_clamped(total, *limits),
        outlook={days: _clamped(sum(rule.outlook[days] for rule in rules), *limits) for days in HORIZONS},
    )


def _rule_part(rows: list[Row], as_of: date) -> RulePart:
    last = rows[-1]
    return RulePart(
        rule_id=last["rule_id"],
        source=last["source"],
        description=last["description"],
        hits=sum(row["hits"] for row in rows),
        credited_hits=sum(row["credited_hits"] for row in rows),
        counted_hits=sum(row["counted_hits"] for row in rows),
        points=sum(row["points"] for row in rows),
        decayed_points=sum(row["decayed_points"] for row in rows),
        outlook={days: sum(_points_on(row, as_of + timedelta(days)) for row in rows) for days in HORIZONS},
        first_activity_date=rows[0]["activity_date"],
        last_activity_date=last["activity_date"],
    )


def _points_on(row: Row, day: date) -> float:
    """What a ledger row that counts today will be worth on a later day."""
    if row["source"] == "adjustment":
        in_force = row["expires_date"] is None or row["expires_date"] > day
        return float(row["points"]) if in_force else 0.0
    return float(row["points"] * decay_factor(row["decay"], row["decay_days"], (day - row["activity_date"]).days))


def _silence_rows(contact: Row, rules: list[Row]) -> list[Row]:
    """The inactivity rules that are in force today or will be by the last horizon, with their points today and then."""
    if contact["is_excluded"] or contact["last_activity_date"] is None:
        return []
    silent_days = (contact["as_of_date"] - contact["last_activity_date"]).days
    rows = []
    for rule in rules:
        until = rule["before_days"] or float("inf")
        on = {
            days: rule["points"] if rule["after_days"] <= silent_days + days < until else 0.0 for days in (0, *HORIZONS)
        }
        if any(on.values()):
            rows.append({**rule, "points_on": on, "since": contact["last_activity_date"]})
    return rows


def _silence_part(rule: Row) -> RulePart:
    today = rule["points_on"][0]
    times = int(today != 0)
    return RulePart(
        rule_id=rule["rule_id"],
        source="inactivity",
        description=rule["description"],
        hits=times,
        credited_hits=times,
        counted_hits=times,
        points=today,
        decayed_points=today,
        outlook={days: rule["points_on"][days] for days in HORIZONS},
        first_activity_date=rule["since"],
        last_activity_date=rule["since"],
    )


def _with_outlook(products: list[Row], ledger: list[Row], kinds: list[Row], as_of: date) -> list[Row]:
    kind = next(kind for kind in kinds if kind["score_id"] == "product_interest")
    of_interest = [row for row in ledger if row["counts_for_interest"]]
    return [
        {
            **product,
            "outlook": {
                days: _clamped(
                    sum(
                        _points_on(row, as_of + timedelta(days))
                        for row in of_interest
                        if row["product_id"] == product["product_id"]
                    ),
                    kind["floor"],
                    kind["ceiling"],
                )
                for days in HORIZONS
            },
        }
        for product in products
    ]


def _lead_parts(kinds: list[Row], outlooks: dict[str, Outlook], products: list[Row]) -> list[LeadPart]:
    """The scores that the lead score is made of; fit does not age, interest is the then strongest product's."""
    later = dict(outlooks)
    later["product_interest"] = {
        days: max((product["outlook"][days] for product in products), default=0.0) for days in HORIZONS
    }
    return [
        LeadPart(
            score_id=kind["score_id"],
            weight=kind["lead_weight"],
            score=kind["score"],
            points=kind["lead_weight"] * kind["score"],
            outlook={
                days: kind["lead_weight"] * later.get(kind["score_id"], dict.fromkeys(HORIZONS, kind["score"]))[days]
                for days in HORIZONS
            },
        )
        for kind in kinds
        if kind["lead_weight"]
    ]


def _fit_steps(criteria: Iterable[Row], contact: Row) -> list[Step]:
    shares = sum(row["criterion_share"] for row in criteria)
    penalties = sum(row["penalty_points"] for row in criteria)
    rest = contact["fit_score"] - shares - penalties
    return [
        Step("criteria", shares),
        Step("penalties", penalties),
        Step("exclusion" if contact["is_excluded"] else "score_limits", rest),
    ]


def _clamped(value: float, low: float | None, high: float | None) -> float:
    raised = value if low is None else max(value, low)
    return raised if high is None else min(raised, high)
