"""Every constraint of the rule book, broken once, and every way in which a CSV file can be damaged."""

from __future__ import annotations

import csv
import io
import shutil
import time
import types
import typing
from datetime import date

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rule_book_files import RULE_BOOK, to_csv, with_cell, with_row, without_line, write_files

from orchestration.rule_book import RuleBookError, read_rule_book, validate, write_rule_book
from orchestration.rule_book.files import BUILT_IN_SCORES, ROW_TYPES, columns_of
from orchestration.rule_book.patterns import fits
from orchestration.settings import DBT_PROJECT_DIR, DEFAULT_SEEDS_DIR

if typing.TYPE_CHECKING:
    from pathlib import Path

SEEDS_YAML = DBT_PROJECT_DIR / "models" / "staging" / "rule_book" / "_rule_book__seeds.yml"


def errors_of(folder: Path, **changes: str | bytes) -> list[RuleBookError]:
    """The errors of the small valid rule book with some of its files replaced."""
    shutil.rmtree(folder, ignore_errors=True)
    return validate(write_files(folder, {**RULE_BOOK, **changes}))


def places(errors: list[RuleBookError]) -> list[tuple[str, int, str]]:
    return [(error.file.removesuffix(".csv"), error.line, error.column) for error in errors]


def test_the_small_rule_book_is_valid(tmp_path: Path) -> None:
    assert errors_of(tmp_path) == []


def test_the_default_rule_book_is_valid() -> None:
    assert [str(error) for error in validate(DEFAULT_SEEDS_DIR)] == []


# One cell ------------------------------------------------------------------------------------------------------------

NOT_NUMBERS = ("many", "1,000", "1_000", "inf", "nan", "1e3", "1.", "٣", "9" * 500, "0x10", "--1", "1 0")
NOT_INTEGERS = ("1.5", "2.0", "two", "1_0", "9" * 30)
NOT_DATES = ("2024-13-01", "2024-02-30", "01.02.2024", "20240101", "2024-W01-1", "2024-1-1", "0000-01-01")
NOT_PATTERNS = ("a||b", "|a", "a|", "a| |b", "!", "a|!", "a|! ")

