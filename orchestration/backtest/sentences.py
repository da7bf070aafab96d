"""What all forms of a backtest say in the same words, and the rows of their tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.impact.sentences import side_name
from orchestration.report.words import clean, count, number, signed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestration.backtest.content import Backtest, Estimate, Forecast, RuleResult, SideResult

ROW_HEADER = ("", "base", "head", "head less base")
DECILE_HEADER = ("decile", "lead score", "observations", "converted", "rate")
RULE_HEADER = ("rule", "contacts", "converted", "rate with", "rate without", "lift")


def sides(backtest: Backtest) -> str:
    """`main (abc) → working tree`; one name where both are the same rule book."""
    if backtest.is_one_rule_book:
        return side_name(backtest.head)
    return f"{side_name(backtest.base)} → {side_name(backtest.head)}"


def span(backtest: Backtest) -> str:
    """Which days were judged by what."""
    days = count(len(backtest.days), "day")
    left_out = (
        f" {count(backtest.days_left_out, 'later day')} left out: the horizon is not over (data up to "
        f"{backtest.last_known_day})."
        if backtest.days_left_out
        else ""
    )
    return (
        f"{days}, every {backtest.every_days} days from {backtest.first_day} to {backtest.last_day}. Converted: a "
        f"first opportunity within {backtest.horizon_days} days.{left_out}"
    )


def seen(backtest: Backtest) -> str:
    """Who was looked at."""
    who = backtest.seen
    return (
        f"{count(who.contacts, 'contact')} known, not excluded and without an opportunity, seen "
        f"{number(who.observations)} times; {number(who.conversions)} of these times ({rate(who.base_rate)}) "
        f"were before a conversion, of {count(who.converting_contacts, 'contact')}."
    )


def knowledge(backtest: Backtest) -> str:
    """What the scores of a day knew, and what hindsight would have made of them."""
    who = backtest.seen
    if not who.known_late:
        return "No event was loaded, re-sent otherwise, identified or merged after the day: none had to be left out."
    text = (
        f"For {number(who.known_late)} of {number(who.observations)} observations something that happened by then was "
        "known only later, and was left out."
    )
    hindsight, auc = backtest.head.auc_by_hindsight, backtest.head.auc["lead"].value
    if hindsight is not None and auc is not None:
        text += f" With it, the AUC of the lead score would read {hindsight:.3f} instead of {auc:.3f}."
    return text


def rate(value: float | None) -> str:
    """A share as percent, two significant digits where it is small."""
    if value is None:
        return "–"
    return f"{100 * value:.{2 if 0 < abs(value) < 0.01 else 1}f} %".replace("-", "−")


def interval(estimate: Estimate, form: str) -> str:
    """A number with its 95 % interval; `form`: auc, rate, times, days."""
    if estimate.value is None:
        return "–"
    shown = _shown(estimate.value, form)
    if estimate.low is None or estimate.high is None:
        return shown
    return f"{shown} [{_shown(estimate.low, form, bare=True)}, {_shown(estimate.high, form, bare=True)}]"


def change(estimate: Estimate, form: str) -> str:
    """A difference with its interval; `form` as in `interval`."""
    if estimate.value is None:
        return "–"
    scale, decimals = {"auc": (1, 3), "rate": (100, 1), "times": (1, 2), "days": (1, 0)}[form]
    shown = signed(estimate.value * scale, decimals)
    unit = " points" if form == "rate" else ""
    if estimate.low is None or estimate.high is None:
        return shown + unit
    return f"{shown}{unit} [{signed(estimate.low * scale, decimals)}, {signed(estimate.high * scale, decimals)}]"


def _shown(value: float, form: str, *, bare: bool = False) -> str:
    if form == "rate":
        return rate(value).removesuffix(" %") if bare else rate(value)
    decimals = {"auc": 3, "times": 2, "days": 0}[form]
    return number(value, decimals) + ("" if bare or form != "times" else "×")


def comparison_rows(backtest: Backtest) -> Iterator[tuple[str, str, str, str]]:
    """Label, base, head, head less base."""
    base, head, differences = backtest.base, backtest.head, backtest.differences

    def row(label: str, before: Estimate, after: Estimate, name: str, form: str) -> tuple[str, str, str, str]:
        return (
            label,
            interval(before, form),
            interval(after, form),
            change(differences[name], form) if differences else "",
        )

    for name in ("lead", "activity", "fit"):
        yield row(f"AUC, {name} score", base.auc[name], head.auc[name], f"auc_{name}", "auc")
    for before, after in zip(base.tops, head.tops, strict=True):
        percent = f"{before.share:.0%}".removesuffix("%")
        key = f"top_{percent}"
        yield row(f"top {percent} %: precision", before.precision, after.precision, f"{key}_precision", "rate")
        yield row(f"top {percent} %: lift", before.lift, after.lift, f"{key}_lift", "times")
        yield row(f"top {percent} %: of all conversions", before.recall, after.recall, f"{key}_recall", "rate")
    for first, second in zip(base.lead_times, head.lead_times, strict=True):
        percent = f"{first.share:.0%}".removesuffix("%")
        key = f"top_{percent}"
        yield row(f"ever in top {percent} % before", first.caught_share, second.caught_share, f"{key}_caught", "rate")
        yield row(
            f"days ahead in top {percent} %, median", first.median_days, second.median_days, f"{key}_lead_days", "days"
        )


def decile_rows(side: SideResult) -> Iterator[tuple[str, str, str, str, str]]:
    """The best decile first."""
    for row in reversed(side.deciles):
        scores = (
            f"{number(row.lowest_score, 1)} to {number(row.highest_score, 1)}"
            if row.lowest_score is not None
            else "nobody"
        )
        yield (
            str(row.decile),
            scores,
            number(row.observations),
            number(row.conversions),
            interval(row.rate, "rate"),
        )


def rule_rows(rules: tuple[RuleResult, ...]) -> Iterator[tuple[str, ...]]:
    """As they come."""
    for rule in rules:
        yield (
            clean(rule.rule_id),
            number(rule.contacts),
            f"{number(rule.conversions)} of {number(rule.observations)}",
            interval(rule.rate_with, "rate"),
            interval(rule.rate_without, "rate"),
            interval(rule.lift, "times"),
        )


def forecast(found: Forecast | None) -> str:
    """How good the score is as a chance."""
    if found is None:
        return (
            "As a chance: not judged. It is learnt on days whose horizon is over before the first day of the trial, so "
            "that the period must be longer than the horizon, with 10 conversions on either side."
        )
    skill = found.skill
    said = f"Brier score {interval(found.brier, 'auc')}, of the rate of all {found.brier_of_rate:.3f}"
    return f"As a chance (learnt on days up to {found.learnt_until}, tried from {found.tried_from} on): {said}" + (
        f", skill {signed(skill, 3)}." if skill is not None else "."
    )


RULES_REMARK = (
    "Conversion of who was hit in the {days} days before, and of everybody else, by times seen. No effect of the rule: "
    "who reads prices also opens emails. The fewer contacts, the less certain the interval itself; below about ten it "
    "says little."
)
AUC_REMARK = (
    "AUC: the chance that of two contacts on one day, of whom one converts, that one has the higher score; 0.5 is no "
    "order at all. Brackets: 95 % intervals, contacts drawn anew {resamples} times."
)
