"""The page and its file: content and drawings put into `page.html.j2` with the style sheet `page.css`.

The page forbids itself everything but that sheet: no script, no request, no other style.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from orchestration.report import charts, words
from orchestration.report.charts import Bar, Week
from orchestration.report.content import MACHINE_WEEKS, ReportError, read_content

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestration.report.content import Content, Traffic

_FOLDER = Path(__file__).parent
_FILTERS = ("plain", "number", "signed", "percent", "day", "long_day", "ago", "bound")


def write_report(source: Path, output: Path, memory_limit: str = "") -> None:
    """Write the page about the published tables in the DuckDB file `source` to `output`, as a whole or not at all.

    `memory_limit` is that of DuckDB while it reads, empty: its own. Raises ReportError.
    """
    write_whole(render(read_content(source, memory_limit)), output)


def write_whole(page: str, output: Path) -> None:
    """Write a page so that nobody ever reads half of it. Raises ReportError."""
    draft = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_text(page, encoding="utf-8")
            draft.replace(output)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ReportError(f"The report cannot be written to {output}: {error.strerror}") from error


def render(content: Content) -> str:
    """The page as HTML. Every value is escaped; the drawings and the style sheet are the only markup that is put in."""
    page = (
        page_templates(_FOLDER)
        .get_template("page.html.j2")
        .render(
            **vars(content),
            **style_of_page(),
            charts=_charts(content),
            machine=_machine_traffic(content),
            events=sum(outcome.events for outcome in content.outcomes or ()),
        )
    )
    return page + "\n"


def page_templates(folder: Path) -> Environment:
    """Templates that escape every value and write numbers and dates as people do."""
    templates = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {name: getattr(words, name) for name in _FILTERS}
    templates.globals |= {"count": words.count}
    return templates


def style_of_page(more: str = "") -> dict[str, object]:
    """`style`, the sheet of the page and `more` behind it, and `style_hash`, by which a page allows it and no other."""
    style = (_FOLDER / "page.css").read_text(encoding="utf-8") + more
    return {
        "style": Markup(style),  # noqa: S704 - our own files
        "style_hash": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    }


def _charts(content: Content) -> dict[str, Markup]:
    drawn = {}
    if content.grid:
        drawn["grid"] = charts.heat_map(content.grid)
    if content.funnel:
        stages = [Bar(words.plain(stage.stage_id), stage.contacts) for stage in content.funnel]
        drawn["funnel"] = charts.bars("funnel-chart", "Contacts per stage", stages)
    if content.distribution:
        drawn["scores"] = charts.distribution(content.distribution)
    if content.products:
        products = [Bar(product.product, product.interested) for product in content.products]
        drawn["products"] = charts.bars("products-chart", "Contacts interested in each product", products)
    if content.traffic:
        drawn["traffic"] = charts.traffic(_weeks(content.traffic))
    return drawn


def _weeks(traffic: Iterable[Traffic]) -> list[Week]:
    """The latest weeks, the oldest first."""
    people, machines = [0] * MACHINE_WEEKS, [0] * MACHINE_WEEKS
    for part in traffic:
        (machines if part.machine_reason else people)[part.weeks_ago] += part.events
    return [Week(*week) for week in reversed(list(zip(range(MACHINE_WEEKS), people, machines, strict=True)))]


def _machine_traffic(content: Content) -> dict[str, object]:
    """The share of machines of all events of known contacts, and by week and reason for the latest weeks."""
    events = {outcome.outcome: outcome.events for outcome in content.outcomes or ()}
    judged = sum(events.get(outcome, 0) for outcome in ("scored", "unmatched", "machine"))
    reasons: Counter[str] = Counter()
    for part in content.traffic or ():
        if part.machine_reason:
            reasons[part.machine_reason] += part.events
    return {
        "events": events.get("machine", 0),
        "judged": judged,
        "share": events.get("machine", 0) / judged if judged else None,
        "weeks": _weeks(content.traffic or ()),
        "reasons": sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0])),
    }
