"""The drawings of an impact's page, made as those of the lead report are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.report.drawing import STAND_IN, TEXT, as_inline_svg, canvas, our_settings, scales
from orchestration.report.words import clean, count, number, signed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from orchestration.impact.content import Distribution, Effect

_LONGEST_LABEL = 34
_ROW = 32


@our_settings()
def score_distribution(scores: Distribution) -> Markup:
    """How many contacts have which lead score: bars after the change, a line before it."""
    figure, axes = canvas(210, left=34, bottom=34, top=10, right=12)
    edges = [row.bin * scores.width for row in scores.bins]
    edges.append(edges[-1] + scores.width)
    heights = [row.contacts_after for row in scores.bins]
    axes.bar(edges[:-1], heights, scores.width * 0.92, align="edge", color=STAND_IN["now"])
    axes.stairs([row.contacts_before for row in scores.bins], edges, color=STAND_IN["ink"], lw=1.6, baseline=0)
    axes.set(xlim=(edges[0], edges[-1]))
    scales(axes, "lead score")
    description = (
        f"After: {count(scores.after.contacts, 'contact')}, median {number(scores.after.median, 1)} points; "
        f"before: {number(scores.before.contacts)}, median {number(scores.before.median, 1)} points."
    )
    return as_inline_svg(figure, "scores-chart", "Distribution of lead scores before and after", description)


@our_settings()
def effects(rows: Sequence[Effect]) -> Markup:
    """Points that each rule adds (to the right) or takes (to the left), in all."""
    figure, axes = canvas(_ROW * len(rows) + 4)
    most = max(abs(row.points) for row in rows) or 1
    # Names of rules are text of the rule book: a dollar sign in them is no formula.
    words: dict[str, Any] = {"color": STAND_IN["ink"], "va": "bottom", "size": TEXT, "parse_math": False}
    for position, row in enumerate(rows):
        axes.barh(position, 2, left=-1, height=0.28, color=STAND_IN["line"])
        colour = STAND_IN["now"] if row.points > 0 else STAND_IN["machine"]
        axes.barh(position, row.points / most, height=0.28, color=colour)
        axes.text(-1, position - 0.22, clean(f"{row.rule_id} · {row.score_id}", _LONGEST_LABEL), ha="left", **words)
        axes.text(1, position - 0.22, signed(row.points), ha="right", **words)
    axes.axvline(0, color=STAND_IN["soft"], lw=1)
    axes.set(xlim=(-1, 1), ylim=(len(rows) - 0.6, -0.75))
    described = ", ".join(f"{row.rule_id} {signed(row.points)}" for row in rows)
    return as_inline_svg(figure, "effects-chart", "Points added or taken by each rule", f"{described}.")
