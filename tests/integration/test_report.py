"""The lead report from a finished warehouse: its numbers against the tables, what is not there, hostile text, its file.

How it looks in a browser is in `test_report_in_browser`.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from collections import Counter
from datetime import timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli.app import app
from orchestration.report.content import LIMITS, Content, ReportError, read_content
from orchestration.report.page import render, write_report
from orchestration.report.words import LONGEST_TEXT
from orchestration.settings import PUBLISHED_DIR_ENV, WAREHOUSE_ENV
from tests.conftest import SAMPLE_DAY
from tests.report_pages import PAYLOADS, hostile_copy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestration.settings import Settings

WEEK_AGO = SAMPLE_DAY - timedelta(days=7)
VOID = {"meta", "br", "img", "input", "link", "hr"}


@pytest.fixture(scope="module")
def content(built_warehouse: Path) -> Content:
    return read_content(built_warehouse)


@pytest.fixture(scope="module")
def page(content: Content) -> str:
    return render(content)


@pytest.fixture(scope="module")
def ask(built_warehouse: Path) -> Callable[..., list[tuple[Any, ...]]]:
    def rows(sql: str, *values: object) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(built_warehouse), read_only=True) as connection:
            return connection.execute(sql, values).fetchall()

    return rows


@pytest.fixture
def copy(built_warehouse: Path, tmp_path: Path) -> Callable[..., Path]:
    """A function that returns a copy of the warehouse after statements."""

    def changed(*statements: str) -> Path:
        path = tmp_path / "copy.duckdb"
        shutil.copy(built_warehouse, path)
        with duckdb.connect(str(path)) as connection:
            for statement in statements:
                connection.execute(statement)
        return path

    return changed


class Page(HTMLParser):
    """Tags with attributes in order, the text of the page, and whether every tag that opens closes in its place."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


# --- the numbers ------------------------------------------------------------------------------------------------------


def test_the_headline_counts_what_the_tables_hold(content: Content, ask: Callable[..., list[tuple[Any, ...]]]) -> None:
    contacts = ask("select is_qualified, temperature, is_contactable from marts.contact_scores where not is_excluded")
    head = content.headline
    assert head.as_of_date == SAMPLE_DAY
    assert head.contacts == len(contacts)
    assert head.qualified == sum(qualified for qualified, _, _ in contacts) > 0
    assert head.hot == sum(temperature == "hot" for _, temperature, _ in contacts)
    assert head.to_call == sum(qualified and may for qualified, _, may in contacts)
    assert head.rule_book_hash == ask("select max(rule_book_hash) from marts.contact_scores")[0][0]
    assert head.has_week_ago
    assert not head.rules_changed


def test_newly_qualified_is_who_is_now_and_was_not_a_week_ago(copy: Callable[..., Path]) -> None:
    states = ["true, true", "true, false", "true, null", "true, null", "false, true", "false, null"]
    copied = copy(
        "create table ranked as select contact_id, row_number() over (order by contact_id) as place"
        " from marts.contact_scores where not is_excluded",
        "create table states (place bigint, is_now boolean, was_then boolean)",
        *(f"insert into states values ({place}, {state})" for place, state in enumerate(states, start=1)),
        f"""update marts.contact_scores set is_qualified = is_now, is_qualified_7d_ago = was_then
            from ranked join states on states.place = least(ranked.place, {len(states)})
            where contact_scores.contact_id = ranked.contact_id""",
    )
    headline = read_content(copied).headline
    assert (headline.qualified, headline.newly_qualified, headline.no_longer_qualified) == (4, 3, 1)


def test_leads_are_the_best_that_may_be_called(copy: Callable[..., Path]) -> None:
    copied = copy(
        "update marts.contact_scores set is_qualified = true where not is_excluded",
        "update marts.contact_scores set is_contactable = false"
        " where contact_id in (from marts.contact_scores select contact_id order by lead_score desc limit 2)",
    )
    with duckdb.connect(str(copied), read_only=True) as connection:
        rows = connection.execute(
            "select contact_id, top_reasons from marts.contact_scores where is_qualified and is_contactable"
            " order by lead_score desc, contact_id"
        ).fetchall()
    content = read_content(copied)
    most = LIMITS["leads"]
    assert content.headline.to_call == len(rows) > most
    assert content.leads
    assert [(lead.contact_id, "; ".join(lead.reasons or ()) or None) for lead in content.leads] == rows[:most]
    assert f"the first {most} of {len(rows)}" in Page(render(content)).text


