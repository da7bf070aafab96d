"""Learning points: what was planted is found, signs stay, few data move little, a proposal is a small edit of a CSV.

Belongs here: the parts of `orchestration.suggest` on made-up exposures. Does not: reading them from a warehouse.
"""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="extra `backtest` is not installed")

from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from orchestration.backtest.content import Estimate
from orchestration.settings import DEFAULT_SEEDS_DIR
from orchestration.suggest.choice import choose, problem_of
from orchestration.suggest.content import RuleProposal
from orchestration.suggest.csv_file import evidence, patch, with_numbers
from orchestration.suggest.enough import enough_of
from orchestration.suggest.errors import SuggestError, TooFewDataError
from orchestration.suggest.exposure import Exposure, LearntRule, Limits, decay_of
from orchestration.suggest.fit import Fitted, Problem, fit
from orchestration.suggest.folds import days_needed, folds_of
from orchestration.suggest.service import rounded_points

HORIZON = 28
DAYS = tuple(date(2026, 1, 1) + timedelta(days=7 * week) for week in range(16))
RULES = (
    LearntRule("strong", 0, 5.0, "half_life", 14.0, "Worth more than it gets"),
    LearntRule("noise", 0, 5.0, "half_life", 14.0, "Worth nothing"),
    LearntRule("bad_sign", 0, -5.0, "half_life", 14.0, "A deduction for what is a good sign"),
    LearntRule("rare", 0, 5.0, "half_life", 14.0, "Hardly ever seen"),
    LearntRule("elsewhere", None, 5.0, "half_life", 14.0, "Of a custom score"),
)


def world(contacts: int = 1_500, strength: float = 2.0, half_life: float = 14.0, seed: int = 1) -> Exposure:
    """People with hits of rules at random ages; the chance to convert rises with the decayed hits of `strong` alone."""
    generator = np.random.default_rng(seed)
    day_number, contact = np.divmod(np.arange(contacts * len(DAYS)), contacts)
    rows = len(day_number)
    hit_row, hit_rule, hit_age = [], [], []
    share = {0: 0.3, 1: 0.3, 2: 0.2, 3: 0.0005, 4: 0.3}
    for rule, part in share.items():
        hit = np.flatnonzero(generator.random(rows) < part)
        hit_row.append(hit)
        hit_rule.append(np.full(len(hit), rule))
        hit_age.append(generator.integers(0, 90, len(hit)))
    hits = np.ones(sum(map(len, hit_row)))
    strong = np.bincount(hit_row[0], weights=np.exp2(-hit_age[0] / half_life), minlength=rows)
    chance = 1 / (1 + np.exp(3.5 - strength * strong))
    converts = np.where(generator.random(rows) < chance, 3, -1)
    exposure = Exposure(
        rules=RULES,
        limits=Limits(np.array([-50.0]), np.array([50.0]), 0.0, 100.0, 0.6, 0.4),
        day=day_number * 7,
        contact=contact,
        weight=np.ones(rows),
        days_to_opportunity=converts,
        lead=np.zeros(rows),
        activity=np.zeros(rows),
        fit=generator.random(rows) * 100,
        other=np.zeros((rows, 1)),
        hit_row=np.concatenate(hit_row),
        hit_rule=np.concatenate(hit_rule),
        hit_age=np.concatenate(hit_age),
        hits=hits,
    )
    activity = exposure.activity_with({}, {})
    return replace(exposure, activity=activity, lead=0.6 * activity + 0.4 * exposure.fit)


@pytest.fixture(scope="module")
def planted() -> Exposure:
    return world()


def likeliest(problem: Problem) -> np.ndarray:
    """Coefficients of rules as scikit-learn finds them, without the columns to which it gives a wrong sign."""
    columns = np.column_stack([problem.always, problem.rules])
    signs = np.append(np.ones(problem.always.shape[1]), np.sign(problem.centre))
    kept = columns.std(axis=0) > 0
    while True:
        free = LogisticRegression(C=np.inf, tol=1e-8, max_iter=2_000).fit(columns[:, kept], problem.converted)
        found = np.zeros(len(signs))
        found[kept] = free.coef_[0]
        if (found * signs >= 0).all():
            return found[problem.always.shape[1] :]
        kept &= found * signs >= 0


