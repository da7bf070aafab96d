"""What is said of the published tables: complete in the YAML, the same in docs, example dashboard and exposures.

Belongs here: what can be said without data. The dashboard on a real Superset: integration/test_superset_example.py.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import yaml

from orchestration.dbt_project import DbtProject
from orchestration.describe.__main__ import DASHBOARD, DATASETS, written_files
from orchestration.describe.columns_page import columns_page
from orchestration.describe.superset import UnknownSourceError, described_dataset
from orchestration.describe.tables import Column, Table, described_tables
from orchestration.publish.record import RECORD_TABLES
from orchestration.settings import PROJECT_ROOT
from tests.dbt_in_process import parse_project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NUMERIC = {"bigint", "double"}
UNIT = re.compile(
    r"\b(points|days|hits|events|contacts|members|rows|checks|share|percent|roles|place|quantity|event rows)\b", re.I
)
RANGE = re.compile(
    r"\b(from 0|0 to|from 1|above 0|at least 0|floor to ceiling|in the range of|any (whole )?number)\b", re.I
)
# A table has no constraint on the column, but the rule book no row without a value.
NEVER_NULL = {"threshold_crossings.action"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> DbtProject:
    folder = tmp_path_factory.mktemp("dbt")
    parse_project(folder)
    return DbtProject(json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def tables(project: DbtProject) -> Mapping[str, Table]:
    return described_tables(project)


def columns_of(tables: Mapping[str, Table]) -> Iterator[tuple[str, Column]]:
    for table in tables.values():
        for column in table.columns:
            yield f"{table.name}.{column.name}", column


def test_what_is_written_from_the_yaml_is_up_to_date(project: DbtProject) -> None:
    stale = [
        str(path.relative_to(PROJECT_ROOT))
        for path, text in written_files(project)
        if path.read_text(encoding="utf-8") != text
    ]
    assert stale == [], "run `make docs`"


def test_every_column_has_a_type_and_a_meaning(tables: Mapping[str, Table]) -> None:
    assert [name for name, column in columns_of(tables) if not column.data_type or len(column.meaning) < 10] == []
    assert [table.name for table in tables.values() if not table.description.startswith("One row")] == []


def test_every_number_has_a_unit_and_a_range(tables: Mapping[str, Table]) -> None:
    numbers = {name: column.meaning for name, column in columns_of(tables) if column.data_type in NUMERIC}
    assert len(numbers) > 50
    assert [name for name, meaning in numbers.items() if not UNIT.search(meaning)] == []
    assert [name for name, meaning in numbers.items() if not RANGE.search(meaning)] == []


def test_what_null_means_is_said_where_it_can_occur(project: DbtProject, tables: Mapping[str, Table]) -> None:
    """Views have no constraints, so nothing says there what cannot occur."""
    nodes = {node["alias"]: node for node in project.manifest["nodes"].values() if node["resource_type"] == "model"}
    for table in tables.values():
        if table.name in RECORD_TABLES or nodes[table.name]["config"]["materialized"] == "view":
            continue
        columns = nodes[table.name]["columns"]
        nullable = {
            name
            for name, column in columns.items()
            if "not_null" not in {constraint["type"] for constraint in column["constraints"]}
        }
        exempt = {name for name in nullable if f"{table.name}.{name}" in NEVER_NULL}
        assert {column.name for column in table.columns if column.null_means} == nullable - exempt, table.name


def test_the_page_has_a_row_per_column() -> None:
    columns = (Column("a", "double", "A | b. Null: none is known."), Column("b", "date", "A day."))
    page = columns_page([Table("things", "One row per thing.", columns)])
    assert page.endswith(
        "## things\n\nOne row per thing.\n\n"
        "| column | type | meaning, unit and range | null means |\n|---|---|---|---|\n"
        "| a | double | A \\| b. | none is known |\n| b | date | A day. | |\n"
    )


def test_a_dataset_takes_its_columns_descriptions_and_keeps_its_own() -> None:
    tables = {"things": Table("things", "One row per thing.", (Column("at", "timestamp", "When.\nUTC."),))}
    text = "table_name: x\nsql: |-\n  select 1\n  from x\ncolumns:\n  - column_name: moment\n"
    described = yaml.safe_load(described_dataset(text + "    extra: {source: things.at}\n", tables))
    assert described["columns"] == [
        {
            "column_name": "moment",
            "extra": {"source": "things.at"},
            "type": "TIMESTAMP",
            "is_dttm": True,
            "description": "When.\nUTC.",
        }
    ]
    assert described["sql"] == "select 1\nfrom x"
    assert yaml.safe_load(described_dataset(text, tables)) == yaml.safe_load(text)
    for unknown in ("things.is", "others.at"):
        with pytest.raises(UnknownSourceError, match=unknown):
            described_dataset(f"{text}    extra: {{source: {unknown}}}\n", tables)


def exported(folder: str) -> dict[str, dict[str, Any]]:
    """uuid → what a file of the dashboard's export says, of all files of a folder."""
    read = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((DASHBOARD / folder).rglob("*.yaml"))]
    assert read
    by_uuid = {content["uuid"]: content for content in read}
    assert len(by_uuid) == len(read)
    return by_uuid


