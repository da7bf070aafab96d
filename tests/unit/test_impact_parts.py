"""The parts of an impact without a warehouse: differences of rule books, selection, limits, alerts, texts."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest

from orchestration.impact import content, scratch, sentences
from orchestration.impact.alerts import alerts_of
from orchestration.impact.content import CrossingTotal, Impact, NextRun, Rebuild, SideFacts, Verdict
from orchestration.impact.errors import ImpactError
from orchestration.impact.markdown import as_markdown, escaped
from orchestration.impact.page import render
from orchestration.impact.policy import ACCEPTANCE, Policy, accepted_in, judge, load_policy
from orchestration.impact.rule_changes import ColumnChange, RuleChange, changes_between
from orchestration.impact.scratch import open_scratch
from orchestration.impact.selection import NEVER, OWN_PATTERNS, READS
from orchestration.report.words import clean
from orchestration.rule_book import read_rule_book
from orchestration.settings import DBT_PROJECT_DIR, DEFAULT_IMPACT_POLICY, DEFAULT_SEEDS_DIR

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "<img src=x onerror=alert(1)> | `x` @everyone ![x](http://evil.example) \u202egnp #12 a-1 </td>"


def model_sql(name: str) -> str:
    return next((DBT_PROJECT_DIR / "models").rglob(f"{name}.sql")).read_text(encoding="utf-8")


# --- differences of rule books


def test_rules_are_added_removed_and_changed() -> None:
    book, errors = read_rule_book(DEFAULT_SEEDS_DIR)
    assert not errors
    first, second, *others = book.point_rules
    louder = replace(second, points=second.points + 1, cells={**second.cells, "points": "99"})
    new = replace(first, rule_id="brand_new")
    changes = changes_between(book, replace(book, point_rules=(louder, new, *others)))
    assert {change.key: change for change in changes} == {
        "brand_new": RuleChange("point_rules", "brand_new", "added", (), first.description),
        first.rule_id: RuleChange("point_rules", first.rule_id, "removed", (), first.description),
        second.rule_id: RuleChange(
            "point_rules",
            second.rule_id,
            "changed",
            (ColumnChange("points", second.cells["points"], "99"),),
            second.description,
        ),
    }


def test_order_of_rows_and_spelling_of_patterns_are_no_difference() -> None:
    book, _ = read_rule_book(DEFAULT_SEEDS_DIR)
    rules = tuple(
        replace(rule, object_pattern=rule.object_pattern.upper() if rule.object_pattern else None)
        for rule in reversed(book.point_rules)
    )
    assert changes_between(book, replace(book, point_rules=rules)) == ()


def test_another_description_moves_no_score() -> None:
    book, _ = read_rule_book(DEFAULT_SEEDS_DIR)
    worded = replace(book.thresholds[0], description="in other words")
    (change,) = changes_between(book, replace(book, thresholds=(worded, *book.thresholds[1:])))
    assert change.is_text_only
    assert sentences.edit_of(change) == "description only"


# --- which models are left out, and why they may be


@pytest.mark.parametrize(("file", "model"), [(file, model) for file, models in READS.items() for model in models])
def test_models_read_of_a_file_only_the_columns_that_are_named(file: str, model: str) -> None:
    """A column that the model's SQL names and READS does not would be a change that goes unseen."""
    header = (DEFAULT_SEEDS_DIR / f"{file}.csv").read_text(encoding="utf-8").partition("\n")[0].split(",")
    words = set(re.findall(r"[a-z_]+", re.sub(r"--.*|'[^']*'", "", model_sql(model))))
    # Of rows that the staging view filters or joins by, every reader depends.
    named = {column for column in header if column in words} | ({"enabled"} & set(header))
    assert named - READ_FROM_ELSEWHERE.get((file, model), set()) <= set(READS[file][model])


READ_FROM_ELSEWHERE: dict[tuple[str, str], set[str]] = {}
"""Columns that the model names, and reads from another file that has them too."""


