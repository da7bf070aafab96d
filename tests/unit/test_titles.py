"""The default title weights: the traps, one title per seniority and language, and recall on the ESCO titles."""

from __future__ import annotations

import pytest
from title_matching import (
    ESCO_TITLES,
    NAMED_LANGUAGES,
    Measurement,
    TitleWeight,
    as_table,
    measure,
    normalise,
    read_esco,
    read_title_weights,
    winner,
)

from orchestration.settings import PROJECT_ROOT
from tests.reference.patterns import title_fits

ENGLISH_RECALL, OTHER_RECALL, MOST_OTHERS_CAUGHT = 0.80, 0.60, 0.08

TRAPS = [
    ("Assistant to the CEO", 10),
    ("Executive Assistant to the Chief Executive Officer", 10),
    ("Vice President", 50),
    ("Vice-President, Sales", 50),
    ("Vice President's Assistant", 10),
    ("EVP & CFO", 100),
    ("Deputy CEO", 50),
    ("Managing Director", 100),
    ("Deputy Managing Director", 50),
    ("Associate Director", 50),
    ("Associate Product Manager", 10),
    ("Product Manager", 25),
    ("Product Owner", 10),
    ("Business Owner", 100),
    ("Account Executive", 10),
    ("Chief of Staff to the CEO", 50),
    ("HR Business Partner", 10),
    ("Sales Manager's Assistant", 10),
    ("Sales Manager’s Assistant", 10),
    ("Assistant Manager", 25),
    ("Intern at the Office of the CFO", 0),
    ("Office of the CFO", 10),
    ("Director, Internal Audit", 50),
    ("International Sales Manager", 25),
    ("Student Success Manager", 25),
    ("Trainee Manager", 0),
    ("Principal Engineer", 10),
    ("School Principal", 50),
    ("Secretary General", 50),
    ("Secretary to the Managing Director", 10),
    ("Art Director", 10),
    ("Former CEO", 10),
    ("Leiter Vertrieb", 50),
    ("Flugbegleiter", 10),
    ("Assistentin der Geschäftsführung", 10),
    ("Chef de cuisine", 10),
    ("Directeur général adjoint", 50),
    ("Toimitusjohtajan assistentti", 10),
    ("Asystentka prezesa", 10),
    ("副总经理", 50),
    ("总经理助理", 10),
    ("Beekeeper", 10),
]

# Top, director or head, manager, individual contributor, entry level.
LADDERS = {
    "en": ("Chief Executive Officer", "Head of Marketing", "IT Manager", "Data Analyst", "Marketing Intern"),
    "de": ("Geschäftsführerin", "Leiter Einkauf", "Vertriebsleiterin", "Sachbearbeiter", "Werkstudent"),
    "fr": ("Directrice générale", "Directeur des achats", "Responsable marketing", "Comptable", "Stagiaire"),
    "es": ("Consejera delegada", "Directora de ventas", "Jefe de compras", "Contable", "Becaria"),
    "it": ("Amministratore delegato", "Direttrice vendite", "Responsabile acquisti", "Contabile", "Tirocinante"),
    "pt": ("Diretor geral", "Diretora de compras", "Gerente de vendas", "Contabilista", "Estagiária"),
    "nl": ("Algemeen directeur", "Hoofd inkoop", "Verkoopmanager", "Boekhouder", "Stagiair"),
    "sv": ("Verkställande direktör", "Marknadsdirektör", "Försäljningschef", "Redovisningsekonom", "Praktikant"),
    "fi": ("Toimitusjohtaja", "Myyntijohtaja", "Myyntipäällikkö", "Kirjanpitäjä", "Harjoittelija"),
    "ro": ("Director general", "Director vânzări", "Șef departament", "Contabil", "Stagiar"),
    "pl": ("Prezes zarządu", "Dyrektor sprzedaży", "Kierownik działu", "Księgowa", "Stażystka"),
    "zh": ("总经理", "销售总监", "产品经理", "工程师", "实习生"),
}


@pytest.fixture(scope="module")
def weights() -> list[TitleWeight]:
    return read_title_weights()


