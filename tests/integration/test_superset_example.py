"""examples/superset on a real Superset: the dashboard shows each publication, on DuckDB and on PostgreSQL.

Needs Superset (`make superset`) and Chromium; the part on PostgreSQL a server. Skips, saying so, where one is missing.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

import duckdb
import pytest

from orchestration.build import BuildRequest, BuildStatus, run_build
from orchestration.publish.postgres import Postgres, follow_with_postgres
from orchestration.sample import write_sample
from orchestration.settings import DAGSTER_HOME_ENV, DEFAULT_SEEDS_DIR, PROJECT_ROOT, Settings
from tests.browser import DEADLINE_SECONDS, Tab, open_browser
from tests.conftest import SAMPLE_DAY
from tests.postgres_server import postgres_server, url_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

EXAMPLE = PROJECT_ROOT / "examples" / "superset"
PROGRAMS = PROJECT_ROOT / ".venv-superset" / "bin"
PASSWORD = "a secret of the test"  # noqa: S105 - of a server that lives for a test
CHARTS = len(list((EXAMPLE / "dashboard" / "charts").glob("*.yaml")))
HISTORY_DAYS = 14
WIDTH, HEIGHT = 1440, 2000
# Keeps each chart's question and the answer to it, by the chart's id.
LISTEN = """
window.charts = {};
const ask = window.fetch;
window.fetch = async (address, options) => {
  const answer = await ask(address, options);
  const url = new URL(address?.url ?? address, location);
  if (url.pathname === '/api/v1/chart/data' && url.searchParams.has('form_data')) {
    const id = JSON.parse(url.searchParams.get('form_data')).slice_id;
    const content = await answer.clone().json().catch(() => null);
    const {method, headers, body} = options;  // not its signal, which ends what takes a minute
    window.charts[id] = {url: url.href, options: {method, headers, body}, status: answer.status, content};
  }
  return answer;
};
"""
LOG_ON = """
(async (username, password) => {
  const page = new DOMParser().parseFromString(await (await fetch('/login/')).text(), 'text/html');
  const csrf_token = page.querySelector('#csrf_token').value;
  const answer = await fetch('/login/', {method: 'POST', body: new URLSearchParams({csrf_token, username, password})});
  return answer.url;
})
"""
# Asks for the data of all charts once more, at the same time: what Superset's own page asks.
ASK_AGAIN = """
Promise.all(Object.entries(window.charts).map(async ([id, {url, options}]) => {
  const answer = await fetch(url, options);
  return [id, {status: answer.status, content: await answer.json().catch(() => null)}];
})).then(Object.fromEntries)
"""
RUN_SQL = """
(async sql => {
  const token = (await (await fetch('/api/v1/security/csrf_token/')).json()).result;
  const answer = await fetch('/api/v1/sqllab/execute/', {
    method: 'POST', headers: {'Content-Type': 'application/json', 'X-CSRFToken': token},
    body: JSON.stringify({database_id: 1, sql, runAsync: false, client_id: Math.random().toString(36).slice(2, 12)}),
  });
  return [answer.status, await answer.text()];
})
"""


@dataclass
class Superset:
    """An installation in a folder of its own, as the README makes one."""

    home: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "SUPERSET_HOME": str(self.home),
            "SUPERSET_CONFIG_PATH": str(EXAMPLE / "superset_config.py"),
            "SUPERSET_SECRET_KEY": "of the test alone " * 3,
        }

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, *command: str | Path, **environment: str) -> str:
        """What a program of Superset's environment printed."""
        name, *arguments = map(str, command)
        ran = subprocess.run(
            [str(PROGRAMS / name), *arguments],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def import_dashboard(self, *source: str, **environment: str) -> str:
        return self.run("python", EXAMPLE / "import_dashboard.py", *source, **environment)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, state_dir: Path) -> Settings:
    """A company large enough for a row in every chart, built and published."""
    folder = tmp_path_factory.mktemp("company")
    write_sample(folder / "raw", contacts=300, days=60, seed=7, end_date=SAMPLE_DAY)
    settings = Settings(folder / "warehouse.duckdb", folder / "raw", DEFAULT_SEEDS_DIR, state_dir)
    result = run_build(settings, BuildRequest(SAMPLE_DAY, SAMPLE_DAY - timedelta(days=HISTORY_DAYS)))
    assert result.status is BuildStatus.DONE, result
    return settings


