"""Models keep to the SQL that DuckDB, Spark and PostgreSQL share, apart from what a dispatched macro writes.

Belongs here: syntax and functions, by sqlglot. Does not: whether other engines give the same numbers, since none runs
here; the variants that macros have for them stand in macros/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from tests.dbt_in_process import compiled_sql, parse_project, run_dbt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dbt.contracts.graph.manifest import Manifest

OTHER_DIALECTS = ("spark", "postgres")
# Functions that all three engines have, with the same meaning, by sqlglot's names; another one is added on purpose.
# fmt: off
SHARED_FUNCTIONS = {
    "Abs", "And", "Avg", "Case", "Cast", "Ceil", "Coalesce", "Count", "Exists", "Greatest", "If", "Lag", "Lead",
    "Least", "Left", "Length", "LogicalOr", "Lower", "MD5", "Max", "Min", "Nullif", "Or", "PercentileCont", "Pow",
    "Replace", "Right", "Round", "RowNumber", "SplitPart", "Sqrt", "StrPosition", "Substring", "Sum", "TimestampTrunc",
}
# fmt: on
# What DuckDB's variant of a dispatched macro writes → the macro.
DISPATCHED = {
    "Chr": "may_be_rejected, trim_text",
    "GenerateSeries": "dbt.generate_series",
    "GroupConcat": "joined_text",
    "RegexpLike": "text_to_number",
    "RegexpReplace": "title_words",
    "TimeToStr": "timestamp_text",
    "Trim": "trim_text",
    "TryCast": "typed_timestamp, typed_date, typed_boolean, text_to_number",
    "hash": "row_hash",
    "isfinite": "finite",
    "to_json": "row_json",
}
# Syntax that some engine lacks and that sqlglot translates or passes on without a word.
ENGINE_SYNTAX = (exp.Qualify, exp.Lambda, exp.Lateral, exp.Pivot, exp.TableSample, exp.Struct, exp.Array, exp.Bracket)
RAW_TYPES = {"text": "varchar", "number": "double"}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Name → compiled SQL, of an installation whose raw tables are tables of the warehouse."""
    folder = tmp_path_factory.mktemp("dialects")
    manifest = parse_project(folder)
    _create_raw_tables(manifest, folder / "warehouse.duckdb")
    seeded = run_dbt(folder, "seed", manifest=manifest)  # the hash of the rule book reads the columns of the seeds
    assert seeded.success, seeded.exception
    names = {node.name for node in manifest.nodes.values() if node.resource_type == "model"}
    return {name: sql for name, sql in compiled_sql(folder, manifest, "path:models").items() if name in names}


def _create_raw_tables(manifest: Manifest, warehouse: Path) -> None:
    with duckdb.connect(warehouse) as connection:
        connection.execute("create schema raw")
        for table in manifest.sources.values():
            columns = (f"{c.name} {RAW_TYPES.get(c.data_type, c.data_type)}" for c in table.columns.values())
            connection.execute(f"create table raw.{table.name} ({', '.join(columns)})")


def _functions(tree: exp.Expression) -> set[str]:
    """sqlglot's name of each function; of one that sqlglot does not know the name that is written."""
    return {f.name.lower() if isinstance(f, exp.Anonymous) else type(f).__name__ for f in tree.find_all(exp.Func)}


def _engine_syntax(tree: exp.Expression) -> Iterator[str]:
    yield from (type(node).__name__ for node in tree.find_all(*ENGINE_SYNTAX))
    yield from ("recursive CTE" for clause in tree.find_all(exp.With) if clause.args.get("recursive"))
    yield from (f"{join.method} join" for join in tree.find_all(exp.Join) if join.method)
    yield from ("changed star" for star in tree.find_all(exp.Star) if any(star.args.values()))
    yield from ("group by all" for group in tree.find_all(exp.Group) if group.args.get("all"))


def _translation_errors(tree: exp.Expression) -> Iterator[str]:
    for dialect in OTHER_DIALECTS:
        try:
            sqlglot.parse_one(tree.sql(dialect=dialect, unsupported_level=ErrorLevel.RAISE), read=dialect)
        except SqlglotError as error:
            yield f"{dialect}: {error}"


def _problems(sql: str) -> list[str]:
    """What keeps a statement of DuckDB's from being one of the other engines too; empty when nothing does."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    functions = _functions(tree) - SHARED_FUNCTIONS - set(DISPATCHED)
    return [*sorted(functions), *_engine_syntax(tree), *_translation_errors(tree)]


def test_every_model_keeps_to_the_sql_that_the_engines_share(models: dict[str, str]) -> None:
    assert len(models) > 100
    assert {name: problems for name, sql in models.items() if (problems := _problems(sql))} == {}


def test_every_dispatched_function_is_in_use(models: dict[str, str]) -> None:
    used = set().union(*(_functions(sqlglot.parse_one(sql, read="duckdb")) for sql in models.values()))
    assert set(DISPATCHED) <= used


@pytest.mark.parametrize(
    "sql",
    [
        "select arg_max(a, b) from t",
        "select list_cosine_similarity(a, b) from t",
        "select a from t qualify row_number() over (order by a) = 1",
        "with recursive r as (select 1 as n union all select n + 1 from r) select * from r",
        "select * from t asof join u on t.a >= u.a",
        "select * exclude (a) from t",
        "select a from t group by all",
        "pivot t on a using sum(b)",
        "select [x + 1 for x in l] from t",
        "select list_transform(l, x -> x + 1) from t",
    ],
)
def test_a_statement_of_duckdb_alone_is_found(sql: str) -> None:
    assert _problems(sql)