def test_the_grid_has_every_contact_in_one_cell(content: Content, ask: Callable[..., list[tuple[Any, ...]]]) -> None:
    assert content.grid
    assert sum(cell.contacts for cell in content.grid) == content.headline.contacts
    actions = dict(ask("select lead_grade, recommended_action from rule_book.lead_grades"))
    assert all(cell.recommended_action == actions[cell.lead_grade] for cell in content.grid if cell.qualified)
    ((week_ago,),) = ask(
        "select count(*) from marts.score_history join marts.contact_scores using (contact_id)"
        " where score_history.as_of_date = ? and not contact_scores.is_excluded",
        WEEK_AGO,
    )
    assert sum(cell.contacts_7d_ago for cell in content.grid) == week_ago > 0


def test_roles_of_engaged_members_are_those_that_the_coverage_counts(
    content: Content, ask: Callable[..., list[tuple[Any, ...]]]
) -> None:
    required = {role for (role,) in ask("select buying_role from rule_book.buying_roles where is_required")}
    assert content.accounts
    for account in content.accounts:
        assert account.roles_covered == len(required & set(account.engaged_roles)), account
        assert account.required_roles in (len(required), None)
        assert not set(account.engaged_roles) & set(account.idle_roles)
    assert any(account.engaged_roles for account in content.accounts)
    assert any(account.idle_roles for account in content.accounts)


def test_the_most_active_members_are_the_engaged_ones(copy: Callable[..., Path]) -> None:
    members = [("user", 10), ("influencer", 90), ("decision_maker", 50), ("user", 5)]
    content = read_content(
        copy(
            "delete from marts.account_scores where account_id <> (select min(account_id) from marts.account_scores)",
            "update marts.account_scores set member_count = 4, breadth = 2",
            "update marts.contact_scores set account_id = null",
            "create table people as select contact_id, row_number() over (order by contact_id) as place"
            " from marts.contact_scores where not is_excluded",
            *(
                "update marts.contact_scores set account_id = (select account_id from marts.account_scores),"
                f" buying_role = '{role}', activity_score = {score}"
                f" where contact_id = (select contact_id from people where place = {place})"
                for place, (role, score) in enumerate(members, start=1)
            ),
        )
    )
    assert content.accounts
    assert [(account.engaged_roles, account.idle_roles) for account in content.accounts] == [
        (("decision_maker", "influencer"), ("user",))
    ]


def test_crossings_are_those_of_seven_days(copy: Callable[..., Path]) -> None:
    moved = copy(
        "create table turn as from marts.threshold_crossings limit 1",
        "delete from marts.threshold_crossings",
        f"""insert into marts.threshold_crossings
            select turn.* replace (
                'c' || number as crossing_id,
                date '{SAMPLE_DAY}' - (number // 2)::int as as_of_date,
                60.0 + number as score_after
            )
            from turn, range(40) as numbers (number)""",
    )
    with duckdb.connect(str(moved), read_only=True) as connection:
        days = connection.execute("select distinct as_of_date from marts.threshold_crossings").fetchall()
        rows = connection.execute(
            "select as_of_date, score_before, score_after, cause from marts.threshold_crossings where as_of_date > ?"
            " order by as_of_date desc, direction desc, score_after desc",
            [WEEK_AGO],
        ).fetchall()
    content = read_content(moved)
    assert {WEEK_AGO, WEEK_AGO + timedelta(days=1)} <= {day for (day,) in days}
    assert content.crossings
    assert sum(counted.up + counted.down for counted in content.crossing_counts) == len(rows) == 14
    assert [(turn.as_of_date, turn.score_before, turn.score_after, turn.cause) for turn in content.crossings] == rows[
        : LIMITS["crossings"]
    ]


def test_stages_stand_in_the_order_of_the_rule_book(
    content: Content, ask: Callable[..., list[tuple[Any, ...]]]
) -> None:
    order = [stage for (stage,) in ask("select stage_id from rule_book.stages order by position")]
    assert content.funnel
    assert [stage.stage_id for stage in content.funnel] == order
    assert sum(stage.contacts for stage in content.funnel) > 0


def test_the_distribution_has_every_contact_on_both_days(content: Content) -> None:
    scores = content.distribution
    assert scores
    assert scores.week_ago
    assert scores.week_ago.as_of_date == WEEK_AGO
    assert sum(row.contacts for row in scores.bins) == scores.now.contacts == content.headline.contacts
    assert sum(row.contacts_7d_ago for row in scores.bins) == scores.week_ago.contacts > 0
    assert [row.bin for row in scores.bins] == list(range(scores.bins[0].bin, scores.bins[-1].bin + 1))