ONE_CELL = [
    # file, line, column, the new value: exactly one error in that cell
    *[("point_rules", 2, "points", value) for value in NOT_NUMBERS],
    *[("point_rules", 3, "max_hits", value) for value in (*NOT_INTEGERS, "0", "-1")],
    *[("point_rules", 3, "valid_to", value) for value in NOT_DATES],
    *[("point_rules", 2, "object_pattern", value) for value in NOT_PATTERNS],
    *[("point_rules", 2, "enabled", value) for value in ("yes", "1", "ture")],
    ("scores", 5, "floor", "0.5"),
    ("scores", 5, "ceiling", "-1"),
    ("scores", 4, "lead_weight", "-0.1"),
    ("scores", 5, "score_id", "activity"),
    ("score_groups", 2, "score_id", "activty"),
    ("score_groups", 2, "score_id", "fit"),
    ("score_groups", 2, "score_id", "product_interest"),
    ("score_groups", 2, "score_id", "lead"),
    ("score_groups", 2, "min_points", "1"),
    ("score_groups", 2, "max_points", "-1"),
    ("score_groups", 3, "group_id", "web"),
    ("point_rules", 3, "rule_id", "pricing_view"),
    ("point_rules", 2, "group_id", "wbe"),
    ("point_rules", 4, "campaign_pattern", "spring*||autumn*"),
    ("point_rules", 3, "min_value", "four"),
    ("point_rules", 3, "max_value", "3.9"),
    ("point_rules", 3, "per", "year"),
    ("point_rules", 3, "per", "Day"),
    ("point_rules", 3, "per", ""),
    ("point_rules", 3, "max_hits", ""),
    ("point_rules", 2, "decay", "half-life"),
    ("point_rules", 2, "decay_days", "0"),
    ("point_rules", 2, "decay_days", "-7"),
    ("point_rules", 2, "decay_days", ""),
    ("point_rules", 2, "decay", ""),
    ("point_rules", 2, "decay", "none"),
    ("point_rules", 3, "valid_to", "2023-12-31"),
    ("point_rules", 2, "counts_for_interest", "maybe"),
    ("point_rules", 2, "act_now", "0"),
    ("point_rules", 5, "object_pattern", "qualifeid"),
    ("point_rules", 5, "object_pattern", "qualified|won"),
    ("point_rules", 6, "points", "x"),  # of a disabled rule
    ("inactivity_rules", 2, "group_id", "none"),
    ("inactivity_rules", 2, "after_days", "0"),
    ("inactivity_rules", 2, "after_days", "30.5"),
    ("inactivity_rules", 3, "after_days", "30"),
    ("inactivity_rules", 2, "rule_id", "demo"),
    ("content_map", 2, "object_pattern", "/a||/b"),
    ("content_map", 2, "is_sales_ready", "ready"),
    ("content_map", 2, "product_id", "crn"),
    ("content_map", 2, "priority", "high"),
    ("content_map", 3, "object_pattern", "/PRICING*"),
    ("products", 3, "product_id", "CRM"),
    ("fit_criteria", 2, "entity", "person"),
    ("fit_criteria", 2, "entity", "account"),
    ("fit_rules", 2, "criterion_id", "size"),
    ("fit_rules", 2, "operator", "contains"),
    *[("fit_rules", 2, "operand", v) for v in ("", "..", "50", "50..1", "a..b", "1...5", "1..2..3", "1-50", "1,000..")],
    ("fit_rules", 4, "operand", "big"),
    ("fit_rules", 4, "operand", ""),
    ("fit_rules", 5, "operand", "us||ca"),
    ("fit_rules", 5, "operand", "us|"),
    ("fit_rules", 6, "operand", "|gmbh"),
    ("fit_rules", 7, "operand", ""),
    ("fit_rules", 2, "points", "100.5"),
    ("fit_rules", 9, "points", "10"),
    ("fit_rules", 9, "points", "0"),
    ("fit_rules", 2, "rule_id", "silent_30"),
    ("title_weights", 3, "title_pattern", "CEO | chief-*-officer"),
    ("title_weights", 2, "title_pattern", "ceo|--"),
    ("title_weights", 2, "title_pattern", "ceo||cto"),
    ("title_weights", 2, "buying_role", "decider"),
    ("title_weights", 2, "points", "101"),
    ("title_weights", 2, "points", "-1"),
    ("title_weights", 2, "priority", "1.5"),
    ("exclusions", 2, "match_on", "domain"),
    ("exclusions", 2, "pattern", ""),
    ("exclusions", 2, "pattern", "rival.com|"),
    ("exclusions", 3, "pattern", "phd|&"),
    ("exclusions", 2, "reason", "rival"),
    ("exclusions", 3, "rule_id", "student"),
    ("free_email_domains", 3, "email_domain", "Gmail.com"),
    ("bot_user_agents", 2, "pattern", ""),
    ("bot_user_agents", 2, "pattern", "*bot*|"),
    ("bot_user_agents", 3, "pattern", "*Bot*"),
    ("score_bands", 10, "score_id", "loyality"),
    ("score_bands", 11, "label", "fan"),
    ("score_bands", 4, "min_score", "50"),
    ("score_bands", 11, "min_score", "-49"),
    ("score_bands", 5, "min_score", "1"),
    ("score_bands", 9, "min_score", "-1"),
    ("score_bands", 2, "min_score", "40"),
    ("score_bands", 2, "min_score", "high"),
    ("lead_grades", 2, "is_qualified", "no"),
    ("thresholds", 3, "threshold_id", "high_interest"),
    ("thresholds", 2, "entity", "lead"),
    ("thresholds", 2, "score_id", "activty"),
    ("thresholds", 6, "score_id", "lead"),
    ("thresholds", 6, "score_id", "activty"),
    ("thresholds", 6, "score_id", "loyalty"),
    ("thresholds", 3, "product_id", "crn"),
    ("thresholds", 2, "product_id", "crm"),
    ("thresholds", 2, "comparison", "=>"),
    ("thresholds", 2, "value", "eighty"),
    ("thresholds", 2, "rearm_below", "80.5"),
    ("buying_roles", 3, "buying_role", "decision_maker"),
    ("account_rank_weights", 2, "contact_rank", "0"),
    ("account_rank_weights", 3, "contact_rank", "1"),
    ("account_rank_weights", 4, "contact_rank", "5"),
    ("account_rank_weights", 4, "weight", "0.3"),
    ("account_rank_weights", 4, "weight", "-0.1"),
    ("stages", 3, "stage_id", "Lead"),
    ("stages", 2, "position", "first"),
    ("stages", 2, "resets_score", "never"),
    ("stages", 2, "is_disqualified", "never"),
    ("stages", 2, "is_customer", "never"),
    ("buying_roles", 2, "is_required", "never"),
]