@pytest.mark.parametrize(("model", "file"), OWN_PATTERNS.items())
def test_who_reads_matches_looks_up_patterns_of_one_file(model: str, file: str) -> None:
    sql = model_sql(model)
    assert "ref('int_pattern_matches')" in sql
    pattern_columns = {
        "point_rules": ("object_pattern", "campaign_pattern"),
        "content_map": ("object_pattern",),
        "exclusions": ("exclusions.pattern",),
        "fit_rules": ("operand",),
        "title_weights": ("title_pattern",),
        "bot_user_agents": ("field = 'user_agent'",),
    }[file]
    assert all(column in sql for column in pattern_columns)
    assert f"ref('{file}')" in sql or f"ref('stg_rule_book__{file}')" in sql or file == "bot_user_agents"


def test_every_reader_of_pattern_matches_is_known() -> None:
    readers = {
        path.stem
        for path in (DBT_PROJECT_DIR / "models").rglob("*.sql")
        if "ref('int_pattern_matches')" in path.read_text(encoding="utf-8")
    }
    assert readers == set(OWN_PATTERNS)


def test_no_model_that_reads_raw_events_is_ever_built() -> None:
    readers = {
        path.stem
        for path in (DBT_PROJECT_DIR / "models").rglob("*.sql")
        if re.search(
            r"raw_rows\('events'\)|distinct_raw_rows\(\s*'events'|ref\('base_raw__events'\)",
            path.read_text(encoding="utf-8"),
        )
    }
    assert readers
    assert readers <= NEVER


# --- limits


def test_limits_are_read_and_every_mistake_is_told(tmp_path: Path) -> None:
    file = tmp_path / "impact.toml"
    file.write_text("[limits]\ncontact_grade_changes_share = 0.05\nnewly_qualified = 0\n", encoding="utf-8")
    policy = load_policy(file)
    assert (policy.contact_grade_changes_share, policy.newly_qualified, policy.alerts) == (0.05, 0, None)
    file.write_text(
        "limit = 1\n[limits]\ncontact_grade_change_share = 0.05\nalerts = -1\nno_longer_qualified_share = 5.0\n",
        encoding="utf-8",
    )
    with pytest.raises(ImpactError) as raised:
        load_policy(file)
    lines = str(raised.value).splitlines()
    assert len(lines) == 4
    assert "did you mean contact_grade_changes_share?" in str(raised.value)
    assert "impact.toml: limits.alerts: -1 is not valid; valid: a whole number of at least 0" in lines
    assert "impact.toml: limits.no_longer_qualified_share: 5.0 is not valid; valid: a share from 0 to 1" in lines


@pytest.mark.parametrize("text", ["[limits", "\xff", "limits = 3"])
def test_a_policy_that_cannot_be_read_is_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "impact.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ImpactError, match=r"impact\.toml"):
        load_policy(file)


def test_the_policy_of_this_repository_is_valid() -> None:
    assert load_policy(DEFAULT_IMPACT_POLICY).contact_grade_changes_share == 0.05


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"More points for webinars.\n\n{ACCEPTANCE}: agreed with sales\r\n", "agreed with sales"),
        (f"  {ACCEPTANCE.lower()}:   yes  ", "yes"),
        (f"{ACCEPTANCE}:", ""),
        (f"{ACCEPTANCE}:\nnext line", ""),
        (f"<!-- {ACCEPTANCE}: why -->", ""),
        (f"<!--\n{ACCEPTANCE}: why", ""),
        (f"write `{ACCEPTANCE}: why` to accept", ""),
        ("", ""),
    ],
)
def test_a_pull_request_accepts_with_a_line_of_its_text(text: str, reason: str) -> None:
    assert accepted_in(text) == reason


def test_a_limit_is_passed_above_it_and_acceptance_forgives() -> None:
    impact = an_impact()
    at_the_limit = judge(impact, Policy(contact_grade_changes_share=0.5), "impact.toml", "")
    assert not at_the_limit.is_failure
    beyond = judge(impact, Policy(contact_grade_changes_share=0.49, newly_qualified=3), "impact.toml", "")
    assert beyond.is_failure
    assert [limit.value for limit in beyond.passed] == [0.5]
    assert not judge(impact, Policy(contact_grade_changes_share=0.49), "impact.toml", "agreed").is_failure


def test_a_limit_that_cannot_be_checked_is_an_error() -> None:
    for impact in (replace(an_impact(), next_run=None), an_impact()):
        with pytest.raises(ImpactError, match=r"limits\.alerts cannot be checked"):
            judge(impact, Policy(alerts=5), "impact.toml", "")


# --- alerts


