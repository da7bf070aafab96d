"""The files of the rule book: one class per CSV, one field per column, and beside it what a cell may hold.

What several cells, rows or files must satisfy together is in `constraints`; what a column means to a marketer is in
`dbt_project/models/staging/rule_book/_rule_book__seeds.yml`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from orchestration.rule_book.columns import Choice, Column, Date, Flag, Integer, Number, Pattern, Text, column
from orchestration.rule_book.errors import RuleBookError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

ACTIVITY, FIT, PRODUCT_INTEREST = BUILT_IN_SCORES = ("activity", "fit", "product_interest")
LEAD = "lead"
JOB_TITLE = "job_title"
BUILT_IN_BANDS = {FIT: ("A", "B", "C", "D"), ACTIVITY: ("4", "3", "2", "1")}
"""The labels, best first, of the two scores whose bands make the lead grade."""
GRADES = tuple(fit + activity for fit in BUILT_IN_BANDS[FIT] for activity in BUILT_IN_BANDS[ACTIVITY])
ENTITIES = ("contact", "account")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row: `line` is the physical line it starts on, `cells` its trimmed text by column of the header.

    A column in `invalid` has no usable value: its cell is absent or wrong, its field is None whatever the annotation.
    """

    FILE: ClassVar[str]
    UNIQUE: ClassVar[tuple[tuple[str, ...], ...]]
    """Column sets that no two rows of the file share; the first is the file's key, which other files refer to."""

    line: int
    cells: Mapping[str, str] = field(repr=False, compare=False)
    invalid: frozenset[str] = field(repr=False, compare=False)
    description: str = column(Text())

    @classmethod
    def whole_file(cls, column_name: str, value: str, message: str) -> RuleBookError:
        """What the file as a whole lacks; it stands on line 1."""
        return RuleBookError(f"{cls.FILE}.csv", 1, column_name, value, message)

    def error(self, column_name: str, message: str, candidates: tuple[str, ...] = ()) -> RuleBookError:
        """What is wrong with one cell of this row."""
        value = self.cells.get(column_name, "")
        return RuleBookError(f"{self.FILE}.csv", self.line, column_name, value, message, candidates)


@dataclass(frozen=True, kw_only=True)
class Rule(Row):
    """A row that can be switched off; a disabled rule must be as valid as an enabled one, so that enabling is safe."""

    UNIQUE: ClassVar[tuple[tuple[str, ...], ...]] = (("rule_id",),)

    rule_id: str = column(Text())  # unique over all rule files
    enabled: bool = column(Flag(empty="true", default=True))


@dataclass(frozen=True, kw_only=True)
class Score(Row):
    """The scores that exist."""

    FILE: ClassVar = "scores"
    UNIQUE: ClassVar = (("score_id",),)

    score_id: str = column(Text())  # activity, fit and product_interest exist; lead is taken
    floor: float = column(Number(at_most=0))
    ceiling: float = column(Number(at_least=0))
    lead_weight: float = column(Number(at_least=0))  # sum to 1


@dataclass(frozen=True, kw_only=True)
class ScoreGroup(Row):
    """Groups of rules and their clamp."""

    FILE: ClassVar = "score_groups"
    UNIQUE: ClassVar = (("group_id",),)

    group_id: str = column(Text())
    score_id: str = column(Text(references="scores"))  # activity or custom
    min_points: float | None = column(Number(empty="no lower clamp", at_most=0))
    max_points: float | None = column(Number(empty="no upper clamp", at_least=0))


@dataclass(frozen=True, kw_only=True)
class PointRule(Rule):
    """Points for events."""

    FILE: ClassVar = "point_rules"

    group_id: str = column(Text(references="score_groups"))
    event_type: str = column(Text(ignores_case=True))
    object_pattern: str | None = column(Pattern(empty="any object"))  # of stage_entered: stages
    category: str | None = column(Text(empty="any category", ignores_case=True))
    campaign_pattern: str | None = column(Pattern(empty="any campaign"))
    min_value: float | None = column(Number(empty="no lower limit"))
    max_value: float | None = column(Number(empty="no upper limit"))  # at least min_value
    points: float = column(Number())
    max_hits: int | None = column(Integer(empty="no cap", at_least=1))  # together with per
    per: str | None = column(
        Choice(empty="no cap", values=("day", "week", "month", "object", "object_day", "lifetime"))
    )
    decay: str = column(Choice(empty="none", default="none", values=("none", "half_life", "linear", "window")))
    decay_days: float | None = column(Number(empty="no decay", above=0))  # together with decay
    valid_from: date | None = column(Date(empty="since ever"))  # noqa: RUF009
    valid_to: date | None = column(Date(empty="for ever"))  # noqa: RUF009 -- not before valid_from
    counts_for_interest: bool = column(Flag())
    act_now: bool = column(Flag())


