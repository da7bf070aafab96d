"""One row by itself: conditions that no value meets, patterns that every value fits, alternatives without effect."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.rule_book.errors import quoted
from orchestration.rule_book.files import JOB_TITLE
from orchestration.rule_book.languages import are_disjoint, glob_of, language_of, signed_alternatives, text_of
from orchestration.rule_book.warnings.finding import Kind, RuleBookWarning, warning
from orchestration.rule_book.warnings.names import DERIVED_EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestration.rule_book.files import PointRule, Row, RuleBook
    from orchestration.rule_book.languages import Glob, Language

SITE_VISIT, _, STAGE_ENTERED = DERIVED_EVENT_TYPES

Impossible = Callable[["Glob"], str | None]
"""Why a glob can fit no value of a column; None if it can."""


@dataclass(frozen=True)
class Use:
    """A pattern where it stands: what it is about, and why a glob can fit no value there (None if it can).

    `everything` is what to say of a pattern that every value fits, empty where that is what such rows are for.
    """

    row: Row
    column: str
    pattern: str
    everything: str = ""
    is_title: bool = False
    impossible: Impossible = lambda _: None

    def warning(self, kind: Kind, message: str) -> RuleBookWarning:
        """A warning of this cell."""
        return warning(self.row, self.column, kind, message)


def uses_of(book: RuleBook) -> Iterator[Use]:
    """Every pattern of an enabled row."""
    for rule in book.point_rules:
        if rule.enabled and rule.object_pattern:
            is_stage = rule.event_type.lower() == STAGE_ENTERED
            impossible: Impossible = _nothing_is_impossible if is_stage else never_an_object
            remark = "fits every object and so only asks that there is one; leave it empty if none is needed"
            yield Use(rule, "object_pattern", rule.object_pattern, remark, impossible=impossible)
        if rule.enabled and rule.campaign_pattern:
            remark = "fits every campaign and so only asks that there is one; leave it empty if none is needed"
            yield Use(rule, "campaign_pattern", rule.campaign_pattern, remark)
    for content in book.content_map:
        if content.object_pattern:
            remark = "" if _is_catch_all(content.object_pattern) else "fits every object; * says so"
            yield Use(content, "object_pattern", content.object_pattern, remark, impossible=never_an_object)
    for fit_rule in book.fit_rules:
        if fit_rule.enabled and fit_rule.operator == "like" and fit_rule.operand:
            yield Use(fit_rule, "operand", fit_rule.operand, "fits every value; operator is_present says so")
    for title in book.title_weights:
        if title.title_pattern:
            remark = "" if _is_catch_all(title.title_pattern) else "fits every title; * says so"
            yield Use(title, "title_pattern", title.title_pattern, remark, is_title=True)
    for exclusion in book.exclusions:
        if exclusion.enabled:
            remark = f"fits every {exclusion.match_on}: whoever has one is excluded"
            impossible = _NEVER.get(exclusion.match_on, _nothing_is_impossible)
            is_title = exclusion.match_on == JOB_TITLE
            yield Use(exclusion, "pattern", exclusion.pattern, remark, is_title, impossible)
    for agent in book.bot_user_agents:
        yield Use(agent, "pattern", agent.pattern, "fits every user agent: whatever has one is taken for a machine's")


def _is_catch_all(pattern: str) -> bool:
    return not pattern.strip("*")


def _nothing_is_impossible(_: Glob) -> str | None:
    return None


def never_an_object(glob: Glob) -> str | None:
    """Why no object of an event looks like this: pages keep their path alone."""
    first, last = glob[0], glob[-1]
    if first.startswith(("http://", "https://")):
        return "pages are known by their path, without scheme and host: /pricing"
    if not first.startswith("/"):
        return None
    if any("?" in piece or "#" in piece for piece in glob):
        return "pages are known by their path, without query string and fragment: /pricing"
    if last.endswith("/") and glob != ("/",):
        return "pages are known without the last /: /pricing"
    return None


def never_a_domain(glob: Glob) -> str | None:
    """Why no domain of an email looks like this."""
    return "the domain is what follows the @" if any("@" in piece for piece in glob) else None


def never_an_email(glob: Glob) -> str | None:
    """Why no address looks like this."""
    return "an address has an @; email_domain is what follows it" if are_disjoint(glob, ("", "@", "")) else None


_NEVER: Mapping[str, Impossible] = {"email_domain": never_a_domain, "email": never_an_email}


def patterns(book: RuleBook) -> Iterator[RuleBookWarning]:
    """Patterns that fit nothing or everything, and alternatives that change nothing."""
    for use in uses_of(book):
        language = language_of(use.pattern, title=use.is_title)
        if language is None:
            continue
        if language.is_everything():
            if use.everything:
                yield use.warning(Kind.W202, f"{quoted(use.pattern)} {use.everything}")
        elif "|" in use.pattern or use.pattern.startswith("!"):
            yield from _alternatives(use, language)
        elif reason := use.impossible(language.positives[0]):
            yield use.warning(Kind.W201, f"{quoted(use.pattern)} fits nothing: {reason}")


def _alternatives(use: Use, language: Language) -> Iterator[RuleBookWarning]:
    dead = {glob: why for glob in language.positives if (why := _why_dead(use, language, glob))}
    if len(dead) == len(set(language.positives)):
        yield use.warning(Kind.W201, f"{quoted(use.pattern)} fits nothing: {next(iter(dead.values()))}")
        return
    possible = [glob for glob in language.positives if not use.impossible(glob)]
    for alternative, is_exception in signed_alternatives(use.pattern):
        glob = glob_of(alternative, title=use.is_title)
        if is_exception:
            impossible = use.impossible(glob)
            if impossible or all(are_disjoint(glob, positive) for positive in possible):
                reason = impossible or "nothing else in the pattern fits what it excepts"
                yield use.warning(Kind.W204, f"{quoted('!' + alternative)} excepts nothing: {reason}")
        elif glob in dead:
            yield use.warning(Kind.W203, f"{quoted(alternative)} fits nothing: {dead[glob]}")


def _why_dead(use: Use, language: Language, glob: Glob) -> str | None:
    exception = language.exception_to(glob)
    if exception is not None:
        # The spaces around the words of a title are ours.
        shown = text_of(exception)[2:-2] if use.is_title else text_of(exception)
        return f"{quoted('!' + shown)} excepts all of it"
    return use.impossible(glob)


def conditions_on_derived_events(book: RuleBook) -> Iterator[RuleBookWarning]:
    """Conditions on what events that the warehouse derives do not have."""
    for rule in book.point_rules:
        event_type = rule.event_type.lower()
        if not rule.enabled or event_type not in DERIVED_EVENT_TYPES:
            continue
        for column in ("category", "campaign_pattern"):
            if getattr(rule, column) is not None:
                what = column.removesuffix("_pattern")
                yield warning(rule, column, Kind.W201, f"a {event_type} that the warehouse derives has no {what}")
        yield from _values_of_derived_events(rule, event_type)
    for row in book.content_map:
        if row.event_type and row.event_type.lower() in DERIVED_EVENT_TYPES:
            message = f"a {row.event_type.lower()} that the warehouse derives is not looked up in content_map.csv"
            yield warning(row, "event_type", Kind.W201, message)


def _values_of_derived_events(rule: PointRule, event_type: str) -> Iterator[RuleBookWarning]:
    least, most = rule.min_value, rule.max_value
    if least is None and most is None:
        return
    column = "max_value" if least is None else "min_value"
    if event_type != SITE_VISIT:
        yield warning(rule, column, Kind.W201, f"a {event_type} that the warehouse derives has no value")
    elif most is not None and math.ceil(max(least or 0, 0)) > most:
        message = "the value of a site_visit is a number of pages, and no whole number lies within these limits"
        yield warning(rule, column, Kind.W201, message)


def free_domains(book: RuleBook) -> Iterator[RuleBookWarning]:
    """Free mail domains that are no domains."""
    for row in book.free_email_domains:
        if "@" in row.email_domain:
            yield warning(row, "email_domain", Kind.W201, f"{quoted(row.email_domain)}: {never_a_domain(('@',))}")


CHECKS = (patterns, conditions_on_derived_events, free_domains)
