"""One form per file: what a spreadsheet does to it is undone, nothing is lost, and the meaning stays."""

from __future__ import annotations

import csv
import io
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rule_book_files import RULE_BOOK, to_csv, with_cell, with_row, write_files
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.rule_book import RuleBook, read_rule_book, validate
from orchestration.rule_book.canonical import format_file
from orchestration.rule_book.files import ROW_TYPES, Exclusion, PointRule, Product, ScoreBand, TitleWeight, columns_of
from orchestration.settings import DEFAULT_SEEDS_DIR

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PRODUCTS = RULE_BOOK["products"]
CP1252 = f"{PRODUCTS}hr,Bücher,x\n".encode("cp1252")


def formatted(text: str | bytes, row_type: Any = Product) -> str:
    """The text in its one form, which is its own form; it must be readable."""
    found = format_file(row_type, text.encode() if isinstance(text, str) else text)
    assert found.problem is None
    assert format_file(row_type, found.text.encode()).text == found.text
    return found.text


def problem(text: str | bytes, row_type: Any = Product) -> str:
    """Why a file is left alone."""
    found = format_file(row_type, text.encode() if isinstance(text, str) else text)
    assert found.problem is not None
    assert found.text == found.before
    return str(found.problem)


def typed_rows(book: RuleBook) -> dict[str, list[tuple[object, ...]]]:
    """Everything a rule book says, whatever the order of its rows."""
    return {
        row_type.FILE: sorted(
            (tuple(getattr(row, name) for name in columns_of(row_type)) for row in book.rows(row_type.FILE)), key=repr
        )
        for row_type in ROW_TYPES
    }


# The meaning stays ---------------------------------------------------------------------------------------------------


def shuffled(text: str, seed: int) -> str:
    """The same rows and columns in another order."""
    rows = list(csv.reader(io.StringIO(text)))
    columns = list(range(len(rows[0])))
    mixed = random.Random(seed)
    mixed.shuffle(columns)
    rest = rows[1:]
    mixed.shuffle(rest)
    return to_csv([[row[column] for column in columns] for row in (rows[0], *rest)])


