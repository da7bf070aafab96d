"""What several cells, rows or files of a rule book must satisfy together; one function per constraint.

A constraint sees the rows whose values it can rely on: what one cell got wrong is already reported by its column. A
constraint on a file or column that is missing altogether is passed over for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import fsum

from orchestration.rule_book import patterns
from orchestration.rule_book.columns import CellError, Text, check_pattern, parse_number
from orchestration.rule_book.errors import RuleBookError, listed, quoted
from orchestration.rule_book.files import (
    ACTIVITY,
    BUILT_IN_BANDS,
    BUILT_IN_SCORES,
    FIT,
    GRADES,
    JOB_TITLE,
    LEAD,
    PRODUCT_INTEREST,
    ROW_TYPES,
    FitCriterion,
    LeadGrade,
    Row,
    RuleBook,
    Score,
    ScoreBand,
    Stage,
    columns_of,
    intact,
)

_ROW_TYPE_OF = {row_type.FILE: row_type for row_type in ROW_TYPES}
_SUM_DECIMALS = 9

Errors = Iterator[RuleBookError]


@dataclass(frozen=True)
class Draft:
    """A rule book that may be broken, and the (file, column) pairs that its headers have."""

    book: RuleBook
    known: frozenset[tuple[str, str]]

    def has(self, row_type: type[Row], *columns: str) -> bool:
        """Whether the file could be read and has these columns."""
        return all((row_type.FILE, column) in self.known for column in columns)


def broken_constraints(draft: Draft) -> Errors:
    """Every broken constraint, in no particular order."""
    for constraint in _CONSTRAINTS:
        yield from constraint(draft)


def keys_are_unique(draft: Draft) -> Errors:
    """No two rows of a file share a key; later ones are at fault."""
    for row_type in ROW_TYPES:
        columns = columns_of(row_type)
        # Rule ids are unique over several files, which has its own constraint.
        for key in (key for key in row_type.UNIQUE if key != ("rule_id",)):
            first_lines: dict[tuple[object, ...], int] = {}
            for row in intact(draft.book.rows(row_type.FILE), *key):
                values = tuple(columns[name].comparable(getattr(row, name)) for name in key)
                first = first_lines.setdefault(values, row.line)
                if first != row.line:
                    shown = " with ".join(quoted(row.cells[name]) for name in reversed(key))
                    message = f"{shown} already stands on line {first}; {' and '.join(key)} must be unique"
                    yield row.error(key[-1], message)


def rule_ids_are_unique_over_all_files(draft: Draft) -> Errors:
    """A rule id names one rule of the whole rule book; later files and rows are at fault."""
    book = draft.book
    first_places: dict[str, tuple[str, int]] = {}
    for rules in (book.point_rules, book.inactivity_rules, book.fit_rules, book.exclusions):
        for rule in intact(rules, "rule_id"):
            place = (rule.FILE, rule.line)
            first = first_places.setdefault(rule.rule_id, place)
            if first != place:
                message = f"rule_id {quoted(rule.rule_id)} is already taken by {first[0]}.csv, line {first[1]}"
                yield rule.error("rule_id", f"{message}; it must be unique over all rule files")


def references_exist(draft: Draft) -> Errors:
    """Groups, scores, products, criteria and buying roles that a row names exist."""
    for row_type in ROW_TYPES:
        for name, column in columns_of(row_type).items():
            if isinstance(column, Text) and column.references:
                target = _ROW_TYPE_OF[column.references]
                yield from _unknown_references(draft, row_type, name, target, column.also)


def _unknown_references(
    draft: Draft, row_type: type[Row], name: str, target: type[Row], also: tuple[str, ...]
) -> Errors:
    key = target.UNIQUE[0][0]
    if not draft.has(target, key):
        return
    comparable = columns_of(target)[key].comparable
    ids = (*dict.fromkeys(getattr(row, key) for row in intact(draft.book.rows(target.FILE), key)), *also)
    known = {comparable(value) for value in ids}
    valid = listed(ids)
    for row in intact(draft.book.rows(row_type.FILE), name):
        value = getattr(row, name)
        if value is not None and comparable(value) not in known:
            message = f"{quoted(value)} is unknown to {target.FILE}.csv; valid: {valid}"
            yield row.error(name, message, ids)


def built_in_scores_exist(draft: Draft) -> Errors:
    """The three scores that the lead score and the grade are made of have a row."""
    if draft.has(Score, "score_id"):
        present = {score.score_id for score in intact(draft.book.scores, "score_id")}
        for score_id in BUILT_IN_SCORES:
            if score_id not in present:
                message = f"score '{score_id}' is missing; {listed(BUILT_IN_SCORES)} must exist"
                yield Score.whole_file("score_id", score_id, message)


def lead_is_no_score_of_its_own(draft: Draft) -> Errors:
    """`lead` names the weighted sum of all scores in `thresholds`, so no score may take it."""
    for score in intact(draft.book.scores, "score_id"):
        if score.score_id == LEAD:
            yield score.error("score_id", f"'{LEAD}' is the weighted sum of the scores; choose another score_id")


def weights_add_up(draft: Draft) -> Errors:
    """Lead weights sum to 1, fit weights to 100."""
    yield from _sum_to(1, draft, Score, "lead_weight")
    yield from _sum_to(100, draft, FitCriterion, "weight")


def _sum_to(expected: float, draft: Draft, row_type: type[Row], column: str) -> Errors:
    rows = draft.book.rows(row_type.FILE)
    if not draft.has(row_type, column) or len(intact(rows, column)) < len(rows):
        return
    total = round(fsum(getattr(row, column) for row in rows), _SUM_DECIMALS)
    if total != expected:
        shown = f"{total:.{_SUM_DECIMALS}f}".rstrip("0").rstrip(".")
        yield row_type.whole_file(column, shown, f"the column sums to {shown}; it must sum to {expected:g}")


def groups_belong_to_activity_or_custom_scores(draft: Draft) -> Errors:
    """Fit and product interest are not made of groups."""
    for group in intact(draft.book.score_groups, "score_id"):
        if group.score_id in (FIT, PRODUCT_INTEREST):
            ids = (s.score_id for s in intact(draft.book.scores, "score_id"))
            valid = tuple(dict.fromkeys(i for i in ids if i not in (FIT, PRODUCT_INTEREST, LEAD)))
            message = f"'{group.score_id}' has no groups; valid: {ACTIVITY} or a custom score ({listed(valid)})"
            yield group.error("score_id", message)


def ranges_are_in_order(draft: Draft) -> Errors:
    """No range ends before it starts."""
    for low, high in (("min_value", "max_value"), ("valid_from", "valid_to")):
        for rule in intact(draft.book.point_rules, low, high):
            start, end = getattr(rule, low), getattr(rule, high)
            if start is not None and end is not None and start > end:
                message = f"{high} {rule.cells[high]} lies before {low} {rule.cells[low]}; valid: {low} or later"
                yield rule.error(high, message)


def caps_are_complete(draft: Draft) -> Errors:
    """`max_hits` and `per` come together."""
    for rule in intact(draft.book.point_rules, "max_hits", "per"):
        if rule.per is None and rule.max_hits is not None:
            yield rule.error("per", f"is empty while max_hits is {rule.max_hits}; fill both or none")
        if rule.per is not None and rule.max_hits is None:
            yield rule.error("max_hits", f"is empty while per is '{rule.per}'; fill both or none")


def decays_are_complete(draft: Draft) -> Errors:
    """`decay` and `decay_days` come together; `none` and an empty cell are both no decay."""
    for rule in intact(draft.book.point_rules, "decay", "decay_days"):
        if rule.decay == "none" and rule.decay_days is not None:
            days = rule.cells["decay_days"]
            message = (
                f"{quoted(rule.cells['decay'])} is no decay while decay_days is {days}; valid: a decay, or no days"
            )
            yield rule.error("decay", message)
        if rule.decay != "none" and rule.decay_days is None:
            message = f"is empty while decay is '{rule.decay}'; valid: a number greater than 0"
            yield rule.error("decay_days", message)


def entered_stages_exist(draft: Draft) -> Errors:
    """A stage that the pattern of a `stage_entered` rule names in full is one of `stages`; with `*` it may fit any."""
    if not draft.has(Stage, "stage_id"):
        return
    stages = tuple(stage.stage_id for stage in intact(draft.book.stages, "stage_id"))
    lower_case = {stage.lower() for stage in stages}
    valid = listed(stages)
    for rule in intact(draft.book.point_rules, "event_type", "object_pattern"):
        if rule.event_type.lower() != "stage_entered" or rule.object_pattern is None:
            continue
        for alternative in patterns.alternatives(rule.object_pattern):
            if "*" in alternative or alternative.lower() in lower_case:
                continue
            message = f"{quoted(rule.object_pattern)}: {quoted(alternative)} is no stage of stages.csv; valid: {valid}"
            yield rule.error("object_pattern", message, stages)


def operands_suit_their_operator(draft: Draft) -> Errors:
    """An operand is what its operator can compare with."""
    for rule in intact(draft.book.fit_rules, "operator", "operand"):
        try:
            _check_operand(rule.operator, rule.operand)
        except CellError as error:
            yield rule.error("operand", error.message)


def _check_operand(operator: str, operand: str | None) -> None:
    if operator == "is_present":
        return
    if operand is None:
        raise CellError(f"is empty; operator {operator} needs an operand")
    if operator in ("at_least", "at_most"):
        parse_number(operand)
    elif operator == "like":
        check_pattern(operand, title=False)
    elif operator == "in" and not all(value.strip() for value in operand.split("|")):
        raise CellError(f"{quoted(operand)} has an empty value; valid: values separated by a bar, such as us|ca")
    elif operator == "between":
        _check_between(operand)


def _check_between(operand: str) -> None:
    valid = "valid: a lower and an upper number, such as 1..50, 1.. or ..50"
    low, dots, high = (part.strip() for part in operand.partition(".."))
    if not dots or not (low or high) or "..." in operand:
        raise CellError(f"{quoted(operand)} is not a range; {valid}")
    try:
        ends = [parse_number(end) for end in (low, high) if end]
    except CellError as error:
        raise CellError(f"{quoted(operand)} is not a range; {valid}") from error
    if ends != sorted(ends):
        raise CellError(f"{quoted(operand)} ends before it starts; {valid}")


def job_title_rules_are_penalties(draft: Draft) -> Errors:
    """The positive points of criterion `job_title` come from `title_weights` alone."""
    for rule in intact(draft.book.fit_rules, "criterion_id", "points"):
        if rule.criterion_id == JOB_TITLE and rule.points >= 0:
            message = (
                f"{rule.cells['points']} is no penalty; valid for {JOB_TITLE}: less than 0 (see title_weights.csv)"
            )
            yield rule.error("points", message)


def job_title_is_a_contact_criterion(draft: Draft) -> Errors:
    """Titles are those of contacts."""
    for criterion in intact(draft.book.fit_criteria, "criterion_id", "entity"):
        if criterion.criterion_id == JOB_TITLE and criterion.entity != "contact":
            yield criterion.error("entity", f"'{criterion.entity}' has no job title; valid for {JOB_TITLE}: contact")


def title_exclusions_hold_words(draft: Draft) -> Errors:
    """An exclusion on `job_title` takes a title pattern."""
    for rule in intact(draft.book.exclusions, "match_on", "pattern"):
        if rule.match_on == JOB_TITLE:
            try:
                check_pattern(rule.pattern, title=True)
            except CellError as error:
                yield rule.error("pattern", error.message)


def built_in_bands_are_complete(draft: Draft) -> Errors:
    """`fit` has the bands A–D and `activity` 4–1, no others, and better ones start higher."""
    if not draft.has(ScoreBand, "score_id", "label"):
        return
    for score_id, labels in BUILT_IN_BANDS.items():
        bands = [band for band in intact(draft.book.score_bands, "score_id", "label") if band.score_id == score_id]
        for band in bands:
            if band.label not in labels:
                message = f"{quoted(band.label)} is not a band of {score_id}; valid: {listed(labels)}"
                yield band.error("label", message, labels)
        for label in labels:
            if label not in {band.label for band in bands}:
                message = f"band '{label}' of {score_id} is missing; {listed(labels)} must exist"
                yield ScoreBand.whole_file("label", label, message)
        best_first = {label: band for label in labels for band in intact(bands, "min_score") if band.label == label}
        for better, worse in pairwise(best_first.values()):
            # Equal ones are already reported as not unique.
            if better.min_score < worse.min_score:
                limit = f"more than {worse.cells['min_score']}, where band '{worse.label}' starts"
                yield better.error(
                    "min_score", f"{better.cells['min_score']} is too low for band '{better.label}'; valid: {limit}"
                )


def lowest_bands_start_at_the_floor(draft: Draft) -> Errors:
    """A score that has bands has one everywhere."""
    floors = {score.score_id: score for score in intact(draft.book.scores, "score_id", "floor")}
    lowest: dict[str, ScoreBand] = {}
    unsure = {band.score_id for band in draft.book.score_bands if "min_score" in band.invalid}
    for band in intact(draft.book.score_bands, "score_id", "min_score"):
        if band.score_id not in lowest or band.min_score < lowest[band.score_id].min_score:
            lowest[band.score_id] = band
    for score_id, band in lowest.items():
        if score_id in floors and score_id not in unsure and band.min_score != floors[score_id].floor:
            floor = floors[score_id].cells["floor"]
            message = (
                f"the lowest band of {quoted(score_id)} starts at {band.cells['min_score']}; valid: its floor, {floor}"
            )
            yield band.error("min_score", message)


def lead_grades_are_complete(draft: Draft) -> Errors:
    """Each of the 16 cells of fit and activity has a row."""
    if draft.has(LeadGrade, "lead_grade"):
        present = {row.lead_grade for row in intact(draft.book.lead_grades, "lead_grade")}
        for grade in GRADES:
            if grade not in present:
                yield LeadGrade.whole_file("lead_grade", grade, f"grade '{grade}' is missing; all 16 must exist")


def thresholds_rearm_below_their_value(draft: Draft) -> Errors:
    """A threshold is not re-armed above the value it reports."""
    for threshold in intact(draft.book.thresholds, "value", "rearm_below"):
        if threshold.rearm_below is not None and threshold.rearm_below > threshold.value:
            cells = threshold.cells
            message = f"{cells['rearm_below']} is above the value {cells['value']}; valid: the value or less"
            yield threshold.error("rearm_below", message)


def account_thresholds_are_on_scores_of_accounts(draft: Draft) -> Errors:
    """Accounts have no lead score and no custom ones."""
    not_of_accounts = {LEAD, *(score.score_id for score in intact(draft.book.scores, "score_id"))} - {*BUILT_IN_SCORES}
    for threshold in intact(draft.book.thresholds, "entity", "score_id"):
        if threshold.entity == "account" and threshold.score_id in not_of_accounts:
            message = f"accounts have no score {quoted(threshold.score_id)}; valid: {listed(BUILT_IN_SCORES)}"
            yield threshold.error("score_id", message, BUILT_IN_SCORES)


def thresholds_name_products_for_product_interest_only(draft: Draft) -> Errors:
    """A product narrows a threshold on product interest; on another score it would be ignored in silence."""
    for threshold in intact(draft.book.thresholds, "score_id", "product_id"):
        if threshold.product_id is not None and threshold.score_id != PRODUCT_INTEREST:
            score = quoted(threshold.score_id)
            message = f"{quoted(threshold.product_id)} narrows {PRODUCT_INTEREST} only; valid on {score}: empty"
            yield threshold.error("product_id", message)


def ranks_have_no_gap(draft: Draft) -> Errors:
    """Ranks count from 1: an absent rank weighs 0, so one after a gap would rise."""
    rows = draft.book.account_rank_weights
    known = intact(rows, "contact_rank")
    ranks = {row.contact_rank for row in known}
    absent = sorted(set(range(1, len(ranks) + 1)) - ranks)
    for row in known if len(known) == len(rows) else ():
        if row.contact_rank > 1 and row.contact_rank - 1 not in ranks:
            message = f"rank {row.contact_rank} leaves a gap; valid: {absent[0]}, as ranks count from 1"
            yield row.error("contact_rank", message)


def rank_weights_do_not_rise(draft: Draft) -> Errors:
    """A contact further down the ranking weighs no more than the one before."""
    in_order = sorted(
        intact(draft.book.account_rank_weights, "contact_rank", "weight"), key=lambda row: row.contact_rank
    )
    for before, row in pairwise(in_order):
        if row.weight > before.weight and row.contact_rank > before.contact_rank:
            limit = f"at most {before.cells['weight']}, the weight of rank {before.contact_rank}"
            yield row.error("weight", f"{row.cells['weight']} rises with the rank; valid: {limit}")


_CONSTRAINTS: Iterable[Callable[[Draft], Errors]] = (
    keys_are_unique,
    rule_ids_are_unique_over_all_files,
    references_exist,
    built_in_scores_exist,
    lead_is_no_score_of_its_own,
    weights_add_up,
    groups_belong_to_activity_or_custom_scores,
    ranges_are_in_order,
    caps_are_complete,
    decays_are_complete,
    entered_stages_exist,
    operands_suit_their_operator,
    job_title_rules_are_penalties,
    job_title_is_a_contact_criterion,
    title_exclusions_hold_words,
    built_in_bands_are_complete,
    lowest_bands_start_at_the_floor,
    lead_grades_are_complete,
    thresholds_rearm_below_their_value,
    account_thresholds_are_on_scores_of_accounts,
    thresholds_name_products_for_product_interest_only,
    ranks_have_no_gap,
    rank_weights_do_not_rise,
)
