"""`lead-scoring explain`: one contact's score on one page, with numbers that add up as they are printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from orchestration.cli.console import (
    console,
    count,
    error_console,
    fail,
    heading,
    number,
    plain_table,
    plain_words,
    print_json,
    rounded_to_sum,
    signed,
    sparkline,
)
from orchestration.cli.explanation import HORIZONS, Explanation, GroupPart, RulePart, ScorePart, Step, explain_contact
from orchestration.cli.places import reading_settings
from orchestration.cli.warehouse import open_warehouse

if TYPE_CHECKING:
    from datetime import date

    from rich.console import RenderableType

    from orchestration.cli.warehouse import Row, Warehouse

_EPSILON = 1e-9
_COLUMNS = (0, *HORIZONS)
_ROOM_FOR_SINCE = 90
_SHOWN_CROSSINGS = 8

_HITS_LEGEND = Text("hits 5→3→2: 5 hits, 3 of them within the rule's cap, 2 of those count today", style="dim")

_STEPS = {
    "hits": "All hits",
    "cap": "Hits above a rule's cap",
    "adjustment": "Adjusted by hand",
    "inactivity": "Silence",
    "reset": "Before the last reset",
    "exclusion": "Excluded",
    "decay": "Decay with age",
    "group_limits": "Limits of the groups",
    "score_limits": "Limits of the score",
    "criteria": "All criteria",
    "penalties": "Penalties",
}


def explain(
    contact: Annotated[str, typer.Argument(help="A contact_id or an email address.", metavar="CONTACT")],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON, unrounded.")] = False,
) -> None:
    """Show where a contact's score comes from, since when, and what it will be worth without new activity.

    Every step that removed or added points is listed: caps, resets, decay, limits, silence, adjustments, exclusion.
    It reads the warehouse itself, rule book and all, which is locked while a build runs.

    Exit code: 0, or 1 if the contact is unknown or the warehouse cannot be read.
    """
    with open_warehouse(reading_settings().warehouse) as warehouse:
        explanation = explain_contact(warehouse, _contact_id(warehouse, contact.strip()))
    if as_json:
        print_json(explanation.as_json())
    else:
        console().print(Group(*_page(explanation, console().width)))


def _contact_id(warehouse: Warehouse, text: str) -> str:
    found = warehouse.rows("find_contact", contact=text)
    if not found:
        near = [f"{row['contact_id']} ({row['full_name'] or row['email']})" for row in _near(warehouse, text)]
        fail(f"No contact has the id or email '{text}'." + (f" Did you mean {', '.join(near)}?" if near else ""))
    if len(found) > 1:
        fail(f"Several contacts have the email '{text}': {', '.join(row['contact_id'] for row in found)}. Name one id.")
    contact_id: str = found[0]["contact_id"]
    if found[0]["merged_contact_id"] and contact_id != text:
        error_console().print(f"{text} was merged into {contact_id}.", style="dim")
    return contact_id


def _near(warehouse: Warehouse, text: str) -> list[Row]:
    return warehouse.rows("near_contacts", contact=text)


def _page(explanation: Explanation, width: int) -> list[RenderableType]:
    parts: list[RenderableType] = [*_header(explanation), *_lead(explanation)]
    for score in explanation.scores:
        if score.groups or score.score_id == "activity":
            parts += _score(score, explanation, width)
    parts += _fit(explanation)
    parts += _products(explanation)
    parts += _events(explanation)
    parts += _crossings(explanation)
    return [*parts, Text()]


def _section(title: Text, *body: RenderableType) -> list[RenderableType]:
    return [Text(), title, *(Padding(part, (0, 0, 0, 2), expand=False) for part in body)]


def _header(explanation: Explanation) -> list[RenderableType]:
    contact = explanation.contact
    title = Table.grid(expand=True)
    title.add_column()
    title.add_column(justify="right")
    badges = [contact["lead_grade"], contact["temperature"]]
    badges += ["qualified"] if contact["is_qualified"] else []
    badges += ["surging"] if contact["is_surging"] else []
    title.add_row(
        Text(contact["full_name"] or contact["contact_id"], style="bold"),
        Text(" · ".join(badges), style="bold " + temperature_style(contact["temperature"])),
    )
    role = (contact["buying_role"] or "").replace("_", " ")
    about = [contact["job_title"], contact["account_name"] or contact["account_id"], role]
    stage = f"stage {contact['stage_id']}" if contact["stage_id"] else None
    consent = "may be contacted" if contact["is_contactable"] else "must not be contacted"
    reach = [contact["contact_id"], contact["email"], stage, consent]
    lines = [_joined(about), Text(_joined(reach).plain, style="dim")]
    if contact["is_excluded"]:
        rule = contact["exclusion_rule_id"]
        lines.append(Text(f"Excluded as {contact['exclusion_reason']} by rule {rule}: every score is 0.", "yellow"))
    elif contact["recommended_action"]:
        lines.append(Text.assemble("Recommended action: ", (contact["recommended_action"], "bold")))
    return [Text(), title, *(line for line in lines if line.plain)]


def temperature_style(temperature: str) -> str:
    """The colour of a temperature."""
    return {"hot": "red", "warm": "yellow", "cold": "blue"}.get(temperature, "dim")


def _joined(parts: list[str | None]) -> Text:
    return Text(" · ".join(part for part in parts if part))


def _lead(explanation: Explanation) -> list[RenderableType]:
    contact = explanation.contact
    table = plain_table("", "weight × score", "today", *_horizon_headers(), right=(1, 2, 3, 4))
    columns = [rounded_to_sum([part.points for part in explanation.lead_parts])]
    columns += [rounded_to_sum([part.outlook[days] for part in explanation.lead_parts]) for days in HORIZONS]
    for part, *points in zip(explanation.lead_parts, *columns, strict=True):
        formula = f"{part.weight:g} × {number(part.score)}"
        table.add_row(part.score_id.replace("_", " ").capitalize(), formula, *map(number, points))
    table.add_row("Lead score", "", *(number(sum(column)) for column in columns), style="bold")
    parts: list[RenderableType] = [table]
    scores = [row["lead_score"] for row in explanation.history]
    if len(scores) > 1:
        first, last = explanation.history[0]["as_of_date"], explanation.history[-1]["as_of_date"]
        parts.append(
            Text.assemble(
                (sparkline(scores, min(0.0, *scores), max(100.0, *scores)), "cyan"),
                (f"  {first} to {last}, from {number(scores[0])} to {number(scores[-1])}", "dim"),
            )
        )
    remark = f"on {contact['as_of_date']}; what follows adds up to it"
    return _section(heading(f"Lead score {number(explanation.lead_score)}", remark), *parts)


def _horizon_headers() -> list[str]:
    return [f"in {days} d" for days in HORIZONS]


def _score(score: ScorePart, explanation: Explanation, width: int) -> list[RenderableType]:
    name = score.score_id.replace("_", " ").capitalize()
    contact = explanation.contact
    remark = f"level {score.band}" if score.score_id == "activity" else (score.band or "")
    if score.score_id == "activity" and contact["last_activity_date"]:
        remark += f"; last active on {contact['last_activity_date']}, {_ago(contact['days_since_last_activity'])}"
    elif score.score_id == "activity":
        remark += "; never active"
    title = heading(f"{name} {number(score.score)}", remark)
    if not score.groups:
        return _section(title, Text("Nothing has earned or cost points.", style="dim"))
    table, printed_groups = _group_table(score, contact["as_of_date"], width >= _ROOM_FOR_SINCE)
    legend = [_HITS_LEGEND] if any(r.hits != r.counted_hits for group in score.groups for r in group.rules) else []
    steps = _steps_table(name, score, printed_groups, explanation)
    return _section(title, table, *legend, Padding(steps, (1, 0, 0, 0), expand=False))


def _ago(days: int) -> str:
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")


def _group_table(score: ScorePart, as_of: date, with_since: bool) -> tuple[Table, list[tuple[float, float]]]:
    """The rules by group, and per group today's printed sum and what its limits leave of it."""
    when = ["since", "last"] if with_since else ["last"]
    table = plain_table("", "hits", "points", "today", *_horizon_headers(), *when, right=range(1, 6 + len(when)))
    limited = [_printed_groups(score, days) for days in _COLUMNS]
    printed: list[tuple[float, float]] = []
    for position, group in enumerate(score.groups):
        results = [column[position] for column in limited]
        sums = [
            result if _is_within(group, days) else round(_group_sum(group, days), 1)
            for result, days in zip(results, _COLUMNS, strict=True)
        ]
        table.add_row(
            Text(group.group_id.replace("_", " ").capitalize(), style="bold"),
            "",
            "",
            *(Text(number(result), style="bold") for result in results),
        )
        rules = [
            rounded_to_sum([_rule_points(rule, days) for rule in group.rules], total)
            for total, days in zip(sums, _COLUMNS, strict=True)
        ]
        for rule, *points in zip(group.rules, *rules, strict=True):
            dates = [rule.first_activity_date, rule.last_activity_date] if with_since else [rule.last_activity_date]
            table.add_row(
                Text("  " + _rule_words(rule.source, rule.description, rule.rule_id)),
                _hits(rule.hits, rule.credited_hits, rule.counted_hits),
                *(map(number, [rule.points, *points]) if _matters(rule) else [""] * (1 + len(points))),
                *(_short_date(day, as_of) for day in dates),
                style="" if _matters(rule) else "dim",
            )
        if any(abs(result - total) > _EPSILON for result, total in zip(results, sums, strict=True)):
            cuts = [result - total for result, total in zip(results, sums, strict=True)]
            words = f"  limit {_range(group.min_points, group.max_points)}"
            table.add_row(Text(words), "", "", *(signed(cut) if cut else "" for cut in cuts), style="yellow")
        printed.append((sums[0], results[0]))
    return table, printed