def saved(text: str, **dialect: Any) -> str:
    """The same cells, written in another dialect; line breaks inside them stay LF, as spreadsheets write them."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, **{"lineterminator": "\n", **dialect}).writerows(csv.reader(io.StringIO(text, newline="")))
    return buffer.getvalue()


def padded(text: str) -> str:
    """Empty rows and columns, as spreadsheets leave them."""
    rows = list(csv.reader(io.StringIO(text)))
    return to_csv([[*row, "", ""] for row in (*rows, [""] * len(rows[0]), [""] * len(rows[0]))])


def german(text: str, line_end: str = "\n") -> str:
    """Semicolons, decimal commas and the words for true and false of a German spreadsheet."""
    words = {"true": "WAHR", "false": "FALSCH"}
    rows = [
        [words.get(cell.lower(), cell.replace(".", ",") if is_number(cell) else cell) for cell in row]
        for row in csv.reader(io.StringIO(text, newline=""))
    ]
    return saved(to_csv(rows), delimiter=";", lineterminator=line_end)


def is_number(cell: str) -> bool:
    return cell.lstrip("-").replace(".", "", 1).isdigit() and "." in cell


BOM = b"\xef\xbb\xbf"
WAYS: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "with BOM": lambda text: BOM + text.encode(),
    "CRLF": lambda text: saved(text, lineterminator="\r\n").encode(),
    "CR": lambda text: (text.replace("\n", "\r") if '"' not in text else text).encode(),
    "UTF-16 with tabs": lambda text: saved(text, delimiter="\t", lineterminator="\r\n").encode("utf-16"),
    "all in quotes": lambda text: saved(text, quoting=csv.QUOTE_ALL).encode(),
    "empty rows and columns": lambda text: padded(text).encode(),
    "German": lambda text: BOM + german(text, "\r\n").encode(),
    "sep=": lambda text: b"sep=;\r\n" + german(text, "\r\n").encode(),
}
CELLS = {
    ("point_rules", "points"): st.sampled_from(["10", "10.0", "-0.50", ".5", "007", "-3", "2.1255", "0.125"]),
    ("point_rules", "max_hits"): st.sampled_from(["1", "007", "30"]),
    ("point_rules", "decay_days"): st.sampled_from(["14", "14.0", "7.50"]),
    ("point_rules", "act_now"): st.sampled_from(["", "TRUE", "False"]),
    ("products", "product_name"): st.text('a,"\n;|#= é', min_size=1, max_size=8).filter(str.strip),
    ("products", "description"): st.text('b,"\n\t;', min_size=1, max_size=8).filter(str.strip),
    ("title_weights", "priority"): st.sampled_from(["", "1", "02", "3", "-4"]),
    ("inactivity_rules", "points"): st.sampled_from(["-5.0", "-15", "0"]),
    ("thresholds", "value"): st.sampled_from(["90", "90.5", "80.0"]),
}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_rule_book_means_the_same_however_it_was_saved(tmp_path: Path, data: st.DataObject) -> None:
    files = dict(RULE_BOOK)
    for (file, column), cells in CELLS.items():
        files[file] = with_cell(files[file], 2, column, data.draw(cells))
    files = {name: shuffled(text, data.draw(st.integers(0, 9))) for name, text in files.items()}
    before, errors = read_rule_book(write_files(tmp_path, files))
    assert [str(error) for error in errors] == []
    canonical = {row_type: formatted(files[row_type.FILE], row_type) for row_type in ROW_TYPES}
    as_saved = {t: WAYS[data.draw(st.sampled_from(sorted(WAYS)))](files[t.FILE]) for t in ROW_TYPES}
    after = {t.FILE: formatted(raw, t) for t, raw in as_saved.items()}
    assert after == {row_type.FILE: text for row_type, text in canonical.items()}
    book, errors = read_rule_book(write_files(tmp_path, after))
    assert [str(error) for error in errors] == []
    assert typed_rows(book) == typed_rows(before)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.text('a,"\r\n\t \ufeff#;', max_size=5), min_size=3, max_size=3), max_size=4))
def test_no_cell_is_lost_whatever_it_holds(cells: list[list[str]]) -> None:
    text = ",".join(columns_of(Product)) + "\n"
    text += "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in cells)
    found = format_file(Product, text.encode())
    assert found.problem is None
    rows = list(csv.reader(io.StringIO(found.text, newline="")))
    assert rows[1:] == [[cell.strip() for cell in row] for row in cells if any(cell.strip() for cell in row)]


@settings(max_examples=300, deadline=None)
@given(
    row_type=st.sampled_from(ROW_TYPES),
    noise=st.one_of(st.binary(max_size=100), st.text('",\r\n;a|!*\x00\ufeff\t', max_size=40).map(str.encode)),
    keeps=st.integers(0, 300),
)
def test_random_bytes_are_formatted_once_or_explained(row_type: Any, noise: bytes, keeps: int) -> None:
    valid = RULE_BOOK[row_type.FILE].encode()
    found = format_file(row_type, valid[:keeps] + noise + valid[keeps:])
    if found.problem is None:
        assert format_file(row_type, found.text.encode()).text == found.text
    else:
        assert len(str(found.problem).splitlines()) == 1


def test_the_default_rule_book_is_in_its_form() -> None:
    for row_type in ROW_TYPES:
        raw = (DEFAULT_SEEDS_DIR / f"{row_type.FILE}.csv").read_bytes()
        assert format_file(row_type, raw).text.encode() == raw, row_type.FILE


# What a spreadsheet saves --------------------------------------------------------------------------------------------


def test_what_was_done_is_said() -> None:
    raw = b"\xef\xbb\xbf" + german(RULE_BOOK["point_rules"]).replace("\n", "\r\n").encode()
    found = format_file(PointRule, raw)
    assert found.changes[:3] == (
        "without byte order mark",
        "lines end in LF instead of CRLF",
        "commas instead of semicolons",
    )
    assert "line 3: decay_days: '7,5' is written '7.5'" in found.changes
    assert "line 2: act_now: 'FALSCH' is written 'false'" in found.changes


def test_a_decimal_comma_among_commas_is_left_for_validate(tmp_path: Path) -> None:
    text = with_cell(RULE_BOOK["point_rules"], 2, "points", "2,5")
    assert '"2,5"' in formatted(text, PointRule)
    [error] = validate(write_files(tmp_path, {**RULE_BOOK, "point_rules": text}))
    assert "'2,5' is not a number; valid: digits with a point" in error.message


@pytest.mark.parametrize("number", ["1,000", "-12,500"])
def test_what_may_be_a_thousand_is_not_guessed(number: str) -> None:
    text = german(with_cell(RULE_BOOK["point_rules"], 2, "points", number))
    assert problem(text, PointRule) == (
        f"point_rules.csv:2: points: '{number}' may be a thousand or a decimal number; write it without the comma, or "
        "with a point"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            PRODUCTS + "# soon: hr\n",
            "products.csv:4: product_id: the row has 1 cells, the header 3; the rule book has no",
        ),
        (PRODUCTS + "hr,HR\n", "products.csv:4: product_id: the row has 2 cells, the header 3"),
        (PRODUCTS + 'hr,"HR,x\n', "products.csv:4: product_name: '\"HR,x': the quote that opens this cell is never"),
        (
            PRODUCTS.replace("product_name", "product_id"),
            "products.csv:1: product_id: column 'product_id' appears more",
        ),
        ("product_id,product_name,,description\na,b,c,d\n", "a column has cells and no name"),
        (CP1252, "products.csv:4: file: holds the byte 0xFC, which is not UTF-8"),
        (CP1252, "it is ü: save the file as CSV UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8"),
        (f"{PRODUCTS}hr,B\x00,x\n", "holds a NUL byte"),
        (b"\xff\xfea", "UTF-16"),
        ("", "line 1 is empty"),
        ("\n" + PRODUCTS, "line 1 is empty"),
        (PRODUCTS.replace(",", ";") + "a,b,c\n", "products.csv:4: product_id: the row has 1 cells, the header 3"),
    ],
)
def test_what_cannot_be_read_for_certain_is_explained_and_left_alone(text: str | bytes, expected: str) -> None:
    assert expected in problem(text)


# What the form is ----------------------------------------------------------------------------------------------------


def test_quotes_white_space_and_blank_lines() -> None:
    text = 'product_id,product_name,description\n\n "a" , b ,"c, ""d"""\n   \n"x","y","z"'.replace(' "a" ', '"a"')
    assert formatted(text) == 'product_id,product_name,description\na,b,"c, ""d"""\nx,y,z\n'


