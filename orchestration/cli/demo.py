"""`lead-scoring demo`: the whole story on an invented company, in one command."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import typer
from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from orchestration.cli.build import outcomes_table, print_outcome, run_with_progress
from orchestration.cli.console import console, count, error_console, fail, heading, number, plain_table
from orchestration.cli.explain import crossings_table
from orchestration.cli.places import DEMO_DIR, DEMO_RAW_DIR, demo_settings
from orchestration.cli.published import changed_tables, fingerprint
from orchestration.cli.top import accounts_table, leads_list
from orchestration.cli.warehouse import open_snapshot
from orchestration.sample import RAW_TABLES, write_sample
from orchestration.settings import WAREHOUSE_ENV

if TYPE_CHECKING:
    from rich.console import RenderableType

    from orchestration.cli.published import Fingerprint
    from orchestration.cli.warehouse import Warehouse
    from orchestration.settings import Settings

_HISTORY_DAYS = 30
_STATE_FILE = DEMO_DIR / "state.json"
_LEADS, _ACCOUNTS, _CROSSINGS = 10, 5, 8


@dataclass(frozen=True)
class World:
    """What makes a sample world: equal ones are equal to the row."""

    end_date: str
    contacts: int = 2000
    days: int = 180
    seed: int = 7


@dataclass
class State:
    """What the demo has made: the world in its raw folder, and the world that each of its warehouses was built on."""

    world: dict[str, Any]
    warehouses: dict[str, Any]

    @classmethod
    def load(cls) -> State:
        """What earlier runs left, else nothing."""
        try:
            return cls(**json.loads(_STATE_FILE.read_text(encoding="utf-8")))
        except (FileNotFoundError, json.JSONDecodeError, TypeError):
            return cls({}, {})

    def save(self) -> None:
        """Remember for the next run."""
        DEMO_DIR.mkdir(parents=True, exist_ok=True)
        _STATE_FILE.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def demo() -> None:
    """Invent a company, score its leads as the daily schedule does, and show whom to call today and why.

    Takes about a minute. The world ends today. Run it again and it finds that nothing has changed; edit the rule book
    in between and it tells what did.

    Exit code: as for `build`.
    """
    settings, world, state = demo_settings(), World(datetime.now(UTC).date().isoformat()), State.load()
    console().print(
        Group(
            Text(),
            Text("Lead scoring demo", style="bold"),
            Text(f"An invented company: {world.contacts:,} people, {world.days} days up to today, {world.end_date}."),
            Text(),
        )
    )
    before = _prepare_warehouse(settings, world, state)
    _make_world(world, state)
    state.warehouses[str(settings.warehouse)] = asdict(world)
    state.save()
    end_date = datetime.fromisoformat(world.end_date).date()
    history_start = end_date - timedelta(days=_HISTORY_DAYS - 1)
    result = run_with_progress(settings, end_date, extra_vars={"history_start_date": history_start.isoformat()})
    if result.status:
        print_outcome(settings, result)
        raise typer.Exit(int(result.status))
    _done(f"Ran the scheduled job in {result.seconds:.0f} s; {count(result.passed_checks, 'check')} passed.")
    with open_snapshot(settings.snapshot) as snapshot:
        after = fingerprint(snapshot)
        console().print(Group(*_story(snapshot), *_news(before, after), *_where_next(settings, snapshot)))


def _done(sentence: str) -> None:
    console().print(Text.assemble(("✓ ", "green"), sentence))


def _make_world(world: World, state: State) -> None:
    if state.world == asdict(world) and all((DEMO_RAW_DIR / f"{name}.parquet").exists() for name in RAW_TABLES):
        _done(f"The sample world is there already: {DEMO_RAW_DIR}")
        return
    state.world = {}
    state.save()
    shutil.rmtree(DEMO_RAW_DIR, ignore_errors=True)
    with error_console().status("Inventing the world …"):
        end_date = datetime.fromisoformat(world.end_date).date()
        write_sample(DEMO_RAW_DIR, world.contacts, world.days, world.seed, end_date)
    state.world = asdict(world)
    state.save()
    _done(f"Wrote the sample world: {DEMO_RAW_DIR}")


def _prepare_warehouse(settings: Settings, world: World, state: State) -> Fingerprint | None:
    """What is published before this run, None on the first run on this world."""
    path = settings.warehouse
    if not path.exists():
        return None
    built_on = state.warehouses.get(str(path))
    if built_on is None:
        fail(f"{path} exists and is not the demo's; unset {WAREHOUSE_ENV} or name a file that does not exist yet.")
    if built_on != asdict(world):
        # Another day, another world: its history would be that of other people.
        path.unlink()
        path.with_name(path.name + ".wal").unlink(missing_ok=True)
        return None
    if not settings.snapshot.exists():
        return None
    with open_snapshot(settings.snapshot) as snapshot:
        return fingerprint(snapshot) or None


def _story(snapshot: Warehouse) -> list[RenderableType]:
    leads = snapshot.rows("top_leads", limit=_LEADS)
    crossings = snapshot.rows("latest_crossings", limit=_CROSSINGS)
    totals = snapshot.rows("published_totals")[0]
    overview = (
        f"{totals['contacts']:,} contacts, {totals['qualified']:,} qualified, {totals['hot']:,} hot; "
        f"{totals['accounts']:,} accounts"
    )
    return [
        *_section(heading("What was read"), _read_table()),
        *_section(heading("How every event was accounted for"), outcomes_table(snapshot.rows("event_outcomes"))),
        *_section(heading("The ten leads to call today", overview), leads_list(leads)),
        *_section(heading("Top accounts"), _indented(accounts_table(snapshot.rows("top_accounts", limit=_ACCOUNTS)))),
        *_section(heading("Latest threshold crossings"), _indented(crossings_table(crossings))),
    ]


def _section(title: Text, body: RenderableType) -> list[RenderableType]:
    return [Text(), title, Text(), body]


def _indented(body: RenderableType) -> Padding:
    return Padding(body, (0, 0, 0, 2), expand=False)


def _read_table() -> RenderableType:
    table = plain_table("table", "rows", right=(1,))
    with duckdb.connect() as connection:
        for name in RAW_TABLES:
            path = str(DEMO_RAW_DIR / f"{name}.parquet")
            rows = connection.execute("select count(*) from read_parquet(?)", [path]).fetchall()[0][0]
            table.add_row(name, number(rows, 0))
    return _indented(table)


def _news(before: Fingerprint | None, after: Fingerprint) -> list[RenderableType]:
    """What this run changed in the published tables."""
    if before is None:
        return []
    rows = sum(rows for rows, _ in after.values())
    changes = changed_tables(before, after)
    if not changes:
        sentence = f"Nothing changed: {rows:,} rows in {len(after)} published tables are as they were before this run."
        return [Text(), Text(sentence, style="bold green")]
    lines = [f"{table}: {was:,} → {now:,} rows" if was != now else table for table, (was, now) in changes.items()]
    return [
        Text(),
        Text(f"This run changed {count(len(changes), 'published table')} of {len(after)}:", style="bold yellow"),
        _indented(Text("\n".join(lines))),
    ]


def _where_next(settings: Settings, snapshot: Warehouse) -> list[RenderableType]:
    program = Path(sys.argv[0])
    command = "lead-scoring" if shutil.which("lead-scoring") else str(program)
    best = snapshot.rows("top_leads", limit=1)
    table = plain_table("", "")
    table.add_row("to query", str(settings.snapshot))
    if best:
        table.add_row("one score in full", f"{command} explain {best[0]['contact_id']}")
    table.add_row("the lead report", str(settings.report))
    table.add_row("Dagster's UI", f"{command} ui    then http://127.0.0.1:3000")
    table.add_row("the rule book", f"{settings.seeds_dir}, then run the demo again")
    table.show_header = False
    return [*_section(heading("Where to look next"), _indented(table)), Text()]
