"""Each data test of the dbt project lets good rows pass and finds bad ones: a check that cannot fail is a defect.

Belongs here: tests with SQL of our own (singular tests, our generic tests in every use with a condition), on planted
rows. Does not: dbt's own `unique`, `not_null`, `accepted_values` and `relationships`, nor whether a real build passes.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import pytest

from tests.dbt_in_process import compiled_sql, parse_project

if TYPE_CHECKING:
    from pathlib import Path

    from dbt.contracts.graph.manifest import Manifest

Row = dict[str, Any]
Tables = dict[str, list[Row]]

DAY = date(2026, 6, 30)
SCORES: list[Row] = [
    {"score_id": "activity", "floor": 0.0, "ceiling": 100.0},
    {"score_id": "fit", "floor": 0.0, "ceiling": 100.0},
    {"score_id": "product_interest", "floor": 0.0, "ceiling": 100.0},
]
BANDS: list[Row] = [
    {"score_id": "fit", "label": "A", "min_score": 50.0},
    {"score_id": "fit", "label": "B", "min_score": 0.0},
    {"score_id": "activity", "label": "1", "min_score": 0.0},
]
CAP: Row = {"max_hits": 1, "per": "day"}
DECAY: Row = {"decay": "half_life", "decay_days": 14.0}
OPEN: Row = {"min_value": None, "max_value": None, "valid_from": None, "valid_to": None}
RULE: Row = {"rule_id": "visit", "group_id": "web", "event_type": "page_view", "points": 1.0}
COMMITTEE: Row = {"breadth": 1, "member_count": 2, "max_activity": 8.0, "sum_activity": 9.0, "committee_coverage": None}
TURN: Row = {"entity": "contact", "entity_id": "ada", "threshold_id": "hot", "product_id": None}
UP: Row = TURN | {"as_of_date": date(2026, 6, 1), "direction": "up"}
DOWN: Row = TURN | {"as_of_date": DAY, "direction": "down"}
UNSCORED: Row = {"activity_score": 0.0, "fit_score": 0.0, "lead_score": 0.0, "top_product_score": 0.0}
CROSSING: Row = {"direction": "up", "score_after": 80.0, "threshold_value": 80.0}
GROUP: Row = {"group_id": "web", "min_points": -25.0, "max_points": 10.0}
LEDGER: Row = {
    "contact_id": "ada", "rule_id": "visit", "activity_date": DAY,
    "object": None, "product_id": None, "reset_date": None
}  # fmt: skip
HITS: Row = {"hits": 2, "credited_hits": 1}
SCORE: Row = {"floor": 0.0, "ceiling": 9.0, "lead_weight": 0.0}
PENALTY: Row = {"criterion_id": "job_title", "points": -5.0}
INCLUDED: Row = {"is_excluded": False, "exclusion_reason": None}
DEAD: Row = {"temperature": "dead", "is_qualified": False, "recommended_action": None}
MERGED: Row = {"merged_contact_id": "bob", "contact_id": "ada", "is_in_cycle": False}
ADA: Row = {"contact_id": "ada", "fit_score": 0.0, "is_excluded": False}
NOW: Row = {"as_of_date": DAY, "contact_id": "ada"}
OLD: Row = {"as_of_date": date(2026, 1, 1), "contact_id": "ada"}
DATES: list[Row] = [{"as_of_date": DAY, "is_recorded": True, "is_latest": True}]
ACME: Row = {"account_id": "acme"}
ACME_NOW: Row = ACME | {"as_of_date": DAY}
RULE_IDS: Tables = {
    file: [{"rule_id": file}] for file in ("point_rules", "inactivity_rules", "fit_rules", "exclusions")
}
CONTRIBUTION: Row = {"contact_id": "ada", "score_id": "activity", "group_id": "web", "decayed_points": 12.0}


class Case(NamedTuple):
    """One data test by name, tables that hold what it demands, and changed tables that do not."""

    name: str
    good: Tables
    bad: Tables


def of(name: str, table: str, good: Row, **worse: Any) -> Case:
    """A test that looks at rows one by one: `good` passes, with the values in `worse` it fails."""
    return Case(name, {table: [good]}, {table: [good, good | worse]})


CASES = [
    # One row each for the conditions of every_row_satisfies.
    of("scores_range_around_0_and_have_a_weight", "scores", SCORE, floor=1.0),
    of("scores_range_around_0_and_have_a_weight", "scores", SCORE, ceiling=-1.0),
    of("scores_range_around_0_and_have_a_weight", "scores", SCORE, lead_weight=-0.1),
    of("group_clamps_leave_room_for_0", "score_groups", {"min_points": None, "max_points": 0.0}, max_points=-1.0),
    of("group_clamps_leave_room_for_0", "score_groups", {"min_points": None, "max_points": 0.0}, min_points=1.0),
    of("no_group_adds_to_fit_or_product_interest", "score_groups", {"score_id": "loyalty"}, score_id="fit"),
    of("no_group_adds_to_fit_or_product_interest", "score_groups", {"score_id": "activity"}, score_id=None),
    of("point_rules_are_complete", "point_rules", RULE, points=None),
    of("point_rules_are_complete", "point_rules", RULE, event_type=None),
    of("title_points_are_0_to_100", "title_weights", {"points": 100.0}, points=100.5),
    of("title_points_are_0_to_100", "title_weights", {"points": 0.0}, points=None),
    of(
        "thresholds_rearm_at_or_below_their_value", "thresholds", {"rearm_below": None, "value": 80.0}, rearm_below=81.0
    ),
    of("caps_have_both_a_number_and_a_period", "stg_rule_book__point_rules", CAP, max_hits=None),
    of("caps_have_both_a_number_and_a_period", "stg_rule_book__point_rules", CAP, per=None),
    of("caps_have_both_a_number_and_a_period", "stg_rule_book__point_rules", CAP, max_hits=0),
    of("decays_have_days_above_0", "stg_rule_book__point_rules", DECAY, decay_days=0.0),
    of("decays_have_days_above_0", "stg_rule_book__point_rules", DECAY, decay_days=None),
    of("decays_have_days_above_0", "stg_rule_book__point_rules", DECAY, decay="none"),
    of("rules_are_open_for_some_values_and_days", "stg_rule_book__point_rules", OPEN, min_value=2.0, max_value=1.0),
    of(
        "rules_are_open_for_some_values_and_days",
        "stg_rule_book__point_rules",
        OPEN,
        valid_from=DAY,
        valid_to=date(2026, 6, 1),
    ),
    of("fit_rules_on_job_titles_are_penalties", "stg_rule_book__fit_rules", PENALTY, points=5.0),
    of("contacts_are_excluded_for_a_reason", "contact_scores", INCLUDED, is_excluded=True),
    of("contacts_are_excluded_for_a_reason", "contact_scores", INCLUDED, exclusion_reason="test"),
    of("excluded_contacts_score_nothing", "contact_scores", {"is_excluded": True, **UNSCORED}, fit_score=1.0),
    of("dead_contacts_are_never_qualified", "contact_scores", DEAD, is_qualified=True),
    of("dead_contacts_are_never_qualified", "contact_scores", DEAD, recommended_action="call"),
    of("fit_completeness_is_a_share", "contact_scores", {"fit_completeness": 1.0}, fit_completeness=1.1),
    of("account_figures_agree_with_each_other", "account_scores", COMMITTEE, breadth=3),
    of("account_figures_agree_with_each_other", "account_scores", COMMITTEE, max_activity=9.5),
    of("account_figures_agree_with_each_other", "account_scores", COMMITTEE, committee_coverage=1.5),
    of("credited_hits_are_hits", "int_ledger", HITS, credited_hits=3),
    of("credited_hits_are_hits", "int_ledger", HITS, credited_hits=-1),
    of(
        "machine_traffic_has_a_known_reason",
        "int_events_classified",
        {"machine_reason": "click_burst"},
        machine_reason="bot",
    ),
    of(
        "machine_traffic_has_a_known_reason",
        "int_events_classified",
        {"machine_reason": None},
        machine_reason="",
    ),
    of("criterion_points_are_0_to_100", "fit_contributions", {"criterion_points": 100.0}, criterion_points=-1.0),
    of("crossings_are_on_the_side_that_they_turned_to", "threshold_crossings", CROSSING, score_after=79.0),
    of(
        "crossings_are_on_the_side_that_they_turned_to",
        "threshold_crossings",
        CROSSING | {"direction": "down"},
        score_after=81.0,
    ),
    of("stage_shares_are_between_0_and_1", "stage_funnel", {"share": 0.0}, share=1.01),
    of("rejected_rows_have_a_known_reason", "rejected_rows", {"reason": "missing_contact"}, reason="missing"),
    of("rejected_rows_have_a_known_reason", "rejected_rows", {"reason": "future"}, reason="past"),
    of("outcomes_have_no_negative_count", "event_outcomes", {"events": 0}, events=-1),
    # Our other generic tests.
    Case(
        "ledger_has_one_row_per_contact_rule_day_object_product_and_reset",
        {"int_ledger": [LEDGER, LEDGER | {"object": "/"}, LEDGER | {"reset_date": DAY}]},
        {"int_ledger": [LEDGER, LEDGER]},
    ),
    Case(
        "score_history_has_one_row_per_day_and_contact",
        {
            "score_history": [NOW, OLD, OLD],
            "int_scoring_dates": DATES,
        },
        {"score_history": [NOW, NOW], "int_scoring_dates": DATES},
    ),
    Case(
        "activity_scores_of_contacts_are_within_their_range",
        {"contact_scores": [{"activity_score": 0.0}, {"activity_score": 100.0}], "scores": SCORES},
        {"contact_scores": [{"activity_score": 100.1}], "scores": SCORES},
    ),
    Case(
        "activity_scores_of_contacts_are_within_their_range",
        {"contact_scores": [{"activity_score": 0.0}], "scores": SCORES},
        {"contact_scores": [{"activity_score": 0.0}], "scores": SCORES[1:]},
    ),
    Case(
        "custom_scores_are_within_their_range",
        {"custom_scores": [{"score_id": "fit", "score": 1.0}], "scores": SCORES},
        {"custom_scores": [{"score_id": "unheard_of", "score": 1.0}], "scores": SCORES},
    ),
    Case(
        "lead_weights_add_up_to_1",
        {"scores": [{"lead_weight": 0.6}, {"lead_weight": 0.4}]},
        {"scores": [{"lead_weight": 0.6}]},
    ),
    Case("fit_weights_add_up_to_100", {"fit_criteria": [{"weight": 100.0}]}, {"fit_criteria": [{"weight": 1.0}]}),
    Case("fit_weights_add_up_to_100", {"fit_criteria": [{"weight": 100.0}]}, {"fit_criteria": [{"weight": None}]}),
    # Singular tests.
    Case(
        "assert_no_contact_is_on_a_merge_cycle",
        {"int_contact_survivors": [MERGED]},
        {"int_contact_survivors": [MERGED | {"is_in_cycle": True}]},
    ),
    Case(
        "assert_rule_ids_are_unique_over_all_files",
        RULE_IDS,
        RULE_IDS | {"exclusions": [{"rule_id": "point_rules"}]},
    ),
    Case("assert_the_three_standard_scores_exist", {"scores": SCORES}, {"scores": SCORES[:2]}),
    Case(
        "assert_every_banded_score_has_a_band_from_its_floor",
        {"scores": SCORES, "score_bands": BANDS},
        {"scores": SCORES, "score_bands": [BANDS[0], BANDS[2]]},
    ),
    Case(
        "assert_every_banded_score_has_a_band_from_its_floor",
        {"scores": SCORES, "score_bands": BANDS},
        {"scores": SCORES, "score_bands": BANDS[:2]},
    ),
    Case(
        "assert_lead_grades_cover_every_fit_grade_and_activity_level",
        {"score_bands": BANDS, "lead_grades": [{"lead_grade": "A1"}, {"lead_grade": "B1"}]},
        {"score_bands": BANDS, "lead_grades": [{"lead_grade": "A1"}]},
    ),
    Case(
        "assert_exactly_one_scoring_date_is_the_latest", {"int_scoring_dates": DATES}, {"int_scoring_dates": DATES * 2}
    ),
    Case(
        "assert_exactly_one_scoring_date_is_the_latest",
        {"int_scoring_dates": DATES},
        {"int_scoring_dates": [DATES[0] | {"is_latest": False}]},
    ),
    Case(
        "assert_every_contact_is_graded_on_every_scoring_date",
        {"int_contacts": [{"contact_id": "ada"}], "int_scoring_dates": DATES, "int_contact_grades": [NOW]},
        {"int_contacts": [{"contact_id": "ada"}], "int_scoring_dates": DATES, "int_contact_grades": [OLD]},
    ),
    Case(
        "assert_every_account_is_graded_on_every_scoring_date",
        {"stg_raw__accounts": [ACME], "int_scoring_dates": DATES, "int_account_grades": [ACME_NOW]},
        {
            "stg_raw__accounts": [ACME, {"account_id": "lost"}],
            "int_scoring_dates": DATES,
            "int_account_grades": [ACME_NOW],
        },
    ),
    Case(
        "assert_turns_of_a_threshold_alternate",
        {"int_threshold_turns": [UP, DOWN]},
        {"int_threshold_turns": [UP, DOWN | {"direction": "up"}]},
    ),
    Case(
        "assert_turns_of_a_threshold_alternate",
        {"int_threshold_turns": [UP, UP | {"product_id": "crm"}]},
        {"int_threshold_turns": [UP | {"direction": "down"}]},
    ),
    Case(
        "assert_every_raw_event_row_has_one_outcome",
        {"event_outcomes": [{"events": 1}, {"events": 1}], "base_raw__events": [{"event_id": "a"}, {"event_id": "b"}]},
        {"event_outcomes": [{"events": 1}, {"events": 0}], "base_raw__events": [{"event_id": "a"}, {"event_id": "b"}]},
    ),
    Case(
        "assert_contributions_add_up_to_activity_scores",
        {
            "contact_scores": [
                {"contact_id": "ada", "activity_score": 10.0},
                {"contact_id": "bob", "activity_score": 0.0},
            ],
            "score_contributions": [CONTRIBUTION],
            "score_groups": [GROUP],
            "scores": SCORES,
        },
        {
            "contact_scores": [{"contact_id": "ada", "activity_score": 12.0}],
            "score_contributions": [CONTRIBUTION],
            "score_groups": [GROUP],
            "scores": SCORES,
        },
    ),
    Case(
        "assert_contributions_add_up_to_fit_scores",
        {
            "contact_scores": [
                ADA,
                {"contact_id": "bob", "fit_score": 0.0, "is_excluded": True},
            ],
            "fit_contributions": [
                {"contact_id": "ada", "weighted_points": -5.0},
                {"contact_id": "bob", "weighted_points": 5.0},
            ],
            "scores": SCORES,
        },
        {
            "contact_scores": [ADA],
            "fit_contributions": [{"contact_id": "ada", "weighted_points": 5.0}],
            "scores": SCORES,
        },
    ),
]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return parse_project(tmp_path_factory.mktemp("dbt"))


@pytest.fixture(scope="module")
def statements(manifest: Manifest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Name → SQL that returns what a data test finds."""
    folder: Path = tmp_path_factory.mktemp("data_tests")
    return compiled_sql(folder, manifest, "resource_type:test")