@pytest.fixture(scope="module")
def superset(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[Superset]:
    """A running Superset with the dashboard on the published DuckDB file."""
    if not (PROGRAMS / "superset").exists():
        pytest.skip("needs Superset, which is not installed here: make superset")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    superset = Superset(tmp_path_factory.mktemp("superset"), port)
    superset.run("superset", "db", "upgrade")
    person = ("--username", "admin", "--firstname", "Ada", "--lastname", "Admin", "--email", "admin@example.com")
    superset.run("superset", "fab", "create-admin", *person, "--password", PASSWORD)
    superset.run("superset", "init")
    superset.import_dashboard("--duckdb", str(settings.snapshot))
    options = ("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "8", "--timeout", "120")
    with (superset.home / "log").open("w") as log:
        server = subprocess.Popen(
            [PROGRAMS / "gunicorn", *options, "superset.app:create_app()"],
            env=superset.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(lambda: is_healthy(superset, server), "Superset did not start")
            yield superset
        finally:
            server.terminate()
            server.wait(DEADLINE_SECONDS)


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory, superset: Superset) -> Iterator[Tab]:
    """A browser whose user is logged on."""
    with open_browser(tmp_path_factory.mktemp("chromium")) as tab:
        tab.call("Page.addScriptToEvaluateOnNewDocument", source=LISTEN)
        tab.open(f"{superset.address}/login/", WIDTH, height=HEIGHT)
        assert tab.value(f"{LOG_ON}('admin', {json.dumps(PASSWORD)})").endswith("/superset/welcome/")
        yield tab


def is_healthy(superset: Superset, server: subprocess.Popen[bytes]) -> bool:
    assert server.poll() is None, (superset.home / "log").read_text(encoding="utf-8")
    try:
        with urlopen(f"{superset.address}/health") as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except URLError:
        return False


def wait_for(holds: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.5)


def shown(tab: Tab, superset: Superset) -> dict[str, list[dict[str, Any]]]:
    """Title → rows of each chart of the dashboard, which is opened anew."""
    tab.open(f"{superset.address}/superset/dashboard/leads-to-call/", WIDTH, height=HEIGHT)
    wait_for(lambda: tab.value("Object.keys(window.charts).length") == CHARTS, "charts are missing")
    wait_for(lambda: tab.value("document.querySelectorAll('.loading').length") == 0, "charts go on loading")
    return rows(tab, tab.value("window.charts"))


def rows(tab: Tab, answers: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    titles = tab.value(
        "fetch('/api/v1/dashboard/leads-to-call/charts').then(answer => answer.json())"
        ".then(({result}) => Object.fromEntries(result.map(({id, slice_name}) => [id, slice_name])))"
    )
    assert problems(answers) == []
    return {titles[chart]: answer["content"]["result"][0]["data"] for chart, answer in answers.items()}


def problems(answers: dict[str, Any]) -> list[Any]:
    """Answers with an error, or without a row."""

    def is_well(answer: dict[str, Any]) -> bool:
        results = (answer["content"] or {}).get("result", [])
        return answer["status"] == 200 and bool(results) and all(r["rowcount"] and not r["error"] for r in results)

    assert len(answers) == CHARTS
    return [answer for answer in answers.values() if not is_well(answer)]


def test_the_dashboard_follows_the_publications_while_builds_publish(
    tab: Tab, superset: Superset, settings: Settings, tmp_path: Path
) -> None:
    before = shown(tab, superset)
    assert [row["status"] for row in before["What was published"]] == ["published"]
    outside = {url for url in tab.requests if not url.startswith((superset.address, "data:", "blob:"))}
    assert outside <= set(tab.blocked), "pages ask nothing of other hosts"

    # A later day, so that every chart has something new to show; by a process of its own, as a schedule would.
    environment = os.environ | settings.as_environment() | {DAGSTER_HOME_ENV: str(tmp_path)}
    next_day = SAMPLE_DAY + timedelta(days=1)
    command = [Path(sys.executable).with_name("lead-scoring"), "build", "--as-of", str(next_day)]
    asked, found = 0, []
    with (tmp_path / "build").open("w") as log, subprocess.Popen(command, env=environment, stdout=log) as build:
        while build.poll() is None:
            found += problems(tab.value(ASK_AGAIN))
            asked += 1
            time.sleep(0.2)
    assert build.returncode == 0, (tmp_path / "build").read_text(encoding="utf-8")
    assert found == []
    assert asked > 3

    # The page that is open asks again, as it does by itself every five minutes.
    again = rows(tab, tab.value(ASK_AGAIN))
    assert len(again["What was published"]) == 2
    after = shown(tab, superset)
    assert after["What was published"] == again["What was published"]
    with duckdb.connect(str(settings.snapshot), read_only=True) as connection:
        names = connection.execute(
            "select full_name from marts.contact_scores where is_qualified and is_contactable"
            " order by lead_score desc, contact_id"
        ).fetchall()
        stages = connection.execute(
            "select replace(stage_id, '_', ' ') from marts.stage_funnel where as_of_date = ? order by stage_position",
            [next_day],
        ).fetchall()
    assert [(row["full_name"],) for row in after["Leads to call"]] == names
    assert [(row["stage"],) for row in after["Stage funnel"]] == stages
    text = tab.value("document.body.innerText")
    assert names[0][0] in text
    assert "What was published" in text
    assert "error" not in text.lower()
    picture = tmp_path / "dashboard.png"
    tab.screenshot(picture)
    assert picture.stat().st_size > 50_000


@pytest.mark.parametrize(
    ("sql", "refusal"),
    [
        ("create table marts.mine as select 1", "DML|DDL|read-only|not allowed|modify"),
        ("select * from read_csv('/etc/passwd')", "disabled by configuration"),
        ("select * from '/etc/passwd'", "disabled by configuration|does not exist"),
    ],
)
def test_readers_write_nothing_and_read_no_other_file(tab: Tab, superset: Superset, sql: str, refusal: str) -> None:
    assert superset.port
    status, _ = tab.value(f"{RUN_SQL}('select count(*) from marts.contact_scores')")
    assert status == 200
    status, answer = tab.value(f"{RUN_SQL}({json.dumps(sql)})")
    assert status >= 400
    assert re.search(refusal, answer), answer


def test_postgresql_shows_the_same(tab: Tab, superset: Superset, settings: Settings) -> None:
    psycopg = pytest.importorskip("psycopg")
    of_duckdb = shown(tab, superset)
    with postgres_server() as where:
        follow_with_postgres(settings.snapshot, Postgres(url_of(where)))
        reader = {**where, "user": "reader", "password": "p@ss/w:rd?"}
        with psycopg.connect(**where, autocommit=True) as connection:
            connection.execute("create role reader login password 'p@ss/w:rd?'")
            connection.execute("grant usage on schema marts to reader")
            connection.execute("grant select on all tables in schema marts to reader")
        printed = superset.import_dashboard("--postgres", LEAD_SCORING_READER_URL=url_of(reader))
        assert url_of(reader).split(":")[2].split("@")[0] not in printed
        assert reader["password"] not in printed
        of_postgres = shown(tab, superset)
    assert of_postgres.keys() == of_duckdb.keys()
    for title, expected in of_duckdb.items():
        assert rounded(of_postgres[title]) == rounded(expected), title


def rounded(data: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: round(value, 6) if isinstance(value, float) else value for key, value in row.items()} for row in data]