def test_columns_stand_as_documented_and_unknown_ones_stay() -> None:
    text = "description,mine,product_name,product_id\nd,m,n,i\n"
    assert formatted(text) == "product_id,product_name,description,mine\ni,n,d,m\n"
    assert formatted(RULE_BOOK["point_rules"], PointRule).partition("\n")[0].endswith(",act_now,enabled,description")


@pytest.mark.parametrize(
    ("cell", "canonical"),
    [("10.0", "10"), ("-0", "-0"), (".50", "0.5"), ("007", "7"), ("0.10", "0.1"), ("100", "100")]
    + [(text, text) for text in ("1e3", "x", "1.", "1,5", "")],
)
def test_numbers_have_one_spelling(cell: str, canonical: str) -> None:
    text = formatted(with_cell(RULE_BOOK["point_rules"], 2, "points", cell), PointRule)
    assert next(csv.DictReader(io.StringIO(text)))["points"] == canonical


def test_text_that_looks_like_a_number_or_flag_is_text() -> None:
    assert "10.0,TRUE,007" in formatted(PRODUCTS + "10.0,TRUE,007\n")


def test_title_rows_stand_in_the_order_in_which_they_decide() -> None:
    text = "title_pattern,seniority,buying_role,points,priority,description\n"
    rows = [
        f"{name},,,10,{priority},d" for name, priority in [("z", ""), ("b", "20"), ("c", "3"), ("a", "20"), ("x", "")]
    ]
    names = [line.partition(",")[0] for line in formatted(text + "\n".join(rows), TitleWeight).splitlines()[1:]]
    assert names == ["c", "b", "a", "z", "x"]


