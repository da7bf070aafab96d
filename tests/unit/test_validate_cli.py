"""`lead-scoring validate` as people, pre-commit and GitHub see it: what goes where, exit codes, near misses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from rule_book_files import RULE_BOOK, to_csv, with_cell, with_row, write_files
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.cli.annotations import cell_column
from orchestration.settings import PROJECT_ROOT

TYPO = with_row(
    RULE_BOOK["point_rules"], rule_id="typo", group_id="web", event_type="purchse", points="5", description="Bought"
)
MESSAGE = "'purchse' is no event type that the contract names; did you mean 'purchase'?"
LINE = f"point_rules.csv:8: event_type: W101 misspelt-event-type: {MESSAGE}"


def run(*args: object) -> Any:
    return CliRunner().invoke(app, ["validate", *map(str, args)])


@pytest.fixture
def doubtful(tmp_path: Path) -> Path:
    """A valid rule book with one warning."""
    return write_files(tmp_path / "rules, 100%", {**RULE_BOOK, "point_rules": TYPO})


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A rule book with one error, and a warning that nobody can rely on."""
    return write_files(tmp_path / "broken", {**RULE_BOOK, "point_rules": with_cell(TYPO, 3, "per", "dya")})


def test_a_warning_leaves_a_rule_book_valid(doubtful: Path) -> None:
    result = run("--seeds", doubtful)
    assert result.exit_code == 0
    assert result.stdout.startswith("The rule book is valid: 18 files")
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr.splitlines() == [LINE, "1 warning"]


def test_strict_fails_and_says_why_on_standard_output(doubtful: Path) -> None:
    result = run("--seeds", doubtful, "--strict")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == LINE


@pytest.mark.parametrize(
    "codes", [["--ignore", "W101"], ["--ignore", "w101,W202"], ["--ignore", "W202", "--ignore", "W101"]]
)
def test_a_kind_can_be_ignored(doubtful: Path, codes: list[str]) -> None:
    result = run("--seeds", doubtful, "--strict", *codes)
    assert (result.exit_code, result.stderr) == (0, "")


def test_an_unknown_code_is_one_sentence(doubtful: Path) -> None:
    result = run("--seeds", doubtful, "--ignore", "W999")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "W999: there is no such warning" in result.stderr


def test_of_a_broken_rule_book_only_the_errors_are_said(broken: Path) -> None:
    result = run("--seeds", broken)
    assert result.exit_code == 1
    assert [line.split(":")[:3] for line in result.stdout.splitlines()] == [["point_rules.csv", "3", " per"]]
    assert "W101" not in result.output


@pytest.mark.parametrize("option", [["--output", "json"], ["--json"]])
def test_json_tells_errors_and_warnings_apart(doubtful: Path, broken: Path, option: list[str]) -> None:
    report = json.loads(run("--seeds", doubtful, *option).stdout)
    assert (report["valid"], report["errors"]) == (True, [])
    assert report["warnings"] == [
        {
            "file": "point_rules.csv",
            "line": 8,
            "column": "event_type",
            "value": "purchse",
            "code": "W101",
            "name": "misspelt-event-type",
            "message": MESSAGE,
        }
    ]
    report = json.loads(run("--seeds", broken, *option).stdout)
    assert (report["valid"], len(report["errors"]), report["warnings"]) == (False, 1, [])


# GitHub --------------------------------------------------------------------------------------------------------------


def test_annotations_point_at_the_cell(doubtful: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(doubtful.parent))
    result = run("--seeds", doubtful, "--output", "github")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "::warning file=rules%2C 100%25/point_rules.csv,line=8,col=10,title=W101 misspelt-event-type::event_type: "
        + MESSAGE
    ]