def test_traffic_is_what_the_log_holds_of_known_contacts(
    content: Content, ask: Callable[..., list[tuple[Any, ...]]]
) -> None:
    rows = ask(
        "select activity_date, machine_reason, outcome from marts.event_log"
        " where not is_derived and outcome <> 'waiting' and activity_date > ?",
        SAMPLE_DAY - timedelta(days=56),
    )
    assert content.traffic
    assert sum(part.events for part in content.traffic) == len(rows)
    for weeks_ago in (0, 7):
        expected = sum((SAMPLE_DAY - day).days // 7 == weeks_ago for day, _, _ in rows)
        assert sum(part.events for part in content.traffic if part.weeks_ago == weeks_ago) == expected
    machines = sum(outcome == "machine" for _, _, outcome in rows)
    assert sum(part.events for part in content.traffic if part.machine_reason) == machines > 0


def test_the_page_says_it_all_in_words(page: str, content: Content) -> None:
    text = Page(page).text
    assert "As of Tuesday, 30 June 2026" in text
    assert content.headline.rule_book_hash in text
    assert content.leads
    assert content.leads[0].full_name
    assert content.leads[0].full_name in text
    assert content.products
    for sentence in ("Leads to call", "Thresholds crossed in the last 7 days", content.products[0].product):
        assert sentence in text


# --- what is not there ------------------------------------------------------------------------------------------------


def test_an_empty_world_has_a_page_that_says_so(copy: Callable[..., Path], built_warehouse: Path) -> None:
    with duckdb.connect(str(built_warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables"
            " where table_schema = 'marts' and table_type = 'BASE TABLE'"
        ).fetchall()
    emptied = [f"delete from marts.{table}" for (table,) in tables if table not in ("scoring_days", "event_outcomes")]
    log = "create table marts.no_events as select * from marts.event_log limit 0"
    renamed = ("drop view marts.event_log", "alter table marts.no_events rename to event_log")
    copied = copy(*emptied, "update marts.event_outcomes set events = 0", log, *renamed)
    text = Page(render(read_content(copied))).text
    for sentence in (
        "Nobody is qualified and may be contacted today.",
        "There are no contacts yet.",
        "No account has members yet.",
        "Nobody crossed a threshold in the last 7 days.",
        "The rule book has no stages.",
        "No contact has a score yet.",
        "Nobody has shown interest in a product yet.",
        "No events have come in yet.",
        "No raw row was rejected.",
    ):
        assert sentence in text


def test_a_short_history_is_said_to_be_short(copy: Callable[..., Path]) -> None:
    first = SAMPLE_DAY - timedelta(days=3)
    copied = copy(
        *(f"delete from marts.{table} where as_of_date < '{first}'" for table in ("scoring_days", "score_history")),
        "update marts.contact_scores set is_qualified_7d_ago = null",
    )
    text = Page(render(read_content(copied))).text
    assert "the history begins 27 Jun 2026" in text
    assert "has no day a week ago to compare with" in text
    assert "new this week" not in text


def test_a_change_of_rules_is_said(copy: Callable[..., Path]) -> None:
    copied = copy(f"update marts.scoring_days set rule_book_hash = 'other' where as_of_date = '{WEEK_AGO}'")
    assert "The rule book has changed in the last 7 days" in Page(render(read_content(copied))).text


def test_a_table_that_is_not_published_leaves_out_its_section_alone(copy: Callable[..., Path]) -> None:
    content = read_content(copy("drop view marts.event_log", "drop table marts.score_history"))
    assert content.missing == ("event_log", "score_history")
    assert content.traffic is content.grid is content.distribution is None
    assert content.leads
    text = Page(render(content)).text
    assert "Not shown: event_log, score_history are not among the published tables." in text
    assert "Every raw event row" in text


def test_the_publication_is_named_and_a_withheld_one_after_it_warned_of(copy: Callable[..., Path]) -> None:
    copied = copy(
        "create table marts.publication (publication_id varchar, run_id varchar, published_at timestamp,"
        " status varchar, reason varchar)",
        """insert into marts.publication values
            ('1', 'run of old', '2026-06-29 04:00', 'published', null),
            ('2', 'run of the tables', '2026-06-30 05:06', 'published', null)""",
    )
    text = Page(render(read_content(copied))).text
    assert "published 2026-06-30 05:06 UTC" in text
    assert "run of the tables" in text
    assert "not the latest" not in text
    with duckdb.connect(str(copied)) as connection:
        connection.execute(
            "insert into marts.publication values ('3', 'x', '2026-07-01 05:00', 'withheld', 'checks failed')"
        )
    text = Page(render(read_content(copied))).text
    assert "published 2026-06-30 05:06 UTC" in text
    assert "These are not the latest numbers." in text
    assert "2026-07-01 05:00 UTC was withheld: checks failed" in text


@pytest.mark.parametrize(
    ("statements", "sentence"),
    [
        (["drop table marts.contact_scores"], "lacks marts.contact_scores"),
        (["delete from marts.scoring_days"], "No day has been scored yet"),
        (["alter table marts.contact_scores drop column is_qualified_7d_ago"], "are of another version"),
    ],
)
def test_tables_that_cannot_be_reported_on_are_named(
    copy: Callable[..., Path], statements: list[str], sentence: str
) -> None:
    with pytest.raises(ReportError, match=re.escape(sentence)):
        read_content(copy(*statements))


def test_no_file_and_a_wrong_file_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="There are no published tables at"):
        read_content(tmp_path / "none.duckdb")
    wrong = tmp_path / "wrong.duckdb"
    wrong.write_text("no database", encoding="utf-8")
    with pytest.raises(ReportError, match="cannot be read"):
        read_content(wrong)


# --- hostile text -----------------------------------------------------------------------------------------------------


def assert_harmless(text: str) -> Page:
    """No tag but ours, no request, no style but the sheet that the policy names by its hash."""
    page = Page(text)
    assert page.open == []
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "img", "iframe", "object", "embed", "link", "base", "form", "a:href", "image", "audio"}
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in ("style", "src", "srcset", "action", "formaction", "xlink:href"), (tag, name)
            assert name != "href" or (value or "").startswith("#"), (tag, value)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    (policy,) = [attributes["content"] or "" for _, attributes in page.tags if "http-equiv" in attributes]
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return page


