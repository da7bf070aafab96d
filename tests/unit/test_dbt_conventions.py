"""The house rules of the dbt project, over its manifest: names, layers, contracts, descriptions, tests.

Belongs here: what can be said without a warehouse. Does not: what models compute.
"""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft7Validator

from orchestration.publish.tables import MONTH_OF
from orchestration.settings import DBT_PROJECT_DIR
from tests.dbt_in_process import parse_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dbt.contracts.graph.manifest import Manifest

LAYERS = ("rule_book", "staging", "intermediate", "marts")
# Folder below models/ → what a model's name looks like there.
NAMES = {
    "staging/raw/base": r"base_raw__[a-z_]+",
    "staging/raw": r"stg_raw__[a-z_]+",
    "staging/rule_book": r"stg_rule_book__[a-z_]+",
    "intermediate": r"int_[a-z_]+",
    "marts": r"(?!int_|stg_|base_|fct_|dim_)[a-z_]+",
}
# An intermediate model that reads a mart, and why.
READS_A_MART = {
    "int_top_reasons": "the reasons are worded from the published contributions, so that both tell the same story",
    "int_products_seen": "a product is seen by the published history",
    "int_threshold_observations": "crossings compare days of the history, which is the published record",
    "int_turn_facts": "causes compare days of the history, which is the published record",
    "int_account_product_interest_history": "an account is in it on the days that the published history has it",
    "int_stage_stays": "the funnel holds the contacts that the published history has seen",
    "int_outcomes": "outcomes judge the scores that the published history has",
    "int_stage_moves": "the funnel holds the contacts that the published history has seen",
}
CLOCK = re.compile(r"\b(current_date|current_timestamp|localtimestamp|getdate|sysdate|now\s*\(|today\s*\()", re.I)
# A test's name states something, so it has a verb.
VERB = re.compile(
    r"_(is|are|has|have|exist|adds?|agree|alternate|belongs?|come|compare|cover|go|leave|match|read|rearm|score)(_|$)"
)
MAX_LINES = 150
MAX_LINE_LENGTH = 150


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """The parsed project; warnings of dbt are errors."""
    return parse_project(tmp_path_factory.mktemp("dbt"))


@pytest.fixture(scope="session")
def models(manifest: Manifest) -> list[Any]:
    return _nodes(manifest, "model")


@pytest.fixture(scope="session")
def data_tests(manifest: Manifest) -> list[Any]:
    return _nodes(manifest, "test")


def _nodes(manifest: Manifest, resource_type: str) -> list[Any]:
    found = [node for node in manifest.nodes.values() if node.resource_type == resource_type]
    assert found, f"the project has no {resource_type}"
    return sorted(found, key=lambda node: node.name)


def _folder(model: Any) -> str:
    return "/".join(model.fqn[1:-1])


def _layer(node: Any) -> str:
    return "rule_book" if node.resource_type == "seed" else node.fqn[1]


def _offenders(nodes: list[Any], offends: Callable[[Any], object]) -> list[str]:
    return [node.name for node in nodes if offends(node)]


def test_models_are_named_by_their_layer(models: list[Any]) -> None:
    def offends(model: Any) -> bool:
        folder = _folder(model)
        pattern = next(pattern for prefix, pattern in NAMES.items() if folder.startswith(prefix))
        return not re.fullmatch(pattern, model.name)

    assert _offenders(models, offends) == []


def test_every_model_is_described_in_its_folders_yaml(models: list[Any]) -> None:
    def offends(model: Any) -> bool:
        *_, folder = _folder(model).split("/")
        expected = "_base_raw__models.yml" if folder == "base" else f"_{folder}__models.yml"
        described_in = (model.patch_path or "").rpartition("/")[2]
        return len(model.description) < 40 or described_in != expected

    assert _offenders(models, offends) == []


def test_every_described_column_has_a_description(models: list[Any]) -> None:
    assert _offenders(models, lambda model: [c for c in model.columns.values() if not c.description.strip()]) == []


def test_every_described_column_is_one_that_the_model_or_its_parents_name(
    manifest: Manifest, models: list[Any]
) -> None:
    """Only contracts check the columns of YAML; a renamed column elsewhere would keep its old description."""

    def offends(model: Any) -> list[str]:
        parents = [manifest.nodes.get(unique_id) for unique_id in model.depends_on.nodes]
        code = " ".join(node.raw_code for node in [model, *parents] if node)
        of_source = {c for source in manifest.sources.values() for c in source.columns}
        added_by_macros = {"row_json"}
        return [c for c in model.columns if not re.search(rf"\b{c}\b", code) and c not in of_source | added_by_macros]

    assert _offenders(models, offends) == []


