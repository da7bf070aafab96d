"""`lead-scoring impact`: whom a change of the rule book moves, before it is merged."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.cli.console import console, dbt_vars, error_console, fail, print_json
from orchestration.cli.two_books import progress, write_text
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.impact.content import Impact
    from orchestration.impact.service import ImpactOptions

BEYOND_POLICY = 2
"""The exit code where a limit of impact.toml is passed and nobody accepted it."""


def impact(
    base: Annotated[str, typer.Option(metavar="REF", help="The rule book to compare with: a branch, tag or commit.")],
    head: Annotated[
        str | None, typer.Option(metavar="REF", help="The changed rule book.", show_default="working tree")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as Markdown as well, for a pull request.")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as a page with plots as well.")] = None,
    changed: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every contact and account that changes, as CSV.")
    ] = None,
    names: Annotated[int, typer.Option(min=0, help="How many leads, accounts, crossings to name.")] = 20,
    next_run: Annotated[
        bool, typer.Option("--next-run/--no-next-run", help="Which thresholds the next run would report.")
    ] = True,
    accept: Annotated[
        str,
        typer.Option(metavar="REASON", help="Accept an impact above the limits of impact.toml.", show_default=False),
    ] = "",
    variables: Annotated[str, typer.Option("--vars", metavar="JSON", help="dbt vars, those of the builds.")] = "{}",
) -> None:
    """Score two rule books on the same events and date and say what differs. The warehouse is only read.

    Whose grade, qualification, temperature or product interest changes; who is newly or no longer qualified and by
    which rule; what each rule does; which thresholds would report it; what the next build costs.

    Exit code: 0, 1 errors, 2 beyond the limits of impact.toml without a reason.
    """
    settings = Settings.from_environment()
    with error_console().status("preparing"):
        # dbt takes a second to import, which no other command should wait for.
        from orchestration.impact.errors import ImpactError
        from orchestration.impact.policy import accepted_in, judge, load_policy
        from orchestration.impact.service import ImpactOptions
    options = ImpactOptions(names, next_run, dbt_vars(variables), changed.absolute() if changed else None)
    try:
        # Before the work, so that a mistake in it costs no minute.
        policy = load_policy(settings.impact_policy) if settings.impact_policy else None
        measured = _measure(settings, base, head, options)
        if policy and settings.impact_policy:
            reason = accept.strip() or accepted_in(settings.pull_request)
            measured = replace(measured, verdict=judge(measured, policy, settings.impact_policy.name, reason))
    except ImpactError as error:
        fail(str(error))
    _write(measured, markdown, html)
    if as_json:
        print_json(_as_json(measured))
    else:
        from orchestration.cli.impact_tables import impact_tables

        console().print(impact_tables(measured))
    if measured.broken_checks:
        fail("The effects do not add up; that is a defect of this project, please report it.")
    if measured.verdict.is_failure:
        raise typer.Exit(BEYOND_POLICY)


def _measure(settings: Settings, base: str, head: str | None, options: ImpactOptions) -> Impact:
    """The impact, with progress on standard error."""
    from orchestration.impact.rule_books import read_rule_books
    from orchestration.impact.service import measure_impact

    with TemporaryDirectory(prefix="lead-scoring-rules-") as folder, progress() as show:
        books = read_rule_books(settings.seeds_dir, base, head, Path(folder))
        return measure_impact(settings, *books, options, show)


def _write(measured: Impact, markdown: Path | None, html: Path | None) -> None:
    if markdown:
        from orchestration.impact.markdown import as_markdown

        write_text(markdown, as_markdown(measured))
    if html:
        # Drawing takes a second to import.
        from orchestration.impact.page import render

        write_text(html, render(measured))


def _as_json(measured: Impact) -> dict[str, Any]:
    verdict = measured.verdict
    told = asdict(measured)
    told["verdict"] |= {"passed": [limit.name for limit in verdict.passed], "is_failure": verdict.is_failure}
    for lead, source in zip(told["leads"], measured.leads, strict=True):
        lead["moved_by"] = measured.because_of(source)
    return told