@pytest.fixture(scope="module")
def esco() -> list[tuple[str, str, bool]]:
    if not ESCO_TITLES.exists():
        pytest.skip(f"the ESCO titles are absent: {ESCO_TITLES}")
    return read_esco()


@pytest.fixture(scope="module")
def measurements(esco: list[tuple[str, str, bool]], weights: list[TitleWeight]) -> list[Measurement]:
    """All titles of the manager class and every fifth other one, for speed."""
    return measure([row for n, row in enumerate(esco) if row[2] or n % 5 == 0], weights)


@pytest.mark.parametrize(
    ("pattern", "title", "expected"),
    [
        ("vp|vice president", "Senior Vice-President (EMEA)", True),
        ("vp|vice president", "Vice Presidential Aide", False),
        ("vp", "MVP Coach", False),
        ("*leiter", "Vertriebsleiter/in", True),
        ("*leiter", "Leiterin", False),
        ("hoofd*", "Adjunct-hoofdredacteur", True),
        ("*总监*", "销售总监（华东）", True),
        ("chief * officer", "Chief Customer Success Officer", True),
        ("chief * officer", "Chief Officer", False),
        ("director|!art director", "Art Director", False),
        ("!intern", "Controller", True),
        ("ÄGARE", "ägare", True),
        ("*", "Beekeeper", True),
    ],
)
def test_a_pattern_stands_as_whole_words(pattern: str, title: str, expected: bool) -> None:
    assert (winner(title, [TitleWeight(pattern, "", "", 25, 1)]) is not None) is expected


def test_the_lowest_priority_wins_then_the_longest_pattern_then_the_first_by_code_point() -> None:
    rows = [TitleWeight(p, "", "", 1, priority) for p, priority in (("ceo", 2), ("b c", 1), ("a b", 1), ("b", 1))]
    assert [row.pattern for row in sorted(rows, key=lambda row: row.rank)] == ["a b", "b c", "b", "ceo"]


def test_the_fast_matcher_agrees_with_the_reference(weights: list[TitleWeight]) -> None:
    titles = [title for title, _ in TRAPS] + [title for ladder in LADDERS.values() for title in ladder]
    for title in titles:
        text = normalise(title)
        fast = [row.pattern for row in weights if row.fits(f" {text} ", frozenset(text.split(" ")))]
        assert fast == [row.pattern for row in weights if title_fits(row.pattern, title)], title


@pytest.mark.parametrize(("title", "points"), TRAPS)
def test_traps(title: str, points: float, weights: list[TitleWeight]) -> None:
    row = winner(title, weights)
    assert row is not None
    assert row.points == points, row


@pytest.mark.parametrize("language", NAMED_LANGUAGES)
def test_every_named_language_knows_the_whole_ladder(language: str, weights: list[TitleWeight]) -> None:
    rows = [winner(title, weights) for title in LADDERS[language]]
    assert [row.points if row else None for row in rows] == [100, 50, 25, 10, 0]


def test_points_follow_from_the_seniority(weights: list[TitleWeight]) -> None:
    scale = {
        "owner": 100,
        "c_level": 100,
        "vice_president": 50,
        "director": 50,
        "manager": 25,
        "individual_contributor": 10,
        "entry": 0,
    }
    assert {row.seniority: row.points for row in weights} == scale
    assert all(row.points == scale[row.seniority] for row in weights)


def test_recall_of_the_manager_class(measurements: list[Measurement]) -> None:
    assert {m.language for m in measurements} == set(NAMED_LANGUAGES) - {"fi", "zh"}  # the data has neither
    short = [m for m in measurements if m.recall < (ENGLISH_RECALL if m.language == "en" else OTHER_RECALL)]
    assert not short


def test_few_others_are_caught(measurements: list[Measurement]) -> None:
    assert not [m for m in measurements if m.others_caught > MOST_OTHERS_CAUGHT]


@pytest.mark.slow
def test_the_docs_show_the_measured_table(esco: list[tuple[str, str, bool]], weights: list[TitleWeight]) -> None:
    documented = (PROJECT_ROOT / "docs" / "titles.md").read_text(encoding="utf-8")
    table = as_table(measure(esco, weights))
    assert table in documented, "python tests/unit/title_matching.py prints the table to paste"
