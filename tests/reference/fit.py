"""Profiles: the account of a contact, title, exclusion, fit (steps 15, 17 and the first sentence of 19).

Belongs here: what depends on profiles alone and on no date. Does not: bands, grades, member roll-ups.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from . import patterns, values
from .raw import COLUMNS, Row

if TYPE_CHECKING:
    from .rule_book import Exclusion, FitCriterion, FitRule, RuleBook, TitleWeight

TITLE_CRITERION = "job_title"


@dataclass(frozen=True)
class Entity:
    """A contact or an account with its attribute rows."""

    kind: str
    row: Row
    attributes: list[Row]

    def values_of(self, attribute: str) -> list[str]:
        """The non-null values of an attribute as text: a column, else the rows of the attribute table."""
        name = attribute.lower()
        if name in {column.name for column in COLUMNS[f"{self.kind}s"]}:
            found = [as_text(self.row[name])]
        else:
            found = [row["value"] for row in self.attributes if row["attribute"].lower() == name]
        return [value for value in found if value is not None]


@dataclass(frozen=True)
class CriterionFit:
    """How one contact or account does in one criterion."""

    criterion: FitCriterion
    points: float
    penalties: float
    rule_ids: tuple[str, ...]
    read_values: tuple[str, ...]

    @property
    def weighted_points(self) -> float:
        """The share of the fit score."""
        return self.criterion.weight / 100 * self.points + self.penalties


@dataclass(frozen=True)
class Profile:
    """What the run knows of a contact whatever the date."""

    contact: Row
    account: Row | None
    title: TitleWeight | None
    exclusion: Exclusion | None
    criteria: tuple[CriterionFit, ...]
    fit_score: float
    fit_completeness: float

    @property
    def contact_id(self) -> str:
        """The contact."""
        contact_id: str = self.contact["contact_id"]
        return contact_id

    @property
    def account_id(self) -> str | None:
        """The resolved account."""
        return self.account["account_id"] if self.account else None

    @property
    def is_excluded(self) -> bool:
        """Whether the contact is never a lead."""
        return self.exclusion is not None


def profile(contact: Entity, account: Entity | None, rule_book: RuleBook) -> Profile:
    """The profile of a contact with its resolved account."""
    account_row = account.row if account else None
    exclusion = excluded_by(contact.row, account_row, rule_book)
    criteria = tuple(criterion_fit(criterion, contact, account, rule_book) for criterion in rule_book.fit_criteria)
    score = rule_book.clamp("fit", sum(criterion.weighted_points for criterion in criteria))
    return Profile(
        contact=contact.row,
        account=account_row,
        title=winning_title(contact.row["job_title"], rule_book),
        exclusion=exclusion,
        criteria=criteria,
        fit_score=score if exclusion is None else 0.0,
        fit_completeness=sum(criterion.criterion.weight for criterion in criteria if criterion.read_values) / 100,
    )


def account_fit(account: Entity, rule_book: RuleBook) -> float:
    """The fit of an account by account criteria alone, their weights scaled to 100."""
    own = [criterion for criterion in rule_book.fit_criteria if criterion.entity == "account"]
    total_weight = sum(criterion.weight for criterion in own)
    score = 0.0
    for criterion in own:
        result = criterion_fit(criterion, None, account, rule_book)
        share = criterion.weight / total_weight if total_weight else 0.0
        score += share * result.points + result.penalties
    return rule_book.clamp("fit", score)


def resolve_account(contact: Row, accounts: dict[str, Row], rule_book: RuleBook) -> str | None:
    """The account of a contact: its own if it exists, else the lowest with the domain of its email."""
    if contact["account_id"] in accounts:
        account_id: str = contact["account_id"]
        return account_id
    domain = email_domain(contact["email"])
    if domain is None or domain in {free.email_domain.lower() for free in rule_book.free_email_domains}:
        return None
    return min((key for key, account in accounts.items() if account_domain(account) == domain), default=None)


def email_domain(email: str | None) -> str | None:
    """What stands after the last @, in lower case."""
    return (email.rpartition("@")[2].lower() or None) if email is not None and "@" in email else None


def account_domain(account: Row) -> str | None:
    """The domain of an account as email addresses have it."""
    domain: str | None = account["domain"]
    return None if domain is None else domain.lower().removeprefix("www.")


def excluded_by(contact: Row, account: Row | None, rule_book: RuleBook) -> Exclusion | None:
    """Step 17: the rule that excludes a contact, the lowest rule_id of several."""
    account = account or {"account_id": None, "account_name": None}
    compared = {
        "email_domain": email_domain(contact["email"]),
        "email": contact["email"],
        "account_id": account["account_id"],
        "account_name": account["account_name"],
    }
    fitting = [
        rule
        for rule in rule_book.exclusions
        if rule.enabled
        and (
            patterns.title_fits(rule.pattern, contact["job_title"])
            if rule.match_on == "job_title"
            else patterns.fits(rule.pattern, compared[rule.match_on])
        )
    ]
    return min(fitting, key=lambda rule: rule.rule_id, default=None)


def winning_title(job_title: str | None, rule_book: RuleBook) -> TitleWeight | None:
    """The winning row of `title_weights` for a title."""
    fitting = [row for row in rule_book.title_weights if patterns.title_fits(row.title_pattern, job_title)]
    return min(fitting, key=lambda row: patterns.winning_order(row.priority, row.title_pattern), default=None)


def criterion_fit(
    criterion: FitCriterion, contact: Entity | None, account: Entity | None, rule_book: RuleBook
) -> CriterionFit:
    """Step 15 for one criterion; an absent entity has no values."""
    entity = contact if criterion.entity == "contact" else account
    rules = [rule for rule in rule_book.fit_rules if rule.enabled and rule.criterion_id == criterion.criterion_id]
    read = {rule.attribute: entity.values_of(rule.attribute) for rule in rules} if entity else {}
    matching = [rule for rule in rules if any(operator_holds(rule, value) for value in read.get(rule.attribute, []))]
    penalties = [rule for rule in matching if rule.points < 0]
    points = max((rule.points for rule in matching if rule.points > 0), default=0.0)
    giving = [rule.rule_id for rule in matching if rule.points > 0 and rule.points == points]
    first: list[str] = []
    if criterion.criterion_id == TITLE_CRITERION and entity is not None:
        read[TITLE_CRITERION] = entity.values_of(TITLE_CRITERION)
        title = winning_title(entity.row["job_title"], rule_book)
        points, giving, first = (title.points, [], [title.title_pattern]) if title else (0.0, [], [])
    return CriterionFit(
        criterion=criterion,
        points=min(points, 100.0),
        penalties=sum(rule.points for rule in penalties),
        rule_ids=(*first, *sorted(giving + [rule.rule_id for rule in penalties])),
        read_values=tuple(sorted({value for found in read.values() for value in found})),
    )


def operator_holds(rule: FitRule, value: str) -> bool:
    """Whether a non-null value satisfies a fit rule."""
    operand = rule.operand or ""
    match rule.operator:
        case "is_present":
            return True
        case "equals":
            return is_equal(value, operand)
        case "in":
            return any(is_equal(value, option.strip()) for option in operand.split("|"))
        case "like":
            return patterns.fits(rule.operand, value)
        case "at_least":
            return is_between(value, operand, "")
        case "at_most":
            return is_between(value, "", operand)
        case "between":
            low, _, high = operand.partition("..")
            return is_between(value, low, high)
    raise ValueError(f"unknown operator {rule.operator!r}")


def is_equal(value: str, operand: str) -> bool:
    """Equality as numbers where both sides are, else as text ignoring case."""
    left, right = values.number(value), values.number(operand)
    if left is not None and right is not None:
        return left == right
    return value.lower() == operand.lower()


def is_between(value: str, low: str, high: str) -> bool:
    """Whether a value is a number within both ends, an empty end being open."""
    found, least, most = values.number(value), values.number(low), values.number(high)
    return found is not None and (least is None or found >= least) and (most is None or found <= most)


def as_text(value: object) -> str | None:
    """A typed column as fit rules read it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return values.iso(value)
    raise TypeError(f"no column of contacts or accounts is a {type(value).__name__}")