def test_errors_are_annotated_as_errors(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.chdir(broken)
    result = run("--seeds", ".", "--output", "github")
    assert result.exit_code == 1
    assert result.stdout.startswith(
        "::error file=point_rules.csv,line=3,col=39,title=Rule book::per: 'dya' is not valid"
    )
    (broken / "point_rules.csv").unlink()
    [missing] = run("--seeds", ".", "--output", "github").stdout.splitlines()
    assert missing.startswith("::error file=point_rules.csv,line=1,title=Rule book::file: 'point_rules.csv' is missing")


def test_a_message_cannot_forge_a_command(tmp_path: Path) -> None:
    text = with_cell(RULE_BOOK["point_rules"], 3, "per", "dya\n::error ::forged")
    lines = run("--seeds", write_files(tmp_path, {**RULE_BOOK, "point_rules": text}), "--output", "github").stdout
    assert len(lines.splitlines()) == 1


def test_where_a_cell_begins(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('\ufeffa,b,c,d\r\n1,"2,\n 2",3\r\n\n"ü""ü",,"x",4\n1,2"2,3\n')
    cases = {
        (2, "a"): 1,
        (2, "b"): 3,
        (2, "c"): None,
        (5, "b"): 8,
        (5, "c"): 9,
        (5, "d"): 13,
        (1, "d"): 7,
        (99, "a"): None,
    }
    assert {place: cell_column(path, *place) for place in cases} == cases
    assert cell_column(path, 2, "file") is None
    assert cell_column(tmp_path / "absent.csv", 1, "a") is None


# Near misses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "line", "column", "value", "meant"),
    [
        ("point_rules", 2, "group_id", "wbe", "web"),
        ("point_rules", 3, "per", "objectday", "object_day"),
        ("point_rules", 2, "decay", "half-life", "half_life"),
        ("point_rules", 5, "object_pattern", "qualifeid", "qualified"),
        ("point_rules", 2, "act_now", "ture", "true"),
        ("content_map", 2, "product_id", "CMR", "crm"),
        ("fit_rules", 2, "operator", "betwen", "between"),
        ("fit_rules", 2, "criterion_id", "compny_size", "company_size"),
        ("exclusions", 2, "match_on", "emaildomain", "email_domain"),
        ("exclusions", 2, "reason", "compettor", "competitor"),
        ("thresholds", 2, "score_id", "actvity", "activity"),
        ("title_weights", 2, "buying_role", "decision maker", "decision_maker"),
    ],
)
def test_ids_and_closed_lists_are_suggested(
    tmp_path: Path, file: str, line: int, column: str, value: str, meant: str
) -> None:
    text = with_cell(RULE_BOOK[file], line, column, value)
    result = run("--seeds", write_files(tmp_path, {**RULE_BOOK, file: text}))
    assert result.exit_code == 1
    assert f"; did you mean '{meant}'?" in result.stdout


def test_headers_and_file_names_are_suggested(tmp_path: Path) -> None:
    write_files(tmp_path, {**RULE_BOOK, "content_map": RULE_BOOK["content_map"].replace(",category,", ",categroy,")})
    (tmp_path / "stages.csv").rename(tmp_path / "stage.csv")
    lines = run("--seeds", tmp_path).stdout.splitlines()
    assert any("'categroy' is not a column" in line and line.endswith("did you mean 'category'?") for line in lines)
    assert any("'stages.csv' is missing" in line and line.endswith("did you mean 'stage.csv'?") for line in lines)


# The warehouse -------------------------------------------------------------------------------------------------------

HEADER = RULE_BOOK["point_rules"].partition("\n")[0].split(",")


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A rule book with rules that do and do not hit, and the warehouse that was built by it."""
    rules = {
        "hits": {"event_type": "page_view", "object_pattern": "/pricing*", "counts_for_interest": "true"},
        "long_ago": {"event_type": "form_submit"},
        "never": {"event_type": "newsletter_forwrd"},
        "reset": {"event_type": "purchase", "points": "-5"},
        "expired": {"event_type": "login", "valid_to": "2026-06-01"},
        "new": {"event_type": "login", "valid_from": "2026-06-01"},
        "off": {"event_type": "login", "enabled": "false"},
        "edited": {"event_type": "video_progress", "min_value": "25"},
        "added": {"event_type": "webinar_attend"},
    }
    base = {"group_id": "web", "points": "5", "description": "d"}
    rows = [[{**base, "rule_id": rule_id, **cells}.get(c, "") for c in HEADER] for rule_id, cells in rules.items()]
    seeds = write_files(tmp_path / "seeds", {**RULE_BOOK, "point_rules": to_csv([HEADER, *rows])})
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as warehouse:
        warehouse.execute("create schema marts; create schema rule_book")
        warehouse.execute(
            f"""
            create table rule_book.point_rules as
            select * replace (case when rule_id = 'edited' then 50 else min_value end as min_value)
            from read_csv('{seeds}/point_rules.csv', types = {{
                'object_pattern': 'varchar', 'category': 'varchar', 'campaign_pattern': 'varchar',
                'min_value': 'double', 'max_value': 'double', 'enabled': 'boolean',
                'valid_from': 'date', 'valid_to': 'date'
            }})
            where rule_id <> 'added';
            create table marts.contact_scores as from (values (date '2026-06-30')) as t (as_of_date);
            create table marts.event_log as
            from (values ('page_view'), ('form_submit'), ('purchase'), ('newsletter_forward')) as t (event_type);
            create table marts.score_ledger as
            from (values
                ('hits', 'rule', date '2026-04-02', 1), ('reset', 'rule', date '2026-06-30', 0),
                ('long_ago', 'rule', date '2026-04-01', 1), ('never', 'inactivity', date '2026-06-30', 1)
            ) as t (rule_id, source, activity_date, counted_hits);
            """
        )
    monkeypatch.setenv("LEAD_SCORING_WAREHOUSE", str(path))
    monkeypatch.setenv("LEAD_SCORING_SEEDS_DIR", str(seeds))
    return path


def test_rules_without_a_hit_are_warned_of(built: Path) -> None:
    stamp = (built.stat().st_mtime_ns, built.stat().st_size)
    found = json.loads(run("--warehouse", "--json").stdout)["warnings"]
    assert [(w["line"], w["column"], w["value"], w["code"], w["message"]) for w in found] == [
        (3, "rule_id", "long_ago", "W601", "it hit nothing in the 90 days up to 2026-06-30"),
        (
            4,
            "rule_id",
            "never",
            "W601",
            "it hit nothing in the 90 days up to 2026-06-30; no event of type 'newsletter_forwrd' was ever accepted, "
            "did you mean 'newsletter_forward'?",
        ),
    ]
    assert (built.stat().st_mtime_ns, built.stat().st_size) == stamp
    assert not built.with_suffix(".duckdb.wal").exists()


@pytest.mark.parametrize(("days", "lines"), [(91, [4]), (1, [2, 3, 4])])
def test_how_long_is_an_option(built: Path, days: int, lines: list[int]) -> None:  # noqa: ARG001 - sets the handles
    found = json.loads(run("--warehouse", "--days", days, "--json").stdout)["warnings"]
    assert [w["line"] for w in found if w["value"] not in ("expired", "new")] == lines


def test_without_the_option_no_warehouse_is_read(built: Path) -> None:
    built.write_bytes(b"no warehouse")
    assert json.loads(run("--json").stdout)["warnings"] == []
    result = run("--warehouse")
    assert result.exit_code == 1
    assert "cannot be read as a warehouse" in result.stderr


def test_a_missing_warehouse_is_one_sentence(built: Path) -> None:
    built.unlink()
    result = run("--warehouse")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "There is no warehouse at" in result.stderr


# Hooks ---------------------------------------------------------------------------------------------------------------


def test_the_hooks_run_commands_that_exist(doubtful: Path) -> None:
    hooks = yaml.safe_load((PROJECT_ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [hook["id"] for hook in hooks] == ["lead-scoring-validate", "lead-scoring-format"]
    for hook in hooks:
        command, *words = hook["entry"].split()
        assert command == "lead-scoring"
        # The option that a repository gives itself comes after and wins.
        result = CliRunner().invoke(app, [*words, *hook["args"], "--seeds", str(doubtful)])
        assert result.exit_code == 0


def test_the_manifest_is_one_that_pre_commit_reads() -> None:
    command = [
        Path(sys.executable).with_name("pre-commit"),
        "validate-manifest",
        PROJECT_ROOT / ".pre-commit-hooks.yaml",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
