"""Names that the contract leaves open and that look like a slip: a letter off a known one, or written as a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.rule_book.errors import quoted
from orchestration.rule_book.files import ENTITIES, ROW_TYPES
from orchestration.rule_book.warnings.finding import Kind, RuleBookWarning, warning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from orchestration.rule_book.files import ContentMapRow, PointRule, Row, RuleBook

DERIVED_EVENT_TYPES = ("site_visit", "email_ignored_streak", "stage_entered")
EVENT_TYPES = (
    "email_sent", "email_delivered", "email_open", "email_click", "email_bounce", "unsubscribe", "page_view",
    "asset_download", "form_submit", "webinar_register", "webinar_attend", "video_progress", "social_engagement",
    "contact_request", "trial_request", "demo_request", "subscription", "purchase", "login", "campaign_complete",
    *DERIVED_EVENT_TYPES,
)  # fmt: skip
"""Event types that the contract names; any other name is as good."""
COLUMNS = {
    "contact": (
        "contact_id", "email", "full_name", "job_title", "department", "phone", "country", "account_id",
        "email_opt_out", "created_at", "updated_at",
    ),
    "account": (
        "account_id", "account_name", "domain", "industry", "employee_count", "annual_revenue", "country", "updated_at",
    ),
}  # fmt: skip
"""What a fit rule finds in the tables of contacts and accounts; any other attribute is one of the attribute table."""

_SHORT = 6  # a name so short is near another only with a single slip
_COMPARED_NAMES = 1000


def near_miss(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` is most likely a slip of (case aside), None if it is known itself or like none.

    Stricter than what errors suggest: here the name is valid, and only one or two slips of the hand are doubtful.
    """
    lower = name.lower()
    names = {other.lower(): other for other in known}
    if lower in names or len(lower) < 4 or len(names) > _COMPARED_NAMES:
        return None
    limit = 1 if len(lower) <= _SHORT else 2
    # tier_1 and tier_2 are two names and no slip.
    candidates = (other for other in names if len(other) > 3 and _without_digits(other) != _without_digits(lower))
    distances = [(slips(lower, other, limit), other) for other in candidates]
    nearest, other = min(distances, default=(limit + 1, ""))
    return names[other] if nearest <= limit else None


def _without_digits(name: str) -> str:
    return "".join(character for character in name if not character.isdigit())


def slips(one: str, other: str, limit: int) -> int:
    """Letters to add, drop, change or swap with their neighbour to make one name the other; at most `limit` + 1."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before_last: list[int] = []
    last = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        row = [i]
        for j, right in enumerate(other, 1):
            best = min(last[j] + 1, row[-1] + 1, last[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                best = min(best, before_last[j - 2] + 1)
            row.append(best)
        if min(row) > limit:
            return limit + 1
        before_last, last = last, row
    return min(last[-1], limit + 1)


def misspelt_event_types(book: RuleBook) -> Iterator[RuleBookWarning]:
    """An event type that is nearly one that the contract names."""
    rows: tuple[PointRule | ContentMapRow, ...] = (*book.point_rules, *book.content_map)
    for row in rows:
        if row.event_type and (meant := near_miss(row.event_type, EVENT_TYPES)):
            message = (
                f"{quoted(row.event_type)} is no event type that the contract names; did you mean {quoted(meant)}?"
            )
            yield warning(row, "event_type", Kind.W101, message)


def misspelt_categories(book: RuleBook) -> Iterator[RuleBookWarning]:
    """A category that only one of `point_rules` and `content_map` has, and the other nearly."""
    given = {row.category for row in book.content_map if row.category}
    asked = {rule.category for rule in book.point_rules if rule.category}
    for rule in book.point_rules:
        if rule.category and (meant := near_miss(rule.category, given)):
            message = f"no row of content_map.csv gives {quoted(rule.category)}; did you mean {quoted(meant)}?"
            yield warning(rule, "category", Kind.W102, message)
    lower_given = {category.lower() for category in given}
    # One that content_map gives as well was warned of above, from the side of the rule.
    asked_and_given = {category for category in asked if category.lower() in lower_given}
    for row in book.content_map:
        unasked = row.category and row.category.lower() not in {category.lower() for category in asked}
        if row.category and unasked and (meant := near_miss(row.category, asked_and_given)):
            message = f"no rule asks for {quoted(row.category)}; did you mean {quoted(meant)}?"
            yield warning(row, "category", Kind.W102, message)


def attributes(book: RuleBook) -> Iterator[RuleBookWarning]:
    """An attribute that is nearly a column, or a column of the other kind of entity."""
    entities = {criterion.criterion_id: criterion.entity for criterion in book.fit_criteria}
    for rule in book.fit_rules:
        entity = entities[rule.criterion_id]
        [other] = set(ENTITIES) - {entity}
        attribute = rule.attribute.lower()
        if attribute in COLUMNS[other] and attribute not in COLUMNS[entity]:
            message = (
                f"{quoted(rule.attribute)} is a column of {other}s, and criterion {quoted(rule.criterion_id)} is about "
                f"the {entity}: it is looked up in {entity}_attributes"
            )
            yield warning(rule, "attribute", Kind.W105, message)
        elif attribute not in COLUMNS[entity] and (meant := near_miss(attribute, COLUMNS[entity])):
            message = f"{quoted(rule.attribute)} is no column of {entity}s; did you mean {quoted(meant)}?"
            yield warning(rule, "attribute", Kind.W103, message)


def names_are_no_patterns(book: RuleBook) -> Iterator[RuleBookWarning]:
    """`*`, `|` and `!` where the whole text is compared."""
    cells: list[tuple[Row, str, str | None]] = [
        *((rule, "event_type", rule.event_type) for rule in book.point_rules),
        *((rule, "category", rule.category) for rule in book.point_rules),
        *((row, "event_type", row.event_type) for row in book.content_map),
        *((rule, "attribute", rule.attribute) for rule in book.fit_rules),
        *((row, "email_domain", row.email_domain) for row in book.free_email_domains),
    ]
    for row, column, name in cells:
        if name and ("*" in name or "|" in name or name.startswith("!")):
            message = f"{quoted(name)} is compared as it stands: {column} is a name and no pattern"
            yield warning(row, column, Kind.W104, message)
    for rule in book.fit_rules:
        operand = rule.operand or ""
        if rule.operator == "equals" and ("|" in operand or "*" in operand):
            message = (
                f"{quoted(operand)} is compared as it stands; several values are for operator in, patterns for like"
            )
            yield warning(rule, "operand", Kind.W104, message)
        if rule.operator == "in" and "*" in operand:
            message = f"{quoted(operand)}: the values of operator in are compared as they stand; patterns are for like"
            yield warning(rule, "operand", Kind.W104, message)


def unknown_files(seeds_dir: Path) -> Iterator[RuleBookWarning]:
    """A CSV in the folder of the rule book that is none of its files."""
    files = [f"{row_type.FILE}.csv" for row_type in ROW_TYPES]
    for path in sorted(seeds_dir.glob("*.csv")):
        if path.name not in files:
            meant = near_miss(path.name, files)
            hint = f"did you mean {quoted(meant)}?" if meant else "nothing here reads it"
            message = f"{quoted(path.name)} is no file of the rule book; {hint}"
            yield RuleBookWarning(path.name, 1, "file", path.name, Kind.W106, message)


CHECKS = (misspelt_event_types, misspelt_categories, attributes, names_are_no_patterns)
