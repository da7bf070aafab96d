"""An impact as one HTML page that needs nothing beside itself, in the style of the lead report and as strict."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.impact import charts, sentences
from orchestration.report.charts import heat_steps
from orchestration.report.page import page_templates, style_of_page
from orchestration.report.words import clean
from orchestration.rule_book.files import GRADES

if TYPE_CHECKING:
    from markupsafe import Markup

    from orchestration.impact.content import Impact

_FOLDER = Path(__file__).parent
_LIMITS = {"changes": 100, "effects": 15}


@dataclass(frozen=True)
class _Cell:
    contacts: int
    heat: int
    stays: bool


def render(impact: Impact) -> str:
    """The page. Every value is escaped; the drawings and the style sheet are the only markup that is put in."""
    templates = page_templates(_FOLDER)
    templates.filters["clean"] = clean
    page = templates.get_template("page.html.j2").render(
        **style_of_page((_FOLDER / "impact.css").read_text(encoding="utf-8")),
        impact=impact,
        say=sentences,
        charts=_charts(impact),
        grades=GRADES,
        moved=_moved(impact),
        limits=_LIMITS,
    )
    return page + "\n"


def _charts(impact: Impact) -> dict[str, Markup]:
    drawn = {}
    if impact.effects:
        drawn["effects"] = charts.effects(impact.effects[: _LIMITS["effects"]])
    if impact.distribution:
        drawn["scores"] = charts.score_distribution(impact.distribution)
    return drawn


def _moved(impact: Impact) -> list[list[_Cell]]:
    """Sixteen rows of sixteen cells; the heat is that of those who move, since nearly all stay."""
    contacts = {(move.grade_before, move.grade_after): move.contacts for move in impact.grade_moves}
    moving = [[0 if b == a else contacts.get((b, a), 0) for a in GRADES] for b in GRADES]
    heat = heat_steps(moving) if any(map(any, moving)) else moving
    return [
        [
            _Cell(contacts.get((before, after), 0), heat[row][column], before == after)
            for column, after in enumerate(GRADES)
        ]
        for row, before in enumerate(GRADES)
    ]