# A change that breaks other constraints too, rightly: the error looked for is among several.
ALSO_ELSEWHERE = {
    ("score_groups", 3, "group_id"),
    ("products", 3, "product_id"),
    ("scores", 5, "score_id"),
    ("account_rank_weights", 3, "contact_rank"),
    ("stages", 3, "stage_id"),
    ("buying_roles", 3, "buying_role"),
}


@pytest.mark.parametrize(("file", "line", "column", "value"), ONE_CELL)
def test_a_wrong_cell_is_reported_where_it_stands(
    tmp_path: Path, file: str, line: int, column: str, value: str
) -> None:
    errors = errors_of(tmp_path, **{file: with_cell(RULE_BOOK[file], line, column, value)})
    if (file, line, column) not in ALSO_ELSEWHERE:
        assert places(errors) == [(file, line, column)], [str(error) for error in errors]
    error = next(error for error in errors if (error.file, error.line, error.column) == (f"{file}.csv", line, column))
    assert error.value == value.strip()
    assert (value.strip()[:80] or "empty") in str(error)
    assert str(error).startswith(f"{file}.csv:{line}: {column}: ")
    says_what_is_valid = ("valid", "required", "unique", "fill both", "needs", "must", "choose")
    assert any(words in error.message for words in says_what_is_valid), error.message


REQUIRED = [(t.FILE, name) for t in ROW_TYPES for name, column in columns_of(t).items() if column.empty is None]
OPTIONAL = [(t.FILE, name) for t in ROW_TYPES for name, column in columns_of(t).items() if column.empty is not None]


@pytest.mark.parametrize(("file", "column"), REQUIRED)
def test_a_required_cell_is_not_empty(tmp_path: Path, file: str, column: str) -> None:
    errors = errors_of(tmp_path, **{file: with_cell(RULE_BOOK[file], 2, column, " \u3000\t")})
    [error] = [error for error in errors if places([error]) == [(file, 2, column)]]
    assert error.value == ""
    assert "is empty" in error.message


@pytest.mark.parametrize(("file", "column"), OPTIONAL)
def test_an_optional_cell_is_empty_somewhere_in_the_small_rule_book(file: str, column: str) -> None:
    rows = list(csv.DictReader(io.StringIO(RULE_BOOK[file])))
    if (file, column) not in {
        ("title_weights", "title_pattern"),
        ("content_map", "object_pattern"),
        ("lead_grades", "is_qualified"),
    }:
        assert any(row[column] == "" for row in rows)


def test_an_empty_title_pattern_fits_every_title(tmp_path: Path) -> None:
    title_weights = with_row(RULE_BOOK["title_weights"], points="5", description="Anybody")
    assert errors_of(tmp_path, title_weights=title_weights) == []
    title_weights = with_row(title_weights, points="6", description="Anybody, again")
    assert places(errors_of(tmp_path, title_weights=title_weights)) == [("title_weights", 7, "title_pattern")]


@pytest.mark.parametrize(
    ("file", "line", "column", "value"),
    [
        ("point_rules", 2, "points", "-.5"),
        ("point_rules", 2, "points", " 010.50 "),
        ("point_rules", 2, "enabled", "\u00a0FALSE "),
        ("point_rules", 2, "event_type", "a_type_of_their_own"),
        ("point_rules", 2, "object_pattern", "!/jobs* | ! /about"),
        ("point_rules", 3, "max_value", "4"),
        ("point_rules", 3, "valid_to", "2024-01-01"),
        ("point_rules", 5, "object_pattern", "qual*|!LOST"),
        ("content_map", 2, "product_id", "ERP"),
        ("content_map", 2, "event_type", ""),
        ("fit_rules", 2, "operand", " -1.5 .. 50 "),
        ("fit_rules", 2, "operand", "..50"),
        ("fit_rules", 8, "operand", "anything"),
        ("fit_rules", 2, "points", "-500"),
        ("title_weights", 2, "title_pattern", "*"),
        ("thresholds", 2, "rearm_below", "80"),
        ("account_rank_weights", 4, "weight", "0"),
        ("stages", 3, "position", "-1"),
        ("products", 2, "description", 'Prices, "quotes" and\nlines'),
    ],
)
def test_the_edges_of_what_is_valid(tmp_path: Path, file: str, line: int, column: str, value: str) -> None:
    assert errors_of(tmp_path, **{file: with_cell(RULE_BOOK[file], line, column, value)}) == []


