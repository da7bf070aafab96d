"""`lead-scoring forget`: leave a person out from the next build on, and nothing of it in any file after that."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import duckdb
import typer
from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from orchestration.alerts.outbox import OutboxError, open_outbox
from orchestration.cli.console import console, count, fail, heading, number, plain_table, print_json, print_line
from orchestration.cli.warehouse import open_database
from orchestration.dbt_project import project_vars
from orchestration.privacy.person import Person, find_person, rows_at_the_source, rows_in_tables, unknown_person
from orchestration.privacy.raw_rows import RAW_COLUMNS, delete_inside, raw_tables_inside
from orchestration.privacy.tombstones import (
    Request,
    TombstoneError,
    Tombstones,
    change_tombstones,
    load_tombstones,
    tombstones_of,
)
from orchestration.settings import Settings

if TYPE_CHECKING:
    from rich.console import RenderableType

_MANY_CONTACTS = 10


@dataclass(frozen=True)
class Plan:
    """Who would be forgotten and what of it is where, in rows: tables that runs make, alerts by sink and status, raw
    tables in the warehouse's own file (deleted by the command), raw tables elsewhere (left to whoever owns them).
    """

    person: Person
    tables: dict[str, int] = field(default_factory=dict)
    alerts: dict[str, int] = field(default_factory=dict)
    raw_tables_inside: dict[str, int] = field(default_factory=dict)
    raw_tables_elsewhere: dict[str, int] = field(default_factory=dict)


def forget(
    contact: Annotated[
        str | None, typer.Argument(help="A contact_id or an email address.", metavar="CONTACT", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show who it is and what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Keep out somebody of whom nothing is there (any more).")
    ] = False,
    lift: Annotated[
        bool, typer.Option("--lift", help="Let a forgotten person come back with the next import.")
    ] = False,
    listed: Annotated[bool, typer.Option("--list", help="List who was forgotten, without names.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Forget a person (GDPR): all merged contacts, emails and devices, in tables, history, alerts and every file.

    From the next build on the person is left out, also if a source delivers it again: a salted hash stays on record.
    When that build has published, the warehouse is rewritten and older snapshots are removed. What is at the source,
    at receivers of alerts and in backups is listed, and yours to delete.

    Exit code: 0 done, 1 nobody is known by that id or email, it was not confirmed, or something cannot be written.
    """
    settings = Settings.from_environment()
    try:
        if listed:
            _list(settings, as_json)
        elif not contact or not contact.strip():
            fail("Name a contact_id or an email address, or use --list.")
        elif lift:
            _lift(settings, contact.strip(), yes)
        else:
            _forget(settings, contact.strip(), dry_run, yes, unknown, as_json)
    except (TombstoneError, OutboxError) as error:
        fail(str(error))
    except duckdb.Error as error:
        fail(f"The warehouse cannot be used: {str(error).splitlines()[0]}")


def _forget(settings: Settings, contact: str, dry_run: bool, yes: bool, unknown: bool, as_json: bool) -> None:
    tombstones = load_tombstones(tombstones_of(settings.warehouse))
    plan = _plan(settings, contact)
    requests = _requests_of(tombstones, contact)
    is_news = plan and (plan.raw_tables_inside or _knows_more(plan.person, tombstones)) if tombstones else True
    if requests and not is_news:
        print_line(f"Forgotten already, on {requests[0].requested_at}: {_state(requests[0])}.")
        return
    if not plan and not unknown:
        fail(f"Nobody is known by '{contact}'. To keep somebody out of whom nothing is there, add --unknown.")
    if not plan:
        with duckdb.connect() as connection:  # to lower-case it as the tables are
            plan = Plan(unknown_person(connection, contact))
    if dry_run or not as_json:
        _show(plan, as_json, in_full=dry_run)
    if dry_run:
        return
    confirm(plan.person, yes)
    request = _carry_out(settings, plan)
    if as_json:
        print_json({"request": request.request_id, **asdict(plan)})
        return
    print_line(Text(f"Forgotten, as request {request.request_id}.", "bold green"))
    print_line("Readers have the snapshot before until the next build has published: `lead-scoring build` does it now.")
    if plan.raw_tables_elsewhere:
        place = settings.raw_dir or "the raw tables' database"
        print_line(f"Yours to delete in {place}: {_listed(plan.raw_tables_elsewhere)}.")
    print_line("Yours as well: exports, backups made before, and what receivers of alerts have.")


def _knows_more(person: Person, tombstones: Tombstones) -> bool:
    """Whether there are ids of a person that nobody asked to forget yet."""
    return any(not tombstones.requests_for(kind, value) for kind, value in person.ids)


def _plan(settings: Settings, contact: str) -> Plan | None:
    with open_database(settings.warehouse) as connection:
        person = find_person(connection, contact)
        if not person:
            return None
        inside = {} if settings.raw_dir else raw_tables_inside(connection, project_vars())
        raw_rows = rows_at_the_source(connection, RAW_COLUMNS, person)
        tables = rows_in_tables(connection, person)
    return Plan(
        person,
        tables,
        _alerts_about(settings, person),
        {table: rows for table, rows in raw_rows.items() if table in inside},
        {table: rows for table, rows in raw_rows.items() if table not in inside},
    )


def _alerts_about(settings: Settings, person: Person) -> dict[str, int]:
    if not settings.alerts_outbox.exists():
        return {}
    found: dict[str, int] = {}
    with open_outbox(settings.alerts_outbox) as outbox:
        for contact_id in person.contacts:
            for (sink, status), messages in outbox.messages_about(contact_id).items():
                found[f"{sink}, {status}"] = found.get(f"{sink}, {status}", 0) + messages
    return found


