"""What all forms of an impact say in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orchestration.report.words import clean, count, number, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestration.impact.content import Effect, Impact, Limit, Move, SinkAlerts
    from orchestration.impact.rule_changes import RuleChange

_LONGEST_CELL = 60


class Side(Protocol):
    """A rule book that was looked at: `name` as it was asked for, `commit`, empty: the working tree."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def commit(self) -> str: ...  # noqa: D102


def side_name(side: Side) -> str:
    """The name of a rule book with its short commit."""
    short = side.commit[:10]
    return clean(f"{side.name} ({short})") if short and not side.commit.startswith(side.name) else clean(side.name)


def edit_of(change: RuleChange) -> str:
    """What was edited in a row: `points 10 → 12`."""
    if change.kind != "changed":
        return change.kind
    if change.is_text_only:
        return "description only"
    cells = (
        f"{cell.column} {_cell(cell.before)} → {_cell(cell.after)}"
        for cell in change.columns
        if cell.column != "description"
    )
    return ", ".join(cells)


def _cell(text: str) -> str:
    return clean(text, _LONGEST_CELL) or "(empty)"


def effect_name(effect: Effect) -> str:
    """The rule; where it was not edited itself, that is said."""
    return effect.rule_id if effect.file else f"{effect.rule_id} (not edited itself)"


def paired_moves(moves: Iterable[Move]) -> list[tuple[str, str, int | None, int | None]]:
    """What, direction, contacts, accounts; None where there is no such thing."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for move in moves:
        found.setdefault((move.what, move.direction), {})[move.entity] = move.moved
    return [(*kind, by.get("contact"), by.get("account")) for kind, by in found.items()]


def rebuild_of(impact: Impact) -> str:
    """What the next build will do because of the edits."""
    rebuild = impact.rebuild
    if rebuild.is_numbers_only:
        return "Only numbers change: the next build looks at no event, hit or profile again for it."
    parts = []
    if rebuild.reads_raw_events:
        parts.append("every raw event is read again, because products were added, removed or renamed")
    if rebuild.rules_matched_again:
        parts.append(f"{count(rebuild.rules_matched_again, 'rule')} looked up for every contact")
    if rebuild.hits_written:
        parts.append(f"{count(rebuild.hits_written, 'hit')} written")
    if rebuild.owners_recomputed:
        parts.append(f"all events of {count(rebuild.owners_recomputed, 'contact')} judged again")
    if rebuild.profiles_assessed:
        assessed = count(rebuild.profiles_assessed, "contact or account", "contacts and accounts")
        parts.append(f"the fit of {assessed} assessed again")
    return f"The next build has work to do: {', '.join(parts)}."


def next_run_of(impact: Impact) -> str:
    """What the next run would report, in one sentence."""
    run = impact.next_run
    if run is None:
        return "The next run was not looked at."
    if not run.count:
        return f"The next run, as of {run.day} on the events of now, would report no crossing."
    by = (
        "by the rules alone"
        if run.by_rules == run.count
        else f"{number(run.by_rules)} of them by the rules alone, the others because a day has passed"
    )
    return f"The next run, as of {run.day} on the events of now, would report {count(run.count, 'crossing')}, {by}."


def alerts_of_sink(sink: SinkAlerts) -> str:
    """What a sink would get."""
    if sink.is_summary:
        return f"1 summary of {count(sink.crossings, 'crossing')}, more than it takes one by one"
    return count(sink.messages, "message" if sink.type != "csv" else "row")


def limit_of(limit: Limit) -> str:
    """A limit and what was measured."""
    shown = percent_exactly if limit.is_share else number
    return f"{limit.name}: {shown(limit.value)}, limit {shown(limit.limit)}"


def percent_exactly(share: float) -> str:
    """A share to a tenth of a percent; limits are compared, so that nothing is rounded to nothing."""
    return f"{share:.1%}".replace("%", " %") if share == 0 or share >= 0.0005 else percent(share)


def verdict_of(impact: Impact) -> str:
    """What the policy says, in one sentence."""
    verdict = impact.verdict
    if not verdict.limits:
        return "No policy: nothing limits what a rule change may move."
    if not verdict.passed:
        return f"Within the limits of {verdict.policy}."
    passed = f"{count(len(verdict.passed), 'limit')} of {verdict.policy} passed"
    if verdict.accepted:
        return f"{passed}, accepted: {clean(verdict.accepted)}"
    return f"{passed}. Accept it with a line `Impact-accepted: <reason>` in the pull request, or with --accept."


def sides(impact: Impact) -> str:
    """`main (abc) → working tree`."""
    return f"{side_name(impact.base)} → {side_name(impact.head)}"


def times(impact: Impact) -> Iterator[tuple[str, float]]:
    """Where time went, the longest first."""
    yield from sorted(impact.seconds.items(), key=lambda step: -step[1])