# Whole files ---------------------------------------------------------------------------------------------------------


def test_weights_add_up(tmp_path: Path) -> None:
    errors = errors_of(
        tmp_path,
        scores=with_cell(RULE_BOOK["scores"], 2, "lead_weight", "0.7"),
        fit_criteria=with_cell(RULE_BOOK["fit_criteria"], 2, "weight", "59.5"),
    )
    assert [str(error) for error in errors] == [
        "fit_criteria.csv:1: weight: the column sums to 99.5; it must sum to 100",
        "scores.csv:1: lead_weight: the column sums to 1.1; it must sum to 1",
    ]
    tenths = (
        RULE_BOOK["scores"]
        .replace("0.6", "0.7")
        .replace("0.4", "0.2")
        .replace("product_interest,0,100,0,", "product_interest,0,100,0.1,")
    )
    assert errors_of(tmp_path, scores=tenths) == [], "0.7 + 0.2 + 0.1 is 1, whatever doubles make of it"


@pytest.mark.parametrize(
    ("file", "line", "column", "missing"),
    [
        *[("scores", line, "score_id", score_id) for line, score_id in enumerate(BUILT_IN_SCORES, 2)],
        ("score_bands", 3, "label", "B"),
        ("score_bands", 8, "label", "2"),
        *[("lead_grades", line, "lead_grade", grade) for line, grade in ((2, "A4"), (9, "B1"), (17, "D1"))],
    ],
)
def test_what_a_whole_file_lacks_stands_on_line_1(
    tmp_path: Path, file: str, line: int, column: str, missing: str
) -> None:
    errors = errors_of(tmp_path, **{file: without_line(RULE_BOOK[file], line)})
    [error] = [error for error in errors if places([error]) == [(file, 1, column)]]
    assert error.value == missing
    assert f"'{missing}'" in error.message


@pytest.mark.parametrize(
    ("file", "line", "column", "value", "missing"),
    [
        ("lead_grades", 2, "lead_grade", "A5", "A4"),
        ("lead_grades", 3, "lead_grade", "A4", "A3"),
        ("score_bands", 2, "label", "E", "A"),
        ("score_bands", 6, "label", "5", "4"),
    ],
)
def test_a_wrong_key_of_a_complete_list_is_wrong_and_missing(
    tmp_path: Path, file: str, line: int, column: str, value: str, missing: str
) -> None:
    errors = errors_of(tmp_path, **{file: with_cell(RULE_BOOK[file], line, column, value)})
    assert [(error.line, error.column, error.value) for error in errors] == [
        (1, column, missing),
        (line, column, value),
    ]


def test_lead_is_no_score_of_its_own(tmp_path: Path) -> None:
    scores = with_row(RULE_BOOK["scores"], score_id="lead", floor="0", ceiling="9", lead_weight="0", description="Lead")
    assert places(errors_of(tmp_path, scores=scores)) == [("scores", 6, "score_id")]


@pytest.mark.parametrize("row_type", ROW_TYPES)
def test_a_file_is_required_and_may_not_be_empty(tmp_path: Path, row_type: type) -> None:
    write_files(tmp_path)
    path = tmp_path / f"{row_type.FILE}.csv"
    for content in (b"", b"\xef\xbb\xbf", b"\r\n \r\n"):
        path.write_bytes(content)
        assert places(validate(tmp_path)) == [(row_type.FILE, 1, "file")]
    path.rename(path.with_name(path.name.replace(".csv", "_.csv")))
    [error] = validate(tmp_path)
    assert places([error]) == [(row_type.FILE, 1, "file")]
    assert f"'{path.name}' is missing" in error.message
    assert f"did you mean '{row_type.FILE}_.csv'" in error.message


