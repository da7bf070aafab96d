"""`lead-scoring impact` on a small built warehouse: what it leaves alone, what it refuses, and the command itself.

That its numbers are those of builds is in `test_impact_equals_builds.py`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from orchestration.impact.errors import ImpactError
from orchestration.impact.rule_books import RuleBookAt, read_rule_books, rule_book_of_working_tree
from orchestration.impact.service import ImpactOptions, measure_impact
from orchestration.settings import DEFAULT_SEEDS_DIR, IMPACT_POLICY_ENV, PULL_REQUEST_ENV
from tests.integration.impact_world import Edit, removed, with_cells

if TYPE_CHECKING:
    from pathlib import Path

    from orchestration.settings import Settings

LOUDER = Edit("point_rules", "product_page_view", with_cells(points="25"))


def edited(folder: Path, *edits: Edit) -> RuleBookAt:
    """A rule book that is the project's but for these edits."""
    shutil.copytree(DEFAULT_SEEDS_DIR, folder / "edited", ignore=shutil.ignore_patterns(".*"))
    for edit in edits:
        edit.apply(folder / "edited")
    return rule_book_of_working_tree(folder / "edited", folder / "head")


def original(folder: Path) -> RuleBookAt:
    return rule_book_of_working_tree(DEFAULT_SEEDS_DIR, folder / "base")


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_the_warehouse_is_only_read_and_raw_events_are_not(
    sample_settings: Settings, built_warehouse: Path, tmp_path: Path
) -> None:
    before = digest(built_warehouse)
    files = {path.name for path in built_warehouse.parent.iterdir()}
    assert sample_settings.raw_dir is not None
    events = sample_settings.raw_dir / "events.parquet"
    events.rename(tmp_path / "events.parquet")
    try:
        impact = measure_impact(sample_settings, original(tmp_path), edited(tmp_path, LOUDER))
    finally:
        (tmp_path / "events.parquet").rename(events)
    assert impact.headline.contacts_with_other_score > 0
    assert impact.base.is_stored
    assert impact.broken_checks == ()
    assert impact.rebuild.is_numbers_only
    assert [(effect.file, effect.rule_id) for effect in impact.effects] == [("point_rules", "product_page_view")]
    assert digest(built_warehouse) == before
    assert {path.name for path in built_warehouse.parent.iterdir()} == files


@pytest.mark.slow
def test_both_directions_are_each_others_mirror(
    sample_settings: Settings, built_warehouse: Path, tmp_path: Path
) -> None:
    """Where the base is not what the warehouse was built with, it is scored as well."""
    assert built_warehouse.exists()
    options = ImpactOptions(with_next_run=False)
    base, head = original(tmp_path), edited(tmp_path, LOUDER)
    forth = measure_impact(sample_settings, base, head, options)
    back = measure_impact(sample_settings, head, base, options)
    assert (back.base.is_stored, back.head.is_stored) == (False, True)
    assert "another rule book than the base" in back.notes[0]
    assert {(m.grade_before, m.grade_after, m.contacts) for m in forth.grade_moves} == {
        (m.grade_after, m.grade_before, m.contacts) for m in back.grade_moves
    }
    assert [effect.points for effect in back.effects] == pytest.approx([-effect.points for effect in forth.effects])
    assert forth.next_run is None


@pytest.mark.slow
def test_where_raw_contacts_moved_on_rules_alone_make_the_difference(
    sample_settings: Settings, built_warehouse: Path, tmp_path: Path
) -> None:
    """Accounts are read anew; one that came since the last build is on both sides, or it would be the rules' doing."""
    warehouse = tmp_path / "copy" / "warehouse.duckdb"
    warehouse.parent.mkdir()
    shutil.copyfile(built_warehouse, warehouse)
    assert sample_settings.raw_dir is not None
    accounts = sample_settings.raw_dir / "accounts.parquet"
    shutil.copyfile(accounts, tmp_path / "accounts.parquet")
    try:
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (from '{tmp_path}/accounts.parquet' union all by name select 'acc_new' as account_id,"
                f" 'Newcomer' as account_name, updated_at from '{tmp_path}/accounts.parquet' limit 1000)"
                f" to '{accounts}' (format parquet)"
            )
        impact = measure_impact(
            replace(sample_settings, warehouse=warehouse),
            original(tmp_path),
            edited(tmp_path, Edit("thresholds", "high_interest", with_cells(value="79"))),
            ImpactOptions(with_next_run=False),
        )
    finally:
        shutil.copyfile(tmp_path / "accounts.parquet", accounts)
    assert impact.headline.contacts_with_other_score == 0
    assert all(move.moved == 0 for move in impact.moves)


@pytest.mark.slow
def test_a_warehouse_of_another_version_is_refused(
    sample_settings: Settings, built_warehouse: Path, tmp_path: Path
) -> None:
    warehouse = copy_with(
        built_warehouse, tmp_path, "update intermediate.int_completed_run set pipeline_hash = 'other'"
    )
    with pytest.raises(ImpactError, match="another version of this project"):
        measure_impact(replace(sample_settings, warehouse=warehouse), original(tmp_path), edited(tmp_path, LOUDER))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("update intermediate.int_run_scope set run_id = 'killed'", "not finished"),
        ("update marts.contact_scores set rule_book_hash = 'half'", "not finished"),
        ("delete from marts.scoring_days", "No day has been scored yet"),
    ],
)
def test_a_warehouse_that_is_not_finished_is_refused(
    sample_settings: Settings, built_warehouse: Path, tmp_path: Path, damage: str, said: str
) -> None:
    warehouse = copy_with(built_warehouse, tmp_path, damage)
    with pytest.raises(ImpactError, match=said):
        measure_impact(replace(sample_settings, warehouse=warehouse), original(tmp_path), original(tmp_path / "again"))


