"""How well a rule book would have ranked: past days replayed by what was known on each, against what came of it.

A module each: which days (`days`), what was known on them (`knowledge`), scores of those days (`replay`), who is looked
at and what became of them (`observations`, queries in `sql/`), how good a ranking is (`ranking`), as a chance
(`forecast`), how sure that is (`resampling`), per rule (`rules`), all numbers of both sides (`measures`), the answer as
plain values (`content`) and the forms a person reads it in (`markdown`, `page`, `charts`, words in `sentences`; the
terminal's is in `cli`). `service` does it all. What is measured and why it is
not more is in docs/backtest.md. No score is computed here: dbt does, in a scratch file of `orchestration.impact`.
"""