def test_a_missing_folder_and_a_folder_as_a_file(tmp_path: Path) -> None:
    assert len(validate(tmp_path / "nowhere")) == len(ROW_TYPES)
    write_files(tmp_path)
    (tmp_path / "stages.csv").unlink()
    (tmp_path / "stages.csv").mkdir()
    assert places(validate(tmp_path)) == [("stages", 1, "file")]


@pytest.mark.parametrize(("file", "column"), [(t.FILE, name) for t in ROW_TYPES for name in columns_of(t)])
def test_columns_are_those_of_the_spec(tmp_path: Path, file: str, column: str) -> None:
    header, _, rest = RULE_BOOK[file].partition("\n")
    renamed = ",".join(f"{name}_" if name == column else name for name in header.split(","))
    errors = errors_of(tmp_path, **{file: f"{renamed}\n{rest}"})
    assert places(errors) == [(file, 1, column), (file, 1, f"{column}_")]
    assert "is missing from the header" in errors[0].message
    assert f"'{column}_' is not a column" in errors[1].message
    assert f"did you mean '{column}'" in errors[1].message


@pytest.mark.parametrize(
    ("header", "column", "value"),
    [
        ("product_id,product_name,description,owner", "owner", "owner"),
        ("product_id,product_name,description,", "column 4", ""),
        ("product_id,product_name,description,product_name", "product_name", "product_name"),
        ('product_id,product_name,description,"two\nlines"', "two\nlines", "two\nlines"),
        ("product_id,product_name,description,Description", "Description", "Description"),
    ],
)
def test_an_unknown_or_repeated_column(tmp_path: Path, header: str, column: str, value: str) -> None:
    rows = "crm,CRM,Customer management,CRM\n"
    [error] = errors_of(tmp_path, products=f"{header}\n{rows}")
    assert (error.line, error.column, error.value) == (1, column, value)
    assert len(str(error).splitlines()) == 1


# The text of a file --------------------------------------------------------------------------------------------------

PRODUCTS = RULE_BOOK["products"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("last", ["", "\n", "\n\n  \n"])
def test_bom_line_ends_and_blank_lines_do_not_move_a_row(tmp_path: Path, newline: str, bom: str, last: str) -> None:
    text = PRODUCTS.strip() + "\n\nERP,Again,Repeated" + last
    [error] = errors_of(tmp_path, products=(bom + text.replace("\n", newline)).encode())
    assert (error.line, error.column, error.value) == (5, "product_id", "ERP")


def test_mixed_line_ends(tmp_path: Path) -> None:
    text = 'product_id,product_name,description\r\ncrm,CRM,"a\r\nb\nc"\nerp,ERP,d\r\nerp,ERP,e'
    assert places(errors_of(tmp_path, products=text)) == [("products", 6, "product_id")]


def test_a_quoted_cell_holds_commas_quotes_and_lines(tmp_path: Path) -> None:
    text = (
        "product_id,description,product_name\n"
        '"crm","Prices, ""offers""\n\nand, more\n",CRM\n'  # lines 2 to 5
        '"",x,"Y\n"\n'  # lines 6 and 7
        "erp,,ERP\n"
    )
    folder = tmp_path / "book"
    assert [(e.line, e.column) for e in errors_of(folder, products=text)] == [(6, "product_id"), (8, "description")]
    crm = read_rule_book(folder)[0].products[0]
    assert (crm.line, crm.description, crm.product_name) == (2, 'Prices, "offers"\n\nand, more', "CRM")


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ("hr,HR", "description", ""),
        ("hr", "product_name", ""),
        ("hr;HR;People", "product_name", ""),
        ("hr,HR,People,pay", "description", "pay"),
        ('"hr,HR,People', "product_id", '"hr,HR,People'),
        ('hr,"HR,People', "product_name", '"HR,People'),
        ('hr,"HR"2,People', "product_name", '"HR"2,People'),
        ('hr,12" screen,People', "product_name", '12" screen'),
        ('hr, "HR",People', "product_name", '"HR"'),
        ("hr,H\x00R,People", "product_name", "H\x00R"),
        ("hr,HR,Peo\rple", "description", "Peo\rple"),
    ],
)
def test_a_broken_row_is_one_error_and_hides_no_other(tmp_path: Path, row: str, column: str, value: str) -> None:
    content_map = with_cell(RULE_BOOK["content_map"], 2, "product_id", "erp")
    errors = errors_of(tmp_path, products=f'{PRODUCTS}{row}\nx,"Y ""Z""",\n', content_map=content_map)
    assert [(error.line, error.column, error.value) for error in errors] == [(4, column, value), (5, "description", "")]
    assert all(len(str(error).splitlines()) == 1 for error in errors)