def test_rules_of_a_group_stand_together_and_in_their_order() -> None:
    text = RULE_BOOK["point_rules"]
    more = with_row(text, rule_id="late", group_id="email", event_type="x", points="1", description="d")
    ids = [row["rule_id"] for row in csv.DictReader(io.StringIO(formatted(more, PointRule)))]
    assert ids == ["pricing_view", "deep_visit", "sql_entered", "demo", "email_open", "late", "login"]


def test_bands_and_exclusions() -> None:
    bands = formatted(shuffled(RULE_BOOK["score_bands"], 3), ScoreBand)
    rows = [(row["score_id"], row["min_score"]) for row in csv.DictReader(io.StringIO(bands))]
    assert [high for score, high in rows if score == "fit"] == ["75", "50", "25", "0"]
    text = RULE_BOOK["exclusions"] + "a,email,x@y,test,,A\n"
    ids = [line.partition(",")[0] for line in formatted(text, Exclusion).splitlines()[1:]]
    assert ids == ["a", "competitors", "researchers"]


# The command ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """A rule book in its form."""
    write_files(tmp_path, {t.FILE: formatted(RULE_BOOK[t.FILE], t) for t in ROW_TYPES})
    return tmp_path


def run(*args: object) -> Any:
    return CliRunner().invoke(app, ["format", *map(str, args)])


def test_check_and_diff_write_nothing(seeds: Path) -> None:
    path = seeds / "products.csv"
    path.write_bytes(PRODUCTS.replace("crm,CRM,", "crm,Crm ,").replace("\n", "\r\n").encode())
    before = path.read_bytes()
    for option, code in (("--check", 1), ("--diff", 0)):
        result = run("--seeds", seeds, option)
        assert result.exit_code == code
        assert result.stdout.splitlines()[:2] == ["--- a/products.csv", "+++ b/products.csv"]
        assert "-crm,Crm ,Customer management" in result.stdout
        assert "+crm,Crm,Customer management" in result.stdout
        assert "erp" not in "".join(line for line in result.stdout.splitlines() if line[:1] in "+-")
        assert "LF instead of CRLF" in result.stderr
    assert path.read_bytes() == before
    path.chmod(0o640)
    assert run("--seeds", seeds).exit_code == 0
    assert path.read_bytes() == before.replace(b"\r\n", b"\n").replace(b"Crm ,", b"Crm,")
    assert path.stat().st_mode & 0o777 == 0o640
    assert run("--seeds", seeds, "--check").exit_code == 0
    assert sorted(file.name for file in seeds.iterdir()) == sorted(f"{row_type.FILE}.csv" for row_type in ROW_TYPES)


def test_only_line_ends_and_a_bom_fail_the_check_as_well(seeds: Path) -> None:
    (seeds / "stages.csv").write_bytes(b"\xef\xbb\xbf" + (seeds / "stages.csv").read_bytes())
    result = run("--seeds", seeds, "--check")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "stages.csv: without byte order mark" in result.stderr


def test_a_file_that_cannot_be_read_stops_no_other(seeds: Path) -> None:
    (seeds / "products.csv").write_text(PRODUCTS + "# note\n")
    (seeds / "stages.csv").write_bytes((seeds / "stages.csv").read_bytes().replace(b"\n", b"\r\n"))
    result = run("--seeds", seeds, "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert report["changed"] == {"stages.csv": ["lines end in LF instead of CRLF"]}
    assert report["problems"][0].startswith("products.csv:4: product_id: ")
    assert (seeds / "products.csv").read_text() == PRODUCTS + "# note\n"
    assert b"\r" not in (seeds / "stages.csv").read_bytes()


def test_a_folder_without_a_rule_book_is_one_sentence(tmp_path: Path) -> None:
    result = run("--seeds", tmp_path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: There is no file of a rule book in")
