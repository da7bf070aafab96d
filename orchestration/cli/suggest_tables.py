"""A proposal for a person at a terminal: what `lead-scoring suggest` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from orchestration.backtest.sentences import change, interval
from orchestration.cli.console import count, heading, number, plain_table
from orchestration.report.words import clean
from orchestration.suggest.csv_file import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from orchestration.suggest.content import RuleProposal, Suggestion


def suggest_tables(found: Suggestion) -> RenderableType:
    """All but the difference itself, whose lines are not to be folded."""
    return Group(*_parts(found))


def _parts(found: Suggestion) -> Iterator[RenderableType]:
    trial = found.trial
    yield Text()
    yield heading("Suggestion", f"for the rule book of {clean(found.rule_book)}; nothing is applied")
    yield Text(
        f"{count(found.judged_days, 'day')} from {found.first_day} to {found.last_day}, horizon {found.horizon_days} "
        f"days: {count(found.contacts, 'contact')}, of whom {number(found.converting_contacts, 0)} converted."
    )
    yield Text(
        f"Tried on {trial.tried_from} to {trial.tried_to}, learnt from days up to {trial.learnt_until}: AUC of the "
        f"lead score {interval(trial.auc_before, 'auc')} before, {interval(trial.auc_after, 'auc')} after, "
        f"difference {change(trial.difference, 'auc')}."
    )
    for note in found.notes:
        yield Text(note, "yellow")
    learnt = [rule for rule in found.rules if not rule.why_not]
    yield Text()
    yield heading("Rules that were learnt", "points per hit with 95 % interval; ! the present points lie outside it")
    yield Padding(_learnt(learnt), (0, 0, 0, 2), expand=False)
    others = [rule for rule in found.rules if rule.why_not]
    if others:
        yield Text()
        yield heading("Rules that stay", "and why nothing is said of them")
        yield Padding(_others(others), (0, 0, 0, 2), expand=False)
    steps = sorted(found.seconds.items(), key=lambda step: -step[1])
    yield Text(f"Time: {', '.join(f'{step} {seconds:.1f} s' for step, seconds in steps if seconds >= 0.05)}", "dim")


def _learnt(rules: list[RuleProposal]) -> RenderableType:
    table = plain_table(
        "rule", "points", "proposed", "interval", "", "half-life", "people", "converted", "log-odds per hit",
        right=(1, 2, 3, 5, 6, 7, 8),
    )  # fmt: skip
    for rule in sorted(rules, key=lambda rule: (-abs(rule.proposed_points - rule.points), rule.rule_id)):
        now, proposed = rule.decay_days, rule.proposed_decay_days
        half_life = "–" if now is None else plain(now) if now == proposed else f"{plain(now)} → {plain(proposed or 0)}"
        points = rule.points_interval
        table.add_row(
            Text(rule.rule_id),
            plain(rule.points),
            Text(plain(rule.proposed_points), "bold" if rule.is_changed else "dim"),
            "–" if points.low is None or points.high is None else f"{number(points.low)} to {number(points.high)}",
            Text("!" if rule.is_clear else "", "bold yellow"),
            half_life,
            number(rule.people, 0),
            number(rule.converting, 0),
            interval(rule.coefficient, "auc"),
        )
    return table


def _others(rules: list[RuleProposal]) -> RenderableType:
    table = plain_table("rule", "points", "why", right=(1,))
    for rule in rules:
        table.add_row(Text(rule.rule_id), plain(rule.points), Text(rule.why_not, "dim"))
    return table
