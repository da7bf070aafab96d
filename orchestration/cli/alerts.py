"""`lead-scoring alerts`: send what is due, see what did not arrive, try it again, try a sink.

What an alert is and where it goes is in `orchestration.alerts`.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import duckdb
import typer
from rich.console import Group
from rich.text import Text

from orchestration.alerts.config import AlertsConfig, ConfigError, load_config
from orchestration.alerts.messages import as_json as message_as_json
from orchestration.alerts.messages import trial_message
from orchestration.alerts.outbox import Delivery, Outbox, OutboxError, open_outbox, utc_now
from orchestration.alerts.published import PublishedError
from orchestration.alerts.service import send_due, send_news
from orchestration.alerts.sinks import problem_of, send
from orchestration.cli.console import as_date, console, count, fail, number, plain_table, print_json, print_line
from orchestration.rule_book import read_rule_book
from orchestration.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestration.alerts.service import Sent

_STATUSES = ("pending", "delivered", "dead", "summarized", "withdrawn", "forgotten")

alerts = typer.Typer(
    help="Alerts of threshold crossings: send what is due, see what did not arrive, try again.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@alerts.command()
def deliver(
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Also send crossings of days from this one on: a backfill that is wanted."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Send the alerts that are due. A build does so as well, and Dagster every five minutes.

    Exit code: 0 all that was due has arrived, 1 something has not, or the configuration is wrong.
    """
    settings, config = _configured()
    first_day = as_date(since, "--since")
    with _errors_as_sentences():
        sent = send_news(settings, config, first_day) if first_day else send_due(settings, config)
    if as_json:
        print_json({**asdict(sent.delivered), "pending": sent.pending, "dead": sent.dead})
    else:
        _print_sent(sent)
    failed = sent.delivered.failed or sent.delivered.given_up or sent.delivered.problems
    raise typer.Exit(1 if failed else 0)


def _print_sent(sent: Sent) -> None:
    for sink, problem in sent.delivered.problems.items():
        print_line(f"{sink}: {problem}")
    if sent.enqueued.summarized:
        print_line(f"{count(sent.enqueued.summarized, 'crossing')} in summaries: more than a sink wants one by one.")
    print_line(f"{count(sent.delivered.sent, 'message')} sent, {sent.pending:,} waiting, {sent.dead:,} given up.")


@alerts.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False) -> None:
    """Show how many messages each sink got, which wait and why, and which were given up.

    Exit code: 0, or 1 if the configuration is wrong or the outbox cannot be read.
    """
    settings, config = _configured()
    with _outbox(settings) as outbox:
        counts, errors, dead = outbox.counts(), outbox.waiting_errors(), outbox.dead_letters()
        through = outbox.enqueued_through()
    problems = _problems(settings, config)
    sinks = list(dict.fromkeys([*config.sinks, *(sink for sink, _ in counts)]))
    by_sink = {sink: {status: counts.get((sink, status), 0) for status in _STATUSES} for sink in sinks}
    if as_json:
        print_json(
            {
                "enqueued_through": through,
                "sinks": by_sink,
                "problems": problems,
                "waiting_errors": errors,
                "dead_letters": [asdict(letter) for letter in dead],
            }
        )
        return
    table = plain_table("sink", *_STATUSES, "", right=range(1, len(_STATUSES) + 1))
    for sink, numbers in by_sink.items():
        remark = problems.get(sink) or errors.get(sink, "")
        table.add_row(sink, *(number(numbers[status], 0) for status in _STATUSES), Text(remark, "yellow"))
    console().print(Group(table, Text(f"Days looked at: up to {through or 'none yet'}.", "dim")))
    if dead:
        letters = plain_table("given up", "sink", "about", "attempts", "last error", right=(3,))
        for letter in dead:
            letters.add_row(letter.key, letter.sink, Text(letter.about), str(letter.attempts), Text(letter.last_error))
        console().print(Group(Text(), letters))


@alerts.command()
def retry(
    keys: Annotated[list[str] | None, typer.Argument(metavar="[KEY]...", show_default=False)] = None,
    all_dead: Annotated[bool, typer.Option("--all-dead", help="All messages that were given up.")] = False,
) -> None:
    """Have messages sent after all that were given up; `alerts deliver` or the next run sends them.

    Exit code: 0, or 1 if a key is that of no such message.
    """
    if bool(keys) == all_dead:
        fail("Name the keys that `lead-scoring alerts status` shows, or use --all-dead.")
    settings, _ = _configured()
    with _outbox(settings) as outbox:
        dead = {letter.key for letter in outbox.dead_letters()}
        if unknown := [key for key in keys or [] if key not in dead]:
            fail(f"Not given up: {', '.join(unknown)}; `lead-scoring alerts status` shows the keys.")
        retried = outbox.retry(keys or None)
    print_line(f"{count(retried, 'message')} to be sent again.")


@alerts.command()
def test(sink: Annotated[str, typer.Argument(help="Its name in alerts.toml.")]) -> None:
    """Send a message to one sink that says it is a test, once.

    Exit code: 0 it has arrived, 1 it has not, and why.
    """
    _, config = _configured()
    if sink not in config.sinks:
        fail(f"There is no sink {sink}; there are {', '.join(config.sinks)}.")
    if problem := problem_of(config.sinks[sink], os.environ):
        fail(f"{sink}: {problem}.")
    now = utc_now()
    message = trial_message(sink, now)
    delivery = Delivery(message["key"], sink, message["kind"], message_as_json(message), attempts=1, lease="")
    outcome = send(config.sinks[sink], delivery, os.environ, now)
    if outcome.error:
        fail(f"{sink}: {outcome.error}.")
    print_line(f"{sink} has the test message {delivery.key}.")


def _problems(settings: Settings, config: AlertsConfig) -> dict[str, str]:
    """Why a sink cannot be used, or would wait for ever for something that the rule book does not have."""
    thresholds = read_rule_book(settings.seeds_dir)[0].thresholds
    problems = {}
    for name, sink in config.sinks.items():
        known = {"threshold": {t.threshold_id for t in thresholds}, "action": {t.action for t in thresholds}}
        wanted = {"threshold": sink.threshold_ids or [], "action": sink.actions or []}
        unknown = [f"{what} {value}" for what, values in wanted.items() for value in values if value not in known[what]]
        if problem := problem_of(sink, os.environ) or (unknown and f"not in the rule book: {', '.join(unknown)}"):
            problems[name] = problem
    return problems


def _configured() -> tuple[Settings, AlertsConfig]:
    settings = Settings.from_environment()
    if settings.alerts_config is None:
        fail("No alerts are configured: copy examples/alerts.toml to alerts.toml and edit it.")
    try:
        return settings, load_config(settings.alerts_config)
    except ConfigError as error:
        for line in error.errors:
            print_line(line)
        fail(f"{count(len(error.errors), 'mistake')} in {settings.alerts_config}.")


@contextmanager
def _outbox(settings: Settings) -> Iterator[Outbox]:
    with _errors_as_sentences(), open_outbox(settings.alerts_outbox) as outbox:
        yield outbox


@contextmanager
def _errors_as_sentences() -> Iterator[Any]:
    try:
        yield
    except (OutboxError, PublishedError) as error:
        fail(str(error))
    except duckdb.IOException as error:
        fail(f"The published file cannot be opened: {str(error).splitlines()[0].removeprefix('IO Error: ')}")
