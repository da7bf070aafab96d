"""The workflows of examples/github: what a fork may do, and every `run:` step in bash, in a copy of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from orchestration.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOWS = PROJECT_ROOT / "examples" / "github"
IMPACT = "Whom does it move?"
EXPRESSION = re.compile(r"\$\{\{\s*([^}]+?)\s*\}\}")


def workflow(name: str) -> dict[str, Any]:
    # PyYAML reads YAML 1.1, where `on` is true.
    document: dict[Any, Any] = yaml.safe_load((WORKFLOWS / f"{name}.yml").read_text(encoding="utf-8"))
    document["on"] = document.pop(True)
    return document


def steps_of(name: str) -> list[dict[str, Any]]:
    [job] = workflow(name)["jobs"].values()
    steps: list[dict[str, Any]] = job["steps"]
    return steps


@pytest.mark.parametrize("name", ["score-changes", "score-changes-comment"])
def test_nothing_of_a_pull_request_is_spliced_into_a_script(name: str) -> None:
    assert all("${{" not in step.get("run", "") for step in steps_of(name))


def test_a_fork_needs_no_secret_and_gets_no_write_access() -> None:
    text = (WORKFLOWS / "score-changes.yml").read_text(encoding="utf-8")
    first, second = workflow("score-changes"), workflow("score-changes-comment")
    assert set(first["on"]) == {"pull_request"}
    assert first["permissions"] == {"contents": "read"}
    assert "secrets." not in text
    assert "github.token" not in text
    assert set(second["on"]) == {"workflow_run"}
    assert second["on"]["workflow_run"]["workflows"] == [first["name"]]
    assert second["permissions"] == {"actions": "read", "pull-requests": "write"}
    # With write access, nothing of the pull request is checked out or run.
    assert [step["uses"].partition("@")[0] for step in steps_of("score-changes-comment") if "uses" in step] == [
        "actions/download-artifact"
    ]


class Runner:
    """As much of GitHub's runner as the steps see: expressions, files that carry variables on, a summary."""

    def __init__(self, folder: Path, checkout: Path, path: str, context: dict[str, str]) -> None:
        self.checkout, self.context = checkout, context
        self.summary, self.variables = folder / "summary.md", folder / "variables"
        for file in (self.summary, self.variables):
            file.touch()
        (folder / "temp").mkdir()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEAD_SCORING", "DAGSTER"))}
        self.environment = kept | {
            "PATH": path,
            "CI": "true",
            "RUNNER_TEMP": str(folder / "temp"),
            "GITHUB_WORKSPACE": str(checkout),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_ENV": str(self.variables),
        }

    def value(self, text: object) -> str:
        """A value of `env:` with its expressions replaced; one that the context lacks is an error of the workflow."""
        return EXPRESSION.sub(lambda match: self.context[match[1]], str(text))

    def run(self, step: dict[str, Any], **extra: str) -> subprocess.CompletedProcess[str]:
        """One `run:` step, by the options that GitHub gives bash."""
        carried = dict(line.split("=", 1) for line in self.variables.read_text(encoding="utf-8").splitlines())
        own = {name: self.value(value) for name, value in step.get("env", {}).items()}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.checkout,
            env={**self.environment, **carried, **own, **extra},
            capture_output=True,
            text=True,
            check=False,
        )


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository of the project as it is here, and a commit on top that raises the points of one rule."""
    folder = tmp_path / "checkout"
    listed = git(PROJECT_ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    for name in filter(None, listed):
        source, target = PROJECT_ROOT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "before")
    rules = folder / "seeds" / "point_rules.csv"
    text = rules.read_text(encoding="utf-8")
    changed = re.sub(r"(?m)^(webinar_attended,.*?,)15(,1,object)", r"\g<1>20\2", text)
    assert changed != text
    rules.write_text(changed, encoding="utf-8")
    git(folder, "commit", "--quiet", "--all", "--message", "Webinars count more")
    return folder


@pytest.fixture
def fresh_path(tmp_path: Path) -> str:
    """PATH of a new environment that has this one's packages beside it, but not this project."""
    folder = tmp_path / "python"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    [site] = folder.glob("lib/python*/site-packages")
    (site / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.slow
def test_the_steps_of_a_pull_request_run(tmp_path: Path, checkout: Path, fresh_path: str) -> None:
    context = {
        "github.event.pull_request.base.sha": git(checkout, "rev-parse", "HEAD~1"),
        "github.event.pull_request.number": "7",
        "github.event.pull_request.body": "Webinars are where our buyers are.\n\nImpact-accepted: decided with sales\n",
    }
    runner = Runner(tmp_path, checkout, fresh_path, context)
    ran = []
    for step in steps_of("score-changes"):
        if "run" not in step or step.get("if") == "vars.LEAD_SCORING_WAREHOUSE_URL != ''":
            continue
        # A small company; an environment variable of the step is what a user would change as well.
        small = {"SAMPLE_CONTACTS": "60"} if "SAMPLE_CONTACTS" in step.get("env", {}) else {}
        done = runner.run(step, **small)
        if step["name"] == "Install" and "No matching distribution" in done.stderr:
            pytest.skip("no package index can be reached")
        assert done.returncode == 0, f"{step['name']}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        ran.append(step["name"])
    assert len(ran) >= 5
    assert (tmp_path / "temp" / "scoring" / "warehouse.duckdb").exists()
    assert (checkout / "impact" / "pull_request").read_text(encoding="utf-8") == "7\n"
    assert (checkout / "impact" / "impact.html").stat().st_size > 0
    assert runner.summary.read_text(encoding="utf-8") == (checkout / "impact" / "impact.md").read_text(encoding="utf-8")


def impact_step() -> dict[str, Any]:
    return next(step for step in steps_of("score-changes") if step.get("name") == IMPACT)


def program(folder: Path, name: str, script: str) -> str:
    """PATH with a program of that name in front."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/usr/bin/env bash\n{script}")
    path.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize("policy", [0, 3])
def test_the_report_is_there_even_if_the_policy_fails(tmp_path: Path, policy: int) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    script = (
        'while [ "$1" != --markdown ]; do shift; done\n'
        f'echo "moved ${{LEAD_SCORING_WAREHOUSE:-nobody}}" | tee "$2" > "$4"; exit {policy}\n'
    )
    context = {f"github.event.pull_request.{name}": "abc" for name in ("base.sha", "number", "body")}
    runner = Runner(tmp_path, checkout, program(tmp_path / "bin", "lead-scoring", script), context)
    runner.variables.write_text("LEAD_SCORING_WAREHOUSE=/a copy.duckdb\n")
    assert runner.run(impact_step()).returncode == policy
    assert runner.summary.read_text() == "moved /a copy.duckdb\n"
    assert (checkout / "impact" / "impact.html").exists()


def comment(tmp_path: Path, number: str, existing: str = "") -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run the step that comments, with a `gh` that writes down what it is asked; pull request 7 has head `abc`."""
    checkout, calls = tmp_path / "checkout", tmp_path / "calls"
    (checkout / "impact").mkdir(parents=True)
    (checkout / "impact" / "pull_request").write_text(number)
    (checkout / "impact" / "impact.md").write_text("## Impact\n" + "x" * 100_000)
    calls.touch()
    script = f"""
echo "$*" >> {calls}
case "$*" in
  *pulls/7*) echo abc;;
  *pulls/*) echo other;;
  *--paginate*) echo "{existing}";;
esac
"""
    context = {
        "github.token": "t",
        "github.repository": "acme/scores",
        "github.event.workflow_run.head_sha": "abc",
        "github.event.workflow_run.html_url": "https://github.example/acme/scores/actions/runs/1",
    }
    runner = Runner(tmp_path, checkout, program(tmp_path / "bin", "gh", script), context)
    [step] = [step for step in steps_of("score-changes-comment") if "run" in step]
    return runner.run(step), calls.read_text().splitlines()


def test_the_first_comment_is_posted_and_the_next_one_renews_it(tmp_path: Path) -> None:
    renewed = {"": "POST repos/acme/scores/issues/7/comments", "42": "PATCH repos/acme/scores/issues/comments/42"}
    for existing, asked in renewed.items():
        folder = tmp_path / (existing or "first")
        folder.mkdir()
        done, calls = comment(folder, "7\n", existing)
        assert done.returncode == 0, done.stderr
        assert f"--method {asked}" in calls[-1]
        text = (folder / "checkout" / "comment.md").read_text()
        assert text.startswith("<!-- lead-scoring impact -->\n## Impact\n")
        assert "(https://github.example/acme/scores/actions/runs/1#artifacts)" in text.splitlines()[-1]
        assert len(text) < 65_536


@pytest.mark.parametrize("number", ["", "x", "7; gh secret list", "$(id)", "../8", "7 8"])
def test_a_number_that_is_none_is_refused(tmp_path: Path, number: str) -> None:
    done, calls = comment(tmp_path, number)
    assert done.returncode == 1
    assert calls == []


def test_another_pull_request_is_not_commented(tmp_path: Path) -> None:
    done, calls = comment(tmp_path, "8")
    assert done.returncode == 0
    assert "a newer commit" in done.stdout
    assert [call for call in calls if "comments" in call] == []
