"""A backtest as one HTML page that needs nothing beside itself, in the style of the lead report and as strict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.backtest import charts, sentences
from orchestration.report.page import page_templates, style_of_page
from orchestration.report.words import clean

if TYPE_CHECKING:
    from markupsafe import Markup

    from orchestration.backtest.content import Backtest

_FOLDER = Path(__file__).parent
_DRAWN_RULES = 15


def render(backtest: Backtest) -> str:
    """The page. Every value is escaped; the drawings and the style sheet are the only markup that is put in."""
    templates = page_templates(_FOLDER)
    templates.filters["clean"] = clean
    is_one = backtest.is_one_rule_book
    page = templates.get_template("page.html.j2").render(
        **style_of_page((_FOLDER / "backtest.css").read_text(encoding="utf-8")),
        backtest=backtest,
        say=sentences,
        charts=_charts(backtest),
        shown={"": backtest.head} if is_one else {"base": backtest.base, "head": backtest.head},
    )
    return page + "\n"


def _charts(backtest: Backtest) -> dict[str, Markup]:
    is_one = backtest.is_one_rule_book
    drawn = {
        "deciles": charts.rates_by_decile(backtest.base.deciles, backtest.head.deciles, is_one=is_one),
        "auc": charts.auc_by_day(backtest.days, is_one=is_one),
    }
    rules = [rule for rule in backtest.head.rules if rule.lift.value is not None]
    if rules:
        drawn["rules"] = charts.lifts(rules[:_DRAWN_RULES])
    return drawn
