"""dbt's own unit tests, one pytest id each: every step of the scoring by its boundaries, nulls, ties and late rows.

They live beside the models (`_*__unit_tests.yml`), where they are read as documentation of the step. dbt needs the
columns of the inputs, so everything is built once from empty raw tables; then dbt runs all of them in one command.
Not here: whole runs, which the reference judges (test_worlds.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from dbt.cli.main import dbtRunner

from orchestration.settings import (
    DBT_PROJECT_DIR,
    DEFAULT_SEEDS_DIR,
    PROFILES_DIR,
    RAW_DIR_ENV,
    SEEDS_DIR_ENV,
    WAREHOUSE_ENV,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

RAW_HEADERS = {
    "events": "event_id,contact_id,event_type,occurred_at,loaded_at",
    "contacts": "contact_id,updated_at",
}

# Scoring steps without a branch to show: what they do is one expression, or dbt cannot give them inputs.
WITHOUT_UNIT_TEST = {
    "int_account_product_interest_history",  # selects the recorded days, as score_history does
    "int_begun_days",  # the recorded dates of int_scoring_dates
    "int_completed_run",  # the row of int_run_scope
    "int_events",  # a union
    "int_fit_rule_hashes",  # hashes
    "int_numbers",  # numbers
    "int_profile_hashes",  # hashes
    "int_rule_book_hash",  # reads the columns of real seeds
    "int_rule_hashes",  # hashes
    "int_run_scope",  # what dbt and the warehouse know of runs
    "int_stage_hashes",  # hashes
}


def unit_tests() -> list[dict[str, Any]]:
    files = sorted(DBT_PROJECT_DIR.glob("models/**/_*__unit_tests.yml"))
    return [test for file in files for test in yaml.safe_load(file.read_text("utf-8"))["unit_tests"]]


UNIT_TESTS = {test["name"]: test for test in unit_tests()}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, str]]]:
    """Unit test → (status, what dbt says of it), of all that dbt found."""
    folder = tmp_path_factory.mktemp("unit_tests")
    (folder / "raw").mkdir()
    for table, header in RAW_HEADERS.items():
        (folder / "raw" / f"{table}.csv").write_text(header + "\n", "utf-8")
    places = [
        *("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(PROFILES_DIR)),
        *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
        *("--quiet", "--log-level-file", "none", "--no-write-json", "--no-use-colors"),
    ]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(WAREHOUSE_ENV, str(folder / "warehouse.duckdb"))
        environment.setenv(RAW_DIR_ENV, str(folder / "raw"))
        environment.setenv(SEEDS_DIR_ENV, str(DEFAULT_SEEDS_DIR))
        parsed = dbtRunner().invoke(["parse", *places])
        assert parsed.success, parsed.exception
        dbt = dbtRunner(manifest=parsed.result)  # type: ignore[arg-type]  # of `parse`, it is one
        built = dbt.invoke(["build", "--resource-type", "seed", "--resource-type", "model", *places])
        assert built.success, built.exception or errors(built.result)
        tested = dbt.invoke(["test", "--select", "test_type:unit", *places])
        assert not tested.exception, tested.exception
        yield {
            result.node.name: (str(result.status), result.message or "")
            for result in tested.result
            if result.node.resource_type == "unit_test"
        }


def errors(results: Any) -> list[str]:
    return [f"{result.node.name}: {result.message}" for result in results if result.status == "error"]


@pytest.mark.parametrize("name", UNIT_TESTS)
def test_dbt_unit_test(verdicts: dict[str, tuple[str, str]], name: str) -> None:
    status, message = verdicts[name]
    assert status == "pass", f"{UNIT_TESTS[name]['model']}: {message}"


def test_every_unit_test_of_dbt_is_listed_here(verdicts: dict[str, tuple[str, str]]) -> None:
    assert len(UNIT_TESTS) == len(unit_tests()), "names are unique over all models"
    assert set(verdicts) == set(UNIT_TESTS)


@pytest.mark.parametrize("name", UNIT_TESTS)
def test_expected_rows_have_one_order_of_columns(name: str) -> None:
    """dbt joins expected rows by position: a row that names its columns in another order would be compared wrongly."""
    rows = UNIT_TESTS[name]["expect"]["rows"]
    assert rows
    assert {tuple(row) for row in rows} == {tuple(rows[0])}


def test_every_scoring_step_has_a_unit_test() -> None:
    steps = {path.stem for path in DBT_PROJECT_DIR.glob("models/intermediate/**/*.sql")}
    assert steps - {test["model"] for test in UNIT_TESTS.values()} == WITHOUT_UNIT_TEST