def test_datasets_give_the_columns_that_they_list(tables: Mapping[str, Table]) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        for table in tables.values():
            columns = ", ".join(f"{column.name} {column.data_type}" for column in table.columns)
            connection.execute(f"create table marts.{table.name} ({columns})")
        for dataset in exported("datasets").values():
            sql = dataset.get("sql") or f"from marts.{dataset['table_name']}"
            found = {name: data_type for name, data_type, *_ in connection.execute(f"describe {sql}").fetchall()}
            listed = {column["column_name"]: column["type"].removesuffix(" PRECISION") for column in dataset["columns"]}
            assert found == listed, dataset["table_name"]
            assert all(column["description"] for column in dataset["columns"])
            for metric in dataset["metrics"]:
                # Whether it can be computed; of no rows.
                connection.execute(f"select {metric['expression']} from ({sql})")
                assert metric["description"]


def test_charts_show_columns_and_metrics_of_their_dataset() -> None:
    datasets = exported("datasets")
    for chart in exported("charts").values():
        dataset, params = datasets[chart["dataset_uuid"]], chart["params"]
        columns = {column["column_name"] for column in dataset["columns"]}
        metrics = {metric["metric_name"] for metric in dataset["metrics"]}
        wanted = {*params.get("all_columns", ()), *params.get("column_config", ()), params.get("x_axis")} - {None}
        wanted |= {json.loads(order)[0] for order in params.get("order_by_cols", ())}
        wanted |= set(group if isinstance(group := params.get("groupby", []), list) else [group])
        assert wanted <= columns, chart["slice_name"]
        used = {*params.get("metrics", ()), params.get("metric")} - {None}
        assert used <= metrics, chart["slice_name"]
        assert wanted | used, chart["slice_name"]
        assert params["viz_type"] == chart["viz_type"]
        if chart["viz_type"] == "table":
            assert params["allow_render_html"] is False, "texts come from raw data"
            assert params["order_by_cols"], chart["slice_name"]


def test_the_dashboard_shows_every_chart_and_its_parts_exist() -> None:
    (dashboard,) = exported("dashboards").values()
    databases, datasets, charts = exported("databases"), exported("datasets"), exported("charts")
    position = {key: part for key, part in dashboard["position"].items() if isinstance(part, dict)}
    shown = {part["meta"]["uuid"]: part["meta"]["sliceName"] for part in position.values() if part["type"] == "CHART"}
    assert shown == {uuid: chart["slice_name"] for uuid, chart in charts.items()}
    for row in (part for part in position.values() if part["type"] == "ROW"):
        assert sum(position[child]["meta"]["width"] for child in row["children"]) == 12, row["id"]
    assert {dataset["database_uuid"] for dataset in datasets.values()} == set(databases)
    assert {chart["dataset_uuid"] for chart in charts.values()} == set(datasets)
    for native_filter in dashboard["metadata"]["native_filter_configuration"]:
        for target in native_filter["targets"]:
            columns = datasets[target["datasetUuid"]]["columns"]
            assert target["column"]["name"] in {column["column_name"] for column in columns}


def read_by(*files: Path) -> set[str]:
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    return set(re.findall(r"\b(?:from|join) marts\.(\w+)", text))


def test_exposures_depend_on_what_their_readers_read(project: DbtProject) -> None:
    readers = {
        "superset_leads_to_call": sorted(DATASETS.rglob("*.yaml")),
        "lead_report": sorted((PROJECT_ROOT / "orchestration" / "report" / "sql").glob("*.sql")),
        "alerts": sorted((PROJECT_ROOT / "orchestration" / "alerts" / "sql").glob("*.sql")),
    }
    exposures = {exposure["name"]: exposure for exposure in project.manifest["exposures"].values()}
    for name, files in readers.items():
        depends_on = {unique_id.rpartition(".")[2] for unique_id in exposures[name]["depends_on"]["nodes"]}
        assert depends_on == read_by(*files) - set(RECORD_TABLES), name
        assert exposures[name]["owner"]["email"]