def test_every_model_says_what_a_row_is(models: list[Any]) -> None:
    def offends(model: Any) -> bool:
        return not re.match(r"(\{#.*?#\}\s*)?-- One row\b", model.raw_code, re.DOTALL)

    assert _offenders(models, offends) == []
    assert _offenders(models, lambda model: not model.description.startswith("One row")) == []


def test_every_mart_has_an_enforced_contract_with_described_types(models: list[Any]) -> None:
    marts = [model for model in models if _layer(model) == "marts"]

    def offends(mart: Any) -> bool:
        columns = mart.columns.values()
        complete = columns and all(column.data_type and column.description for column in columns)
        return not (mart.contract.enforced and complete and mart.access == "public" and mart.group == "marts")

    assert _offenders(marts, offends) == []


def test_incremental_models_keep_their_record_or_recompute_what_changed(models: list[Any]) -> None:
    """The history takes new columns and is never dropped; what is recomputed is rebuilt as soon as its code changes."""
    incremental = [model for model in models if model.config.materialized == "incremental"]
    record = [model for model in incremental if model.config.full_refresh is False]
    recomputed = [model for model in incremental if model.config.full_refresh is None]
    assert record
    assert recomputed
    assert len(record) + len(recomputed) == len(incremental)
    assert {model.config.incremental_strategy for model in record} == {"replace_days", "replace_from_first_day"}
    assert _offenders(record, lambda model: model.config.on_schema_change != "append_new_columns") == []
    assert _offenders(recomputed, lambda model: model.config.on_schema_change != "fail") == []


def test_a_run_completes_after_everything_that_is_recomputed(manifest: Manifest, models: list[Any]) -> None:
    """`int_completed_run` says that nothing is pending: each table that a run may leave half-way stands before it."""
    recomputed = {
        model.unique_id
        for model in models
        if model.config.materialized == "incremental" and model.config.full_refresh is None
    }
    assert recomputed - _ancestors(manifest, "model.lead_scoring.int_completed_run") == set()


def test_days_are_begun_before_the_history_is_written_and_finished_after_it(
    manifest: Manifest, models: list[Any]
) -> None:
    """What stands in `int_begun_days` may be half-written, so nothing of the history is written at other times."""
    record = {model.unique_id for model in models if model.config.full_refresh is False}
    begun, finished = "model.lead_scoring.int_begun_days", "model.lead_scoring.scoring_days"
    assert {model for model in record if begun not in _ancestors(manifest, model)} == set()
    assert record - _ancestors(manifest, finished) == {finished}


def _ancestors(manifest: Manifest, unique_id: str) -> set[str]:
    found: set[str] = set()
    waiting = [unique_id]
    while waiting:
        for parent in getattr(manifest.nodes[waiting.pop()].depends_on, "nodes", []):  # a seed depends on none
            if parent in manifest.nodes and parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def test_every_seed_column_is_typed_and_described(manifest: Manifest) -> None:
    def offends(seed: Any) -> bool:
        return set(seed.columns) != set(seed.config.column_types) or not all(
            c.description for c in seed.columns.values()
        )

    assert _offenders(_nodes(manifest, "seed"), offends) == []


def test_every_group_has_an_owner_and_a_member(manifest: Manifest) -> None:
    members = {node.group for node in manifest.nodes.values() if node.resource_type in ("model", "seed")}
    assert members == {group.name for group in manifest.groups.values()}
    assert all(group.owner.email for group in manifest.groups.values())


def test_marts_are_published_by_months_of_a_date_that_they_have(models: list[Any]) -> None:
    divided = {model.name: model.config.meta[MONTH_OF] for model in models if MONTH_OF in model.config.meta}
    types = {model.name: {name: column.data_type for name, column in model.columns.items()} for model in models}
    assert {name for name in types if name.endswith("_history") and name[:4] != "int_"} | {"event_log"} <= set(divided)
    assert {types[name].get(column) for name, column in divided.items()} == {"date"}


def test_every_mart_has_a_reader(manifest: Manifest, models: list[Any]) -> None:
    read = {parent for exposure in manifest.exposures.values() for parent in exposure.depends_on.nodes}
    marts = [model for model in models if _layer(model) == "marts"]
    assert _offenders(marts, lambda mart: mart.unique_id not in read) == []


def test_every_data_test_reads_as_a_sentence_and_is_described(data_tests: list[Any]) -> None:
    def offends(test: Any) -> bool:
        return test.name.count("_") < 2 or not VERB.search(test.name) or len(test.description) < 20

    assert _offenders(data_tests, offends) == []
    names = [test.name for test in data_tests]
    assert len(names) == len(set(names)), "asset checks are told apart by their names"


def test_data_tests_stay_few(data_tests: list[Any]) -> None:
    """Each costs every build 30 to 50 ms."""
    assert len(data_tests) <= 130