def _printed_groups(score: ScorePart, days: int) -> list[float]:
    """What each group gives today or later, rounded so that the groups add up to the rounded score."""
    values = [group.outlook[days] if days else group.points for group in score.groups]
    total = score.outlook[days] if days else score.score
    is_limited = abs(total - sum(values)) > _EPSILON
    return rounded_to_sum(values, sum(values) if is_limited else total)


def _is_within(group: GroupPart, days: int) -> bool:
    limited = group.outlook[days] if days else group.points
    return abs(limited - _group_sum(group, days)) <= _EPSILON


def _group_sum(group: GroupPart, days: int) -> float:
    return sum(_rule_points(rule, days) for rule in group.rules)


def _rule_points(rule: RulePart, days: int) -> float:
    return rule.outlook[days] if days else rule.decayed_points


def _matters(rule: RulePart) -> bool:
    return rule.counted_hits > 0 or any(rule.outlook.values())


def _rule_words(source: str, description: str | None, rule_id: str) -> str:
    words = plain_words(description, rule_id)
    return f"By hand: {words}" if source == "adjustment" else words


def _hits(hits: int, credited: int, counted: int) -> Text:
    """`5→3→2`: hits, those within the cap, those that count; one number where they are the same."""
    if hits == credited == counted:
        return Text(str(hits))
    return Text(f"{hits}→{credited}→{counted}")


