"""The command line: exit codes, what scripts read, what people read, and that the numbers of a page add up."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from orchestration import build as build_module
from orchestration.build import BuildRequest, BuildResult, BuildStatus, FailedCheck
from orchestration.cli import app, demo, places, warehouse
from orchestration.cli.console import number, rounded_to_sum, signed, sparkline
from orchestration.cli.explanation import decay_factor
from orchestration.cli.published import changed_tables, fingerprint
from orchestration.settings import DEFAULT_SEEDS_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

WAREHOUSE_SQL = Path(__file__).with_name("cli_warehouse.sql")
SNAPSHOT_NAME = "lead_scoring.duckdb"
ERROR_LINE = re.compile(r"[a-z_]+\.csv:\d+: [a-z_]+: \S.*")


@pytest.fixture(scope="module")
def small_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / SNAPSHOT_NAME
    with duckdb.connect(str(path)) as connection:
        connection.execute(WAREHOUSE_SQL.read_text(encoding="utf-8"))
    return path


@pytest.fixture(autouse=True)
def _one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse, "_ATTEMPTS", 1)
    monkeypatch.setattr(warehouse, "_PAUSE_SECONDS", 0)


def point_at(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Let one file, by the name of a snapshot, be warehouse and snapshot."""
    assert path.name == SNAPSHOT_NAME
    monkeypatch.setenv("LEAD_SCORING_WAREHOUSE", str(path))
    monkeypatch.setenv("LEAD_SCORING_PUBLISHED_DIR", str(path.parent))