def test_a_broken_row_keeps_its_key_known(tmp_path: Path) -> None:
    errors = errors_of(tmp_path, products=PRODUCTS.replace("CRM,Customer management", 'CRM,Customer "management"'))
    assert places(errors) == [("products", 2, "description")]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_is_explained_once(tmp_path: Path, delimiter: str) -> None:
    [error] = errors_of(tmp_path, products=PRODUCTS.replace(",", delimiter))
    assert (error.line, error.column) == (1, "file")
    assert "commas" in error.message


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_what_is_not_utf_8_is_reported_by_cell(tmp_path: Path, encoding: str) -> None:
    text = f"{PRODUCTS}hr,Bücher,für dich\nx,,Größe\n"
    errors = errors_of(tmp_path, products=text.encode(encoding))
    assert [(error.line, error.column) for error in errors] == [
        (4, "description"),
        (4, "product_name"),
        (5, "description"),
        (5, "product_name"),
    ]
    assert "0xFC" in errors[1].message
    assert "UTF-8" in errors[1].message
    assert "\\udcfc" in str(errors[1])


def test_utf_16_and_lone_carriage_returns_are_explained_once(tmp_path: Path) -> None:
    for products in (PRODUCTS.encode("utf-16"), PRODUCTS.replace("\n", "\r").encode()):
        assert places(errors_of(tmp_path, products=products)) == [("products", 1, "file")]


def test_a_header_that_is_not_utf_8_or_has_a_stray_quote(tmp_path: Path) -> None:
    assert (1, "product_id") in [e[1:] for e in places(errors_of(tmp_path, products=b"\xfc" + PRODUCTS.encode()))]
    assert places(errors_of(tmp_path, products=f'"{PRODUCTS}')) == [("products", 1, "file")]


# All at once ---------------------------------------------------------------------------------------------------------


def test_every_error_is_reported_at_once_and_in_order(tmp_path: Path) -> None:
    changes: dict[str, str] = {}
    for file, line, column, value in [
        ("point_rules", 2, "group_id", "wbe"),
        ("point_rules", 2, "decay_days", "0"),
        ("point_rules", 7, "points", "one"),
        ("inactivity_rules", 2, "rule_id", "demo"),
        ("fit_rules", 3, "operator", "betwen"),
        ("scores", 2, "lead_weight", "0.5"),
        ("stages", 2, "is_customer", "perhaps"),
    ]:
        changes[file] = with_cell(changes.get(file, RULE_BOOK[file]), line, column, value)
    changes["lead_grades"] = without_line(RULE_BOOK["lead_grades"], 2)
    changes["products"] = PRODUCTS.replace("product_name", "produkt_name")
    changes["bot_user_agents"] = RULE_BOOK["bot_user_agents"].replace(",", ";")
    write_files(tmp_path, {**RULE_BOOK, **changes})
    (tmp_path / "free_email_domains.csv").unlink()
    errors = validate(tmp_path)
    assert places(errors) == [
        ("bot_user_agents", 1, "file"),
        ("fit_rules", 3, "operator"),
        ("free_email_domains", 1, "file"),
        ("inactivity_rules", 2, "rule_id"),
        ("lead_grades", 1, "lead_grade"),
        ("point_rules", 2, "decay_days"),
        ("point_rules", 2, "group_id"),
        ("point_rules", 7, "points"),
        ("products", 1, "product_name"),
        ("products", 1, "produkt_name"),
        ("scores", 1, "lead_weight"),
        ("stages", 2, "is_customer"),
    ]
    assert errors == sorted(errors)