def test_singular_tests_with_several_parents_name_the_asset_they_guard(
    manifest: Manifest, data_tests: list[Any]
) -> None:
    def offends(test: Any) -> bool:
        guarded = test.config.meta.get("dagster", {}).get("ref", {}).get("name")
        parents = {manifest.nodes[parent].name for parent in test.depends_on.nodes if parent in manifest.nodes}
        singular = not hasattr(test, "test_metadata")
        return singular and len(parents) > 1 and guarded not in parents

    assert _offenders(data_tests, offends) == []


def test_layers_read_downwards_only(manifest: Manifest, models: list[Any]) -> None:
    upwards = {
        model.name: parent.name
        for model in models
        for parent in (manifest.nodes.get(unique_id) for unique_id in model.depends_on.nodes)
        if parent and LAYERS.index(_layer(parent)) > LAYERS.index(_layer(model))
    }
    assert set(upwards) == set(READS_A_MART), "an exception is written down with its reason, and only while it is one"
    assert {manifest.nodes[f"model.lead_scoring.{name}"].fqn[1] for name in upwards.values()} == {"marts"}


def test_raw_tables_are_read_by_models_that_say_so(models: list[Any]) -> None:
    """base_ models read each raw row in full; int_raw_ models only hashes and distinct values, at a fraction of it."""

    def offends(model: Any) -> bool:
        return bool(model.sources) != model.name.startswith(("base_", "int_raw_"))

    assert _offenders(models, offends) == []


def test_no_model_or_macro_reads_the_clock(manifest: Manifest, models: list[Any]) -> None:
    assert _offenders(models, lambda model: CLOCK.search(_without_comments(model.raw_code))) == []
    macros = [macro for macro in manifest.macros.values() if macro.package_name == "lead_scoring"]
    assert _offenders(macros, lambda macro: CLOCK.search(_without_comments(macro.macro_sql))) == []


def test_no_model_names_a_table_itself(models: list[Any]) -> None:
    """Every table is read through ref() or source(), seeds too, so that the graph knows."""

    def offends(model: Any) -> list[str]:
        code = _without_comments(model.raw_code)
        ctes = set(re.findall(r"(\w+)(?:\{\{.*?\}\})? as (?:\{\{ not_materialized\(\) \}\} )?\(", code))
        return [name for name in re.findall(r"(?<!distinct )\b(?:from|join) ([\w.]+)", code) if name not in ctes]

    assert _offenders(models, offends) == []


def _without_comments(code: str) -> str:
    code = re.sub(r"\{#.*?#\}", "", code, flags=re.DOTALL)
    return re.sub(r"--.*", "", code)


def _sql_files() -> Iterator[Path]:
    yield from sorted((DBT_PROJECT_DIR / "models").rglob("*.sql"))
    yield from sorted((DBT_PROJECT_DIR / "tests").rglob("*.sql"))


def test_sql_files_are_read_in_one_go() -> None:
    lines = {path: path.read_text(encoding="utf-8").splitlines() for path in _sql_files()}
    assert [path.name for path, content in lines.items() if len(content) > MAX_LINES] == []
    assert [path.name for path, content in lines.items() if max(map(len, content)) > MAX_LINE_LENGTH] == []


def _property_files() -> list[Path]:
    return [path for folder in ("models", "tests") for path in sorted((DBT_PROJECT_DIR / folder).rglob("*.yml"))]


def _schema(kind: str, name: str) -> Draft7Validator:
    """A JSON schema that dbt ships beside its code. It is private to dbt, so its absence is no failure of ours."""
    try:
        text = (resources.files("dbt.jsonschemas") / kind / name).read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        pytest.skip(f"this dbt ships no {kind}/{name}")
    return Draft7Validator(json.loads(text))


@pytest.mark.parametrize("path", _property_files(), ids=lambda path: path.name)
def test_properties_follow_the_schema_of_dbt(path: Path) -> None:
    """dbt validates YAML against its schema for four other adapters only, and says nothing for DuckDB."""
    errors = _schema("resources", "latest.json").iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_the_project_file_follows_the_schema_of_dbt() -> None:
    project = yaml.safe_load((DBT_PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))
    errors = _schema("project", "0.0.110.json").iter_errors(project)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_the_schema_of_dbt_finds_a_mistake() -> None:
    mistaken = {"version": 2, "models": [{"name": "contact_scores", "config": {"materialised": "table"}, "column": []}]}
    assert list(_schema("resources", "latest.json").iter_errors(mistaken))


def test_scaling_md_lists_every_dispatched_macro() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (DBT_PROJECT_DIR / "macros").rglob("*.sql")]
    dispatched = {name for text in texts for name in re.findall(r"adapter\.dispatch\('(\w+)'\)", text)}
    page = (DBT_PROJECT_DIR.parent / "docs" / "scaling.md").read_text(encoding="utf-8")
    listed = {name for line in page.splitlines() if line.startswith("| `") for name in re.findall(r"`(\w+)`", line)}
    assert len(dispatched) > 10
    assert not dispatched - listed