def test_the_page_asks_for_nothing_and_runs_nothing(page: str) -> None:
    assert_harmless(page)
    assert len(page.encode()) < 300_000


def test_hostile_text_stays_text(built_warehouse: Path, page: str, tmp_path: Path) -> None:
    """In every name, title, reason, action, product, stage, threshold and id."""
    text = render(read_content(hostile_copy(built_warehouse, tmp_path / "hostile.duckdb")))
    hostile = assert_harmless(text)
    of_page = Counter(tag for tag, _ in Page(page).tags)
    of_hostile = Counter(tag for tag, _ in hostile.tags)
    assert all(of_hostile[tag] == of_page[tag] for tag in ("section", "h2", "svg", "table", "tr", "style", "title"))
    for payload in ("script", "image", "attribute", "end of the style", "template", "formula"):
        assert PAYLOADS[payload] in hostile.text, payload
    assert not re.search("[\u0000-\u0008\u001b\u007f\u202a-\u202e\u2028\u2066-\u2069\ufffe\uffff]", text)
    assert "W" * 100 in text
    assert "W" * LONGEST_TEXT not in text


# --- the file ---------------------------------------------------------------------------------------------------------


def test_a_build_writes_the_page_beside_the_warehouse(built_warehouse: Path, sample_settings: Settings) -> None:
    assert sample_settings.report == built_warehouse.parent / "published" / "report.html"
    assert "As of <strong>Tuesday, 30 June 2026</strong>" in sample_settings.report.read_text(encoding="utf-8")


def test_the_page_is_replaced_as_a_whole_or_stays(
    built_warehouse: Path, tmp_path: Path, copy: Callable[..., Path]
) -> None:
    output = tmp_path / "new" / "folder" / "report.html"
    write_report(built_warehouse, output)
    before = output.read_bytes()
    with pytest.raises(ReportError):
        write_report(copy("delete from marts.scoring_days"), output)
    assert output.read_bytes() == before
    with output.open("rb") as reader:
        write_report(copy("update marts.contact_scores set full_name = 'Somebody Else'"), output)
        assert reader.read() == before
    assert output.read_bytes() != before
    assert [file.name for file in output.parent.iterdir()] == ["report.html"]


def test_equal_tables_make_equal_pages(built_warehouse: Path, page: str) -> None:
    assert render(read_content(built_warehouse)) == page


def test_a_file_that_cannot_be_written_is_one_sentence(built_warehouse: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ReportError, match=r"cannot be written to .*report\.html: "):
        write_report(built_warehouse, tmp_path / "file" / "report.html")


def test_the_command_writes_where_it_is_told_and_prints_the_path(
    built_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WAREHOUSE_ENV, str(built_warehouse))
    shutil.copytree(built_warehouse.parent / "published", tmp_path / "readers", symlinks=True)
    (tmp_path / "readers" / "report.html").unlink(missing_ok=True)
    monkeypatch.setenv(PUBLISHED_DIR_ENV, str(tmp_path / "readers"))
    for options, path in (
        ([], tmp_path / "readers" / "report.html"),
        (["--output", str(tmp_path / "x.html")], tmp_path / "x.html"),
    ):
        result = CliRunner().invoke(app, ["report", *options])
        assert result.exit_code == 0, result.output
        assert result.stdout == f"{path}\n"
        assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_command_fails_with_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WAREHOUSE_ENV, str(tmp_path / "none.duckdb"))
    result = CliRunner().invoke(app, ["report"])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: There are no published tables at")