def test_alerts_are_counted_with_filters_and_the_cap_against_floods(tmp_path: Path) -> None:
    config = tmp_path / "alerts.toml"
    config.write_text(
        """
        [sinks.few]
        type = "slack"
        url_env = "SLACK_URL"
        max_per_run = 9
        [sinks.ups]
        type = "webhook"
        url = "https://crm.lumenforge.example/hook"
        secret_env = "SECRET"
        directions = ["up"]
        max_per_run = 10
        [sinks.quiet]
        type = "slack"
        url_env = "SLACK_URL"
        causes = ["activity"]
        [sinks.file]
        type = "csv"
        path = "crossings.csv"
        """,
        encoding="utf-8",
    )
    totals = [a_total(direction="up", crossings=10), a_total(direction="down", crossings=500)]
    counted = {
        alerts.sink: (alerts.crossings, alerts.messages, alerts.is_summary) for alerts in alerts_of(config, totals)
    }
    assert counted == {
        "few": (510, 1, True),
        "ups": (10, 10, False),
        "quiet": (0, 0, False),
        "file": (510, 510, False),
    }


# --- what is in the way


def test_a_file_that_is_no_warehouse_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    file.write_bytes(b"not a database" * 1000)
    with (
        pytest.raises(ImpactError, match="cannot be read"),
        open_scratch(tmp_path / "s" / "warehouse.duckdb", file, ""),
    ):
        pass


def test_a_warehouse_that_somebody_writes_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "_SECONDS_BETWEEN_LOCKED_ATTEMPTS", ())
    file = tmp_path / "warehouse.duckdb"
    writer = f"import duckdb, sys; c = duckdb.connect({str(file)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", writer], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        scratch_file = tmp_path / "s" / "warehouse.duckdb"
        with pytest.raises(ImpactError, match="A build has the warehouse"), open_scratch(scratch_file, file, ""):
            pass
        process.stdin.close()