def standard_errors(problem: Problem, found: Fitted) -> np.ndarray:
    """Of the coefficients of rules, by the information in the data."""
    columns = np.column_stack([np.ones(len(problem.converted)), problem.always, problem.rules])
    columns = columns[:, (columns.std(axis=0) > 0) | (np.arange(columns.shape[1]) == 0)]
    chance = expit(found.linear(problem))
    information = columns.T @ (columns * (chance * (1 - chance))[:, None])
    return np.sqrt(np.diag(np.linalg.inv(information)))[-problem.rules.shape[1] :]


def test_the_fit_without_a_penalty_is_scikit_learns(planted: Exposure) -> None:
    problem = problem_of(planted, (0, 1, 2), {}, planted.converted(HORIZON))
    assert fit(problem, penalty=1e-6).rules == pytest.approx(likeliest(problem), rel=1e-2, abs=1e-3)


def test_what_was_planted_is_found_and_signs_stay(planted: Exposure) -> None:
    problem = problem_of(planted, (0, 1, 2), {}, planted.converted(HORIZON))
    found = fit(problem, penalty=1.0)
    strong, noise, bad_sign = found.rules
    error = standard_errors(problem, found)
    assert error.max() < 0.25  # an eighth of what was planted: else nothing would be found
    assert abs(strong - 2.0) < 2 * error[0]
    assert 0 <= noise < 2 * error[1]
    assert -2 * error[2] < bad_sign <= 0


def test_a_deduction_for_a_good_sign_falls_to_nothing_and_never_becomes_a_reward() -> None:
    exposure = world()
    rules = (replace(RULES[0], points=-5.0), *RULES[1:])
    found = fit(problem_of(replace(exposure, rules=rules), (0, 1), {}, exposure.converted(HORIZON)), penalty=1.0)
    assert found.rules[0] == 0


def test_the_stronger_the_penalty_the_nearer_to_the_rule_book(planted: Exposure) -> None:
    problem = problem_of(planted, (0, 1), {}, planted.converted(HORIZON))
    ratios = [found.rules[1] / found.rules[0] for found in (fit(problem, p) for p in (1.0, 1e3, 1e5, float("inf")))]
    assert ratios == sorted(ratios)
    assert ratios[-1] == pytest.approx(1.0)  # both give five points
    # The minimiser agrees with itself where penalties are huge.
    assert fit(problem, 1e9).rules == pytest.approx(fit(problem, float("inf")).rules, rel=1e-3)


def test_later_days_choose_to_move_where_there_is_a_reason_and_to_stay_where_there_is_none(planted: Exposure) -> None:
    folds = folds_of(DAYS, HORIZON)
    moved = choose(planted, (0, 1), planted.converted(HORIZON), folds)
    assert moved.penalty < float("inf")
    assert moved.half_lives == {}
    nothing = world(contacts=150, strength=0.0, seed=2)
    assert choose(nothing, (0, 1), nothing.converted(HORIZON), folds).penalty == float("inf")


def test_a_half_life_is_found_by_later_days() -> None:
    slow = world(half_life=90.0, strength=2.5, seed=4)
    chosen = choose(slow, (0, 1), slow.converted(HORIZON), folds_of(DAYS, HORIZON))
    assert chosen.half_lives.get(0) in (60.0, 90.0, 180.0)
    assert 1 not in chosen.half_lives


def test_no_trial_is_within_the_horizon_of_what_is_learnt() -> None:
    folds = folds_of(DAYS, HORIZON)
    assert len(folds) == 3
    offsets = [(day - DAYS[0]).days for day in DAYS]
    for fold in folds:
        assert fold.tried_from - fold.learnt_to >= HORIZON
        assert fold.learnt_to in offsets
    tried = [offset for fold in folds for offset in offsets if fold.trial(np.array([offset]))[0]]
    assert tried == [offset for offset in offsets if offset >= HORIZON + 21]
    assert folds_of(DAYS[:5], HORIZON) == ()
    assert days_needed(HORIZON, 7) == HORIZON + 21


def test_too_little_is_refused_with_how_much_it_takes(planted: Exposure) -> None:
    converted = planted.converted(HORIZON)
    enough = enough_of(planted, converted)
    assert set(enough.learnt) == {0, 1, 2}
    assert enough.counts[3].converting < 10
    few = converted & (planted.contact < 60)
    with pytest.raises(TooFewDataError, match=r"It takes 10 for each number that is learnt .*: 30 for a single rule"):
        enough_of(planted, few & (np.cumsum(few) <= 20))
    nobody = replace(planted, rules=tuple(replace(rule, group=None) for rule in RULES))
    with pytest.raises(TooFewDataError, match="No rule hit 10 people before a conversion"):
        enough_of(nobody, converted)
    # Forty people who convert carry two numbers beside fit and other points: the third rule waits.
    first = np.unique(planted.contact[converted])[:40]
    some = converted & np.isin(planted.contact, first)
    limited = enough_of(planted, some)
    assert len(limited.learnt) == 2
    assert len(limited.learnt) + len(limited.crowded_out) <= 3