def test_no_warehouse_is_one_sentence(sample_settings: Settings, tmp_path: Path) -> None:
    nowhere = replace(sample_settings, warehouse=tmp_path / "nowhere.duckdb")
    with pytest.raises(ImpactError, match="There is no warehouse"):
        measure_impact(nowhere, original(tmp_path), original(tmp_path / "again"))


def copy_with(warehouse: Path, folder: Path, sql: str) -> Path:
    copied = folder / "copy" / "warehouse.duckdb"
    copied.parent.mkdir()
    shutil.copyfile(warehouse, copied)
    with duckdb.connect(str(copied)) as connection:
        connection.execute(sql)
    return copied


# --- rule books of commits


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose rule book lies in a subfolder; its commit is `main`."""
    root = tmp_path / "a repository"
    shutil.copytree(DEFAULT_SEEDS_DIR, root / "in here" / "seeds")
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "rules")
    return root


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=test", "-c", "user.email=test@lumenforge.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


def test_rule_books_are_those_of_a_commit_and_of_the_working_tree(repository: Path, tmp_path: Path) -> None:
    seeds_dir = repository / "in here" / "seeds"
    Edit("point_rules", "product_page_view", removed).apply(seeds_dir)
    base, head = read_rule_books(seeds_dir, "main", None, tmp_path / "books")
    assert len(base.book.point_rules) == len(head.book.point_rules) + 1
    assert (base.name, len(base.commit), head.commit) == ("main", 40, "")
    assert len(read_rule_books(seeds_dir, "HEAD", "main", tmp_path / "both")[1].book.point_rules) == len(
        base.book.point_rules
    )


@pytest.mark.parametrize("ref", ["no-such-branch", "--output=/tmp/x", "-h", "", "main:README.md", "@{99}"])
def test_what_is_no_commit_is_told(repository: Path, tmp_path: Path, ref: str) -> None:
    with pytest.raises(ImpactError, match="is no commit"):
        read_rule_books(repository / "in here" / "seeds", ref, None, tmp_path / "books")


def test_a_commit_without_the_folder_or_with_a_broken_rule_book_is_told(repository: Path, tmp_path: Path) -> None:
    seeds_dir = repository / "in here" / "seeds"
    (seeds_dir / "point_rules.csv").write_text("rule_id\nx\n", encoding="utf-8")
    with pytest.raises(ImpactError, match=r"working tree is not valid(.|\n)*point_rules\.csv:1"):
        read_rule_books(seeds_dir, "main", None, tmp_path / "broken")
    git(repository, "switch", "--quiet", "--discard-changes", "main")
    git(repository, "switch", "--quiet", "--orphan", "empty")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "nothing")
    git(repository, "switch", "--quiet", "main")
    with pytest.raises(ImpactError, match="empty has no folder in here/seeds"):
        read_rule_books(seeds_dir, "empty", None, tmp_path / "missing")


def test_a_rule_book_outside_a_repository_is_told(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    with pytest.raises(ImpactError, match="not a git repository"):
        read_rule_books(tmp_path / "seeds", "main", None, tmp_path / "books")


# --- the command


@pytest.mark.slow
def test_the_command_tells_it_in_every_form_and_keeps_the_limits(
    sample_settings: Settings, built_warehouse: Path, repository: Path, tmp_path: Path
) -> None:
    assert built_warehouse.exists()
    seeds_dir = repository / "in here" / "seeds"
    LOUDER.apply(seeds_dir)
    policy = tmp_path / "impact.toml"
    policy.write_text("[limits]\ncontact_grade_changes_share = 0.0\n", encoding="utf-8")
    settings = replace(sample_settings, seeds_dir=seeds_dir, impact_policy=policy)
    environment = {**os.environ, **settings.as_environment()}

    def run(*options: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from orchestration.cli import main; main()", "impact", "--base", "main"]
        return subprocess.run([*command, *options], env=environment | more, capture_output=True, text=True, timeout=600)

    files = [tmp_path / "out" / name for name in ("i.md", "i.html", "i.csv")]
    files[2].parent.mkdir()
    told = run("--json", "--markdown", str(files[0]), "--html", str(files[1]), "--changed", str(files[2]))
    assert told.returncode == 2, told.stderr
    answer: dict[str, Any] = json.loads(told.stdout)
    assert answer["verdict"]["is_failure"]
    assert answer["headline"]["contacts_with_other_grade"] > 0
    assert "Impact of the rule change" in files[0].read_text(encoding="utf-8")
    assert "Impact of a rule change" in files[1].read_text(encoding="utf-8")
    with duckdb.connect() as connection:
        listed = connection.execute(
            f"select count(*) from '{files[2]}' where entity = 'contact' and grade_before <> grade_after"
        ).fetchall()[0][0]
    assert listed == answer["headline"]["contacts_with_other_grade"]

    accepted = run(**{PULL_REQUEST_ENV: "Impact-accepted: agreed with sales"})
    assert accepted.returncode == 0, accepted.stderr
    assert "product_page_view" in accepted.stdout
    assert "agreed with sales" in accepted.stdout
    wrong = run(**{IMPACT_POLICY_ENV: str(tmp_path / "nowhere.toml")})
    assert (wrong.returncode, "cannot be read" in wrong.stderr) == (1, True)