def _range(low: float | None, high: float | None) -> str:
    return f"{'…' if low is None else f'{low:g}'.replace('-', '−')} to {'…' if high is None else f'{high:g}'}"


def _short_date(day: date | None, as_of: date) -> str:
    if day is None:
        return "–"
    is_recent = (as_of - day).days < 300
    return f"{day.day} {day:%b}" if is_recent else f"{day:%b %Y}"


def _steps_table(
    name: str, score: ScorePart, printed_groups: list[tuple[float, float]], explanation: Explanation
) -> Table:
    total = round(score.score, 1)
    sums, results = (sum(column) for column in zip(*printed_groups, strict=True))
    steps = {step.step: round(step.points, 1) for step in score.steps}
    steps["group_limits"] = results - sums
    steps["score_limits"] = total - results
    # What rounding leaves over shows where it arises: in the decay, which alone makes long fractions.
    true_decay = next(step.points for step in score.steps if step.step == "decay")
    fractions = "decay" if abs(true_decay) > _EPSILON else "hits"
    steps[fractions] += total - sum(steps.values())
    words = dict(_STEPS)
    if explanation.resets:
        words["reset"] = f"Before the reset on {explanation.resets[0]['entered_date']}"
    words["score_limits"] = f"Limits of the score, {_range(score.floor, score.ceiling)}"
    return _waterfall([Step(words[step], points) for step, points in steps.items()], f"{name} score", total)


def _waterfall(steps: list[Step], name: str, total: float) -> Table:
    """The steps that did something and, below, what they add up to."""
    table = plain_table("step by step", "", right=(1,))
    for position, step in enumerate(steps):
        if position == 0 or round(step.points, 1):
            table.add_row(step.step, number(step.points) if position == 0 else signed(step.points))
    table.add_row(name, number(total), style="bold")
    return table