def test_a_score_computed_here_that_is_not_the_warehouses_is_an_error(planted: Exposure) -> None:
    planted.check()
    with pytest.raises(SuggestError, match="differs from the warehouse's by 1 points"):
        replace(planted, activity=planted.activity + 1.0).check()


def test_groups_and_scores_keep_their_limits(planted: Exposure) -> None:
    huge = planted.activity_with({0: 1e6, 2: 0.0}, {})
    assert huge.max() == 50.0
    assert planted.activity_with({0: -1e6}, {}).min() == 0.0


def test_decay_is_that_of_the_contract() -> None:
    age = np.array([0, 7, 14])
    assert decay_of("none", None, age).tolist() == [1, 1, 1]
    assert decay_of("half_life", 7.0, age).tolist() == [1, 0.5, 0.25]
    assert decay_of("linear", 14.0, age).tolist() == [1, 0.5, 0]
    assert decay_of("window", 14.0, age).tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("points", "now", "expected"),
    [(7.3, 7.3, 7.3), (7.4, 5.0, 7.5), (12.6, 5.0, 13.0), (-3.3, -5.0, -3.5), (0.1, 5.0, 0.0), (10.4, 10.0, 10.0)],
)
def test_points_are_rounded_as_people_write_them(points: float, now: float, expected: float) -> None:
    assert rounded_points(points, now) == expected


def proposal(
    rule_id: str, points: float, proposed: float, days: float | None = None, then: float | None = None
) -> RuleProposal:
    return RuleProposal(
        rule_id=rule_id,
        description="",
        points=points,
        proposed_points=proposed,
        decay_days=days,
        proposed_decay_days=then,
        people=100,
        converting=40,
        coefficient=Estimate(0.5, 0.4, 0.6),
        points_interval=Estimate(proposed, proposed - 1, proposed + 1),
    )


def test_a_proposal_changes_its_cells_and_no_other_byte() -> None:
    text = (DEFAULT_SEEDS_DIR / "point_rules.csv").read_bytes().decode()
    changed = with_numbers(text, [proposal("pricing_view", 10, 14, 14, 30), proposal("blog_view", 3, 3, 14, 14)])
    before, after = text.splitlines(), changed.splitlines()
    assert len(before) == len(after)
    (different,) = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    rows = [dict(zip(before[0].split(","), next(csv.reader([line])), strict=True)) for line in different]
    assert {name: (rows[0][name], rows[1][name]) for name in rows[0] if rows[0][name] != rows[1][name]} == {
        "points": ("10", "14"),
        "decay_days": ("14", "30"),
    }
    assert patch(text, changed).count("\n@@") == 1
    assert with_numbers(text, []) == text


def test_a_proposal_keeps_what_a_spreadsheet_saved() -> None:
    text = '\ufeffrule_id,points,decay_days,description\r\na,"1",14,"two\r\nlines"\r\nb,2,,x\r\nc,3,7,"last, row"'
    changed = with_numbers(text, [proposal("b", 2, 4.5), proposal("c", 3, 1, 7, 30)])
    assert (
        changed
        == '\ufeffrule_id,points,decay_days,description\r\na,"1",14,"two\r\nlines"\r\nb,4.5,,x\r\nc,1,30,"last, row"'
    )
    with pytest.raises(SuggestError, match="no rule gone"):
        with_numbers(text, [proposal("gone", 2, 4)])


def test_evidence_stands_beside_each_number() -> None:
    rows = list(csv.DictReader(io.StringIO(evidence([proposal("pricing_view", 10, 14, 14, 30)], 0.7, 0.74))))
    assert [(row["column"], row["current"], row["proposed"]) for row in rows] == [
        ("points", "10", "14"),
        ("decay_days", "14", "30"),
    ]
    assert rows[0]["people_hit"] == "100"
    assert rows[0]["log_odds_per_hit"] == "0.5"
    assert (rows[0]["auc_before"], rows[0]["auc_after"], rows[0]["is_clear"]) == ("0.7000", "0.7400", "true")