def test_relations_of_the_warehouse_are_there_without_being_copied(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute('create schema marts; create table marts."odd "" name" as select 7 as n')
        connection.execute('create view marts.first as select * from marts."odd "" name"')
        connection.execute("create view marts.a_second as select n + 1 as n from marts.first")
    with open_scratch(tmp_path / "s" / "warehouse.duckdb", file, "100MB") as mirrored:
        mirrored.mirror()
        assert mirrored.rows("from marts.a_second") == [(8,)]
        # What is put in a relation's place is what the views above it read.
        mirrored.connection.execute('drop view marts."odd "" name"; create table marts."odd "" name" as select 1 as n')
        assert mirrored.rows("from marts.a_second") == [(2,)]
        with pytest.raises(duckdb.Error):
            mirrored.connection.execute('insert into stored.marts."odd "" name" values (1)')


# --- how it is told


def test_markdown_holds_no_markup_that_a_name_brought() -> None:
    text = as_markdown(an_impact(HOSTILE))
    assert "<img" not in text
    assert "`x`" not in text
    assert "@everyone" not in text
    assert "http://evil" not in text
    assert "\u202e" not in text
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert sum("img" in table for table in tables) >= 4
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1, table


def test_markdown_fits_into_a_comment_however_much_there_is() -> None:
    impact = an_impact(HOSTILE)
    huge = replace(
        impact,
        leads=impact.leads * 10_000,
        effects=impact.effects * 10_000,
        changes=tuple(RuleChange("bot_user_agents", HOSTILE * 9, "added") for _ in range(10_000)),
    )
    assert len(as_markdown(huge)) < 65_536


def test_plain_words_stay_readable_in_markdown() -> None:
    assert escaped("Ada Lovelace, CTO & founder") == "Ada Lovelace, CTO &amp; founder"


def test_the_page_escapes_everything_and_allows_nothing_but_its_sheet() -> None:
    # Raw text is cleaned where it is read.
    page = render(an_impact(clean(HOSTILE)))
    assert "<img" not in page
    assert "default-src 'none'" in page
    assert " style=" not in page
    assert "<script" not in page
    assert "\u202e" not in page
    assert page.count("<table") >= 6
    assert page.count('class="stay"') == 16


def test_an_impact_of_nothing_is_told_in_every_form() -> None:
    nothing = replace(
        an_impact(), changes=(), leads=(), effects=(), scores=(), accounts=(), distribution=None, next_run=None
    )
    assert "both rule books say the same" in as_markdown(nothing)
    assert "both rule books say the same" in render(nothing)


def test_the_cost_of_a_rebuild_is_told() -> None:
    impact = an_impact()
    assert "Only numbers change" in sentences.rebuild_of(impact)
    work = Rebuild(2, 1234, 1, 0, reads_raw_events=False, models=9)
    assert sentences.rebuild_of(replace(impact, rebuild=work)) == (
        "The next build has work to do: 2 rules looked up for every contact, 1,234 hits written, "
        "all events of 1 contact judged again."
    )


def test_small_shares_are_not_rounded_to_the_limit() -> None:
    assert sentences.percent_exactly(0.0004) == "< 1 %"
    assert sentences.percent_exactly(0.0512) == "5.1 %"
    assert sentences.percent_exactly(0.0) == "0.0 %"


def a_total(**differences: object) -> CrossingTotal:
    fields = {
        "entity": "contact",
        "threshold_id": "high_interest",
        "direction": "up",
        "cause": "rules",
        "action": None,
        "crossings": 1,
        "by_rules": 1,
    }
    return CrossingTotal(**{**fields, **differences})  # type: ignore[arg-type]


def an_impact(name: str = "Ada") -> Impact:
    """A small impact: two contacts, one of which becomes qualified. `name`: of everything that has one."""
    return Impact(
        as_of_date=date(2026, 6, 30),
        base=SideFacts("main", "0123456789abcdef", "aaaaaaaaaaaa", is_stored=True),
        head=SideFacts("working tree", "", "bbbbbbbbbbbb", is_stored=False),
        changes=(RuleChange("point_rules", name, "changed", (ColumnChange("points", "1", name),), name),),
        headline=content.Headline(
            contacts=2,
            accounts=1,
            contacts_with_other_score=1,
            contacts_with_other_grade=1,
            accounts_with_other_grade=0,
            qualified_before=0,
            qualified_after=1,
            newly_qualified=1,
            no_longer_qualified=0,
            accounts_qualified_before=0,
            accounts_qualified_after=0,
            newly_excluded=0,
            no_longer_excluded=0,
        ),
        moves=(
            content.Move(entity="contact", what="grade", direction="other grade", moved=1),
            content.Move(entity="account", what="grade", direction="other grade", moved=0),
        ),
        grade_moves=(
            content.GradeMove(grade_before="B2", grade_after="A4", contacts=1),
            content.GradeMove(grade_before="D1", grade_after="D1", contacts=1),
        ),
        leads=(
            content.Lead(
                is_new=True,
                contact_id="c1",
                full_name=name,
                job_title=name,
                account_name=name,
                lead_grade_before="B2",
                lead_grade_after="A4",
                lead_score_before=50.0,
                lead_score_after=70.0,
                cause_file="point_rules",
                cause=name,
                cause_points=20.0,
            ),
        ),
        accounts=(),
        effects=(
            content.Effect(
                file="point_rules", rule_id=name, score_id="activity", contacts_up=1, contacts_down=0, points=20.0
            ),
        ),
        scores=(
            content.ScoreTotal(
                score_id="activity", effects=20.0, limited_contacts=0, limits=0.0, points=20.0, lead_points=12.0
            ),
        ),
        checks=(content.Check(name="effects add up", failures=0),),
        distribution=content.Distribution(
            width=10,
            before=content.ScoreDay(is_after=False, contacts=2, lowest=0.0, highest=50.0, median=25.0, mean=25.0),
            after=content.ScoreDay(is_after=True, contacts=2, lowest=0.0, highest=70.0, median=35.0, mean=35.0),
            bins=(
                content.Bin(bin=0, contacts_before=1, contacts_after=1),
                content.Bin(bin=5, contacts_before=1, contacts_after=0),
                content.Bin(bin=7, contacts_before=0, contacts_after=1),
            ),
        ),
        products=(
            content.Product(
                product_id="p", product_name=name, interested_before=1, interested_after=2, top_before=1, top_after=2
            ),
        ),
        next_run=NextRun(date(2026, 7, 1), (a_total(threshold_id=name),), ()),
        rebuild=Rebuild(0, 0, 0, 0, reads_raw_events=False, models=37),
        seconds={"score": 1.0},
        verdict=Verdict(),
    )
