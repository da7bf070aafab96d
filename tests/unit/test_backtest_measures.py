"""How good a ranking is: every measure against numbers that are worked out by hand, or by brute force.

Belongs here: days, rankings, intervals, rules, chances. Does not: who is looked at, what was known (`test_backtest`).
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="extra `backtest` is not installed")

from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

from orchestration.backtest.content import Estimate
from orchestration.backtest.days import days_to_judge
from orchestration.backtest.errors import BacktestError
from orchestration.backtest.forecast import forecast_of
from orchestration.backtest.measures import SideName, measure_sides
from orchestration.backtest.observations import Population, RuleHits, ScoredSide, without
from orchestration.backtest.ranking import Ranking, lead_times
from orchestration.backtest.resampling import estimates, share_of_people
from orchestration.backtest.rules import rule_results

HORIZON = 90


def population(days: list[int], contacts: list[int], to_opportunity: list[int]) -> Population:
    none = np.zeros(len(days), dtype=bool)
    return Population(np.array(days), np.array(contacts), np.array(to_opportunity), none, none)


def one_day(to_opportunity: list[int]) -> Population:
    return population([0] * len(to_opportunity), list(range(len(to_opportunity))), to_opportunity)


def ranking(of: Population, scores: list[float]) -> Ranking:
    return Ranking(of, np.array(scores, dtype=float), of.converted(HORIZON))


def equal_weights(of: Population) -> np.ndarray:
    return np.ones(of.contacts)


def test_auc_counts_pairs_and_a_tie_as_half() -> None:
    people = one_day([5, -1, 7, -1, 91])  # the last one converts a day too late
    # 30 beats all three others, 10 beats 5 and ties with 10, loses to 20: (3 + 1 + 0.5) of 6 pairs.
    assert ranking(people, [30, 20, 10, 10, 5]).auc() == pytest.approx(4.5 / 6)


def test_on_one_day_the_auc_is_scikit_learns() -> None:
    generator = np.random.default_rng(4)
    people = one_day(np.where(generator.random(500) < 0.2, 9, -1).tolist())
    scores = generator.integers(0, 20, 500).astype(float) + 3 * people.converted(HORIZON)
    weight = generator.integers(0, 4, 500).astype(float)
    found, converted = ranking(people, scores.tolist()), people.converted(HORIZON)
    assert found.auc() == pytest.approx(roc_auc_score(converted, scores))
    assert found.auc(weight) == pytest.approx(roc_auc_score(converted, scores, sample_weight=weight))


def test_contacts_are_compared_within_their_day_only() -> None:
    # Day 1 has lower scores throughout; each day is perfectly in order.
    people = population([0, 0, 1, 1], [0, 1, 0, 1], [5, -1, 3, -1])
    assert ranking(people, [20, 10, 2, 1]).auc() == 1.0
    assert ranking(people, [20, 10, 1, 2]).auc() == pytest.approx(0.5)


def test_without_a_pair_there_is_no_auc() -> None:
    assert np.isnan(ranking(one_day([5, 6]), [1, 2]).auc())


def test_a_weight_is_as_many_copies_of_a_contact() -> None:
    generator = np.random.default_rng(3)
    contacts, days = 40, 5
    day, contact = np.divmod(np.arange(contacts * days), contacts)
    converts = np.where(generator.random(contacts * days) < 0.3, 9, -1)
    scores = generator.integers(0, 6, contacts * days).astype(float)
    weight = generator.integers(0, 4, contacts).astype(float)
    people = population(day.tolist(), contact.tolist(), converts.tolist())
    copies = np.repeat(np.arange(len(people)), weight[contact].astype(int))
    copied = population(day[copies].tolist(), list(range(len(copies))), converts[copies].tolist())
    weighted, repeated = ranking(people, scores.tolist()), ranking(copied, scores[copies].tolist())
    assert weighted.auc(weight) == pytest.approx(repeated.auc())
    for share in (0.05, 0.1, 0.2, 1.0):
        found, expected = weighted.top(share, weight), repeated.top(share, equal_weights(copied))
        assert found.precision == pytest.approx(expected.precision)
        assert found.recall == pytest.approx(expected.recall)


def test_a_tie_at_the_end_of_the_top_counts_for_as_much_as_there_is_room() -> None:
    people = one_day([5, 6, -1, -1, -1, -1, -1, -1, -1, -1])
    # The top 20 % are two: the first, and half of a tie of two, one of whom converts.
    found = ranking(people, [9, 5, 5, *range(7)][:3] + [0.0] * 7).top(0.2, equal_weights(people))
    assert found.precision == pytest.approx((1 + 0.5) / 2)
    assert found.recall == pytest.approx(1.5 / 2)


def test_who_is_in_the_top_does_not_depend_on_the_order_in_a_tie() -> None:
    people = one_day([-1] * 10)
    assert ranking(people, [9, 5, 5] + [0.0] * 7).is_in_top(0.2).tolist() == [True] + [False] * 9
    assert ranking(people, [9, 9] + [0.0] * 8).is_in_top(0.2).tolist() == [True] * 2 + [False] * 8


def test_equal_scores_share_a_decile() -> None:
    people = one_day([-1] * 10)
    # As in the unit test of the mart score_calibration.
    assert ranking(people, [0] * 6 + [10, 20, 30, 40]).deciles().tolist() == [3] * 6 + [7, 8, 9, 10]
    assert ranking(people, list(range(10))).deciles().tolist() == list(range(1, 11))
    assert ranking(people, [7.0] * 10).deciles().tolist() == [5] * 10


def test_lead_time_is_from_the_first_flagged_day_within_the_horizon() -> None:
    # Three weekly days. Contact 0 converts 20 days after day 0 and is flagged on days 1 and 2; contact 1 is flagged
    # only when its opportunity is farther off than the horizon; contact 2 never converts.
    people = population([0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 2] * 3, [20, 100, -1, 13, 93, -1, 6, 86, -1])
    flagged = np.array([False, True, True, True, True, False, True, False, False])
    contacts, days = lead_times(people, flagged, people.converted(HORIZON))
    assert contacts.tolist() == [0, 1]
    assert days[0] == 13
    assert np.isnan(days[1])


def test_a_rule_is_compared_with_everybody_else() -> None:
    people = one_day([5, -1, 9, -1, -1, -1, -1, -1])
    hits = RuleHits(("pricing", "unused"), ("web", "web"), ("Prices", ""), np.array([0, 1]), np.array([0, 0]))
    pricing, unused = rule_results(people, hits, people.converted(HORIZON), resamples=20)
    assert (pricing.contacts, pricing.observations, pricing.conversions) == (2, 2, 1)
    assert pricing.rate_with.value == pytest.approx(1 / 2)
    assert pricing.rate_without.value == pytest.approx(1 / 6)
    assert pricing.lift.value == pytest.approx((1 / 2) / (2 / 8))
    assert (unused.contacts, unused.rate_with, unused.lift) == (0, Estimate(None), Estimate(None))
    assert unused.rate_without.value == pytest.approx(2 / 8)


def test_nobody_among_few_is_not_certainly_nobody() -> None:
    people = one_day([5, 9, *[-1] * 18])
    hits = RuleHits(("silent",), ("web",), ("",), np.array([5, 6, 7]), np.array([0, 0, 0]))
    (silent,) = rule_results(people, hits, people.converted(HORIZON), resamples=50)
    wilson = binomtest(0, 3).proportion_ci(method="wilson")
    assert silent.rate_with == Estimate(0.0, 0.0, pytest.approx(wilson.high, abs=1e-6))
    assert silent.lift == Estimate(0.0, 0.0, pytest.approx(wilson.high / 0.1, abs=1e-5))
    assert share_of_people(Estimate(0.5, 0.4, 0.6), 3) == Estimate(0.5, 0.4, 0.6)


def test_an_interval_is_that_of_contacts_not_of_observations() -> None:
    """Thirteen days of the same people tell no more about a share than one: the interval must not shrink."""
    share, contacts = 0.3, 400
    converts = np.arange(contacts) < share * contacts

    def width(days: int) -> float:
        contact = np.tile(np.arange(contacts), days)

        def rate(weight: np.ndarray) -> dict[str, float]:
            weights = weight[contact]
            return {"rate": float(weights @ converts[contact] / weights.sum())}

        found = estimates(contacts, rate, 300)["rate"]
        assert found.value == pytest.approx(share)
        assert found.low is not None
        assert found.high is not None
        return found.high - found.low

    by_theory = 2 * 1.96 * np.sqrt(share * (1 - share) / contacts)
    assert width(1) == pytest.approx(by_theory, rel=0.2)
    assert width(13) == width(1)


def test_days_whose_horizon_is_not_over_are_left_out() -> None:
    last_known = date(2026, 6, 30)
    days = days_to_judge(date(2026, 3, 1), date(2026, 4, 30), last_known)
    assert days.last_closed == date(2026, 4, 1)
    assert days.judged == tuple(date(2026, 3, 1) + timedelta(days=7 * week) for week in range(5))
    assert days.left_out == tuple(date(2026, 4, 5) + timedelta(days=7 * week) for week in range(4))
    # By default the last half year that can be judged, and the last day itself.
    default = days_to_judge(None, None, last_known)
    assert (default.judged[-1], len(default.judged), default.left_out) == (date(2026, 4, 1), 26, ())
    with pytest.raises(BacktestError, match="the last day whose outcome is known is 2026-04-01"):
        days_to_judge(date(2026, 4, 2), None, last_known)
    with pytest.raises(BacktestError, match="--from 2026-04-02 is after --to 2026-03-01"):
        days_to_judge(date(2026, 4, 2), date(2026, 3, 1), last_known)


def test_whoever_is_left_out_takes_hits_along() -> None:
    people = population([0, 0, 1, 1], [0, 1, 0, 1], [5, -1, 3, -1])
    hits = RuleHits(("r",), ("g",), ("",), np.array([0, 1, 3]), np.array([0, 0, 0]))
    scores = np.arange(4.0)
    side = ScoredSide({"lead": scores, "activity": scores, "fit": scores}, scores, np.zeros(4, dtype=bool), hits)
    kept, kept_side = without(people, side, np.array([True, False, True, False]))
    assert kept.contact.tolist() == [0, 0]
    assert kept.day.tolist() == [0, 1]
    assert kept_side.hits.observation.tolist() == [0, 1]
    assert kept_side.scores["lead"].tolist() == [1.0, 3.0]


def test_a_chance_is_learnt_from_days_whose_horizon_was_over() -> None:
    days = days_to_judge(date(2026, 1, 1), date(2026, 2, 15), date(2026, 6, 30), horizon_days=10, every_days=5)
    generator = np.random.default_rng(5)
    contacts = 300
    day, contact = np.divmod(np.arange(contacts * len(days.judged)), contacts)
    score = generator.random(len(day))
    converts = np.where(generator.random(len(day)) < score, 5, -1)
    people = population(day.tolist(), contact.tolist(), converts.tolist())
    found = forecast_of(people, score, people.converted(10), days, resamples=20)
    assert found is not None
    assert (found.tried_from - found.learnt_until).days >= 10
    # The mean of p(1 - p) is 1/6 for a chance that is the score; saying one half all the time costs 1/4.
    assert found.brier.value == pytest.approx(1 / 6, abs=0.02)
    assert found.brier_of_rate == pytest.approx(1 / 4, abs=0.01)
    assert found.skill == pytest.approx(1 / 3, abs=0.08)
    assert forecast_of(people, score, people.converted(10), days_to_judge(
        date(2026, 1, 1), date(2026, 1, 6), date(2026, 6, 30), 10, 5), resamples=20) is None  # fmt: skip


def test_equal_rule_books_differ_by_nothing_and_better_ones_surely() -> None:
    generator = np.random.default_rng(8)
    contacts, days = 200, days_to_judge(date(2026, 1, 1), date(2026, 1, 15), date(2026, 6, 30))
    day, contact = np.divmod(np.arange(contacts * len(days.judged)), contacts)
    converts = np.where(contact % 5 == 0, 9, -1)
    people = population(day.tolist(), contact.tolist(), converts.tolist())
    noise = generator.random(len(day))
    no_hits = RuleHits((), (), (), np.array([], dtype=int), np.array([], dtype=int))

    def side(lead: np.ndarray) -> tuple[SideName, ScoredSide]:
        scores = {"lead": lead, "activity": lead, "fit": noise}
        return SideName("x", "", "h"), ScoredSide(scores, lead, np.zeros(len(day), dtype=bool), no_hits)

    _, same = measure_sides(people, (side(noise), side(noise)), days, 30)
    assert {(row.value, row.low, row.high) for row in same.values() if row.value is not None} == {(0.0, 0.0, 0.0)}
    results, better = measure_sides(people, (side(noise), side(noise + (converts > 0))), days, 30)
    assert results[1].auc["lead"].value == 1.0
    assert better["auc_lead"].low is not None
    assert better["auc_lead"].low > 0.3
    assert better["auc_fit"] == Estimate(0.0, 0.0, 0.0)
    top = results[1].tops[1]
    assert top.precision.value == 1.0
    assert top.lift.value == pytest.approx(5.0)
    assert top.recall.value == pytest.approx(0.5)
    assert sum(row.observations for row in results[1].deciles) == len(people)