@dataclass(frozen=True, kw_only=True)
class InactivityRule(Rule):
    """A deduction for silence."""

    FILE: ClassVar = "inactivity_rules"
    UNIQUE: ClassVar = (("rule_id",), ("group_id", "after_days"))

    group_id: str = column(Text(references="score_groups"))
    after_days: int = column(Integer(at_least=1))
    points: float = column(Number())


@dataclass(frozen=True, kw_only=True)
class ContentMapRow(Row):
    """What an object is about."""

    FILE: ClassVar = "content_map"
    UNIQUE: ClassVar = (("event_type", "object_pattern"),)

    event_type: str | None = column(Text(empty="any event type", ignores_case=True))
    object_pattern: str | None = column(Pattern(empty="any object"))
    category: str | None = column(Text(empty="gives no category"))
    product_id: str | None = column(Text(empty="gives no product", references="products"))
    is_sales_ready: bool = column(Flag())
    priority: int | None = column(Integer(empty="last"))


@dataclass(frozen=True, kw_only=True)
class Product(Row):
    """Products and services of interest."""

    FILE: ClassVar = "products"
    UNIQUE: ClassVar = (("product_id",),)

    product_id: str = column(Text(ignores_case=True))
    product_name: str = column(Text())


@dataclass(frozen=True, kw_only=True)
class FitCriterion(Row):
    """What a good fit is made of."""

    FILE: ClassVar = "fit_criteria"
    UNIQUE: ClassVar = (("criterion_id",),)

    criterion_id: str = column(Text())
    entity: str = column(Choice(values=ENTITIES))  # of job_title: contact
    weight: float = column(Number(at_least=0))  # sum to 100


@dataclass(frozen=True, kw_only=True)
class FitRule(Rule):
    """Points inside a criterion; negative points are penalties."""

    FILE: ClassVar = "fit_rules"

    criterion_id: str = column(Text(references="fit_criteria"))
    attribute: str = column(Text(ignores_case=True))
    operator: str = column(Choice(values=("equals", "in", "between", "at_least", "at_most", "like", "is_present")))
    operand: str | None = column(Text(empty="none, for is_present"))  # as the operator asks
    points: float = column(Number(at_most=100))  # negative for criterion job_title


@dataclass(frozen=True, kw_only=True)
class TitleWeight(Row):
    """What a job title is worth in criterion `job_title`."""

    FILE: ClassVar = "title_weights"
    UNIQUE: ClassVar = (("title_pattern",),)

    title_pattern: str | None = column(Pattern(empty="any title, none too", title=True))
    seniority: str | None = column(Text(empty="unknown"))
    buying_role: str | None = column(Text(empty="none", references="buying_roles"))
    points: float = column(Number(at_least=0, at_most=100))
    priority: int | None = column(Integer(empty="last"))


@dataclass(frozen=True, kw_only=True)
class Exclusion(Rule):
    """Who is never a lead."""

    FILE: ClassVar = "exclusions"

    match_on: str = column(Choice(values=("email_domain", "email", JOB_TITLE, "account_id", "account_name")))
    pattern: str = column(Pattern())  # a title pattern on job_title
    reason: str = column(Choice(values=("competitor", "employee", "partner", "researcher", "test")))


@dataclass(frozen=True, kw_only=True)
class FreeEmailDomain(Row):
    """Domains that are never used to find an account."""

    FILE: ClassVar = "free_email_domains"
    UNIQUE: ClassVar = (("email_domain",),)

    email_domain: str = column(Text(ignores_case=True))


@dataclass(frozen=True, kw_only=True)
class BotUserAgent(Row):
    """User agents of machine traffic."""

    FILE: ClassVar = "bot_user_agents"
    UNIQUE: ClassVar = (("pattern",),)

    pattern: str = column(Pattern())
    reason: str = column(Text())


@dataclass(frozen=True, kw_only=True)
class ScoreBand(Row):
    """What a range of a score is called; built-in labels are those of `BUILT_IN_BANDS`."""

    FILE: ClassVar = "score_bands"
    UNIQUE: ClassVar = (("score_id", "label"), ("score_id", "min_score"))

    score_id: str = column(Text(references="scores"))
    label: str = column(Text())
    min_score: float = column(Number())  # the lowest is the score's floor