def _carry_out(settings: Settings, plan: Plan) -> Request:
    """The request goes on record first: whatever fails after that, the next build knows it."""
    requests: list[Request] = []

    def add(record: Tombstones) -> Tombstones:
        record, request = record.with_person(plan.person.ids)
        requests.append(request)
        return record

    with ExitStack() as stack:
        # Opened before anything is done: where a build has the warehouse, nothing is.
        connection = (
            stack.enter_context(open_database(settings.warehouse, read_only=False)) if plan.raw_tables_inside else None
        )
        change_tombstones(tombstones_of(settings.warehouse), add)
        if settings.alerts_outbox.exists():
            with open_outbox(settings.alerts_outbox) as outbox:
                for contact_id in plan.person.contacts:
                    outbox.forget(contact_id)
        if connection:
            inside = raw_tables_inside(connection, project_vars())
            delete_inside(connection, inside, plan.person)
            left = rows_at_the_source(connection, {table: RAW_COLUMNS[table] for table in inside}, plan.person)
            if left:
                print_line(Text(f"Still in raw tables of the warehouse, delete them there: {_listed(left)}.", "yellow"))
    return requests[0]


def confirm(person: Person, yes: bool) -> None:
    """Ask, unless `yes`; ends the command if the answer is no, or if so many contacts are rarely one person."""
    contacts = len(person.contacts)
    if contacts > _MANY_CONTACTS:
        # An email that many share is rarely a person.
        if yes or not os.isatty(0):
            fail(f"That are {contacts} contacts, not one person; confirm it in a terminal, without --yes.")
        if typer.prompt(f"These are {contacts} contacts. To forget them all, type their number") != str(contacts):
            fail("Nothing was done.")
    elif not yes and not typer.confirm("Forget this person for good?"):
        fail("Nothing was done.")


def _show(plan: Plan, as_json: bool, in_full: bool) -> None:
    if as_json:
        print_json(asdict(plan))
        return
    person = plan.person
    table = plain_table("", "")
    table.show_header = False
    for name, values in (("contacts", person.contacts), ("emails", person.emails), ("devices", person.devices)):
        if values:
            table.add_row(Text(name, "dim"), Text(", ".join(values)))
    parts: list[RenderableType] = [Text(), heading("Who it is"), Text(), _indented(table)]
    for title, remark, rows in (
        ("Goes with the next build", "rows in tables and history, and in what is published of them", plan.tables),
        ("Goes now", "rows of raw tables in the warehouse itself", plan.raw_tables_inside),
        ("Goes now", "alerts: those that wait are not sent, of sent ones no text is kept", plan.alerts),
        (
            "Stays, and is yours to delete",
            "raw rows at the source; the build leaves them out",
            plan.raw_tables_elsewhere,
        ),
    ):
        if rows:
            parts += [Text(), heading(title, remark), Text(), _indented(_rows(rows, in_full))]
    console().print(Group(*parts, Text()))


def _rows(rows: dict[str, int], in_full: bool) -> RenderableType:
    if not in_full:
        return Text(f"{count(sum(rows.values()), 'row')} in {len(rows)} places; --dry-run lists them")
    table = plain_table("", "rows", right=(1,))
    for name, rows_there in rows.items():
        table.add_row(name, number(rows_there, 0))
    table.add_row("all", number(sum(rows.values()), 0), style="bold")
    return table


def _lift(settings: Settings, contact: str, yes: bool) -> None:
    file = tombstones_of(settings.warehouse)
    requests = _requests_of(load_tombstones(file), contact)
    if not requests:
        fail(f"Nobody is forgotten by '{contact}'.")
    if not yes and not typer.confirm("Let this person come back with the next import?"):
        fail("Nothing was done.")
    change_tombstones(file, lambda record: record.without(request.request_id for request in requests))
    print_line(f"Lifted: {', '.join(request.request_id for request in requests)}. What was deleted does not come back.")


def _requests_of(tombstones: Tombstones | None, contact: str) -> list[Request]:
    if not tombstones:
        return []
    with duckdb.connect() as connection:
        ((email,),) = connection.execute("select lower(?)", [contact]).fetchall()
    return tombstones.requests_for("contact", contact) or tombstones.requests_for("email", email)


def _list(settings: Settings, as_json: bool) -> None:
    tombstones = load_tombstones(tombstones_of(settings.warehouse))
    requests = tombstones.requests if tombstones else ()
    if as_json:
        print_json([_as_json(request) for request in requests])
    elif not requests:
        print_line("Nobody was forgotten.")
    else:
        table = plain_table("request", "forgotten at", "known by", "in files")
        for request in requests:
            table.add_row(request.request_id, request.requested_at, count(len(request.tokens), "id"), _state(request))
        console().print(table)


def _state(request: Request) -> str:
    if request.erased_at:
        return f"gone since {request.erased_at}, run {request.erased_by}"
    return "until the next build has published"


def _as_json(request: Request) -> dict[str, Any]:
    return {
        "request": request.request_id,
        "forgotten_at": request.requested_at,
        "ids": len(request.tokens),
        "erased_at": request.erased_at or None,
        "erased_by": request.erased_by or None,
    }


def _listed(rows: dict[str, int]) -> str:
    return ", ".join(f"{table} ({count(number_of_rows, 'row')})" for table, number_of_rows in rows.items())


def _indented(body: RenderableType) -> Padding:
    return Padding(body, (0, 0, 0, 2), expand=False)
