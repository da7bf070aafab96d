"""An impact as Markdown, for a comment on a pull request: short enough for one, and harmless whatever names hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestration.impact import sentences
from orchestration.report.words import clean, number, signed
from orchestration.rule_book.files import GRADES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orchestration.impact.content import Impact

_ROWS = 20
_LONGEST = 80
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~$-])")
# What a code forge makes a link or a mention of, even without markup: a joiner nobody sees keeps it text.
_LINKS = re.compile(r"(@|://|www(?=\.)|\b[A-Za-z]{2,}(?=-\d))")
_JOINER = "\u2060"
MARKER = "<!-- lead-scoring impact -->"
"""The first line, by which a workflow finds its own comment again."""


def escaped(text: str | None) -> str:
    """Text from anywhere as Markdown shows it: no markup, no tag, no mention, no link."""
    shown = clean(text or "–", _LONGEST)
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKUP.sub(r"\\\1", _LINKS.sub(rf"\1{_JOINER}", shown))


def as_markdown(impact: Impact) -> str:
    """The whole of it."""
    return "\n".join(_lines(impact)) + "\n"


def _lines(impact: Impact) -> Iterator[str]:
    headline = impact.headline
    yield MARKER
    yield f"### {'❌ ' if impact.verdict.is_failure else ''}Impact of the rule change"
    yield ""
    yield f"{escaped(sentences.sides(impact))}, as of {impact.as_of_date}, {number(headline.contacts)} contacts."
    yield ""
    yield (
        f"**{number(headline.contacts_with_other_grade)}** contacts and "
        f"**{number(headline.accounts_with_other_grade)}** accounts get another grade. Qualified contacts: "
        f"{number(headline.qualified_before)} → **{number(headline.qualified_after)}** "
        f"({number(headline.newly_qualified)} new, {number(headline.no_longer_qualified)} lost)."
    )
    yield ""
    yield _verdict(impact)
    for limit in impact.verdict.limits:
        yield f"- {'❌' if limit.is_passed else '✅'} {escaped(sentences.limit_of(limit))}"
    yield ""
    for note in impact.notes:
        yield f"> {escaped_long(note)}\n"
    for check in impact.broken_checks:
        yield f"> ⚠️ Not to be relied on: {escaped_long(check.name)} fails for {number(check.failures)} contacts.\n"
    yield from _details("What was edited", _edits(impact), is_open=True)
    if not impact.changes:
        return
    yield from _details("Who moves", _moves(impact), is_open=True)
    yield from _details("Newly qualified", _leads(impact, is_new=True), is_open=True)
    yield from _details("No longer qualified", _leads(impact, is_new=False), is_open=True)
    yield from _details("Effect of each rule", _effects(impact), is_open=True)
    yield from _details("Grade moves (rows: before, columns: after)", _grades(impact))
    yield from _details("Lead scores before and after", _distribution(impact))
    yield from _details("Next run", _next_run(impact))
    yield escaped_long(sentences.rebuild_of(impact))


def _verdict(impact: Impact) -> str:
    verdict = impact.verdict
    if verdict.passed and not verdict.accepted:
        passed = sentences.verdict_of(impact).partition(".toml")[0]
        accepting = "Accept it with a line `Impact-accepted: <reason>` in the description."
        return f"**{escaped_long(passed)}.toml passed.** {accepting}"
    return escaped_long(sentences.verdict_of(impact))


def escaped_long(text: str) -> str:
    """A sentence of ours, which may hold a name."""
    return " ".join(escaped(word) for word in text.split())


def _details(title: str, body: Iterable[str], *, is_open: bool = False) -> Iterator[str]:
    lines = list(body)
    if lines:
        yield f"<details{' open' if is_open else ''}><summary>{title}</summary>\n"
        yield from lines
        yield "\n</details>\n"


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], right: int) -> Iterator[str]:
    """A table whose columns from `right` on are numbers. Cells are Markdown already."""
    yield f"| {' | '.join(header)} |"
    yield f"|{'|'.join('---' if position < right else '---:' for position in range(len(header)))}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _more(shown: int, total: int) -> Iterator[str]:
    if total > shown:
        yield f"\nand {number(total - shown)} more"


def _edits(impact: Impact) -> Iterator[str]:
    if not impact.changes:
        yield "Nothing: both rule books say the same."
        return
    rows = (
        (f"{change.file}.csv", escaped(change.key), escaped_long(sentences.edit_of(change)))
        for change in impact.changes[:_ROWS]
    )
    yield from markdown_table(("file", "row", "edit"), rows, 3)
    yield from _more(_ROWS, len(impact.changes))


def _moves(impact: Impact) -> Iterator[str]:
    rows = [
        (what, direction, number(contacts), number(accounts))
        for what, direction, contacts, accounts in sentences.paired_moves(impact.moves)
        if contacts or accounts
    ]
    if rows:
        yield from markdown_table(("", "", "contacts", "accounts"), rows, 2)
    else:
        yield "Nobody."


def _leads(impact: Impact, *, is_new: bool) -> Iterator[str]:
    leads = [lead for lead in impact.leads if lead.is_new == is_new]
    if not leads:
        return
    rows = (
        (
            escaped(lead.name),
            escaped(lead.account_name),
            f"{lead.lead_grade_before} → {lead.lead_grade_after}",
            f"{escaped(impact.because_of(lead))} {_points(lead.cause_points)}",
            f"{number(lead.lead_score_before, 1)} → {number(lead.lead_score_after, 1)}",
        )
        for lead in leads[:_ROWS]
    )
    yield from markdown_table(("name", "account", "grade", "moved by", "lead score"), rows, 4)
    total = impact.headline.newly_qualified if is_new else impact.headline.no_longer_qualified
    yield from _more(min(_ROWS, len(leads)), total)


def _points(points: float | None) -> str:
    return "" if points is None else signed(points, 1)


def _effects(impact: Impact) -> Iterator[str]:
    rows = [
        (
            escaped(sentences.effect_name(effect)),
            escaped(effect.score_id),
            number(effect.contacts_up),
            number(effect.contacts_down),
            signed(effect.points, 1),
        )
        for effect in impact.effects[:_ROWS]
    ]
    if not rows:
        yield "No rule gives another number of points."
        return
    yield from markdown_table(("rule", "score", "contacts up", "contacts down", "points"), rows, 2)
    yield from _more(_ROWS, len(impact.effects))
    for score in impact.scores:
        if score.effects is not None:
            yield (
                f"\n{escaped(score.score_id)}: effects {signed(score.effects, 1)}, limits of groups and of the score "
                f"{signed(score.limits, 1)}, together {signed(score.points, 1)} points."
            )


def _grades(impact: Impact) -> Iterator[str]:
    moved = {(move.grade_before, move.grade_after): move.contacts for move in impact.grade_moves}
    rows = []
    for before in GRADES:
        cells = [number(moved[before, after]) if (before, after) in moved else "·" for after in GRADES]
        rows.append((f"**{before}**", *cells))
    yield from markdown_table(("", *GRADES), rows, 1)


def _distribution(impact: Impact) -> Iterator[str]:
    scores = impact.distribution
    if scores is None:
        return
    rows = (
        (
            f"{row.bin * scores.width} to {(row.bin + 1) * scores.width}",
            number(row.contacts_before),
            number(row.contacts_after),
            signed(row.contacts_after - row.contacts_before),
        )
        for row in scores.bins
    )
    yield from markdown_table(("lead score", "before", "after", "change"), rows, 1)
    medians = f"{number(scores.before.median, 1)} → {number(scores.after.median, 1)}"
    yield f"\nMedian {medians}, mean {number(scores.before.mean, 1)} → {number(scores.after.mean, 1)}."


def _next_run(impact: Impact) -> Iterator[str]:
    run = impact.next_run
    if run is None:
        return
    yield sentences.next_run_of(impact) + "\n"
    if run.count:
        rows = (
            (escaped(t.threshold_id), t.entity, t.direction, number(t.crossings), number(t.by_rules))
            for t in run.totals
        )
        yield from markdown_table(("threshold", "of", "", "crossings", "by the rules"), rows, 3)
    for sink in run.alerts or ():
        yield f"\nAlerts to {escaped(sink.sink)}: {sentences.alerts_of_sink(sink)}."