def _findings(statement: str, tables: Tables) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        for name, rows in tables.items():
            columns = ", ".join(rows[0])
            marks = ", ".join(f"({', '.join('?' * len(row))})" for row in rows)
            values = [row[column] for row in rows for column in rows[0]]
            connection.execute(f"create table {name} as select * from (values {marks}) as planted ({columns})", values)
        return connection.execute(re.sub(r'"\w+"\."\w+"\."(\w+)"', r"\1", statement)).fetchall()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_passes_on_good_rows_and_fails_on_bad_ones(case: Case, statements: dict[str, str]) -> None:
    assert _findings(statements[case.name], case.good) == []
    assert _findings(statements[case.name], case.bad) != []


def test_every_test_with_sql_of_our_own_has_a_case(manifest: Manifest) -> None:
    names: dict[str, set[str]] = {}
    for node in manifest.nodes.values():
        if node.resource_type == "test":
            metadata = getattr(node, "test_metadata", None)
            names.setdefault(metadata.name if metadata else "singular", set()).add(node.name)
    covered = {case.name for case in CASES}
    assert covered >= names.pop("singular")
    assert covered >= names.pop("every_row_satisfies")
    of_our_own = set(names) - {"unique", "not_null", "accepted_values", "relationships"}
    assert of_our_own == {"unique_combination", "score_is_in_range", "sums_to"}
    assert all(covered & names[kind] for kind in of_our_own)