@dataclass(frozen=True, kw_only=True)
class LeadGrade(Row):
    """What to do with each cell of fit and activity."""

    FILE: ClassVar = "lead_grades"
    UNIQUE: ClassVar = (("lead_grade",),)

    lead_grade: str = column(Choice(values=GRADES))  # all of them
    is_qualified: bool = column(Flag())
    recommended_action: str = column(Text())


@dataclass(frozen=True, kw_only=True)
class Threshold(Row):
    """Crossings to report."""

    FILE: ClassVar = "thresholds"
    UNIQUE: ClassVar = (("threshold_id",),)

    threshold_id: str = column(Text())
    entity: str = column(Choice(values=ENTITIES))
    score_id: str = column(Text(references="scores", also=(LEAD,)))  # of accounts: built-in
    product_id: str | None = column(Text(empty="each product", references="products"))  # for product_interest
    comparison: str = column(Choice(values=(">=", ">")))
    value: float = column(Number())
    rearm_below: float | None = column(Number(empty="when the value is not met"))  # at most value
    action: str = column(Text())


@dataclass(frozen=True, kw_only=True)
class BuyingRole(Row):
    """The committee an account needs."""

    FILE: ClassVar = "buying_roles"
    UNIQUE: ClassVar = (("buying_role",),)

    buying_role: str = column(Text())
    is_required: bool = column(Flag())


@dataclass(frozen=True, kw_only=True)
class AccountRankWeight(Row):
    """How the best contacts of an account add up."""

    FILE: ClassVar = "account_rank_weights"
    UNIQUE: ClassVar = (("contact_rank",),)

    contact_rank: int = column(Integer(at_least=1))  # 1, 2, 3, … without a gap
    weight: float = column(Number(at_least=0))  # does not rise with the rank


@dataclass(frozen=True, kw_only=True)
class Stage(Row):
    """The journey of a contact."""

    FILE: ClassVar = "stages"
    UNIQUE: ClassVar = (("stage_id",),)

    stage_id: str = column(Text(ignores_case=True))
    position: int = column(Integer())
    resets_score: bool = column(Flag())
    is_disqualified: bool = column(Flag())
    is_customer: bool = column(Flag())


@dataclass(frozen=True, kw_only=True)
class RuleBook:
    """The typed rows of every file, in file order; complete and consistent only where no error came with it."""

    scores: tuple[Score, ...]
    score_groups: tuple[ScoreGroup, ...]
    point_rules: tuple[PointRule, ...]
    inactivity_rules: tuple[InactivityRule, ...]
    content_map: tuple[ContentMapRow, ...]
    products: tuple[Product, ...]
    fit_criteria: tuple[FitCriterion, ...]
    fit_rules: tuple[FitRule, ...]
    title_weights: tuple[TitleWeight, ...]
    exclusions: tuple[Exclusion, ...]
    free_email_domains: tuple[FreeEmailDomain, ...]
    bot_user_agents: tuple[BotUserAgent, ...]
    score_bands: tuple[ScoreBand, ...]
    lead_grades: tuple[LeadGrade, ...]
    thresholds: tuple[Threshold, ...]
    buying_roles: tuple[BuyingRole, ...]
    account_rank_weights: tuple[AccountRankWeight, ...]
    stages: tuple[Stage, ...]

    def rows(self, file: str) -> tuple[Row, ...]:
        """The rows of a file named without `.csv`."""
        rows: tuple[Row, ...] = getattr(self, file)
        return rows


ROW_TYPES: tuple[type[Row], ...] = (
    Score, ScoreGroup, PointRule, InactivityRule, ContentMapRow, Product, FitCriterion, FitRule, TitleWeight,
    Exclusion, FreeEmailDomain, BotUserAgent, ScoreBand, LeadGrade, Threshold, BuyingRole, AccountRankWeight, Stage,
)  # fmt: skip

RowT = TypeVar("RowT", bound=Row)


def columns_of(row_type: type[Row]) -> dict[str, Column]:
    """The columns of a file by name, `description` last."""
    columns: dict[str, Any] = {f.name: f.metadata["column"] for f in fields(row_type) if "column" in f.metadata}
    columns["description"] = columns.pop("description")
    return columns


def intact(rows: Iterable[RowT], *columns: str) -> list[RowT]:
    """The rows whose values in these columns can be relied on."""
    return [row for row in rows if row.invalid.isdisjoint(columns)]
