"""The published arithmetic to the point: the rule book `wishpond_verbatim` in the warehouse, against sums by hand."""

from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING

from orchestration.rule_book import validate
from orchestration.settings import PROJECT_ROOT
from tests.reference.warehouse import DbtWarehouse

if TYPE_CHECKING:
    from pathlib import Path

FIXTURES = PROJECT_ROOT / "tests" / "fixtures"


def test_the_warehouse_agrees_with_the_sums_by_hand(tmp_path: Path) -> None:
    warehouse = DbtWarehouse(tmp_path)
    shutil.copytree(FIXTURES / "wishpond_world", warehouse.raw_dir)
    shutil.copytree(FIXTURES / "wishpond_verbatim", warehouse.seeds_dir)
    assert validate(warehouse.seeds_dir) == []
    warehouse.build({"as_of_date": "2026-05-31"})
    with (FIXTURES / "wishpond_world" / "expected.csv").open(encoding="utf-8", newline="") as file:
        expected = {
            row["contact_id"]: (float(row["activity_points"]), float(row["fit_points"])) for row in csv.DictReader(file)
        }
    contacts = warehouse.read()["contact_scores"]
    assert {row["contact_id"]: (row["activity_score"], row["fit_score"]) for row in contacts} == expected