def test_messages_say_what_would_be_valid(tmp_path: Path) -> None:
    point_rules = with_cell(RULE_BOOK["point_rules"], 2, "group_id", "wbe")
    [error] = errors_of(tmp_path, point_rules=with_cell(point_rules, 2, "per", "dya"))[1:]
    assert str(error) == (
        "point_rules.csv:2: per: 'dya' is not valid here; valid: day, week, month, object, object_day, lifetime; "
        "did you mean 'day'?"
    )
    [error] = errors_of(tmp_path, point_rules=point_rules)
    assert str(error) == (
        "point_rules.csv:2: group_id: 'wbe' is unknown to score_groups.csv; valid: web, email, usage; "
        "did you mean 'web'?"
    )


# Size and noise ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    "cell", ["x" * 10_000_000, '"' * 10_000_000, "*a" * 5_000_000, "|" * 10_000_000, "9" * 10_000_000]
)
@pytest.mark.parametrize("column", ["rule_id", "object_pattern", "points"])
def test_a_cell_of_ten_megabytes_is_answered_in_seconds(tmp_path: Path, cell: str, column: str) -> None:
    write_files(tmp_path, {**RULE_BOOK, "point_rules": with_cell(RULE_BOOK["point_rules"], 5, column, cell)})
    started = time.monotonic()
    errors = validate(tmp_path)
    assert time.monotonic() - started < 20
    assert all(len(str(error)) < 1000 for error in errors)


def test_a_hundred_thousand_wrong_rows_are_answered_in_seconds(tmp_path: Path) -> None:
    header, row, *_ = csv.reader(io.StringIO(RULE_BOOK["point_rules"]))
    rows = []
    for number in range(100_000):
        cells = dict(zip(header, row, strict=True)) | {
            "rule_id": "same",
            "group_id": f"g{number}",
            "per": f"da{number}",
        }
        rows.append(list(cells.values()))
    write_files(tmp_path, {**RULE_BOOK, "point_rules": to_csv([header, *rows])})
    started = time.monotonic()
    errors = validate(tmp_path)
    assert time.monotonic() - started < 60
    assert len(errors) == 299_999


