"""The drawings of a backtest's page, made as those of the lead report are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.backtest import sentences
from orchestration.report.drawing import SMALL, STAND_IN, TEXT, as_inline_svg, canvas, our_settings, scales
from orchestration.report.words import clean, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from orchestration.backtest.content import DayCount, Decile, RuleResult

_ROW = 32
_LONGEST_LABEL = 30


@our_settings()
def rates_by_decile(base: Sequence[Decile], head: Sequence[Decile], *, is_one: bool) -> Markup:
    """Share that converts in each decile: bars for head, a line for base; thin lines are 95 % intervals of head."""
    figure, axes = canvas(210, left=40, bottom=34, top=10)
    places = [row.decile for row in head]
    axes.bar(places, [100 * (row.rate.value or 0) for row in head], 0.8, color=STAND_IN["now"])
    for row in head:
        if row.rate.low is not None and row.rate.high is not None:
            axes.plot([row.decile] * 2, [100 * row.rate.low, 100 * row.rate.high], color=STAND_IN["soft"], lw=1.2)
    if not is_one:
        steps = [100 * (row.rate.value or 0) for row in base]
        axes.stairs(steps, [0.5 + place for place in range(len(steps) + 1)], color=STAND_IN["ink"], lw=1.6, baseline=0)
    axes.set_xticks(places)
    scales(axes, "decile of the lead score, 10 the best; percent that converts")
    described = ", ".join(f"{row.decile}: {sentences.rate(row.rate.value)}" for row in head)
    return as_inline_svg(figure, "deciles-chart", "Conversion by decile of the lead score", f"{described}.")


@our_settings()
def auc_by_day(days: Sequence[DayCount], *, is_one: bool) -> Markup:
    """The AUC of each judged day: a line for head, one for base."""
    figure, axes = canvas(190, left=40, bottom=34, top=10)
    places = range(len(days))
    lines = [("auc_head", "now", 2.2)] if is_one else [("auc_base", "ink", 1.4), ("auc_head", "now", 2.2)]
    for name, colour, width in lines:
        values = [float("nan") if (value := getattr(day, name)) is None else value for day in days]
        axes.plot(places, values, color=STAND_IN[colour], marker="o", markersize=3, lw=width)
    axes.axhline(0.5, color=STAND_IN["soft"], lw=1, dashes=(3, 3))
    scales(axes, f"{days[0].day} to {days[-1].day}; dashed: no order at all")
    axes.locator_params(axis="y", nbins=5, integer=False)
    known = [v for day in days for v in (day.auc_base, day.auc_head) if v is not None]
    axes.set_ylim(min([0.45, *known]) - 0.02, max([0.75, *known]) + 0.02)
    axes.set_xticks([])
    described = ", ".join(f"{day.day}: {number(day.auc_head, 3)}" for day in days)
    return as_inline_svg(figure, "auc-chart", "AUC of the lead score by day", f"{described}.")


@our_settings()
def lifts(rules: Sequence[RuleResult]) -> Markup:
    """The lift of each rule with its interval; the upright line is the rate of all."""
    figure, axes = canvas(_ROW * len(rules) + 22, bottom=20)
    shown = [(rule, rule.lift.value or 0.0, rule.lift.low or 0.0, rule.lift.high or 0.0) for rule in rules]
    most = max([1.5, *(max(value, high) for _, value, _, high in shown)])
    # Names of rules are text of the rule book: a dollar sign in them is no formula.
    words: dict[str, Any] = {"color": STAND_IN["ink"], "va": "bottom", "size": TEXT, "parse_math": False}
    for position, (rule, value, low, high) in enumerate(shown):
        axes.barh(position, most, height=0.28, color=STAND_IN["line"])
        axes.barh(position, value, height=0.28, color=STAND_IN["now"] if value >= 1 else STAND_IN["machine"])
        axes.plot([low, high], [position, position], color=STAND_IN["ink"], lw=1)
        axes.text(0, position - 0.22, clean(rule.rule_id, _LONGEST_LABEL), ha="left", **words)
        axes.text(most, position - 0.22, f"{number(value, 2)}×", ha="right", **words)
    axes.plot([1, 1], [-0.5, len(rules) - 0.5], color=STAND_IN["soft"], lw=1)
    axes.text(1, len(rules) - 0.45, "as all", ha="center", va="top", size=SMALL, color=STAND_IN["soft"])
    axes.set(xlim=(0, most), ylim=(len(rules) - 0.1, -0.75))
    described = ", ".join(f"{rule.rule_id} {number(value, 2)}" for rule, value, *_ in shown)
    return as_inline_svg(figure, "rules-chart", "Lift of each rule", f"{described}.")
