"""The published arithmetic to the point: the rule book `wishpond_verbatim` on seven contacts added up by hand."""

from __future__ import annotations

import csv
from datetime import date

from orchestration.settings import PROJECT_ROOT
from tests.reference import Reference, load_raw, load_rule_book

FIXTURES = PROJECT_ROOT / "tests" / "fixtures"
AS_OF = date(2026, 5, 31)


def test_the_reference_agrees_with_the_sums_by_hand() -> None:
    world = FIXTURES / "wishpond_world"
    with (world / "expected.csv").open(encoding="utf-8", newline="") as file:
        expected = {
            row["contact_id"]: (float(row["activity_points"]), float(row["fit_points"])) for row in csv.DictReader(file)
        }
    tables = Reference().run(load_raw(world), load_rule_book(FIXTURES / "wishpond_verbatim"), as_of=AS_OF)
    scores = {row["contact_id"]: (row["activity_score"], row["fit_score"]) for row in tables["contact_scores"]}
    assert scores == expected