@pytest.fixture
def run(small_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command on the small warehouse, which is the snapshot as well, unless the test points elsewhere."""
    point_at(monkeypatch, small_warehouse)
    monkeypatch.delenv("LEAD_SCORING_SEEDS_DIR", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    return lambda *args: CliRunner().invoke(app, [str(arg) for arg in args])


def is_one_sentence(result: Result) -> bool:
    """A failure that a person can read: exit code 1, nothing on standard output, one line on standard error."""
    lines = result.stderr.strip().splitlines()
    return result.exit_code == 1 and not result.stdout and len(lines) == 1 and lines[0].startswith("Error: ")


def as_number(text: str) -> float:
    return float(text.replace("−", "-").replace("+", "").replace(",", ""))


class TestValidate:
    def test_valid_rule_book_exits_0(self, run: Any) -> None:
        result = run("validate")
        assert result.exit_code == 0
        assert "is valid" in result.stdout

    @pytest.fixture
    def broken_seeds(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Any) -> Path:  # noqa: ARG002 - sets first
        seeds = tmp_path / "seeds"
        shutil.copytree(DEFAULT_SEEDS_DIR, seeds)
        rules = seeds / "point_rules.csv"
        text = rules.read_text(encoding="utf-8")
        rules.write_text(text.replace("pricing_view,web,", "pricing_view,wbe,", 1), encoding="utf-8")
        (seeds / "stages.csv").unlink()
        monkeypatch.setenv("LEAD_SCORING_SEEDS_DIR", str(seeds))
        return seeds

    @pytest.mark.usefixtures("broken_seeds")
    def test_every_error_is_one_plain_line(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "30")
        result = run("validate")
        lines = result.stdout.splitlines()
        assert result.exit_code == 1
        assert len(lines) >= 2
        assert all(ERROR_LINE.fullmatch(line) for line in lines)
        assert "\x1b" not in result.output
        assert any(line.startswith("point_rules.csv:") and "'wbe'" in line and "'web'" in line for line in lines)

    def test_json_says_the_same(self, run: Any, broken_seeds: Path) -> None:
        result = run("validate", "--json")
        report = json.loads(result.stdout)
        assert result.exit_code == 1
        assert report["valid"] is False
        assert report["rule_book"] == str(broken_seeds)
        assert {"file", "line", "column", "value", "message"} == set(report["errors"][0])
        assert len(report["errors"]) == len(run("validate").stdout.splitlines())


class TestExplain:
    def test_json_adds_up(self, run: Any) -> None:
        page = json.loads(run("explain", "ada", "--json").stdout)
        (activity,) = page["scores"]
        assert {step["step"]: step["points"] for step in activity["steps"]} == {
            "hits": 100.0,  # 6 views of prices at 10, 2 requests at 20
            "cap": -20.0,
            "adjustment": 5.0,
            "inactivity": 0.0,
            "reset": -10.0,
            "decay": -12.5,
            "group_limits": -15.0,
            "score_limits": 0.0,
        }
        assert sum(step["points"] for step in activity["steps"]) == activity["score"] == 47.5
        assert {group["group_id"]: (group["sum"], group["points"]) for group in activity["groups"]} == {
            "web": (22.5, 22.5),
            "direct": (40.0, 25.0),
            "silence": (0.0, 0.0),
        }
        assert sum(part["points"] for part in page["lead_parts"]) == pytest.approx(page["lead_score"])
        assert [step["points"] for step in page["fit_steps"]] == [70.0, -10.0, 0.0]

    def test_what_time_will_take(self, run: Any) -> None:
        page = json.loads(run("explain", "ada", "--json").stdout)
        (activity,) = page["scores"]
        web = 17.5 * 2 ** (-7 / 14)  # the adjustment has expired by then
        assert activity["outlook"]["7"] == pytest.approx(web + 25)
        assert activity["outlook"]["30"] == pytest.approx(17.5 * 2 ** (-30 / 14) + 25 - 5)  # and 30 days of silence
        assert page["lead_outlook"]["7"] == pytest.approx(0.6 * (web + 25) + 0.4 * 60)
        assert page["products"][0]["outlook"]["7"] == pytest.approx(web)

    def test_printed_groups_add_up_to_the_printed_score(self, run: Any) -> None:
        text = run("explain", "ada").stdout
        groups = [re.search(rf"^  {name} +(\S+)", text, re.MULTILINE) for name in ("Web", "Direct", "Silence")]
        score = re.search(r"^  Activity score +(\S+)", text, re.MULTILINE)
        assert sum(as_number(group[1]) for group in groups if group) == as_number(score[1]) == 47.5  # type: ignore[index]

    @pytest.mark.parametrize("width", [80, 100, 120])
    def test_every_step_is_on_the_page(self, run: Any, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", str(width))
        result = run("explain", "ada")
        assert result.exit_code == 0
        assert "\x1b" not in result.stdout
        assert max(map(len, result.stdout.splitlines())) <= width
        for words in (
            "6→4→3",
            "above a rule's cap",
            "reset on 2026-05-02",
            "Decay with age",
            "Adjusted by hand",
            "Limits of the groups",
            "1 came from machines and earn nothing: 1 click burst.",
            "qualified lead",
            "penalty",
        ):
            assert words in result.stdout

    def test_excluded_contact(self, run: Any) -> None:
        text = run("explain", "bob").stdout
        assert "Excluded as competitor by rule exclude_rivals: every score is 0." in text
        (activity,) = json.loads(run("explain", "bob", "--json").stdout)["scores"]
        assert {s["step"]: s["points"] for s in activity["steps"] if s["points"]} == {
            "hits": 20.0,
            "cap": -10.0,
            "exclusion": -10.0,
        }

    @pytest.mark.parametrize("name", ["ada", "ada@acme.EXAMPLE", " ada ", "ada-old"])
    def test_finds_by_id_email_and_merged_id(self, run: Any, name: str) -> None:
        result = run("explain", name, "--json")
        assert result.exit_code == 0
        assert json.loads(result.stdout)["contact"]["contact_id"] == "ada"

    def test_unknown_contact_names_near_ones(self, run: Any) -> None:
        result = run("explain", "ada@acne.example")
        assert is_one_sentence(result)
        assert "Did you mean ada (Ada Acme)" in result.stderr

    def test_shared_email_asks_for_an_id(self, run: Any) -> None:
        result = run("explain", "info@shared.example")
        assert is_one_sentence(result)
        assert "cyn, dan" in result.stderr


class TestTop:
    def test_order_and_json(self, run: Any) -> None:
        leads = json.loads(run("top", "--json").stdout)
        assert [lead["contact_id"] for lead in leads] == ["cyn", "ada", "dan"]
        assert leads[1]["lead_score"] == 52.5
        assert leads[1]["as_of_date"] == "2026-06-30"

    def test_limit(self, run: Any) -> None:
        assert len(json.loads(run("top", "--limit", 1, "--json").stdout)) == 1

    def test_page_has_reasons_and_marks_who_must_not_be_contacted(self, run: Any) -> None:
        text = run("top").stdout
        assert "Asked for a demo 10 days ago +40.0" in text
        assert re.search(r"Cyn.*do not contact", text)
        assert "Bob" not in text

    def test_accounts(self, run: Any) -> None:
        assert json.loads(run("top", "--accounts", "--json").stdout)[0]["account_id"] == "acme"
        assert re.search(r"Acme Ltd +C2 +28.5 +25.0 +1 of 1 +50%", run("top", "--accounts").stdout)


class TestHostileText:
    """What strangers typed is shown, and neither the terminal nor Rich takes it for a command."""

    TEXT = "[/] [bold red]x[/bold red] \x1b]0;owned\x07\x1b[2J\x1b[31m\x9b31m \rEve \u202egnp.exe\u2066\x00 \u2028 =1+1"
    SGR = re.compile(r"\x1b\[[0-9;]*m")

    @pytest.fixture
    def run(self, small_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
        """Every text that is nobody's key is hostile."""
        path = tmp_path / SNAPSHOT_NAME
        shutil.copyfile(small_warehouse, path)
        with duckdb.connect(str(path)) as connection:
            for schema, table, column in connection.execute(
                "select columns.schema_name, columns.table_name, columns.column_name"
                " from duckdb_columns() as columns inner join duckdb_tables() using (schema_name, table_name)"
                " where columns.data_type = 'VARCHAR' and (columns.column_name in ('email', 'full_name', 'job_title',"
                " 'seniority', 'account_name', 'top_reasons', 'description', 'recommended_action', 'attribute_value',"
                " 'product_name', 'exclusion_reason', 'department', 'country', 'phone') or columns.column_name like"
                " '%name')"
            ).fetchall():
                connection.execute(f'update "{schema}"."{table}" set "{column}" = ?', [self.TEXT])
        point_at(monkeypatch, path)
        monkeypatch.delenv("COLUMNS", raising=False)
        monkeypatch.setenv("FORCE_COLOR", "1")
        return lambda *args: CliRunner().invoke(app, [str(arg) for arg in args])

    @pytest.mark.parametrize("command", [("top",), ("top", "--accounts"), ("explain", "ada")])
    def test_terminals_and_rich_obey_nothing_of_it(self, run: Any, command: tuple[str, ...]) -> None:
        result = run(*command)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        output = result.stdout + result.stderr
        assert "[bold" in output, "it is shown as it is, brackets and all"
        shown = self.SGR.sub("", output)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", shown)
        assert "\x1b[31m" not in output.split("[/]")[1].split("Eve")[0], "its own red is no colour"

    @pytest.mark.parametrize("command", [("top", "--json"), ("explain", "ada", "--json")])
    def test_json_has_the_text_unchanged_in_escapes(self, run: Any, command: tuple[str, ...]) -> None:
        output = run(*command).stdout
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", output)
        assert self.TEXT in str_values(json.loads(output))


def str_values(value: Any) -> set[str]:
    """Every text in a JSON document."""
    if isinstance(value, dict):
        return set().union(*map(str_values, value.values()))
    if isinstance(value, list):
        return set().union(*map(str_values, value))
    return {value} if isinstance(value, str) else set()


class TestWarehouseProblems:
    @pytest.fixture(params=[("top",), ("explain", "ada"), ("top", "--json")], ids=" ".join)
    def command(self, request: pytest.FixtureRequest) -> tuple[str, ...]:
        return request.param  # type: ignore[no-any-return]

    def test_missing(self, run: Any, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        point_at(monkeypatch, tmp_path / SNAPSHOT_NAME)
        result = run(*command)
        assert is_one_sentence(result)
        assert "lead-scoring build" in result.stderr
        assert not list(tmp_path.iterdir())

    def test_no_database(
        self, run: Any, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / SNAPSHOT_NAME
        path.write_text("not a database", encoding="utf-8")
        point_at(monkeypatch, path)
        assert is_one_sentence(run(*command))

    def test_not_built(
        self, run: Any, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / SNAPSHOT_NAME
        duckdb.connect(str(path)).close()
        point_at(monkeypatch, path)
        result = run(*command)
        assert is_one_sentence(result)
        assert "lead-scoring build" in result.stderr

    @pytest.fixture
    def locked_warehouse(self, tmp_path: Path) -> Iterator[Path]:
        path = tmp_path / SNAPSHOT_NAME
        code = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('locked', flush=True); sys.stdin.read()"
        writer = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout
        assert writer.stdout.readline() == "locked\n"
        yield path
        writer.communicate()

    def test_locked(
        self, run: Any, command: tuple[str, ...], locked_warehouse: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        point_at(monkeypatch, locked_warehouse)
        result = run(*command)
        assert is_one_sentence(result)
        assert "locked" in result.stderr

    def test_before_a_build_of_ones_own_the_demo_is_read(
        self, run: Any, small_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("LEAD_SCORING_WAREHOUSE")
        monkeypatch.delenv("LEAD_SCORING_PUBLISHED_DIR")
        monkeypatch.setattr(places, "DEMO_DIR", tmp_path)
        monkeypatch.setattr("orchestration.settings.STATE_DIR", tmp_path / "none")
        (tmp_path / "warehouse.duckdb").touch()
        (tmp_path / "published").mkdir()
        shutil.copyfile(small_warehouse, tmp_path / "published" / SNAPSHOT_NAME)
        result = run("top", "--json")
        assert json.loads(result.stdout)
        assert "the demo's warehouse" in result.stderr

    def test_leads_are_those_that_were_published(
        self, run: Any, small_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Whatever the warehouse holds by now: a reader needs the folder for readers and nothing else.
        monkeypatch.setenv("LEAD_SCORING_WAREHOUSE", str(tmp_path / "none.duckdb"))
        with duckdb.connect(str(tmp_path / SNAPSHOT_NAME)) as connection:
            connection.execute(f"attach '{small_warehouse}' as small (read_only); create schema marts")
            for table in ("contact_scores", "account_scores", "product_interest_scores"):
                connection.execute(f"create table marts.{table} as from small.marts.{table}")
        monkeypatch.setenv("LEAD_SCORING_PUBLISHED_DIR", str(tmp_path))
        assert json.loads(run("top", "--json").stdout)[1]["top_product_name"] == "Analytics Suite"
        assert run("top", "--accounts").exit_code == 0

    def test_the_demo_publishes_nowhere_else(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv("LEAD_SCORING_WAREHOUSE", raising=False)
        monkeypatch.setenv("LEAD_SCORING_PUBLISHED_DIR", str(tmp_path))
        monkeypatch.setenv("LEAD_SCORING_POSTGRES_URL", "postgresql://in.production/marts")
        settings = places.demo_settings()
        assert settings.snapshot == places.DEMO_DIR / "published" / SNAPSHOT_NAME
        assert not settings.postgres_url


class TestBuild:
    @pytest.fixture
    def requests(self, monkeypatch: pytest.MonkeyPatch) -> list[BuildRequest]:
        """The requests that reach `run_build`, which here does nothing and reports what `outcome` says."""
        seen: list[BuildRequest] = []

        def record(settings: Any, request: BuildRequest, on_progress: Any) -> BuildResult:  # noqa: ARG001 - its signature
            seen.append(request)
            return self.outcome

        monkeypatch.setattr(build_module, "run_build", record)
        return seen

    outcome = BuildResult(BuildStatus.DONE, date(2026, 6, 30), passed_checks=5, seconds=3.2)

    def test_done(self, run: Any, requests: list[BuildRequest]) -> None:
        result = run("build", "--as-of", "2026-06-30", "--full-refresh", "--vars", '{"surge_min_points": 30}')
        assert result.exit_code == 0
        assert requests == [BuildRequest(date(2026, 6, 30), None, True, {"surge_min_points": 30})]
        assert "4 contacts" in result.stdout
        assert re.search(r"^ +read +10", result.stdout, re.MULTILINE)
        assert re.search(rf"^Published: .*{SNAPSHOT_NAME}$", result.stdout, re.MULTILINE)
        assert json.loads(run("build", "--json").stdout)["snapshot"].endswith(SNAPSHOT_NAME)

    def test_history(self, run: Any, requests: list[BuildRequest]) -> None:
        assert run("build", "--from", "2026-06-01", "--to", "2026-06-30").exit_code == 0
        assert requests == [BuildRequest(date(2026, 6, 30), date(2026, 6, 1))]

    @pytest.mark.usefixtures("requests")
    def test_errors_exit_1_on_their_own_lines(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        errors = ("point_rules.csv:3: points: 'x' is no number", "raw table events is missing " + "x" * 200)
        monkeypatch.setattr(TestBuild, "outcome", BuildResult(BuildStatus.ERRORS, date(2026, 6, 30), errors=errors))
        result = run("build")
        assert result.exit_code == 1
        assert result.stdout.splitlines()[:2] == list(errors)
        assert json.loads(run("build", "--json").stdout)["errors"] == list(errors)

    @pytest.mark.usefixtures("requests")
    def test_failed_checks_exit_2(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        check = FailedCheck("marts.contact_scores", "lead_score_in_range", "A lead score is in its range", "3 rows")
        outcome = BuildResult(BuildStatus.CHECKS_FAILED, date(2026, 6, 30), failed_checks=(check,))
        monkeypatch.setattr(TestBuild, "outcome", outcome)
        result = run("build")
        assert result.exit_code == 2
        assert "marts.contact_scores: lead_score_in_range: A lead score is in its range" in result.stdout
        report = json.loads(run("build", "--json").stdout)
        assert report["status"] == "checks_failed"
        assert report["failed_checks"][0]["finding"] == "3 rows"
        assert sum(report["events"].values()) == 10
        assert report["snapshot"] is None
        assert "Nothing was published" in result.stdout

    @pytest.mark.parametrize(
        "options",
        [
            ("--as-of", "30.6.2026"),
            ("--to", "2026-06-30"),
            ("--from", "2026-07-01", "--to", "2026-06-30"),
            ("--from", "2026-06-01", "--to", "2026-06-30", "--as-of", "2026-06-29"),
            ("--vars", "{surge"),
            ("--vars", "[1]"),
        ],
    )
    def test_bad_options_never_look_like_failed_checks(
        self, run: Any, requests: list[BuildRequest], options: tuple[str, ...]
    ) -> None:
        assert is_one_sentence(run("build", *options))
        assert not requests


class TestSample:
    def test_equal_options_write_equal_worlds(self, run: Any, tmp_path: Path) -> None:
        options = ("--contacts", 30, "--days", 20, "--seed", 3, "--end-date", "2026-06-30", "--json")
        first, second = (json.loads(run("sample", "--out", tmp_path / name, *options).stdout) for name in ("a", "b"))
        assert first["rows"] == second["rows"]
        assert first["rows"]["contacts"] >= 30
        assert (tmp_path / "a/events.parquet").read_bytes() == (tmp_path / "b/events.parquet").read_bytes()

    def test_says_how_to_go_on(self, run: Any, tmp_path: Path) -> None:
        result = run("sample", "--out", tmp_path / "raw", "--contacts", 5, "--days", 5, "--end-date", "2026-06-30")
        assert f"LEAD_SCORING_RAW_DIR={tmp_path / 'raw'} lead-scoring build --as-of 2026-06-30" in result.stdout

    def test_bad_date_and_folder(self, run: Any, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("", encoding="utf-8")
        assert is_one_sentence(run("sample", "--out", tmp_path / "raw", "--end-date", "tomorrow"))
        assert is_one_sentence(run("sample", "--out", tmp_path / "file" / "raw", "--contacts", 5, "--days", 5))


class TestDemo:
    def test_leaves_other_peoples_warehouses_alone(
        self, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(demo, "DEMO_DIR", tmp_path)
        monkeypatch.setattr(demo, "DEMO_RAW_DIR", tmp_path / "raw")
        monkeypatch.setattr(demo, "_STATE_FILE", tmp_path / "state.json")
        result = run("demo")
        assert result.exit_code == 1
        assert "is not the demo's" in result.stderr

    def test_fingerprint_sees_what_changed_and_nothing_else(self, small_warehouse: Path, tmp_path: Path) -> None:
        copy = tmp_path / "copy.duckdb"
        shutil.copyfile(small_warehouse, copy)
        before = _fingerprint(copy)
        with duckdb.connect(str(copy)) as connection:
            connection.execute(
                "create or replace table marts.contact_scores as from marts.contact_scores order by all desc"
            )
            connection.execute("update marts.contact_scores set lead_score = lead_score + 1e-12")
        assert changed_tables(before, _fingerprint(copy)) == {}
        with duckdb.connect(str(copy)) as connection:
            connection.execute("update marts.contact_scores set lead_score = 52.6 where contact_id = 'ada'")
            connection.execute("delete from marts.scoring_days")
        assert changed_tables(before, _fingerprint(copy)) == {"contact_scores": (4, 4), "scoring_days": (2, 0)}


def _fingerprint(path: Path) -> Any:
    with warehouse.open_warehouse(path) as opened:
        return fingerprint(opened)


@pytest.mark.parametrize("command", ["deliver", "status", "retry", "test"])
def test_help_of_alerts_says_what_exit_codes_mean(run: Any, command: str) -> None:
    result = run("alerts", command, "--help")
    assert result.exit_code == 0
    assert "Exit code" in result.stdout


@pytest.mark.parametrize("command", ["demo", "sample", "validate", "build", "top", "explain", "ui", "refresh-lists"])
def test_help_says_what_exit_codes_mean(run: Any, command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Exit code" in result.stdout


class TestNumbers:
    @given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=20))
    def test_rounded_values_add_up_and_stay_near(self, values: list[float]) -> None:
        rounded = rounded_to_sum(values)
        assert sum(rounded) == pytest.approx(round(sum(values), 1), abs=1e-6)
        assert all(abs(near - value) < 0.1 + 1e-6 for near, value in zip(rounded, values, strict=True))

    @given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=20), st.floats(0, 1))
    def test_values_that_need_no_rounding_stay(self, tenths: list[int], odd: float) -> None:
        exact = [tenth / 10 for tenth in tenths]
        assert rounded_to_sum([*exact, odd])[:-1] == exact

    def test_how_numbers_look(self) -> None:
        assert [number(-0.04), number(-1234.5), number(None), number(7, 0)] == ["0.0", "−1,234.5", "–", "7"]
        assert [signed(0.04), signed(2.25), signed(-2)] == ["0.0", "+2.2", "−2.0"]
        assert sparkline([0, 50, 100], 0, 100) == "▁▅█"

    @pytest.mark.parametrize(
        ("decay", "days", "age", "share"),
        [
            ("none", None, 999, 1),
            ("half_life", 14, 14, 0.5),
            ("half_life", 0.001, 9999, 2.0**-1000),
            ("linear", 10, 4, 0.6),
            ("linear", 10, 11, 0),
            ("window", 7, 6, 1),
            ("window", 7, 7, 0),
        ],
    )
    def test_decay_is_that_of_the_models(self, decay: str, days: float | None, age: int, share: float) -> None:
        assert decay_factor(decay, days, age) == pytest.approx(share)


@pytest.mark.parametrize("command", ["backtest", "suggest"])
def test_a_missing_extra_is_one_sentence_that_says_how_it_comes(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    told = CliRunner().invoke(app, [command])
    assert told.exit_code == 1
    assert f"`lead-scoring {command}` needs scikit-learn" in told.stderr
    assert "pip install 'lead-scoring-warehouse[backtest]'" in told.stderr
