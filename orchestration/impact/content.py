"""What is said of an impact, as plain values. Where they come from is in `comparison`, how they look elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from orchestration.impact.rule_changes import RuleChange


@dataclass(frozen=True, kw_only=True)
class Headline:
    """How many contacts and accounts there are, and how many of them change."""

    contacts: int
    accounts: int
    contacts_with_other_score: int
    contacts_with_other_grade: int
    accounts_with_other_grade: int
    qualified_before: int
    qualified_after: int
    newly_qualified: int
    no_longer_qualified: int
    accounts_qualified_before: int
    accounts_qualified_after: int
    newly_excluded: int
    no_longer_excluded: int


@dataclass(frozen=True, kw_only=True)
class Move:
    """A kind of change in one direction, and of how many it is true."""

    entity: str
    what: str
    direction: str
    moved: int


@dataclass(frozen=True, kw_only=True)
class GradeMove:
    """How many contacts had one grade and have the other, which may be the same."""

    grade_before: str
    grade_after: str
    contacts: int


@dataclass(frozen=True, kw_only=True)
class Lead:
    """Somebody who is newly (`is_new`) or no longer qualified, and what moved them most that way."""

    is_new: bool
    contact_id: str
    full_name: str | None
    job_title: str | None
    account_name: str | None
    lead_grade_before: str
    lead_grade_after: str
    lead_score_before: float
    lead_score_after: float
    cause_file: str | None
    cause: str | None
    cause_points: float | None

    @property
    def name(self) -> str:
        """The name, else the id."""
        return self.full_name or self.contact_id


@dataclass(frozen=True, kw_only=True)
class Account:
    """A company that is newly (`is_new`) or no longer qualified."""

    is_new: bool
    account_id: str
    account_name: str | None
    account_grade_before: str
    account_grade_after: str
    activity_score_before: float
    activity_score_after: float


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What one edited rule does to one score: contacts it lifts and lowers, points in all, before any limit.

    `file` is None where the rule was not edited itself, but depends on a file that was.
    """

    file: str | None
    rule_id: str
    score_id: str
    contacts_up: int
    contacts_down: int
    points: float


@dataclass(frozen=True, kw_only=True)
class ScoreTotal:
    """All contacts of a score: effects + limits = points; `lead_points` is what that is in the lead score.

    `effects` is None for product interest, whose points are those of the same rules.
    """

    score_id: str
    effects: float | None
    limited_contacts: int
    limits: float
    points: float
    lead_points: float


@dataclass(frozen=True, kw_only=True)
class Check:
    """What must hold of the numbers, and for how many contacts it does not."""

    name: str
    failures: int


