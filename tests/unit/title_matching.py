"""Job titles against `title_weights`, stated plainly, and their recall on the ESCO titles.

Here belongs what the title tests and the table in docs/titles.md share. The scoring itself is the warehouse's.
Run `python tests/unit/title_matching.py` to measure again and print the table.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]
TITLE_WEIGHTS = PROJECT_ROOT / "seeds" / "title_weights.csv"
ESCO_TITLES = PROJECT_ROOT.parent / "shared" / "data" / "titles_esco_21lang" / "esco_titles_isco.csv.gz"
MANAGER_POINTS = 25
NAMED_LANGUAGES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "sv": "Swedish",
    "fi": "Finnish",
    "ro": "Romanian",
    "pl": "Polish",
    "zh": "Chinese",
}


def normalise(text: str, keep: str = "") -> str:
    """Lower case, every run of characters that are neither letters nor digits (nor to keep) one space."""
    return re.sub(rf"(?:[^\w{keep}]|_)+", " ", text.lower()).strip()


@dataclass(frozen=True)
class TitleWeight:
    """One row of `title_weights`."""

    pattern: str
    seniority: str
    buying_role: str
    points: float
    priority: float

    @property
    def rank(self) -> tuple[float, int, str]:
        """Of the rows that fit, the lowest rank wins."""
        return (self.priority, -len(self.pattern), self.pattern)

    @cached_property
    def _alternatives(self) -> tuple[Alternatives, Alternatives]:
        parts = [part.strip() for part in self.pattern.split("|")]
        positive = [normalise(part, keep="*") for part in parts if not part.startswith("!")]
        negative = [normalise(part, keep="*") for part in parts if part.startswith("!")]
        return Alternatives.of(positive), Alternatives.of(negative)

    def fits(self, spaced: str, words: frozenset[str]) -> bool:
        """Whether a title fits, given normalised between two spaces and as words."""
        positive, negative = self._alternatives
        return (positive.is_empty or positive.some_in(spaced, words)) and not negative.some_in(spaced, words)


@dataclass(frozen=True)
class Alternatives:
    """Alternatives sorted by how fast they can be looked up; the ESCO file has 150,000 titles to try."""

    words: frozenset[str]
    parts: tuple[str, ...]
    globs: re.Pattern[str] | None

    @classmethod
    def of(cls, alternatives: list[str]) -> Alternatives:
        """From normalised alternatives, which may hold stars."""
        words = {text for text in alternatives if not set(" *") & set(text)}
        # Stars at the ends of an alternative say no more than that the rest stands in the title.
        parts = [f" {text} ".removeprefix(" *").removesuffix("* ") for text in alternatives if text not in words]
        globs = [".*".join(map(re.escape, text.split("*"))) for text in parts if "*" in text]
        return cls(
            words=frozenset(words),
            parts=tuple(text for text in parts if "*" not in text),
            globs=re.compile("|".join(globs)) if globs else None,
        )

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.parts or self.globs)

    def some_in(self, spaced: str, words: frozenset[str]) -> bool:
        """Whether one stands in a normalised title between two spaces, whose words are given too."""
        return (
            not words.isdisjoint(self.words)
            or any(part in spaced for part in self.parts)
            or (self.globs is not None and self.globs.search(spaced) is not None)
        )


def read_title_weights(path: Path = TITLE_WEIGHTS) -> list[TitleWeight]:
    """The rows of the file, the winner of any two that fit first."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [
            TitleWeight(
                row["title_pattern"],
                row["seniority"],
                row["buying_role"],
                float(row["points"]),
                float(row["priority"] or "inf"),
            )
            for row in csv.DictReader(file)
        ]
    return sorted(rows, key=lambda row: row.rank)


def winner(title: str, weights: list[TitleWeight]) -> TitleWeight | None:
    """The row that gives a title its points, or none."""
    text = normalise(title)
    spaced, words = f" {text} ", frozenset(text.split(" "))
    return next((row for row in weights if row.fits(spaced, words)), None)


def is_manager_or_above(title: str, weights: list[TitleWeight]) -> bool:
    """Whether the winning row gives at least the points of a manager."""
    row = winner(title, weights)
    return row is not None and row.points >= MANAGER_POINTS


@dataclass(frozen=True)
class Measurement:
    """One language: titles in and outside the manager class, and the share of each that is caught (0 to 1)."""

    language: str
    managers: int
    others: int
    recall: float
    others_caught: float


def read_esco(path: Path = ESCO_TITLES) -> list[tuple[str, str, bool]]:
    """Language, title and membership in the manager class (ISCO major group 1) of the named languages."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [
            (row["lang"], row["title"], row["is_manager_isco1"] == "1")
            for row in csv.DictReader(file)
            if row["lang"] in NAMED_LANGUAGES
        ]


def measure(titles: list[tuple[str, str, bool]], weights: list[TitleWeight]) -> list[Measurement]:
    """Recall of the manager class and the share of the others that is caught, per named language in the data."""
    seen: Counter[tuple[str, bool]] = Counter()
    caught: Counter[tuple[str, bool]] = Counter()
    for language, title, is_manager in titles:
        seen[language, is_manager] += 1
        caught[language, is_manager] += is_manager_or_above(title, weights)
    return [
        Measurement(
            language,
            seen[language, True],
            seen[language, False],
            caught[language, True] / seen[language, True],
            caught[language, False] / seen[language, False],
        )
        for language in NAMED_LANGUAGES
        if seen[language, True] and seen[language, False]
    ]


def as_table(measurements: list[Measurement]) -> str:
    """The table of docs/titles.md."""
    lines = [
        "| language | manager titles | caught (recall) | other titles | caught all the same |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {NAMED_LANGUAGES[m.language]} | {m.managers:,} | {m.recall:.1%} | {m.others:,} | {m.others_caught:.1%} |"
        for m in measurements
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(as_table(measure(read_esco(), read_title_weights())))