def _fit(explanation: Explanation) -> list[RenderableType]:
    contact, criteria = explanation.contact, explanation.fit_criteria
    table = plain_table("criterion", "known", "why", "of 100", "weight", "adds", right=(3, 4, 5))
    shares = rounded_to_sum([row["criterion_share"] for row in criteria])
    penalties = rounded_to_sum([row["penalty_points"] for row in criteria])
    for row, share, penalty in zip(criteria, shares, penalties, strict=True):
        rewards = [row["title_description"], *(row["reward_descriptions"] or [])]
        table.add_row(
            row["criterion_id"].replace("_", " "),
            _known(row["attribute_value"]),
            _reasons(rewards) if share else "",
            f"{row['criterion_points']:g}",
            f"{row['weight']:g} %",
            number(share),
            style="" if share else "dim",
        )
        if penalty:
            why = _reasons(row["penalty_descriptions"] or [])
            table.add_row("  penalty", "", why, "", "in full", number(penalty), style="yellow")
    total = round(contact["fit_score"], 1)
    rest = total - sum(shares) - sum(penalties)
    if round(rest, 1):
        words = "excluded" if contact["is_excluded"] else "limits of the score"
        table.add_row(words, "", "", "", "", signed(rest), style="yellow")
    table.add_row("Fit score", "", "", "", "", number(total), style="bold")
    known = f"grade {contact['fit_grade']}; {contact['fit_completeness']:.0%} of what it asks for is known"
    return _section(heading(f"Fit {number(contact['fit_score'])}", known), table)


def _known(value: str | None) -> str:
    return "unknown" if value is None else value.removesuffix(".0").replace("|", " | ")


def _reasons(descriptions: list[str | None]) -> str:
    return "; ".join(plain_words(description, "") for description in descriptions if description)


def _products(explanation: Explanation) -> list[RenderableType]:
    if not explanation.products:
        return []
    table = plain_table("", "today", *_horizon_headers(), "last", right=(1, 2, 3, 4))
    for product in explanation.products:
        points = [product["score"], *(product["outlook"][days] for days in HORIZONS)]
        last = _short_date(product["last_activity_date"], explanation.contact["as_of_date"])
        table.add_row(product["product_name"], *map(number, points), last)
    return _section(heading("Product interest"), table)


def _events(explanation: Explanation) -> list[RenderableType]:
    total = sum(row["events"] for row in explanation.events)
    if not total:
        return []
    outcomes = {"scored": 0, "unmatched": 0}
    for row in explanation.events:
        if row["outcome"] in outcomes:
            outcomes[row["outcome"]] += row["events"]
    lines = [f"{outcomes['scored']:,} hit a rule, {outcomes['unmatched']:,} hit none."]
    machines = explanation.machine_events
    if machines:
        reasons = ", ".join(f"{events:,} {reason.replace('_', ' ')}" for reason, events in machines.items())
        lines.append(f"{sum(machines.values()):,} came from machines and earn nothing: {reasons}.")
    for reset in explanation.resets:
        lines.append(f"Entering stage {reset['stage_id']} on {reset['entered_date']} reset the score.")
    return _section(heading("Events", count(total, "event")), *map(Text, lines))


def _crossings(explanation: Explanation) -> list[RenderableType]:
    if not explanation.crossings:
        return []
    shown = explanation.crossings[:_SHOWN_CROSSINGS]
    remark = f"the last {len(shown)} of {len(explanation.crossings)}" if len(explanation.crossings) > len(shown) else ""
    return _section(heading("Thresholds crossed", remark), crossings_table(shown))


def crossings_table(crossings: list[Row]) -> Table:
    """Turns of thresholds; the names of contacts and accounts where the rows have them."""
    named = any("entity_name" in crossing for crossing in crossings)
    who = ("who",) if named else ()
    table = plain_table("day", *who, "threshold", "turn", "why", "to do", right=())
    for crossing in crossings:
        is_up = crossing["direction"] == "up"
        before = number(crossing["score_before"])
        product = f" ({crossing['product_id']})" if crossing["product_id"] else ""
        table.add_row(
            str(crossing["as_of_date"]),
            *((crossing["entity_name"],) if named else ()),
            crossing["threshold_id"].replace("_", " ") + product,
            Text(f"{'▲' if is_up else '▼'} {before} → {number(crossing['score_after'])}", "green" if is_up else "dim"),
            crossing["cause"],
            (crossing["action"] or "") if is_up else "",
        )
    return table