@dataclass(frozen=True, kw_only=True)
class ScoreDay:
    """The lead scores of one side; excluded contacts are left out. None: there is nobody."""

    is_after: bool
    contacts: int
    lowest: float | None
    highest: float | None
    median: float | None
    mean: float | None


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Contacts whose lead score lies in [bin × width, (bin + 1) × width)."""

    bin: int
    contacts_before: int
    contacts_after: int


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """How many contacts have which lead score, before and after; `width` of a bin in points."""

    width: int
    before: ScoreDay
    after: ScoreDay
    bins: tuple[Bin, ...]


@dataclass(frozen=True, kw_only=True)
class Product:
    """How many contacts are interested in a product, and whose top product it is."""

    product_id: str
    product_name: str | None
    interested_before: int
    interested_after: int
    top_before: int
    top_after: int


@dataclass(frozen=True, kw_only=True)
class CrossingTotal:
    """Crossings that the next run would report, by what alerts are filtered by; `by_rules`: without a day more."""

    entity: str
    threshold_id: str
    direction: str
    cause: str
    action: str | None
    crossings: int
    by_rules: int


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """One of them."""

    entity: str
    entity_id: str
    entity_name: str | None
    threshold_id: str
    product_id: str | None
    direction: str
    score_before: float | None
    score_after: float
    threshold_value: float
    is_by_rules: bool


@dataclass(frozen=True)
class SinkAlerts:
    """What a sink of alerts.toml would get: crossings, and in how many messages (a flood is one summary)."""

    sink: str
    type: str
    crossings: int
    messages: int
    is_summary: bool


@dataclass(frozen=True)
class NextRun:
    """The day of the next run and what it would report; `alerts` is None where there is no alerts.toml."""

    day: date
    totals: tuple[CrossingTotal, ...]
    crossings: tuple[Crossing, ...]
    alerts: tuple[SinkAlerts, ...] | None = None
    alerts_error: str = ""

    @property
    def count(self) -> int:
        """All crossings."""
        return sum(total.crossings for total in self.totals)

    @property
    def by_rules(self) -> int:
        """Those that the rules make by themselves."""
        return sum(total.by_rules for total in self.totals)

    @property
    def messages(self) -> int:
        """Messages to all sinks."""
        return sum(sink.messages for sink in self.alerts or ())


@dataclass(frozen=True)
class Rebuild:
    """What the next build will have to do because of the edits; `reads_raw_events`: every event is read again."""

    rules_matched_again: int
    hits_written: int
    owners_recomputed: int
    profiles_assessed: int
    reads_raw_events: bool
    models: int

    @property
    def is_numbers_only(self) -> bool:
        """Points are applied last: no event, hit or profile is looked at again."""
        return not (
            self.rules_matched_again or self.owners_recomputed or self.profiles_assessed or self.reads_raw_events
        )


@dataclass(frozen=True)
class SideFacts:
    """A rule book that was scored: its name, hash, and whether the warehouse's own tables are its scores."""

    name: str
    commit: str
    rule_book_hash: str
    is_stored: bool


@dataclass(frozen=True)
class Limit:
    """A limit of the policy, what was measured, and whether that passes it."""

    name: str
    limit: float
    value: float
    is_share: bool

    @property
    def is_passed(self) -> bool:
        """The value is above the limit."""
        return self.value > self.limit


@dataclass(frozen=True)
class Verdict:
    """What the policy says; `accepted` is the reason for which limits may be passed, empty: none was given."""

    limits: tuple[Limit, ...] = ()
    accepted: str = ""
    policy: str = ""

    @property
    def passed(self) -> tuple[Limit, ...]:
        """The limits that are passed."""
        return tuple(limit for limit in self.limits if limit.is_passed)

    @property
    def is_failure(self) -> bool:
        """A limit is passed and nobody accepted it."""
        return bool(self.passed) and not self.accepted


@dataclass(frozen=True, kw_only=True)
class Impact:
    """Everything."""

    as_of_date: date
    base: SideFacts
    head: SideFacts
    changes: tuple[RuleChange, ...]
    headline: Headline
    moves: tuple[Move, ...]
    grade_moves: tuple[GradeMove, ...]
    leads: tuple[Lead, ...]
    accounts: tuple[Account, ...]
    effects: tuple[Effect, ...]
    scores: tuple[ScoreTotal, ...]
    checks: tuple[Check, ...]
    distribution: Distribution | None
    products: tuple[Product, ...]
    next_run: NextRun | None
    rebuild: Rebuild
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    verdict: Verdict = field(default_factory=Verdict)

    @property
    def broken_checks(self) -> tuple[Check, ...]:
        """What does not hold: the numbers are not to be relied on, which is a defect of ours."""
        return tuple(check for check in self.checks if check.failures)

    @property
    def last_applied(self) -> tuple[str, ...]:
        """Edited files that move grades without points."""
        files = ("score_bands", "lead_grades", "score_groups", "scores", "stages")
        edited = {change.file for change in self.changes if not change.is_text_only}
        return tuple(file for file in files if file in edited)

    def because_of(self, lead: Lead) -> str:
        """Why somebody turned, in words: the rule and its points, else the files that could have done it."""
        if lead.cause is None:
            return ", ".join(f"{file}.csv" for file in self.last_applied) or "–"
        if lead.cause_file == "exclusions":
            return "exclusions.csv"
        return lead.cause if lead.cause_file else f"{lead.cause} (not edited itself)"
