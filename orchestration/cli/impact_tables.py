"""An impact for a person at a terminal: what `lead-scoring impact` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from orchestration.cli.console import count, heading, number, plain_table, signed
from orchestration.impact import sentences
from orchestration.report.words import clean
from orchestration.rule_book.files import GRADES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from orchestration.impact.content import Impact, Lead

_CHANGES = 20


def impact_tables(impact: Impact) -> RenderableType:
    """The whole of it."""
    return Group(*_parts(impact))


def _parts(impact: Impact) -> Iterator[RenderableType]:
    headline = impact.headline
    yield Text()
    yield heading("Impact", sentences.sides(impact))
    yield Text(
        f"as of {impact.as_of_date}: {count(headline.contacts, 'contact')}, {count(headline.accounts, 'account')}. "
        f"Another grade: {count(headline.contacts_with_other_grade, 'contact')}, "
        f"{count(headline.accounts_with_other_grade, 'account')}. "
        f"Qualified: {number(headline.qualified_before, 0)} → {number(headline.qualified_after, 0)}."
    )
    for note in impact.notes:
        yield Text(note, "yellow")
    for check in impact.broken_checks:
        yield Text(f"Not to be relied on: '{check.name}' fails for {count(check.failures, 'contact')}.", "bold red")
    yield from _section("What was edited", _edits(impact))
    if not impact.changes:
        return
    yield from _section("Who moves", _moves(impact))
    yield from _section("Grades", _grades(impact), "rows: before, columns: after; stayed in the diagonal")
    yield from _section("Newly qualified", _leads(impact, is_new=True), str(headline.newly_qualified))
    yield from _section("No longer qualified", _leads(impact, is_new=False), str(headline.no_longer_qualified))
    yield from _section("Effect of each rule", _effects(impact), "points in all, before limits of groups and scores")
    yield from _section("Scores", _scores(impact), "effects + limits = change")
    yield from _section("Lead scores", _distribution(impact))
    yield from _section("Next run", _next_run(impact))
    yield from _section("Rebuild", Text(sentences.rebuild_of(impact)))
    yield from _section("Policy", _verdict(impact))
    steps = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in sentences.times(impact) if seconds >= 0.05)
    yield Text(f"Time: {steps}", "dim")


def _section(title: str, body: RenderableType | None, remark: str = "") -> Iterator[RenderableType]:
    if body is not None:
        yield heading(title, remark)
        yield Padding(body, (0, 0, 1, 2), expand=False)


def _edits(impact: Impact) -> RenderableType:
    if not impact.changes:
        return Text("Nothing: both rule books say the same.")
    table = plain_table("file", "row", "edit")
    for change in impact.changes[:_CHANGES]:
        table.add_row(Text(f"{change.file}.csv"), Text(clean(change.key)), Text(sentences.edit_of(change)))
    more = len(impact.changes) - _CHANGES
    return Group(table, Text(f"and {more:,} more", "dim")) if more > 0 else table


def _moves(impact: Impact) -> RenderableType:
    table = plain_table("", "", "contacts", "accounts", right=(2, 3))
    for what, direction, contacts, accounts in sentences.paired_moves(impact.moves):
        style = "" if contacts or accounts else "dim"
        table.add_row(Text(what), Text(direction), number(contacts, 0), number(accounts, 0), style=style)
    return table


def _grades(impact: Impact) -> RenderableType:
    moved = {(move.grade_before, move.grade_after): move.contacts for move in impact.grade_moves}
    table = Table.grid(padding=(0, 1, 0, 0))
    for _ in range(len(GRADES) + 1):
        table.add_column(justify="right", no_wrap=True)
    table.add_row("", *(Text(grade, "dim") for grade in GRADES))
    for before in GRADES:
        cells = []
        for after in GRADES:
            contacts = moved.get((before, after), 0)
            style = "dim" if before == after or not contacts else "bold"
            cells.append(Text(_short(contacts), style))
        table.add_row(Text(before, "dim"), *cells)
    return table


def _short(contacts: int) -> str:
    """At most five characters, so that sixteen columns fit."""
    if not contacts:
        return "·"
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if contacts >= 10 * size:
            return f"{contacts / size:.0f}{unit}"
    return str(contacts)


def _leads(impact: Impact, *, is_new: bool) -> RenderableType | None:
    leads = [lead for lead in impact.leads if lead.is_new == is_new]
    if not leads:
        return None
    table = plain_table("name", "account", "grade", "lead score", "moved by", right=(3,))
    for lead in leads:
        table.add_row(
            Text(lead.name, "bold"),
            Text(lead.account_name or "–"),
            f"{lead.lead_grade_before} → {lead.lead_grade_after}",
            f"{number(lead.lead_score_before)} → {number(lead.lead_score_after)}",
            Text(_because(impact, lead)),
        )
    return table


def _because(impact: Impact, lead: Lead) -> str:
    points = f" {signed(lead.cause_points)}" if lead.cause_points is not None else ""
    return impact.because_of(lead) + points


def _effects(impact: Impact) -> RenderableType | None:
    if not impact.effects:
        return Text("No rule gives another number of points.")
    table = plain_table("rule", "score", "contacts up", "contacts down", "points", right=(2, 3, 4))
    for effect in impact.effects[:_CHANGES]:
        table.add_row(
            Text(sentences.effect_name(effect)),
            Text(effect.score_id),
            number(effect.contacts_up, 0),
            number(effect.contacts_down, 0),
            signed(effect.points),
        )
    more = len(impact.effects) - _CHANGES
    return Group(table, Text(f"and {more:,} more", "dim")) if more > 0 else table


def _scores(impact: Impact) -> RenderableType | None:
    if not impact.scores:
        return None
    table = plain_table(
        "score", "effects", "limits", "contacts limited", "change", "in the lead score", right=range(1, 6)
    )
    for score in impact.scores:
        table.add_row(
            Text(score.score_id),
            "–" if score.effects is None else signed(score.effects),
            signed(score.limits),
            number(score.limited_contacts, 0),
            signed(score.points),
            signed(score.lead_points),
        )
    return table


def _distribution(impact: Impact) -> RenderableType | None:
    scores = impact.distribution
    if scores is None:
        return None
    table = plain_table("", "contacts", "lowest", "mean", "median", "highest", right=range(1, 6))
    for name, day in (("before", scores.before), ("after", scores.after)):
        points = (number(value) for value in (day.lowest, day.mean, day.median, day.highest))
        table.add_row(name, number(day.contacts, 0), *points)
    bins = plain_table("lead score", "before", "after", "", right=(1, 2))
    most = max((max(b.contacts_before, b.contacts_after) for b in scores.bins), default=0) or 1
    for row in scores.bins:
        bar = "█" * round(30 * row.contacts_after / most)
        low, high = row.bin * scores.width, (row.bin + 1) * scores.width
        bins.add_row(
            f"{low} to {high}", number(row.contacts_before, 0), number(row.contacts_after, 0), Text(bar, "cyan")
        )
    return Group(table, Text(), bins)


def _next_run(impact: Impact) -> RenderableType | None:
    run = impact.next_run
    if run is None:
        return None
    lines: list[RenderableType] = [Text(sentences.next_run_of(impact))]
    if run.count:
        table = plain_table("threshold", "of", "", "crossings", "by the rules", right=(3, 4))
        for total in run.totals:
            table.add_row(
                Text(total.threshold_id),
                total.entity,
                total.direction,
                number(total.crossings, 0),
                number(total.by_rules, 0),
            )
        lines.append(table)
    if run.alerts_error:
        lines.append(Text(run.alerts_error, "yellow"))
    elif run.alerts is None:
        lines.append(Text("Nobody is alerted: there is no alerts.toml.", "dim"))
    for sink in run.alerts or ():
        lines.append(Text(f"alerts to {sink.sink}: {sentences.alerts_of_sink(sink)}"))
    return Group(*lines)


def _verdict(impact: Impact) -> RenderableType:
    verdict = impact.verdict
    style = "bold red" if verdict.is_failure else "green" if verdict.limits else ""
    lines = [Text(sentences.verdict_of(impact), style)]
    for limit in verdict.limits:
        lines.append(Text(sentences.limit_of(limit), "red" if limit.is_passed else "dim"))
    return Group(*lines)