@pytest.mark.slow
@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    "line", ['a,"b', '"', '"""', '",a,"', 'a,"b""', '"a","', '""', "a\rb", "\x00,\x00,\x00", ",,,,"]
)
def test_a_hundred_thousand_damaged_lines_are_answered_in_seconds(tmp_path: Path, line: str) -> None:
    write_files(tmp_path, {**RULE_BOOK, "products": PRODUCTS + f"{line}\n" * 100_000})
    started = time.monotonic()
    assert validate(tmp_path)
    assert time.monotonic() - started < 30


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the examples of one property share, because making folders is slower than validating them."""
    return write_files(tmp_path_factory.mktemp("rule_book"))


CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "0", "-1", "1.5", "true", "none", "*", "|", "!", "..", "1..", '"', "activity", "job_title"]
    ),
    st.text(max_size=20),
)
EDITS = st.lists(
    st.sampled_from(ROW_TYPES).flatmap(
        lambda row_type: st.tuples(
            st.just(row_type.FILE),
            st.integers(2, RULE_BOOK[row_type.FILE].count("\n")),
            st.sampled_from(sorted(columns_of(row_type))),
            CELLS,
        )
    ),
    min_size=1,
    max_size=8,
)
shared_folder = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])


@shared_folder
@given(edits=EDITS)
def test_random_cells_never_raise(scratch: Path, edits: list[tuple[str, int, str, str]]) -> None:
    files = dict(RULE_BOOK)
    for file, line, column, value in edits:
        rows = list(csv.reader(io.StringIO(files[file], newline="")))
        # A line break in an earlier cell may have broken the row.
        if line <= len(rows) and rows[0].index(column) < len(rows[line - 1]):
            rows[line - 1][rows[0].index(column)] = value
        files[file] = to_csv(rows)
    write_files(scratch, {name: text.encode("utf-8", "surrogatepass") for name, text in files.items()})
    check_shape(validate(scratch))


@shared_folder
@given(
    file=st.sampled_from(ROW_TYPES),
    noise=st.one_of(st.binary(max_size=200), st.text('",\r\n;a|!*\x00\ufeff', max_size=60).map(str.encode)),
    keeps=st.integers(0, 400),
)
def test_random_bytes_never_raise(scratch: Path, file: type, noise: bytes, keeps: int) -> None:
    valid = RULE_BOOK[file.FILE].encode()
    write_files(scratch, {**RULE_BOOK, file.FILE: valid[:keeps] + noise + valid[keeps:]})
    check_shape(validate(scratch))


def check_shape(errors: list[RuleBookError]) -> None:
    assert errors == sorted(errors)
    for error in errors:
        assert error.line >= 1
        assert len(str(error).splitlines()) == 1
        str(error).encode()


# What readers get ----------------------------------------------------------------------------------------------------


def test_rows_are_typed(tmp_path: Path) -> None:
    book, errors = read_rule_book(write_files(tmp_path))
    assert errors == []
    rule = book.point_rules[1]
    assert (rule.line, rule.rule_id, rule.enabled, rule.act_now) == (3, "deep_visit", True, False)
    assert (rule.min_value, rule.max_hits, rule.per, rule.decay, rule.decay_days) == (
        4.0,
        3,
        "object_day",
        "linear",
        7.5,
    )
    assert (rule.valid_from, rule.object_pattern) == (date(2024, 1, 1), None)
    assert book.point_rules[2].decay == "none"
    assert not book.point_rules[4].enabled


def test_annotations_agree_with_what_empty_cells_mean() -> None:
    for row_type in ROW_TYPES:
        hints = typing.get_type_hints(row_type, localns={"Mapping": dict, "date": date})
        for name, column in columns_of(row_type).items():
            hint = hints[name]
            alternatives = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
            may_be_none = column.empty is not None and column.default is None
            assert (type(None) in alternatives) == may_be_none, f"{row_type.FILE}.{name}"


def test_a_written_rule_book_reads_back_the_same(tmp_path: Path) -> None:
    products = '\ufeffdescription , product_id,product_name\r\n "" ,x,y\r\n'.replace(' "" ', '"a,\nb"')
    point_rules = with_cell(RULE_BOOK["point_rules"], 2, "act_now", " TRUE ")
    book, errors = read_rule_book(
        write_files(
            tmp_path / "in",
            {
                **RULE_BOOK,
                "products": products + 'crm,CRM,"z"\n'.replace("crm,CRM", "c,crm"),
                "point_rules": point_rules.replace("\n", "\r\n", 3),
            },
        )
    )
    assert errors == []
    write_rule_book(book, tmp_path / "out")
    again, errors = read_rule_book(tmp_path / "out")
    assert errors == []
    for row_type in ROW_TYPES:
        for before, after in zip(book.rows(row_type.FILE), again.rows(row_type.FILE), strict=True):
            assert all(getattr(before, name) == getattr(after, name) for name in columns_of(row_type))
    written = (tmp_path / "out" / "point_rules.csv").read_bytes()
    assert b"\r" not in written
    assert b"TRUE" not in written


@pytest.mark.parametrize(
    ("alternative", "value", "expected"),
    [
        ("lead", "Lead", True),
        ("lead", "leads", False),
        ("lead*", "lead", True),
        ("*", "", True),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("ab*ba", "aba", False),
        ("*won", "customer won", True),
    ],
)
def test_fits(alternative: str, value: str, expected: bool) -> None:
    assert fits(alternative, value) is expected


# The dbt side --------------------------------------------------------------------------------------------------------


def test_the_seed_properties_agree_with_the_spec() -> None:
    seeds = {seed["name"]: seed for seed in yaml.safe_load(SEEDS_YAML.read_text(encoding="utf-8"))["seeds"]}
    assert sorted(seeds) == sorted(row_type.FILE for row_type in ROW_TYPES)
    for row_type in ROW_TYPES:
        seed = seeds[row_type.FILE]
        expected = {name: column.sql_type for name, column in columns_of(row_type).items()}
        assert seed["config"]["column_types"] == expected
        assert [column["name"] for column in seed["columns"]] == list(expected)
        assert seed["description"]
        for column in seed["columns"]:
            assert column["description"], f"{row_type.FILE}.{column['name']}"
            states_emptiness = "empty" in column["description"].lower()
            assert states_emptiness == (columns_of(row_type)[column["name"]].empty is not None), column
