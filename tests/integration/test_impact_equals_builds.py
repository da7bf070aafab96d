"""An impact says what two full builds would show, cell by cell: the acceptance of `lead-scoring impact`.

For each edited rule book one full build is made in a copy of the warehouse. What the impact scored in its scratch file
must be that build's tables; what it reports must be the difference of both builds, computed here once more.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from orchestration.impact import service
from orchestration.impact.rule_books import read_rule_books
from orchestration.impact.service import ImpactOptions, measure_impact
from tests.integration.impact_world import DAY, Edit, ImpactWorld, added, removed, rows_of, with_cells

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestration.impact.content import Impact

pytestmark = pytest.mark.slow

NEW_RULE = {
    "rule_id": "any_page",
    "group_id": "web",
    "event_type": "page_view",
    "object_pattern": "/*|!/pricing*",
    "points": "2.5",
    "max_hits": "3",
    "per": "day",
    "decay": "half_life",
    "decay_days": "20",
    "counts_for_interest": "true",
    "description": "Looked at any page",
}
HEADS = {
    "half_life": [Edit("point_rules", "pricing_view", with_cells(decay_days="60"))],
    "new_rule": [Edit("point_rules", "any_page", added(NEW_RULE))],
    "removed_rule": [Edit("point_rules", "product_page_view", removed)],
    "title_weight": [Edit("title_weights", "TITLE", with_cells(points="5"))],
}
"""The four edits of the acceptance."""
MORE_HEADS = {
    "caps_and_switches": [
        Edit("point_rules", "product_page_view", with_cells(max_hits="1", per="lifetime")),
        Edit("point_rules", "webinar_attended", with_cells(enabled="false")),
        Edit("inactivity_rules", "silent_60_days", with_cells(after_days="45")),
    ],
    "contents_and_machines": [
        Edit("content_map", "page_view", with_cells(category="blog", is_sales_ready="false")),
        Edit("bot_user_agents", "*chrome*", added({"pattern": "*chrome*", "reason": "test", "description": "x"})),
    ],
    "who_belongs_where": [
        Edit("stages", "lead", with_cells(resets_score="true")),
        Edit("exclusions", "exclude_partners", with_cells(pattern="*a*.example")),
        Edit("free_email_domains", "DOMAIN", added({"description": "No company"})),
    ],
    "applied_last": [
        Edit("score_bands", "activity", with_cells(min_score="60")),
        Edit("score_groups", "web", with_cells(max_points="40")),
        Edit("score_groups", "email", with_cells(score_id="loyalty")),
        Edit("scores", "activity", with_cells(lead_weight="0.5")),
        Edit("scores", "product_interest", with_cells(lead_weight="0.1")),
        Edit("lead_grades", "B2", with_cells(is_qualified="true")),
        Edit("products", "security", with_cells(product_name="Safety")),
    ],
    "fit": [
        Edit("fit_rules", "industry_other", with_cells(points="60")),
        Edit("fit_criteria", "job_title", with_cells(weight="20")),
        Edit("fit_criteria", "industry", with_cells(weight="30")),
        Edit(
            "title_weights",
            "*manager*",
            added({"title_pattern": "*manager*", "points": "95", "priority": "1", "description": "All managers"}),
        ),
    ],
}
"""Every other file, several edits at a time."""
COMPARED = (
    "contact_scores",
    "account_scores",
    "product_interest_scores",
    "account_product_interest",
    "custom_scores",
    "score_contributions",
    "fit_contributions",
    "score_ledger",
)
THRESHOLDS_OF = ("half_life", "who_belongs_where")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> ImpactWorld:
    return ImpactWorld(tmp_path_factory.mktemp("impact"), contacts=400, days=120)


@contextmanager
def _kept(folder: Path) -> Iterator[str]:
    folder.mkdir()
    yield str(folder)


def measure(world: ImpactWorld, branch: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Impact:
    """The impact of a branch, whose scratch files stay in `folder`."""
    monkeypatch.setattr(service, "TemporaryDirectory", lambda **_: _kept(folder / "scratch"))
    books = read_rule_books(world.settings.seeds_dir, "main", branch, folder / "rules")
    options = ImpactOptions(names=10_000, dbt_vars={"run_date": "2026-12-31"})
    return measure_impact(world.settings, *books, options)


def edits_of(world: ImpactWorld, head: str) -> list[Edit]:
    """The edits, with a title and a domain that many have in place of the placeholders."""
    with duckdb.connect(str(world.settings.warehouse), read_only=True) as connection:
        found = {
            "TITLE": "select title_pattern from intermediate.int_titles group by 1 order by count(*) desc, 1 limit 1",
            "DOMAIN": "select email_domain from intermediate.int_contacts where account_id is not null and"
            " given_account_id is null group by 1 order by count(*) desc, 1 limit 1",
        }
        keys = {name: connection.execute(select).fetchall()[0][0] for name, select in found.items()}
    edits = {**HEADS, **MORE_HEADS}[head]
    return [replace(edit, key=keys.get(edit.key, edit.key)) for edit in edits]


@pytest.mark.parametrize("head", HEADS)
def test_an_impact_equals_the_difference_of_two_full_builds(
    world: ImpactWorld, head: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_impact_equals_builds(world, head, tmp_path, monkeypatch)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("head", MORE_HEADS)
def test_so_does_the_impact_of_any_other_file(
    world: ImpactWorld, head: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_impact_equals_builds(world, head, tmp_path, monkeypatch)


def assert_impact_equals_builds(world: ImpactWorld, head: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world.branch(head, *edits_of(world, head))
    impact = measure(world, head, tmp_path, monkeypatch)
    built = world.built_with(head)

    with duckdb.connect(str(tmp_path / "scratch" / "head" / "warehouse.duckdb")) as scratch:
        scratch.execute(f"attach '{world.settings.warehouse}' as stored (read_only)")
        scratch.execute(f"attach '{built}' as built (read_only)")
        for table in COMPARED:
            columns = [
                name for (name,) in scratch.execute(f"select column_name from (describe marts.{table})").fetchall()
            ]
            cells = ", ".join(
                f"round({name}, 9) as {name}" if type_ == "DOUBLE" else name
                for name, type_ in scratch.execute(
                    f"select column_name, column_type from (describe marts.{table})"
                ).fetchall()
            )
            assert columns
            built_select = f"select {cells} from built.marts.{table}"
            if table in ("fit_contributions", "score_ledger"):
                built_select = f"select {cells} from built_{table}"
                with duckdb.connect(str(built), read_only=True) as other:
                    other.execute(f"copy (from marts.{table}) to '{tmp_path}/{table}.parquet'")
                scratch.execute(f"create temp view built_{table} as from '{tmp_path}/{table}.parquet'")
            mine = f"select {cells} from marts.{table}"
            for there, here in ((built_select, mine), (mine, built_select)):
                assert scratch.execute(f"{there} except all {here} limit 3").fetchall() == [], table

    assert impact.broken_checks == ()
    assert_numbers(impact, world.settings.warehouse, built)
    assert impact.headline.contacts_with_other_score > 0
    assert impact.headline.contacts_with_other_grade > 0


def assert_numbers(impact: Impact, base: Path, head: Path) -> None:
    """What is reported is what both builds differ by."""
    before, after = (_tables(path) for path in (base, head))
    contacts = [(before["contact_scores"][key], after["contact_scores"][key]) for key in before["contact_scores"]]
    accounts = [(before["account_scores"][key], after["account_scores"][key]) for key in before["account_scores"]]
    headline = impact.headline
    assert headline.contacts == len(contacts) == len(after["contact_scores"])
    assert headline.accounts == len(accounts) == len(after["account_scores"])
    assert headline.contacts_with_other_score == sum(b["lead_score"] != a["lead_score"] for b, a in contacts)
    assert headline.contacts_with_other_grade == sum(b["lead_grade"] != a["lead_grade"] for b, a in contacts)
    assert headline.accounts_with_other_grade == sum(b["account_grade"] != a["account_grade"] for b, a in accounts)
    assert {(m.grade_before, m.grade_after): m.contacts for m in impact.grade_moves} == Counter(
        (b["lead_grade"], a["lead_grade"]) for b, a in contacts
    )
    assert {(lead.contact_id, lead.is_new) for lead in impact.leads} == {
        (b["contact_id"], a["is_qualified"]) for b, a in contacts if b["is_qualified"] != a["is_qualified"]
    }
    assert {(account.account_id, account.is_new) for account in impact.accounts} == {
        (b["account_id"], a["is_qualified"]) for b, a in accounts if b["is_qualified"] != a["is_qualified"]
    }
    heat = ["dead", "cold", "warm", "hot"]
    moved = {(move.entity, move.what, move.direction): move.moved for move in impact.moves}
    warmer = [heat.index(a["temperature"]) - heat.index(b["temperature"]) for b, a in contacts]
    assert moved["contact", "temperature", "warmer"] == sum(steps > 0 for steps in warmer)
    assert moved["contact", "temperature", "colder"] == sum(steps < 0 for steps in warmer)
    for entity, rows in (("contact", contacts), ("account", accounts)):
        products = [(b["top_product_id"], a["top_product_id"]) for b, a in rows]
        assert moved[entity, "top product", "first interest"] == sum(b is None and a is not None for b, a in products)
        assert moved[entity, "top product", "no interest left"] == sum(b is not None and a is None for b, a in products)
        assert moved[entity, "top product", "other product"] == sum(b != a and None not in (b, a) for b, a in products)
        assert moved[entity, "activity level", "higher"] == sum(
            b["activity_level"] < a["activity_level"] for b, a in rows
        )
        assert moved[entity, "activity level", "lower"] == sum(
            b["activity_level"] > a["activity_level"] for b, a in rows
        )
        assert moved[entity, "fit grade", "better"] == sum(b["fit_grade"] > a["fit_grade"] for b, a in rows)
        assert moved[entity, "fit grade", "worse"] == sum(b["fit_grade"] < a["fit_grade"] for b, a in rows)
    for entity, table in (("contact", "product_interest_scores"), ("account", "account_product_interest")):
        old, new = before[table], after[table]
        both = old.keys() & new.keys()
        assert moved[entity, "interest in a product", "new"] == len(new.keys() - old.keys())
        assert moved[entity, "interest in a product", "gone"] == len(old.keys() - new.keys())
        assert moved[entity, "interest in a product", "stronger"] == sum(
            new[k]["score"] > old[k]["score"] for k in both
        )
        assert moved[entity, "interest in a product", "weaker"] == sum(new[k]["score"] < old[k]["score"] for k in both)
    for score in impact.scores:
        if score.score_id in ("activity", "fit"):
            change = sum(a[f"{score.score_id}_score"] - b[f"{score.score_id}_score"] for b, a in contacts)
            assert score.points == pytest.approx(change, abs=1e-6)
            assert (score.effects or 0.0) + score.limits == pytest.approx(change, abs=1e-6)
    change = sum(a["lead_score"] - b["lead_score"] for b, a in contacts)
    assert sum(score.lead_points for score in impact.scores) == pytest.approx(change, abs=1e-6)
    assert impact.distribution is not None
    for side, rows in (("before", [b for b, _ in contacts]), ("after", [a for _, a in contacts])):
        width = impact.distribution.width
        bins = Counter(int(row["lead_score"] // width) for row in rows if not row["is_excluded"])
        assert {b.bin: n for b in impact.distribution.bins if (n := getattr(b, f"contacts_{side}"))} == bins


def _tables(warehouse: Path) -> dict[str, dict[Any, dict[str, Any]]]:
    keys = {
        "contact_scores": ("contact_id",),
        "account_scores": ("account_id",),
        "product_interest_scores": ("contact_id", "product_id"),
        "account_product_interest": ("account_id", "product_id"),
    }
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return {
            table: {tuple(row[name] for name in key): row for row in rows_of(connection, f"from marts.{table}")}
            for table, key in keys.items()
        }


@pytest.mark.sampled(2)
@pytest.mark.parametrize("head", THRESHOLDS_OF)
def test_crossings_are_those_that_the_next_run_records(
    world: ImpactWorld, head: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"next_{head}"
    world.branch(name, *edits_of(world, head), Edit("thresholds", "engaged_account", with_cells(value="30")))
    impact = measure(world, name, tmp_path, monkeypatch)
    next_day = DAY + timedelta(days=1)
    built = world.built_with(name, next_day, full_refresh=False)
    with duckdb.connect(str(built), read_only=True) as connection:
        recorded = rows_of(connection, f"from marts.threshold_crossings where as_of_date = '{next_day}'")
    assert impact.next_run is not None
    assert recorded
    assert {
        (c.entity, c.entity_id, c.threshold_id, c.product_id, c.direction, round(c.score_after, 9))
        for c in impact.next_run.crossings
    } == {
        (r["entity"], r["entity_id"], r["threshold_id"], r["product_id"], r["direction"], r["score_after"])
        for r in recorded
    }
    assert impact.next_run.count == len(recorded)
