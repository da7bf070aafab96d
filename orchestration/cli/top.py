"""`lead-scoring top`: whom to call first, and the accounts behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from orchestration.cli.console import console, heading, number, plain_table, print_json
from orchestration.cli.explain import temperature_style
from orchestration.cli.places import reading_settings
from orchestration.cli.warehouse import open_snapshot

if TYPE_CHECKING:
    from rich.console import RenderableType

    from orchestration.cli.warehouse import Row

_NUMBER_WIDTH = 4
# Widths of the columns right of a lead's name, which takes the rest.
_LEAD_COLUMNS = {"grade": 5, "score": 5, "activity": 8, "fit": 5}


def top(
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 10,
    accounts: Annotated[bool, typer.Option("--accounts", help="List accounts instead of leads.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON list with all published columns, unrounded.")
    ] = False,
) -> None:
    """List the leads to call first: hot ones, qualified ones before the rest, then by lead score.

    Excluded and disqualified contacts are left out; who must not be contacted is marked. It reads what was published
    last, at any time, also while a build runs.

    Exit code: 0, or 1 if nothing is published yet.
    """
    with open_snapshot(reading_settings().snapshot) as snapshot:
        rows = snapshot.rows("top_accounts" if accounts else "top_leads", limit=limit)
    if as_json:
        print_json(rows)
    elif not rows:
        console().print("Nobody to list yet." if not accounts else "No account has members yet.")
    else:
        title = "Top accounts" if accounts else "Leads to call"
        table = accounts_table(rows) if accounts else leads_list(rows)
        console().print(Group(Text(), heading(title, f"as of {rows[0]['as_of_date']}"), Text(), table, Text()))


def leads_list(leads: list[Row]) -> RenderableType:
    """Numbered leads: name, grade and scores on a line, then title and account, then the reasons in words."""
    lines: list[RenderableType] = [_lead_line(Text(""), [Text(name, style="dim") for name in ("", *_LEAD_COLUMNS)])]
    for rank, lead in enumerate(leads, start=1):
        heat = temperature_style(lead["temperature"])
        name = Text.assemble((lead["full_name"] or lead["contact_id"], "bold"), "  ", (lead["temperature"], heat))
        if not lead["is_contactable"]:
            name.append("  do not contact", style="yellow")
        numbers = [
            Text(lead["lead_grade"], style="bold"),
            Text(number(lead["lead_score"]), style="bold"),
            Text(number(lead["activity_score"])),
            Text(number(lead["fit_score"])),
        ]
        lines.append(_lead_line(Text(str(rank), style="dim"), [name, *numbers]))
        about = [lead["job_title"], lead["account_name"], lead["contact_id"]]
        lines.append(_below(Text(" · ".join(part for part in about if part), style="dim")))
        to_do = [lead["recommended_action"], lead["top_product_name"] or lead["top_product_id"]]
        lines.append(_below(Text(" · ".join(part for part in to_do if part), style="cyan")))
        if lead["top_reasons"]:
            lines.append(_below(Text(lead["top_reasons"])))
        lines.append(Text())
    return Group(*lines[:-1])


def _lead_line(rank: Text, cells: list[Text]) -> Table:
    line = Table.grid(expand=True, padding=(0, 2, 0, 0))
    line.add_column(width=_NUMBER_WIDTH - 2, justify="right")
    line.add_column(ratio=1, no_wrap=True)
    for width in _LEAD_COLUMNS.values():
        line.add_column(width=width, justify="right", no_wrap=True)
    line.add_row(rank, *cells)
    return line


def _below(text: Text) -> Padding:
    return Padding(text, (0, 0, 0, _NUMBER_WIDTH))


def accounts_table(accounts: list[Row]) -> Table:
    """One line per account: grade, roll-up scores, how many of its people are engaged, which roles are covered."""
    table = plain_table(
        "", "account", "grade", "activity", "fit", "engaged", "roles", "product", "", right=(0, 3, 4, 5, 6)
    )
    for rank, account in enumerate(accounts, start=1):
        coverage = account["committee_coverage"]
        name = account["account_name"] or account["account_id"]
        table.add_row(
            Text(str(rank), style="dim"),
            Text(name, style="bold" if account["is_qualified"] else ""),
            account["account_grade"],
            number(account["account_activity_score"]),
            number(account["account_fit_score"]),
            f"{account['breadth']} of {account['member_count']}",
            "–" if coverage is None else f"{coverage:.0%}",
            account["top_product_name"] or account["top_product_id"] or "–",
            Text("surging" if account["is_surging"] else "", style="red"),
        )
    return table
